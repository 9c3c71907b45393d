/* Disputes, for the brand's office: opened, taken a step further, shown. */
#include <string.h>

#include "node/disputes.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/readers.h"
#include "node/replier.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/back_office.pb-c.h"

/* ---- Requests ---- */

static bool read_entry_name(struct rpc_call *call, const Talea__V1__StreamEntry *entry,
                            struct partner_id *out_partner, enum stream_direction *out_direction,
                            uint64_t *out_number)
{
    if (entry == NULL || entry->number == 0 ||
        partner_id_parse(entry->partner, out_partner) != ERR_OK) {
        refuse(call, 3, "INVALID_ENTRY", "entry: it needs a partner and a number.");
        return false;
    }
    *out_direction = entry->is_sent ? STREAM_OUT : STREAM_IN;
    *out_number = entry->number;
    return true;
}

static bool read_about(struct rpc_call *call, const Talea__V1__StreamEntry *entry, const char *note,
                       struct command_dispute *out)
{
    return read_entry_name(call, entry, &out->partner, &out->direction, &out->number) &&
           request_text(call, "note", note, out->note, sizeof out->note);
}

static void send_opened(struct reply *reply)
{
    Talea__V1__OpenDisputeResponse response;
    talea__v1__open_dispute_response__init(&response);
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    response.claimed_points = reply->outcome.answer.points.minor;
    response.journal_row = reply->outcome.answer.row;
    rpc_call_reply(reply->call, &response.base);
}

void office_open_dispute(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__OpenDisputeRequest *request =
        (const Talea__V1__OpenDisputeRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_OPEN_DISPUTE, &transaction);
    unsigned reason = (unsigned)request->reason;
    if (reason < DISPUTE_AMOUNT_WRONG || reason >= DISPUTE_REASON_END) {
        refuse(call, 3, "INVALID_REASON", "reason: say why the entry is disputed.");
        return;
    }
    command.dispute.points = points_of(request->points);
    command.dispute.reason = (enum dispute_reason)reason;
    if (read_about(call, request->entry, request->note, &command.dispute)) {
        reply_after(node, call, &command, NULL, send_opened);
    }
}

static void send_stepped(struct reply *reply)
{
    Talea__V1__StepDisputeResponse response;
    talea__v1__step_dispute_response__init(&response);
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    response.journal_row = reply->outcome.answer.row;
    rpc_call_reply(reply->call, &response.base);
}

/* An office's own words; silence, machines and corrections speak for themselves. */
static bool is_of_office(unsigned step)
{
    return step == STEP_ANSWER || step == STEP_ACCEPT || step == STEP_REJECT ||
           step == STEP_ESCALATE || step == STEP_CONCEDE || step == STEP_RULE_UPHELD ||
           step == STEP_RULE_DISMISSED;
}

void office_step_dispute(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__StepDisputeRequest *request =
        (const Talea__V1__StepDisputeRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_STEP_DISPUTE, &transaction);
    if (!is_of_office((unsigned)request->step)) {
        refuse(call, 3, "INVALID_STEP", "step: it is none that an office takes.");
        return;
    }
    command.dispute.step = (enum dispute_step)request->step;
    if (read_about(call, request->entry, request->note, &command.dispute)) {
        reply_after(node, call, &command, NULL, send_stepped);
    }
}

/* ---- Answers ---- */

static bool is_our_turn(const struct dispute *row)
{
    if (!row->is_open || row->pending != 0) {
        return false;
    }
    return row->state == DISPUTE_ESCALATED
               ? row->own_ruling == RULING_NONE ||
                     (row->partner_ruling != RULING_NONE && row->partner_ruling != row->own_ruling)
               : dispute_turn(row->state) == row->side;
}

static void fill_entry(const struct dispute *row, Talea__V1__Dispute *message)
{
    message->kind = (Talea__V1__EntryKind)row->entry.kind;
    message->tariff = row->entry.tariff;
    message->entry_points = row->entry.points.minor;
    message->claimed_points = row->claim.minor;
    message->period = row->entry.period.code;
    message->was_applied = row->was_applied;
    message->is_suspended = row->is_suspended || row->is_apart;
    message->is_set_apart = row->is_apart;
    if (row->other_tariff != 0 && row->side == DISPUTE_ANSWERER) { /* the claim's, not ours */
        message->tariff = row->other_tariff;
    }
    message->business_unix_ms = row->entry.business_time.ms;
}

static void fill_course(const struct dispute *row, Talea__V1__Dispute *message)
{
    message->state = (Talea__V1__DisputeState)row->state;
    message->is_opener = row->is_open && row->side == DISPUTE_OPENER;
    message->is_our_turn = is_our_turn(row);
    message->reason = (Talea__V1__DisputeReason)row->reason;
    message->is_ruled_by_machine = row->is_machine;
    message->is_by_silence = row->is_silent;
    message->own_ruling = (Talea__V1__DisputeRuling)row->own_ruling;
    message->partner_ruling = (Talea__V1__DisputeRuling)row->partner_ruling;
    message->outcome = (Talea__V1__DisputeRuling)row->outcome;
    message->corrected_period = row->corrected_in.code;
    message->opened_unix_ms = row->opened_at.ms;
    message->moved_unix_ms = row->moved_at.ms;
    message->due_unix_ms = dispute_turn(row->state) == row->side ? row->due.ms : 0;
}

static Talea__V1__Dispute *message_of(struct arena *arena, const struct partner_id *partner,
                                      enum stream_direction direction, uint64_t number,
                                      const struct dispute *row)
{
    Talea__V1__Dispute *message = arena_alloc(arena, sizeof *message);
    Talea__V1__StreamEntry *entry = arena_alloc(arena, sizeof *entry);
    if (message == NULL || entry == NULL) {
        return NULL;
    }
    const char *declined = verdict_describe(row->declined)->name;
    talea__v1__dispute__init(message);
    talea__v1__stream_entry__init(entry);
    entry->partner = message_copy(arena, partner->text, sizeof partner->text);
    entry->is_sent = direction == STREAM_OUT;
    entry->number = number;
    message->entry = entry;
    fill_entry(row, message);
    fill_course(row, message);
    message->card = message_copy(arena, row->entry.card.digits, sizeof row->entry.card.digits);
    message->opener_note = message_copy(arena, row->opener_note, sizeof row->opener_note);
    message->answerer_note = message_copy(arena, row->answerer_note, sizeof row->answerer_note);
    message->declined = row->declined == VERDICT_OK
                            ? message_copy(arena, "", 1)
                            : message_copy(arena, declined, strlen(declined) + 1);
    message->dispute_id =
        uid_is_nil(&row->id) ? message_copy(arena, "", 1) : message_uid(arena, &row->id);
    bool has_all = entry->partner != NULL && message->card != NULL &&
                   message->opener_note != NULL && message->answerer_note != NULL &&
                   message->declined != NULL && message->dispute_id != NULL;
    return has_all ? message : NULL;
}

/* With our stream to the partner, as it was then. */
static enum err read_row(struct node *node, const struct partner_id *partner,
                         enum stream_direction direction, uint64_t number, bool *out_is_partner,
                         struct dispute *out_row, struct stream *out_stream)
{
    struct state_reader *reader;
    struct snapshot *snapshot = node_snapshot(node);
    bool is_partner = roster_find(&snapshot->roster, partner) != NULL &&
                      !roster_is_self(&snapshot->roster, partner);
    *out_is_partner = is_partner;
    enum err err = is_partner ? readers_take(node->readers, &reader) : ERR_NOT_FOUND;
    if (is_partner && err == ERR_OK) {
        struct ledger_view view = state_reader_view(reader);
        err = ledger_get_dispute(&view, partner, direction, number, out_row);
        if (err == ERR_OK) {
            err = ledger_get_stream(&view, &snapshot->roster, STREAM_OUT, partner, out_stream);
        }
        readers_give(node->readers, reader);
    }
    snapshot_release(snapshot);
    return err;
}

void office_get_dispute(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__GetDisputeRequest *request =
        (const Talea__V1__GetDisputeRequest *)(const void *)message;
    struct partner_id partner;
    enum stream_direction direction;
    uint64_t number;
    bool is_partner;
    struct dispute row;
    struct stream stream;
    Talea__V1__GetDisputeResponse response;
    talea__v1__get_dispute_response__init(&response);
    if (!read_entry_name(call, request->entry, &partner, &direction, &number)) {
        return;
    }
    enum err err = read_row(node, &partner, direction, number, &is_partner, &row, &stream);
    if (err == ERR_NOT_FOUND) {
        refuse_verdict(call, is_partner ? VERDICT_DISPUTE_UNKNOWN : VERDICT_PARTNER_UNKNOWN);
        return;
    }
    if (err == ERR_OK) {
        response.dispute = message_of(rpc_call_arena(call), &partner, direction, number, &row);
        err = response.dispute == NULL
                  ? ERR_RESOURCE
                  : disputes_lines(node, rpc_call_arena(call), &partner, direction, number,
                                   stream.receipted_number, &response);
    }
    if (err == ERR_OK) {
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
}

/* ---- Lists ---- */

struct gathering {
    struct arena *arena;
    const Talea__V1__ListDisputesRequest *request;
    size_t size;
    bool has_more;
    struct ledger_key next;
    Talea__V1__ListDisputesResponse *response;
};

static bool is_wanted(const struct gathering *gathering, const struct partner_id *partner,
                      const struct dispute *row)
{
    const Talea__V1__ListDisputesRequest *request = gathering->request;
    bool has_ended = row->state == DISPUTE_ADJUSTED || row->state == DISPUTE_DECLINED;
    if (request->partner[0] != '\0' && strcmp(request->partner, partner->text) != 0) {
        return false;
    }
    return row->is_open ? !has_ended || request->with_ended : request->with_refused;
}

static enum err gather(void *context, struct slice key, struct slice value)
{
    struct gathering *gathering = context;
    Talea__V1__ListDisputesResponse *response = gathering->response;
    struct partner_id partner;
    enum stream_direction direction;
    uint64_t number;
    struct dispute row;
    TRY(key_dispute_parse(key, &partner, &direction, &number));
    TRY(dispute_decode(value, &row));
    if (!is_wanted(gathering, &partner, &row)) {
        return ERR_OK;
    }
    if (response->n_disputes == gathering->size) {
        gathering->has_more = true;
        key_dispute(&partner, direction, number, &gathering->next);
        return ERR_NOT_FOUND;
    }
    Talea__V1__Dispute *message = message_of(gathering->arena, &partner, direction, number, &row);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    response->disputes[response->n_disputes++] = message;
    return ERR_OK;
}

/* A page's token is the key that comes next, in hexadecimal digits. */
static bool read_token(struct rpc_call *call, const char *token, struct ledger_key *out_key)
{
    out_key->length = 0;
    if (token[0] == '\0') {
        return true;
    }
    size_t length = strlen(token) / 2;
    if (length <= sizeof out_key->bytes && hex_parse(token, out_key->bytes, length) == ERR_OK) {
        out_key->length = length;
        return true;
    }
    refuse(call, 3, "INVALID_PAGE_TOKEN", "page_token is not one of an earlier answer.");
    return false;
}

static enum err fill_page(struct node *node, struct gathering *gathering,
                          const struct ledger_key *from)
{
    gathering->response->disputes =
        arena_alloc(gathering->arena, (gathering->size + 1) * sizeof(Talea__V1__Dispute *));
    if (gathering->response->disputes == NULL) {
        return ERR_RESOURCE;
    }
    TRY(engine_checkpoint(node->engine));
    return state_scan(node->state, TABLE_DISPUTE, slice_of(NULL, 0),
                      slice_of(from->bytes, from->length), gather, gathering);
}

void office_list_disputes(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ListDisputesRequest *request =
        (const Talea__V1__ListDisputesRequest *)(const void *)message;
    Talea__V1__ListDisputesResponse response;
    talea__v1__list_disputes_response__init(&response);
    struct gathering gathering = {
        .arena = rpc_call_arena(call), .request = request, .response = &response};
    struct ledger_key from;
    char token[2 * LEDGER_KEY_MAX + 1] = "";
    if (!request_page_size(call, request->page_size, &gathering.size) ||
        !read_token(call, request->page_token, &from)) {
        return;
    }
    enum err err = fill_page(node, &gathering, &from);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    if (gathering.has_more) {
        (void)hex_format(gathering.next.bytes, gathering.next.length, token);
    }
    response.next_page_token = token;
    rpc_call_reply(call, &response.base);
}

/* ---- Figures ---- */

int64_t disputes_count(struct node *node, const struct partner_id *partner, const char *name)
{
    struct state_reader *reader;
    uint64_t count = 0;
    enum err err = readers_take(node->readers, &reader);
    if (err == ERR_OK) {
        struct ledger_view view = state_reader_view(reader);
        err = ledger_get_partner_count(&view, name, partner, &count);
        readers_give(node->readers, reader);
    }
    return err == ERR_OK && count <= INT64_MAX ? (int64_t)count : 0;
}

/* The office compares a period with a partner, entry by entry. */
#include <stdlib.h>
#include <string.h>

#include "node/reconcile.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/back_office.pb-c.h"

/* One answer in the making. */
struct told {
    struct arena arena;
    const struct roster *roster;
    Talea__V1__ReconcilePeriodResponse response;
    Talea__V1__HalfComparison *halves[2];
};

static char *text_of(struct told *told, const char *text)
{
    return arena_text(&told->arena, slice_of(text, strlen(text)));
}

static Talea__V1__HalfEntry *entry_message(struct told *told, bool is_there,
                                           const struct clearing_entry *entry)
{
    char id[UID_TEXT_MAX];
    Talea__V1__HalfEntry *message = is_there ? arena_alloc(&told->arena, sizeof *message) : NULL;
    if (message == NULL) {
        return NULL;
    }
    talea__v1__half_entry__init(message);
    message->kind = (Talea__V1__EntryKind)entry->kind;
    message->transaction_id = text_of(told, uid_format(&entry->transaction_id, id));
    message->card = text_of(told, entry->card.digits);
    message->points = entry->points.minor;
    message->tariff = entry->tariff;
    message->period = entry->period.code;
    message->business_unix_ms = entry->business_time.ms;
    return message->transaction_id != NULL && message->card != NULL ? message : NULL;
}

static enum err add_difference(struct told *told, const struct half_result *half, size_t i,
                               Talea__V1__HalfComparison *comparison)
{
    const struct difference *difference = &half->differences[i];
    const struct entry_pair *pair = &half->pairs[difference->pair];
    Talea__V1__HalfDifference *message = arena_alloc(&told->arena, sizeof *message);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__half_difference__init(message);
    message->number = difference->number;
    message->kind = (Talea__V1__DifferenceKind)difference->kind;
    message->ours = entry_message(told, pair->has_ours, &pair->ours);
    message->theirs = entry_message(told, pair->has_theirs, &pair->theirs);
    message->ruling = i < RECONCILE_RULINGS ? (Talea__V1__Ruling)half->ends[i].ruling
                                            : TALEA__V1__RULING__RULING_UNSPECIFIED;
    if ((pair->has_ours && message->ours == NULL) ||
        (pair->has_theirs && message->theirs == NULL)) {
        return ERR_RESOURCE;
    }
    comparison->differences[comparison->n_differences++] = message;
    return ERR_OK;
}

static Talea__V1__HalfState state_of(const struct half_result *half)
{
    if (!half->is_compared) {
        return TALEA__V1__HALF_STATE__HALF_STATE_NOT_COMPARED;
    }
    return half->difference_count == 0 && half->detail[0] == '\0'
               ? TALEA__V1__HALF_STATE__HALF_STATE_EQUAL
               : TALEA__V1__HALF_STATE__HALF_STATE_DIFFERENT;
}

static enum err add_half(struct told *told, const struct half_result *half,
                         const struct partner_id *partner)
{
    bool is_out = half->direction == STREAM_OUT;
    Talea__V1__HalfComparison *message = arena_alloc(&told->arena, sizeof *message);
    size_t room = (half->difference_count + 1) * sizeof *message->differences;
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__half_comparison__init(message);
    message->sender = text_of(told, is_out ? told->roster->self.text : partner->text);
    message->receiver = text_of(told, is_out ? partner->text : told->roster->self.text);
    message->state = state_of(half);
    message->detail = text_of(told, half->detail);
    message->first_number = half->first_number;
    message->our_count = half->our_count;
    message->their_count = half->their_count;
    message->rounds = half->rounds;
    message->hashes = half->hashes;
    message->is_cut = half->is_cut;
    message->differences = arena_alloc(&told->arena, room);
    if (message->sender == NULL || message->receiver == NULL || message->detail == NULL ||
        message->differences == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < half->difference_count; i++) {
        TRY(add_difference(told, half, i, message));
    }
    told->halves[told->response.n_halves++] = message;
    return ERR_OK;
}

static enum err send_result(struct rpc_call *call, const struct roster *roster,
                            const struct partner_id *partner, const struct reconcile_result *result)
{
    struct told told = {.roster = roster};
    talea__v1__reconcile_period_response__init(&told.response);
    arena_init(&told.arena, LIMIT_DECODED_BYTES);
    told.response.period = result->period.code;
    told.response.halves = told.halves;
    enum err err = add_half(&told, &result->halves[0], partner);
    if (err == ERR_OK) {
        err = add_half(&told, &result->halves[1], partner);
    }
    if (err == ERR_OK) {
        rpc_call_reply(call, &told.response.base);
    }
    arena_fini(&told.arena);
    return err;
}

/* 0 is the period that is open towards the partner. */
static enum err find_period(struct node *node, const struct roster *roster,
                            const struct partner_id *partner, struct period *period,
                            bool *out_is_open)
{
    struct state_reader *reader;
    struct stream stream;
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = ledger_get_stream(&view, roster, STREAM_OUT, partner, &stream);
    readers_give(node->readers, reader);
    TRY(err);
    period->code = period->code == 0 ? stream.period.code : period->code;
    *out_is_open = period->code == stream.period.code;
    return ERR_OK;
}

static enum err reconcile(struct node *node, struct rpc_call *call, const struct roster *roster,
                          const struct partner_id *partner, struct period period)
{
    bool is_open;
    TRY(find_period(node, roster, partner, &period, &is_open));
    struct rpc_client *client = peers_client(node->peers, partner);
    struct reconcile_result *result = calloc(1, sizeof *result);
    enum err err = result == NULL ? ERR_RESOURCE : client == NULL ? ERR_UNAVAILABLE : ERR_OK;
    if (err == ERR_OK) {
        err = node_reconcile(node, client, partner, period, false, result);
    }
    if (err == ERR_OK) {
        struct reconcile_report report = reconcile_report_of(result);
        peers_note_reconciled(node->peers, partner, is_open, &report);
        err = send_result(call, roster, partner, result);
    }
    free(result);
    return err;
}

void office_reconcile_period(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ReconcilePeriodRequest *request =
        (const Talea__V1__ReconcilePeriodRequest *)(const void *)message;
    struct snapshot *snapshot = node_snapshot(node);
    const struct roster *roster = &snapshot->roster;
    struct partner_id partner;
    struct period period = {request->period};
    if (partner_id_parse(request->partner, &partner) != ERR_OK ||
        roster_find(roster, &partner) == NULL || roster_is_self(roster, &partner)) {
        refuse(call, 5, "PARTNER_UNKNOWN", "There is no such partner.");
    } else if (period.code != 0 && !period_is_valid(period)) {
        refuse(call, 3, "INVALID_PERIOD", "period is no month, week or day.");
    } else {
        enum err err = reconcile(node, call, roster, &partner, period);
        if (err != ERR_OK) {
            refuse_err(call, err, NULL);
        }
    }
    snapshot_release(snapshot);
}

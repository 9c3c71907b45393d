/* GetTransaction: what became of a command, whoever made its id, and what the partner made of the
 * entry that it sent. */
#include <string.h>

#include "engine/record_reader.h"
#include "node/event_message.h"
#include "node/history_row.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/taken_receipt.h"
#include "node/transaction_receipt.h"

#define ORIGINS_MAX 8u /* of one id; it was made at random */

struct look_up {
    struct node *node;
    struct rpc_call *call;
    const struct snapshot *snapshot;
    struct ledger_view view;
    struct record_reader records;
    struct arena receipts; /* one at a time */
    struct uid id;
    uint64_t row;
    struct partner_id origins[ORIGINS_MAX]; /* that know the id; the row is the first one's */
    size_t origin_count;
    bool wants_receipt;
    Talea__V1__GetTransactionResponse response;
};

/* Is it the partner's entry with this id? */
static bool is_entry(const struct look_up *look, const struct partner_id *sender,
                     const struct record *record)
{
    struct command command;
    bool is_taken = record->kind == COMMAND_TAKE_ENTRY || record->kind == COMMAND_RECOVER_TAKEN;
    return is_taken && record_command(record, &command) == ERR_OK &&
           partner_id_equal(&command.take_entry.sender, sender) &&
           uid_equal(&command.take_entry.entry.transaction_id, &look->id);
}

/* What a partner gave to our member is a sale; the row that took it is in the member's history. */
static enum err find_advised(struct look_up *look, const struct partner_id *issuer,
                             uint64_t *out_row)
{
    struct sale sale;
    struct member member;
    struct record record;
    struct history_trace trace;
    TRY(ledger_get_sale(&look->view, issuer, &look->id, &sale));
    TRY(ledger_get_member(&look->view, &sale.member, &member));
    uint64_t row = member.last_row;
    for (unsigned i = 0; row != 0 && i < LIMIT_HISTORY_ROWS; i++) {
        TRY(record_reader_get(&look->records, row, &record));
        if (is_entry(look, issuer, &record)) {
            *out_row = row;
            return ERR_OK;
        }
        TRY(history_trace(&record, &sale.member, &trace));
        if (!trace.is_of_member || trace.previous_row >= row) {
            return ERR_CORRUPT;
        }
        row = trace.previous_row;
    }
    return ERR_NOT_FOUND;
}

static enum err find_row(struct look_up *look, const struct partner_id *origin, uint64_t *out_row)
{
    struct ledger_key key;
    struct slice value;
    struct transaction transaction;
    key_origin(origin, &look->id, &key);
    enum err err = view_get(&look->view, TABLE_TRANSACTION, &key, &value);
    if (err == ERR_NOT_FOUND && !roster_is_self(&look->snapshot->roster, origin)) {
        return find_advised(look, origin, out_row);
    }
    TRY(err);
    TRY(transaction_decode(value, &transaction));
    *out_row = transaction.row;
    return ERR_OK;
}

static enum err look_under(struct look_up *look, const struct partner_id *origin)
{
    uint64_t row;
    enum err err = find_row(look, origin, &row);
    if (err != ERR_OK || look->origin_count == ORIGINS_MAX) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    if (look->origin_count == 0) {
        look->row = row;
    }
    look->origins[look->origin_count++] = *origin;
    return ERR_OK;
}

/* Our own callers' first: a partner that takes the same id can't hide theirs. */
static enum err look_everywhere(struct look_up *look)
{
    const struct roster *roster = &look->snapshot->roster;
    TRY(look_under(look, &roster->self));
    for (size_t i = 0; i < roster->partner_count; i++) {
        if (!roster_is_self(roster, &roster->partners[i].id)) {
            TRY(look_under(look, &roster->partners[i].id));
        }
    }
    return ERR_OK;
}

static enum err name_others(struct look_up *look)
{
    struct arena *arena = rpc_call_arena(look->call);
    Talea__V1__GetTransactionResponse *response = &look->response;
    response->other_origins = arena_alloc(arena, ORIGINS_MAX * sizeof *response->other_origins);
    if (response->other_origins == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 1; i < look->origin_count; i++) {
        char *text = message_copy(arena, look->origins[i].text, PARTNER_ID_MAX);
        if (text == NULL) {
            return ERR_RESOURCE;
        }
        response->other_origins[response->n_other_origins++] = text;
    }
    return ERR_OK;
}

/* The entry that a record sent. ERR_NOT_FOUND when it sent none; a period's marks are no answer to
 * anybody. */
static enum err sent_entry(const struct record *record, struct effect_entry *out_entry)
{
    struct reader in = record_effects(record);
    for (uint32_t i = 0; record->kind != COMMAND_CLOSE_PERIOD && i < record->effect_count; i++) {
        struct effect effect;
        effect_read(&in, &effect);
        TRY(in.err);
        if (effect.kind == EFFECT_ENTRY) {
            *out_entry = effect.entry;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

/* From the entry's row on to the receipt for it. ERR_NOT_FOUND when it is not near. */
static enum err find_receipt(struct look_up *look, const struct effect_entry *sent,
                             Talea__V1__SentEntry *message)
{
    for (uint64_t row = look->row + 1; row - look->row <= LIMIT_RECEIPT_ROWS; row++) {
        struct record record;
        struct clearing_receipt receipt;
        if (rpc_call_is_cancelled(look->call)) {
            return ERR_CANCELLED;
        }
        TRY(record_reader_get(&look->records, row, &record));
        arena_reset(&look->receipts);
        enum err err = taken_receipt(&record, &look->receipts, &receipt);
        if (err == ERR_NOT_FOUND ||
            (err == ERR_OK && (receipt.last_number < sent->entry.number ||
                               !partner_id_equal(&receipt.receiver, &sent->partner)))) {
            continue;
        }
        TRY(err);
        const char *reason = taken_receipt_refusal(&receipt, sent->entry.number);
        message->state = reason == NULL ? TALEA__V1__SENT_ENTRY_STATE__SENT_ENTRY_STATE_APPLIED
                                        : TALEA__V1__SENT_ENTRY_STATE__SENT_ENTRY_STATE_REFUSED;
        message->reason =
            message_copy(rpc_call_arena(look->call), reason == NULL ? "" : reason, REASON_NAME_MAX);
        message->receipt_row = row;
        return message->reason == NULL ? ERR_RESOURCE : ERR_OK;
    }
    return ERR_NOT_FOUND;
}

/* A receipt that is far away: of a purchase the sale still says that it was refused. */
static enum err read_sale(struct look_up *look, Talea__V1__SentEntry *message)
{
    struct sale sale;
    enum err err = ledger_get_sale(&look->view, &look->snapshot->roster.self, &look->id, &sale);
    if (err == ERR_OK && sale.is_reversed) {
        message->state = TALEA__V1__SENT_ENTRY_STATE__SENT_ENTRY_STATE_REFUSED;
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err add_sent(struct look_up *look, const struct record *record)
{
    struct arena *arena = rpc_call_arena(look->call);
    struct effect_entry sent;
    struct stream stream;
    enum err err = sent_entry(record, &sent);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    Talea__V1__SentEntry *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__sent_entry__init(message);
    message->partner = message_copy(arena, sent.partner.text, PARTNER_ID_MAX);
    message->number = sent.entry.number;
    TRY(ledger_get_stream(&look->view, &look->snapshot->roster, STREAM_OUT, &sent.partner,
                          &stream));
    look->response.sent = message;
    if (message->partner == NULL) {
        return ERR_RESOURCE;
    }
    if (stream.receipted_number < sent.entry.number) {
        message->state = TALEA__V1__SENT_ENTRY_STATE__SENT_ENTRY_STATE_WAITING;
        return ERR_OK;
    }
    err = find_receipt(look, &sent, message);
    return err == ERR_NOT_FOUND ? read_sale(look, message) : err;
}

static enum err add_receipt(struct look_up *look)
{
    if (!look->wants_receipt) {
        return ERR_OK;
    }
    enum err err =
        transaction_receipt(look->node, look->snapshot, &look->view, look->response.event,
                            rpc_call_arena(look->call), &look->response.receipt);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err answer(struct look_up *look, const struct partner_id *origin)
{
    struct record record;
    TRY(origin == NULL ? look_everywhere(look) : look_under(look, origin));
    if (look->origin_count == 0) {
        return ERR_NOT_FOUND;
    }
    TRY(record_reader_get(&look->records, look->row, &record));
    TRY(event_message(rpc_call_arena(look->call), &record, &look->response.event));
    TRY(add_sent(look, &record));
    TRY(name_others(look));
    TRY(add_receipt(look));
    rpc_call_reply(look->call, &look->response.base);
    return ERR_OK;
}

static enum err reply_transaction(struct node *node, struct rpc_call *call, const struct uid *id,
                                  const struct partner_id *origin, bool wants_receipt)
{
    struct state_reader *reader;
    TRY(readers_take(node->readers, &reader));
    struct snapshot *snapshot = node_snapshot(node);
    struct look_up look = {.node = node,
                           .call = call,
                           .snapshot = snapshot,
                           .view = state_reader_view(reader),
                           .id = *id,
                           .wants_receipt = wants_receipt};
    talea__v1__get_transaction_response__init(&look.response);
    record_reader_init(&look.records, &node->journal);
    arena_init(&look.receipts, LIMIT_DECODED_BYTES);
    enum err err = answer(&look, origin);
    arena_fini(&look.receipts);
    record_reader_fini(&look.records);
    snapshot_release(snapshot);
    readers_give(node->readers, reader);
    return err;
}

void ledger_get_transaction(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__GetTransactionRequest *request =
        (const Talea__V1__GetTransactionRequest *)(const void *)message;
    bool has_origin = request->origin[0] != '\0';
    struct partner_id origin;
    struct uid id;
    if (!request_transaction(call, request->transaction_id, &id)) {
        return;
    }
    if (has_origin && partner_id_parse(request->origin, &origin) != ERR_OK) {
        refuse(call, 3, "INVALID_ID", "origin is no partner's id.");
        return;
    }
    enum err err = reply_transaction(context, call, &id, has_origin ? &origin : NULL,
                                     request->with_receipt != 0);
    if (err == ERR_NOT_FOUND) {
        refuse(call, 5, "TRANSACTION_UNKNOWN",
               "No command with this id was recorded, or it is forgotten by now. What a partner "
               "captured, voided or took back is in its member's history.");
    } else if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    }
}

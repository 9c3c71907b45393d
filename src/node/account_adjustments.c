/* Adjustments: proposed by one person, ruled on by another; both are who their certificates say. */
#include <stdio.h>
#include <string.h>

#include "node/earning.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/remarks.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/account.pb-c.h"

#define OPEN_DAYS_DEFAULT 30
#define OPEN_DAYS_MAX     366

/* "grocer/back-office/anna"; refuses what does not fit, since a cut name could be another's. */
static bool read_caller(struct rpc_call *call, char out[LIMIT_IDENTITY_BYTES + 1])
{
    const struct identity *caller = rpc_call_identity(call);
    int length = snprintf(out, LIMIT_IDENTITY_BYTES + 1, "%s/%s/%s", caller->partner.text,
                          role_name(caller->role), caller->name);
    if (length > 0 && (size_t)length <= LIMIT_IDENTITY_BYTES) {
        return true;
    }
    refuse(call, 9, "NAME_TOO_LONG",
           "The certificate's partner, role and name have more than %u bytes together.",
           LIMIT_IDENTITY_BYTES - 2);
    return false;
}

static void send_proposed(struct reply *reply)
{
    Talea__V1__ProposeAdjustmentResponse response;
    talea__v1__propose_adjustment_response__init(&response);
    char id[UID_TEXT_MAX];
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    uid_format(&reply->transaction, id);
    response.adjustment_id = id;
    response.journal_row = reply->outcome.answer.row;
    rpc_call_reply(reply->call, &response.base);
}

/* Until when somebody may rule on it. */
static bool read_end(struct rpc_call *call, struct unix_ms now, int64_t asked, struct unix_ms *out)
{
    out->ms = asked != 0 ? asked : now.ms + OPEN_DAYS_DEFAULT * DAY_MS;
    if (out->ms > now.ms && out->ms <= now.ms + OPEN_DAYS_MAX * DAY_MS) {
        return true;
    }
    refuse(call, 3, "INVALID_TIME", "expires_unix_ms is past or more than %d days ahead.",
           OPEN_DAYS_MAX);
    return false;
}

static bool is_repeat_of_plain(struct node *node, const struct command *command)
{
    struct state_reader *reader;
    struct adjustment row;
    if (readers_take(node->readers, &reader) != ERR_OK) {
        return false;
    }
    struct ledger_view view = state_reader_view(reader);
    enum err err = ledger_get_adjustment(&view, &command->transaction_id, &row);
    readers_give(node->readers, reader);
    return err == ERR_OK && remark_is_kept_plain(&row.note, &command->adjustment.note);
}

/* Refuses the call when it can't be. */
static bool seal_note(struct node *node, struct rpc_call *call, struct command *command)
{
    struct command_adjustment *body = &command->adjustment;
    enum err err = is_repeat_of_plain(node, command)
                       ? ERR_OK
                       : remark_seal_about(node, rpc_call_arena(call), &body->member, &body->note);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    }
    return err == ERR_OK;
}

void account_propose_adjustment(void *context, struct rpc_call *call,
                                const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ProposeAdjustmentRequest *request =
        (const Talea__V1__ProposeAdjustmentRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_PROPOSE_ADJUSTMENT, &transaction);
    struct command_adjustment *body = &command.adjustment;
    body->points = points_of(request->points);
    if (request_text(call, "reason", request->reason, body->reason, sizeof body->reason) &&
        request_text(call, "note", request->note, body->note.text, sizeof body->note.text) &&
        read_end(call, command.business_time, request->expires_unix_ms, &body->expires_at) &&
        read_caller(call, body->maker) &&
        request_member_now(node, call, request->member, &body->member) &&
        seal_note(node, call, &command)) {
        reply_after(node, call, &command, NULL, send_proposed);
    }
}

static void send_ruled(struct reply *reply)
{
    Talea__V1__RuleAdjustmentResponse response;
    talea__v1__rule_adjustment_response__init(&response);
    const struct answer *answer = &reply->outcome.answer;
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    response.points = answer->points.minor;
    response.debt_points = answer->debt.minor;
    response.written_off_points = answer->written_off.minor;
    response.journal_row = answer->row;
    rpc_call_reply(reply->call, &response.base);
}

void account_rule_adjustment(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__RuleAdjustmentRequest *request =
        (const Talea__V1__RuleAdjustmentRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_RULE_ADJUSTMENT, &transaction);
    struct command_ruling *ruling = &command.ruling;
    ruling->is_approved = request->is_approved != 0;
    struct snapshot *snapshot = node_snapshot(node);
    earning_life(node, snapshot, command.business_time, &ruling->points_expire_at,
                 &ruling->idle_months);
    snapshot_release(snapshot);
    if (request_uid(call, "adjustment_id", request->adjustment_id, &ruling->adjustment) &&
        read_caller(call, ruling->checker)) {
        reply_after(node, call, &command, NULL, send_ruled);
    }
}

/* A page of them, by id and so by the time of their proposal. */
struct gathering {
    struct node *node;
    struct arena *arena;
    Talea__V1__AdjustmentState wanted; /* unspecified: all */
    struct unix_ms now;
    size_t size;
    bool has_more;
    struct uid next;
    Talea__V1__ListAdjustmentsResponse *response;
};

static Talea__V1__AdjustmentState state_of(const struct adjustment *adjustment, struct unix_ms now)
{
    switch (adjustment->state) {
    case ADJUSTMENT_PROPOSED:
        return adjustment->expires_at.ms != 0 && adjustment->expires_at.ms <= now.ms
                   ? TALEA__V1__ADJUSTMENT_STATE__ADJUSTMENT_STATE_EXPIRED
                   : TALEA__V1__ADJUSTMENT_STATE__ADJUSTMENT_STATE_PROPOSED;
    case ADJUSTMENT_APPROVED:
        return TALEA__V1__ADJUSTMENT_STATE__ADJUSTMENT_STATE_APPROVED;
    case ADJUSTMENT_REJECTED:
        return TALEA__V1__ADJUSTMENT_STATE__ADJUSTMENT_STATE_REJECTED;
    }
    return TALEA__V1__ADJUSTMENT_STATE__ADJUSTMENT_STATE_UNSPECIFIED;
}

static enum err add_adjustment(struct gathering *gathering, const struct uid *id,
                               const struct adjustment *row)
{
    struct arena *arena = gathering->arena;
    Talea__V1__Adjustment *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__adjustment__init(message);
    message->adjustment_id = message_uid(arena, id);
    message->state = state_of(row, gathering->now);
    message->member_id = message_uid(arena, &row->member);
    message->points = row->points.minor;
    message->reason = message_copy(arena, row->reason, sizeof row->reason);
    struct shown_remark note;
    TRY(remark_show_about(gathering->node, arena, &row->member, &row->note, &note));
    message->note = note.text;
    message->is_note_erased = note.is_erased;
    message->maker = message_copy(arena, row->maker, sizeof row->maker);
    message->checker = message_copy(arena, row->checker, sizeof row->checker);
    message->proposed_unix_ms = row->proposed_at.ms;
    message->ruled_unix_ms = row->ruled_at.ms;
    message->expires_unix_ms = row->expires_at.ms;
    if (message->adjustment_id == NULL || message->member_id == NULL || message->reason == NULL ||
        message->maker == NULL || message->checker == NULL) {
        return ERR_RESOURCE;
    }
    gathering->response->adjustments[gathering->response->n_adjustments++] = message;
    return ERR_OK;
}

static enum err gather(void *context, struct slice key, struct slice value)
{
    struct gathering *gathering = context;
    struct reader in = reader_of(key);
    struct uid id;
    struct adjustment row;
    read_copy(&in, id.bytes, sizeof id.bytes);
    TRY(reader_finish(&in));
    TRY(adjustment_decode(value, &row));
    bool is_wanted =
        gathering->wanted == TALEA__V1__ADJUSTMENT_STATE__ADJUSTMENT_STATE_UNSPECIFIED ||
        gathering->wanted == state_of(&row, gathering->now);
    if (!is_wanted) {
        return ERR_OK;
    }
    if (gathering->response->n_adjustments == gathering->size) {
        gathering->has_more = true;
        gathering->next = id;
        return ERR_NOT_FOUND;
    }
    return add_adjustment(gathering, &id, &row);
}

static enum err fill(struct node *node, struct gathering *gathering, const struct uid *from)
{
    gathering->response->adjustments =
        arena_alloc(gathering->arena, (gathering->size + 1) * sizeof(Talea__V1__Adjustment *));
    if (gathering->response->adjustments == NULL) {
        return ERR_RESOURCE;
    }
    TRY(engine_checkpoint(node->engine));
    return state_scan(node->state, TABLE_ADJUSTMENT, slice_of(NULL, 0),
                      slice_of(from->bytes, sizeof from->bytes), gather, gathering);
}

void account_list_adjustments(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ListAdjustmentsRequest *request =
        (const Talea__V1__ListAdjustmentsRequest *)(const void *)message;
    Talea__V1__ListAdjustmentsResponse response;
    talea__v1__list_adjustments_response__init(&response);
    struct gathering gathering = {.node = node,
                                  .arena = rpc_call_arena(call),
                                  .wanted = request->state,
                                  .now = node_now(node),
                                  .response = &response};
    struct uid from;
    char token[UID_TEXT_MAX] = "";
    if (!request_page_size(call, request->page_size, &gathering.size) ||
        !request_page_id(call, request->page_token, &from)) {
        return;
    }
    enum err err = fill(node, &gathering, &from);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    if (gathering.has_more) {
        uid_format(&gathering.next, token);
    }
    response.next_page_token = token;
    rpc_call_reply(call, &response.base);
}

#include "node/alerts.h"

#include <stdio.h>
#include <string.h>

#include "node/fraud_gate.h"
#include "node/judging.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/remarks.h"
#include "node/requests.h"
#include "node/services.h"

/* In the arena; NULL without memory. */
static Talea__V1__Alert *message_alert(struct arena *arena, const struct uid *id,
                                       const struct alert *alert)
{
    const struct alert_finding *finding = &alert->finding;
    Talea__V1__Alert *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return NULL;
    }
    talea__v1__alert__init(message);
    message->alert_id = message_uid(arena, id);
    message->state = (Talea__V1__AlertState)alert->state;
    message->action = (Talea__V1__AlertAction)finding->action;
    message->rule = message_copy(arena, finding->rule, sizeof finding->rule);
    message->subject = message_copy(arena, finding->subject, sizeof finding->subject);
    message->found = message_copy(arena, finding->found, sizeof finding->found);
    if (!uid_is_nil(&finding->sale)) {
        message->sale_id = message_uid(arena, &finding->sale);
    }
    message->raised_unix_ms = alert->raised_at.ms;
    message->closed_unix_ms = alert->closed_at.ms;
    message->reviewer = message_copy(arena, alert->by, sizeof alert->by);
    bool is_whole = message->alert_id != NULL && message->rule != NULL &&
                    message->subject != NULL && message->found != NULL &&
                    message->sale_id != NULL && message->reviewer != NULL;
    return is_whole ? message : NULL;
}

static enum err show_alert(struct node *node, struct arena *arena, const struct uid *id,
                           const struct alert *alert, Talea__V1__Alert **out_message)
{
    struct shown_remark reason;
    TRY(remark_show_alert(node, arena, &alert->finding, &alert->reason, &reason));
    Talea__V1__Alert *message = message_alert(arena, id, alert);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    message->reason = reason.text;
    message->is_reason_erased = reason.is_erased;
    *out_message = message;
    return ERR_OK;
}

static enum err read_alert(struct node *node, const struct uid *id, struct alert *out_alert)
{
    struct state_reader *reader;
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = ledger_get_alert(&view, id, out_alert);
    readers_give(node->readers, reader);
    return err;
}

bool alert_holds_sale(struct node *node, const struct uid *sale, struct uid *out_alert)
{
    struct alert alert;
    *out_alert = fraud_alert_id(sale);
    return read_alert(node, out_alert, &alert) == ERR_OK && alert.state == ALERT_OPEN &&
           alert.finding.action == ALERT_HELD;
}

/* A page of them, by id and so by the time at which they were raised. */
struct gathering {
    struct node *node;
    struct arena *arena;
    unsigned state; /* 0: all */
    const char *rule;
    size_t size;
    bool has_more;
    struct uid next;
    Talea__V1__ListAlertsResponse *response;
};

static enum err gather(void *context, struct slice key, struct slice value)
{
    struct gathering *gathering = context;
    struct reader in = reader_of(key);
    struct uid id;
    struct alert alert;
    read_copy(&in, id.bytes, sizeof id.bytes);
    TRY(reader_finish(&in));
    TRY(alert_decode(value, &alert));
    bool is_wanted =
        (gathering->state == 0 || gathering->state == (unsigned)alert.state) &&
        (gathering->rule[0] == '\0' || strcmp(gathering->rule, alert.finding.rule) == 0);
    if (!is_wanted) {
        return ERR_OK;
    }
    if (gathering->response->n_alerts == gathering->size ||
        gathering->arena->used > LIMIT_PAGE_BYTES) {
        gathering->has_more = true;
        gathering->next = id;
        return ERR_NOT_FOUND;
    }
    Talea__V1__Alert *message;
    TRY(show_alert(gathering->node, gathering->arena, &id, &alert, &message));
    gathering->response->alerts[gathering->response->n_alerts++] = message;
    return ERR_OK;
}

static enum err fill(struct node *node, struct gathering *gathering, const struct uid *from)
{
    gathering->response->alerts =
        arena_alloc(gathering->arena, (gathering->size + 1) * sizeof(Talea__V1__Alert *));
    if (gathering->response->alerts == NULL) {
        return ERR_RESOURCE;
    }
    TRY(state_checkpoint_table(node->state, TABLE_ALERT));
    return state_scan(node->state, TABLE_ALERT, slice_of(NULL, 0),
                      slice_of(from->bytes, sizeof from->bytes), gather, gathering);
}

void account_list_alerts(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ListAlertsRequest *request =
        (const Talea__V1__ListAlertsRequest *)(const void *)message;
    Talea__V1__ListAlertsResponse response;
    talea__v1__list_alerts_response__init(&response);
    struct gathering gathering = {.node = node,
                                  .arena = rpc_call_arena(call),
                                  .state = (unsigned)request->state,
                                  .rule = request->rule,
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

void account_get_alert(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__GetAlertRequest *request =
        (const Talea__V1__GetAlertRequest *)(const void *)message;
    Talea__V1__GetAlertResponse response;
    talea__v1__get_alert_response__init(&response);
    struct uid id;
    struct alert alert;
    if (!request_uid(call, "alert_id", request->alert_id, &id)) {
        return;
    }
    enum err err = read_alert(context, &id, &alert);
    if (err == ERR_OK) {
        err = show_alert(context, rpc_call_arena(call), &id, &alert, &response.alert);
    }
    if (err == ERR_NOT_FOUND) {
        refuse_verdict(call, VERDICT_ALERT_UNKNOWN);
    } else if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else {
        rpc_call_reply(call, &response.base);
    }
}

/* ---- Reviews ---- */

static bool read_review(struct rpc_call *call, const Talea__V1__CloseAlertRequest *request,
                        struct command_alert_ruling *ruling)
{
    const struct identity *caller = rpc_call_identity(call);
    int length = snprintf(ruling->by, sizeof ruling->by, "%s/%s/%s", caller->partner.text,
                          role_name(caller->role), caller->name);
    if (length <= 0 || (size_t)length >= sizeof ruling->by) {
        refuse(call, 9, "NAME_TOO_LONG",
               "The certificate's partner, role and name have more than %u bytes together.",
               LIMIT_IDENTITY_BYTES - 2);
        return false;
    }
    bool is_ruled = request->state == TALEA__V1__ALERT_STATE__ALERT_STATE_INNOCENT ||
                    request->state == TALEA__V1__ALERT_STATE__ALERT_STATE_FRAUD;
    if (!is_ruled) {
        refuse(call, 3, "INVALID_INPUT", "state: innocent or fraud.");
        return false;
    }
    if (request->reason[0] == '\0') {
        refuse(call, 3, "INVALID_INPUT", "reason: a review says why.");
        return false;
    }
    ruling->is_fraud = request->state == TALEA__V1__ALERT_STATE__ALERT_STATE_FRAUD;
    return request_uid(call, "alert_id", request->alert_id, &ruling->alert) &&
           request_text(call, "reason", request->reason, ruling->reason.text,
                        sizeof ruling->reason.text);
}

/* The purchase whose points were held goes back, once: a repeat finds that it did. What was
 * returned already stays so. */
static enum err take_back(struct node *node, const struct uid *alert, const struct uid *sale,
                          int64_t *out_points)
{
    struct uid id = fraud_return_id(alert);
    struct command give_back = command_now(node, COMMAND_RETURN_SALE, &id);
    struct outcome outcome;
    give_back.return_sale.sale = *sale;
    struct snapshot *snapshot = node_snapshot(node);
    enum err err = judging_return_both(node, snapshot, &give_back, slice_of(NULL, 0), &outcome);
    snapshot_release(snapshot);
    TRY(err);
    *out_points = outcome.verdict == VERDICT_OK ? outcome.answer.points.minor : 0;
    return ERR_OK;
}

static enum err review(struct node *node, struct arena *arena, struct command *ruling,
                       struct outcome *out_outcome, int64_t *out_taken)
{
    struct alert alert = {.state = ALERT_OPEN};
    enum err err = read_alert(node, &ruling->alert_ruling.alert, &alert);
    bool is_held = err == ERR_OK && alert.finding.action == ALERT_HELD;
    bool was_fraud = alert.state == ALERT_FRAUD;
    *out_taken = 0;
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    if (is_held && ruling->alert_ruling.is_fraud && (alert.state == ALERT_OPEN || was_fraud)) {
        TRY(take_back(node, &ruling->alert_ruling.alert, &alert.finding.sale, out_taken));
    }
    if (!remark_is_kept_plain(&alert.reason, &ruling->alert_ruling.reason)) {
        TRY(remark_seal_alert(node, arena, err == ERR_OK ? &alert.finding : NULL,
                              &ruling->alert_ruling.reason));
    }
    *out_outcome = engine_execute(node->engine, ruling);
    return out_outcome->err;
}

void account_close_alert(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__CloseAlertRequest *request =
        (const Talea__V1__CloseAlertRequest *)(const void *)message;
    Talea__V1__CloseAlertResponse response;
    talea__v1__close_alert_response__init(&response);
    struct uid transaction;
    struct outcome outcome;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_RULE_ALERT, &transaction);
    if (!read_review(call, request, &command.alert_ruling)) {
        return;
    }
    pthread_mutex_lock(&node->review_lock);
    enum err err = review(node, rpc_call_arena(call), &command, &outcome, &response.taken_points);
    pthread_mutex_unlock(&node->review_lock);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else if (outcome.verdict != VERDICT_OK) {
        refuse_verdict(call, outcome.verdict);
    } else {
        response.journal_row = outcome.answer.row;
        rpc_call_reply(call, &response.base);
    }
}

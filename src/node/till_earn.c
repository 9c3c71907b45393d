/* A till's purchases and their returns. */
#include <string.h>

#include "node/earning.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/till.pb-c.h"

static void send_earned(struct reply *reply)
{
    Talea__V1__EarnResponse response;
    talea__v1__earn_response__init(&response);
    const struct answer *answer = &reply->outcome.answer;
    char sale[UID_TEXT_MAX];
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    uid_format(&reply->transaction, sale);
    response.sale_id = sale;
    response.earned_points = answer->points.minor;
    response.home = (char *)(uintptr_t)answer->home.text;
    response.journal_row = answer->row;
    response.balance =
        message_balance_now(reply->node, rpc_call_arena(reply->call), &answer->member);
    rpc_call_reply(reply->call, &response.base);
}

/* Points by hand are the office's to give, not a till's, unless a promotion bounds them. */
static bool may_fix_points(struct rpc_call *call, const Talea__V1__EarnRequest *request)
{
    const struct identity *caller = rpc_call_identity(call);
    if (request->fixed_points == 0 && request->promotion != 0) {
        refuse(call, 3, "POINTS_NOT_POSITIVE", "A promotion pays for fixed_points.");
        return false;
    }
    if (request->fixed_points == 0 || request->promotion != 0 ||
        (caller->role & ROLES_OFFICE) != 0) {
        return true;
    }
    refuse(call, 7, "ROLE_NOT_ALLOWED", "A till can't give fixed_points.");
    return false;
}

void till_earn(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__EarnRequest *request = (const Talea__V1__EarnRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_EARN, &transaction);
    struct command_earn *earn = &command.earn;
    if (!request_card(call, request->card, &earn->card) ||
        !request_text(call, "receipt", request->receipt, earn->receipt, sizeof earn->receipt) ||
        !request_text(call, "currency", request->currency, earn->currency, sizeof earn->currency) ||
        !request_time(call, node, request->business_unix_ms, &command.business_time,
                      &command.is_dated) ||
        !may_fix_points(call, request)) {
        return;
    }
    earn->amount = money_of(request->amount_minor);
    earn->is_fixed = request->fixed_points != 0;
    earn->fixed_points = points_of(request->fixed_points);
    earn->promotion = request->promotion;
    struct snapshot *snapshot = node_snapshot(node);
    enum verdict verdict = earning_terms(snapshot, node_now(node), &command);
    bool is_within = verdict == VERDICT_OK && earning_is_within(earn, snapshot->till_points_max);
    snapshot_release(snapshot);
    if (verdict != VERDICT_OK) {
        refuse_verdict(call, verdict);
        return;
    }
    if (request_within_bound(call, node, is_within)) {
        reply_after(node, call, &command, NULL, send_earned);
    }
}

static void send_returned(struct reply *reply)
{
    Talea__V1__ReturnPurchaseResponse response;
    talea__v1__return_purchase_response__init(&response);
    const struct answer *answer = &reply->outcome.answer;
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    response.taken_points = answer->points.minor;
    response.debt_points = answer->debt.minor;
    response.journal_row = answer->row;
    response.written_off_points = answer->written_off.minor;
    rpc_call_reply(reply->call, &response.base);
}

void till_return_purchase(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ReturnPurchaseRequest *request =
        (const Talea__V1__ReturnPurchaseRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_RETURN_SALE, &transaction);
    struct command_return_sale *body = &command.return_sale;
    if (request_uid(call, "sale_id", request->sale_id, &body->sale) &&
        request_text(call, "receipt", request->receipt, body->receipt, sizeof body->receipt) &&
        request_time(call, node, request->business_unix_ms, &command.business_time,
                     &command.is_dated)) {
        body->amount = money_of(request->amount_minor);
        reply_after(node, call, &command, NULL, send_returned);
    }
}

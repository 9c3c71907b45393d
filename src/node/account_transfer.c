/* An office's transfers between members and pools. */
#include "node/gifts.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/replier.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/account.pb-c.h"

static void send_transferred(struct reply *reply)
{
    Talea__V1__TransferResponse response;
    talea__v1__transfer_response__init(&response);
    const struct answer *answer = &reply->outcome.answer;
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    response.points = answer->points.minor;
    response.balance =
        message_balance_now(reply->node, rpc_call_arena(reply->call), &answer->member);
    response.journal_row = answer->row;
    rpc_call_reply(reply->call, &response.base);
}

/* Of one that names nobody who asks. */
static void send_unasked(struct reply *reply)
{
    if (reply->outcome.verdict == VERDICT_NOT_IN_POOL) {
        const struct verdict_row *row = verdict_describe(VERDICT_NOT_IN_POOL);
        refuse(reply->call, row->grpc_status, row->name,
               "by is missing: a pool's points are moved for one of its members, who asks.");
    } else {
        send_transferred(reply);
    }
}

/* Within the programme's caps. */
static void transfer_capped(struct node *node, struct rpc_call *call,
                            const struct snapshot *snapshot, const struct command *transfer,
                            reply_fn *send)
{
    struct gift_refusal refusal;
    struct reply reply = {.node = node, .call = call, .transaction = transfer->transaction_id};
    enum err err = gift_execute(node, snapshot, transfer, &reply.outcome, &refusal);
    if (err == ERR_DENIED) {
        refuse(call, 9, "GIFT_LIMIT", "%s", refusal.text);
    } else if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else {
        send(&reply);
    }
}

static void run_transfer(struct node *node, struct rpc_call *call, const struct command *transfer)
{
    struct snapshot *snapshot = node_snapshot(node);
    reply_fn *send = uid_is_nil(&transfer->transfer.by) ? send_unasked : send_transferred;
    if (gifts_are_capped(snapshot)) {
        transfer_capped(node, call, snapshot, transfer, send);
    } else {
        reply_after(node, call, transfer, NULL, send);
    }
    snapshot_release(snapshot);
}

void account_transfer(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__TransferRequest *request =
        (const Talea__V1__TransferRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_TRANSFER, &transaction);
    struct command_transfer *transfer = &command.transfer;
    transfer->points = points_of(request->points);
    if (request_text(call, "receipt", request->receipt, transfer->receipt,
                     sizeof transfer->receipt) &&
        request_member_now(node, call, request->from, &transfer->from) &&
        request_member_now(node, call, request->to, &transfer->to) &&
        (request->by == NULL || request_member_now(node, call, request->by, &transfer->by))) {
        run_transfer(node, call, &command);
    }
}

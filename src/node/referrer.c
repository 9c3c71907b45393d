#include "node/referrer.h"

#include "node/account_rows.h"
#include "node/node.h"
#include "node/services.h"

#define INVALID_ARGUMENT 3

bool request_referrer(struct node *node, struct rpc_call *call,
                      const Talea__V1__MemberSelector *selector, struct uid *out_referrer)
{
    struct state_reader *reader;
    *out_referrer = (struct uid){{0}};
    if (selector == NULL) {
        return true;
    }
    enum err err = readers_take(node->readers, &reader);
    if (err == ERR_OK) {
        struct ledger_view view = state_reader_view(reader);
        err = member_selected(node, &view, selector, out_referrer);
        readers_give(node->readers, reader);
    }
    if (err == ERR_INPUT) {
        refuse(call, INVALID_ARGUMENT, "INVALID_SELECTOR",
               "Name the referrer by one of card, member_id or reference.");
    } else if (err == ERR_NOT_FOUND) {
        refuse_verdict(call, VERDICT_REFERRER_UNKNOWN);
    } else if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    }
    return err == ERR_OK;
}

ACCOUNT_ROW_REPLY(send_referrer, Talea__V1__SetReferrerResponse,
                  talea__v1__set_referrer_response__init)

void account_set_referrer(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__SetReferrerRequest *request =
        (const Talea__V1__SetReferrerRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_SET_REFERRER, &transaction);
    struct command_referrer *referrer = &command.referrer;
    if (!request_member_now(node, call, request->member, &referrer->member) ||
        !request_referrer(node, call, request->referrer, &referrer->referrer)) {
        return;
    }
    if (uid_is_nil(&referrer->referrer)) {
        refuse(call, INVALID_ARGUMENT, "INVALID_SELECTOR", "Name the referrer.");
        return;
    }
    reply_after(node, call, &command, NULL, send_referrer);
}

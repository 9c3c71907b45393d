/* What an office does to whole accounts: block, merge, erase. */
#include "node/account_rows.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/services.h"

ACCOUNT_ROW_REPLY(send_blocked, Talea__V1__BlockMemberResponse,
                  talea__v1__block_member_response__init)
ACCOUNT_ROW_REPLY(send_unblocked, Talea__V1__UnblockMemberResponse,
                  talea__v1__unblock_member_response__init)
ACCOUNT_ROW_REPLY(send_unblocked_card, Talea__V1__UnblockCardResponse,
                  talea__v1__unblock_card_response__init)

static void change_block(struct node *node, struct rpc_call *call, enum command_kind kind,
                         const char *transaction_id, const Talea__V1__MemberSelector *member,
                         const char *reason, reply_fn *send)
{
    struct uid transaction;
    if (!request_transaction(call, transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, kind, &transaction);
    struct command_block *block = &command.block;
    if (request_text(call, "reason", reason, block->reason, sizeof block->reason) &&
        request_member_now(node, call, member, &block->member)) {
        reply_after(node, call, &command, NULL, send);
    }
}

void account_block_member(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__BlockMemberRequest *request =
        (const Talea__V1__BlockMemberRequest *)(const void *)message;
    change_block(context, call, COMMAND_BLOCK_MEMBER, request->transaction_id, request->member,
                 request->reason, send_blocked);
}

void account_unblock_member(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__UnblockMemberRequest *request =
        (const Talea__V1__UnblockMemberRequest *)(const void *)message;
    change_block(context, call, COMMAND_UNBLOCK_MEMBER, request->transaction_id, request->member,
                 request->reason, send_unblocked);
}

void account_unblock_card(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__UnblockCardRequest *request =
        (const Talea__V1__UnblockCardRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_UNBLOCK_CARD, &transaction);
    if (request_card(call, request->card, &command.card.card)) {
        reply_after(node, call, &command, NULL, send_unblocked_card);
    }
}

static void send_merged(struct reply *reply)
{
    Talea__V1__MergeMembersResponse response;
    talea__v1__merge_members_response__init(&response);
    const struct answer *answer = &reply->outcome.answer;
    char merge[UID_TEXT_MAX];
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    uid_format(&reply->transaction, merge);
    response.merge_id = merge;
    response.points = answer->points.minor;
    response.debt_points = answer->debt.minor;
    response.balance =
        message_balance_now(reply->node, rpc_call_arena(reply->call), &answer->member);
    response.journal_row = answer->row;
    rpc_call_reply(reply->call, &response.base);
}

void account_merge_members(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__MergeMembersRequest *request =
        (const Talea__V1__MergeMembersRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_MERGE_MEMBERS, &transaction);
    if (request_member_now(node, call, request->from, &command.merge.from) &&
        request_member_now(node, call, request->into, &command.merge.into)) {
        reply_after(node, call, &command, NULL, send_merged);
    }
}

static void send_unmerged(struct reply *reply)
{
    Talea__V1__UnmergeMembersResponse response;
    talea__v1__unmerge_members_response__init(&response);
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    response.points = reply->outcome.answer.points.minor;
    response.journal_row = reply->outcome.answer.row;
    rpc_call_reply(reply->call, &response.base);
}

void account_unmerge_members(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__UnmergeMembersRequest *request =
        (const Talea__V1__UnmergeMembersRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_UNMERGE_MEMBERS, &transaction);
    if (request_uid(call, "merge_id", request->merge_id, &command.unmerge.merge)) {
        reply_after(node, call, &command, NULL, send_unmerged);
    }
}

static void send_erased(struct reply *reply)
{
    Talea__V1__EraseMemberResponse response;
    talea__v1__erase_member_response__init(&response);
    const struct answer *answer = &reply->outcome.answer;
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    response.journal_row = answer->row;
    response.points = answer->points.minor;
    response.written_off_points = answer->written_off.minor;
    rpc_call_reply(reply->call, &response.base);
}

void account_erase_member(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__EraseMemberRequest *request =
        (const Talea__V1__EraseMemberRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_ERASE_MEMBER, &transaction);
    if (request_member_now(node, call, request->member, &command.erase.member)) {
        reply_after(node, call, &command, NULL, send_erased);
    }
}

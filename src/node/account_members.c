/* What an office does to whole accounts: block, merge, erase. */
#include "engine/record_reader.h"
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

/* Whom the erasure with this id was about. */
static enum err erased_by(struct node *node, const struct ledger_view *view,
                          const struct uid *transaction, struct uid *out_member)
{
    struct ledger_key key;
    struct slice value;
    struct transaction known;
    struct record record;
    struct command command;
    struct record_reader records;
    key_origin(&node->config.partner, transaction, &key);
    TRY(view_get(view, TABLE_TRANSACTION, &key, &value));
    TRY(transaction_decode(value, &known));
    record_reader_init(&records, &node->journal);
    enum err err = record_reader_get(&records, known.row, &record);
    if (err == ERR_OK && record.kind != COMMAND_ERASE_MEMBER) {
        err = ERR_NOT_FOUND;
    }
    err = err == ERR_OK ? record_command(&record, &command) : err;
    if (err == ERR_OK) {
        *out_member = command.erase.member;
    }
    record_reader_fini(&records);
    return err;
}

/* Card and reference lead nowhere once it is done: a repeat is known by its id. */
static bool is_repeated_erasure(struct node *node, const Talea__V1__MemberSelector *selector,
                                const struct uid *transaction, struct uid *out_member)
{
    struct state_reader *reader;
    struct uid unused;
    if (readers_take(node->readers, &reader) != ERR_OK) {
        return false;
    }
    struct ledger_view view = state_reader_view(reader);
    bool is_repeated = member_selected(node, &view, selector, &unused) == ERR_NOT_FOUND &&
                       erased_by(node, &view, transaction, out_member) == ERR_OK;
    readers_give(node->readers, reader);
    return is_repeated;
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
    struct uid *member = &command.erase.member;
    if (is_repeated_erasure(node, request->member, &transaction, member) ||
        request_member_now(node, call, request->member, member)) {
        reply_after(node, call, &command, NULL, send_erased);
    }
}

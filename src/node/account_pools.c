/* Pools: accounts that several members share. */
#include <string.h>

#include "crypto/random.h"
#include "node/account_rows.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/pool_pages.h"
#include "node/services.h"

ACCOUNT_ROW_REPLY(send_joined, Talea__V1__JoinPoolResponse, talea__v1__join_pool_response__init)
ACCOUNT_ROW_REPLY(send_left, Talea__V1__LeavePoolResponse, talea__v1__leave_pool_response__init)

static void send_opened(struct reply *reply)
{
    Talea__V1__OpenPoolResponse response;
    talea__v1__open_pool_response__init(&response);
    char pool[UID_TEXT_MAX];
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    uid_format(&reply->outcome.answer.member, pool);
    response.pool_id = pool;
    response.journal_row = reply->outcome.answer.row;
    rpc_call_reply(reply->call, &response.base);
}

void account_open_pool(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__OpenPoolRequest *request =
        (const Talea__V1__OpenPoolRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_OPEN_POOL, &transaction);
    struct random_source random = random_system();
    struct command_pool *pool = &command.pool;
    pool->pool = uid_new(&random, command.business_time);
    if (request_text(call, "name", request->name, pool->name, sizeof pool->name) &&
        request_member_now(node, call, request->member, &pool->member)) {
        reply_after(node, call, &command, NULL, send_opened);
    }
}

/* Who joins or leaves which. */
static void change_pool(struct node *node, struct rpc_call *call, enum command_kind kind,
                        const char *transaction_id, const char *pool_id,
                        const Talea__V1__MemberSelector *member, reply_fn *send)
{
    struct uid transaction;
    if (!request_transaction(call, transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, kind, &transaction);
    if (request_uid(call, "pool_id", pool_id, &command.pool.pool) &&
        request_member_now(node, call, member, &command.pool.member)) {
        reply_after(node, call, &command, NULL, send);
    }
}

void account_join_pool(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__JoinPoolRequest *request =
        (const Talea__V1__JoinPoolRequest *)(const void *)message;
    change_pool(context, call, COMMAND_JOIN_POOL, request->transaction_id, request->pool_id,
                request->member, send_joined);
}

void account_leave_pool(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__LeavePoolRequest *request =
        (const Talea__V1__LeavePoolRequest *)(const void *)message;
    change_pool(context, call, COMMAND_LEAVE_POOL, request->transaction_id, request->pool_id,
                request->member, send_left);
}

/* Who is in it. */
struct gathering {
    struct arena *arena;
    const struct uid *pool;
    struct unix_ms now;
    size_t count;
    char *ids[LIMIT_PAGE_ROWS];
    size_t right_count;
    Talea__V1__PoolRight *rights[LIMIT_PAGE_ROWS];
};

static enum err gather(void *context, struct slice key, struct slice value)
{
    struct gathering *gathering = context;
    struct uid pool;
    struct uid member;
    struct pool_right right = {.kind = POOL_RIGHT_ALL};
    TRY(key_pool_parse(key, &pool, &member));
    TRY(value.length == 0 ? ERR_OK : pool_right_decode(value, &right));
    Talea__V1__PoolRight **message = &gathering->rights[gathering->right_count++];
    TRY(message_pool_right(gathering->arena, &member, &right, gathering->now, message));
    if (!uid_equal(&member, gathering->pool)) {
        gathering->ids[gathering->count++] = (*message)->member_id;
    }
    return gathering->right_count == LIMIT_PAGE_ROWS ? ERR_NOT_FOUND : ERR_OK;
}

static enum err read_pool(struct node *node, const struct uid *id, struct member *out_row,
                          struct profile *out_profile)
{
    struct state_reader *reader;
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = ledger_get_member(&view, id, out_row);
    err = err == ERR_OK ? ledger_get_profile(&view, id, out_profile) : err;
    readers_give(node->readers, reader);
    return err == ERR_OK && !out_row->is_pool ? ERR_NOT_FOUND : err;
}

static enum err fill_pool(struct node *node, const struct uid *id, struct arena *arena,
                          Talea__V1__GetPoolResponse *response)
{
    struct member row;
    struct profile profile;
    struct gathering *gathering = arena_alloc(arena, sizeof *gathering);
    struct slice prefix = slice_of(id->bytes, sizeof id->bytes);
    if (gathering == NULL) {
        return ERR_RESOURCE;
    }
    gathering->arena = arena;
    gathering->pool = id;
    gathering->now = node_now(node);
    gathering->count = 0;
    gathering->right_count = 0;
    TRY(read_pool(node, id, &row, &profile));
    TRY(engine_checkpoint(node->engine));
    TRY(state_scan(node->state, TABLE_POOL, prefix, prefix, gather, gathering));
    response->name = message_copy(arena, profile.name, sizeof profile.name);
    response->balance = message_balance(arena, &row, node_now(node));
    response->member_ids = gathering->ids;
    response->n_member_ids = gathering->count;
    response->rights = gathering->rights;
    response->n_rights = gathering->right_count;
    return response->name == NULL || response->balance == NULL ? ERR_RESOURCE : ERR_OK;
}

void account_get_pool(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__GetPoolRequest *request =
        (const Talea__V1__GetPoolRequest *)(const void *)message;
    Talea__V1__GetPoolResponse response;
    talea__v1__get_pool_response__init(&response);
    struct uid id;
    char text[UID_TEXT_MAX];
    if (!request_uid(call, "pool_id", request->pool_id, &id)) {
        return;
    }
    uid_format(&id, text);
    response.pool_id = text;
    enum err err = fill_pool(context, &id, rpc_call_arena(call), &response);
    if (err == ERR_OK) {
        rpc_call_reply(call, &response.base);
    } else if (err == ERR_NOT_FOUND) {
        refuse_verdict(call, VERDICT_NOT_A_POOL);
    } else {
        refuse_err(call, err, NULL);
    }
}

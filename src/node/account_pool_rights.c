/* What members may spend of pools, and who carries a pool's card. */
#include "node/account_rows.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/pool_pages.h"
#include "node/services.h"

ACCOUNT_ROW_REPLY(send_right, Talea__V1__SetPoolRightResponse,
                  talea__v1__set_pool_right_response__init)
ACCOUNT_ROW_REPLY(send_borne, Talea__V1__BearCardResponse, talea__v1__bear_card_response__init)

static bool read_spend(struct rpc_call *call, const Talea__V1__SetPoolRightRequest *request,
                       struct command_pool_right *right)
{
    right->kind = (enum pool_right_kind)request->spend;
    right->limit = points_of(request->limit_points);
    if ((int)request->spend >= POOL_RIGHT_ALL && (int)request->spend < POOL_RIGHT_KIND_END) {
        return true;
    }
    refuse(call, 3, "INVALID_INPUT", "spend: it must be said what may be spent.");
    return false;
}

void account_set_pool_right(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__SetPoolRightRequest *request =
        (const Talea__V1__SetPoolRightRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_SET_POOL_RIGHT, &transaction);
    struct command_pool_right *right = &command.pool_right;
    if (!request_uid(call, "pool_id", request->pool_id, &right->pool) ||
        !read_spend(call, request, right)) {
        return;
    }
    right->member = right->pool; /* of cards that nobody in particular carries */
    if ((request->member == NULL ||
         request_member_now(node, call, request->member, &right->member)) &&
        (request->by == NULL || request_member_now(node, call, request->by, &right->by))) {
        reply_after(node, call, &command, NULL, send_right);
    }
}

void account_bear_card(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__BearCardRequest *request =
        (const Talea__V1__BearCardRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_BEAR_CARD, &transaction);
    if (request_card(call, request->card, &command.bearer.card) &&
        (request->member == NULL ||
         request_member_now(node, call, request->member, &command.bearer.member))) {
        reply_after(node, call, &command, NULL, send_borne);
    }
}

enum err message_pool_right(struct arena *arena, const struct uid *member,
                            const struct pool_right *right, struct unix_ms now,
                            Talea__V1__PoolRight **out_message)
{
    Talea__V1__PoolRight *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    bool is_now = right->window == pool_window(right->kind, now);
    int64_t left = pool_right_left(right, now);
    talea__v1__pool_right__init(message);
    message->member_id = message_uid(arena, member);
    message->spend = (Talea__V1__PoolSpend)right->kind;
    message->limit_points = right->limit.minor;
    message->held_points = right->held.minor;
    message->spent_points = is_now ? right->spent.minor : 0;
    message->left_points = left == INT64_MAX ? 0 : left;
    *out_message = message;
    return message->member_id == NULL ? ERR_RESOURCE : ERR_OK;
}

#include "node/pool_pages.h"

#include "node/messages.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/account.pb-c.h"

#define INVALID_ARGUMENT 3

static enum err gather(void *context, struct slice key, struct slice value)
{
    struct pool_page *page = context;
    struct uid pool;
    struct uid member;
    (void)value;
    TRY(key_pool_parse(key, &pool, &member));
    bool is_known = page->count > 0 && uid_equal(&page->ids[page->count - 1], &pool);
    bool is_wanted = page->member == NULL || uid_equal(page->member, &member);
    if (is_known || !is_wanted) {
        return ERR_OK;
    }
    page->ids[page->count++] = pool;
    return page->count > page->size ? ERR_NOT_FOUND : ERR_OK;
}

enum err pool_page_find(struct node *node, const struct uid *from, struct pool_page *page)
{
    struct slice start =
        from == NULL ? slice_of(NULL, 0) : slice_of(from->bytes, sizeof from->bytes);
    TRY(state_checkpoint_table(node->state, TABLE_POOL));
    return state_scan(node->state, TABLE_POOL, slice_of(NULL, 0), start, gather, page);
}

static enum err message_pool(struct node *node, struct arena *arena, const struct ledger_view *view,
                             const struct uid *id, Talea__V1__Pool **out_pool)
{
    struct member row;
    struct profile profile;
    TRY(ledger_get_member(view, id, &row));
    enum err err = ledger_get_profile(view, id, &profile);
    if (err == ERR_NOT_FOUND) { /* its last member left meanwhile */
        profile = (struct profile){0};
        err = ERR_OK;
    }
    TRY(err);
    Talea__V1__Pool *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__pool__init(message);
    message->pool_id = message_uid(arena, id);
    message->name = message_copy(arena, profile.name, sizeof profile.name);
    message->balance = message_balance(arena, &row, node_now(node));
    message->member_count = profile.pool_count;
    *out_pool = message;
    return message->pool_id == NULL || message->name == NULL || message->balance == NULL
               ? ERR_RESOURCE
               : ERR_OK;
}

/* A long page ends early, so that it always fits into a message. */
static enum err fill(struct node *node, const struct pool_page *page, struct arena *arena,
                     Talea__V1__ListPoolsResponse *response)
{
    struct state_reader *reader;
    size_t count = page->count < page->size ? page->count : page->size;
    response->pools = arena_alloc(arena, (count + 1) * sizeof *response->pools);
    if (response->pools == NULL) {
        return ERR_RESOURCE;
    }
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = ERR_OK;
    while (err == ERR_OK && response->n_pools < count && arena->used < LIMIT_PAGE_BYTES) {
        err = message_pool(node, arena, &view, &page->ids[response->n_pools],
                           &response->pools[response->n_pools]);
        response->n_pools += err == ERR_OK ? 1 : 0;
    }
    readers_give(node->readers, reader);
    return err;
}

static void reply_page(struct node *node, struct rpc_call *call, const struct pool_page *page)
{
    Talea__V1__ListPoolsResponse response;
    talea__v1__list_pools_response__init(&response);
    char token[UID_TEXT_MAX] = "";
    struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    enum err err = fill(node, page, &arena, &response);
    if (err == ERR_OK) {
        if (response.n_pools < page->count) {
            uid_format(&page->ids[response.n_pools], token);
        }
        response.next_page_token = token;
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
    arena_fini(&arena);
}

/* The member, if the request names one; where it went when it was merged. */
static bool read_member(struct node *node, struct rpc_call *call,
                        const Talea__V1__MemberSelector *selector, struct uid *member,
                        struct pool_page *page)
{
    struct state_reader *reader;
    if (selector == NULL) {
        return true;
    }
    enum err err = readers_take(node->readers, &reader);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return false;
    }
    struct ledger_view view = state_reader_view(reader);
    bool is_found = request_member(node, call, &view, selector, member);
    readers_give(node->readers, reader);
    page->member = member;
    return is_found;
}

void account_list_pools(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__ListPoolsRequest *request =
        (const Talea__V1__ListPoolsRequest *)(const void *)message;
    struct pool_page page = {.count = 0};
    struct uid from;
    struct uid member;
    if (!request_page_size(call, request->page_size, &page.size) ||
        !request_page_id(call, request->page_token, &from)) {
        return;
    }
    if (!read_member(context, call, request->member, &member, &page)) {
        return;
    }
    enum err err = pool_page_find(context, &from, &page);
    if (err == ERR_OK) {
        reply_page(context, call, &page);
    } else {
        refuse_err(call, err, NULL);
    }
}

/* Pools listed: talea/account.h. */
#include <stdlib.h>
#include <talea/account.h>
#include <talea/v1/account.pb-c.h>

#include "client/account.h"

static int copy_pools(const Talea__V1__ListPoolsResponse *reply, struct talea_pools *out,
                      struct talea_error *error)
{
    struct talea_pools copy = {.count = reply->n_pools};
    copy.rows = calloc(reply->n_pools + 1, sizeof copy.rows[0]);
    if (copy.rows == NULL) {
        return client_fail(error, TALEA_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED",
                           "There is no memory.");
    }
    for (size_t i = 0; i < reply->n_pools; i++) {
        const Talea__V1__Pool *pool = reply->pools[i];
        struct talea_pool *row = &copy.rows[i];
        client_copy(row->pool_id, sizeof row->pool_id, pool->pool_id);
        client_copy(row->name, sizeof row->name, pool->name);
        row->member_count = pool->member_count;
        row->available_points = pool->balance == NULL ? 0 : pool->balance->available_points;
    }
    client_copy(copy.next_page, sizeof copy.next_page, reply->next_page_token);
    *out = copy;
    return TALEA_OK;
}

int talea_list_pools(struct talea_client *client, const struct talea_selector *member,
                     uint32_t row_max, const char *page, int64_t timeout_ms,
                     struct talea_pools *out_pools, struct talea_error *error)
{
    Talea__V1__ListPoolsRequest request;
    talea__v1__list_pools_request__init(&request);
    Talea__V1__MemberSelector selector;
    ProtobufCMessage *message = NULL;
    int code = TALEA_OK;
    if (member != NULL) {
        code = account_select(member, &selector, error);
        request.member = &selector;
    }
    request.page_size = row_max;
    request.page_token = client_text(page);
    if (code == TALEA_OK) {
        code = client_call(client, &talea__v1__account_service__descriptor, "ListPools",
                           &request.base, timeout_ms, &message, error);
    }
    if (code == TALEA_OK) {
        code = copy_pools((const Talea__V1__ListPoolsResponse *)message, out_pools, error);
    }
    client_free(message);
    return code;
}

void talea_pools_free(struct talea_pools *pools)
{
    if (pools != NULL) {
        free(pools->rows);
        *pools = (struct talea_pools){.rows = NULL};
    }
}

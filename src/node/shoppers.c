/* ListShoppers: whom the programme remembers something of, with their segments and campaigns. */
#include <stdlib.h>

#include "node/judging.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/shopper.h"
#include "node/shopper_key.h"
#include "programme/offer.h"
#include "programme/segment.h"

#define SHOPPERS_PAGE 512u
#define TOKEN_BYTES   (2 * (1 + STANDING_OWNER_BYTES) + 1)
#define ROW_BYTES     (4u << 20) /* to judge one by */

struct shoppers_page {
    size_t count; /* one more than SHOPPERS_PAGE when there are more */
    struct standing_owner owners[SHOPPERS_PAGE + 1];
};

static enum err gather(void *context, struct slice key, struct slice value)
{
    struct shoppers_page *page = context;
    struct standing_owner owner;
    (void)value;
    TRY(key_standing_parse(key, &owner));
    if (owner.kind == OWNER_MEMBER || owner.kind == OWNER_CARD) {
        page->owners[page->count++] = owner;
    }
    return page->count > SHOPPERS_PAGE ? ERR_NOT_FOUND : ERR_OK;
}

/* What one shopper is looked at by. */
struct shoppers_look {
    struct node *node;
    const struct programme_version *version;
    struct ledger_view view;
    int64_t day;
    struct arena *arena; /* of the answer */
    struct arena work;   /* of one shopper */
};

static enum err add_segments(struct shoppers_look *look, const struct standing *standing,
                             const struct shopper *known, Talea__V1__Shopper *shopper)
{
    const struct rules_text *text = rules_text(look->version->rules);
    const struct trace_row *rows;
    TRY(segments_of(look->version->rules, standing, look->day, known, &look->work, &rows));
    shopper->segments = arena_alloc(look->arena, (text->segment_count + 1) * sizeof(char *));
    for (size_t s = 0; shopper->segments != NULL && s < text->segment_count; s++) {
        if (rows[s].reason == TRACE_FIRED) {
            shopper->segments[shopper->n_segments++] = (char *)(uintptr_t)text->segments[s].name;
        }
    }
    return shopper->segments == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err add_campaigns(struct shoppers_look *look, const struct standing *standing,
                              Talea__V1__Shopper *shopper)
{
    const struct rules_text *text = rules_text(look->version->rules);
    shopper->campaigns = arena_alloc(look->arena, (text->campaign_count + 1) * sizeof(void *));
    for (size_t c = 0; shopper->campaigns != NULL && c < text->campaign_count; c++) {
        int64_t number = standing_value(standing, campaign_slot(&text->campaigns[c]), 0);
        if (number == 0) {
            continue;
        }
        Talea__V1__ShopperCampaign *row = arena_alloc(look->arena, sizeof *row);
        if (row == NULL) {
            return ERR_RESOURCE;
        }
        talea__v1__shopper_campaign__init(row);
        row->campaign = (char *)(uintptr_t)text->campaigns[c].name;
        row->since_unix_ms = campaign_since(number);
        row->is_control = campaign_is_control(number);
        shopper->campaigns[shopper->n_campaigns++] = row;
    }
    return shopper->campaigns == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err add_shopper(struct shoppers_look *look, const struct standing_owner *owner,
                            Talea__V1__ListShoppersResponse *response)
{
    arena_reset(&look->work);
    struct standing_row *row = arena_alloc(&look->work, sizeof *row);
    Talea__V1__Shopper *shopper = arena_alloc(look->arena, sizeof *shopper);
    struct standing standing;
    struct shopper known;
    if (row == NULL || shopper == NULL) {
        return ERR_RESOURCE;
    }
    TRY(standing_get_row(&look->view, owner, row));
    standing = standing_of_row(row);
    TRY(shopper_fill(look->node, &look->view, look->version, owner, &standing, &look->work,
                     &known));
    TRY(rules_drop_passed(look->version->rules, &standing, look->day, &look->work, &standing));
    talea__v1__shopper__init(shopper);
    shopper->shopper = shopper_key_message(look->arena, owner);
    TRY(add_segments(look, &standing, &known, shopper));
    TRY(add_campaigns(look, &standing, shopper));
    response->shoppers[response->n_shoppers++] = shopper;
    return shopper->shopper == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err fill(struct node *node, const struct snapshot *snapshot,
                     const struct shoppers_page *page, struct arena *arena,
                     Talea__V1__ListShoppersResponse *response)
{
    struct state_reader *reader;
    size_t count = page->count < SHOPPERS_PAGE ? page->count : SHOPPERS_PAGE;
    struct unix_ms now = node_now(node);
    struct shoppers_look look = {
        .node = node, .version = programmes_at(snapshot->programmes, now), .arena = arena};
    response->shoppers = arena_alloc(arena, (count + 1) * sizeof *response->shoppers);
    if (response->shoppers == NULL) {
        return ERR_RESOURCE;
    }
    if (look.version->rules == NULL) {
        return ERR_OK;
    }
    look.day = unix_day(judging_local(node, look.version, now));
    TRY(readers_take(node->readers, &reader));
    look.view = state_reader_view(reader);
    arena_init(&look.work, ROW_BYTES);
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < count && arena->used < LIMIT_PAGE_BYTES; i++) {
        err = add_shopper(&look, &page->owners[i], response);
    }
    arena_fini(&look.work);
    readers_give(node->readers, reader);
    return err;
}

static void reply_page(struct node *node, struct rpc_call *call, const struct shoppers_page *page)
{
    Talea__V1__ListShoppersResponse response;
    talea__v1__list_shoppers_response__init(&response);
    char token[TOKEN_BYTES] = "";
    struct arena arena;
    struct snapshot *snapshot = node_snapshot(node);
    arena_init(&arena, LIMIT_DECODED_BYTES);
    enum err err = fill(node, snapshot, page, &arena, &response);
    if (err == ERR_OK && response.n_shoppers > 0 && response.n_shoppers < page->count) {
        struct ledger_key key;
        key_standing(&page->owners[response.n_shoppers], &key);
        hex_format(key.bytes, key.length, token);
    }
    response.next_page_token = token;
    if (err == ERR_OK) {
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
    arena_fini(&arena);
    snapshot_release(snapshot);
}

void offers_list_shoppers(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ListShoppersRequest *request =
        (const Talea__V1__ListShoppersRequest *)(const void *)message;
    uint8_t from[1 + STANDING_OWNER_BYTES];
    bool has_token = request->page_token[0] != '\0';
    if (has_token && hex_parse(request->page_token, from, sizeof from) != ERR_OK) {
        refuse(call, 3, "INVALID_PAGE_TOKEN", "page_token is not one of an earlier answer.");
        return;
    }
    struct shoppers_page *page = calloc(1, sizeof *page);
    enum err err =
        page == NULL ? ERR_RESOURCE : state_checkpoint_table(node->state, TABLE_STANDING);
    if (err == ERR_OK) {
        err = state_scan(node->state, TABLE_STANDING, slice_of(NULL, 0),
                         slice_of(from, has_token ? sizeof from : 0), gather, page);
    }
    if (err == ERR_OK) {
        reply_page(node, call, page);
    } else {
        refuse_err(call, err, NULL);
    }
    free(page);
}

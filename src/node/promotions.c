/* What operators see of promotions: what is left of their budgets, and who pays for what was given.
 */
#include <string.h>

#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/back_office.pb-c.h"

/* One answer in the making. */
struct promotion_list {
    const struct snapshot *snapshot;
    struct ledger_view view;
    struct arena *arena;
    Talea__V1__PromotionStatus **rows;
    size_t count;
};

static const struct partner_id nobody = {{0}};

static char *text_of(struct arena *arena, const char *text)
{
    return arena_text(arena, slice_of(text, strlen(text)));
}

static bool is_shop(const struct promotion_list *list, const struct promotion *promotion)
{
    return roster_is_self(&list->snapshot->roster, &promotion->shop);
}

/* At the shop: what the payer was told and took. */
static enum err fill_payer(const struct promotion_list *list, const struct promotion *promotion,
                           const struct partner_id *payer, Talea__V1__PromotionFunding *out)
{
    int64_t told;
    TRY(ledger_get_promotion(&list->view, promotion->id, payer, &told));
    TRY(ledger_get_promotion_refused(&list->view, promotion->id, payer, &out->refused_points));
    out->untold_points = out->share_points - told;
    out->funded_points = told - out->refused_points;
    return ERR_OK;
}

/* `given`: at the shop of the whole, at a payer of its own part. */
static enum err fill_part(const struct promotion_list *list, const struct promotion *promotion,
                          size_t index, struct points given, Talea__V1__PromotionFunding *out)
{
    const struct promotion_part *part = &promotion->parts[index];
    bool is_own = roster_is_self(&list->snapshot->roster, &part->partner);
    talea__v1__promotion_funding__init(out);
    out->partner = text_of(list->arena, part->partner.text);
    out->share_bp = part->share;
    out->budget_points = promotion_share(promotion, index, promotion->budget).minor;
    if (out->partner == NULL) {
        return ERR_RESOURCE;
    }
    if (!is_shop(list, promotion)) {
        out->is_known = is_own;
        out->share_points = out->funded_points = is_own ? given.minor : 0;
        return ERR_OK;
    }
    out->is_known = true;
    out->share_points = promotion_share(promotion, index, given).minor;
    return is_own ? ERR_OK : fill_payer(list, promotion, &part->partner, out);
}

/* What the others do not pay is the shop's own, whether it has a part or not. */
static void fill_own(const struct promotion *promotion, struct points given,
                     Talea__V1__PromotionStatus *status)
{
    int64_t others = 0;
    size_t own = promotion_part_of(promotion, &promotion->shop);
    for (size_t i = 0; i < status->n_parts; i++) {
        others += i == own ? 0 : status->parts[i]->funded_points;
    }
    if (own < status->n_parts) {
        status->parts[own]->funded_points = given.minor - others;
    }
}

static enum err fill_parts(const struct promotion_list *list, const struct promotion *promotion,
                           struct points given, Talea__V1__PromotionStatus *status)
{
    Talea__V1__PromotionFunding *parts =
        arena_alloc(list->arena, promotion->part_count * sizeof *parts);
    status->parts = arena_alloc(list->arena, promotion->part_count * sizeof(void *));
    if (parts == NULL || status->parts == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < promotion->part_count; i++) {
        TRY(fill_part(list, promotion, i, given, &parts[i]));
        status->parts[status->n_parts++] = &parts[i];
    }
    if (is_shop(list, promotion)) {
        fill_own(promotion, given, status);
    }
    return ERR_OK;
}

static enum err add_promotion(struct promotion_list *list, size_t index)
{
    const struct charter *charter = list->snapshot->charter;
    const struct promotion *promotion = &charter->promotions[index];
    size_t own = promotion_part_of(promotion, &list->snapshot->roster.self);
    Talea__V1__PromotionStatus *status = arena_alloc(list->arena, sizeof *status);
    struct points given;
    if (status == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__promotion_status__init(status);
    TRY(ledger_get_promotion(&list->view, promotion->id, &nobody, &given.minor));
    status->promotion = promotion->id;
    status->name = text_of(list->arena, charter->promotion_names[index]);
    status->shop = text_of(list->arena, promotion->shop.text);
    status->valid_from_unix_ms = promotion->valid_from.ms;
    status->valid_until_unix_ms = promotion->valid_until.ms;
    status->budget_points = promotion->budget.minor;
    status->per_purchase_points = promotion->per_purchase.minor;
    status->given_points = given.minor;
    int64_t budget = is_shop(list, promotion)
                         ? promotion->budget.minor
                         : promotion_share(promotion, own, promotion->budget).minor;
    status->left_points = budget - given.minor;
    list->rows[list->count++] = status;
    return status->name == NULL || status->shop == NULL
               ? ERR_RESOURCE
               : fill_parts(list, promotion, given, status);
}

/* Ours, and those that we pay for. */
static enum err list_all(struct promotion_list *list, uint32_t wanted)
{
    const struct charter *charter = list->snapshot->charter;
    list->rows = arena_alloc(list->arena, (charter->promotion_count + 1) * sizeof *list->rows);
    if (list->rows == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < charter->promotion_count; i++) {
        const struct promotion *promotion = &charter->promotions[i];
        size_t own = promotion_part_of(promotion, &list->snapshot->roster.self);
        bool is_ours = is_shop(list, promotion) || own < promotion->part_count;
        if (is_ours && (wanted == 0 || wanted == promotion->id)) {
            TRY(add_promotion(list, i));
        }
    }
    return ERR_OK;
}

void office_list_promotions(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ListPromotionsRequest *request =
        (const Talea__V1__ListPromotionsRequest *)(const void *)message;
    struct promotion_list list = {.arena = rpc_call_arena(call)};
    struct state_reader *reader;
    Talea__V1__ListPromotionsResponse response;
    talea__v1__list_promotions_response__init(&response);
    enum err err = readers_take(node->readers, &reader);
    if (err == ERR_OK) {
        struct snapshot *snapshot = node_snapshot(node);
        list.snapshot = snapshot;
        list.view = state_reader_view(reader);
        err = list_all(&list, request->promotion);
        snapshot_release(snapshot);
        readers_give(node->readers, reader);
    }
    if (err == ERR_OK && request->promotion != 0 && list.count == 0) {
        refuse_verdict(call, VERDICT_PROMOTION_NOT_IN_FORCE);
    } else if (err == ERR_OK) {
        response.promotions = list.rows;
        response.n_promotions = list.count;
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
}

/* GetOffers: a member's offers, with why and until when. */
#include <stdlib.h>

#include "node/former_members.h"
#include "node/judging.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/remarks.h"
#include "node/offers_given.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/shopper_key.h"
#include "offers/kept_offers.h"
#include "programme/offer.h"

#define SHOW_BYTES (8u << 20)

struct showing {
    struct node *node;
    const struct snapshot *snapshot;
    const struct programme_version *version;
    const struct rules_text *text;
    struct standing_owner owner;
    struct standing_row row;
    struct former_members former;
    struct standing_row *former_rows; /* of each, as they were then */
    int64_t day;
    struct arena arena;
    Talea__V1__GetOffersResponse response;
};

/* Why, from the bytes that were kept of it. */
static enum err add_reason(struct showing *s, const struct kept_offer *offer, bool is_sealed,
                           Talea__V1__GivenOffer *row)
{
    if (is_sealed) {
        return remark_open_text(s->node, &s->arena, offer->reason, &row->reason);
    }
    row->reason = arena_text(&s->arena, offer->reason);
    return row->reason == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err add_offer(struct showing *s, const struct campaign *campaign, int64_t number,
                          const struct kept_offer *offer, bool is_sealed)
{
    Talea__V1__GivenOffer *row = arena_alloc(&s->arena, sizeof *row);
    if (row == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__given_offer__init(row);
    row->campaign = (char *)(uintptr_t)campaign->name;
    row->offer = arena_text(&s->arena, offer->name);
    row->code = arena_text(&s->arena, offer->code);
    row->until_day = offer->until_day;
    row->since_unix_ms = campaign_since(number);
    row->is_control = campaign_is_control(number);
    row->is_good = !row->is_control && s->day < offer->until_day;
    s->response.offers[s->response.n_offers++] = row;
    bool has_all = row->offer != NULL && row->code != NULL;
    return has_all ? add_reason(s, offer, is_sealed, row) : ERR_RESOURCE;
}

/* Why is forgotten: what is left are the numbers. */
static enum err add_bare(struct showing *s, size_t campaign, int64_t number)
{
    const struct standing standing = standing_of_row(&s->row);
    for (size_t o = 0; o < s->text->offer_count; o++) {
        const struct offer *offer = &s->text->offers[o];
        int64_t until = standing_value(&standing, offer_slot(s->version->rules, o), 0);
        if (offer->campaign == campaign && until != 0) {
            const struct kept_offer bare = {.name = slice_of(offer->name, strlen(offer->name)),
                                            .until_day = until};
            TRY(add_offer(s, &s->text->campaigns[campaign], number, &bare, false));
        }
    }
    return ERR_OK;
}

/* What came with a campaign to one who is the member by now, by its number there. Nothing of a
 * control group where there are others. */
static enum err add_kept(struct showing *s, const struct campaign *campaign,
                         const struct standing_owner *owner, int64_t number, size_t shown_before)
{
    struct command_standing change;
    struct kept_offers kept;
    if (number == 0 || (campaign_is_control(number) && s->response.n_offers > shown_before)) {
        return ERR_OK;
    }
    struct uid occasion = offers_occasion(campaign->name, owner, campaign_since(number));
    enum err err = judging_read_change(s->node, s->snapshot, &occasion, &s->arena, &change);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    TRY(kept_offers_decode(change.evidence, &s->arena, &kept));
    for (size_t i = 0; i < kept.count; i++) {
        TRY(add_offer(s, campaign, number, &kept.at[i], kept.is_sealed));
    }
    return ERR_OK;
}

static int64_t number_in(const struct campaign *campaign, const struct standing_row *row)
{
    const struct standing standing = standing_of_row(row);
    return standing_value(&standing, campaign_slot(campaign), 0);
}

/* Its own, and what those had who were merged into it. */
static enum err add_campaign(struct showing *s, size_t place)
{
    const struct campaign *campaign = &s->text->campaigns[place];
    int64_t number = number_in(campaign, &s->row);
    size_t before = s->response.n_offers;
    if (number == 0) {
        return ERR_OK;
    }
    TRY(add_kept(s, campaign, &s->owner, number, before));
    for (size_t i = 0; i < s->former.count; i++) {
        int64_t had = number_in(campaign, &s->former_rows[i]);
        TRY(add_kept(s, campaign, &s->former.at[i], had, before));
    }
    return s->response.n_offers == before ? add_bare(s, place, number) : ERR_OK;
}

static enum err show(struct showing *s)
{
    size_t most = (size_t)LIMIT_OFFERS * (s->text->campaign_count + 1) * (1 + s->former.count);
    s->response.offers = arena_alloc(&s->arena, most * sizeof *s->response.offers);
    if (s->response.offers == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t c = 0; c < s->text->campaign_count; c++) {
        TRY(add_campaign(s, c));
    }
    return ERR_OK;
}

/* A card of another home is somebody here, too: who buys in our shops. */
static bool find_owner(struct showing *s, struct rpc_call *call, const struct ledger_view *view,
                       const Talea__V1__MemberSelector *selector)
{
    struct card_number card;
    struct uid member;
    bool has_card = selector != NULL && selector->by_case == TALEA__V1__MEMBER_SELECTOR__BY_CARD &&
                    card_number_parse(selector->card, &card) == ERR_OK;
    const struct roster_partner *home =
        has_card ? roster_home_of(&s->snapshot->roster, &card) : NULL;
    if (home != NULL && !roster_is_self(&s->snapshot->roster, &home->id)) {
        struct standing_owner named = standing_of_card(&card);
        enum err err = ledger_follow_owner(view, &s->snapshot->roster, &named, &s->owner);
        if (err != ERR_OK) {
            refuse_err(call, err, NULL);
        }
        return err == ERR_OK;
    }
    if (!request_member(s->node, call, view, selector, &member)) {
        return false;
    }
    s->owner = standing_of_member(&member);
    return true;
}

static enum err read_rows(struct showing *s, const struct ledger_view *view)
{
    TRY(standing_get_row(view, &s->owner, &s->row));
    TRY(former_members_of(view, &s->owner, &s->former));
    s->former_rows = arena_alloc(&s->arena, (s->former.count + 1) * sizeof s->former_rows[0]);
    for (size_t i = 0; s->former_rows != NULL && i < s->former.count; i++) {
        TRY(standing_get_row(view, &s->former.at[i], &s->former_rows[i]));
    }
    return s->former_rows == NULL ? ERR_RESOURCE : ERR_OK;
}

static bool find_standing(struct showing *s, struct rpc_call *call,
                          const Talea__V1__MemberSelector *selector)
{
    struct state_reader *reader;
    enum err err = readers_take(s->node->readers, &reader);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return false;
    }
    struct ledger_view view = state_reader_view(reader);
    bool is_found = find_owner(s, call, &view, selector);
    err = is_found ? read_rows(s, &view) : ERR_OK;
    readers_give(s->node->readers, reader);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    }
    return is_found && err == ERR_OK;
}

void offers_get(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    static const struct rules_text nothing = {.goods = NULL};
    struct node *node = context;
    const Talea__V1__GetOffersRequest *request =
        (const Talea__V1__GetOffersRequest *)(const void *)message;
    struct showing *s = calloc(1, sizeof *s);
    if (s == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return;
    }
    struct snapshot *snapshot = node_snapshot(node);
    struct unix_ms now = node_now(node);
    s->node = node;
    s->snapshot = snapshot;
    s->version = programmes_at(snapshot->programmes, now);
    s->text = s->version->rules == NULL ? &nothing : rules_text(s->version->rules);
    s->day = unix_day(judging_local(node, s->version, now));
    talea__v1__get_offers_response__init(&s->response);
    arena_init(&s->arena, SHOW_BYTES);
    if (find_standing(s, call, request->member)) {
        enum err err = show(s);
        if (err == ERR_OK) {
            rpc_call_reply(call, &s->response.base);
        } else {
            refuse_err(call, err, NULL);
        }
    }
    arena_fini(&s->arena);
    free(s);
    snapshot_release(snapshot);
}

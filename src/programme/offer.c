#include "programme/offer.h"

#include "base/limits.h"

static bool are_below(const uint16_t *at, size_t count, size_t bound)
{
    for (size_t i = 0; i < count; i++) {
        if (at[i] >= bound) {
            return false;
        }
    }
    return true;
}

static enum err check_campaign(const struct campaign *campaign, struct note *note)
{
    if (campaign->control > LIMIT_CONTROL_PERCENT || campaign->most == 0 ||
        campaign->most > LIMIT_OFFERS) {
        return note_set(note, ERR_INPUT,
                        "campaign %s: a control group is at most %u percent, and members get 1 to "
                        "%u offers",
                        campaign->name, LIMIT_CONTROL_PERCENT, LIMIT_OFFERS);
    }
    return ERR_OK;
}

static enum err check_offer(const struct rules_text *text, size_t place, struct note *note)
{
    const struct offer *offer = &text->offers[place];
    bool is_known = offer->until < text->metric_count &&
                    text->metrics[offer->until].of == METRIC_UNTIL &&
                    offer->campaign < text->campaign_count;
    for (size_t i = 0; i < place; i++) {
        is_known = is_known && text->offers[i].until != offer->until;
    }
    if (!is_known || !are_below(offer->segments, offer->segment_count, text->segment_count)) {
        return note_set(note, ERR_INPUT, "offer %s: it refers to what there is not", offer->name);
    }
    if (offer->goods_count == 0 ||
        !are_below(offer->goods, offer->goods_count, text->goods_count)) {
        return note_set(note, ERR_INPUT, "offer %s: it is for no goods", offer->name);
    }
    if (offer->coupon != NULL &&
        (*offer->coupon >= text->coupon_count || text->coupons[*offer->coupon].code_count > 0)) {
        return note_set(note, ERR_INPUT, "offer %s: its coupon has no codes that are issued",
                        offer->name);
    }
    if (offer->coupon != NULL && text->campaigns[offer->campaign].most > LIMIT_GIVEN_CODES) {
        return note_set(note, ERR_INPUT,
                        "offer %s: a member has at most %u offers of a campaign that gives coupons",
                        offer->name, LIMIT_GIVEN_CODES);
    }
    if (offer->days == 0 || offer->days > LIMIT_OFFER_DAYS) {
        return note_set(note, ERR_INPUT, "offer %s: it is good for 1 to %u days", offer->name,
                        LIMIT_OFFER_DAYS);
    }
    return ERR_OK;
}

enum err offers_check(const struct rules_text *text, struct note *note)
{
    if (text->campaign_count > LIMIT_CAMPAIGNS || text->offer_count > LIMIT_OFFERS) {
        return note_set(note, ERR_INPUT, "a programme has at most %u campaigns and %u offers",
                        LIMIT_CAMPAIGNS, LIMIT_OFFERS);
    }
    for (size_t c = 0; c < text->campaign_count; c++) {
        TRY(check_campaign(&text->campaigns[c], note));
    }
    for (size_t o = 0; o < text->offer_count; o++) {
        TRY(check_offer(text, o, note));
    }
    return ERR_OK;
}

uint64_t offer_slot(const struct rules *rules, size_t offer)
{
    return rules_metric_slot(rules, rules_text(rules)->offers[offer].until);
}

uint64_t campaign_slot(const struct campaign *campaign)
{
    return slot_named(SLOT_CAMPAIGN, 0, campaign->name);
}

int64_t campaign_number(int64_t since_ms, bool is_control)
{
    return since_ms * 2 + (is_control ? 1 : 0);
}

int64_t campaign_since(int64_t number)
{
    return number / 2;
}

bool campaign_is_control(int64_t number)
{
    return number % 2 != 0;
}

bool rule_is_offered(const struct rule *rule, const struct offer *offer)
{
    const uint16_t *asked = rule->when.coupon;
    if (asked != NULL && offer->coupon != NULL && *asked == *offer->coupon) {
        return true;
    }
    for (size_t m = 0; m < rule->when.metric_count; m++) {
        const struct metric_bounds *bounds = &rule->when.metrics[m];
        if (bounds->metric == offer->until && bounds->at_least > 0 && !bounds->counts_this) {
            return true;
        }
    }
    return false;
}

bool offer_is_about(const struct offer *offer, const struct goods_list *list)
{
    for (size_t i = 0; i < offer->goods_count; i++) {
        if (goods_list_has(*list, offer->goods[i])) {
            return true;
        }
    }
    return false;
}

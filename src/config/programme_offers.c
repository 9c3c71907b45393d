/* The campaigns and offers of programme.yaml. */
#include <string.h>

#include "config/programme_reading.h"

#define ONE_OFFER 1u

static uint16_t campaign_named(struct reading *r, const char *name)
{
    struct nearest nearest = nearest_to(name);
    for (size_t c = 0; c < r->campaign_count; c++) {
        if (r->campaigns[c].name != NULL && strcmp(r->campaigns[c].name, name) == 0) {
            return (uint16_t)c;
        }
        nearest_offer(&nearest, r->campaigns[c].name);
    }
    check_fail_name(r->check, reading_key(r, "campaign").text, "campaign is", &nearest);
    return 0;
}

static void read_campaign(struct reading *r, const struct campaign_yaml *yaml, struct campaign *out)
{
    const char *seed = reading_name(r, "seed", yaml->seed);
    *out = (struct campaign){.name = reading_name(r, "campaign", yaml->campaign),
                             .most = ONE_OFFER,
                             .seed = seed == NULL ? "" : seed,
                             .line = positions_line(r->check->positions, r->path)};
    check_unsigned(r->check, reading_key(r, "control").text, yaml->control, 0,
                   LIMIT_CONTROL_PERCENT, &out->control);
    check_unsigned(r->check, reading_key(r, "most").text, yaml->most, 1, LIMIT_OFFERS, &out->most);
}

static void read_offer(struct reading *r, const struct offer_yaml *yaml, uint16_t metric,
                       struct offer *out)
{
    *out = (struct offer){.name = r->metrics[metric].name,
                          .until = metric,
                          .campaign = campaign_named(r, yaml->campaign),
                          .goods = reading_sets(r, "for", yaml->goods, yaml->goods_count),
                          .goods_count = yaml->goods_count,
                          .segments =
                              reading_segments(r, "segments", yaml->segments, yaml->segments_count),
                          .segment_count = yaml->segments_count,
                          .coupon = reading_coupon(r, yaml->coupon),
                          .line = positions_line(r->check->positions, r->path)};
    check_unsigned(r->check, reading_key(r, "days").text, yaml->days, 1, LIMIT_OFFER_DAYS,
                   &out->days);
}

void reading_offers(struct reading *r, const struct rules_yaml *yaml, size_t first_metric)
{
    struct campaign *campaigns = reading_take(r, yaml->campaigns_count, sizeof campaigns[0]);
    for (unsigned i = 0; campaigns != NULL && i < yaml->campaigns_count; i++) {
        reading_enter(r, "campaigns", i);
        read_campaign(r, &yaml->campaigns[i], &campaigns[i]);
    }
    r->campaigns = campaigns;
    r->campaign_count = campaigns == NULL ? 0 : yaml->campaigns_count;
    struct offer *offers = reading_take(r, yaml->offers_count, sizeof offers[0]);
    bool has_all = offers != NULL;
    for (unsigned i = 0; has_all && i < yaml->offers_count; i++) {
        reading_enter(r, "offers", i);
        read_offer(r, &yaml->offers[i], (uint16_t)(first_metric + i), &offers[i]);
    }
    r->offers = offers;
    r->offer_count = has_all ? yaml->offers_count : 0;
}

struct metric_bounds reading_offered(struct reading *r, const char *name)
{
    struct metric_bounds bounds = {.at_least = 1, .below = INT64_MAX};
    struct nearest nearest = nearest_to(name);
    for (size_t o = 0; o < r->offer_count; o++) {
        if (r->offers[o].name != NULL && strcmp(r->offers[o].name, name) == 0) {
            bounds.metric = r->offers[o].until;
            return bounds;
        }
        nearest_offer(&nearest, r->offers[o].name);
    }
    check_fail_name(r->check, reading_key(r, "offered").text, "offer is", &nearest);
    return bounds;
}

#include "config/programme_reading.h"

#include <stdio.h>
#include <string.h>

#define PRIORITY_MAX 1000u
#define REACHING     "reach "

static void read_goods(struct reading *r, const struct goods_yaml *yaml, struct goods_set *out)
{
    size_t count = 0;
    for (size_t by = 0; by < GOODS_BY_COUNT; by++) {
        count += yaml->member_counts[by];
    }
    struct goods_member *members = reading_take(r, count, sizeof members[0]);
    out->name = reading_name(r, "name", yaml->name);
    if (members == NULL) {
        return;
    }
    size_t next = 0;
    for (size_t by = 0; by < GOODS_BY_COUNT; by++) {
        for (unsigned i = 0; i < yaml->member_counts[by]; i++) {
            if (strlen(yaml->members[by][i]) > LIMIT_GOODS_TEXT_BYTES) {
                check_fail(r->check, r->path, "names goods with more than %u bytes",
                           LIMIT_GOODS_TEXT_BYTES);
            }
            members[next++] =
                (struct goods_member){(enum goods_by)by, reading_slice(r, yaml->members[by][i])};
        }
    }
    if (count == 0) {
        check_fail(r->check, r->path, "names no goods");
    }
    out->members = members;
    out->member_count = count;
}

static void read_metric(struct reading *r, const struct metric_yaml *yaml, struct metric *out)
{
    const char *words[METRIC_OF_COUNT];
    for (size_t i = 0; i < METRIC_OF_COUNT; i++) {
        words[i] = metric_of_name((enum metric_of)i);
    }
    unsigned of = METRIC_SPEND;
    out->name = reading_name(r, "name", yaml->name);
    check_choice(r->check, reading_key(r, "of").text, yaml->of, words, METRIC_OF_COUNT, &of);
    out->of = (enum metric_of)of;
    reading_window(r, "window", yaml->window, "length", yaml->length, &out->window);
    out->goods = yaml->goods == NULL ? NO_GOODS : reading_goods(r, "goods", yaml->goods);
    if (yaml->goods != NULL && of != METRIC_SPEND && of != METRIC_ITEMS) {
        check_fail(r->check, reading_key(r, "goods").text, "has a meaning only of spend and items");
    }
}

/* Rules. */

const uint16_t *reading_sets(struct reading *r, const char *key, char *const *texts, unsigned count)
{
    uint16_t *sets = reading_take(r, count, sizeof sets[0]);
    for (unsigned i = 0; sets != NULL && i < count; i++) {
        sets[i] = reading_goods(r, key, texts[i]);
    }
    return sets;
}

static void read_priority(struct reading *r, const char *text, int *out_priority)
{
    bool is_negative = text != NULL && text[0] == '-';
    unsigned value = 0;
    check_unsigned(r->check, reading_key(r, "priority").text,
                   text == NULL || !is_negative ? text : text + 1, 0, PRIORITY_MAX, &value);
    *out_priority = is_negative ? -(int)value : (int)value;
}

static const struct price *read_price(struct reading *r, const struct price_yaml *yaml)
{
    struct price *price = reading_take(r, 1, sizeof *price);
    if (price != NULL) {
        check_minor(r->check, reading_key(r, "price.points").text, yaml->points,
                    r->units.points_decimals, 1, LIMIT_POINTS_PER_COMMAND, &price->points_minor);
        check_minor(r->check, reading_key(r, "price.money").text, yaml->money,
                    r->units.money_decimals, 1, LIMIT_POINTS_PER_COMMAND, &price->money_minor);
    }
    return price;
}

static const struct take *read_take(struct reading *r, const struct take_yaml *yaml)
{
    struct take *take = reading_take(r, 1, sizeof *take);
    if (take != NULL) {
        take->metric = reading_metric(r, "take.of", yaml->of);
        check_minor(r->check, reading_key(r, "take.points").text, yaml->points,
                    r->units.points_decimals, 1, LIMIT_POINTS_PER_COMMAND, &take->minor);
    }
    return take;
}

static void check_rule(struct reading *r, const struct rule *rule)
{
    struct note note = {""};
    const struct rule_names names = {.goods = r->goods_count,
                                     .metrics = r->metrics,
                                     .metric_count = r->metric_count,
                                     .tiers = r->tier_count,
                                     .coupons = r->coupon_count,
                                     .segments = r->segment_count};
    if (r->check->err == ERR_OK && rule_check(rule, &names, &note) != ERR_OK) {
        check_fail(r->check, r->path, "%s", note.text);
    }
}

static void read_rule(struct reading *r, const struct rule_yaml *yaml, struct rule *out)
{
    out->name = reading_name(r, "rule", yaml->rule);
    out->line = positions_line(r->check->positions, r->path);
    out->on = yaml->on == NULL || strcmp(yaml->on, "sale") == 0 ? OCCASION_SALE : OCCASION_EVENT;
    out->is_on_any = yaml->on != NULL && strcmp(yaml->on, "any") == 0;
    if (out->on == OCCASION_EVENT && !out->is_on_any) {
        out->event = reading_slice(r, yaml->on);
    }
    rule_read_when(r, yaml, &out->when);
    out->goods = reading_sets(r, "for", yaml->goods, yaml->goods_names_count);
    out->goods_count = yaml->goods_names_count;
    out->except = reading_sets(r, "except", yaml->except, yaml->except_count);
    out->except_count = yaml->except_count;
    rule_read_gift(r, &yaml->give, &out->gift);
    if (yaml->price != NULL) {
        out->price = read_price(r, yaml->price);
    }
    if (yaml->take != NULL) {
        out->take = read_take(r, yaml->take);
    }
    read_priority(r, yaml->priority, &out->priority);
    out->group = reading_name(r, "group", yaml->group);
    out->is_exclusive = reading_yes(r, "exclusive", yaml->exclusive);
    struct cap *caps = reading_take(r, yaml->caps_count, sizeof caps[0]);
    for (unsigned i = 0; caps != NULL && i < yaml->caps_count; i++) {
        rule_read_cap(r, &yaml->caps[i], i, rule_given_in(out), &caps[i]);
    }
    out->caps = caps;
    out->cap_count = yaml->caps_count;
    check_rule(r, out);
}

/* A tier that a metric reaches: held anew each time that it is. */
static void read_reaching(struct reading *r, const struct tier_yaml *yaml, const struct tier *tier,
                          struct rule *out)
{
    struct metric_bounds *bounds = reading_take(r, 1, sizeof bounds[0]);
    char name[LIMIT_RULE_NAME_BYTES + sizeof REACHING];
    snprintf(name, sizeof name, REACHING "%s", tier->name == NULL ? "" : tier->name);
    *out = (struct rule){.name = reading_name(r, "tier", name),
                         .on = OCCASION_EVENT,
                         .is_on_any = true,
                         .when = {.from_day = INT64_MIN,
                                  .until_day = INT64_MAX,
                                  .purchases = NO_METRIC,
                                  .metrics = bounds,
                                  .metric_count = 1},
                         .gift = {.gives = GIVES_UNTIL, .metric = &tier->until},
                         .line = tier->line};
    reading_term(r, yaml->months, yaml->days, yaml->end_of, &out->gift.term);
    if (bounds == NULL) {
        return;
    }
    *bounds = (struct metric_bounds){.metric = reading_metric(r, "metric", yaml->metric),
                                     .below = INT64_MAX,
                                     .counts_this = true};
    unsigned decimals = metric_of_decimals(r->metrics[bounds->metric].of, r->units.points_decimals,
                                           r->units.money_decimals);
    check_minor(r->check, reading_key(r, "at_least").text, yaml->at_least, decimals, 1,
                LIMIT_POINTS_PER_PARTNER, &bounds->at_least);
    check_rule(r, out);
}

static bool asks_for_purchases(const struct rules_yaml *yaml)
{
    for (unsigned i = 0; i < yaml->rules_count; i++) {
        if (yaml->rules[i].purchase != NULL) {
            return true;
        }
    }
    return false;
}

static void read_all_goods(struct reading *r, const struct rules_yaml *yaml)
{
    struct goods_set *goods = reading_take(r, yaml->goods_count, sizeof goods[0]);
    for (unsigned i = 0; goods != NULL && i < yaml->goods_count; i++) {
        reading_enter(r, "goods", i);
        goods[i].line = positions_line(r->check->positions, r->path);
        read_goods(r, &yaml->goods[i], &goods[i]);
    }
    r->goods = goods;
    r->goods_count = goods == NULL ? 0 : yaml->goods_count;
}

/* Gives where those of the offers begin. */
static size_t read_all_metrics(struct reading *r, const struct rules_yaml *yaml)
{
    struct metric *metrics = reading_take(
        r, yaml->metrics_count + yaml->tiers_count + yaml->offers_count + 1u, sizeof metrics[0]);
    size_t count = 0;
    for (unsigned i = 0; metrics != NULL && i < yaml->metrics_count; i++) {
        reading_enter(r, "metrics", i);
        metrics[i].line = positions_line(r->check->positions, r->path);
        read_metric(r, &yaml->metrics[i], &metrics[i]);
        count++;
    }
    if (metrics != NULL && asks_for_purchases(yaml)) {
        metrics[count++] =
            (struct metric){.name = PURCHASES, .of = METRIC_VISITS, .goods = NO_GOODS};
    }
    struct tier *tiers = reading_take(r, yaml->tiers_count, sizeof tiers[0]);
    for (unsigned i = 0; metrics != NULL && tiers != NULL && i < yaml->tiers_count; i++) {
        reading_enter(r, "tiers", i);
        tiers[i] = (struct tier){.name = reading_name(r, "tier", yaml->tiers[i].tier),
                                 .until = (uint16_t)count,
                                 .line = positions_line(r->check->positions, r->path)};
        metrics[count++] = (struct metric){
            .name = tiers[i].name, .of = METRIC_UNTIL, .goods = NO_GOODS, .line = tiers[i].line};
    }
    size_t first_offer = count;
    for (unsigned i = 0; metrics != NULL && i < yaml->offers_count; i++) {
        reading_enter(r, "offers", i);
        metrics[count++] = (struct metric){.name = reading_name(r, "offer", yaml->offers[i].offer),
                                           .of = METRIC_UNTIL,
                                           .goods = NO_GOODS,
                                           .line = positions_line(r->check->positions, r->path)};
    }
    r->tiers = tiers;
    r->tier_count = tiers == NULL ? 0 : yaml->tiers_count;
    r->metrics = metrics;
    r->metric_count = count;
    return first_offer;
}

static void read_all_coupons(struct reading *r, const struct rules_yaml *yaml)
{
    struct coupon *coupons = reading_take(r, yaml->coupons_count, sizeof coupons[0]);
    for (unsigned i = 0; coupons != NULL && i < yaml->coupons_count; i++) {
        const struct coupon_yaml *from = &yaml->coupons[i];
        reading_enter(r, "coupons", i);
        coupons[i] = (struct coupon){.name = reading_name(r, "coupon", from->coupon),
                                     .codes = reading_texts(r, from->codes, from->codes_count),
                                     .code_count = from->codes_count,
                                     .line = positions_line(r->check->positions, r->path)};
        if (from->prefix != NULL) {
            coupons[i].prefix = reading_slice(r, from->prefix);
        }
        coupons[i].is_personal = reading_yes(r, "personal", from->personal);
    }
    r->coupons = coupons;
    r->coupon_count = coupons == NULL ? 0 : yaml->coupons_count;
}

static void read_all_segments(struct reading *r, const struct rules_yaml *yaml)
{
    struct segment *segments = reading_take(r, yaml->segments_count, sizeof segments[0]);
    r->segments = segments;
    r->segment_count = 0;
    for (unsigned i = 0; segments != NULL && i < yaml->segments_count; i++) {
        const struct segment_yaml *from = &yaml->segments[i];
        struct segment *to = &segments[i];
        reading_enter(r, "segments", i);
        to->name = reading_name(r, "segment", from->segment);
        to->line = positions_line(r->check->positions, r->path);
        to->metrics = reading_bounds(r, from->metrics, from->metrics_count, &to->metric_count);
        to->lists = reading_texts(r, from->lists, from->lists_count);
        to->list_count = from->lists_count;
        to->all = reading_segments(r, "all", from->all, from->all_count);
        to->all_count = from->all_count;
        to->any = reading_segments(r, "any", from->any, from->any_count);
        to->any_count = from->any_count;
        to->none = reading_segments(r, "none", from->none, from->none_count);
        to->none_count = from->none_count;
        r->segment_count++;
    }
}

/* A tier has both or neither of a metric and a bound. */
static bool is_reached(struct reading *r, const struct tier_yaml *yaml)
{
    bool has_term = yaml->months != NULL || yaml->days != NULL || yaml->end_of != NULL;
    if ((yaml->metric == NULL) != (yaml->at_least == NULL) || (yaml->metric == NULL && has_term)) {
        check_fail(r->check, r->path, "a tier that is reached names metric, at_least and how long");
    }
    return yaml->metric != NULL && r->check->err == ERR_OK;
}

void programme_rules_check(struct check *check, const struct rules_yaml *yaml,
                           struct programme_units units, const struct rule *base,
                           struct arena *arena, struct rules_text *out_text)
{
    struct reading r = {.check = check, .arena = arena, .units = units};
    read_all_goods(&r, yaml);
    size_t first_offer = read_all_metrics(&r, yaml);
    read_all_coupons(&r, yaml);
    read_all_segments(&r, yaml);
    reading_offers(&r, yaml, first_offer);
    struct rule *rules =
        reading_take(&r, yaml->rules_count + yaml->tiers_count + 1u, sizeof rules[0]);
    size_t count = 0;
    if (rules != NULL && base != NULL) {
        rules[count++] = *base;
    }
    for (unsigned i = 0; rules != NULL && i < yaml->rules_count; i++) {
        reading_enter(&r, "rules", i);
        read_rule(&r, &yaml->rules[i], &rules[count++]);
    }
    for (unsigned i = 0; rules != NULL && i < r.tier_count; i++) {
        reading_enter(&r, "tiers", i);
        if (is_reached(&r, &yaml->tiers[i])) {
            read_reaching(&r, &yaml->tiers[i], &r.tiers[i], &rules[count++]);
        }
    }
    *out_text = (struct rules_text){.goods = r.goods,
                                    .goods_count = r.goods_count,
                                    .metrics = r.metrics,
                                    .metric_count = r.metric_count,
                                    .tiers = r.tiers,
                                    .tier_count = r.tier_count,
                                    .segments = r.segments,
                                    .segment_count = r.segment_count,
                                    .coupons = r.coupons,
                                    .coupon_count = r.coupon_count,
                                    .campaigns = r.campaigns,
                                    .campaign_count = r.campaign_count,
                                    .offers = r.offers,
                                    .offer_count = r.offer_count,
                                    .rules = rules,
                                    .rule_count = count};
}

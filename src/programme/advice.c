#include "programme/advice.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define DAYS_PER_WEEK 7
#define THURSDAY      3 /* 1970-01-01; 0 is Monday */

struct advising {
    const struct rules_text *text;
    struct advice *at;
    size_t count;
    size_t capacity;
};

static void advise(struct advising *a, enum advice_of of, unsigned line, const char *format, ...)
    PRINTF_LIKE(4, 5);

static void advise(struct advising *a, enum advice_of of, unsigned line, const char *format, ...)
{
    ASSERT(a->count < a->capacity);
    struct advice *advice = &a->at[a->count++];
    advice->of = of;
    advice->line = line;
    va_list args;
    va_start(args, format);
    vsnprintf(advice->text, sizeof advice->text, format, args);
    va_end(args);
}

static bool has_set(const uint16_t *sets, size_t count, uint16_t set)
{
    for (size_t i = 0; i < count; i++) {
        if (sets[i] == set) {
            return true;
        }
    }
    return false;
}

/* All goods that it is for are also excepted. */
static bool has_no_goods(const struct rule *rule)
{
    for (size_t i = 0; i < rule->goods_count; i++) {
        if (!has_set(rule->except, rule->except_count, rule->goods[i])) {
            return false;
        }
    }
    return rule->goods_count > 0;
}

/* None of its weekdays lies between its dates; hours past midnight reach one day further. */
static bool has_no_day(const struct when *when)
{
    if (when->weekdays == 0 || when->from_day == INT64_MIN || when->until_day == INT64_MAX ||
        when->until_day - when->from_day >= DAYS_PER_WEEK) {
        return false;
    }
    int64_t first = when->hours_count > 0 ? when->from_day - 1 : when->from_day;
    for (int64_t day = first; day < when->until_day; day++) {
        int64_t weekday = ((day + THURSDAY) % DAYS_PER_WEEK + DAYS_PER_WEEK) % DAYS_PER_WEEK;
        if ((when->weekdays >> weekday & 1u) != 0) {
            return false;
        }
    }
    return true;
}

/* Two bounds on one metric leave nothing between them. */
static bool has_no_number(const struct when *when)
{
    for (size_t i = 0; i < when->metric_count; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct metric_bounds *x = &when->metrics[i];
            const struct metric_bounds *y = &when->metrics[k];
            if (x->metric == y->metric && x->counts_this == y->counts_this &&
                (x->at_least >= y->below || y->at_least >= x->below)) {
                return true;
            }
        }
    }
    return false;
}

static bool has_base(const struct rules_text *text)
{
    for (size_t i = 0; i < text->rule_count; i++) {
        if (rule_stage(&text->rules[i]) == STAGE_BASE) {
            return true;
        }
    }
    return false;
}

/* Whatever the one matches the other does too: only what is easily seen, so a pair may be missed
 * and none is named wrongly. */
static bool matches_all_of(const struct rule *wide, const struct rule *narrow)
{
    const struct when *w = &wide->when;
    const struct when *n = &narrow->when;
    bool has_wide_goods = wide->goods_count == 0 && wide->except_count == 0;
    bool has_wide_basket =
        w->basket_minor <= n->basket_minor && w->goods_minor == 0 && w->goods_milli == 0;
    bool has_wide_time = w->from_day <= n->from_day && w->until_day >= n->until_day &&
                         w->weekdays == 0 && w->hours_count == 0;
    bool has_all_places = w->store_count == 0 && w->channel_count == 0;
    bool has_all_members = w->metric_count == 0 && w->purchase == 0 && w->around == NULL &&
                           w->tiers == 0 && !w->is_referred && w->coupon == NULL &&
                           w->segment_count + w->not_in_count == 0 && wide->take == NULL &&
                           wide->price == NULL;
    bool is_same_event =
        wide->is_on_any ||
        (wide->on == narrow->on && slice_equal(wide->event, narrow->event) && !narrow->is_on_any);
    return is_same_event && has_wide_goods && has_wide_basket && has_wide_time && has_all_places &&
           has_all_members && wide->cap_count == 0;
}

/* Does the first keep the second from ever giving anything? */
static const char *why_in_the_way(const struct rule *first, const struct rule *second)
{
    bool is_same_stage = rule_stage(first) == rule_stage(second);
    bool gives_surely = first->gift.gives == GIVES_POINTS && first->gift.metric == NULL;
    if (!is_same_stage || !gives_surely || !matches_all_of(first, second)) {
        return NULL;
    }
    if (first->is_exclusive && first->priority > second->priority) {
        return "goes before it and is exclusive";
    }
    bool is_in_group =
        first->group != NULL && second->group != NULL && strcmp(first->group, second->group) == 0;
    if (is_in_group && second->gift.gives == GIVES_POINTS &&
        first->gift.points_minor >= second->gift.points_minor &&
        first->priority >= second->priority) {
        return "is in its group and always gives as much";
    }
    return NULL;
}

static void advise_on_pairs(struct advising *a, const struct rule *rule)
{
    for (size_t i = 0; i < a->text->rule_count; i++) {
        const struct rule *other = &a->text->rules[i];
        const char *why = other == rule ? NULL : why_in_the_way(other, rule);
        /* Of two that are alike the first stands in the second's way, not both in each other's. */
        if (why != NULL && (why_in_the_way(rule, other) == NULL || other < rule)) {
            advise(a, ADVICE_CONTRADICTS, rule->line, "rule %s never fires: %s %s", rule->name,
                   other->name, why);
            return;
        }
    }
}

static bool looks_at_metric(const struct rules_text *text, size_t metric)
{
    for (size_t t = 0; t < text->tier_count; t++) {
        if (text->tiers[t].until == metric) {
            return true;
        }
    }
    for (size_t s = 0; s < text->segment_count; s++) {
        for (size_t m = 0; m < text->segments[s].metric_count; m++) {
            if (text->segments[s].metrics[m].metric == metric) {
                return true;
            }
        }
    }
    for (size_t r = 0; r < text->rule_count; r++) {
        const struct when *when = &text->rules[r].when;
        const struct rule *rule = &text->rules[r];
        if ((when->purchase != 0 && when->purchases == metric) ||
            (rule->take != NULL && rule->take->metric == metric) ||
            (rule->gift.by != NULL && rule->gift.by->metric == metric)) {
            return true;
        }
        for (size_t m = 0; m < when->metric_count; m++) {
            if (when->metrics[m].metric == metric) {
                return true;
            }
        }
    }
    return false;
}

/* Offers give what no rule gives. */
static bool is_offered(const struct rules_text *text, uint16_t metric)
{
    for (size_t o = 0; o < text->offer_count; o++) {
        if (text->offers[o].until == metric) {
            return true;
        }
    }
    return false;
}

/* It is good for something though no rule asks for it. */
static bool brings_coupon(const struct rules_text *text, uint16_t metric)
{
    for (size_t o = 0; o < text->offer_count; o++) {
        if (text->offers[o].until == metric && text->offers[o].coupon != NULL) {
            return true;
        }
    }
    return false;
}

static bool asks_for_coupon(const struct rules_text *text, size_t coupon)
{
    for (size_t r = 0; r < text->rule_count; r++) {
        const uint16_t *asked = text->rules[r].when.coupon;
        if (asked != NULL && *asked == coupon) {
            return true;
        }
    }
    return false;
}

static bool asks_for_segment(const struct rules_text *text, uint16_t segment)
{
    for (size_t r = 0; r < text->rule_count; r++) {
        const struct when *when = &text->rules[r].when;
        if (has_set(when->segments, when->segment_count, segment) ||
            has_set(when->not_in, when->not_in_count, segment)) {
            return true;
        }
    }
    for (size_t o = 0; o < text->offer_count; o++) {
        if (has_set(text->offers[o].segments, text->offers[o].segment_count, segment)) {
            return true;
        }
    }
    for (size_t s = segment; s < text->segment_count; s++) {
        const struct segment *other = &text->segments[s];
        if (has_set(other->all, other->all_count, segment) ||
            has_set(other->any, other->any_count, segment) ||
            has_set(other->none, other->none_count, segment)) {
            return true;
        }
    }
    return false;
}

static bool is_given_to(const struct rules_text *text, uint16_t metric)
{
    for (size_t r = 0; r < text->rule_count; r++) {
        const uint16_t *given = text->rules[r].gift.metric;
        if (given != NULL && *given == metric) {
            return true;
        }
    }
    return false;
}

/* A number that only rules change, and none does: it stays 0. */
static bool stays_at_zero(const struct rules_text *text, const struct rule *rule)
{
    for (size_t i = 0; i < rule->when.metric_count; i++) {
        const struct metric_bounds *bounds = &rule->when.metrics[i];
        const struct metric *metric = &text->metrics[bounds->metric];
        bool is_by_rules = metric->of == METRIC_GIVEN || metric->of == METRIC_UNTIL;
        if (is_by_rules && bounds->at_least > 0 && !is_given_to(text, bounds->metric) &&
            !is_offered(text, bounds->metric)) {
            return true;
        }
    }
    return rule->take != NULL && !is_given_to(text, rule->take->metric);
}

/* No rule gives any of the tiers that it is for. */
static bool has_no_tier(const struct rules_text *text, const struct rule *rule)
{
    bool is_for_some = rule->when.tiers == 0 || (rule->when.tiers & NO_TIER_BIT) != 0;
    for (size_t t = 0; t < text->tier_count && !is_for_some; t++) {
        is_for_some =
            (rule->when.tiers & TIER_BIT(t)) != 0 && is_given_to(text, text->tiers[t].until);
    }
    return !is_for_some;
}

static void advise_on_rule(struct advising *a, const struct rule *rule)
{
    const char *why = NULL;
    if (has_no_goods(rule)) {
        why = "all goods that it is for are excepted";
    } else if (has_no_day(&rule->when)) {
        why = "none of its weekdays lies between its dates";
    } else if (has_no_number(&rule->when)) {
        why = "no metric can be in all of its bounds";
    } else if (stays_at_zero(a->text, rule)) {
        why = "no rule gives what it asks for";
    } else if (has_no_tier(a->text, rule)) {
        why = "no rule gives the tier that it is for";
    } else if (rule->gift.gives == GIVES_MULTIPLE && !has_base(a->text)) {
        why = "no rule gives points for money that it could multiply";
    }
    if (why != NULL) {
        advise(a, ADVICE_NEVER_FIRES, rule->line, "rule %s never fires: %s", rule->name, why);
    }
}

static bool looks_at_goods(const struct rules_text *text, size_t set)
{
    for (size_t r = 0; r < text->rule_count; r++) {
        const struct rule *rule = &text->rules[r];
        if (has_set(rule->goods, rule->goods_count, (uint16_t)set) ||
            has_set(rule->except, rule->except_count, (uint16_t)set)) {
            return true;
        }
    }
    for (size_t m = 0; m < text->metric_count; m++) {
        if (text->metrics[m].goods == set) {
            return true;
        }
    }
    for (size_t o = 0; o < text->offer_count; o++) {
        if (has_set(text->offers[o].goods, text->offers[o].goods_count, (uint16_t)set)) {
            return true;
        }
    }
    return false;
}

static int compare_lines(const void *a, const void *b)
{
    const struct advice *x = a;
    const struct advice *y = b;
    return (x->line > y->line) - (x->line < y->line);
}

static void advise_on_unused(struct advising *a)
{
    const struct rules_text *text = a->text;
    for (size_t m = 0; m < text->metric_count; m++) {
        if (!looks_at_metric(text, m) && !brings_coupon(text, (uint16_t)m)) {
            advise(a, ADVICE_UNUSED, text->metrics[m].line, "%s %s: no rule looks at it",
                   is_offered(text, (uint16_t)m) ? "offer" : "metric", text->metrics[m].name);
        }
    }
    for (size_t t = 0; t < text->tier_count; t++) {
        if (!is_given_to(text, text->tiers[t].until)) {
            advise(a, ADVICE_UNUSED, text->tiers[t].line, "tier %s: no rule gives it",
                   text->tiers[t].name);
        }
    }
    for (size_t c = 0; c < text->coupon_count; c++) {
        if (!asks_for_coupon(text, c)) {
            advise(a, ADVICE_UNUSED, text->coupons[c].line, "coupon %s: no rule asks for it",
                   text->coupons[c].name);
        }
    }
    for (size_t s = 0; s < text->segment_count; s++) {
        if (!asks_for_segment(text, (uint16_t)s)) {
            advise(a, ADVICE_UNUSED, text->segments[s].line, "segment %s: nothing asks for it",
                   text->segments[s].name);
        }
    }
    for (size_t g = 0; g < text->goods_count; g++) {
        if (!looks_at_goods(text, g)) {
            advise(a, ADVICE_UNUSED, text->goods[g].line, "goods %s: no rule is for them",
                   text->goods[g].name);
        }
    }
}

enum err advice_give(const struct rules *rules, struct arena *arena, struct advice_list *out_list)
{
    struct advising a = {.text = rules_text(rules)};
    a.capacity = a.text->rule_count * 2 + a.text->metric_count + a.text->tier_count +
                 a.text->coupon_count + a.text->segment_count + a.text->goods_count;
    a.at = arena_alloc(arena, (a.capacity + 1) * sizeof a.at[0]);
    if (a.at == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t r = 0; r < a.text->rule_count; r++) {
        advise_on_rule(&a, &a.text->rules[r]);
        advise_on_pairs(&a, &a.text->rules[r]);
    }
    advise_on_unused(&a);
    qsort(a.at, a.count, sizeof a.at[0], compare_lines);
    *out_list = (struct advice_list){a.at, a.count};
    return ERR_OK;
}

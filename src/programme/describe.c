#include "programme/describe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A value that is written piece by piece. */
struct describing {
    struct arena *arena;
    struct described *out;
    struct described_units units;
    struct buffer text;
    enum err err;
};

static void say(struct describing *d, const char *format, ...) PRINTF_LIKE(2, 3);

static void say(struct describing *d, const char *format, ...)
{
    char piece[160];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    ASSERT(length >= 0 && (size_t)length < sizeof piece);
    write_bytes(&d->text, piece, (size_t)length);
}

static void say_slice(struct describing *d, struct slice slice)
{
    write_bytes(&d->text, slice.at, slice.length);
}

static void say_amount(struct describing *d, int64_t minor, unsigned decimals)
{
    char text[AMOUNT_TEXT_MAX];
    say(d, "%s", amount_format(minor, decimals, text));
}

/* What was said since the last one becomes the key's value. */
static void end_value(struct describing *d, const char *key)
{
    const char *value = arena_text(d->arena, buffer_slice(&d->text));
    if (value == NULL || d->text.err != ERR_OK) {
        d->err = ERR_RESOURCE;
        return;
    }
    ASSERT(d->out->count < DESCRIBED_MAX);
    d->out->at[d->out->count].key = key;
    d->out->at[d->out->count].value = value;
    d->out->count++;
    buffer_clear(&d->text);
}

static void say_comma(struct describing *d)
{
    if (d->text.length > 0) {
        say(d, ", ");
    }
}

static void say_texts(struct describing *d, const char *key, const struct slice *texts,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        say_comma(d);
        say_slice(d, texts[i]);
    }
    if (count > 0) {
        end_value(d, key);
    }
}

static void say_sets(struct describing *d, const char *key, const struct rules_text *text,
                     const uint16_t *sets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        say_comma(d);
        say(d, "%s", text->goods[sets[i]].name);
    }
    if (count > 0) {
        end_value(d, key);
    }
}

static void say_day(struct describing *d, const char *key, int64_t day)
{
    struct civil civil = civil_of_day(day);
    say(d, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
    end_value(d, key);
}

static void say_bound(struct describing *d, const char *key, int64_t minor, unsigned decimals)
{
    if (minor != 0) {
        say_amount(d, minor, decimals);
        end_value(d, key);
    }
}

static void say_metrics(struct describing *d, const struct rules_text *text,
                        const struct metric_bounds *at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct metric_bounds *bounds = &at[i];
        const struct metric *metric = &text->metrics[bounds->metric];
        unsigned decimals =
            metric_of_decimals(metric->of, d->units.points_decimals, d->units.money_decimals);
        say_comma(d);
        say(d, "%s", metric->name);
        if (bounds->at_least != INT64_MIN) {
            say(d, " at least ");
            say_amount(d, bounds->at_least, decimals);
        }
        if (bounds->below != INT64_MAX) {
            say(d, " below ");
            say_amount(d, bounds->below, decimals);
        }
        say(d, bounds->counts_this ? " with this" : "");
    }
    if (count > 0) {
        end_value(d, "metrics");
    }
}

static void say_segments(struct describing *d, const struct rules_text *text, const char *key,
                         const uint16_t *segments, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        say_comma(d);
        say(d, "%s", text->segments[segments[i]].name);
    }
    if (count > 0) {
        end_value(d, key);
    }
}

static void say_member(struct describing *d, const struct rules_text *text, const struct when *when)
{
    if (when->around != NULL) {
        say(d, "%s, %u days before to %u after", day_of_name(when->around->of),
            when->around->before, when->around->after);
        end_value(d, "around");
    }
    if ((when->tiers & NO_TIER_BIT) != 0) {
        say(d, "none");
    }
    for (size_t t = 0; t < text->tier_count; t++) {
        if ((when->tiers & TIER_BIT(t)) != 0) {
            say_comma(d);
            say(d, "%s", text->tiers[t].name);
        }
    }
    if (when->tiers != 0) {
        end_value(d, "tiers");
    }
    say_segments(d, text, "segments", when->segments, when->segment_count);
    say_segments(d, text, "not_in", when->not_in, when->not_in_count);
    if (when->coupon != NULL) {
        say(d, "%s", text->coupons[*when->coupon].name);
        end_value(d, "coupon");
    }
    if (when->is_referred) {
        say(d, "yes");
        end_value(d, "referred");
    }
}

static void say_time(struct describing *d, const struct when *when)
{
    if (when->from_day != INT64_MIN) {
        say_day(d, "from", when->from_day);
    }
    if (when->until_day != INT64_MAX) {
        say_day(d, "until", when->until_day);
    }
    for (unsigned i = 0; i < WEEKDAYS; i++) {
        if ((when->weekdays >> i & 1u) != 0) {
            say_comma(d);
            say(d, "%s", weekday_name(i));
        }
    }
    if (when->weekdays != 0) {
        end_value(d, "weekdays");
    }
    for (size_t i = 0; i < when->hours_count; i++) {
        const struct hours *h = &when->hours[i];
        say_comma(d);
        say(d, "%02u:%02u-%02u:%02u", h->from / 60, h->from % 60, h->to / 60, h->to % 60);
    }
    if (when->hours_count > 0) {
        end_value(d, "hours");
    }
}

static void say_decimal(struct describing *d, struct decimal value)
{
    say_amount(d, value.mantissa, value.scale);
}

static void say_term(struct describing *d, const struct term *term)
{
    if (term->months != 0) {
        say(d, " months %u", term->months);
    }
    if (term->days != 0) {
        say(d, " days %u", term->days);
    }
    if (term->end_of != WINDOW_EVER) {
        say(d, " end of %s", window_kind_name(term->end_of));
    }
    say(d, term->is_added ? " added" : "");
}

static void say_steps(struct describing *d, const struct rules_text *text,
                      const struct by_metric *by)
{
    const struct metric *metric = &text->metrics[by->metric];
    unsigned decimals =
        metric_of_decimals(metric->of, d->units.points_decimals, d->units.money_decimals);
    say(d, "by %s:", metric->name);
    for (size_t i = 0; i < by->count; i++) {
        say(d, i == 0 ? " " : ", ");
        say_decimal(d, by->steps[i].ratio);
        say(d, " from ");
        say_amount(d, by->steps[i].at_least, decimals);
    }
}

static void say_gift(struct describing *d, const struct rules_text *text, const struct gift *gift)
{
    const char *rounding = rounding_name(gift->rounding);
    switch (gift->gives) {
    case GIVES_POINTS_FOR_MONEY:
        say(d, "points ");
        say_amount(d, gift->points_minor, d->units.points_decimals);
        say(d, " per ");
        say_amount(d, gift->per_minor, d->units.money_decimals);
        say(d, " of %s, rounding %s", amount_of_name(gift->of), rounding);
        break;
    case GIVES_MULTIPLE:
        say(d, "multiple ");
        say_decimal(d, gift->ratio);
        say(d, ", rounding %s", rounding);
        break;
    case GIVES_PERCENT_OFF:
        say(d, "percent off ");
        if (gift->by == NULL) {
            say_decimal(d, gift->ratio);
        } else {
            say_steps(d, text, gift->by);
        }
        say(d, ", rounding %s", rounding);
        break;
    case GIVES_MONEY_OFF:
        say(d, "money off ");
        say_amount(d, gift->money_minor, d->units.money_decimals);
        break;
    case GIVES_PRICE:
        say(d, "price ");
        say_amount(d, gift->money_minor, d->units.money_decimals);
        if (gift->items != 0) {
            say(d, " for the cheapest %u", gift->items);
        }
        break;
    case GIVES_UNTIL:
        say(d, "prolong %s by", text->metrics[*gift->metric].name);
        say_term(d, &gift->term);
        break;
    case GIVES_ITEM:
        say(d, "%u ", gift->items);
        say_slice(d, gift->item);
        if (gift->money_minor != 0) {
            say(d, " worth ");
            say_amount(d, gift->money_minor, d->units.money_decimals);
        }
        say_term(d, &gift->term);
        break;
    case GIVES_REFUND:
        say(d, "refund %s, rounding %s", text->metrics[*gift->metric].name, rounding);
        break;
    case GIVES_EVENT:
        say(d, "event ");
        say_slice(d, gift->event);
        break;
    case GIVES_POINTS:
    case GIVES_COUNT:
    default:
        say(d, "points ");
        say_amount(d, gift->points_minor, d->units.points_decimals);
        break;
    }
    if (gift->metric != NULL && gift->gives != GIVES_UNTIL && gift->gives != GIVES_REFUND) {
        say(d, " to %s", text->metrics[*gift->metric].name);
    }
    end_value(d, "give");
}

static void say_window(struct describing *d, struct window window)
{
    say(d, "%s", window_kind_name(window.kind));
    if (window.length != 0) {
        say(d, " %u", window.length);
    }
}

unsigned described_decimals(const struct rule *rule, struct described_units units)
{
    switch (rule_given_in(rule)) {
    case GIVEN_IN_POINTS:
        return units.points_decimals;
    case GIVEN_IN_MONEY:
        return units.money_decimals;
    case GIVEN_IN_DAYS:
    case GIVEN_IN_TIMES:
    default:
        return 0;
    }
}

static void say_caps(struct describing *d, const struct rule *rule)
{
    unsigned decimals = described_decimals(rule, d->units);
    for (size_t i = 0; i < rule->cap_count; i++) {
        const struct cap *cap = &rule->caps[i];
        say_comma(d);
        if (cap->amount_max != INT64_MAX) {
            say_amount(d, cap->amount_max, decimals);
            say(d, cap->uses_max != INT64_MAX ? " and " : "");
        }
        if (cap->uses_max != INT64_MAX) {
            say(d, "%lld times", (long long)cap->uses_max);
        }
        say(d, " per ");
        if (cap->is_per_receipt) {
            say(d, "receipt");
        } else {
            say_window(d, cap->window);
        }
        if (cap->of != CAP_OF_MEMBER) {
            say(d, " of %s", cap_of_name(cap->of));
        }
    }
    if (rule->cap_count > 0) {
        end_value(d, "caps");
    }
}

static void say_combining(struct describing *d, const struct rule *rule)
{
    if (rule->priority != 0) {
        say(d, "%d", rule->priority);
        end_value(d, "priority");
    }
    if (rule->group != NULL) {
        say(d, "%s", rule->group);
        end_value(d, "group");
    }
    if (rule->is_exclusive) {
        say(d, "yes");
        end_value(d, "exclusive");
    }
}

static enum err finish(struct describing *d)
{
    buffer_fini(&d->text);
    return d->err;
}

enum err describe_rule(const struct rules_text *text, const struct rule *rule,
                       struct described_units units, struct arena *arena, struct described *out)
{
    struct describing d = {.arena = arena, .out = out, .units = units};
    const struct when *when = &rule->when;
    out->count = 0;
    if (rule->on == OCCASION_EVENT) {
        say_slice(&d, rule->is_on_any ? slice_of("any", 3) : rule->event);
        end_value(&d, "on");
    }
    say_time(&d, when);
    say_texts(&d, "stores", when->stores, when->store_count);
    say_texts(&d, "channels", when->channels, when->channel_count);
    say_bound(&d, "basket", when->basket_minor, units.money_decimals);
    say_bound(&d, "goods_cost", when->goods_minor, units.money_decimals);
    say_bound(&d, "goods_count", when->goods_milli, QUANTITY_DECIMALS);
    say_bound(&d, "purchase", when->purchase, 0);
    say_metrics(&d, text, when->metrics, when->metric_count);
    say_member(&d, text, when);
    say_sets(&d, "for", text, rule->goods, rule->goods_count);
    say_sets(&d, "except", text, rule->except, rule->except_count);
    say_gift(&d, text, &rule->gift);
    if (rule->price != NULL) {
        say_amount(&d, rule->price->points_minor, units.points_decimals);
        say(&d, " points and money ");
        say_amount(&d, rule->price->money_minor, units.money_decimals);
        end_value(&d, "price");
    }
    if (rule->take != NULL) {
        say_amount(&d, rule->take->minor, units.points_decimals);
        say(&d, " of %s", text->metrics[rule->take->metric].name);
        end_value(&d, "take");
    }
    say_combining(&d, rule);
    say_caps(&d, rule);
    return finish(&d);
}

enum err describe_metric(const struct rules_text *text, const struct metric *metric,
                         struct arena *arena, struct described *out)
{
    struct describing d = {.arena = arena, .out = out};
    out->count = 0;
    say(&d, "%s", metric_of_name(metric->of));
    end_value(&d, "of");
    say_window(&d, metric->window);
    end_value(&d, "window");
    if (metric->goods != NO_GOODS) {
        say(&d, "%s", text->goods[metric->goods].name);
        end_value(&d, "goods");
    }
    return finish(&d);
}

enum err describe_tier(const struct rules_text *text, const struct tier *tier, struct arena *arena,
                       struct described *out)
{
    struct describing d = {.arena = arena, .out = out};
    out->count = 0;
    say(&d, "%zu", (size_t)(tier - text->tiers) + 1);
    end_value(&d, "level");
    return finish(&d);
}

enum err describe_coupon(const struct coupon *coupon, struct arena *arena, struct described *out)
{
    struct describing d = {.arena = arena, .out = out};
    out->count = 0;
    say_texts(&d, "codes", coupon->codes, coupon->code_count);
    if (coupon->prefix.length > 0) {
        say_slice(&d, coupon->prefix);
        end_value(&d, "prefix");
    }
    if (coupon->is_personal) {
        say(&d, "yes");
        end_value(&d, "personal");
    }
    return finish(&d);
}

enum err describe_segment(const struct rules_text *text, const struct segment *segment,
                          struct described_units units, struct arena *arena, struct described *out)
{
    struct describing d = {.arena = arena, .out = out, .units = units};
    out->count = 0;
    say_metrics(&d, text, segment->metrics, segment->metric_count);
    say_texts(&d, "lists", segment->lists, segment->list_count);
    say_segments(&d, text, "all", segment->all, segment->all_count);
    say_segments(&d, text, "any", segment->any, segment->any_count);
    say_segments(&d, text, "none", segment->none, segment->none_count);
    return finish(&d);
}

enum err describe_campaign(const struct campaign *campaign, struct arena *arena,
                           struct described *out)
{
    struct describing d = {.arena = arena, .out = out};
    out->count = 0;
    say(&d, "%u", campaign->control);
    end_value(&d, "control");
    say(&d, "%u", campaign->most);
    end_value(&d, "most");
    if (campaign->seed[0] != '\0') {
        say(&d, "%s", campaign->seed);
        end_value(&d, "seed");
    }
    return finish(&d);
}

enum err describe_offer(const struct rules_text *text, const struct offer *offer,
                        struct arena *arena, struct described *out)
{
    struct describing d = {.arena = arena, .out = out};
    out->count = 0;
    say(&d, "%s", text->campaigns[offer->campaign].name);
    end_value(&d, "campaign");
    say_sets(&d, "for", text, offer->goods, offer->goods_count);
    say_segments(&d, text, "segments", offer->segments, offer->segment_count);
    say(&d, "%u", offer->days);
    end_value(&d, "days");
    if (offer->coupon != NULL) {
        say(&d, "%s", text->coupons[*offer->coupon].name);
        end_value(&d, "coupon");
    }
    return finish(&d);
}

enum err describe_goods(const struct goods_set *set, struct arena *arena, struct described *out)
{
    static const char *const keys[GOODS_BY_COUNT] = {
        [GOODS_BY_PRODUCT] = "products",
        [GOODS_BY_PRODUCT_PREFIX] = "prefixes",
        [GOODS_BY_CATEGORY] = "categories",
        [GOODS_BY_BRAND] = "brands",
    };
    struct describing d = {.arena = arena, .out = out};
    out->count = 0;
    for (unsigned by = 0; by < GOODS_BY_COUNT; by++) {
        for (size_t i = 0; i < set->member_count; i++) {
            if (set->members[i].by == (enum goods_by)by) {
                say_comma(&d);
                say_slice(&d, set->members[i].text);
            }
        }
        if (d.text.length > 0) {
            end_value(&d, keys[by]);
        }
    }
    return finish(&d);
}

const char *described_value(const struct described *described, const char *key)
{
    for (size_t i = 0; i < described->count; i++) {
        if (strcmp(described->at[i].key, key) == 0) {
            return described->at[i].value;
        }
    }
    return NULL;
}

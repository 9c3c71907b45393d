/* When a rule of programme.yaml applies. */
#include <string.h>

#include "config/programme_reading.h"

#define MINUTES_HOUR 60u
#define HOURS_DAY    24u
#define COUNT_MAX    1000000u

static void read_day(struct reading *r, const char *key, const char *text, int64_t *out_day)
{
    if (text != NULL && day_parse(text, out_day) != ERR_OK) {
        check_fail(r->check, reading_key(r, key).text, "is not a date such as 2026-10-03");
    }
}

static unsigned weekday_bits(struct reading *r, char *const *texts, unsigned count)
{
    const char *words[WEEKDAYS];
    for (unsigned i = 0; i < WEEKDAYS; i++) {
        words[i] = weekday_name(i);
    }
    unsigned bits = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned day = 0;
        check_choice(r->check, reading_key(r, "weekdays").text, texts[i], words,
                     sizeof words / sizeof words[0], &day);
        bits |= 1u << day;
    }
    return bits;
}

/* "08:30": minutes of the day; false for what is none. 24:00 is one. */
static bool minutes_of(const char *text, unsigned *out_minutes)
{
    for (size_t i = 0; i < 5; i++) {
        if (i == 2 ? text[i] != ':' : text[i] < '0' || text[i] > '9') {
            return false;
        }
    }
    unsigned hour = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
    unsigned minute = (unsigned)(text[3] - '0') * 10 + (unsigned)(text[4] - '0');
    *out_minutes = hour * MINUTES_HOUR + minute;
    return minute < MINUTES_HOUR && *out_minutes <= HOURS_DAY * MINUTES_HOUR;
}

static void read_hours(struct reading *r, const char *text, struct hours *out)
{
    bool is_span = strlen(text) == 11 && text[5] == '-' && minutes_of(text, &out->from) &&
                   minutes_of(text + 6, &out->to);
    if (!is_span || out->from == HOURS_DAY * MINUTES_HOUR || out->to == 0 || out->from == out->to) {
        check_fail(r->check, reading_key(r, "hours").text, "is not a span such as 08:00-12:00");
    }
}

static void read_bounds(struct reading *r, const struct bounds_yaml *yaml,
                        struct metric_bounds *out)
{
    *out = (struct metric_bounds){.metric = reading_metric(r, "metrics", yaml->metric),
                                  .at_least = INT64_MIN,
                                  .below = INT64_MAX};
    if (r->check->err != ERR_OK) {
        return;
    }
    unsigned decimals = metric_of_decimals(r->metrics[out->metric].of, r->units.points_decimals,
                                           r->units.money_decimals);
    struct key_path path = reading_key(r, "metrics");
    check_minor(r->check, path.text, yaml->at_least, decimals, 0, LIMIT_POINTS_PER_PARTNER,
                &out->at_least);
    check_minor(r->check, path.text, yaml->below, decimals, 0, LIMIT_POINTS_PER_PARTNER,
                &out->below);
    check_minor(r->check, path.text, yaml->reaches, decimals, 1, LIMIT_POINTS_PER_PARTNER,
                &out->below);
    if (yaml->at_least == NULL && yaml->below == NULL && yaml->reaches == NULL) {
        check_fail(r->check, path.text, "%.64s has no bound", yaml->metric);
    }
    if (yaml->reaches != NULL && (yaml->at_least != NULL || yaml->below != NULL)) {
        check_fail(r->check, path.text, "%.64s: what it reaches is its only bound", yaml->metric);
    }
}

/* What a metric reaches is two bounds: it was below that, and with this occasion it is not. */
const struct metric_bounds *reading_bounds(struct reading *r, const struct bounds_yaml *yaml,
                                           unsigned yaml_count, size_t *out_count)
{
    struct metric_bounds *bounds = reading_take(r, 2u * yaml_count, sizeof bounds[0]);
    size_t count = 0;
    for (unsigned i = 0; bounds != NULL && i < yaml_count; i++) {
        read_bounds(r, &yaml[i], &bounds[count]);
        if (yaml[i].reaches != NULL) {
            bounds[count + 1] = (struct metric_bounds){.metric = bounds[count].metric,
                                                       .at_least = bounds[count].below,
                                                       .below = INT64_MAX,
                                                       .counts_this = true};
            count++;
        }
        count++;
    }
    *out_count = count;
    return bounds;
}

const uint16_t *reading_segments(struct reading *r, const char *key, char *const *names,
                                 unsigned count)
{
    uint16_t *places = reading_take(r, count, sizeof places[0]);
    for (unsigned i = 0; places != NULL && i < count; i++) {
        size_t s = 0;
        struct nearest nearest = nearest_to(names[i]);
        while (s < r->segment_count &&
               (r->segments[s].name == NULL || strcmp(r->segments[s].name, names[i]) != 0)) {
            nearest_offer(&nearest, r->segments[s++].name);
        }
        places[i] = (uint16_t)s;
        if (s == r->segment_count) {
            check_fail_name(r->check, reading_key(r, key).text, "segment before it is", &nearest);
        }
    }
    return places;
}

static void read_around(struct reading *r, const struct around_yaml *yaml, struct when *out)
{
    const char *words[DAY_OF_COUNT];
    for (size_t i = 0; i < DAY_OF_COUNT; i++) {
        words[i] = day_of_name((enum day_of)i);
    }
    struct around *around = reading_take(r, 1, sizeof *around);
    if (yaml == NULL || around == NULL) {
        return;
    }
    unsigned of = DAY_OF_BIRTHDAY;
    check_choice(r->check, reading_key(r, "around.day").text, yaml->day, words, DAY_OF_COUNT, &of);
    check_unsigned(r->check, reading_key(r, "around.before").text, yaml->before, 0,
                   AROUND_DAYS_MAX - 1, &around->before);
    check_unsigned(r->check, reading_key(r, "around.after").text, yaml->after, 0,
                   AROUND_DAYS_MAX - 1, &around->after);
    around->of = (enum day_of)of;
    out->around = around;
}

static unsigned tier_bit(struct reading *r, const char *name)
{
    if (strcmp(name, "none") == 0) {
        return NO_TIER_BIT;
    }
    struct nearest nearest = nearest_to(name);
    for (size_t t = 0; t < r->tier_count; t++) {
        if (r->tiers[t].name != NULL && strcmp(r->tiers[t].name, name) == 0) {
            return TIER_BIT(t);
        }
        nearest_offer(&nearest, r->tiers[t].name);
    }
    check_fail_name(r->check, reading_key(r, "tiers").text, "tier is", &nearest);
    return 0;
}

const uint16_t *reading_coupon(struct reading *r, const char *name)
{
    if (name == NULL) {
        return NULL;
    }
    struct nearest nearest = nearest_to(name);
    for (size_t c = 0; c < r->coupon_count; c++) {
        if (r->coupons[c].name != NULL && strcmp(r->coupons[c].name, name) == 0) {
            return reading_place(r, (uint16_t)c);
        }
        nearest_offer(&nearest, r->coupons[c].name);
    }
    check_fail_name(r->check, reading_key(r, "coupon").text, "coupon is", &nearest);
    return NULL;
}

/* Those of metrics, and that the member has an offer. */
static void read_all_bounds(struct reading *r, const struct rule_yaml *yaml, struct when *out)
{
    size_t count;
    const struct metric_bounds *said =
        reading_bounds(r, yaml->metrics, yaml->metrics_count, &count);
    out->metrics = said;
    out->metric_count = count;
    if (yaml->offered == NULL) {
        return;
    }
    struct metric_bounds *bounds = reading_take(r, count + 1, sizeof bounds[0]);
    if (bounds != NULL && said != NULL) {
        memcpy(bounds, said, count * sizeof bounds[0]);
        bounds[count] = reading_offered(r, yaml->offered);
        out->metrics = bounds;
        out->metric_count = count + 1;
    }
}

static void read_member(struct reading *r, const struct rule_yaml *yaml, struct when *out)
{
    read_all_bounds(r, yaml, out);
    out->segments = reading_segments(r, "segments", yaml->segments, yaml->segments_count);
    out->segment_count = yaml->segments_count;
    out->not_in = reading_segments(r, "not_in", yaml->not_in, yaml->not_in_count);
    out->not_in_count = yaml->not_in_count;
    read_around(r, yaml->around, out);
    for (unsigned i = 0; i < yaml->tiers_count; i++) {
        out->tiers |= tier_bit(r, yaml->tiers[i]);
    }
    out->coupon = reading_coupon(r, yaml->coupon);
    out->is_referred = reading_yes(r, "referred", yaml->referred);
    out->purchases = NO_METRIC;
    check_unsigned(r->check, reading_key(r, "purchase").text, yaml->purchase, 1, COUNT_MAX,
                   &out->purchase);
    if (out->purchase != 0) {
        out->purchases = reading_metric(r, "purchase", PURCHASES);
    }
}

void rule_read_when(struct reading *r, const struct rule_yaml *yaml, struct when *out)
{
    unsigned money = r->units.money_decimals;
    out->from_day = INT64_MIN;
    out->until_day = INT64_MAX;
    read_day(r, "from", yaml->from, &out->from_day);
    read_day(r, "until", yaml->until, &out->until_day);
    out->weekdays = weekday_bits(r, yaml->weekdays, yaml->weekdays_count);
    struct hours *hours = reading_take(r, yaml->hours_count, sizeof hours[0]);
    for (unsigned i = 0; hours != NULL && i < yaml->hours_count; i++) {
        read_hours(r, yaml->hours[i], &hours[i]);
    }
    out->hours = hours;
    out->hours_count = yaml->hours_count;
    out->stores = reading_texts(r, yaml->stores, yaml->stores_count);
    out->store_count = yaml->stores_count;
    out->channels = reading_texts(r, yaml->channels, yaml->channels_count);
    out->channel_count = yaml->channels_count;
    check_minor(r->check, reading_key(r, "basket").text, yaml->basket, money, 1,
                LIMIT_POINTS_PER_COMMAND, &out->basket_minor);
    check_minor(r->check, reading_key(r, "goods_cost").text, yaml->goods_cost, money, 1,
                LIMIT_POINTS_PER_COMMAND, &out->goods_minor);
    check_minor(r->check, reading_key(r, "goods_count").text, yaml->goods_count, QUANTITY_DECIMALS,
                1, LIMIT_POINTS_PER_COMMAND, &out->goods_milli);
    read_member(r, yaml, out);
}

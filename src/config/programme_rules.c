#include "config/programme_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_BYTES   96
#define PRIORITY_MAX 1000u
#define MINUTES_HOUR 60u
#define HOURS_DAY    24u
#define COUNT_MAX    1000000u
#define PURCHASES    "purchases"

struct reading {
    struct check *check;
    struct arena *arena;
    struct programme_units units;
    char path[PATH_BYTES]; /* of the entry that is read: "rules[3]" */
    const struct goods_set *goods;
    size_t goods_count;
    const struct metric *metrics;
    size_t metric_count;
};

struct key_path {
    char text[PATH_BYTES + 48];
};

static struct key_path key_of(const struct reading *r, const char *key)
{
    struct key_path path;
    int length = snprintf(path.text, sizeof path.text, "%s.%s", r->path, key);
    ASSERT(length > 0 && (size_t)length < sizeof path.text);
    return path;
}

static void enter(struct reading *r, const char *list, size_t index)
{
    int length = snprintf(r->path, sizeof r->path, "%s[%zu]", list, index);
    ASSERT(length > 0 && (size_t)length < sizeof r->path);
}

/* Zeroed. Without memory the check fails, and a place is given that may be written to. */
static void *take(struct reading *r, size_t count, size_t size)
{
    void *at = arena_alloc(r->arena, (count + 1) * size);
    if (at == NULL) {
        if (r->check->err == ERR_OK) {
            r->check->err = note_set(r->check->note, ERR_RESOURCE, "the programme is too large");
        }
        return NULL;
    }
    memset(at, 0, (count + 1) * size);
    return at;
}

static struct slice kept_slice(struct reading *r, const char *text)
{
    char *copy = take(r, strlen(text), 1);
    if (copy == NULL) {
        return slice_of("", 0);
    }
    memcpy(copy, text, strlen(text));
    return slice_of(copy, strlen(text));
}

/* A name: 1 to LIMIT_RULE_NAME_BYTES printable bytes. */
static const char *kept_name(struct reading *r, const char *key, const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    char name[LIMIT_RULE_NAME_BYTES + 1];
    check_text(r->check, key_of(r, key).text, text, name, sizeof name);
    return (const char *)kept_slice(r, text).at;
}

static void read_goods(struct reading *r, const struct goods_yaml *yaml, struct goods_set *out)
{
    size_t count = 0;
    for (size_t by = 0; by < GOODS_BY_COUNT; by++) {
        count += yaml->member_counts[by];
    }
    struct goods_member *members = take(r, count, sizeof members[0]);
    out->name = kept_name(r, "name", yaml->name);
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
                (struct goods_member){(enum goods_by)by, kept_slice(r, yaml->members[by][i])};
        }
    }
    if (count == 0) {
        check_fail(r->check, r->path, "names no goods");
    }
    out->members = members;
    out->member_count = count;
}

static uint16_t find_goods(struct reading *r, const char *key, const char *name)
{
    for (size_t i = 0; i < r->goods_count; i++) {
        if (r->goods[i].name != NULL && strcmp(r->goods[i].name, name) == 0) {
            return (uint16_t)i;
        }
    }
    check_fail(r->check, key_of(r, key).text, "no goods are called %.64s", name);
    return 0;
}

static uint16_t find_metric(struct reading *r, const char *key, const char *name)
{
    for (size_t i = 0; i < r->metric_count; i++) {
        if (r->metrics[i].name != NULL && strcmp(r->metrics[i].name, name) == 0) {
            return (uint16_t)i;
        }
    }
    check_fail(r->check, key_of(r, key).text, "no metric is called %.64s", name);
    return 0;
}

static void read_window(struct reading *r, const char *key, const char *text, const char *length,
                        struct window *out)
{
    const char *words[WINDOW_KIND_COUNT];
    for (size_t i = 0; i < WINDOW_KIND_COUNT; i++) {
        words[i] = window_kind_name((enum window_kind)i);
    }
    unsigned kind = WINDOW_EVER;
    check_choice(r->check, key_of(r, key).text, text, words, WINDOW_KIND_COUNT, &kind);
    out->kind = (enum window_kind)kind;
    check_unsigned(r->check, key_of(r, "length").text, length, 1, LIMIT_ROLLING_BUCKETS,
                   &out->length);
    if (window_check(*out) != ERR_OK) {
        check_fail(r->check, key_of(r, length == NULL ? key : "length").text,
                   length == NULL ? "needs a length" : "is for rolling windows only");
    }
}

static void read_metric(struct reading *r, const struct metric_yaml *yaml, struct metric *out)
{
    const char *words[METRIC_OF_COUNT];
    for (size_t i = 0; i < METRIC_OF_COUNT; i++) {
        words[i] = metric_of_name((enum metric_of)i);
    }
    unsigned of = METRIC_SPEND;
    out->name = kept_name(r, "name", yaml->name);
    check_choice(r->check, key_of(r, "of").text, yaml->of, words, METRIC_OF_COUNT, &of);
    out->of = (enum metric_of)of;
    read_window(r, "window", yaml->window, yaml->length, &out->window);
    out->goods = yaml->goods == NULL ? NO_GOODS : find_goods(r, "goods", yaml->goods);
    if (yaml->goods != NULL && of != METRIC_SPEND && of != METRIC_ITEMS) {
        check_fail(r->check, key_of(r, "goods").text, "has a meaning only of spend and items");
    }
}

/* Rules. */

static void read_day(struct reading *r, const char *key, const char *text, int64_t *out_day)
{
    if (text != NULL && day_parse(text, out_day) != ERR_OK) {
        check_fail(r->check, key_of(r, key).text, "is not a date such as 2026-10-03");
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
        check_choice(r->check, key_of(r, "weekdays").text, texts[i], words,
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
        check_fail(r->check, key_of(r, "hours").text, "is not a span such as 08:00-12:00");
    }
}

static const struct slice *read_texts(struct reading *r, char *const *texts, unsigned count)
{
    struct slice *slices = take(r, count, sizeof slices[0]);
    for (unsigned i = 0; slices != NULL && i < count; i++) {
        slices[i] = kept_slice(r, texts[i]);
    }
    return slices;
}

static const uint16_t *read_sets(struct reading *r, const char *key, char *const *texts,
                                 unsigned count)
{
    uint16_t *sets = take(r, count, sizeof sets[0]);
    for (unsigned i = 0; sets != NULL && i < count; i++) {
        sets[i] = find_goods(r, key, texts[i]);
    }
    return sets;
}

static void read_bounds(struct reading *r, const struct bounds_yaml *yaml,
                        struct metric_bounds *out)
{
    *out = (struct metric_bounds){find_metric(r, "metrics", yaml->metric), INT64_MIN, INT64_MAX};
    if (r->check->err != ERR_OK) {
        return;
    }
    unsigned decimals = metric_of_decimals(r->metrics[out->metric].of, r->units.points_decimals,
                                           r->units.money_decimals);
    struct key_path path = key_of(r, "metrics");
    check_minor(r->check, path.text, yaml->at_least, decimals, 0, LIMIT_POINTS_PER_PARTNER,
                &out->at_least);
    check_minor(r->check, path.text, yaml->below, decimals, 0, LIMIT_POINTS_PER_PARTNER,
                &out->below);
    if (yaml->at_least == NULL && yaml->below == NULL) {
        check_fail(r->check, path.text, "%.64s has no bound", yaml->metric);
    }
}

static void read_when(struct reading *r, const struct rule_yaml *yaml, struct when *out)
{
    unsigned money = r->units.money_decimals;
    out->from_day = INT64_MIN;
    out->until_day = INT64_MAX;
    read_day(r, "from", yaml->from, &out->from_day);
    read_day(r, "until", yaml->until, &out->until_day);
    out->weekdays = weekday_bits(r, yaml->weekdays, yaml->weekdays_count);
    struct hours *hours = take(r, yaml->hours_count, sizeof hours[0]);
    for (unsigned i = 0; hours != NULL && i < yaml->hours_count; i++) {
        read_hours(r, yaml->hours[i], &hours[i]);
    }
    out->hours = hours;
    out->hours_count = yaml->hours_count;
    out->stores = read_texts(r, yaml->stores, yaml->stores_count);
    out->store_count = yaml->stores_count;
    out->channels = read_texts(r, yaml->channels, yaml->channels_count);
    out->channel_count = yaml->channels_count;
    check_minor(r->check, key_of(r, "basket").text, yaml->basket, money, 1,
                LIMIT_POINTS_PER_COMMAND, &out->basket_minor);
    check_minor(r->check, key_of(r, "goods_cost").text, yaml->goods_cost, money, 1,
                LIMIT_POINTS_PER_COMMAND, &out->goods_minor);
    check_minor(r->check, key_of(r, "goods_count").text, yaml->goods_count, QUANTITY_DECIMALS, 1,
                LIMIT_POINTS_PER_COMMAND, &out->goods_milli);
    struct metric_bounds *bounds = take(r, yaml->metrics_count, sizeof bounds[0]);
    for (unsigned i = 0; bounds != NULL && i < yaml->metrics_count; i++) {
        read_bounds(r, &yaml->metrics[i], &bounds[i]);
    }
    out->metrics = bounds;
    out->metric_count = yaml->metrics_count;
    out->purchases = NO_METRIC;
    check_unsigned(r->check, key_of(r, "purchase").text, yaml->purchase, 1, COUNT_MAX,
                   &out->purchase);
    if (out->purchase != 0) {
        out->purchases = find_metric(r, "purchase", PURCHASES);
    }
}

static bool is_only_of(struct reading *r, const char *key, const char *text, bool may_be)
{
    if (text != NULL && !may_be) {
        check_fail(r->check, key_of(r, key).text, "has no meaning here");
    }
    return text != NULL;
}

static void read_gift(struct reading *r, const struct give_yaml *yaml, struct gift *out)
{
    const char *words[AMOUNT_OF_COUNT];
    for (size_t i = 0; i < AMOUNT_OF_COUNT; i++) {
        words[i] = amount_of_name((enum amount_of)i);
    }
    int kinds = (yaml->points != NULL) + (yaml->multiple != NULL) + (yaml->percent_off != NULL) +
                (yaml->money_off != NULL);
    if (kinds != 1) {
        check_fail(r->check, key_of(r, "give").text,
                   "names one of points, multiple, percent_off and money_off");
        return;
    }
    unsigned of = AMOUNT_NET;
    out->gives = yaml->multiple != NULL      ? GIVES_MULTIPLE
                 : yaml->percent_off != NULL ? GIVES_PERCENT_OFF
                 : yaml->money_off != NULL   ? GIVES_MONEY_OFF
                 : yaml->per != NULL         ? GIVES_POINTS_FOR_MONEY
                                             : GIVES_POINTS;
    bool is_divided = out->gives != GIVES_POINTS && out->gives != GIVES_MONEY_OFF;
    (void)is_only_of(r, "give.per", yaml->per, out->gives == GIVES_POINTS_FOR_MONEY);
    (void)is_only_of(r, "give.of", yaml->of, out->gives == GIVES_POINTS_FOR_MONEY);
    if (!is_only_of(r, "give.rounding", yaml->rounding, is_divided) && is_divided) {
        check_fail(r->check, key_of(r, "give").text, "names no rounding");
    }
    check_minor(r->check, key_of(r, "give.points").text, yaml->points, r->units.points_decimals, 1,
                LIMIT_POINTS_PER_COMMAND, &out->points_minor);
    check_minor(r->check, key_of(r, "give.per").text, yaml->per, r->units.money_decimals, 1,
                LIMIT_POINTS_PER_COMMAND, &out->per_minor);
    check_choice(r->check, key_of(r, "give.of").text, yaml->of, words, AMOUNT_OF_COUNT, &of);
    out->of = (enum amount_of)of;
    check_decimal(r->check, key_of(r, "give.multiple").text, yaml->multiple, &out->ratio);
    check_decimal(r->check, key_of(r, "give.percent_off").text, yaml->percent_off, &out->ratio);
    check_minor(r->check, key_of(r, "give.money_off").text, yaml->money_off,
                r->units.money_decimals, 1, LIMIT_POINTS_PER_COMMAND, &out->money_minor);
    check_rounding(r->check, key_of(r, "give.rounding").text, yaml->rounding, &out->rounding);
}

static void read_cap(struct reading *r, const struct cap_yaml *yaml, bool is_money, struct cap *out)
{
    *out = (struct cap){.amount_max = INT64_MAX, .uses_max = INT64_MAX};
    out->is_per_receipt = strcmp(yaml->per, "receipt") == 0;
    struct key_path path = key_of(r, "caps");
    unsigned uses = 0;
    if (!out->is_per_receipt) {
        read_window(r, "caps", yaml->per, yaml->length, &out->window);
    } else if (yaml->length != NULL || yaml->uses != NULL) {
        check_fail(r->check, path.text, "a receipt has neither a length nor uses");
    }
    check_minor(r->check, path.text, yaml->amount,
                is_money ? r->units.money_decimals : r->units.points_decimals, 1,
                LIMIT_POINTS_PER_COMMAND, &out->amount_max);
    check_unsigned(r->check, path.text, yaml->uses, 1, COUNT_MAX, &uses);
    if (uses != 0) {
        out->uses_max = uses;
    }
    if (yaml->amount == NULL && yaml->uses == NULL) {
        check_fail(r->check, path.text, "a cap names an amount, uses or both");
    }
}

static void read_priority(struct reading *r, const char *text, int *out_priority)
{
    bool is_negative = text != NULL && text[0] == '-';
    unsigned value = 0;
    check_unsigned(r->check, key_of(r, "priority").text,
                   text == NULL || !is_negative ? text : text + 1, 0, PRIORITY_MAX, &value);
    *out_priority = is_negative ? -(int)value : (int)value;
}

static void read_rule(struct reading *r, const struct rule_yaml *yaml, struct rule *out)
{
    static const char *const no_yes[] = {"no", "yes"};
    unsigned is_exclusive = 0;
    out->name = kept_name(r, "rule", yaml->rule);
    out->line = positions_line(r->check->positions, r->path);
    out->on = yaml->on == NULL || strcmp(yaml->on, "sale") == 0 ? OCCASION_SALE : OCCASION_EVENT;
    if (out->on == OCCASION_EVENT) {
        out->event = kept_slice(r, yaml->on);
    }
    read_when(r, yaml, &out->when);
    out->goods = read_sets(r, "for", yaml->goods, yaml->goods_names_count);
    out->goods_count = yaml->goods_names_count;
    out->except = read_sets(r, "except", yaml->except, yaml->except_count);
    out->except_count = yaml->except_count;
    read_gift(r, &yaml->give, &out->gift);
    read_priority(r, yaml->priority, &out->priority);
    out->group = kept_name(r, "group", yaml->group);
    check_choice(r->check, key_of(r, "exclusive").text, yaml->exclusive, no_yes, 2, &is_exclusive);
    out->is_exclusive = is_exclusive != 0;
    struct cap *caps = take(r, yaml->caps_count, sizeof caps[0]);
    for (unsigned i = 0; caps != NULL && i < yaml->caps_count; i++) {
        read_cap(r, &yaml->caps[i], rule_stage(out) == STAGE_DISCOUNT, &caps[i]);
    }
    out->caps = caps;
    out->cap_count = yaml->caps_count;
    struct note note = {""};
    if (r->check->err == ERR_OK &&
        rule_check(out, r->goods_count, r->metric_count, &note) != ERR_OK) {
        check_fail(r->check, r->path, "%s", note.text);
    }
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
    struct goods_set *goods = take(r, yaml->goods_count, sizeof goods[0]);
    for (unsigned i = 0; goods != NULL && i < yaml->goods_count; i++) {
        enter(r, "goods", i);
        goods[i].line = positions_line(r->check->positions, r->path);
        read_goods(r, &yaml->goods[i], &goods[i]);
    }
    r->goods = goods;
    r->goods_count = goods == NULL ? 0 : yaml->goods_count;
}

static void read_all_metrics(struct reading *r, const struct rules_yaml *yaml)
{
    struct metric *metrics = take(r, yaml->metrics_count + 1u, sizeof metrics[0]);
    size_t count = 0;
    for (unsigned i = 0; metrics != NULL && i < yaml->metrics_count; i++) {
        enter(r, "metrics", i);
        metrics[i].line = positions_line(r->check->positions, r->path);
        read_metric(r, &yaml->metrics[i], &metrics[i]);
        count++;
    }
    if (metrics != NULL && asks_for_purchases(yaml)) {
        metrics[count++] =
            (struct metric){.name = PURCHASES, .of = METRIC_VISITS, .goods = NO_GOODS};
    }
    r->metrics = metrics;
    r->metric_count = count;
}

void programme_rules_check(struct check *check, const struct rules_yaml *yaml,
                           struct programme_units units, const struct rule *base,
                           struct arena *arena, struct rules_text *out_text)
{
    struct reading r = {.check = check, .arena = arena, .units = units};
    read_all_goods(&r, yaml);
    read_all_metrics(&r, yaml);
    struct rule *rules = take(&r, yaml->rules_count + 1u, sizeof rules[0]);
    size_t count = 0;
    if (rules != NULL && base != NULL) {
        rules[count++] = *base;
    }
    for (unsigned i = 0; rules != NULL && i < yaml->rules_count; i++) {
        enter(&r, "rules", i);
        read_rule(&r, &yaml->rules[i], &rules[count++]);
    }
    *out_text = (struct rules_text){.goods = r.goods,
                                    .goods_count = r.goods_count,
                                    .metrics = r.metrics,
                                    .metric_count = r.metric_count,
                                    .rules = rules,
                                    .rule_count = count};
}

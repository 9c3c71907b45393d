/* What a rule of programme.yaml gives, and at most. */
#include <stdio.h>
#include <string.h>

#include "config/programme_reading.h"

#define COUNT_MAX 1000000u

static bool is_only_of(struct reading *r, const char *key, const char *text, bool may_be)
{
    if (text != NULL && !may_be) {
        check_fail(r->check, reading_key(r, key).text, "has no meaning here");
    }
    return text != NULL;
}

/* What is given, by the one key that names it. */
static bool read_gives(struct reading *r, const struct give_yaml *yaml, enum gives *out_gives)
{
    const struct {
        const char *text;
        enum gives gives;
    } kinds[] = {{yaml->points, yaml->per != NULL ? GIVES_POINTS_FOR_MONEY : GIVES_POINTS},
                 {yaml->multiple, GIVES_MULTIPLE},
                 {yaml->percent_off, GIVES_PERCENT_OFF},
                 {yaml->percent_off_by, GIVES_PERCENT_OFF},
                 {yaml->price, GIVES_PRICE},
                 {yaml->money_off, GIVES_MONEY_OFF},
                 {yaml->prolong, GIVES_UNTIL},
                 {yaml->item, GIVES_ITEM},
                 {yaml->refund, GIVES_REFUND},
                 {yaml->event, GIVES_EVENT}};
    unsigned count = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].text != NULL) {
            *out_gives = kinds[i].gives;
            count++;
        }
    }
    if (count != 1) {
        check_fail(r->check, reading_key(r, "give").text,
                   "names nothing to give, or more than one thing");
    }
    return count == 1;
}

static bool is_divided(enum gives gives)
{
    return gives == GIVES_POINTS_FOR_MONEY || gives == GIVES_MULTIPLE ||
           gives == GIVES_PERCENT_OFF || gives == GIVES_REFUND;
}

/* Keys that have a meaning only beside some others. */
static void check_keys(struct reading *r, const struct give_yaml *yaml, enum gives gives)
{
    bool is_for_money = gives == GIVES_POINTS_FOR_MONEY;
    bool is_until = gives == GIVES_UNTIL;
    bool is_item = gives == GIVES_ITEM;
    (void)is_only_of(r, "give.per", yaml->per, is_for_money);
    (void)is_only_of(r, "give.of", yaml->of, is_for_money);
    (void)is_only_of(r, "give.to", yaml->to, is_for_money || gives == GIVES_POINTS);
    (void)is_only_of(r, "give.items", yaml->items, is_item || gives == GIVES_PRICE);
    if ((yaml->steps_count > 0) != (yaml->percent_off_by != NULL)) {
        check_fail(r->check, reading_key(r, "give").text,
                   "a percentage by a metric has steps, and nothing else does");
    }
    (void)is_only_of(r, "give.worth", yaml->worth, is_item);
    (void)is_only_of(r, "give.months", yaml->months, is_until || is_item);
    (void)is_only_of(r, "give.days", yaml->days, is_until || is_item);
    (void)is_only_of(r, "give.end_of", yaml->end_of, is_until);
    (void)is_only_of(r, "give.added", yaml->added, is_until);
    if (!is_only_of(r, "give.rounding", yaml->rounding, is_divided(gives)) && is_divided(gives)) {
        check_fail(r->check, reading_key(r, "give").text,
                   "names no rounding: add rounding: down (or up, half_up, half_even)");
    }
}

static const struct by_metric *read_steps(struct reading *r, const struct give_yaml *yaml)
{
    struct by_metric *by = reading_take(r, 1, sizeof *by);
    struct ratio_step *steps = reading_take(r, yaml->steps_count, sizeof steps[0]);
    uint16_t metric = reading_metric(r, "give.percent_off_by", yaml->percent_off_by);
    if (by == NULL || steps == NULL || r->check->err != ERR_OK) {
        return NULL;
    }
    unsigned decimals = metric_of_decimals(r->metrics[metric].of, r->units.points_decimals,
                                           r->units.money_decimals);
    struct key_path path = reading_key(r, "give.steps");
    for (unsigned i = 0; i < yaml->steps_count; i++) {
        check_minor(r->check, path.text, yaml->steps[i].at_least, decimals, 0,
                    LIMIT_POINTS_PER_PARTNER, &steps[i].at_least);
        check_decimal(r->check, path.text, yaml->steps[i].percent_off, &steps[i].ratio);
    }
    *by = (struct by_metric){metric, steps, yaml->steps_count};
    return by;
}

static void read_item(struct reading *r, const struct give_yaml *yaml, struct gift *out)
{
    out->item = reading_slice(r, yaml->item);
    out->items = yaml->items == NULL ? 1 : out->items;
    check_minor(r->check, reading_key(r, "give.worth").text, yaml->worth, r->units.money_decimals,
                1, LIMIT_POINTS_PER_COMMAND, &out->money_minor);
    if (yaml->months != NULL || yaml->days != NULL) {
        reading_term(r, yaml->months, yaml->days, NULL, &out->term);
    }
}

void rule_read_gift(struct reading *r, const struct give_yaml *yaml, struct gift *out)
{
    const char *words[AMOUNT_OF_COUNT];
    for (size_t i = 0; i < AMOUNT_OF_COUNT; i++) {
        words[i] = amount_of_name((enum amount_of)i);
    }
    unsigned of = AMOUNT_NET;
    if (!read_gives(r, yaml, &out->gives)) {
        return;
    }
    check_keys(r, yaml, out->gives);
    check_minor(r->check, reading_key(r, "give.points").text, yaml->points,
                r->units.points_decimals, 1, LIMIT_POINTS_PER_COMMAND, &out->points_minor);
    check_minor(r->check, reading_key(r, "give.per").text, yaml->per, r->units.money_decimals, 1,
                LIMIT_POINTS_PER_COMMAND, &out->per_minor);
    check_choice(r->check, reading_key(r, "give.of").text, yaml->of, words, AMOUNT_OF_COUNT, &of);
    out->of = (enum amount_of)of;
    check_decimal(r->check, reading_key(r, "give.multiple").text, yaml->multiple, &out->ratio);
    check_decimal(r->check, reading_key(r, "give.percent_off").text, yaml->percent_off,
                  &out->ratio);
    check_minor(r->check, reading_key(r, "give.money_off").text, yaml->money_off,
                r->units.money_decimals, 1, LIMIT_POINTS_PER_COMMAND, &out->money_minor);
    check_rounding(r->check, reading_key(r, "give.rounding").text, yaml->rounding, &out->rounding);
    check_minor(r->check, reading_key(r, "give.price").text, yaml->price, r->units.money_decimals,
                0, LIMIT_POINTS_PER_COMMAND, &out->money_minor);
    check_unsigned(r->check, reading_key(r, "give.items").text, yaml->items, 1, LIMIT_PRICED_ITEMS,
                   &out->items);
    if (yaml->percent_off_by != NULL) {
        out->by = read_steps(r, yaml);
    }
    if (yaml->to != NULL) {
        out->metric = reading_place(r, reading_metric(r, "give.to", yaml->to));
    }
    if (out->gives == GIVES_UNTIL) {
        out->metric = reading_place(r, reading_metric(r, "give.prolong", yaml->prolong));
        reading_term(r, yaml->months, yaml->days, yaml->end_of, &out->term);
        out->term.is_added = reading_yes(r, "give.added", yaml->added);
    }
    if (out->gives == GIVES_REFUND) {
        out->metric = reading_place(r, reading_metric(r, "give.refund", yaml->refund));
    }
    if (out->gives == GIVES_ITEM) {
        read_item(r, yaml, out);
    }
    if (out->gives == GIVES_EVENT) {
        out->event = reading_slice(r, yaml->event);
    }
}

static unsigned decimals_of(const struct reading *r, enum given_in given_in)
{
    switch (given_in) {
    case GIVEN_IN_POINTS:
        return r->units.points_decimals;
    case GIVEN_IN_MONEY:
        return r->units.money_decimals;
    case GIVEN_IN_DAYS:
    case GIVEN_IN_TIMES:
    default:
        return 0;
    }
}

struct cap_key {
    char text[32];
};

static struct cap_key cap_key(unsigned index, const char *key)
{
    struct cap_key path;
    snprintf(path.text, sizeof path.text, "caps[%u]%s%s", index, key[0] == '\0' ? "" : ".", key);
    return path;
}

void rule_read_cap(struct reading *r, const struct cap_yaml *yaml, unsigned index,
                   enum given_in given_in, struct cap *out)
{
    *out = (struct cap){.amount_max = INT64_MAX, .uses_max = INT64_MAX};
    out->is_per_receipt = strcmp(yaml->per, "receipt") == 0;
    struct key_path path = reading_key(r, cap_key(index, "").text);
    unsigned uses = 0;
    if (!out->is_per_receipt) {
        reading_window(r, cap_key(index, "per").text, yaml->per, cap_key(index, "length").text,
                       yaml->length, &out->window);
    } else if (yaml->length != NULL || yaml->uses != NULL) {
        check_fail(r->check, path.text, "a receipt has neither a length nor uses");
    }
    check_minor(r->check, reading_key(r, cap_key(index, "amount").text).text, yaml->amount,
                decimals_of(r, given_in), 1, LIMIT_POINTS_PER_COMMAND, &out->amount_max);
    const char *words[CAP_OF_COUNT];
    for (size_t i = 0; i < CAP_OF_COUNT; i++) {
        words[i] = cap_of_name((enum cap_of)i);
    }
    unsigned of = CAP_OF_MEMBER;
    check_choice(r->check, reading_key(r, cap_key(index, "of").text).text, yaml->of, words,
                 CAP_OF_COUNT, &of);
    out->of = (enum cap_of)of;
    check_unsigned(r->check, reading_key(r, cap_key(index, "uses").text).text, yaml->uses, 1,
                   COUNT_MAX, &uses);
    if (uses != 0) {
        out->uses_max = uses;
    }
    if (yaml->amount == NULL && yaml->uses == NULL) {
        check_fail(r->check, path.text, "a cap names an amount, uses or both");
    }
}

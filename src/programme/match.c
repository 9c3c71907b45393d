/* Does a rule apply: its conditions, one after the other. */
#include "programme/coupon.h"
#include "programme/judging.h"

static bool is_any_set(const struct goods_list list, const uint16_t *sets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (goods_list_has(list, sets[i])) {
            return true;
        }
    }
    return false;
}

bool match_line(const struct judging *j, const struct rule *rule, size_t line)
{
    struct goods_list list = j->goods[line];
    bool is_for = rule->goods_count == 0 || is_any_set(list, rule->goods, rule->goods_count);
    return is_for && !is_any_set(list, rule->except, rule->except_count);
}

static bool is_one_of(struct slice text, const struct slice *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(text, texts[i])) {
            return true;
        }
    }
    return count == 0;
}

/* The condition that doesn't hold, with its numbers; TRACE_FIRED where there is none. */
static const struct trace_row holds = {.reason = TRACE_FIRED, .metric = NO_METRIC};

static struct trace_row fails(enum trace_reason reason, int64_t has, int64_t wants)
{
    return (struct trace_row){.reason = reason, .metric = NO_METRIC, .has = has, .wants = wants};
}

static bool is_weekday(unsigned weekdays, unsigned weekday)
{
    return weekdays == 0 || (weekdays >> weekday & 1u) != 0;
}

/* Hours past midnight belong to the weekday of the evening before. */
static bool is_hour(const struct when *when, unsigned weekday, unsigned minute)
{
    unsigned yesterday = (weekday + 6) % 7;
    for (size_t i = 0; i < when->hours_count; i++) {
        const struct hours *h = &when->hours[i];
        bool goes_past_midnight = h->to <= h->from;
        bool is_evening = minute >= h->from && (goes_past_midnight || minute < h->to);
        bool is_morning = goes_past_midnight && minute < h->to;
        if ((is_evening && is_weekday(when->weekdays, weekday)) ||
            (is_morning && is_weekday(when->weekdays, yesterday))) {
            return true;
        }
    }
    return false;
}

static struct trace_row match_time(const struct judging *j, const struct when *when)
{
    if (j->day < when->from_day) {
        return fails(TRACE_NOT_YET, j->day, when->from_day);
    }
    if (j->day >= when->until_day) {
        return fails(TRACE_OVER, j->day, when->until_day);
    }
    unsigned weekday = occasion_weekday(j->occasion);
    if (when->hours_count == 0) {
        return is_weekday(when->weekdays, weekday) ? holds
                                                   : fails(TRACE_WEEKDAY, weekday, when->weekdays);
    }
    unsigned minute = occasion_minute(j->occasion);
    return is_hour(when, weekday, minute) ? holds : fails(TRACE_HOUR, minute, 0);
}

static struct trace_row match_place(const struct judging *j, const struct when *when)
{
    if (!is_one_of(j->occasion->store, when->stores, when->store_count)) {
        return fails(TRACE_STORE, 0, 0);
    }
    if (!is_one_of(j->occasion->channel, when->channels, when->channel_count)) {
        return fails(TRACE_CHANNEL, 0, 0);
    }
    return holds;
}

/* Why a code does not help the rule. */
static struct trace_row match_code(const struct judging *j, uint16_t place, size_t code)
{
    const struct rule *rule = &j->text->rules[place];
    const struct coupon *coupon = &j->text->coupons[*rule->when.coupon];
    const struct standing *standing = &j->occasion->codes[code].standing;
    int64_t until = coupon_until(coupon, standing);
    if (until == 0) {
        return fails(TRACE_CODE_UNKNOWN, 0, 0);
    }
    if (coupon_is_revoked(coupon, standing)) {
        return fails(TRACE_CODE_REVOKED, 0, 0);
    }
    if (j->day >= until) {
        return fails(TRACE_CODE_OVER, j->day, until);
    }
    if (!coupon_is_for(coupon, standing, j->occasion->shopper.key)) {
        return fails(TRACE_CODE_OTHER, 0, 0);
    }
    return caps_use_up(j, place, code) ? fails(TRACE_CODE_USED, 0, 0) : holds;
}

/* The first code that helps it. */
static struct trace_row match_coupon(const struct judging *j, uint16_t place, size_t *out_code)
{
    const uint16_t *coupon = j->text->rules[place].when.coupon;
    struct trace_row row = coupon == NULL ? holds : fails(TRACE_NO_CODE, 0, 0);
    for (size_t i = 0; coupon != NULL && i < j->occasion->code_count; i++) {
        if (j->coupons[i] == *coupon) {
            row = match_code(j, place, i);
            if (row.reason == TRACE_FIRED) {
                *out_code = i;
                return row;
            }
        }
    }
    return row;
}

static enum err match_basket(const struct judging *j, const struct rule *rule,
                             struct trace_row *out)
{
    const struct when *when = &rule->when;
    if (j->total.minor < when->basket_minor) {
        *out = fails(TRACE_BASKET, j->total.minor, when->basket_minor);
        return ERR_OK;
    }
    int64_t amount = 0;
    int64_t milli = 0;
    size_t lines = 0;
    for (size_t i = 0; i < j->occasion->line_count; i++) {
        if (match_line(j, rule, i)) {
            lines++;
            amount += j->occasion->lines[i].amount.minor; /* no more than the checked total */
            TRY(int64_add(milli, j->occasion->lines[i].quantity_milli, &milli));
        }
    }
    if (lines == 0) {
        *out = fails(TRACE_NO_GOODS, 0, 0);
    } else if (amount < when->goods_minor) {
        *out = fails(TRACE_GOODS_AMOUNT, amount, when->goods_minor);
    } else if (milli < when->goods_milli) {
        *out = fails(TRACE_GOODS_COUNT, milli, when->goods_milli);
    } else {
        *out = holds;
    }
    return ERR_OK;
}

/* On the birthday's or enrolment's day of one year, or the last of a month that has no such day. */
static bool is_around_in(const struct judging *j, const struct around *around, int month, int day,
                         int year)
{
    int last = civil_days_in_month(year, month);
    int64_t at = day_of_civil(year, month, day < last ? day : last);
    return j->day >= at - (int64_t)around->before && j->day <= at + (int64_t)around->after;
}

static bool is_around(const struct judging *j, const struct around *around)
{
    const struct shopper *shopper = &j->occasion->shopper;
    bool is_birthday = around->of == DAY_OF_BIRTHDAY;
    if (is_birthday ? shopper->birth_month == 0 : shopper->enrolled_day == 0) {
        return false;
    }
    struct civil enrolled = civil_of_day(shopper->enrolled_day);
    int month = is_birthday ? (int)shopper->birth_month : enrolled.month;
    int day = is_birthday ? (int)shopper->birth_day : enrolled.day;
    int year = civil_of_day(j->day).year;
    for (int y = year - 1; y <= year + 1; y++) {
        bool is_due = is_birthday || y > enrolled.year;
        if (is_due && is_around_in(j, around, month, day, y)) {
            return true;
        }
    }
    return false;
}

/* The bit of the highest tier that the member holds. */
static enum err tier_of(struct judging *j, unsigned *out_tier)
{
    for (size_t t = j->text->tier_count; j->tier == 0 && t > 0; t--) {
        int64_t left;
        TRY(metric_before(j, j->text->tiers[t - 1].until, &left));
        j->tier = left > 0 ? TIER_BIT(t - 1) : 0;
    }
    j->tier = j->tier == 0 ? NO_TIER_BIT : j->tier;
    *out_tier = j->tier;
    return ERR_OK;
}

/* In one of the segments, and in none of the others. */
static enum err match_segments(struct judging *j, const struct when *when, struct trace_row *out)
{
    *out = holds;
    if (when->segment_count + when->not_in_count == 0) {
        return ERR_OK;
    }
    TRY(segments_look_up(j));
    bool is_in = when->segment_count == 0;
    for (size_t i = 0; i < when->segment_count && !is_in; i++) {
        is_in = j->segments[when->segments[i]].reason == TRACE_FIRED;
    }
    if (!is_in) {
        *out = fails(TRACE_SEGMENT, when->segments[0], 0);
    }
    for (size_t i = 0; i < when->not_in_count && out->reason == TRACE_FIRED; i++) {
        if (j->segments[when->not_in[i]].reason == TRACE_FIRED) {
            *out = fails(TRACE_SEGMENT, when->not_in[i], 0);
        }
    }
    return ERR_OK;
}

static enum err match_metrics(const struct judging *j, const struct when *when,
                              struct trace_row *out)
{
    *out = holds;
    for (size_t i = 0; i < when->metric_count && out->reason == TRACE_FIRED; i++) {
        TRY(metric_bounded(j, &when->metrics[i], out));
    }
    return ERR_OK;
}

/* The n-th purchase has it, and no other one: also when one that was promised, and counted as such,
 * was given up. */
static enum err match_purchase(const struct judging *j, uint16_t place, struct trace_row *out)
{
    const struct when *when = &j->text->rules[place].when;
    int64_t before;
    int64_t had;
    TRY(metric_before(j, when->purchases, &before));
    TRY(purchase_had(j, place, &had));
    if (before != (int64_t)when->purchase - 1) {
        *out = fails(TRACE_PURCHASE, before + 1, when->purchase);
    } else if (had > 0) {
        *out = fails(TRACE_PURCHASE_HAD, when->purchase, when->purchase);
    }
    return ERR_OK;
}

static enum err match_member(struct judging *j, uint16_t place, struct trace_row *out)
{
    const struct when *when = &j->text->rules[place].when;
    if (when->is_referred && !occasion_is_referred(j->occasion)) {
        *out = fails(TRACE_REFERRER, j->occasion->shopper.referrer.length > 0 ? 1 : 0, 0);
        return ERR_OK;
    }
    if (when->around != NULL && !is_around(j, when->around)) {
        *out = fails(TRACE_AROUND, j->day, 0);
        return ERR_OK;
    }
    if (when->tiers != 0) {
        unsigned tier;
        TRY(tier_of(j, &tier));
        if ((when->tiers & tier) == 0) {
            *out = fails(TRACE_TIER, tier, when->tiers);
            return ERR_OK;
        }
    }
    TRY(match_segments(j, when, out));
    if (out->reason == TRACE_FIRED) {
        TRY(match_metrics(j, when, out));
    }
    return out->reason == TRACE_FIRED && when->purchase != 0 ? match_purchase(j, place, out)
                                                             : ERR_OK;
}

/* A term is given back, and what has a price is bought, by an event: else a quote would promise
 * what a second one promises too, or what points pay that are gone by then. */
static bool is_on(const struct rule *rule, const struct occasion *occasion)
{
    bool is_asked_for = rule->gift.gives == GIVES_REFUND || rule->price != NULL;
    bool is_never_sold = is_asked_for && occasion->kind == OCCASION_SALE;
    return (rule->is_on_any && !is_never_sold) ||
           (rule->on == occasion->kind &&
            (rule->on == OCCASION_SALE || slice_equal(rule->event, occasion->event)));
}

/* Is there what the rule costs, and what it takes? */
static enum err match_take(const struct judging *j, const struct rule *rule, struct trace_row *out)
{
    const struct take *take = rule->take;
    int64_t balance = j->occasion->shopper.balance.minor - j->spent;
    *out = holds;
    if (rule->price != NULL && balance < rule->price->points_minor) {
        *out = fails(TRACE_BALANCE, balance, rule->price->points_minor);
        return ERR_OK;
    }
    if (take == NULL) {
        return ERR_OK;
    }
    int64_t there;
    TRY(metric_now(j, take->metric, &there));
    if (there < take->minor) {
        *out = fails(TRACE_TAKE, there, take->minor);
        out->metric = take->metric;
    }
    return ERR_OK;
}

static enum err match_all(struct judging *j, uint16_t place, struct trace_row *out,
                          size_t *out_code)
{
    const struct rule *rule = &j->text->rules[place];
    const struct occasion *occasion = j->occasion;
    if (!is_on(rule, occasion)) {
        *out = fails(TRACE_OTHER_OCCASION, 0, 0);
        return ERR_OK;
    }
    *out = match_time(j, &rule->when);
    if (out->reason == TRACE_FIRED) {
        *out = match_place(j, &rule->when);
    }
    if (out->reason == TRACE_FIRED) {
        *out = match_coupon(j, place, out_code);
    }
    if (out->reason == TRACE_FIRED && rule->on == OCCASION_SALE) {
        TRY(match_basket(j, rule, out));
    }
    if (out->reason == TRACE_FIRED) {
        TRY(match_member(j, place, out));
    }
    if (out->reason == TRACE_FIRED) {
        TRY(match_take(j, rule, out));
    }
    return ERR_OK;
}

enum err match_rule(struct judging *j, uint16_t place, bool *out_matches, size_t *out_code)
{
    struct trace_row found = holds;
    *out_code = NO_CODE;
    TRY(match_all(j, place, &found, out_code));
    if (found.reason != TRACE_FIRED) {
        found.rule = place;
        judging_trace(j, found, NO_CODE);
    }
    *out_matches = found.reason == TRACE_FIRED;
    return ERR_OK;
}

#include "clearing/exposure.h"

#include <string.h>

static size_t line_place(const struct exposure *exposure, uint32_t tariff)
{
    size_t place = 0;
    while (place < exposure->line_count && exposure->lines[place].tariff < tariff) {
        place++;
    }
    return place;
}

static void line_remove(struct exposure *exposure, size_t place)
{
    exposure->line_count--;
    memmove(&exposure->lines[place], &exposure->lines[place + 1],
            (exposure->line_count - place) * sizeof exposure->lines[0]);
}

/* Room for one more: a tariff that left the charter makes place. */
static bool line_make_room(struct exposure *exposure, const struct roster *roster)
{
    for (size_t i = 0; i < exposure->line_count && exposure->line_count == LIMIT_TARIFFS; i++) {
        if (roster_tariff(roster, exposure->lines[i].tariff) == NULL) {
            line_remove(exposure, i);
        }
    }
    return exposure->line_count < LIMIT_TARIFFS;
}

static void line_insert(struct exposure *exposure, const struct exposure_line *line)
{
    size_t place = line_place(exposure, line->tariff);
    memmove(&exposure->lines[place + 1], &exposure->lines[place],
            (exposure->line_count - place) * sizeof exposure->lines[0]);
    exposure->lines[place] = *line;
    exposure->line_count++;
}

static bool line_is_empty(const struct exposure_line *line)
{
    return line->issued == 0 && line->redeemed == 0 && line->ours.issued == 0 &&
           line->ours.redeemed == 0 && line->theirs.issued == 0 && line->theirs.redeemed == 0;
}

static enum err add_fee(struct exposure_line *line, enum stream_direction direction,
                        struct entry_fee fee, int64_t points)
{
    bool is_ours = (direction == STREAM_OUT) == (fee.payer > 0);
    struct exposure_fees *fees = is_ours ? &line->ours : &line->theirs;
    int64_t *sum = fee.is_issue ? &fees->issued : &fees->redeemed;
    if (fee.payer == 0) {
        return ERR_OK;
    }
    return fee.is_back ? int64_sub(*sum, points, sum) : int64_add(*sum, points, sum);
}

enum err exposure_add(struct exposure *exposure, const struct roster *roster,
                      enum stream_direction direction, enum entry_kind kind, uint32_t tariff,
                      int64_t points)
{
    const struct tariff *prices = roster_tariff(roster, tariff);
    struct entry_debt debt = prices == NULL ? entry_kind_debt(kind) : tariff_debt(prices, kind);
    int side = direction == STREAM_OUT ? debt.sign : -debt.sign;
    size_t place = line_place(exposure, tariff);
    bool is_there = place < exposure->line_count && exposure->lines[place].tariff == tariff;
    struct exposure_line line = {.tariff = tariff};
    if (side == 0 || points == 0) {
        return ERR_OK;
    }
    if (is_there) {
        line = exposure->lines[place];
    }
    int64_t *sum = debt.is_redemption ? &line.redeemed : &line.issued;
    TRY(side > 0 ? int64_add(*sum, points, sum) : int64_sub(*sum, points, sum));
    if (prices != NULL) {
        TRY(add_fee(&line, direction, tariff_fee_of(prices, kind), points));
    }
    if (is_there) {
        line_remove(exposure, place);
    }
    if (!line_is_empty(&line) && line_make_room(exposure, roster)) {
        line_insert(exposure, &line);
    }
    return ERR_OK;
}

/* ---- Minimum fees ---- */

static void minimum_remove(struct exposure *exposure, size_t place)
{
    exposure->minimum_count--;
    memmove(&exposure->minimums[place], &exposure->minimums[place + 1],
            (exposure->minimum_count - place) * sizeof exposure->minimums[0]);
}

static struct exposure_minimum *minimum_of(struct exposure *exposure, uint32_t tariff,
                                           struct period period, bool is_ours)
{
    for (size_t i = 0; i < exposure->minimum_count; i++) {
        struct exposure_minimum *minimum = &exposure->minimums[i];
        if (minimum->tariff == tariff && minimum->is_ours == is_ours &&
            period_equal(minimum->period, period)) {
            return minimum;
        }
    }
    if (exposure->minimum_count == EXPOSURE_MINIMUMS) {
        minimum_remove(exposure, 0);
    }
    struct exposure_minimum *minimum = &exposure->minimums[exposure->minimum_count++];
    *minimum = (struct exposure_minimum){.tariff = tariff, .period = period, .is_ours = is_ours};
    return minimum;
}

enum err exposure_add_entry(struct exposure *exposure, const struct roster *roster,
                            enum stream_direction direction, enum entry_kind kind, uint32_t tariff,
                            struct period period, int64_t points)
{
    const struct tariff *prices = roster_tariff(roster, tariff);
    TRY(exposure_add(exposure, roster, direction, kind, tariff, points));
    bool has_minimum = prices != NULL && prices->fee.minimum.minor > 0 && points != 0 &&
                       tariff_debt(prices, kind).sign != 0 && !entry_kind_is_funding(kind);
    struct entry_fee fee = has_minimum ? tariff_fee_of(prices, kind) : (struct entry_fee){0};
    if (fee.payer == 0) {
        return ERR_OK;
    }
    struct exposure_minimum *minimum =
        minimum_of(exposure, tariff, period, direction == STREAM_OUT);
    int64_t *sum = fee.is_issue ? &minimum->points.issued : &minimum->points.redeemed;
    minimum->count += points > 0 ? 1 : -1;
    TRY(fee.is_back ? int64_sub(*sum, points, sum) : int64_add(*sum, points, sum));
    if (minimum->count <= 0) {
        minimum_remove(exposure, (size_t)(minimum - exposure->minimums));
    }
    return ERR_OK;
}

void exposure_settle_minimums(struct exposure *exposure, struct period period)
{
    for (size_t i = exposure->minimum_count; i > 0; i--) {
        if (period_equal(exposure->minimums[i - 1].period, period)) {
            minimum_remove(exposure, i - 1);
        }
    }
}

/* ---- Money ---- */

static int64_t add_within_range(int64_t a, int64_t b)
{
    int64_t sum;
    if (int64_add(a, b, &sum) == ERR_OK) {
        return sum;
    }
    return a < 0 ? INT64_MIN : INT64_MAX;
}

static int64_t worth(int64_t points, struct money price, struct points per)
{
    int64_t amount;
    if (int64_mul_div(points, price.minor, per.minor, ROUNDING_UP, &amount) == ERR_OK) {
        return amount;
    }
    return points < 0 ? INT64_MIN : INT64_MAX;
}

static int64_t part_of(int64_t amount, uint32_t rate_ppm)
{
    int64_t part;
    if (int64_mul_div(amount, rate_ppm, RATE_WHOLE, ROUNDING_UP, &part) == ERR_OK) {
        return part;
    }
    return amount < 0 ? INT64_MIN : INT64_MAX;
}

static int64_t with_part(int64_t amount, uint32_t rate_ppm)
{
    return add_within_range(amount, part_of(amount, rate_ppm));
}

/* Of one side. */
static int64_t bare_fees_of(const struct tariff *tariff, const struct exposure_fees *points)
{
    struct money price =
        tariff->funding == FUNDED_AT_BURN ? tariff->redemption_price : tariff->issue_price;
    return add_within_range(
        part_of(worth(points->issued, price, tariff->per), tariff->fee.issue_ppm),
        part_of(worth(points->redeemed, tariff->redemption_price, tariff->per),
                tariff->fee.redemption_ppm));
}

static int64_t fees_of(const struct tariff *tariff, const struct exposure_fees *points)
{
    return with_part(bare_fees_of(tariff, points), tariff->tax.rate_ppm);
}

/* What its period's fees lack, from our side. */
static int64_t top_up(const struct roster *roster, const struct exposure_minimum *minimum)
{
    const struct tariff *tariff = roster_tariff(roster, minimum->tariff);
    if (tariff == NULL || tariff->fee.minimum.minor == 0) {
        return 0;
    }
    int64_t fees = bare_fees_of(tariff, &minimum->points);
    if (fees >= tariff->fee.minimum.minor) {
        return 0;
    }
    int64_t lack =
        add_within_range(tariff->fee.minimum.minor, fees == INT64_MIN ? INT64_MAX : -fees);
    lack = with_part(lack, tariff->tax.rate_ppm);
    return minimum->is_ours ? lack : -lack;
}

static int64_t line_owed(const struct exposure_line *line, const struct tariff *tariff)
{
    uint32_t rate = tariff->tax.is_on_points ? tariff->tax.rate_ppm : 0;
    int64_t points = add_within_range(
        with_part(worth(line->issued, tariff->issue_price, tariff->per), rate),
        with_part(worth(line->redeemed, tariff->redemption_price, tariff->per), rate));
    int64_t theirs = fees_of(tariff, &line->theirs);
    int64_t fees =
        add_within_range(fees_of(tariff, &line->ours), theirs == INT64_MIN ? INT64_MAX : -theirs);
    return add_within_range(points, fees);
}

struct money exposure_owed(const struct exposure *exposure, const struct roster *roster)
{
    int64_t owed = 0;
    for (size_t i = 0; i < exposure->line_count; i++) {
        const struct exposure_line *line = &exposure->lines[i];
        const struct tariff *tariff = roster_tariff(roster, line->tariff);
        if (tariff != NULL) {
            owed = add_within_range(owed, line_owed(line, tariff));
        }
    }
    for (size_t i = 0; i < exposure->minimum_count; i++) {
        owed = add_within_range(owed, top_up(roster, &exposure->minimums[i]));
    }
    return money_of(owed);
}

struct money exposure_promised(const struct exposure *exposure, const struct roster *roster,
                               const struct partner_id *partner, struct unix_ms now)
{
    const struct tariff *tariff = roster_tariff_for(roster, &roster->self, partner, now);
    return money_of(worth(exposure->promised.minor, tariff->redemption_price, tariff->per));
}

struct money exposure_at_stake(const struct exposure *exposure, const struct roster *roster,
                               const struct partner_id *partner, struct unix_ms now)
{
    return money_of(add_within_range(exposure_owed(exposure, roster).minor,
                                     exposure_promised(exposure, roster, partner, now).minor));
}

const char *cap_level_name(enum cap_level level)
{
    switch (level) {
    case CAP_FREE:
        return "free";
    case CAP_NEAR:
        return "near";
    case CAP_REACHED:
        return "reached";
    }
    return "unknown";
}

enum cap_level cap_level_of(const struct roster *roster, struct money owed)
{
    int64_t near;
    int64_t cap = roster->net_debit_cap.minor;
    if (cap <= 0 || int64_mul_div(cap, EXPOSURE_NEAR_PERCENT, 100, ROUNDING_UP, &near) != ERR_OK ||
        owed.minor < near) {
        return CAP_FREE;
    }
    return owed.minor < cap ? CAP_NEAR : CAP_REACHED;
}

bool cap_is_exceeded(const struct roster *roster, struct money owed)
{
    return roster->net_debit_cap.minor > 0 && owed.minor > roster->net_debit_cap.minor;
}

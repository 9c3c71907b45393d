#include "accounting/cohorts.h"

#include <stdlib.h>
#include <string.h>

#define PPM_WHOLE 1000000

void cohorts_fini(struct cohorts *cohorts)
{
    free(cohorts->rows);
    free(cohorts->ended);
    *cohorts = (struct cohorts){0};
}

enum err cohorts_copy(const struct cohorts *cohorts, struct cohorts *out_copy)
{
    struct cohorts copy = *cohorts;
    copy.rows = calloc(cohorts->count + 1, sizeof *copy.rows);
    copy.ended = calloc(cohorts->ended_count + 1, sizeof *copy.ended);
    copy.capacity = cohorts->count + 1;
    copy.ended_capacity = cohorts->ended_count + 1;
    if (copy.rows == NULL || copy.ended == NULL) {
        cohorts_fini(&copy);
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < cohorts->count; i++) {
        copy.rows[i] = cohorts->rows[i];
    }
    for (size_t i = 0; i < cohorts->ended_count; i++) {
        copy.ended[i] = cohorts->ended[i];
    }
    *out_copy = copy;
    return ERR_OK;
}

enum err cohorts_place(struct cohorts *cohorts, const struct partner_id *issuer, uint32_t tariff,
                       struct period month, size_t *out_place)
{
    for (size_t i = cohorts->count; i > 0; i--) { /* the newest first */
        const struct cohort *row = &cohorts->rows[i - 1];
        if (row->month.code == month.code && row->tariff == tariff &&
            partner_id_equal(&row->issuer, issuer)) {
            *out_place = i - 1;
            return ERR_OK;
        }
    }
    if (cohorts->count == cohorts->capacity) {
        size_t capacity = cohorts->capacity * 2 + 16;
        struct cohort *rows = realloc(cohorts->rows, capacity * sizeof *rows);
        if (rows == NULL) {
            return ERR_RESOURCE;
        }
        cohorts->rows = rows;
        cohorts->capacity = capacity;
    }
    cohorts->rows[cohorts->count] =
        (struct cohort){.issuer = *issuer, .tariff = tariff, .month = month};
    *out_place = cohorts->count++;
    return ERR_OK;
}

enum err cohorts_redeemed(const struct cohorts *cohorts, const struct partner_id *issuer,
                          uint32_t tariff, size_t *out_place)
{
    for (size_t i = cohorts->count; i > 0; i--) {
        const struct cohort *row = &cohorts->rows[i - 1];
        if (row->tariff == tariff && row->redeemed.minor > 0 &&
            partner_id_equal(&row->issuer, issuer)) {
            *out_place = i - 1;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

static enum err ended_in(struct cohorts *cohorts, struct period month, struct ended **out_ended)
{
    for (size_t i = cohorts->ended_count; i > 0; i--) {
        if (cohorts->ended[i - 1].month.code == month.code) {
            *out_ended = &cohorts->ended[i - 1];
            return ERR_OK;
        }
    }
    if (cohorts->ended_count == cohorts->ended_capacity) {
        size_t capacity = cohorts->ended_capacity * 2 + 16;
        struct ended *ended = realloc(cohorts->ended, capacity * sizeof *ended);
        if (ended == NULL) {
            return ERR_RESOURCE;
        }
        cohorts->ended = ended;
        cohorts->ended_capacity = capacity;
    }
    *out_ended = &cohorts->ended[cohorts->ended_count++];
    **out_ended = (struct ended){.month = month};
    return ERR_OK;
}

enum err cohorts_redeem(struct cohorts *cohorts, size_t place, struct period month, int64_t points)
{
    struct cohort *row = &cohorts->rows[place];
    struct ended *ended;
    TRY(ended_in(cohorts, month, &ended));
    TRY(points_add(ended->redeemed, points_of(points), &ended->redeemed));
    return points_add(row->redeemed, points_of(points), &row->redeemed);
}

enum err cohorts_expire(struct cohorts *cohorts, size_t place, struct period month, int64_t points)
{
    struct cohort *row = &cohorts->rows[place];
    struct ended *ended;
    TRY(ended_in(cohorts, month, &ended));
    TRY(points_add(ended->expired, points_of(points), &ended->expired));
    return points_add(row->expired, points_of(points), &row->expired);
}

enum err cohorts_take_back(struct cohorts *cohorts, size_t place, int64_t points)
{
    struct cohort *row = &cohorts->rows[place];
    int64_t sales = 0;
    if (points > 0 && points <= row->issued.minor) {
        TRY(int64_mul_div(row->sales.minor, points, row->issued.minor, ROUNDING_HALF_EVEN, &sales));
    }
    TRY(points_sub(row->issued, points_of(points), &row->issued));
    return money_sub(row->sales, money_of(sales), &row->sales);
}

struct points cohort_left(const struct cohort *cohort)
{
    return points_of(cohort->issued.minor - cohort->redeemed.minor - cohort->expired.minor);
}

/* ---- Breakage ---- */

static int64_t month_number(struct period month)
{
    return (int64_t)(month.code / 100) * 12 + month.code % 100;
}

static enum err breakage_past(const struct breakage *breakage, const struct cohorts *cohorts,
                              struct period month, uint32_t *out_ppm)
{
    struct points redeemed = {0};
    struct points expired = {0};
    struct points all;
    int64_t ppm = 0;
    int64_t last = month_number(month);
    int64_t months = breakage->months == 0 ? BREAKAGE_MONTHS : breakage->months;
    for (size_t i = 0; i < cohorts->ended_count; i++) {
        const struct ended *ended = &cohorts->ended[i];
        int64_t number = month_number(ended->month);
        if (number <= last && number > last - months) {
            TRY(points_add(redeemed, ended->redeemed, &redeemed));
            TRY(points_add(expired, ended->expired, &expired));
        }
    }
    TRY(points_add(redeemed, expired, &all));
    if (all.minor > 0 && expired.minor > 0) {
        TRY(int64_mul_div(expired.minor, PPM_WHOLE, all.minor, ROUNDING_HALF_EVEN, &ppm));
    }
    *out_ppm = (uint32_t)(ppm > PPM_WHOLE ? PPM_WHOLE : ppm);
    return ERR_OK;
}

enum err breakage_at(const struct breakage *breakage, const struct cohorts *cohorts,
                     struct period month, uint32_t *out_ppm)
{
    if (breakage->rate_count == 0) {
        return breakage_past(breakage, cohorts, month, out_ppm);
    }
    size_t place = 0;
    while (place + 1 < breakage->rate_count && breakage->rates[place + 1].from.code <= month.code) {
        place++;
    }
    *out_ppm = breakage->rates[place].ppm;
    return ERR_OK;
}

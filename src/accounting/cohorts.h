/* Points by who issued them, under which tariff, in which month: how many, for which sales, and
 * what became of them. And by the month in which points ended, how: redeemed or expired, from which
 * breakage is estimated.
 */
#ifndef ACCOUNTING_COHORTS_H
#define ACCOUNTING_COHORTS_H

#include "base/amount.h"
#include "base/period.h"
#include "base/ident.h"

struct cohort {
    struct partner_id issuer;
    uint32_t tariff;
    struct period month;
    struct money sales; /* own ones, to own members */
    struct points issued;
    struct points redeemed;
    struct points expired;
};

struct ended {
    struct period month;
    struct points redeemed;
    struct points expired;
};

struct cohorts {
    struct cohort *rows;
    size_t count;
    size_t capacity;
    struct ended *ended; /* in the order in which the months came */
    size_t ended_count;
    size_t ended_capacity;
};

void cohorts_fini(struct cohorts *cohorts);
/* ERR_RESOURCE. */
MUST_USE enum err cohorts_copy(const struct cohorts *cohorts, struct cohorts *out_copy);
/* The row's place, made when it is not there yet. ERR_RESOURCE. */
MUST_USE enum err cohorts_place(struct cohorts *cohorts, const struct partner_id *issuer,
                                uint32_t tariff, struct period month, size_t *out_place);
/* The latest of the issuer and tariff that has redeemed points; ERR_NOT_FOUND. */
MUST_USE enum err cohorts_redeemed(const struct cohorts *cohorts, const struct partner_id *issuer,
                                   uint32_t tariff, size_t *out_place);
/* Points ended (or, negative, did not after all). ERR_RANGE, ERR_RESOURCE. */
MUST_USE enum err cohorts_redeem(struct cohorts *cohorts, size_t place, struct period month,
                                 int64_t points);
MUST_USE enum err cohorts_expire(struct cohorts *cohorts, size_t place, struct period month,
                                 int64_t points);
/* Points were taken back as if never given, with their part of the sales. */
MUST_USE enum err cohorts_take_back(struct cohorts *cohorts, size_t place, int64_t points);
struct points cohort_left(const struct cohort *cohort);

#define BREAKAGE_RATES_MAX 64u
#define BREAKAGE_MONTHS    12u /* of the past that say what to expect, unless told otherwise */

struct breakage_rate {
    struct period from;
    uint32_t ppm;
};

/* How many of the points given will never be redeemed: rates that somebody estimated, by month, or
 * else what the past shows. */
struct breakage {
    size_t rate_count;                              /* 0: by the past */
    struct breakage_rate rates[BREAKAGE_RATES_MAX]; /* sorted */
    unsigned months;
};

/* The rate in force in that month: before the first one that is given, that one. By the past: of
 * the points that ended in the months up to this one, the part that expired; 0 where none ended. */
MUST_USE enum err breakage_at(const struct breakage *breakage, const struct cohorts *cohorts,
                              struct period month, uint32_t *out_ppm);

#endif

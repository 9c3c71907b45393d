/* What outstanding points are: by age, by who issued them, by the month in which they expire; what
 * they are worth, what of it will be redeemed, and which revenue of own sales is deferred for them.
 * README.md has the formulas.
 *
 * Points and money are divided with the remainder carried on from row to row, so that every table
 * adds up to the same totals, and these are rounded once for each price.
 */
#ifndef ACCOUNTING_LIABILITY_H
#define ACCOUNTING_LIABILITY_H

#include "accounting/deferral.h"
#include "accounting/lot_ages.h"
#include "base/limits.h"
#include "clearing/roster.h"

#define LIABILITY_AGES_MAX 16u

struct liability_terms {
    const struct roster *roster; /* prices by the lots' tariffs: the redemption price */
    bool has_price;              /* this one instead */
    struct money price;
    struct points per;
    struct breakage breakage;
    size_t age_count;
    unsigned
        ages[LIABILITY_AGES_MAX]; /* days, rising: up to so many; one more bucket for the rest */
};

/* Up to 30, 90, 180, 365 and 730 days. */
void liability_terms_default(const struct roster *roster, struct liability_terms *out_terms);

struct liability_sum {
    struct points points;   /* outstanding */
    struct points breakage; /* of them, that nobody is expected to redeem */
    struct money worth;     /* of all */
    struct money owed;      /* of those that will be redeemed */
};

/* Of one table: what it is about depends on the table. */
struct liability_row {
    struct partner_id issuer;
    size_t age;           /* bucket */
    struct period expiry; /* 0: never, or by inactivity */
    struct liability_sum sum;
};

struct liability_table {
    struct liability_row *rows;
    size_t count;
    size_t capacity;
};

/* Own points of a month's own sales. */
struct deferral_row {
    struct period month;
    uint32_t tariff;
    struct deferral_case sales;
    uint32_t breakage_ppm; /* of the month */
    struct points expected;
    struct money allocated;
    struct money recognised;
    struct money deferred;
};

/* How deferred revenue moved from one time to another. */
struct deferral_move {
    struct money opening;
    struct money added;      /* by sales, less returns */
    struct money recognised; /* by the estimate of the beginning */
    struct money estimate;   /* what the change of the estimate adds to revenue */
    struct money closing;    /* opening + added - recognised - estimate */
};

struct liability_report {
    struct liability_sum total;
    struct liability_table by_issuer; /* sorted by issuer */
    struct liability_table by_age;    /* every bucket */
    struct liability_table by_expiry; /* sorted, never last */
    uint32_t breakage_ppm;            /* in force now */
    struct deferral_row *deferrals;
    size_t deferral_count;
    struct money allocated;
    struct money recognised;
    struct money deferred;
};

/* As of a moment up to which `ages` has been told everything. ERR_INPUT when there is no price for
 * a tariff, ERR_RANGE, ERR_RESOURCE. On success the caller ends it. */
MUST_USE enum err liability_report(const struct lot_ages *ages, const struct partner_id *self,
                                   const struct liability_terms *terms, struct unix_ms as_of,
                                   struct liability_report *out_report);
void liability_report_fini(struct liability_report *report);

/* From what the cohorts were then to what they are now. */
MUST_USE enum err deferral_moved(const struct cohorts *then, struct unix_ms then_at,
                                 const struct cohorts *now, struct unix_ms now_at,
                                 const struct partner_id *self, const struct liability_terms *terms,
                                 struct deferral_move *out_move);
/* One cohort of own points, with the estimate that was in force in its month and the given one. */
MUST_USE enum err deferral_row_of(const struct cohorts *cohorts, const struct cohort *cohort,
                                  const struct liability_terms *terms, uint32_t breakage_ppm,
                                  struct deferral_row *out_row);

#endif

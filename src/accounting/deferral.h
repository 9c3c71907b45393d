/* Revenue from points: what of a sale's price belongs to the points that come with it, and how much
 * of that is earned. README.md has the formulas and where they come from (IFRS 15 B39-B47, ASC
 * 606-10-55-41 to 55-49).
 */
#ifndef ACCOUNTING_DEFERRAL_H
#define ACCOUNTING_DEFERRAL_H

#include "base/amount.h"

#define PPM_WHOLE 1000000u

/* A portfolio of sales with one estimate: what they came to and the points they gave. */
struct deferral_case {
    struct money sales;     /* at stand-alone prices, without the points */
    struct points issued;   /* less those that were taken back with a return */
    struct points redeemed; /* so far */
    struct points left;     /* neither redeemed nor expired */
    struct money price;     /* of `per` points: what one is worth when it is redeemed */
    struct points per;
};

/* Points that will have been redeemed in the end, by an estimate of how many never are: no fewer
 * than are redeemed, no more than still can be. */
MUST_USE enum err deferral_expected(const struct deferral_case *sales, uint32_t breakage_ppm,
                                    struct points *out_expected);
/* The part of the sales' price that belongs to the points, by relative stand-alone selling prices:
 * with the estimate at the time of the sales, and never changed by a later one. */
MUST_USE enum err deferral_allocated(const struct deferral_case *sales, uint32_t breakage_ppm,
                                     struct money *out_allocated);
/* How much of it is revenue, by the estimate of now. */
MUST_USE enum err deferral_recognised(const struct deferral_case *sales, struct money allocated,
                                      uint32_t breakage_ppm, struct money *out_recognised);

#endif

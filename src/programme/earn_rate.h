/* The plainest programme: so many points for each so much money.
 *
 * points = amount * points_minor / per_minor, rounded once and as named. Pure; any thread.
 */
#ifndef PROGRAMME_EARN_RATE_H
#define PROGRAMME_EARN_RATE_H

#include "base/amount.h"

/* 1 point (of 0 decimals) for each full euro is {1, 100, ROUNDING_DOWN, 0}. */
struct earn_rate {
    int64_t points_minor; /* points given, in minor units: 0 or more */
    int64_t per_minor;    /* for each so much money, in minor units: 1 or more */
    enum rounding rounding;
    int64_t minimum_minor; /* an amount below gives nothing, in minor units of money: 0 or more */
};

/* ERR_INPUT with a note that names the field. */
MUST_USE enum err earn_rate_check(const struct earn_rate *rate, struct note *note);

/* The points of one amount. A negative amount, and one below the minimum, gives 0. ERR_RANGE when
 * the points do not fit. The rate must have passed earn_rate_check.
 *
 * Because each amount is rounded by itself, the points of a sum and the sum of the points differ by
 * at most 1 minor unit for each part but the first. */
MUST_USE enum err earn_rate_points(const struct earn_rate *rate, struct money amount,
                                   struct points *out_points);

#endif

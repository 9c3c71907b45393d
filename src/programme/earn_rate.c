#include "programme/earn_rate.h"

#include <inttypes.h>

enum err earn_rate_check(const struct earn_rate *rate, struct note *note)
{
    if (rate->points_minor < 0) {
        return note_set(note, ERR_INPUT, "points of an earn rate must not be negative: %" PRId64,
                        rate->points_minor);
    }
    if (rate->per_minor < 1) {
        return note_set(note, ERR_INPUT, "the money of an earn rate must be positive: %" PRId64,
                        rate->per_minor);
    }
    if ((unsigned)rate->rounding >= ROUNDING_COUNT) {
        return note_set(note, ERR_INPUT, "an earn rate's rounding is unknown: %u",
                        (unsigned)rate->rounding);
    }
    if (rate->minimum_minor < 0) {
        return note_set(note, ERR_INPUT,
                        "the minimum of an earn rate must not be negative: %" PRId64,
                        rate->minimum_minor);
    }
    return ERR_OK;
}

enum err earn_rate_points(const struct earn_rate *rate, struct money amount,
                          struct points *out_points)
{
    ASSERT(earn_rate_check(rate, NULL) == ERR_OK);
    if (amount.minor <= 0 || amount.minor < rate->minimum_minor) {
        *out_points = points_of(0);
        return ERR_OK;
    }
    return int64_mul_div(amount.minor, rate->points_minor, rate->per_minor, rate->rounding,
                         &out_points->minor);
}

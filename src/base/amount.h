/* Points and money: 64-bit integers in minor units, checked arithmetic, named rounding.
 *
 * The newtypes keep points, money and plain counts from being mixed up. No floating point, ever.
 */
#ifndef BASE_AMOUNT_H
#define BASE_AMOUNT_H

#include <stdint.h>

#include "base/error.h"

/* The coalition's currency in its minor unit (the charter names how many decimals it shows). */
struct points {
    int64_t minor;
};

/* Money in the minor unit of the currency named beside it (cents, pence). */
struct money {
    int64_t minor;
};

enum rounding {
    ROUNDING_DOWN,      /* towards zero */
    ROUNDING_UP,        /* away from zero */
    ROUNDING_HALF_UP,   /* nearest, ties away from zero */
    ROUNDING_HALF_EVEN, /* nearest, ties to the even neighbour */
    ROUNDING_COUNT
};

/* "down", "up", "half_up", "half_even". */
const char *rounding_name(enum rounding rounding);
MUST_USE enum err rounding_parse(const char *name, enum rounding *out_rounding);

MUST_USE enum err int64_add(int64_t a, int64_t b, int64_t *out_sum);
MUST_USE enum err int64_sub(int64_t a, int64_t b, int64_t *out_difference);
/* a * b / c rounded as named; exact in between. ERR_INPUT when c <= 0, ERR_RANGE on overflow. */
MUST_USE enum err int64_mul_div(int64_t a, int64_t b, int64_t c, enum rounding rounding,
                                int64_t *out_quotient);

static inline struct points points_of(int64_t minor)
{
    return (struct points){minor};
}

static inline struct money money_of(int64_t minor)
{
    return (struct money){minor};
}

MUST_USE enum err points_add(struct points a, struct points b, struct points *out_sum);
MUST_USE enum err points_sub(struct points a, struct points b, struct points *out_difference);
MUST_USE enum err money_add(struct money a, struct money b, struct money *out_sum);
MUST_USE enum err money_sub(struct money a, struct money b, struct money *out_difference);

#define AMOUNT_TEXT_MAX 48 /* bytes, with the final NUL */

/* "-12.34" for (-1234, 2). `decimals` 0 to 9. Writes at most AMOUNT_TEXT_MAX bytes. */
const char *amount_format(int64_t minor, unsigned decimals, char out_text[AMOUNT_TEXT_MAX]);

#endif

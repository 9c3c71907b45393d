/* Exact decimal numbers as read from a file: a mantissa and a count of decimals. */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stdint.h>

#include "base/amount.h"

#define DECIMAL_SCALE_MAX 12

/* value = mantissa / 10^scale */
struct decimal {
    int64_t mantissa;
    unsigned scale; /* 0 to DECIMAL_SCALE_MAX */
};

/* How a file writes numbers. `group` is 0 where thousands are not separated. */
struct decimal_style {
    char point; /* '.' or ',' */
    char group; /* ',', '.', ' ', '\'' or 0 */
};

/* Reads an optional sign or surrounding parentheses (negative), digits, groups and decimals;
 * surrounding blanks are ignored. Exponents, currency signs and anything else are ERR_INPUT;
 * more than 18 significant digits or DECIMAL_SCALE_MAX decimals are ERR_RANGE (zeros at the end of
 * the decimals don't count). */
MUST_USE enum err decimal_parse(const char *text, size_t length, struct decimal_style style,
                                struct decimal *out_decimal);

MUST_USE enum err decimal_add(struct decimal a, struct decimal b, struct decimal *out_sum);
MUST_USE enum err decimal_multiply(struct decimal a, struct decimal b, struct decimal *out_product);

/* The value in units of 10^-decimals, exactly: ERR_INPUT when it is not a whole number of them. */
MUST_USE enum err decimal_to_minor_exact(struct decimal value, unsigned decimals,
                                         int64_t *out_minor);
/* The same, rounded as named where it is not whole. */
MUST_USE enum err decimal_to_minor(struct decimal value, unsigned decimals, enum rounding rounding,
                                   int64_t *out_minor);

#endif

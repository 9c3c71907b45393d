#include "base/amount.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

__extension__ typedef __int128 wide;

static const char *const rounding_names[ROUNDING_COUNT] = {
    [ROUNDING_DOWN] = "down",
    [ROUNDING_UP] = "up",
    [ROUNDING_HALF_UP] = "half_up",
    [ROUNDING_HALF_EVEN] = "half_even",
};

const char *rounding_name(enum rounding rounding)
{
    return (unsigned)rounding < ROUNDING_COUNT ? rounding_names[rounding] : "unknown";
}

enum err rounding_parse(const char *name, enum rounding *out_rounding)
{
    for (unsigned i = 0; i < ROUNDING_COUNT; i++) {
        if (strcmp(name, rounding_names[i]) == 0) {
            *out_rounding = (enum rounding)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

enum err int64_add(int64_t a, int64_t b, int64_t *out_sum)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        return ERR_RANGE;
    }
    *out_sum = sum;
    return ERR_OK;
}

enum err int64_sub(int64_t a, int64_t b, int64_t *out_difference)
{
    int64_t difference;
    if (__builtin_sub_overflow(a, b, &difference)) {
        return ERR_RANGE;
    }
    *out_difference = difference;
    return ERR_OK;
}

/* The step away from zero that the rounding adds to a quotient truncated towards zero. */
static bool rounds_away(wide quotient, wide remainder, wide divisor, enum rounding rounding)
{
    wide twice = 2 * (remainder < 0 ? -remainder : remainder);
    switch (rounding) {
    case ROUNDING_UP:
        return remainder != 0;
    case ROUNDING_HALF_UP:
        return twice >= divisor;
    case ROUNDING_HALF_EVEN:
        return twice > divisor || (twice == divisor && quotient % 2 != 0);
    case ROUNDING_DOWN:
    case ROUNDING_COUNT:
        break;
    }
    return false;
}

enum err int64_mul_div(int64_t a, int64_t b, int64_t c, enum rounding rounding,
                       int64_t *out_quotient)
{
    if (c <= 0) {
        return ERR_INPUT;
    }
    wide product = (wide)a * b;
    wide quotient = product / c;
    wide remainder = product % c;
    if (rounds_away(quotient, remainder, c, rounding)) {
        quotient += product < 0 ? -1 : 1;
    }
    if (quotient > INT64_MAX || quotient < INT64_MIN) {
        return ERR_RANGE;
    }
    *out_quotient = (int64_t)quotient;
    return ERR_OK;
}

enum err points_add(struct points a, struct points b, struct points *out_sum)
{
    return int64_add(a.minor, b.minor, &out_sum->minor);
}

enum err points_sub(struct points a, struct points b, struct points *out_difference)
{
    return int64_sub(a.minor, b.minor, &out_difference->minor);
}

enum err money_add(struct money a, struct money b, struct money *out_sum)
{
    return int64_add(a.minor, b.minor, &out_sum->minor);
}

enum err money_sub(struct money a, struct money b, struct money *out_difference)
{
    return int64_sub(a.minor, b.minor, &out_difference->minor);
}

const char *amount_format(int64_t minor, unsigned decimals, char out_text[AMOUNT_TEXT_MAX])
{
    ASSERT(decimals <= 9);
    uint64_t scale = 1;
    for (unsigned i = 0; i < decimals; i++) {
        scale *= 10;
    }
    uint64_t magnitude = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    const char *sign = minor < 0 ? "-" : "";
    if (decimals == 0) {
        snprintf(out_text, AMOUNT_TEXT_MAX, "%s%" PRIu64, sign, magnitude);
    } else {
        snprintf(out_text, AMOUNT_TEXT_MAX, "%s%" PRIu64 ".%0*" PRIu64, sign, magnitude / scale,
                 (int)decimals, magnitude % scale);
    }
    return out_text;
}

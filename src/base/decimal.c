#include "base/decimal.h"

static int64_t power_of_ten(unsigned exponent)
{
    int64_t power = 1;
    while (exponent-- > 0) {
        power *= 10;
    }
    return power;
}

static struct decimal normalise(struct decimal value)
{
    while (value.scale > 0 && value.mantissa % 10 == 0) {
        value.mantissa /= 10;
        value.scale--;
    }
    return value;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Strips blanks, one sign or one pair of parentheses; tells whether the number is negative. */
static bool strip_sign(const char **text, size_t *length)
{
    while (*length > 0 && is_blank((*text)[0])) {
        (*text)++;
        (*length)--;
    }
    while (*length > 0 && is_blank((*text)[*length - 1])) {
        (*length)--;
    }
    if (*length >= 2 && (*text)[0] == '(' && (*text)[*length - 1] == ')') {
        (*text)++;
        *length -= 2;
        return true;
    }
    if (*length > 0 && ((*text)[0] == '-' || (*text)[0] == '+')) {
        bool is_negative = (*text)[0] == '-';
        (*text)++;
        (*length)--;
        return is_negative;
    }
    return false;
}

struct digits {
    int64_t mantissa;
    unsigned scale;
    unsigned pending_zeros; /* zeros after the point that count only if a digit follows */
    unsigned digits_seen;
    bool is_after_point;
};

static enum err push_digit(struct digits *d, int digit)
{
    d->digits_seen++;
    if (d->is_after_point && digit == 0) {
        d->pending_zeros++;
        return ERR_OK;
    }
    unsigned shift = 1 + d->pending_zeros;
    if (d->is_after_point && d->scale + shift > DECIMAL_SCALE_MAX) {
        return ERR_RANGE;
    }
    for (unsigned i = 0; i < shift; i++) {
        if (d->mantissa > 99999999999999999) {
            return ERR_RANGE;
        }
        d->mantissa *= 10;
    }
    d->mantissa += digit;
    if (d->is_after_point) {
        d->scale += shift;
    }
    d->pending_zeros = 0;
    return ERR_OK;
}

enum err decimal_parse(const char *text, size_t length, struct decimal_style style,
                       struct decimal *out_decimal)
{
    bool is_negative = strip_sign(&text, &length);
    struct digits d = {0};
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c >= '0' && c <= '9') {
            TRY(push_digit(&d, c - '0'));
        } else if (c == style.point && !d.is_after_point) {
            d.is_after_point = true;
        } else if (c != style.group || style.group == 0 || d.is_after_point || d.digits_seen == 0) {
            return ERR_INPUT;
        }
    }
    if (d.digits_seen == 0) {
        return ERR_INPUT;
    }
    out_decimal->mantissa = is_negative ? -d.mantissa : d.mantissa;
    out_decimal->scale = d.scale;
    return ERR_OK;
}

enum err decimal_add(struct decimal a, struct decimal b, struct decimal *out_sum)
{
    unsigned scale = a.scale > b.scale ? a.scale : b.scale;
    struct decimal sum = {.scale = scale};
    int64_t left;
    int64_t right;
    if (a.scale > DECIMAL_SCALE_MAX || b.scale > DECIMAL_SCALE_MAX ||
        __builtin_mul_overflow(a.mantissa, power_of_ten(scale - a.scale), &left) ||
        __builtin_mul_overflow(b.mantissa, power_of_ten(scale - b.scale), &right)) {
        return ERR_RANGE;
    }
    TRY(int64_add(left, right, &sum.mantissa));
    *out_sum = normalise(sum);
    return ERR_OK;
}

enum err decimal_multiply(struct decimal a, struct decimal b, struct decimal *out_product)
{
    a = normalise(a);
    b = normalise(b);
    struct decimal product = {0, a.scale + b.scale};
    if (__builtin_mul_overflow(a.mantissa, b.mantissa, &product.mantissa)) {
        return ERR_RANGE;
    }
    product = normalise(product);
    if (product.scale > DECIMAL_SCALE_MAX) {
        return ERR_RANGE;
    }
    *out_product = product;
    return ERR_OK;
}

enum err decimal_to_minor_exact(struct decimal value, unsigned decimals, int64_t *out_minor)
{
    value = normalise(value);
    if (value.scale > decimals) {
        return ERR_INPUT;
    }
    return int64_mul_div(value.mantissa, power_of_ten(decimals - value.scale), 1, ROUNDING_DOWN,
                         out_minor);
}

enum err decimal_to_minor(struct decimal value, unsigned decimals, enum rounding rounding,
                          int64_t *out_minor)
{
    return int64_mul_div(value.mantissa, power_of_ten(decimals), power_of_ten(value.scale),
                         rounding, out_minor);
}

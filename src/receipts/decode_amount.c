#include <string.h>

#include "receipts/decode.h"

/* The numbers of a row, with their signs, before anything is made of them. */
struct figures {
    struct decimal quantity;
    struct decimal price;
    int64_t amount;
    int64_t points;
};

static bool is_mapped(const struct decoder *decoder, enum column_role role)
{
    return decoder->mapping->columns[role] != NULL;
}

/* A group has three digits, but for those before the last, which may have two (12,34,567): so that
 * a decimal comma read as a group, 1,50, isn't taken for 150. */
static bool is_grouping_whole(const char *text, struct decimal_style style)
{
    const char *group = style.group == 0 ? NULL : strchr(text, style.group);
    while (group != NULL) {
        size_t digits = strspn(group + 1, "0123456789");
        bool is_last = group[1 + digits] != style.group;
        if (digits != 3 && (is_last || digits != 2)) {
            return false;
        }
        group = is_last ? NULL : group + 1 + digits;
    }
    return true;
}

static const char *decode_decimal(struct decoder *decoder, enum column_role role,
                                  struct decimal *out_value)
{
    const char *text = decoder->texts[role];
    if (!is_mapped(decoder, role)) {
        return NULL;
    }
    if (text[0] == '\0') {
        return decode_refuse(decoder, "no %s", column_role_name(role));
    }
    enum err err = decimal_parse(text, strlen(text), decoder->mapping->number, out_value);
    if (err == ERR_OK && !is_grouping_whole(text, decoder->mapping->number)) {
        err = ERR_INPUT;
    }
    if (err == ERR_RANGE) {
        return decode_refuse(decoder, "%s %.32s has too many digits", column_role_name(role), text);
    }
    return err == ERR_OK ? NULL
                         : decode_refuse(decoder, "%s \"%.32s\" is not a number",
                                         column_role_name(role), text);
}

static const char *to_minor(struct decoder *decoder, struct decimal value, const char *what,
                            int64_t *out_minor)
{
    const struct mapping *mapping = decoder->mapping;
    enum err err =
        mapping->is_exact
            ? decimal_to_minor_exact(value, mapping->money_decimals, out_minor)
            : decimal_to_minor(value, mapping->money_decimals, mapping->rounding, out_minor);
    if (err == ERR_INPUT) {
        return decode_refuse(decoder, "%s has more than %u decimals", what,
                             mapping->money_decimals);
    }
    return err == ERR_OK ? NULL : decode_refuse(decoder, "%s is out of range", what);
}

static const char *decode_amount(struct decoder *decoder, struct figures *figures)
{
    struct decimal value = {0, 0};
    const char *reason = NULL;
    if (is_mapped(decoder, ROLE_AMOUNT)) {
        reason = decode_decimal(decoder, ROLE_AMOUNT, &value);
        return reason != NULL ? reason : to_minor(decoder, value, "the amount", &figures->amount);
    }
    if (!is_mapped(decoder, ROLE_UNIT_PRICE)) {
        return NULL;
    }
    reason = decode_decimal(decoder, ROLE_UNIT_PRICE, &figures->price);
    if (reason != NULL) {
        return reason;
    }
    if (figures->price.mantissa < 0) {
        return decode_refuse(decoder, "negative unit price %.32s", decoder->texts[ROLE_UNIT_PRICE]);
    }
    if (decimal_multiply(figures->quantity, figures->price, &value) != ERR_OK) {
        return decode_refuse(decoder, "quantity x unit price is out of range");
    }
    return to_minor(decoder, value, "quantity x unit price", &figures->amount);
}

static const char *decode_points(struct decoder *decoder, struct figures *figures)
{
    struct decimal value = {0, 0};
    const char *reason = decode_decimal(decoder, ROLE_POINTS, &value);
    if (reason != NULL || !is_mapped(decoder, ROLE_POINTS)) {
        return reason;
    }
    enum err err = decimal_to_minor_exact(value, decoder->points_decimals, &figures->points);
    if (err == ERR_INPUT) {
        return decode_refuse(decoder, "points %.32s have more than %u decimals",
                             decoder->texts[ROLE_POINTS], decoder->points_decimals);
    }
    if (err != ERR_OK || figures->points > LIMIT_POINTS_PER_COMMAND ||
        figures->points < -LIMIT_POINTS_PER_COMMAND) {
        return decode_refuse(decoder, "points %.32s are out of range", decoder->texts[ROLE_POINTS]);
    }
    return NULL;
}

static bool is_marked_return(const struct decoder *decoder)
{
    const struct mapping *mapping = decoder->mapping;
    if (mapping->is_returns_only) {
        return true;
    }
    if (mapping->return_prefix != NULL &&
        strncmp(decoder->texts[ROLE_RECEIPT], mapping->return_prefix,
                strlen(mapping->return_prefix)) == 0) {
        return true;
    }
    return mapping_values_have(&mapping->return_values, decoder->texts[ROLE_KIND]);
}

static int sign_of(int64_t value)
{
    return (value > 0) - (value < 0);
}

/* -1, 0 or 1 for each of quantity, amount and points; the first that isn't 0 gives the direction
 * and the others have to agree. */
static const char *decode_direction(struct decoder *decoder, const struct figures *figures,
                                    bool *out_is_return)
{
    static const enum column_role roles[] = {ROLE_QUANTITY, ROLE_AMOUNT, ROLE_POINTS};
    const int signs[] = {is_mapped(decoder, ROLE_QUANTITY) ? sign_of(figures->quantity.mantissa)
                                                           : 0,
                         sign_of(figures->amount), sign_of(figures->points)};
    int sign = 0;
    enum column_role decider = ROLE_QUANTITY;
    for (unsigned i = 0; i < 3; i++) {
        if (sign == 0) {
            sign = signs[i];
            decider = roles[i];
        } else if (signs[i] != 0 && signs[i] != sign) {
            return decode_refuse(decoder, "%s %.32s and %s have different signs",
                                 column_role_name(decider), decoder->texts[decider],
                                 column_role_name(roles[i]));
        }
    }
    if (sign < 0 && !decoder->mapping->is_negative_return) {
        return decode_refuse(decoder, "negative %s %.32s and nothing says that it is a return",
                             column_role_name(decider), decoder->texts[decider]);
    }
    *out_is_return = sign < 0;
    return NULL;
}

static int64_t magnitude(int64_t value)
{
    ASSERT(value != INT64_MIN);
    return value < 0 ? -value : value;
}

const char *decode_amounts(struct decoder *decoder, struct entry *entry)
{
    struct figures figures = {.quantity = {1, 0}};
    const char *reason = decode_decimal(decoder, ROLE_QUANTITY, &figures.quantity);
    reason = reason == NULL ? decode_amount(decoder, &figures) : reason;
    reason = reason == NULL ? decode_points(decoder, &figures) : reason;
    entry->is_return = is_marked_return(decoder);
    if (reason == NULL && !entry->is_return) {
        reason = decode_direction(decoder, &figures, &entry->is_return);
    }
    if (reason == NULL && figures.amount == INT64_MIN) {
        reason = decode_refuse(decoder, "the amount is out of range");
    }
    if (reason != NULL) {
        return reason;
    }
    entry->quantity = figures.quantity;
    entry->quantity.mantissa = magnitude(figures.quantity.mantissa);
    entry->amount = magnitude(figures.amount);
    entry->points = magnitude(figures.points);
    return NULL;
}

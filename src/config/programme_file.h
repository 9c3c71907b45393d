/* programme.yaml: how a brand gives points, read and checked, in plain numbers.
 *
 *   version: 1
 *   currency: USD
 *   money_decimals: 2    # optional
 *   earn:
 *     points: 1          # so many points
 *     per: 1.00          # for each so much money
 *     rounding: down
 *     minimum: 5.00      # optional: nothing below this much money
 *   pending_days: 0      # optional: the return window
 *   expiry: {kind: end_of_month, months: 24}    # never | months | end_of_month
 *   burn: {refund_expired_grace_days: 14}       # optional
 *
 * A plain value: nothing to free.
 */
#ifndef CONFIG_PROGRAMME_FILE_H
#define CONFIG_PROGRAMME_FILE_H

#include "base/bytes.h"
#include "config/check.h"

enum programme_file_expiry {
    PROGRAMME_FILE_EXPIRY_NEVER,
    PROGRAMME_FILE_EXPIRY_MONTHS,      /* so many months after the points were given */
    PROGRAMME_FILE_EXPIRY_END_OF_MONTH /* with the end of that month */
};

struct programme_file {
    uint32_t version;
    struct currency currency;
    unsigned money_decimals;   /* of the currency; 2 unless the file says otherwise */
    int64_t earn_points_minor; /* in the coalition's points decimals, more than 0 */
    int64_t earn_per_minor;    /* money, more than 0 */
    enum rounding earn_rounding;
    int64_t earn_minimum_minor; /* money, 0 for none */
    unsigned pending_days;
    enum programme_file_expiry expiry;
    unsigned expiry_months;             /* 0 for never */
    unsigned refund_expired_grace_days; /* points given back to an expired lot live so long; 0 is
                                           not at all */
};

/* `points_decimals` is the charter's. ERR_INPUT with a note that names line and key, or what
 * document_read_file says. */
MUST_USE enum err programme_file_load(const char *path, unsigned points_decimals,
                                      struct programme_file *out_programme, struct note *note);
MUST_USE enum err programme_file_parse(struct slice yaml, const char *name,
                                       unsigned points_decimals,
                                       struct programme_file *out_programme, struct note *note);

#endif

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
 *   time_zone: Asia/Almaty  # optional: the brand's clock, of rules and of points' ends; else UTC
 *   pending_days: 0      # optional: the return window
 *   expiry: {kind: end_of_month, months: 24}    # never | months | end_of_month | fixed_date |
 *                                               # inactivity
 *   burn:                                       # optional, as each of its keys
 *     refund_expired_grace_days: 14
 *     points: 100                               # so many points pay
 *     worth: 1.00                               # so much of a basket; both or neither
 *     smallest: 500                             # points; fewer pay nothing
 *     largest_share: 50                         # percent of a basket, 100 when it isn't said
 *     except: [tobacco]                         # goods that points don't pay
 *   quotes: {for: 15m}                        # optional: how long a quote's promise holds, at most
 *                                             # 1d; else limits.quote_seconds of node.yaml
 *   debt: {limit: 500}                          # optional: most points that a member may owe
 *   fraud, transfers, by_hand: programme_guard.h
 *
 * Draws, surveys and goals are programme_plans.h's. With rules (programme_rules.h) `earn` may be
 * left out; with both it is their first rule, "earn", on the net amount.
 *
 * expiry by a fixed date: {kind: fixed_date, date: 12-31, months: 12}: with the next 31 December
 * that is at least 12 months off (months is optional); by inactivity: {kind: inactivity, months:
 * 18}.
 *
 */
#ifndef CONFIG_PROGRAMME_FILE_H
#define CONFIG_PROGRAMME_FILE_H

#include "base/bytes.h"
#include "base/arena.h"
#include "config/check.h"
#include "config/programme_plans.h"
#include "config/programme_guard.h"
#include "programme/quote.h"

enum programme_file_expiry {
    PROGRAMME_FILE_EXPIRY_NEVER,
    PROGRAMME_FILE_EXPIRY_MONTHS,       /* so many months after the points were given */
    PROGRAMME_FILE_EXPIRY_END_OF_MONTH, /* with the end of that month */
    PROGRAMME_FILE_EXPIRY_FIXED_DATE,   /* with a day of the year, and not before those months */
    PROGRAMME_FILE_EXPIRY_INACTIVITY    /* so many months after the member's last activity */
};

struct programme_file {
    uint32_t version;
    struct currency currency;
    char time_zone[LIMIT_TIME_ZONE_BYTES + 1]; /* empty: UTC */
    unsigned money_decimals;   /* of the currency; 2 unless the file says otherwise */
    int64_t earn_points_minor; /* in the coalition's points decimals; 0: there is no `earn` */
    int64_t earn_per_minor;    /* money, more than 0 */
    enum rounding earn_rounding;
    int64_t earn_minimum_minor; /* money, 0 for none */
    unsigned pending_days;
    enum programme_file_expiry expiry;
    unsigned expiry_months; /* 0 for never */
    unsigned expiry_month;  /* of the fixed date; else 0 */
    unsigned expiry_day;
    int64_t debt_limit_minor;           /* points; INT64_MAX for none */
    unsigned refund_expired_grace_days; /* points given back to an expired lot live so long; 0 is
                                           not at all */
    struct burn_terms burn;             /* of quotes; `except` is in the arena */
    int64_t quote_ms;                   /* how long a quote holds; 0: the node says it */
    struct programme_guard guard;       /* fraud, transfers, points by hand */
    bool has_rules;                     /* besides `earn` */
    struct rules_text rules;      /* `earn`, where it is there, and the others; in the arena */
    struct programme_plans plans; /* in the arena */
    struct arena arena;
};

/* Frees the rules. Zeroes, and a file that could not be read, are fine. */
void programme_file_fini(struct programme_file *programme);

/* `points_decimals` is the charter's. ERR_INPUT with a note that names line and key, or what
 * document_read_file says. */
MUST_USE enum err programme_file_load(const char *path, unsigned points_decimals,
                                      struct programme_file *out_programme, struct note *note);
/* The same, and puts down all mistakes rather than the first: of each rule, metric and so on the
 * first one; where the file has not even the shape of a programme, that and keys that belong
 * nowhere. Listed codes that differ in the case of letters alone are a mistake here only. The note
 * is needed.
 */
MUST_USE enum err programme_file_load_all(const char *path, unsigned points_decimals,
                                          struct check_faults *faults,
                                          struct programme_file *out_programme, struct note *note);
MUST_USE enum err programme_file_parse(struct slice yaml, const char *name,
                                       unsigned points_decimals,
                                       struct programme_file *out_programme, struct note *note);

#endif

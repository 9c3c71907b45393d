/* What guards a programme in programme.yaml:
 *
 *   fraud:
 *     review_days: 14        # points that wait for a review begin after so many days all the same
 *     late_days: 7           # a till that was offline tells of a purchase at most so long
 * afterwards rules:
 *       - rule: fast card
 *         counts: earns      # earns | points | burns | returns | referrals
 *         by: card           # card | cashier | till | card_at_cashier | card_at_till |
 *                            # referrer (of referrals alone)
 *         more_than: 5
 *         within: 1h         # 30m, 6h, 2d; at most 7d
 *         action: refuse     # alert | hold | refuse
 *       - rule: one card all day
 *         counts: earns
 *         by: card_at_cashier
 *         more_than: 10
 *         share: 25          # optional: percent of the cashier's own; of the card's purchases for
 *         within: 1d         # returns
 *         action: hold
 *   transfers:               # optional, as each of its keys: what one member gives to others
 *     per_gift: 1000
 *     per_day: 2000          # on the brand's clock
 *     per_month: 5000
 *     per_receiver: 2000     # a month, to one other member
 *   by_hand:
 *     points: 500            # optional: what one person may give alone; above it, two adjust
 */
#ifndef CONFIG_PROGRAMME_GUARD_H
#define CONFIG_PROGRAMME_GUARD_H

#include "config/document.h"
#include "programme/fraud.h"

struct check;

/* Points; INT64_MAX: no bound. */
struct transfer_caps {
    int64_t per_gift;
    int64_t per_day;
    int64_t per_month;
    int64_t per_receiver;
};

struct programme_guard {
    struct fraud_rules fraud;
    struct transfer_caps transfers;
    int64_t by_hand; /* points; INT64_MAX: no bound */
};

struct fraud_rule_yaml {
    char *rule;
    char *counts;
    char *by;
    char *more_than;
    char *share;
    char *within;
    char *action;
};

struct fraud_yaml {
    char *review_days;
    char *late_days;
    struct fraud_rule_yaml *rules;
    unsigned rules_count;
};

struct transfers_yaml {
    char *per_gift;
    char *per_day;
    char *per_month;
    char *per_receiver;
};

struct by_hand_yaml {
    char *points;
};

extern const cyaml_schema_field_t programme_fraud_fields[];
extern const cyaml_schema_field_t programme_transfers_fields[];
extern const cyaml_schema_field_t programme_by_hand_fields[];

/* The check says what is wrong. */
void programme_guard_check(struct check *check, const struct fraud_yaml *fraud,
                           const struct transfers_yaml *transfers,
                           const struct by_hand_yaml *by_hand, unsigned points_decimals,
                           struct programme_guard *out);

#endif

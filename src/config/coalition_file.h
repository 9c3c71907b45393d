/* coalition.yaml: what partners agree on before they sign it as a charter.
 *
 *   coalition: demo
 *   epoch: 1
 *   points: {name: Sparks, decimals: 0}
 *   settlement: {currency: USD, decimals: 2, period: month, grace_days: 3, netting: bilateral}
 *   signatures: {required: 2}              # root signatures that make an epoch valid
 *   tariffs:
 *     - id: 1
 *       name: standard
 *       issue_price_per_point: 0.0100      # the issuer pays the home, in settlement money
 *       redemption_price_per_point: 0.0100 # the home pays the redeemer
 *       rounding: half_even
 *   caps:                                  # net debit of one partner towards another
 *     net_debit: 50000.00
 *     when_full: refuse                    # optional: refuse | wait
 *     pairs:                               # optional exceptions
 *       - {debtor: grocer, creditor: fuel, net_debit: 20000.00}
 *   partners: [intro/grocer.intro, intro/fuel.intro]
 *
 * Paths are relative to the folder of the file.
 */
#ifndef CONFIG_COALITION_FILE_H
#define CONFIG_COALITION_FILE_H

#include "base/bytes.h"
#include "config/check.h"

enum coalition_period {
    COALITION_PERIOD_MONTH
};

enum coalition_netting {
    COALITION_NETTING_BILATERAL,
    COALITION_NETTING_MULTILATERAL
};

enum coalition_full_cap {
    COALITION_FULL_CAP_REFUSE,
    COALITION_FULL_CAP_WAIT
};

struct coalition_tariff {
    uint32_t id; /* 1 to 65535, unique */
    char name[LIMIT_NAME_BYTES + 1];
    struct decimal issue_price;      /* settlement money in major units for one whole point */
    struct decimal redemption_price; /* the same */
    enum rounding rounding;
};

struct coalition_pair_cap {
    struct partner_id debtor;
    struct partner_id creditor;
    int64_t net_debit_minor;
};

struct coalition_file {
    char coalition[LIMIT_COALITION_BYTES + 1];
    uint32_t epoch;
    char points_name[LIMIT_NAME_BYTES + 1];
    unsigned points_decimals;
    struct currency settlement_currency;
    unsigned settlement_decimals;
    enum coalition_period period;
    unsigned grace_days; /* after a period's end, before statements are due */
    enum coalition_netting netting;
    unsigned required_signatures; /* at most as many as partners */
    struct coalition_tariff tariffs[LIMIT_TARIFFS];
    size_t tariff_count; /* at least 1 */
    int64_t net_debit_minor;
    enum coalition_full_cap full_cap;
    struct coalition_pair_cap *pair_caps; /* owned */
    size_t pair_cap_count;
    struct config_path *partners; /* owned: the introductions, in the file's order */
    size_t partner_count;         /* at least 1 */
};

/* On success the caller ends the value with coalition_file_fini. ERR_INPUT with a note that names
 * line and key, or what document_read_file says. */
MUST_USE enum err coalition_file_load(const char *path, struct coalition_file *out_coalition,
                                      struct note *note);
MUST_USE enum err coalition_file_parse(struct slice yaml, const char *name, const char *folder,
                                       struct coalition_file *out_coalition, struct note *note);
void coalition_file_fini(struct coalition_file *coalition);

#endif

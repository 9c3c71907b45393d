/* Alerts: what a brand's fraud rules found, and what a person made of it, as ledger/rows.h has
 * other rows. The ledger knows no rules: it keeps what it was told, and lets a purchase's points
 * that wait for a review go when the review says so.
 *
 *   open -> innocent   points that were held begin as they would have
 *        -> fraud      whoever says so takes the purchase back, as a return
 *
 * An alert that nobody reviews stays open; points that it holds begin at their lot's own time.
 */
#ifndef LEDGER_ALERT_ROW_H
#define LEDGER_ALERT_ROW_H

#include "base/calendar.h"
#include "base/ident.h"
#include "base/limits.h"
#include "ledger/remark.h"
#include "ledger/view.h"

/* Numbers are stored; never renumber. */
enum alert_state {
    ALERT_OPEN = 1,
    ALERT_INNOCENT = 2,
    ALERT_FRAUD = 3,
    ALERT_STATE_END
};

enum alert_action {
    ALERT_ONLY = 1,
    ALERT_HELD = 2,    /* the sale's points wait */
    ALERT_REFUSED = 3, /* nothing was given */
    ALERT_ACTION_END
};

/* What was found, and in what. */
struct alert_finding {
    enum alert_action action;
    char rule[LIMIT_RULE_NAME_BYTES + 1];
    char subject[LIMIT_ALERT_BYTES + 1]; /* "card 9280010000000012", "cashier 7" */
    char found[LIMIT_ALERT_BYTES + 1];   /* with the numbers, in words */
    struct uid sale;                     /* that it is about; nil: none in particular */
    struct unix_ms begins_at;            /* of HELD: when its points would begin; 0: at once */
};

struct alert {
    enum alert_state state;
    struct alert_finding finding;
    struct unix_ms raised_at;
    struct unix_ms closed_at; /* 0: not yet */
    char by[LIMIT_IDENTITY_BYTES + 1];
    struct kept_remark reason;
};

/* The key is key_id of its transaction's id. */
void write_finding(struct buffer *out, const struct alert_finding *finding);
void read_finding(struct reader *in, struct alert_finding *out_finding);
void alert_encode(const struct alert *alert, struct buffer *out);
MUST_USE enum err alert_decode(struct slice value, struct alert *out_alert);
/* ERR_NOT_FOUND. */
MUST_USE enum err ledger_get_alert(const struct ledger_view *view, const struct uid *id,
                                   struct alert *out_alert);

#endif

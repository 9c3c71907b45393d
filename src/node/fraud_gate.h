/* The programme's fraud rules at work (programme/fraud.h): what the node's tills do is held against
 * them before the ledger is told, and what comes by other ways, from partners above all, as the
 * journal has it.
 *
 * What was counted is in memory, and follows from the journal: at a start the last window's rows
 * are read once more. A purchase counts from when a till tells of it; one that is refused by a rule
 * doesn't. A repeat is no second purchase.
 *
 * Alerts are the ledger's (ledger/alert_row.h). One about a purchase goes with it in one linked
 * batch; others are raised by the housekeeper.
 *
 * Thread-safe; waits for the journal's rows to be read.
 */
#ifndef NODE_FRAUD_GATE_H
#define NODE_FRAUD_GATE_H

#include "ledger/command.h"
#include "node/snapshot.h"

struct node;
struct fraud_gate;

/* What a rule makes of a purchase. */
struct fraud_decision {
    bool is_promised; /* by a quote: it is not refused */
    bool is_refused;
    bool has_alert;       /* to be raised: with the purchase, or alone when it is refused */
    struct command alert; /* RAISE_ALERT */
};

/* NULL without memory. */
struct fraud_gate *fraud_gate_create(struct node *node);
void fraud_gate_destroy(struct fraud_gate *gate); /* NULL is allowed */

/* Before the ledger is told of the purchase, whose terms are filled in: of one that is held, its
 * points begin later from now on. One that a quote promised is held where it would be refused.
 * Errors are the journal's and the store's. */
MUST_USE enum err fraud_gate_admit(struct fraud_gate *gate, const struct snapshot *snapshot,
                                   bool is_promised, struct command *earn,
                                   struct fraud_decision *out_decision);
/* The housekeeper's: reads what the journal has got, and raises what it finds. */
void fraud_gate_look(struct fraud_gate *gate);
/* The id of the alert about a purchase, and of the return that closes it as fraud. */
struct uid fraud_alert_id(const struct uid *sale);
struct uid fraud_return_id(const struct uid *alert);

#endif

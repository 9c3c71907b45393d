/* What the programme of the moment says about a purchase. */
#ifndef NODE_EARNING_H
#define NODE_EARNING_H

#include "ledger/command.h"
#include "node/snapshot.h"

struct node;

/* Fills rate, currency and lot terms into an earn command. The return window counts from the
 * purchase, the life of the points from when they are given: a receipt that comes late costs the
 * shopper nothing. Both end with a day of the programme's time zone, in which months are counted,
 * too: the points of one day are one lot. VERDICT_CURRENCY_MISMATCH when the command names another
 * currency than the programme's. */
MUST_USE enum verdict earning_terms(struct node *node, const struct snapshot *snapshot,
                                    struct unix_ms now, struct command *command);
/* Does an earn whose terms are filled in give no more than the bound? One that can't be reckoned
 * does not. */
MUST_USE bool earning_is_within(const struct command_earn *earn, struct points points_max);
/* Was the purchase with this id told before, when the programme had no rules? Then what is told now
 * is a repeat of it, and not judged. */
bool earning_was_by_rate(struct node *node, const struct uid *id);
/* The end of points that are given now without a purchase: when, 0 for never, and after how many
 * months without activity, 0 for no matter. */
void earning_life(struct node *node, const struct snapshot *snapshot, struct unix_ms now,
                  struct unix_ms *out_expires_at, uint8_t *out_idle_months);

#endif

/* What one member gives to others, within the programme's caps: for a gift, a day, a month, and a
 * month to one other member. Days and months are those of the brand's clock.
 *
 * What was given is counted in standings of the giver's own (ledger/standings.h), which change in
 * one linked batch with the transfer: so the caps are exact, however many gifts there are at once.
 * Into a pool is no gift; out of one it is a gift of the member who asks, unless to themselves.
 */
#ifndef NODE_GIFTS_H
#define NODE_GIFTS_H

#include "ledger/command.h"
#include "node/snapshot.h"

struct node;
struct outcome;

struct gift_refusal {
    char text[256]; /* names the cap and the numbers; empty: it was not refused for one */
};

/* Does the programme have caps? */
bool gifts_are_capped(const struct snapshot *snapshot);
/* Tells the ledger of the transfer, if the caps allow it; a repeat gets its answer again. Waits.
 * ERR_DENIED with the refusal's text; else the engine's errors. */
MUST_USE enum err gift_execute(struct node *node, const struct snapshot *snapshot,
                               const struct command *transfer, struct outcome *out_outcome,
                               struct gift_refusal *out_refusal);

#endif

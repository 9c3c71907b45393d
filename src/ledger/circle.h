/* Moves that lead in a circle, and how it is opened.
 */
#ifndef LEDGER_CIRCLE_H
#define LEDGER_CIRCLE_H

#include "ledger/decision.h"
#include "ledger/route.h"

/* Takes the member back whose card opens the circle, when it is ours. */
MUST_USE enum err circle_open(struct decision *d, const struct card_circle *circle);
/* The home of this card has opened the circle: what waited at a member of ours goes on. */
MUST_USE enum err circle_let_go(struct decision *d, const struct card_circle *circle,
                                const struct card_number *opener);
/* The standings of the circle's cards are this owner's. */
MUST_USE enum err circle_carry(struct decision *d, const struct card_circle *circle,
                               const struct standing_owner *to);

#endif

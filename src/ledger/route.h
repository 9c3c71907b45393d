/* Where a card leads: to the home that its prefix names, and from there to where its member moved
 * since. What a brand has heard of other brands' cards decides before their home is asked.
 */
#ifndef LEDGER_ROUTE_H
#define LEDGER_ROUTE_H

#include "clearing/roster.h"
#include "ledger/rows.h"

struct card_route {
    struct card_number card;           /* as its home knows it */
    const struct roster_partner *home; /* NULL: nobody's, or the moves lead nowhere */
    bool is_blocked;                   /* somewhere on the way a home refuses it */
};

/* All zero when nothing is known. */
MUST_USE enum err ledger_get_card_status(const struct ledger_view *view,
                                         const struct card_number *card,
                                         struct card_status *out_status);
/* Cards whose moves lead from one to the next, and from the last to the first. */
struct card_circle {
    struct card_number cards[LIMIT_CARD_HOPS];
    size_t count; /* 0: there is no circle */
};

/* The one that a move from `card` to `moved_to` leads into, perhaps by closing it. */
MUST_USE enum err ledger_get_circle(const struct ledger_view *view, const struct card_number *card,
                                    const struct card_number *moved_to,
                                    struct card_circle *out_circle);
bool circle_has(const struct card_circle *circle, const struct card_number *card);
/* The smallest: its home takes its member back. Not of an empty one. */
const struct card_number *circle_opens_at(const struct card_circle *circle);

/* Follows up to LIMIT_CARD_HOPS moves, and out of a circle by the card that opens it. Of our own
 * cards only those that moved are looked at: whether another one is blocked is its member's row to
 * say. */
MUST_USE enum err ledger_route_card(const struct ledger_view *view, const struct roster *roster,
                                    const struct card_number *card, struct card_route *out_route);
/* Would a move from `card` to `moved_to` lead back to `card`, or further than is followed? */
MUST_USE enum err ledger_route_loops(const struct ledger_view *view, const struct card_number *card,
                                     const struct card_number *moved_to, bool *out_loops);

#endif

/* Two shops compare halves with each other, and mend what differs, each step as a node does it. */
#ifndef TEST_COMPARING_H
#define TEST_COMPARING_H

#include "peer/apart.h"
#include "peer/exchange.h"
#include "peer/mending.h"
#include "shop.h"

/* A lie on the way back. */
typedef void lie_fn(struct compare_answer *answer, struct hash *hashes);

/* The shop asks the other. `lie` may be NULL. Close the comparison in any case. */
MUST_USE enum err street_compare(struct street *street, unsigned index,
                                 enum stream_direction direction, struct period period,
                                 struct comparison *comparison, lie_fn *lie, struct note *note);
/* Looks at the signatures on one of the differences, and acts. */
enum mend_action street_mend(struct street *street, unsigned index, struct comparison *comparison,
                             size_t difference, enum ruling *out_ruling, struct note *note);
/* What the comparison, by the first shop of the half that it sent, found is set apart by both,
 * unless the first one's words or (`loses_answer`) the other's are lost. */
MUST_USE enum err street_set_apart(struct street *street, const struct comparison *comparison,
                                   struct period period, bool loses_answer, struct note *note);
/* The first shop asks what the second one signed. */
MUST_USE enum err street_ask_apart(struct street *street, struct period period, struct note *note);
/* The shop, whose ledger is a copy, asks what both signed about the first one's half. */
MUST_USE enum err street_fetch_apart(struct street *street, unsigned index, struct period period,
                                     struct note *note);
/* The shop checks both of its halves; gives how many rows it put right. */
MUST_USE enum err street_check(struct street *street, unsigned index, struct period period,
                               uint32_t *out_mended, struct note *note);

/* The shop signs its statement, and does not show it yet. */
void street_propose(struct street *street, unsigned index, struct period period);
/* The shop shows its statement, and takes the answer unless it is `is_lost`. ERR_OK with a note:
 * they differ. */
MUST_USE enum err street_exchange(struct street *street, unsigned index, struct period period,
                                  bool is_lost, struct note *note);
struct pair_row street_pair(struct street *street, unsigned index, struct period period);
void street_close_period(struct street *street, unsigned index, struct period period);

#endif

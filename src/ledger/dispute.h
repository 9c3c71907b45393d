/* What the decisions about disputes share. Internal to the module. */
#ifndef LEDGER_DISPUTE_H
#define LEDGER_DISPUTE_H

#include "ledger/decision.h"

/* A dispute at hand: its key, and a working copy of its row. */
struct dispute_work {
    struct partner_id partner;
    enum stream_direction direction; /* of the disputed entry */
    uint64_t number;
    bool is_known;
    struct unix_ms due_before;
    enum dispute_state state_before; /* DISPUTE_DECLINED: there was none */
    struct dispute row;
};

MUST_USE enum err dispute_load(struct decision *d, const struct partner_id *partner,
                               enum stream_direction direction, uint64_t number,
                               struct dispute_work *out_work);
/* Writes the row, what is due of it, and how many there are. */
MUST_USE enum err dispute_store(struct decision *d, const struct dispute_work *work);

/* Fills in the disputed entry and whether it was applied, from the journal. May refuse. */
MUST_USE enum err dispute_find_entry(struct decision *d, struct dispute_work *work);
/* The machine's ruling by what this ledger has. */
MUST_USE enum err dispute_machine(const struct decision *d, const struct dispute_work *work,
                                  enum dispute_ruling *out_ruling);

/* Takes a step that is in order: state, notes, ruling, deadline. */
void dispute_move(struct decision *d, struct dispute_work *work, enum dispute_side by,
                  const struct dispute_part *part);

/* Points and money, dispute_books.c. */
/* Is the claim within what is left of the sale or the burn? Refuses with RETURN_EXCEEDS_SALE. */
MUST_USE enum err dispute_check_claim(struct decision *d, const struct dispute_work *work);
/* The entry's points into suspense, and out of its period's statement. At the entry's sender they
 * count as returned meanwhile, so that they can't be given back twice. */
MUST_USE enum err dispute_suspend(struct decision *d, const struct dispute_work *work);
/* As if it had not been opened. */
MUST_USE enum err dispute_unsuspend(struct decision *d, const struct dispute_work *work);
/* The correction is on its way (1), or was refused (-1): what we owe by it, against suspense. */
MUST_USE enum err dispute_owe_correction(struct decision *d, const struct dispute_work *work,
                                         int way);
/* Does what the outcome says, once the correction (in row.corrected_in) is taken; or when there is
 * none. Before all else in its plan, which it may begin anew. */
MUST_USE enum err dispute_settle(struct decision *d, const struct dispute_work *work);

#endif

/* The epochs that a node has accepted, oldest first; the last one is in force.
 *
 * Each follows from the one before (charter_follows), but for anchors: charters that an operator
 * put there by hand. Old epochs are kept for what was signed under them. A value; charters are
 * held, not copied. Thread rule: immutable once shared.
 */
#ifndef CHARTER_CHARTER_CHAIN_H
#define CHARTER_CHARTER_CHAIN_H

#include "charter/charter.h"

/* Zero-initialised is empty. */
struct charter_chain {
    struct charter **charters;
    size_t count; /* at most LIMIT_CHARTER_EPOCHS */
};

void charter_chain_fini(struct charter_chain *chain);
/* Holds the same charters. ERR_RESOURCE. */
MUST_USE enum err charter_chain_copy(const struct charter_chain *chain,
                                     struct charter_chain *out_copy);
/* Puts one more behind the last; takes the caller's hold. ERR_RESOURCE, and then it does not. */
MUST_USE enum err charter_chain_add(struct charter_chain *chain, struct charter *charter);

/* NULL when empty. */
struct charter *charter_chain_last(const struct charter_chain *chain);
/* NULL when there is none of this epoch. */
struct charter *charter_chain_find(const struct charter_chain *chain, uint64_t epoch);

/* Where a charter stands to the chain, by its epoch and its payload. */
enum charter_standing {
    CHARTER_KNOWN, /* it is in the chain */
    CHARTER_NEXT,  /* of the epoch behind the last */
    CHARTER_AHEAD, /* epochs between it and the last one are missing */
    CHARTER_PAST,  /* from before the chain begins, or of a gap in it */
    CHARTER_OTHER  /* another one than the chain has under this epoch: two stories */
};
enum charter_standing charter_chain_standing(const struct charter_chain *chain,
                                             const struct charter *charter);

/* May `charter`, which came from a partner, go behind the last? It must be the next, follow, and
 * carry its own signatures. ERR_CONFLICT or ERR_SIGNATURE with a note. */
MUST_USE enum err charter_chain_may_add(const struct charter_chain *chain,
                                        const struct charter *charter, struct note *note);

/* The partner's key of this id as the newest epoch that has it says; NULL when none has. */
const struct charter_key *charter_chain_key(const struct charter_chain *chain,
                                            const struct partner_id *partner,
                                            const struct key_id *id);
/* The same for a key that some epoch says was valid at `time`. */
const struct charter_key *charter_chain_key_at(const struct charter_chain *chain,
                                               const struct partner_id *partner,
                                               const struct key_id *id, struct unix_ms time);

#endif

/* Does a piece of evidence prove what it says? Needs nothing but its bytes and the charter. */
#ifndef CHARTER_EVIDENCE_PROOF_H
#define CHARTER_EVIDENCE_PROOF_H

#include "base/arena.h"
#include "charter/charter_chain.h"
#include "clearing/evidence.h"

/* The signatures are checked against all keys that any of the epochs has of the partner, however
 * long ago they were in use. ERR_OK: `*out_proves` tells whether the two stories contradict each
 * other (never of a claim), and the note says in a sentence what is proven, or why nothing is.
 * ERR_INPUT or ERR_SIGNATURE with a note for what is no evidence: malformed, of another coalition,
 * not signed by whom it names. What is decoded lives in the arena. */
MUST_USE enum err evidence_prove(const struct evidence *evidence, const struct charter_chain *chain,
                                 struct arena *arena, bool *out_proves, struct note *note);

#endif

/* What is signed of a disputed entry and of the dispute about it, as `talea dispute show --out`
 * writes it: proven from nothing but the file and the charter. It says who signed what, whether a
 * promise of the home's stands behind a capture, and what the two sides' steps come to.
 *
 * A file can't prove what is not in it: that there is no grant, when an entry arrived, what else
 * was taken under the same mandate, or that no further step was taken. */
#ifndef DOSSIER_DISPUTE_AUDIT_H
#define DOSSIER_DISPUTE_AUDIT_H

#include "clearing/authorisation.h"
#include "clearing/dispute.h"
#include "clearing/mandate.h"
#include "dossier/entry_proof.h"

enum dispute_promise {
    PROMISE_NOT_ASKED, /* the entry is no capture */
    PROMISE_NONE,      /* none is in the file */
    PROMISE_GRANT,
    PROMISE_MANDATE
};

struct dispute_proof {
    struct entry_proof disputed;
    enum dispute_promise promise;
    struct hold_grant grant;
    struct mandate mandate;
    bool is_covered;           /* by the promise, in amount and time */
    struct entry_proof *lines; /* its steps, as the file has them; in the arena */
    size_t line_count;
    enum dispute_side *sides; /* whose each is; in the arena */
    /* What those lead to that were taken; 0: the file does not have the opening. */
    enum dispute_state state;
    enum dispute_ruling outcome;
};

/* `bytes` is a GetDisputeEvidenceResponse. ERR_CORRUPT: the flaw is in the place's report;
 * ERR_NOT_FOUND with a note when the batch does not have the entry; ERR_RESOURCE. */
MUST_USE enum err dispute_audit(struct slice bytes, const struct charter_chain *chain,
                                uint64_t number, const struct audit_place *place,
                                struct arena *arena, struct dispute_proof *out_proof,
                                struct note *note);

#endif

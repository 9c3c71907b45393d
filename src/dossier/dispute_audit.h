/* What is signed of a disputed entry, as `talea dispute show --out` writes it: proven from nothing
 * but the file and the charter. It says who signed what, and whether a promise of the home's stands
 * behind a capture.
 *
 * A file can't prove what is not in it: that there is no grant, when an entry arrived, or what else
 * was taken under the same mandate. */
#ifndef DOSSIER_DISPUTE_AUDIT_H
#define DOSSIER_DISPUTE_AUDIT_H

#include "base/arena.h"
#include "charter/charter_chain.h"
#include "clearing/authorisation.h"
#include "clearing/mandate.h"
#include "dossier/report.h"

enum dispute_promise {
    PROMISE_NOT_ASKED, /* the entry is no capture */
    PROMISE_NONE,      /* none is in the file */
    PROMISE_GRANT,
    PROMISE_MANDATE
};

struct dispute_proof {
    struct partner_id sender; /* of the entry */
    struct partner_id receiver;
    uint64_t first_number; /* of its batch */
    uint64_t last_number;
    struct clearing_entry entry;
    struct hash entry_hash;
    char refusal[REASON_NAME_MAX]; /* empty: the receiver took it */
    struct key_id sender_key;
    struct key_id receiver_key; /* of the receipt */
    enum dispute_promise promise;
    struct hold_grant grant;
    struct mandate mandate;
    bool is_covered; /* by the promise, in amount and time */
};

/* `bytes` is a GetDisputeEvidenceResponse. ERR_CORRUPT: the flaw is in the place's report;
 * ERR_NOT_FOUND with a note when the batch does not have the entry; ERR_RESOURCE. */
MUST_USE enum err dispute_audit(struct slice bytes, const struct charter_chain *chain,
                                uint64_t number, const struct audit_place *place,
                                struct arena *arena, struct dispute_proof *out_proof,
                                struct note *note);

#endif

/* That an entry of a stream was said and answered: the batch that it travelled in under its
 * sender's signature, and the receiver's signed receipt for that batch. */
#ifndef DOSSIER_ENTRY_PROOF_H
#define DOSSIER_ENTRY_PROOF_H

#include "base/arena.h"
#include "charter/charter_chain.h"
#include "crypto/purpose.h"
#include "dossier/report.h"
#include "talea/v1/back_office.pb-c.h"
#include "wire/signed.h"

/* What is signed, as a message has it. */
struct entry_batch {
    const Talea__V1__Signed *head;
    const ProtobufCBinaryData *entries;
    size_t entry_count;
    const Talea__V1__Signed *receipt;
};

struct entry_proof {
    struct partner_id sender;
    struct partner_id receiver;
    uint64_t first_number; /* of its batch */
    uint64_t last_number;
    struct clearing_entry entry;
    struct hash entry_hash;
    char refusal[REASON_NAME_MAX]; /* empty: the receiver took it */
    struct key_id sender_key;
    struct key_id receiver_key; /* of the receipt */
};

/* By what an audit goes. */
struct proof_ground {
    const struct charter_chain *chain;
    const struct audit_place *place; /* keeps the flaw */
    struct arena *arena;
};

/* Signed by the partner, towards the peer, with a key that counts at that number. ERR_CORRUPT. */
MUST_USE enum err proof_open_signed(const struct proof_ground *ground,
                                    const Talea__V1__Signed *envelope, enum purpose purpose,
                                    const struct partner_id *signer, const struct partner_id *peer,
                                    uint64_t number, struct signed_message *out_message);
/* ERR_CORRUPT: the flaw is in the place's report. ERR_NOT_FOUND, with the batch's numbers in
 * `out_proof`: the batch is sound and does not have the entry. */
MUST_USE enum err entry_prove(const struct proof_ground *ground, const struct entry_batch *batch,
                              uint64_t number, struct entry_proof *out_proof);

#endif

/* Signed envelopes between the generated messages and the domain. */
#ifndef NODE_SIGNED_MESSAGE_H
#define NODE_SIGNED_MESSAGE_H

#include "base/arena.h"
#include "node/snapshot.h"
#include "talea/v1/peer.pb-c.h"
#include "wire/signed.h"

/* The message's fields; the payload is borrowed from it. ERR_INPUT when absent or malformed. */
MUST_USE enum err signed_of_message(const Talea__V1__Signed *message,
                                    struct signed_message *out_signed);
/* Borrowed from `from`, which must outlive it. */
void signed_to_message(const struct signed_message *from, Talea__V1__Signed *out_message);
/* Signed by one of the partner's online keys for this purpose, in this coalition? The note says
 * what is wrong. */
MUST_USE enum err signed_by_partner(const struct snapshot *snapshot,
                                    const struct signed_message *message, enum purpose purpose,
                                    const struct partner_id *partner, struct unix_ms now,
                                    struct note *note);
/* Appends what this node signed before (Signed bytes), as it is or, when its online key has changed
 * since, with the same payload signed by the key of today: partners take no other. */
MUST_USE enum err signed_renew(const struct signer *signer, uint64_t charter_epoch,
                               struct slice kept, struct buffer *out);

#endif

/* What two nodes tell each other of their charters (ExchangeCharter of proto/talea/v1/peer.proto):
 * which is in force, and the epochs that the other one lacks.
 */
#ifndef CHARTER_CHARTER_OFFER_H
#define CHARTER_CHARTER_OFFER_H

#include "base/limits.h"
#include "charter/charter_chain.h"
#include "talea/v1/peer.pb-c.h"

struct charter_offer {
    uint64_t epoch;
    struct hash payload_hash;
    struct slice charters[LIMIT_CHARTERS]; /* SignedCharter bytes, borrowed */
    size_t count;
};

/* To a node whose charter in force is of epoch `held` (0: it is not known, nothing is offered) with
 * this hash (NULL: not known): our later epochs, oldest first, as many as a message takes. When the
 * hash is not that of our epoch `held`: that one too. */
void charter_offer_make(const struct charter_chain *chain, uint64_t held, const struct hash *hash,
                        struct charter_offer *out_offer);

/* From the generated messages, which must outlive the offer. ERR_INPUT with a note for a hash of
 * another length, too many charters, or one of no or too many bytes. */
MUST_USE enum err charter_offer_of_request(const Talea__V1__ExchangeCharterRequest *message,
                                           struct charter_offer *out_offer, struct note *note);
MUST_USE enum err charter_offer_of_response(const Talea__V1__ExchangeCharterResponse *message,
                                            struct charter_offer *out_offer, struct note *note);

/* What a message of an offer points into. */
struct charter_offer_room {
    ProtobufCBinaryData charters[LIMIT_CHARTERS];
};

/* The messages borrow from the offer and the room. */
void charter_offer_to_request(struct charter_offer *offer, struct charter_offer_room *room,
                              Talea__V1__ExchangeCharterRequest *out_message);
void charter_offer_to_response(struct charter_offer *offer, struct charter_offer_room *room,
                               Talea__V1__ExchangeCharterResponse *out_message);

#endif

/* Signed envelopes between the generated messages and the domain, for who sends and takes whole
 * messages: the RPC adapters, and a simulation's network. */
#ifndef WIRE_SIGNED_MESSAGE_H
#define WIRE_SIGNED_MESSAGE_H

#include "talea/v1/peer.pb-c.h"
#include "wire/signed.h"

/* The message's fields; the payload is borrowed from it. ERR_INPUT when absent or malformed. */
MUST_USE enum err signed_of_message(const Talea__V1__Signed *message,
                                    struct signed_message *out_signed);
/* Borrowed from `from`, which must outlive it. */
void signed_to_message(const struct signed_message *from, Talea__V1__Signed *out_message);

#endif

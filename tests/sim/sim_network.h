/* The simulated network: bytes of the real messages, with what may become of them on their way.
 *
 * What a connection carries stays in order and whole, as TCP has it, until it is lost: then the
 * connection carries nothing more, and either side learns it when it waits in vain. A message that
 * stands for itself may come later all the same, when nobody waits for an answer any more. On top
 * of that come messages that are doubled, overtaken or changed, which TLS and TCP would not allow:
 * the protocol must not need them.
 */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include <protobuf-c/protobuf-c.h>

#include "sim.h"

/* `arrives`: the connection's order, NULL for a message that stands for itself. False: it is lost,
 * and the sender can't know. */
bool sim_network_send(struct sim_node *from, unsigned to, enum sim_message_kind kind,
                      uint64_t number, const ProtobufCMessage *message, int64_t *arrives);
/* In memory that lives until the next call; NULL when malformed. */
ProtobufCMessage *sim_network_read(const ProtobufCMessageDescriptor *descriptor,
                                   struct slice bytes);

#endif

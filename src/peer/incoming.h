/* A partner's clearing stream to us: each batch is verified, applied and durable before its receipt
 * goes back.
 *
 *   new -> resumed    the sender's first message says which receipt it holds; it gets the later
 *                     ones, in order, then an empty message: ready
 *   resumed           a receipt for each batch, in the order of the batches
 *
 * Any step that does not give ERR_OK ends the call; what was wrong has been sent by then, when the
 * sender can do something about it.
 */
#ifndef PEER_INCOMING_H
#define PEER_INCOMING_H

#include "peer/host.h"
#include "wire/clear.h"

/* Where answers go; as struct clear_port. */
struct answer_port {
    void *context;
    enum err (*send)(void *context, const struct clear_response *response);
};

/* One call of one partner. Zeroed memory with `sender` is a new one. */
struct incoming {
    struct partner_id sender; /* who the call's certificate says it is */
    bool is_resumed;
    struct batch_entry entries[LIMIT_CLEARING_BATCH];
};

/* Makes of the sender's next message what is to be made. */
MUST_USE enum err incoming_take(struct incoming *incoming, const struct peer_host *host,
                                const struct clear_request *request, const struct answer_port *port,
                                struct note *note);
/* A message of the sender's that is none; the note says why. Never ERR_OK. */
MUST_USE enum err incoming_refuse(struct incoming *incoming, const struct peer_host *host,
                                  const struct answer_port *port, const struct note *note);

#endif

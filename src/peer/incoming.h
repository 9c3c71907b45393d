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
};

/* A batch from its arrival to its receipt. Zeroed memory is a new one; it can be used again and
 * again, and is emptied by taking_fini. */
struct taking {
    struct batch_entry entries[LIMIT_CLEARING_BATCH];
    struct buffer bytes; /* of the entries */
    struct buffer head_signed;
    struct incoming_batch batch;
    struct batch_outcome outcome;
    struct engine_ticket *ticket;
    enum err err; /* why it was not given to the ledger */
    struct note note;
};
void taking_fini(struct taking *taking);

/* Makes of the sender's next message what is to be made; `taking` is room for that. */
MUST_USE enum err incoming_take(struct incoming *incoming, struct taking *taking,
                                const struct peer_host *host, const struct clear_request *request,
                                const struct answer_port *port, struct note *note);

/* The same in parts, so that batches overlap: while one is on its way to the disk the next is
 * verified. The first message opens; then each is begun, in their order, and each that was begun is
 * ended, in the same order, by whatever thread. After one that fails the others are dropped: the
 * ledger refuses what does not follow on what it has. */
MUST_USE enum err incoming_open(struct incoming *incoming, const struct peer_host *host,
                                const struct clear_request *request, const struct answer_port *port,
                                struct note *note);
/* Verifies and gives to the ledger. What is wrong is told at the end. */
void incoming_begin(const struct incoming *incoming, struct taking *taking,
                    const struct peer_host *host, const struct clear_request *request);
/* Waits until the batch is durable and answers. Does not read the host's view. */
MUST_USE enum err incoming_end(const struct incoming *incoming, struct taking *taking,
                               const struct peer_host *host, const struct answer_port *port,
                               struct note *note);
/* Waits, and answers nothing. */
void incoming_drop(struct taking *taking, const struct peer_host *host);
/* A message of the sender's that is none; the note says why. Never ERR_OK. */
MUST_USE enum err incoming_refuse(struct incoming *incoming, const struct peer_host *host,
                                  const struct answer_port *port, const struct note *note);

#endif

/* Our clearing stream to a partner: entries go out in signed batches, receipts come back.
 *
 *   closed -> opening   the partner is told which receipt we hold, and answers with later ones
 *   opening -> ready    its empty message: from here on batches, as many as the window has room for
 *   ready -> closed     the connection ended, or a step failed; what was not receipted goes again
 *
 * After any step that does not give ERR_OK the connection must be ended with outgoing_close.
 * Nothing here needs to be kept: where to go on is in the ledger.
 */
#ifndef PEER_OUTGOING_H
#define PEER_OUTGOING_H

#include "engine/outbox.h"
#include "peer/host.h"
#include "wire/clear.h"

/* Where requests go. `send` may block for flow control; what it is given lives for the call. */
struct clear_port {
    void *context;
    enum err (*send)(void *context, const struct clear_request *request);
};

/* A batch that was sent and not yet receipted. */
struct sent_batch {
    uint64_t first_number;
    uint32_t count;
    struct clearing_entry *entries;
    struct hash last_hash;
};

/* A receipt on its way into the ledger. */
struct receipt_taking {
    struct engine *engine;
    struct arena arena; /* of the receipt's lists */
    struct clearing_receipt receipt;
    struct buffer receipt_signed;
    struct sent_batch batch; /* that it answers */
    bool is_in_window;       /* the batch is the window's; else it was read again */
    struct incoming_receipt incoming;
    struct receipt_outcome outcome;
    struct engine_ticket *ticket;
};

/* Its fields are outgoing's own; hosts use the functions. One thread at a time. */
struct outgoing {
    struct partner_id partner;
    struct outbox_reader outbox;
    struct sent_batch window[LIMIT_CLEARING_WINDOW];
    size_t window_first;
    size_t window_count;
    struct receipt_taking takings[LIMIT_RECEIPTS_TOGETHER]; /* that were begun and are not ended */
    size_t takings_first;
    size_t takings_count;
    bool is_ready;
    bool is_shared;
    uint64_t sent_number;
    uint64_t receipted_number;
    uint64_t receipt_number;
};

/* The journal is borrowed until fini. */
void outgoing_init(struct outgoing *outgoing, const struct partner_id *partner,
                   const struct journal *journal);
void outgoing_fini(struct outgoing *outgoing);

/* A connection begins: sends the opening. */
MUST_USE enum err outgoing_open(struct outgoing *outgoing, const struct peer_host *host,
                                const struct clear_port *port, struct note *note);
/* Makes of one message of the partner what is to be made. ERR_DISAGREE: the stream is frozen. */
MUST_USE enum err outgoing_take(struct outgoing *outgoing, const struct peer_host *host,
                                const struct clear_response *response, struct note *note);
/* The same in parts, so that receipts share a flush of the disk: each message is begun, in their
 * order; then what was begun is ended, which waits until it is durable. A message that finds no
 * room ends the oldest. */
MUST_USE enum err outgoing_begin_take(struct outgoing *outgoing, const struct peer_host *host,
                                      const struct clear_response *response, struct note *note);
MUST_USE enum err outgoing_end_takes(struct outgoing *outgoing, const struct peer_host *host,
                                     struct note *note);
/* Was a batch sent whose receipt has not come yet? */
bool outgoing_expects_receipt(const struct outgoing *outgoing);
/* Is somebody waiting at a till for what the partner answers? Its ledger is one thread, which
 * answers nobody while it takes a batch: the batches to come are then shorter. */
void outgoing_share(struct outgoing *outgoing, bool is_shared);
/* Sends what there is while the window has room; nothing before the partner is ready. */
MUST_USE enum err outgoing_pump(struct outgoing *outgoing, const struct peer_host *host,
                                const struct clear_port *port, struct note *note);
/* The connection is over. */
void outgoing_close(struct outgoing *outgoing);

bool outgoing_is_ready(const struct outgoing *outgoing);
/* Is there a batch whose receipt is not in the ledger? */
bool outgoing_is_waiting(const struct outgoing *outgoing);

#endif

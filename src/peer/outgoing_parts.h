/* What the two files of the outgoing stream share. */
#ifndef PEER_OUTGOING_PARTS_H
#define PEER_OUTGOING_PARTS_H

#include "peer/outgoing.h"

/* Where the ledger is: the stream's last number, and what is receipted. ERR_DISAGREE: frozen. */
MUST_USE enum err outgoing_load(struct outgoing *outgoing, const struct peer_host *host,
                                uint64_t *out_last_number);
/* The oldest batch of the window is done. */
void outgoing_drop_first(struct outgoing *outgoing);
/* outgoing_receipt.c: of the connection that ends, and of the stream that does. */
MUST_USE enum err outgoing_begin_receipt(struct outgoing *outgoing, const struct peer_host *host,
                                         const struct signed_message *envelope, struct note *note);
/* How many of the window's oldest batches have their receipt on its way into the ledger. */
size_t outgoing_takings_in_window(const struct outgoing *outgoing);
/* Waits for all, and asks what came of none. */
void outgoing_drop_takings(struct outgoing *outgoing);
void outgoing_takings_fini(struct outgoing *outgoing);

#endif

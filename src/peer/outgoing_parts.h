/* What the two files of the outgoing stream share. */
#ifndef PEER_OUTGOING_PARTS_H
#define PEER_OUTGOING_PARTS_H

#include "peer/outgoing.h"

/* Where the ledger is: the stream's last number, and what is receipted. ERR_DISAGREE: frozen. */
MUST_USE enum err outgoing_load(struct outgoing *outgoing, const struct peer_host *host,
                                uint64_t *out_last_number);
/* The oldest batch of the window is done. */
void outgoing_drop_first(struct outgoing *outgoing);
/* outgoing_receipt.c */
MUST_USE enum err outgoing_take_receipt(struct outgoing *outgoing, const struct peer_host *host,
                                        const struct signed_message *envelope, struct note *note);

#endif

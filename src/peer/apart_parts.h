/* What is set apart of a half, with its entries; inside this module. */
#ifndef PEER_APART_PARTS_H
#define PEER_APART_PARTS_H

#include "peer/apart.h"

/* Large; on the heap. */
struct apart_lists {
    struct arena arena; /* of the entries' bytes */
    struct apart_half half;
    struct clearing_entry sent[LIMIT_APART_ENTRIES];
    struct clearing_entry received[LIMIT_APART_ENTRIES];
    struct apart_outcome outcome;
    uint32_t own_refused; /* of this side's list, as its ledger has it */
    bool is_signed;       /* by both: a ledger that is an older copy takes it again */
};

/* Does this ledger show it? That is: it has its own entries as the lists say; what it has besides
 * is one tree on both sides (without one yet: fills it in); no signature that it holds decides
 * any of it; it is little enough; the streams are where they may be. Fills in the outcome and what
 * was refused. Reads the whole half once. ERR_DISAGREE, ERR_UNAVAILABLE or ERR_UNSUPPORTED with a
 * note. */
MUST_USE enum err apart_check(const struct peer_host *host, const struct partner_id *partner,
                              enum stream_direction direction, struct apart_lists *lists,
                              struct note *note);

/* What is signed, with its entries. */
MUST_USE enum err apart_decode(struct slice payload, struct apart_lists *lists, struct note *note);
/* Durable: what is set apart of our half, or the partner's. */
MUST_USE enum err apart_keep(const struct peer_host *host, const struct partner_id *partner,
                             enum stream_direction direction, const struct apart_half *half,
                             struct slice own_signed, const struct signed_message *theirs,
                             struct note *note);

#endif

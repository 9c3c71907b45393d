/* One half of a pair's period as this ledger has it: the tree over its entries, and the entries.
 *
 * Rows of the ledger give whole subtrees of every TREE_ROW_LEVELS-th level; what lies between is
 * computed from them, and the lowest levels from the entries in the journal. So a question costs
 * some tens of rows, whatever the size of the half. One thread at a time.
 */
#ifndef PEER_HALF_H
#define PEER_HALF_H

#include "base/arena.h"
#include "engine/outbox.h"
#include "peer/host.h"
#include "settlement/tree.h"

#define HALF_BLOCK (1u << TREE_ROW_LEVELS) /* entries under one row */

struct half_view {
    const struct peer_host *host; /* of the step at hand */
    struct partner_id partner;
    enum stream_direction direction; /* OUT: what we sent */
    struct period period;
    uint64_t first_number;
    struct tree_reader tree; /* of as many entries as are looked at */

    /* Its own. */
    struct outbox_reader outbox; /* and the records it reads */
    uint64_t block;              /* whose leaves are at hand; UINT64_MAX: none */
    size_t leaf_count;
    struct hash leaves[HALF_BLOCK];
};

/* The half up to entry `last_number`, or (0) all of one that its mark ended. A half without entries
 * has the tree without leaves. ERR_UNAVAILABLE with a note when it is open, or changes just now;
 * ERR_UNSUPPORTED when it began before this ledger kept trees. In the caller's memory, which must
 * not move; close it in any case. */
MUST_USE enum err half_open(struct half_view *half, const struct peer_host *host,
                            const struct partner_id *partner, enum stream_direction direction,
                            struct period period, uint64_t last_number, struct note *note);
void half_close(struct half_view *half);

/* `bytes` as they travelled; they live for the call. */
typedef enum err half_visit(void *context, uint64_t number, struct slice bytes);
/* Entries of the direction, from number `first` on, whatever their period; ends before the first
 * that is not here. */
MUST_USE enum err half_entries(struct half_view *half, uint64_t first, uint64_t count,
                               half_visit *visit, void *visitor);

/* Called for each refused entry; the reason is a verdict's name and lives for the call. */
typedef enum err half_refusal(void *context, uint64_t number, const char *reason);
/* Which of these entries the receiver's receipts refuse, in order. ERR_NOT_FOUND: one of them has
 * no receipt, or its record is no longer there. */
MUST_USE enum err half_refusals(struct half_view *half, uint64_t first, uint64_t count,
                                half_refusal *visit, void *visitor);

/* The number of the receipt that answers the entry of this direction. ERR_NOT_FOUND: none yet. */
MUST_USE enum err half_receipt_of(struct half_view *half, uint64_t number, uint64_t *out_receipt);

/* A stream as a whole: neither a period nor a tree. What needs a period is not to be called of it.
 */
void half_begin(struct half_view *half, const struct peer_host *host,
                const struct partner_id *partner, enum stream_direction direction);

/* What one receipt answers, and the signatures on it. Zeroed is empty; keeps its memory from one
 * reading to the next. */
struct half_run {
    uint64_t first;
    uint64_t last;
    struct buffer receipt_signed;      /* by the entries' receiver */
    struct buffer head_signed;         /* by their sender: as it came, or ours as made now */
    struct buffer bytes;               /* of the entries, one behind the other */
    size_t ends[LIMIT_CLEARING_BATCH]; /* where each one ends in them */
    size_t count;
};
void half_run_fini(struct half_run *run);
/* The run of this receipt with its entries. ERR_NOT_FOUND when there is no such receipt. */
MUST_USE enum err half_run_read(struct half_view *half, uint64_t receipt, struct half_run *out_run);
/* Appends the receipt alone. */
MUST_USE enum err half_receipt_read(struct half_view *half, uint64_t receipt,
                                    struct buffer *out_signed);

/* The root of a half that its mark ended: from one row. Zeros when there is none to be said. */
MUST_USE enum err half_root(const struct ledger_view *view, enum stream_direction direction,
                            const struct partner_id *partner, struct period period,
                            const struct half *half, struct hash *out_root);

#endif

/* The state of a stream between two brands, and what a receiver makes of a batch.
 *
 *   sender:    append -> sent (stored) -> receipted (applied or refused)
 *   receiver:  batch checked (numbers, hashes, period) -> each entry applied or refused -> receipt
 *
 * Pure functions over values; the ledger stores the rows.
 */
#ifndef CLEARING_STREAM_H
#define CLEARING_STREAM_H

#include "clearing/entry.h"

enum stream_direction {
    STREAM_OUT = 1, /* our entries to the partner */
    STREAM_IN = 2   /* the partner's entries to us */
};

struct stream {
    uint64_t last_number; /* stored here; 0 when empty */
    struct hash last_hash;
    struct period period;         /* the open one: entries after last_number belong to it */
    uint64_t period_first_number; /* the first number of the open period */
    uint64_t bytes;               /* of all entries */
    /* OUT: up to where the partner's receipts go, and the latest of them. IN: the latest we gave.
     */
    uint64_t receipted_number;
    uint64_t receipt_number;
    struct hash receipt_hash; /* of the latest receipt's payload */
    bool is_frozen;           /* two stories under one number: nothing more is taken or sent */
    /* The ledger was restored from a copy: nothing is written or taken until the partner has shown
     * what it holds of us, and that is here again. */
    bool is_recovering;
};

struct stream stream_begin(struct period first_period);

/* The head of a batch as its sender signed it. */
struct batch_head {
    struct partner_id sender;
    struct partner_id receiver;
    uint64_t first_number;
    uint32_t count;
    struct hash previous_hash;
    struct hash last_hash;
};

struct batch_entry {
    struct clearing_entry entry;
    struct slice bytes; /* as received */
    struct hash hash;
};

/* What to do with a batch. */
enum batch_judgement {
    BATCH_TAKE,   /* follows on; apply all of it */
    BATCH_REPEAT, /* all of it is here already: give the latest receipt again */
    BATCH_GAP,    /* it begins beyond what is here: the sender must go back */
    BATCH_BROKEN, /* numbers, hashes, periods or the head contradict each other */
    BATCH_FORK,   /* it follows on from another entry than the one that is here: equivocation */
    BATCH_FROZEN, /* the stream is frozen */
    BATCH_WAIT    /* the receiver recovers what it lost: the sender must come again */
};

const char *batch_judgement_name(enum batch_judgement judgement);

/* Checks a whole batch against the receiver's stream before anything of it is applied. The
 * signature of the head was verified before. `note` says what is wrong; may be NULL. */
enum batch_judgement stream_judge(const struct stream *stream, const struct partner_id *self,
                                  const struct batch_head *head, const struct batch_entry *entries,
                                  size_t count, struct note *note);

/* Moves a stream over one more entry of `length` bytes. */
void stream_advance(struct stream *stream, const struct clearing_entry *entry,
                    const struct hash *hash, size_t length);

#endif

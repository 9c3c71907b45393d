/* A plan: what a command would do, before any of it is done. */
#ifndef LEDGER_PLAN_H
#define LEDGER_PLAN_H

#include "clearing/roster.h"
#include "ledger/lots.h"
#include "ledger/record.h"

/* Own entries as the bytes that travel (src/wire's encoder, or a simulation's). */
struct entry_codec {
    void *context;
    enum err (*encode)(void *context, const struct clearing_entry *entry, struct buffer *out);
    /* The way back, of bytes that `encode` made. */
    enum err (*decode)(void *context, struct slice bytes, struct clearing_entry *out_entry);
};

/* Everything a decision depends on besides the tables and the command. */
struct ledger_terms {
    const struct roster *roster;
    struct entry_codec codec;
    int64_t refund_grace_ms;  /* life of points that come back to an expired lot */
    struct points debt_limit; /* a clawback leaves no more owed than this; INT64_MAX: no limit */
    /* Own entries that may wait for one partner's receipt; 0: any number. What was promised still
     * has a reserve beyond it (LIMIT_OUTBOX_RESERVE_PART). */
    uint64_t outbox_entries;
};

/* An effect as it was planned, beside its bytes: those that most records are made of need not be
 * read to be applied. */
struct plan_step {
    enum effect_kind kind;
    union {
        struct effect_post post;
        struct effect_lot lot;
        struct effect_history history;
        size_t at; /* of all others: where the effect begins in `effects` */
    };
};

struct plan {
    enum verdict verdict;
    struct answer answer;
    struct id_table ids;   /* that the effects name */
    struct buffer effects; /* its `names` are the ids */
    uint32_t effect_count;
    struct plan_step *steps; /* effect_count of them */
    uint32_t step_room;
    struct buffer scratch; /* for composing rows and entries */
    bool has_entries;      /* something to send to partners */
};

void plan_init(struct plan *plan);
/* Keeps the memory. */
void plan_reset(struct plan *plan);
void plan_fini(struct plan *plan);

void plan_post(struct plan *plan, const struct account_ref *debit, const struct account_ref *credit,
               struct points points); /* nothing for 0 points */
void plan_lot(struct plan *plan, const struct uid *member, const struct lot_key *key,
              int64_t free_delta, int64_t held_delta);
void plan_total(struct plan *plan, const struct effect_total *total);
void plan_row(struct plan *plan, enum ledger_table table, const struct ledger_key *key,
              struct slice value);
void plan_delete(struct plan *plan, enum ledger_table table, const struct ledger_key *key);
/* `is_active`: an earn, a burn or a transfer, which counts against inactivity. */
void plan_history(struct plan *plan, const struct uid *member, uint64_t previous_row,
                  bool is_active);
void plan_mark(struct plan *plan, const struct effect_mark *mark);
/* Numbers, chains and encodes an entry at the end of the stream to `partner`, and moves the
 * caller's copy of that stream. */
/* The same of an entry that was written before: its bytes as they were. It follows on. */
MUST_USE enum err plan_entry_again(struct plan *plan, const struct partner_id *partner,
                                   struct stream *stream, const struct clearing_entry *entry,
                                   struct slice bytes);
MUST_USE enum err plan_entry(struct plan *plan, const struct ledger_terms *terms,
                             const struct partner_id *partner, struct stream *stream,
                             struct clearing_entry *entry);

#endif

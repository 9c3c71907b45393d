/* Two brands' desks with a post between them: alfa's shop, beta's members. What one sends the other
 * takes in batches, and answers with a receipt. */
#ifndef LEDGER_PAIR_H
#define LEDGER_PAIR_H

#include "desk.h"

enum {
    PAIR_ENTRIES = 2048,
    PAIR_BYTES = 512
};

/* One brand's entries to the other. */
struct pair_stream {
    size_t count;
    size_t taken;     /* by the other ledger */
    size_t receipted; /* back at the sender */
    uint64_t receipts;
    uint64_t row; /* rows of the sender's journal that were looked through */
    struct clearing_entry entries[PAIR_ENTRIES];
    uint8_t bytes[PAIR_ENTRIES][PAIR_BYTES];
    size_t lengths[PAIR_ENTRIES];
    enum verdict verdicts[PAIR_ENTRIES];
};

struct pair {
    struct desk alfa;
    struct desk beta;
    struct pair_stream from_alfa;
    struct pair_stream from_beta;
    struct uid member; /* beta's */
    struct card_number card;
};

void pair_init(struct pair *pair); /* large: not on the stack of a deep call */
void pair_fini(struct pair *pair);
/* A pair of its own in `*state`, for each test. */
int pair_setup(void **state);
int pair_teardown(void **state);

/* The other ledger takes what was sent and not taken. */
void pair_take(struct pair *pair, struct desk *from);
/* The sender hears what became of what was taken. */
void pair_receipt(struct pair *pair, struct desk *to);
/* Both, until nothing is on its way; then what is due is done, and again. */
void pair_settle(struct pair *pair);
/* What is due at this desk; false: nothing was. */
bool pair_due(struct desk *desk);
void pair_wait_days(struct pair *pair, int64_t days);
/* Alfa's or beta's period ends. */
void pair_mark(struct desk *desk);

struct desk *pair_other(struct pair *pair, const struct desk *desk);
struct pair_stream *pair_stream_of(struct pair *pair, const struct desk *desk);
/* Both accounts of both brands say the same, over all periods, and suspense is `suspended` points
 * of beta's claims (positive: beta's debit). */
void pair_assert_mirrored(struct pair *pair);
/* Net of one account of a desk's partner: credit less debit. */
int64_t pair_account(const struct desk *desk, enum account_kind kind, struct period period);

#endif

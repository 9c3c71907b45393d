/* Which sales a returned receipt gives back, and for how much of their amounts.
 *
 * A line is looked for among the sales' lines of the same product, newest sale first, not later
 * than the day of the return (days are UTC). One line that has enough left gives all of it; else it
 * is spread over several, when together they have enough; else it stays unmatched. What goes back
 * in money is the same share of the sale's own line, whatever the return's row says.
 *
 * What was found is kept under the return's id in the same transaction that takes it from the
 * sales, a refusal too: asked again, a return gets the same answer whatever came in between, and no
 * line ever gives more than it sold. So a sale must come before its returns.
 */
#ifndef STORE_RETURNS_H
#define STORE_RETURNS_H

#include "base/limits.h"
#include "store/archive.h"

#define RETURN_HASH_SIZE 16

enum return_result {
    RETURN_FOUND = 0, /* for at least one line */
    /* For no line; of several reasons the first of NOT_UNIQUE, EXCEEDS_SALE, NO_SALE. */
    RETURN_NO_SALE = 1,
    RETURN_NOT_UNIQUE = 2,
    RETURN_EXCEEDS_SALE = 3, /* there are such sales of the product; too little of it is left */
    RETURN_RESULT_COUNT
};

struct return_line {
    uint64_t product;
    int64_t quantity_micro; /* a line of nothing is never matched */
};

/* Hashes as in the archive. At least one of receipt, by_who and by_store must say where to look;
 * those that are set must all agree. */
struct return_request {
    struct uid id;
    struct unix_ms time;
    uint8_t body_hash[RETURN_HASH_SIZE]; /* of all that the caller said */
    uint64_t receipt;                    /* the sale's own number; then its time is not looked at */
    uint64_t who;
    uint64_t store;
    bool by_who;
    bool by_store;
    bool by_day; /* only sales of the same day */
    bool must_be_unique;
    const struct return_line *lines;
    size_t line_count; /* at most LIMIT_RECEIPT_LINES */
};

/* What one sale gives back. */
struct return_take {
    struct uid sale;
    int64_t amount_minor; /* 0: all that is left, of a sale without an amount */
    bool is_of_lines;     /* nothing in money: for who knows what its lines gave */
};

/* Of which line of that sale. Those of a line add up, over all returns, to what was returned of it.
 */
struct return_part {
    uint16_t take;
    uint16_t line;          /* its place on the receipt, from 1 on */
    int64_t quantity_milli; /* 0: all that is left of it */
};

struct return_allocation {
    uint8_t body_hash[RETURN_HASH_SIZE];
    enum return_result result;
    size_t line_count;
    bool line_matched[LIMIT_RECEIPT_LINES];
    size_t take_count;
    struct return_take takes[LIMIT_RETURN_SALES];
    size_t part_count; /* 0: not known, of a return that was kept by an earlier version, or many */
    struct return_part parts[LIMIT_RETURN_PARTS];
};

/* Room to work in; large, made once for many returns. One thread at a time. */
struct return_matcher;
MUST_USE enum err return_matcher_create(struct return_matcher **out_matcher);
/* NULL is allowed. */
void return_matcher_destroy(struct return_matcher *matcher);

/* The allocation of this return: the one that is kept, or a new one, which is then in the
 * transaction. `*out_is_kept` tells which. ERR_CONFLICT when the id was used with another body.
 * After any other error the transaction must be aborted. */
MUST_USE enum err return_allocate(struct return_matcher *matcher, struct archive_txn *txn,
                                  const struct return_request *request,
                                  struct return_allocation *out_allocation, bool *out_is_kept);

/* The money that goes back with `quantity` of a line of which that much is left: its share of what
 * was sold, half to even; the last part gets what is left. */
MUST_USE enum err return_share(const struct archive_line *line, int64_t quantity_micro,
                               int64_t *out_amount_minor);

#endif

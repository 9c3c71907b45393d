/* Gift cards in the books: what is on them is owed until it is spent, taken back, or the card is
 * over.
 *
 *   sold    what was paid for cards: the office's, and the price of a reward
 *   given   what is on cards that nobody paid for: an expense; less what was taken back of it
 *   spent   paid with cards, less what went back on them
 *   lapsed  what is left on cards that are over, from their day on
 *
 * Sums of a day (UTC) each, so that the entries don't grow with the payments. Vouchers are for
 * things, not for money, and are left out. Rows come in the order of the journal; what was posted
 * stays as it is when more come. Not thread-safe.
 */
#ifndef ACCOUNTING_GIFTS_H
#define ACCOUNTING_GIFTS_H

#include "accounting/settling.h"

enum gift_book_move {
    GIFT_BOOK_ISSUED,
    GIFT_BOOK_SPENT,
    GIFT_BOOK_REFUNDED,
    GIFT_BOOK_TAKEN_BACK /* as much as is left on it, at most the amount */
};

/* One change of one card. */
struct gift_book_change {
    struct unix_ms at;
    const char *number;
    enum gift_book_move move;
    struct money amount; /* 1 or more */
    struct money paid;   /* for an issued one, of the amount */
    int64_t until_day;   /* of an issued one: the first on which it is over, since 1970; 0: never */
    bool is_voucher;     /* of an issued one */
};

struct gift_card_book;
struct gift_book_day;

struct gift_book {
    struct unix_ms from; /* what is before this is not posted; 0: no bound */
    struct unix_ms to;   /* nor what is not before this; 0: no bound */
    void *cards;         /* a tree */
    struct gift_card_book *newest;
    struct gift_book_day *days; /* ascending */
    size_t day_count;
    size_t day_capacity;
};

void gift_book_init(struct gift_book *book, struct unix_ms from, struct unix_ms to);
void gift_book_fini(struct gift_book *book);
/* A change of a card that was never issued is left out. ERR_RESOURCE, ERR_RANGE. */
MUST_USE enum err gift_book_add(struct gift_book *book, const struct gift_book_change *change);
/* When all rows are in: posts. Cards whose day is not after `now` are over. */
MUST_USE enum err gift_book_finish(struct gift_book *book, struct unix_ms now,
                                   struct settling *settling);

#endif

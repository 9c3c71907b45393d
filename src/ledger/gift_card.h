/* Gift cards and vouchers: what is on them, as numbers of an owner of their own among the
 * standings.
 *
 *   issued -> in use -> used up     money in minor units, or pieces of a thing
 *      |  `-> cancelled             what gave it was taken back before it was used
 *      `----> blocked <-> open      by the office; nothing can be paid with it meanwhile
 *
 * A number is 16 digits, the first a 0, so that it is no member's card, the last a check digit
 * (ISO/IEC 7812-1, annex B). What comes here are groups of changes for CHANGE_STANDING; the ledger
 * refuses to let a balance fall below 0, and a return of more than was paid. Pure; any thread.
 */
#ifndef LEDGER_GIFT_CARD_H
#define LEDGER_GIFT_CARD_H

#include "ledger/standings.h"

#define GIFT_CARD_DIGITS   16u
#define GIFT_PIN_DIGITS    6u
#define GIFT_PIN_TRIES     5u                        /* wrong ones, before it is locked */
#define GIFT_PIN_LOCKED_MS (INT64_C(15) * 60 * 1000) /* and for how long */
#define GIFT_VALUE_MAX     INT64_C(100000000000)     /* on one, in minor units or pieces */
#define GIFT_CARD_STEPS    12u                       /* at most, in one group */

/* Numbers are stored; never renumber. */
enum gift_card_kind {
    GIFT_CARD_MONEY = 1, /* of the programme's currency */
    GIFT_CARD_THING = 2  /* a voucher: so many pieces of what is called so */
};

struct gift_number {
    char digits[GIFT_CARD_DIGITS + 1];
};

/* ERR_INPUT: it is none, or a digit is mistyped. Blanks and dashes are left out. */
MUST_USE enum err gift_number_parse(const char *text, struct gift_number *out_number);
/* The number with these 14 digits; only the lower ones of a larger value count. */
struct gift_number gift_number_make(uint64_t value);
struct standing_owner standing_of_gift_card(const struct gift_number *number);
/* Of an owner that is a gift card. */
struct gift_number gift_number_of(const struct standing_owner *owner);

/* What is on one. All zeroes: there is none. */
struct gift_card {
    enum gift_card_kind kind;
    int64_t value;     /* when it was issued */
    int64_t balance;   /* now */
    int64_t until_day; /* the first day on which it is over, since 1970-01-01 on the brand's clock;
                          0: never */
    int64_t issued_day;
    int64_t thing; /* of a voucher: gift_thing of its name */
    bool is_used;
    bool is_cancelled;
    bool is_blocked;
    int64_t wrong_pins;          /* in a row */
    struct unix_ms locked_until; /* 0: it isn't */
};

/* A number for a thing's name, never 0. */
int64_t gift_thing(struct slice name);
struct gift_card gift_card_of_row(const struct standing_row *row);

/* Each writes one group, or nothing where nothing changes; `card` is what it was. */
/* From nothing; STANDING_MOVED where there is one with this number. */
void gift_card_write_issue(struct buffer *groups, const struct gift_number *number,
                           const struct gift_card *card);
/* `amount` is 1 or more; STANDING_LIMIT where there is less. Wrong PINs are forgotten. */
void gift_card_write_payment(struct buffer *groups, const struct gift_number *number,
                             const struct gift_card *card, int64_t amount);
/* Takes back `amount` of a payment. */
void gift_card_write_refund(struct buffer *groups, const struct gift_number *number,
                            int64_t amount);
void gift_card_write_block(struct buffer *groups, const struct gift_number *number,
                           const struct gift_card *card, bool is_blocked);
/* One wrong PIN more, at `now`. */
void gift_card_write_wrong_pin(struct buffer *groups, const struct gift_number *number,
                               const struct gift_card *card, struct unix_ms now);
/* Wrong PINs are forgotten. */
void gift_card_write_right_pin(struct buffer *groups, const struct gift_number *number,
                               const struct gift_card *card);
/* What was issued is taken back; STANDING_MOVED once it was used. */
void gift_card_write_cancel(struct buffer *groups, const struct gift_number *number, int64_t value);
/* What a group of a gift card's changes did. */
enum gift_move {
    GIFT_MOVE_NONE, /* to its balance: a block, a PIN */
    GIFT_MOVE_ISSUED,
    GIFT_MOVE_SPENT,
    GIFT_MOVE_REFUNDED,
    GIFT_MOVE_TAKEN_BACK /* as much as is left on it, at most `amount` */
};

struct gift_change {
    enum gift_move move;
    int64_t amount;          /* 1 or more */
    struct gift_card issued; /* of GIFT_MOVE_ISSUED */
};

/* Of `count` steps that the reader stands before. Sticks to its error. */
void gift_card_read_change(struct reader *in, uint32_t count, struct gift_change *out_change);

#endif

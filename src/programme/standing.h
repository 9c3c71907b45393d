/* What a programme remembers of a member: numbers in slots, and how a judgement changes them.
 *
 * A slot is named by what it is and by its name in the programme's file, so that it stays the same
 * in every version that has the name. It has a number for each bucket of its window (window.h).
 * What is not there is 0. Plain values, borrowed; any thread.
 */
#ifndef PROGRAMME_STANDING_H
#define PROGRAMME_STANDING_H

#include "base/arena.h"
#include "programme/window.h"

enum slot_of {
    SLOT_GOODS = 1, /* kept by nobody: their names are told apart by it */
    SLOT_RULE = 2,  /* the same */
    SLOT_METRIC = 3,
    SLOT_CAP_AMOUNT = 4,    /* what a rule has given within a kind of window */
    SLOT_CAP_USES = 5,      /* how often it has given something there */
    SLOT_TIER = 6,          /* kept by nobody */
    SLOT_METRIC_LATEST = 7, /* a metric whose number is a day, or how far something went */
    SLOT_TERM_PAID = 9,     /* money paid for what is prolonged; variant 1: the days for it */
    SLOT_SEGMENT = 10,      /* kept by nobody */
    SLOT_CAMPAIGN = 11,     /* of a member, who is in its control group or has offers of it */
    SLOT_COUPON_TAKEN = 29, /* of a code: variant 0 how often sales took it, 1 how often quotes hold
                             * it; coupon.h says how both tell that it is revoked */
    SLOT_GIFT_BALANCE = 30, /* of a gift card (ledger/gift_card.h) */
    SLOT_GIFT_CARD = 31,    /* the same, all else that is kept of it */
    SLOT_COUPON = 8, /* of a code: variant 0 the first day on which it is over, 1 whose it is */
    SLOT_COUPON_COUNT = 16, /* of all codes of a coupon: variant 0 issued, 1 used, 2 revoked,
                             * 3 uses of those before they were */
    /* What the office says of a member, in STANDING_KEPT. */
    SLOT_REFERRER = 20,     /* who brought the member: halves of its id (ledger/referral.h) */
    SLOT_LIST = 21,         /* 1: the member is on the static list of that name */
    SLOT_RAISED = 22,       /* of an event that is still to be judged (ledger/referral.h) */
    SLOT_LINE_BACK = 23,    /* of a sale: how much of a line came back (returned_lines.h) */
    SLOT_PURCHASE_HAD = 24, /* of a rule for the n-th purchase: how often it was had */
    SLOT_METRIC_HELD = 25   /* of a metric: so much of its number is only promised by quotes; of one
                             * that may be spent it is slot_promised */
};

/* The bucket of numbers that belong to no programme: no version of one drops them. */
#define STANDING_KEPT INT64_C(-1)

/* What becomes of a number when two members become one. A slot's two lowest bits say it, so that
 * whoever keeps standings needs to know no programme. What only one of them has stays as it is. */
enum slot_merge {
    SLOT_SUMS = 0,     /* counts, amounts: one and the other */
    SLOT_LATEST = 1,   /* dates, levels: the larger one */
    SLOT_EARLIEST = 2, /* dates: the smaller one */
    SLOT_STAYS = 3     /* the receiver's own */
};

/* Never 0. `variant` is the kind of a cap's window, else 0. That names have different slots is
 * checked where a programme is read (rules.h). How it merges follows from what it is. */
uint64_t slot_named(enum slot_of of, unsigned variant, const char *name);
enum slot_merge slot_merge_of(uint64_t slot);
/* What is left of one and the other, of which either may be 0. ERR_RANGE. */
MUST_USE enum err slot_merge_values(uint64_t slot, int64_t own, int64_t other, int64_t *out_value);

/* Beside a number that may be spent, in its bucket, what open quotes hold of it: so much of it they
 * only promise, and so much they have spent of it already. So what is for good is the number less
 * the one and with the other, and no return takes that below 0: whoever keeps standings finds these
 * by the number's own slot, and they merge as it does. */
uint64_t slot_promised(uint64_t slot);
uint64_t slot_withheld(uint64_t slot);

struct standing_number {
    uint64_t slot;
    int64_t bucket; /* its first day; 0 of WINDOW_EVER */
    int64_t value;  /* not 0 */
};

/* Ascending by slot and bucket, none twice. */
struct standing {
    const struct standing_number *at;
    size_t count;
};

struct standing_change {
    uint64_t slot;
    int64_t bucket;
    int64_t before;
    int64_t after;
};

/* What a judgement changes, in the order in which it was first changed; each number once. */
struct standing_changes {
    struct standing_change *at; /* in an arena */
    size_t count;
    size_t capacity;
};

/* ERR_INPUT when it is not as said above, or longer than LIMIT_STANDING_NUMBERS. */
MUST_USE enum err standing_check(const struct standing *standing);

int64_t standing_value(const struct standing *standing, uint64_t slot, int64_t bucket);
/* Over the buckets from `first` to `last`. ERR_RANGE. */
MUST_USE enum err standing_sum(const struct standing *standing, uint64_t slot, int64_t first,
                               int64_t last, int64_t *out_sum);

/* The number with what was changed so far. */
int64_t standing_value_now(const struct standing *standing, const struct standing_changes *changes,
                           uint64_t slot, int64_t bucket);
/* Adds to a number. ERR_RANGE, ERR_RESOURCE. */
MUST_USE enum err standing_add(const struct standing *standing, struct standing_changes *changes,
                               struct arena *arena, uint64_t slot, int64_t bucket, int64_t delta);

/* The standing after the changes, in the arena's memory. ERR_CONFLICT when a number is not what the
 * changes say it was before; ERR_RESOURCE also when there are more than LIMIT_STANDING_NUMBERS. */
MUST_USE enum err standing_apply(const struct standing *standing,
                                 const struct standing_changes *changes, struct arena *arena,
                                 struct standing *out_standing);

#endif

/* How an occasion was judged, as bytes that are kept with what it gave: by which version of the
 * programme, on what standing, and what each rule gave. Judging again what comes back gives the
 * same, with a trace: so any point can be explained later.
 *
 * Pure; any thread.
 */
#ifndef PROGRAMME_KEPT_CASE_H
#define PROGRAMME_KEPT_CASE_H

#include "programme/judge.h"

/* As `struct item`, with the codes of a coupon that it is. */
struct kept_item {
    uint16_t rule;
    struct slice name;
    int64_t count;
    struct money worth;
    int64_t until_day;
    const struct slice *codes;
    size_t code_count; /* at most LIMIT_GIVEN_CODES */
};

struct kept_case {
    uint32_t programme;       /* its number in the ledger */
    struct occasion occasion; /* but for the birthday: it is personal, and not kept */
    struct standing standing; /* before the occasion, without what had passed by then */
    struct points points;
    struct money gross;
    struct money discount;
    const struct award *awards; /* by place in the version's text */
    size_t award_count;
    const struct code_verdict *codes; /* of each code of the occasion */
    const struct kept_item *items;    /* things that were given */
    size_t item_count;                /* at most LIMIT_RULES */
    struct points spent;
    struct money due;
    struct money refund;
};

/* Is it one? What others keep in the same place begins with 0x40 or more. */
bool kept_case_is(struct slice bytes);
/* Sticks to the buffer's error. */
void kept_case_encode(const struct kept_case *kept, struct buffer *out);
/* By its head: was it a sale? False also for bytes of another kind. */
bool kept_case_is_sale(struct slice bytes);
/* Texts point into the bytes, lists are in the arena. ERR_CORRUPT, ERR_RESOURCE. */
MUST_USE enum err kept_case_decode(struct slice bytes, struct arena *arena,
                                   struct kept_case *out_case);

#endif

/* An owner's numbers while a decision changes them. Internal to the module. */
#ifndef LEDGER_STANDING_WORK_H
#define LEDGER_STANDING_WORK_H

#include "ledger/decision.h"

/* What one command reverses and changes, before it is known that there is room. */
#define STANDING_WORK_MAX (LIMIT_STANDING_NUMBERS + 2 * LIMIT_STANDING_STEPS)

/* In the order of standing_check. Large. */
struct standing_work {
    size_t count;
    struct standing_number numbers[STANDING_WORK_MAX];
};

/* Of several refusals the first in ledger/precedence.h counts, so that all are looked for. */
struct standing_refusals {
    bool is_moved;
    bool is_limited;
    bool is_full;
};
enum verdict standing_refused(const struct standing_refusals *refusals);

MUST_USE enum err standing_work_get(const struct decision *d, const struct standing_owner *owner,
                                    struct standing_work *out_work);
/* The row, or its end when there are no numbers. */
void standing_work_put(struct decision *d, const struct standing_owner *owner,
                       const struct standing_work *work);
enum standing_way {
    STANDING_AS_SAID,
    STANDING_REVERSED, /* what ADD gave is taken back */
    STANDING_OF_FORMER /* the same, and SET leaves a number alone: of who was merged since */
};
/* `from` with the steps of a group. */
void standing_work_steps(const struct standing_work *from, struct reader steps, uint32_t count,
                         enum standing_way way, struct standing_work *out_work,
                         struct standing_refusals *refusals);
/* One with the other's numbers, as their slots say. */
void standing_work_merge(const struct standing_work *own, const struct standing_work *other,
                         struct standing_work *out_work);
/* What `other` brought when it was merged into `own`, as far as it is left, goes back: `out_own`
 * and `out_other` are what they have then. */
void standing_work_part(const struct standing_work *own, const struct standing_work *other,
                        struct standing_work *out_own, struct standing_work *out_other);

#endif

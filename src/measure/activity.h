/* What happened in a brand's shops, by calendar month: who bought, for how much, who came new, what
 * was given and spent. For each buyer it is known in which of 64 months there was a purchase, and
 * in which a second one, so that purchases may come in any order.
 *
 * Memory: 24 bytes for each buyer, twice at most. One thread.
 */
#ifndef MEASURE_ACTIVITY_H
#define MEASURE_ACTIVITY_H

#include <stddef.h>
#include <stdint.h>

#include "base/period.h"

#define ACTIVITY_MONTHS     64u
#define ACTIVITY_BUYERS_MAX (UINT64_C(1) << 26)

struct activity_month {
    uint64_t sales;
    int64_t amount; /* of them, minor units */
    uint64_t new_members;
    int64_t given; /* points, minor units */
    int64_t spent;
};

struct activity;

/* From the month on; what is before it, or beyond its months, is not counted. NULL without memory.
 */
struct activity *activity_create(struct period first_month);
void activity_destroy(struct activity *activity); /* NULL is allowed */
/* SIZE_MAX: none of its months. */
size_t activity_month_of(const struct activity *activity, struct period month);
struct activity_month *activity_at(struct activity *activity, size_t month);
/* A purchase of a buyer, whom a number stands for. ERR_RESOURCE. */
MUST_USE enum err activity_bought(struct activity *activity, size_t month, uint64_t buyer);

struct activity_buyers {
    uint64_t active; /* bought something in the month */
    uint64_t repeat; /* of these, for whom it wasn't the only purchase up to the month's end */
};
/* Looks at all buyers. */
struct activity_buyers activity_buyers_of(const struct activity *activity, size_t month);

#endif

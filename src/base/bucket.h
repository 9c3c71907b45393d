/* A token bucket as a plain value: how much of something may be asked for in a time.
 *
 * It fills at a rate and holds no more than a burst; each thing asked for takes its cost, or is
 * refused and takes nothing. Pure: time is an argument, and one that goes back fills nothing.
 * Thread rule: the owner's.
 */
#ifndef BASE_BUCKET_H
#define BASE_BUCKET_H

#include "base/calendar.h"

struct bucket_rate {
    uint32_t per_second; /* 0: no limit */
    uint32_t burst;      /* at least 1, unless there is no limit */
};

/* Zeros: full. */
struct bucket {
    int64_t level; /* thousandths */
    struct unix_ms at;
};

/* Takes `cost`, or gives false and in how many milliseconds it may be there. What costs more than
 * the burst is given when the bucket is full, and empties it. */
bool bucket_take(struct bucket *bucket, const struct bucket_rate *rate, uint32_t cost,
                 struct unix_ms now, int64_t *out_wait_ms);

#endif

#include "base/bucket.h"

static void fill(struct bucket *bucket, const struct bucket_rate *rate, struct unix_ms now)
{
    int64_t whole = (int64_t)rate->burst * 1000;
    int64_t passed = now.ms > bucket->at.ms ? now.ms - bucket->at.ms : 0;
    int64_t missing = whole - bucket->level;
    /* A thousandth for each of the rate and millisecond. */
    if (bucket->at.ms == 0 || missing <= 0 || passed > missing / rate->per_second) {
        bucket->level = whole;
    } else {
        bucket->level += passed * rate->per_second;
    }
    bucket->at = now;
}

bool bucket_take(struct bucket *bucket, const struct bucket_rate *rate, uint32_t cost,
                 struct unix_ms now, int64_t *out_wait_ms)
{
    if (rate->per_second == 0) {
        return true;
    }
    fill(bucket, rate, now);
    int64_t wanted = (int64_t)(cost < rate->burst ? cost : rate->burst) * 1000;
    if (bucket->level >= wanted) {
        bucket->level -= wanted;
        return true;
    }
    *out_wait_ms = (wanted - bucket->level + rate->per_second - 1) / rate->per_second;
    return false;
}

#include "peer/guard.h"

struct bucket_rate guard_rate(unsigned per_second)
{
    uint32_t burst = per_second > UINT32_MAX / 2 ? UINT32_MAX : per_second * 2;
    return (struct bucket_rate){.per_second = per_second, .burst = burst};
}

bool guard_take(struct guard *guard, const struct guard_limits *limits, enum guard_kind kind,
                uint32_t cost, struct unix_ms now, int64_t *out_wait_ms)
{
    return bucket_take(&guard->buckets[kind], &limits->rates[kind], cost, now, out_wait_ms);
}

bool guard_has(const struct guard *guard, const struct guard_limits *limits, enum guard_kind kind,
               struct unix_ms now, int64_t *out_wait_ms)
{
    struct bucket copy = guard->buckets[kind];
    return bucket_take(&copy, &limits->rates[kind], 1, now, out_wait_ms);
}

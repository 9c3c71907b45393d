#include "bench/budget.h"

static uint64_t left_ms(const struct budget *budget, uint64_t now_ns)
{
    return now_ns < budget->ends_ns ? (budget->ends_ns - now_ns) / UINT64_C(1000000) : 0;
}

uint64_t budget_share_ms(const struct budget *budget, uint64_t now_ns, uint64_t meant_ms,
                         unsigned rows)
{
    unsigned sharing = budget->rows_left > rows ? budget->rows_left : rows;
    uint64_t share = left_ms(budget, now_ns) * rows / sharing;
    if (budget->is_free || share >= meant_ms) {
        return meant_ms;
    }
    uint64_t least = meant_ms < BUDGET_SHARE_MS_MIN ? meant_ms : BUDGET_SHARE_MS_MIN;
    return share < least ? least : share;
}

bool budget_allows(const struct budget *budget, uint64_t now_ns, uint64_t ms)
{
    uint64_t kept = (uint64_t)budget->rows_left * BUDGET_KEPT_MS;
    return budget->is_free || ms + kept <= left_ms(budget, now_ns);
}

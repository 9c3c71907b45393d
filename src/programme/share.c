#include "programme/share.h"

#include <stdlib.h>

#include "base/amount.h"

struct lost {
    uint64_t remainder;
    size_t part;
};

static int compare_lost(const void *a, const void *b)
{
    const struct lost *x = a;
    const struct lost *y = b;
    if (x->remainder != y->remainder) {
        return x->remainder > y->remainder ? -1 : 1;
    }
    return (x->part > y->part) - (x->part < y->part);
}

enum err share_out(int64_t total, const int64_t *weights, size_t count, struct arena *arena,
                   int64_t *out_shares)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (weights[i] < 0) {
            return ERR_INPUT;
        }
        TRY(int64_add(sum, weights[i], &sum));
    }
    if (total < 0 || (sum == 0 && total != 0)) {
        return ERR_INPUT;
    }
    struct lost *lost = arena_alloc(arena, (count + 1) * sizeof lost[0]);
    int64_t *shares = arena_alloc(arena, (count + 1) * sizeof shares[0]);
    if (lost == NULL || shares == NULL) {
        return ERR_RESOURCE;
    }
    int64_t left = total;
    for (size_t i = 0; i < count; i++) {
        shares[i] = 0;
        if (sum > 0) {
            TRY(int64_mul_div(total, weights[i], sum, ROUNDING_DOWN, &shares[i]));
        }
        left -= shares[i];
        /* Both products may wrap; their difference is less than the sum. */
        uint64_t remainder =
            (uint64_t)total * (uint64_t)weights[i] - (uint64_t)shares[i] * (uint64_t)sum;
        lost[i] = (struct lost){remainder, i};
    }
    if (left > 0) {
        qsort(lost, count, sizeof lost[0], compare_lost);
        for (size_t i = 0; i < (size_t)left; i++) {
            shares[lost[i].part]++;
        }
    }
    for (size_t i = 0; i < count; i++) {
        out_shares[i] = shares[i];
    }
    return ERR_OK;
}

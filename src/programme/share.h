/* Shares a whole number out over parts by weight, to the last unit.
 *
 * Each part gets its share rounded down; what that leaves goes, one unit each, to those that lost
 * most by it (the method of the largest remainder; Hamilton), the earlier of two that lost the
 * same. Pure; any thread.
 */
#ifndef PROGRAMME_SHARE_H
#define PROGRAMME_SHARE_H

#include "base/arena.h"
#include "base/error.h"

/* The shares sum to `total`, and none is larger than its weight when `total` is not larger than the
 * sum of weights. Weights and total are 0 or more; with weights that are all 0 the total must be 0.
 * Scratch is taken from the arena. ERR_INPUT, ERR_RANGE, ERR_RESOURCE. */
MUST_USE enum err share_out(int64_t total, const int64_t *weights, size_t count,
                            struct arena *arena, int64_t *out_shares);

#endif

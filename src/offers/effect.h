/* What a campaign did: those with offers against its control group. Pure; any thread.
 *
 * Intervals of 95 % for differences of shares and of means, by the normal approximation (unpooled
 * variances; D. C. Montgomery and G. C. Runger, Applied Statistics and Probability for Engineers,
 * sections 10-1 and 10-6), in whole numbers, rounded outwards. With few members they say little,
 * and are wide.
 */
#ifndef OFFERS_EFFECT_H
#define OFFERS_EFFECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

__extension__ typedef unsigned __int128 effect_square;

/* Members of one group, summed up. */
struct effect_group {
    uint64_t members;
    uint64_t buyers;       /* bought goods that the offers are about */
    int64_t spend_minor;   /* on all goods */
    effect_square squares; /* of each member's spend */
};

/* `spend_minor` is from 0 to LIMIT_OFFER_MINOR. ERR_RANGE. */
MUST_USE enum err effect_add(struct effect_group *group, int64_t spend_minor, bool is_buyer);

/* A difference, from and to. */
struct effect_span {
    int64_t low;
    int64_t middle;
    int64_t high;
};

enum effect_verdict {
    EFFECT_TOO_FEW, /* a group has fewer than EFFECT_MEMBERS_MIN members */
    EFFECT_NONE,    /* chance alone makes such a difference */
    EFFECT_MORE,
    EFFECT_LESS,
    EFFECT_VERDICT_COUNT
};
#define EFFECT_MEMBERS_MIN 30u

struct effect {
    int64_t offered_share_ppm;
    int64_t control_share_ppm;
    struct effect_span share_ppm; /* of buyers, offered less control */
    int64_t offered_spend_minor;  /* of each member */
    int64_t control_spend_minor;
    struct effect_span spend_minor;
    enum effect_verdict of_share;
    enum effect_verdict of_spend;
};

/* Zeroes where a group has nobody. */
struct effect effect_of(const struct effect_group *offered, const struct effect_group *control);
/* A word for programs: "too_few", "none", "more", "less". */
const char *effect_verdict_name(enum effect_verdict verdict);

#endif

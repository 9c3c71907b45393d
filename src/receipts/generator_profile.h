/* What a style of shop looks like, as small tables. Internal to receipts/generator.c. */
#ifndef RECEIPTS_GENERATOR_PROFILE_H
#define RECEIPTS_GENERATOR_PROFILE_H

#include "receipts/generator.h"

#define PROFILE_STEPS 21 /* a price at each 5 % of the lines: 0, 5, ... 100 */

/* How often each of 1, 2, 3 ... was seen. */
struct profile_counts {
    const uint32_t *at;
    unsigned count;
};

struct generator_profile {
    const char *name;
    struct profile_counts lines;      /* of a receipt */
    struct profile_counts quantities; /* of a line */
    struct profile_counts visits;     /* of a member who comes in a month */
    unsigned active_per_1000;         /* members who come in a month */
    unsigned returns_per_1000;        /* of lines */
    const uint32_t *prices;           /* PROFILE_STEPS, in hundredths */
    const uint32_t *hours;            /* 24 */
    const uint32_t *weekdays;         /* 7, Monday first */
    unsigned products;
    unsigned stores;
    bool has_fuel; /* the first line of a receipt is litres of fuel */
};

const struct generator_profile *generator_profile(enum generator_style style);

#endif

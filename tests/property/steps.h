/* Random sequences. A step is a time and a handful of random numbers; what they mean is worked out
 * against the model as it is when the step is run, by picks that stay what they are when other
 * steps are left out. So a sequence can be cut to pieces and still says much the same.
 */
#ifndef PROPERTY_STEPS_H
#define PROPERTY_STEPS_H

#include "base/amount.h"
#include "base/clock.h"

enum {
    STEP_NUMBERS = 10,
    STEPS_MAX = 4000 /* in one run */
};

#define STEPS_START_MS INT64_C(1790000000000)

struct step {
    uint32_t serial;   /* names what the step makes */
    struct unix_ms at; /* never before the step in front of it */
    uint32_t numbers[STEP_NUMBERS];
};

/* How one run goes. */
struct mood {
    const char *name;
    uint32_t member_max;
    uint32_t pause_hours; /* between commands, at most, where time moves */
    uint32_t expiry_hours;
    uint32_t expiry_grain; /* hours: the coarser, the more earns share a lot */
    bool is_hoarding;      /* much is earned, little burned */
    bool is_crowding;      /* a partner gives a little, under very many terms */
    bool is_flooding;      /* a partner gives very much */
    bool is_merging;       /* many are enrolled and become few */
    bool is_moving;        /* from home to home, and round */
    int64_t refund_grace_ms;
    int64_t debt_limit;
    int64_t net_debit_cap; /* 0: none */
    bool waits_at_cap;
    uint64_t outbox_entries; /* 0: any number */
};

/* Sebastiano Vigna's splitmix64. */
uint64_t random_next(uint64_t *state);
/* A number that two others make together; the same on every machine. */
uint32_t random_mix(uint32_t a, uint32_t b);

/* What the seed says: the mood and `count` steps. */
void steps_draw(uint64_t seed, size_t count, struct mood *out_mood, struct step *out_steps);
/* Leaves only the steps that a list of serial numbers such as "3,17,20-25" names; gives how many
 * there are. ERR_INPUT for what is no such list. */
MUST_USE enum err steps_keep(const char *list, struct step *steps, size_t *count);
/* The list that names these steps, on standard output. */
void steps_print_list(const struct step *steps, size_t count);

/* An unsigned number of the environment; `otherwise` where there is none. Fails the test on
 * anything else. */
uint64_t environment_number(const char *name, uint64_t otherwise);

#endif

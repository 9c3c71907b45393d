/* The slots of a programme's metrics and caps, and the windows in which they are looked at.
 * Internal to this module. */
#ifndef PROGRAMME_RULES_SLOTS_H
#define PROGRAMME_RULES_SLOTS_H

#include "programme/rules.h"

struct cap_slots {
    uint64_t amount;
    uint64_t uses;
};

struct slot_window {
    uint64_t slot;
    struct window window;
    bool is_streak; /* then the window before it still counts */
    bool is_held;   /* by a quote that adds to it */
    struct held_marks marks;
};

struct rules_slots {
    uint64_t *metrics;
    uint64_t *held;      /* of each metric that sums; else 0 */
    uint32_t *cap_first; /* of each rule, where its caps begin in `caps`; one more */
    struct cap_slots *caps;
    uint64_t *had;               /* of each rule for the n-th purchase; else 0 */
    struct slot_window *windows; /* of metrics and caps, ascending by slot */
    size_t window_count;
};

/* ERR_INPUT with a note where two names are alike or would share a slot. */
MUST_USE enum err rules_slots_init(const struct rules_text *text, struct rules_slots *out_slots,
                                   struct note *note);
void rules_slots_fini(struct rules_slots *slots);

/* NULL: the programme does not have the slot. */
const struct slot_window *rules_slots_find(const struct rules_slots *slots, uint64_t slot);
/* Does something still look at the number on that day? */
bool rules_slots_look_at(const struct rules_slots *slots, const struct standing_number *number,
                         int64_t day);

#endif

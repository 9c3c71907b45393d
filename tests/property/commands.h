/* Random commands. A step is a handful of random numbers; what they mean is worked out against the
 * model as it is when the step is run, so that a sequence still makes sense when steps are left
 * out.
 */
#ifndef PROPERTY_COMMANDS_H
#define PROPERTY_COMMANDS_H

#include "model.h"

enum {
    STEP_NUMBERS = 10
};

struct step {
    uint32_t serial; /* names what the step makes */
    uint32_t numbers[STEP_NUMBERS];
};

/* How one run goes. */
struct mood {
    uint32_t member_max;
    uint32_t pause_hours; /* between commands, at most, where time moves */
    uint32_t expiry_hours;
    bool is_hoarding;      /* much is earned, little burned */
    uint32_t expiry_grain; /* hours: the coarser, the more earns share a lot */
};

/* What a command points to. */
struct command_room {
    struct clearing_entry entry;
    struct receipted_entry entries[64];
};

/* The time after `now` at which the step happens. */
struct unix_ms step_time(const struct step *step, const struct mood *mood, struct unix_ms now);
/* Leaves streams' numbers and hashes to the caller. */
void step_command(const struct step *step, const struct mood *mood, struct model *m,
                  struct unix_ms now, struct command_room *room, struct command *out_command);
/* One line for a person. */
void command_print(const struct command *command, struct unix_ms now);

#endif

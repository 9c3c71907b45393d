/* The steps of a draw: opened, closed, revealed, and what prizes give. Each waits; done again it
 * changes nothing. What the call sees is what it is then. */
#ifndef NODE_DRAW_STEPS_H
#define NODE_DRAW_STEPS_H

#include "node/draw_seen.h"

/* ERR_INPUT with a note when it can't be as it is planned. */
MUST_USE enum err draw_step_open(struct draw_seen *seen, struct note *note);

/* Hears how far the list is; false: give up. */
typedef bool draw_tell(void *context, uint64_t done, uint64_t total);
/* ERR_CONFLICT with a note: not open, not over yet, or nobody has a ticket. */
MUST_USE enum err draw_step_close(struct draw_seen *seen, draw_tell *tell, void *context,
                                  struct note *note);

/* `value` is what the beacon said, or empty. ERR_CONFLICT with a note: not closed, revealed with
 * another value, or a value where there is none to be. */
MUST_USE enum err draw_step_reveal(struct draw_seen *seen, const char *value, struct note *note);
/* Tells of those who won, and records the events of their prizes. `*out_gone` counts prizes whose
 * winner was erased. */
MUST_USE enum err draw_give_prizes(struct draw_seen *seen, const struct draw_member *members,
                                   uint32_t *out_gone, struct note *note);

#endif

/* Makes a failing sequence short: leaves out ever smaller pieces for as long as the rest still
 * fails (delta debugging, Zeller and Hildebrandt 2002). */
#ifndef PROPERTY_SHRINK_H
#define PROPERTY_SHRINK_H

#include "steps.h"

struct shrink_subject {
    void *context;
    /* Runs the steps from nothing. True when they fail; then after `*out_ran` of them. */
    bool (*fails)(void *context, const struct step *steps, size_t count, size_t *out_ran);
};

/* `steps` fail as a whole; gives how many are left of them. Stops looking for less after
 * `seconds`, where that is not 0. */
size_t shrink(const struct shrink_subject *subject, struct step *steps, size_t count,
              unsigned seconds);

#endif

/* Waiting awake: to sleep and be woken takes longer than much of what is waited for here.
 *
 * Others run meanwhile, so a busy machine loses nothing by it.
 */
#ifndef BASE_PATIENCE_H
#define BASE_PATIENCE_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#define PATIENCE_TURNS 100u /* of some 0.5 microseconds each when nobody else runs */

/* Looks at `flag` until it is set, but not for long. The caller sleeps then, when it must. */
static inline void patience_wait(const atomic_bool *flag)
{
    for (unsigned i = 0; i < PATIENCE_TURNS && !atomic_load(flag); i++) {
        (void)sched_yield();
    }
}

#endif

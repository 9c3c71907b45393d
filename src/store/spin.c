#include "store/spin.h"

#include <sched.h>
#include <time.h>

/* How a thread waits for a lock: it looks again so often, then lets others run, then sleeps. */
#define LOOKS    64u
#define YIELDS   16u
#define SLEEP_NS 50000

void spin_wait(atomic_bool *lock)
{
    unsigned turns = 0;
    do {
        for (unsigned i = 0; i < LOOKS && atomic_load_explicit(lock, memory_order_relaxed); i++) {
        }
        if (turns++ < YIELDS) {
            (void)sched_yield();
        } else {
            (void)nanosleep(&(struct timespec){.tv_nsec = SLEEP_NS}, NULL);
        }
    } while (atomic_exchange_explicit(lock, true, memory_order_acquire));
}

#include "store/spin.h"

#include <sched.h>
#include <time.h>

/* How a thread waits for a lock: it looks again so often, then lets others run, then sleeps. */
#define LOOKS    64u
#define YIELDS   16u
#define SLEEP_NS 50000

/* Longer than such a sleep. */
#define LET_IN_YIELDS 1000u

void spin_wait(struct spin *lock)
{
    unsigned turns = 0;
    atomic_fetch_add_explicit(&lock->waiting, 1, memory_order_relaxed);
    do {
        for (unsigned i = 0;
             i < LOOKS && atomic_load_explicit(&lock->is_held, memory_order_relaxed); i++) {
        }
        if (turns++ < YIELDS) {
            (void)sched_yield();
        } else {
            (void)nanosleep(&(struct timespec){.tv_nsec = SLEEP_NS}, NULL);
        }
    } while (atomic_exchange_explicit(&lock->is_held, true, memory_order_acquire));
    atomic_fetch_sub_explicit(&lock->waiting, 1, memory_order_relaxed);
}

void spin_let_in(const struct spin *lock)
{
    for (unsigned i = 0;
         i < LET_IN_YIELDS && atomic_load_explicit(&lock->waiting, memory_order_relaxed) > 0; i++) {
        (void)sched_yield();
    }
}

/* A lock that is held for some tens of nanoseconds, thousands of times in a batch: leaving it is a
 * plain store, which a mutex can't have. It is not fair: who leaves it and takes it again at once,
 * over and over, lets those in who wait for it in between. Zero-initialised is free.
 */
#ifndef STORE_SPIN_H
#define STORE_SPIN_H

#include <stdatomic.h>
#include <stdbool.h>

struct spin {
    atomic_bool is_held;
    atomic_uint waiting;
};

void spin_wait(struct spin *lock);
/* Not under the lock. Waits until those who wait for it had it, though not for ever. */
void spin_let_in(const struct spin *lock);

static inline void spin_lock(struct spin *lock)
{
    if (atomic_exchange_explicit(&lock->is_held, true, memory_order_acquire)) {
        spin_wait(lock);
    }
}

static inline void spin_unlock(struct spin *lock)
{
    atomic_store_explicit(&lock->is_held, false, memory_order_release);
}

#endif

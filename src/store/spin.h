/* A lock that is held for some tens of nanoseconds, thousands of times in a batch: leaving it is a
 * plain store, which a mutex can't have. */
#ifndef STORE_SPIN_H
#define STORE_SPIN_H

#include <stdatomic.h>
#include <stdbool.h>

void spin_wait(atomic_bool *lock);

static inline void spin_lock(atomic_bool *lock)
{
    if (atomic_exchange_explicit(lock, true, memory_order_acquire)) {
        spin_wait(lock);
    }
}

static inline void spin_unlock(atomic_bool *lock)
{
    atomic_store_explicit(lock, false, memory_order_release);
}

#endif

#include "node/event_gate.h"

#include <errno.h>
#include <time.h>

#include "base/limits.h"
#include "base/waiting.h"

void event_gate_init(struct event_gate *gate)
{
    pthread_condattr_t attributes;
    atomic_init(&gate->last_row, 0);
    atomic_init(&gate->waiting, 0);
    atomic_init(&gate->watchers, 0);
    pthread_mutex_init(&gate->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&gate->is_moved, &attributes);
    pthread_condattr_destroy(&attributes);
}

void event_gate_fini(struct event_gate *gate)
{
    pthread_cond_destroy(&gate->is_moved);
    pthread_mutex_destroy(&gate->lock);
}

/* Either this sees who waits, or who waits sees the row: both write before they read. */
void event_gate_move(struct event_gate *gate, uint64_t last_row)
{
    atomic_store(&gate->last_row, last_row);
    if (atomic_load(&gate->waiting) > 0) {
        pthread_mutex_lock(&gate->lock);
        pthread_cond_broadcast(&gate->is_moved);
        pthread_mutex_unlock(&gate->lock);
    }
}

bool event_gate_wait(struct event_gate *gate, uint64_t row, unsigned ms)
{
    struct timespec end = monotonic_after(ms);
    int result = 0;
    atomic_fetch_add(&gate->waiting, 1);
    pthread_mutex_lock(&gate->lock);
    while (atomic_load(&gate->last_row) < row && result != ETIMEDOUT) {
        result = pthread_cond_timedwait(&gate->is_moved, &gate->lock, &end);
    }
    pthread_mutex_unlock(&gate->lock);
    atomic_fetch_sub(&gate->waiting, 1);
    return atomic_load(&gate->last_row) >= row;
}

bool event_gate_enter(struct event_gate *gate)
{
    if (atomic_fetch_add(&gate->watchers, 1) < LIMIT_EVENT_WATCHERS) {
        return true;
    }
    atomic_fetch_sub(&gate->watchers, 1);
    return false;
}

void event_gate_leave(struct event_gate *gate)
{
    atomic_fetch_sub(&gate->watchers, 1);
}

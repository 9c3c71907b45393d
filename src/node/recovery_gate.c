#include "node/recovery_gate.h"

#include <errno.h>
#include <time.h>

#include "base/waiting.h"

void recovery_gate_init(struct recovery_gate *gate)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->has_opened, &monotonic);
    pthread_condattr_destroy(&monotonic);
    atomic_init(&gate->is_closed, true);
    gate->is_copy = false;
    gate->round = 0;
    gate->partners = gate->untried = 0;
}

void recovery_gate_fini(struct recovery_gate *gate)
{
    pthread_cond_destroy(&gate->has_opened);
    pthread_mutex_destroy(&gate->lock);
}

/* Under the lock. */
static void begin_round(struct recovery_gate *gate)
{
    gate->round++;
    gate->untried = gate->partners;
    atomic_store(&gate->is_closed, gate->partners > 0);
}

void recovery_gate_close(struct recovery_gate *gate, size_t partners, bool is_copy)
{
    pthread_mutex_lock(&gate->lock);
    gate->partners = partners;
    gate->is_copy = is_copy;
    begin_round(gate);
    pthread_mutex_unlock(&gate->lock);
}

void recovery_gate_reopen_round(struct recovery_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    if (!gate->is_copy) {
        gate->is_copy = true;
        begin_round(gate);
    }
    pthread_mutex_unlock(&gate->lock);
}

/* Under the lock. */
static void open_gate(struct recovery_gate *gate)
{
    atomic_store(&gate->is_closed, false);
    gate->is_copy = false; /* what is left to recover is marked in the ledger */
    pthread_cond_broadcast(&gate->has_opened);
}

/* Under the lock. */
static void count_tried(struct recovery_gate *gate, uint64_t round)
{
    if (round != gate->round && gate->untried > 0) {
        gate->untried--;
        if (gate->untried == 0) {
            open_gate(gate);
        }
    }
}

void recovery_gate_tried(struct recovery_gate *gate, uint64_t *round)
{
    pthread_mutex_lock(&gate->lock);
    if (*round != RECOVERY_GATE_LEFT) {
        count_tried(gate, *round);
        *round = gate->round;
    }
    pthread_mutex_unlock(&gate->lock);
}

void recovery_gate_leave(struct recovery_gate *gate, uint64_t *round)
{
    pthread_mutex_lock(&gate->lock);
    if (*round != RECOVERY_GATE_LEFT) {
        gate->partners -= gate->partners > 0;
        count_tried(gate, *round);
        *round = RECOVERY_GATE_LEFT;
    }
    pthread_mutex_unlock(&gate->lock);
}

void recovery_gate_join(struct recovery_gate *gate, uint64_t *round)
{
    pthread_mutex_lock(&gate->lock);
    gate->partners++;
    *round = gate->round;
    pthread_mutex_unlock(&gate->lock);
}

void recovery_gate_await(struct recovery_gate *gate, int64_t wait_ms)
{
    struct timespec until = monotonic_after(wait_ms);
    pthread_mutex_lock(&gate->lock);
    while (atomic_load(&gate->is_closed) &&
           pthread_cond_timedwait(&gate->has_opened, &gate->lock, &until) != ETIMEDOUT) {
    }
    if (atomic_load(&gate->is_closed) && !gate->is_copy) {
        open_gate(gate);
    }
    pthread_mutex_unlock(&gate->lock);
}

size_t recovery_gate_untried(struct recovery_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    size_t untried = atomic_load(&gate->is_closed) ? gate->untried : 0;
    pthread_mutex_unlock(&gate->lock);
    return untried;
}

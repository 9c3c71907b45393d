/* Whether a node may write yet. A ledger that may be an older copy of itself is compared with each
 * partner before anything new is written; a partner that does not answer is not waited for, but
 * nothing is written for it before it does (the streams are marked, in the ledger).
 *
 *   closed -> open     every partner was tried once, or, when there is no sign of a copy, the wait
 *                      is over
 *   open -> closed     a partner showed that the ledger is a copy: all are tried again
 *
 * Thread rule: any thread.
 */
#ifndef NODE_RECOVERY_GATE_H
#define NODE_RECOVERY_GATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECOVERY_GATE_LEFT UINT64_MAX /* the round of a partner that is not counted */

struct recovery_gate {
    pthread_mutex_t lock;
    pthread_cond_t has_opened;
    atomic_bool is_closed;
    bool is_copy; /* it is known */
    uint64_t round;
    size_t partners;
    size_t untried;
};

/* Closed: until it is known whether the ledger is a copy nothing is written, not what falls due. */
void recovery_gate_init(struct recovery_gate *gate);
void recovery_gate_fini(struct recovery_gate *gate);
/* Closes it for so many partners, before their sessions begin. */
void recovery_gate_close(struct recovery_gate *gate, size_t partners, bool is_copy);
/* The ledger is a copy after all: a new round, of which the caller is told the number. */
void recovery_gate_reopen_round(struct recovery_gate *gate);
/* One partner was tried; `*round` is its own, the last one it was counted in. */
void recovery_gate_tried(struct recovery_gate *gate, uint64_t *round);
/* Nobody asks this partner any more: all with it is settled, or it left the charter. It is not
 * waited for, in this round or a later one, until it comes back. */
void recovery_gate_leave(struct recovery_gate *gate, uint64_t *round);
/* A partner that was not counted when the gate was closed, or had left: later rounds wait for it.
 */
void recovery_gate_join(struct recovery_gate *gate, uint64_t *round);
/* Waits until it is open, or `wait_ms`; then opens it when nothing says that the ledger is a copy.
 */
void recovery_gate_await(struct recovery_gate *gate, int64_t wait_ms);
size_t recovery_gate_untried(struct recovery_gate *gate);

static inline bool recovery_gate_is_closed(const struct recovery_gate *gate)
{
    return atomic_load_explicit(&gate->is_closed, memory_order_relaxed);
}

#endif

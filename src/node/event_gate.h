/* Where those wait who want the journal's next row.
 *
 * Threads: any number wait; the engine's moves it on, and pays nothing while nobody waits.
 */
#ifndef NODE_EVENT_GATE_H
#define NODE_EVENT_GATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/error.h"

struct event_gate {
    atomic_uint_fast64_t last_row; /* durable */
    atomic_uint waiting;
    atomic_uint watchers;
    pthread_mutex_t lock;
    pthread_cond_t is_moved;
};

void event_gate_init(struct event_gate *gate);
void event_gate_fini(struct event_gate *gate);
/* Rows up to this one are durable. Never less than before. */
void event_gate_move(struct event_gate *gate, uint64_t last_row);
/* Until `row` is durable or the time is over; true when it is. */
bool event_gate_wait(struct event_gate *gate, uint64_t row, unsigned ms);

/* At most LIMIT_EVENT_WATCHERS at once. False: too many already. */
bool event_gate_enter(struct event_gate *gate);
void event_gate_leave(struct event_gate *gate);

#endif

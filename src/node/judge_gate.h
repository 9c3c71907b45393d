/* Occasions of one owner are judged one after the other: each sees what the one before it left,
 * and none is judged in vain. Owners that share a place wait for each other, too. Thread-safe.
 */
#ifndef NODE_JUDGE_GATE_H
#define NODE_JUDGE_GATE_H

#include <pthread.h>
#include <stdbool.h>

#include "ledger/standings.h"

#define JUDGE_GATE_PLACES 1024u

/* Embedded in what waits. */
struct judge_turn {
    struct judge_turn *next;
    unsigned place;
    void (*run)(struct judge_turn *turn); /* its turn has come; quick, on any thread */
};

struct judge_place {
    bool is_taken;
    struct judge_turn *first;
    struct judge_turn **last;
};

struct judge_gate {
    pthread_mutex_t lock;
    struct judge_place places[JUDGE_GATE_PLACES];
};

void judge_gate_init(struct judge_gate *gate);
void judge_gate_fini(struct judge_gate *gate);
/* True: it is its turn now, and `run` is not called. */
bool judge_gate_enter(struct judge_gate *gate, const struct standing_owner *owner,
                      struct judge_turn *turn);
/* Whose turn it was; runs the next one's. `turn` itself may be gone afterwards. */
void judge_gate_leave(struct judge_gate *gate, struct judge_turn *turn);

#endif

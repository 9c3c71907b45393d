/* The fraud gate inside: for node/fraud_gate.c, which admits, and node/fraud_look.c, which reads
 * the journal. */
#ifndef NODE_FRAUD_GATE_PARTS_H
#define NODE_FRAUD_GATE_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "node/fraud_gate.h"
#include "node/fraud_metrics.h"
#include "node/fraud_tally.h"

#define FRAUD_ROWS_AT_ONCE 512u /* of the journal, read while others wait */

struct fraud_gate {
    struct node *node;
    pthread_mutex_t lock;
    bool is_open;              /* what the rules in force count was read once; never closed again */
    struct fraud_tally *tally; /* NULL: no rules, or not open yet */
    struct fraud_metrics metrics;
    pthread_mutex_t reading;        /* one makes a new tally at a time; taken before the lock */
    bool is_failing;                /* to make one; told once */
    atomic_uint_fast64_t rows_left; /* of the journal, until the new tally has caught up */
};

#endif

/* What a completion queue hands back: each posted operation's tag is one of these. */
#ifndef RPC_COMPLETION_H
#define RPC_COMPLETION_H

#include <grpc/grpc.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/bytes.h"

struct completion {
    /* Runs once, on the queue's own thread, and must not block. */
    void (*run)(struct completion *completion, bool is_ok);
    void *owner;
};

/* The body of a queue's thread: runs completions until the queue is shut down and drained. */
static inline void completion_loop(grpc_completion_queue *queue)
{
    for (;;) {
        grpc_event event =
            grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
        if (event.type == GRPC_QUEUE_SHUTDOWN) {
            return;
        }
        if (event.type == GRPC_OP_COMPLETE) {
            struct completion *completion = event.tag;
            completion->run(completion, event.success != 0);
        }
    }
}

/* The next operation of a batch under construction, zeroed. */
static inline grpc_op *batch_add(grpc_op *ops, size_t *count, grpc_op_type type)
{
    grpc_op *op = &ops[(*count)++];
    memset(op, 0, sizeof *op);
    op->op = type;
    return op;
}

static inline struct slice slice_of_grpc(const grpc_slice *bytes)
{
    return slice_of(GRPC_SLICE_START_PTR(*bytes), GRPC_SLICE_LENGTH(*bytes));
}

#endif

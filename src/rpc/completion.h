/* What a completion queue hands back: each posted operation's tag is one of these. */
#ifndef RPC_COMPLETION_H
#define RPC_COMPLETION_H

#include <grpc/grpc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/bytes.h"

/* Zero-initialised but for `run` and `owner`. */
struct completion {
    /* Runs once, on the queue's own thread, and must not block. */
    void (*run)(struct completion *completion, bool is_ok);
    void *owner;
    atomic_uint posts; /* orders what came before a post before what its completion does */
};

/* Before each posting of the completion. C core orders the two by itself, but by means that a
 * thread sanitizer does not see. */
static inline void completion_arm(struct completion *completion)
{
    atomic_fetch_add_explicit(&completion->posts, 1, memory_order_release);
}

static inline void completion_run(const grpc_event *event)
{
    struct completion *completion = event->tag;
    unsigned posts = atomic_load_explicit(&completion->posts, memory_order_acquire);
    ASSERT(posts > 0);
    completion->run(completion, event->success != 0);
}

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
            completion_run(&event);
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

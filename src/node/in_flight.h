/* Commands that were submitted and not yet answered: lets a stream keep many under way and wait for
 * them together. */
#ifndef NODE_IN_FLIGHT_H
#define NODE_IN_FLIGHT_H

#include <pthread.h>
#include <stddef.h>

#include "rpc/server.h"

struct in_flight {
    pthread_mutex_t lock;
    pthread_cond_t is_fewer;
    size_t count;
};

void in_flight_init(struct in_flight *in_flight);
/* Nothing may be under way. */
void in_flight_fini(struct in_flight *in_flight);
/* Before a submission. */
void in_flight_begin(struct in_flight *in_flight);
/* When it is answered, or could not be submitted. Any thread; quick. What the caller wrote before
 * is seen by whoever waits. */
void in_flight_end(struct in_flight *in_flight);
/* Until at most `count` are under way. */
void in_flight_wait(struct in_flight *in_flight, size_t count);

/* What a stream of items does with them, in groups. `count` is that of the open group. */
struct in_flight_group {
    void *context;
    const size_t *count;
    enum err (*take)(void *context, const ProtobufCMessage *message);
    enum err (*flush)(void *context); /* also of an empty group */
};
/* Gives every message of the stream to `take`, and flushes when the caller pauses before a group is
 * full, and at the end. ERR_NOT_FOUND when the caller's last item is answered; else the first
 * error.
 */
MUST_USE enum err in_flight_serve(struct rpc_stream *stream, const struct in_flight_group *group);

#endif

#include "node/in_flight.h"

/* A caller that pauses for so long gets its answers before the group is full. */
#define PAUSE_MS 1

void in_flight_init(struct in_flight *in_flight)
{
    pthread_mutex_init(&in_flight->lock, NULL);
    pthread_cond_init(&in_flight->is_fewer, NULL);
    in_flight->count = 0;
}

void in_flight_fini(struct in_flight *in_flight)
{
    ASSERT(in_flight->count == 0);
    pthread_cond_destroy(&in_flight->is_fewer);
    pthread_mutex_destroy(&in_flight->lock);
}

void in_flight_begin(struct in_flight *in_flight)
{
    pthread_mutex_lock(&in_flight->lock);
    in_flight->count++;
    pthread_mutex_unlock(&in_flight->lock);
}

void in_flight_end(struct in_flight *in_flight)
{
    pthread_mutex_lock(&in_flight->lock);
    in_flight->count--;
    pthread_cond_signal(&in_flight->is_fewer);
    pthread_mutex_unlock(&in_flight->lock);
}

void in_flight_wait(struct in_flight *in_flight, size_t count)
{
    pthread_mutex_lock(&in_flight->lock);
    while (in_flight->count > count) {
        pthread_cond_wait(&in_flight->is_fewer, &in_flight->lock);
    }
    pthread_mutex_unlock(&in_flight->lock);
}

enum err in_flight_serve(struct rpc_stream *stream, const struct in_flight_group *group)
{
    for (;;) {
        const ProtobufCMessage *message;
        enum err err = *group->count == 0 ? rpc_stream_receive(stream, &message)
                                          : rpc_stream_receive_timed(stream, PAUSE_MS, &message);
        if (err == ERR_OK) {
            TRY(group->take(group->context, message));
            continue;
        }
        TRY(group->flush(group->context));
        if (err != ERR_DEADLINE) {
            return err;
        }
    }
}

#include "node/in_flight.h"

#include "base/error.h"

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

/* Commands that were submitted and not yet answered: lets a stream keep many under way and wait for
 * them together. */
#ifndef NODE_IN_FLIGHT_H
#define NODE_IN_FLIGHT_H

#include <pthread.h>
#include <stddef.h>

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

#endif

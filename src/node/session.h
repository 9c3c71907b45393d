/* One partner's session: our half of the pair. Internal to the module. */
#ifndef NODE_SESSION_H
#define NODE_SESSION_H

#include "node/node.h"
#include "node/peers.h"
#include "peer/outgoing.h"

/* Channels replaced by a reload stay open for so many more, for the calls on them to end. */
#define RETIRED_CHANNELS 4u

struct session {
    struct node *node;
    struct partner_id partner;
    struct rpc_client *client; /* under the lock */
    uint64_t client_generation;
    struct rpc_client *retired[RETIRED_CHANNELS];
    size_t retired_next;
    pthread_t thread;
    bool is_running;

    /* Shared, under the lock. */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    uint64_t wakes;
    bool is_stopping;
    struct rpc_client_stream *stream; /* the one to cancel when stopping */
    struct peer_report report;

    /* The session thread's own. */
    struct state_reader *reader;
    struct outgoing outgoing;
    uint64_t wakes_seen;
    struct note settle_note; /* what kept a period from settling, last time: logged once */
};

void *session_main(void *session);
/* The channel, made anew when the credentials changed since it was made. */
MUST_USE enum err session_channel(struct session *session, struct rpc_client **out_client,
                                  struct note *note);
/* Sleeps until woken, `ms` passed or stopping. False when stopping. */
bool session_wait(struct session *session, int64_t ms);
bool session_is_stopping(struct session *session);
void session_report(struct session *session, bool is_connected, const char *problem);

/* settle.c: one round over the closed periods of one partner. */
void session_settle(struct session *session);

#endif

/* One partner's session: our half of the pair. Internal to the module. */
#ifndef NODE_SESSION_H
#define NODE_SESSION_H

#include <stdatomic.h>

#include "node/node.h"
#include "node/peers.h"
#include "peer/netting_page.h"
#include "peer/outgoing.h"

/* Channels replaced by a reload stay open for so many more, for the calls on them to end. */
#define RETIRED_CHANNELS 4u

#define TOLD_PAYMENTS 64u

/* What a session said of a period's payment: nothing is kept of it when the node ends. */
struct told_payment {
    struct period period;
    uint64_t number; /* of the notice */
    int64_t remind_at_ms;
};

struct session {
    struct node *node;
    struct partner_id partner;
    struct rpc_client *client; /* under the lock */
    uint64_t client_generation;
    struct rpc_client *retired[RETIRED_CHANNELS];
    size_t retired_next;
    pthread_t thread;
    bool is_running;   /* it is to be joined */
    bool has_outgoing; /* it is initialised */

    /* Shared, under the lock. */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    uint64_t wakes;
    bool is_stopping;
    bool has_ended;         /* the thread does nothing more */
    time_t asked_at_s;      /* for its charter, out of turn; monotonic */
    uint64_t partner_epoch; /* of the charter in force there, as far as it said; 0: it did not */
    struct rpc_client_stream *stream; /* the one to cancel when stopping */
    struct peer_report report;
    struct reconcile_report reconciled[2]; /* of a closed period, of the open one */
    bool is_suspect;                       /* no answer came to what was asked last */
    atomic_int_fast64_t hold_asked_at_ms;  /* the last time; monotonic */

    /* The session thread's own. */
    struct state_reader *reader;
    struct outgoing outgoing;
    uint64_t wakes_seen;
    uint64_t tried_round;      /* of the recovery gate */
    uint64_t charter_told;     /* the epoch in force here when the partner was asked last */
    struct note mandates_note; /* why mandates could not be fetched, last time: logged once */
    struct note offers_note;   /* the same of offers of blocks */
    struct told_payment told[TOLD_PAYMENTS];
    struct netting_reading netting;          /* of what the partner has of a period's net */
    struct period finished[PERIOD_UNIT_END]; /* of each unit: nothing is left to do up to it */
    unsigned payment_changes;                /* of the node, when that was found */
    struct note settle_note; /* what kept a period from settling, last time: logged once */
};

void *session_main(void *session);
/* The channel, made anew when the credentials changed since it was made. */
MUST_USE enum err session_channel(struct session *session, struct rpc_client **out_client,
                                  struct note *note);
/* Sleeps until woken, `ms` passed or stopping. False when stopping. */
bool session_wait(struct session *session, int64_t ms);
/* Monotonic. */
int64_t session_clock_ms(void);
bool session_is_stopping(struct session *session);
void session_report(struct session *session, bool is_connected, const char *problem);

/* standin.c: fetches the partner's mandates for us when they are due. Gives the time until it wants
 * to be called again. */
int64_t session_fetch_mandates(struct session *session);

/* offers_exchange.c: asks for the blocks of points that the partner offers us. The same. */
int64_t session_fetch_offers(struct session *session);

/* mend.c: compares a period's halves with the partner's, and remembers what came of it. */
void session_reconcile(struct session *session, struct period period);
/* The same of the open period, as far as it is receipted. */
void session_reconcile_open(struct session *session);

/* mend.c: checks both halves of a period against their entries and puts rows right. Gives whether
 * there was something to be put right. */
bool session_check_rows(struct session *session, struct period period);
/* On a timer: closed periods of which this node would say now something else than it signed, and
 * those whose statements differ. */
void session_watch_closed(struct session *session);

/* settle.c: one round over the closed periods of one partner. */
void session_settle(struct session *session);
/* Closed periods that the pair has not agreed on yet, the oldest first; gives how many. */
size_t session_unsettled(struct session *session, struct period *out_periods, size_t max);
/* settle_netting.c: the net of all pairs of one closed period. */
MUST_USE enum err session_net(struct session *session, struct period period, struct note *note);
/* settle_payment.c: the same of the payment of one settled period. */
MUST_USE enum err session_pay(struct session *session, struct period period, struct note *note);
/* The partner or this brand leaves, both halves of the last period are cleared and agreed, and
 * nothing is left to say. */
bool session_is_over(struct session *session);
/* Is the net of all pairs of the period known, and netted here? */
bool session_net_is_done(struct session *session, struct period period);

/* charter_exchange.c: asks the partner which charter is in force there, takes what it has, gives it
 * what it lacks; when the channel is new, when it is time, or when it is known to lack one. */
void session_exchange_charter(struct session *session, bool is_due);

#endif

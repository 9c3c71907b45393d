/* One brand's node: everything that talead puts together.
 *
 *   till, back office, peers, administrators -> rpc -> services -> engine -> ledger
 *   engine -> sessions (one thread a partner) -> the partners' nodes
 *
 * Thread rule: `struct node` is made before the threads start; what changes afterwards is behind
 * its own lock (the snapshot, the sessions' states).
 */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include <pthread.h>

#include "base/clock.h"
#include "config/node_config.h"
#include "config/time_zone.h"
#include "engine/engine.h"
#include "node/credentials.h"
#include "node/disk_guard.h"
#include "node/event_gate.h"
#include "node/judge_gate.h"
#include "node/readers.h"
#include "node/recovery_gate.h"
#include "node/snapshot.h"
#include "peer/netting.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "telemetry/http.h"
#include "telemetry/log.h"

struct batch_rooms;
struct replier;
struct peers;
struct archive;
struct vault;
struct housekeeper;
struct insights;
struct node_metrics;
struct own_keys;
struct peer_guard;
struct notifier;
struct block_offers;
struct raiser;
struct audience;
struct fraud_gate;

/* The last time that the node closed a period by itself, or could not; the housekeeper's. */
struct period_told {
    struct period period;
    enum err err;
};

#define TALEA_VERSION "0.1.0"

#define NETTING_WATCHES 64u
#define GIFT_LOCKS      64u

/* How far the net of all pairs of a period is; nothing of it is kept when the node ends. */
struct netting_watch {
    struct period period;
    int64_t since_ms; /* when it was looked at first; monotonic */
    bool is_counted;
    bool is_done;
    char waits_for[128];
    struct netting_memory memory; /* until it is done */
};

struct node {
    struct node_config config;
    const char *config_path;
    struct clock_port clock;
    struct unix_ms started;
    struct log log;
    struct metrics *metrics;
    struct node_metrics *counters;
    struct own_keys *own_keys;
    atomic_bool has_key; /* one of them may sign now */
    struct peer_guard *peer_guard;
    pthread_mutex_t gift_locks[GIFT_LOCKS]; /* calls about one gift card take turns */
    pthread_mutex_t return_lock;            /* returns of sales that rules judged take turns */
    pthread_mutex_t review_lock;            /* and reviews of alerts do */
    struct fraud_gate *fraud_gate;
    struct block_offers *block_offers;
    pthread_mutex_t settle_lock; /* pairs' rows are read, changed and written under it */
    struct netting_watch netting[NETTING_WATCHES]; /* under it, too */
    pthread_mutex_t reload_lock;                   /* one change of what is in force at a time */
    pthread_mutex_t snapshot_lock;
    struct snapshot *snapshot;
    struct credentials *credentials;
    struct journal_file *journal_file;
    struct journal journal;
    struct state *state;
    struct engine *engine;
    struct reader_pool *readers;
    struct replier *replier;
    struct batch_rooms *batches;
    struct judge_gate judge_gate;
    struct event_gate events;
    struct recovery_gate recovery_gate;
    pthread_mutex_t peers_lock; /* the writer wakes them while they may be stopping */
    struct peers *peers;
    struct archive *archive;
    struct vault *vault;
    struct disk_guard disk_guard;
    struct notifier *notifier; /* NULL before it is started */
    struct insights *insights;
    struct housekeeper *housekeeper;
    struct raiser *raiser;
    struct audience *audience;
    struct time_zones time_zones;
    struct period_told period_told;
    bool has_met_somebody;       /* the housekeeper's: a partner was connected since the start */
    atomic_uint payment_changes; /* what was closed may be open again: counted */
    struct rpc_service services[11];
    struct rpc_server *server;
    struct http_server *http;
    atomic_bool is_serving;
};

/* Opens and starts everything; on failure nothing is left running and the note says why. */
MUST_USE enum err node_start(const char *config_path, struct node **out_node, struct note *note);
/* Reads and checks what a start would, up to the ledger, and starts nothing. `node` is zeroed
 * memory; end it with node_check_fini whatever comes out. */
MUST_USE enum err node_check(const char *config_path, struct node *node, struct note *note);
void node_check_fini(struct node *node);
/* Drains and stops. */
void node_stop(struct node *node);
/* The current one, held for the caller, who releases it. */
struct snapshot *node_snapshot(struct node *node);
struct unix_ms node_now(const struct node *node);
/* Adds what keeps the node from all of its work, a sentence each; any thread. `context`: the node.
 */
void node_check_readiness(void *context, struct readiness *readiness);

#endif

/* A simulated coalition: the real engine, protocol and ledger of several nodes in one thread, on a
 * clock, a network and disks that a seed decides about.
 *
 * The run is a list of steps (sim_workload.h), drawn up front, and events in order of virtual time
 * (sim_events.h): messages that arrive, tills that try again, nodes that start. All luck comes from
 * the seed, so that the same list and seed give the same run.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "base/period.h"
#include "charter/charter.h"
#include "engine/engine.h"
#include "peer/incoming.h"
#include "peer/outgoing.h"
#include "peer/standin.h"
#include "sim_events.h"
#include "sim_random.h"
#include "sim_store.h"

#define SIM_NODES_MAX  12u
#define SIM_START_MS   INT64_C(1790000000000)
#define SIM_SECOND     INT64_C(1000)
#define SIM_MINUTE     INT64_C(60000)
#define SIM_HOUR       INT64_C(3600000)
#define SIM_COALITION  "sim"
#define SIM_KEYS       5u /* online keys of a node, in all epochs */
#define SIM_EPOCHS_MAX 8u
#define SIM_DOUBTS_MAX 32u /* things under way on one machine */

struct sim;
struct model;
struct sim_op;
struct sim_question;
struct sim_story;
struct sim_restore;
struct sim_epoch;

/* A partner's stream to us, as one connection brings it. Two may be alive at a time: the newer one
 * and one whose end has not come through. */
struct sim_call {
    uint64_t connection; /* 0: none */
    bool is_resumed;
};

/* One node's dealings with one partner. */
struct sim_link {
    struct outgoing outgoing;
    uint64_t connection; /* our own call; 0: none */
    int64_t last_heard;
    int64_t pause_ms;
    uint64_t forked_at; /* the number under which a story of the partner was taken; 0: none */
    bool has_lied;      /* a story was told: what the partner makes of it is not heard */
    bool is_deaf;       /* something that the partner sent on our call was lost */
    bool is_watched;    /* by a timer */
    bool is_dialling;   /* a retry is planned */
    struct sim_call calls[2];
    struct sim_question *question; /* about a statement; NULL: none */
    uint64_t fetch;                /* the last time that its mandates were asked for */
    unsigned agreed;               /* so many closed periods have a statement that both signed */
    int64_t arrives[2];            /* when the last message on our call, on theirs, arrives there */
};

/* Something that was under way when the machine stopped. */
struct sim_doubt {
    struct sim_op *op;
    bool is_at_home; /* the home's side of a hold */
    bool is_due;     /* holds that fell due */
    uint64_t next_row;
    int64_t ledger_ms;
    int64_t clock_ms;
    int64_t business_ms; /* of the operation, as it was told */
    int64_t capture_by;
    int64_t deliver_by;
};

struct sim_node {
    struct sim *sim;
    unsigned index;
    struct partner_id id;
    bool is_partner; /* of the coalition: it has joined, and is not dropped */
    bool has_joined;
    unsigned first_period; /* by number: what it exchanges with others begins there */
    bool is_up;
    uint64_t starts;
    struct sim_store store;
    struct engine *engine;
    struct roster roster;
    struct signing_key keys[SIM_KEYS];
    struct key_signer key_signers[SIM_KEYS];
    struct signer signers[SIM_KEYS];
    unsigned key;   /* the one it signs with */
    uint64_t epoch; /* the last that it knows, by its place in `epochs` */
    int64_t clock_offset;
    int64_t clock_drift_ppm;
    int64_t ledger_ms; /* the ledger's time, which never goes back while it runs */
    bool is_looking;   /* the next look at the clock is the timekeeper's */
    int64_t slow_ms;   /* that each batch takes on the disk */
    int64_t busy_until;
    bool has_entries; /* made durable since the sessions were last told */
    bool is_liar;
    struct sim_restore *restore;   /* NULL: it is never put back to an older copy */
    int64_t not_before;            /* it starts */
    struct standin_terms stand_in; /* what it gives each partner */
    struct sim_link links[SIM_NODES_MAX];
    struct sim_doubt doubts[SIM_DOUBTS_MAX];
    size_t doubt_count;
    struct sim_op *queued; /* what waits in the engine's queue; NULL: nothing */
    struct outcome queued_outcome;
    uint64_t sum; /* of the tables, when they were last known to be durable */
    uint64_t durable_row;
    char trouble[256];
};

struct sim_weather {
    unsigned lost;      /* per mille: the connection breaks */
    unsigned doubled;   /* per mille of messages */
    unsigned reordered; /* per mille */
    unsigned corrupted; /* per mille */
    int64_t delay_ms;   /* at most */
};

struct sim_counts {
    uint64_t commands; /* decided by nodes */
    uint64_t messages; /* delivered */
    uint64_t crashes;
    uint64_t connections;
    uint64_t entries;  /* that streams took */
    uint64_t refused;  /* entries */
    uint64_t answered; /* tills */
    uint64_t repeats;
    uint64_t stood_in;   /* holds */
    uint64_t honoured;   /* of these, by a home that had no grant open */
    uint64_t owed;       /* of these, at least in part as a debt or as the programme's loss */
    uint64_t given_up;   /* requests */
    uint64_t statements; /* agreed */
    uint64_t frozen;     /* streams, by partners that lied or think so */
    uint64_t proven;     /* of these, that it was so */
    uint64_t restores;
    uint64_t pages; /* that partners showed of what they hold */
    uint64_t joined;
    uint64_t left;    /* partners */
    uint64_t parted;  /* pairs that ended, with all settled */
    uint64_t dropped; /* from the charter */
    uint64_t moved;   /* members, as the model counts */
    uint64_t moved_far;
    uint64_t resent;
    uint64_t sent_twice;
    uint64_t lots_back;
    uint64_t opened;
    uint64_t pools;
    uint64_t pool_ops; /* joins, leaves, transfers in and out, that were done */
    uint64_t no_room;
    uint64_t capped;
    uint64_t disputed; /* entries, as the model counts */
    uint64_t disputes; /* that ended, for both sides alike */
    uint64_t upheld;   /* of these */
    uint64_t silences; /* by which one side gave in */
    int64_t virtual_ms;
};

struct sim_options {
    uint64_t seed;
    int64_t hours;
    size_t steps; /* 0: as the seed has it */
    bool is_loud;
    const char *folder; /* real files there; NULL: everything is simulated */
};

struct sim {
    struct sim_options options;
    struct sim_random luck;
    int64_t now;
    unsigned node_count;
    struct sim_node nodes[SIM_NODES_MAX];
    struct sim_epoch *epochs[SIM_EPOCHS_MAX]; /* of the charter */
    size_t epoch_count;
    struct period first_period;
    unsigned leaver;      /* SIM_NODES_MAX: nobody leaves */
    unsigned leaver_last; /* its last period, by number */
    struct tariff tariffs[1];
    struct sim_events events;
    struct sim_weather weather;
    unsigned is_cut[SIM_NODES_MAX][SIM_NODES_MAX]; /* messages from, to: so many faults */
    uint64_t next_connection;
    struct incoming *incoming; /* one call's step */
    struct taking *taking;     /* room for it */
    struct clear_request_room *request_room;
    struct clear_response_room *response_room;
    struct sim_op **ops;
    size_t op_count;
    size_t op_room;
    size_t open_ops; /* not answered */
    struct model *model;
    struct sim_story *stories; /* that a liar told */
    size_t story_count;
    bool is_foul; /* the message that is sent or delivered now: nobody may take anything of it */
    unsigned closed_periods;
    int64_t deliver_ms; /* from T1 to T2, at every home */
    struct sim_counts counts;
    bool is_healing; /* the end: no more faults */
    bool has_failed;
    char complaint[768];
};

void sim_init(struct sim *sim, const struct sim_options *options, unsigned nodes);
void sim_fini(struct sim *sim);
/* Processes what happens until then. */
void sim_run_until(struct sim *sim, int64_t until);
/* The first one counts; returns false. */
bool sim_fail(struct sim *sim, const char *format, ...) PRINTF_LIKE(2, 3);
void sim_tell(const struct sim *sim, const char *format, ...) PRINTF_LIKE(2, 3);

/* sim_node.c */
void sim_node_init(struct sim *sim, unsigned index);
/* The charter is known. */
void sim_node_join(struct sim_node *node);
/* Does the node know the partner, by the charter that it heard of? */
bool sim_node_knows(const struct sim_node *node, unsigned partner);
void sim_node_fini(struct sim_node *node);
void sim_node_start(struct sim_node *node);
/* The machine stops now. */
void sim_node_crash(struct sim_node *node);
/* After anything that may have used the engine: a crash that happened meanwhile comes to effect,
 * what was sent and taken is compared, the sessions send what is new. False: it is down. */
bool sim_node_after(struct sim_node *node);
void sim_node_tick(struct sim_node *node);
int64_t sim_node_clock(const struct sim_node *node);
struct peer_host sim_node_host(struct sim_node *node);
/* From now on the node signs with this key, under the charter that it knows. */
void sim_node_sign_with(struct sim_node *node, unsigned key);
void sim_node_doubt(struct sim_node *node, struct sim_doubt doubt);

/* sim_session.c: both directions of clearing with one partner. */
void sim_session_dial(struct sim_node *node, unsigned partner);
/* Again, after a pause that grows. */
void sim_session_later(struct sim_node *node, unsigned partner);
void sim_session_pump(struct sim_node *node);
void sim_session_watch(struct sim_node *node, unsigned partner, uint64_t connection);
void sim_session_down(struct sim_node *node);
/* The charter has changed: there are sessions with partners that are new, and none with those that
 * are partners no more. */
void sim_session_follow(struct sim_node *node);
void sim_session_request(struct sim_node *node, const struct sim_event *event, struct slice bytes);
void sim_session_response(struct sim_node *node, const struct sim_event *event, struct slice bytes);
/* The other side, or the network, ended a call: ours, or theirs. */
void sim_session_ended(struct sim_node *node, unsigned from, uint64_t connection);

#endif

/* node.yaml: what one node needs to know before it starts.
 *
 *   coalition: demo
 *   partner: grocer
 *   data: data                 # folder of the ledger
 *   charter: charter.talea     # the signed charter
 *   programme: programme.yaml
 *   listen: 127.0.0.1:7101     # gRPC
 *   http: 127.0.0.1:7201       # metrics, health
 *   keys: {online: keys/online.key}       # and next: [keys/online-2.key], see below
 *   tls: {certificate: tls/node.pem, key: tls/node.key, ca: tls/ca.pem}
 *   peers: {reconnect_ms: 200}            # optional from here on
 *   limits: {rpc_workers: 4, streams: 256, queue_commands: 16384, batch_records: 8190,
 *            group_commit_us: 0, memtable_mb: 256, id_retention_months: 13, hold_minutes: 30,
 *            deliver_hours: 72, points_per_command_max: 10000000, min_free_mb: 256,
 *            drain_ms: 10000, netting_grace_s: 86400, peer_holds_per_s: 5000,
 * peer_refused_holds_per_s: 200, peer_entries_per_s: 500000, peer_calls_per_s: 200, outbox_entries:
 * 5000000} stand_in: {floor_points: 500, daily_cap_points: 20000, hours: 24, partners: [{partner:
 * fuel, floor_points: 100}]} log: {level: info, format: json}
 *
 * stand_in says what partners' tills may burn of our members' points while this node can't be
 * asked: for one burn and for a day, in whole points, by mandates of so many hours, each with its
 * share of the day's cap. 0, or no stand_in at all: nothing. A partner's row goes before the rest.
 *
 * Under keys, `next` may name further online keys of this brand: of those that the charter has and
 * that are valid, the newest signs. Paths are relative to the folder of the file. A plain value:
 * nothing to free.
 */
#ifndef CONFIG_NODE_CONFIG_H
#define CONFIG_NODE_CONFIG_H

#include "base/bytes.h"
#include "config/check.h"

enum node_log_level {
    NODE_LOG_DEBUG,
    NODE_LOG_INFO,
    NODE_LOG_WARNING,
    NODE_LOG_ERROR
};

enum node_log_format {
    NODE_LOG_JSON,
    NODE_LOG_TEXT
};

struct node_limits {
    unsigned rpc_workers;              /* threads for calls that may block */
    unsigned streams;                  /* streaming calls at once */
    unsigned queue_commands;           /* commands that wait for the writer */
    unsigned batch_records;            /* records of one commit */
    unsigned group_commit_us;          /* extra wait for more commands before a commit; 0 is none */
    unsigned memtable_mb;              /* state not yet checkpointed, in MiB */
    unsigned id_retention_months;      /* how long a transaction id is remembered */
    unsigned hold_minutes;             /* from a grant to its capture-by time T1 */
    unsigned deliver_hours;            /* from T1 to the deliver-by time T2 */
    unsigned points_per_command_max;   /* whole points that a till gives or reserves, or a
                                          partner reserves, by one call */
    unsigned peer_holds_per_s;         /* authorisations that one partner may ask for; 0: any */
    unsigned peer_refused_holds_per_s; /* of these, refused ones: each is a row of the journal */
    unsigned peer_entries_per_s;       /* of a partner's clearing streams; more of them wait */
    unsigned peer_calls_per_s;         /* of a partner, streams that it opens among them */
    unsigned
        outbox_entries;   /* that may wait for one partner before earns of its cards are refused */
    unsigned min_free_mb; /* of the data folder's disk, in MiB: below it commands are refused */
    unsigned netting_grace_s; /* how long a missing statement holds up the net of all pairs */
    unsigned quote_seconds;   /* how long a quote's promise holds */
    unsigned drain_ms;        /* what calls in flight get at a graceful stop */
};

#define NODE_STAND_IN_PARTNERS_MAX 64u
#define STAND_IN_HOURS_MAX         24u

struct node_stand_in {
    unsigned floor_points; /* 0: none is given */
    unsigned daily_cap_points;
    unsigned hours;
};

struct node_stand_in_partner {
    struct partner_id partner;
    struct node_stand_in terms;
};

#define NODE_KEYS_MAX 8u

struct node_config {
    char coalition[LIMIT_COALITION_BYTES + 1];
    struct partner_id partner;
    struct config_path data;
    struct config_path charter;
    struct config_path programme;
    struct config_path notifications; /* empty: members are not written to */
    struct config_path online_keys[NODE_KEYS_MAX];
    size_t online_key_count; /* at least 1 */
    struct config_path tls_certificate;
    struct config_path tls_key;
    struct config_path tls_ca;
    struct address listen; /* port 0: the system picks one */
    struct address http;
    unsigned peers_reconnect_ms;
    struct node_limits limits;
    struct node_stand_in stand_in; /* for partners that have no row */
    struct node_stand_in_partner stand_in_partners[NODE_STAND_IN_PARTNERS_MAX];
    size_t stand_in_partner_count;
    enum node_log_level log_level;
    enum node_log_format log_format;
};

/* ERR_INPUT with a note such as `node.yaml:7: listen: "127.0.0.1:99999" is not host:port`; or what
 * document_read_file says. Does not look at the files it names. */
MUST_USE enum err node_config_load(const char *path, struct node_config *out_config,
                                   struct note *note);
/* The same from memory: `name` for error texts, `folder` for relative paths. */
MUST_USE enum err node_config_parse(struct slice yaml, const char *name, const char *folder,
                                    struct node_config *out_config, struct note *note);
/* Are the files there and readable, and is no private key open to other users? `path` is the
 * configuration's, for the note. ERR_NOT_FOUND or ERR_DENIED. The data folder may be missing, but
 * may not be something else. */
MUST_USE enum err node_config_check_files(const struct node_config *config, const char *path,
                                          struct note *note);

#endif

#include "node/metrics.h"

#include <stdlib.h>

#include "node/caps.h"
#include "node/disputes.h"
#include "node/peer_guard.h"
#include "node/partner_points.h"
#include "node/peers.h"
#include "telemetry/process.h"

/* One partner's counters. */
struct partner_counters {
    struct partner_id partner;
    struct node *node;
    struct metric_counter *batches_in;
    struct metric_counter *batches_refused;
    struct metric_counter *entries_in;
    struct metric_counter *entries_in_refused;
    struct metric_counter *batches_out;
    struct metric_counter *entries_out;
    struct metric_counter *receipts;
    struct metric_counter *entries_reversed;
    struct metric_counter *authorisations[AUTHORISATION_ENDS];
};

struct node_metrics {
    struct node *node;
    /* Only ever grows: who counts looks without a lock. */
    struct partner_counters *partners[LIMIT_PARTNERS];
    atomic_size_t partner_count;
    struct metric_counter *charters_refused;
    struct metric_counter *charter_forks;
    struct metric_counter *calls[RPC_CODES];
    struct metric_histogram *call_seconds;
};

static struct partner_counters *find(struct node_metrics *metrics, const struct partner_id *partner)
{
    size_t known = atomic_load_explicit(&metrics->partner_count, memory_order_acquire);
    for (size_t i = 0; i < known; i++) {
        if (partner_id_equal(&metrics->partners[i]->partner, partner)) {
            return metrics->partners[i];
        }
    }
    return NULL;
}

static void count(struct metric_counter *counter, size_t amount)
{
    metric_counter_add(counter, (int64_t)amount);
}

void node_count_batch_in(struct node_metrics *metrics, const struct partner_id *partner,
                         size_t entries, size_t refused)
{
    struct partner_counters *c = find(metrics, partner);
    if (c != NULL) {
        count(c->batches_in, 1);
        count(c->entries_in, entries);
        count(c->entries_in_refused, refused);
    }
}

void node_count_batch_refused(struct node_metrics *metrics, const struct partner_id *partner)
{
    struct partner_counters *c = find(metrics, partner);
    if (c != NULL) {
        count(c->batches_refused, 1);
    }
}

void node_count_batch_out(struct node_metrics *metrics, const struct partner_id *partner,
                          size_t entries)
{
    struct partner_counters *c = find(metrics, partner);
    if (c != NULL) {
        count(c->batches_out, 1);
        count(c->entries_out, entries);
    }
}

void node_count_receipt(struct node_metrics *metrics, const struct partner_id *partner,
                        size_t refused)
{
    struct partner_counters *c = find(metrics, partner);
    if (c != NULL) {
        count(c->receipts, 1);
        count(c->entries_reversed, refused);
    }
}

void node_count_authorisation(struct node_metrics *metrics, const struct partner_id *partner,
                              enum authorisation_end end)
{
    struct partner_counters *c = find(metrics, partner);
    if (c != NULL) {
        count(c->authorisations[end], 1);
    }
}

void node_count_charter_refused(struct node_metrics *metrics)
{
    count(metrics->charters_refused, 1);
}

void node_count_charter_fork(struct node_metrics *metrics)
{
    count(metrics->charter_forks, 1);
}

void node_count_call(void *context, const char *full_method, int status_code, int64_t duration_us)
{
    struct node_metrics *metrics = context;
    (void)full_method;
    if (status_code >= 0 && status_code < RPC_CODES) {
        count(metrics->calls[status_code], 1);
    }
    metric_histogram_observe(metrics->call_seconds, duration_us);
}

struct partner_family {
    const char *name;
    const char *help;
    size_t offset;
};

#define PARTNER_FAMILY(name_, help_, field_)                                                       \
    {                                                                                              \
        (name_), (help_), offsetof(struct partner_counters, field_)                                \
    }

static const struct partner_family partner_families[] = {
    PARTNER_FAMILY("talea_clearing_batches_received_total",
                   "Batches taken from the partner and receipted.", batches_in),
    PARTNER_FAMILY("talea_clearing_batches_refused_total",
                   "Batches of the partner that were not taken.", batches_refused),
    PARTNER_FAMILY("talea_clearing_entries_received_total", "Entries taken from the partner.",
                   entries_in),
    PARTNER_FAMILY("talea_clearing_entries_received_refused_total",
                   "Entries of the partner that were refused one by one.", entries_in_refused),
    PARTNER_FAMILY("talea_clearing_batches_sent_total", "Batches sent to the partner.",
                   batches_out),
    PARTNER_FAMILY("talea_clearing_entries_sent_total",
                   "Entries sent to the partner, resent ones again.", entries_out),
    PARTNER_FAMILY("talea_clearing_receipts_total", "Receipts taken from the partner.", receipts),
    PARTNER_FAMILY("talea_clearing_entries_reversed_total",
                   "Own entries that the partner refused and that were reversed.",
                   entries_reversed),
};

/* Both streams of the partner, as published. */
static enum err read_streams(const struct partner_counters *c, struct stream *out_out,
                             struct stream *out_in)
{
    struct state_reader *reader;
    TRY(readers_take(c->node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    struct snapshot *snapshot = node_snapshot(c->node);
    enum err err = ledger_get_stream(&view, &snapshot->roster, STREAM_OUT, &c->partner, out_out);
    if (err == ERR_OK) {
        err = ledger_get_stream(&view, &snapshot->roster, STREAM_IN, &c->partner, out_in);
    }
    snapshot_release(snapshot);
    readers_give(c->node->readers, reader);
    return err;
}

static int64_t read_backlog(void *context)
{
    struct stream out;
    struct stream in;
    return read_streams(context, &out, &in) == ERR_OK
               ? (int64_t)(out.last_number - out.receipted_number)
               : -1;
}

static int64_t read_backlog_max(void *context)
{
    const struct partner_counters *c = context;
    return c->node->config.limits.outbox_entries;
}

static int64_t read_frozen(void *context)
{
    struct stream out;
    struct stream in;
    return read_streams(context, &out, &in) == ERR_OK && (out.is_frozen || in.is_frozen) ? 1 : 0;
}

static enum err read_caps(const struct partner_counters *c, struct pair_caps *out_caps)
{
    struct state_reader *reader;
    struct exposure exposure;
    TRY(readers_take(c->node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    struct snapshot *snapshot = node_snapshot(c->node);
    enum err err = ledger_get_exposure(&view, &c->partner, &exposure);
    if (err == ERR_OK) {
        *out_caps = caps_of(&exposure, &snapshot->roster, &c->partner, node_now(c->node));
    }
    snapshot_release(snapshot);
    readers_give(c->node->readers, reader);
    return err;
}

static int64_t read_owed(void *context)
{
    struct pair_caps caps;
    return read_caps(context, &caps) == ERR_OK ? caps.owed.minor : 0;
}

static int64_t read_promised(void *context)
{
    struct pair_caps caps;
    return read_caps(context, &caps) == ERR_OK ? caps.promised.minor : 0;
}

static int64_t read_cap_reached(void *context)
{
    struct pair_caps caps;
    enum err err = read_caps(context, &caps);
    return err == ERR_OK && (caps.own == CAP_REACHED || caps.partners == CAP_REACHED) ? 1 : 0;
}

static int64_t read_disputes(void *context)
{
    const struct partner_counters *c = context;
    return disputes_count(c->node, &c->partner, META_DISPUTES);
}

static int64_t read_escalated(void *context)
{
    const struct partner_counters *c = context;
    return disputes_count(c->node, &c->partner, META_ESCALATED);
}

static int64_t read_cap_near(void *context)
{
    struct pair_caps caps;
    enum err err = read_caps(context, &caps);
    return err == ERR_OK && (caps.own != CAP_FREE || caps.partners != CAP_FREE) ? 1 : 0;
}

static int64_t read_reconciled(void *context)
{
    const struct partner_counters *c = context;
    struct peer_refusals refusals;
    peer_guard_report(c->node->peer_guard, &c->partner, &refusals);
    return refusals.reconciled.ms / 1000;
}

static int64_t read_connected(void *context)
{
    const struct partner_counters *c = context;
    int64_t is_connected = 0;
    pthread_mutex_lock(&c->node->peers_lock);
    for (size_t i = 0; c->node->peers != NULL && i < peers_count(c->node->peers); i++) {
        struct peer_report report = peers_report(c->node->peers, i);
        bool is_it = partner_id_equal(&report.partner, &c->partner);
        is_connected = is_it && report.is_connected ? 1 : is_connected;
    }
    pthread_mutex_unlock(&c->node->peers_lock);
    return is_connected;
}

static int64_t read_exposure(void *context)
{
    const struct partner_counters *c = context;
    return partner_mandates_left(c->node, &c->partner, true);
}

static int64_t read_allowance(void *context)
{
    const struct partner_counters *c = context;
    return partner_mandates_left(c->node, &c->partner, false);
}

static int64_t read_blocks_sold(void *context)
{
    const struct partner_counters *c = context;
    return partner_blocks_left(c->node, &c->partner, true);
}

static int64_t read_blocks_bought(void *context)
{
    const struct partner_counters *c = context;
    return partner_blocks_left(c->node, &c->partner, false);
}

struct partner_read {
    const char *name;
    const char *help;
    metric_read *read;
    bool is_money; /* in the settlement currency */
};

static const struct partner_read partner_reads[] = {
    {"talea_peer_connected", "1 while our stream to the partner is open.", read_connected, false},
    {"talea_clearing_backlog_entries", "Own entries that the partner has not receipted yet.",
     read_backlog, false},
    {"talea_stand_in_exposure_points",
     "What the partner's tills may still burn of our members' points without asking.",
     read_exposure, false},
    {"talea_stand_in_allowance_points",
     "What our tills may still burn of the partner's members' points without asking.",
     read_allowance, false},
    {"talea_blocks_sold_points", "Left in blocks that it bought.", read_blocks_sold, false},
    {"talea_blocks_bought_points", "Left in blocks bought of it.", read_blocks_bought, false},
    {"talea_clearing_backlog_entries_max",
     "As many may wait before earns of the partner's cards are refused.", read_backlog_max, false},
    {"talea_peer_owed_money",
     "What this brand owes the partner and has not settled; negative when the partner owes it.",
     read_owed, true},
    {"talea_peer_promised_money", "What open holds granted to the partner will cost.",
     read_promised, true},
    {"talea_peer_cap_near", "1 when either debt of the pair is 80 % of the net debit cap or more.",
     read_cap_near, false},
    {"talea_peer_cap_reached", "1 when what adds to a debt of the pair is refused.",
     read_cap_reached, false},
    {"talea_peer_disputes_open", "Disputes with the partner that are not over.", read_disputes,
     false},
    {"talea_peer_disputes_escalated", "Of these, those that both offices are to rule on.",
     read_escalated, false},
    {"talea_peer_reconciled_timestamp_seconds",
     "When the partner's totals were last found to be ours, unix time; 0: not since the start.",
     read_reconciled, false},
    {"talea_stream_frozen", "1 when a stream to or from the partner is frozen.", read_frozen,
     false},
};

static enum err add_authorisations(struct metrics *registry, struct partner_counters *c)
{
    static const char *const ends[AUTHORISATION_ENDS] = {
        [AUTHORISATION_GRANTED] = "granted",
        [AUTHORISATION_REFUSED] = "refused",
        [AUTHORISATION_STOOD_IN] = "stood_in",
        [AUTHORISATION_UNREACHABLE] = "unreachable",
    };
    struct metric_spec spec = {"talea_authorisations_abroad_total",
                               "Requests of our tills for the partner's points, by their end.", 0};
    for (size_t i = 0; i < AUTHORISATION_ENDS; i++) {
        TRY(metrics_add_counter(registry, &spec,
                                METRIC_LABELS({"partner", c->partner.text}, {"end", ends[i]}),
                                &c->authorisations[i]));
    }
    return ERR_OK;
}

static unsigned currency_decimals(struct node *node)
{
    struct snapshot *snapshot = node_snapshot(node);
    unsigned decimals = snapshot->charter->currency_decimals;
    snapshot_release(snapshot);
    return decimals;
}

static enum err add_partner(struct metrics *registry, struct partner_counters *c)
{
    for (size_t i = 0; i < sizeof partner_families / sizeof partner_families[0]; i++) {
        const struct partner_family *family = &partner_families[i];
        struct metric_spec spec = {family->name, family->help, 0};
        struct metric_counter **slot =
            (struct metric_counter **)(void *)((char *)c + family->offset);
        TRY(metrics_add_counter(registry, &spec, METRIC_LABELS({"partner", c->partner.text}),
                                slot));
    }
    TRY(add_authorisations(registry, c));
    for (size_t i = 0; i < sizeof partner_reads / sizeof partner_reads[0]; i++) {
        struct metric_spec spec = {partner_reads[i].name, partner_reads[i].help,
                                   partner_reads[i].is_money ? currency_decimals(c->node) : 0};
        TRY(metrics_add_gauge_read(registry, &spec, METRIC_LABELS({"partner", c->partner.text}),
                                   partner_reads[i].read, c));
    }
    return ERR_OK;
}

static int64_t read_journal_row(void *context)
{
    const struct node *node = context;
    return (int64_t)engine_stats(node->engine).journal_row;
}

static int64_t read_checkpointed_row(void *context)
{
    const struct node *node = context;
    return (int64_t)engine_stats(node->engine).checkpointed_row;
}

static int64_t read_journal_bytes(void *context)
{
    const struct node *node = context;
    return (int64_t)journal_file_bytes(node->journal_file);
}

static int64_t read_memtable_bytes(void *context)
{
    const struct node *node = context;
    return (int64_t)state_dirty_bytes(node->state);
}

static int64_t read_disk_free(void *context)
{
    const struct node *node = context;
    return (int64_t)disk_guard_free_bytes(&node->disk_guard);
}

static int64_t read_disk_full(void *context)
{
    const struct node *node = context;
    return disk_guard_is_full(&node->disk_guard) ? 1 : 0;
}

static int64_t read_commands(void *context)
{
    const struct node *node = context;
    return (int64_t)engine_stats(node->engine).commands;
}

static int64_t read_refusals(void *context)
{
    const struct node *node = context;
    return (int64_t)engine_stats(node->engine).refusals;
}

static int64_t read_repeats(void *context)
{
    const struct node *node = context;
    return (int64_t)engine_stats(node->engine).repeats;
}

static int64_t read_batches(void *context)
{
    const struct node *node = context;
    return (int64_t)engine_stats(node->engine).batches;
}

static int64_t read_failures(void *context)
{
    const struct node *node = context;
    return (int64_t)engine_stats(node->engine).commit_failures;
}

static int64_t read_certificate_end(void *context)
{
    const struct node *node = context;
    return credentials_not_after(node->credentials).ms / 1000;
}

static int64_t read_key_end(void *context)
{
    struct node *node = context;
    struct snapshot *snapshot = node_snapshot(node);
    const struct charter_key *key = charter_key_find(snapshot->charter, &node->config.partner,
                                                     &snapshot->signer.key_id, node_now(node));
    int64_t end = key != NULL ? key->valid_until.ms / 1000 : 0;
    snapshot_release(snapshot);
    return end;
}

struct read_family {
    const char *name;
    const char *help;
    metric_read *read;
    bool is_counter;
};

static int64_t read_epoch(void *context)
{
    struct snapshot *snapshot = node_snapshot(context);
    int64_t epoch = (int64_t)snapshot->charter->epoch;
    snapshot_release(snapshot);
    return epoch;
}

static const struct read_family read_families[] = {
    {"talea_charter_epoch", "Of the charter in force.", read_epoch, false},
    {"talea_online_key_expiry_timestamp_seconds",
     "When the charter's attestation of the node's online key ends, unix time.", read_key_end,
     false},
    {"talea_journal_rows", "Rows in the journal.", read_journal_row, false},
    {"talea_checkpointed_rows", "Journal rows that the stored state holds.", read_checkpointed_row,
     false},
    {"talea_journal_bytes", "Bytes of the journal's file in use.", read_journal_bytes, false},
    {"talea_memtable_bytes", "Bytes of rows not yet checkpointed.", read_memtable_bytes, false},
    {"talea_disk_free_bytes", "Bytes free on the disk of the data folder.", read_disk_free, false},
    {"talea_disk_full", "1 while commands are refused because the disk is nearly full.",
     read_disk_full, false},
    {"talea_commands_total", "Commands decided since the start.", read_commands, true},
    {"talea_commands_refused_total", "Commands refused since the start.", read_refusals, true},
    {"talea_commands_repeated_total", "Commands recognised as repeats since the start.",
     read_repeats, true},
    {"talea_commits_total", "Journal batches made durable since the start.", read_batches, true},
    {"talea_commit_failures_total", "Journal batches that the disk refused.", read_failures, true},
    {"talea_certificate_expiry_timestamp_seconds",
     "When the node's own TLS certificate ends, unix time.", read_certificate_end, false},
};

static enum err add_reads(struct node *node)
{
    for (size_t i = 0; i < sizeof read_families / sizeof read_families[0]; i++) {
        const struct read_family *family = &read_families[i];
        struct metric_spec spec = {family->name, family->help, 0};
        if (family->is_counter) {
            TRY(metrics_add_counter_read(node->metrics, &spec, METRIC_NO_LABELS, family->read,
                                         node));
        } else {
            TRY(metrics_add_gauge_read(node->metrics, &spec, METRIC_NO_LABELS, family->read, node));
        }
    }
    return ERR_OK;
}

static enum err add_calls(struct metrics *registry, struct node_metrics *metrics)
{
    struct metric_spec calls = {"talea_rpc_calls_total", "Finished calls, by gRPC status.", 0};
    struct metric_spec seconds = {"talea_rpc_call_duration_seconds",
                                  "From a call's arrival to its end.", 6};
    for (size_t i = 0; i < RPC_CODES; i++) {
        TRY(metrics_add_counter(registry, &calls, METRIC_LABELS({"code", rpc_code_name((int)i)}),
                                &metrics->calls[i]));
    }
    return metrics_add_histogram(registry, &seconds, metric_bounds_of_latency(), METRIC_NO_LABELS,
                                 &metrics->call_seconds);
}

static enum err add_charters(struct metrics *registry, struct node_metrics *metrics)
{
    struct metric_spec refused = {"talea_charters_refused_total",
                                  "Charters from partners or administrators that were not taken.",
                                  0};
    struct metric_spec forks = {"talea_charter_forks_total",
                                "Charters that were signed for an epoch that another one has.", 0};
    TRY(metrics_add_counter(registry, &refused, METRIC_NO_LABELS, &metrics->charters_refused));
    return metrics_add_counter(registry, &forks, METRIC_NO_LABELS, &metrics->charter_forks);
}

static enum err add_partners(struct node_metrics *metrics, const struct roster *roster)
{
    for (size_t i = 0; i < roster->partner_count; i++) {
        const struct partner_id *partner = &roster->partners[i].id;
        size_t known = atomic_load(&metrics->partner_count);
        if (roster_is_self(roster, partner) || find(metrics, partner) != NULL) {
            continue;
        }
        struct partner_counters *c = known < LIMIT_PARTNERS ? calloc(1, sizeof *c) : NULL;
        if (c == NULL) {
            return ERR_RESOURCE;
        }
        c->partner = *partner;
        c->node = metrics->node;
        metrics->partners[known] = c;
        TRY(add_partner(metrics->node->metrics, c));
        atomic_store_explicit(&metrics->partner_count, known + 1, memory_order_release);
    }
    return ERR_OK;
}

enum err node_metrics_follow(struct node_metrics *metrics)
{
    struct snapshot *snapshot = node_snapshot(metrics->node);
    enum err err = add_partners(metrics, &snapshot->roster);
    snapshot_release(snapshot);
    return err;
}

static enum err add_all(struct node *node, struct node_metrics *metrics)
{
    TRY(add_partners(metrics, &node->snapshot->roster));
    TRY(add_charters(node->metrics, metrics));
    TRY(add_calls(node->metrics, metrics));
    TRY(add_reads(node));
    return process_metrics_add(node->metrics);
}

enum err node_metrics_create(struct node *node, struct node_metrics **out_metrics)
{
    struct node_metrics *metrics = calloc(1, sizeof *metrics);
    if (metrics == NULL) {
        return ERR_RESOURCE;
    }
    metrics->node = node;
    enum err err = add_all(node, metrics);
    if (err != ERR_OK) {
        node_metrics_destroy(metrics);
        return err;
    }
    *out_metrics = metrics;
    return ERR_OK;
}

void node_metrics_destroy(struct node_metrics *metrics)
{
    if (metrics != NULL) {
        for (size_t i = 0; i < LIMIT_PARTNERS && metrics->partners[i] != NULL; i++) {
            free(metrics->partners[i]);
        }
        free(metrics);
    }
}

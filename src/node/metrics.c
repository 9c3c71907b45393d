#include "node/metrics.h"

#include <stdlib.h>
#include <string.h>

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
};

struct node_metrics {
    struct partner_counters *partners;
    size_t partner_count;
    struct metric_counter *calls[RPC_CODES];
    struct metric_histogram *call_seconds;
};

static struct partner_counters *find(struct node_metrics *metrics, const struct partner_id *partner)
{
    for (size_t i = 0; i < metrics->partner_count; i++) {
        if (partner_id_equal(&metrics->partners[i].partner, partner)) {
            return &metrics->partners[i];
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
                        size_t entries, size_t refused)
{
    struct partner_counters *c = find(metrics, partner);
    (void)entries;
    if (c != NULL) {
        count(c->receipts, 1);
        count(c->entries_reversed, refused);
    }
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

static int64_t read_connected(void *context)
{
    const struct partner_counters *c = context;
    int64_t is_connected = 0;
    pthread_mutex_lock(&c->node->peers_lock);
    for (size_t i = 0; c->node->peers != NULL && i < peers_count(c->node->peers); i++) {
        struct peer_report report = peers_report(c->node->peers, i);
        if (partner_id_equal(&report.partner, &c->partner)) {
            is_connected = report.is_connected ? 1 : 0;
        }
    }
    pthread_mutex_unlock(&c->node->peers_lock);
    return is_connected;
}

struct partner_read {
    const char *name;
    const char *help;
    metric_read *read;
};

static const struct partner_read partner_reads[] = {
    {"talea_peer_connected", "1 while our stream to the partner is open.", read_connected},
    {"talea_clearing_backlog_entries", "Own entries that the partner has not receipted yet.",
     read_backlog},
    {"talea_clearing_backlog_entries_max",
     "As many may wait before earns of the partner's cards are refused.", read_backlog_max},
    {"talea_stream_frozen", "1 when a stream to or from the partner is frozen.", read_frozen},
};

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
    for (size_t i = 0; i < sizeof partner_reads / sizeof partner_reads[0]; i++) {
        struct metric_spec spec = {partner_reads[i].name, partner_reads[i].help, 0};
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
                                                     &node->signer.key_id, node_now(node));
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

static const struct read_family read_families[] = {
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

static enum err add_all(struct node *node, struct node_metrics *metrics)
{
    const struct roster *roster = &node->snapshot->roster;
    metrics->partners = calloc(roster->partner_count, sizeof *metrics->partners);
    if (metrics->partners == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < roster->partner_count; i++) {
        if (roster_is_self(roster, &roster->partners[i].id)) {
            continue;
        }
        struct partner_counters *c = &metrics->partners[metrics->partner_count++];
        c->partner = roster->partners[i].id;
        c->node = node;
        TRY(add_partner(node->metrics, c));
    }
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
        free(metrics->partners);
        free(metrics);
    }
}

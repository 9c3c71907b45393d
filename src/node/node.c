/* Puts a node together and takes it apart again, in the opposite order. */
#include "node/node.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/random.h"
#include "node/audience.h"
#include "node/fraud_gate.h"
#include "node/housekeeper.h"
#include "node/batch.h"
#include "node/in_force.h"
#include "node/insights.h"
#include "node/metrics.h"
#include "node/notifier.h"
#include "node/own_keys.h"
#include "node/block_offers.h"
#include "node/peer_guard.h"
#include "node/peers.h"
#include "node/raised.h"
#include "node/personal.h"
#include "node/replier.h"
#include "node/services.h"
#include "store/archive.h"
#include "store/vault.h"
#include "talea_proto_descriptor_set.h"

struct snapshot *node_snapshot(struct node *node)
{
    pthread_mutex_lock(&node->snapshot_lock);
    struct snapshot *snapshot = snapshot_hold(node->snapshot);
    pthread_mutex_unlock(&node->snapshot_lock);
    return snapshot;
}

struct unix_ms node_now(const struct node *node)
{
    return clock_now(&node->clock);
}

static struct unix_ms log_now(void *context)
{
    return clock_now(&((struct node *)context)->clock);
}

/* Engine hooks: on the writer's thread, quick. */
static void on_commit(void *context, uint64_t last_row, bool has_entries)
{
    struct node *node = context;
    event_gate_move(&node->events, last_row);
    if (!has_entries) {
        return;
    }
    pthread_mutex_lock(&node->peers_lock);
    if (node->peers != NULL) {
        peers_wake(node->peers);
    }
    pthread_mutex_unlock(&node->peers_lock);
}

static void on_trouble(void *context, const char *what, const char *detail)
{
    struct node *node = context;
    log_event(&node->log, LOG_LEVEL_ERROR, "ledger_trouble", LOG_TEXT("what", what),
              LOG_TEXT("detail", detail));
}

/* What can't be signed is not decided either. */
static enum err may_write(void *context, bool is_recovery)
{
    const struct node *node = context;
    if (!atomic_load(&node->has_key)) {
        return ERR_KEY_ENDED;
    }
    if (disk_guard_is_full(&node->disk_guard)) {
        return ERR_DISK_FULL;
    }
    return recovery_gate_is_closed(&node->recovery_gate) && !is_recovery ? ERR_UNAVAILABLE : ERR_OK;
}

static void on_rpc_log(void *context, const char *line)
{
    struct node *node = context;
    log_event(&node->log, LOG_LEVEL_DEBUG, "rpc", LOG_TEXT("line", line));
}

/* A ledger belongs to one partner of one coalition for ever: its folder says so since its first
 * start. */
static enum err check_owner(const struct node_config *config, struct note *note)
{
    char path[sizeof config->data.text + sizeof "/owner"];
    char owner[PARTNER_ID_MAX + sizeof config->coalition + 2];
    struct buffer found = {0};
    snprintf(path, sizeof path, "%s/owner", config->data.text);
    int length = snprintf(owner, sizeof owner, "%s %s\n", config->coalition, config->partner.text);
    struct slice expected = slice_of(owner, (size_t)length);
    enum err err = file_read(path, FILE_PUBLIC, 256, &found, note);
    if (err == ERR_NOT_FOUND) {
        err = file_create(path, FILE_PUBLIC, expected, note);
    } else if (err == ERR_OK && !slice_equal(buffer_slice(&found), expected)) {
        err = note_set(note, ERR_DENIED, "%s is another node's: %s says \"%.*s\", this is %s of %s",
                       config->data.text, path, (int)found.length, (const char *)found.at,
                       config->partner.text, config->coalition);
    }
    buffer_fini(&found);
    return err;
}

/* A journal with rows names keys of its vault. */
static enum err open_vault(struct node *node, struct note *note)
{
    const char *folder = node->config.data.text;
    uint64_t next_row;
    TRY(node->journal.next_row(node->journal.context, &next_row));
    enum vault_mode mode = next_row == 1 ? VAULT_CREATE : VAULT_EXISTING;
    enum err err = vault_open(folder, mode, &node->vault, note);
    return err == ERR_NOT_FOUND
               ? note_set(note, ERR_CORRUPT,
                          "%s/%s is missing: without it members' personal data can't be read; put "
                          "it back from the backup that the journal came from",
                          folder, VAULT_FILE_NAME)
               : err;
}

/* A state of another format is derived anew: the journal has it all. */
static enum err open_state(struct node *node, struct note *note)
{
    const char *folder = node->config.data.text;
    struct state_options options = {.folder = folder, .mode = STATE_WRITE};
    struct note why = {""};
    enum err err = state_open(&options, &node->state, &why);
    if (err == ERR_UNSUPPORTED) {
        log_event(&node->log, LOG_LEVEL_WARNING, "state_rebuilt", LOG_TEXT("why", why.text));
        TRY(state_discard(folder, note));
        return state_open(&options, &node->state, note);
    }
    return err == ERR_CORRUPT
               ? note_set(note, err, "%s; talea rebuild derives it anew from the journal", why.text)
               : note_set(note, err, "%s", why.text);
}

static enum err open_ledger(struct node *node, struct note *note)
{
    const struct node_config *config = &node->config;
    TRY(journal_file_open(config->data.text, JOURNAL_WRITE, &node->journal_file, note));
    TRY(check_owner(config, note));
    node->journal = journal_file_port(node->journal_file);
    disk_guard_init(&node->disk_guard, disk_of_folder(config->data.text),
                    (uint64_t)config->limits.min_free_mb << 20);
    TRY(open_vault(node, note));
    TRY(open_state(node, note));
    struct engine_options options = {
        .journal = node->journal,
        .tables = state_tables(node->state),
        .clock = node->clock,
        .terms = in_force_terms(node->snapshot),
        .queue_commands = config->limits.queue_commands,
        .dirty_bytes = (size_t)config->limits.memtable_mb << 20,
        .may_write = may_write,
        .may_write_context = node,
        .on_commit = on_commit,
        .on_trouble = on_trouble,
        .hook_context = node,
    };
    memcpy(options.coalition, config->coalition, sizeof options.coalition);
    enum err err = engine_open(&options, &node->engine, note);
    if (err != ERR_OK) {
        options.terms.release(options.terms.context);
        return err;
    }
    event_gate_move(&node->events, engine_stats(node->engine).journal_row);
    TRY(readers_open(node->state, &node->readers));
    TRY(personal_recover(node, note));
    return archive_open(config->data.text, &node->archive, note);
}

void node_check_readiness(void *context, struct readiness *readiness)
{
    struct node *node = context;
    uint64_t rows_left;
    if (!atomic_load(&node->is_serving)) {
        readiness_add(readiness, "the node is not serving");
    }
    if (recovery_gate_is_closed(&node->recovery_gate)) {
        readiness_add(readiness, "the ledger is compared with what partners hold of it: %zu to go",
                      recovery_gate_untried(&node->recovery_gate));
    }
    if (credentials_not_after(node->credentials).ms <= node_now(node).ms) {
        readiness_add(readiness, "the TLS certificate has expired");
    }
    if (!fraud_gate_is_open(node->fraud_gate, &rows_left)) {
        readiness_add(readiness,
                      "what fraud rules count is read from the journal: %" PRIu64 " rows to go",
                      rows_left);
    }
    if (!atomic_load(&node->has_key)) {
        readiness_add(readiness,
                      "no online key of this node may sign: each has ended, is revoked or "
                      "is not in the charter");
    }
    if (disk_guard_is_full(&node->disk_guard)) {
        readiness_add(readiness, "the disk is nearly full: %llu MiB are free, %u must be",
                      (unsigned long long)disk_guard_free_bytes(&node->disk_guard) >> 20,
                      node->config.limits.min_free_mb);
    }
}

static enum err start_http(struct node *node, struct note *note)
{
    struct http_options options = {
        .listen = node->config.http,
        .metrics = node->metrics,
        .check_readiness = node_check_readiness,
        .readiness_context = node,
    };
    return http_server_start(&options, &node->http, note);
}

/* What single calls told the ledger meanwhile goes into one batch of its journal. */
static void on_turn(void *context)
{
    struct node *node = context;
    engine_submit_held(node->engine);
}

static enum err start_rpc(struct node *node, struct note *note)
{
    char listen[ADDRESS_TEXT_MAX];
    struct rpc_server_options options = {
        .listen_address = address_format(&node->config.listen, listen),
        .tls = credentials_server_tls(node->credentials),
        .file_descriptor_set =
            slice_of(talea_proto_descriptor_set, talea_proto_descriptor_set_length),
        .workers = node->config.limits.rpc_workers,
        .streams_max = node->config.limits.streams,
        .admit = peer_guard_admit,
        .admit_context = node->peer_guard,
        .on_turn = on_turn,
        .on_turn_context = node,
        .on_call = node_count_call,
        .on_call_context = node->counters,
        .on_log = on_rpc_log,
        .on_log_context = node,
    };
    node->services[0] = till_service(node);
    node->services[1] = back_office_service(node);
    node->services[2] = peer_service(node);
    node->services[3] = admin_service(node);
    node->services[4] = account_service(node);
    node->services[5] = ledger_service(node);
    node->services[6] = payment_service(node);
    node->services[7] = programme_service(node);
    node->services[8] = draw_service(node);
    node->services[9] = measure_service(node);
    node->services[10] = reward_service(node);
    size_t count = sizeof node->services / sizeof node->services[0];
    return rpc_server_start(&options, node->services, count, &node->server, note);
}

#define COMPARE_WAIT_MS 1000 /* for partners, when nothing says that the ledger is a copy */

static enum err start_all(struct node *node, struct note *note)
{
    struct peers *peers;
    TRY(node_config_load(node->config_path, &node->config, note));
    log_init(&node->log, STDERR_FILENO, (enum log_level)node->config.log_level,
             (enum log_format)node->config.log_format, (struct log_clock){log_now, node});
    TRY(node_config_check_files(&node->config, node->config_path, note));
    TRY(in_force_open(node, note));
    TRY(open_ledger(node, note));
    TRY(in_force_keep(node, note));
    TRY(metrics_create(&node->metrics));
    TRY(node_metrics_create(node, &node->counters));
    TRY(peer_guard_create(node, &node->peer_guard));
    node->block_offers = block_offers_create();
    if (node->block_offers == NULL) {
        return ERR_RESOURCE;
    }
    node->fraud_gate = fraud_gate_create(node);
    if (node->fraud_gate == NULL) {
        return ERR_RESOURCE;
    }
    TRY(replier_start(&node->replier));
    TRY(batch_rooms_open(node, &node->batches));
    TRY(peers_start(node, &peers, note));
    pthread_mutex_lock(&node->peers_lock);
    node->peers = peers;
    pthread_mutex_unlock(&node->peers_lock);
    TRY(peers_follow(peers)); /* an epoch may have come meanwhile */
    TRY(notifier_start(node, &node->notifier, note));
    node->insights = insights_create();
    if (node->insights == NULL) {
        return ERR_RESOURCE;
    }
    TRY(housekeeper_start(node, &node->housekeeper));
    TRY(raiser_start(node, &node->raiser));
    TRY(audience_start(node, &node->audience));
    TRY(start_http(node, note));
    TRY(start_rpc(node, note));
    fraud_gate_follow(node->fraud_gate);
    recovery_gate_await(&node->recovery_gate, COMPARE_WAIT_MS);
    in_force_look(node); /* the ledger writes now: it can keep the programme */
    atomic_store(&node->is_serving, true);
    rpc_server_set_serving(node->server, true);
    return ERR_OK;
}

enum err node_check(const char *config_path, struct node *node, struct note *note)
{
    node->config_path = config_path;
    node->clock = clock_of_system();
    TRY(node_config_load(config_path, &node->config, note));
    TRY(node_config_check_files(&node->config, config_path, note));
    TRY(notifier_check(&node->config, note));
    return in_force_open(node, note);
}

void node_check_fini(struct node *node)
{
    own_keys_destroy(node->own_keys);
    credentials_close(node->credentials);
    snapshot_release(node->snapshot);
}

enum err node_start(const char *config_path, struct node **out_node, struct note *note)
{
    struct node *node = calloc(1, sizeof *node);
    if (node == NULL) {
        return note_set(note, ERR_RESOURCE, "no memory for the node");
    }
    time_zones_init(&node->time_zones);
    node->config_path = config_path;
    node->clock = clock_of_system();
    node->started = clock_now(&node->clock);
    pthread_mutex_init(&node->reload_lock, NULL);
    pthread_mutex_init(&node->snapshot_lock, NULL);
    pthread_mutex_init(&node->settle_lock, NULL);
    pthread_mutex_init(&node->return_lock, NULL);
    pthread_mutex_init(&node->review_lock, NULL);
    for (unsigned i = 0; i < GIFT_LOCKS; i++) {
        pthread_mutex_init(&node->gift_locks[i], NULL);
    }
    pthread_mutex_init(&node->peers_lock, NULL);
    event_gate_init(&node->events);
    judge_gate_init(&node->judge_gate);
    recovery_gate_init(&node->recovery_gate);
    enum err err = start_all(node, note);
    if (err != ERR_OK) {
        node_stop(node);
        return err;
    }
    log_event(&node->log, LOG_LEVEL_INFO, "node_started",
              LOG_TEXT("partner", node->config.partner.text),
              LOG_INT("port", rpc_server_port(node->server)),
              LOG_INT("http_port", http_server_port(node->http)),
              LOG_INT("journal_row", engine_stats(node->engine).journal_row));
    *out_node = node;
    return ERR_OK;
}

/* Calls first, so that nothing new comes in; then what they feed. */
void node_stop(struct node *node)
{
    int64_t drain_ms = node->config.limits.drain_ms;
    atomic_store(&node->is_serving, false);
    rpc_server_stop(node->server, drain_ms);
    http_server_stop(node->http, 1000);
    pthread_mutex_lock(&node->peers_lock);
    struct peers *peers = node->peers;
    node->peers = NULL;
    pthread_mutex_unlock(&node->peers_lock);
    peers_stop(peers);
    notifier_stop(node->notifier);
    housekeeper_stop(node->housekeeper);
    audience_stop(node->audience);
    raiser_stop(node->raiser);
    fraud_gate_destroy(node->fraud_gate);
    engine_close(node->engine);
    replier_stop(node->replier);
    batch_rooms_close(node->batches);
    archive_close(node->archive);
    vault_close(node->vault);
    readers_close(node->readers);
    if (node->state != NULL) {
        state_close(node->state);
    }
    if (node->journal_file != NULL) {
        journal_file_close(node->journal_file);
    }
    peer_guard_destroy(node->peer_guard);
    block_offers_destroy(node->block_offers);
    insights_destroy(node->insights);
    node_metrics_destroy(node->counters);
    metrics_destroy(node->metrics);
    own_keys_destroy(node->own_keys);
    credentials_close(node->credentials);
    snapshot_release(node->snapshot);
    event_gate_fini(&node->events);
    judge_gate_fini(&node->judge_gate);
    recovery_gate_fini(&node->recovery_gate);
    pthread_mutex_destroy(&node->peers_lock);
    for (size_t i = 0; i < NETTING_WATCHES; i++) {
        netting_memory_fini(&node->netting[i].memory);
    }
    pthread_mutex_destroy(&node->settle_lock);
    pthread_mutex_destroy(&node->return_lock);
    pthread_mutex_destroy(&node->review_lock);
    for (unsigned i = 0; i < GIFT_LOCKS; i++) {
        pthread_mutex_destroy(&node->gift_locks[i]);
    }
    time_zones_fini(&node->time_zones);
    pthread_mutex_destroy(&node->snapshot_lock);
    pthread_mutex_destroy(&node->reload_lock);
    free(node);
}

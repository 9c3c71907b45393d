/* Puts a node together and takes it apart again, in the opposite order. */
#include "node/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/keyfile.h"
#include "crypto/random.h"
#include "node/housekeeper.h"
#include "node/batch.h"
#include "node/metrics.h"
#include "node/peer_guard.h"
#include "node/peers.h"
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

static enum err may_write(void *context)
{
    const struct node *node = context;
    return disk_guard_is_full(&node->disk_guard) ? ERR_DISK_FULL : ERR_OK;
}

static void on_rpc_log(void *context, const char *line)
{
    struct node *node = context;
    log_event(&node->log, LOG_LEVEL_DEBUG, "rpc", LOG_TEXT("line", line));
}

static void release_terms(void *context)
{
    snapshot_release(context);
}

static struct engine_terms terms_of(struct snapshot *snapshot)
{
    return (struct engine_terms){&snapshot->roster, snapshot->refund_grace_ms, snapshot->debt_limit,
                                 snapshot_hold(snapshot), release_terms};
}

static enum err open_key(struct node *node, struct note *note)
{
    struct key_card card;
    const char *passphrase = getenv("TALEA_PASSPHRASE");
    const char *path = node->config.online_key.text;
    TRY(keyfile_load(path, passphrase, &card, &node->key, note));
    if (card.kind != KEY_KIND_ONLINE || !partner_id_equal(&card.partner, &node->config.partner)) {
        return note_set(note, ERR_INPUT, "%s is not an online key of %s", path,
                        node->config.partner.text);
    }
    TRY(key_signer_init(&node->key_signer, &node->key, node->config.coalition, &node->signer));
    const struct charter *charter = node->snapshot->charter;
    if (charter_key_find(charter, &node->config.partner, &node->signer.key_id, node_now(node)) ==
        NULL) {
        return note_set(note, ERR_INPUT, "%s is not among the charter's online keys of %s", path,
                        node->config.partner.text);
    }
    return ERR_OK;
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
        .signer = node->signer,
        .clock = node->clock,
        .terms = terms_of(node->snapshot),
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

static void check_readiness(void *context, struct readiness *readiness)
{
    struct node *node = context;
    if (!atomic_load(&node->is_serving)) {
        readiness_add(readiness, "the node is not serving");
    }
    if (credentials_not_after(node->credentials).ms <= node_now(node).ms) {
        readiness_add(readiness, "the TLS certificate has expired");
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
        .check_readiness = check_readiness,
        .readiness_context = node,
    };
    return http_server_start(&options, &node->http, note);
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
    size_t count = sizeof node->services / sizeof node->services[0];
    return rpc_server_start(&options, node->services, count, &node->server, note);
}

static enum err start_all(struct node *node, struct note *note)
{
    struct peers *peers;
    TRY(node_config_load(node->config_path, &node->config, note));
    log_init(&node->log, STDERR_FILENO, (enum log_level)node->config.log_level,
             (enum log_format)node->config.log_format, (struct log_clock){log_now, node});
    TRY(node_config_check_files(&node->config, node->config_path, note));
    TRY(snapshot_load(&node->config, &node->snapshot, note));
    TRY(credentials_open(&node->config, node->snapshot, node->clock, &node->credentials, note));
    TRY(open_key(node, note));
    TRY(open_ledger(node, note));
    TRY(metrics_create(&node->metrics));
    TRY(node_metrics_create(node, &node->counters));
    TRY(peer_guard_create(node, &node->peer_guard));
    TRY(replier_start(&node->replier));
    TRY(batch_rooms_open(node, &node->batches));
    TRY(peers_start(node, &peers, note));
    pthread_mutex_lock(&node->peers_lock);
    node->peers = peers;
    pthread_mutex_unlock(&node->peers_lock);
    TRY(housekeeper_start(node, &node->housekeeper));
    TRY(start_http(node, note));
    TRY(start_rpc(node, note));
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
    TRY(snapshot_load(&node->config, &node->snapshot, note));
    TRY(credentials_open(&node->config, node->snapshot, node->clock, &node->credentials, note));
    return open_key(node, note);
}

void node_check_fini(struct node *node)
{
    signing_key_fini(&node->key);
    credentials_close(node->credentials);
    snapshot_release(node->snapshot);
}

enum err node_start(const char *config_path, struct node **out_node, struct note *note)
{
    struct node *node = calloc(1, sizeof *node);
    if (node == NULL) {
        return note_set(note, ERR_RESOURCE, "no memory for the node");
    }
    node->config_path = config_path;
    node->clock = clock_of_system();
    node->started = clock_now(&node->clock);
    pthread_mutex_init(&node->reload_lock, NULL);
    pthread_mutex_init(&node->snapshot_lock, NULL);
    pthread_mutex_init(&node->settle_lock, NULL);
    pthread_mutex_init(&node->peers_lock, NULL);
    event_gate_init(&node->events);
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
    housekeeper_stop(node->housekeeper);
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
    node_metrics_destroy(node->counters);
    metrics_destroy(node->metrics);
    signing_key_fini(&node->key);
    credentials_close(node->credentials);
    snapshot_release(node->snapshot);
    event_gate_fini(&node->events);
    pthread_mutex_destroy(&node->peers_lock);
    pthread_mutex_destroy(&node->settle_lock);
    pthread_mutex_destroy(&node->snapshot_lock);
    pthread_mutex_destroy(&node->reload_lock);
    free(node);
}

/* What was cleared under a tariff stays in the totals and keeps its price: without it, or with
 * another one, this node's halves would differ from the partners'. */
static enum err check_tariffs(const struct roster *before, const struct roster *after,
                              struct note *note)
{
    for (size_t i = 0; i < before->tariff_count; i++) {
        const struct tariff *old = &before->tariffs[i];
        const struct tariff *now = roster_tariff(after, old->id);
        if (now == NULL) {
            return note_set(note, ERR_CONFLICT, "the new charter no longer has tariff %u", old->id);
        }
        if (now->issue_price.minor != old->issue_price.minor ||
            now->redemption_price.minor != old->redemption_price.minor ||
            now->per.minor != old->per.minor) {
            return note_set(note, ERR_CONFLICT,
                            "the new charter has other prices for tariff %u: new prices need a "
                            "tariff of their own",
                            old->id);
        }
    }
    return ERR_OK;
}

/* Charter and programme may grow newer, not older. */
static enum err check_newer(const struct snapshot *before, const struct snapshot *after,
                            struct note *note)
{
    if (after->charter->epoch < before->charter->epoch) {
        return note_set(note, ERR_CONFLICT, "the charter file has epoch %llu, in force is %llu",
                        (unsigned long long)after->charter->epoch,
                        (unsigned long long)before->charter->epoch);
    }
    if (after->charter->epoch == before->charter->epoch &&
        !hash_equal(&after->charter->payload_hash, &before->charter->payload_hash)) {
        return note_set(note, ERR_CONFLICT, "another charter with the epoch in force");
    }
    TRY(check_tariffs(&before->roster, &after->roster, note));
    return snapshot_check_programme(before, after, note);
}

static enum err reload(struct node *node, struct note *note)
{
    struct snapshot *snapshot;
    TRY(snapshot_load(&node->config, &snapshot, note));
    struct snapshot *before = node_snapshot(node);
    enum err err = check_newer(before, snapshot, note);
    snapshot_release(before);
    if (err == ERR_OK) {
        err = credentials_reload(node->credentials, snapshot, note);
    }
    if (err != ERR_OK) {
        snapshot_release(snapshot);
        return err;
    }
    struct engine_terms terms = terms_of(snapshot);
    err = engine_set_terms(node->engine, &terms);
    if (err != ERR_OK) {
        snapshot_release(snapshot);
        return note_set(note, err, "the ledger can't take the new charter now; reload again");
    }
    pthread_mutex_lock(&node->snapshot_lock);
    before = node->snapshot;
    node->snapshot = snapshot;
    pthread_mutex_unlock(&node->snapshot_lock);
    snapshot_release(before);
    return ERR_OK;
}

enum err node_reload(struct node *node, struct note *note)
{
    pthread_mutex_lock(&node->reload_lock);
    enum err err = reload(node, note);
    pthread_mutex_unlock(&node->reload_lock);
    return err;
}

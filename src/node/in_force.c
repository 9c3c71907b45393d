#include "node/in_force.h"

#include <inttypes.h>

#include "charter/charter_store.h"
#include "node/fraud_gate.h"
#include "node/metrics.h"
#include "node/own_keys.h"
#include "node/peers.h"
#include "node/programme_log.h"

static void release_terms(void *context)
{
    snapshot_release(context);
}

struct engine_terms in_force_terms(struct snapshot *snapshot)
{
    return (struct engine_terms){
        .roster = &snapshot->roster,
        .refund_grace_ms = snapshot->refund_grace_ms,
        .debt_limit = snapshot->debt_limit,
        .outbox_entries = snapshot->outbox_entries,
        .signer = &snapshot->signer,
        .context = snapshot_hold(snapshot),
        .release = release_terms,
    };
}

static enum err open_keys(struct node *node, struct note *note)
{
    struct snapshot *snapshot = node->snapshot;
    TRY(own_keys_create(node->config.coalition, node->clock, &node->own_keys));
    TRY(own_keys_load(node->own_keys, &node->config, note));
    TRY(own_keys_choose(node->own_keys, snapshot->charter, &node->config.partner, &snapshot->signer,
                        note));
    atomic_store(&node->has_key, true);
    return ERR_OK;
}

/* Of a snapshot whose programme was just read from its file, and that is not in use yet. */
static enum err join_programmes(struct node *node, const struct programmes *before,
                                struct snapshot *snapshot, struct note *note)
{
    struct programmes *list;
    TRY(programme_log_follow(node, before, snapshot->programmes->at[0], &list, note));
    snapshot_use_programmes(snapshot, list, node_now(node));
    programmes_release(list);
    return ERR_OK;
}

enum err in_force_open(struct node *node, struct note *note)
{
    const struct node_config *config = &node->config;
    struct charter_chain chain;
    TRY(charter_store_open(config->data.text, config->charter.text, &chain, note));
    enum err err = snapshot_make(config, &chain, NULL, node_now(node), &node->snapshot, note);
    charter_chain_fini(&chain);
    TRY(err);
    TRY(credentials_open(config, node->snapshot, node->clock, &node->credentials, note));
    return open_keys(node, note);
}

/* While the ledger does not write, since it gets back what it lost, the file waits. */
static enum err open_programmes(struct node *node, struct note *note)
{
    struct programmes *kept;
    TRY(programme_log_read(node, node->snapshot, &kept, note));
    enum err err = join_programmes(node, kept, node->snapshot, note);
    if (err == ERR_UNAVAILABLE) {
        snapshot_use_programmes(node->snapshot, kept, node_now(node));
        err = ERR_OK;
    }
    programmes_release(kept);
    return err;
}

enum err in_force_keep(struct node *node, struct note *note)
{
    TRY(open_programmes(node, note));
    return charter_store_put(node->config.data.text, node->snapshot->charter, note);
}

/* The keys of before go on when none is valid under the new snapshot: the node then says that it
 * can't sign, and signs again once one is. */
static void choose_key(struct node *node, struct snapshot *snapshot)
{
    struct note note = {""};
    bool had_key = atomic_load(&node->has_key);
    bool has_key = own_keys_choose(node->own_keys, snapshot->charter, &node->config.partner,
                                   &snapshot->signer, &note) == ERR_OK;
    atomic_store(&node->has_key, has_key);
    if (has_key != had_key) {
        log_event(&node->log, has_key ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
                  has_key ? "signing_key_found" : "signing_key_ended",
                  LOG_TEXT("detail", note.text));
    }
}

/* Another machine of the coalition has it. Periods end here by UTC then. */
static void tell_zone(struct node *node, const struct period_calendar *calendar)
{
    const struct period_rule *rule = calendar_rule_on(calendar, unix_day(node_now(node)));
    if (!time_zone_is_known(rule->time_zone)) {
        log_event(&node->log, LOG_LEVEL_WARNING, "time_zone_unknown",
                  LOG_TEXT("time_zone", rule->time_zone),
                  LOG_TEXT("detail", "days begin by UTC: install the package tzdata"));
    }
}

static void log_change(struct node *node, const struct snapshot *before,
                       const struct snapshot *after)
{
    char id[KEY_ID_TEXT_MAX];
    if (after->version->programme.version != before->version->programme.version) {
        log_event(&node->log, LOG_LEVEL_INFO, "programme_in_force",
                  LOG_INT("version", (int64_t)after->version->programme.version));
    }
    if (after->charter != before->charter) {
        log_event(&node->log, LOG_LEVEL_INFO, "charter_in_force",
                  LOG_INT("epoch", after->charter->epoch),
                  LOG_INT("partners", after->charter->partner_count));
        tell_zone(node, &after->charter->calendar);
    }
    if (!key_id_equal(&after->signer.key_id, &before->signer.key_id)) {
        log_event(&node->log, LOG_LEVEL_INFO, "signing_key_changed",
                  LOG_TEXT("key", key_id_format(&after->signer.key_id, id)));
    }
}

/* Sessions and metrics: partners may have come, gone or moved; fraud rules may be others. */
static void follow(struct node *node)
{
    if (node->fraud_gate != NULL) {
        fraud_gate_follow(node->fraud_gate);
    }
    pthread_mutex_lock(&node->peers_lock);
    struct peers *peers = node->peers;
    pthread_mutex_unlock(&node->peers_lock);
    enum err err = node->counters == NULL ? ERR_OK : node_metrics_follow(node->counters);
    if (err == ERR_OK && peers != NULL) {
        err = peers_follow(peers);
    }
    if (err != ERR_OK) {
        log_event(&node->log, LOG_LEVEL_ERROR, "sessions_not_started",
                  LOG_TEXT("detail", err_describe(err)->sentence));
    }
}

/* Takes the snapshot, whose TLS side is in use already. */
static enum err put(struct node *node, struct snapshot *snapshot, struct note *note)
{
    choose_key(node, snapshot);
    struct engine_terms terms = in_force_terms(snapshot);
    enum err err = engine_set_terms(node->engine, &terms);
    if (err != ERR_OK) {
        snapshot_release(snapshot);
        return note_set(note, err, "the ledger can't take the new charter now; reload again");
    }
    pthread_mutex_lock(&node->snapshot_lock);
    struct snapshot *before = node->snapshot;
    node->snapshot = snapshot;
    pthread_mutex_unlock(&node->snapshot_lock);
    log_change(node, before, snapshot);
    snapshot_release(before);
    follow(node);
    return ERR_OK;
}

/* Of the configuration only the keys are read again: what else it says holds until a restart. */
static enum err read_keys(struct node *node, struct note *note)
{
    struct node_config config;
    TRY(node_config_load(node->config_path, &config, note));
    if (!partner_id_equal(&config.partner, &node->config.partner)) {
        return note_set(note, ERR_CONFLICT, "%s is %s's now", node->config_path,
                        config.partner.text);
    }
    TRY(node_config_check_files(&config, node->config_path, note));
    return own_keys_load(node->own_keys, &config, note);
}

static enum err reload(struct node *node, struct note *note)
{
    const struct node_config *config = &node->config;
    struct charter_chain chain;
    struct snapshot *snapshot;
    TRY(read_keys(node, note));
    TRY(charter_store_open(config->data.text, config->charter.text, &chain, note));
    enum err err = snapshot_make(config, &chain, NULL, node_now(node), &snapshot, note);
    charter_chain_fini(&chain);
    TRY(err);
    err = join_programmes(node, node->snapshot->programmes, snapshot, note);
    if (err == ERR_OK &&
        charter_chain_find(&snapshot->chain, node->snapshot->charter->epoch) == NULL) {
        err = note_set(note, ERR_CORRUPT, "%s/charters no longer has the charter in force",
                       config->data.text);
    }
    if (err == ERR_OK) {
        err = charter_store_put(config->data.text, snapshot->charter, note);
    }
    if (err == ERR_OK) {
        err = credentials_reload(node->credentials, snapshot, note);
    }
    if (err != ERR_OK) {
        snapshot_release(snapshot);
        return err;
    }
    return put(node, snapshot, note);
}

enum err in_force_reload(struct node *node, struct note *note)
{
    pthread_mutex_lock(&node->reload_lock);
    enum err err = reload(node, note);
    pthread_mutex_unlock(&node->reload_lock);
    return err;
}

/* Signed by enough of both epochs' keys, as the accepted one is: then somebody signed twice. */
static bool is_second_story(const struct charter_chain *chain, const struct charter *charter)
{
    const struct charter *before = charter_chain_find(chain, charter->epoch - 1);
    struct note unused;
    return charter_check_signatures(charter, &unused) == ERR_OK &&
           (before == NULL || charter_follows(charter, before, &unused) == ERR_OK);
}

static enum err keep_fork(struct node *node, const struct charter *charter, const char *whom,
                          struct note *note)
{
    bool is_new = false;
    struct note trouble = {""};
    if (!is_second_story(&node->snapshot->chain, charter)) {
        return note_set(note, ERR_SIGNATURE,
                        "another charter of epoch %" PRIu64
                        " than the accepted one, and not signed by enough",
                        charter->epoch);
    }
    (void)note_set(note, ERR_DISAGREE,
                   "two charters are signed for epoch %" PRIu64 "; the one that came first is in "
                   "force here",
                   charter->epoch);
    if (charter_store_put_fork(node->config.data.text, charter, &is_new, &trouble) != ERR_OK ||
        is_new) {
        node_count_charter_fork(node->counters);
        log_event(&node->log, LOG_LEVEL_ERROR, "charter_fork", LOG_TEXT("from", whom),
                  LOG_INT("epoch", charter->epoch), LOG_TEXT("detail", note->text),
                  LOG_TEXT("trouble", trouble.text));
    }
    return ERR_DISAGREE;
}

/* Behind the last, durable, in force. */
static enum err accept(struct node *node, struct charter *charter, struct note *note)
{
    struct charter_chain chain;
    struct snapshot *snapshot;
    struct note warning = {""};
    TRY(charter_chain_may_add(&node->snapshot->chain, charter, note));
    TRY(charter_chain_copy(&node->snapshot->chain, &chain));
    enum err err = charter_chain_add(&chain, charter_hold(charter));
    if (err != ERR_OK) {
        charter_close(charter);
    } else {
        err = snapshot_make(&node->config, &chain, node->snapshot, node_now(node), &snapshot, note);
    }
    charter_chain_fini(&chain);
    TRY(err);
    err = charter_store_put(node->config.data.text, charter, note);
    if (err == ERR_OK) {
        err = credentials_follow(node->credentials, snapshot, &warning);
    }
    if (err != ERR_OK) {
        snapshot_release(snapshot);
        return err;
    }
    if (warning.text[0] != '\0') {
        log_event(&node->log, LOG_LEVEL_WARNING, "certificate_does_not_fit",
                  LOG_TEXT("detail", warning.text));
    }
    return put(node, snapshot, note);
}

static enum err take(struct node *node, struct charter *charter, const char *whom,
                     struct note *note)
{
    switch (charter_chain_standing(&node->snapshot->chain, charter)) {
    case CHARTER_KNOWN:
    case CHARTER_PAST:
        return ERR_EXISTS;
    case CHARTER_OTHER:
        return keep_fork(node, charter, whom, note);
    case CHARTER_AHEAD:
        return note_set(note, ERR_UNAVAILABLE,
                        "a charter of epoch %" PRIu64 "; here %" PRIu64
                        " is in force, and what lies between them is missing",
                        charter->epoch, node->snapshot->charter->epoch);
    case CHARTER_NEXT:
        break;
    }
    TRY(accept(node, charter, note));
    log_event(&node->log, LOG_LEVEL_INFO, "charter_accepted", LOG_TEXT("from", whom),
              LOG_INT("epoch", charter->epoch));
    return ERR_OK;
}

enum err in_force_take(struct node *node, struct slice bytes, const char *whom, struct note *note)
{
    struct charter *charter;
    enum err err = charter_open(bytes, &charter, note);
    if (err == ERR_OK) {
        pthread_mutex_lock(&node->reload_lock);
        err = take(node, charter, whom, note);
        pthread_mutex_unlock(&node->reload_lock);
        charter_close(charter);
    }
    if (err != ERR_OK && err != ERR_EXISTS && err != ERR_DISAGREE) {
        node_count_charter_refused(node->counters);
        log_event(&node->log, LOG_LEVEL_WARNING, "charter_refused", LOG_TEXT("from", whom),
                  LOG_TEXT("reason", err_name(err)), LOG_TEXT("detail", note->text));
    }
    return err;
}

/* Another version's time has come, or one could not be kept yet. */
static bool has_other_programme(struct node *node)
{
    const struct snapshot *snapshot = node->snapshot;
    const struct programme_version *now = programmes_at(snapshot->programmes, node_now(node));
    return now != snapshot->version || (now->number == 0 && now->rules != NULL);
}

enum err in_force_activate(struct node *node, const struct programme_activation *activation,
                           struct outcome *out_outcome, struct note *note)
{
    struct programmes *list;
    struct snapshot *snapshot;
    pthread_mutex_lock(&node->reload_lock);
    enum err err = programme_log_activate(node, node->snapshot->programmes, activation, out_outcome,
                                          &list, note);
    if (err == ERR_OK) {
        err = snapshot_make(&node->config, &node->snapshot->chain, node->snapshot, node_now(node),
                            &snapshot, note);
        if (err == ERR_OK) {
            snapshot_use_programmes(snapshot, list, node_now(node));
            err = put(node, snapshot, note);
        }
        programmes_release(list);
    }
    pthread_mutex_unlock(&node->reload_lock);
    return err;
}

/* A new snapshot of the same, with the version that is in force by now. */
static void change_programme(struct node *node)
{
    struct snapshot *snapshot;
    struct note note = {""};
    enum err err = snapshot_make(&node->config, &node->snapshot->chain, node->snapshot,
                                 node_now(node), &snapshot, &note);
    if (err == ERR_OK && snapshot->version->number == 0) {
        err = join_programmes(node, node->snapshot->programmes, snapshot, &note);
        if (err != ERR_OK) {
            snapshot_release(snapshot);
        }
    }
    if (err == ERR_OK) {
        err = put(node, snapshot, &note);
    }
    if (err != ERR_OK && err != ERR_UNAVAILABLE) {
        log_event(&node->log, LOG_LEVEL_WARNING, "programme_not_changed",
                  LOG_TEXT("detail", note.text));
    }
}

void in_force_look(struct node *node)
{
    struct signer signer;
    struct note note = {""};
    struct snapshot *snapshot;
    pthread_mutex_lock(&node->reload_lock);
    if (has_other_programme(node)) {
        change_programme(node);
    }
    struct snapshot *before = node->snapshot;
    bool has_key = own_keys_choose(node->own_keys, before->charter, &node->config.partner, &signer,
                                   &note) == ERR_OK;
    bool is_same = key_id_equal(&signer.key_id, &before->signer.key_id) || !has_key;
    if ((has_key != atomic_load(&node->has_key) || !is_same) &&
        snapshot_make(&node->config, &before->chain, before, node_now(node), &snapshot, &note) ==
            ERR_OK &&
        put(node, snapshot, &note) != ERR_OK) {
        log_event(&node->log, LOG_LEVEL_WARNING, "signing_key_not_changed",
                  LOG_TEXT("detail", note.text));
    }
    pthread_mutex_unlock(&node->reload_lock);
}

#include "node/peers.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/recover.h"
#include "node/session.h"

#define ASK_EVERY_S 2 /* longer than an answer may take */

/* Sessions only ever come: who looks needs no lock, and who was asked for a channel keeps it. */
struct peers {
    struct node *node;
    pthread_mutex_t lock; /* of starting and ending sessions */
    bool is_stopping;
    bool has_started; /* those of the charter at the start are there */
    struct session *sessions[LIMIT_PARTNERS];
    atomic_size_t count;
};

/* For calls on it to end, the one before stays open for a while. */
static void use_channel(struct session *session, struct rpc_client *client, uint64_t generation)
{
    pthread_mutex_lock(&session->lock);
    struct rpc_client *oldest = session->retired[session->retired_next];
    session->retired[session->retired_next] = session->client;
    session->retired_next = (session->retired_next + 1) % RETIRED_CHANNELS;
    session->client = client;
    session->client_generation = generation;
    pthread_mutex_unlock(&session->lock);
    if (oldest != NULL) {
        rpc_client_close(oldest);
    }
}

enum err session_channel(struct session *session, struct rpc_client **out_client, struct note *note)
{
    uint64_t generation = credentials_generation(session->node->credentials);
    if (session->client == NULL || generation != session->client_generation) {
        struct rpc_client *client;
        struct snapshot *snapshot = node_snapshot(session->node);
        const struct charter_partner *partner =
            charter_partner_find(snapshot->charter, &session->partner);
        enum err err = partner == NULL ? note_set(note, ERR_NOT_FOUND, "no longer a partner")
                                       : credentials_connect(session->node->credentials, partner,
                                                             &client, note);
        snapshot_release(snapshot);
        TRY(err);
        use_channel(session, client, generation);
    }
    *out_client = session->client;
    return ERR_OK;
}

static enum err session_run(struct session *session)
{
    session->has_ended = false;
    session->is_stopping = false;
    session->report.is_over = false;
    if (session->tried_round == RECOVERY_GATE_LEFT) {
        recovery_gate_join(&session->node->recovery_gate, &session->tried_round);
    }
    if (pthread_create(&session->thread, NULL, session_main, session) != 0) {
        return ERR_RESOURCE;
    }
    session->is_running = true;
    return ERR_OK;
}

static enum err session_start(struct node *node, const struct charter_partner *partner,
                              uint64_t tried_round, struct session *session, struct note *note)
{
    pthread_condattr_t monotonic;
    session->node = node;
    session->tried_round = tried_round;
    session->partner = partner->id;
    session->report.partner = partner->id;
    snprintf(session->report.address, sizeof session->report.address, "%s", partner->address);
    snprintf(session->report.problem, sizeof session->report.problem, "not connected yet");
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&session->lock, NULL);
    pthread_cond_init(&session->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    TRY(session_channel(session, &(struct rpc_client *){NULL}, note));
    TRY(state_reader_create(node->state, &session->reader));
    outgoing_init(&session->outgoing, &session->partner, &node->journal);
    session->has_outgoing = true;
    return session_run(session) == ERR_OK
               ? ERR_OK
               : note_set(note, ERR_RESOURCE, "no thread for the session with %s",
                          partner->id.text);
}

/* Tells the thread to end; does not wait for it. */
static void session_end(struct session *session)
{
    pthread_mutex_lock(&session->lock);
    session->is_stopping = true;
    if (session->stream != NULL) {
        rpc_client_stream_cancel(session->stream);
    }
    pthread_cond_signal(&session->wake);
    pthread_mutex_unlock(&session->lock);
}

static void session_join(struct session *session)
{
    if (session->is_running) {
        pthread_join(session->thread, NULL);
        session->is_running = false;
    }
}

static void session_destroy(struct session *session)
{
    session_end(session);
    session_join(session);
    if (session->has_outgoing) {
        outgoing_fini(&session->outgoing);
    }
    if (session->client != NULL) {
        rpc_client_close(session->client);
    }
    for (size_t i = 0; i < RETIRED_CHANNELS; i++) {
        if (session->retired[i] != NULL) {
            rpc_client_close(session->retired[i]);
        }
    }
    if (session->reader != NULL) {
        state_reader_destroy(session->reader);
    }
    pthread_cond_destroy(&session->wake);
    pthread_mutex_destroy(&session->lock);
    free(session);
}

static struct session *find(const struct peers *peers, const struct partner_id *partner)
{
    size_t count = atomic_load_explicit(&peers->count, memory_order_acquire);
    for (size_t i = 0; i < count; i++) {
        if (partner_id_equal(&peers->sessions[i]->partner, partner)) {
            return peers->sessions[i];
        }
    }
    return NULL;
}

static enum err add_session(struct peers *peers, const struct charter_partner *partner,
                            struct note *note)
{
    size_t count = atomic_load(&peers->count);
    struct session *session = count < LIMIT_PARTNERS ? calloc(1, sizeof *session) : NULL;
    if (session == NULL) {
        return note_set(note, ERR_RESOURCE, "no memory for the session with %s", partner->id.text);
    }
    enum err err = session_start(peers->node, partner, peers->has_started ? RECOVERY_GATE_LEFT : 0,
                                 session, note);
    if (err != ERR_OK) {
        session_destroy(session);
        return err;
    }
    peers->sessions[count] = session;
    atomic_store_explicit(&peers->count, count + 1, memory_order_release);
    return ERR_OK;
}

/* A partner that was here before: back again, at another address, or to be told of an epoch. */
static enum err resume_session(struct session *session, const struct charter_partner *partner)
{
    pthread_mutex_lock(&session->lock);
    bool has_moved = strcmp(session->report.address, partner->address) != 0;
    bool has_ended = session->has_ended;
    snprintf(session->report.address, sizeof session->report.address, "%s", partner->address);
    if (has_moved && session->stream != NULL) {
        rpc_client_stream_cancel(session->stream);
    }
    session->wakes++;
    pthread_cond_signal(&session->wake);
    pthread_mutex_unlock(&session->lock);
    if (has_ended) {
        session_join(session);
        return session_run(session);
    }
    return ERR_OK;
}

static enum err follow(struct peers *peers, const struct charter *charter, struct note *note)
{
    size_t count = atomic_load(&peers->count);
    for (size_t i = 0; i < count; i++) {
        if (charter_partner_find(charter, &peers->sessions[i]->partner) == NULL) {
            session_end(peers->sessions[i]);
        }
    }
    for (size_t i = 0; i < charter->partner_count; i++) {
        const struct charter_partner *partner = &charter->partners[i];
        struct session *session = find(peers, &partner->id);
        if (partner_id_equal(&partner->id, &peers->node->config.partner)) {
            continue;
        }
        TRY(session == NULL ? add_session(peers, partner, note) : resume_session(session, partner));
    }
    return ERR_OK;
}

static enum err follow_snapshot(struct peers *peers, struct note *note)
{
    struct snapshot *snapshot = node_snapshot(peers->node);
    pthread_mutex_lock(&peers->lock);
    enum err err = peers->is_stopping ? ERR_OK : follow(peers, snapshot->charter, note);
    pthread_mutex_unlock(&peers->lock);
    snapshot_release(snapshot);
    return err;
}

enum err peers_follow(struct peers *peers)
{
    struct note note;
    return follow_snapshot(peers, &note);
}

/* Nothing is written before each of them was asked what it holds of this ledger. */
static enum err begin_comparison(struct node *node, struct note *note)
{
    struct snapshot *snapshot = node_snapshot(node);
    const struct charter *charter = snapshot->charter;
    size_t partners = charter->partner_count;
    partners -= charter_partner_find(charter, &node->config.partner) != NULL;
    snapshot_release(snapshot);
    return recover_begin(node, partners, note);
}

enum err peers_start(struct node *node, struct peers **out_peers, struct note *note)
{
    struct peers *peers = calloc(1, sizeof *peers);
    if (peers == NULL) {
        return ERR_RESOURCE;
    }
    peers->node = node;
    pthread_mutex_init(&peers->lock, NULL);
    enum err err = begin_comparison(node, note);
    if (err == ERR_OK) {
        err = follow_snapshot(peers, note);
        peers->has_started = true;
    }
    if (err != ERR_OK) {
        peers_stop(peers);
        return err;
    }
    *out_peers = peers;
    return ERR_OK;
}

void peers_stop(struct peers *peers)
{
    if (peers == NULL) {
        return;
    }
    pthread_mutex_lock(&peers->lock);
    peers->is_stopping = true;
    pthread_mutex_unlock(&peers->lock);
    size_t count = atomic_load(&peers->count);
    for (size_t i = 0; i < count; i++) {
        session_end(peers->sessions[i]);
    }
    /* All threads first: one that takes a charter may look at the others' sessions. */
    for (size_t i = 0; i < count; i++) {
        session_join(peers->sessions[i]);
    }
    for (size_t i = 0; i < count; i++) {
        session_destroy(peers->sessions[i]);
    }
    pthread_mutex_destroy(&peers->lock);
    free(peers);
}

void peers_wake(struct peers *peers)
{
    size_t count = atomic_load_explicit(&peers->count, memory_order_acquire);
    for (size_t i = 0; i < count; i++) {
        struct session *session = peers->sessions[i];
        pthread_mutex_lock(&session->lock);
        session->wakes++;
        pthread_cond_signal(&session->wake);
        pthread_mutex_unlock(&session->lock);
    }
}

size_t peers_count(const struct peers *peers)
{
    return atomic_load_explicit(&peers->count, memory_order_acquire);
}

struct peer_report peers_report(struct peers *peers, size_t index)
{
    struct session *session = peers->sessions[index];
    pthread_mutex_lock(&session->lock);
    struct peer_report report = session->report;
    report.charter_epoch = session->partner_epoch;
    pthread_mutex_unlock(&session->lock);
    return report;
}

struct rpc_client *peers_client(struct peers *peers, const struct partner_id *partner)
{
    struct session *session = find(peers, partner);
    if (session == NULL) {
        return NULL;
    }
    pthread_mutex_lock(&session->lock);
    struct rpc_client *client = session->has_ended ? NULL : session->client;
    pthread_mutex_unlock(&session->lock);
    return client;
}

bool peers_may_ask(struct peers *peers, const struct partner_id *partner)
{
    struct session *session = find(peers, partner);
    struct timespec now;
    if (session == NULL) {
        return false;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    pthread_mutex_lock(&session->lock);
    bool may = session->asked_at_s == 0 || now.tv_sec - session->asked_at_s >= ASK_EVERY_S;
    session->asked_at_s = may ? now.tv_sec : session->asked_at_s;
    pthread_mutex_unlock(&session->lock);
    return may;
}

struct peer_reach peers_reach(struct peers *peers, const struct partner_id *partner)
{
    struct session *session = find(peers, partner);
    struct peer_reach reach = {.is_connected = false};
    if (session != NULL) {
        pthread_mutex_lock(&session->lock);
        reach = (struct peer_reach){session->report.is_connected, session->is_suspect};
        pthread_mutex_unlock(&session->lock);
    }
    return reach;
}

void peers_note_asked(struct peers *peers, const struct partner_id *partner)
{
    struct session *session = find(peers, partner);
    if (session != NULL) {
        atomic_store_explicit(&session->hold_asked_at_ms, session_clock_ms(), memory_order_relaxed);
    }
}

void peers_set_suspect(struct peers *peers, const struct partner_id *partner, bool is_suspect)
{
    struct session *session = find(peers, partner);
    if (session != NULL) {
        pthread_mutex_lock(&session->lock);
        session->is_suspect = is_suspect;
        pthread_mutex_unlock(&session->lock);
    }
}

void peers_note_reconciled(struct peers *peers, const struct partner_id *partner, bool is_open,
                           const struct reconcile_report *report)
{
    struct session *session = find(peers, partner);
    if (session != NULL) {
        pthread_mutex_lock(&session->lock);
        session->reconciled[is_open] = *report;
        pthread_mutex_unlock(&session->lock);
    }
}

struct reconcile_report peers_reconciled(struct peers *peers, const struct partner_id *partner,
                                         bool is_open)
{
    struct session *session = find(peers, partner);
    struct reconcile_report report = {.at = {0}};
    if (session != NULL) {
        pthread_mutex_lock(&session->lock);
        report = session->reconciled[is_open];
        pthread_mutex_unlock(&session->lock);
    }
    return report;
}

void peers_note_epoch(struct peers *peers, const struct partner_id *partner, uint64_t epoch)
{
    struct session *session = find(peers, partner);
    if (session != NULL) {
        pthread_mutex_lock(&session->lock);
        session->partner_epoch = epoch;
        pthread_mutex_unlock(&session->lock);
    }
}

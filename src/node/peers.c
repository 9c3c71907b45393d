#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/session.h"

struct peers {
    struct session *sessions;
    size_t count;
};

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
    *out_client = session->client;
    return ERR_OK;
}

static enum err session_start(struct node *node, const struct charter_partner *partner,
                              struct session *session, struct note *note)
{
    pthread_condattr_t monotonic;
    session->node = node;
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
    outgoing_init(&session->outgoing, &partner->id, &node->journal);
    if (pthread_create(&session->thread, NULL, session_main, session) != 0) {
        return note_set(note, ERR_RESOURCE, "no thread for the session with %s", partner->id.text);
    }
    session->is_running = true;
    return ERR_OK;
}

static void session_stop(struct session *session)
{
    if (session->is_running) {
        pthread_mutex_lock(&session->lock);
        session->is_stopping = true;
        if (session->stream != NULL) {
            rpc_client_stream_cancel(session->stream);
        }
        pthread_cond_signal(&session->wake);
        pthread_mutex_unlock(&session->lock);
        pthread_join(session->thread, NULL);
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
}

enum err peers_start(struct node *node, struct peers **out_peers, struct note *note)
{
    struct snapshot *snapshot = node_snapshot(node);
    const struct charter *charter = snapshot->charter;
    struct peers *peers = calloc(1, sizeof *peers);
    enum err err = peers == NULL ? ERR_RESOURCE : ERR_OK;
    if (err == ERR_OK) {
        peers->sessions = calloc(charter->partner_count, sizeof *peers->sessions);
        err = peers->sessions == NULL ? ERR_RESOURCE : ERR_OK;
    }
    for (size_t i = 0; err == ERR_OK && i < charter->partner_count; i++) {
        const struct charter_partner *partner = &charter->partners[i];
        if (!partner_id_equal(&partner->id, &node->config.partner)) {
            err = session_start(node, partner, &peers->sessions[peers->count++], note);
        }
    }
    snapshot_release(snapshot);
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
    for (size_t i = 0; i < peers->count; i++) {
        session_stop(&peers->sessions[i]);
    }
    free(peers->sessions);
    free(peers);
}

void peers_wake(struct peers *peers)
{
    for (size_t i = 0; i < peers->count; i++) {
        struct session *session = &peers->sessions[i];
        pthread_mutex_lock(&session->lock);
        session->wakes++;
        pthread_cond_signal(&session->wake);
        pthread_mutex_unlock(&session->lock);
    }
}

size_t peers_count(const struct peers *peers)
{
    return peers->count;
}

struct peer_report peers_report(struct peers *peers, size_t index)
{
    struct session *session = &peers->sessions[index];
    pthread_mutex_lock(&session->lock);
    struct peer_report report = session->report;
    pthread_mutex_unlock(&session->lock);
    return report;
}

struct rpc_client *peers_client(struct peers *peers, const struct partner_id *partner)
{
    for (size_t i = 0; i < peers->count; i++) {
        struct session *session = &peers->sessions[i];
        if (partner_id_equal(&session->partner, partner)) {
            pthread_mutex_lock(&session->lock);
            struct rpc_client *client = session->client;
            pthread_mutex_unlock(&session->lock);
            return client;
        }
    }
    return NULL;
}

/* The net of all pairs: what each node holds of it is fetched from the others, and netted. */
#include <stdlib.h>
#include <string.h>

#include "node/charter_exchange.h"
#include "node/partner_host.h"
#include "node/peer_guard.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/session.h"
#include "peer/netting.h"
#include "peer/pair.h"
#include "wire/signed_message.h"

#define FETCH_TIMEOUT_MS 5000

/* ---- As the caller ---- */

/* Under the settle lock: the period's row, in place of the oldest one. */
static struct netting_watch *watch_of(struct node *node, struct period period)
{
    struct netting_watch *oldest = &node->netting[0];
    for (size_t i = 0; i < NETTING_WATCHES; i++) {
        struct netting_watch *watch = &node->netting[i];
        if (watch->period.code == period.code) {
            return watch;
        }
        oldest = period_is_before(watch->period, oldest->period) ? watch : oldest;
    }
    netting_memory_fini(&oldest->memory);
    *oldest = (struct netting_watch){.period = period, .since_ms = session_clock_ms()};
    return oldest;
}

static enum err take_statements(const struct peer_host *host, struct session *session,
                                struct period period,
                                const Talea__V1__FetchNettingResponse *response, struct note *note)
{
    for (size_t i = 0; i < response->n_statements; i++) {
        const Talea__V1__AgreedStatement *agreed = response->statements[i];
        struct signed_message statement;
        struct signed_message countersignature;
        struct partner_id other;
        if (agreed->statement == NULL || agreed->countersignature == NULL ||
            partner_id_parse(agreed->other, &other) != ERR_OK) {
            return note_set(note, ERR_INPUT, "an agreed statement is malformed");
        }
        TRY(signed_of_message(agreed->statement, &statement));
        TRY(signed_of_message(agreed->countersignature, &countersignature));
        if (!roster_is_self(host->roster, &other)) {
            TRY(netting_take_statement(host, period, &session->partner, &other, &statement,
                                       &countersignature, note));
        }
    }
    return ERR_OK;
}

static enum err take_words(const struct peer_host *host, struct period period,
                           const Talea__V1__FetchNettingResponse *response, struct note *note)
{
    for (size_t i = 0; i < response->n_words; i++) {
        const Talea__V1__NettingWord *said = response->words[i];
        struct signed_message word;
        struct partner_id partner;
        if (said->word == NULL || partner_id_parse(said->partner, &partner) != ERR_OK) {
            return note_set(note, ERR_INPUT, "a word about the net is malformed");
        }
        TRY(signed_of_message(said->word, &word));
        if (!roster_is_self(host->roster, &partner)) {
            enum err err = netting_take_word(host, period, &partner, &word, note);
            TRY(err == ERR_DISAGREE ? ERR_OK : err); /* its signer's streams are frozen for it */
        }
    }
    return ERR_OK;
}

static enum err fetch(struct session *session, struct period period,
                      Talea__V1__FetchNettingResponse **out_response, struct note *note)
{
    Talea__V1__FetchNettingRequest request;
    talea__v1__fetch_netting_request__init(&request);
    ProtobufCMessage *reply;
    request.period = period.code;
    struct rpc_status status =
        rpc_client_call(session->client, &talea__v1__peer_service__descriptor, "FetchNetting",
                        &request.base, FETCH_TIMEOUT_MS, &reply);
    if (status.code != 0) {
        return note_set(note, rpc_status_err(&status), "%s", status.message);
    }
    *out_response = (Talea__V1__FetchNettingResponse *)(void *)reply;
    return ERR_OK;
}

/* Under the settle lock. What a partner handed on and is not right does not stop our own turn. */
static enum err take_turn(struct session *session, const struct peer_host *host,
                          struct period period, const Talea__V1__FetchNettingResponse *response,
                          struct note *note)
{
    struct node *node = session->node;
    enum err err = take_statements(host, session, period, response, note);
    if (err == ERR_OK) {
        err = take_words(host, period, response, note);
    }
    struct netting_watch *watch = watch_of(node, period);
    struct netting_wait wait = {(int64_t)node->config.limits.netting_grace_s * 1000,
                                session_clock_ms() - watch->since_ms};
    struct note waits = {""};
    struct netting_outcome outcome;
    enum err turn = netting_turn(host, period, &wait, &watch->memory, &outcome, &waits);
    if (outcome.is_done) {
        netting_memory_fini(&watch->memory);
    }
    watch->is_counted = outcome.is_counted;
    watch->is_done = outcome.is_done;
    memcpy(watch->waits_for, waits.text, sizeof watch->waits_for - 1);
    return err == ERR_OK ? turn : err;
}

bool session_net_is_done(struct session *session, struct period period)
{
    struct node *node = session->node;
    pthread_mutex_lock(&node->settle_lock);
    bool is_done = watch_of(node, period)->is_done;
    pthread_mutex_unlock(&node->settle_lock);
    return is_done;
}

enum err session_net(struct session *session, struct period period, struct note *note)
{
    struct node *node = session->node;
    struct partner_host host;
    Talea__V1__FetchNettingResponse *response = NULL;
    if (session_net_is_done(session, period)) {
        return ERR_OK;
    }
    TRY(fetch(session, period, &response, note));
    partner_host_begin(node, state_reader_view(session->reader), &host);
    pthread_mutex_lock(&node->settle_lock);
    enum err err = take_turn(session, &host.host, period, response, note);
    pthread_mutex_unlock(&node->settle_lock);
    partner_host_end(&host);
    talea__v1__fetch_netting_response__free_unpacked(response, NULL);
    return err;
}

/* ---- As the callee ---- */

/* One answer in the making. The Signed bytes that messages point into are in the arena. */
struct handing {
    struct partner_host host;
    struct period period;
    struct arena arena;
    Talea__V1__FetchNettingResponse response;
};

static enum err signed_copy(struct handing *handing, struct slice bytes,
                            Talea__V1__Signed **out_message)
{
    struct signed_message *envelope = arena_alloc(&handing->arena, sizeof *envelope);
    uint8_t *copy = arena_alloc(&handing->arena, bytes.length + 1);
    Talea__V1__Signed *message = arena_alloc(&handing->arena, sizeof *message);
    if (envelope == NULL || copy == NULL || message == NULL) {
        return ERR_RESOURCE;
    }
    memcpy(copy, bytes.at, bytes.length);
    TRY(signed_decode(slice_of(copy, bytes.length), envelope));
    signed_to_message(envelope, message);
    *out_message = message;
    return ERR_OK;
}

static enum err add_statement(struct handing *handing, const struct partner_id *other,
                              const struct pair_row *row)
{
    const struct peer_host *host = &handing->host.host;
    Talea__V1__AgreedStatement *agreed = arena_alloc(&handing->arena, sizeof *agreed);
    CLEANUP(buffer_fini) struct buffer own = {0};
    if (agreed == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__agreed_statement__init(agreed);
    TRY(peer_renew(host, row->pair.own_signed, &own));
    TRY(signed_copy(handing, buffer_slice(&own), &agreed->statement));
    TRY(signed_copy(handing, row->pair.partner_countersigned, &agreed->countersignature));
    agreed->other = arena_text(&handing->arena, slice_of(other->text, strlen(other->text)));
    handing->response.statements[handing->response.n_statements++] = agreed;
    return agreed->other == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err add_word(struct handing *handing, const struct partner_id *partner,
                         struct slice bytes)
{
    Talea__V1__NettingWord *word = arena_alloc(&handing->arena, sizeof *word);
    if (word == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__netting_word__init(word);
    word->partner = arena_text(&handing->arena, slice_of(partner->text, strlen(partner->text)));
    TRY(signed_copy(handing, bytes, &word->word));
    handing->response.words[handing->response.n_words++] = word;
    return word->partner == NULL ? ERR_RESOURCE : ERR_OK;
}

/* What is kept of a partner's: its word, and its vote of each round up to one without. */
static enum err add_words(struct handing *handing, const struct partner_id *partner)
{
    const struct peer_host *host = &handing->host.host;
    struct slice bytes;
    enum err err = netting_word_of(host, handing->period, partner, &bytes);
    if (err == ERR_OK) {
        err = add_word(handing, partner, bytes);
    }
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    for (uint32_t round = 0; round < NETTING_ROUNDS_MAX; round++) {
        err = netting_vote_in(host, handing->period, partner, round, &bytes);
        if (err == ERR_OK) {
            err = add_word(handing, partner, bytes);
        }
        TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    }
    return ERR_OK;
}

static enum err hand_out(struct handing *handing)
{
    const struct roster *roster = handing->host.host.roster;
    size_t count = roster->partner_count;
    handing->response.statements = arena_alloc(&handing->arena, count * sizeof(void *));
    handing->response.words =
        arena_alloc(&handing->arena, count * (1 + NETTING_ROUNDS_MAX) * sizeof(void *));
    if (handing->response.statements == NULL || handing->response.words == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < count; i++) {
        const struct partner_id *partner = &roster->partners[i].id;
        struct pair_row row = {0};
        enum err err = add_words(handing, partner);
        if (err == ERR_OK && !roster_is_self(roster, partner)) {
            err = pair_row_load(&handing->host.host.view, partner, handing->period, &row);
            if (err == ERR_OK && row.pair.state == PAIR_MATCHED) {
                err = add_statement(handing, partner, &row);
            }
        }
        pair_row_fini(&row);
        TRY(err);
    }
    return ERR_OK;
}

void peer_fetch_netting(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__FetchNettingRequest *request =
        (const Talea__V1__FetchNettingRequest *)(const void *)message;
    struct node *node = context;
    struct handing handing = {.host = {.reader = NULL}};
    if (!request_period(call, request->period, &handing.period)) {
        return;
    }
    talea__v1__fetch_netting_response__init(&handing.response);
    enum err err = partner_host_open(node, &handing.host);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    arena_init(&handing.arena, LIMIT_DECODED_BYTES);
    err = hand_out(&handing);
    if (err == ERR_OK) {
        rpc_call_reply(call, &handing.response.base);
    } else {
        refuse_err(call, err, NULL);
    }
    partner_host_end(&handing.host);
    arena_fini(&handing.arena);
}

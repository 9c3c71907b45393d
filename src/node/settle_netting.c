/* The net of all pairs: what each node holds of it is fetched from the others, and netted. */
#include <string.h>

#include "node/charter_exchange.h"
#include "node/partner_host.h"
#include "node/peer_guard.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/session.h"
#include "peer/netting.h"

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

static enum err fetch(struct session *session, struct netting_reading *reading,
                      Talea__V1__FetchNettingResponse **out_response, struct note *note)
{
    Talea__V1__FetchNettingRequest request;
    Talea__V1__NettingPlace after;
    ProtobufCMessage *reply;
    talea__v1__fetch_netting_request__init(&request);
    request.period = reading->period.code;
    if (reading->place.partner.text[0] != '\0') {
        netting_place_to_message(&reading->place, &after);
        request.after = &after;
    }
    struct rpc_status status =
        rpc_client_call(session->client, &talea__v1__peer_service__descriptor, "FetchNetting",
                        &request.base, FETCH_TIMEOUT_MS, &reply);
    if (status.code != 0) {
        return note_set(note, rpc_status_err(&status), "%s", status.message);
    }
    *out_response = (Talea__V1__FetchNettingResponse *)(void *)reply;
    return ERR_OK;
}

static enum err take_page(struct session *session, const Talea__V1__FetchNettingResponse *response,
                          bool *out_is_more, struct note *note)
{
    struct node *node = session->node;
    struct netting_page page;
    struct partner_host host;
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    TRY(netting_page_of_message(response, &arena, &page, note));
    partner_host_begin(node, state_reader_view(session->reader), &host);
    pthread_mutex_lock(&node->settle_lock);
    enum err err = netting_page_take(&host.host, &session->partner, &session->netting, &page,
                                     out_is_more, note);
    pthread_mutex_unlock(&node->settle_lock);
    partner_host_end(&host);
    return err;
}

/* `out_is_reached`: the partner answered. */
static enum err take_pages(struct session *session, struct period period, bool *out_is_reached,
                           struct note *note)
{
    bool is_more = true;
    netting_reading_begin(&session->netting, period);
    while (is_more && !session_is_stopping(session)) {
        Talea__V1__FetchNettingResponse *response = NULL;
        TRY(fetch(session, &session->netting, &response, note));
        *out_is_reached = true;
        enum err err = take_page(session, response, &is_more, note);
        talea__v1__fetch_netting_response__free_unpacked(response, NULL);
        TRY(err);
    }
    return ERR_OK;
}

static enum err take_turn(struct session *session, struct period period, struct note *note)
{
    struct node *node = session->node;
    struct partner_host host;
    struct note waits = {""};
    struct netting_outcome outcome;
    partner_host_begin(node, state_reader_view(session->reader), &host);
    pthread_mutex_lock(&node->settle_lock);
    struct netting_watch *watch = watch_of(node, period);
    struct netting_wait wait = {(int64_t)node->config.limits.netting_grace_s * 1000,
                                session_clock_ms() - watch->since_ms};
    enum err err = netting_turn(&host.host, period, &wait, &watch->memory, &outcome, &waits);
    if (outcome.is_done) {
        netting_memory_fini(&watch->memory);
    }
    watch->is_counted = outcome.is_counted;
    watch->is_done = outcome.is_done;
    memcpy(watch->waits_for, waits.text, sizeof watch->waits_for - 1);
    pthread_mutex_unlock(&node->settle_lock);
    partner_host_end(&host);
    return err == ERR_OK ? ERR_OK : note_set(note, err, "%s", waits.text);
}

bool session_net_is_done(struct session *session, struct period period)
{
    struct node *node = session->node;
    pthread_mutex_lock(&node->settle_lock);
    bool is_done = watch_of(node, period)->is_done;
    pthread_mutex_unlock(&node->settle_lock);
    return is_done;
}

/* What a partner handed on and is not right does not stop our own turn. */
enum err session_net(struct session *session, struct period period, struct note *note)
{
    bool is_reached = false;
    if (session_net_is_done(session, period)) {
        return ERR_OK;
    }
    enum err err = take_pages(session, period, &is_reached, note);
    enum err turn = is_reached ? take_turn(session, period, err == ERR_OK ? note : NULL) : ERR_OK;
    return err == ERR_OK ? turn : err;
}

/* ---- As the callee ---- */

static enum err answer(struct node *node, const Talea__V1__FetchNettingRequest *request,
                       struct period period, struct arena *arena,
                       Talea__V1__FetchNettingResponse *out_response, struct note *note)
{
    struct netting_place after;
    struct netting_page page;
    struct partner_host host;
    TRY(netting_place_of_message(request->after, &after, note));
    TRY(partner_host_open(node, &host));
    enum err err = netting_page_make(&host.host, period, &after, arena, &page);
    partner_host_end(&host);
    TRY(err);
    return netting_page_to_message(&page, arena, out_response);
}

void peer_fetch_netting(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__FetchNettingRequest *request =
        (const Talea__V1__FetchNettingRequest *)(const void *)message;
    Talea__V1__FetchNettingResponse response;
    struct period period;
    struct note note = {""};
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    if (!request_period(call, request->period, &period)) {
        return;
    }
    enum err err = answer(context, request, period, &arena, &response, &note);
    if (err == ERR_OK) {
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, &note);
    }
}

/* What differs in a half, and no signature decides, is set apart with the partner, so that the rest
 * of its period settles (peer/apart.h). */
#include "node/apart.h"

#include "node/partner_host.h"
#include "node/peer_guard.h"
#include "node/requests.h"
#include "node/services.h"
#include "peer/apart.h"
#include "talea/v1/peer.pb-c.h"
#include "wire/signed_message.h"

#define APART_TIMEOUT_MS 10000
#define UNSETTLED_MAX    16 /* periods that are asked about */

/* ---- As the half's sender ---- */

struct setting_apart {
    struct session *session;
    struct rpc_client *client;
    struct period period;
    struct note *note;
};

static enum err send(const struct setting_apart *s, Talea__V1__SetApartRequest *request,
                     Talea__V1__SetApartResponse **out_response)
{
    ProtobufCMessage *reply = NULL;
    request->period = s->period.code;
    struct rpc_status status =
        rpc_client_call(s->client, &talea__v1__peer_service__descriptor, "SetApart", &request->base,
                        APART_TIMEOUT_MS, &reply);
    if (status.code != 0) {
        return note_set(s->note, rpc_status_err(&status), "%s: %.200s", s->session->partner.text,
                        status.message);
    }
    *out_response = (Talea__V1__SetApartResponse *)(void *)reply;
    return ERR_OK;
}

static enum err call(const struct setting_apart *s, const struct slice *own_signed,
                     Talea__V1__SetApartResponse **out_response)
{
    Talea__V1__SetApartRequest request;
    Talea__V1__Signed message;
    struct signed_message envelope;
    talea__v1__set_apart_request__init(&request);
    if (own_signed != NULL) {
        TRY(signed_decode(*own_signed, &envelope));
        signed_to_message(&envelope, &message);
        request.terms = &message;
    }
    return send(s, &request, out_response);
}

/* Durable, under the lock; `own_signed` NULL: the partner's words are what it signed before. */
static enum err take(const struct setting_apart *s, const struct slice *own_signed,
                     const Talea__V1__Signed *message)
{
    struct node *node = s->session->node;
    struct signed_message theirs;
    struct partner_host host;
    TRY(signed_of_message(message, &theirs));
    TRY(partner_host_open(node, &host));
    pthread_mutex_lock(&node->settle_lock);
    enum err err =
        own_signed == NULL
            ? apart_take_shown(&host.host, &s->session->partner, s->period, &theirs, s->note)
            : apart_take(&host.host, &s->session->partner, *own_signed, &theirs, s->note);
    pthread_mutex_unlock(&node->settle_lock);
    partner_host_end(&host);
    return err;
}

static void tell(const struct setting_apart *s)
{
    char text[PERIOD_TEXT_MAX];
    log_event(&s->session->node->log, LOG_LEVEL_WARNING, "entries_set_apart",
              LOG_TEXT("partner", s->session->partner.text),
              LOG_TEXT("period", period_format(s->period, text)));
}

static bool is_set_apart(const struct setting_apart *s, enum stream_direction direction)
{
    struct ledger_view view = state_reader_view(s->session->reader);
    struct apart_row row;
    return ledger_get_apart(&view, direction, &s->session->partner, s->period, &row) == ERR_OK;
}

bool session_ask_apart(struct session *session, struct rpc_client *client, struct period period,
                       struct note *note)
{
    struct setting_apart s = {session, client, period, note};
    Talea__V1__SetApartResponse *response = NULL;
    if (is_set_apart(&s, STREAM_OUT)) {
        return true;
    }
    enum err err = call(&s, NULL, &response);
    bool is_there = err == ERR_OK && response->terms != NULL;
    if (is_there) {
        err = take(&s, NULL, response->terms);
    }
    if (response != NULL) {
        talea__v1__set_apart_response__free_unpacked(response, NULL);
    }
    if (is_there && err == ERR_OK) {
        tell(&s);
    }
    return is_there && err == ERR_OK;
}

/* Was nothing of it decided or repaired, and all of it looked at? */
static bool is_all_undecided(const struct half_result *half)
{
    bool is_so = half->is_compared && half->difference_count > 0 &&
                 half->difference_count <= RECONCILE_RULINGS;
    for (size_t i = 0; is_so && i < half->difference_count; i++) {
        is_so = half->ends[i].action == MEND_SET_APART;
    }
    return is_so;
}

static enum err propose(const struct setting_apart *s, const struct apart_found *found,
                        struct buffer *out_signed)
{
    struct partner_host host;
    TRY(partner_host_open(s->session->node, &host));
    enum err err =
        apart_propose(&host.host, &s->session->partner, s->period, found, out_signed, s->note);
    partner_host_end(&host);
    return err;
}

/* Once, or once more with what the partner says that it refused. */
static enum err set_apart(const struct setting_apart *s, struct apart_found *found,
                          bool *out_is_answered)
{
    CLEANUP(buffer_fini) struct buffer own_signed = {0};
    Talea__V1__SetApartResponse *response = NULL;
    TRY(propose(s, found, &own_signed));
    struct slice said = buffer_slice(&own_signed);
    TRY(call(s, &said, &response));
    *out_is_answered = response->terms != NULL;
    found->received_refused = response->received_refused;
    enum err err = *out_is_answered ? take(s, &said, response->terms) : ERR_OK;
    talea__v1__set_apart_response__free_unpacked(response, NULL);
    return err;
}

enum err session_set_apart(struct session *session, struct rpc_client *client, struct period period,
                           const struct half_result *half, struct note *note)
{
    struct setting_apart s = {session, client, period, note};
    struct apart_found found = {half->pairs, RECONCILE_DIFFERENCES, half->differences,
                                half->difference_count, 0};
    bool is_answered = false;
    enum err err = ERR_OK;
    if (!is_all_undecided(half)) {
        return note_set(note, ERR_UNAVAILABLE, "not all that differs is undecided");
    }
    for (unsigned i = 0; err == ERR_OK && i < 2 && !is_answered; i++) {
        err = set_apart(&s, &found, &is_answered);
    }
    if (err == ERR_OK && is_answered) {
        tell(&s);
    }
    return err;
}

/* ---- As either, with an older copy ---- */

static enum err take_again(const struct setting_apart *s, enum stream_direction direction,
                           const Talea__V1__SetApartResponse *response)
{
    struct node *node = s->session->node;
    struct signed_message theirs;
    struct signed_message own;
    struct partner_host host;
    TRY(signed_of_message(response->terms, &theirs));
    TRY(signed_of_message(response->own, &own));
    TRY(partner_host_open(node, &host));
    pthread_mutex_lock(&node->settle_lock);
    enum err err = apart_take_again(&host.host, &s->session->partner, direction, s->period, &theirs,
                                    &own, s->note);
    pthread_mutex_unlock(&node->settle_lock);
    partner_host_end(&host);
    return err;
}

static void fetch(const struct setting_apart *s, enum stream_direction direction)
{
    Talea__V1__SetApartRequest request;
    Talea__V1__SetApartResponse *response = NULL;
    talea__v1__set_apart_request__init(&request);
    request.is_copy = true;
    request.of_callee = direction == STREAM_IN;
    if (is_set_apart(s, direction) || send(s, &request, &response) != ERR_OK) {
        return; /* whoever can't be asked is asked again */
    }
    bool is_there = response->terms != NULL && response->own != NULL;
    enum err err = is_there ? take_again(s, direction, response) : ERR_OK;
    talea__v1__set_apart_response__free_unpacked(response, NULL);
    if (is_there && err == ERR_OK) {
        tell(s);
    } else if (is_there) {
        log_event(&s->session->node->log, LOG_LEVEL_WARNING, "not_set_apart",
                  LOG_TEXT("partner", s->session->partner.text), LOG_TEXT("reason", err_name(err)),
                  LOG_TEXT("detail", s->note->text));
    }
}

void session_fetch_apart(struct session *session, struct rpc_client *client)
{
    struct period periods[UNSETTLED_MAX];
    size_t count = session_unsettled(session, periods, UNSETTLED_MAX);
    for (size_t i = 0; i < count; i++) {
        struct note note = {""};
        struct setting_apart s = {session, client, periods[i], &note};
        fetch(&s, STREAM_OUT);
        fetch(&s, STREAM_IN);
    }
}

/* ---- As its receiver ---- */

/* Signed bytes: ours, and for an older copy the caller's own. */
static enum err answer(struct node *node, const struct partner_id *caller,
                       const Talea__V1__SetApartRequest *request, struct buffer out_signed[2],
                       uint32_t *out_refused, struct note *note)
{
    struct signed_message terms;
    struct period period = {request->period};
    struct partner_host host;
    if (request->terms != NULL && signed_of_message(request->terms, &terms) != ERR_OK) {
        return note_set(note, ERR_INPUT, "the envelope of the terms is malformed");
    }
    TRY(partner_host_open(node, &host));
    pthread_mutex_lock(&node->settle_lock);
    enum err err = request->terms != NULL
                       ? apart_answer(&host.host, caller, &terms, &out_signed[0], out_refused, note)
                   : request->is_copy ? apart_show_both(&host.host, caller,
                                                        request->of_callee ? STREAM_OUT : STREAM_IN,
                                                        period, out_signed)
                                      : apart_show(&host.host, caller, period, &out_signed[0]);
    pthread_mutex_unlock(&node->settle_lock);
    partner_host_end(&host);
    return err == ERR_NOT_FOUND && request->terms == NULL ? ERR_OK : err;
}

/* The message borrows from the envelope, and that from the bytes. NULL when there are none. */
static Talea__V1__Signed *message_of(const struct buffer *bytes, struct signed_message *envelope,
                                     Talea__V1__Signed *message)
{
    if (bytes->length == 0 || signed_decode(buffer_slice(bytes), envelope) != ERR_OK) {
        return NULL;
    }
    signed_to_message(envelope, message);
    return message;
}

void peer_set_apart(void *context, struct rpc_call *rpc, const ProtobufCMessage *message)
{
    const Talea__V1__SetApartRequest *request =
        (const Talea__V1__SetApartRequest *)(const void *)message;
    struct node *node = context;
    const struct partner_id *caller = &rpc_call_identity(rpc)->partner;
    struct buffer shown[2] = {{0}, {0}};
    Talea__V1__SetApartResponse response;
    Talea__V1__Signed messages[2];
    struct signed_message envelopes[2];
    struct note note = {""};
    talea__v1__set_apart_response__init(&response);
    enum err err = answer(node, caller, request, shown, &response.received_refused, &note);
    if (err == ERR_OK) {
        response.terms = message_of(&shown[0], &envelopes[0], &messages[0]);
        response.own = message_of(&shown[1], &envelopes[1], &messages[1]);
        rpc_call_reply(rpc, &response.base);
    } else {
        peer_guard_refused(node->peer_guard, caller, err_name(err), note.text);
        refuse_err(rpc, err, &note);
    }
    buffer_fini(&shown[0]);
    buffer_fini(&shown[1]);
}

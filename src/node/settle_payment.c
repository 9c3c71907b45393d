/* Payments of settled periods: netted here, and where they stand said to the partner. */
#include <stdlib.h>

#include "node/charter_exchange.h"
#include "node/partner_host.h"
#include "node/peer_guard.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/session.h"
#include "peer/payment.h"
#include "wire/signed_message.h"

#define PAYMENT_TIMEOUT_MS 5000
#define REMIND_EVERY_MS    30000

/* ---- As the caller ---- */

/* Where all pairs are netted together, that is settle_netting.c's. */
static enum err net_pair(const struct peer_host *host, const struct partner_id *partner,
                         struct period period, struct note *note)
{
    struct obligation obligation;
    if (!host->charter->is_multilateral) {
        return payment_net_pair(host, partner, period, note);
    }
    enum err err = ledger_get_obligation(&host->view, partner, period, &obligation);
    return err == ERR_NOT_FOUND ? note_set(note, ERR_UNAVAILABLE, "the period is not netted yet")
                                : err;
}

/* Under the lock: nets the pair if that is still to do, and what there is to say. */
static enum err prepare(struct session *session, struct period period, struct buffer *out_signed,
                        struct obligation *out_obligation, struct note *note)
{
    struct node *node = session->node;
    struct partner_host host;
    partner_host_begin(node, state_reader_view(session->reader), &host);
    pthread_mutex_lock(&node->settle_lock);
    enum err err = net_pair(&host.host, &session->partner, period, note);
    if (err == ERR_OK) {
        err = payment_say(&host.host, &session->partner, period, out_signed);
    }
    if (err == ERR_OK) {
        err = ledger_get_obligation(&host.host.view, &session->partner, period, out_obligation);
    }
    pthread_mutex_unlock(&node->settle_lock);
    partner_host_end(&host);
    return err;
}

static enum err hear(struct session *session, struct period period, const Talea__V1__Signed *notice,
                     struct note *note)
{
    struct node *node = session->node;
    struct signed_message theirs;
    struct partner_host host;
    TRY(signed_of_message(notice, &theirs));
    partner_host_begin(node, state_reader_view(session->reader), &host);
    pthread_mutex_lock(&node->settle_lock);
    enum err err = payment_hear(&host.host, &session->partner, period, &theirs, note);
    pthread_mutex_unlock(&node->settle_lock);
    partner_host_end(&host);
    return err;
}

/* One round trip. */
static enum err tell(struct session *session, struct period period, struct slice own_signed,
                     struct note *note)
{
    Talea__V1__ExchangePaymentRequest request;
    talea__v1__exchange_payment_request__init(&request);
    Talea__V1__Signed message;
    struct signed_message envelope;
    ProtobufCMessage *reply;
    request.period = period.code;
    if (own_signed.length > 0) {
        TRY(signed_decode(own_signed, &envelope));
        signed_to_message(&envelope, &message);
        request.notice = &message;
    }
    struct rpc_status status =
        rpc_client_call(session->client, &talea__v1__peer_service__descriptor, "ExchangePayment",
                        &request.base, PAYMENT_TIMEOUT_MS, &reply);
    if (status.code != 0) {
        return note_set(note, rpc_status_err(&status), "%s", status.message);
    }
    Talea__V1__ExchangePaymentResponse *response =
        (Talea__V1__ExchangePaymentResponse *)(void *)reply;
    enum err err =
        response->notice == NULL ? ERR_OK : hear(session, period, response->notice, note);
    talea__v1__exchange_payment_response__free_unpacked(response, NULL);
    return err;
}

/* What this session told the partner last about the period. */
static struct told_payment *told_of(struct session *session, struct period period)
{
    struct told_payment *oldest = &session->told[0];
    for (size_t i = 0; i < TOLD_PAYMENTS; i++) {
        struct told_payment *told = &session->told[i];
        if (told->period.code == period.code) {
            return told;
        }
        oldest = period_is_before(told->period, oldest->period) ? told : oldest;
    }
    *oldest = (struct told_payment){.period = period};
    return oldest;
}

/* Is there something that the partner has not heard? While a payment is open it is asked now and
 * then, since one of both may be an older copy of itself. */
static bool is_due(const struct told_payment *told, const struct obligation *obligation,
                   int64_t now_ms)
{
    bool is_news = obligation->number > obligation->heard_back && told->number < obligation->number;
    bool is_open = obligation_step(obligation) != OBLIGATION_CLOSED;
    return is_news || (is_open && now_ms >= told->remind_at_ms);
}

enum err session_pay(struct session *session, struct period period, struct note *note)
{
    CLEANUP(buffer_fini) struct buffer own_signed = {0};
    struct obligation *obligation = calloc(1, sizeof *obligation);
    if (obligation == NULL) {
        return ERR_RESOURCE;
    }
    struct told_payment *told = told_of(session, period);
    enum err err = prepare(session, period, &own_signed, obligation, note);
    if (err == ERR_OK && is_due(told, obligation, session_clock_ms())) {
        uint64_t number = obligation->number;
        err = tell(session, period, buffer_slice(&own_signed), note);
        told->remind_at_ms = session_clock_ms() + REMIND_EVERY_MS;
        told->number = err == ERR_OK ? number : told->number;
    }
    free(obligation);
    return err;
}

/* ---- As the callee ---- */

/* Theirs first, so that what we say answers it. */
static enum err answer(struct node *node, const struct partner_id *partner, struct period period,
                       const Talea__V1__Signed *notice, struct buffer *out_signed,
                       struct note *note)
{
    struct signed_message theirs;
    struct partner_host host;
    if (notice != NULL) {
        if (signed_of_message(notice, &theirs) != ERR_OK) {
            return note_set(note, ERR_INPUT, "the notice's envelope is malformed");
        }
        charter_catch_up(node, partner, theirs.charter_epoch);
    }
    TRY(partner_host_open(node, &host));
    pthread_mutex_lock(&node->settle_lock);
    enum err err = net_pair(&host.host, partner, period, note);
    if (err == ERR_OK && notice != NULL) {
        err = payment_hear(&host.host, partner, period, &theirs, note);
        atomic_fetch_add(&node->payment_changes, 1);
    }
    if (err == ERR_OK) {
        err = payment_say(&host.host, partner, period, out_signed);
    }
    pthread_mutex_unlock(&node->settle_lock);
    partner_host_end(&host);
    return err;
}

void peer_exchange_payment(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__ExchangePaymentRequest *request =
        (const Talea__V1__ExchangePaymentRequest *)(const void *)message;
    struct node *node = context;
    const struct partner_id *partner = &rpc_call_identity(call)->partner;
    CLEANUP(buffer_fini) struct buffer own_signed = {0};
    struct note note = {""};
    struct period period;
    if (!request_period(call, request->period, &period)) {
        return;
    }
    enum err err = answer(node, partner, period, request->notice, &own_signed, &note);
    if (err != ERR_OK) {
        if (err != ERR_UNAVAILABLE) {
            peer_guard_refused(node->peer_guard, partner, err_name(err), note.text);
        }
        refuse_err(call, err, &note);
        return;
    }
    Talea__V1__ExchangePaymentResponse response;
    talea__v1__exchange_payment_response__init(&response);
    struct signed_message envelope;
    Talea__V1__Signed signed_notice;
    if (own_signed.length > 0 && signed_decode(buffer_slice(&own_signed), &envelope) == ERR_OK) {
        signed_to_message(&envelope, &signed_notice);
        response.notice = &signed_notice;
    }
    rpc_call_reply(call, &response.base);
}

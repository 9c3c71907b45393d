/* Statements between partners: shown, compared, signed by both. */
#include <string.h>

#include "node/charter_exchange.h"
#include "node/partner_host.h"
#include "node/peer_guard.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/session.h"
#include "peer/exchange.h"
#include "peer/payment.h"
#include "wire/signed_message.h"

#define EXCHANGE_TIMEOUT_MS 5000
#define CLOSED_PERIODS_MAX  512u

/* ---- As the caller ---- */

struct closed_periods {
    struct period periods[CLOSED_PERIODS_MAX];
    size_t count;
    enum period_unit unit; /* that is read now */
};

/* The period is the last four bytes of a half's key. */
static enum err add_period(void *context, struct slice key, struct slice value)
{
    (void)value;
    struct closed_periods *closed = context;
    struct period period = {get_u32_be(key.at + key.length - 4)};
    if (closed->count == CLOSED_PERIODS_MAX || period_unit_of(period) != closed->unit) {
        return ERR_NOT_FOUND;
    }
    closed->periods[closed->count++] = period;
    return ERR_OK;
}

/* A booking opens what was closed. */
static void look_for_changes(struct session *session)
{
    unsigned changes = atomic_load(&session->node->payment_changes);
    if (changes != session->payment_changes) {
        session->payment_changes = changes;
        memset(session->finished, 0, sizeof session->finished);
    }
}

/* The oldest that are not finished; a unit's keys are together. */
static enum err read_closed(struct session *session, struct closed_periods *out_closed)
{
    static const uint32_t smallest[PERIOD_UNIT_END] = {0, 1000000, 10000000};
    struct state *state = session->node->state;
    struct ledger_key prefix;
    key_half(STREAM_OUT, &session->partner, (struct period){0}, &prefix);
    look_for_changes(session);
    TRY(state_checkpoint_table(state, TABLE_HALF));
    out_closed->count = 0;
    for (unsigned unit = 0; unit < PERIOD_UNIT_END; unit++) {
        struct ledger_key from;
        uint32_t behind = session->finished[unit].code + 1;
        struct period first = {behind > smallest[unit] ? behind : smallest[unit]};
        key_half(STREAM_OUT, &session->partner, first, &from);
        out_closed->unit = (enum period_unit)unit;
        TRY(state_scan(state, TABLE_HALF, slice_of(prefix.bytes, prefix.length - 4),
                       slice_of(from.bytes, from.length), add_period, out_closed));
    }
    return ERR_OK;
}

/* One round trip. The reply is the caller's to free. */
static enum err show(struct session *session, struct slice own_signed,
                     Talea__V1__ExchangeStatementResponse **out_response, struct note *note)
{
    Talea__V1__ExchangeStatementRequest request;
    talea__v1__exchange_statement_request__init(&request);
    Talea__V1__Signed message;
    struct signed_message envelope;
    ProtobufCMessage *reply;
    TRY(signed_decode(own_signed, &envelope));
    signed_to_message(&envelope, &message);
    request.statement = &message;
    struct rpc_status status =
        rpc_client_call(session->client, &talea__v1__peer_service__descriptor, "ExchangeStatement",
                        &request.base, EXCHANGE_TIMEOUT_MS, &reply);
    if (status.code != 0) {
        return note_set(note, rpc_status_err(&status), "%s", status.message);
    }
    *out_response = (Talea__V1__ExchangeStatementResponse *)(void *)reply;
    return ERR_OK;
}

/* ERR_OK and NULL for what is not there. */
static enum err optional(const Talea__V1__Signed *message, struct signed_message *room,
                         const struct signed_message **out_signed)
{
    *out_signed = message == NULL ? NULL : room;
    return message == NULL ? ERR_OK : signed_of_message(message, room);
}

static enum err take_response(struct session *session, struct exchange *exchange,
                              const Talea__V1__ExchangeStatementResponse *response,
                              struct note *note)
{
    struct node *node = session->node;
    struct signed_message rooms[2];
    const struct signed_message *theirs;
    const struct signed_message *countersignature;
    struct partner_host host;
    TRY(optional(response->statement, &rooms[0], &theirs));
    TRY(optional(response->countersignature, &rooms[1], &countersignature));
    partner_host_begin(node, state_reader_view(session->reader), &host);
    pthread_mutex_lock(&node->settle_lock);
    enum err err = exchange_take(exchange, &host.host, theirs, countersignature, note);
    pthread_mutex_unlock(&node->settle_lock);
    partner_host_end(&host);
    return err;
}

static enum err settle_period(struct session *session, struct period period, struct note *note)
{
    struct node *node = session->node;
    struct exchange exchange;
    struct partner_host host;
    Talea__V1__ExchangeStatementResponse *response = NULL;
    exchange_init(&exchange, &session->partner, period);
    partner_host_begin(node, state_reader_view(session->reader), &host);
    pthread_mutex_lock(&node->settle_lock);
    enum err err = exchange_begin(&exchange, &host.host, note);
    pthread_mutex_unlock(&node->settle_lock);
    partner_host_end(&host);
    if (err == ERR_OK) {
        err = show(session, buffer_slice(&exchange.own_signed), &response, note);
    }
    if (err == ERR_OK) {
        err = take_response(session, &exchange, response, note);
        talea__v1__exchange_statement_response__free_unpacked(response, NULL);
    }
    exchange_fini(&exchange);
    return err;
}

static bool is_settled(struct session *session, struct period period)
{
    struct ledger_view view = state_reader_view(session->reader);
    struct pair_row row = {0};
    enum err err = pair_row_load(&view, &session->partner, period, &row);
    bool is_matched = err == ERR_OK && row.pair.state == PAIR_MATCHED;
    pair_row_fini(&row);
    return is_matched;
}

size_t session_unsettled(struct session *session, struct period *out_periods, size_t max)
{
    struct closed_periods closed;
    size_t count = 0;
    if (read_closed(session, &closed) != ERR_OK) {
        return 0;
    }
    for (size_t i = 0; i < closed.count && count < max; i++) {
        if (!is_settled(session, closed.periods[i])) {
            out_periods[count++] = closed.periods[i];
        }
    }
    return count;
}

static bool is_multilateral(struct session *session)
{
    struct snapshot *snapshot = node_snapshot(session->node);
    bool is_so = snapshot->charter->is_multilateral;
    snapshot_release(snapshot);
    return is_so;
}

static enum err settle_step(struct session *session, struct period period, struct note *note)
{
    enum err err = is_settled(session, period) ? session_pay(session, period, note)
                                               : settle_period(session, period, note);
    if ((err == ERR_OK || err == ERR_UNAVAILABLE) && is_multilateral(session)) {
        note->text[0] = err == ERR_OK ? note->text[0] : '\0';
        return session_net(session, period, note);
    }
    return err;
}

/* Agreed, paid and closed, and both know. */
static bool is_finished(struct session *session, struct period period)
{
    struct ledger_view view = state_reader_view(session->reader);
    bool is_so = false;
    bool is_net_done = is_multilateral(session) && session_net_is_done(session, period);
    return is_settled(session, period) &&
           payment_is_finished(&view, &session->partner, period, is_net_done, &is_so) == ERR_OK &&
           is_so;
}

/* Notes up to where nothing is left to do, and stops there. */
static void note_finished(struct session *session, const struct closed_periods *closed)
{
    bool is_open[PERIOD_UNIT_END] = {false};
    for (size_t i = 0; i < closed->count; i++) {
        enum period_unit unit = period_unit_of(closed->periods[i]);
        if (!is_open[unit] && is_finished(session, closed->periods[i])) {
            session->finished[unit] = closed->periods[i];
        } else {
            is_open[unit] = true;
        }
    }
}

static void settle_one(struct session *session, struct period period)
{
    struct note note = {""};
    enum err err = settle_step(session, period, &note);
    bool is_news = strcmp(note.text, session->settle_note.text) != 0;
    session->settle_note = note;
    if (err == ERR_OK && note.text[0] != '\0' && is_news) { /* the statements differ */
        session_reconcile(session, period);
    }
    if (err != ERR_OK && err != ERR_UNAVAILABLE && is_news) {
        log_event(&session->node->log, LOG_LEVEL_WARNING, "statement_not_settled",
                  LOG_TEXT("partner", session->partner.text), LOG_TEXT("reason", err_name(err)),
                  LOG_TEXT("detail", note.text));
    }
}

void session_settle(struct session *session)
{
    struct closed_periods closed;
    if (read_closed(session, &closed) != ERR_OK) {
        return;
    }
    for (size_t i = 0; i < closed.count; i++) {
        if (session_is_stopping(session)) {
            return; /* each exchange may take its whole time */
        }
        settle_one(session, closed.periods[i]);
    }
    note_finished(session, &closed);
}

bool session_is_over(struct session *session)
{
    struct ledger_view view = state_reader_view(session->reader);
    struct snapshot *snapshot = node_snapshot(session->node);
    struct closed_periods closed;
    bool is_over = false;
    enum err err = pair_is_over(&view, &snapshot->roster, &session->partner, &is_over);
    snapshot_release(snapshot);
    if (err != ERR_OK || !is_over || read_closed(session, &closed) != ERR_OK) {
        return false;
    }
    note_finished(session, &closed);
    return read_closed(session, &closed) == ERR_OK && closed.count == 0;
}

/* ---- As the callee ---- */

static enum err answer(struct node *node, struct exchange *exchange,
                       const Talea__V1__Signed *statement, struct note *note)
{
    struct signed_message theirs;
    struct partner_host host;
    if (signed_of_message(statement, &theirs) != ERR_OK) {
        return note_set(note, ERR_INPUT, "the statement's envelope is malformed");
    }
    charter_catch_up(node, &exchange->partner, theirs.charter_epoch);
    TRY(partner_host_open(node, &host));
    pthread_mutex_lock(&node->settle_lock);
    enum err err = exchange_answer(exchange, &host.host, &theirs, note);
    pthread_mutex_unlock(&node->settle_lock);
    partner_host_end(&host);
    return err;
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

static void send_exchange(struct rpc_call *call, const struct exchange *exchange,
                          const struct note *note)
{
    Talea__V1__ExchangeStatementResponse response;
    talea__v1__exchange_statement_response__init(&response);
    Talea__V1__Signed messages[2];
    struct signed_message envelopes[2];
    response.statement = message_of(&exchange->own_signed, &envelopes[0], &messages[0]);
    response.countersignature = message_of(&exchange->countersigned, &envelopes[1], &messages[1]);
    if (response.countersignature == NULL) {
        response.difference = (char *)(uintptr_t)note->text;
    }
    rpc_call_reply(call, &response.base);
}

void peer_exchange_statement(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__ExchangeStatementRequest *request =
        (const Talea__V1__ExchangeStatementRequest *)(const void *)message;
    struct node *node = context;
    struct exchange exchange;
    struct note note = {""};
    exchange_init(&exchange, &rpc_call_identity(call)->partner, (struct period){0});
    enum err err = answer(node, &exchange, request->statement, &note);
    if (err == ERR_OK || err == ERR_UNAVAILABLE) {
        send_exchange(call, &exchange, &note);
    } else {
        peer_guard_refused(node->peer_guard, &exchange.partner, err_name(err), note.text);
        refuse_err(call, err, &note);
    }
    exchange_fini(&exchange);
}

/* Statements between partners: shown, compared, signed by both. */
#include <string.h>

#include "node/pairs.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/session.h"
#include "node/signed_message.h"
#include "talea/v1/peer.pb-c.h"
#include "wire/messages.h"

#define EXCHANGE_TIMEOUT_MS 5000
#define CLOSED_PERIODS_MAX  64u

/* ---- As the caller ---- */

struct closed_periods {
    struct period periods[CLOSED_PERIODS_MAX];
    size_t count;
};

/* The period is the last four bytes of a half's key. */
static enum err add_period(void *context, struct slice key, struct slice value)
{
    (void)value;
    struct closed_periods *closed = context;
    if (closed->count == CLOSED_PERIODS_MAX) {
        memmove(closed->periods, closed->periods + 1,
                (CLOSED_PERIODS_MAX - 1) * sizeof closed->periods[0]);
        closed->count--;
    }
    closed->periods[closed->count++].yyyymm = get_u32_be(key.at + key.length - 4);
    return ERR_OK;
}

static enum err exchange(struct session *session, struct buffer *own_signed,
                         Talea__V1__ExchangeStatementResponse **out_response, struct note *note)
{
    Talea__V1__ExchangeStatementRequest request;
    talea__v1__exchange_statement_request__init(&request);
    Talea__V1__Signed message;
    struct signed_message envelope;
    ProtobufCMessage *reply;
    TRY(signed_decode(buffer_slice(own_signed), &envelope));
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

static enum err take_response(struct session *session, struct period period,
                              const struct pair_statement *ours,
                              const Talea__V1__ExchangeStatementResponse *response,
                              struct note *note)
{
    struct node *node = session->node;
    struct signed_message theirs;
    struct signed_message countersignature;
    struct buffer unused = {0};
    if (response->statement == NULL) {
        return ERR_OK; /* the partner's half is not complete yet */
    }
    TRY(signed_of_message(response->statement, &theirs));
    struct snapshot *snapshot = node_snapshot(node);
    enum err err = signed_by_partner(snapshot, &theirs, PURPOSE_STATEMENT, &session->partner,
                                     node_now(node), note);
    snapshot_release(snapshot);
    TRY(err);
    err = pair_take_statement(node, &session->partner, period, ours, &theirs, &unused, note);
    buffer_fini(&unused);
    TRY(err);
    if (response->countersignature == NULL) {
        return ERR_OK;
    }
    TRY(signed_of_message(response->countersignature, &countersignature));
    return pair_take_countersignature(node, &session->partner, period, &countersignature, note);
}

static enum err settle_period(struct session *session, struct period period, struct note *note)
{
    struct node *node = session->node;
    struct ledger_view view = state_reader_view(session->reader);
    struct snapshot *snapshot = node_snapshot(node);
    struct pair_statement statement;
    struct arena arena;
    struct buffer own_signed = {0};
    Talea__V1__ExchangeStatementResponse *response = NULL;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    enum err err = pair_statement_compute(&view, snapshot, &session->partner, period, &arena,
                                          &statement, note);
    if (err == ERR_OK) {
        err = pair_propose(node, &session->partner, period, &statement, &own_signed, note);
    }
    if (err == ERR_OK) {
        err = exchange(session, &own_signed, &response, note);
    }
    if (err == ERR_OK) {
        err = take_response(session, period, &statement, response, note);
        talea__v1__exchange_statement_response__free_unpacked(response, NULL);
    }
    buffer_fini(&own_signed);
    arena_fini(&arena);
    snapshot_release(snapshot);
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

void session_settle(struct session *session)
{
    struct closed_periods closed = {.count = 0};
    struct ledger_key prefix;
    key_half(STREAM_OUT, &session->partner, (struct period){0}, &prefix);
    struct slice pair = slice_of(prefix.bytes, prefix.length - 4);
    struct state *state = session->node->state;
    if (state_checkpoint_table(state, TABLE_HALF) != ERR_OK ||
        state_scan(state, TABLE_HALF, pair, pair, add_period, &closed) != ERR_OK) {
        return;
    }
    for (size_t i = 0; i < closed.count; i++) {
        struct note note = {""};
        if (session_is_stopping(session)) {
            return; /* each exchange may take its whole time */
        }
        if (is_settled(session, closed.periods[i])) {
            continue;
        }
        enum err err = settle_period(session, closed.periods[i], &note);
        bool is_news = strcmp(note.text, session->settle_note.text) != 0;
        session->settle_note = note;
        if (err != ERR_OK && err != ERR_UNAVAILABLE && is_news) {
            log_event(&session->node->log, LOG_LEVEL_WARNING, "statement_not_settled",
                      LOG_TEXT("partner", session->partner.text), LOG_TEXT("reason", err_name(err)),
                      LOG_TEXT("detail", note.text));
        }
    }
}

/* ---- As the callee ---- */

struct exchange {
    struct node *node;
    struct rpc_call *call;
    struct partner_id caller;
    struct signed_message theirs;
    struct period period;
    struct buffer own_signed;
    struct buffer countersigned;
    struct arena arena;
};

/* Verified, and about this pair. */
static enum err open_statement(struct exchange *exchange, const struct snapshot *snapshot,
                               const Talea__V1__ExchangeStatementRequest *request,
                               struct note *note)
{
    struct pair_statement statement;
    note_set(note, ERR_INPUT, "the statement's envelope is malformed");
    TRY(signed_of_message(request->statement, &exchange->theirs));
    TRY(signed_by_partner(snapshot, &exchange->theirs, PURPOSE_STATEMENT, &exchange->caller,
                          node_now(exchange->node), note));
    TRY(wire_statement_decode(exchange->theirs.payload, &exchange->arena, &statement, note));
    bool is_ours = false;
    for (size_t i = 0; i < 2; i++) {
        const struct statement_half *half = &statement.halves[i];
        is_ours = is_ours || (partner_id_equal(&half->sender, &exchange->caller) &&
                              roster_is_self(&snapshot->roster, &half->receiver));
    }
    if (!is_ours) {
        return note_set(note, ERR_DENIED, "the statement is of another pair");
    }
    exchange->period = statement.period;
    return ERR_OK;
}

static enum err answer_statement(struct exchange *exchange, const struct snapshot *snapshot,
                                 struct note *note)
{
    struct node *node = exchange->node;
    struct state_reader *reader;
    struct pair_statement ours;
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = pair_statement_compute(&view, snapshot, &exchange->caller, exchange->period,
                                          &exchange->arena, &ours, note);
    readers_give(node->readers, reader);
    TRY(err);
    TRY(pair_propose(node, &exchange->caller, exchange->period, &ours, &exchange->own_signed,
                     note));
    note->text[0] = '\0';
    return pair_take_statement(node, &exchange->caller, exchange->period, &ours, &exchange->theirs,
                               &exchange->countersigned, note);
}

static void send_exchange(struct exchange *exchange, enum err err, const struct note *note)
{
    Talea__V1__ExchangeStatementResponse response;
    talea__v1__exchange_statement_response__init(&response);
    Talea__V1__Signed own;
    Talea__V1__Signed countersignature;
    struct signed_message own_envelope; /* the messages borrow from both until the reply */
    struct signed_message countersignature_envelope;
    if (err != ERR_OK && err != ERR_UNAVAILABLE) {
        refuse_err(exchange->call, err, note);
        return;
    }
    if (exchange->own_signed.length > 0 &&
        signed_decode(buffer_slice(&exchange->own_signed), &own_envelope) == ERR_OK) {
        signed_to_message(&own_envelope, &own);
        response.statement = &own;
    }
    if (exchange->countersigned.length > 0 && signed_decode(buffer_slice(&exchange->countersigned),
                                                            &countersignature_envelope) == ERR_OK) {
        signed_to_message(&countersignature_envelope, &countersignature);
        response.countersignature = &countersignature;
    } else {
        response.difference = (char *)(uintptr_t)note->text;
    }
    rpc_call_reply(exchange->call, &response.base);
}

void peer_exchange_statement(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    struct exchange exchange = {
        .node = node, .call = call, .caller = rpc_call_identity(call)->partner};
    struct note note = {""};
    struct snapshot *snapshot = node_snapshot(node);
    arena_init(&exchange.arena, LIMIT_DECODED_BYTES);
    enum err err =
        open_statement(&exchange, snapshot,
                       (const Talea__V1__ExchangeStatementRequest *)(const void *)message, &note);
    if (err == ERR_OK) {
        err = answer_statement(&exchange, snapshot, &note);
    }
    send_exchange(&exchange, err, &note);
    buffer_fini(&exchange.own_signed);
    buffer_fini(&exchange.countersigned);
    arena_fini(&exchange.arena);
    snapshot_release(snapshot);
}

/* The office's settlement periods: how each pair stands, closing, statements. */
#include <stdio.h>
#include <string.h>

#include "node/node.h"
#include "node/peers.h"
#include "node/period_status.h"
#include "peer/apart.h"
#include "peer/pair.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/back_office.pb-c.h"

/* One answer in the making. */
struct listing {
    struct node *node;
    struct snapshot *snapshot;
    struct ledger_view view;
    struct arena arena;
    struct period only;               /* 0: all */
    struct period_statuses *statuses; /* of lists */
    Talea__V1__PairPeriod **pairs;
    size_t count;
    size_t capacity;
};

static enum err total_messages(struct listing *listing, enum stream_direction direction,
                               const struct partner_id *partner, struct period period,
                               Talea__V1__EntryTotal ***out_messages, size_t *out_count)
{
    struct receipt_total *totals;
    size_t count;
    TRY(pair_totals(&listing->view, &listing->snapshot->roster, direction, partner, period,
                    &listing->arena, &totals, &count));
    Talea__V1__EntryTotal **messages = arena_alloc(&listing->arena, (count + 1) * sizeof *messages);
    if (messages == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < count; i++) {
        messages[i] = arena_alloc(&listing->arena, sizeof *messages[i]);
        if (messages[i] == NULL) {
            return ERR_RESOURCE;
        }
        talea__v1__entry_total__init(messages[i]);
        messages[i]->kind = (Talea__V1__EntryKind)totals[i].kind;
        messages[i]->tariff = totals[i].tariff;
        messages[i]->count = totals[i].count;
        messages[i]->points = totals[i].points;
    }
    *out_messages = messages;
    *out_count = count;
    return ERR_OK;
}

/* Points owed to the half's receiver. */
static int64_t owed_points(const struct roster *roster, Talea__V1__EntryTotal *const *totals,
                           size_t count)
{
    int64_t owed = 0;
    for (size_t i = 0; i < count; i++) {
        const struct tariff *tariff = roster_tariff(roster, totals[i]->tariff);
        enum entry_kind kind = (enum entry_kind)totals[i]->kind;
        owed += tariff == NULL ? 0 : tariff_debt(tariff, kind).sign * totals[i]->points;
    }
    return owed;
}

static enum err price(struct listing *listing, const struct partner_id *partner,
                      struct period period, int64_t *out_minor)
{
    const struct roster *roster = &listing->snapshot->roster;
    struct statement_half sent = {.sender = roster->self, .receiver = *partner};
    struct statement_half received = {.sender = *partner, .receiver = roster->self};
    TRY(pair_totals(&listing->view, roster, STREAM_OUT, partner, period, &listing->arena,
                    &sent.totals, &sent.total_count));
    TRY(pair_totals(&listing->view, roster, STREAM_IN, partner, period, &listing->arena,
                    &received.totals, &received.total_count));
    TRY(statement_price_half(roster, &sent));
    TRY(statement_price_half(roster, &received));
    return int64_sub(sent.owed.minor, received.owed.minor, out_minor);
}

static enum err add_disputed(const struct roster *roster, const struct receipt_total *lines,
                             size_t count, Talea__V1__PairPeriod *message)
{
    for (size_t i = 0; i < count; i++) {
        struct line_price price;
        TRY(int64_add(message->disputed_points, lines[i].points, &message->disputed_points));
        TRY(price_line(roster, &lines[i], &price));
        int64_t worth = price.worth.minor < 0 ? -price.worth.minor : price.worth.minor;
        TRY(int64_add(message->disputed_minor, worth, &message->disputed_minor));
    }
    return ERR_OK;
}

static enum err count_disputed(struct listing *listing, const struct partner_id *partner,
                               struct period period, Talea__V1__PairPeriod *message)
{
    static const enum stream_direction directions[] = {STREAM_OUT, STREAM_IN};
    const struct roster *roster = &listing->snapshot->roster;
    for (size_t i = 0; i < 2; i++) {
        struct receipt_total *lines;
        size_t count;
        TRY(pair_suspended(&listing->view, roster, directions[i], partner, period, &listing->arena,
                           &lines, &count));
        TRY(add_disputed(roster, lines, count, message));
        TRY(pair_apart(&listing->view, directions[i], partner, period, &listing->arena, &lines,
                       &count));
        TRY(add_disputed(roster, lines, count, message));
    }
    return ERR_OK;
}

#define DETAIL_MAX 800

/* What it waits for, or in what the statements differ, and which entries do. */
static void describe_difference(struct listing *listing, const struct partner_id *partner,
                                struct period period, const struct pair_period *pair,
                                const struct note *note, char out[DETAIL_MAX])
{
    struct reconcile_report report = peers_reconciled(listing->node->peers, partner, false);
    bool is_compared = pair->state == PAIR_DIFFERING && report.at.ms != 0 &&
                       report.period.code == period.code && report.detail[0] != '\0';
    snprintf(out, DETAIL_MAX, "%s%s%s", pair->detail[0] != '\0' ? pair->detail : note->text,
             is_compared ? "; entries " : "", is_compared ? report.detail : "");
}

/* State and detail as they are at this moment. */
static enum err describe_state(struct listing *listing, const struct partner_id *partner,
                               struct period period, Talea__V1__PairPeriod *message)
{
    struct pair_row row = {0};
    struct half half;
    struct note note = {""};
    struct pair_statement statement;
    enum err err = pair_row_load(&listing->view, partner, period, &row);
    if (err == ERR_OK && row.pair.state == PAIR_OPEN) {
        err = ledger_get_half(&listing->view, STREAM_OUT, partner, period, &half);
        row.pair.state = err == ERR_OK ? PAIR_CLOSING : PAIR_OPEN;
        err = err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    if (err == ERR_OK && row.pair.state == PAIR_CLOSING &&
        pair_statement_compute(&listing->view, listing->snapshot->charter,
                               &listing->snapshot->roster, partner, period, &listing->arena,
                               &statement, &note) == ERR_OK) {
        note_set(&note, ERR_OK, "both halves are complete");
    }
    message->state = (Talea__V1__PeriodState)row.pair.state;
    char detail[DETAIL_MAX];
    describe_difference(listing, partner, period, &row.pair, &note, detail);
    message->detail = arena_text(&listing->arena, slice_of(detail, strlen(detail)));
    pair_row_fini(&row);
    return err == ERR_OK && message->detail == NULL ? ERR_RESOURCE : err;
}

static enum err pair_message(struct listing *listing, const struct partner_id *partner,
                             struct period period, Talea__V1__PairPeriod **out_message)
{
    Talea__V1__PairPeriod *message = arena_alloc(&listing->arena, sizeof *message);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__pair_period__init(message);
    TRY(count_disputed(listing, partner, period, message));
    message->partner = arena_text(&listing->arena, slice_of(partner->text, strlen(partner->text)));
    message->period = period.code;
    if (message->partner == NULL) {
        return ERR_RESOURCE;
    }
    TRY(describe_state(listing, partner, period, message));
    TRY(total_messages(listing, STREAM_OUT, partner, period, &message->sent, &message->n_sent));
    TRY(total_messages(listing, STREAM_IN, partner, period, &message->received,
                       &message->n_received));
    message->net_points =
        owed_points(&listing->snapshot->roster, message->sent, message->n_sent) -
        owed_points(&listing->snapshot->roster, message->received, message->n_received);
    TRY(price(listing, partner, period, &message->net_minor));
    if (listing->statuses != NULL) {
        TRY(period_status_of(listing->statuses, partner, period, &message->status));
    }
    *out_message = message;
    return ERR_OK;
}

static enum err add_pair(void *context, const struct partner_id *partner, struct period period)
{
    struct listing *listing = context;
    if (listing->count == listing->capacity) {
        return ERR_RESOURCE;
    }
    TRY(pair_message(listing, partner, period, &listing->pairs[listing->count]));
    listing->count++;
    return ERR_OK;
}

static enum err list_pairs(struct listing *listing)
{
    const struct roster *roster = &listing->snapshot->roster;
    struct partner_id *partners;
    size_t count;
    TRY(snapshot_everybody(listing->snapshot, &listing->arena, &partners, &count));
    listing->capacity = count * PAIR_PERIODS_MAX;
    listing->pairs = arena_alloc(&listing->arena, listing->capacity * sizeof *listing->pairs);
    return listing->pairs == NULL ? ERR_RESOURCE
                                  : pair_visit_all(&listing->view, roster, partners, count,
                                                   listing->only, add_pair, listing);
}

static void listing_fini(struct listing *listing, struct state_reader *reader)
{
    readers_give(listing->node->readers, reader);
    arena_fini(&listing->arena);
    snapshot_release(listing->snapshot);
}

void office_list_periods(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ListPeriodsRequest *request =
        (const Talea__V1__ListPeriodsRequest *)(const void *)message;
    Talea__V1__ListPeriodsResponse response;
    talea__v1__list_periods_response__init(&response);
    struct period_statuses statuses;
    struct listing listing = {.node = node, .only = {request->period}, .statuses = &statuses};
    struct state_reader *reader;
    enum err err = readers_take(node->readers, &reader);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    listing.snapshot = node_snapshot(node);
    listing.view = state_reader_view(reader);
    arena_init(&listing.arena, LIMIT_DECODED_BYTES);
    err = period_statuses_begin(&statuses, node, listing.only);
    err = err == ERR_OK ? list_pairs(&listing) : err;
    if (err == ERR_OK) {
        response.pairs = listing.pairs;
        response.n_pairs = listing.count;
        response.currency = listing.snapshot->charter->currency;
        response.currency_decimals = listing.snapshot->charter->currency_decimals;
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
    period_statuses_end(&statuses);
    listing_fini(&listing, reader);
}

static void send_closed(struct reply *reply)
{
    Talea__V1__ClosePeriodResponse response;
    talea__v1__close_period_response__init(&response);
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    struct snapshot *snapshot = node_snapshot(reply->node);
    const struct roster *roster = &snapshot->roster;
    struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    response.partners = arena_alloc(&arena, roster->partner_count * sizeof(char *));
    for (size_t i = 0; response.partners != NULL && i < roster->partner_count; i++) {
        if (!roster_is_self(roster, &roster->partners[i].id)) {
            response.partners[response.n_partners++] = roster->partners[i].id.text;
        }
    }
    rpc_call_reply(reply->call, &response.base);
    arena_fini(&arena);
    snapshot_release(snapshot);
}

void office_close_period(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ClosePeriodRequest *request =
        (const Talea__V1__ClosePeriodRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_CLOSE_PERIOD, &transaction);
    if (request_period(call, request->period, &command.close_period.period)) {
        reply_after(node, call, &command, NULL, send_closed);
    }
}

static ProtobufCBinaryData bytes_of(struct slice slice)
{
    return (ProtobufCBinaryData){slice.length, (uint8_t *)(uintptr_t)slice.at};
}

/* From the charter's first period to the one that is open. */
static enum err check_begun(const struct listing *listing, const struct partner_id *partner,
                            struct period period, struct note *note)
{
    const struct roster *roster = &listing->snapshot->roster;
    struct stream stream;
    TRY(ledger_get_stream(&listing->view, roster, STREAM_OUT, partner, &stream));
    if (period_is_before(period, roster_first_period(roster, partner)) ||
        period_is_before(stream.period, period)) {
        return note_set(note, ERR_NOT_FOUND, "There is no such period with %s.", partner->text);
    }
    return ERR_OK;
}

/* What both signed, of each half of which something was set apart. */
struct apart_rows {
    struct buffer bytes[2][2];
    Talea__V1__AgreedApart messages[2];
    Talea__V1__AgreedApart *list[2];
};

static void apart_rows_fini(struct apart_rows *rows)
{
    for (size_t i = 0; i < 2; i++) {
        buffer_fini(&rows->bytes[i][0]);
        buffer_fini(&rows->bytes[i][1]);
    }
}

static enum err add_apart(struct listing *listing, const struct partner_id *partner,
                          struct period period, struct apart_rows *rows,
                          Talea__V1__GetStatementResponse *response)
{
    static const enum stream_direction directions[] = {STREAM_OUT, STREAM_IN};
    response->apart = rows->list;
    for (size_t i = 0; i < 2; i++) {
        struct buffer *bytes = rows->bytes[response->n_apart];
        Talea__V1__AgreedApart *message = &rows->messages[response->n_apart];
        enum err err = apart_signatures(&listing->view, directions[i], partner, period, bytes);
        if (err == ERR_NOT_FOUND) {
            continue;
        }
        TRY(err);
        talea__v1__agreed_apart__init(message);
        message->sender_signed = bytes_of(buffer_slice(&bytes[directions[i] == STREAM_IN]));
        message->receiver_signed = bytes_of(buffer_slice(&bytes[directions[i] == STREAM_OUT]));
        rows->list[response->n_apart++] = message;
    }
    return ERR_OK;
}

static enum err send_statement(struct listing *listing, struct rpc_call *call,
                               const struct partner_id *partner, struct period period,
                               struct note *note)
{
    TRY(check_begun(listing, partner, period, note));
    Talea__V1__GetStatementResponse response;
    talea__v1__get_statement_response__init(&response);
    struct pair_row row = {0};
    struct apart_rows apart = {.list = {NULL}};
    struct signed_message own;
    enum err err = add_apart(listing, partner, period, &apart, &response);
    if (err == ERR_OK) {
        err = pair_row_load(&listing->view, partner, period, &row);
    }
    if (err == ERR_OK) {
        err = pair_message(listing, partner, period, &response.pair);
    }
    if (err == ERR_OK) {
        if (row.pair.own_signed.length > 0 && signed_decode(row.pair.own_signed, &own) == ERR_OK) {
            response.statement = bytes_of(own.payload);
        }
        response.own_signed = bytes_of(row.pair.own_signed);
        response.partner_signed = bytes_of(row.pair.partner_signed);
        response.partner_countersigned = bytes_of(row.pair.partner_countersigned);
        rpc_call_reply(call, &response.base);
    }
    pair_row_fini(&row);
    apart_rows_fini(&apart);
    return err;
}

void office_get_statement(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__GetStatementRequest *request =
        (const Talea__V1__GetStatementRequest *)(const void *)message;
    struct listing listing = {.node = node};
    struct state_reader *reader;
    struct partner_id partner;
    struct period period;
    if (!request_period(call, request->period, &period)) {
        return;
    }
    enum err err = readers_take(node->readers, &reader);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    listing.snapshot = node_snapshot(node);
    listing.view = state_reader_view(reader);
    arena_init(&listing.arena, LIMIT_DECODED_BYTES);
    const struct roster *roster = &listing.snapshot->roster;
    if (partner_id_parse(request->partner, &partner) != ERR_OK ||
        !snapshot_has_had(listing.snapshot, &partner) || roster_is_self(roster, &partner)) {
        refuse(call, 5, "PARTNER_UNKNOWN", "There is no such partner.");
    } else {
        struct note note = {""};
        err = send_statement(&listing, call, &partner, period, &note);
        if (err != ERR_OK) {
            refuse_err(call, err, note.text[0] != '\0' ? &note : NULL);
        }
    }
    listing_fini(&listing, reader);
}

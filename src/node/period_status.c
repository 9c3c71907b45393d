#include "node/period_status.h"

#include <string.h>

#include "node/messages.h"
#include "node/period_clock.h"
#include "node/requests.h"
#include "node/services.h"
#include "peer/pair.h"

/* As its row and its half say, before it is netted; and since when. */
static enum err find_state(struct period_statuses *statuses, const struct partner_id *partner,
                           struct period period, Talea__V1__PeriodStatus *message,
                           struct note *note)
{
    const struct peer_host *host = &statuses->host.host;
    struct pair_row row = {0};
    struct half half;
    enum err err = pair_row_load(&host->view, partner, period, &row);
    bool is_equal = row.pair.state == PAIR_PROPOSED && row.pair.own_countersigned.length > 0;
    bool is_settled = row.pair.state == PAIR_MATCHED;
    message->state = is_settled ? TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_AGREED
                     : is_equal ? TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_MATCHED
                                : (Talea__V1__SettlementState)row.pair.state;
    message->since_unix_ms = row.pair.since.ms;
    note_set(note, ERR_OK, "%s", err == ERR_OK ? row.pair.detail : "");
    pair_row_fini(&row);
    TRY(err);
    if (message->state == TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_OPEN) {
        err = ledger_get_half(&host->view, STREAM_OUT, partner, period, &half);
        if (err == ERR_OK) {
            message->state = TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_CLOSING;
            message->since_unix_ms = half.ended_at.ms;
        }
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* When it ends, and who ends it. */
static void describe_open(struct period_statuses *statuses, struct period period, struct note *note)
{
    const struct period_calendar *calendar = &statuses->host.host.roster->calendar;
    struct period_end end = period_clock_end(statuses->node, calendar, period);
    char ends[TIME_TEXT_MAX];
    char closes[TIME_TEXT_MAX];
    unix_ms_format(end.ends_at, ends);
    unix_ms_format(end.closes_at, closes);
    if (end.closes_at.ms == 0) {
        note_set(note, ERR_OK, "the end of the period, %.16sZ; then: talea period close", ends);
    } else {
        note_set(note, ERR_OK, "the end of the period, %.16sZ; this node closes it at %.16sZ", ends,
                 closes);
    }
}

/* Before it is netted. The note says what it waits for. */
static enum err describe_pair(struct period_statuses *statuses, const struct partner_id *partner,
                              struct period period, Talea__V1__PeriodStatus *message,
                              struct note *note)
{
    const struct peer_host *host = &statuses->host.host;
    struct pair_statement statement;
    TRY(find_state(statuses, partner, period, message, note));
    Talea__V1__SettlementState state = message->state;
    if (state == TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_OPEN) {
        describe_open(statuses, period, note);
    } else if (state == TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_PROPOSED) {
        note_set(note, ERR_OK, "the statement of %s", partner->text);
    } else if (state == TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_MATCHED) {
        note_set(note, ERR_OK, "the signatures of %s", partner->text);
    } else if (state == TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_AGREED) {
        note_set(note, ERR_OK,
                 host->charter->is_multilateral ? "the net of all pairs" : "to be netted");
    }
    struct note ignored = {""};
    bool is_closing = state == TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_CLOSING;
    if (pair_statement_compute(&host->view, host->charter, host->roster, partner, period,
                               &statuses->scratch, &statement,
                               is_closing ? note : &ignored) == ERR_OK) {
        message->net_minor = partner_id_equal(&statement.debtor, &host->roster->self)
                                 ? statement.net.minor
                                 : -statement.net.minor;
    }
    return ERR_OK;
}

/* Netted together with the others: it stands where this brand's last payment of the period does. A
 * partner who was left out has an obligation of its own. */
static enum err describe_netted(struct period_statuses *statuses, struct period period,
                                Talea__V1__PeriodStatus *message)
{
    struct node *node = statuses->node;
    const struct partner_id *self = &statuses->host.host.roster->self;
    char waits_for[sizeof node->netting[0].waits_for] = "";
    bool is_counted = false;
    pthread_mutex_lock(&node->settle_lock);
    for (size_t i = 0; i < NETTING_WATCHES; i++) {
        if (node->netting[i].period.code == period.code) {
            is_counted = node->netting[i].is_counted;
            memcpy(waits_for, node->netting[i].waits_for, sizeof waits_for);
        }
    }
    pthread_mutex_unlock(&node->settle_lock);
    if (!is_counted) {
        message->waits_for = waits_for[0] == '\0'
                                 ? message->waits_for
                                 : message_copy(&statuses->arena, waits_for, sizeof waits_for);
        return message->waits_for == NULL ? ERR_RESOURCE : ERR_OK;
    }
    message->state = TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_CLOSED;
    message->waits_for = message_copy(&statuses->arena, "", 1);
    for (size_t i = 0; i < statuses->lines.count; i++) {
        const struct payment_line *line = statuses->lines.lines[i];
        if (line->period.code != period.code || !line->obligation.terms.is_multilateral) {
            continue;
        }
        if (payment_state(&line->obligation) <= message->state) {
            message->state = payment_state(&line->obligation);
            message->waits_for = payment_waits_for(&line->obligation, self, &statuses->arena);
        }
        if (line->obligation.since.ms > message->since_unix_ms) {
            message->since_unix_ms = line->obligation.since.ms;
        }
    }
    return message->waits_for == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err describe(struct period_statuses *statuses, const struct partner_id *partner,
                         struct period period, Talea__V1__PeriodStatus *message)
{
    const struct peer_host *host = &statuses->host.host;
    struct obligation *obligation = arena_alloc(&statuses->scratch, sizeof *obligation);
    struct note note = {""};
    talea__v1__period_status__init(message);
    message->partner = message_copy(&statuses->arena, partner->text, sizeof partner->text);
    message->period = period.code;
    if (obligation == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = ledger_get_obligation(&host->view, partner, period, obligation);
    if (err == ERR_OK) {
        message->state = payment_state(obligation);
        message->since_unix_ms = obligation->since.ms;
        message->reference = message_copy(&statuses->arena, obligation->terms.reference,
                                          sizeof obligation->terms.reference);
        message->waits_for = payment_waits_for(obligation, &host->roster->self, &statuses->arena);
    }
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    Talea__V1__PeriodStatus before = *message;
    TRY(describe_pair(statuses, partner, period, &before, &note));
    message->net_minor = before.net_minor;
    if (err == ERR_NOT_FOUND) {
        message->state = before.state;
        message->since_unix_ms = before.since_unix_ms;
        message->waits_for = message_copy(&statuses->arena, note.text, sizeof note.text);
        if (message->state == TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_AGREED &&
            host->charter->is_multilateral && message->waits_for != NULL) {
            TRY(describe_netted(statuses, period, message));
        }
    }
    return message->waits_for == NULL || message->partner == NULL || message->reference == NULL
               ? ERR_RESOURCE
               : ERR_OK;
}

enum err period_statuses_begin(struct period_statuses *statuses, struct node *node,
                               struct period only)
{
    *statuses = (struct period_statuses){.node = node, .only = only};
    arena_init(&statuses->arena, LIMIT_DECODED_BYTES);
    arena_init(&statuses->scratch, LIMIT_DECODED_BYTES);
    TRY(partner_host_open(node, &statuses->host));
    statuses->has_host = true;
    return payment_lines_read(node, &statuses->host.host.roster->self, only, &statuses->lines);
}

void period_statuses_end(struct period_statuses *statuses)
{
    if (statuses->has_host) {
        partner_host_end(&statuses->host);
    }
    arena_fini(&statuses->arena);
    arena_fini(&statuses->scratch);
    payment_lines_fini(&statuses->lines);
}

enum err period_status_of(struct period_statuses *statuses, const struct partner_id *partner,
                          struct period period, Talea__V1__PeriodStatus **out_message)
{
    Talea__V1__PeriodStatus *message = arena_alloc(&statuses->arena, sizeof *message);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    arena_reset(&statuses->scratch);
    TRY(describe(statuses, partner, period, message));
    *out_message = message;
    return ERR_OK;
}

static enum err add_pair(void *context, const struct partner_id *partner, struct period period)
{
    struct period_statuses *statuses = context;
    if (statuses->count == statuses->capacity) {
        return ERR_RESOURCE;
    }
    TRY(period_status_of(statuses, partner, period, &statuses->pairs[statuses->count]));
    statuses->count++;
    return ERR_OK;
}

static enum err list_all(struct period_statuses *statuses)
{
    const struct peer_host *host = &statuses->host.host;
    struct partner_id *partners;
    size_t count;
    TRY(snapshot_everybody(statuses->host.snapshot, &statuses->arena, &partners, &count));
    statuses->capacity = count * PAIR_PERIODS_MAX;
    statuses->pairs = arena_alloc(&statuses->arena, statuses->capacity * sizeof *statuses->pairs);
    return statuses->pairs == NULL ? ERR_RESOURCE
                                   : pair_visit_all(&host->view, host->roster, partners, count,
                                                    statuses->only, add_pair, statuses);
}

void period_status_list(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__ListPeriodStatusRequest *request =
        (const Talea__V1__ListPeriodStatusRequest *)(const void *)message;
    Talea__V1__ListPeriodStatusResponse response;
    talea__v1__list_period_status_response__init(&response);
    struct period_statuses statuses;
    struct period only = {0};
    if (request->period != 0 && !request_period(call, request->period, &only)) {
        return;
    }
    enum err err = period_statuses_begin(&statuses, context, only);
    err = err == ERR_OK ? list_all(&statuses) : err;
    if (err == ERR_OK) {
        response.pairs = statuses.pairs;
        response.n_pairs = statuses.count;
        response.currency = (char *)(uintptr_t)statuses.host.host.charter->currency;
        response.currency_decimals = statuses.host.host.charter->currency_decimals;
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
    period_statuses_end(&statuses);
}

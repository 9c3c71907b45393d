/* Where each pair's period is, from open to closed. */
#include <string.h>

#include "node/messages.h"
#include "node/payments.h"
#include "node/requests.h"
#include "node/services.h"
#include "peer/pair.h"

struct status_listing {
    struct node *node;
    struct partner_host host;
    struct period only; /* 0: all */
    struct arena arena;
    struct arena scratch;       /* of one statement */
    struct payment_lines lines; /* where all pairs are netted together */
    Talea__V1__PeriodStatus **pairs;
    size_t count;
    size_t capacity;
};

/* Before it is netted. The note says what it waits for. */
static enum err describe_pair(struct status_listing *listing, const struct partner_id *partner,
                              struct period period, Talea__V1__PeriodStatus *message,
                              struct note *note)
{
    const struct peer_host *host = &listing->host.host;
    struct pair_row row = {0};
    struct pair_statement statement;
    struct half half;
    enum err err = pair_row_load(&host->view, partner, period, &row);
    enum pair_state state = row.pair.state;
    note_set(note, ERR_OK, "%s", err == ERR_OK ? row.pair.detail : "");
    pair_row_fini(&row);
    TRY(err);
    if (state == PAIR_OPEN) {
        err = ledger_get_half(&host->view, STREAM_OUT, partner, period, &half);
        state = err == ERR_OK ? PAIR_CLOSING : PAIR_OPEN;
        TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    }
    if (state == PAIR_OPEN) {
        note_set(note, ERR_OK, "the end of the period");
    } else if (state == PAIR_PROPOSED) {
        note_set(note, ERR_OK, "the statement of %s", partner->text);
    }
    bool is_settled = state == PAIR_MATCHED;
    message->state = is_settled ? TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_AGREED
                                : (Talea__V1__SettlementState)state;
    if (is_settled) {
        note_set(note, ERR_OK,
                 host->charter->is_multilateral ? "the net of all pairs" : "to be netted");
    }
    struct note ignored = {""};
    if (pair_statement_compute(&host->view, host->charter, host->roster, partner, period,
                               &listing->scratch, &statement,
                               state == PAIR_CLOSING ? note : &ignored) == ERR_OK) {
        message->net_minor = partner_id_equal(&statement.debtor, &host->roster->self)
                                 ? statement.net.minor
                                 : -statement.net.minor;
    }
    return ERR_OK;
}

/* Netted together with the others: it stands where this brand's last payment of the period does. A
 * partner who was left out has an obligation of its own. */
static enum err describe_netted(struct status_listing *listing, struct period period,
                                Talea__V1__PeriodStatus *message)
{
    struct node *node = listing->node;
    const struct partner_id *self = &listing->host.host.roster->self;
    char waits_for[sizeof node->netting[0].waits_for] = "";
    bool is_counted = false;
    pthread_mutex_lock(&node->settle_lock);
    for (size_t i = 0; i < NETTING_WATCHES; i++) {
        if (node->netting[i].period.yyyymm == period.yyyymm) {
            is_counted = node->netting[i].is_counted;
            memcpy(waits_for, node->netting[i].waits_for, sizeof waits_for);
        }
    }
    pthread_mutex_unlock(&node->settle_lock);
    if (!is_counted) {
        message->waits_for = waits_for[0] == '\0'
                                 ? message->waits_for
                                 : message_copy(&listing->arena, waits_for, sizeof waits_for);
        return message->waits_for == NULL ? ERR_RESOURCE : ERR_OK;
    }
    message->state = TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_CLOSED;
    message->waits_for = message_copy(&listing->arena, "", 1);
    for (size_t i = 0; i < listing->lines.count; i++) {
        const struct payment_line *line = listing->lines.lines[i];
        if (line->period.yyyymm != period.yyyymm || !line->obligation.terms.is_multilateral) {
            continue;
        }
        if (payment_state(&line->obligation) <= message->state) {
            message->state = payment_state(&line->obligation);
            message->waits_for = payment_waits_for(&line->obligation, self, &listing->arena);
        }
        if (line->obligation.since.ms > message->since_unix_ms) {
            message->since_unix_ms = line->obligation.since.ms;
        }
    }
    return message->waits_for == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err describe(struct status_listing *listing, const struct partner_id *partner,
                         struct period period, Talea__V1__PeriodStatus *message)
{
    const struct peer_host *host = &listing->host.host;
    struct obligation *obligation = arena_alloc(&listing->scratch, sizeof *obligation);
    struct note note = {""};
    talea__v1__period_status__init(message);
    message->partner = message_copy(&listing->arena, partner->text, sizeof partner->text);
    message->period = period.yyyymm;
    if (obligation == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = ledger_get_obligation(&host->view, partner, period, obligation);
    if (err == ERR_OK) {
        message->state = payment_state(obligation);
        message->since_unix_ms = obligation->since.ms;
        message->reference = message_copy(&listing->arena, obligation->terms.reference,
                                          sizeof obligation->terms.reference);
        message->waits_for = payment_waits_for(obligation, &host->roster->self, &listing->arena);
    }
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    Talea__V1__PeriodStatus before = *message;
    TRY(describe_pair(listing, partner, period, &before, &note));
    message->net_minor = before.net_minor;
    if (err == ERR_NOT_FOUND) {
        message->state = before.state;
        message->waits_for = message_copy(&listing->arena, note.text, sizeof note.text);
        if (message->state == TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_AGREED &&
            host->charter->is_multilateral && message->waits_for != NULL) {
            TRY(describe_netted(listing, period, message));
        }
    }
    return message->waits_for == NULL || message->partner == NULL || message->reference == NULL
               ? ERR_RESOURCE
               : ERR_OK;
}

static enum err add_pair(void *context, const struct partner_id *partner, struct period period)
{
    struct status_listing *listing = context;
    Talea__V1__PeriodStatus *message = arena_alloc(&listing->arena, sizeof *message);
    if (message == NULL || listing->count == listing->capacity) {
        return ERR_RESOURCE;
    }
    arena_reset(&listing->scratch);
    TRY(describe(listing, partner, period, message));
    listing->pairs[listing->count++] = message;
    return ERR_OK;
}

static enum err list_all(struct status_listing *listing)
{
    const struct peer_host *host = &listing->host.host;
    listing->capacity = host->roster->partner_count * PAIR_PERIODS_MAX;
    listing->pairs = arena_alloc(&listing->arena, listing->capacity * sizeof *listing->pairs);
    return listing->pairs == NULL
               ? ERR_RESOURCE
               : pair_visit_all(&host->view, host->roster, listing->only, add_pair, listing);
}

void period_status_list(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ListPeriodStatusRequest *request =
        (const Talea__V1__ListPeriodStatusRequest *)(const void *)message;
    Talea__V1__ListPeriodStatusResponse response;
    talea__v1__list_period_status_response__init(&response);
    struct status_listing listing = {.node = node};
    if (request->period != 0 && !request_period(call, request->period, &listing.only)) {
        return;
    }
    enum err err = partner_host_open(node, &listing.host);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    arena_init(&listing.arena, LIMIT_DECODED_BYTES);
    arena_init(&listing.scratch, LIMIT_DECODED_BYTES);
    err = payment_lines_read(node, &listing.host.host.roster->self, listing.only, &listing.lines);
    err = err == ERR_OK ? list_all(&listing) : err;
    if (err == ERR_OK) {
        response.pairs = listing.pairs;
        response.n_pairs = listing.count;
        response.currency = (char *)(uintptr_t)listing.host.host.charter->currency;
        response.currency_decimals = listing.host.host.charter->currency_decimals;
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
    partner_host_end(&listing.host);
    arena_fini(&listing.arena);
    arena_fini(&listing.scratch);
    payment_lines_fini(&listing.lines);
}

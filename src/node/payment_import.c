/* The bank's bookings of this brand's payments. */
#include <stdlib.h>
#include <string.h>

#include "node/messages.h"
#include "node/payments.h"
#include "node/requests.h"
#include "node/services.h"

struct import {
    struct node *node;
    struct partner_host host;
    const struct charter_partner *self;
    struct arena arena;
};

/* Among what the period of the reference has with each partner; the reference says which. */
static enum err find_payment(const struct import *import, const char *reference,
                             struct payment_line *out_line)
{
    const struct peer_host *host = &import->host.host;
    struct period period;
    if (payment_reference_period(reference, &period) != ERR_OK) {
        return ERR_NOT_FOUND;
    }
    for (size_t i = 0; i < host->roster->partner_count; i++) {
        const struct partner_id *partner = &host->roster->partners[i].id;
        enum err err = ledger_get_obligation(&host->view, partner, period, &out_line->obligation);
        if (err == ERR_OK && strcmp(out_line->obligation.terms.reference, reference) == 0) {
            out_line->partner = *partner;
            out_line->period = period;
            return ERR_OK;
        }
        if (err != ERR_OK && err != ERR_NOT_FOUND) {
            return err;
        }
    }
    return ERR_NOT_FOUND;
}

/* What the booking adds to the payment: at the debtor what goes out, at the creditor what comes in.
 * A reversal goes the other way. */
static Talea__V1__BookingOutcome sign_amount(const struct import *import,
                                             const struct payment_line *line,
                                             const Talea__V1__Booking *booking,
                                             struct money *out_amount)
{
    bool is_debtor = partner_id_equal(&line->obligation.terms.payment.debtor, &import->self->id);
    bool adds = is_debtor != (booking->is_credit != 0);
    bool has_account = booking->account_iban[0] != '\0' && import->self->account.iban[0] != '\0';
    if (has_account && strcmp(booking->account_iban, import->self->account.iban) != 0) {
        return TALEA__V1__BOOKING_OUTCOME__BOOKING_OUTCOME_OTHER_ACCOUNT;
    }
    if (strcmp(booking->currency, line->obligation.terms.currency) != 0) {
        return TALEA__V1__BOOKING_OUTCOME__BOOKING_OUTCOME_WRONG_CURRENCY;
    }
    if (booking->amount_minor <= 0 || booking->amount_minor > LIMIT_BOOKING_MINOR) {
        return TALEA__V1__BOOKING_OUTCOME__BOOKING_OUTCOME_INVALID_AMOUNT;
    }
    if (adds == (booking->is_reversal != 0)) {
        return TALEA__V1__BOOKING_OUTCOME__BOOKING_OUTCOME_WRONG_DIRECTION;
    }
    *out_amount = money_of(adds ? booking->amount_minor : -booking->amount_minor);
    return TALEA__V1__BOOKING_OUTCOME__BOOKING_OUTCOME_RECORDED;
}

static Talea__V1__BookingOutcome outcome_of(enum verdict verdict)
{
    if (verdict == VERDICT_OK) {
        return TALEA__V1__BOOKING_OUTCOME__BOOKING_OUTCOME_RECORDED;
    }
    return verdict == VERDICT_BOOKING_KNOWN ? TALEA__V1__BOOKING_OUTCOME__BOOKING_OUTCOME_KNOWN
           : verdict == VERDICT_TOO_MANY_BOOKINGS
               ? TALEA__V1__BOOKING_OUTCOME__BOOKING_OUTCOME_TOO_MANY
               : TALEA__V1__BOOKING_OUTCOME__BOOKING_OUTCOME_INVALID_AMOUNT;
}

/* Tried on a copy first: what would be refused needs no record. */
static enum err record(struct import *import, struct payment_line *line,
                       const struct booking *booking, Talea__V1__BookingOutcome *out_outcome)
{
    struct obligation *trial = malloc(sizeof *trial);
    if (trial == NULL) {
        return ERR_RESOURCE;
    }
    *trial = line->obligation;
    enum obligation_answer answer = obligation_book(trial, &import->self->id, booking);
    free(trial);
    if (answer == OBLIGATION_BOOKING_KNOWN) {
        *out_outcome = TALEA__V1__BOOKING_OUTCOME__BOOKING_OUTCOME_KNOWN;
        return ERR_OK;
    }
    struct command command = command_now(import->node, COMMAND_BOOK_PAYMENT, &(struct uid){{0}});
    command.payment.partner = line->partner;
    command.payment.period = line->period;
    command.payment.booking = *booking;
    struct outcome outcome = engine_execute(import->node->engine, &command);
    TRY(outcome.err);
    atomic_fetch_add(&import->node->payment_changes, 1);
    *out_outcome = outcome_of(outcome.verdict);
    return ledger_get_obligation(&import->host.host.view, &line->partner, line->period,
                                 &line->obligation);
}

static enum err take_booking(struct import *import, const Talea__V1__Booking *booking,
                             Talea__V1__BookingResult *result)
{
    struct payment_line *line = arena_alloc(&import->arena, sizeof *line);
    struct booking value = {.booked_at = {booking->booked_unix_ms}};
    size_t length = strlen(booking->bank_reference);
    if (line == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = find_payment(import, booking->reference, line);
    if (err == ERR_NOT_FOUND) {
        result->outcome = TALEA__V1__BOOKING_OUTCOME__BOOKING_OUTCOME_UNKNOWN_REFERENCE;
        return ERR_OK;
    }
    TRY(err);
    result->outcome = sign_amount(import, line, booking, &value.amount);
    if (length == 0 || length >= sizeof value.bank_reference) {
        return ERR_INPUT;
    }
    memcpy(value.bank_reference, booking->bank_reference, length + 1);
    if (result->outcome == TALEA__V1__BOOKING_OUTCOME__BOOKING_OUTCOME_RECORDED) {
        TRY(record(import, line, &value, &result->outcome));
    }
    line->obligation.own_signed = slice_of(NULL, 0); /* of a view that moves on */
    line->obligation.partner_signed = slice_of(NULL, 0);
    result->payment = payment_message(line, &import->self->id, &import->arena);
    return result->payment == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err take_all(struct import *import, const Talea__V1__ImportBookingsRequest *request,
                         Talea__V1__ImportBookingsResponse *response)
{
    size_t count = request->n_bookings;
    Talea__V1__BookingResult *rows = arena_alloc(&import->arena, (count + 1) * sizeof *rows);
    response->results = arena_alloc(&import->arena, (count + 1) * sizeof *response->results);
    if (rows == NULL || response->results == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < count; i++) {
        talea__v1__booking_result__init(&rows[i]);
        TRY(take_booking(import, request->bookings[i], &rows[i]));
        response->results[response->n_results++] = &rows[i];
    }
    return ERR_OK;
}

void payment_import_bookings(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ImportBookingsRequest *request =
        (const Talea__V1__ImportBookingsRequest *)(const void *)message;
    Talea__V1__ImportBookingsResponse response;
    talea__v1__import_bookings_response__init(&response);
    struct import import = {.node = node};
    if (request->n_bookings > LIMIT_BOOKINGS_PER_CALL) {
        refuse(call, 3, "TOO_MANY_BOOKINGS", "At most %u bookings in one call.",
               LIMIT_BOOKINGS_PER_CALL);
        return;
    }
    enum err err = partner_host_open(node, &import.host);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    arena_init(&import.arena, LIMIT_DECODED_BYTES);
    import.self = charter_partner_find(import.host.host.charter, &import.host.host.roster->self);
    pthread_mutex_lock(&node->settle_lock);
    err = import.self == NULL ? ERR_NOT_FOUND : take_all(&import, request, &response);
    pthread_mutex_unlock(&node->settle_lock);
    if (err == ERR_OK) {
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
    partner_host_end(&import.host);
    arena_fini(&import.arena);
}

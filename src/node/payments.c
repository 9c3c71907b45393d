#include "node/payments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/messages.h"
#include "node/requests.h"
#include "node/services.h"

#define WAITS_FOR_MAX 160

static enum err add_line(void *context, struct slice key, struct slice value)
{
    struct payment_lines *lines = context;
    struct period period = {get_u32_be(key.at + key.length - 4)};
    if (lines->only.code != 0 && period.code != lines->only.code) {
        return ERR_OK;
    }
    if (lines->count == lines->capacity) {
        size_t capacity = lines->capacity == 0 ? 64 : 2 * lines->capacity;
        struct payment_line **grown = realloc(lines->lines, capacity * sizeof(void *));
        if (grown == NULL) {
            return ERR_RESOURCE;
        }
        lines->lines = grown;
        lines->capacity = capacity;
    }
    struct payment_line *line = arena_alloc(&lines->arena, sizeof *line);
    uint8_t *bytes = arena_alloc(&lines->arena, value.length + 1);
    if (line == NULL || bytes == NULL) {
        return ERR_RESOURCE;
    }
    memcpy(bytes, value.at, value.length);
    line->period = period;
    TRY(obligation_decode(slice_of(bytes, value.length), &line->obligation));
    const struct payment *payment = &line->obligation.terms.payment;
    line->partner =
        partner_id_equal(&payment->debtor, lines->self) ? payment->creditor : payment->debtor;
    lines->lines[lines->count++] = line;
    return ERR_OK;
}

static int compare_lines(const void *a, const void *b)
{
    const struct payment_line *const *first = a;
    const struct payment_line *const *second = b;
    if ((*first)->period.code != (*second)->period.code) {
        return period_is_before((*second)->period, (*first)->period) ? -1 : 1;
    }
    return partner_id_compare(&(*first)->partner, &(*second)->partner);
}

enum err payment_lines_read(struct node *node, const struct partner_id *self, struct period only,
                            struct payment_lines *out_lines)
{
    *out_lines = (struct payment_lines){.only = only, .self = self};
    arena_init(&out_lines->arena, LIMIT_DECODED_BYTES);
    TRY(state_checkpoint_table(node->state, TABLE_OBLIGATION));
    TRY(state_scan(node->state, TABLE_OBLIGATION, slice_of(NULL, 0), slice_of(NULL, 0), add_line,
                   out_lines));
    if (out_lines->count > 0) {
        qsort(out_lines->lines, out_lines->count, sizeof(void *), compare_lines);
    }
    return ERR_OK;
}

void payment_lines_fini(struct payment_lines *lines)
{
    free(lines->lines);
    arena_fini(&lines->arena);
}

const struct payment_line *payment_lines_find(const struct payment_lines *lines,
                                              const char *reference)
{
    for (size_t i = 0; i < lines->count; i++) {
        if (strcmp(lines->lines[i]->obligation.terms.reference, reference) == 0) {
            return lines->lines[i];
        }
    }
    return NULL;
}

Talea__V1__SettlementState payment_state(const struct obligation *obligation)
{
    switch (obligation_step(obligation)) {
    case OBLIGATION_NETTED:
        return TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_NETTED;
    case OBLIGATION_INSTRUCTED:
        return TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_INSTRUCTED;
    case OBLIGATION_PAID:
        return TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_PAID;
    case OBLIGATION_CLOSED:
        return TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_CLOSED;
    }
    return TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_UNSPECIFIED;
}

char *payment_waits_for(const struct obligation *obligation, const struct partner_id *self,
                        struct arena *arena)
{
    char text[WAITS_FOR_MAX] = "";
    const struct payment *payment = &obligation->terms.payment;
    bool is_debtor = partner_id_equal(&payment->debtor, self);
    bool is_part = obligation->figures.received.minor > 0;
    switch (obligation_step(obligation)) {
    case OBLIGATION_NETTED:
        snprintf(text, sizeof text,
                 is_debtor ? "this brand's payment file to %s" : "the payment file of %s",
                 is_debtor ? payment->creditor.text : payment->debtor.text);
        break;
    case OBLIGATION_INSTRUCTED:
        snprintf(text, sizeof text,
                 is_debtor ? "the signature of %s that it received %s"
                           : "the bank's booking of what %s pays%s",
                 is_debtor ? payment->creditor.text : payment->debtor.text,
                 is_part ? (is_debtor ? "the rest" : ": the rest") : (is_debtor ? "it" : ""));
        break;
    case OBLIGATION_PAID:
        snprintf(text, sizeof text,
                 is_debtor ? "%s to see that this brand knows it is paid"
                           : "the acknowledgement of %s",
                 is_debtor ? payment->creditor.text : payment->debtor.text);
        break;
    case OBLIGATION_CLOSED:
        break;
    }
    return message_copy(arena, text, sizeof text);
}

static ProtobufCBinaryData bytes_of(struct slice slice)
{
    return (ProtobufCBinaryData){slice.length, (uint8_t *)(uintptr_t)slice.at};
}

static bool add_bookings(const struct obligation *obligation, struct arena *arena,
                         Talea__V1__Payment *message)
{
    size_t count = obligation->booking_count;
    Talea__V1__PaymentBooking *rows = arena_alloc(arena, (count + 1) * sizeof *rows);
    message->bookings = arena_alloc(arena, (count + 1) * sizeof *message->bookings);
    if (rows == NULL || message->bookings == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct booking *booking = &obligation->bookings[i];
        talea__v1__payment_booking__init(&rows[i]);
        rows[i].bank_reference =
            message_copy(arena, booking->bank_reference, sizeof booking->bank_reference);
        rows[i].amount_minor = booking->amount.minor;
        rows[i].booked_unix_ms = booking->booked_at.ms;
        message->bookings[i] = &rows[i];
        if (rows[i].bank_reference == NULL) {
            return false;
        }
    }
    message->n_bookings = count;
    return true;
}

Talea__V1__Payment *payment_message(const struct payment_line *line, const struct partner_id *self,
                                    struct arena *arena)
{
    const struct obligation *obligation = &line->obligation;
    const struct obligation_terms *terms = &obligation->terms;
    Talea__V1__Payment *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return NULL;
    }
    talea__v1__payment__init(message);
    message->period = line->period.code;
    message->debtor = message_copy(arena, terms->payment.debtor.text, PARTNER_ID_MAX);
    message->creditor = message_copy(arena, terms->payment.creditor.text, PARTNER_ID_MAX);
    message->amount_minor = terms->payment.amount.minor;
    message->reference = message_copy(arena, terms->reference, sizeof terms->reference);
    message->is_multilateral = terms->is_multilateral;
    message->state = payment_state(obligation);
    message->since_unix_ms = obligation->since.ms;
    message->waits_for = payment_waits_for(obligation, self, arena);
    message->instructed_minor = obligation->figures.instructed.minor;
    message->sent_minor = obligation->sent.minor;
    message->received_minor = obligation->figures.received.minor;
    message->residual_minor = obligation_residual(obligation).minor;
    message->acknowledged_minor = obligation->figures.acknowledged.minor;
    message->file_id = uid_is_nil(&obligation->file) ? message_copy(arena, "", 1)
                                                     : message_uid(arena, &obligation->file);
    message->instructed_unix_ms = obligation->instructed_at.ms;
    message->own_notice = bytes_of(obligation->own_signed);
    message->partner_notice = bytes_of(obligation->partner_signed);
    bool is_whole = message->debtor != NULL && message->creditor != NULL &&
                    message->reference != NULL && message->waits_for != NULL &&
                    message->file_id != NULL && add_bookings(obligation, arena, message);
    return is_whole ? message : NULL;
}

static void send_payments(struct rpc_call *call, struct payment_lines *lines, const char *reference,
                          const struct charter *charter)
{
    Talea__V1__ListPaymentsResponse response;
    talea__v1__list_payments_response__init(&response);
    response.payments = arena_alloc(&lines->arena, (lines->count + 1) * sizeof(void *));
    response.currency = message_copy(&lines->arena, charter->currency, sizeof charter->currency);
    response.currency_decimals = charter->currency_decimals;
    bool is_whole = response.payments != NULL && response.currency != NULL;
    for (size_t i = 0; is_whole && i < lines->count; i++) {
        const struct payment_line *line = lines->lines[i];
        if (reference[0] != '\0' && strcmp(reference, line->obligation.terms.reference) != 0) {
            continue;
        }
        Talea__V1__Payment *payment = payment_message(line, lines->self, &lines->arena);
        is_whole = payment != NULL;
        response.payments[response.n_payments++] = payment;
    }
    if (!is_whole) {
        refuse_err(call, ERR_RESOURCE, NULL);
    } else if (reference[0] != '\0' && response.n_payments == 0) {
        refuse(call, 5, "PAYMENT_UNKNOWN", "There is no payment with this reference.");
    } else {
        rpc_call_reply(call, &response.base);
    }
}

void payment_list(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ListPaymentsRequest *request =
        (const Talea__V1__ListPaymentsRequest *)(const void *)message;
    struct period only = {0};
    if (request->period != 0 && !request_period(call, request->period, &only)) {
        return;
    }
    struct snapshot *snapshot = node_snapshot(node);
    struct payment_lines lines;
    enum err err = payment_lines_read(node, &snapshot->roster.self, only, &lines);
    if (err == ERR_OK) {
        send_payments(call, &lines, request->reference, snapshot->charter);
    } else {
        refuse_err(call, err, NULL);
    }
    payment_lines_fini(&lines);
    snapshot_release(snapshot);
}

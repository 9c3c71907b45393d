#include "dossier/payment_audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "talea/v1/dossier.pb-c.h"
#include "wire/fields.h"
#include "wire/messages.h"
#include "wire/signed.h"

/* One file on its way through. */
struct payment_reading {
    const struct charter_chain *chain;
    const struct partner_id *holder;
    struct period period;
    const struct audit_place *place;
    struct dossier_payment payment;
    bool is_begun; /* the terms are known */
};

static enum err flawed(const struct payment_reading *reading, const char *what,
                       const char *expected, const char *found)
{
    return audit_flawed(reading->place, 0, what, expected, found);
}

static void say_terms(const struct obligation_terms *terms, char out[FINDING_TEXT_MAX])
{
    snprintf(out, FINDING_TEXT_MAX, "%s pays %s %" PRId64 " %s, %s, %s", terms->payment.debtor.text,
             terms->payment.creditor.text, terms->payment.amount.minor, terms->currency,
             terms->is_multilateral ? "of all pairs" : "of the pair", terms->reference);
}

/* Of this coalition, period and brand, and alike in both notices. */
static enum err check_terms(struct payment_reading *reading, const struct payment_notice *notice)
{
    char texts[2][FINDING_TEXT_MAX];
    const char *coalition = charter_chain_last(reading->chain)->coalition;
    const struct obligation_terms *terms = &notice->terms;
    if (strcmp(notice->coalition, coalition) != 0) {
        return flawed(reading, "coalition of the payment", coalition, notice->coalition);
    }
    if (notice->period.code != reading->period.code) {
        return flawed(reading, "period of the payment", period_format(reading->period, texts[0]),
                      period_format(notice->period, texts[1]));
    }
    say_terms(terms, texts[1]);
    if (!partner_id_equal(&terms->payment.debtor, reading->holder) &&
        !partner_id_equal(&terms->payment.creditor, reading->holder)) {
        return flawed(reading, "whose payment it is", reading->holder->text, texts[1]);
    }
    if (!reading->is_begun) {
        reading->is_begun = true;
        reading->payment.terms = *terms;
        return ERR_OK;
    }
    say_terms(&reading->payment.terms, texts[0]);
    return obligation_terms_equal(&reading->payment.terms, terms)
               ? ERR_OK
               : flawed(reading, "what both sides say of the payment", texts[0], texts[1]);
}

static enum err check_signature(struct payment_reading *reading,
                                const struct signed_message *message,
                                const struct partner_id *signer, bool *out_counts)
{
    struct note ignored = {""};
    const char *coalition = charter_chain_last(reading->chain)->coalition;
    const struct charter_key *key = charter_chain_key(reading->chain, signer, &message->key_id);
    char what[96];
    snprintf(what, sizeof what, "signature of %s on the payment", signer->text);
    if (key == NULL) {
        return flawed(reading, what, "a valid one", "its key is not the partner's in this charter");
    }
    if (signed_verify(message, coalition, PURPOSE_PAYMENT, &key->key) != ERR_OK) {
        return flawed(reading, what, "a valid one", "the signature does not verify");
    }
    struct charter_place place = {PURPOSE_PAYMENT, signer, 0};
    *out_counts = charter_key_counts(key, &place, &ignored) == ERR_OK;
    reading->place->report->counts.signatures++;
    return ERR_OK;
}

static enum err take_notice(struct payment_reading *reading, ProtobufCBinaryData bytes, bool is_own)
{
    struct note why = {""};
    struct signed_message message;
    struct payment_notice notice;
    if (bytes.len == 0) {
        return ERR_OK;
    }
    if (signed_decode(slice_of(bytes.data, bytes.len), &message) != ERR_OK) {
        return flawed(reading, "the notice", "a signed one", "it is no signed envelope");
    }
    if (wire_payment_decode(message.payload, &notice, &why) != ERR_OK) {
        return flawed(reading, "the notice", "a payment's notice", why.text);
    }
    TRY(check_terms(reading, &notice));
    const struct payment *payment = &notice.terms.payment;
    bool holder_pays = partner_id_equal(&payment->debtor, reading->holder);
    bool is_debtor = holder_pays == is_own;
    struct payment_word *word = is_debtor ? &reading->payment.debtor : &reading->payment.creditor;
    *word = (struct payment_word){true, true, notice.number, notice.figures};
    return check_signature(reading, &message, is_debtor ? &payment->debtor : &payment->creditor,
                           &word->counts);
}

/* Each booking counts once, and they have a sum. */
static enum err take_bookings(struct payment_reading *reading,
                              const Talea__V1__DossierPayment *message)
{
    struct money *booked = &reading->payment.booked;
    for (size_t i = 0; i < message->n_bookings; i++) {
        const Talea__V1__DossierBooking *booking = message->bookings[i];
        for (size_t j = 0; j < i; j++) {
            if (strcmp(booking->bank_reference, message->bookings[j]->bank_reference) == 0) {
                return flawed(reading, "a booking", "each once", booking->bank_reference);
            }
        }
        if (booking->amount_minor == 0 || booking->amount_minor < -LIMIT_BOOKING_MINOR ||
            booking->amount_minor > LIMIT_BOOKING_MINOR ||
            money_add(*booked, money_of(booking->amount_minor), booked) != ERR_OK) {
            return flawed(reading, "amount of a booking", "one that fits", booking->bank_reference);
        }
    }
    return ERR_OK;
}

static enum err read_all(struct payment_reading *reading, const Talea__V1__DossierPayment *message)
{
    TRY(take_notice(reading, message->own_notice, true));
    TRY(take_notice(reading, message->partner_notice, false));
    return reading->is_begun ? take_bookings(reading, message)
                             : flawed(reading, "the payment", "a signed notice", "none");
}

enum err payment_audit(struct slice bytes, const struct charter_chain *chain,
                       const struct partner_id *holder, struct period period,
                       const struct audit_place *place, struct arena *arena,
                       struct dossier_payment *out_payment)
{
    struct note why = {""};
    struct fields fields = fields_begin("DossierPayment", &why);
    struct payment_reading reading = {
        .chain = chain, .holder = holder, .period = period, .place = place};
    const Talea__V1__DossierPayment *message =
        (const void *)fields_unpack(&fields, &talea__v1__dossier_payment__descriptor, bytes, arena);
    if (message != NULL) {
        field_require(&fields, message->n_bookings <= LIMIT_BOOKINGS, "bookings", "are too many");
    }
    if (fields.err != ERR_OK) {
        return fields.err == ERR_RESOURCE
                   ? ERR_RESOURCE
                   : flawed(&reading, "the payment", "a payment's export", why.text);
    }
    TRY(read_all(&reading, message));
    reading.payment.file = place->file;
    *out_payment = reading.payment;
    return ERR_OK;
}

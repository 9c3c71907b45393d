/* Notices about payments (proto/talea/v1/settlement.proto). */
#include <string.h>

#include "talea/v1/settlement.pb-c.h"
#include "wire/fields.h"
#include "wire/messages.h"

static void check_sum(struct fields *fields, const char *field, struct money amount)
{
    field_require(fields, amount.minor >= 0 && amount.minor <= LIMIT_BOOKING_MINOR, field,
                  "is negative or too large");
}

static enum err check_notice(struct fields *fields, const struct payment_notice *notice)
{
    const struct payment *payment = &notice->terms.payment;
    char coalition[sizeof notice->coalition];
    char currency[sizeof notice->terms.currency];
    char reference[PAYMENT_REFERENCE_MAX];
    field_name(fields, "coalition", notice->coalition, coalition, sizeof coalition);
    field_currency(fields, "currency", notice->terms.currency, currency);
    field_period(fields, "period", notice->period);
    field_pair(fields, &payment->debtor, &payment->creditor);
    check_sum(fields, "amount_minor", payment->amount);
    check_sum(fields, "instructed_minor", notice->figures.instructed);
    check_sum(fields, "received_minor", notice->figures.received);
    check_sum(fields, "acknowledged_minor", notice->figures.acknowledged);
    check_sum(fields, "echoed_minor", notice->figures.echoed);
    field_require(fields, notice->number > 0, "number", "is 0");
    if (fields->err == ERR_OK) {
        payment_reference(notice->coalition, notice->period, &payment->debtor, &payment->creditor,
                          reference);
        field_require(fields, strcmp(reference, notice->terms.reference) == 0, "reference",
                      "is not this payment's");
    }
    return fields->err;
}

enum err wire_payment_encode(const struct payment_notice *notice, struct buffer *out)
{
    struct fields fields = fields_begin("PaymentNotice", NULL);
    TRY(check_notice(&fields, notice));
    struct payment_notice copy = *notice;
    Talea__V1__PaymentNotice m;
    talea__v1__payment_notice__init(&m);
    m.coalition = copy.coalition;
    m.period = copy.period.yyyymm;
    m.debtor = copy.terms.payment.debtor.text;
    m.creditor = copy.terms.payment.creditor.text;
    m.amount_minor = copy.terms.payment.amount.minor;
    m.currency = copy.terms.currency;
    m.reference = copy.terms.reference;
    m.is_multilateral = copy.terms.is_multilateral;
    m.number = copy.number;
    m.heard_number = copy.heard;
    m.instructed_minor = copy.figures.instructed.minor;
    m.received_minor = copy.figures.received.minor;
    m.acknowledged_minor = copy.figures.acknowledged.minor;
    m.echoed_minor = copy.figures.echoed.minor;
    return fields_pack(&m.base, out);
}

enum err wire_payment_decode(struct slice bytes, struct payment_notice *out_notice,
                             struct note *note)
{
    struct fields fields = fields_begin("PaymentNotice", note);
    struct scratch scratch = {.used = 0};
    const Talea__V1__PaymentNotice *m = (const void *)fields_unpack_small(
        &fields, &talea__v1__payment_notice__descriptor, bytes, &scratch);
    if (m == NULL) {
        return fields.err;
    }
    struct payment_notice notice = {
        .period = {m->period},
        .figures = {{m->instructed_minor},
                    {m->received_minor},
                    {m->acknowledged_minor},
                    {m->echoed_minor}},
        .number = m->number,
        .heard = m->heard_number,
    };
    notice.terms.payment.amount = money_of(m->amount_minor);
    notice.terms.is_multilateral = m->is_multilateral != 0;
    field_name(&fields, "coalition", m->coalition, notice.coalition, sizeof notice.coalition);
    field_currency(&fields, "currency", m->currency, notice.terms.currency);
    field_partner(&fields, "debtor", m->debtor, &notice.terms.payment.debtor);
    field_partner(&fields, "creditor", m->creditor, &notice.terms.payment.creditor);
    field_require(&fields, strlen(m->reference) < sizeof notice.terms.reference, "reference",
                  "is too long");
    TRY(fields.err);
    memcpy(notice.terms.reference, m->reference, strlen(m->reference) + 1);
    TRY(check_notice(&fields, &notice));
    *out_notice = notice;
    return ERR_OK;
}

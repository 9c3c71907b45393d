/* Notices about payments, and what partners would net (proto/talea/v1/settlement.proto). */
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
    m.period = copy.period.code;
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

static enum err check_set(struct fields *fields, const struct netting_set *set)
{
    char coalition[sizeof set->coalition];
    field_name(fields, "coalition", set->coalition, coalition, sizeof coalition);
    field_period(fields, "period", set->period);
    field_require(fields, set->number > 0, "number", "is 0");
    field_require(fields, set->left_out_count < LIMIT_PARTNERS, "left_out", "are too many");
    for (size_t i = 1; i < set->left_out_count; i++) {
        field_require(fields, partner_id_compare(&set->left_out[i - 1], &set->left_out[i]) < 0,
                      "left_out", "are not sorted");
    }
    return fields->err;
}

enum err wire_netting_encode(const struct netting_set *set, struct buffer *out)
{
    struct fields fields = fields_begin("NettingSet", NULL);
    TRY(check_set(&fields, set));
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    struct netting_set copy = *set;
    Talea__V1__NettingSet m;
    talea__v1__netting_set__init(&m);
    m.coalition = copy.coalition;
    m.period = copy.period.code;
    m.number = copy.number;
    m.left_out = fields_array(&fields, &arena, copy.left_out_count, sizeof *m.left_out);
    TRY(fields.err);
    for (size_t i = 0; i < copy.left_out_count; i++) {
        m.left_out[i] = copy.left_out[i].text;
    }
    m.n_left_out = copy.left_out_count;
    m.is_against = copy.is_against;
    m.set_hash = binary_of(copy.set.bytes, sizeof copy.set.bytes);
    return fields_pack(&m.base, out);
}

enum err wire_netting_decode(struct slice bytes, struct arena *arena, struct netting_set *out_set,
                             struct note *note)
{
    struct fields fields = fields_begin("NettingSet", note);
    const Talea__V1__NettingSet *m =
        (const void *)fields_unpack(&fields, &talea__v1__netting_set__descriptor, bytes, arena);
    if (m == NULL) {
        return fields.err;
    }
    struct netting_set set = {
        .period = {m->period}, .number = m->number, .is_against = m->is_against};
    field_name(&fields, "coalition", m->coalition, set.coalition, sizeof set.coalition);
    field_hash(&fields, "set_hash", &m->set_hash, &set.set);
    set.left_out = fields_array(&fields, arena, m->n_left_out, sizeof *set.left_out);
    for (size_t i = 0; i < m->n_left_out && fields.err == ERR_OK; i++) {
        field_partner(&fields, "left_out", m->left_out[i], &set.left_out[i]);
    }
    set.left_out_count = m->n_left_out;
    TRY(fields.err);
    TRY(check_set(&fields, &set));
    *out_set = set;
    return ERR_OK;
}

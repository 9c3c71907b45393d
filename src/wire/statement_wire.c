/* Statements of a pair's period (proto/talea/v1/settlement.proto). */
#include <string.h>

#include "base/text.h"
#include "talea/v1/settlement.pb-c.h"
#include "wire/messages.h"
#include "wire/totals_wire.h"

static bool is_tax_code(const char *code)
{
    size_t length = strnlen(code, TAX_CODE_MAX);
    bool is_good = length < TAX_CODE_MAX;
    for (size_t i = 0; is_good && i < length; i++) {
        is_good = (code[i] >= 'A' && code[i] <= 'Z') || (code[i] >= '0' && code[i] <= '9') ||
                  (code[i] == '-' && i > 0);
    }
    return is_good;
}

static void check_charges(struct fields *fields, const struct half_charge *charges, size_t count)
{
    field_require(fields, count <= HALF_CHARGES_MAX, "charges", "are too many");
    for (size_t i = 0; i < count && fields->err == ERR_OK; i++) {
        const struct half_charge *c = &charges[i];
        field_require(fields, is_tax_code(c->tax_code) && c->tax_rate_ppm <= RATE_WHOLE, "charges",
                      "have no tax code and rate");
        field_require(fields, c->taxed.minor != 0 || c->fee.minor != 0 || c->tax.minor != 0,
                      "charges", "are of nothing");
        field_require(fields, i == 0 || half_charge_compare(c - 1, c) < 0, "charges",
                      "are not sorted by tax code, rate and side");
    }
}

static void check_half(struct fields *fields, const struct statement_half *half)
{
    field_require(fields, half->first_number > 0 && half->first_number <= half->last_number,
                  "first_number", "is 0 or lies behind last_number");
    field_totals(fields, half->totals, half->total_count);
    check_charges(fields, half->charges, half->charge_count);
    field_totals(fields, half->suspended, half->suspended_count);
    field_totals(fields, half->apart, half->apart_count);
    field_require(fields, half->apart_count == 0 || !hash_is_zero(&half->apart_hash), "apart_hash",
                  "is missing");
}

static void check_net(struct fields *fields, const struct pair_statement *s)
{
    const struct partner_id *first = &s->halves[0].sender;
    const struct partner_id *second = &s->halves[1].sender;
    bool is_even = s->net.minor == 0 && s->debtor.text[0] == '\0' && s->creditor.text[0] == '\0';
    bool is_owed =
        s->net.minor > 0 &&
        ((partner_id_equal(&s->debtor, first) && partner_id_equal(&s->creditor, second)) ||
         (partner_id_equal(&s->debtor, second) && partner_id_equal(&s->creditor, first)));
    field_require(fields, is_even || is_owed, "net_minor", "is not owed by one of the pair");
}

static enum err check_statement(struct fields *fields, const struct pair_statement *s)
{
    char currency[sizeof s->currency];
    char coalition[sizeof s->coalition];
    field_name(fields, "coalition", s->coalition, coalition, sizeof coalition);
    field_currency(fields, "currency", s->currency, currency);
    field_period(fields, "period", s->period);
    field_require(fields, s->charter_epoch > 0, "charter_epoch", "is 0");
    field_require(fields,
                  partner_id_equal(&s->halves[0].sender, &s->halves[1].receiver) &&
                      partner_id_equal(&s->halves[1].sender, &s->halves[0].receiver) &&
                      partner_id_compare(&s->halves[0].sender, &s->halves[1].sender) < 0,
                  "halves", "are not the two directions of a pair, in order");
    check_half(fields, &s->halves[0]);
    check_half(fields, &s->halves[1]);
    check_net(fields, s);
    return fields->err;
}

static void charges_to_wire(struct fields *fields, struct arena *arena, struct statement_half *half,
                            Talea__V1__StatementHalf *out)
{
    size_t count = half->charge_count;
    out->charges = fields_array(fields, arena, count, sizeof *out->charges);
    Talea__V1__HalfCharge *rows = fields_array(fields, arena, count, sizeof *rows);
    for (size_t i = 0; i < count && fields->err == ERR_OK; i++) {
        talea__v1__half_charge__init(&rows[i]);
        rows[i].tax_code = half->charges[i].tax_code;
        rows[i].tax_rate_ppm = half->charges[i].tax_rate_ppm;
        rows[i].is_by_sender = half->charges[i].is_by_sender;
        rows[i].taxed_minor = half->charges[i].taxed.minor;
        rows[i].fee_minor = half->charges[i].fee.minor;
        rows[i].tax_minor = half->charges[i].tax.minor;
        out->charges[out->n_charges++] = &rows[i];
    }
}

static void charges_from_wire(struct fields *fields, struct arena *arena,
                              const Talea__V1__StatementHalf *m, struct statement_half *out)
{
    field_require(fields, m->n_charges <= HALF_CHARGES_MAX, "charges", "are too many");
    out->charges = fields_array(fields, arena, m->n_charges, sizeof *out->charges);
    for (size_t i = 0; i < m->n_charges && fields->err == ERR_OK; i++) {
        const Talea__V1__HalfCharge *row = m->charges[i];
        struct half_charge *charge = &out->charges[i];
        fields_require_known(fields, &row->base);
        *charge = (struct half_charge){.tax_rate_ppm = row->tax_rate_ppm,
                                       .is_by_sender = row->is_by_sender != 0,
                                       .taxed = {row->taxed_minor},
                                       .fee = {row->fee_minor},
                                       .tax = {row->tax_minor}};
        field_require(fields, text_copy(charge->tax_code, TAX_CODE_MAX, row->tax_code) == ERR_OK,
                      "charges", "have too long a tax code");
    }
    out->charge_count = m->n_charges;
}

static void half_to_wire(struct fields *fields, struct arena *arena, struct statement_half *half,
                         Talea__V1__StatementHalf *out)
{
    talea__v1__statement_half__init(out);
    out->sender = half->sender.text;
    out->receiver = half->receiver.text;
    out->first_number = half->first_number;
    out->last_number = half->last_number;
    out->last_hash = binary_of(half->last_hash.bytes, sizeof half->last_hash.bytes);
    out->root =
        binary_of(half->root.bytes, hash_is_zero(&half->root) ? 0 : sizeof half->root.bytes);
    out->n_totals = half->total_count;
    out->totals = totals_to_wire(fields, arena, half->totals, half->total_count);
    out->owed_minor = half->owed.minor;
    charges_to_wire(fields, arena, half, out);
    out->n_suspended = half->suspended_count;
    out->suspended = totals_to_wire(fields, arena, half->suspended, half->suspended_count);
    out->n_apart = half->apart_count;
    out->apart = totals_to_wire(fields, arena, half->apart, half->apart_count);
    out->apart_hash =
        binary_of(half->apart_hash.bytes,
                  hash_is_zero(&half->apart_hash) ? 0 : sizeof half->apart_hash.bytes);
}

enum err wire_statement_encode(const struct pair_statement *statement, struct buffer *out)
{
    struct fields fields = fields_begin("PairStatement", NULL);
    TRY(check_statement(&fields, statement));
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    struct pair_statement s = *statement;
    Talea__V1__StatementHalf rows[2];
    Talea__V1__StatementHalf *halves[2] = {&rows[0], &rows[1]};
    half_to_wire(&fields, &arena, &s.halves[0], &rows[0]);
    half_to_wire(&fields, &arena, &s.halves[1], &rows[1]);
    TRY(fields.err);
    Talea__V1__PairStatement m;
    talea__v1__pair_statement__init(&m);
    m.coalition = s.coalition;
    m.charter_epoch = s.charter_epoch;
    m.period = s.period.code;
    m.n_halves = 2;
    m.halves = halves;
    m.debtor = s.debtor.text;
    m.creditor = s.creditor.text;
    m.net_minor = s.net.minor;
    m.currency = s.currency;
    m.revision = s.revision;
    return fields_pack(&m.base, out);
}

static void half_from_wire(struct fields *fields, struct arena *arena,
                           const Talea__V1__StatementHalf *m, struct statement_half *out)
{
    fields_require_known(fields, &m->base);
    field_partner(fields, "sender", m->sender, &out->sender);
    field_partner(fields, "receiver", m->receiver, &out->receiver);
    field_hash(fields, "last_hash", &m->last_hash, &out->last_hash);
    field_hash_or_none(fields, "root", &m->root, &out->root);
    out->first_number = m->first_number;
    out->last_number = m->last_number;
    out->total_count = m->n_totals;
    out->totals = totals_from_wire(fields, arena, m->totals, m->n_totals);
    out->owed = money_of(m->owed_minor);
    charges_from_wire(fields, arena, m, out);
    out->suspended_count = m->n_suspended;
    out->suspended = totals_from_wire(fields, arena, m->suspended, m->n_suspended);
    out->apart_count = m->n_apart;
    out->apart = totals_from_wire(fields, arena, m->apart, m->n_apart);
    field_hash_or_none(fields, "apart_hash", &m->apart_hash, &out->apart_hash);
}

static enum err statement_from_wire(struct fields fields, const Talea__V1__PairStatement *m,
                                    struct arena *arena, struct pair_statement *out_statement)
{
    if (m == NULL) {
        return fields.err;
    }
    field_require(&fields, m->n_halves == 2, "halves", "are not two");
    TRY(fields.err);
    struct pair_statement s = {.charter_epoch = m->charter_epoch,
                               .period = {m->period},
                               .net = {m->net_minor},
                               .revision = m->revision};
    field_name(&fields, "coalition", m->coalition, s.coalition, sizeof s.coalition);
    field_currency(&fields, "currency", m->currency, s.currency);
    half_from_wire(&fields, arena, m->halves[0], &s.halves[0]);
    half_from_wire(&fields, arena, m->halves[1], &s.halves[1]);
    field_partner_or_none(&fields, "debtor", m->debtor, &s.debtor);
    field_partner_or_none(&fields, "creditor", m->creditor, &s.creditor);
    TRY(fields.err);
    TRY(check_statement(&fields, &s));
    *out_statement = s;
    return ERR_OK;
}

enum err wire_statement_decode(struct slice bytes, struct arena *arena,
                               struct pair_statement *out_statement, struct note *note)
{
    struct fields fields = fields_begin("PairStatement", note);
    const Talea__V1__PairStatement *m =
        (const void *)fields_unpack(&fields, &talea__v1__pair_statement__descriptor, bytes, arena);
    return statement_from_wire(fields, m, arena, out_statement);
}

enum err wire_statement_decode_kept(struct slice bytes, struct arena *arena,
                                    struct pair_statement *out_statement)
{
    struct fields fields = fields_begin("PairStatement", NULL);
    const Talea__V1__PairStatement *m = (const void *)fields_unpack_kept(
        &fields, &talea__v1__pair_statement__descriptor, bytes, arena);
    return statement_from_wire(fields, m, arena, out_statement);
}

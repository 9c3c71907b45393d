#include "cli/invoice.h"

/* Owed by the debtor to the creditor. */
static struct money as_owed(const struct invoice *invoice, const struct statement_half *half,
                            struct money owed_by_sender)
{
    bool is_debtors = partner_id_equal(&half->sender, &invoice->terms.payment.debtor);
    return is_debtors ? owed_by_sender : money_of(-owed_by_sender.minor);
}

static enum err add_points(struct invoice *invoice, const struct roster *roster,
                           const struct statement_half *half)
{
    for (size_t i = 0; i < half->total_count; i++) {
        struct invoice_line line = {
            .kind = INVOICE_POINTS, .half = half, .total = &half->totals[i]};
        struct line_price price;
        TRY(price_line(roster, line.total, &price));
        if (price.tariff != NULL) { /* else it is of no money, as a period's mark */
            line.price = price.price;
            line.per = price.tariff->per;
            line.amount = as_owed(invoice, half, price.worth);
            invoice->lines[invoice->line_count++] = line;
        }
    }
    return ERR_OK;
}

/* What the sender charges, the receiver owes. */
static void add_charge(struct invoice *invoice, const struct statement_half *half,
                       const struct half_charge *charge, enum invoice_line_kind kind)
{
    struct money amount = kind == INVOICE_FEE ? charge->fee : charge->tax;
    if (amount.minor != 0) {
        amount = charge->is_by_sender ? money_of(-amount.minor) : amount;
        invoice->lines[invoice->line_count++] = (struct invoice_line){
            .kind = kind, .half = half, .charge = charge, .amount = as_owed(invoice, half, amount)};
    }
}

static enum err add_half(struct invoice *invoice, const struct roster *roster,
                         const struct statement_half *half)
{
    TRY(add_points(invoice, roster, half));
    for (size_t i = 0; i < half->charge_count; i++) {
        add_charge(invoice, half, &half->charges[i], INVOICE_FEE);
        add_charge(invoice, half, &half->charges[i], INVOICE_TAX);
    }
    return ERR_OK;
}

static enum err check_sum(const struct invoice *invoice, struct note *note)
{
    struct money sum = {0};
    for (size_t i = 0; i < invoice->line_count; i++) {
        TRY(money_add(sum, invoice->lines[i].amount, &sum));
    }
    return sum.minor == invoice->terms.payment.amount.minor
               ? ERR_OK
               : note_set(note, ERR_CORRUPT,
                          "the lines add up to %lld, the statement's net is %lld",
                          (long long)sum.minor, (long long)invoice->terms.payment.amount.minor);
}

enum err invoice_make(const struct charter *charter, const struct pair_statement *statement,
                      struct arena *arena, struct invoice *out_invoice, struct note *note)
{
    struct invoice invoice = {.charter = charter, .statement = statement};
    struct roster roster;
    size_t capacity = 1;
    for (size_t side = 0; side < 2; side++) {
        capacity += statement->halves[side].total_count + 2 * statement->halves[side].charge_count;
    }
    invoice.lines = arena_alloc(arena, capacity * sizeof *invoice.lines);
    if (invoice.lines == NULL) {
        return ERR_RESOURCE;
    }
    obligation_of_statement(statement, &invoice.terms);
    TRY(charter_roster(charter, &statement->halves[0].sender, &roster, note));
    enum err err = add_half(&invoice, &roster, &statement->halves[0]);
    if (err == ERR_OK) {
        err = add_half(&invoice, &roster, &statement->halves[1]);
    }
    charter_roster_fini(&roster);
    TRY(err);
    TRY(check_sum(&invoice, note));
    *out_invoice = invoice;
    return ERR_OK;
}

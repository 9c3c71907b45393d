#include <stdio.h>
#include <string.h>

#include "cli/invoice.h"
#include "cli/page.h"

#define TEXT_MAX 256
#define COLUMNS  6u

struct view {
    struct page page;
    const struct invoice *invoice;
};

static const char *words(const struct view *view, enum page_text text)
{
    return page_text(view->page.language, text);
}

static const char *name_of(const struct view *view, const struct partner_id *partner)
{
    return charter_partner_name(view->invoice->charter, partner);
}

static void money_cell(struct view *view, struct money money)
{
    page_amount_cell(&view->page, money.minor, view->invoice->charter->currency_decimals);
}

/* ---- Who, what for ---- */

/* In groups of four, as people read it. */
static const char *iban_text(const char *iban, char out_text[TEXT_MAX])
{
    size_t at = 0;
    for (size_t i = 0; iban[i] != '\0' && at + 2 < TEXT_MAX; i++) {
        if (i > 0 && i % 4 == 0) {
            out_text[at++] = ' ';
        }
        out_text[at++] = iban[i];
    }
    out_text[at] = '\0';
    return out_text;
}

static void write_account(struct view *view, const struct bank_account *account)
{
    char text[TEXT_MAX];
    if (account->iban[0] == '\0') {
        return;
    }
    page_open(&view->page, "dl", "small");
    if (account->holder[0] != '\0') {
        page_term(&view->page, TEXT_ACCOUNT_HOLDER, NULL, account->holder);
    }
    page_element(&view->page, "dt", NULL, "IBAN");
    page_element(&view->page, "dd", "code", iban_text(account->iban, text));
    if (account->bic[0] != '\0') {
        page_element(&view->page, "dt", NULL, "BIC");
        page_element(&view->page, "dd", "code", account->bic);
    }
    page_close(&view->page);
}

static void write_party(struct view *view, enum page_text role, const struct partner_id *partner)
{
    const struct charter_partner *found = charter_partner_find(view->invoice->charter, partner);
    page_open(&view->page, "div", NULL);
    page_label(&view->page, "p", "small", role);
    page_element(&view->page, "p", "result", name_of(view, partner));
    if (found != NULL) {
        write_account(view, &found->account);
    }
    page_close(&view->page);
}

static void write_head(struct view *view)
{
    const struct invoice *invoice = view->invoice;
    char number[PAGE_NUMBER_MAX];
    page_label(&view->page, "h1", NULL, TEXT_INVOICE);
    page_open(&view->page, "dl", NULL);
    page_term(&view->page, TEXT_PERIOD, NULL,
              page_period(view->page.language, invoice->statement->period, number));
    page_term(&view->page, TEXT_COALITION, NULL, invoice->statement->coalition);
    page_term(&view->page, TEXT_CHARTER_EPOCH, NULL,
              page_count(view->page.language, invoice->statement->charter_epoch, number));
    page_term(&view->page, TEXT_CURRENCY, NULL, invoice->terms.currency);
    page_term(&view->page, TEXT_REFERENCE, "code", invoice->terms.reference);
    page_close(&view->page);
    page_open(&view->page, "div", "parties");
    write_party(view, TEXT_OWED_BY, &invoice->terms.payment.debtor);
    write_party(view, TEXT_OWED_TO, &invoice->terms.payment.creditor);
    page_close(&view->page);
}

/* ---- Lines ---- */

static void write_points(struct view *view, const struct invoice_line *line)
{
    const struct charter *charter = view->invoice->charter;
    char number[PAGE_NUMBER_MAX];
    char points[PAGE_NUMBER_MAX];
    char text[TEXT_MAX] = "";
    page_element(&view->page, "td", NULL, page_entry_kind(view->page.language, line->total->kind));
    snprintf(text, sizeof text, "%u", line->total->tariff);
    page_element(&view->page, "td", "n", text);
    page_element(&view->page, "td", "n",
                 page_count(view->page.language, line->total->count, number));
    page_amount_cell(&view->page, line->total->points, charter->points_decimals);
    page_amount(view->page.language, line->price.minor, charter->currency_decimals, number);
    page_amount(view->page.language, line->per.minor, charter->points_decimals, points);
    page_fill(words(view, TEXT_PRICE_FOR), number, points, text, sizeof text);
    page_element(&view->page, "td", "n", text);
}

static void write_charge(struct view *view, const struct invoice_line *line)
{
    const struct half_charge *charge = line->charge;
    char rate[PAGE_NUMBER_MAX];
    char base[PAGE_NUMBER_MAX];
    char what[TEXT_MAX];
    char of[TEXT_MAX];
    if (line->kind == INVOICE_FEE) {
        snprintf(what, sizeof what, "%s", words(view, TEXT_FEE_LINE));
    } else {
        page_percent(view->page.language, charge->tax_rate_ppm, rate);
        page_fill(words(view, TEXT_TAX_LINE), charge->tax_code, rate, what, sizeof what);
        page_amount(view->page.language, charge->taxed.minor,
                    view->invoice->charter->currency_decimals, base);
        page_fill(words(view, TEXT_TAX_BASE), base, "", of, sizeof of);
        size_t length = strlen(what);
        snprintf(what + length, sizeof what - length, " (%s)", of);
    }
    page_element(&view->page, "td", NULL, what);
    for (unsigned i = 0; i + 2 < COLUMNS; i++) {
        page_element(&view->page, "td", NULL, "");
    }
}

static void write_line(struct view *view, const struct invoice_line *line)
{
    page_open(&view->page, "tr", NULL);
    if (line->kind == INVOICE_POINTS) {
        write_points(view, line);
    } else {
        write_charge(view, line);
    }
    money_cell(view, line->amount);
    page_close(&view->page);
}

/* A row of the foot: a label over all columns but the last. */
static void write_sum(struct view *view, const char *class, const char *label, struct money sum)
{
    page_open(&view->page, "tr", class);
    page_element(&view->page, "td", NULL, label);
    for (unsigned i = 0; i + 2 < COLUMNS; i++) {
        page_element(&view->page, "td", NULL, "");
    }
    money_cell(view, sum);
    page_close(&view->page);
}

/* Lines of one half under its title. Sums fit: the statement's are larger. */
static void write_half(struct view *view, const struct statement_half *half)
{
    static const enum page_text titles[COLUMNS] = {TEXT_INVOICE_LINE, TEXT_TARIFF, TEXT_COUNT,
                                                   TEXT_POINTS,       TEXT_PRICE,  TEXT_AMOUNT};
    const struct invoice *invoice = view->invoice;
    struct money sum = {0};
    char text[TEXT_MAX];
    page_fill(words(view, TEXT_ENTRIES_OF), name_of(view, &half->sender),
              name_of(view, &half->receiver), text, sizeof text);
    page_element(&view->page, "h2", NULL, text);
    page_open(&view->page, "div", "lines");
    page_table(&view->page, titles, COLUMNS, 1);
    for (size_t i = 0; i < invoice->line_count; i++) {
        if (invoice->lines[i].half == half) {
            write_line(view, &invoice->lines[i]);
            sum.minor += invoice->lines[i].amount.minor;
        }
    }
    page_close(&view->page);
    page_open(&view->page, "tfoot", NULL);
    write_sum(view, NULL, words(view, TEXT_SUBTOTAL), sum);
    page_close(&view->page);
    page_close(&view->page);
    page_close(&view->page);
}

static void write_totals(struct view *view)
{
    static const enum page_text labels[INVOICE_LINE_KINDS] = {TEXT_POINTS_MONEY, TEXT_FEES,
                                                              TEXT_TAXES};
    const struct invoice *invoice = view->invoice;
    struct money sums[INVOICE_LINE_KINDS] = {{0}};
    char text[TEXT_MAX];
    for (size_t i = 0; i < invoice->line_count; i++) {
        sums[invoice->lines[i].kind].minor += invoice->lines[i].amount.minor;
    }
    page_open(&view->page, "div", "totals");
    page_open(&view->page, "table", NULL);
    page_open(&view->page, "tbody", NULL);
    for (unsigned kind = 0; kind < INVOICE_LINE_KINDS; kind++) {
        page_open(&view->page, "tr", NULL);
        page_label(&view->page, "td", NULL, labels[kind]);
        money_cell(view, sums[kind]);
        page_close(&view->page);
    }
    page_close(&view->page);
    page_open(&view->page, "tfoot", "result");
    page_open(&view->page, "tr", NULL);
    snprintf(text, sizeof text, "%s, %s", words(view, TEXT_TO_PAY), invoice->terms.currency);
    page_element(&view->page, "td", NULL, text);
    money_cell(view, invoice->terms.payment.amount);
    page_close(&view->page);
    page_close(&view->page);
    page_close(&view->page);
    page_close(&view->page);
}

static void write_result(struct view *view)
{
    const struct invoice *invoice = view->invoice;
    write_totals(view);
    if (invoice->terms.payment.amount.minor == 0) {
        page_label(&view->page, "p", "result", TEXT_NOBODY_PAYS);
    }
    if (invoice->charter->is_multilateral) {
        page_label(&view->page, "p", NULL, TEXT_NETTED);
    }
    page_label(&view->page, "p", "small", TEXT_INVOICE_FOOT);
    page_label(&view->page, "p", "small", TEXT_ROUNDING);
}

static enum err write_page(struct view *view, struct buffer *out)
{
    write_head(view);
    write_half(view, &view->invoice->statement->halves[0]);
    write_half(view, &view->invoice->statement->halves[1]);
    write_result(view);
    return page_finish(&view->page, out);
}

enum err invoice_page(const struct invoice *invoice, enum page_language language,
                      struct buffer *out)
{
    struct view view = {.invoice = invoice};
    char title[TEXT_MAX];
    char period[PERIOD_TEXT_MAX];
    snprintf(title, sizeof title, "%s: %s \u2192 %s, %s, %s", page_text(language, TEXT_INVOICE),
             invoice->terms.payment.debtor.text, invoice->terms.payment.creditor.text,
             period_format(invoice->statement->period, period), invoice->terms.reference);
    enum err err = page_begin(&view.page, language, title);
    if (err == ERR_OK) {
        err = write_page(&view, out);
    }
    page_end(&view.page);
    return err;
}

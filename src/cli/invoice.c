/* talea invoice: what a pair's period comes to, as a page to print. Made of the agreed statement
 * alone, which is proven first: every line follows from its totals and the charter's prices. */
#include <string.h>

#include "base/file.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/office.h"
#include "dossier/statement_proof.h"
#include "settlement/obligation.h"

#define INVOICE_ARENA_BYTES (4u << 20)

const struct argp_option invoice_options[] = {
    {"charter", OPT_CHARTER, "FILE", 0, "Verify by this one (default: the home's)", 0},
    {"out", OPT_OUT, "FILE", 0, "The page, a new file (required)", 0},
    {0}};

struct invoice {
    const struct charter *charter;
    const struct pair_statement *statement;
    struct roster roster;
    struct obligation_terms terms;
    struct buffer page;
    json_t *lines;
};

static void add(struct invoice *invoice, const char *text)
{
    write_bytes(&invoice->page, text, strlen(text));
}

/* Text within an element or a quoted attribute. */
static void add_text(struct invoice *invoice, const char *text)
{
    for (; *text != '\0'; text++) {
        const char *escaped = *text == '&'   ? "&amp;"
                              : *text == '<' ? "&lt;"
                              : *text == '>' ? "&gt;"
                              : *text == '"' ? "&quot;"
                                             : NULL;
        if (escaped != NULL) {
            add(invoice, escaped);
        } else {
            write_bytes(&invoice->page, text, 1);
        }
    }
}

static void add_cell(struct invoice *invoice, const char *kind, const char *text)
{
    add(invoice, kind);
    add_text(invoice, text);
    add(invoice, "</td>");
}

static const char *name_of(const struct invoice *invoice, const struct partner_id *partner)
{
    const struct charter_partner *found = charter_partner_find(invoice->charter, partner);
    return found == NULL ? partner->text : found->display_name;
}

/* Owed by the debtor to the creditor. */
static int64_t as_owed(const struct invoice *invoice, const struct statement_half *half,
                       int64_t minor)
{
    bool is_debtors = partner_id_equal(&half->sender, &invoice->terms.payment.debtor);
    return is_debtors ? minor : -minor;
}

/* The points' money of a line of totals, rounded as the statement's. */
static enum err line_worth(const struct invoice *invoice, const struct statement_half *half,
                           size_t line, int64_t *out_minor)
{
    struct line_price price;
    TRY(price_line(&invoice->roster, &half->totals[line], &price));
    *out_minor = as_owed(invoice, half, price.worth.minor);
    return ERR_OK;
}

/* A fee or a tax of a half. */
static void add_charge(struct invoice *invoice, const struct statement_half *half, const char *what,
                       const struct half_charge *charge, int64_t minor)
{
    char text[AMOUNT_TEXT_MAX];
    if (minor == 0) {
        return;
    }
    minor = as_owed(invoice, half, charge->is_by_sender ? -minor : minor);
    add(invoice, "<tr>");
    snprintf(text, sizeof text, "%s to %s", half->sender.text, half->receiver.text);
    add_cell(invoice, "<td>", text);
    add_cell(invoice, "<td colspan=4>", what);
    amount_format(minor, invoice->charter->currency_decimals, text);
    add_cell(invoice, "<td class=n>", text);
    add(invoice, "</tr>\n");
    json_array_append_new(invoice->lines,
                          json_pack("{s:s, s:s, s:s, s:s, s:I}", "sender", half->sender.text,
                                    "receiver", half->receiver.text, "kind", what, "tax_code",
                                    charge->tax_code, "amount_minor", (json_int_t)minor));
}

static void add_charges(struct invoice *invoice, const struct statement_half *half)
{
    for (size_t i = 0; i < half->charge_count; i++) {
        const struct half_charge *charge = &half->charges[i];
        char rate[AMOUNT_TEXT_MAX];
        char base[AMOUNT_TEXT_MAX];
        char what[3 * AMOUNT_TEXT_MAX];
        snprintf(what, sizeof what, "tax %s, %s %% of %s", charge->tax_code,
                 amount_format(charge->tax_rate_ppm, 4, rate),
                 amount_format(charge->taxed.minor, invoice->charter->currency_decimals, base));
        add_charge(invoice, half, "fee", charge, charge->fee.minor);
        add_charge(invoice, half, what, charge, charge->tax.minor);
    }
}

static enum err add_line(struct invoice *invoice, const struct statement_half *half, size_t line)
{
    const struct receipt_total *total = &half->totals[line];
    char text[AMOUNT_TEXT_MAX];
    int64_t minor;
    TRY(line_worth(invoice, half, line, &minor));
    add(invoice, "<tr>");
    snprintf(text, sizeof text, "%s to %s", half->sender.text, half->receiver.text);
    add_cell(invoice, "<td>", text);
    add_cell(invoice, "<td>", entry_kind_name(total->kind));
    snprintf(text, sizeof text, "%u", total->tariff);
    add_cell(invoice, "<td class=n>", text);
    snprintf(text, sizeof text, "%llu", (unsigned long long)total->count);
    add_cell(invoice, "<td class=n>", text);
    amount_format(total->points, invoice->charter->points_decimals, text);
    add_cell(invoice, "<td class=n>", text);
    amount_format(minor, invoice->charter->currency_decimals, text);
    add_cell(invoice, "<td class=n>", text);
    add(invoice, "</tr>\n");
    json_array_append_new(invoice->lines,
                          json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:I}", "sender",
                                    half->sender.text, "receiver", half->receiver.text, "kind",
                                    entry_kind_name(total->kind), "tariff", (int)total->tariff,
                                    "count", (json_int_t)total->count, "points",
                                    (json_int_t)total->points, "amount_minor", (json_int_t)minor));
    return ERR_OK;
}

static void add_party(struct invoice *invoice, const char *role, const struct partner_id *partner)
{
    const struct charter_partner *found = charter_partner_find(invoice->charter, partner);
    add(invoice, "<div><h2>");
    add(invoice, role);
    add(invoice, "</h2><p>");
    add_text(invoice, name_of(invoice, partner));
    if (found != NULL && found->account.iban[0] != '\0') {
        add(invoice, "<br>");
        add_text(invoice, found->account.holder);
        add(invoice, "<br>IBAN ");
        add_text(invoice, found->account.iban);
        add(invoice, found->account.bic[0] == '\0' ? "" : "<br>BIC ");
        add_text(invoice, found->account.bic);
    }
    add(invoice, "</p></div>\n");
}

static void add_head(struct invoice *invoice)
{
    char period[PERIOD_TEXT_MAX];
    add(invoice, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    add_text(invoice, invoice->terms.reference);
    add(invoice,
        "</title><style>body{font:11pt/1.4 sans-serif;margin:2cm;max-width:18cm}"
        "h1{font-size:16pt}h2{font-size:9pt;color:#555;margin:0}.parties{display:flex;gap:2cm}"
        "table{border-collapse:collapse;width:100%;margin:1em 0}td,th{border-bottom:1px solid #bbb;"
        "padding:.3em;text-align:left}.n{text-align:right}tfoot td{font-weight:bold}"
        "@media print{body{margin:0}}</style></head>\n<body><h1>Settlement of ");
    add_text(invoice, invoice->statement->coalition);
    add(invoice, ", ");
    add(invoice, period_format(invoice->statement->period, period));
    add(invoice, "</h1>\n<div class=\"parties\">");
    add_party(invoice, "Owed by", &invoice->terms.payment.debtor);
    add_party(invoice, "Owed to", &invoice->terms.payment.creditor);
    add(invoice,
        "</div>\n<table><thead><tr><th>Entries</th><th>Kind</th><th class=n>Tariff</th>"
        "<th class=n>Number</th><th class=n>Points</th><th class=n>Amount</th></tr></thead>"
        "<tbody>\n");
}

static void add_foot(struct invoice *invoice)
{
    char text[AMOUNT_TEXT_MAX];
    add(invoice, "</tbody><tfoot><tr><td colspan=5>To pay, in ");
    add_text(invoice, invoice->terms.currency);
    add(invoice, "</td>");
    amount_format(invoice->terms.payment.amount.minor, invoice->charter->currency_decimals, text);
    add_cell(invoice, "<td class=n>", text);
    add(invoice, "</tr></tfoot></table>\n<p>Reference ");
    add_text(invoice, invoice->terms.reference);
    add(invoice, invoice->charter->is_multilateral
                     ? ": of this pair alone. It is paid as part of the net of all pairs.</p>\n"
                     : "</p>\n");
    add(invoice, "<p>By the statement that both signed, at the prices of the charter.</p>\n"
                 "</body></html>\n");
}

static enum err make_page(struct invoice *invoice, struct note *note)
{
    obligation_of_statement(invoice->statement, &invoice->terms);
    TRY(charter_roster(invoice->charter, &invoice->statement->halves[0].sender, &invoice->roster,
                       note));
    add_head(invoice);
    enum err err = ERR_OK;
    for (size_t side = 0; err == ERR_OK && side < 2; side++) {
        const struct statement_half *half = &invoice->statement->halves[side];
        for (size_t i = 0; err == ERR_OK && i < half->total_count; i++) {
            err = add_line(invoice, half, i);
        }
        add_charges(invoice, half);
    }
    add_foot(invoice);
    charter_roster_fini(&invoice->roster);
    TRY(err);
    return invoice->page.err;
}

static enum cli_exit write_page(struct cli *cli, struct invoice *invoice)
{
    struct note note = {""};
    char text[AMOUNT_TEXT_MAX];
    const struct obligation_terms *terms = &invoice->terms;
    enum err err = make_page(invoice, &note);
    if (err == ERR_OK) {
        err =
            file_create(cli_option(cli, OPT_OUT), FILE_PUBLIC, buffer_slice(&invoice->page), &note);
    }
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    if (cli->is_json) {
        return cli_print_json(
            cli, json_pack("{s:s, s:s, s:I, s:s, s:s, s:O}", "debtor", terms->payment.debtor.text,
                           "creditor", terms->payment.creditor.text, "amount_minor",
                           (json_int_t)terms->payment.amount.minor, "currency", terms->currency,
                           "reference", terms->reference, "lines", invoice->lines));
    }
    amount_format(terms->payment.amount.minor, invoice->charter->currency_decimals, text);
    fprintf(cli->out, "wrote %s: %s owes %s %s %s, reference %s\n", cli_option(cli, OPT_OUT),
            terms->payment.debtor.text, terms->payment.creditor.text, text, terms->currency,
            terms->reference);
    return CLI_OK;
}

/* The prices are those of the charter in whose epoch it was said, and they last. */
static enum cli_exit judge(struct cli *cli, const Talea__V1__GetStatementResponse *document,
                           const struct charter_chain *chain, struct arena *arena)
{
    struct statement_proof proof;
    struct note note = {""};
    if (document->statement.len == 0) {
        return cli_fail(cli, CLI_REFUSED, "NOT_AGREED", NULL, "there is no statement yet");
    }
    enum err err = statement_prove(document, chain, arena, &proof, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    if (statement_is_broken(&proof)) {
        return cli_fail(cli, CLI_CORRUPT, "BAD_SIGNATURE", NULL, "the statement does not verify");
    }
    if (!statement_is_agreed(&proof)) {
        return cli_fail(cli, CLI_REFUSED, "NOT_AGREED", NULL,
                        "the statement is not signed by both partners yet");
    }
    struct invoice invoice = {
        .charter = charter_chain_last(chain), .statement = &proof.statement, .lines = json_array()};
    enum cli_exit outcome = write_page(cli, &invoice);
    buffer_fini(&invoice.page);
    json_decref(invoice.lines);
    return outcome;
}

enum cli_exit run_invoice(struct cli *cli)
{
    struct charter_chain chain;
    struct note note = {""};
    if (cli_option(cli, OPT_OUT) == NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", NULL, "--out is missing");
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = office_get_statement(cli, &message);
    if (outcome != CLI_OK) {
        return outcome;
    }
    enum err err = session_chain(cli, &chain, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    struct arena arena;
    arena_init(&arena, INVOICE_ARENA_BYTES);
    outcome = judge(cli, (const Talea__V1__GetStatementResponse *)message, &chain, &arena);
    arena_fini(&arena);
    charter_chain_fini(&chain);
    return outcome;
}

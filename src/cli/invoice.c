/* talea invoice: what a pair's period comes to, as a page to print. Made of the agreed statement
 * alone, which is proven first: every line follows from its totals and the charter's prices. */
#include "base/file.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/invoice.h"
#include "cli/message.h"
#include "cli/office.h"
#include "cli/page_option.h"
#include "dossier/statement_proof.h"

#define INVOICE_ARENA_BYTES (4u << 20)

const struct argp_option invoice_options[] = {
    {"charter", OPT_CHARTER, "FILE", 0, "Verify by this one (default: the home's)", 0},
    {"out", OPT_OUT, "FILE", 0, "The page, a new file (required)", 0},
    {"language", OPT_LANGUAGE, "en|ru|kk", 0, "The page's language (default: en)", 0},
    {0}};

/* A line as programs read it. */
static json_t *line_json(const struct invoice_line *line)
{
    const struct statement_half *half = line->half;
    if (line->kind == INVOICE_POINTS) {
        return json_pack(
            "{s:s, s:s, s:s, s:i, s:I, s:I, s:I}", "sender", half->sender.text, "receiver",
            half->receiver.text, "kind", entry_kind_name(line->total->kind), "tariff",
            (int)line->total->tariff, "count", (json_int_t)line->total->count, "points",
            (json_int_t)line->total->points, "amount_minor", (json_int_t)line->amount.minor);
    }
    const struct half_charge *charge = line->charge;
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:I, s:I}", "sender", half->sender.text, "receiver",
                     half->receiver.text, "kind", line->kind == INVOICE_FEE ? "fee" : "tax",
                     "tax_code", charge->tax_code, "tax_rate_ppm", (int)charge->tax_rate_ppm,
                     "taxed_minor", (json_int_t)charge->taxed.minor, "amount_minor",
                     (json_int_t)line->amount.minor);
}

static json_t *lines_json(const struct invoice *invoice)
{
    json_t *lines = json_array();
    for (size_t i = 0; i < invoice->line_count; i++) {
        (void)json_array_append_new(lines, line_json(&invoice->lines[i]));
    }
    return lines;
}

static enum cli_exit print_result(struct cli *cli, const struct invoice *invoice)
{
    char text[AMOUNT_TEXT_MAX];
    const struct obligation_terms *terms = &invoice->terms;
    if (cli->is_json) {
        return cli_print_json(
            cli, json_pack("{s:s, s:s, s:I, s:s, s:s, s:o}", "debtor", terms->payment.debtor.text,
                           "creditor", terms->payment.creditor.text, "amount_minor",
                           (json_int_t)terms->payment.amount.minor, "currency", terms->currency,
                           "reference", terms->reference, "lines", lines_json(invoice)));
    }
    amount_format(terms->payment.amount.minor, invoice->charter->currency_decimals, text);
    fprintf(cli->out, "wrote %s: %s owes %s %s %s, reference %s%s\n", cli_option(cli, OPT_OUT),
            terms->payment.debtor.text, terms->payment.creditor.text, text, terms->currency,
            terms->reference,
            invoice->charter->is_multilateral
                ? "\nall pairs are netted together: what is to be paid says talea payment list"
                : "");
    return CLI_OK;
}

static enum cli_exit write_page(struct cli *cli, const struct charter *charter,
                                const struct pair_statement *statement, struct arena *arena)
{
    struct note note = {""};
    struct invoice invoice;
    enum page_language language;
    CLEANUP(buffer_fini) struct buffer page = {0};
    enum cli_exit outcome = page_read_language(cli, &language);
    if (outcome != CLI_OK) {
        return outcome;
    }
    enum err err = invoice_make(charter, statement, arena, &invoice, &note);
    if (err == ERR_OK) {
        err = invoice_page(&invoice, language, &page);
    }
    if (err == ERR_OK) {
        err = file_create(cli_option(cli, OPT_OUT), FILE_PUBLIC, buffer_slice(&page), &note);
    }
    return err == ERR_OK ? print_result(cli, &invoice) : cli_fail_err(cli, err, &note);
}

/* The prices are those of the charter in whose epoch it was said, and they last. */
static enum cli_exit judge(struct cli *cli, const Talea__V1__GetStatementResponse *document,
                           const struct charter_chain *chain, struct arena *arena)
{
    struct statement_proof proof;
    struct note note = {""};
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
    return write_page(cli, charter_chain_last(chain), &proof.statement, arena);
}

enum cli_exit run_invoice(struct cli *cli)
{
    struct charter_chain chain;
    struct note note = {""};
    if (cli_option(cli, OPT_OUT) == NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", NULL, "--out FILE says where to write the page");
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

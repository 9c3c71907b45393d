/* talea statement show, verify. The exported file is a packed GetStatementResponse: the statement's
 * bytes and the signatures over them. */
#include <string.h>

#include "base/file.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/office.h"
#include "cli/page_option.h"
#include "cli/pb_json.h"
#include "cli/statement_csv.h"
#include "cli/statement_page.h"
#include "dossier/statement_proof.h"
#include "cli/table.h"
#include <talea/v1/settlement.pb-c.h>

#define PROOF_ARENA_BYTES (4u << 20)

const struct argp_option statement_show_options[] = {
    {"charter", OPT_CHARTER, "FILE", 0, "Verify by this one (default: the home's)", 0},
    {"out", OPT_OUT, "FILE", 0, "Also write statement and signatures to a new file", 0},
    {"csv", OPT_CSV, "FILE", 0, "Also write every entry to a new file", 0},
    PAGE_OPTIONS,
    {0}};

const struct argp_option statement_verify_options[] = {
    {"charter", OPT_CHARTER, "FILE", 0, "Verify by this one (default: the home's)", 0},
    PAGE_OPTIONS,
    {0}};

/* Refused entries are in the stream, but in no total: both sides have undone them. */
static void print_range(const struct cli *cli, const struct statement_half *half)
{
    uint64_t all = half->last_number - half->first_number + 1;
    uint64_t applied = 0;
    for (size_t i = 0; i < half->total_count; i++) {
        applied += half->totals[i].count;
    }
    fprintf(cli->out, "%s to %s, %llu %s (%llu to %llu)", half->sender.text, half->receiver.text,
            (unsigned long long)all, all == 1 ? "entry" : "entries",
            (unsigned long long)half->first_number, (unsigned long long)half->last_number);
    if (applied < all) {
        fprintf(cli->out, ", %llu of them refused and reversed",
                (unsigned long long)(all - applied));
    }
    fputc('\n', cli->out);
}

static void print_owed(const struct cli *cli, const struct charter *charter,
                       const struct statement_half *half)
{
    char text[AMOUNT_TEXT_MAX];
    bool is_other_way = half->owed.minor < 0;
    const char *first = half->sender.text;
    const char *second = half->receiver.text;
    amount_format(half->owed.minor, charter->currency_decimals, text);
    fprintf(cli->out, "%s owes %s for it: %s %s\n\n", is_other_way ? second : first,
            is_other_way ? first : second, text + (is_other_way ? 1 : 0), charter->currency);
}

/* What of it is no points' money. */
static void print_charges(const struct cli *cli, const struct charter *charter,
                          const struct statement_half *half)
{
    static const char *const titles[] = {"charged by", "tax code", ">rate %",
                                         ">fee",       ">taxable", ">tax"};
    struct table table;
    char text[AMOUNT_TEXT_MAX];
    if (half->charge_count == 0) {
        return;
    }
    table_init(&table, titles, 6);
    for (size_t i = 0; i < half->charge_count; i++) {
        const struct half_charge *charge = &half->charges[i];
        unsigned decimals = charter->currency_decimals;
        table_cell(&table, "%s", charge->is_by_sender ? half->sender.text : half->receiver.text);
        table_cell(&table, "%s", charge->tax_code[0] == '\0' ? "-" : charge->tax_code);
        table_cell(&table, "%s", amount_format(charge->tax_rate_ppm, 4, text));
        table_cell(&table, "%s", amount_format(charge->fee.minor, decimals, text));
        table_cell(&table, "%s", amount_format(charge->taxed.minor, decimals, text));
        table_cell(&table, "%s", amount_format(charge->tax.minor, decimals, text));
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static void print_half(const struct cli *cli, const struct charter *charter,
                       const struct statement_half *half)
{
    static const char *const titles[] = {"kind", ">tariff", ">entries", ">points"};
    struct table table;
    char text[AMOUNT_TEXT_MAX];
    table_init(&table, titles, 4);
    for (size_t i = 0; i < half->total_count; i++) {
        const struct receipt_total *total = &half->totals[i];
        table_cell(&table, "%s", entry_kind_name(total->kind));
        table_cell(&table, "%u", total->tariff);
        table_cell(&table, "%llu", (unsigned long long)total->count);
        table_cell(&table, "%s", amount_format(total->points, charter->points_decimals, text));
    }
    print_range(cli, half);
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    print_charges(cli, charter, half);
    print_owed(cli, charter, half);
}

static void print_signature(const struct cli *cli, const char *label,
                            const struct proof_signature *signature)
{
    char key[KEY_ID_TEXT_MAX];
    if (signature->state == PROOF_VALID) {
        fprintf(cli->out, "%-16s by %s, key %s: valid\n", label, signature->signer.text,
                key_id_format(&signature->key, key));
    } else {
        fprintf(cli->out, "%-16s %s%s\n", label,
                signature->state == PROOF_ABSENT ? "not there" : "INVALID: ", signature->why);
    }
}

static void print_proof(const struct cli *cli, const struct charter *charter,
                        const struct statement_proof *proof)
{
    const struct pair_statement *statement = &proof->statement;
    char period[PERIOD_TEXT_MAX];
    char text[AMOUNT_TEXT_MAX];
    fprintf(cli->out, "%s, %s and %s, %s, charter epoch %llu\n\n", statement->coalition,
            statement->halves[0].sender.text, statement->halves[1].sender.text,
            period_format(statement->period, period), (unsigned long long)statement->charter_epoch);
    print_half(cli, charter, &statement->halves[0]);
    print_half(cli, charter, &statement->halves[1]);
    if (statement->net.minor == 0) {
        fprintf(cli->out, "net              nobody pays\n");
    } else {
        amount_format(statement->net.minor, charter->currency_decimals, text);
        fprintf(cli->out, "net              %s pays %s %s %s\n", statement->debtor.text,
                statement->creditor.text, text, statement->currency);
    }
    fprintf(cli->out, "figures          %s%s\n",
            proof->figures == PROOF_VALID    ? "follow from the totals and the charter's prices"
            : proof->figures == PROOF_ABSENT ? "not checked: "
                                             : "INVALID: ",
            proof->figures_why);
    print_signature(cli, "signed", &proof->own);
    print_signature(cli, "countersigned", &proof->countersigned);
    print_signature(cli, "partner's own", &proof->partner);
    if (proof->own.state == PROOF_VALID && proof->partner.state == PROOF_VALID) {
        fprintf(cli->out, "                 (%s's countersignature on it is in the file of %s)\n",
                proof->own.signer.text, proof->partner.signer.text);
    }
}

static const char *state_word(enum proof_state state)
{
    return state == PROOF_VALID ? "valid" : state == PROOF_ABSENT ? "absent" : "invalid";
}

static enum cli_exit print_proof_json(struct cli *cli,
                                      const Talea__V1__GetStatementResponse *document,
                                      const struct statement_proof *proof)
{
    ProtobufCMessage *statement =
        message_unpack(&talea__v1__pair_statement__descriptor, message_slice(document->statement));
    json_t *json = statement == NULL ? json_null() : pb_json(statement);
    message_free(statement);
    return cli_print_json(cli, json_pack("{s:o, s:o, s:s, s:s, s:s, s:s, s:b}", "statement", json,
                                         "document", pb_json(&document->base), "figures",
                                         state_word(proof->figures), "signed",
                                         state_word(proof->own.state), "countersigned",
                                         state_word(proof->countersigned.state), "partner_signed",
                                         state_word(proof->partner.state), "agreed",
                                         (int)statement_is_agreed(proof)));
}

/* The page, when it is asked for. */
static enum cli_exit write_page(struct cli *cli, const struct charter *charter,
                                const struct statement_proof *proof)
{
    const char *path = cli_option(cli, OPT_HTML);
    enum page_language language;
    struct note note = {""};
    CLEANUP(buffer_fini) struct buffer page = {0};
    enum cli_exit outcome = page_read_language(cli, &language);
    if (outcome != CLI_OK || path == NULL) {
        return outcome;
    }
    enum err err = statement_page(proof, charter, language, &page, &note);
    if (err == ERR_OK) {
        err = file_create(path, FILE_PUBLIC, buffer_slice(&page), &note);
    }
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

/* What is asked for besides the answer itself. */
static enum cli_exit write_files(struct cli *cli, const struct charter *charter,
                                 const struct statement_proof *proof)
{
    const char *path = cli_option(cli, OPT_CSV);
    enum cli_exit outcome = write_page(cli, charter, proof);
    return outcome == CLI_OK && path != NULL
               ? statement_csv(cli, cli_argument(cli, 0), &proof->statement, charter, path)
               : outcome;
}

/* What can't be read is damaged, whoever gave it. */
static enum cli_exit fail_unread(struct cli *cli, enum err err, const struct note *note)
{
    bool is_damaged = err == ERR_INPUT || err == ERR_CORRUPT || err == ERR_RANGE;
    return is_damaged ? cli_fail(cli, CLI_CORRUPT, "DATA_CORRUPT", NULL, "%s: %s",
                                 cli_argument(cli, 0), note->text)
                      : cli_fail_err(cli, err, note);
}

static enum cli_exit judge(struct cli *cli, const Talea__V1__GetStatementResponse *document,
                           const struct charter_chain *chain, struct arena *arena)
{
    struct statement_proof proof;
    struct note note = {""};
    enum err err = statement_prove(document, chain, arena, &proof, &note);
    if (err != ERR_OK) {
        return fail_unread(cli, err, &note);
    }
    if (cli->is_json) {
        enum cli_exit outcome = print_proof_json(cli, document, &proof);
        if (outcome != CLI_OK) {
            return outcome;
        }
    } else {
        print_proof(cli, charter_chain_last(chain), &proof);
    }
    enum cli_exit written = write_files(cli, charter_chain_last(chain), &proof);
    if (written != CLI_OK) {
        return written;
    }
    if (statement_is_broken(&proof)) {
        return cli_fail(cli, CLI_CORRUPT, "BAD_SIGNATURE", NULL, "the statement does not verify");
    }
    if (!statement_is_agreed(&proof)) {
        return cli_fail(cli, CLI_REFUSED, "NOT_AGREED", NULL,
                        "the statement is not signed by both partners yet");
    }
    return CLI_OK;
}

static enum cli_exit judge_by_charter(struct cli *cli,
                                      const Talea__V1__GetStatementResponse *document)
{
    struct note note = {""};
    struct charter_chain chain;
    enum err err = session_chain(cli, &chain, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    struct arena arena;
    arena_init(&arena, PROOF_ARENA_BYTES);
    enum cli_exit outcome = judge(cli, document, &chain, &arena);
    arena_fini(&arena);
    charter_chain_fini(&chain);
    return outcome;
}

static enum cli_exit export_document(struct cli *cli, const ProtobufCMessage *document)
{
    const char *path = cli_option(cli, OPT_OUT);
    if (path == NULL) {
        return CLI_OK;
    }
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct note note = {""};
    enum err err = message_pack(document, &bytes);
    if (err == ERR_OK) {
        err = file_create(path, FILE_PUBLIC, buffer_slice(&bytes), &note);
    }
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

enum cli_exit run_statement_show(struct cli *cli)
{
    enum page_language language;
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = page_read_language(cli, &language); /* before anything is printed */
    if (outcome == CLI_OK) {
        outcome = office_get_statement(cli, &message);
    }
    if (outcome == CLI_OK) {
        outcome = export_document(cli, message);
    }
    return outcome == CLI_OK
               ? judge_by_charter(cli, (const Talea__V1__GetStatementResponse *)message)
               : outcome;
}

enum cli_exit run_statement_verify(struct cli *cli)
{
    struct note note = {""};
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    const char *path = cli_argument(cli, 0);
    enum err err = file_read(path, FILE_PUBLIC, LIMIT_MESSAGE_BYTES, &bytes, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    CLEANUP(message_release)
    ProtobufCMessage *document =
        message_unpack(&talea__v1__get_statement_response__descriptor, buffer_slice(&bytes));
    if (document == NULL) {
        return cli_fail(cli, CLI_CORRUPT, "DATA_CORRUPT", NULL, "%s is no statement's file", path);
    }
    return judge_by_charter(cli, (const Talea__V1__GetStatementResponse *)document);
}

/* talea statement net: what all statements of a period come to, and who pays whom. Computed from
 * the statements' files and the charter alone, so that every brand gets the same. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/session.h"
#include "dossier/statement_proof.h"
#include "cli/table.h"
#include "settlement/payments.h"

#define NET_ARENA_BYTES (64u << 20)

const struct argp_option statement_net_options[] = {
    {"charter", OPT_CHARTER, "FILE", 0, "Verify by this one (default: the home's)", 0},
    {"without", OPT_WITHOUT, "PARTNER[,PARTNER]", 0,
     "Leave these out: a statement with one of them does not count", 0},
    {0}};

struct netting {
    struct cli *cli;
    struct charter_chain chain;
    const struct charter *charter; /* the last of them */
    struct arena arena;            /* the statements' */
    struct pair_statement *statements;
    size_t count;
    struct partner_id *left_out;
    size_t left_out_count;
    struct net_position *positions;
    struct net_position *unpaid; /* used up by the plan */
    size_t position_count;
    struct payment *payments;
    size_t payment_count;
};

static enum cli_exit no_memory(const struct netting *netting)
{
    return cli_fail(netting->cli, CLI_INTERNAL, "RESOURCE_EXHAUSTED", NULL, "no memory");
}

/* Agreed by both, or it may not count. */
static enum cli_exit prove(struct netting *netting, const char *path,
                           const Talea__V1__GetStatementResponse *document,
                           struct pair_statement *out_statement)
{
    struct statement_proof proof;
    struct note note = {""};
    enum err err = statement_prove(document, &netting->chain, &netting->arena, &proof, &note);
    if (err != ERR_OK) {
        return cli_fail(netting->cli, CLI_CORRUPT, "DATA_CORRUPT", NULL, "%s: %s", path, note.text);
    }
    if (statement_is_broken(&proof)) {
        return cli_fail(netting->cli, CLI_CORRUPT, "BAD_SIGNATURE", "see talea statement verify",
                        "%s does not verify", path);
    }
    if (!statement_is_agreed(&proof)) {
        return cli_fail(netting->cli, CLI_REFUSED, "NOT_AGREED",
                        "settle it first, or leave a partner out (--without)",
                        "%s is not signed by both partners yet", path);
    }
    *out_statement = proof.statement;
    return CLI_OK;
}

static bool is_same_pair(const struct pair_statement *a, const struct pair_statement *b)
{
    return partner_id_equal(&a->halves[0].sender, &b->halves[0].sender) &&
           partner_id_equal(&a->halves[1].sender, &b->halves[1].sender);
}

/* A pair counts once, though both sides may have handed in their file. */
static enum cli_exit add_statement(struct netting *netting, const char *path,
                                   const struct pair_statement *statement)
{
    struct note note = {""};
    if (netting->count > 0 && netting->statements[0].period.code != statement->period.code) {
        return cli_fail(netting->cli, CLI_USAGE, "INVALID_ARGUMENT", NULL,
                        "%s is of another period than the first file", path);
    }
    for (size_t i = 0; i < netting->count; i++) {
        const struct pair_statement *other = &netting->statements[i];
        if (is_same_pair(other, statement)) {
            return statement_equal(other, statement, &note)
                       ? CLI_OK
                       : cli_fail(netting->cli, CLI_CORRUPT, "DATA_CORRUPT", NULL,
                                  "%s contradicts another file of the pair: %s", path, note.text);
        }
    }
    netting->statements[netting->count++] = *statement;
    return CLI_OK;
}

static enum cli_exit read_statement(struct netting *netting, const char *path)
{
    struct note note = {""};
    struct pair_statement statement;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    enum err err = file_read(path, FILE_PUBLIC, LIMIT_MESSAGE_BYTES, &bytes, &note);
    if (err != ERR_OK) {
        return cli_fail_err(netting->cli, err, &note);
    }
    CLEANUP(message_release)
    ProtobufCMessage *document =
        message_unpack(&talea__v1__get_statement_response__descriptor, buffer_slice(&bytes));
    if (document == NULL) {
        return cli_fail(netting->cli, CLI_CORRUPT, "DATA_CORRUPT", NULL,
                        "%s is no statement's file", path);
    }
    enum cli_exit outcome = prove(
        netting, path, (const Talea__V1__GetStatementResponse *)(const void *)document, &statement);
    return outcome == CLI_OK ? add_statement(netting, path, &statement) : outcome;
}

static enum cli_exit add_left_out(struct netting *netting, struct slice word)
{
    struct partner_id *partner = &netting->left_out[netting->left_out_count];
    char text[PARTNER_ID_MAX + 1];
    snprintf(text, sizeof text, "%.*s", (int)word.length, (const char *)word.at);
    if (partner_id_parse(text, partner) != ERR_OK ||
        charter_partner_find(netting->charter, partner) == NULL) {
        return cli_fail(netting->cli, CLI_USAGE, "INVALID_ARGUMENT", NULL,
                        "--without: the charter has no partner %s", text);
    }
    netting->left_out_count++;
    return CLI_OK;
}

static enum cli_exit read_left_out(struct netting *netting)
{
    const char *rest = cli_option(netting->cli, OPT_WITHOUT);
    enum cli_exit outcome = CLI_OK;
    netting->left_out = calloc(rest == NULL ? 1 : strlen(rest) + 1, sizeof *netting->left_out);
    if (netting->left_out == NULL) {
        return no_memory(netting);
    }
    while (rest != NULL && *rest != '\0' && outcome == CLI_OK) {
        size_t length = strcspn(rest, ",");
        outcome = add_left_out(netting, slice_of(rest, length));
        rest += length + (rest[length] == ',' ? 1 : 0);
    }
    return outcome;
}

static enum cli_exit read_all(struct netting *netting)
{
    size_t files = netting->cli->args.count;
    netting->statements = calloc(files, sizeof *netting->statements);
    if (netting->statements == NULL) {
        return no_memory(netting);
    }
    for (size_t i = 0; i < files; i++) {
        enum cli_exit outcome = read_statement(netting, cli_argument(netting->cli, i));
        if (outcome != CLI_OK) {
            return outcome;
        }
    }
    enum cli_exit outcome = read_left_out(netting);
    netting->count = statements_without(netting->statements, netting->count, netting->left_out,
                                        netting->left_out_count);
    return outcome;
}

static enum cli_exit compute(struct netting *netting)
{
    size_t capacity = netting->count * 2 + 1;
    netting->positions = calloc(capacity, sizeof *netting->positions);
    netting->unpaid = calloc(capacity, sizeof *netting->unpaid);
    netting->payments = calloc(capacity, sizeof *netting->payments);
    if (netting->positions == NULL || netting->unpaid == NULL || netting->payments == NULL) {
        return no_memory(netting);
    }
    enum err err = statement_net(netting->statements, netting->count, netting->positions, capacity,
                                 &netting->position_count);
    if (err == ERR_OK) {
        memcpy(netting->unpaid, netting->positions,
               netting->position_count * sizeof *netting->positions);
        err = payments_plan(netting->unpaid, netting->position_count, netting->payments,
                            &netting->payment_count);
    }
    return err == ERR_OK ? CLI_OK
                         : cli_fail(netting->cli, CLI_CORRUPT, err_name(err), NULL,
                                    "the statements can't be netted together");
}

static void print_positions(const struct netting *netting)
{
    static const char *const titles[] = {"partner", "position", ">amount"};
    const struct charter *charter = netting->charter;
    FILE *out = netting->cli->out;
    struct table table;
    char text[AMOUNT_TEXT_MAX];
    table_init(&table, titles, 3);
    for (size_t i = 0; i < netting->position_count; i++) {
        int64_t owed = netting->positions[i].owed.minor;
        table_cell(&table, "%s", netting->positions[i].partner.text);
        table_cell(&table, "%s", owed > 0 ? "pays" : owed < 0 ? "gets" : "even");
        table_cell(&table, "%s",
                   amount_format(owed < 0 ? -owed : owed, charter->currency_decimals, text));
    }
    table_print(&table, out, netting->cli->is_coloured);
    table_fini(&table);
}

static bool is_left_out(const struct netting *netting, const struct partner_id *partner)
{
    for (size_t i = 0; i < netting->left_out_count; i++) {
        if (partner_id_equal(&netting->left_out[i], partner)) {
            return true;
        }
    }
    return false;
}

static bool has_statement(const struct netting *netting, const struct partner_id *a,
                          const struct partner_id *b)
{
    for (size_t i = 0; i < netting->count; i++) {
        const struct statement_half *half = &netting->statements[i].halves[0];
        if ((partner_id_equal(&half->sender, a) && partner_id_equal(&half->receiver, b)) ||
            (partner_id_equal(&half->sender, b) && partner_id_equal(&half->receiver, a))) {
            return true;
        }
    }
    return false;
}

typedef void missing_fn(void *context, const struct partner_id *a, const struct partner_id *b);

/* The charter's pairs of which no file was named: the net is right only if they owe nothing. */
static void each_missing(const struct netting *netting, missing_fn *each, void *context)
{
    const struct charter *charter = netting->charter;
    for (size_t i = 0; i < charter->partner_count; i++) {
        const struct partner_id *a = &charter->partners[i].id;
        for (size_t j = i + 1; j < charter->partner_count && !is_left_out(netting, a); j++) {
            const struct partner_id *b = &charter->partners[j].id;
            if (!is_left_out(netting, b) && !has_statement(netting, a, b)) {
                each(context, a, b);
            }
        }
    }
}

static void print_missing(void *context, const struct partner_id *a, const struct partner_id *b)
{
    fprintf(context, "not counted: no statement of %s and %s is among the files\n", a->text,
            b->text);
}

static void add_missing(void *context, const struct partner_id *a, const struct partner_id *b)
{
    json_array_append_new(context, json_pack("[s, s]", a->text, b->text));
}

static void print_result(const struct netting *netting)
{
    const struct charter *charter = netting->charter;
    FILE *out = netting->cli->out;
    char text[AMOUNT_TEXT_MAX];
    if (netting->count > 0) {
        fprintf(out, "%s, %s, %zu statement%s\n\n", charter->coalition,
                period_format(netting->statements[0].period, text), netting->count,
                netting->count == 1 ? "" : "s");
    }
    print_positions(netting);
    fputc('\n', out);
    for (size_t i = 0; i < netting->payment_count; i++) {
        const struct payment *payment = &netting->payments[i];
        fprintf(out, "%s pays %s %s %s\n", payment->debtor.text, payment->creditor.text,
                amount_format(payment->amount.minor, charter->currency_decimals, text),
                charter->currency);
    }
    if (netting->payment_count == 0) {
        fprintf(out, "nobody pays\n");
    }
    each_missing(netting, print_missing, out);
}

static enum cli_exit print_json(const struct netting *netting)
{
    const struct charter *charter = netting->charter;
    json_t *positions = json_array();
    json_t *payments = json_array();
    json_t *missing = json_array();
    each_missing(netting, add_missing, missing);
    for (size_t i = 0; i < netting->position_count; i++) {
        const struct net_position *position = &netting->positions[i];
        json_array_append_new(positions, json_pack("{s:s, s:I}", "partner", position->partner.text,
                                                   "owed_minor", (json_int_t)position->owed.minor));
    }
    for (size_t i = 0; i < netting->payment_count; i++) {
        const struct payment *payment = &netting->payments[i];
        json_array_append_new(payments,
                              json_pack("{s:s, s:s, s:I}", "debtor", payment->debtor.text,
                                        "creditor", payment->creditor.text, "amount_minor",
                                        (json_int_t)payment->amount.minor));
    }
    return cli_print_json(netting->cli,
                          json_pack("{s:s, s:s, s:i, s:I, s:o, s:o, s:o}", "coalition",
                                    charter->coalition, "currency", charter->currency,
                                    "currency_decimals", (int)charter->currency_decimals,
                                    "statements", (json_int_t)netting->count, "positions",
                                    positions, "payments", payments, "missing", missing));
}

static enum cli_exit net(struct netting *netting)
{
    enum cli_exit outcome = read_all(netting);
    if (outcome == CLI_OK) {
        outcome = compute(netting);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    if (netting->cli->is_json) {
        return print_json(netting);
    }
    print_result(netting);
    return CLI_OK;
}

enum cli_exit run_statement_net(struct cli *cli)
{
    struct netting netting = {.cli = cli};
    struct note note = {""};
    enum err err = session_chain(cli, &netting.chain, &note);
    netting.charter = err == ERR_OK ? charter_chain_last(&netting.chain) : NULL;
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    arena_init(&netting.arena, NET_ARENA_BYTES);
    enum cli_exit outcome = net(&netting);
    free(netting.statements);
    free(netting.left_out);
    free(netting.positions);
    free(netting.unpaid);
    free(netting.payments);
    arena_fini(&netting.arena);
    charter_chain_fini(&netting.chain);
    return outcome;
}

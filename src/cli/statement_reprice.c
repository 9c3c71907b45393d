/* talea statement reprice: what a closed period would have come to at other prices. Nothing is
 * stored, here or at the node. */
#include <stdlib.h>
#include <string.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/office.h"
#include "dossier/statement_proof.h"
#include "cli/table.h"
#include "cli/tariff_terms.h"

#define REPRICE_ARENA_BYTES (4u << 20)

const struct argp_option statement_reprice_options[] = {
    {"charter", OPT_CHARTER, "FILE", 0, "Verify by this one (default: the home's)", 0},
    {"tariffs", OPT_TARIFFS, "FILE", 0, "Terms whose tariffs take the place of the charter's", 0},
    {"tariff", OPT_TARIFF, "ID", 0, "Price everything under this one", 0},
    {0}};

struct reprice {
    struct cli *cli;
    const struct charter *charter;
    struct roster roster; /* with the other prices */
    struct arena arena;
    struct statement_proof proof;
    struct pair_statement made;
};

/* In the place of the charter's tariff of this id, or beside it. */
static enum err put_tariff(struct roster *roster, const struct tariff *tariff, struct note *note)
{
    for (size_t i = 0; i < roster->tariff_count; i++) {
        if (roster->tariffs[i].id == tariff->id) {
            roster->tariffs[i] = *tariff;
            return ERR_OK;
        }
    }
    if (roster->tariff_count == LIMIT_TARIFFS) {
        return note_set(note, ERR_RANGE, "--tariffs: more than %u tariffs", LIMIT_TARIFFS);
    }
    struct tariff *more =
        realloc(roster->tariffs, (roster->tariff_count + 1) * sizeof *roster->tariffs);
    if (more == NULL) {
        return ERR_RESOURCE;
    }
    more[roster->tariff_count++] = *tariff;
    roster->tariffs = more;
    return ERR_OK;
}

static enum err put_tariffs(struct reprice *reprice, const struct coalition_file *file,
                            struct note *note)
{
    const struct charter *charter = reprice->charter;
    if (file->points_decimals != charter->points_decimals ||
        file->settlement_decimals != charter->currency_decimals ||
        strcmp(file->settlement_currency.code, charter->currency) != 0) {
        return note_set(note, ERR_INPUT,
                        "--tariffs: other decimals or another currency than the "
                        "charter's");
    }
    for (size_t i = 0; i < file->tariff_count; i++) {
        struct charter_tariff tariff;
        enum err err = tariff_of_terms(file, &file->tariffs[i], &tariff);
        if (err != ERR_OK) {
            return note_set(note, err, "--tariffs: the prices of tariff %u have too many digits",
                            file->tariffs[i].id);
        }
        TRY(put_tariff(&reprice->roster, &tariff.prices, note));
    }
    return roster_prepare(&reprice->roster, note);
}

static enum err load_tariffs(struct reprice *reprice, struct note *note)
{
    const char *path = cli_option(reprice->cli, OPT_TARIFFS);
    struct coalition_file *file = path == NULL ? NULL : malloc(sizeof *file);
    if (path == NULL) {
        return ERR_OK;
    }
    if (file == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = coalition_file_load(path, file, note);
    if (err == ERR_OK) {
        err = put_tariffs(reprice, file, note);
        coalition_file_fini(file);
    }
    free(file);
    return err;
}

static enum err move_lines(struct reprice *reprice, uint32_t tariff,
                           struct statement_half halves[2])
{
    for (unsigned i = 0; tariff != 0 && i < 2; i++) {
        struct receipt_total *lines =
            arena_alloc(&reprice->arena, (halves[i].total_count + 1) * sizeof *lines);
        if (lines == NULL) {
            return ERR_RESOURCE;
        }
        TRY(totals_under(halves[i].totals, halves[i].total_count, tariff, lines,
                         &halves[i].total_count));
        halves[i].totals = lines;
    }
    return ERR_OK;
}

static enum err compute(struct reprice *reprice, struct note *note)
{
    const struct pair_statement *said = &reprice->proof.statement;
    struct statement_half halves[2] = {said->halves[0], said->halves[1]};
    int64_t tariff = 0;
    TRY(args_number(&reprice->cli->args, OPT_TARIFF, "tariff", 1, UINT32_MAX, 0, &tariff, note));
    TRY(load_tariffs(reprice, note));
    if (tariff != 0 && roster_tariff(&reprice->roster, (uint32_t)tariff) == NULL) {
        return note_set(note, ERR_INPUT, "there is no tariff %u", (unsigned)tariff);
    }
    TRY(move_lines(reprice, (uint32_t)tariff, halves));
    enum err err = statement_make(&reprice->roster, said->coalition, said->currency, said->period,
                                  halves, &reprice->arena, &reprice->made);
    return err == ERR_INPUT ? note_set(note, err, "a line is under a tariff that is not there")
                            : err;
}

/* From the debtor of today on: negative, the other one would pay. */
static int64_t net_from_first(const struct pair_statement *statement)
{
    bool is_first = partner_id_equal(&statement->debtor, &statement->halves[0].sender);
    return is_first ? statement->net.minor : -statement->net.minor;
}

static void print_row(struct table *table, const struct charter *charter, const char *name,
                      int64_t before, int64_t after)
{
    char text[AMOUNT_TEXT_MAX];
    int64_t change;
    bool fits = int64_sub(after, before, &change) == ERR_OK;
    table_cell(table, "%s", name);
    table_cell(table, "%s", amount_format(before, charter->currency_decimals, text));
    table_cell(table, "%s", amount_format(after, charter->currency_decimals, text));
    table_cell(table, "%s",
               fits ? amount_format(change, charter->currency_decimals, text) : "out of range");
}

static void print_result(const struct reprice *reprice)
{
    static const char *const titles[] = {"owed", ">agreed", ">repriced", ">difference"};
    const struct pair_statement *before = &reprice->proof.statement;
    const struct pair_statement *after = &reprice->made;
    struct table table;
    char name[3 * PARTNER_ID_MAX + 32];
    table_init(&table, titles, 4);
    for (unsigned i = 0; i < 2; i++) {
        const struct statement_half *half = &before->halves[i];
        snprintf(name, sizeof name, "%s to %s, for what %s sent", half->sender.text,
                 half->receiver.text, half->sender.text);
        print_row(&table, reprice->charter, name, half->owed.minor, after->halves[i].owed.minor);
    }
    snprintf(name, sizeof name, "%s to %s, net", before->halves[0].sender.text,
             before->halves[1].sender.text);
    print_row(&table, reprice->charter, name, net_from_first(before), net_from_first(after));
    table_print(&table, reprice->cli->out, reprice->cli->is_coloured);
    table_fini(&table);
}

static json_t *json_of(const struct pair_statement *statement)
{
    return json_pack(
        "{s:[{s:s, s:s, s:I}, {s:s, s:s, s:I}], s:s, s:s, s:I}", "halves", "sender",
        statement->halves[0].sender.text, "receiver", statement->halves[0].receiver.text,
        "owed_minor", (json_int_t)statement->halves[0].owed.minor, "sender",
        statement->halves[1].sender.text, "receiver", statement->halves[1].receiver.text,
        "owed_minor", (json_int_t)statement->halves[1].owed.minor, "debtor", statement->debtor.text,
        "creditor", statement->creditor.text, "net_minor", (json_int_t)statement->net.minor);
}

static enum cli_exit reprice_document(struct reprice *reprice,
                                      const Talea__V1__GetStatementResponse *document,
                                      const struct charter_chain *chain)
{
    struct cli *cli = reprice->cli;
    struct note note = {""};
    enum err err = statement_prove(document, chain, &reprice->arena, &reprice->proof, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    if (statement_is_broken(&reprice->proof)) {
        return cli_fail(cli, CLI_CORRUPT, "BAD_SIGNATURE", "see talea statement show",
                        "the statement does not verify");
    }
    err = charter_roster(reprice->charter, &reprice->proof.statement.halves[0].sender,
                         &reprice->roster, &note);
    if (err == ERR_OK) {
        err = compute(reprice, &note);
    }
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    if (cli->is_json) {
        return cli_print_json(cli, json_pack("{s:o, s:o, s:s}", "agreed",
                                             json_of(&reprice->proof.statement), "repriced",
                                             json_of(&reprice->made), "currency",
                                             reprice->proof.statement.currency));
    }
    print_result(reprice);
    return CLI_OK;
}

enum cli_exit run_statement_reprice(struct cli *cli)
{
    Talea__V1__GetStatementRequest request;
    struct charter_chain chain;
    struct note note = {""};
    talea__v1__get_statement_request__init(&request);
    if (cli_option(cli, OPT_TARIFFS) == NULL && cli_option(cli, OPT_TARIFF) == NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", NULL,
                        "--tariffs or --tariff says at which prices");
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
    struct reprice reprice = {.cli = cli, .charter = charter_chain_last(&chain)};
    arena_init(&reprice.arena, REPRICE_ARENA_BYTES);
    outcome = reprice_document(
        &reprice, (const Talea__V1__GetStatementResponse *)(const void *)message, &chain);
    charter_roster_fini(&reprice.roster);
    arena_fini(&reprice.arena);
    charter_chain_fini(&chain);
    return outcome;
}

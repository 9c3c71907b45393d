/* talea verify: proves that everything in a ledger follows from its journal. A running node does it
 * here, over RPC; without one it is verify_data.c. */
#include "cli/verify.h"

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/follow.h"

const struct argp_option verify_options[] = {
    {"data", OPT_DATA, "DIR", 0, "Read this folder of a ledger instead of asking a node", 0},
    {"charter", OPT_CHARTER, "FILE", 0, "With --data: keys by this one (default: the home's)", 0},
    {0}};

/* The last answer, and copies of what it refers to. */
struct verdict {
    Talea__V1__VerifyLedgerResponse last;
    Talea__V1__LedgerFigures figures;
    char finding[512];
    char warning[512];
};

static void keep(struct verdict *verdict, const Talea__V1__VerifyLedgerResponse *response)
{
    verdict->last = *response;
    snprintf(verdict->finding, sizeof verdict->finding, "%s", response->finding);
    verdict->last.finding = verdict->finding;
    snprintf(verdict->warning, sizeof verdict->warning, "%s", response->warning);
    verdict->last.warning = verdict->warning;
    if (response->figures != NULL) {
        verdict->figures = *response->figures;
        verdict->last.figures = &verdict->figures;
    }
}

static enum err take(void *context, const ProtobufCMessage *message, struct progress *progress,
                     struct note *note)
{
    struct verdict *verdict = context;
    (void)note;
    keep(verdict, (const Talea__V1__VerifyLedgerResponse *)message);
    progress_show(progress, verdict->last.rows_done, verdict->last.rows_total);
    return ERR_OK;
}

static void print_points(const struct cli *cli, const char *label, int64_t points)
{
    char text[AMOUNT_TEXT_MAX];
    fprintf(cli->out, "%-13s %s\n", label, amounts_points(&cli->units, points, text));
}

static void print_figures(const struct cli *cli, const Talea__V1__LedgerFigures *figures)
{
    FILE *out = cli->out;
    fprintf(out, "journal       %llu rows in %llu signed batches\n",
            (unsigned long long)figures->rows, (unsigned long long)figures->batches);
    fprintf(out, "commands      %llu done, %llu refused\n",
            (unsigned long long)figures->commands_done,
            (unsigned long long)figures->commands_refused);
    fprintf(out, "postings      %llu\n", (unsigned long long)figures->postings);
    fprintf(out, "entries       %llu sent, %llu received\n",
            (unsigned long long)figures->entries_sent,
            (unsigned long long)figures->entries_received);
    fprintf(out, "members       %llu\n", (unsigned long long)figures->members);
    fprintf(out, "holds         %llu\n", (unsigned long long)figures->holds);
    if (figures->is_state_compared) {
        fprintf(out, "stored state  the same at row %llu, %llu rows of tables\n",
                (unsigned long long)figures->state_row, (unsigned long long)figures->state_rows);
    } else {
        fprintf(out, "stored state  there is none to compare\n");
    }
    if (figures->is_vault_read) {
        fprintf(out, "vault         opens the personal data of %llu members\n\n",
                (unsigned long long)figures->keys);
    } else {
        fprintf(out, "vault         there is none to try its keys\n\n");
    }
    print_points(cli, "issued", figures->issued_points);
    print_points(cli, "redeemed", figures->redeemed_points);
    print_points(cli, "expired", figures->expired_points);
    print_points(cli, "adjusted", figures->adjusted_points);
    print_points(cli, "receivable", figures->receivable_points);
    print_points(cli, "payable", figures->payable_points);
    print_points(cli, "suspense", figures->suspense_points);
    char text[AMOUNT_TEXT_MAX];
    fprintf(out, "%-13s %s %s\n", "outstanding",
            amounts_points(&cli->units, figures->outstanding_points, text), cli->units.points_name);
}

/* What a clean verdict proves, by the numbers that the ledger's description gives them. */
static void print_invariants(FILE *out, const Talea__V1__LedgerFigures *figures)
{
    unsigned long long postings = figures->postings;
    unsigned long long members = figures->members;
    unsigned long long entries = figures->entries_sent + figures->entries_received;
    unsigned long long decided = figures->commands_done + figures->commands_refused;
    fprintf(out, "1 debits equal credits, lots equal balances     %llu postings, %llu members\n",
            postings, members);
    fprintf(out, "2 issued less spent, expired, owed: outstanding %llu members\n", members);
    fprintf(out, "3 streams and their totals follow from entries  %llu entries\n", entries);
    fprintf(out, "4 a hold ends exactly once                      %llu holds\n",
            (unsigned long long)figures->holds);
    fprintf(out, "5 no row is missing, no command applied twice   %llu commands\n", decided);
    fprintf(out, "6 every stored row follows from the journal     %llu rows of tables%s\n\n",
            (unsigned long long)figures->state_rows,
            figures->is_state_compared ? "" : ": nothing is stored");
}

enum cli_exit verify_print(struct cli *cli, const Talea__V1__VerifyLedgerResponse *verdict)
{
    if (cli->is_json) {
        enum cli_exit outcome = session_print_json(cli, &verdict->base);
        return outcome == CLI_OK && !verdict->is_clean ? CLI_CORRUPT : outcome;
    }
    if (!verdict->is_clean) {
        char row[32] = "";
        if (verdict->first_bad_row != 0) {
            snprintf(row, sizeof row, "row %llu: ", (unsigned long long)verdict->first_bad_row);
        }
        return cli_fail(cli, CLI_CORRUPT, "DATA_CORRUPT", "keep the data folder as it is", "%s%s",
                        row, verdict->finding);
    }
    fprintf(cli->out, "clean: %llu rows\n", (unsigned long long)verdict->rows_done);
    if (verdict->figures != NULL) {
        fputc('\n', cli->out);
        print_invariants(cli->out, verdict->figures);
        print_figures(cli, verdict->figures);
    }
    if (verdict->warning[0] != '\0') {
        fprintf(cli->out, "\nwarning: %s\n", verdict->warning);
    }
    return CLI_OK;
}

static enum cli_exit print_node_verdict(struct cli *cli, const struct verdict *verdict)
{
    const struct units *units;
    bool has_amounts = !cli->is_json && verdict->last.is_clean && verdict->last.figures != NULL;
    enum cli_exit outcome = has_amounts ? session_units(cli, &units) : CLI_OK;
    return outcome == CLI_OK ? verify_print(cli, &verdict->last) : outcome;
}

static enum cli_exit verify_node(struct cli *cli)
{
    enum cli_exit outcome = session_open(cli);
    if (outcome != CLI_OK) {
        return outcome;
    }
    Talea__V1__VerifyLedgerRequest request;
    talea__v1__verify_ledger_request__init(&request);
    struct verdict verdict = {0};
    talea__v1__verify_ledger_response__init(&verdict.last);
    outcome = follow_call(cli, &talea__v1__admin_service__descriptor, "VerifyLedger", &request.base,
                          "rows verified", take, &verdict);
    if (outcome != CLI_OK) {
        return outcome;
    }
    if (!verdict.last.is_finished) {
        return cli_fail(cli, CLI_INTERNAL, "INTERNAL", NULL, "the node ended without a verdict");
    }
    return print_node_verdict(cli, &verdict);
}

enum cli_exit run_verify(struct cli *cli)
{
    if (cli_option(cli, OPT_DATA) != NULL) {
        return verify_data(cli);
    }
    if (cli_option(cli, OPT_CHARTER) != NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help",
                        "--charter goes with --data: a node goes by its own charter");
    }
    return verify_node(cli);
}

/* talea history: what happened to a member. */
#include <string.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/selector.h"
#include "cli/table.h"
#include "cli/till.h"

const struct argp_option history_options[] = {
    SELECTOR_OPTIONS,
    {"kind", OPT_KIND, "KIND,...", 0,
     "Only these, as the column \"what\" has them: earn, capture, transfer ...", 0},
    {"account", OPT_ACCOUNT, "NAME", 0, "Only what changed available, pending, held or debt", 0},
    {"from", OPT_FROM, "TIME", 0, "Only what happened at or after this time", 0},
    {"to", OPT_TO, "TIME", 0, "Only what happened before this time", 0},
    {"transaction", OPT_TRANSACTION, "UUID", 0, "Only this transaction", 0},
    {"limit", OPT_LIMIT, "ROWS", 0, "At most so many rows, newest first (default: 50)", 0},
    {"page", OPT_PAGE, "TOKEN", 0, "From where an earlier list ended", 0},
    {0}};

/* By the number of the API's HistoryKind. */
static const char *const kinds_of_api[] = {
    "?",      "enrol",      "card",    "earn",   "hold",     "capture",     "void",
    "return", "given-back", "expired", "active", "adjusted", "transfer",    "pool",
    "block",  "merge",      "erased",  "moved",  "consent",  "hold-expired"};
#define KIND_COUNT (sizeof kinds_of_api / sizeof kinds_of_api[0])

static const char *kind_name(Talea__V1__HistoryKind kind)
{
    return kinds_of_api[(unsigned)kind < KIND_COUNT ? kind : 0];
}

static enum cli_exit add_kind(struct cli *cli, const char *text, size_t length,
                              Talea__V1__ListHistoryRequest *request)
{
    for (size_t i = 1; i < KIND_COUNT; i++) {
        if (strlen(kinds_of_api[i]) == length && strncmp(kinds_of_api[i], text, length) == 0) {
            if (request->n_kinds < KIND_COUNT) {
                request->kinds[request->n_kinds++] = (Talea__V1__HistoryKind)i;
            }
            return CLI_OK;
        }
    }
    return cli_fail(
        cli, CLI_USAGE, "INVALID_INPUT",
        "there are enrol, card, earn, hold, capture, void, return, given-back, expired, "
        "active, adjusted, transfer, pool, block, merge, erased, moved, consent, hold-expired",
        "--kind: \"%.*s\" is none", (int)length, text);
}

static enum cli_exit read_kinds(struct cli *cli, Talea__V1__ListHistoryRequest *request)
{
    const char *text = cli_option(cli, OPT_KIND);
    enum cli_exit outcome = CLI_OK;
    while (outcome == CLI_OK && text != NULL) {
        size_t length = strcspn(text, ",");
        outcome = add_kind(cli, text, length, request);
        text = text[length] == ',' ? text + length + 1 : NULL;
    }
    return outcome;
}

static enum cli_exit read_account(struct cli *cli, Talea__V1__ListHistoryRequest *request)
{
    static const char *const accounts[] = {"", "available", "pending", "held", "debt"};
    const char *text = cli_option(cli, OPT_ACCOUNT);
    for (size_t i = 1; text != NULL && i < sizeof accounts / sizeof accounts[0]; i++) {
        if (strcmp(text, accounts[i]) == 0) {
            request->account = (Talea__V1__HistoryAccount)i;
            return CLI_OK;
        }
    }
    return text == NULL
               ? CLI_OK
               : cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL,
                          "--account: \"%s\" is not one of available, pending, held, debt", text);
}

/* `request->kinds` has room for each kind once. */
static enum cli_exit read_filter(struct cli *cli, Talea__V1__ListHistoryRequest *request)
{
    enum cli_exit outcome = till_read_page(cli, &request->page_size, &request->page_token);
    if (outcome == CLI_OK) {
        outcome = read_kinds(cli, request);
    }
    if (outcome == CLI_OK) {
        outcome = read_account(cli, request);
    }
    if (outcome == CLI_OK) {
        outcome = amounts_read_range(cli, &request->from_unix_ms, &request->to_unix_ms);
    }
    if (cli_option(cli, OPT_TRANSACTION) != NULL) {
        request->transaction_id = message_text(cli_option(cli, OPT_TRANSACTION));
    }
    return outcome;
}

static void print_history(struct cli *cli, const struct units *units,
                          const Talea__V1__ListHistoryResponse *reply)
{
    static const char *const titles[] = {"time UTC", "what",  "where",     ">available", ">pending",
                                         ">held",    ">debt", "reference", "transaction"};
    struct table table;
    table_init(&table, titles, 9);
    for (size_t i = 0; i < reply->n_rows; i++) {
        const Talea__V1__HistoryRow *row = reply->rows[i];
        char text[AMOUNT_TEXT_MAX];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%s", amounts_time(row->business_unix_ms, time));
        table_cell(&table, "%s", kind_name(row->kind));
        table_cell(&table, "%s", row->partner);
        table_cell(&table, "%s", amounts_points(units, row->available_delta_points, text));
        table_cell(&table, "%s", amounts_points(units, row->pending_delta_points, text));
        table_cell(&table, "%s", amounts_points(units, row->held_delta_points, text));
        table_cell(&table, "%s", amounts_points(units, row->debt_delta_points, text));
        table_cell(&table, "%s", row->reference);
        table_cell(&table, "%s", row->transaction_id);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    if (reply->next_page_token[0] != '\0') {
        fprintf(cli->out, "more: --page %s\n", reply->next_page_token);
    }
}

enum cli_exit run_history(struct cli *cli)
{
    Talea__V1__ListHistoryRequest request;
    talea__v1__list_history_request__init(&request);
    Talea__V1__MemberSelector selector;
    enum cli_exit outcome = selector_read(cli, &selector);
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.member = &selector;
    Talea__V1__HistoryKind kinds[KIND_COUNT];
    request.kinds = kinds;
    outcome = read_filter(cli, &request);
    if (outcome != CLI_OK) {
        return outcome;
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = till_call(cli, "ListHistory", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const struct units *units;
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        print_history(cli, units, (const Talea__V1__ListHistoryResponse *)message);
    }
    return outcome;
}

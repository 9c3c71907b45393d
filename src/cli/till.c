/* talea balance, earn, history: what a till does with a card. */
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/selector.h"
#include "cli/table.h"
#include "cli/till.h"

const struct argp_option balance_options[] = {SELECTOR_OPTIONS, {0}};

const struct argp_option history_options[] = {
    SELECTOR_OPTIONS,
    {"limit", OPT_LIMIT, "ROWS", 0, "At most so many rows, newest first (default: 50)", 0},
    {"page", OPT_PAGE, "TOKEN", 0, "From where an earlier list ended", 0},
    {0}};

const struct argp_option earn_options[] = {
    {"currency", OPT_CURRENCY, "CODE", 0, "ISO 4217 (default: the programme's)", 0},
    {"receipt", OPT_RECEIPT, "TEXT", 0, "The brand's receipt number", 0},
    {"time", OPT_TIME, "TIME", 0, "When it was bought, such as 2026-10-03T17:04:05Z (default: now)",
     0},
    {"points", OPT_POINTS, "POINTS", 0,
     "Give so many instead of the programme's (with --as back-office or admin)", 0},
    TRANSACTION_OPTION,
    {0}};

enum cli_exit till_call(struct cli *cli, const char *method, const ProtobufCMessage *request,
                        ProtobufCMessage **out_reply)
{
    return session_call(cli, &talea__v1__till_service__descriptor, method, request, out_reply);
}

enum cli_exit run_balance(struct cli *cli)
{
    Talea__V1__GetBalanceRequest request;
    talea__v1__get_balance_request__init(&request);
    Talea__V1__MemberSelector selector;
    enum cli_exit outcome = selector_read(cli, &selector);
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.member = &selector;
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = till_call(cli, "GetBalance", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__GetBalanceResponse *reply = (const Talea__V1__GetBalanceResponse *)message;
    fprintf(cli->out, "member     %s\n", reply->member_id);
    return selector_print_balance(cli, reply->balance);
}

static enum cli_exit fill_earn(struct cli *cli, Talea__V1__EarnRequest *request, char card[20])
{
    const char *id;
    const char *currency = cli_option(cli, OPT_CURRENCY);
    const char *points = cli_option(cli, OPT_POINTS);
    enum cli_exit outcome = selector_read_card(cli, 0, card);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome == CLI_OK) {
        outcome = amounts_read_time(cli, &request->business_unix_ms);
    }
    if (outcome == CLI_OK) {
        outcome = amounts_read_money(cli, "AMOUNT", cli_argument(cli, 1), currency,
                                     &request->amount_minor);
    }
    if (outcome == CLI_OK && points != NULL) {
        outcome = amounts_read_points(cli, "--points", points, &request->fixed_points);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request->transaction_id = message_text(id);
    request->card = card;
    if (currency != NULL) {
        request->currency = message_text(currency);
    }
    if (cli_option(cli, OPT_RECEIPT) != NULL) {
        request->receipt = message_text(cli_option(cli, OPT_RECEIPT));
    }
    return CLI_OK;
}

enum cli_exit run_earn(struct cli *cli)
{
    Talea__V1__EarnRequest request;
    talea__v1__earn_request__init(&request);
    char card[20];
    enum cli_exit outcome = fill_earn(cli, &request, card);
    if (outcome != CLI_OK) {
        return outcome;
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = till_call(cli, "Earn", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__EarnResponse *reply = (const Talea__V1__EarnResponse *)message;
    const struct units *units;
    outcome = session_units(cli, &units);
    if (outcome != CLI_OK) {
        return outcome;
    }
    char text[AMOUNT_TEXT_MAX];
    fprintf(cli->out, "earned     %s %s\n", amounts_points(units, reply->earned_points, text),
            units->points_name);
    fprintf(cli->out, "home       %s\n", reply->home);
    fprintf(cli->out, "sale       %s\n", reply->sale_id);
    return selector_print_balance(cli, reply->balance);
}

static const char *history_kind(Talea__V1__HistoryKind kind)
{
    static const char *const names[] = {"?",          "enrol",   "card",   "earn",
                                        "hold",       "capture", "void",   "return",
                                        "given back", "expired", "active", "adjusted"};
    return (unsigned)kind < sizeof names / sizeof names[0] ? names[kind] : names[0];
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
        table_cell(&table, "%s", history_kind(row->kind));
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
    outcome = till_read_page(cli, &request.page_size, &request.page_token);
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

enum cli_exit till_read_page(struct cli *cli, uint32_t *out_size, char **out_token)
{
    struct note note = {""};
    int64_t size;
    enum err err =
        args_number(&cli->args, OPT_LIMIT, "limit", 1, LIMIT_PAGE_ROWS, 50, &size, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    *out_size = (uint32_t)size;
    if (cli_option(cli, OPT_PAGE) != NULL) {
        *out_token = message_text(cli_option(cli, OPT_PAGE));
    }
    return CLI_OK;
}

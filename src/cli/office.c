/* talea report, period list, period close. */
#include <stdlib.h>
#include <string.h>
#include <talea/v1/back_office.pb-c.h>

#include "base/clock.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/office.h"
#include "cli/payment.h"
#include "cli/selector.h"
#include "cli/table.h"

const struct argp_option period_close_options[] = {
    TRANSACTION_OPTION,
    {"early", OPT_EARLY, NULL, 0, "Also a period that has not begun by the calendar", 0},
    {0}};

enum cli_exit office_call(struct cli *cli, const char *method, const ProtobufCMessage *request,
                          ProtobufCMessage **out_reply)
{
    return session_call(cli, &talea__v1__back_office_service__descriptor, method, request,
                        out_reply);
}

enum cli_exit office_read_period(struct cli *cli, const char *text, uint32_t *out_period)
{
    struct period period;
    if (period_parse(text, &period) != ERR_OK) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "write 2026-10, 2026-W43 or 2026-10-31",
                        "\"%s\" is no period", text);
    }
    *out_period = period.code;
    return CLI_OK;
}

enum cli_exit office_get_statement(struct cli *cli, ProtobufCMessage **out_statement)
{
    Talea__V1__GetStatementRequest request;
    talea__v1__get_statement_request__init(&request);
    request.partner = message_text(cli_argument(cli, 0));
    enum cli_exit outcome = office_read_period(cli, cli_argument(cli, 1), &request.period);
    if (outcome == CLI_OK) {
        outcome = office_call(cli, "GetStatement", &request.base, out_statement);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    return ((const Talea__V1__GetStatementResponse *)*out_statement)->statement.len > 0
               ? CLI_OK
               : cli_fail(cli, CLI_REFUSED, "NOT_AGREED",
                          "talea period list says what it waits for",
                          "there is no statement with %s of %s yet", cli_argument(cli, 0),
                          cli_argument(cli, 1));
}

static void print_accounts(struct cli *cli, const struct units *units,
                           const Talea__V1__GetReportResponse *report)
{
    static const char *const titles[] = {"account", "partner", "period",
                                         ">debit",  ">credit", ">balance"};
    struct table table;
    table_init(&table, titles, 6);
    for (size_t i = 0; i < report->n_accounts; i++) {
        const Talea__V1__AccountTotal *account = report->accounts[i];
        char text[AMOUNT_TEXT_MAX];
        char period[PERIOD_TEXT_MAX];
        int64_t balance;
        table_cell(&table, "%s", account->account);
        table_cell(&table, "%s", account->partner);
        table_cell(&table, "%s",
                   account->period == 0 ? ""
                                        : period_format((struct period){account->period}, period));
        table_cell(&table, "%s", amounts_points(units, account->debit_points, text));
        table_cell(&table, "%s", amounts_points(units, account->credit_points, text));
        bool fits = int64_sub(account->debit_points, account->credit_points, &balance) == ERR_OK;
        table_cell(&table, "%s", fits ? amounts_points(units, balance, text) : "?");
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

enum cli_exit run_report(struct cli *cli)
{
    Talea__V1__GetReportRequest request;
    talea__v1__get_report_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = office_call(cli, "GetReport", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const struct units *units;
    outcome = session_units(cli, &units);
    if (outcome != CLI_OK) {
        return outcome;
    }
    const Talea__V1__GetReportResponse *report = (const Talea__V1__GetReportResponse *)message;
    char text[AMOUNT_TEXT_MAX];
    print_accounts(cli, units, report);
    fprintf(cli->out, "\nmembers    %llu\n", (unsigned long long)report->members);
    fprintf(cli->out, "available  %s %s\n", amounts_points(units, report->available_points, text),
            units->points_name);
    fprintf(cli->out, "pending    %s\n", amounts_points(units, report->pending_points, text));
    fprintf(cli->out, "held       %s\n", amounts_points(units, report->held_points, text));
    fprintf(cli->out, "debt       %s\n", amounts_points(units, report->debt_points, text));
    fprintf(cli->out, "journal    %llu rows\n", (unsigned long long)report->journal_rows);
    return CLI_OK;
}

static uint64_t count_entries(Talea__V1__EntryTotal *const *totals, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += totals[i]->count;
    }
    return sum;
}

/* What it waits for, or in what it differs; and what is disputed. */
static void print_detail(struct table *table, const struct units *units,
                         const Talea__V1__PairPeriod *pair, unsigned decimals, const char *currency)
{
    char text[AMOUNT_TEXT_MAX];
    char money[AMOUNT_TEXT_MAX];
    bool is_differing = pair->state == TALEA__V1__PERIOD_STATE__PERIOD_STATE_DIFFERING;
    const char *detail = is_differing ? pair->detail : pair->status->waits_for;
    if (pair->disputed_points != 0) {
        table_cell(table, "%s%s%s disputed (%s %s)", detail, detail[0] == '\0' ? "" : "; ",
                   amounts_points(units, pair->disputed_points, text),
                   amount_format(pair->disputed_minor, decimals, money), currency);
    } else {
        table_cell(table, "%s", detail);
    }
}

static void print_pair(struct table *table, const struct units *units,
                       const Talea__V1__ListPeriodsResponse *reply,
                       const Talea__V1__PairPeriod *pair)
{
    char text[AMOUNT_TEXT_MAX];
    char period[PERIOD_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    unsigned decimals = reply->currency_decimals > 9 ? 0 : reply->currency_decimals;
    table_cell(table, "%s", period_format((struct period){pair->period}, period));
    table_cell(table, "%s", pair->partner);
    table_cell(table, "%s", payment_state_word(pair->status->state));
    table_cell(table, "%s", amounts_time(pair->status->since_unix_ms, time));
    table_cell(table, "%llu", (unsigned long long)count_entries(pair->sent, pair->n_sent));
    table_cell(table, "%llu", (unsigned long long)count_entries(pair->received, pair->n_received));
    table_cell(table, "%s", amounts_points(units, pair->net_points, text));
    amount_format(pair->net_minor, decimals, text);
    table_cell(table, "%s %s", text, reply->currency);
    table_cell(table, "%s", pair->status->reference);
    print_detail(table, units, pair, decimals, reply->currency);
}

static int compare_pairs(const void *a, const void *b)
{
    const Talea__V1__PairPeriod *first = *(Talea__V1__PairPeriod *const *)a;
    const Talea__V1__PairPeriod *second = *(Talea__V1__PairPeriod *const *)b;
    return first->period != second->period ? first->period < second->period ? -1 : 1
                                           : strcmp(first->partner, second->partner);
}

static void print_pairs(struct cli *cli, const struct units *units,
                        const Talea__V1__ListPeriodsResponse *reply)
{
    static const char *const titles[] = {"period",    "partner",   "state",        "since UTC",
                                         ">sent",     ">received", ">points owed", ">money owed",
                                         "reference", "waits for"};
    struct table table;
    table_init(&table, titles, 10);
    if (reply->n_pairs > 0) {
        qsort(reply->pairs, reply->n_pairs, sizeof *reply->pairs, compare_pairs);
    }
    for (size_t i = 0; i < reply->n_pairs; i++) {
        if (reply->pairs[i]->status != NULL) {
            print_pair(&table, units, reply, reply->pairs[i]);
        }
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static bool has_difference(const Talea__V1__ListPeriodsResponse *reply)
{
    for (size_t i = 0; i < reply->n_pairs; i++) {
        if (reply->pairs[i]->state == TALEA__V1__PERIOD_STATE__PERIOD_STATE_DIFFERING) {
            return true;
        }
    }
    return false;
}

enum cli_exit run_period_list(struct cli *cli)
{
    Talea__V1__ListPeriodsRequest request;
    talea__v1__list_periods_request__init(&request);
    const char *period = cli_argument(cli, 0);
    enum cli_exit outcome =
        period == NULL ? CLI_OK : office_read_period(cli, period, &request.period);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    if (outcome == CLI_OK) {
        outcome = office_call(cli, "ListPeriods", &request.base, &message);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    const Talea__V1__ListPeriodsResponse *reply = (const Talea__V1__ListPeriodsResponse *)message;
    const struct units *units;
    if (cli->is_json) {
        outcome = session_print_json(cli, message);
    } else if ((outcome = session_units(cli, &units)) == CLI_OK) {
        print_pairs(cli, units, reply);
    }
    return outcome == CLI_OK && has_difference(reply) ? CLI_REFUSED : outcome;
}

/* What is closed stays closed: one whose days are all to come is a slip. */
static enum cli_exit check_begun(struct cli *cli, struct period period)
{
    struct clock_port clock = clock_of_system();
    if (cli_option(cli, OPT_EARLY) != NULL || period_may_have_begun(period, clock_now(&clock))) {
        return CLI_OK;
    }
    return cli_fail(cli, CLI_REFUSED, "PERIOD_NOT_BEGUN", "--early, if it is meant",
                    "%s has not begun, and what is closed can't be opened again",
                    cli_argument(cli, 0));
}

enum cli_exit run_period_close(struct cli *cli)
{
    Talea__V1__ClosePeriodRequest request;
    talea__v1__close_period_request__init(&request);
    const char *id;
    enum cli_exit outcome = office_read_period(cli, cli_argument(cli, 0), &request.period);
    if (outcome == CLI_OK) {
        outcome = check_begun(cli, (struct period){request.period});
    }
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = office_call(cli, "ClosePeriod", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__ClosePeriodResponse *reply = (const Talea__V1__ClosePeriodResponse *)message;
    fprintf(cli->out, "closed %s towards", cli_argument(cli, 0));
    for (size_t i = 0; i < reply->n_partners; i++) {
        fprintf(cli->out, " %s", reply->partners[i]);
    }
    fprintf(cli->out, "%s\n", reply->n_partners == 0 ? " nobody" : "");
    return CLI_OK;
}

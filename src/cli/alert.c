/* talea alert list, show, close: what fraud rules found, and what became of it. */
#include <string.h>

#include "cli/account.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/selector.h"
#include "cli/table.h"
#include "cli/till.h"

const struct argp_option alert_list_options[] = {
    {"state", OPT_STATE, "STATE", 0, "Only those: open, innocent, fraud (default: open), or all",
     0},
    {"rule", OPT_RULE, "NAME", 0, "Only what this rule found", 0},
    {"limit", OPT_LIMIT, "ROWS", 0, "At most so many, oldest first (default: 50)", 0},
    {"page", OPT_PAGE, "TOKEN", 0, "From where an earlier list ended", 0},
    {0}};

const struct argp_option alert_close_options[] = {
    {"verdict", OPT_VERDICT, "innocent|fraud", 0,
     "Points that were held begin, or the purchase is taken back", 0},
    {"reason", OPT_REASON, "TEXT", 0, "Why, in words; goes when the member is erased", 0},
    TRANSACTION_OPTION,
    {0}};

static const char *const states[] = {"all", "open", "innocent", "fraud"};

enum {
    STATES = sizeof states / sizeof states[0]
};

static const char *state_name(Talea__V1__AlertState state)
{
    return (size_t)state < STATES && state > 0 ? states[state] : "unknown";
}

static const char *action_name(Talea__V1__AlertAction action)
{
    static const char *const names[] = {"unknown", "alert", "held", "refused"};
    return (size_t)action < sizeof names / sizeof names[0] ? names[action] : names[0];
}

static enum cli_exit read_state(struct cli *cli, const char *name, const char *text, size_t first,
                                Talea__V1__AlertState *out_state)
{
    for (size_t i = first; i < STATES; i++) {
        if (strcmp(states[i], text) == 0) {
            *out_state = (Talea__V1__AlertState)i;
            return CLI_OK;
        }
    }
    return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL, "%s: \"%s\" is none of %s", name, text,
                    first == 0 ? "open, innocent, fraud, all" : "innocent, fraud");
}

static void print_alerts(struct cli *cli, const Talea__V1__ListAlertsResponse *reply)
{
    static const char *const titles[] = {"alert",  "raised", "state", "rule",
                                         "action", "about",  "found"};
    struct table table;
    table_init(&table, titles, 7);
    for (size_t i = 0; i < reply->n_alerts; i++) {
        const Talea__V1__Alert *alert = reply->alerts[i];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%s", alert->alert_id);
        table_cell(&table, "%s", amounts_time(alert->raised_unix_ms, time));
        table_cell(&table, "%s", state_name(alert->state));
        table_cell(&table, "%s", alert->rule);
        table_cell(&table, "%s", action_name(alert->action));
        table_cell(&table, "%s", alert->subject);
        table_cell(&table, "%s", alert->found);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    if (reply->next_page_token[0] != '\0') {
        fprintf(cli->out, "more: --page %s\n", reply->next_page_token);
    }
}

enum cli_exit run_alert_list(struct cli *cli)
{
    Talea__V1__ListAlertsRequest request;
    talea__v1__list_alerts_request__init(&request);
    const char *state = cli_option(cli, OPT_STATE);
    enum cli_exit outcome = till_read_page(cli, &request.page_size, &request.page_token);
    request.state = TALEA__V1__ALERT_STATE__ALERT_STATE_OPEN;
    if (outcome == CLI_OK && state != NULL) {
        outcome = read_state(cli, "--state", state, 0, &request.state);
    }
    if (cli_option(cli, OPT_RULE) != NULL) {
        request.rule = message_text(cli_option(cli, OPT_RULE));
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    if (outcome == CLI_OK) {
        outcome = account_call(cli, "ListAlerts", &request.base, &message);
    }
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    print_alerts(cli, (const Talea__V1__ListAlertsResponse *)message);
    return CLI_OK;
}

static void print_alert(struct cli *cli, const Talea__V1__Alert *alert)
{
    char time[TIME_TEXT_MAX];
    fprintf(cli->out, "alert      %s\n", alert->alert_id);
    fprintf(cli->out, "raised     %s\n", amounts_time(alert->raised_unix_ms, time));
    fprintf(cli->out, "rule       %s (%s)\n", alert->rule, action_name(alert->action));
    fprintf(cli->out, "about      %s\n", alert->subject);
    fprintf(cli->out, "found      %s\n", alert->found);
    if (alert->sale_id[0] != '\0') {
        fprintf(cli->out, "sale       %s\n", alert->sale_id);
    }
    fprintf(cli->out, "state      %s\n", state_name(alert->state));
    if (alert->closed_unix_ms != 0) {
        fprintf(cli->out, "closed     %s by %s\n", amounts_time(alert->closed_unix_ms, time),
                alert->reviewer);
        fprintf(cli->out, "reason     %s\n", alert->is_reason_erased ? "(erased)" : alert->reason);
    }
}

enum cli_exit run_alert_show(struct cli *cli)
{
    Talea__V1__GetAlertRequest request;
    talea__v1__get_alert_request__init(&request);
    const char *id;
    enum cli_exit outcome = account_read_id(cli, 0, "ALERT", &id);
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.alert_id = message_text(id);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = account_call(cli, "GetAlert", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    print_alert(cli, ((const Talea__V1__GetAlertResponse *)message)->alert);
    return CLI_OK;
}

static enum cli_exit fill_close(struct cli *cli, Talea__V1__CloseAlertRequest *request)
{
    const char *id;
    const char *alert;
    const char *verdict = cli_option(cli, OPT_VERDICT);
    const char *reason = cli_option(cli, OPT_REASON);
    if (verdict == NULL || reason == NULL) {
        return cli_fail(cli, CLI_USAGE, "MISSING_OPTION", NULL, "%s is missing",
                        verdict == NULL ? "--verdict" : "--reason");
    }
    enum cli_exit outcome = account_read_id(cli, 0, "ALERT", &alert);
    if (outcome == CLI_OK) {
        outcome = read_state(cli, "--verdict", verdict, 2, &request->state);
    }
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome == CLI_OK) {
        request->transaction_id = message_text(id);
        request->alert_id = message_text(alert);
        request->reason = message_text(reason);
    }
    return outcome;
}

enum cli_exit run_alert_close(struct cli *cli)
{
    Talea__V1__CloseAlertRequest request;
    talea__v1__close_alert_request__init(&request);
    enum cli_exit outcome = fill_close(cli, &request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    if (outcome == CLI_OK) {
        outcome = account_call(cli, "CloseAlert", &request.base, &message);
    }
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__CloseAlertResponse *reply = (const Talea__V1__CloseAlertResponse *)message;
    fprintf(cli->out, "%-10s %s\n", "closed as", cli_option(cli, OPT_VERDICT));
    return reply->taken_points > 0 ? account_print_points(cli, "taken back", reply->taken_points)
                                   : CLI_OK;
}

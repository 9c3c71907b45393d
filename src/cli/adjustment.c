/* talea adjustment propose, approve, reject, list. */
#include <string.h>

#include "cli/account.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/selector.h"
#include "cli/table.h"
#include "cli/till.h"

const struct argp_option adjustment_propose_options[] = {
    SELECTOR_OPTIONS,
    {"points", OPT_POINTS, "POINTS", 0, "More than 0 gives, less than 0 takes", 0},
    {"reason", OPT_REASON, "CODE", 0, "Why: A to Z, 0 to 9 and _, such as GOODWILL", 0},
    {"note", OPT_NOTE, "TEXT", 0, "For whoever rules on it; goes when the member is erased", 0},
    {"until", OPT_UNTIL, "TIME", 0, "When it lapses unless somebody ruled (default: in 30 days)",
     0},
    TRANSACTION_OPTION,
    {0}};

const struct argp_option adjustment_rule_options[] = {TRANSACTION_OPTION, {0}};

const struct argp_option adjustment_list_options[] = {
    {"state", OPT_STATE, "STATE", 0, "Only proposed, approved, rejected or expired ones", 0},
    {"limit", OPT_LIMIT, "ROWS", 0, "At most so many, oldest first (default: 50)", 0},
    {"page", OPT_PAGE, "TOKEN", 0, "From where an earlier list ended", 0},
    {0}};

static const char *const states[] = {"?", "proposed", "approved", "rejected", "expired"};
#define STATE_COUNT (sizeof states / sizeof states[0])

static enum cli_exit fill_proposal(struct cli *cli, Talea__V1__ProposeAdjustmentRequest *request)
{
    const char *id;
    const char *points = cli_option(cli, OPT_POINTS);
    const char *reason = cli_option(cli, OPT_REASON);
    if (points == NULL || reason == NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help", "needs --points and --reason");
    }
    enum cli_exit outcome = session_transaction_id(cli, &id);
    if (outcome == CLI_OK) {
        outcome = amounts_read_time_of(cli, OPT_UNTIL, "--until", &request->expires_unix_ms);
    }
    if (outcome == CLI_OK) {
        outcome = amounts_read_change(cli, "--points", points, &request->points);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request->transaction_id = message_text(id);
    request->reason = message_text(reason);
    if (cli_option(cli, OPT_NOTE) != NULL) {
        request->note = message_text(cli_option(cli, OPT_NOTE));
    }
    return CLI_OK;
}

enum cli_exit run_adjustment_propose(struct cli *cli)
{
    Talea__V1__ProposeAdjustmentRequest request;
    talea__v1__propose_adjustment_request__init(&request);
    Talea__V1__MemberSelector member;
    enum cli_exit outcome = selector_read(cli, &member);
    request.member = &member;
    if (outcome == CLI_OK) {
        outcome = fill_proposal(cli, &request);
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    if (outcome == CLI_OK) {
        outcome = account_call(cli, "ProposeAdjustment", &request.base, &message);
    }
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const char *id = ((const Talea__V1__ProposeAdjustmentResponse *)message)->adjustment_id;
    fprintf(cli->out, "adjustment %s\n", id);
    fprintf(cli->out, "next       somebody else: talea adjustment approve %s\n", id);
    return CLI_OK;
}

static enum cli_exit rule(struct cli *cli, bool is_approved)
{
    Talea__V1__RuleAdjustmentRequest request;
    talea__v1__rule_adjustment_request__init(&request);
    const char *id;
    const char *adjustment;
    enum cli_exit outcome = account_read_id(cli, 0, "ADJUSTMENT", &adjustment);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.adjustment_id = message_text(adjustment);
    request.is_approved = is_approved;
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = account_call(cli, "RuleAdjustment", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__RuleAdjustmentResponse *reply =
        (const Talea__V1__RuleAdjustmentResponse *)message;
    if (!is_approved) {
        fprintf(cli->out, "rejected   %s\n", adjustment);
        return CLI_OK;
    }
    outcome = account_print_points(cli, "adjusted", reply->points);
    if (outcome == CLI_OK && reply->debt_points != 0) {
        outcome = account_print_points(cli, "as debt", reply->debt_points);
    }
    if (outcome == CLI_OK && reply->written_off_points != 0) {
        outcome = account_print_points(cli, "lost", reply->written_off_points);
    }
    return outcome;
}

enum cli_exit run_adjustment_approve(struct cli *cli)
{
    return rule(cli, true);
}

enum cli_exit run_adjustment_reject(struct cli *cli)
{
    return rule(cli, false);
}

static enum cli_exit read_state(struct cli *cli, Talea__V1__AdjustmentState *out_state)
{
    const char *text = cli_option(cli, OPT_STATE);
    for (size_t i = 1; text != NULL && i < STATE_COUNT; i++) {
        if (strcmp(text, states[i]) == 0) {
            *out_state = (Talea__V1__AdjustmentState)i;
            return CLI_OK;
        }
    }
    return text == NULL ? CLI_OK
                        : cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL,
                                   "--state: \"%s\" is not one of proposed, approved, rejected, "
                                   "expired",
                                   text);
}

static void print_list(struct cli *cli, const struct units *units,
                       const Talea__V1__ListAdjustmentsResponse *reply)
{
    static const char *const titles[] = {"proposed UTC", "state", ">points", "reason",    "maker",
                                         "checker",      "note",  "member",  "adjustment"};
    struct table table;
    table_init(&table, titles, 9);
    for (size_t i = 0; i < reply->n_adjustments; i++) {
        const Talea__V1__Adjustment *row = reply->adjustments[i];
        char text[AMOUNT_TEXT_MAX];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%s", amounts_time(row->proposed_unix_ms, time));
        table_cell(&table, "%s", states[(unsigned)row->state < STATE_COUNT ? row->state : 0]);
        table_cell(&table, "%s", amounts_points(units, row->points, text));
        table_cell(&table, "%s", row->reason);
        table_cell(&table, "%s", row->maker);
        table_cell(&table, "%s", row->checker);
        table_cell(&table, "%s", row->is_note_erased ? "(erased)" : row->note);
        table_cell(&table, "%s", row->member_id);
        table_cell(&table, "%s", row->adjustment_id);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    if (reply->next_page_token[0] != '\0') {
        fprintf(cli->out, "more: --page %s\n", reply->next_page_token);
    }
}

enum cli_exit run_adjustment_list(struct cli *cli)
{
    Talea__V1__ListAdjustmentsRequest request;
    talea__v1__list_adjustments_request__init(&request);
    enum cli_exit outcome = till_read_page(cli, &request.page_size, &request.page_token);
    if (outcome == CLI_OK) {
        outcome = read_state(cli, &request.state);
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    if (outcome == CLI_OK) {
        outcome = account_call(cli, "ListAdjustments", &request.base, &message);
    }
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const struct units *units;
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        print_list(cli, units, (const Talea__V1__ListAdjustmentsResponse *)message);
    }
    return outcome;
}

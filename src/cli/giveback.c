/* talea return purchase, return burn. */
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/selector.h"
#include "cli/till.h"

const struct argp_option return_purchase_options[] = {
    {"currency", OPT_CURRENCY, "CODE", 0, "Of the sale (default: the coalition's)", 0},
    {"receipt", OPT_RECEIPT, "TEXT", 0, "The brand's number for the return", 0},
    {"time", OPT_TIME, "TIME", 0,
     "When it was given back, such as 2026-10-03T17:04:05Z (default: now)", 0},
    TRANSACTION_OPTION,
    {0}};

const struct argp_option return_burn_options[] = {
    {"receipt", OPT_RECEIPT, "TEXT", 0, "The brand's number for the return", 0},
    TRANSACTION_OPTION,
    {0}};

enum cli_exit run_return_purchase(struct cli *cli)
{
    Talea__V1__ReturnPurchaseRequest request;
    talea__v1__return_purchase_request__init(&request);
    const char *id;
    const char *amount = cli_argument(cli, 1);
    enum cli_exit outcome = session_transaction_id(cli, &id);
    if (outcome == CLI_OK) {
        outcome = amounts_read_time(cli, &request.business_unix_ms);
    }
    if (outcome == CLI_OK && amount != NULL) {
        outcome = amounts_read_money(cli, "AMOUNT", amount, cli_option(cli, OPT_CURRENCY),
                                     &request.amount_minor);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.sale_id = message_text(cli_argument(cli, 0));
    if (cli_option(cli, OPT_RECEIPT) != NULL) {
        request.receipt = message_text(cli_option(cli, OPT_RECEIPT));
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = till_call(cli, "ReturnPurchase", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const struct units *units;
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        const Talea__V1__ReturnPurchaseResponse *reply =
            (const Talea__V1__ReturnPurchaseResponse *)message;
        char text[AMOUNT_TEXT_MAX];
        fprintf(cli->out, "taken back %s %s\n", amounts_points(units, reply->taken_points, text),
                units->points_name);
        fprintf(cli->out, "as debt    %s\n", amounts_points(units, reply->debt_points, text));
    }
    return outcome;
}

enum cli_exit run_return_burn(struct cli *cli)
{
    Talea__V1__ReturnBurnRequest request;
    talea__v1__return_burn_request__init(&request);
    const char *id;
    const char *points = cli_argument(cli, 1);
    enum cli_exit outcome = session_transaction_id(cli, &id);
    if (outcome == CLI_OK && points != NULL) {
        outcome = amounts_read_points(cli, "POINTS", points, &request.points);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.hold_id = message_text(cli_argument(cli, 0));
    if (cli_option(cli, OPT_RECEIPT) != NULL) {
        request.receipt = message_text(cli_option(cli, OPT_RECEIPT));
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = till_call(cli, "ReturnBurn", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const struct units *units;
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        const Talea__V1__ReturnBurnResponse *reply = (const Talea__V1__ReturnBurnResponse *)message;
        char text[AMOUNT_TEXT_MAX];
        fprintf(cli->out, "given back %s %s\n", amounts_points(units, reply->returned_points, text),
                units->points_name);
    }
    return outcome;
}

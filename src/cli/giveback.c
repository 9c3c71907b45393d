/* talea return purchase, return burn. */
#include <stdlib.h>

#include "base/limits.h"
#include "cli/amounts.h"
#include "cli/basket.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/selector.h"
#include "cli/till.h"

const struct argp_option return_purchase_options[] = {
    {"currency", OPT_CURRENCY, "CODE", 0, "Of the sale (default: the coalition's)", 0},
    {"receipt", OPT_RECEIPT, "TEXT", 0, "The brand's number for the return", 0},
    {"time", OPT_TIME, "TIME", 0,
     "When it was given back, such as 2026-10-03T17:04:05Z (default: now)", 0},
    {"line", OPT_LINE, "NUMBER[:QUANTITY]", 0,
     "A line of the purchase's receipt that comes back, from 1 on; all that is left of it, or so "
     "much; may be repeated",
     0},
    TRANSACTION_OPTION,
    {0}};

const struct argp_option return_burn_options[] = {
    {"receipt", OPT_RECEIPT, "TEXT", 0, "The brand's number for the return", 0},
    TRANSACTION_OPTION,
    {0}};

/* The lines that come back. */
struct returned {
    Talea__V1__ReturnedLine *lines;
    Talea__V1__ReturnedLine **list;
};

static void returned_fini(struct returned *returned)
{
    free(returned->lines);
    free(returned->list);
}

/* 3, or 3:1.5. */
static enum cli_exit read_line(struct cli *cli, const char *text, Talea__V1__ReturnedLine *line)
{
    char *end = NULL;
    unsigned long number = text[0] >= '1' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
    if (number == 0 || number > LIMIT_RECEIPT_LINES || (*end != '\0' && *end != ':')) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL,
                        "--line: \"%s\" is neither a line's number, from 1 on, nor a number and "
                        "how many come back, such as 3:1.5",
                        text);
    }
    line->line = (uint32_t)number;
    return *end == '\0' ? CLI_OK : basket_read_quantity(cli, end + 1, &line->quantity_milli);
}

static enum cli_exit read_lines(struct cli *cli, struct returned *returned,
                                Talea__V1__ReturnPurchaseRequest *request)
{
    size_t count = cli->args.line_count;
    returned->lines = calloc(count + 1, sizeof returned->lines[0]);
    returned->list = calloc(count + 1, sizeof(void *));
    if (returned->lines == NULL || returned->list == NULL) {
        return cli_fail_err(cli, ERR_RESOURCE, NULL);
    }
    for (size_t i = 0; i < count; i++) {
        talea__v1__returned_line__init(&returned->lines[i]);
        returned->list[i] = &returned->lines[i];
        enum cli_exit outcome = read_line(cli, cli->args.lines[i], &returned->lines[i]);
        if (outcome != CLI_OK) {
            return outcome;
        }
    }
    request->lines = returned->list;
    request->n_lines = count;
    return CLI_OK;
}

enum cli_exit run_return_purchase(struct cli *cli)
{
    CLEANUP(returned_fini) struct returned returned = {NULL, NULL};
    Talea__V1__ReturnPurchaseRequest request;
    talea__v1__return_purchase_request__init(&request);
    const char *id;
    const char *amount = cli_argument(cli, 1);
    enum cli_exit outcome = session_transaction_id(cli, &id);
    if (outcome == CLI_OK) {
        outcome = amounts_read_time(cli, &request.business_unix_ms);
    }
    if (outcome == CLI_OK) {
        outcome = read_lines(cli, &returned, &request);
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
        if (reply->written_off_points != 0) {
            fprintf(cli->out, "lost       %s\n",
                    amounts_points(units, reply->written_off_points, text));
        }
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

/* talea transfer, and what the commands over the AccountService share. */
#include "cli/account.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/selector.h"

const struct argp_option transfer_options[] = {
    {"by", OPT_BY, "CARD|ID", 0, "The pool's member who asks, when FROM is a pool", 0},
    {"receipt", OPT_RECEIPT, "TEXT", 0, "The brand's own number for it", 0},
    TRANSACTION_OPTION,
    {0}};

enum cli_exit account_call(struct cli *cli, const char *method, const ProtobufCMessage *request,
                           ProtobufCMessage **out_reply)
{
    return session_call(cli, &talea__v1__account_service__descriptor, method, request, out_reply);
}

enum cli_exit account_do(struct cli *cli, const char *method, const ProtobufCMessage *request,
                         const char *word, const char *what)
{
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = account_call(cli, method, request, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    fprintf(cli->out, "%-10s %s\n", word, what);
    return CLI_OK;
}

enum cli_exit account_print_points(struct cli *cli, const char *word, int64_t points)
{
    const struct units *units;
    char text[AMOUNT_TEXT_MAX];
    enum cli_exit outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        fprintf(cli->out, "%-10s %s %s\n", word, amounts_points(units, points, text),
                units->points_name);
    }
    return outcome;
}

enum cli_exit account_read_id(struct cli *cli, size_t index, const char *what, const char **out_id)
{
    struct uid uid;
    if (uid_parse(cli_argument(cli, index), &uid) != ERR_OK) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL, "%s: \"%s\" is no UUID", what,
                        cli_argument(cli, index));
    }
    *out_id = cli_argument(cli, index);
    return CLI_OK;
}

static enum cli_exit fill_transfer(struct cli *cli, Talea__V1__TransferRequest *request,
                                   Talea__V1__MemberSelector selectors[3])
{
    const char *id;
    const char *by = cli_option(cli, OPT_BY);
    enum cli_exit outcome = selector_read_text(cli, "FROM", cli_argument(cli, 0), &selectors[0]);
    if (outcome == CLI_OK) {
        outcome = selector_read_text(cli, "TO", cli_argument(cli, 1), &selectors[1]);
    }
    if (outcome == CLI_OK && by != NULL) {
        outcome = selector_read_text(cli, "--by", by, &selectors[2]);
        request->by = &selectors[2];
    }
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome == CLI_OK) {
        outcome = amounts_read_points(cli, "POINTS", cli_argument(cli, 2), &request->points);
    }
    if (outcome == CLI_OK) {
        request->transaction_id = message_text(id);
        request->from = &selectors[0];
        request->to = &selectors[1];
    }
    if (cli_option(cli, OPT_RECEIPT) != NULL) {
        request->receipt = message_text(cli_option(cli, OPT_RECEIPT));
    }
    return outcome;
}

enum cli_exit run_transfer(struct cli *cli)
{
    Talea__V1__TransferRequest request;
    talea__v1__transfer_request__init(&request);
    Talea__V1__MemberSelector selectors[3];
    enum cli_exit outcome = fill_transfer(cli, &request, selectors);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    if (outcome == CLI_OK) {
        outcome = account_call(cli, "Transfer", &request.base, &message);
    }
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__TransferResponse *reply = (const Talea__V1__TransferResponse *)message;
    outcome = account_print_points(cli, "moved", reply->points);
    return outcome == CLI_OK ? selector_print_balance(cli, reply->balance) : outcome;
}

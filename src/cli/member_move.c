/* talea member await, move. */
#include "cli/account.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/selector.h"

const struct argp_option member_await_options[] = {TRANSACTION_OPTION, {0}};

const struct argp_option member_move_options[] = {
    {"to", OPT_TO, "PARTNER", 0, "The brand that is the new home", 0},
    {"card", OPT_CARD, "CARD", 0, "The member's card there", 0},
    TRANSACTION_OPTION,
    {0}};

enum cli_exit run_member_await(struct cli *cli)
{
    Talea__V1__AwaitMoveRequest request;
    talea__v1__await_move_request__init(&request);
    char cards[2][20];
    const char *id;
    enum cli_exit outcome = selector_read_card(cli, 0, cards[0]);
    if (outcome == CLI_OK) {
        outcome = selector_read_card(cli, 1, cards[1]);
    }
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.own_card = cards[0];
    request.card = cards[1];
    return account_do(cli, "AwaitMove", &request.base, "awaited", cards[1]);
}

enum cli_exit run_member_move(struct cli *cli)
{
    Talea__V1__MoveMemberRequest request;
    talea__v1__move_member_request__init(&request);
    char card[20];
    const char *id;
    const char *to = cli_option(cli, OPT_TO);
    const char *new_card = cli_option(cli, OPT_CARD);
    if (to == NULL || new_card == NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help", "needs --to and --card");
    }
    enum cli_exit outcome = selector_read_card(cli, 0, card);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.card = card;
    request.to = message_text(to);
    request.new_card = message_text(new_card);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = account_call(cli, "MoveMember", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    return account_print_points(cli, "moved",
                                ((const Talea__V1__MoveMemberResponse *)message)->points);
}

/* talea member block, unblock, merge, unmerge, erase; card unblock. */
#include <string.h>
#include <talea/v1/back_office.pb-c.h>

#include "cli/account.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/office.h"
#include "cli/selector.h"

const struct argp_option member_block_options[] = {
    SELECTOR_OPTIONS,
    {"reason", OPT_REASON, "CODE", 0, "Why: A to Z, 0 to 9 and _, such as FRAUD", 0},
    TRANSACTION_OPTION,
    {0}};

const struct argp_option member_merge_options[] = {TRANSACTION_OPTION, {0}};

const struct argp_option member_erase_options[] = {
    SELECTOR_OPTIONS,
    {"yes", OPT_YES, NULL, 0, "Do it: it can't be undone", 0},
    TRANSACTION_OPTION,
    {0}};

/* As the command line named it. */
static const char *name_of(const Talea__V1__MemberSelector *selector)
{
    return selector->by_case == TALEA__V1__MEMBER_SELECTOR__BY_CARD        ? selector->card
           : selector->by_case == TALEA__V1__MEMBER_SELECTOR__BY_MEMBER_ID ? selector->member_id
                                                                           : selector->reference;
}

enum cli_exit run_member_block(struct cli *cli)
{
    Talea__V1__BlockMemberRequest request;
    talea__v1__block_member_request__init(&request);
    Talea__V1__MemberSelector member;
    const char *id;
    const char *reason = cli_option(cli, OPT_REASON);
    if (reason == NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help", "needs --reason");
    }
    enum cli_exit outcome = selector_read(cli, &member);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.member = &member;
    request.reason = message_text(reason);
    return account_do(cli, "BlockMember", &request.base, "blocked", name_of(&member));
}

enum cli_exit run_member_unblock(struct cli *cli)
{
    Talea__V1__UnblockMemberRequest request;
    talea__v1__unblock_member_request__init(&request);
    Talea__V1__MemberSelector member;
    const char *id;
    const char *reason = cli_option(cli, OPT_REASON);
    enum cli_exit outcome = selector_read(cli, &member);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.member = &member;
    request.reason = message_text(reason == NULL ? "" : reason);
    return account_do(cli, "UnblockMember", &request.base, "unblocked", name_of(&member));
}

enum cli_exit run_card_unblock(struct cli *cli)
{
    Talea__V1__UnblockCardRequest request;
    talea__v1__unblock_card_request__init(&request);
    char card[20];
    const char *id;
    enum cli_exit outcome = selector_read_card(cli, 0, card);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.card = card;
    return account_do(cli, "UnblockCard", &request.base, "unblocked", card);
}

/* Who it is now, as the node knows; the caller frees the message. */
static enum cli_exit look_up(struct cli *cli, Talea__V1__MemberSelector *selector,
                             ProtobufCMessage **out_message, const Talea__V1__Member **out_member)
{
    Talea__V1__GetMemberRequest request;
    talea__v1__get_member_request__init(&request);
    request.member = selector;
    enum cli_exit outcome = office_call(cli, "GetMember", &request.base, out_message);
    if (outcome == CLI_OK) {
        *out_member = ((const Talea__V1__GetMemberResponse *)*out_message)->member;
    }
    return outcome == CLI_OK && *out_member == NULL
               ? cli_fail(cli, CLI_INTERNAL, "MALFORMED_REPLY", NULL, "the answer has no member")
               : outcome;
}

/* An id as it was given; a card's, as the node knows it. Cards move with a merge, ids don't: so
 * only ids say the same when the command is repeated. */
static enum cli_exit read_party(struct cli *cli, size_t index, const char *name,
                                char out_id[UID_TEXT_MAX], Talea__V1__MemberSelector *out_selector)
{
    enum cli_exit outcome = selector_read_text(cli, name, cli_argument(cli, index), out_selector);
    if (outcome != CLI_OK || out_selector->by_case == TALEA__V1__MEMBER_SELECTOR__BY_MEMBER_ID) {
        return outcome;
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    const Talea__V1__Member *member;
    outcome = look_up(cli, out_selector, &message, &member);
    if (outcome == CLI_OK) {
        snprintf(out_id, UID_TEXT_MAX, "%s", member->member_id);
        out_selector->by_case = TALEA__V1__MEMBER_SELECTOR__BY_MEMBER_ID;
        out_selector->member_id = out_id;
    }
    return outcome;
}

enum cli_exit run_member_merge(struct cli *cli)
{
    Talea__V1__MergeMembersRequest request;
    talea__v1__merge_members_request__init(&request);
    Talea__V1__MemberSelector parties[2];
    char ids[2][UID_TEXT_MAX];
    const char *id;
    enum cli_exit outcome = read_party(cli, 0, "FROM", ids[0], &parties[0]);
    if (outcome == CLI_OK) {
        outcome = read_party(cli, 1, "INTO", ids[1], &parties[1]);
    }
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.from = &parties[0];
    request.into = &parties[1];
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = account_call(cli, "MergeMembers", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__MergeMembersResponse *reply = (const Talea__V1__MergeMembersResponse *)message;
    fprintf(cli->out, "merge      %s\n", reply->merge_id);
    outcome = account_print_points(cli, "moved", reply->points);
    if (outcome == CLI_OK && reply->debt_points != 0) {
        outcome = account_print_points(cli, "debt moved", reply->debt_points);
    }
    fprintf(cli->out, "undo       talea member unmerge %s\n", reply->merge_id);
    return outcome == CLI_OK ? selector_print_balance(cli, reply->balance) : outcome;
}

enum cli_exit run_member_unmerge(struct cli *cli)
{
    Talea__V1__UnmergeMembersRequest request;
    talea__v1__unmerge_members_request__init(&request);
    const char *id;
    const char *merge;
    enum cli_exit outcome = account_read_id(cli, 0, "MERGE", &merge);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.merge_id = message_text(merge);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = account_call(cli, "UnmergeMembers", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    return account_print_points(cli, "moved back",
                                ((const Talea__V1__UnmergeMembersResponse *)message)->points);
}

static enum cli_exit ask_to_confirm(struct cli *cli, const Talea__V1__Member *member)
{
    const struct units *units;
    char points[AMOUNT_TEXT_MAX] = "0";
    enum cli_exit outcome = session_units(cli, &units);
    if (outcome != CLI_OK) {
        return outcome;
    }
    if (member->balance != NULL) {
        amounts_points(units, member->balance->available_points + member->balance->pending_points,
                       points);
    }
    return cli_fail(cli, CLI_USAGE, "NOT_CONFIRMED", "repeat with --yes if that is meant",
                    "this destroys for ever the name \"%s\", the customer number \"%s\" and %s %s "
                    "of member %s, and blocks %zu card%s",
                    member->display_name, member->reference, points, units->points_name,
                    member->member_id, member->n_cards, member->n_cards == 1 ? "" : "s");
}

enum cli_exit run_member_erase(struct cli *cli)
{
    Talea__V1__EraseMemberRequest request;
    talea__v1__erase_member_request__init(&request);
    Talea__V1__MemberSelector selector;
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    const Talea__V1__Member *member;
    const char *id;
    enum cli_exit outcome = selector_read(cli, &selector);
    if (outcome == CLI_OK && cli_option(cli, OPT_YES) == NULL) {
        outcome = look_up(cli, &selector, &message, &member);
        return outcome == CLI_OK ? ask_to_confirm(cli, member) : outcome;
    }
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.member = &selector;
    return account_do(cli, "EraseMember", &request.base, "erased", name_of(&selector));
}

/* talea member add, list, show; card issue, block, check. */
#include <string.h>

#include "cli/amounts.h"
#include "charter/charter_file.h"
#include "cli/commands.h"
#include "cli/consent.h"
#include "cli/message.h"
#include "cli/selector.h"
#include "cli/table.h"
#include "cli/till.h"
#include <talea/v1/back_office.pb-c.h>

const struct argp_option member_add_options[] = {
    {"reference", OPT_REFERENCE, "TEXT", 0, "The brand's own customer number", 0},
    {"name", OPT_NAME, "TEXT", 0, "For the brand's own screens", 0},
    {"birthday", OPT_BIRTHDAY, "DAY", 0, "YYYY-MM-DD or MM-DD", 0},
    {"referrer", OPT_REFERRER, "CARD|ID", 0, "Who brought the member", 0},
    CONSENT_OPTIONS,
    TRANSACTION_OPTION,
    {0}};

const struct argp_option member_list_options[] = {
    {"limit", OPT_LIMIT, "ROWS", 0, "At most so many, by id (default: 50)", 0},
    {"page", OPT_PAGE, "TOKEN", 0, "From where an earlier list ended", 0},
    {0}};

const struct argp_option card_issue_options[] = {SELECTOR_OPTIONS, TRANSACTION_OPTION, {0}};
const struct argp_option card_block_options[] = {TRANSACTION_OPTION, {0}};

enum cli_exit run_member_add(struct cli *cli)
{
    Talea__V1__EnrolRequest request;
    talea__v1__enrol_request__init(&request);
    struct consent_list consents;
    Talea__V1__MemberSelector referrer;
    const char *id;
    enum cli_exit outcome = consent_read(cli, &consents);
    if (outcome == CLI_OK && cli_option(cli, OPT_REFERRER) != NULL) {
        outcome = selector_read_text(cli, "--referrer", cli_option(cli, OPT_REFERRER), &referrer);
        request.referrer = &referrer;
    }
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.language = message_text(consents.language);
    request.consents = consents.at;
    request.n_consents = consents.count;
    if (cli_option(cli, OPT_REFERENCE) != NULL) {
        request.reference = message_text(cli_option(cli, OPT_REFERENCE));
    }
    if (cli_option(cli, OPT_NAME) != NULL) {
        request.display_name = message_text(cli_option(cli, OPT_NAME));
    }
    if (cli_option(cli, OPT_BIRTHDAY) != NULL) {
        request.birthday = message_text(cli_option(cli, OPT_BIRTHDAY));
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = till_call(cli, "Enrol", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__EnrolResponse *reply = (const Talea__V1__EnrolResponse *)message;
    fprintf(cli->out, "member     %s\ncard       %s\n", reply->member_id, reply->card);
    return CLI_OK;
}

static void print_members(struct cli *cli, const struct units *units,
                          const Talea__V1__ListMembersResponse *reply)
{
    static const char *const titles[] = {"member", "reference", "name", "card", ">available"};
    struct table table;
    table_init(&table, titles, 5);
    for (size_t i = 0; i < reply->n_members; i++) {
        const Talea__V1__Member *member = reply->members[i];
        char text[AMOUNT_TEXT_MAX];
        table_cell(&table, "%s", member->member_id);
        table_cell(&table, "%s", member->reference);
        table_cell(&table, "%s", member->display_name);
        table_cell(&table, "%s", member->n_cards == 0 ? "" : member->cards[0]->number);
        table_cell(&table, "%s",
                   member->balance == NULL
                       ? "-"
                       : amounts_points(units, member->balance->available_points, text));
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    if (reply->next_page_token[0] != '\0') {
        fprintf(cli->out, "more: --page %s\n", reply->next_page_token);
    }
}

enum cli_exit run_member_list(struct cli *cli)
{
    Talea__V1__ListMembersRequest request;
    talea__v1__list_members_request__init(&request);
    enum cli_exit outcome = till_read_page(cli, &request.page_size, &request.page_token);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    if (outcome == CLI_OK) {
        outcome = session_call(cli, &talea__v1__back_office_service__descriptor, "ListMembers",
                               &request.base, &message);
    }
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const struct units *units;
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        print_members(cli, units, (const Talea__V1__ListMembersResponse *)message);
    }
    return outcome;
}

static const char *state_name(Talea__V1__MemberState state)
{
    static const char *const names[] = {"?", "active", "blocked", "merged", "erased"};
    return (unsigned)state < sizeof names / sizeof names[0] ? names[state] : names[0];
}

static void print_consents(struct cli *cli, const Talea__V1__Member *member)
{
    if (member->language[0] != '\0') {
        fprintf(cli->out, "language   %s\n", member->language);
    }
    for (size_t i = 0; i < member->n_consents; i++) {
        unsigned channel = (unsigned)member->consents[i]->channel - 1;
        fprintf(cli->out, "%s%s%s", i == 0 ? "written by " : ", ",
                notify_channel_name((enum notify_channel)channel),
                i + 1 == member->n_consents ? "\n" : "");
    }
}

static enum cli_exit print_member(struct cli *cli, const Talea__V1__Member *member)
{
    char time[TIME_TEXT_MAX];
    struct table table;
    static const char *const titles[] = {"card", "state"};
    fprintf(cli->out, "member     %s\nreference  %s\nname       %s\nenrolled   %s UTC\n",
            member->member_id, member->reference, member->display_name,
            amounts_time(member->enrolled_unix_ms, time));
    if (member->state != TALEA__V1__MEMBER_STATE__MEMBER_STATE_UNSPECIFIED) {
        fprintf(cli->out, "state      %s%s\n", state_name(member->state),
                member->is_pool ? " pool" : "");
    }
    if (member->birthday[0] != '\0') {
        fprintf(cli->out, "birthday   %s\n", member->birthday);
    }
    if (member->referrer_id[0] != '\0') {
        fprintf(cli->out, "brought by %s\n", member->referrer_id);
    }
    print_consents(cli, member);
    enum cli_exit outcome = selector_print_balance(cli, member->balance);
    table_init(&table, titles, 2);
    for (size_t i = 0; i < member->n_cards; i++) {
        table_cell(&table, "%s", member->cards[i]->number);
        table_cell(&table, "%s",
                   member->cards[i]->state == TALEA__V1__CARD_STATE__CARD_STATE_BLOCKED ? "blocked"
                                                                                        : "active");
    }
    fputc('\n', cli->out);
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    for (size_t i = 0; i < member->n_pool_ids; i++) {
        fprintf(cli->out, "%s%-10s %s\n", i == 0 ? "\n" : "", i == 0 ? "pools" : "",
                member->pool_ids[i]);
    }
    return outcome;
}

enum cli_exit run_member_show(struct cli *cli)
{
    Talea__V1__GetMemberRequest request;
    talea__v1__get_member_request__init(&request);
    Talea__V1__MemberSelector selector;
    enum cli_exit outcome = selector_read(cli, &selector);
    request.member = &selector;
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    if (outcome == CLI_OK) {
        outcome = session_call(cli, &talea__v1__back_office_service__descriptor, "GetMember",
                               &request.base, &message);
    }
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__GetMemberResponse *reply = (const Talea__V1__GetMemberResponse *)message;
    return reply->member == NULL ? CLI_OK : print_member(cli, reply->member);
}

enum cli_exit run_card_issue(struct cli *cli)
{
    Talea__V1__IssueCardRequest request;
    talea__v1__issue_card_request__init(&request);
    Talea__V1__MemberSelector selector;
    const char *id;
    enum cli_exit outcome = selector_read(cli, &selector);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.member = &selector;
    request.transaction_id = message_text(id);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = till_call(cli, "IssueCard", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    fprintf(cli->out, "card       %s\n", ((const Talea__V1__IssueCardResponse *)message)->card);
    return CLI_OK;
}

enum cli_exit run_card_block(struct cli *cli)
{
    Talea__V1__BlockCardRequest request;
    talea__v1__block_card_request__init(&request);
    char card[20];
    const char *id;
    enum cli_exit outcome = selector_read_card(cli, 0, card);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.card = card;
    request.transaction_id = message_text(id);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = till_call(cli, "BlockCard", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    fprintf(cli->out, "blocked    %s\n", card);
    return CLI_OK;
}

/* The partner whose prefix the card has, by the charter of the home; "" when there is none. */
static void find_home(struct cli *cli, const struct card_number *card, char out[PARTNER_ID_MAX])
{
    const struct node_config *config;
    struct charter *charter;
    out[0] = '\0';
    if (cli_config(cli, &config, NULL) != ERR_OK ||
        charter_load(config->charter.text, &charter, NULL) != ERR_OK) {
        return;
    }
    for (size_t i = 0; i < charter->partner_count; i++) {
        if (card_has_prefix(card, &charter->partners[i].prefix)) {
            snprintf(out, PARTNER_ID_MAX, "%s", charter->partners[i].id.text);
        }
    }
    charter_close(charter);
}

enum cli_exit run_card_check(struct cli *cli)
{
    struct card_number card;
    char home[PARTNER_ID_MAX];
    if (card_number_parse(cli_argument(cli, 0), &card) != ERR_OK) {
        return cli_fail(cli, CLI_REFUSED, "INVALID_INPUT", NULL,
                        "\"%s\" is no card number: needs %d to %d digits, the last a Luhn check "
                        "digit",
                        cli_argument(cli, 0), CARD_DIGITS_MIN, CARD_DIGITS_MAX);
    }
    find_home(cli, &card, home);
    if (cli->is_json) {
        return cli_print_json(cli, json_pack("{s:s, s:s}", "card", card.digits, "home", home));
    }
    fprintf(cli->out, "card       %s\nhome       %s\n", card.digits,
            home[0] == '\0' ? "unknown here" : home);
    return CLI_OK;
}

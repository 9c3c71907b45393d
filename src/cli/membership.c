/* talea membership show, cancel. */
#include <talea/v1/reward.pb-c.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/reward.h"
#include "cli/selector.h"
#include "cli/table.h"

const struct argp_option membership_cancel_options[] = {TRANSACTION_OPTION, {0}};

static void print_memberships(struct cli *cli, const struct units *units,
                              const Talea__V1__ListMembershipsResponse *reply)
{
    static const char *const titles[] = {"membership", "over on",   ">days left",
                                         ">paid",      ">for days", ">back if ended now"};
    struct table table;
    table_init(&table, titles, sizeof titles / sizeof titles[0]);
    for (size_t i = 0; i < reply->n_memberships; i++) {
        const Talea__V1__Membership *row = reply->memberships[i];
        char text[AMOUNT_TEXT_MAX];
        char day[TIME_TEXT_MAX];
        table_cell(&table, "%s", row->name);
        table_cell(&table, "%s", row->until_day == 0 ? "-" : reward_day(row->until_day, day));
        table_cell(&table, "%lld", (long long)row->days_left);
        table_cell(&table, "%s", amount_format(row->paid_minor, units->currency_decimals, text));
        table_cell(&table, "%lld", (long long)row->paid_days);
        table_cell(&table, "%s", amount_format(row->refund_minor, units->currency_decimals, text));
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

enum cli_exit run_membership_show(struct cli *cli)
{
    Talea__V1__ListMembershipsRequest request;
    talea__v1__list_memberships_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    const struct units *units;
    char card[20];
    enum cli_exit outcome = selector_read_card(cli, 0, card);
    if (outcome == CLI_OK) {
        request.card = card;
        outcome = reward_call(cli, "ListMemberships", &request.base, &message);
    }
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        print_memberships(cli, units, (const Talea__V1__ListMembershipsResponse *)message);
    }
    return outcome;
}

enum cli_exit run_membership_cancel(struct cli *cli)
{
    Talea__V1__CancelMembershipRequest request;
    talea__v1__cancel_membership_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    const struct units *units;
    const char *id;
    char card[20];
    enum cli_exit outcome = selector_read_card(cli, 0, card);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome == CLI_OK) {
        request.transaction_id = message_text(id);
        request.card = card;
        request.membership = message_text(cli_argument(cli, 1));
        outcome = reward_call(cli, "CancelMembership", &request.base, &message);
    }
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        char text[AMOUNT_TEXT_MAX];
        const Talea__V1__CancelMembershipResponse *reply =
            (const Talea__V1__CancelMembershipResponse *)message;
        fprintf(cli->out, "to pay back %s %s\n",
                amount_format(reply->refund_minor, units->currency_decimals, text),
                units->currency);
    }
    return outcome;
}

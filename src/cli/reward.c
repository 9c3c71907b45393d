/* talea reward list, redeem, cancel: what points buy. */
#include "cli/reward.h"

#include <talea/v1/reward.pb-c.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/selector.h"
#include "cli/table.h"

const struct argp_option reward_list_options[] = {
    {"card", OPT_CARD, "CARD", 0, "Say whether this card can have them, and if not why", 0}, {0}};
const struct argp_option reward_redeem_options[] = {
    {"time", OPT_TIME, "TIME", 0, "When it was (default: now)", 0},
    {"store", OPT_STORE, "TEXT", 0, "Where it was", 0},
    {"channel", OPT_CHANNEL, "TEXT", 0, "How, such as web", 0},
    TRANSACTION_OPTION,
    {0}};
const struct argp_option reward_cancel_options[] = {TRANSACTION_OPTION, {0}};

enum cli_exit reward_call(struct cli *cli, const char *method, const ProtobufCMessage *request,
                          ProtobufCMessage **out_reply)
{
    return session_call(cli, &talea__v1__reward_service__descriptor, method, request, out_reply);
}

/* "500 points + 2.00 EUR" */
static void table_price(struct table *table, const struct units *units,
                        const Talea__V1__Reward *reward)
{
    const struct {
        int64_t minor;
        unsigned decimals;
        const char *unit;
    } parts[] = {{reward->points, units->points_decimals, units->points_name},
                 {reward->money_minor, units->currency_decimals, units->currency},
                 {reward->takes, units->points_decimals, reward->takes_of}};
    struct note note = {""};
    size_t length = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && length < sizeof note.text; i++) {
        char text[AMOUNT_TEXT_MAX];
        if (parts[i].minor > 0) {
            int written = snprintf(
                note.text + length, sizeof note.text - length, "%s%s %s", length == 0 ? "" : " + ",
                amount_format(parts[i].minor, parts[i].decimals, text), parts[i].unit);
            length += written > 0 ? (size_t)written : 0;
        }
    }
    table_cell(table, "%s", note.text);
}

static void table_for_whom(struct table *table, const Talea__V1__Reward *row)
{
    struct note note = {""};
    size_t length = 0;
    char *const *const lists[] = {row->tiers, row->segments};
    const size_t counts[] = {row->n_tiers, row->n_segments};
    for (size_t l = 0; l < 2; l++) {
        for (size_t i = 0; i < counts[l] && length < sizeof note.text; i++) {
            int written = snprintf(note.text + length, sizeof note.text - length, "%s%s",
                                   length == 0 ? "" : ", ", lists[l][i]);
            length += written > 0 ? (size_t)written : 0;
        }
    }
    table_cell(table, "%s", length == 0 ? "all" : note.text);
}

static void print_rewards(struct cli *cli, const struct units *units,
                          const Talea__V1__ListRewardsResponse *reply)
{
    static const char *const titles[] = {"reward", "price", ">left", "for", "now"};
    bool is_asked = cli_option(cli, OPT_CARD) != NULL;
    struct table table;
    table_init(&table, titles, is_asked ? 5 : 4);
    for (size_t i = 0; i < reply->n_rewards; i++) {
        const Talea__V1__Reward *row = reply->rewards[i];
        table_cell(&table, "%s", row->name);
        table_price(&table, units, row);
        if (row->stock_left < 0) {
            table_cell(&table, "-");
        } else {
            table_cell(&table, "%lld", (long long)row->stock_left);
        }
        table_for_whom(&table, row);
        if (is_asked) {
            table_cell(&table, "%s", row->is_available ? "yes" : row->reason);
        }
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

enum cli_exit run_reward_list(struct cli *cli)
{
    Talea__V1__ListRewardsRequest request;
    talea__v1__list_rewards_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    const struct units *units;
    if (cli_option(cli, OPT_CARD) != NULL) {
        request.card = message_text(cli_option(cli, OPT_CARD));
    }
    enum cli_exit outcome = reward_call(cli, "ListRewards", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        print_rewards(cli, units, (const Talea__V1__ListRewardsResponse *)message);
    }
    return outcome;
}

const char *reward_day(int64_t day, char out_text[TIME_TEXT_MAX])
{
    struct civil civil = civil_of_day(day);
    snprintf(out_text, TIME_TEXT_MAX, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
    return out_text;
}

void reward_print_items(struct cli *cli, const struct units *units,
                        Talea__V1__GivenItem *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const Talea__V1__GivenItem *item = items[i];
        char text[AMOUNT_TEXT_MAX];
        char day[TIME_TEXT_MAX];
        fprintf(cli->out, "given      %lld %s", (long long)item->count, item->item);
        if (item->worth_minor > 0) {
            amount_format(item->worth_minor, units->currency_decimals, text);
            fprintf(cli->out, ", worth %s %s", text, units->currency);
        }
        if (item->until_local_ms > 0) {
            fprintf(cli->out, ", over on %s", reward_day(item->until_local_ms / DAY_MS, day));
        }
        fputc('\n', cli->out);
        if (item->card != NULL) {
            fprintf(cli->out, "  number   %s\n  PIN      %s\n", item->card->number,
                    item->card->pin);
        }
    }
}

static void print_redeemed(struct cli *cli, const struct units *units,
                           const Talea__V1__RedeemRewardResponse *reply)
{
    char text[AMOUNT_TEXT_MAX];
    fprintf(cli->out, "spent      %s %s\n", amounts_points(units, reply->spent_points, text),
            units->points_name);
    if (reply->due_minor > 0) {
        fprintf(cli->out, "to pay     %s %s\n",
                amount_format(reply->due_minor, units->currency_decimals, text), units->currency);
    }
    reward_print_items(cli, units, reply->items, reply->n_items);
    if (reply->earned_points > 0) {
        fprintf(cli->out, "earned     %s %s\n", amounts_points(units, reply->earned_points, text),
                units->points_name);
    }
    fprintf(cli->out, "home       %s\n", reply->home);
    fprintf(cli->out, "redemption %s\n", reply->redemption_id);
}

static enum cli_exit fill_redeem(struct cli *cli, Talea__V1__RedeemRewardRequest *request,
                                 char card[20])
{
    const char *id;
    enum cli_exit outcome = selector_read_card(cli, 0, card);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome == CLI_OK) {
        outcome = amounts_read_time(cli, &request->business_unix_ms);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request->transaction_id = message_text(id);
    request->card = card;
    request->reward = message_text(cli_argument(cli, 1));
    if (cli_option(cli, OPT_STORE) != NULL) {
        request->store = message_text(cli_option(cli, OPT_STORE));
    }
    if (cli_option(cli, OPT_CHANNEL) != NULL) {
        request->channel = message_text(cli_option(cli, OPT_CHANNEL));
    }
    return CLI_OK;
}

enum cli_exit run_reward_redeem(struct cli *cli)
{
    Talea__V1__RedeemRewardRequest request;
    talea__v1__redeem_reward_request__init(&request);
    char card[20];
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    const struct units *units;
    enum cli_exit outcome = fill_redeem(cli, &request, card);
    if (outcome == CLI_OK) {
        outcome = reward_call(cli, "RedeemReward", &request.base, &message);
    }
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__RedeemRewardResponse *reply = (const Talea__V1__RedeemRewardResponse *)message;
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        print_redeemed(cli, units, reply);
        outcome = selector_print_balance(cli, reply->balance);
    }
    return outcome;
}

enum cli_exit run_reward_cancel(struct cli *cli)
{
    Talea__V1__CancelRewardRequest request;
    talea__v1__cancel_reward_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    const struct units *units;
    const char *id;
    enum cli_exit outcome = session_transaction_id(cli, &id);
    if (outcome == CLI_OK) {
        request.transaction_id = message_text(id);
        request.redemption_id = message_text(cli_argument(cli, 0));
        outcome = reward_call(cli, "CancelReward", &request.base, &message);
    }
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        const Talea__V1__CancelRewardResponse *reply =
            (const Talea__V1__CancelRewardResponse *)message;
        char text[AMOUNT_TEXT_MAX];
        fprintf(cli->out, "given back %s %s\n", amounts_points(units, reply->returned_points, text),
                units->points_name);
        if (reply->due_back_minor > 0) {
            fprintf(cli->out, "to pay back %s %s\n",
                    amount_format(reply->due_back_minor, units->currency_decimals, text),
                    units->currency);
        }
    }
    return outcome;
}

/* talea block: blocks of points that a partner pays in advance: sell, accept, list, show. */
#include <stdlib.h>
#include <string.h>

#include <talea/v1/back_office.pb-c.h>

#include "base/file.h"
#include "base/limits.h"
#include "clearing/block.h"
#include "cli/account.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/office.h"
#include "cli/selector.h"
#include "cli/table.h"
#include "cli/till.h"

const struct argp_option block_sell_options[] = {
    {"points", OPT_POINTS, "POINTS", 0, "How many", 0},
    {"tariff", OPT_TARIFF, "ID", 0, "The charter's prepaid tariff that prices them", 0},
    {"until", OPT_UNTIL, "TIME", 0, "When it ends: earns of before then draw from it", 0},
    {"from", OPT_FROM, "TIME", 0, "Earns of then and later draw from it (default: all)", 0},
    {"accept-by", OPT_WITHIN, "TIME", 0, "When the offer ends (default: in 14 days)", 0},
    {"only", OPT_ONLY, NULL, 0,
     "The buyer's earns that it has no points for are refused, not given at the usual price", 0},
    {"out", OPT_OUT, "FILE", 0,
     "Also write the signed offer, for a buyer whose node can't be reached; must not exist", 0},
    TRANSACTION_OPTION,
    {0}};

const struct argp_option block_accept_options[] = {TRANSACTION_OPTION, {0}};

const struct argp_option block_list_options[] = {
    {"all", OPT_ALL, NULL, 0, "Also those that are over or declined", 0}, {0}};

const struct argp_option block_show_options[] = {
    {"out", OPT_OUT, "FILE", 0, "Write the signed offer again; must not exist", 0}, {0}};

static const char *state_word(const Talea__V1__Block *block)
{
    return block_state_name((enum block_state)block->state);
}

static void print_block(struct cli *cli, const struct units *units, const Talea__V1__Block *block)
{
    char text[AMOUNT_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    fprintf(cli->out, "block      %s, %s%s\n", block->block_id, state_word(block),
            block->is_low ? ", LOW" : "");
    fprintf(cli->out, "seller     %s\nbuyer      %s\n", block->seller, block->buyer);
    fprintf(cli->out, "points     %s %s at tariff %u\n", amounts_points(units, block->points, text),
            units->points_name, block->tariff);
    fprintf(cli->out, "left       %s\n", amounts_points(units, block->left_points, text));
    fprintf(cli->out, "empty      earns %s\n",
            block->refuses_when_empty ? "are refused" : "come under the usual tariff");
    if (block->offered_until_unix_ms != 0) {
        fprintf(cli->out, "accept by  %s UTC\n", amounts_time(block->offered_until_unix_ms, time));
    }
    fprintf(cli->out, "from       %s UTC\n", amounts_time(block->valid_from_unix_ms, time));
    fprintf(cli->out, "until      %s UTC\n", amounts_time(block->valid_until_unix_ms, time));
}

/* ---- Sell ---- */

/* A whole number of an option. */
static enum cli_exit read_number(struct cli *cli, enum option_key key, const char *name,
                                 unsigned long max, unsigned long *out_number)
{
    const char *text = cli_option(cli, key);
    char *end = NULL;
    if (text == NULL) {
        return CLI_OK;
    }
    *out_number = strtoul(text, &end, 10);
    if (*end != '\0' || text[0] == '-' || *out_number == 0 || *out_number > max) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL,
                        "%s: \"%s\" is no number from 1 to %lu", name, text, max);
    }
    return CLI_OK;
}

static enum cli_exit read_terms(struct cli *cli, Talea__V1__SellBlockRequest *request)
{
    unsigned long tariff = 0;
    if (cli_option(cli, OPT_POINTS) == NULL || cli_option(cli, OPT_TARIFF) == NULL ||
        cli_option(cli, OPT_UNTIL) == NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help",
                        "needs --points, --tariff and --until");
    }
    enum cli_exit outcome =
        amounts_read_points(cli, "--points", cli_option(cli, OPT_POINTS), &request->points);
    if (outcome == CLI_OK) {
        outcome = read_number(cli, OPT_TARIFF, "--tariff", UINT32_MAX, &tariff);
    }
    if (outcome == CLI_OK) {
        outcome =
            amounts_read_time_of(cli, OPT_WITHIN, "--accept-by", &request->offered_until_unix_ms);
    }
    if (outcome == CLI_OK) {
        outcome = amounts_read_time_of(cli, OPT_UNTIL, "--until", &request->valid_until_unix_ms);
    }
    if (outcome == CLI_OK) {
        outcome = amounts_read_time_of(cli, OPT_FROM, "--from", &request->valid_from_unix_ms);
    }
    request->tariff = (uint32_t)tariff;
    request->refuses_when_empty = cli_option(cli, OPT_ONLY) != NULL;
    return outcome;
}

/* The block, and the offer into --out where there is one. */
static enum cli_exit fetch(struct cli *cli, const char *id, ProtobufCMessage **out_reply)
{
    Talea__V1__GetBlockRequest request;
    struct note note = {""};
    talea__v1__get_block_request__init(&request);
    request.block_id = message_text(id);
    enum cli_exit outcome = office_call(cli, "GetBlock", &request.base, out_reply);
    const char *path = cli_option(cli, OPT_OUT);
    if (outcome != CLI_OK || path == NULL) {
        return outcome;
    }
    const Talea__V1__GetBlockResponse *reply = (const Talea__V1__GetBlockResponse *)*out_reply;
    if (reply->offer.len == 0) {
        return cli_fail(cli, CLI_REFUSED, "BLOCK_NOT_OPEN", NULL,
                        "block %s is not on offer by this brand", id);
    }
    enum err err =
        file_create(path, FILE_PUBLIC, slice_of(reply->offer.data, reply->offer.len), &note);
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

static enum cli_exit show(struct cli *cli, const char *id, const char *advice)
{
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = fetch(cli, id, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const struct units *units;
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        print_block(cli, units, ((const Talea__V1__GetBlockResponse *)message)->block);
        fprintf(cli->out, "%s", advice);
    }
    return outcome;
}

enum cli_exit run_block_sell(struct cli *cli)
{
    Talea__V1__SellBlockRequest request;
    const char *id;
    talea__v1__sell_block_request__init(&request);
    request.buyer = message_text(cli_argument(cli, 0));
    enum cli_exit outcome = read_terms(cli, &request);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = office_call(cli, "SellBlock", &request.base, &message);
    return outcome == CLI_OK
               ? show(cli, ((const Talea__V1__SellBlockResponse *)message)->block_id,
                      "next       the buyer's node shows it: talea block list, talea block accept "
                      "BLOCK\n")
               : outcome;
}

enum cli_exit run_block_withdraw(struct cli *cli)
{
    Talea__V1__WithdrawBlockRequest request;
    const char *block;
    const char *id;
    talea__v1__withdraw_block_request__init(&request);
    enum cli_exit outcome = account_read_id(cli, 1, "BLOCK", &block);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.block_id = message_text(block);
    request.buyer = message_text(cli_argument(cli, 0));
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = office_call(cli, "WithdrawBlock", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    fprintf(cli->out, "withdrawn  block %s\n", block);
    return CLI_OK;
}

/* ---- Accept ---- */

/* A block that the seller's node has shown, by its id; or the file with the offer. */
static enum cli_exit read_offer(struct cli *cli, Talea__V1__BuyBlockRequest *request,
                                struct buffer *offer)
{
    const char *argument = cli_argument(cli, 0);
    struct note note = {""};
    struct uid id;
    if (uid_parse(argument, &id) == ERR_OK) {
        request->block_id = message_text(argument);
        return CLI_OK;
    }
    enum err err = file_read(argument, FILE_PUBLIC, LIMIT_SIGNED_BYTES, offer, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    request->offer = (ProtobufCBinaryData){offer->length, offer->at};
    return CLI_OK;
}

enum cli_exit run_block_accept(struct cli *cli)
{
    Talea__V1__BuyBlockRequest request;
    const char *id;
    CLEANUP(buffer_fini) struct buffer offer = {0};
    talea__v1__buy_block_request__init(&request);
    enum cli_exit outcome = read_offer(cli, &request, &offer);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = office_call(cli, "BuyBlock", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__BuyBlockResponse *reply = (const Talea__V1__BuyBlockResponse *)message;
    char text[AMOUNT_TEXT_MAX];
    const struct units *units;
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        fprintf(cli->out, "bought     %s %s of %s, block %s\n",
                amounts_points(units, reply->points, text), units->points_name, reply->seller,
                reply->block_id);
        fprintf(cli->out, "next       it is drawn from when %s's receipt is here\n", reply->seller);
    }
    return outcome;
}

/* ---- Look ---- */

enum cli_exit run_block_list(struct cli *cli)
{
    static const char *const titles[] = {"block", "seller", "buyer",   "state",    ">points",
                                         ">left", "",       ">tariff", "until UTC"};
    Talea__V1__ListBlocksRequest request;
    talea__v1__list_blocks_request__init(&request);
    request.with_ended = cli_option(cli, OPT_ALL) != NULL;
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = office_call(cli, "ListBlocks", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__ListBlocksResponse *reply = (const Talea__V1__ListBlocksResponse *)message;
    const struct units *units;
    outcome = session_units(cli, &units);
    if (outcome != CLI_OK) {
        return outcome;
    }
    struct table table;
    table_init(&table, titles, 9);
    for (size_t i = 0; i < reply->n_blocks; i++) {
        const Talea__V1__Block *block = reply->blocks[i];
        char text[AMOUNT_TEXT_MAX];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%s", block->block_id);
        table_cell(&table, "%s", block->seller);
        table_cell(&table, "%s", block->buyer);
        table_cell(&table, "%s", state_word(block));
        table_cell(&table, "%s", amounts_points(units, block->points, text));
        table_cell(&table, "%s", amounts_points(units, block->left_points, text));
        table_cell(&table, "%s", block->is_low ? "LOW" : "");
        table_cell(&table, "%u", block->tariff);
        table_cell(&table, "%s", amounts_time(block->valid_until_unix_ms, time));
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    return CLI_OK;
}

enum cli_exit run_block_show(struct cli *cli)
{
    const char *id;
    enum cli_exit outcome = account_read_id(cli, 0, "BLOCK", &id);
    return outcome == CLI_OK ? show(cli, id, "") : outcome;
}

/* talea promotion: points that several brands pay for, what is left of them, and who paid what. */
#include <stdlib.h>
#include <string.h>

#include <talea/v1/back_office.pb-c.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/office.h"
#include "cli/table.h"

static void print_list(struct cli *cli, const struct units *units,
                       const Talea__V1__ListPromotionsResponse *reply)
{
    static const char *const titles[] = {"promotion", "name",    "shop",   "from UTC",
                                         "until UTC", ">budget", ">given", ">left"};
    char text[AMOUNT_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    struct table table;
    table_init(&table, titles, 8);
    for (size_t i = 0; i < reply->n_promotions; i++) {
        const Talea__V1__PromotionStatus *row = reply->promotions[i];
        table_cell(&table, "%u", row->promotion);
        table_cell(&table, "%s", row->name);
        table_cell(&table, "%s", row->shop);
        table_cell(&table, "%.10s", amounts_time(row->valid_from_unix_ms, time));
        table_cell(&table, "%.10s", amounts_time(row->valid_until_unix_ms, time));
        table_cell(&table, "%s", amounts_points(units, row->given_points + row->left_points, text));
        table_cell(&table, "%s", amounts_points(units, row->given_points, text));
        table_cell(&table, "%s", amounts_points(units, row->left_points, text));
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static void print_parts(struct cli *cli, const struct units *units,
                        const Talea__V1__PromotionStatus *row)
{
    static const char *const titles[] = {"paid by", ">share",    ">budget", ">of given",
                                         ">paid",   ">not told", ">refused"};
    char text[AMOUNT_TEXT_MAX];
    struct table table;
    table_init(&table, titles, 7);
    for (size_t i = 0; i < row->n_parts; i++) {
        const Talea__V1__PromotionFunding *part = row->parts[i];
        const int64_t figures[] = {part->share_points, part->funded_points, part->untold_points,
                                   part->refused_points};
        table_cell(&table, "%s", part->partner);
        table_cell(&table, "%s %%", amount_format(part->share_bp, 2, text));
        table_cell(&table, "%s", amounts_points(units, part->budget_points, text));
        for (size_t k = 0; k < 4; k++) {
            table_cell(&table, "%s",
                       part->is_known ? amounts_points(units, figures[k], text) : "?");
        }
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static void print_one(struct cli *cli, const struct units *units,
                      const Talea__V1__PromotionStatus *row)
{
    char text[AMOUNT_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    fprintf(cli->out, "promotion  %u, %s\nshop       %s\n", row->promotion, row->name, row->shop);
    fprintf(cli->out, "from       %s UTC\n", amounts_time(row->valid_from_unix_ms, time));
    fprintf(cli->out, "until      %s UTC\n", amounts_time(row->valid_until_unix_ms, time));
    fprintf(cli->out, "budget     %s %s in all", amounts_points(units, row->budget_points, text),
            units->points_name);
    fprintf(cli->out, ", %s for one purchase at most\n",
            amounts_points(units, row->per_purchase_points, text));
    fprintf(cli->out, "given      %s", amounts_points(units, row->given_points, text));
    fprintf(cli->out, ", left %s\n\n", amounts_points(units, row->left_points, text));
    print_parts(cli, units, row);
}

static enum cli_exit ask(struct cli *cli, uint32_t promotion, ProtobufCMessage **out_message)
{
    Talea__V1__ListPromotionsRequest request;
    talea__v1__list_promotions_request__init(&request);
    request.promotion = promotion;
    return office_call(cli, "ListPromotions", &request.base, out_message);
}

enum cli_exit run_promotion_list(struct cli *cli)
{
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    const struct units *units;
    enum cli_exit outcome = ask(cli, 0, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        print_list(cli, units, (const Talea__V1__ListPromotionsResponse *)message);
    }
    return outcome;
}

static enum cli_exit read_number(struct cli *cli, uint32_t *out_promotion)
{
    const char *text = cli_argument(cli, 0);
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '1' || text[0] > '9' || *end != '\0' || number > UINT32_MAX) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "talea promotion list",
                        "\"%s\" is no promotion's number", text);
    }
    *out_promotion = (uint32_t)number;
    return CLI_OK;
}

enum cli_exit run_promotion_show(struct cli *cli)
{
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    const struct units *units;
    uint32_t promotion = 0;
    enum cli_exit outcome = read_number(cli, &promotion);
    outcome = outcome == CLI_OK ? ask(cli, promotion, &message) : outcome;
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    outcome = session_units(cli, &units);
    const Talea__V1__ListPromotionsResponse *reply =
        (const Talea__V1__ListPromotionsResponse *)message;
    if (outcome == CLI_OK && reply->n_promotions == 1) {
        print_one(cli, units, reply->promotions[0]);
    }
    return outcome;
}

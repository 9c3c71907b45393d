/* talea mandate: what may be burned without asking the card's home, given and held. */
#include <string.h>

#include <talea/v1/back_office.pb-c.h>

#include "cli/account.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/office.h"
#include "cli/table.h"

static const char *state_word(Talea__V1__MandateState state)
{
    switch (state) {
    case TALEA__V1__MANDATE_STATE__MANDATE_STATE_UPCOMING:
        return "upcoming";
    case TALEA__V1__MANDATE_STATE__MANDATE_STATE_LIVE:
        return "live";
    case TALEA__V1__MANDATE_STATE__MANDATE_STATE_ENDED:
        return "ended";
    case TALEA__V1__MANDATE_STATE__MANDATE_STATE_UNSPECIFIED:
    case _TALEA__V1__MANDATE_STATE_IS_INT_SIZE:
        break;
    }
    return "?";
}

static void print_row(struct table *table, const struct units *units,
                      const Talea__V1__MandateRow *row)
{
    char text[AMOUNT_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    table_cell(table, "%s", row->mandate_id);
    table_cell(table, "%s", row->home);
    table_cell(table, "%s", row->redeemer);
    table_cell(table, "%s", state_word(row->state));
    table_cell(table, "%s", amounts_points(units, row->floor_points, text));
    table_cell(table, "%s", amounts_points(units, row->daily_cap_points, text));
    table_cell(table, "%s", amounts_points(units, row->used_points, text));
    table_cell(table, "%llu", (unsigned long long)row->burns);
    table_cell(table, "%s", amounts_time(row->valid_until_unix_ms, time));
}

static void print_list(struct cli *cli, const struct units *units,
                       const Talea__V1__ListMandatesResponse *reply)
{
    static const char *const titles[] = {"mandate", "home",  "redeemer", "state",    ">floor",
                                         ">cap",    ">used", ">burns",   "until UTC"};
    char text[AMOUNT_TEXT_MAX];
    struct table table;
    table_init(&table, titles, 9);
    for (size_t i = 0; i < reply->n_mandates; i++) {
        print_row(&table, units, reply->mandates[i]);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    fprintf(cli->out, "\nexposure   %s %s: partners' tills may burn so much without asking us\n",
            amounts_points(units, reply->exposure_points, text), units->points_name);
    fprintf(cli->out, "allowance  %s %s: our tills may burn so much without asking them\n",
            amounts_points(units, reply->allowance_points, text), units->points_name);
}

enum cli_exit run_mandate_list(struct cli *cli)
{
    Talea__V1__ListMandatesRequest request;
    talea__v1__list_mandates_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = office_call(cli, "ListMandates", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const struct units *units;
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        print_list(cli, units, (const Talea__V1__ListMandatesResponse *)message);
    }
    return outcome;
}

enum cli_exit run_mandate_show(struct cli *cli)
{
    Talea__V1__GetMandateRequest request;
    talea__v1__get_mandate_request__init(&request);
    const char *id;
    enum cli_exit outcome = account_read_id(cli, 0, "MANDATE", &id);
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.mandate_id = message_text(id);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = office_call(cli, "GetMandate", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const struct units *units;
    outcome = session_units(cli, &units);
    if (outcome != CLI_OK) {
        return outcome;
    }
    const Talea__V1__MandateRow *row = ((const Talea__V1__GetMandateResponse *)message)->mandate;
    char text[AMOUNT_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    fprintf(cli->out, "mandate    %s, %s\n", row->mandate_id, state_word(row->state));
    fprintf(cli->out, "home       %s\nredeemer   %s\n", row->home, row->redeemer);
    fprintf(cli->out, "floor      %s %s for one burn\n",
            amounts_points(units, row->floor_points, text), units->points_name);
    fprintf(cli->out, "cap        %s for all\n",
            amounts_points(units, row->daily_cap_points, text));
    fprintf(cli->out, "used       %s by %llu burns\n",
            amounts_points(units, row->used_points, text), (unsigned long long)row->burns);
    fprintf(cli->out, "valid from %s UTC\n", amounts_time(row->valid_from_unix_ms, time));
    fprintf(cli->out, "until      %s UTC\n", amounts_time(row->valid_until_unix_ms, time));
    return CLI_OK;
}

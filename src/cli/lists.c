/* talea list create, show, list: static lists of members, which segments of the programme ask for.
 */
#include <errno.h>
#include <string.h>
#include <talea/v1/back_office.pb-c.h>

#include "cli/amounts.h"
#include "cli/audience.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/office.h"
#include "cli/progress.h"
#include "cli/selector.h"
#include "cli/table.h"
#include "receipts/rows.h"

const struct argp_option list_create_options[] = {TRANSACTION_OPTION, {0}};
const struct argp_option audience_options[] = {
    {"out", OPT_OUT, "FILE", 0, "Write them to a new CSV file", 0}, {0}};

enum cli_exit run_list_create(struct cli *cli)
{
    Talea__V1__CreateListRequest request;
    talea__v1__create_list_request__init(&request);
    const char *id;
    enum cli_exit outcome = session_transaction_id(cli, &id);
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.list = message_text(cli_argument(cli, 0));
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = office_call(cli, "CreateList", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    fprintf(cli->out, "made       %s\n", cli_argument(cli, 0));
    return CLI_OK;
}

enum cli_exit run_list_list(struct cli *cli)
{
    static const char *const titles[] = {"list", "created UTC", ">members"};
    Talea__V1__ListListsRequest request;
    talea__v1__list_lists_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = office_call(cli, "ListLists", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__ListListsResponse *reply = (const Talea__V1__ListListsResponse *)message;
    struct table table;
    char time[TIME_TEXT_MAX];
    table_init(&table, titles, sizeof titles / sizeof titles[0]);
    for (size_t i = 0; i < reply->n_lists; i++) {
        const Talea__V1__StaticList *row = reply->lists[i];
        table_cell(&table, "%s", row->list);
        table_cell(&table, "%s", amounts_time(row->created_unix_ms, time));
        if (row->is_counted) {
            table_cell(&table, "%llu", (unsigned long long)row->members);
        } else {
            table_cell(&table, "-");
        }
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    if (reply->counted_unix_ms != 0) {
        fprintf(cli->out, "counted %s UTC\n", amounts_time(reply->counted_unix_ms, time));
    }
    return CLI_OK;
}

/* ---- Who is in it ---- */

struct audience_reading {
    struct cli *cli;
    FILE *out; /* the file, or standard output */
    json_t *rows;
    uint64_t members;
};

static void write_row(struct audience_reading *reading, const char *member, const char *card)
{
    CLEANUP(buffer_fini) struct buffer record = {0};
    const struct slice fields[] = {slice_of(member, strlen(member)), slice_of(card, strlen(card))};
    row_write(&record, fields, 2, ',', '"');
    write_u8(&record, '\n');
    fwrite(record.at, 1, record.length, reading->out);
}

static void take_page(struct audience_reading *reading,
                      const Talea__V1__ListAudienceResponse *reply)
{
    for (size_t i = 0; i < reply->n_members; i++) {
        const Talea__V1__AudienceMember *row = reply->members[i];
        if (reading->rows != NULL) {
            json_array_append_new(reading->rows, json_pack("{s:s, s:s}", "member_id",
                                                           row->member_id, "card", row->card));
        } else {
            write_row(reading, row->member_id, row->card);
        }
    }
    reading->members += reply->n_members;
}

static enum cli_exit read_pages(struct audience_reading *reading,
                                Talea__V1__ListAudienceRequest *request)
{
    struct cli *cli = reading->cli;
    char token[64] = "";
    do {
        CLEANUP(message_release) ProtobufCMessage *message = NULL;
        request->page_token = token;
        enum cli_exit outcome = office_call(cli, "ListAudience", &request->base, &message);
        if (outcome != CLI_OK) {
            return outcome;
        }
        const Talea__V1__ListAudienceResponse *reply =
            (const Talea__V1__ListAudienceResponse *)message;
        take_page(reading, reply);
        snprintf(token, sizeof token, "%s", reply->next_page_token);
    } while (token[0] != '\0');
    return CLI_OK;
}

enum cli_exit audience_print(struct cli *cli, Talea__V1__ListAudienceRequest *request)
{
    const char *path = cli_option(cli, OPT_OUT);
    struct audience_reading reading = {.cli = cli, .out = cli->out};
    if (path != NULL && (reading.out = fopen(path, "wxe")) == NULL) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL, "--out: %s: %s", path,
                        strerror(errno));
    }
    if (cli->is_json && path == NULL) {
        reading.rows = json_array();
    } else {
        write_row(&reading, "member", "card");
    }
    enum cli_exit outcome = read_pages(&reading, request);
    if (path != NULL && fclose(reading.out) != 0 && outcome == CLI_OK) {
        outcome =
            cli_fail(cli, CLI_INTERNAL, "STORAGE_FAILED", NULL, "%s: %s", path, strerror(errno));
    }
    if (outcome != CLI_OK) {
        json_decref(reading.rows);
        return outcome;
    }
    if (reading.rows != NULL) {
        return cli_print_json(cli, json_pack("{s:o}", "members", reading.rows));
    }
    if (path != NULL) {
        fprintf(cli->out, "%llu members in %s\n", (unsigned long long)reading.members, path);
    }
    return CLI_OK;
}

enum cli_exit run_list_show(struct cli *cli)
{
    Talea__V1__ListAudienceRequest request;
    talea__v1__list_audience_request__init(&request);
    request.of_case = TALEA__V1__LIST_AUDIENCE_REQUEST__OF_LIST;
    request.list = message_text(cli_argument(cli, 0));
    return audience_print(cli, &request);
}

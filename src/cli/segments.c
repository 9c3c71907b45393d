/* talea segment list, members, show, refresh: who is in which segment of the node's programme. */
#include <string.h>
#include <talea/v1/back_office.pb-c.h>

#include "base/waiting.h"
#include "cli/amounts.h"
#include "cli/audience.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/office.h"
#include "cli/progress.h"
#include "cli/selector.h"
#include "cli/table.h"

const struct argp_option segment_show_options[] = {SELECTOR_OPTIONS, {0}};

#define WAIT_MS 200

static enum cli_exit list_segments(struct cli *cli, ProtobufCMessage **out_message)
{
    Talea__V1__ListSegmentsRequest request;
    talea__v1__list_segments_request__init(&request);
    return office_call(cli, "ListSegments", &request.base, out_message);
}

static enum cli_exit print_segments(struct cli *cli, const ProtobufCMessage *message)
{
    static const char *const titles[] = {"segment", ">members"};
    const Talea__V1__ListSegmentsResponse *reply = (const Talea__V1__ListSegmentsResponse *)message;
    struct table table;
    char time[TIME_TEXT_MAX];
    bool is_counted = reply->counted_unix_ms != 0;
    if (cli->is_json) {
        return session_print_json(cli, message);
    }
    table_init(&table, titles, sizeof titles / sizeof titles[0]);
    for (size_t i = 0; i < reply->n_segments; i++) {
        table_cell(&table, "%s", reply->segments[i]->segment);
        if (is_counted) {
            table_cell(&table, "%llu", (unsigned long long)reply->segments[i]->members);
        } else {
            table_cell(&table, "-");
        }
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    if (is_counted) {
        fprintf(cli->out, "of %llu members, counted %s UTC\n", (unsigned long long)reply->members,
                amounts_time(reply->counted_unix_ms, time));
    } else {
        fprintf(cli->out, "not counted yet: %llu members so far\n",
                (unsigned long long)reply->looked_at);
    }
    return CLI_OK;
}

enum cli_exit run_segment_list(struct cli *cli)
{
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = list_segments(cli, &message);
    return outcome == CLI_OK ? print_segments(cli, message) : outcome;
}

/* Waits for the end, and says how far it is meanwhile. */
enum cli_exit run_segment_refresh(struct cli *cli)
{
    Talea__V1__RefreshSegmentsRequest request;
    talea__v1__refresh_segments_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *begun = NULL;
    enum cli_exit outcome = office_call(cli, "RefreshSegments", &request.base, &begun);
    struct progress progress;
    progress_begin(&progress, cli, "members");
    while (outcome == CLI_OK) {
        CLEANUP(message_release) ProtobufCMessage *message = NULL;
        outcome = list_segments(cli, &message);
        const Talea__V1__ListSegmentsResponse *reply =
            (const Talea__V1__ListSegmentsResponse *)message;
        if (outcome == CLI_OK && !reply->is_counting) {
            progress_end(&progress);
            return print_segments(cli, message);
        }
        if (outcome == CLI_OK && reply->members > 0) {
            progress_show(&progress, reply->looked_at, reply->members);
        }
        pause_ms(WAIT_MS);
    }
    progress_end(&progress);
    return outcome;
}

enum cli_exit run_segment_members(struct cli *cli)
{
    Talea__V1__ListAudienceRequest request;
    talea__v1__list_audience_request__init(&request);
    request.of_case = TALEA__V1__LIST_AUDIENCE_REQUEST__OF_SEGMENT;
    request.segment = message_text(cli_argument(cli, 0));
    return audience_print(cli, &request);
}

/* Of so many decimals. */
static void print_number(struct cli *cli, int64_t number, uint32_t decimals)
{
    char text[AMOUNT_TEXT_MAX];
    fputs(amount_format(number, decimals, text), cli->out);
}

static void print_reason(struct cli *cli, const Talea__V1__SegmentReason *row)
{
    fprintf(cli->out, row->is_in ? "+ %s" : "- %-24s ", row->segment);
    if (!row->is_in && row->metric[0] != '\0') {
        bool is_below = strcmp(row->reason, "metric_below") == 0;
        fprintf(cli->out, "%s is ", row->metric);
        if (row->has == INT64_MAX) {
            fputs("not there yet", cli->out);
        } else {
            print_number(cli, row->has, row->decimals);
        }
        fputs(is_below ? ", less than " : ", not less than ", cli->out);
        print_number(cli, row->wants, row->decimals);
    } else if (!row->is_in && row->other[0] != '\0') {
        fprintf(cli->out, "decided by the segment %s", row->other);
    } else if (!row->is_in) {
        fputs("on none of its lists", cli->out);
    }
    fputc('\n', cli->out);
}

enum cli_exit run_segment_show(struct cli *cli)
{
    Talea__V1__ShowSegmentsRequest request;
    talea__v1__show_segments_request__init(&request);
    Talea__V1__MemberSelector selector;
    enum cli_exit outcome = selector_read(cli, &selector);
    request.member = &selector;
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    if (outcome == CLI_OK) {
        outcome = office_call(cli, "ShowSegments", &request.base, &message);
    }
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__ShowSegmentsResponse *reply = (const Talea__V1__ShowSegmentsResponse *)message;
    for (size_t i = 0; i < reply->n_segments; i++) {
        print_reason(cli, reply->segments[i]);
    }
    return CLI_OK;
}

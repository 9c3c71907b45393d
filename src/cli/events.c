/* talea events: the journal's rows as JSON lines. With --follow it goes on for ever, over restarts
 * of the node: it asks again from the row after the last one it printed. */
#include <string.h>
#include <talea/v1/admin.pb-c.h>
#include <talea/v1/ledger.pb-c.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/pb_json.h"
#include "cli/session.h"

#define PAUSE_FIRST_MS 100
#define PAUSE_LAST_MS  2000
#define NEXT_ROW       INT64_C(-1)

const struct argp_option events_options[] = {
    {"from", OPT_FROM, "ROW", 0,
     "The first row: 0 or 1 for the first there is (default: 0, with --follow the next that comes)",
     0},
    {"follow", OPT_FOLLOW, NULL, 0, "Go on with each new row, also over restarts of the node", 0},
    {0}};

struct watching {
    struct cli *cli;
    bool is_following;
    uint64_t next_row;
    uint64_t end_row; /* without --follow: the first row that is not printed */
    bool is_at_end;
    bool is_failed; /* the output can't be written */
};

static void print_event(struct watching *watching, const Talea__V1__Event *event)
{
    json_t *value = pb_json(&event->base);
    FILE *out = watching->cli->out;
    if (value == NULL || json_dumpf(value, out, JSON_COMPACT) != 0 || fputc('\n', out) == EOF) {
        watching->is_failed = true;
    }
    json_decref(value);
}

/* What comes twice after a break is printed once. */
static void take(struct watching *watching, const Talea__V1__WatchEventsResponse *response)
{
    for (size_t i = 0; i < response->n_events && !watching->is_failed; i++) {
        const Talea__V1__Event *event = response->events[i];
        bool is_wanted = event->journal_row >= watching->next_row &&
                         (watching->end_row == 0 || event->journal_row < watching->end_row);
        if (is_wanted) {
            print_event(watching, event);
        }
    }
    if (fflush(watching->cli->out) != 0) {
        watching->is_failed = true;
    }
    if (response->next_row > watching->next_row) {
        watching->next_row = response->next_row;
    }
    watching->is_at_end = watching->end_row != 0 && watching->next_row >= watching->end_row;
}

static struct rpc_status watch(struct watching *watching)
{
    Talea__V1__WatchEventsRequest request;
    talea__v1__watch_events_request__init(&request);
    struct rpc_client_stream *stream;
    const ProtobufCMessage *message;
    request.from_row = watching->next_row;
    enum err err = rpc_client_stream_open(
        watching->cli->client, &talea__v1__ledger_service__descriptor, "WatchEvents", 0, &stream);
    if (err != ERR_OK) {
        return rpc_status_of(err, NULL);
    }
    err = rpc_client_stream_send(stream, &request.base);
    err = err == ERR_OK ? rpc_client_stream_half_close(stream) : err;
    while (err == ERR_OK && !watching->is_at_end && !watching->is_failed) {
        err = rpc_client_stream_receive(stream, 0, &message);
        if (err == ERR_OK) {
            take(watching, (const Talea__V1__WatchEventsResponse *)(const void *)message);
        }
    }
    if (err == ERR_OK) {
        rpc_client_stream_cancel(stream);
    }
    struct rpc_status status = rpc_client_stream_close(stream);
    return watching->is_at_end || watching->is_failed ? rpc_status_ok() : status;
}

static void pause_ms(int64_t ms)
{
    struct timespec pause = {ms / 1000, (ms % 1000) * 1000000};
    while (nanosleep(&pause, &pause) != 0) {
    }
}

/* The node is away, or was too busy: later it may be there again. */
static bool is_worth_repeating(const struct rpc_status *status)
{
    return status->code == 14 || status->code == 1 || status->code == 8;
}

static enum cli_exit follow(struct watching *watching)
{
    int64_t pause = PAUSE_FIRST_MS;
    for (;;) {
        uint64_t before = watching->next_row;
        struct rpc_status status = watch(watching);
        if (watching->is_failed) {
            return cli_fail(watching->cli, CLI_INTERNAL, "STORAGE_FAILED", NULL,
                            "can't write the output");
        }
        if (status.code == 0) {
            return CLI_OK;
        }
        if (!watching->is_following || !is_worth_repeating(&status)) {
            return cli_fail_status(watching->cli, &status);
        }
        pause = watching->next_row > before ? PAUSE_FIRST_MS : pause;
        pause_ms(pause);
        pause = 2 * pause > PAUSE_LAST_MS ? PAUSE_LAST_MS : 2 * pause;
    }
}

/* The row after the last one that there is now. */
static enum cli_exit find_end(struct cli *cli, uint64_t *out_end_row)
{
    Talea__V1__GetStatusRequest request;
    talea__v1__get_status_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = session_call(cli, &talea__v1__admin_service__descriptor, "GetStatus",
                                         &request.base, &message);
    if (outcome == CLI_OK) {
        *out_end_row = ((const Talea__V1__GetStatusResponse *)message)->journal_rows + 1;
    }
    return outcome;
}

enum cli_exit run_events(struct cli *cli)
{
    struct watching watching = {.cli = cli, .is_following = cli_option(cli, OPT_FOLLOW) != NULL};
    struct note note = {""};
    int64_t from;
    enum err err = args_number(&cli->args, OPT_FROM, "from", 0, INT64_MAX,
                               watching.is_following ? NEXT_ROW : 0, &from, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    /* To the node 0 is the next row that comes, and 1 the first there is. */
    watching.next_row = from == NEXT_ROW ? 0 : from == 0 ? 1 : (uint64_t)from;
    enum cli_exit outcome = session_open(cli);
    if (outcome == CLI_OK && !watching.is_following) {
        outcome = find_end(cli, &watching.end_row);
    }
    /* A row further on is none that this journal had: the node says so. */
    bool is_nothing = watching.end_row != 0 && watching.next_row == watching.end_row;
    return outcome == CLI_OK && !is_nothing ? follow(&watching) : outcome;
}

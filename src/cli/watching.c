#include "cli/watching.h"

#include <talea/v1/admin.pb-c.h>

#include "base/waiting.h"
#include "cli/message.h"

#define PAUSE_FIRST_MS 100
#define PAUSE_LAST_MS  2000

/* What comes twice after a break is taken once. */
static void take(struct watching *watching, const Talea__V1__WatchEventsResponse *response)
{
    for (size_t i = 0; i < response->n_events && !watching->is_over; i++) {
        const Talea__V1__Event *event = response->events[i];
        bool is_wanted = event->journal_row >= watching->next_row &&
                         (watching->end_row == 0 || event->journal_row < watching->end_row);
        if (is_wanted && !watching->take(watching->context, event)) {
            watching->is_over = true;
        }
    }
    if (watching->flush != NULL && !watching->flush(watching->context)) {
        watching->is_over = true;
    }
    if (response->next_row > watching->next_row) {
        watching->next_row = response->next_row;
    }
    if (watching->end_row != 0 && watching->next_row >= watching->end_row) {
        watching->is_over = true;
    }
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
    err = rpc_client_stream_ask(stream, &request.base);
    while (err == ERR_OK && !watching->is_over) {
        err = rpc_client_stream_receive(stream, 0, &message);
        if (err == ERR_OK) {
            take(watching, (const Talea__V1__WatchEventsResponse *)(const void *)message);
        }
    }
    if (err == ERR_OK) {
        rpc_client_stream_cancel(stream);
    }
    struct rpc_status status = rpc_client_stream_close(stream);
    return watching->is_over ? rpc_status_ok() : status;
}

/* The node is away, or was too busy: later it may be there again. */
static bool is_worth_repeating(const struct rpc_status *status)
{
    return status->code == 14 || status->code == 1 || status->code == 8;
}

enum cli_exit watch_events(struct watching *watching)
{
    int64_t pause = PAUSE_FIRST_MS;
    bool is_endless = watching->end_row == 0;
    if (!is_endless && watching->next_row == watching->end_row) {
        return CLI_OK; /* a row further on is none that this journal had: the node says so */
    }
    for (;;) {
        uint64_t before = watching->next_row;
        struct rpc_status status = watch(watching);
        if (status.code == 0) {
            return CLI_OK;
        }
        if (!is_endless || !is_worth_repeating(&status)) {
            return cli_fail_status(watching->cli, &status);
        }
        pause = watching->next_row > before ? PAUSE_FIRST_MS : pause;
        pause_ms(pause);
        pause = 2 * pause > PAUSE_LAST_MS ? PAUSE_LAST_MS : 2 * pause;
    }
}

enum cli_exit watch_find_end(struct cli *cli, uint64_t *out_end_row)
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

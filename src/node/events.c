/* WatchEvents: what the journal says, to those who may know.
 *
 * A watcher reads the journal batch by batch, each in a read of its own, and holds one message at a
 * time: one that takes its time slows down nobody but itself.
 */
#include <stdlib.h>

#include "ledger/batch.h"
#include "node/event_message.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"

#define LOOK_UP_MS    500u  /* how soon a cancel or a stop is seen */
#define KEEP_ALIVE_MS 10000 /* an empty message after so much silence */

struct watch {
    struct node *node;
    struct rpc_stream *stream;
    struct buffer batch; /* of the journal, a copy; empty when none is kept */
    struct batch_view view;
    struct arena arena;
    uint64_t next_row;
    int64_t silent_ms;
    Talea__V1__Event *events[LIMIT_EVENTS];
};

static enum err send_events(struct watch *watch, size_t count)
{
    Talea__V1__WatchEventsResponse response;
    talea__v1__watch_events_response__init(&response);
    response.events = watch->events;
    response.n_events = count;
    response.next_row = watch->next_row;
    watch->silent_ms = 0;
    return rpc_stream_send(watch->stream, &response.base);
}

/* The record of the next row, out of the batch that holds it. */
static enum err read_next(struct watch *watch, struct record *out_record)
{
    const struct journal *journal = &watch->node->journal;
    const struct batch_view *view = &watch->view;
    struct slice bytes;
    uint64_t row = watch->next_row;
    uint64_t first_row;
    bool is_kept =
        watch->batch.length > 0 && row >= view->first_row && row - view->first_row < view->count;
    if (!is_kept) {
        buffer_clear(&watch->batch);
        TRY(journal->read(journal->context, row, &first_row, &watch->batch));
        TRY(batch_open(buffer_slice(&watch->batch), &watch->view));
        if (row < view->first_row || row - view->first_row >= view->count) {
            return ERR_CORRUPT;
        }
    }
    TRY(batch_record_sound(view, (uint32_t)(row - view->first_row), &bytes));
    TRY(record_decode(bytes, out_record));
    return out_record->row == row ? ERR_OK : ERR_CORRUPT;
}

/* What is durable, as much as one message holds. */
static enum err send_some(struct watch *watch, uint64_t last_row)
{
    size_t count = 0;
    arena_reset(&watch->arena);
    while (watch->next_row <= last_row && count < LIMIT_EVENTS &&
           watch->arena.used < LIMIT_EVENTS_BYTES) {
        struct record record;
        TRY(read_next(watch, &record));
        TRY(event_message(&watch->arena, &record, &watch->events[count]));
        count++;
        watch->next_row++;
    }
    return send_events(watch, count);
}

/* While there is nothing to read, the last batch needn't be kept. */
static enum err wait_for_more(struct watch *watch)
{
    buffer_fini(&watch->batch);
    watch->batch = (struct buffer){0};
    while (!event_gate_wait(&watch->node->events, watch->next_row, LOOK_UP_MS)) {
        if (rpc_stream_is_cancelled(watch->stream)) {
            return ERR_CANCELLED;
        }
        if (rpc_stream_is_draining(watch->stream)) {
            return ERR_UNAVAILABLE;
        }
        watch->silent_ms += LOOK_UP_MS;
        if (watch->silent_ms >= KEEP_ALIVE_MS) {
            TRY(send_events(watch, 0));
        }
    }
    return ERR_OK;
}

static enum err follow(struct watch *watch)
{
    TRY(send_events(watch, 0));
    for (;;) {
        uint64_t last_row = atomic_load(&watch->node->events.last_row);
        if (watch->next_row > last_row) {
            TRY(wait_for_more(watch));
        } else if (rpc_stream_is_draining(watch->stream)) {
            return ERR_UNAVAILABLE;
        } else {
            TRY(send_some(watch, last_row));
        }
    }
}

/* Where to begin; a refusal when there is no such row. */
static struct rpc_status begin(struct watch *watch, uint64_t from_row)
{
    struct record record;
    uint64_t end = atomic_load(&watch->node->events.last_row) + 1;
    watch->next_row = from_row == 0 ? end : from_row;
    if (watch->next_row > end) {
        return rpc_status_make(11, "ROW_UNKNOWN", "The journal's next row is %llu, not %llu.",
                               (unsigned long long)end, (unsigned long long)watch->next_row);
    }
    enum err err = watch->next_row == end ? ERR_OK : read_next(watch, &record);
    if (err == ERR_NOT_FOUND) {
        return rpc_status_make(11, "JOURNAL_TRIMMED", "The journal no longer has row %llu.",
                               (unsigned long long)watch->next_row);
    }
    return err == ERR_OK ? rpc_status_ok() : rpc_status_of(err, NULL);
}

static struct rpc_status run(struct watch *watch)
{
    const ProtobufCMessage *message;
    enum err err = rpc_stream_receive(watch->stream, &message);
    if (err != ERR_OK) {
        return rpc_status_of(err, NULL);
    }
    struct rpc_status status =
        begin(watch, ((const Talea__V1__WatchEventsRequest *)(const void *)message)->from_row);
    if (status.code != 0) {
        return status;
    }
    err = follow(watch);
    return err == ERR_UNAVAILABLE
               ? rpc_status_make(14, "UNAVAILABLE",
                                 "The node stops: go on from the last next_row later.")
               : rpc_status_of(err, NULL);
}

struct rpc_status ledger_watch_events(void *context, struct rpc_stream *stream)
{
    struct node *node = context;
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        return rpc_status_of(ERR_RESOURCE, NULL);
    }
    if (!event_gate_enter(&node->events)) {
        free(watch);
        return rpc_status_make(8, "TOO_MANY_STREAMS", "%u watch already.", LIMIT_EVENT_WATCHERS);
    }
    watch->node = node;
    watch->stream = stream;
    arena_init(&watch->arena, LIMIT_DECODED_BYTES);
    struct rpc_status status = run(watch);
    buffer_fini(&watch->batch);
    arena_fini(&watch->arena);
    event_gate_leave(&node->events);
    free(watch);
    return status;
}

/* What happens, as it happens: talea/ledger.h. */
#include <talea/ledger.h>
#include <talea/v1/ledger.pb-c.h>

#include "base/clock.h"
#include "base/ident.h"
#include "base/waiting.h"
#include "client/client.h"
#include "client/refusal.h"

#define PAUSE_MS 200

const char *refusal_name(Talea__V1__Refusal refusal)
{
    if (refusal == TALEA__V1__REFUSAL__REFUSAL_UNSPECIFIED) {
        return NULL;
    }
    const ProtobufCEnumValue *row =
        protobuf_c_enum_descriptor_get_value(&talea__v1__refusal__descriptor, (int)refusal);
    return row == NULL ? "UNKNOWN" : row->name + sizeof "REFUSAL_" - 1;
}

const char *event_kind_name(Talea__V1__EventKind kind)
{
    const ProtobufCEnumValue *row =
        protobuf_c_enum_descriptor_get_value(&talea__v1__event_kind__descriptor, (int)kind);
    return row == NULL ? "?" : row->name + sizeof "EVENT_KIND_" - 1;
}

void talea_id_v7(unsigned char out_id[TALEA_ID_BYTES])
{
    char text[TALEA_UUID_SIZE];
    talea_uuid_v7(text);
    (void)talea_id_parse(text, out_id); /* it is one */
}

int talea_id_parse(const char *text, unsigned char out_id[TALEA_ID_BYTES])
{
    struct uid uid;
    if (text == NULL || uid_parse(text, &uid) != ERR_OK) {
        return TALEA_INVALID_ARGUMENT;
    }
    for (size_t i = 0; i < TALEA_ID_BYTES; i++) {
        out_id[i] = uid.bytes[i];
    }
    return TALEA_OK;
}

void talea_id_format(const unsigned char id[TALEA_ID_BYTES], char out_text[TALEA_UUID_SIZE])
{
    struct uid uid;
    for (size_t i = 0; i < TALEA_ID_BYTES; i++) {
        uid.bytes[i] = id[i];
    }
    uid_format(&uid, out_text);
}

struct watching {
    struct talea_client *client;
    talea_on_event *on_event;
    void *context;
    uint64_t next_row;
    bool is_heard; /* the node answered on this call */
    bool is_ended; /* by the callback */
};

static bool give(struct watching *watching, const Talea__V1__Event *event)
{
    struct talea_event out = {.journal_row = event->journal_row,
                              .kind = (int)event->kind,
                              .kind_name = event_kind_name(event->kind),
                              .refusal = refusal_name(event->refusal),
                              .recorded_unix_ms = event->recorded_unix_ms,
                              .business_unix_ms = event->business_unix_ms,
                              .transaction_id = event->transaction_id,
                              .member_id = event->member_id,
                              .card = event->card,
                              .home = event->home,
                              .receipt = event->receipt,
                              .points = event->points,
                              .left_points = event->left_points,
                              .debt_points = event->debt_points};
    watching->next_row = event->journal_row + 1;
    return watching->on_event(watching->context, &out) != 0;
}

/* What comes twice after a break is given once. */
static void take(struct watching *watching, const Talea__V1__WatchEventsResponse *response)
{
    watching->is_heard = true;
    for (size_t i = 0; i < response->n_events && !watching->is_ended; i++) {
        if (response->events[i]->journal_row >= watching->next_row) {
            watching->is_ended = give(watching, response->events[i]);
        }
    }
    if (!watching->is_ended && response->next_row > watching->next_row) {
        watching->next_row = response->next_row;
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
        watching->client->rpc, &talea__v1__ledger_service__descriptor, "WatchEvents", 0, &stream);
    if (err != ERR_OK) {
        return rpc_status_of(err, NULL);
    }
    err = rpc_client_stream_ask(stream, &request.base);
    while (err == ERR_OK && !watching->is_ended) {
        err = rpc_client_stream_receive(stream, 0, &message);
        if (err == ERR_OK) {
            take(watching, (const Talea__V1__WatchEventsResponse *)(const void *)message);
        }
    }
    if (watching->is_ended) {
        rpc_client_stream_cancel(stream);
    }
    return rpc_client_stream_close(stream);
}

int talea_watch_events(struct talea_client *client, uint64_t from_row, int64_t patience_ms,
                       talea_on_event *on_event, void *context, uint64_t *out_next_row,
                       struct talea_error *error)
{
    struct watching watching = {
        .client = client, .on_event = on_event, .context = context, .next_row = from_row};
    struct rpc_status status = rpc_status_ok();
    int64_t away_since = clock_ms();
    do {
        watching.is_heard = false;
        status = watch(&watching);
        away_since = watching.is_heard ? clock_ms() : away_since;
        pause_ms(watching.is_ended ? 0 : PAUSE_MS);
    } while (!watching.is_ended &&
             (status.code == TALEA_UNAVAILABLE || status.code == TALEA_CANCELLED) &&
             clock_ms() - away_since < patience_ms);
    *out_next_row = watching.next_row;
    return watching.is_ended ? TALEA_OK
                             : client_fail(error, status.code, status.reason, status.message);
}

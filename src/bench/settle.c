/* A pair of nodes closes a period, as `talea bench settle` times it. */
#include <stdlib.h>

#include <talea/v1/admin.pb-c.h>
#include <talea/v1/back_office.pb-c.h>

#include "base/clock.h"
#include "bench/measure.h"
#include "bench/peer.h"
#include "bench/serving.h"
#include "bench/settle.h"
#include "crypto/random.h"

#define CALL_MS     30000
#define POLL_US     2000
#define PATIENCE_NS UINT64_C(120000000000)
#define WATCH_US    2000
#define UNRECEIPTED 200000

static enum err open_period(struct rpc_client *client, uint32_t *out_period, struct note *note)
{
    Talea__V1__GetStatusRequest request;
    ProtobufCMessage *reply = NULL;
    talea__v1__get_status_request__init(&request);
    struct rpc_status status = rpc_client_call(client, &talea__v1__admin_service__descriptor,
                                               "GetStatus", &request.base, CALL_MS, &reply);
    if (status.code != 0) {
        return note_set(note, ERR_UNAVAILABLE, "a node does not answer: %s", status.message);
    }
    *out_period = ((const Talea__V1__GetStatusResponse *)(const void *)reply)->open_period;
    protobuf_c_message_free_unpacked(reply, NULL);
    return ERR_OK;
}

static enum err close_at(struct rpc_client *client, uint32_t period, struct note *note)
{
    Talea__V1__ClosePeriodRequest request;
    ProtobufCMessage *reply = NULL;
    struct random_source random = random_system();
    struct clock_port clock = clock_of_system();
    struct uid id = uid_new(&random, clock_now(&clock));
    char text[UID_TEXT_MAX];
    talea__v1__close_period_request__init(&request);
    request.transaction_id = (char *)(uintptr_t)uid_format(&id, text);
    request.period = period;
    struct rpc_status status = rpc_client_call(client, &talea__v1__back_office_service__descriptor,
                                               "ClosePeriod", &request.base, CALL_MS, &reply);
    if (status.code != 0) {
        return note_set(note, ERR_UNAVAILABLE, "a period can't be closed: %s", status.message);
    }
    protobuf_c_message_free_unpacked(reply, NULL);
    return ERR_OK;
}

static enum err is_agreed(struct rpc_client *client, uint32_t period, bool *out_is_agreed,
                          struct note *note)
{
    Talea__V1__ListPeriodsRequest request;
    ProtobufCMessage *reply = NULL;
    talea__v1__list_periods_request__init(&request);
    request.period = period;
    struct rpc_status status = rpc_client_call(client, &talea__v1__back_office_service__descriptor,
                                               "ListPeriods", &request.base, CALL_MS, &reply);
    if (status.code != 0) {
        return note_set(note, ERR_UNAVAILABLE, "a node does not answer: %s", status.message);
    }
    const Talea__V1__ListPeriodsResponse *list =
        (const Talea__V1__ListPeriodsResponse *)(const void *)reply;
    *out_is_agreed = list->n_pairs == 1 &&
                     list->pairs[0]->state == TALEA__V1__PERIOD_STATE__PERIOD_STATE_MATCHED;
    protobuf_c_message_free_unpacked(reply, NULL);
    return ERR_OK;
}

static enum err wait_agreed(struct rpc_client *client, uint32_t period, uint64_t begun,
                            struct note *note)
{
    for (;;) {
        bool is_there;
        TRY(is_agreed(client, period, &is_there, note));
        if (is_there) {
            return ERR_OK;
        }
        if (measure_ns() - begun > PATIENCE_NS) {
            return note_set(note, ERR_DEADLINE, "the period is not agreed");
        }
        pair_pause_us(POLL_US);
    }
}

/* Both end their half; both have both signatures. */
static enum err close_both(struct bench *bench, struct rpc_client *home, struct settled *settled)
{
    struct rpc_client *shop = bench->pair.client;
    TRY(open_period(shop, &settled->period.code, bench->note));
    uint64_t begun = measure_ns();
    TRY(close_at(shop, settled->period.code, bench->note));
    TRY(close_at(home, settled->period.code, bench->note));
    TRY(wait_agreed(shop, settled->period.code, begun, bench->note));
    TRY(wait_agreed(home, settled->period.code, begun, bench->note));
    settled->close_ns = measure_ns() - begun;
    settled->node_bytes = pair_memory(&bench->pair);
    return ERR_OK;
}

static enum err fill(struct bench *bench)
{
    const struct peer_bulk bulk = {.commands = bench->sizes.members[LEDGER_MEDIUM],
                                   .unreceipted = UNRECEIPTED};
    struct watch watch;
    uint64_t *begun_ns = NULL;
    uint64_t batches;
    TRY(watch_start(&watch, &bench->pair, WATCH_US));
    enum err err = peer_bulk_send(bench, &bulk, &watch, &begun_ns, &batches);
    watch_fini(&watch);
    free(begun_ns);
    return err == ERR_OK ? pair_settle(&bench->pair, bench->note) : err;
}

static enum err settle(struct bench *bench, struct settled *settled)
{
    struct ledger *ledger = &bench->ledgers[LEDGER_MEDIUM];
    struct rpc_client *home;
    struct pair *pair;
    TRY(pair_of(bench, &pair));
    TRY(fill(bench));
    TRY(serving_connect(&ledger->home, "back-office", &home, bench->note));
    enum err err = close_both(bench, home, settled);
    rpc_client_close(home);
    return err;
}

enum err settled_of(struct bench *bench, struct settled **out_settled)
{
    if (bench->settled == NULL) {
        struct settled *settled = calloc(1, sizeof *settled);
        enum err err = settled == NULL ? ERR_RESOURCE : settle(bench, settled);
        if (err != ERR_OK) {
            free(settled);
            return err;
        }
        bench->settled = settled;
    }
    *out_settled = bench->settled;
    return ERR_OK;
}

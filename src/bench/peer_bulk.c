/* Purchases in bulk: batches on one stream to the shop's node, whose entries go on in its stream to
 * the home. */
#include <stdlib.h>

#include "bench/batch_call.h"
#include "bench/measure.h"
#include "bench/peer.h"

#define ON_THE_WAY  4u
#define BATCHES_MAX 4096u
#define PAUSE_US    200

struct bulk {
    const struct peer_bulk *plan;
    struct ledger *ledger;
    struct watch *watch;
    struct rpc_client_stream *stream;
    struct draw draw;
    struct batch_call *calls[ON_THE_WAY];
    uint64_t *begun_ns; /* of each batch */
    uint64_t base;      /* the last entry before */
    uint64_t until_ns;
    uint64_t sent; /* batches; likewise the next */
    uint64_t answered;
};

static bool is_enough(const struct bulk *bulk)
{
    uint64_t commands = bulk->plan->commands;
    return bulk->sent == BATCHES_MAX || (commands > 0 ? bulk->sent * BATCH_CALL_COMMANDS >= commands
                                                      : measure_ns() >= bulk->until_ns);
}

static bool has_room(const struct bulk *bulk)
{
    uint64_t receipted = atomic_load(&bulk->watch->receipted);
    uint64_t after = bulk->base + (bulk->sent + 1) * BATCH_CALL_COMMANDS;
    return bulk->plan->unreceipted == 0 || atomic_load(&bulk->watch->is_over) ||
           after <= (receipted > bulk->base ? receipted : bulk->base) + bulk->plan->unreceipted;
}

static enum err send_one(struct bulk *bulk)
{
    struct batch_call *call = bulk->calls[bulk->sent % ON_THE_WAY];
    batch_call_fill(call, bulk->ledger, &bulk->draw);
    bulk->begun_ns[bulk->sent++] = measure_ns();
    return rpc_client_stream_send(bulk->stream, batch_call_stream_request(call));
}

static enum err receive_one(struct bulk *bulk, struct note *note)
{
    const ProtobufCMessage *message;
    TRY(rpc_client_stream_receive(bulk->stream, 0, &message));
    const Talea__V1__ExecuteStreamResponse *answer =
        (const Talea__V1__ExecuteStreamResponse *)(const void *)message;
    bulk->answered++;
    size_t refused = batch_call_refused(answer->answers, answer->n_answers);
    return refused == 0 ? ERR_OK
                        : note_set(note, ERR_INTERNAL, "%zu purchases were refused", refused);
}

static enum err send_all(struct bulk *bulk, struct note *note)
{
    while (!is_enough(bulk)) {
        if (bulk->sent - bulk->answered == ON_THE_WAY) {
            TRY(receive_one(bulk, note));
        } else if (has_room(bulk)) {
            TRY(send_one(bulk));
        } else if (bulk->sent > bulk->answered) {
            TRY(receive_one(bulk, note));
        } else {
            pair_pause_us(PAUSE_US);
        }
        if (bulk->watch->err != ERR_OK) {
            return ERR_UNAVAILABLE;
        }
    }
    while (bulk->sent > bulk->answered) {
        TRY(receive_one(bulk, note));
    }
    return rpc_client_stream_half_close(bulk->stream);
}

static enum err make_room(struct bulk *bulk)
{
    bulk->begun_ns = calloc(BATCHES_MAX, sizeof *bulk->begun_ns);
    if (bulk->begun_ns == NULL) {
        return ERR_RESOURCE;
    }
    for (unsigned i = 0; i < ON_THE_WAY; i++) {
        bulk->calls[i] = batch_call_create(BATCH_CALL_EARNS);
        if (bulk->calls[i] == NULL) {
            return ERR_RESOURCE;
        }
    }
    return ERR_OK;
}

static enum err run(struct bench *bench, struct bulk *bulk)
{
    struct pair_progress before;
    struct note *note = bench->note;
    TRY(make_room(bulk));
    TRY(pair_progress(&bench->pair, &before, note));
    TRY(rpc_client_stream_open(bench->pair.client, &talea__v1__ledger_service__descriptor,
                               "ExecuteStream", 0, &bulk->stream));
    bulk->base = before.sent;
    bulk->until_ns = measure_ns() + bulk->plan->ms * UINT64_C(1000000);
    enum err err = send_all(bulk, note);
    struct rpc_status status = rpc_client_stream_close(bulk->stream);
    if (err != ERR_OK && status.code != 0) {
        return note_set(note, err, "a stream failed: %s (%s)", status.message, status.reason);
    }
    return err;
}

enum err peer_bulk_send(struct bench *bench, const struct peer_bulk *plan, struct watch *watch,
                        uint64_t **out_begun_ns, uint64_t *out_batches)
{
    struct bulk bulk = {.plan = plan,
                        .ledger = &bench->ledgers[LEDGER_MEDIUM],
                        .watch = watch,
                        .draw = {measure_ns()}};
    enum err err = run(bench, &bulk);
    for (unsigned i = 0; i < ON_THE_WAY; i++) {
        batch_call_destroy(bulk.calls[i]);
    }
    if (err != ERR_OK) {
        free(bulk.begun_ns);
        return err;
    }
    *out_begun_ns = bulk.begun_ns;
    *out_batches = bulk.sent;
    return ERR_OK;
}

/* ExecuteBatch: one batch a call. */
#include "node/batch.h"
#include "node/requests.h"
#include "node/services.h"

static void answer_call(struct errand *errand)
{
    struct batch_room *room = (struct batch_room *)(void *)errand; /* its first field */
    if (room->err != ERR_OK) {
        refuse_err(room->call, room->err, NULL);
    } else {
        Talea__V1__ExecuteBatchResponse response;
        talea__v1__execute_batch_response__init(&response);
        response.answers = batch_answer(room);
        response.n_answers = room->count;
        rpc_call_reply(room->call, &response.base);
    }
    batch_rooms_give(room->node->batches, room);
}

/* On the engine's thread. */
static void call_done(void *context, const struct outcome *outcome)
{
    struct batch_room *room = context;
    room->err = outcome->err;
    replier_put(room->node->replier, &room->errand);
}

void ledger_execute_batch(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ExecuteBatchRequest *request =
        (const Talea__V1__ExecuteBatchRequest *)(const void *)message;
    struct batch_said said = {request->commands, request->n_commands, request->is_linked != 0};
    if (!batch_fits(&said)) {
        struct rpc_status status = batch_refusal(&said);
        rpc_call_refuse(call, &status);
        return;
    }
    struct batch_room *room = batch_rooms_take(node->batches);
    if (room == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return;
    }
    room->errand.run = answer_call;
    room->call = call;
    batch_read(room, rpc_call_identity(call), &said);
    enum err err = batch_submit(room, call_done, room);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        batch_rooms_give(node->batches, room);
    }
}

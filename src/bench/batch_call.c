#include "bench/batch_call.h"

#include <stdlib.h>

#define AMOUNT_MINOR 1250

struct ids {
    struct uid transaction;
    struct uid from;
    struct uid to;
};

struct batch_call {
    enum batch_call_kind kind;
    Talea__V1__ExecuteBatchRequest request;
    Talea__V1__ExecuteStreamRequest stream_request;
    Talea__V1__BatchCommand *pointers[BATCH_CALL_COMMANDS];
    Talea__V1__BatchCommand commands[BATCH_CALL_COMMANDS];
    Talea__V1__BatchTransfer transfers[BATCH_CALL_COMMANDS];
    Talea__V1__BatchEarn earns[BATCH_CALL_COMMANDS];
    struct ids ids[BATCH_CALL_COMMANDS];
    struct card_number cards[BATCH_CALL_COMMANDS];
};

static ProtobufCBinaryData bytes_of(struct uid *id)
{
    return (ProtobufCBinaryData){sizeof id->bytes, id->bytes};
}

static void make_transfer(struct batch_call *call, size_t i)
{
    Talea__V1__BatchTransfer *transfer = &call->transfers[i];
    talea__v1__batch_transfer__init(transfer);
    transfer->from_id = bytes_of(&call->ids[i].from);
    transfer->to_id = bytes_of(&call->ids[i].to);
    transfer->points = 1;
    call->commands[i].command_case = TALEA__V1__BATCH_COMMAND__COMMAND_TRANSFER;
    call->commands[i].transfer = transfer;
}

static void make_earn(struct batch_call *call, size_t i)
{
    Talea__V1__BatchEarn *earn = &call->earns[i];
    talea__v1__batch_earn__init(earn);
    earn->card = call->cards[i].digits;
    earn->amount_minor = AMOUNT_MINOR;
    call->commands[i].command_case = TALEA__V1__BATCH_COMMAND__COMMAND_EARN;
    call->commands[i].earn = earn;
}

struct batch_call *batch_call_create(enum batch_call_kind kind)
{
    struct batch_call *call = calloc(1, sizeof *call);
    if (call == NULL) {
        return NULL;
    }
    call->kind = kind;
    for (size_t i = 0; i < BATCH_CALL_COMMANDS; i++) {
        Talea__V1__BatchCommand *command = &call->commands[i];
        talea__v1__batch_command__init(command);
        command->transaction_id = bytes_of(&call->ids[i].transaction);
        if (kind == BATCH_CALL_EARNS) {
            make_earn(call, i);
        } else {
            make_transfer(call, i);
        }
        call->pointers[i] = command;
    }
    talea__v1__execute_batch_request__init(&call->request);
    talea__v1__execute_stream_request__init(&call->stream_request);
    call->request.commands = call->stream_request.commands = call->pointers;
    call->request.n_commands = call->stream_request.n_commands = BATCH_CALL_COMMANDS;
    return call;
}

void batch_call_destroy(struct batch_call *call)
{
    free(call);
}

void batch_call_fill(struct batch_call *call, struct ledger *ledger, struct draw *draw)
{
    for (size_t i = 0; i < BATCH_CALL_COMMANDS; i++) {
        uint64_t from = draw_below(draw, ledger->members);
        call->ids[i].transaction = id_source_next(&ledger->ids);
        if (call->kind == BATCH_CALL_EARNS) {
            call->cards[i] = ledger_card(from);
            continue;
        }
        uint64_t to = draw_below(draw, ledger->members - 1);
        call->ids[i].from = draw_member(from);
        call->ids[i].to = draw_member(to == from ? ledger->members - 1 : to);
    }
}

const ProtobufCMessage *batch_call_request(const struct batch_call *call)
{
    return &call->request.base;
}

const ProtobufCMessage *batch_call_stream_request(const struct batch_call *call)
{
    return &call->stream_request.base;
}

size_t batch_call_refused(Talea__V1__BatchAnswer *const *answers, size_t count)
{
    size_t refused = count == BATCH_CALL_COMMANDS ? 0 : 1;
    for (size_t i = 0; i < count; i++) {
        refused += answers[i]->refusal != TALEA__V1__REFUSAL__REFUSAL_UNSPECIFIED ? 1u : 0u;
    }
    return refused;
}

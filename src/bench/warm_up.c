#include "bench/warm_up.h"

#include <stdlib.h>
#include <talea/v1/ledger.pb-c.h>

#define ASKED_AT_ONCE 8000u
#define POINTS_ASKED  INT64_C(1000000000)

struct asking {
    Talea__V1__BatchCommand *pointers[ASKED_AT_ONCE];
    Talea__V1__BatchCommand commands[ASKED_AT_ONCE];
    Talea__V1__BatchAuthorise holds[ASKED_AT_ONCE];
    struct card_number cards[ASKED_AT_ONCE];
    struct uid ids[ASKED_AT_ONCE];
};

static void ask_of(struct asking *asking, size_t place, struct ledger *ledger, uint64_t member)
{
    Talea__V1__BatchCommand *command = &asking->commands[place];
    Talea__V1__BatchAuthorise *hold = &asking->holds[place];
    talea__v1__batch_command__init(command);
    talea__v1__batch_authorise__init(hold);
    asking->ids[place] = id_source_next(&ledger->ids);
    asking->cards[place] = ledger_card(member);
    command->transaction_id.data = asking->ids[place].bytes;
    command->transaction_id.len = sizeof asking->ids[place].bytes;
    command->command_case = TALEA__V1__BATCH_COMMAND__COMMAND_AUTHORISE;
    command->authorise = hold;
    hold->card = asking->cards[place].digits;
    hold->points = POINTS_ASKED;
    asking->pointers[place] = command;
}

static bool all_have_too_little(const ProtobufCMessage *reply, size_t count)
{
    const Talea__V1__ExecuteBatchResponse *response =
        (const Talea__V1__ExecuteBatchResponse *)(const void *)reply;
    bool is_so = response->n_answers == count;
    for (size_t i = 0; i < response->n_answers; i++) {
        is_so = is_so &&
                response->answers[i]->refusal == TALEA__V1__REFUSAL__REFUSAL_INSUFFICIENT_POINTS;
    }
    return is_so;
}

static enum err ask(struct rpc_client *client, struct asking *asking, size_t count,
                    struct note *note)
{
    Talea__V1__ExecuteBatchRequest request;
    ProtobufCMessage *reply = NULL;
    talea__v1__execute_batch_request__init(&request);
    request.commands = asking->pointers;
    request.n_commands = count;
    struct rpc_status status = rpc_client_call(client, &talea__v1__ledger_service__descriptor,
                                               "ExecuteBatch", &request.base, 0, &reply);
    if (status.code != 0) {
        return note_set(note, ERR_INTERNAL, "a call failed: %s (%s)", status.message,
                        status.reason);
    }
    bool is_expected = all_have_too_little(reply, count);
    protobuf_c_message_free_unpacked(reply, NULL);
    return is_expected ? ERR_OK : note_set(note, ERR_INTERNAL, "a member is not as it was made");
}

static enum err ask_all(struct rpc_client *client, struct ledger *ledger, struct asking *asking,
                        struct note *note)
{
    size_t count = 0;
    for (uint64_t member = 0; member < ledger->members; member++) {
        ask_of(asking, count++, ledger, member);
        if (count == ASKED_AT_ONCE || member + 1 == ledger->members) {
            TRY(ask(client, asking, count, note));
            count = 0;
        }
    }
    return ERR_OK;
}

enum err warm_up_members(struct rpc_client *client, struct ledger *ledger, struct note *note)
{
    struct asking *asking = calloc(1, sizeof *asking);
    enum err err = asking == NULL ? ERR_RESOURCE : ask_all(client, ledger, asking, note);
    free(asking);
    return err;
}

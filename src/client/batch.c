/* Commands in bulk: talea/ledger.h. */
#include <stdlib.h>
#include <string.h>
#include <talea/ledger.h>
#include <talea/v1/ledger.pb-c.h>

#include "base/ident.h"
#include "client/client.h"
#include "client/refusal.h"

/* One command's messages; what is not used stays empty. */
struct cell {
    Talea__V1__BatchCommand command;
    union {
        Talea__V1__BatchEarn earn;
        Talea__V1__BatchAuthorise authorise;
        Talea__V1__BatchCapture capture;
        Talea__V1__BatchVoid void_hold;
        Talea__V1__BatchReturnPurchase return_purchase;
        Talea__V1__BatchReturnBurn return_burn;
        Talea__V1__BatchTransfer transfer;
    } body;
    Talea__V1__ReturnedLine *lines; /* malloc */
    Talea__V1__ReturnedLine **line_list;
};

static ProtobufCBinaryData id_of(const unsigned char id[TALEA_ID_BYTES])
{
    static const unsigned char nil[TALEA_ID_BYTES];
    bool is_nil = memcmp(id, nil, TALEA_ID_BYTES) == 0;
    return (ProtobufCBinaryData){is_nil ? 0 : TALEA_ID_BYTES, (uint8_t *)(uintptr_t)id};
}

static void fill_earn(const struct talea_command *command, struct cell *cell)
{
    Talea__V1__BatchEarn *earn = &cell->body.earn;
    talea__v1__batch_earn__init(earn);
    earn->card = client_text(command->card);
    earn->member_id = id_of(command->subject);
    earn->amount_minor = command->amount_minor;
    earn->currency = client_text(command->currency);
    earn->fixed_points = command->points;
    earn->promotion = command->promotion;
    earn->till = client_text(command->till);
    earn->cashier = client_text(command->cashier);
    cell->command.command_case = TALEA__V1__BATCH_COMMAND__COMMAND_EARN;
    cell->command.earn = earn;
}

static void fill_authorise(const struct talea_command *command, struct cell *cell)
{
    Talea__V1__BatchAuthorise *authorise = &cell->body.authorise;
    talea__v1__batch_authorise__init(authorise);
    authorise->card = client_text(command->card);
    authorise->points = command->points;
    authorise->capture_within_seconds = command->capture_within_seconds;
    cell->command.command_case = TALEA__V1__BATCH_COMMAND__COMMAND_AUTHORISE;
    cell->command.authorise = authorise;
}

static void fill_capture(const struct talea_command *command, struct cell *cell)
{
    talea__v1__batch_capture__init(&cell->body.capture);
    cell->body.capture.hold_id = id_of(command->subject);
    cell->body.capture.points = command->points;
    cell->command.command_case = TALEA__V1__BATCH_COMMAND__COMMAND_CAPTURE;
    cell->command.capture = &cell->body.capture;
}

static void fill_void(const struct talea_command *command, struct cell *cell)
{
    talea__v1__batch_void__init(&cell->body.void_hold);
    cell->body.void_hold.hold_id = id_of(command->subject);
    cell->command.command_case = TALEA__V1__BATCH_COMMAND__COMMAND_VOID_HOLD;
    cell->command.void_hold = &cell->body.void_hold;
}

/* False without memory. Whatever it is, the cell is whole. */
static bool fill_lines(const struct talea_command *command, struct cell *cell)
{
    if (command->kind != TALEA_COMMAND_RETURN_PURCHASE || command->line_count == 0) {
        return true;
    }
    cell->lines = calloc(command->line_count, sizeof cell->lines[0]);
    cell->line_list = calloc(command->line_count, sizeof(void *));
    if (cell->lines == NULL || cell->line_list == NULL) {
        return false;
    }
    for (size_t i = 0; i < command->line_count; i++) {
        talea__v1__returned_line__init(&cell->lines[i]);
        cell->lines[i].line = command->lines[i].line;
        cell->lines[i].quantity_milli = command->lines[i].quantity_milli;
        cell->line_list[i] = &cell->lines[i];
    }
    return true;
}

static void fill_return_purchase(const struct talea_command *command, struct cell *cell)
{
    talea__v1__batch_return_purchase__init(&cell->body.return_purchase);
    cell->body.return_purchase.lines = cell->line_list;
    cell->body.return_purchase.n_lines = command->line_count;
    cell->body.return_purchase.sale_id = id_of(command->subject);
    cell->body.return_purchase.amount_minor = command->amount_minor;
    cell->command.command_case = TALEA__V1__BATCH_COMMAND__COMMAND_RETURN_PURCHASE;
    cell->command.return_purchase = &cell->body.return_purchase;
}

static void fill_return_burn(const struct talea_command *command, struct cell *cell)
{
    talea__v1__batch_return_burn__init(&cell->body.return_burn);
    cell->body.return_burn.hold_id = id_of(command->subject);
    cell->body.return_burn.points = command->points;
    cell->command.command_case = TALEA__V1__BATCH_COMMAND__COMMAND_RETURN_BURN;
    cell->command.return_burn = &cell->body.return_burn;
}

static void fill_transfer(const struct talea_command *command, struct cell *cell)
{
    Talea__V1__BatchTransfer *transfer = &cell->body.transfer;
    talea__v1__batch_transfer__init(transfer);
    transfer->from_id = id_of(command->subject);
    transfer->to_id = id_of(command->to);
    transfer->by_id = id_of(command->by);
    transfer->points = command->points;
    cell->command.command_case = TALEA__V1__BATCH_COMMAND__COMMAND_TRANSFER;
    cell->command.transfer = transfer;
}

static void fill(const struct talea_command *command, struct cell *cell)
{
    talea__v1__batch_command__init(&cell->command);
    cell->command.transaction_id = id_of(command->transaction_id);
    cell->command.receipt = client_text(command->receipt);
    cell->command.business_unix_ms = command->business_unix_ms;
    switch (command->kind) {
    case TALEA_COMMAND_EARN:
        fill_earn(command, cell);
        break;
    case TALEA_COMMAND_AUTHORISE:
        fill_authorise(command, cell);
        break;
    case TALEA_COMMAND_CAPTURE:
        fill_capture(command, cell);
        break;
    case TALEA_COMMAND_VOID:
        fill_void(command, cell);
        break;
    case TALEA_COMMAND_RETURN_PURCHASE:
        fill_return_purchase(command, cell);
        break;
    case TALEA_COMMAND_RETURN_BURN:
        fill_return_burn(command, cell);
        break;
    case TALEA_COMMAND_TRANSFER:
        fill_transfer(command, cell);
        break;
    }
}

static void copy_answer(const Talea__V1__BatchAnswer *answer, struct talea_answer *out)
{
    *out = (struct talea_answer){.refusal = refusal_name(answer->refusal),
                                 .points = answer->points,
                                 .left_points = answer->left_points,
                                 .debt_points = answer->debt_points,
                                 .written_off_points = answer->written_off_points,
                                 .capture_by_unix_ms = answer->capture_by_unix_ms,
                                 .deliver_by_unix_ms = answer->deliver_by_unix_ms,
                                 .journal_row = answer->journal_row,
                                 .is_repeat = answer->is_repeat != 0};
    if (answer->alert_id.len == sizeof out->alert_id) {
        memcpy(out->alert_id, answer->alert_id.data, sizeof out->alert_id);
    }
}

static int execute(struct talea_client *client, const Talea__V1__ExecuteBatchRequest *request,
                   int64_t timeout_ms, struct talea_answer *out_answers, struct talea_error *error)
{
    ProtobufCMessage *reply = NULL;
    int code = client_call(client, &talea__v1__ledger_service__descriptor, "ExecuteBatch",
                           &request->base, timeout_ms, &reply, error);
    const Talea__V1__ExecuteBatchResponse *response =
        (const Talea__V1__ExecuteBatchResponse *)(const void *)reply;
    if (code == TALEA_OK && response->n_answers != request->n_commands) {
        code = client_fail(error, TALEA_INTERNAL, "MALFORMED_REPLY",
                           "The node did not answer every command.");
    }
    for (size_t i = 0; code == TALEA_OK && i < response->n_answers; i++) {
        copy_answer(response->answers[i], &out_answers[i]);
    }
    client_free(reply);
    return code;
}

static bool fill_all(const struct talea_command *commands, size_t count, struct cell *cells,
                     Talea__V1__BatchCommand **list)
{
    bool is_filled = cells != NULL && list != NULL;
    for (size_t i = 0; is_filled && i < count; i++) {
        is_filled = fill_lines(&commands[i], &cells[i]);
        fill(&commands[i], &cells[i]);
        list[i] = &cells[i].command;
    }
    return is_filled;
}

static bool are_lines_few(const struct talea_command *commands, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (commands[i].line_count > TALEA_RETURNED_LINES_MAX) {
            return false;
        }
    }
    return true;
}

int talea_execute_batch(struct talea_client *client, const struct talea_command *commands,
                        size_t count, int is_linked, int64_t timeout_ms,
                        struct talea_answer *out_answers, struct talea_error *error)
{
    Talea__V1__ExecuteBatchRequest request;
    talea__v1__execute_batch_request__init(&request);
    if (count == 0 || count > TALEA_BATCH_MAX) {
        return client_fail(error, TALEA_INVALID_ARGUMENT, "INVALID_BATCH",
                           "A batch has 1 to 8192 commands.");
    }
    if (!are_lines_few(commands, count)) {
        return client_fail(error, TALEA_INVALID_ARGUMENT, "INVALID_INPUT",
                           "There are more lines than one return may have.");
    }
    struct cell *cells = calloc(count, sizeof *cells);
    Talea__V1__BatchCommand **list = malloc(count * sizeof *list);
    int code = TALEA_OK;
    if (!fill_all(commands, count, cells, list)) {
        code = client_fail(error, TALEA_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED",
                           "There is no memory.");
    } else {
        request.commands = list;
        request.n_commands = count;
        request.is_linked = is_linked != 0;
        code = execute(client, &request, timeout_ms, out_answers, error);
    }
    for (size_t i = 0; cells != NULL && i < count; i++) {
        free(cells[i].lines);
        free(cells[i].line_list);
    }
    free(list);
    free(cells);
    return code;
}

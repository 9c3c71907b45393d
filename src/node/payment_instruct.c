/* Payments that go into a payment file. */
#include <stdlib.h>
#include <string.h>

#include "node/messages.h"
#include "node/payments.h"
#include "node/requests.h"
#include "node/services.h"

/* One call in the making, under the settle lock. */
struct instruction {
    struct node *node;
    const struct charter *charter;
    struct uid file;
    bool with_residuals;
    bool has_more;
    struct payment_lines lines;
    struct command *commands;
    size_t command_count;
    const char *without_account[LIMIT_PARTNERS];
    size_t without_count;
};

static bool is_in_file(const struct instruction *instruction, const struct payment_line *line)
{
    return uid_equal(&line->obligation.file, &instruction->file);
}

/* The file was ordered before: it is told again, and nothing is added to it. */
static bool is_known(const struct instruction *instruction)
{
    for (size_t i = 0; i < instruction->lines.count; i++) {
        if (is_in_file(instruction, instruction->lines.lines[i])) {
            return true;
        }
    }
    return false;
}

static void add_command(struct instruction *instruction, const struct payment_line *line)
{
    struct command *command = &instruction->commands[instruction->command_count++];
    *command = command_now(instruction->node, COMMAND_INSTRUCT_PAYMENT, &instruction->file);
    memset(&command->transaction_id, 0, sizeof command->transaction_id);
    command->payment.partner = line->partner;
    command->payment.period = line->period;
    command->payment.file = instruction->file;
    command->payment.is_residual = instruction->with_residuals;
}

static enum err choose(struct instruction *instruction)
{
    const struct partner_id *self = instruction->lines.self;
    instruction->commands = calloc(LIMIT_PAYMENTS_PER_FILE, sizeof *instruction->commands);
    if (instruction->commands == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < instruction->lines.count; i++) {
        const struct payment_line *line = instruction->lines.lines[i];
        const struct charter_partner *partner =
            charter_partner_find(instruction->charter, &line->partner);
        if (!partner_id_equal(&line->obligation.terms.payment.debtor, self) ||
            obligation_to_instruct(&line->obligation, instruction->with_residuals).minor == 0) {
            continue;
        }
        if (partner == NULL || partner->account.iban[0] == '\0') {
            if (instruction->without_count < LIMIT_PARTNERS) {
                instruction->without_account[instruction->without_count++] = line->partner.text;
            }
        } else if (instruction->command_count == LIMIT_PAYMENTS_PER_FILE) {
            instruction->has_more = true;
        } else {
            add_command(instruction, line);
        }
    }
    return ERR_OK;
}

/* All of the file or nothing. */
static enum err record(struct instruction *instruction, struct rpc_call *call, bool *out_is_refused)
{
    struct outcome *outcomes = calloc(instruction->command_count, sizeof *outcomes);
    if (outcomes == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = engine_execute_batch(instruction->node->engine, instruction->commands,
                                        instruction->command_count, true, outcomes);
    for (size_t i = 0; err == ERR_OK && i < instruction->command_count; i++) {
        enum verdict verdict = outcomes[i].verdict;
        if (verdict != VERDICT_OK && verdict != VERDICT_LINKED_REFUSED) {
            refuse_verdict(call, verdict);
            *out_is_refused = true;
            break;
        }
    }
    free(outcomes);
    return err;
}

static Talea__V1__AccountDetails *account_message(const struct charter_partner *partner,
                                                  struct arena *arena)
{
    Talea__V1__AccountDetails *message = arena_alloc(arena, sizeof *message);
    if (message != NULL) {
        talea__v1__account_details__init(message);
        message->partner = message_copy(arena, partner->id.text, PARTNER_ID_MAX);
        message->iban = message_copy(arena, partner->account.iban, sizeof partner->account.iban);
        message->bic = message_copy(arena, partner->account.bic, sizeof partner->account.bic);
        message->holder =
            message_copy(arena, partner->account.holder, sizeof partner->account.holder);
    }
    return message != NULL && message->partner != NULL && message->iban != NULL &&
                   message->bic != NULL && message->holder != NULL
               ? message
               : NULL;
}

static Talea__V1__InstructedPayment *instructed_message(const struct instruction *instruction,
                                                        const struct payment_line *line,
                                                        struct arena *arena)
{
    const struct charter_partner *creditor =
        charter_partner_find(instruction->charter, &line->partner);
    Talea__V1__InstructedPayment *message = arena_alloc(arena, sizeof *message);
    if (message == NULL || creditor == NULL) {
        return NULL;
    }
    talea__v1__instructed_payment__init(message);
    message->period = line->period.code;
    message->creditor = account_message(creditor, arena);
    message->amount_minor = line->obligation.in_file.minor;
    message->reference = message_copy(arena, line->obligation.terms.reference,
                                      sizeof line->obligation.terms.reference);
    return message->creditor != NULL && message->reference != NULL ? message : NULL;
}

/* What the file says follows from the rows: asked for again, it says the same. */
static enum err send_file(struct instruction *instruction, struct rpc_call *call)
{
    struct payment_lines *lines = &instruction->lines;
    struct arena *arena = &lines->arena;
    const struct charter_partner *self = charter_partner_find(instruction->charter, lines->self);
    Talea__V1__InstructPaymentsResponse response;
    talea__v1__instruct_payments_response__init(&response);
    response.file_id = message_uid(arena, &instruction->file);
    response.debtor = self == NULL ? NULL : account_message(self, arena);
    response.currency = (char *)(uintptr_t)instruction->charter->currency;
    response.currency_decimals = instruction->charter->currency_decimals;
    response.coalition = (char *)(uintptr_t)instruction->charter->coalition;
    response.payments = arena_alloc(arena, (lines->count + 1) * sizeof(void *));
    response.without_account = (char **)(uintptr_t)instruction->without_account;
    response.n_without_account = instruction->without_count;
    response.has_more = instruction->has_more;
    if (response.file_id == NULL || response.debtor == NULL || response.payments == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < lines->count; i++) {
        if (is_in_file(instruction, lines->lines[i])) {
            Talea__V1__InstructedPayment *payment =
                instructed_message(instruction, lines->lines[i], arena);
            if (payment == NULL) {
                return ERR_RESOURCE;
            }
            response.created_unix_ms = lines->lines[i]->obligation.instructed_at.ms;
            response.payments[response.n_payments++] = payment;
        }
    }
    rpc_call_reply(call, &response.base);
    return ERR_OK;
}

static enum err order(struct instruction *instruction, struct rpc_call *call, struct period only)
{
    bool is_refused = false;
    const struct partner_id *self = instruction->lines.self;
    TRY(payment_lines_read(instruction->node, self, (struct period){0}, &instruction->lines));
    if (!is_known(instruction)) {
        payment_lines_fini(&instruction->lines);
        TRY(payment_lines_read(instruction->node, self, only, &instruction->lines));
        TRY(choose(instruction));
        if (instruction->command_count == 0) {
            refuse(call, 9, instruction->without_count > 0 ? "NO_ACCOUNT" : "NOTHING_TO_PAY",
                   instruction->without_count > 0
                       ? "The charter has no bank account of %s, signed by its own root key."
                       : "Nothing is left to order%s.",
                   instruction->without_count > 0 ? instruction->without_account[0] : "");
            return ERR_OK;
        }
        TRY(record(instruction, call, &is_refused));
        payment_lines_fini(&instruction->lines);
        TRY(payment_lines_read(instruction->node, self, (struct period){0}, &instruction->lines));
    }
    return is_refused ? ERR_OK : send_file(instruction, call);
}

void payment_instruct(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__InstructPaymentsRequest *request =
        (const Talea__V1__InstructPaymentsRequest *)(const void *)message;
    struct uid file;
    struct period only = {0};
    if (!request_uid(call, "file_id", request->file_id, &file) ||
        (request->period != 0 && !request_period(call, request->period, &only))) {
        return;
    }
    struct instruction *instruction = calloc(1, sizeof *instruction);
    if (instruction == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return;
    }
    struct snapshot *snapshot = node_snapshot(node);
    const struct charter_partner *self =
        charter_partner_find(snapshot->charter, &snapshot->roster.self);
    instruction->node = node;
    instruction->charter = snapshot->charter;
    instruction->file = file;
    instruction->with_residuals = request->with_residuals != 0;
    instruction->lines.self = &snapshot->roster.self;
    if (self == NULL || self->account.iban[0] == '\0') {
        refuse(call, 9, "NO_ACCOUNT", "The charter has no bank account of this brand.");
    } else {
        pthread_mutex_lock(&node->settle_lock);
        enum err err = order(instruction, call, only);
        pthread_mutex_unlock(&node->settle_lock);
        if (err != ERR_OK) {
            refuse_err(call, err, NULL);
        }
        payment_lines_fini(&instruction->lines);
    }
    free(instruction->commands);
    free(instruction);
    snapshot_release(snapshot);
}

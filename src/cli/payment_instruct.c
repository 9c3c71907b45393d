/* talea payment instruct: a payment file for this brand's bank. The node records first what goes
 * into it; the file follows from that, byte for byte, as often as it is asked for. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bank/pain.h"
#include "base/file.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/payment.h"

const struct argp_option payment_instruct_options[] = {
    {"out", OPT_OUT, "FILE", 0, "The payment file, a new file (required)", 0},
    {"period", OPT_PERIOD, "PERIOD", 0, "Only what this one owes, as 2026-10 (default: all)", 0},
    {"format", OPT_FORMAT, "FORMAT", 0, "pain.001.001.09 (default) or pain.001.001.03", 0},
    {"date", OPT_DATE, "DATE", 0, "When the bank is to pay (default: the day it was ordered)", 0},
    {"residual", OPT_RESIDUAL, NULL, 0,
     "Order as well what is left of payments that arrived in part", 0},
    {"transaction-id", OPT_TRANSACTION_ID, "UUID", 0,
     "Of the file: the same id gives the same file again (default: a new one)", 0},
    {0}};

/* A UUID without its dashes: 32 characters of the 35 that a message's id may have. */
static void set_message_id(const char *file_id, struct pain_file *file)
{
    size_t length = 0;
    for (; *file_id != '\0' && length + 1 < sizeof file->message_id; file_id++) {
        if (*file_id != '-') {
            file->message_id[length++] = *file_id;
        }
    }
    file->message_id[length] = '\0';
}

static void set_account(const Talea__V1__AccountDetails *details, struct bank_account *out)
{
    snprintf(out->iban, sizeof out->iban, "%s", details->iban);
    snprintf(out->bic, sizeof out->bic, "%s", details->bic);
    snprintf(out->holder, sizeof out->holder, "%s", details->holder);
}

static void set_payment(const Talea__V1__InstructPaymentsResponse *reply, size_t index,
                        struct pain_payment *out)
{
    const Talea__V1__InstructedPayment *payment = reply->payments[index];
    char period[PERIOD_TEXT_MAX];
    set_account(payment->creditor, &out->creditor);
    out->amount = money_of(payment->amount_minor);
    snprintf(out->reference, sizeof out->reference, "%s", payment->reference);
    snprintf(out->text, sizeof out->text, "%s %s %s %s to %s", payment->reference, reply->coalition,
             period_format((struct period){payment->period}, period), reply->debtor->partner,
             payment->creditor->partner);
}

static enum err write_file(const struct cli *cli, const Talea__V1__InstructPaymentsResponse *reply,
                           const struct pain_file *wish, struct note *note)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct pain_file file = *wish;
    struct pain_payment *payments = calloc(reply->n_payments + 1, sizeof *payments);
    if (payments == NULL) {
        return ERR_RESOURCE;
    }
    set_message_id(reply->file_id, &file);
    set_account(reply->debtor, &file.debtor);
    snprintf(file.currency, sizeof file.currency, "%s", reply->currency);
    file.currency_decimals = reply->currency_decimals;
    file.created_at.ms = reply->created_unix_ms;
    if (file.execute_on.ms == 0) {
        file.execute_on = file.created_at;
    }
    for (size_t i = 0; i < reply->n_payments; i++) {
        set_payment(reply, i, &payments[i]);
    }
    file.payments = payments;
    file.payment_count = reply->n_payments;
    enum err err = pain_write(&file, &bytes, note);
    free(payments);
    TRY(err);
    return file_create(cli_option(cli, OPT_OUT), FILE_PUBLIC, buffer_slice(&bytes), note);
}

static enum cli_exit print_result(struct cli *cli, const ProtobufCMessage *message)
{
    const Talea__V1__InstructPaymentsResponse *reply =
        (const Talea__V1__InstructPaymentsResponse *)message;
    int64_t sum = 0;
    char text[AMOUNT_TEXT_MAX];
    if (cli->is_json) {
        return session_print_json(cli, message);
    }
    for (size_t i = 0; i < reply->n_payments; i++) {
        const Talea__V1__InstructedPayment *payment = reply->payments[i];
        sum += payment->amount_minor;
        fprintf(cli->out, "%s  %s to %s\n", payment->reference,
                amount_format(payment->amount_minor, reply->currency_decimals, text),
                payment->creditor->partner);
    }
    fprintf(cli->out, "wrote %s: %zu payment%s, %s %s, file id %s\n", cli_option(cli, OPT_OUT),
            reply->n_payments, reply->n_payments == 1 ? "" : "s",
            amount_format(sum, reply->currency_decimals, text), reply->currency, reply->file_id);
    for (size_t i = 0; i < reply->n_without_account; i++) {
        fprintf(cli->out, "left out: the charter has no bank account of %s\n",
                reply->without_account[i]);
    }
    if (reply->has_more) {
        fprintf(cli->out, "there is more than one file may carry: run it again\n");
    }
    return CLI_OK;
}

/* Can a file be made there? */
static bool has_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int length = slash == NULL ? 1 : (int)(slash - path) + 1;
    int printed = snprintf(folder, sizeof folder, "%.*s", length, slash == NULL ? "." : path);
    return printed < (int)sizeof folder && access(folder, W_OK | X_OK) == 0;
}

/* All that can be wrong before anything is recorded. */
static enum cli_exit read_wish(struct cli *cli, struct pain_file *out)
{
    const char *path = cli_option(cli, OPT_OUT);
    const char *format = cli_option(cli, OPT_FORMAT);
    if (path == NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", NULL, "--out is missing");
    }
    if (access(path, F_OK) == 0) {
        return cli_fail(cli, CLI_USAGE, "FILE_EXISTS", "name a new one", "%s is there already",
                        path);
    }
    if (!has_folder(path)) {
        return cli_fail(cli, CLI_USAGE, "NOT_FOUND", NULL,
                        "there is no folder for %s, or no way into it", path);
    }
    if (format != NULL && pain_version_parse(format, &out->version) != ERR_OK) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "write pain.001.001.09 or pain.001.001.03",
                        "--format: \"%s\" is no format of payment files", format);
    }
    return amounts_read_time_of(cli, OPT_DATE, "--date", &out->execute_on.ms);
}

enum cli_exit run_payment_instruct(struct cli *cli)
{
    Talea__V1__InstructPaymentsRequest request;
    talea__v1__instruct_payments_request__init(&request);
    struct pain_file wish = {.version = PAIN_09};
    struct note note = {""};
    const char *id;
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = read_wish(cli, &wish);
    if (outcome == CLI_OK) {
        outcome = payment_read_period(cli, &request.period);
    }
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.file_id = message_text(id);
    request.with_residuals = cli_option(cli, OPT_RESIDUAL) != NULL;
    outcome = payment_call(cli, "InstructPayments", &request.base, &message);
    if (outcome != CLI_OK) {
        return outcome;
    }
    enum err err =
        write_file(cli, (const Talea__V1__InstructPaymentsResponse *)message, &wish, &note);
    if (err != ERR_OK) {
        return cli_fail(cli, exit_of(err), err_name(err),
                        "the payments are recorded: the same --transaction-id gives the file",
                        "%s (transaction %s)",
                        note.text[0] != '\0' ? note.text : err_describe(err)->sentence, id);
    }
    return print_result(cli, message);
}

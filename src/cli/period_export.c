/* talea period export: what an auditor needs of this brand's period, in a new folder. */
#include <talea/v1/back_office.pb-c.h>

#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/message.h"
#include "cli/office.h"
#include "cli/payment.h"
#include "dossier/writer.h"

const struct argp_option period_export_options[] = {
    {"out", OPT_OUT, "FOLDER", 0, "The export, a new folder (required)", 0}, {0}};

struct export
{
    struct cli *cli;
    uint32_t period;
    struct dossier_writer writer;
    struct note note;
};

static enum cli_exit put_statement(struct export *export, const char *partner)
{
    Talea__V1__GetStatementRequest request;
    talea__v1__get_statement_request__init(&request);
    request.partner = message_text(partner);
    request.period = export->period;
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = office_call(export->cli, "GetStatement", &request.base, &message);
    if (outcome != CLI_OK) {
        return outcome;
    }
    enum err err = dossier_writer_put_statement(
        &export->writer, (const Talea__V1__GetStatementResponse *)message, &export->note);
    return err == ERR_OK ? CLI_OK : cli_fail_err(export->cli, err, &export->note);
}

static enum cli_exit put_statements(struct export *export)
{
    Talea__V1__ListPeriodsRequest request;
    talea__v1__list_periods_request__init(&request);
    request.period = export->period;
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = office_call(export->cli, "ListPeriods", &request.base, &message);
    const Talea__V1__ListPeriodsResponse *response =
        (const Talea__V1__ListPeriodsResponse *)message;
    for (size_t i = 0; outcome == CLI_OK && i < response->n_pairs; i++) {
        outcome = put_statement(export, response->pairs[i]->partner);
    }
    return outcome;
}

static enum cli_exit put_payments(struct export *export)
{
    Talea__V1__ListPaymentsRequest request;
    talea__v1__list_payments_request__init(&request);
    request.period = export->period;
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = payment_call(export->cli, "ListPayments", &request.base, &message);
    const Talea__V1__ListPaymentsResponse *response =
        (const Talea__V1__ListPaymentsResponse *)message;
    for (size_t i = 0; outcome == CLI_OK && i < response->n_payments; i++) {
        enum err err =
            dossier_writer_put_payment(&export->writer, response->payments[i], &export->note);
        outcome = err == ERR_OK ? CLI_OK : cli_fail_err(export->cli, err, &export->note);
    }
    return outcome;
}

static enum err put_part(void *context, const ProtobufCMessage *message, struct progress *progress,
                         struct note *note)
{
    struct export *export = context;
    enum err err =
        dossier_writer_put(&export->writer, (const Talea__V1__ExportPeriodResponse *)message, note);
    progress_show(progress, export->writer.bytes >> 20, 0);
    return err;
}

static enum cli_exit put_streams(struct export *export)
{
    Talea__V1__ExportPeriodRequest request;
    talea__v1__export_period_request__init(&request);
    request.period = export->period;
    return follow_call(export->cli, &talea__v1__back_office_service__descriptor, "ExportPeriod",
                       &request.base, "MiB written", put_part, export);
}

static enum cli_exit write_dossier(struct export *export)
{
    /* What follows from something is read before it, so that what it follows from is there. */
    enum cli_exit outcome = put_payments(export);
    if (outcome == CLI_OK) {
        outcome = put_statements(export);
    }
    if (outcome == CLI_OK) {
        outcome = put_streams(export);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    enum err err = dossier_writer_finish(&export->writer, &export->note);
    return err == ERR_OK ? CLI_OK : cli_fail_err(export->cli, err, &export->note);
}

static enum cli_exit print_result(const struct export *export, const char *folder)
{
    const struct dossier_writer *writer = &export->writer;
    if (export->cli->is_json) {
        return cli_print_json(export->cli, json_pack("{s:s, s:I, s:I}", "folder", folder, "files",
                                                     (json_int_t)writer->files, "bytes",
                                                     (json_int_t)writer->bytes));
    }
    fprintf(export->cli->out, "%s: %zu files, %llu bytes\n", folder, writer->files,
            (unsigned long long)writer->bytes);
    return CLI_OK;
}

/* One that no pair has is a slip: nothing is written for it. */
static enum cli_exit check_period(struct cli *cli, uint32_t period)
{
    Talea__V1__ListPeriodsRequest request;
    talea__v1__list_periods_request__init(&request);
    request.period = period;
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = office_call(cli, "ListPeriods", &request.base, &message);
    if (outcome != CLI_OK) {
        return outcome;
    }
    return ((const Talea__V1__ListPeriodsResponse *)message)->n_pairs > 0
               ? CLI_OK
               : cli_fail(cli, CLI_REFUSED, "NOT_FOUND", "talea period list",
                          "no pair has the period %s", cli_argument(cli, 0));
}

enum cli_exit run_period_export(struct cli *cli)
{
    struct export export = {.cli = cli};
    const char *folder = cli_option(cli, OPT_OUT);
    if (folder == NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", NULL, "--out FOLDER says where to write it");
    }
    enum cli_exit outcome = office_read_period(cli, cli_argument(cli, 0), &export.period);
    if (outcome == CLI_OK) {
        outcome = session_open(cli);
    }
    if (outcome == CLI_OK) {
        outcome = check_period(cli, export.period);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    enum err err = dossier_writer_open(&export.writer, folder, &export.note);
    outcome = err == ERR_OK ? write_dossier(&export) : cli_fail_err(cli, err, &export.note);
    dossier_writer_close(&export.writer);
    return outcome == CLI_OK ? print_result(&export, folder) : outcome;
}

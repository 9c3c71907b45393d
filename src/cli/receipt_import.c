/* talea import receipts: a brand's export file through its mapping to the node.
 *
 * Each row ends as imported (its sale went in), returned (its return found its sale) or rejected
 * with a reason, by the reader here or by the node. Receipts' ids follow from the receipts: a file
 * may be imported again, after whatever happened, and adds nothing twice. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "charter/charter_file.h"
#include "cli/commands.h"
#include "cli/given.h"
#include "cli/import_tally.h"
#include "cli/message.h"
#include "cli/progress.h"
#include "cli/pump.h"
#include "cli/receipt_request.h"
#include "cli/session.h"
#include "receipts/read.h"
#include "receipts/rejects.h"

const struct argp_option receipt_import_options[] = {
    {"map", OPT_MAP, "FILE", 0, "How the export is read, in YAML", 0},
    {"rejects", OPT_REJECTS, "FILE", 0, "Write rejected rows and why to a new CSV file", 0},
    {"dry-run", OPT_DRY_RUN, NULL, 0, "Only read: say what would be sent", 0},
    {0}};

struct receipt_import {
    struct cli *cli;
    const struct mapping *mapping;
    struct partner_id partner;
    struct units units;
    bool is_dry;
    bool is_cut; /* the stream ended before the file */
    struct pump pump;
    struct progress progress;
    struct receipt_request request;
    FILE *rejects_file; /* NULL: none */
    struct rejects rejects;
    struct import_tally tally;
};

static void lock(struct receipt_import *import)
{
    if (!import->is_dry) {
        pump_lock(&import->pump);
    }
}

static void unlock(struct receipt_import *import)
{
    if (!import->is_dry) {
        pump_unlock(&import->pump);
    }
}

/* Of a row whose receipt was refused as a whole, and of one that fell out of a receipt that went
 * in. */
static enum err reject_job_row(struct receipt_import *import, const struct receipt_job *job,
                               const struct receipt_job_row *row, bool is_whole, const char *code,
                               const char *message)
{
    tally_reject(&import->tally, code, 1);
    if (import->rejects_file == NULL) {
        return ERR_OK;
    }
    struct note note;
    const char *reason = refusal_text(code, message, &note);
    const struct receipt_row written = {row->number, row->number, row->text};
    return is_whole ? rejects_write_part_row(&import->rejects, &written, job->part, reason)
                    : rejects_write_row(&import->rejects, &written, reason);
}

static enum err settle_rows(struct receipt_import *import, const struct receipt_job *job,
                            const Talea__V1__ImportReceiptsResponse *reply)
{
    bool is_refused = reply->refusal[0] != '\0';
    for (size_t i = 0; i < job->row_count; i++) {
        const struct receipt_job_row *row = &job->rows[i];
        bool is_matched = !job->is_return || (row->line < reply->n_line_matched &&
                                              reply->line_matched[row->line] != 0);
        if (is_refused) {
            TRY(reject_job_row(import, job, row, true, reply->refusal, reply->message));
        } else if (!is_matched) {
            TRY(reject_job_row(import, job, row, false, "NO_SALE_FOUND",
                               "No sale has so much of it left."));
        } else {
            *(job->is_return ? &import->tally.rows_returned : &import->tally.rows_imported) += 1;
        }
    }
    return ERR_OK;
}

/* Codes that no rule took, and why, by the first row of their receipt. */
static void settle_codes(struct receipt_import *import, const struct receipt_job *job,
                         const Talea__V1__ImportReceiptsResponse *reply)
{
    struct cli *cli = import->cli;
    for (size_t i = 0; i < reply->n_codes; i++) {
        const Talea__V1__CodeAnswer *code = reply->codes[i];
        *(code->is_taken ? &import->tally.codes_taken : &import->tally.codes_left) += 1;
        if (!code->is_taken) {
            fprintf(cli->err, "%s:%llu: code %s was not taken: %s%s%s\n", cli_argument(cli, 0),
                    (unsigned long long)(job->row_count > 0 ? job->rows[0].number : 0), code->code,
                    given_code_reason(code->reason), code->rule[0] != '\0' ? " of " : "",
                    code->rule);
        }
    }
}

static enum err on_answer(void *context, void *job, const ProtobufCMessage *answer)
{
    struct receipt_import *import = context;
    const struct receipt_job *asked = job;
    const Talea__V1__ImportReceiptsResponse *reply =
        (const Talea__V1__ImportReceiptsResponse *)answer;
    if (strcmp(reply->transaction_id, asked->transaction_id) != 0) {
        return ERR_INTERNAL;
    }
    if (reply->refusal[0] == '\0') {
        tally_receipt(&import->tally, asked->is_return, reply->is_repeat != 0, reply->home,
                      reply->points);
        settle_codes(import, asked, reply);
    }
    return settle_rows(import, asked, reply);
}

static enum err reject_receipt(struct receipt_import *import, const struct receipt *receipt,
                               const char *reason)
{
    lock(import);
    tally_reject(&import->tally, reason, receipt->row_count);
    enum err err = import->rejects_file == NULL
                       ? ERR_OK
                       : rejects_write_receipt(&import->rejects, receipt, reason);
    unlock(import);
    return err;
}

static void count_dry(struct receipt_import *import, const struct receipt *receipt)
{
    bool is_return = receipt->kind == RECEIPT_RETURN;
    *(is_return ? &import->tally.returns : &import->tally.sales) += 1;
    *(is_return ? &import->tally.rows_returned : &import->tally.rows_imported) +=
        receipt->row_count;
}

static enum err send_lines(struct receipt_import *import, const struct receipt *receipt,
                           const char *original, bool is_first)
{
    TRY(receipt_request_fill(&import->request, receipt, &import->partner, original, is_first));
    struct receipt_job *job =
        receipt_request_job(&import->request, receipt, import->rejects_file != NULL);
    if (job == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = pump_send(&import->pump, &import->request.message.base, job);
    import->is_cut = err != ERR_OK;
    return err;
}

static bool came_before(const struct receipt *receipt, size_t line)
{
    for (size_t i = 0; i < line; i++) {
        if (strcmp(receipt->lines[i].original, receipt->lines[line].original) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_sendable(const struct receipt *receipt)
{
    int64_t micro;
    for (size_t i = 0; i < receipt->line_count; i++) {
        if (decimal_to_minor_exact(receipt->lines[i].quantity, 6, &micro) != ERR_OK) {
            return false;
        }
    }
    return true;
}

static enum err on_receipt(void *context, const struct receipt *receipt, struct note *note)
{
    (void)note;
    struct receipt_import *import = context;
    if (!is_sendable(receipt)) {
        return reject_receipt(import, receipt, "QUANTITY_BEYOND_MILLIONTHS");
    }
    if (import->is_dry) {
        count_dry(import, receipt);
        return ERR_OK;
    }
    for (size_t i = 0; i < receipt->line_count; i++) {
        if (!came_before(receipt, i)) {
            TRY(send_lines(import, receipt, receipt->lines[i].original, i == 0));
        }
    }
    return ERR_OK;
}

static enum err on_reject(void *context, const struct receipt_row *row, const char *reason,
                          struct note *note)
{
    (void)note;
    struct receipt_import *import = context;
    lock(import);
    tally_reject(&import->tally, reason, 1);
    enum err err =
        import->rejects_file == NULL ? ERR_OK : rejects_write_row(&import->rejects, row, reason);
    unlock(import);
    return err;
}

static enum err on_columns(void *context, struct slice columns, struct note *note)
{
    struct receipt_import *import = context;
    if (import->rejects_file == NULL) {
        return ERR_OK;
    }
    enum err err = rejects_init(&import->rejects, import->rejects_file, import->mapping, columns);
    return err == ERR_OK ? err : note_set(note, err, "the rejects file can't be written");
}

static void on_progress(void *context, uint64_t position, uint64_t size)
{
    struct receipt_import *import = context;
    progress_show(&import->progress, position, size);
}

/* Rows that did not go in are somebody's points: a script has to hear of them. A wrong mapping, or
 * another file, ends in nothing but such rows. */
static enum cli_exit judge(const struct receipt_import *import)
{
    struct cli *cli = import->cli;
    const struct import_tally *tally = &import->tally;
    uint64_t taken = tally->rows_imported + tally->rows_returned;
    const char *path = cli_option(cli, OPT_REJECTS);
    char advice[LIMIT_PATH_BYTES + 64] = "--rejects FILE writes them, with the reasons";
    if (tally->rows_rejected == 0) {
        return CLI_OK;
    }
    if (tally->rows_rejected / 4 > taken || taken == 0) {
        snprintf(advice, sizeof advice, "is it the mapping of this file?");
    } else if (path != NULL) {
        snprintf(advice, sizeof advice, "they are in %s, with the reasons", path);
    }
    if (taken == 0) {
        return cli_fail(cli, CLI_REFUSED, "NOTHING_IMPORTED", advice, "all %llu rows were rejected",
                        (unsigned long long)tally->rows_rejected);
    }
    return cli_fail(cli, CLI_REFUSED, "ROWS_REJECTED", advice, "%llu of %llu rows were rejected",
                    (unsigned long long)tally->rows_rejected,
                    (unsigned long long)(tally->rows_rejected + taken));
}

static enum cli_exit read_file(struct receipt_import *import, struct source *source)
{
    struct cli *cli = import->cli;
    const struct receipts_sink sink = {import, on_receipt, on_reject, on_columns, on_progress};
    const struct receipts_options options = {.points_decimals = import->units.points_decimals};
    struct receipts_tally ignored;
    struct note note = {""};
    struct rpc_status status = rpc_status_ok();
    if (!import->is_dry) {
        enum err err = pump_open(&import->pump, cli, "ImportReceipts");
        if (err != ERR_OK) {
            return cli_fail_err(cli, err, NULL);
        }
    }
    progress_begin(&import->progress, cli, source_name(source));
    enum err err = receipts_read(source, import->mapping, &options, &sink, &ignored, &note);
    bool is_ours = err != ERR_OK && !import->is_cut;
    if (!import->is_dry) {
        status = pump_close(&import->pump, is_ours);
    }
    progress_end(&import->progress);
    if (is_ours) {
        return cli_fail_err(cli, err, &note);
    }
    enum cli_exit outcome = tally_print(&import->tally, cli, &import->units);
    if (status.code != 0) {
        return cli_fail_status(cli, &status);
    }
    return outcome == CLI_OK ? judge(import) : outcome;
}

/* What a dry run knows of the coalition without a node. */
static void read_home_units(struct receipt_import *import)
{
    const struct node_config *config;
    struct charter *charter;
    if (cli_config(import->cli, &config, NULL) == ERR_OK &&
        charter_load(config->charter.text, &charter, NULL) == ERR_OK) {
        import->units.points_decimals = charter->points_decimals;
        charter_close(charter);
    }
}

static enum cli_exit prepare(struct receipt_import *import)
{
    struct cli *cli = import->cli;
    if (import->is_dry) {
        read_home_units(import);
        return CLI_OK;
    }
    const struct units *units;
    const struct node_config *config;
    struct note note = {""};
    enum cli_exit outcome = session_units(cli, &units);
    if (outcome != CLI_OK) {
        return outcome;
    }
    import->units = *units;
    enum err err = cli_config(cli, &config, &note);
    if (err == ERR_OK) {
        import->partner = config->partner;
        err = receipt_request_init(&import->request);
    }
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

static enum cli_exit with_rejects(struct receipt_import *import, struct source *source)
{
    struct cli *cli = import->cli;
    const char *path = cli_option(cli, OPT_REJECTS);
    if (path != NULL && (import->rejects_file = fopen(path, "wxe")) == NULL) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL, "--rejects: %s: %s", path,
                        strerror(errno));
    }
    enum cli_exit outcome = read_file(import, source);
    rejects_fini(&import->rejects);
    if (path != NULL && fclose(import->rejects_file) != 0 && outcome == CLI_OK) {
        outcome =
            cli_fail(cli, CLI_INTERNAL, "STORAGE_FAILED", NULL, "%s: %s", path, strerror(errno));
    }
    if (path != NULL && outcome != CLI_OK && import->rejects.count == 0) {
        unlink(path); /* it would only stand in the way of the next try */
    }
    return outcome;
}

enum cli_exit run_receipt_import(struct cli *cli)
{
    struct note note = {""};
    struct mapping *mapping = NULL;
    struct source *source = NULL;
    const char *map = cli_option(cli, OPT_MAP);
    if (map == NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help", "--map is missing");
    }
    struct receipt_import *import = calloc(1, sizeof *import);
    if (import == NULL) {
        return cli_fail_err(cli, ERR_RESOURCE, NULL);
    }
    import->cli = cli;
    import->is_dry = args_has(&cli->args, OPT_DRY_RUN);
    import->pump.context = import;
    import->pump.on_answer = on_answer;
    import->pump.free_job = free;
    import->pump.silence_ms = cli->timeout_ms;
    enum err err = mapping_load(map, &mapping, &note);
    if (err == ERR_OK) {
        err = source_open(cli_argument(cli, 0), &source, &note);
    }
    import->mapping = mapping;
    enum cli_exit outcome = err == ERR_OK ? prepare(import) : cli_fail_err(cli, err, &note);
    if (outcome == CLI_OK) {
        outcome = with_rejects(import, source);
    }
    receipt_request_fini(&import->request);
    source_close(source);
    mapping_destroy(mapping);
    free(import);
    return outcome;
}

/* talea verify --data: the proof from the files alone, beside a running node or far from any. */
#include <stdlib.h>
#include <unistd.h>

#include "audit/figures.h"
#include "cli/proof.h"
#include "cli/verify.h"

static bool has_file(const char *folder, const char *name)
{
    char path[LIMIT_PATH_BYTES + 1];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    return length > 0 && (size_t)length < sizeof path && access(path, F_OK) == 0;
}

static enum err begin(struct cli *cli, struct proof *proof, struct note *note)
{
    const char *folder = cli_option(cli, OPT_DATA);
    struct note why = {""};
    TRY(proof_begin(cli, proof, note));
    enum err err = proof_folder(folder, &why);
    if (err != ERR_OK) {
        return note_set(note, err, "--data: %s", why.text);
    }
    TRY(journal_file_open(folder, JOURNAL_READ_ONLY, &proof->journal, note));
    struct state_options options = {.folder = folder, .mode = STATE_READ_ONLY};
    if (has_file(folder, "state.mdb")) {
        TRY(state_open(&options, &proof->state, note));
    }
    return has_file(folder, VAULT_FILE_NAME)
               ? vault_open(folder, VAULT_READ_ONLY, &proof->vault, note)
               : ERR_OK;
}

static enum err run(struct cli *cli, struct proof *proof)
{
    struct audit_options options = proof_options(proof);
    progress_begin(&proof->progress, cli, "rows verified");
    enum err err = audit_run(&options, &proof->summary, &proof->finding);
    progress_end(&proof->progress);
    return err;
}

static enum cli_exit tell(struct cli *cli, const struct proof *proof, enum err result)
{
    Talea__V1__VerifyLedgerResponse verdict;
    talea__v1__verify_ledger_response__init(&verdict);
    Talea__V1__LedgerFigures figures;
    char text[AUDIT_FINDING_TEXT_MAX];
    audit_figures(&proof->summary, &figures);
    audit_finding_text(&proof->finding, text);
    verdict.rows_done = proof->summary.rows;
    verdict.rows_total = proof->summary.rows;
    verdict.is_finished = true;
    verdict.is_clean = result == ERR_OK;
    verdict.first_bad_row = proof->finding.row;
    verdict.finding = text;
    verdict.warning = (char *)(uintptr_t)proof->summary.warning;
    verdict.figures = &figures;
    return verify_print(cli, &verdict);
}

enum cli_exit verify_data(struct cli *cli)
{
    struct note note = {""};
    struct proof *proof = calloc(1, sizeof *proof);
    if (proof == NULL) {
        return cli_fail_err(cli, ERR_RESOURCE, NULL);
    }
    enum err err = begin(cli, proof, &note);
    enum cli_exit outcome;
    if (err != ERR_OK) {
        outcome = cli_fail_err(cli, err, &note);
    } else {
        err = run(cli, proof);
        outcome = err == ERR_OK || err == ERR_CORRUPT
                      ? tell(cli, proof, err)
                      : cli_fail_err(cli, err, &proof->finding.note);
    }
    proof_end(proof);
    free(proof);
    return outcome;
}

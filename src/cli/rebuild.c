/* talea rebuild: the state of a stopped node, derived anew from its journal. */
#include <stdlib.h>

#include "audit/figures.h"
#include "audit/rebuild.h"
#include "cli/commands.h"
#include "cli/proof.h"

const struct argp_option rebuild_options[] = {
    {"charter", OPT_CHARTER, "FILE", 0, "Keys by this one (default: the home's)", 0}, {0}};

/* The journal's lock keeps a node from starting meanwhile. */
static enum err begin(struct cli *cli, struct proof *proof, struct note *note)
{
    TRY(proof_begin(cli, proof, note));
    const char *folder = proof->config->data.text;
    TRY(proof_folder(folder, note));
    TRY(journal_file_open(folder, JOURNAL_WRITE, &proof->journal, note));
    TRY(state_discard(folder, note));
    struct state_options options = {.folder = folder, .mode = STATE_WRITE};
    return state_open(&options, &proof->state, note);
}

static enum err run(struct cli *cli, struct proof *proof, uint64_t *out_rows)
{
    struct audit_options options = proof_options(proof);
    progress_begin(&proof->progress, cli, "rows applied");
    enum err err = audit_rebuild(&options, out_rows, &proof->finding);
    progress_end(&proof->progress);
    return err;
}

static enum cli_exit tell(struct cli *cli, const struct proof *proof, enum err err, uint64_t rows)
{
    char text[AUDIT_FINDING_TEXT_MAX];
    if (err == ERR_CORRUPT) {
        return cli_fail(cli, CLI_CORRUPT, err_name(err), "restore a backup of the ledger",
                        "row %llu: %s", (unsigned long long)proof->finding.row,
                        audit_finding_text(&proof->finding, text));
    }
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &proof->finding.note);
    }
    if (cli->is_json) {
        return cli_print_json(cli, json_pack("{s:I}", "rows", (json_int_t)rows));
    }
    fprintf(cli->out, "rebuilt from %llu journal rows: %s/state.mdb\n", (unsigned long long)rows,
            proof->config->data.text);
    return CLI_OK;
}

enum cli_exit run_rebuild(struct cli *cli)
{
    struct note note = {""};
    uint64_t rows = 0;
    struct proof *proof = calloc(1, sizeof *proof);
    if (proof == NULL) {
        return cli_fail_err(cli, ERR_RESOURCE, NULL);
    }
    enum err err = begin(cli, proof, &note);
    enum cli_exit outcome;
    if (err == ERR_OK) {
        err = run(cli, proof, &rows);
        outcome = tell(cli, proof, err, rows);
    } else {
        outcome = cli_fail_err(cli, err, &note);
    }
    proof_end(proof);
    free(proof);
    return outcome;
}

/* talea rebuild: the state of a stopped node, derived anew from its journal. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/figures.h"
#include "audit/rebuild.h"
#include "base/file.h"
#include "base/folder.h"
#include "cli/commands.h"
#include "cli/proof.h"

const struct argp_option rebuild_options[] = {
    {"charter", OPT_CHARTER, "FILE", 0, "Keys by this one (default: the home's)", 0},
    {"force", OPT_FORCE, NULL, 0,
     "Also from a journal that ends before the state does: the rows behind it are lost", 0},
    {0}};

/* The row up to which the state that is there has something; 0 without one, or when it can't be
 * read. */
static uint64_t row_of_old_state(const char *folder)
{
    struct state_options options = {.folder = folder, .mode = STATE_READ_ONLY};
    struct state *state = NULL;
    struct note note = {""};
    char path[LIMIT_PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s/state.mdb", folder);
    if (access(path, F_OK) != 0 || state_open(&options, &state, &note) != ERR_OK) {
        return 0;
    }
    uint64_t row = state_newest_row(state);
    state_close(state);
    return row;
}

/* What the old state has and the journal has not would be gone without a word. By force the old
 * one is not even opened, however it is damaged. */
static enum cli_exit check_old_state(struct cli *cli, const struct proof *proof)
{
    struct journal journal = journal_file_port(proof->journal);
    struct note note = {""};
    uint64_t next_row;
    if (cli_option(cli, OPT_FORCE) != NULL) {
        return CLI_OK;
    }
    uint64_t newest = row_of_old_state(proof->config->data.text);
    enum err err = journal.next_row(journal.context, &next_row);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    return newest < next_row
               ? CLI_OK
               : cli_fail(cli, CLI_CORRUPT, err_name(ERR_CORRUPT),
                          "put the newest journal there, or lose these rows by --force",
                          "the journal ends with row %" PRIu64 ", the state that is there has rows "
                          "up to %" PRIu64 ": the journal is an older copy",
                          next_row - 1, newest);
}

/* The journal's lock keeps a node from starting meanwhile. The new state comes into being in a
 * folder of its own within the ledger's: the old one stays until the journal has been read to its
 * end. */
static enum err begin(struct cli *cli, struct proof *proof, struct folder_path *fresh,
                      struct note *note)
{
    TRY(proof_begin(cli, proof, note));
    const char *folder = proof->config->data.text;
    TRY(proof_folder(folder, note));
    TRY(journal_file_open(folder, JOURNAL_WRITE, &proof->journal, note));
    int length = snprintf(fresh->text, sizeof fresh->text, "%s/rebuild", folder);
    if (length < 0 || (size_t)length >= sizeof fresh->text) {
        fresh->text[0] = '\0';
        return note_set(note, ERR_INPUT, "%.200s...: this path is too long", folder);
    }
    folder_remove(fresh->text); /* of one that was killed */
    struct state_options options = {.folder = fresh->text, .mode = STATE_WRITE};
    return state_open(&options, &proof->state, note);
}

/* Killed between the two steps there is no state, and the node's next start derives it. */
static enum err put_in_place(struct proof *proof, const struct folder_path *fresh)
{
    const char *folder = proof->config->data.text;
    struct note *note = &proof->finding.note;
    char from[sizeof fresh->text + 16];
    char to[LIMIT_PATH_BYTES + 16];
    state_close(proof->state);
    proof->state = NULL;
    snprintf(from, sizeof from, "%s/state.mdb", fresh->text);
    snprintf(to, sizeof to, "%s/state.mdb", folder);
    TRY(state_discard(folder, note));
    if (rename(from, to) != 0) {
        return note_set(note, ERR_STORAGE, "%s: can't be put there: %s", to, strerror(errno));
    }
    return file_flush_folder(folder, note);
}

static enum err run(struct cli *cli, struct proof *proof, const struct folder_path *fresh,
                    uint64_t *out_rows)
{
    struct audit_options options = proof_options(proof);
    progress_begin(&proof->progress, cli, "rows applied");
    enum err err = audit_rebuild(&options, out_rows, &proof->finding);
    progress_end(&proof->progress);
    return err == ERR_OK ? put_in_place(proof, fresh) : err;
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
    struct folder_path fresh = {""};
    uint64_t rows = 0;
    struct proof *proof = calloc(1, sizeof *proof);
    if (proof == NULL) {
        return cli_fail_err(cli, ERR_RESOURCE, NULL);
    }
    enum err err = begin(cli, proof, &fresh, &note);
    enum cli_exit outcome =
        err == ERR_OK ? check_old_state(cli, proof) : cli_fail_err(cli, err, &note);
    if (outcome == CLI_OK) {
        err = run(cli, proof, &fresh, &rows);
        outcome = tell(cli, proof, err, rows);
    }
    state_close(proof->state);
    proof->state = NULL;
    if (fresh.text[0] != '\0') {
        folder_remove(fresh.text);
    }
    proof_end(proof);
    free(proof);
    return outcome;
}

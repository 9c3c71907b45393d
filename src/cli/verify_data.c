/* talea verify --data: the proof from the files alone, beside a running node or far from any. The
 * keys are the charter's; coalition and partner are those of the home's node.yaml. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/figures.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/verify.h"
#include "wire/messages.h"

struct proof {
    const struct node_config *config;
    struct charter *charter;
    struct journal_file *journal;
    struct state *state; /* NULL: there is none in the folder */
    struct progress progress;
    struct audit_summary summary;
    struct audit_finding finding;
};

static enum err find_key(void *context, const struct key_id *id, struct unix_ms time,
                         struct public_key *out_key)
{
    const struct proof *proof = context;
    const struct charter_key *key =
        charter_key_find(proof->charter, &proof->config->partner, id, time);
    if (key == NULL) {
        return ERR_NOT_FOUND;
    }
    *out_key = key->key;
    return ERR_OK;
}

static enum err decode_entry(void *context, struct slice bytes, struct clearing_entry *out_entry)
{
    (void)context;
    return wire_entry_decode(bytes, out_entry, NULL);
}

static bool show_progress(void *context, uint64_t rows_done, uint64_t rows_total)
{
    struct proof *proof = context;
    progress_show(&proof->progress, rows_done, rows_total);
    return true;
}

/* A charter of others would find every signature to be of an unknown key. */
static enum err check_charter(const struct proof *proof, struct note *note)
{
    const struct charter *charter = proof->charter;
    const struct node_config *config = proof->config;
    if (strcmp(charter->coalition, config->coalition) != 0) {
        return note_set(note, ERR_INPUT, "the charter is of the coalition %s, node.yaml of %s",
                        charter->coalition, config->coalition);
    }
    if (charter_partner_find(charter, &config->partner) == NULL) {
        return note_set(note, ERR_INPUT, "%s of node.yaml is no partner in the charter",
                        config->partner.text);
    }
    return ERR_OK;
}

static bool is_there(const char *folder, const char *name)
{
    char path[LIMIT_PATH_BYTES + 1];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    return length > 0 && (size_t)length < sizeof path && access(path, F_OK) == 0;
}

static enum err open_files(struct proof *proof, const char *folder, struct note *note)
{
    if (access(folder, F_OK) == 0 && !is_there(folder, "journal.mdb")) {
        return note_set(note, ERR_NOT_FOUND,
                        "--data: %s holds no journal.mdb: name the folder of the ledger, in a home "
                        "that is \"data\"",
                        folder);
    }
    TRY(journal_file_open(folder, JOURNAL_READ_ONLY, &proof->journal, note));
    struct state_options options = {.folder = folder, .mode = STATE_READ_ONLY};
    return is_there(folder, "state.mdb") ? state_open(&options, &proof->state, note) : ERR_OK;
}

static enum err begin(struct cli *cli, struct proof *proof, struct note *note)
{
    TRY(cli_config(cli, &proof->config, note));
    TRY(session_charter(cli, &proof->charter, note));
    TRY(check_charter(proof, note));
    TRY(session_use_units(cli, proof->charter));
    return open_files(proof, cli_option(cli, OPT_DATA), note);
}

static enum err run(struct cli *cli, struct proof *proof)
{
    struct audit_options options = {.journal = journal_file_port(proof->journal),
                                    .state = proof->state,
                                    .coalition = proof->config->coalition,
                                    .self = proof->config->partner,
                                    .context = proof,
                                    .find_key = find_key,
                                    .decode_entry = decode_entry,
                                    .progress = show_progress};
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
    state_close(proof->state);
    journal_file_close(proof->journal);
    charter_close(proof->charter);
    free(proof);
    return outcome;
}

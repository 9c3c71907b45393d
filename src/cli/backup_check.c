/* talea backup verify: a backup proven from its files. */
#include "cli/backup_check.h"

#include "audit/chain.h"
#include "audit/figures.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/session.h"

const struct argp_option backup_verify_options[] = {
    {"charter", OPT_CHARTER, "FILE", 0, "Judge the signature by this one (default: the home's)", 0},
    {0}};

bool backup_show_progress(void *progress, uint64_t bytes_done, uint64_t bytes_total)
{
    progress_show(progress, bytes_done >> 20, bytes_total >> 20);
    return true;
}

static enum err find_key(void *context, const struct partner_id *partner, const struct key_id *id,
                         struct unix_ms time, struct public_key *out_key)
{
    const struct charter_key *key = charter_chain_key_at(context, partner, id, time);
    if (key == NULL) {
        return ERR_NOT_FOUND;
    }
    *out_key = key->key;
    return ERR_OK;
}

/* The journal that is in the backup, on its way through its frames. */
struct following {
    const struct charter_chain *chain;
    const struct backup_manifest *manifest;
    struct progress progress;
};

static enum err find_head_key(void *context, const struct key_id *id, struct unix_ms time,
                              struct public_key *out_key)
{
    const struct following *following = context;
    return find_key((void *)(uintptr_t)following->chain, &following->manifest->partner, id, time,
                    out_key);
}

static bool show_rows(void *context, uint64_t rows_done, uint64_t rows_total)
{
    struct following *following = context;
    progress_show(&following->progress, rows_done, rows_total);
    return true;
}

/* Every batch from the first to the last, in the words of `talea verify`. Without a charter the
 * heads' signatures are not looked at. */
static enum err follow_chain(struct cli *cli, const char *folder, struct following *following,
                             struct note *note)
{
    struct journal_file *file;
    struct audit_summary summary;
    struct audit_finding finding;
    char text[AUDIT_FINDING_TEXT_MAX];
    char row[32] = "";
    TRY(journal_file_open(folder, JOURNAL_READ_ONLY, &file, note));
    struct audit_options options = {
        .journal = journal_file_port(file), .context = following, .progress = show_rows};
    if (following->chain != NULL) {
        options.coalition = charter_chain_last(following->chain)->coalition;
        options.find_key = find_head_key;
    }
    progress_begin(&following->progress, cli, "rows verified");
    enum err err = audit_chain(&options, &summary, &finding);
    progress_end(&following->progress);
    journal_file_close(file);
    if (finding.row != 0) {
        snprintf(row, sizeof row, "row %llu: ", (unsigned long long)finding.row);
    }
    return err == ERR_OK ? ERR_OK
                         : note_set(note, err, "%s/journal.mdb: %s%s", folder, row,
                                    audit_finding_text(&finding, text));
}

/* Of a backup with a damaged file: where the journal in it is broken, if it is. */
static void tell_row(struct cli *cli, const char *folder, struct note *note)
{
    struct following following = {.chain = NULL};
    struct note first = *note;
    struct note where = {""};
    if (follow_chain(cli, folder, &following, &where) == ERR_CORRUPT) {
        (void)note_set(note, ERR_CORRUPT, "%.200s; %.300s", first.text, where.text);
    }
}

static enum err check(struct cli *cli, const char *folder, const struct backup_judge *judge,
                      struct charter_chain *chain, struct backup_manifest *out_manifest,
                      struct note *note)
{
    struct following following = {.chain = chain, .manifest = out_manifest};
    struct progress progress;
    progress_begin(&progress, cli, "MiB checked");
    struct backup_progress watch = {&progress, backup_show_progress};
    enum err err = backup_check(folder, judge, &watch, out_manifest, note);
    progress_end(&progress);
    if (err == ERR_CORRUPT) {
        tell_row(cli, folder, note);
    }
    return err == ERR_OK ? follow_chain(cli, folder, &following, note) : err;
}

enum err backup_check_here(struct cli *cli, const char *folder, bool may_lack_charter,
                           struct backup_manifest *out_manifest, bool *out_is_signed,
                           struct note *note)
{
    struct charter_chain chain = {NULL, 0};
    struct backup_judge judge = {.coalition = NULL, .find_key = find_key};
    enum err err = session_chain(cli, &chain, note);
    if (err == ERR_OK) {
        judge.coalition = charter_chain_last(&chain)->coalition;
        judge.context = &chain;
    } else if (err != ERR_NOT_FOUND || !may_lack_charter || cli_option(cli, OPT_CHARTER) != NULL) {
        return err;
    }
    err = check(cli, folder, &judge, judge.coalition != NULL ? &chain : NULL, out_manifest, note);
    *out_is_signed = judge.coalition != NULL;
    charter_chain_fini(&chain);
    return err;
}

void backup_print(struct cli *cli, const struct backup_manifest *manifest)
{
    char time[TIME_TEXT_MAX];
    char hash[HASH_TEXT_MAX];
    fprintf(cli->out, "ledger     %s of %s\n", manifest->partner.text, manifest->coalition);
    fprintf(cli->out, "made       %s UTC by talead %s\n", amounts_time(manifest->time.ms, time),
            manifest->program);
    fprintf(cli->out, "journal    up to row %llu of %s UTC\n",
            (unsigned long long)manifest->journal_row,
            amounts_time(manifest->journal_time.ms, time));
    fprintf(cli->out, "head       %s\n", hash_format(&manifest->journal_hash, hash));
    fprintf(cli->out, "files      %zu, %llu bytes\n", manifest->file_count,
            (unsigned long long)manifest_bytes(manifest));
}

enum cli_exit run_backup_verify(struct cli *cli)
{
    struct note note = {""};
    struct backup_manifest manifest;
    bool is_signed = false;
    enum err err = backup_check_here(cli, cli_argument(cli, 0), true, &manifest, &is_signed, &note);
    if (err == ERR_SIGNATURE || err == ERR_CORRUPT) {
        return cli_fail(cli, CLI_CORRUPT, err_name(err), "use another backup", "%s", note.text);
    }
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    if (cli->is_json) {
        char hash[HASH_TEXT_MAX];
        return cli_print_json(cli,
                              json_pack("{s:b, s:b, s:s, s:s, s:I, s:I, s:s, s:I}", "is_clean",
                                        true, "is_signature_checked", is_signed, "coalition",
                                        manifest.coalition, "partner", manifest.partner.text,
                                        "time_unix_ms", (json_int_t)manifest.time.ms, "journal_row",
                                        (json_int_t)manifest.journal_row, "journal_hash",
                                        hash_format(&manifest.journal_hash, hash), "bytes",
                                        (json_int_t)manifest_bytes(&manifest)));
    }
    fprintf(cli->out, "whole and unchanged%s\n\n",
            is_signed ? "" : "; no signature was checked: no charter here (--charter)");
    backup_print(cli, &manifest);
    return CLI_OK;
}

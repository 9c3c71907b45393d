/* talea backup verify: a backup proven from its files. */
#include "cli/backup_check.h"

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
    struct progress progress;
    progress_begin(&progress, cli, "MiB checked");
    struct backup_progress watch = {&progress, backup_show_progress};
    err = backup_check(folder, &judge, &watch, out_manifest, note);
    progress_end(&progress);
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
            is_signed ? "" : "; its signature was not checked: no charter here (--charter)");
    backup_print(cli, &manifest);
    return CLI_OK;
}

/* talea backup: the running node copies its ledger into a folder on its machine. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <talea/v1/admin.pb-c.h>
#include <unistd.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/follow.h"

/* The last answer, and a copy of what it refers to. */
struct result {
    Talea__V1__CreateBackupResponse last;
    char hash[80];
};

/* Where this program's words are meant: its own working folder. */
static enum err absolute_path(const char *path, char out[PATH_MAX], struct note *note)
{
    char here[PATH_MAX] = "";
    if (path[0] != '/' && getcwd(here, sizeof here) == NULL) {
        return note_set(note, ERR_INPUT, "the working folder has no path: name an absolute one");
    }
    int length = snprintf(out, PATH_MAX, "%s%s%s", here, path[0] == '/' ? "" : "/", path);
    return length < PATH_MAX ? ERR_OK : note_set(note, ERR_INPUT, "%.200s...: too long", path);
}

static enum err take(void *context, const ProtobufCMessage *message, struct progress *progress,
                     struct note *note)
{
    struct result *result = context;
    (void)note;
    result->last = *(const Talea__V1__CreateBackupResponse *)(const void *)message;
    snprintf(result->hash, sizeof result->hash, "%s", result->last.journal_hash);
    result->last.journal_hash = result->hash;
    progress_show(progress, result->last.bytes_done >> 20, result->last.bytes_total >> 20);
    return ERR_OK;
}

static enum cli_exit ask(struct cli *cli, char *folder, struct result *result)
{
    Talea__V1__CreateBackupRequest request;
    talea__v1__create_backup_request__init(&request);
    request.folder = folder;
    enum cli_exit outcome = follow_call(cli, &talea__v1__admin_service__descriptor, "CreateBackup",
                                        &request.base, "MiB copied", take, result);
    return outcome != CLI_OK || result->last.is_finished
               ? outcome
               : cli_fail(cli, CLI_INTERNAL, "INTERNAL", NULL, "the node ended without a result");
}

enum cli_exit run_backup(struct cli *cli)
{
    struct note note = {""};
    char folder[PATH_MAX];
    char time[TIME_TEXT_MAX];
    struct result result = {.hash = ""};
    talea__v1__create_backup_response__init(&result.last);
    enum err err = absolute_path(cli_argument(cli, 0), folder, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    enum cli_exit outcome = session_open(cli);
    if (outcome == CLI_OK) {
        outcome = ask(cli, folder, &result);
    }
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, &result.last.base) : outcome;
    }
    fprintf(cli->out, "backup     %s\n", folder);
    fprintf(cli->out, "made       %s UTC\n", amounts_time(result.last.time_unix_ms, time));
    fprintf(cli->out, "journal    up to row %llu\n", (unsigned long long)result.last.journal_row);
    fprintf(cli->out, "head       %s\n", result.hash);
    fprintf(cli->out, "size       %llu bytes\n", (unsigned long long)result.last.bytes);
    fprintf(cli->out, "\nIt holds the keys of members' personal data: keep it as safe as the "
                      "ledger.\n");
    return CLI_OK;
}

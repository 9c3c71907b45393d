/* talea backup: the running node copies its ledger into a folder on its machine. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <talea/v1/admin.pb-c.h>
#include <unistd.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/session.h"

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

static enum err follow(struct cli *cli, struct rpc_client_stream *stream, struct result *result)
{
    struct progress progress;
    progress_begin(&progress, cli, "MiB copied");
    enum err err = ERR_OK;
    while (err == ERR_OK) {
        const ProtobufCMessage *message;
        err = rpc_client_stream_receive(stream, cli->timeout_ms, &message);
        if (err == ERR_OK) {
            result->last = *(const Talea__V1__CreateBackupResponse *)(const void *)message;
            snprintf(result->hash, sizeof result->hash, "%s", result->last.journal_hash);
            result->last.journal_hash = result->hash;
            progress_show(&progress, result->last.bytes_done >> 20, result->last.bytes_total >> 20);
        }
    }
    progress_end(&progress);
    return err;
}

static enum cli_exit ask(struct cli *cli, char *folder, struct result *result)
{
    struct rpc_client_stream *stream = NULL;
    Talea__V1__CreateBackupRequest request;
    talea__v1__create_backup_request__init(&request);
    request.folder = folder;
    enum err err = rpc_client_stream_open(cli->client, &talea__v1__admin_service__descriptor,
                                          "CreateBackup", 0, &stream);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, NULL);
    }
    err = rpc_client_stream_send(stream, &request.base);
    if (err == ERR_OK) {
        err = rpc_client_stream_half_close(stream);
    }
    if (err == ERR_OK) {
        err = follow(cli, stream, result);
    }
    struct rpc_status status = rpc_client_stream_close(stream);
    if (err == ERR_DEADLINE) {
        return cli_fail(cli, CLI_UNREACHABLE, "DEADLINE_EXCEEDED", "raise --timeout",
                        "no progress from %s for %lld s", cli->address,
                        (long long)cli->timeout_ms / 1000);
    }
    if (status.code != 0) {
        return cli_fail_status(cli, &status);
    }
    return result->last.is_finished
               ? CLI_OK
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

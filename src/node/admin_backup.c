/* A backup while the node runs, in a folder on its machine. */
#include <string.h>

#include "backup/backup.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/admin.pb-c.h"

#define PROGRESS_BYTES (UINT64_C(8) << 20) /* a caller gives up when it hears nothing */

struct backup_call {
    struct rpc_stream *stream;
    uint64_t reported;
};

static bool report_progress(void *context, uint64_t bytes_done, uint64_t bytes_total)
{
    struct backup_call *call = context;
    Talea__V1__CreateBackupResponse response;
    talea__v1__create_backup_response__init(&response);
    if (bytes_done < call->reported + PROGRESS_BYTES) {
        return !rpc_stream_is_cancelled(call->stream);
    }
    call->reported = bytes_done;
    response.bytes_done = bytes_done;
    response.bytes_total = bytes_total;
    return rpc_stream_send(call->stream, &response.base) == ERR_OK;
}

static enum err make(struct node *node, struct backup_call *call, const char *folder,
                     struct backup_manifest *out_manifest, struct note *note)
{
    struct snapshot *snapshot = node_snapshot(node);
    struct backup_source source = {
        .data_folder = node->config.data.text,
        .journal = node->journal_file,
        .state = node->state,
        .archive = node->archive,
        .vault = node->vault,
        .program = TALEA_VERSION,
        .partner = node->config.partner,
        .now = node_now(node),
        .signer = &snapshot->signer,
        .charter_epoch = snapshot->charter->epoch,
        .progress = {call, report_progress},
    };
    memcpy(source.coalition, node->config.coalition, sizeof source.coalition);
    enum err err = backup_make(&source, folder, out_manifest, note);
    snapshot_release(snapshot);
    return err;
}

static enum err send_result(struct rpc_stream *stream, const struct backup_manifest *manifest)
{
    Talea__V1__CreateBackupResponse response;
    talea__v1__create_backup_response__init(&response);
    char hash[HASH_TEXT_MAX];
    response.bytes = response.bytes_done = response.bytes_total = manifest_bytes(manifest);
    response.is_finished = true;
    response.journal_row = manifest->journal_row;
    response.journal_hash = (char *)(uintptr_t)hash_format(&manifest->journal_hash, hash);
    response.time_unix_ms = manifest->time.ms;
    return rpc_stream_send(stream, &response.base);
}

struct rpc_status admin_create_backup(void *context, struct rpc_stream *stream)
{
    struct node *node = context;
    struct backup_call call = {stream, 0};
    struct backup_manifest manifest;
    const ProtobufCMessage *message;
    struct note note = {""};
    char folder[LIMIT_PATH_BYTES + 1];
    enum err err = rpc_stream_receive(stream, &message);
    if (err != ERR_OK) {
        return rpc_status_of(err, NULL);
    }
    const char *wanted = ((const Talea__V1__CreateBackupRequest *)(const void *)message)->folder;
    if (wanted[0] != '/' || strlen(wanted) >= sizeof folder) {
        (void)note_set(&note, ERR_INPUT, "folder is not an absolute path");
        return rpc_status_of(ERR_INPUT, &note);
    }
    memcpy(folder, wanted, strlen(wanted) + 1);
    err = make(node, &call, folder, &manifest, &note);
    log_event(&node->log, err == ERR_OK ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
              err == ERR_OK ? "backup_made" : "backup_failed", LOG_TEXT("folder", folder),
              LOG_TEXT("detail", note.text));
    if (err == ERR_OK) {
        err = send_result(stream, &manifest);
    }
    return err == ERR_OK ? rpc_status_ok() : rpc_status_of(err, &note);
}

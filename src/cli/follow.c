#include "cli/follow.h"

static enum err take_all(struct cli *cli, struct rpc_client_stream *stream, const char *label,
                         follow_take *take, void *context, struct note *note)
{
    struct progress progress;
    enum err err = ERR_OK;
    progress_begin(&progress, cli, label);
    while (err == ERR_OK) {
        const ProtobufCMessage *message;
        err = rpc_client_stream_receive(stream, cli->timeout_ms, &message);
        if (err == ERR_OK) {
            err = take(context, message, &progress, note);
        }
    }
    progress_end(&progress);
    return err;
}

enum cli_exit follow_call(struct cli *cli, const ProtobufCServiceDescriptor *service,
                          const char *method, const ProtobufCMessage *request,
                          const char *progress_label, follow_take *take, void *context)
{
    struct rpc_client_stream *stream = NULL;
    struct note note = {""};
    enum err err = rpc_client_stream_open(cli->client, service, method, 0, &stream);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, NULL);
    }
    err = rpc_client_stream_ask(stream, request);
    if (err == ERR_OK) {
        err = take_all(cli, stream, progress_label, take, context, &note);
    }
    struct rpc_status status = rpc_client_stream_close(stream);
    if (note.text[0] != '\0') {
        return cli_fail_err(cli, err, &note);
    }
    if (err == ERR_DEADLINE) {
        return cli_fail(cli, CLI_UNREACHABLE, "DEADLINE_EXCEEDED", "raise --timeout",
                        "no progress from %s for %lld s", cli->address,
                        (long long)cli->timeout_ms / 1000);
    }
    return status.code == 0 ? CLI_OK : cli_fail_status(cli, &status);
}

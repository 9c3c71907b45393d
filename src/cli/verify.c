/* talea verify: a running node reads its whole journal again and proves that everything follows
 * from it. What is verified where is one function each: over RPC here. */
#include <talea/v1/admin.pb-c.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/pb_json.h"
#include "cli/progress.h"
#include "cli/session.h"

/* Rows may be many: only silence is limited by --timeout. */
static enum err follow(struct cli *cli, struct rpc_client_stream *stream,
                       Talea__V1__VerifyLedgerResponse *out_last, char *finding, size_t capacity)
{
    struct progress progress;
    progress_begin(&progress, cli, "rows verified");
    enum err err = ERR_OK;
    while (err == ERR_OK) {
        const ProtobufCMessage *message;
        err = rpc_client_stream_receive(stream, cli->timeout_ms, &message);
        if (err == ERR_OK) {
            *out_last = *(const Talea__V1__VerifyLedgerResponse *)message;
            snprintf(finding, capacity, "%s", out_last->finding);
            out_last->finding = finding;
            progress_show(&progress, out_last->rows_done, out_last->rows_total);
        }
    }
    progress_end(&progress);
    return err;
}

static enum cli_exit print_verdict(struct cli *cli, const Talea__V1__VerifyLedgerResponse *last)
{
    if (cli->is_json) {
        enum cli_exit outcome = session_print_json(cli, &last->base);
        return outcome == CLI_OK && !last->is_clean ? CLI_CORRUPT : outcome;
    }
    if (!last->is_clean) {
        return cli_fail(cli, CLI_CORRUPT, "DATA_CORRUPT", "keep the data folder as it is",
                        "row %llu: %s", (unsigned long long)last->first_bad_row, last->finding);
    }
    fprintf(cli->out, "clean: %llu rows\n", (unsigned long long)last->rows_done);
    return CLI_OK;
}

static enum cli_exit verify_node(struct cli *cli)
{
    enum cli_exit outcome = session_open(cli);
    if (outcome != CLI_OK) {
        return outcome;
    }
    struct rpc_client_stream *stream = NULL;
    enum err err = rpc_client_stream_open(cli->client, &talea__v1__admin_service__descriptor,
                                          "VerifyLedger", 0, &stream);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, NULL);
    }
    Talea__V1__VerifyLedgerRequest request;
    talea__v1__verify_ledger_request__init(&request);
    Talea__V1__VerifyLedgerResponse last;
    talea__v1__verify_ledger_response__init(&last);
    char finding[512] = "";
    err = rpc_client_stream_send(stream, &request.base);
    if (err == ERR_OK) {
        err = rpc_client_stream_half_close(stream);
    }
    if (err == ERR_OK) {
        err = follow(cli, stream, &last, finding, sizeof finding);
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
    if (!last.is_finished) {
        return cli_fail(cli, CLI_INTERNAL, "INTERNAL", NULL, "the node ended without a verdict");
    }
    return print_verdict(cli, &last);
}

enum cli_exit run_verify(struct cli *cli)
{
    return verify_node(cli);
}

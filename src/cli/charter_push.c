/* talea charter push: the next epoch, to the home's node, which gives it to all others. */
#include <talea/v1/admin.pb-c.h>

#include "charter/charter_file.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/session.h"

enum cli_exit run_charter_push(struct cli *cli)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    struct note note = {""};
    enum err err = charter_file_read(cli_argument(cli, 0), &bytes, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    Talea__V1__PushCharterRequest request;
    talea__v1__push_charter_request__init(&request);
    request.charter = message_bytes(buffer_slice(&bytes));
    enum cli_exit outcome = session_call(cli, &talea__v1__admin_service__descriptor, "PushCharter",
                                         &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__PushCharterResponse *response =
        (const Talea__V1__PushCharterResponse *)(const void *)message;
    fprintf(cli->out, "%s: epoch %llu is in force.\n",
            response->was_known ? "It was known already" : "Taken; partners get it now",
            (unsigned long long)response->charter_epoch);
    return CLI_OK;
}

/* talea key revoke: the numbers up to which an online key of this brand counts, taken from its node
 * as they are now, as the lines that the next charter's terms need. */
#include <string.h>
#include <talea/v1/admin.pb-c.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/session.h"

static enum cli_exit print_json(struct cli *cli, const char *key,
                                const Talea__V1__GetStatusResponse *status)
{
    json_t *streams = json_array();
    for (size_t i = 0; i < status->n_peers; i++) {
        const Talea__V1__PeerStatus *peer = status->peers[i];
        json_array_append_new(streams,
                              json_pack("{s:s, s:I, s:I}", "peer", peer->partner, "entries",
                                        (json_int_t)peer->receipted_number, "receipts",
                                        (json_int_t)peer->given_receipt_number));
    }
    return cli_print_json(cli, json_pack("{s:[{s:s, s:s, s:o}]}", "revoked_keys", "partner",
                                         status->partner, "key", key, "streams", streams));
}

static void print_yaml(struct cli *cli, const char *key, const Talea__V1__GetStatusResponse *status)
{
    fprintf(cli->out, "revoked_keys:\n  - partner: %s\n    key: %s\n    streams:%s\n",
            status->partner, key, status->n_peers == 0 ? " []" : "");
    for (size_t i = 0; i < status->n_peers; i++) {
        const Talea__V1__PeerStatus *peer = status->peers[i];
        fprintf(cli->out, "      - {peer: %s, entries: %llu, receipts: %llu}\n", peer->partner,
                (unsigned long long)peer->receipted_number,
                (unsigned long long)peer->given_receipt_number);
    }
}

enum cli_exit run_key_revoke(struct cli *cli)
{
    const char *key = cli_argument(cli, 0);
    struct key_id id;
    if (key_id_parse(key, &id) != ERR_OK) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT",
                        "`talea charter show` and `talea key show` "
                        "name them",
                        "\"%s\" is no key id of 16 hexadecimal digits", key);
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    Talea__V1__GetStatusRequest request;
    talea__v1__get_status_request__init(&request);
    enum cli_exit outcome = session_call(cli, &talea__v1__admin_service__descriptor, "GetStatus",
                                         &request.base, &message);
    if (outcome != CLI_OK) {
        return outcome;
    }
    const Talea__V1__GetStatusResponse *status =
        (const Talea__V1__GetStatusResponse *)(const void *)message;
    if (strcmp(status->signing_key, key) == 0) {
        return cli_fail(cli, CLI_REFUSED, "KEY_IN_USE",
                        "put a new one into force first, then revoke this one",
                        "%s signs now; what it signs after this would count for nothing", key);
    }
    if (cli->is_json) {
        return print_json(cli, key, status);
    }
    print_yaml(cli, key, status);
    return CLI_OK;
}

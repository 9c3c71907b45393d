#include "cli/session.h"

#include <stdlib.h>
#include <string.h>
#include <talea/v1/admin.pb-c.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "base/waiting.h"
#include "charter/charter_file.h"
#include "cli/message.h"
#include "cli/pb_json.h"
#include "crypto/random.h"
#include "pki/trust.h"

#define RETRY_WINDOW_MS 1500 /* a node that restarts is back sooner or much later */
#define RETRY_FIRST_MS  50

static enum err read_pem(const char *home, const char *name, const char *extension,
                         enum file_access access, struct buffer *out, struct note *note)
{
    char path[LIMIT_PATH_BYTES + 1];
    int length = snprintf(path, sizeof path, "%s/tls/%s.%s", home, name, extension);
    if (length < 0 || (size_t)length >= sizeof path) {
        return note_set(note, ERR_RANGE, "--home: the path is too long");
    }
    TRY(file_read(path, access, LIMIT_PEM_BYTES, out, note));
    write_u8(out, 0);
    return out->err;
}

static enum err choose_role(const struct cli *cli, enum role *out_role, struct note *note)
{
    const char *as = cli_option(cli, OPT_AS);
    *out_role = cli->command->role;
    if (as != NULL && (role_parse(as, out_role) != ERR_OK || *out_role == ROLE_PEER)) {
        return note_set(note, ERR_INPUT,
                        "--as: \"%s\" is not one of till, back-office, auditor, admin", as);
    }
    return ERR_OK;
}

static enum err choose_address(struct cli *cli, const struct node_config *config, struct note *note)
{
    struct address address = config->listen;
    const char *text = cli_option(cli, OPT_ADDRESS);
    if (text != NULL && address_parse(text, &address) != ERR_OK) {
        return note_set(note, ERR_INPUT, "--address: \"%s\" is not host:port", text);
    }
    if (strcmp(address.host, "0.0.0.0") == 0 || strcmp(address.host, "::") == 0) {
        TRY(text_copy(address.host, sizeof address.host,
                      address.host[0] == ':' ? "::1" : "127.0.0.1"));
    }
    if (address.port == 0) {
        return note_set(note, ERR_INPUT, "node.yaml leaves the port to the system: say --address");
    }
    address_format(&address, cli->address);
    return ERR_OK;
}

static enum err connect(struct cli *cli, struct note *note)
{
    const struct node_config *config;
    enum role role;
    TRY(choose_role(cli, &role, note));
    TRY(cli_config(cli, &config, note));
    TRY(choose_address(cli, config, note));
    CLEANUP(buffer_fini) struct buffer chain = {0};
    CLEANUP(buffer_fini) struct buffer key = {0};
    CLEANUP(buffer_fini) struct buffer roots = {0};
    const char *home = cli_home(cli);
    TRY(read_pem(home, role_name(role), "pem", FILE_PUBLIC, &chain, note));
    TRY(read_pem(home, role_name(role), "key", FILE_SECRET, &key, note));
    TRY(read_pem(home, "ca", "pem", FILE_PUBLIC, &roots, note));
    TRY(pki_not_after(slice_of(chain.at, chain.length - 1), &cli->certificate_ends, note));
    cli->role = role;
    char server[IDENTITY_URI_MAX];
    snprintf(server, sizeof server, "%s.%s.talea", config->partner.text, config->coalition);
    struct rpc_client_options options = {.address = cli->address,
                                         .certificate_chain = (const char *)chain.at,
                                         .key = (const char *)key.at,
                                         .trusted_roots = (const char *)roots.at,
                                         .server_dns_name = server};
    return rpc_client_open(&options, &cli->client, note);
}

enum cli_exit session_open(struct cli *cli)
{
    struct note note = {""};
    enum err err = cli->client == NULL ? connect(cli, &note) : ERR_OK;
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

static bool is_outcome_unknown(int code)
{
    return code == 14 || code == 1; /* UNAVAILABLE, CANCELLED */
}

struct rpc_status session_try(struct cli *cli, const ProtobufCServiceDescriptor *service,
                              const char *method, const ProtobufCMessage *request,
                              ProtobufCMessage **out_reply)
{
    int64_t start = clock_ms();
    int64_t pause = RETRY_FIRST_MS;
    for (;;) {
        int64_t left = cli->timeout_ms - (clock_ms() - start);
        struct rpc_status status =
            rpc_client_call(cli->client, service, method, request, left < 1 ? 1 : left, out_reply);
        int64_t passed = clock_ms() - start + pause;
        if (!is_outcome_unknown(status.code) || passed >= RETRY_WINDOW_MS ||
            passed >= cli->timeout_ms) {
            return status;
        }
        pause_ms(pause);
        pause *= 2;
    }
}

enum cli_exit session_call(struct cli *cli, const ProtobufCServiceDescriptor *service,
                           const char *method, const ProtobufCMessage *request,
                           ProtobufCMessage **out_reply)
{
    enum cli_exit outcome = session_open(cli);
    if (outcome != CLI_OK) {
        return outcome;
    }
    struct rpc_status status = session_try(cli, service, method, request, out_reply);
    return status.code == 0 ? CLI_OK : cli_fail_status(cli, &status);
}

enum cli_exit session_transaction_id(struct cli *cli, const char **out_id)
{
    const char *given = cli_option(cli, OPT_TRANSACTION_ID);
    struct uid uid;
    if (given == NULL) {
        struct random_source source = random_system();
        struct clock_port clock = clock_of_system();
        uid = uid_new(&source, clock_now(&clock));
    } else if (uid_parse(given, &uid) != ERR_OK) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "`talea uuid` makes one",
                        "--transaction-id: \"%s\" is no UUID", given);
    }
    *out_id = uid_format(&uid, cli->transaction_id);
    return CLI_OK;
}

static enum err chain_of_file(const char *path, struct charter_chain *out_chain, struct note *note)
{
    struct charter *charter;
    TRY(charter_load(path, &charter, note));
    enum err err = charter_check_signatures(charter, note);
    if (err == ERR_OK) {
        err = charter_chain_add(out_chain, charter);
    }
    if (err != ERR_OK) {
        charter_close(charter);
    }
    return err;
}

/* Who has no home can name the charter instead. */
static enum err config_beside(struct cli *cli, const struct node_config **out_config,
                              struct note *note)
{
    enum err err = cli_config(cli, out_config, note);
    return err != ERR_NOT_FOUND
               ? err
               : note_set(note, err,
                          "no charter to prove it by: name its file by --charter, or a "
                          "node's folder by --home");
}

enum err session_chain(struct cli *cli, struct charter_chain *out_chain, struct note *note)
{
    const char *path = cli_option(cli, OPT_CHARTER);
    const struct node_config *config;
    struct charter_chain chain = {NULL, 0};
    if (path != NULL) {
        TRY(chain_of_file(path, &chain, note));
    } else {
        TRY(config_beside(cli, &config, note));
        TRY(charter_store_open(config->data.text, config->charter.text, &chain, note));
    }
    *out_chain = chain;
    return ERR_OK;
}

enum err session_charter(struct cli *cli, struct charter **out_charter, struct note *note)
{
    struct charter_chain chain;
    TRY(session_chain(cli, &chain, note));
    *out_charter = charter_hold(charter_chain_last(&chain));
    charter_chain_fini(&chain);
    return ERR_OK;
}

enum err session_use_units(struct cli *cli, const struct charter *charter)
{
    struct units *out = &cli->units;
    TRY(text_copy(out->points_name, sizeof out->points_name, charter->points_name));
    TRY(text_copy(out->currency, sizeof out->currency, charter->currency));
    out->points_decimals = charter->points_decimals;
    out->currency_decimals = charter->currency_decimals;
    cli->has_units = true;
    return ERR_OK;
}

static enum err units_of_home(struct cli *cli, struct note *note)
{
    const struct node_config *config;
    struct charter *charter;
    TRY(cli_config(cli, &config, note));
    TRY(charter_load(config->charter.text, &charter, note));
    enum err err = session_use_units(cli, charter);
    charter_close(charter);
    return err;
}

static enum err units_of_status(const Talea__V1__GetStatusResponse *reply, struct units *out)
{
    TRY(text_copy(out->points_name, sizeof out->points_name, reply->points_name));
    TRY(text_copy(out->currency, sizeof out->currency, reply->currency));
    if (reply->points_decimals > 9 || reply->currency_decimals > 9) {
        return ERR_RANGE;
    }
    out->points_decimals = reply->points_decimals;
    out->currency_decimals = reply->currency_decimals;
    return ERR_OK;
}

enum cli_exit session_units(struct cli *cli, const struct units **out_units)
{
    *out_units = &cli->units;
    if (cli->has_units) {
        return CLI_OK;
    }
    enum cli_exit outcome = session_open(cli);
    if (outcome != CLI_OK) {
        return outcome;
    }
    Talea__V1__GetStatusRequest request;
    talea__v1__get_status_request__init(&request);
    ProtobufCMessage *reply = NULL;
    struct rpc_status status =
        session_try(cli, &talea__v1__admin_service__descriptor, "GetStatus", &request.base, &reply);
    struct note note = {""};
    enum err err;
    if (status.code == 0) {
        err = units_of_status((const Talea__V1__GetStatusResponse *)reply, &cli->units);
        message_free(reply);
    } else if (status.code == 7 || status.code == 12) { /* PERMISSION_DENIED, UNIMPLEMENTED */
        err = units_of_home(cli, &note);
    } else {
        return cli_fail_status(cli, &status);
    }
    cli->has_units = err == ERR_OK;
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

enum cli_exit session_print_json(struct cli *cli, const ProtobufCMessage *message)
{
    return cli_print_json(cli, pb_json(message));
}

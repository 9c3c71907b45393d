/* talea transaction receipt, talea audit receipt: what a member takes home, and its proof. */
#include "dossier/member_receipt.h"

#include <string.h>
#include <talea/v1/ledger.pb-c.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/qr_svg.h"
#include "cli/session.h"

const struct argp_option transaction_receipt_options[] = {
    {"out", OPT_OUT, "FILE", 0, "Write the text to a new file (default: print it)", 0},
    {"qr", OPT_QR, "FILE.svg", 0, "Also write it as a QR code to a new file", 0},
    {"origin", OPT_ORIGIN, "PARTNER", 0, "Who made the id, when several did", 0},
    {0}};

const struct argp_option audit_receipt_options[] = {
    {"charter", OPT_CHARTER, "FILE", 0, "Verify by this one (default: the home's)", 0}, {0}};

static enum cli_exit write_qr(struct cli *cli, const char *text)
{
    CLEANUP(buffer_fini) struct buffer picture = {0};
    struct note note = {""};
    const char *path = cli_option(cli, OPT_QR);
    if (path == NULL) {
        return CLI_OK;
    }
    enum err err = qr_svg(text, &picture);
    if (err == ERR_OK) {
        err = file_create(path, FILE_PUBLIC, buffer_slice(&picture), &note);
    }
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

static enum cli_exit write_text(struct cli *cli, const char *text)
{
    struct note note = {""};
    const char *path = cli_option(cli, OPT_OUT);
    if (path != NULL) {
        enum err err = file_create(path, FILE_PUBLIC, slice_of(text, strlen(text)), &note);
        if (err != ERR_OK) {
            return cli_fail_err(cli, err, &note);
        }
    }
    if (cli->is_json) {
        return cli_print_json(cli, json_pack("{s:s}", "receipt", text));
    }
    if (path == NULL) {
        fputs(text, cli->out);
    }
    return CLI_OK;
}

enum cli_exit run_transaction_receipt(struct cli *cli)
{
    Talea__V1__GetTransactionRequest request;
    talea__v1__get_transaction_request__init(&request);
    request.transaction_id = message_text(cli_argument(cli, 0));
    request.with_receipt = true;
    if (cli_option(cli, OPT_ORIGIN) != NULL) {
        request.origin = message_text(cli_option(cli, OPT_ORIGIN));
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = session_call(cli, &talea__v1__ledger_service__descriptor,
                                         "GetTransaction", &request.base, &message);
    if (outcome != CLI_OK) {
        return outcome;
    }
    const char *text = ((const Talea__V1__GetTransactionResponse *)message)->receipt;
    if (text[0] == '\0') {
        return cli_fail(cli, CLI_REFUSED, "NO_RECEIPT", "talea transaction show",
                        "it gave or took no member's points");
    }
    outcome = write_qr(cli, text);
    return outcome == CLI_OK ? write_text(cli, text) : outcome;
}

static enum cli_exit print_proof(struct cli *cli, const struct member_receipt_proof *proof)
{
    char key[KEY_ID_TEXT_MAX];
    key_id_format(&proof->key, key);
    if (cli->is_json) {
        return cli_print_json(cli, json_pack("{s:b, s:s, s:s, s:I, s:s%}", "valid", 1, "brand",
                                             proof->brand.text, "key", key, "epoch",
                                             (json_int_t)proof->epoch, "said",
                                             (const char *)proof->said.at, proof->said.length));
    }
    fwrite(proof->said.at, 1, proof->said.length, cli->out);
    fprintf(cli->out, "signed by %s, key %s: valid\n", proof->brand.text, key);
    return CLI_OK;
}

enum cli_exit run_audit_receipt(struct cli *cli)
{
    struct note note = {""};
    struct charter_chain chain;
    struct member_receipt_proof proof;
    CLEANUP(buffer_fini) struct buffer text = {0};
    enum err err =
        file_read(cli_argument(cli, 0), FILE_PUBLIC, MEMBER_RECEIPT_BYTES_MAX, &text, &note);
    if (err == ERR_OK) {
        err = session_chain(cli, &chain, &note);
    }
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    err = member_receipt_verify(buffer_slice(&text), &chain, &proof, &note);
    charter_chain_fini(&chain);
    return err == ERR_OK ? print_proof(cli, &proof)
                         : cli_fail(cli, CLI_CORRUPT, err_name(err), NULL, "%s: %s",
                                    cli_argument(cli, 0), note.text);
}

/* talea draw export, verify: what is published of a draw, and whether it holds. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/message.h"
#include "cli/session.h"
#include "draw/paper.h"
#include "talea/v1/draw.pb-c.h"

const struct argp_option draw_export_options[] = {
    {"out", OPT_OUT, "FILE", 0, "Write it to a new file (default: print it)", 0}, {0}};
const struct argp_option draw_verify_options[] = {
    {"charter", OPT_CHARTER, "FILE", 0,
     "Keys by this one (default: the home's; without either signatures are not looked at)", 0},
    {"against", OPT_AGAINST, "FILE", 0, "What was published of it before: is it still the same?",
     0},
    {0}};

static enum err take_text(void *context, const ProtobufCMessage *message, struct progress *progress,
                          struct note *note)
{
    struct buffer *text = context;
    const Talea__V1__ExportDrawResponse *reply = (const Talea__V1__ExportDrawResponse *)message;
    (void)progress;
    (void)note;
    write_bytes(text, reply->text.data, reply->text.len);
    return text->err;
}

enum cli_exit run_draw_export(struct cli *cli)
{
    Talea__V1__ExportDrawRequest request;
    talea__v1__export_draw_request__init(&request);
    CLEANUP(buffer_fini) struct buffer text = {.limit = LIMIT_DRAW_BYTES};
    struct note note = {""};
    const char *path = cli_option(cli, OPT_OUT);
    request.name = message_text(cli_argument(cli, 0));
    enum cli_exit outcome = session_open(cli);
    if (outcome == CLI_OK) {
        outcome = follow_call(cli, &talea__v1__draw_service__descriptor, "ExportDraw",
                              &request.base, "exported", take_text, &text);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    if (path == NULL) {
        fwrite(text.at, 1, text.length, cli->out);
        return CLI_OK;
    }
    enum err err = file_create(path, FILE_PUBLIC, buffer_slice(&text), &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    if (cli->is_json) {
        return cli_print_json(
            cli, json_pack("{s:s, s:I}", "file", path, "bytes", (json_int_t)text.length));
    }
    fprintf(cli->out, "%s: %zu bytes\n", path, text.length);
    return CLI_OK;
}

/* ---- Does it hold? ---- */

static enum err check_signature(const struct charter_chain *chain, const struct draw_paper *paper,
                                const struct draw_signature *signature, struct note *note)
{
    const char *coalition = charter_chain_last(chain)->coalition;
    const struct partner_id *brand = &paper->terms.brand;
    const struct charter_key *key = charter_chain_key(chain, brand, &signature->key);
    static const struct partner_id nobody = {{0}};
    struct charter_place place = {PURPOSE_DRAW, &nobody, 0};
    if (strcmp(paper->terms.coalition, coalition) != 0 || key == NULL) {
        return note_set(note, ERR_SIGNATURE, "a key is none of %s's in this charter of %s",
                        brand->text, coalition);
    }
    struct signing_scope scope = {coalition, PURPOSE_DRAW, signature->epoch};
    struct hash said = draw_said(signature->said);
    if (signing_verify(&key->key, &scope, slice_of(said.bytes, HASH_BYTES),
                       &signature->signature) != ERR_OK) {
        return note_set(note, ERR_SIGNATURE, "%s did not sign it", brand->text);
    }
    return charter_key_counts(key, &place, note);
}

/* `*out_are_checked` is false where there is no charter to check by. */
static enum err check_signatures(struct cli *cli, const struct draw_paper *paper,
                                 bool *out_are_checked, struct note *note)
{
    struct charter_chain chain;
    struct note unused = {""};
    bool is_named = cli_option(cli, OPT_CHARTER) != NULL;
    enum err err = session_chain(cli, &chain, is_named ? note : &unused);
    *out_are_checked = err == ERR_OK;
    if (err != ERR_OK) {
        return is_named ? err : ERR_OK;
    }
    for (unsigned i = 0; err == ERR_OK && i < (unsigned)paper->stage; i++) {
        err = check_signature(&chain, paper, &paper->signatures[i], note);
    }
    charter_chain_fini(&chain);
    return err;
}

static enum err check_earlier(struct cli *cli, const struct draw_paper *paper, struct slice text,
                              struct note *note)
{
    const char *path = cli_option(cli, OPT_AGAINST);
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct draw_paper *earlier;
    if (path == NULL) {
        return ERR_OK;
    }
    TRY(file_read(path, FILE_PUBLIC, LIMIT_DRAW_BYTES, &bytes, note));
    TRY(draw_read(buffer_slice(&bytes), &earlier, note));
    enum err err = draw_check_earlier(paper, text, earlier, buffer_slice(&bytes), note);
    draw_paper_fini(earlier);
    return err;
}

static enum cli_exit print_proof(struct cli *cli, const struct draw_paper *paper, bool is_signed)
{
    bool has_list = paper->entrants != NULL;
    const struct draw_result *result = &paper->result;
    if (cli->is_json) {
        return cli_print_json(cli,
                              json_pack("{s:b, s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:b}", "valid", 1,
                                        "brand", paper->terms.brand.text, "draw", paper->terms.name,
                                        "stage", draw_stage_name(paper->stage), "entrants",
                                        (json_int_t)paper->closing.entrants, "tickets",
                                        (json_int_t)paper->closing.tickets, "winners",
                                        (json_int_t)result->winner_count, "list_checked",
                                        has_list ? 1 : 0, "signatures_checked", is_signed ? 1 : 0));
    }
    fprintf(cli->out, "draw        %s of %s: %s\n", paper->terms.name, paper->terms.brand.text,
            draw_stage_name(paper->stage));
    if (paper->stage >= DRAW_CLOSED) {
        fprintf(cli->out, "list        %s\n",
                has_list ? "is the one that was fixed" : "is not in the file");
    }
    if (paper->stage == DRAW_REVEALED) {
        fprintf(cli->out, "seed        is the one that was committed to\nwinners     %zu%s\n",
                result->winner_count, has_list ? ", those that follow from seed and list" : "");
    }
    fprintf(cli->out, "signatures  %s\n",
            is_signed ? "are the brand's" : "not looked at: no charter");
    if (cli_option(cli, OPT_AGAINST) != NULL) {
        fprintf(cli->out, "before      the same was published\n");
    }
    return CLI_OK;
}

enum cli_exit run_draw_verify(struct cli *cli)
{
    CLEANUP(buffer_fini) struct buffer text = {0};
    struct note note = {""};
    struct draw_paper *paper;
    bool is_signed = false;
    const char *path = cli_argument(cli, 0);
    enum err err = file_read(path, FILE_PUBLIC, LIMIT_DRAW_BYTES, &text, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    err = draw_read(buffer_slice(&text), &paper, &note);
    if (err != ERR_OK) {
        return cli_fail(cli, CLI_CORRUPT, err_name(err), NULL, "%s: %s", path, note.text);
    }
    err = draw_check(paper, &note);
    err = err == ERR_OK ? check_earlier(cli, paper, buffer_slice(&text), &note) : err;
    err = err == ERR_OK ? check_signatures(cli, paper, &is_signed, &note) : err;
    enum cli_exit outcome =
        err == ERR_OK ? print_proof(cli, paper, is_signed)
                      : cli_fail(cli, CLI_CORRUPT, err_name(err), NULL, "%s: %s", path, note.text);
    draw_paper_fini(paper);
    return outcome;
}

/* talea evidence list, export, verify: what partners said that can't be honest. */
#include <string.h>

#include <talea/v1/admin.pb-c.h>

#include "base/file.h"
#include "charter/evidence_proof.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/selector.h"
#include "cli/table.h"
#include "wire/messages.h"

const struct argp_option evidence_export_options[] = {
    {"out", OPT_OUT, "FILE", 0, "Where to write it; must not exist", 0}, {0}};

const struct argp_option evidence_verify_options[] = {
    {"charter", OPT_CHARTER, "FILE", 0, "Verify by this one (default: the home's)", 0}, {0}};

enum cli_exit run_evidence_list(struct cli *cli)
{
    static const char *const titles[] = {"partner", ">number", "kind", "found UTC", "reason"};
    Talea__V1__ListEvidenceRequest request;
    talea__v1__list_evidence_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = session_call(cli, &talea__v1__admin_service__descriptor, "ListEvidence",
                                         &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__ListEvidenceResponse *response =
        (const Talea__V1__ListEvidenceResponse *)message;
    struct table table;
    table_init(&table, titles, 5);
    for (size_t i = 0; i < response->n_rows; i++) {
        const Talea__V1__EvidenceRow *row = response->rows[i];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%s", row->partner);
        table_cell(&table, "%llu", (unsigned long long)row->number);
        table_cell(&table, "%s", row->kind);
        table_cell(&table, "%s", amounts_time(row->found_unix_ms, time));
        table_cell(&table, "%s", row->reason);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    return CLI_OK;
}

enum cli_exit run_evidence_export(struct cli *cli)
{
    Talea__V1__GetEvidenceRequest request;
    struct note note = {""};
    const char *path = cli_option(cli, OPT_OUT);
    talea__v1__get_evidence_request__init(&request);
    request.partner = message_text(cli_argument(cli, 0));
    enum cli_exit read =
        selector_read_number(cli, 1, "evidence", "see talea evidence list", &request.number);
    if (read != CLI_OK) {
        return read;
    }
    if (path == NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", NULL, "--out FILE says where to write it");
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = session_call(cli, &talea__v1__admin_service__descriptor, "GetEvidence",
                                         &request.base, &message);
    if (outcome != CLI_OK) {
        return outcome;
    }
    const Talea__V1__GetEvidenceResponse *response =
        (const Talea__V1__GetEvidenceResponse *)message;
    enum err err = file_create(path, FILE_PUBLIC, message_slice(response->evidence), &note);
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

static void print_judgement(struct cli *cli, const struct evidence *evidence, bool proves,
                            const char *sentence)
{
    char time[TIME_TEXT_MAX];
    if (cli->is_json) {
        json_t *json = json_object();
        (void)json_object_set_new(json, "kind", json_string(evidence_kind_name(evidence->kind)));
        (void)json_object_set_new(json, "partner", json_string(evidence->partner.text));
        (void)json_object_set_new(json, "witness", json_string(evidence->witness.text));
        (void)json_object_set_new(json, "proves", json_boolean(proves));
        (void)json_object_set_new(json, "sentence", json_string(sentence));
        (void)cli_print_json(cli, json);
        return;
    }
    fprintf(cli->out, "kind       %s\n", evidence_kind_name(evidence->kind));
    fprintf(cli->out, "said by    %s\n", evidence->partner.text);
    fprintf(cli->out, "found by   %s, %s UTC: %s\n", evidence->witness.text,
            amounts_time(evidence->found.ms, time), evidence->reason);
    fprintf(cli->out, "%s %s\n", proves ? "PROVEN    " : "not proven", sentence);
}

static enum cli_exit judge(struct cli *cli, struct slice bytes, const struct charter_chain *chain,
                           struct arena *arena)
{
    struct evidence evidence;
    struct note note = {""};
    bool proves = false;
    enum err err = wire_evidence_decode(bytes, arena, &evidence, &note);
    if (err == ERR_OK) {
        err = evidence_prove(&evidence, chain, arena, &proves, &note);
    }
    if (err != ERR_OK) {
        return cli_fail(cli, CLI_CORRUPT, err_name(err), NULL, "%s: %s", cli_argument(cli, 0),
                        note.text);
    }
    print_judgement(cli, &evidence, proves, note.text);
    return proves ? CLI_OK : CLI_REFUSED;
}

enum cli_exit run_evidence_verify(struct cli *cli)
{
    struct note note = {""};
    struct charter_chain chain;
    struct arena arena;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    enum err err = file_read(cli_argument(cli, 0), FILE_PUBLIC, LIMIT_MESSAGE_BYTES, &bytes, &note);
    if (err == ERR_OK) {
        err = session_chain(cli, &chain, &note);
    }
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    arena_init(&arena, LIMIT_DECODED_BYTES);
    enum cli_exit outcome = judge(cli, buffer_slice(&bytes), &chain, &arena);
    arena_fini(&arena);
    charter_chain_fini(&chain);
    return outcome;
}

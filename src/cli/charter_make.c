/* talea charter example, make: from terms and introductions to a charter that waits for its
 * signatures. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/charter_file.h"
#include "cli/charter_terms.h"
#include "cli/commands.h"
#include "cli/init_files.h"
#include "cli/message.h"
#include "crypto/ed25519.h"

const struct argp_option charter_make_options[] = {
    {"terms", OPT_TERMS, "FILE", 0, "What the partners agreed on (talea charter example)", 0},
    {"out", OPT_OUT, "FILE", 0, "The charter, a new file", 0},
    {"previous", OPT_PREVIOUS, "FILE", 0, "The charter before, when the epoch is not 1", 0},
    {"valid-from", OPT_VALID_FROM, "TIME", 0, "2026-10-03 or 2026-10-03T17:00:00Z (default: now)",
     0},
    {0}};

struct maker {
    struct coalition_file terms;
    Talea__V1__PartnerIntroduction **introductions;
    size_t count;
    struct charter_document previous;
};

enum cli_exit run_charter_example(struct cli *cli)
{
    CLEANUP(buffer_fini) struct buffer yaml = {0};
    init_write_coalition_yaml(&yaml);
    fwrite(yaml.at, 1, yaml.length, cli->out);
    return CLI_OK;
}

static enum err read_introduction(const char *path, Talea__V1__PartnerIntroduction **out,
                                  struct note *note)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    TRY(file_read(path, FILE_PUBLIC, LIMIT_CHARTER_BYTES, &bytes, note));
    Talea__V1__PartnerIntroduction *introduction = (Talea__V1__PartnerIntroduction *)message_unpack(
        &talea__v1__partner_introduction__descriptor, buffer_slice(&bytes));
    if (introduction == NULL || introduction->partner[0] == '\0' ||
        introduction->root_public_key.len != sizeof(struct public_key)) {
        message_free((ProtobufCMessage *)introduction);
        return note_set(note, ERR_INPUT, "%s is no introduction", path);
    }
    *out = introduction;
    return ERR_OK;
}

static enum err read_introductions(const struct cli *cli, struct maker *maker, struct note *note)
{
    size_t given = cli->args.count;
    size_t count = given > 0 ? given : maker->terms.partner_count;
    if (count > LIMIT_PARTNERS) {
        return note_set(note, ERR_RANGE, "more than %u partners", LIMIT_PARTNERS);
    }
    maker->introductions = calloc(count, sizeof maker->introductions[0]);
    if (maker->introductions == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < count; i++) {
        const char *path = given > 0 ? cli_argument(cli, i) : maker->terms.partners[i].text;
        TRY(read_introduction(path, &maker->introductions[i], note));
        maker->count++;
    }
    return ERR_OK;
}

static enum err read_previous(const struct cli *cli, struct maker *maker, struct note *note)
{
    const char *path = cli_option(cli, OPT_PREVIOUS);
    if (path == NULL) {
        return ERR_OK;
    }
    TRY(charter_document_read(path, &maker->previous, note));
    const Talea__V1__Charter *before = maker->previous.charter;
    if (strcmp(before->coalition, maker->terms.coalition) != 0) {
        return note_set(note, ERR_INPUT, "%s is of the coalition \"%s\"", path, before->coalition);
    }
    if (before->epoch + 1 != maker->terms.epoch) {
        return note_set(note, ERR_INPUT, "%s is of epoch %llu; the terms must say %llu", path,
                        (unsigned long long)before->epoch, (unsigned long long)before->epoch + 1);
    }
    return ERR_OK;
}

static enum err make(const struct cli *cli, struct maker *maker, struct note *note)
{
    const char *terms = cli_option(cli, OPT_TERMS);
    const char *out = cli_option(cli, OPT_OUT);
    if (terms == NULL || out == NULL) {
        return note_set(note, ERR_INPUT, "--%s is missing", terms == NULL ? "terms" : "out");
    }
    struct clock_port clock = clock_of_system();
    struct unix_ms valid_from = clock_now(&clock);
    const char *text = cli_option(cli, OPT_VALID_FROM);
    if (text != NULL && unix_ms_parse(text, &valid_from) != ERR_OK) {
        return note_set(note, ERR_INPUT, "--valid-from: \"%s\" is no date or time", text);
    }
    TRY(coalition_file_load(terms, &maker->terms, note));
    TRY(read_introductions(cli, maker, note));
    TRY(read_previous(cli, maker, note));
    struct charter_draft draft = {.terms = &maker->terms,
                                  .introductions = maker->introductions,
                                  .introduction_count = maker->count,
                                  .valid_from = valid_from};
    if (maker->previous.envelope != NULL) {
        draft.previous_payload = message_slice(maker->previous.envelope->payload);
    }
    CLEANUP(buffer_fini) struct buffer payload = {0};
    TRY(charter_draft_encode(&draft, &payload, note));
    return charter_document_write(out, false, message_bytes(buffer_slice(&payload)), NULL, 0, note);
}

static void maker_fini(struct maker *maker)
{
    for (size_t i = 0; i < maker->count; i++) {
        message_free((ProtobufCMessage *)maker->introductions[i]);
    }
    free(maker->introductions);
    charter_document_fini(&maker->previous);
    coalition_file_fini(&maker->terms);
}

enum cli_exit run_charter_make(struct cli *cli)
{
    struct note note = {""};
    struct maker *maker = calloc(1, sizeof *maker);
    if (maker == NULL) {
        return cli_fail_err(cli, ERR_RESOURCE, NULL);
    }
    enum err err = make(cli, maker, &note);
    if (err == ERR_OK) {
        fprintf(cli->out,
                "Made %s: %s, epoch %u, %zu partners, %u signatures needed.\n"
                "Each partner signs it: talea charter sign --key root.key %s\n",
                cli_option(cli, OPT_OUT), maker->terms.coalition, maker->terms.epoch, maker->count,
                maker->terms.required_signatures, cli_option(cli, OPT_OUT));
    }
    maker_fini(maker);
    free(maker);
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

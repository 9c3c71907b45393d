/* talea charter sign, merge: root keys' signatures on one payload. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "charter/charter_file.h"
#include "cli/commands.h"
#include "cli/key_name.h"

const struct argp_option charter_sign_options[] = {
    {"key", OPT_KEY, "FILE", 0, "The partner's root key", 0},
    {"out", OPT_OUT, "FILE", 0, "Write the signed charter to a new file instead of in place", 0},
    {"passphrase-file", OPT_PASSPHRASE_FILE, "FILE", 0,
     "Of a sealed key (default: $TALEA_PASSPHRASE)", 0},
    {0}};

const struct argp_option charter_merge_options[] = {
    {"out", OPT_OUT, "FILE", 0, "The charter with all signatures, a new file", 0}, {0}};

static enum err replace_file(const char *path, struct slice bytes, struct note *note)
{
    char beside[LIMIT_PATH_BYTES + 32];
    int length = snprintf(beside, sizeof beside, "%s.%ld.new", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof beside) {
        return note_set(note, ERR_RANGE, "the path is too long");
    }
    TRY(file_create(beside, FILE_PUBLIC, bytes, note));
    if (rename(beside, path) != 0) {
        int error = errno;
        unlink(beside);
        return note_set(note, ERR_STORAGE, "%s: %s", path, strerror(error));
    }
    return ERR_OK;
}

static enum err print_count(const struct cli *cli, const char *done, struct slice bytes,
                            struct note *note)
{
    struct charter *charter;
    TRY(charter_open(bytes, &charter, note));
    fprintf(cli->out, "%s: %u signature%s, %u needed.\n", done, charter->signature_count,
            charter->signature_count == 1 ? "" : "s", charter->required_signatures);
    charter_close(charter);
    return ERR_OK;
}

static enum err sign(const struct cli *cli, struct note *note)
{
    const char *path = cli_argument(cli, 0);
    const char *out = cli_option(cli, OPT_OUT);
    struct key_card card;
    CLEANUP(signing_key_fini) struct signing_key key = {{0}, {{0}}, {{0}}};
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    CLEANUP(buffer_fini) struct buffer is_signed = {0};
    TRY(key_load_root(cli, &card, &key, note));
    TRY(charter_file_read(path, &bytes, note));
    TRY(charter_sign(buffer_slice(&bytes), &key, &card.partner, &is_signed, note));
    if (out == NULL) {
        TRY(replace_file(path, buffer_slice(&is_signed), note));
    } else {
        TRY(charter_file_write(out, buffer_slice(&is_signed), note));
    }
    char done[64];
    snprintf(done, sizeof done, "Signed as %s", card.partner.text);
    return print_count(cli, done, buffer_slice(&is_signed), note);
}

enum cli_exit run_charter_sign(struct cli *cli)
{
    struct note note = {""};
    enum err err = sign(cli, &note);
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

static enum err merge(const struct cli *cli, struct note *note)
{
    const char *out = cli_option(cli, OPT_OUT);
    if (out == NULL) {
        return note_set(note, ERR_INPUT, "--out is missing");
    }
    CLEANUP(buffer_fini) struct buffer all = {0};
    TRY(charter_file_read(cli_argument(cli, 0), &all, note));
    for (size_t i = 1; i < cli->args.count; i++) {
        CLEANUP(buffer_fini) struct buffer one = {0};
        CLEANUP(buffer_fini) struct buffer merged = {0};
        TRY(charter_file_read(cli_argument(cli, i), &one, note));
        struct note why = {""};
        enum err err =
            charter_merge_signatures(buffer_slice(&all), buffer_slice(&one), &merged, &why);
        if (err != ERR_OK) {
            return note_set(note, err, "%s and %s: %s", cli_argument(cli, 0), cli_argument(cli, i),
                            why.text);
        }
        struct buffer before = all;
        all = merged;
        merged = before;
    }
    TRY(charter_file_write(out, buffer_slice(&all), note));
    char done[LIMIT_PATH_BYTES + 16];
    snprintf(done, sizeof done, "Made %s", out);
    return print_count(cli, done, buffer_slice(&all), note);
}

enum cli_exit run_charter_merge(struct cli *cli)
{
    struct note note = {""};
    enum err err = merge(cli, &note);
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

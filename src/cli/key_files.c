/* talea key generate, show, seal, unseal, passphrase: files alone, so that they work on a machine
 * that never meets a network. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/key_name.h"

const struct argp_option key_generate_options[] = {
    {"partner", OPT_PARTNER, "ID", 0, "Whose key it is (required)", 0},
    {"out", OPT_OUT, "FILE.key", 0, "The key, a new file; FILE.pub is made beside it (required)",
     0},
    {"seal", OPT_SEAL, NULL, 0,
     "Lock it with a passphrase (--passphrase-file or $TALEA_PASSPHRASE)", 0},
    {"passphrase-file", OPT_PASSPHRASE_FILE, "FILE", 0, "The passphrase, on its first line", 0},
    {0}};

const struct argp_option key_seal_options[] = {
    {"passphrase-file", OPT_PASSPHRASE_FILE, "FILE", 0,
     "The passphrase, on its first line (default: $TALEA_PASSPHRASE)", 0},
    {0}};

const struct argp_option key_passphrase_options[] = {
    {"passphrase-file", OPT_PASSPHRASE_FILE, "FILE", 0,
     "The passphrase of now (default: $TALEA_PASSPHRASE)", 0},
    {"new-passphrase-file", OPT_NEW_PASSPHRASE_FILE, "FILE", 0,
     "The passphrase from now on (required)", 0},
    {0}};

static enum err need_passphrase(const struct cli *cli, struct buffer *storage,
                                const char **out_passphrase, struct note *note)
{
    TRY(cli_passphrase(cli, storage, out_passphrase, note));
    if (*out_passphrase == NULL || **out_passphrase == '\0') {
        return note_set(note, ERR_INPUT,
                        "a passphrase is needed, by --passphrase-file or $TALEA_PASSPHRASE");
    }
    return ERR_OK;
}

static enum err generate(const struct cli *cli, struct key_card *out_card, struct note *note)
{
    CLEANUP(buffer_fini) struct buffer storage = {0};
    CLEANUP(signing_key_fini) struct signing_key key = {{0}, {{0}}, {{0}}};
    const char *out = cli_option(cli, OPT_OUT);
    const char *partner = cli_option(cli, OPT_PARTNER);
    const char *passphrase = NULL;
    struct key_path public_path;
    struct key_card card = {.kind = KEY_KIND_ROOT};
    if (out == NULL || partner == NULL) {
        return note_set(note, ERR_INPUT, "--%s is missing", out == NULL ? "out" : "partner");
    }
    if (key_kind_parse(cli_argument(cli, 0), &card.kind) != ERR_OK) {
        return note_set(note, ERR_INPUT, "\"%s\" is neither root nor online", cli_argument(cli, 0));
    }
    if (partner_id_parse(partner, &card.partner) != ERR_OK) {
        return note_set(note, ERR_INPUT, "--partner: \"%s\" is no partner's id", partner);
    }
    TRY(key_public_path(out, &public_path, note));
    if (args_has(&cli->args, OPT_SEAL)) {
        TRY(need_passphrase(cli, &storage, &passphrase, note));
    }
    signing_key_generate(&key);
    card.public_key = key.public_key;
    TRY(keyfile_save(out, card.kind, &card.partner, &key, passphrase, note));
    TRY(keyfile_save_public(public_path.text, &card, note));
    *out_card = card;
    return ERR_OK;
}

static enum cli_exit print_card(struct cli *cli, const char *path, const struct key_card *card,
                                const char *secret)
{
    char public_key[PUBLIC_KEY_TEXT_MAX];
    char id_text[KEY_ID_TEXT_MAX];
    struct key_id id = key_id_of(&card->public_key);
    public_key_format(&card->public_key, public_key);
    key_id_format(&id, id_text);
    if (cli->is_json) {
        return cli_print_json(cli, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "file", path, "kind",
                                             key_kind_name(card->kind), "partner",
                                             card->partner.text, "key", id_text, "public_key",
                                             public_key, "secret", secret));
    }
    fprintf(cli->out, "file    %s\nkind    %s\npartner %s\nkey     %s\npublic  %s\nsecret  %s\n",
            path, key_kind_name(card->kind), card->partner.text, id_text, public_key, secret);
    return CLI_OK;
}

enum cli_exit run_key_generate(struct cli *cli)
{
    struct key_card card;
    struct note note = {""};
    enum err err = generate(cli, &card, &note);
    return err == ERR_OK ? print_card(cli, cli_option(cli, OPT_OUT), &card,
                                      args_has(&cli->args, OPT_SEAL) ? "sealed" : "not sealed")
                         : cli_fail_err(cli, err, &note);
}

enum cli_exit run_key_show(struct cli *cli)
{
    const char *path = cli_argument(cli, 0);
    struct key_card card;
    struct note note = {""};
    bool is_sealed = false;
    bool is_public = key_is_public_path(path);
    enum err err = is_public ? keyfile_load_public(path, &card, &note)
                             : keyfile_peek(path, &card, &is_sealed, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    return print_card(cli, path, &card,
                      is_public   ? "not in this file"
                      : is_sealed ? "sealed"
                                  : "not sealed");
}

/* The key once more under `passphrase` (NULL: not sealed), in the place of the file. */
static enum err replace(const char *path, const struct key_card *card,
                        const struct signing_key *key, const char *passphrase, struct note *note)
{
    char beside[LIMIT_PATH_BYTES + 32];
    int length = snprintf(beside, sizeof beside, "%s.%ld.new", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof beside) {
        return note_set(note, ERR_RANGE, "the path is too long");
    }
    TRY(keyfile_save(beside, card->kind, &card->partner, key, passphrase, note));
    if (rename(beside, path) != 0) {
        int error = errno;
        unlink(beside);
        return note_set(note, ERR_STORAGE, "%s: %s", path, strerror(error));
    }
    return file_flush_folder(path, note);
}

static enum err change(const char *path, const char *before, const char *after, struct note *note)
{
    CLEANUP(signing_key_fini) struct signing_key key = {{0}, {{0}}, {{0}}};
    struct key_card card;
    TRY(keyfile_load(path, before, &card, &key, note));
    return replace(path, &card, &key, after, note);
}

static enum err check_sealed(const char *path, bool expected, struct note *note)
{
    struct key_card card;
    bool is_sealed;
    TRY(keyfile_peek(path, &card, &is_sealed, note));
    if (is_sealed != expected) {
        return note_set(note, ERR_CONFLICT, "%s is %ssealed", path, is_sealed ? "" : "not ");
    }
    return ERR_OK;
}

static enum cli_exit told(struct cli *cli, enum err err, const struct note *note, const char *done)
{
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, note);
    }
    fprintf(cli->out, "%s: %s.\n", cli_argument(cli, 0), done);
    return CLI_OK;
}

enum cli_exit run_key_seal(struct cli *cli)
{
    CLEANUP(buffer_fini) struct buffer storage = {0};
    const char *passphrase;
    struct note note = {""};
    enum err err = check_sealed(cli_argument(cli, 0), false, &note);
    if (err == ERR_OK) {
        err = need_passphrase(cli, &storage, &passphrase, &note);
    }
    if (err == ERR_OK) {
        err = change(cli_argument(cli, 0), NULL, passphrase, &note);
    }
    return told(cli, err, &note, "sealed; who uses it needs the passphrase");
}

enum cli_exit run_key_unseal(struct cli *cli)
{
    CLEANUP(buffer_fini) struct buffer storage = {0};
    const char *passphrase;
    struct note note = {""};
    enum err err = check_sealed(cli_argument(cli, 0), true, &note);
    if (err == ERR_OK) {
        err = need_passphrase(cli, &storage, &passphrase, &note);
    }
    if (err == ERR_OK) {
        err = change(cli_argument(cli, 0), passphrase, NULL, &note);
    }
    return told(cli, err, &note, "not sealed any more; its permissions alone protect it");
}

enum cli_exit run_key_passphrase(struct cli *cli)
{
    CLEANUP(buffer_fini) struct buffer before_storage = {0};
    CLEANUP(buffer_fini) struct buffer after_storage = {0};
    const char *before;
    const char *after = NULL;
    struct note note = {""};
    enum err err = check_sealed(cli_argument(cli, 0), true, &note);
    if (err == ERR_OK && cli_option(cli, OPT_NEW_PASSPHRASE_FILE) == NULL) {
        err = note_set(&note, ERR_INPUT, "--new-passphrase-file is missing");
    }
    if (err == ERR_OK) {
        err = need_passphrase(cli, &before_storage, &before, &note);
    }
    if (err == ERR_OK) {
        err = cli_passphrase_of(cli_option(cli, OPT_NEW_PASSPHRASE_FILE), &after_storage, &after,
                                &note);
    }
    if (err == ERR_OK) {
        err = change(cli_argument(cli, 0), before, after, &note);
    }
    return told(cli, err, &note, "has the new passphrase");
}

#include "cli/key_name.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static bool has_ending(const char *path, const char *ending)
{
    size_t length = strlen(path);
    size_t tail = strlen(ending);
    return length > tail && strcmp(path + length - tail, ending) == 0;
}

bool key_is_public_path(const char *path)
{
    return has_ending(path, ".pub");
}

enum err key_public_path(const char *path, struct key_path *out_path, struct note *note)
{
    size_t length = strlen(path);
    if (!has_ending(path, ".key") || length > LIMIT_PATH_BYTES) {
        return note_set(note, ERR_INPUT, "%.300s: a key's file ends in .key", path);
    }
    snprintf(out_path->text, sizeof out_path->text, "%.*s.pub", (int)(length - 4), path);
    return ERR_OK;
}

enum err key_read_card(const char *path, struct key_card *out_card, struct note *note)
{
    bool is_sealed;
    return key_is_public_path(path) ? keyfile_load_public(path, out_card, note)
                                    : keyfile_peek(path, out_card, &is_sealed, note);
}

enum err key_load_root(const struct cli *cli, struct key_card *out_card,
                       struct signing_key *out_key, struct note *note)
{
    const char *path = cli_option(cli, OPT_KEY);
    if (path == NULL) {
        return note_set(note, ERR_INPUT, "--key is missing");
    }
    CLEANUP(buffer_fini) struct buffer storage = {0};
    const char *passphrase;
    TRY(cli_passphrase(cli, &storage, &passphrase, note));
    TRY(keyfile_load(path, passphrase, out_card, out_key, note));
    if (out_card->kind != KEY_KIND_ROOT) {
        return note_set(note, ERR_INPUT, "%s is an %s key; a root key signs this", path,
                        key_kind_name(out_card->kind));
    }
    return ERR_OK;
}

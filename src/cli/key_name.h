/* Names of key files: NAME.key with the secret, NAME.pub without. */
#ifndef CLI_KEY_NAME_H
#define CLI_KEY_NAME_H

#include "base/limits.h"
#include "crypto/keyfile.h"

struct key_path {
    char text[LIMIT_PATH_BYTES + 8];
};

bool key_is_public_path(const char *path);
/* NAME.pub of NAME.key. ERR_INPUT for another ending. */
MUST_USE enum err key_public_path(const char *path, struct key_path *out_path, struct note *note);
/* What either kind of file says of itself, without a passphrase. */
MUST_USE enum err key_read_card(const char *path, struct key_card *out_card, struct note *note);
/* The root key of --key, opened with --passphrase-file or $TALEA_PASSPHRASE. The caller ends the
 * key with signing_key_fini. */
struct cli;
MUST_USE enum err key_load_root(const struct cli *cli, struct key_card *out_card,
                                struct signing_key *out_key, struct note *note);

#endif

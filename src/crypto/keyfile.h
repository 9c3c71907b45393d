/* Key files: a few lines of text for one signing key, or for its public half.
 *
 *   talea-signing-key 1            talea-public-key 1
 *   kind online                    kind online
 *   partner bakery                 partner bakery
 *   public <64 hex digits>         public <64 hex digits>
 *   secret <64 hex digits>
 *
 * A sealed file has, in place of the secret, the seed locked with a passphrase:
 *
 *   sealed argon2id <operations> <memory in KiB> <salt> <nonce> <box>
 *
 * (Argon2id, RFC 9106, gives the key of an XSalsa20-Poly1305 box; the box also holds the kind and
 * the partner, so that a sealed file can't be passed off as another's.) Lines stand in this order,
 * each ended by a line feed. Files are made once and never overwritten; a file with a secret has
 * mode 0600 and is refused when its group or others have access. Thread rule: any thread.
 */
#ifndef CRYPTO_KEYFILE_H
#define CRYPTO_KEYFILE_H

#include "base/bytes.h"
#include "base/ident.h"
#include "crypto/ed25519.h"

enum key_kind {
    KEY_KIND_ROOT = 1,   /* kept offline; signs online keys and charters */
    KEY_KIND_ONLINE = 2, /* the node's, for everything else */
};

/* "root", "online". */
const char *key_kind_name(enum key_kind kind);
MUST_USE enum err key_kind_parse(const char *name, enum key_kind *out_kind);

/* What a public key file says. */
struct key_card {
    enum key_kind kind;
    struct partner_id partner;
    struct public_key public_key;
};

/* Writes a new file with the secret, sealed unless `passphrase` is NULL (an empty one is
 * ERR_INPUT). Sealing takes 256 MiB of memory and about a second. Errors of base/file.h. */
MUST_USE enum err keyfile_save(const char *path, enum key_kind kind,
                               const struct partner_id *partner, const struct signing_key *key,
                               const char *passphrase, struct note *note);

/* Reads a file with a secret. `passphrase` is needed for a sealed file (ERR_DENIED without it, or
 * with a wrong one) and ignored for another. ERR_CORRUPT when it is no key file or its halves do
 * not belong together, ERR_UNSUPPORTED for another version; errors of base/file.h. The caller ends
 * the key with signing_key_fini. */
MUST_USE enum err keyfile_load(const char *path, const char *passphrase, struct key_card *out_card,
                               struct signing_key *out_key, struct note *note);

/* What a file with a secret says without its passphrase, and whether it asks for one. */
MUST_USE enum err keyfile_peek(const char *path, struct key_card *out_card, bool *out_is_sealed,
                               struct note *note);

MUST_USE enum err keyfile_save_public(const char *path, const struct key_card *card,
                                      struct note *note);
MUST_USE enum err keyfile_load_public(const char *path, struct key_card *out_card,
                                      struct note *note);

#endif

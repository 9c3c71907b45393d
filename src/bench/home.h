/* A node's home for a bench: the folder that `talea init` makes, with a charter that its partner
 * signed itself, made by this program's own commands. The charter is of one partner, or of two.
 */
#ifndef BENCH_HOME_H
#define BENCH_HOME_H

#include "bench/workplace.h"
#include "charter/charter_file.h"
#include "crypto/keyfile.h"

#define HOME_COALITION "bench"
#define HOME_PARTNER   "bench"
#define HOME_PREFIX    "610001"
#define HOME_SHOP      "shop" /* the other one of two */

struct home {
    char folder[LIMIT_PATH_BYTES + 1];
    char address[32]; /* of the node, on loopback */
    char http[32];
    struct charter *charter;
    struct roster roster;
    struct signing_key key;
    struct key_signer key_signer;
    struct signer signer;
};

/* `program` is the path of talea. The home lies in the workplace, by its name, and its node's ports
 * are free ones of loopback. The caller ends it with home_fini, which leaves the folder there. */
MUST_USE enum err home_make(struct workplace *workplace, const char *program, const char *name,
                            struct home *out_home, struct note *note);
/* The homes of two partners with one charter between them: the first as home_make gives it, the
 * other is HOME_SHOP's. The caller ends both. */
MUST_USE enum err home_make_pair(struct workplace *workplace, const char *program, const char *name,
                                 struct home *out_home, struct home *out_shop, struct note *note);
/* A home that is there already, without its addresses. */
MUST_USE enum err home_load(const char *folder, struct home *out_home, struct note *note);
void home_fini(struct home *home);

/* `folder`/`name` in a buffer of LIMIT_PATH_BYTES + 1 bytes. */
const char *home_path(const struct home *home, const char *name, char *out_path);

#endif

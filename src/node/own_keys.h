/* The node's own online keys: all that its configuration names, and the one that signs.
 *
 * Of the keys that the charter in force has, that are not revoked and valid by their dates, the one
 * that became valid last signs; one that a new epoch brings a few seconds later, when partners know
 * it, unless there is no other. A signer refuses once its key has ended or is revoked: what it
 * would sign would prove nothing. Thread rule: loading and choosing take turns; signers are used by
 * any thread and stay good until own_keys_destroy.
 */
#ifndef NODE_OWN_KEYS_H
#define NODE_OWN_KEYS_H

#include "base/clock.h"
#include "charter/charter.h"
#include "config/node_config.h"
#include "crypto/signing.h"

struct own_keys;

MUST_USE enum err own_keys_create(const char *coalition, struct clock_port clock,
                                  struct own_keys **out_keys);
/* Overwrites the secrets. NULL is allowed. */
void own_keys_destroy(struct own_keys *keys);
/* Reads the files that the configuration names; keys that are known already are left alone. Sealed
 * ones need TALEA_PASSPHRASE. With a note. */
MUST_USE enum err own_keys_load(struct own_keys *keys, const struct node_config *config,
                                struct note *note);
/* The signer to use under this charter. ERR_KEY_ENDED with a note when none of the keys may sign
 * now: then `out_signer` is one that refuses to. */
MUST_USE enum err own_keys_choose(struct own_keys *keys, const struct charter *charter,
                                  const struct partner_id *self, struct signer *out_signer,
                                  struct note *note);

#endif

/* The accepted epochs on disk: <folder>/charters/<epoch, 10 digits>.talea, each a SignedCharter,
 * made whole and durable or not at all, and never changed. Beside them, as
 * fork-<epoch>-<hash>.talea, charters that came under an epoch that another one has: the proof that
 * two were signed.
 *
 * Thread rule: one thread at a time for one folder.
 */
#ifndef CHARTER_CHARTER_STORE_H
#define CHARTER_CHARTER_STORE_H

#include "charter/charter_chain.h"

/* Reads all of them, checks that each follows from the one before it unless epochs are missing
 * between the two (an operator's anchor). No folder: an empty chain. ERR_CORRUPT or ERR_CONFLICT
 * with a note that names the file. */
MUST_USE enum err charter_store_load(const char *folder, struct charter_chain *out_chain,
                                     struct note *note);
/* What is in force: what lies here, and behind it the charter file that an operator names, when it
 * follows the last one or is further ahead (an anchor). One that is there already, or older than
 * all of them, changes nothing; another one under an epoch that is there is ERR_CONFLICT. */
MUST_USE enum err charter_store_open(const char *folder, const char *charter_path,
                                     struct charter_chain *out_chain, struct note *note);
/* Keeps an accepted charter. Once it is there, nothing is done. */
MUST_USE enum err charter_store_put(const char *folder, const struct charter *charter,
                                    struct note *note);
/* Keeps a charter that contradicts an accepted one; up to LIMIT_CHARTER_FORKS of them, then no
 * more.
 * `*out_is_new` tells whether it was not there yet. */
MUST_USE enum err charter_store_put_fork(const char *folder, const struct charter *charter,
                                         bool *out_is_new, struct note *note);

#endif

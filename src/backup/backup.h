/* A ledger's backup: a folder with copies that belong together, and a manifest that says so.
 *
 *   archive.mdb  state.mdb  journal.mdb  vault.keys  owner  MANIFEST.sig  MANIFEST.json
 *
 * They are made in this order, so that the journal is never older than the state, and the vault
 * lacks no key that the journal names: a key destroyed meanwhile is gone from the backup, or noted
 * in it as to be destroyed. The manifest comes last: without one a backup is unfinished. It names
 * each file with its size and its BLAKE2b-256 sum (as `b2sum --length 256` prints it), the
 * journal's last row and hash, and whose ledger it is; MANIFEST.sig is a Signed envelope (purpose
 * BACKUP) over the manifest's bytes.
 */
#ifndef BACKUP_BACKUP_H
#define BACKUP_BACKUP_H

#include "backup/manifest.h"
#include "crypto/signing.h"
#include "store/archive.h"
#include "store/journal.h"
#include "store/state.h"
#include "store/vault.h"

/* After each piece; false cancels. May be NULL. */
struct backup_progress {
    void *context;
    bool (*step)(void *context, uint64_t bytes_done, uint64_t bytes_total);
};

struct backup_source {
    const char *data_folder; /* of the files below */
    struct journal_file *journal;
    const struct state *state;
    const struct archive *archive; /* may be NULL, as the next */
    struct vault *vault;
    const char *program; /* version that makes it */
    char coalition[LIMIT_COALITION_BYTES + 1];
    struct partner_id partner;
    struct unix_ms now;
    const struct signer *signer;
    uint64_t charter_epoch;
    struct backup_progress progress;
};

/* Makes `folder` (its parent exists; the folder does not, or is empty) and the copies in it, while
 * the ledger is in use. ERR_EXISTS for a folder with something in it, ERR_RESOURCE when the disk
 * has no room for it, ERR_CORRUPT when the journal that was copied is damaged (its hash chain is
 * followed; the note names the row), ERR_CANCELLED; each with a note. What was written so far
 * stays, without a manifest. */
MUST_USE enum err backup_make(const struct backup_source *source, const char *folder,
                              struct backup_manifest *out_manifest, struct note *note);

/* Who may have signed. */
struct backup_judge {
    const char *coalition; /* NULL: the signature is not looked at */
    void *context;
    /* The public key with this id that `partner` might sign with at `time`; ERR_NOT_FOUND. */
    enum err (*find_key)(void *context, const struct partner_id *partner, const struct key_id *id,
                         struct unix_ms time, struct public_key *out_key);
};

/* Proves a backup: the manifest, its signature, every file's size and sum, that each file opens,
 * and that the journal ends where the manifest says. With a note that names the file: ERR_NOT_FOUND
 * there is no manifest: it is unfinished, or no backup at all ERR_CORRUPT      a file is missing or
 * not what was written ERR_SIGNATURE    signed by another one, or changed since ERR_UNSUPPORTED  a
 * format that this build does not know and ERR_STORAGE, ERR_CANCELLED. */
MUST_USE enum err backup_check(const char *folder, const struct backup_judge *judge,
                               const struct backup_progress *progress,
                               struct backup_manifest *out_manifest, struct note *note);

/* What a restore leaves beside the files: the ledger is a copy. A node that starts with it removes
 * it, once the ledger itself says so. */
#define BACKUP_RESTORED_NAME "restored"

struct backup_target {
    const char *data_folder; /* of the home */
    const char *coalition;   /* whose ledger is expected */
    struct partner_id partner;
    bool is_forced; /* what is there is put aside, under a name that ends with the time */
    struct unix_ms now;
};

/* Puts a backup's files (proven by backup_check first) where a node will look for them: whole, or
 * not at all. ERR_DENIED for another partner's ledger, ERR_EXISTS when the data folder has
 * something in it, ERR_UNAVAILABLE while a node uses it. `out_aside` (LIMIT_PATH_BYTES + 1) gets
 * the name under which the old folder is kept, "" for none. */
MUST_USE enum err backup_restore(const char *folder, const struct backup_manifest *manifest,
                                 const struct backup_target *target,
                                 const struct backup_progress *progress, char *out_aside,
                                 struct note *note);

#endif

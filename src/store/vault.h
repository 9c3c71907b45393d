/* The vault: a key for each member's personal data, kept apart from journal and state.
 *
 * Journal and state hold personal data locked only, for ever; destroying the key erases it from
 * them, from every copy of them, and from the backups that are made from then on. The file
 * `vault.keys`, 0600, beside journal.mdb; integers little-endian:
 *
 *   0     magic "TALEAVLT" | version u32 | slot bytes u32 | pepper 32 | check 8
 *   4096  128 notes of keys about to be destroyed: slot u64 | subject 16 | check 8
 *   8192  slots of 64 bytes, numbered from 1: key 32 | check 8 | state u8 (1 used, 2 destroyed)
 *
 * The pepper keys all checks and tags. A slot whose check fails was torn by a power cut before it
 * was durable: nothing in the journal names it. Slots are not used again.
 *
 * Keys are made in advance, many at a time and durable, so that an enrolment seldom waits for the
 * disk. Those left over are cut off by vault_close; a kill wastes them.
 *
 * Overwriting in place is what a file system on a plain disk gives; one that keeps old blocks
 * (snapshots, copy on write) needs its own care.
 *
 * Threads: any.
 */
#ifndef STORE_VAULT_H
#define STORE_VAULT_H

#include "base/bytes.h"
#include "base/ident.h"

struct vault;

#define VAULT_FILE_NAME    "vault.keys"
#define VAULT_TAG_BYTES    16
#define VAULT_SEALED_EXTRA 49u /* bytes that a sealed text is longer than the plain one */

enum vault_mode {
    VAULT_CREATE,   /* makes it when absent */
    VAULT_EXISTING, /* ERR_NOT_FOUND when absent: other files already name its keys */
    VAULT_READ_ONLY /* to check a copy; only the reading functions may be called */
};

/* ERR_UNAVAILABLE when another process holds it; ERR_UNSUPPORTED for another version or other
 * contents, ERR_CORRUPT for a damaged head, each with a note that names the file. */
MUST_USE enum err vault_open(const char *folder, enum vault_mode mode, struct vault **out_vault,
                             struct note *note);
/* NULL is allowed. */
void vault_close(struct vault *vault);

/* `count` fresh keys, 1 or more, durable; `out_slots` has room for as many. At most one flush for
 * all of them, and for many calls of few keys only one now and then. ERR_STORAGE, ERR_RESOURCE. */
MUST_USE enum err vault_add(struct vault *vault, size_t count, uint64_t *out_slots);

/* Appends: version u8 | slot u64 | nonce 24 | locked text and tag. ERR_NOT_FOUND when the slot's
 * key was destroyed, ERR_CORRUPT when the slot is none or damaged. */
MUST_USE enum err vault_seal(struct vault *vault, uint64_t slot, struct slice plain,
                             struct buffer *out);
/* Appends the plain text. ERR_NOT_FOUND: its key was destroyed. ERR_CORRUPT: a byte is not what was
 * sealed, or its slot is damaged. ERR_UNSUPPORTED: another version. */
MUST_USE enum err vault_open_sealed(struct vault *vault, struct slice sealed, struct buffer *out);
/* The slot that sealed bytes name. ERR_CORRUPT, ERR_UNSUPPORTED. */
MUST_USE enum err vault_sealed_slot(struct slice sealed, uint64_t *out_slot);

/* Overwrites the key; durable on ERR_OK. Again does no harm. ERR_CORRUPT when there is no such
 * slot. */
MUST_USE enum err vault_destroy(struct vault *vault, uint64_t slot);

/* The same for a key that turned out not to be needed: overwritten at once, durable only with what
 * is flushed next. */
MUST_USE enum err vault_abandon(struct vault *vault, uint64_t slot);

/* Keys about to be destroyed, so that a kill between the decision and the deed is not the end of
 * it: note it, make the decision durable, then destroy, which also strikes the note out. Durable on
 * ERR_OK; again does no harm. ERR_RESOURCE while LIMIT_VAULT_NOTES are open. */
MUST_USE enum err vault_note_erasure(struct vault *vault, uint64_t slot, const struct uid *subject);
/* Strikes the note out and keeps the key: nothing was decided. */
MUST_USE enum err vault_drop_erasure(struct vault *vault, uint64_t slot);
/* Visits what was open when the vault was opened and still is. The visitor may destroy and drop.
 * Stops at its first error and returns it. */
MUST_USE enum err vault_each_erasure(struct vault *vault,
                                     enum err (*visit)(void *context, uint64_t slot,
                                                       const struct uid *subject),
                                     void *context);

/* The same text under the same domain always gives the same tag, in this vault alone. */
void vault_tag(const struct vault *vault, const char *domain, struct slice text,
               uint8_t out_tag[VAULT_TAG_BYTES]);

/* Looks at every slot. ERR_CORRUPT with the first one that is said to be destroyed and isn't empty.
 * One whose check fails is none unless something names it (see above). ERR_STORAGE, ERR_RESOURCE.
 */
MUST_USE enum err vault_check(struct vault *vault, uint64_t *out_slot);

/* Visits each slot that has a key, in their order, of those that were in the file when the vault
 * was opened: what it made since is nobody's until it is named. Stops at the visitor's first error
 * and returns it. ERR_STORAGE, ERR_RESOURCE. */
MUST_USE enum err vault_each_key(struct vault *vault,
                                 enum err (*visit)(void *context, uint64_t slot), void *context);

/* Writes a copy to an open file, as of one moment for each slot; not flushed. Keys that were
 * destroyed before the call are not in it. */
MUST_USE enum err vault_copy(struct vault *vault, int fd);

#endif

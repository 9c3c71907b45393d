/* Personal data and its keys: what is sealed in a member's profile opens by a key of the vault, and
 * a key that was destroyed is gone. A destroyed key is no damage by itself: a vault is copied after
 * its journal, so that it may have forgotten a member whom the journal still knows. Keys that no
 * member has are none either: they are made in advance, and a kill leaves them over. */
#include <inttypes.h>
#include <string.h>

#include "audit/rooms.h"
#include "crypto/box.h"

static const char invariant[] = "personal data opens by its key";

struct personal_walk {
    struct audit *audit;
    struct buffer plain;
};

static enum err damaged(struct audit *audit, const struct uid *member, const char *what)
{
    struct ledger_key key;
    char text[UID_TEXT_MAX];
    key_member(member, &key);
    uint64_t row = audit_last_change(audit, TABLE_PROFILE, &key, audit->next_row - 1);
    uid_format(member, text);
    return audit_found(audit, row, invariant, VAULT_FILE_NAME ": %s of member %s", what, text);
}

static enum err visit_profile(void *context, enum ledger_table table, struct slice key,
                              struct slice value)
{
    struct personal_walk *walk = context;
    struct audit *audit = walk->audit;
    struct profile profile;
    struct uid member;
    (void)table;
    TRY(profile_decode(value, &profile));
    if (key.length != sizeof member.bytes) {
        return ERR_CORRUPT;
    }
    memcpy(member.bytes, key.at, sizeof member.bytes);
    if (profile.sealed_length == 0) {
        return ERR_OK;
    }
    buffer_clear(&walk->plain);
    enum err err = vault_open_sealed(audit->options->vault,
                                     slice_of(profile.sealed, profile.sealed_length), &walk->plain);
    secret_forget(walk->plain.at, walk->plain.length);
    if (err == ERR_CORRUPT || err == ERR_UNSUPPORTED) {
        return damaged(audit, &member, "it has no sound key for the personal data");
    }
    audit->summary->keys += err == ERR_OK ? 1 : 0;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err audit_personal(struct audit *audit)
{
    struct personal_walk walk = {.audit = audit};
    struct vault *vault = audit->options->vault;
    uint64_t slot;
    if (vault == NULL) {
        return ERR_OK;
    }
    audit->summary->has_vault = true;
    enum err err = vault_check(vault, &slot);
    if (err == ERR_CORRUPT) {
        return audit_found(audit, 0, invariant,
                           VAULT_FILE_NAME ": key %" PRIu64
                                           " is said to be destroyed, and bytes of it are there",
                           slot);
    }
    TRY(err);
    err = derived_each(audit->derived, TABLE_PROFILE, visit_profile, &walk);
    buffer_fini(&walk.plain);
    return err;
}

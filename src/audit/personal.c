/* Personal data and its keys: what is sealed in a member's profile opens by a key of the vault, and
 * a key that was destroyed is gone. A destroyed key is no damage by itself: a vault is copied after
 * its journal, so that it may have forgotten a member whom the journal still knows. Keys that no
 * member has are none either: they are made in advance, and a kill leaves them over. Of both the
 * summary warns: the member may have lost its data, the key may be that of somebody who was erased,
 * or of another ledger's file. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/rooms.h"
#include "crypto/box.h"

static const char invariant[] = "personal data opens by its key";

enum {
    TOLD_MAX = 3 /* of each kind, by name */
};

/* What there is several of, and the first ones in words. */
struct told {
    uint64_t count;
    char first[TOLD_MAX * (UID_TEXT_MAX + 2)];
};

struct personal_walk {
    struct audit *audit;
    struct buffer plain;
    uint8_t *named; /* a bit for each slot that a member has */
    uint64_t named_bytes;
    struct told gone; /* members whose key was destroyed */
    struct told left; /* slots that no member has */
};

static void tell(struct told *told, const char *text)
{
    size_t length = strlen(told->first);
    if (told->count++ < TOLD_MAX) {
        (void)snprintf(told->first + length, sizeof told->first - length, "%s%s",
                       length == 0 ? "" : ", ", text);
    }
}

/* The slot is one of the file's: a key was read from it. */
static enum err mark_named(struct personal_walk *walk, uint64_t slot)
{
    uint64_t byte = slot / 8;
    if (byte >= walk->named_bytes) {
        uint64_t bytes = 2 * byte + 64;
        uint8_t *named = realloc(walk->named, bytes);
        if (named == NULL) {
            return ERR_RESOURCE;
        }
        memset(named + walk->named_bytes, 0, bytes - walk->named_bytes);
        walk->named = named;
        walk->named_bytes = bytes;
    }
    walk->named[byte] = (uint8_t)(walk->named[byte] | 1u << slot % 8);
    return ERR_OK;
}

static enum err visit_key(void *context, uint64_t slot)
{
    struct personal_walk *walk = context;
    char text[UID_TEXT_MAX];
    if (slot / 8 < walk->named_bytes && (walk->named[slot / 8] & 1u << slot % 8) != 0) {
        return ERR_OK;
    }
    (void)snprintf(text, sizeof text, "%" PRIu64, slot);
    tell(&walk->left, text);
    return ERR_OK;
}

static void warn(char out[AUDIT_WARNING_MAX], const struct told *told, const char *one,
                 const char *several)
{
    size_t length = strlen(out);
    if (told->count > 0) {
        (void)snprintf(out + length, AUDIT_WARNING_MAX - length,
                       "%s" VAULT_FILE_NAME ": %" PRIu64 " %s: %s%s", length == 0 ? "" : "; ",
                       told->count, told->count == 1 ? one : several, told->first,
                       told->count > TOLD_MAX ? ", ..." : "");
    }
}

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
    if (err == ERR_NOT_FOUND) {
        char text[UID_TEXT_MAX];
        tell(&walk->gone, uid_format(&member, text));
        return ERR_OK;
    }
    TRY(err);
    audit->summary->keys++;
    uint64_t slot;
    TRY(vault_sealed_slot(slice_of(profile.sealed, profile.sealed_length), &slot));
    return mark_named(walk, slot);
}

static enum err walk_keys(struct personal_walk *walk)
{
    char *warning = walk->audit->summary->warning;
    TRY(derived_each(walk->audit->derived, TABLE_PROFILE, visit_profile, walk));
    TRY(vault_each_key(walk->audit->options->vault, visit_key, walk));
    warn(warning, &walk->gone, "member's key is destroyed, and it was not erased here",
         "members' keys are destroyed, and they were not erased here");
    warn(warning, &walk->left, "key that no member has, in slot",
         "keys that no member has, in slots");
    return ERR_OK;
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
    err = walk_keys(&walk);
    buffer_fini(&walk.plain);
    free(walk.named);
    return err;
}

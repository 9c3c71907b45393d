#include "charter/introduction_change.h"

#include "base/limits.h"

struct online_keys {
    struct introduction_key keys[CHARTER_ONLINE_KEYS_MAX];
    size_t count;
};

static void remove_key(struct online_keys *online, size_t index)
{
    for (size_t i = index + 1; i < online->count; i++) {
        online->keys[i - 1] = online->keys[i];
    }
    online->count--;
}

static enum err drop(struct online_keys *online, const struct key_id *id, struct note *note)
{
    char text[KEY_ID_TEXT_MAX];
    for (size_t i = 0; i < online->count; i++) {
        struct key_id found = key_id_of(&online->keys[i].key);
        if (key_id_equal(&found, id)) {
            remove_key(online, i);
            return ERR_OK;
        }
    }
    return note_set(note, ERR_NOT_FOUND, "the introduction has no online key %s",
                    key_id_format(id, text));
}

static enum err attest(struct online_keys *online, const struct introduction_key *key,
                       struct note *note)
{
    for (size_t i = 0; i < online->count; i++) {
        if (public_key_equal(&online->keys[i].key, &key->key)) {
            online->keys[i] = *key;
            return ERR_OK;
        }
    }
    if (online->count == CHARTER_ONLINE_KEYS_MAX) {
        return note_set(note, ERR_CONFLICT,
                        "the introduction has %u online keys, which is the most: drop one that has "
                        "ended",
                        CHARTER_ONLINE_KEYS_MAX);
    }
    online->keys[online->count++] = *key;
    return ERR_OK;
}

static enum err change_keys(const struct charter_partner *partner,
                            const struct introduction_change *change, struct online_keys *out,
                            struct note *note)
{
    for (size_t i = 0; i < partner->online_count; i++) {
        const struct charter_key *key = &partner->online[i];
        out->keys[out->count++] =
            (struct introduction_key){key->key, key->valid_from, key->valid_until};
    }
    for (size_t i = 0; i < change->drop_count; i++) {
        TRY(drop(out, &change->drop[i], note));
    }
    for (size_t i = 0; i < change->attest_count; i++) {
        TRY(attest(out, &change->attest[i], note));
    }
    return out->count > 0 ? ERR_OK : note_set(note, ERR_CONFLICT, "no online key would be left");
}

enum err introduction_change(struct slice introduction, const struct introduction_change *change,
                             const struct signing_key *root, struct buffer *out, struct note *note)
{
    CLEANUP(arena_fini) struct arena arena;
    struct introduction old;
    struct online_keys online = {.count = 0};
    arena_init(&arena, LIMIT_DECODED_BYTES);
    TRY(introduction_open(introduction, &arena, &old, note));
    if (!public_key_equal(&old.partner.root, &root->public_key)) {
        return note_set(note, ERR_DENIED, "the key is not the root key of %s in its introduction",
                        old.partner.id.text);
    }
    TRY(change_keys(&old.partner, change, &online, note));
    struct introduction_terms terms = {
        .coalition = old.coalition,
        .partner = old.partner.id,
        .display_name =
            change->display_name != NULL ? change->display_name : old.partner.display_name,
        .address = change->address != NULL ? change->address : old.partner.address,
        .prefix = old.partner.prefix,
        .online = online.keys,
        .online_count = online.count,
        .tls_ca_pem = change->tls_ca_pem != NULL ? change->tls_ca_pem : old.partner.tls_ca_pem,
        .account = change->account != NULL               ? change->account
                   : old.partner.account.iban[0] != '\0' ? &old.partner.account
                                                         : NULL,
    };
    return introduction_make(&terms, root, out, note);
}

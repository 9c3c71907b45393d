#include "node/own_keys.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/keyfile.h"

/* Keys that were ever loaded stay: signers point at them. */
#define OWN_KEYS_MAX 64u
/* What partners get to learn of an epoch before its new key signs. */
#define SPREAD_MS 5000

struct own_key {
    struct own_keys *owner;
    struct signing_key key;
    struct key_signer adapter;
    struct signer signer; /* without a look at the dates */
    char path[LIMIT_PATH_BYTES + 1];
    /* When it may sign; both 0 until the charter says so, and again when that revokes it. */
    atomic_int_fast64_t valid_from;
    atomic_int_fast64_t valid_until;
    struct unix_ms known_since; /* when the charter had it first; 0 for those of the start */
    bool is_known;
};

struct own_keys {
    struct clock_port clock;
    char coalition[SIGNING_COALITION_MAX + 1];
    struct own_key *keys[OWN_KEYS_MAX];
    size_t count;
    bool has_chosen;
};

enum err own_keys_create(const char *coalition, struct clock_port clock, struct own_keys **out_keys)
{
    struct own_keys *keys = calloc(1, sizeof *keys);
    if (keys == NULL || text_copy(keys->coalition, sizeof keys->coalition, coalition) != ERR_OK) {
        free(keys);
        return ERR_RESOURCE;
    }
    keys->clock = clock;
    *out_keys = keys;
    return ERR_OK;
}

void own_keys_destroy(struct own_keys *keys)
{
    for (size_t i = 0; keys != NULL && i < keys->count; i++) {
        signing_key_fini(&keys->keys[i]->key);
        free(keys->keys[i]);
    }
    free(keys);
}

static bool may_sign(const struct own_key *key)
{
    int64_t now = clock_now(&key->owner->clock).ms;
    return atomic_load(&key->valid_from) <= now && now < atomic_load(&key->valid_until);
}

static enum err dated_sign(void *context, enum purpose purpose, uint64_t epoch,
                           struct slice payload, struct signature *out_signature)
{
    const struct own_key *key = context;
    if (!may_sign(key)) {
        return ERR_KEY_ENDED;
    }
    return key->signer.sign(key->signer.context, purpose, epoch, payload, out_signature);
}

static enum err add(struct own_keys *keys, const struct signing_key *secret, const char *path,
                    struct note *note)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (public_key_equal(&keys->keys[i]->key.public_key, &secret->public_key)) {
            return ERR_OK;
        }
    }
    struct own_key *key = keys->count < OWN_KEYS_MAX ? calloc(1, sizeof *key) : NULL;
    if (key == NULL) {
        return note_set(note, ERR_RESOURCE, "%s: no room for one more key; restart the node", path);
    }
    key->owner = keys;
    snprintf(key->path, sizeof key->path, "%s", path);
    key->key = *secret;
    keys->keys[keys->count++] = key;
    return key_signer_init(&key->adapter, &key->key, keys->coalition, &key->signer);
}

enum err own_keys_load(struct own_keys *keys, const struct node_config *config, struct note *note)
{
    const char *passphrase = getenv("TALEA_PASSPHRASE");
    for (size_t i = 0; i < config->online_key_count; i++) {
        const char *path = config->online_keys[i].text;
        CLEANUP(signing_key_fini) struct signing_key secret = {{0}, {{0}}, {{0}}};
        struct key_card card;
        TRY(keyfile_load(path, passphrase, &card, &secret, note));
        if (card.kind != KEY_KIND_ONLINE || !partner_id_equal(&card.partner, &config->partner)) {
            return note_set(note, ERR_INPUT, "%s is not an online key of %s", path,
                            config->partner.text);
        }
        TRY(add(keys, &secret, path, note));
    }
    return ERR_OK;
}

/* What the charter says of the key. */
static void date_key(struct own_key *key, const struct charter *charter,
                     const struct partner_id *self)
{
    const struct charter_key *found = charter_key_by_id(charter, self, &key->key.id);
    bool is_good = found != NULL && found->revocation == NULL;
    atomic_store(&key->valid_from, is_good ? found->valid_from.ms : 0);
    atomic_store(&key->valid_until, is_good ? found->valid_until.ms : 0);
    if (is_good && !key->is_known && key->owner->has_chosen) {
        key->known_since = clock_now(&key->owner->clock);
    }
    key->is_known = key->is_known || is_good;
}

/* Partners know it, or had the time to. */
static bool is_spread(const struct own_key *key)
{
    int64_t age = clock_now(&key->owner->clock).ms - key->known_since.ms;
    return age < 0 || age >= SPREAD_MS;
}

static bool is_better(const struct own_key *key, const struct own_key *than)
{
    if (than == NULL || is_spread(key) != is_spread(than)) {
        return than == NULL || is_spread(key);
    }
    return atomic_load(&key->valid_from) > atomic_load(&than->valid_from);
}

enum err own_keys_choose(struct own_keys *keys, const struct charter *charter,
                         const struct partner_id *self, struct signer *out_signer,
                         struct note *note)
{
    struct own_key *best = NULL;
    for (size_t i = 0; i < keys->count; i++) {
        struct own_key *key = keys->keys[i];
        date_key(key, charter, self);
        if (may_sign(key) && is_better(key, best)) {
            best = key;
        }
    }
    keys->has_chosen = true;
    struct own_key *chosen = best != NULL ? best : keys->keys[0];
    *out_signer = (struct signer){.context = chosen,
                                  .key_id = chosen->key.id,
                                  .public_key = chosen->key.public_key,
                                  .sign = dated_sign};
    return best != NULL ? ERR_OK
                        : note_set(note, ERR_KEY_ENDED,
                                   "%s%s: not among the online keys of %s that the charter of "
                                   "epoch %llu has, valid now and not revoked",
                                   keys->keys[0]->path, keys->count > 1 ? " and the others" : "",
                                   self->text, (unsigned long long)charter->epoch);
}

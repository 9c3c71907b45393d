#include "store/vault.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/vault_file.h"

#define SEALED_VERSION 1u
#define SEALED_HEAD    9u   /* version and slot */
#define KEYS_AHEAD     512u /* made at once when one is asked for */
#define COPY_SLOTS     1024u

struct vault {
    int fd;
    enum vault_mode mode;
    struct box_key pepper;
    uint64_t slots_found; /* in the file when it was opened */
    /* Slots are read under it, overwritten under it alone: nobody sees half a slot. */
    pthread_rwlock_t slots;
    pthread_mutex_t lock; /* of all below; taken before `slots` */
    uint64_t next_spare;  /* durable keys that nobody has yet: next_spare to slot_count */
    uint64_t slot_count;
    struct vault_note notes[LIMIT_VAULT_NOTES];
    bool is_old_note[LIMIT_VAULT_NOTES]; /* it was there when the vault was opened */
};

_Static_assert(VAULT_SEALED_EXTRA == SEALED_HEAD + BOX_NONCE_BYTES + BOX_TAG_BYTES, "sealed bytes");
_Static_assert(VAULT_TAG_BYTES == KEYED_TAG_BYTES, "a tag's bytes");
_Static_assert(VAULT_NOTES_AT + LIMIT_VAULT_NOTES * VAULT_NOTE_BYTES <= VAULT_SLOTS_AT,
               "the notes");

enum err vault_open(const char *folder, enum vault_mode mode, struct vault **out_vault,
                    struct note *note)
{
    struct vault *vault = calloc(1, sizeof *vault);
    if (vault == NULL) {
        return note_set(note, ERR_RESOURCE, "no memory to open %s", folder);
    }
    vault->mode = mode;
    enum err err = vault_file_open(folder, mode, &vault->fd, &vault->pepper, vault->notes,
                                   &vault->slot_count, note);
    if (err != ERR_OK) {
        free(vault);
        return err;
    }
    for (size_t i = 0; i < LIMIT_VAULT_NOTES; i++) {
        vault->is_old_note[i] = vault->notes[i].slot != 0;
    }
    vault->next_spare = vault->slot_count + 1;
    vault->slots_found = vault->slot_count;
    pthread_rwlock_init(&vault->slots, NULL);
    pthread_mutex_init(&vault->lock, NULL);
    *out_vault = vault;
    return ERR_OK;
}

void vault_close(struct vault *vault)
{
    if (vault == NULL) {
        return;
    }
    if (vault->next_spare <= vault->slot_count) {
        /* Keys that were never named; if this fails, they are wasted. */
        int result = ftruncate(vault->fd, (off_t)vault_slot_at(vault->next_spare));
        (void)result;
    }
    close(vault->fd);
    pthread_mutex_destroy(&vault->lock);
    pthread_rwlock_destroy(&vault->slots);
    secret_forget(vault, sizeof *vault);
    free(vault);
}

/* Appends `count` durable keys. After a failure the same numbers are written again, with others. */
static enum err make_keys(struct vault *vault, size_t count)
{
    uint8_t *bytes = malloc(count * VAULT_SLOT_BYTES);
    if (bytes == NULL) {
        return ERR_RESOURCE;
    }
    uint64_t first = vault->slot_count + 1;
    for (size_t i = 0; i < count; i++) {
        struct box_key key;
        box_key_make(&key);
        vault_slot_encode(&vault->pepper, first + i, &key, bytes + i * VAULT_SLOT_BYTES);
        box_key_forget(&key);
    }
    enum err err = file_write_at(vault->fd, vault_slot_at(first), bytes, count * VAULT_SLOT_BYTES);
    secret_forget(bytes, count * VAULT_SLOT_BYTES);
    free(bytes);
    TRY(err);
    TRY(vault_flush(vault->fd));
    vault->slot_count += count;
    return ERR_OK;
}

enum err vault_add(struct vault *vault, size_t count, uint64_t *out_slots)
{
    if (count == 0 || count > LIMIT_VAULT_KEYS || vault->mode == VAULT_READ_ONLY) {
        return ERR_INPUT;
    }
    pthread_mutex_lock(&vault->lock);
    uint64_t spare = vault->slot_count + 1 - vault->next_spare;
    enum err err = ERR_OK;
    if (spare < count) {
        size_t missing = count - (size_t)spare;
        err = make_keys(vault, missing < KEYS_AHEAD ? KEYS_AHEAD : missing);
    }
    for (size_t i = 0; err == ERR_OK && i < count; i++) {
        out_slots[i] = vault->next_spare++;
    }
    pthread_mutex_unlock(&vault->lock);
    return err;
}

/* ERR_NOT_FOUND when it was destroyed, ERR_CORRUPT when there is none. */
static enum err read_key(struct vault *vault, uint64_t slot, struct box_key *out_key)
{
    uint8_t bytes[VAULT_SLOT_BYTES];
    enum vault_slot_state state;
    if (slot == 0 || slot > (uint64_t)INT64_MAX / VAULT_SLOT_BYTES - VAULT_SLOTS_AT) {
        return ERR_CORRUPT;
    }
    pthread_rwlock_rdlock(&vault->slots);
    enum err err = file_read_at(vault->fd, vault_slot_at(slot), bytes, sizeof bytes);
    pthread_rwlock_unlock(&vault->slots);
    if (err == ERR_OK) {
        err = vault_slot_decode(&vault->pepper, slot, bytes, &state, out_key);
    }
    secret_forget(bytes, sizeof bytes);
    TRY(err);
    return state == VAULT_SLOT_USED        ? ERR_OK
           : state == VAULT_SLOT_DESTROYED ? ERR_NOT_FOUND
                                           : ERR_CORRUPT;
}

enum err vault_seal(struct vault *vault, uint64_t slot, struct slice plain, struct buffer *out)
{
    CLEANUP(box_key_forget) struct box_key key = {{0}};
    TRY(read_key(vault, slot, &key));
    size_t start = out->length;
    write_u8(out, SEALED_VERSION);
    write_u64(out, slot);
    TRY(out->err);
    uint8_t head[SEALED_HEAD];
    memcpy(head, out->at + start, sizeof head);
    box_lock(&key, slice_of(head, sizeof head), plain, out);
    return out->err;
}

enum err vault_sealed_slot(struct slice sealed, uint64_t *out_slot)
{
    struct reader r = reader_of(sealed);
    uint8_t version = read_u8(&r);
    uint64_t slot = read_u64(&r);
    TRY(r.err);
    if (version != SEALED_VERSION) {
        return ERR_UNSUPPORTED;
    }
    if (sealed.length < VAULT_SEALED_EXTRA || slot == 0) {
        return ERR_CORRUPT;
    }
    *out_slot = slot;
    return ERR_OK;
}

enum err vault_open_sealed(struct vault *vault, struct slice sealed, struct buffer *out)
{
    uint64_t slot;
    CLEANUP(box_key_forget) struct box_key key = {{0}};
    TRY(vault_sealed_slot(sealed, &slot));
    TRY(read_key(vault, slot, &key));
    enum err err = box_unlock(&key, slice_of(sealed.at, SEALED_HEAD),
                              slice_of(sealed.at + SEALED_HEAD, sealed.length - SEALED_HEAD), out);
    return err == ERR_SIGNATURE ? ERR_CORRUPT : err;
}

/* Under the lock. The place of a note, or of an empty one for slot 0; NULL for none. */
static struct vault_note *find_note(struct vault *vault, uint64_t slot)
{
    for (size_t i = 0; i < LIMIT_VAULT_NOTES; i++) {
        if (vault->notes[i].slot == slot) {
            return &vault->notes[i];
        }
    }
    return NULL;
}

/* Under the lock. Durable on ERR_OK. */
static enum err overwrite(struct vault *vault, uint64_t at, const void *bytes, size_t length)
{
    pthread_rwlock_wrlock(&vault->slots);
    enum err err = file_write_at(vault->fd, at, bytes, length);
    pthread_rwlock_unlock(&vault->slots);
    return err == ERR_OK ? vault_flush(vault->fd) : err;
}

/* Under the lock. Not flushed. */
static enum err overwrite_key(struct vault *vault, uint64_t slot)
{
    uint8_t bytes[VAULT_SLOT_BYTES] = {0};
    bytes[BOX_KEY_BYTES + VAULT_CHECK_BYTES] = VAULT_SLOT_DESTROYED;
    if (slot == 0 || slot > vault->slot_count || vault->mode == VAULT_READ_ONLY) {
        return ERR_CORRUPT;
    }
    pthread_rwlock_wrlock(&vault->slots);
    enum err err = file_write_at(vault->fd, vault_slot_at(slot), bytes, sizeof bytes);
    pthread_rwlock_unlock(&vault->slots);
    return err;
}

enum err vault_abandon(struct vault *vault, uint64_t slot)
{
    pthread_mutex_lock(&vault->lock);
    enum err err = overwrite_key(vault, slot);
    pthread_mutex_unlock(&vault->lock);
    return err;
}

/* Under the lock. Writes what the note in this place is to be; flushed. */
static enum err put_note(struct vault *vault, struct vault_note *place, struct vault_note note)
{
    uint8_t bytes[VAULT_NOTE_BYTES];
    size_t index = (size_t)(place - vault->notes);
    vault_note_encode(&vault->pepper, &note, bytes);
    TRY(overwrite(vault, VAULT_NOTES_AT + index * VAULT_NOTE_BYTES, bytes, sizeof bytes));
    *place = note;
    vault->is_old_note[index] = false;
    return ERR_OK;
}

enum err vault_note_erasure(struct vault *vault, uint64_t slot, const struct uid *subject)
{
    pthread_mutex_lock(&vault->lock);
    enum err err = ERR_OK;
    if (slot == 0 || slot > vault->slot_count || vault->mode == VAULT_READ_ONLY) {
        err = ERR_CORRUPT;
    } else if (find_note(vault, slot) == NULL) {
        struct vault_note *place = find_note(vault, 0);
        err = place == NULL ? ERR_RESOURCE
                            : put_note(vault, place, (struct vault_note){slot, *subject});
    }
    pthread_mutex_unlock(&vault->lock);
    return err;
}

/* Under the lock. */
static enum err strike_out(struct vault *vault, uint64_t slot)
{
    struct vault_note *place = find_note(vault, slot);
    return place == NULL ? ERR_OK : put_note(vault, place, (struct vault_note){0});
}

enum err vault_drop_erasure(struct vault *vault, uint64_t slot)
{
    pthread_mutex_lock(&vault->lock);
    enum err err = slot == 0 ? ERR_CORRUPT : strike_out(vault, slot);
    pthread_mutex_unlock(&vault->lock);
    return err;
}

enum err vault_destroy(struct vault *vault, uint64_t slot)
{
    pthread_mutex_lock(&vault->lock);
    enum err err = overwrite_key(vault, slot);
    if (err == ERR_OK) {
        err = vault_flush(vault->fd);
    }
    if (err == ERR_OK) {
        err = strike_out(vault, slot);
    }
    pthread_mutex_unlock(&vault->lock);
    return err;
}

enum err vault_each_erasure(struct vault *vault,
                            enum err (*visit)(void *context, uint64_t slot,
                                              const struct uid *subject),
                            void *context)
{
    for (size_t i = 0; i < LIMIT_VAULT_NOTES; i++) {
        pthread_mutex_lock(&vault->lock);
        struct vault_note note = vault->is_old_note[i] ? vault->notes[i] : (struct vault_note){0};
        pthread_mutex_unlock(&vault->lock);
        if (note.slot != 0) {
            TRY(visit(context, note.slot, &note.subject));
        }
    }
    return ERR_OK;
}

void vault_tag(const struct vault *vault, const char *domain, struct slice text,
               uint8_t out_tag[VAULT_TAG_BYTES])
{
    keyed_tag(&vault->pepper, domain, text, out_tag);
}

/* Bytes from a slot's place on, as they are at one moment. */
static enum err read_slots(struct vault *vault, uint64_t at, uint8_t *out, size_t length)
{
    pthread_rwlock_rdlock(&vault->slots);
    enum err err = file_read_at(vault->fd, at, out, length);
    pthread_rwlock_unlock(&vault->slots);
    return err;
}

static bool is_destroyed_in_name_only(const uint8_t slot[VAULT_SLOT_BYTES])
{
    uint8_t all = 0;
    for (size_t i = 0; i < BOX_KEY_BYTES + VAULT_CHECK_BYTES; i++) {
        all |= slot[i];
    }
    return slot[BOX_KEY_BYTES + VAULT_CHECK_BYTES] == VAULT_SLOT_DESTROYED && all != 0;
}

/* Looks at the bytes of every slot up to `count`. Stops at the first error. */
static enum err each_slot(struct vault *vault, uint64_t count,
                          enum err (*look)(void *looking, uint64_t slot, const uint8_t *bytes),
                          void *looking)
{
    uint8_t *bytes = malloc(COPY_SLOTS * VAULT_SLOT_BYTES);
    if (bytes == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = ERR_OK;
    for (uint64_t slot = 1; err == ERR_OK && slot <= count;) {
        size_t here = count - slot < COPY_SLOTS ? (size_t)(count - slot) + 1 : COPY_SLOTS;
        memset(bytes, 0, COPY_SLOTS * VAULT_SLOT_BYTES);
        err = read_slots(vault, vault_slot_at(slot), bytes, here * VAULT_SLOT_BYTES);
        err = err == ERR_CORRUPT ? ERR_OK : err; /* the file ends before: a slot that was torn */
        for (size_t i = 0; err == ERR_OK && i < here; i++, slot++) {
            err = look(looking, slot, bytes + i * VAULT_SLOT_BYTES);
        }
    }
    secret_forget(bytes, COPY_SLOTS * VAULT_SLOT_BYTES);
    free(bytes);
    return err;
}

static enum err look_destroyed(void *out_slot, uint64_t slot, const uint8_t *bytes)
{
    if (is_destroyed_in_name_only(bytes)) {
        *(uint64_t *)out_slot = slot;
        return ERR_CORRUPT;
    }
    return ERR_OK;
}

enum err vault_check(struct vault *vault, uint64_t *out_slot)
{
    pthread_mutex_lock(&vault->lock);
    uint64_t count = vault->slot_count;
    pthread_mutex_unlock(&vault->lock);
    return each_slot(vault, count, look_destroyed, out_slot);
}

struct key_visit {
    const struct vault *vault;
    enum err (*visit)(void *context, uint64_t slot);
    void *context;
};

static enum err look_key(void *looking, uint64_t slot, const uint8_t *bytes)
{
    const struct key_visit *keys = looking;
    CLEANUP(box_key_forget) struct box_key key = {{0}};
    enum vault_slot_state state;
    bool is_key = vault_slot_decode(&keys->vault->pepper, slot, bytes, &state, &key) == ERR_OK &&
                  state == VAULT_SLOT_USED;
    return is_key ? keys->visit(keys->context, slot) : ERR_OK;
}

enum err vault_each_key(struct vault *vault, enum err (*visit)(void *context, uint64_t slot),
                        void *context)
{
    struct key_visit keys = {vault, visit, context};
    return each_slot(vault, vault->slots_found, look_key, &keys);
}

enum err vault_copy(struct vault *vault, int fd)
{
    static const size_t step = COPY_SLOTS * VAULT_SLOT_BYTES;
    uint8_t *bytes = malloc(step);
    if (bytes == NULL) {
        return ERR_RESOURCE;
    }
    pthread_mutex_lock(&vault->lock);
    uint64_t end = vault_slot_at(vault->slot_count + 1);
    pthread_mutex_unlock(&vault->lock);
    enum err err = ERR_OK;
    /* The notes come first: a key that is destroyed meanwhile is noted in the copy, or gone. */
    for (uint64_t at = 0; err == ERR_OK && at < end;) {
        size_t length = end - at < step ? (size_t)(end - at) : step;
        err = read_slots(vault, at, bytes, length);
        if (err == ERR_OK) {
            err = file_write_at(fd, at, bytes, length);
        }
        at += length;
    }
    secret_forget(bytes, step);
    free(bytes);
    return err;
}

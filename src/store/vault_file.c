#include "store/vault_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/domain.h"

#define HEAD_BYTES (8u + 4u + 4u + BOX_KEY_BYTES + VAULT_CHECK_BYTES)

static const char magic[8] = "TALEAVLT";

static enum err failure(const char *path, const char *what, struct note *note)
{
    int result = errno;
    enum err err = result == ENOENT                      ? ERR_NOT_FOUND
                   : result == EACCES || result == EPERM ? ERR_DENIED
                                                         : ERR_STORAGE;
    return note_set(note, err, "%s: %s: %s", path, what, strerror(result));
}

enum err vault_flush(int fd)
{
    return fdatasync(fd) == 0 ? ERR_OK : ERR_STORAGE;
}

static void check_of(const struct box_key *pepper, const char *domain, const void *bytes,
                     size_t length, uint8_t out[VAULT_CHECK_BYTES])
{
    uint8_t tag[KEYED_TAG_BYTES];
    keyed_tag(pepper, domain, slice_of(bytes, length), tag);
    memcpy(out, tag, VAULT_CHECK_BYTES);
}

static void put_u32(uint8_t *out, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

static void put_u64(uint8_t *out, uint64_t value)
{
    put_u32(out, (uint32_t)value);
    put_u32(out + 4, (uint32_t)(value >> 32));
}

/* Of the number and the key, so that a slot copied to another place is noticed. */
static void slot_check(const struct box_key *pepper, uint64_t slot, const uint8_t *key,
                       uint8_t out[VAULT_CHECK_BYTES])
{
    uint8_t bytes[8 + BOX_KEY_BYTES];
    put_u64(bytes, slot);
    memcpy(bytes + 8, key, BOX_KEY_BYTES);
    check_of(pepper, HASH_DOMAIN_VAULT_SLOT, bytes, sizeof bytes, out);
    secret_forget(bytes, sizeof bytes);
}

void vault_slot_encode(const struct box_key *pepper, uint64_t slot, const struct box_key *key,
                       uint8_t out[VAULT_SLOT_BYTES])
{
    memset(out, 0, VAULT_SLOT_BYTES);
    memcpy(out, key->bytes, BOX_KEY_BYTES);
    slot_check(pepper, slot, key->bytes, out + BOX_KEY_BYTES);
    out[BOX_KEY_BYTES + VAULT_CHECK_BYTES] = VAULT_SLOT_USED;
}

enum err vault_slot_decode(const struct box_key *pepper, uint64_t slot,
                           const uint8_t in[VAULT_SLOT_BYTES], enum vault_slot_state *out_state,
                           struct box_key *out_key)
{
    uint8_t check[VAULT_CHECK_BYTES];
    uint8_t state = in[BOX_KEY_BYTES + VAULT_CHECK_BYTES];
    if (state == VAULT_SLOT_FREE || state == VAULT_SLOT_DESTROYED) {
        *out_state = (enum vault_slot_state)state;
        return ERR_OK;
    }
    slot_check(pepper, slot, in, check);
    if (state != VAULT_SLOT_USED || memcmp(check, in + BOX_KEY_BYTES, sizeof check) != 0) {
        return ERR_CORRUPT;
    }
    *out_state = VAULT_SLOT_USED;
    memcpy(out_key->bytes, in, BOX_KEY_BYTES);
    return ERR_OK;
}

void vault_note_encode(const struct box_key *pepper, const struct vault_note *note,
                       uint8_t out[VAULT_NOTE_BYTES])
{
    memset(out, 0, VAULT_NOTE_BYTES);
    if (note->slot != 0) {
        put_u64(out, note->slot);
        memcpy(out + 8, note->subject.bytes, sizeof note->subject.bytes);
        check_of(pepper, HASH_DOMAIN_VAULT_NOTE, out, 24, out + 24);
    }
}

/* A note that was torn before it was durable is none: the decision did not follow. */
static void note_decode(const struct box_key *pepper, const uint8_t in[VAULT_NOTE_BYTES],
                        struct vault_note *out_note)
{
    uint8_t check[VAULT_CHECK_BYTES];
    struct reader r = reader_of(slice_of(in, VAULT_NOTE_BYTES));
    struct vault_note note = {.slot = read_u64(&r)};
    read_copy(&r, note.subject.bytes, sizeof note.subject.bytes);
    check_of(pepper, HASH_DOMAIN_VAULT_NOTE, in, 24, check);
    bool is_whole = memcmp(check, in + 24, sizeof check) == 0;
    *out_note = is_whole ? note : (struct vault_note){0};
}

static void head_encode(const struct box_key *pepper, uint8_t out[HEAD_BYTES])
{
    memcpy(out, magic, sizeof magic);
    put_u32(out + 8, VAULT_VERSION);
    put_u32(out + 12, VAULT_SLOT_BYTES);
    memcpy(out + 16, pepper->bytes, BOX_KEY_BYTES);
    check_of(pepper, HASH_DOMAIN_VAULT_HEAD, out, HEAD_BYTES - VAULT_CHECK_BYTES,
             out + HEAD_BYTES - VAULT_CHECK_BYTES);
}

static enum err head_decode(const uint8_t in[HEAD_BYTES], const char *path,
                            struct box_key *out_pepper, struct note *note)
{
    uint8_t check[VAULT_CHECK_BYTES];
    struct reader r = reader_of(slice_of(in, HEAD_BYTES));
    if (!slice_equal(read_slice(&r, sizeof magic), slice_of(magic, sizeof magic))) {
        return note_set(note, ERR_UNSUPPORTED, "%s: this is not a vault", path);
    }
    uint32_t version = read_u32(&r);
    if (version != VAULT_VERSION || read_u32(&r) != VAULT_SLOT_BYTES) {
        return note_set(note, ERR_UNSUPPORTED,
                        "%s: vault version %" PRIu32 ", and this build knows version %u", path,
                        version, VAULT_VERSION);
    }
    struct box_key pepper;
    read_copy(&r, pepper.bytes, sizeof pepper.bytes);
    check_of(&pepper, HASH_DOMAIN_VAULT_HEAD, in, HEAD_BYTES - VAULT_CHECK_BYTES, check);
    if (memcmp(check, in + HEAD_BYTES - VAULT_CHECK_BYTES, sizeof check) != 0) {
        box_key_forget(&pepper);
        return note_set(note, ERR_CORRUPT, "%s: its head is damaged", path);
    }
    *out_pepper = pepper;
    return ERR_OK;
}

/* Under its name only when it is whole. */
static enum err make_file(const char *folder, const char *path, struct note *note)
{
    struct box_key pepper;
    uint8_t bytes[VAULT_SLOTS_AT] = {0};
    char fresh[LIMIT_PATH_BYTES + 1];
    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh) {
        return note_set(note, ERR_INPUT, "%.200s...: this path is too long", path);
    }
    box_key_make(&pepper);
    head_encode(&pepper, bytes);
    box_key_forget(&pepper);
    (void)unlink(fresh); /* of a start that was killed */
    enum err err = file_create(fresh, FILE_SECRET, slice_of(bytes, sizeof bytes), note);
    secret_forget(bytes, sizeof bytes);
    TRY(err);
    if (rename(fresh, path) != 0) {
        return failure(path, "can't be made", note);
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int flushed = fd < 0 ? -1 : fsync(fd);
    if (fd >= 0) {
        close(fd);
    }
    return flushed == 0 ? ERR_OK : failure(folder, "can't flush this folder", note);
}

static enum err read_head(int fd, const char *path, struct box_key *out_pepper,
                          struct vault_note out_notes[LIMIT_VAULT_NOTES], uint64_t *out_slot_count,
                          struct note *note)
{
    uint8_t bytes[VAULT_SLOTS_AT];
    struct stat about;
    struct box_key pepper;
    enum err err = file_read_at(fd, 0, bytes, sizeof bytes);
    if (err != ERR_OK || fstat(fd, &about) != 0) {
        return note_set(note, err == ERR_OK ? ERR_STORAGE : err, "%s: can't be read or is cut",
                        path);
    }
    err = head_decode(bytes, path, &pepper, note);
    for (size_t i = 0; err == ERR_OK && i < LIMIT_VAULT_NOTES; i++) {
        note_decode(&pepper, bytes + VAULT_NOTES_AT + i * VAULT_NOTE_BYTES, &out_notes[i]);
    }
    secret_forget(bytes, sizeof bytes);
    TRY(err);
    *out_pepper = pepper;
    box_key_forget(&pepper);
    /* A last slot that is cut was torn before it was durable. */
    *out_slot_count =
        ((uint64_t)about.st_size - VAULT_SLOTS_AT + VAULT_SLOT_BYTES - 1) / VAULT_SLOT_BYTES;
    return ERR_OK;
}

enum err vault_file_open(const char *folder, enum vault_mode mode, int *out_fd,
                         struct box_key *out_pepper, struct vault_note out_notes[LIMIT_VAULT_NOTES],
                         uint64_t *out_slot_count, struct note *note)
{
    char path[LIMIT_PATH_BYTES + 1];
    int length = snprintf(path, sizeof path, "%s/%s", folder, VAULT_FILE_NAME);
    if (length < 0 || (size_t)length >= sizeof path) {
        return note_set(note, ERR_INPUT, "%.200s...: this path is too long", folder);
    }
    int flags = (mode == VAULT_READ_ONLY ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW;
    int fd = open(path, flags);
    if (fd < 0 && errno == ENOENT && mode == VAULT_CREATE) {
        TRY(make_file(folder, path, note));
        fd = open(path, flags);
    }
    if (fd < 0) {
        return failure(path, "can't open the vault", note);
    }
    enum err err = ERR_OK;
    if (mode != VAULT_READ_ONLY && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        err = errno == EWOULDBLOCK
                  ? note_set(note, ERR_UNAVAILABLE, "%s: another talead holds it", path)
                  : failure(path, "can't lock the vault", note);
    }
    if (err == ERR_OK) {
        err = read_head(fd, path, out_pepper, out_notes, out_slot_count, note);
    }
    if (err != ERR_OK) {
        close(fd);
        return err;
    }
    *out_fd = fd;
    return ERR_OK;
}

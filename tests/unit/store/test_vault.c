/* Sealed data opens while its key is there and never after. */
#include "fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/random.h"
#include "store/vault.h"

#define SLOTS_AT   8192u
#define SLOT_BYTES 64u

static struct folder folder;
static char vault_path[128];

static int setup(void **unused)
{
    (void)unused;
    folder_make(&folder);
    assert_int_equal(mkdir(folder.path, 0700), 0);
    (void)snprintf(vault_path, sizeof vault_path, "%s/%s", folder.path, VAULT_FILE_NAME);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    (void)unlink(vault_path);
    folder_remove(&folder);
    return 0;
}

static struct vault *open_vault(void)
{
    struct vault *vault = NULL;
    struct note note = {""};
    if (vault_open(folder.path, VAULT_CREATE, &vault, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    return vault;
}

static off_t file_bytes(void)
{
    struct stat about;
    assert_int_equal(stat(vault_path, &about), 0);
    return about.st_size;
}

static void read_file(uint64_t offset, void *out, size_t length)
{
    int fd = open(vault_path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, out, length, (off_t)offset), length);
    close(fd);
}

static void put_byte(uint64_t offset, uint8_t byte)
{
    int fd = open(vault_path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
    close(fd);
}

static void flip_byte(uint64_t offset)
{
    uint8_t byte;
    read_file(offset, &byte, 1);
    put_byte(offset, byte ^ 0x40);
}

static struct slice text(const char *t)
{
    return slice_of(t, strlen(t));
}

static uint64_t seal(struct vault *vault, const char *plain, struct buffer *out)
{
    uint64_t slot;
    assert_ok(vault_add(vault, 1, &slot));
    assert_ok(vault_seal(vault, slot, text(plain), out));
    uint64_t named;
    assert_ok(vault_sealed_slot(buffer_slice(out), &named));
    assert_int_equal(named, slot);
    return slot;
}

static void assert_opens(struct vault *vault, const struct buffer *sealed, const char *plain)
{
    struct buffer out = {0};
    assert_ok(vault_open_sealed(vault, buffer_slice(sealed), &out));
    assert_true(slice_equal(buffer_slice(&out), text(plain)));
    buffer_fini(&out);
}

static void assert_refuses(struct vault *vault, const struct buffer *sealed, enum err expected)
{
    struct buffer out = {0};
    assert_int_equal(vault_open_sealed(vault, buffer_slice(sealed), &out), expected);
    assert_int_equal(out.length, 0);
    buffer_fini(&out);
}

static void test_opens_across_restarts(void **unused)
{
    (void)unused;
    struct buffer sealed = {0};
    struct vault *vault = open_vault();
    seal(vault, "C-1042 Ada", &sealed);
    assert_opens(vault, &sealed, "C-1042 Ada");
    vault_close(vault);
    assert_int_equal(file_bytes(), SLOTS_AT + SLOT_BYTES); /* the spare keys are cut off */
    vault = open_vault();
    assert_opens(vault, &sealed, "C-1042 Ada");
    struct buffer second = {0};
    assert_int_equal(seal(vault, "other", &second), 2);
    assert_opens(vault, &second, "other");
    vault_close(vault);
    buffer_fini(&sealed);
    buffer_fini(&second);
}

static void test_flipped_bytes(void **unused)
{
    (void)unused;
    struct buffer sealed = {0};
    struct vault *vault = open_vault();
    uint64_t slot = seal(vault, "Ada", &sealed);
    for (size_t i = 9; i < sealed.length; i++) {
        sealed.at[i] ^= 1;
        assert_refuses(vault, &sealed, ERR_CORRUPT);
        sealed.at[i] ^= 1;
    }
    sealed.at[0] ^= 2;
    assert_refuses(vault, &sealed, ERR_UNSUPPORTED);
    sealed.at[0] ^= 2;
    flip_byte(SLOTS_AT + (slot - 1) * SLOT_BYTES + 3);
    assert_refuses(vault, &sealed, ERR_CORRUPT); /* a torn slot */
    flip_byte(SLOTS_AT + (slot - 1) * SLOT_BYTES + 3);
    assert_opens(vault, &sealed, "Ada");
    vault_close(vault);
    buffer_fini(&sealed);
}

static void test_a_slot_in_another_place(void **unused)
{
    (void)unused;
    struct buffer first = {0};
    struct buffer second = {0};
    struct vault *vault = open_vault();
    seal(vault, "one", &first);
    seal(vault, "two", &second);
    uint8_t slot[SLOT_BYTES];
    read_file(SLOTS_AT, slot, sizeof slot);
    int fd = open(vault_path, O_WRONLY);
    assert_int_equal(pwrite(fd, slot, sizeof slot, SLOTS_AT + SLOT_BYTES), sizeof slot);
    close(fd);
    assert_opens(vault, &first, "one");
    assert_refuses(vault, &second, ERR_CORRUPT);
    vault_close(vault);
    buffer_fini(&first);
    buffer_fini(&second);
}

static void test_destroyed_is_gone(void **unused)
{
    (void)unused;
    struct buffer sealed = {0};
    struct buffer kept = {0};
    uint8_t before[SLOT_BYTES];
    uint8_t after[SLOT_BYTES];
    static const uint8_t zeros[SLOT_BYTES - 24];
    struct vault *vault = open_vault();
    uint64_t slot = seal(vault, "Ada", &sealed);
    seal(vault, "Grace", &kept);
    read_file(SLOTS_AT + (slot - 1) * SLOT_BYTES, before, sizeof before);
    assert_memory_not_equal(before, zeros, 32);
    assert_ok(vault_destroy(vault, slot));
    assert_ok(vault_destroy(vault, slot));
    assert_refuses(vault, &sealed, ERR_NOT_FOUND);
    struct buffer out = {0};
    assert_int_equal(vault_seal(vault, slot, text("x"), &out), ERR_NOT_FOUND);
    assert_int_equal(out.length, 0);
    read_file(SLOTS_AT + (slot - 1) * SLOT_BYTES, after, sizeof after);
    assert_memory_equal(after, zeros, sizeof zeros);
    vault_close(vault);
    vault = open_vault();
    assert_refuses(vault, &sealed, ERR_NOT_FOUND);
    assert_opens(vault, &kept, "Grace");
    uint64_t next;
    assert_ok(vault_add(vault, 1, &next));
    assert_int_equal(next, 3); /* not used again */
    vault_close(vault);
    buffer_fini(&sealed);
    buffer_fini(&kept);
}

static void test_abandoned_is_gone(void **unused)
{
    (void)unused;
    struct buffer sealed = {0};
    struct vault *vault = open_vault();
    uint64_t slot = seal(vault, "Ada", &sealed);
    assert_ok(vault_abandon(vault, slot));
    assert_refuses(vault, &sealed, ERR_NOT_FOUND);
    assert_int_equal(vault_abandon(vault, 0), ERR_CORRUPT);
    assert_int_equal(vault_abandon(vault, 100000), ERR_CORRUPT);
    vault_close(vault);
    buffer_fini(&sealed);
}

/* A group's keys are made at once, and single ones ahead: the file grows in steps. */
static void test_keys_are_made_together(void **unused)
{
    (void)unused;
    uint64_t slots[700];
    struct vault *vault = open_vault();
    assert_ok(vault_add(vault, 700, slots));
    for (uint64_t i = 0; i < 700; i++) {
        assert_int_equal(slots[i], i + 1);
    }
    off_t before = file_bytes();
    assert_ok(vault_add(vault, 1, slots));
    off_t after = file_bytes();
    assert_true(after > before + 100 * SLOT_BYTES);
    for (unsigned i = 0; i < 100; i++) {
        assert_ok(vault_add(vault, 1, slots));
    }
    assert_int_equal(file_bytes(), after);
    assert_int_equal(vault_add(vault, 0, slots), ERR_INPUT);
    vault_close(vault);
}

/* A kill leaves spare keys, and perhaps half a slot, at the end. */
static void test_a_torn_end(void **unused)
{
    (void)unused;
    struct buffer sealed = {0};
    struct vault *vault = open_vault();
    seal(vault, "Ada", &sealed);
    vault_close(vault);
    assert_int_equal(truncate(vault_path, SLOTS_AT + 5 * SLOT_BYTES + 17), 0);
    vault = open_vault();
    struct buffer second = {0};
    assert_int_equal(seal(vault, "Grace", &second), 7);
    assert_opens(vault, &second, "Grace");
    assert_opens(vault, &sealed, "Ada");
    sealed.at[1] = 3; /* a slot that was never written */
    assert_refuses(vault, &sealed, ERR_CORRUPT);
    vault_close(vault);
    buffer_fini(&sealed);
    buffer_fini(&second);
}

static void assert_open_fails(enum err expected, const char *words)
{
    struct vault *vault = NULL;
    struct note note = {""};
    assert_int_equal(vault_open(folder.path, VAULT_CREATE, &vault, &note), expected);
    assert_non_null(strstr(note.text, words));
    assert_non_null(strstr(note.text, vault_path));
    assert_null(vault);
}

static void test_refused_files(void **unused)
{
    (void)unused;
    struct vault *vault = NULL;
    struct note note = {""};
    assert_int_equal(vault_open(folder.path, VAULT_EXISTING, &vault, &note), ERR_NOT_FOUND);
    vault = open_vault();
    assert_open_fails(ERR_UNAVAILABLE, "another talead");
    vault_close(vault);
    flip_byte(8);
    assert_open_fails(ERR_UNSUPPORTED, "vault version 65");
    flip_byte(8);
    flip_byte(1);
    assert_open_fails(ERR_UNSUPPORTED, "not a vault");
    flip_byte(1);
    flip_byte(20);
    assert_open_fails(ERR_CORRUPT, "damaged");
    flip_byte(20);
    assert_int_equal(truncate(vault_path, 5000), 0);
    assert_open_fails(ERR_CORRUPT, "cut");
}

struct seen {
    unsigned count;
    uint64_t slot;
    struct uid subject;
};

static enum err see(void *context, uint64_t slot, const struct uid *subject)
{
    struct seen *seen = context;
    seen->count++;
    seen->slot = slot;
    seen->subject = *subject;
    return ERR_OK;
}

static void test_notes_survive(void **unused)
{
    (void)unused;
    struct buffer sealed = {0};
    struct uid subject = {{7, 7, 7}};
    struct seen seen = {0};
    uint64_t slots[3];
    struct vault *vault = open_vault();
    assert_ok(vault_add(vault, 3, slots));
    assert_ok(vault_seal(vault, slots[0], text("Ada"), &sealed));
    assert_ok(vault_note_erasure(vault, slots[0], &subject));
    assert_ok(vault_note_erasure(vault, slots[1], &subject));
    assert_ok(vault_note_erasure(vault, slots[2], &subject));
    assert_ok(vault_drop_erasure(vault, slots[1]));
    assert_ok(vault_destroy(vault, slots[2]));
    assert_ok(vault_each_erasure(vault, see, &seen));
    assert_int_equal(seen.count, 0); /* these are of this run */
    vault_close(vault);
    vault = open_vault();
    assert_ok(vault_each_erasure(vault, see, &seen));
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.slot, slots[0]);
    assert_true(uid_equal(&seen.subject, &subject));
    assert_opens(vault, &sealed, "Ada");
    assert_ok(vault_destroy(vault, seen.slot));
    seen.count = 0;
    assert_ok(vault_each_erasure(vault, see, &seen));
    assert_int_equal(seen.count, 0);
    vault_close(vault);
    buffer_fini(&sealed);
}

static void test_notes_are_bounded(void **unused)
{
    (void)unused;
    struct uid subject = {{1}};
    uint64_t slots[129];
    struct vault *vault = open_vault();
    assert_ok(vault_add(vault, 129, slots));
    for (unsigned i = 0; i < 128; i++) {
        assert_ok(vault_note_erasure(vault, slots[i], &subject));
    }
    assert_int_equal(vault_note_erasure(vault, slots[128], &subject), ERR_RESOURCE);
    assert_ok(vault_note_erasure(vault, slots[5], &subject));
    assert_ok(vault_destroy(vault, slots[5]));
    assert_ok(vault_note_erasure(vault, slots[128], &subject));
    vault_close(vault);
}

static void test_tags_are_the_vaults(void **unused)
{
    (void)unused;
    uint8_t first[VAULT_TAG_BYTES];
    uint8_t again[VAULT_TAG_BYTES];
    struct vault *vault = open_vault();
    vault_tag(vault, "reference", text("C-1042"), first);
    vault_close(vault);
    vault = open_vault();
    vault_tag(vault, "reference", text("C-1042"), again);
    assert_memory_equal(first, again, sizeof first);
    vault_tag(vault, "name", text("C-1042"), again);
    assert_memory_not_equal(first, again, sizeof first);
    vault_close(vault);
    assert_int_equal(unlink(vault_path), 0);
    vault = open_vault();
    vault_tag(vault, "reference", text("C-1042"), again);
    assert_memory_not_equal(first, again, sizeof first);
    vault_close(vault);
}

static void test_a_copy_opens(void **unused)
{
    (void)unused;
    struct buffer sealed = {0};
    struct buffer gone = {0};
    struct vault *vault = open_vault();
    seal(vault, "Ada", &sealed);
    assert_ok(vault_destroy(vault, seal(vault, "Grace", &gone)));
    char copy[160];
    (void)snprintf(copy, sizeof copy, "%s.copy", vault_path);
    int fd = open(copy, O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_ok(vault_copy(vault, fd));
    close(fd);
    vault_close(vault);
    assert_int_equal(rename(copy, vault_path), 0);
    struct note note = {""};
    assert_ok(vault_open(folder.path, VAULT_READ_ONLY, &vault, &note));
    assert_opens(vault, &sealed, "Ada");
    assert_refuses(vault, &gone, ERR_NOT_FOUND);
    uint64_t slot;
    assert_int_equal(vault_add(vault, 1, &slot), ERR_INPUT);
    vault_close(vault);
    buffer_fini(&sealed);
    buffer_fini(&gone);
}

struct worker {
    struct vault *vault;
    unsigned failures;
    uint64_t slots[200];
};

static void *work(void *context)
{
    struct worker *worker = context;
    struct buffer sealed = {0};
    struct buffer plain = {0};
    for (unsigned i = 0; i < 200; i++) {
        buffer_clear(&sealed);
        buffer_clear(&plain);
        uint64_t *slot = &worker->slots[i];
        worker->failures += vault_add(worker->vault, 1, slot) != ERR_OK;
        worker->failures += vault_seal(worker->vault, *slot, text("a"), &sealed) != ERR_OK;
        worker->failures +=
            vault_open_sealed(worker->vault, buffer_slice(&sealed), &plain) != ERR_OK;
        if (i % 10 == 0) {
            worker->failures += vault_destroy(worker->vault, *slot) != ERR_OK;
            worker->failures +=
                vault_open_sealed(worker->vault, buffer_slice(&sealed), &plain) != ERR_NOT_FOUND;
        }
    }
    buffer_fini(&sealed);
    buffer_fini(&plain);
    return NULL;
}

static void test_many_threads(void **unused)
{
    (void)unused;
    struct worker workers[3];
    pthread_t threads[3];
    bool is_taken[1201] = {false};
    struct vault *vault = open_vault();
    for (size_t i = 0; i < 3; i++) {
        workers[i] = (struct worker){.vault = vault};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(workers[i].failures, 0);
        for (size_t k = 0; k < 200; k++) {
            assert_in_range(workers[i].slots[k], 1, 1200);
            assert_false(is_taken[workers[i].slots[k]]);
            is_taken[workers[i].slots[k]] = true;
        }
    }
    vault_close(vault);
}

/* Whoever says that a key is destroyed has overwritten it. */
static void test_destroyed_in_name_only(void **unused)
{
    (void)unused;
    struct buffer sealed = {0};
    uint64_t bad = 0;
    struct vault *vault = open_vault();
    uint64_t first = seal(vault, "one", &sealed);
    buffer_clear(&sealed);
    uint64_t second = seal(vault, "two", &sealed);
    assert_ok(vault_destroy(vault, first));
    assert_ok(vault_check(vault, &bad));
    flip_byte(SLOTS_AT + (second - 1) * SLOT_BYTES); /* torn, for all that the vault knows */
    assert_ok(vault_check(vault, &bad));
    put_byte(SLOTS_AT + (second - 1) * SLOT_BYTES + 40, 2);
    assert_int_equal(vault_check(vault, &bad), ERR_CORRUPT);
    assert_int_equal(bad, second);
    vault_close(vault);
    buffer_fini(&sealed);
}

struct found {
    size_t count;
    uint64_t slots[4];
};

static enum err find(void *context, uint64_t slot)
{
    struct found *found = context;
    assert_true(found->count < 4);
    found->slots[found->count++] = slot;
    return ERR_OK;
}

/* Not of what is destroyed or torn, nor of what was made since. */
static void test_each_key_is_visited(void **unused)
{
    (void)unused;
    struct vault *vault = open_vault();
    struct found found = {.count = 0};
    struct buffer sealed = {0};
    uint64_t slots[4];
    assert_ok(vault_add(vault, 4, slots));
    assert_ok(vault_destroy(vault, slots[1]));
    assert_ok(vault_each_key(vault, find, &found));
    assert_int_equal(found.count, 0);
    vault_close(vault);
    flip_byte(SLOTS_AT + (slots[2] - 1) * SLOT_BYTES);
    vault = open_vault();
    (void)seal(vault, "new", &sealed);
    assert_ok(vault_each_key(vault, find, &found));
    assert_int_equal(found.count, 2);
    assert_int_equal(found.slots[0], slots[0]);
    assert_int_equal(found.slots[1], slots[3]);
    vault_close(vault);
    buffer_fini(&sealed);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_opens_across_restarts),
        CASE(test_flipped_bytes),
        CASE(test_a_slot_in_another_place),
        CASE(test_destroyed_is_gone),
        CASE(test_abandoned_is_gone),
        CASE(test_destroyed_in_name_only),
        CASE(test_each_key_is_visited),
        CASE(test_keys_are_made_together),
        CASE(test_a_torn_end),
        CASE(test_refused_files),
        CASE(test_notes_survive),
        CASE(test_notes_are_bounded),
        CASE(test_tags_are_the_vaults),
        CASE(test_a_copy_opens),
        CASE(test_many_threads),
    };
    if (crypto_start() != ERR_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The journal's tail: what was acknowledged is there after a power cut at any moment, what was not
 * is there whole or not at all, and damage is told from both. A copy of the files, taken while the
 * journal is open, is what a cut leaves. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/journal_tail.h"

#define BYTES_MAX 9000
#define SECTOR    512u

struct image {
    uint8_t *bytes;
    size_t length;
};

static const char *file_path(const struct folder *folder, const char *name, char out[160])
{
    (void)snprintf(out, 160, "%s/%s", folder->path, name);
    return out;
}

static struct image image_take(const struct folder *folder, const char *name)
{
    char path[160];
    struct image image = {NULL, 0};
    FILE *file = fopen(file_path(folder, name, path), "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    image.length = (size_t)ftell(file);
    rewind(file);
    image.bytes = malloc(image.length);
    assert_non_null(image.bytes);
    assert_int_equal(fread(image.bytes, 1, image.length, file), image.length);
    assert_int_equal(fclose(file), 0);
    return image;
}

static void image_free(struct image *image)
{
    free(image->bytes);
    image->bytes = NULL;
}

static void image_put(const struct folder *folder, const char *name, const struct image *image)
{
    char path[160];
    FILE *file = fopen(file_path(folder, name, path), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(image->bytes, 1, image->length, file), image->length);
    assert_int_equal(fclose(file), 0);
}

/* What a power cut leaves. */
struct cut {
    struct image table;
    struct image tail;
};

static struct cut cut_take(const struct folder *folder)
{
    return (struct cut){image_take(folder, "journal.mdb"), image_take(folder, "journal.tail")};
}

static void cut_free(struct cut *cut)
{
    image_free(&cut->table);
    image_free(&cut->tail);
}

static uint64_t append(const struct journal *journal, uint64_t row)
{
    struct buffer batch = {0};
    batch_fill(row, BYTES_MAX, &batch);
    assert_ok(journal->append(journal->context, row, batch_count(row), buffer_slice(&batch), 1));
    buffer_fini(&batch);
    return row + batch_count(row);
}

static enum err check_batch(void *context, uint64_t first_row, struct slice batch)
{
    uint64_t *expected = context;
    struct buffer bytes = {0};
    assert_int_equal(first_row, *expected);
    batch_fill(first_row, BYTES_MAX, &bytes);
    assert_true(slice_equal(batch, buffer_slice(&bytes)));
    buffer_fini(&bytes);
    *expected += batch_count(first_row);
    return ERR_OK;
}

static uint64_t check_all(const struct journal *journal)
{
    uint64_t next = 0;
    uint64_t replayed = 1;
    assert_ok(journal->next_row(journal->context, &next));
    assert_ok(journal->replay(journal->context, 1, check_batch, &replayed));
    assert_int_equal(replayed, next);
    return next;
}

/* The journal of these files: its next row, read and then written; ERR_CORRUPT as 0. */
static uint64_t row_after(const struct image *table, const struct image *tail, struct note *note)
{
    static const enum journal_mode modes[] = {JOURNAL_READ_ONLY, JOURNAL_WRITE, JOURNAL_WRITE};
    struct folder folder;
    uint64_t row = 0;
    folder_make(&folder);
    assert_int_equal(mkdir(folder.path, 0700), 0);
    image_put(&folder, "journal.mdb", table);
    image_put(&folder, "journal.tail", tail);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct journal_file *file = NULL;
        enum err err = journal_file_open(folder.path, modes[i], &file, note);
        assert_true(err == ERR_OK || err == ERR_CORRUPT);
        uint64_t now = 0;
        if (err == ERR_OK) {
            struct journal journal = journal_file_port(file);
            now = check_all(&journal);
            journal_file_close(file);
        }
        assert_true(i == 0 || now == row);
        row = now;
    }
    folder_remove(&folder);
    return row;
}

static struct journal_file *begin(struct folder *folder, struct journal *out_journal)
{
    folder_make(folder);
    struct journal_file *file = open_journal(folder, JOURNAL_WRITE);
    *out_journal = journal_file_port(file);
    return file;
}

/* Fills the tail several times over, and cuts the power after each append. */
static void test_acknowledged(void **unused)
{
    (void)unused;
    struct folder folder;
    struct journal journal;
    struct journal_file *file = begin(&folder, &journal);
    uint64_t row = append(&journal, append(&journal, 1));
    unsigned behind = 0;
    for (unsigned i = 0; i < 400; i++) {
        row = append(&journal, row);
        assert_int_equal(check_all(&journal), row);
        if (i % 7 != 0) {
            continue;
        }
        struct note note = {""};
        struct cut cut = cut_take(&folder);
        assert_int_equal(row_after(&cut.table, &cut.tail, &note), row);
        memset(cut.tail.bytes, 0, cut.tail.length);
        behind += row_after(&cut.table, &cut.tail, &note) < row; /* it was in the tail alone */
        cut_free(&cut);
    }
    assert_true(behind > 30);
    journal_file_close(file);
    file = open_journal(&folder, JOURNAL_WRITE);
    journal = journal_file_port(file);
    assert_int_equal(check_all(&journal), row);
    journal_file_close(file);
    folder_remove(&folder);
}

static struct journal_file *put_back(struct folder *folder, const struct cut *cut,
                                     struct journal *out_journal)
{
    folder_make(folder);
    assert_int_equal(mkdir(folder->path, 0700), 0);
    image_put(folder, "journal.mdb", &cut->table);
    if (cut->tail.length > 0) {
        image_put(folder, "journal.tail", &cut->tail);
    }
    struct journal_file *file = open_journal(folder, JOURNAL_WRITE);
    *out_journal = journal_file_port(file);
    return file;
}

/* Power cut after power cut, each time going on from what the last one left. */
static void test_again_and_again(void **unused)
{
    (void)unused;
    struct folder folder;
    struct journal journal;
    struct journal_file *file = begin(&folder, &journal);
    uint64_t seed = seed_begin();
    uint64_t row = append(&journal, append(&journal, 1));
    for (unsigned i = 0; i < 60; i++) {
        struct cut cut = cut_take(&folder);
        journal_file_close(file);
        folder_remove(&folder);
        file = put_back(&folder, &cut, &journal);
        cut_free(&cut);
        assert_int_equal(check_all(&journal), row);
        uint64_t count = 1 + random_below(&seed, i % 2 == 0 ? 4 : 300);
        for (uint64_t n = 0; n < count; n++) {
            row = append(&journal, row);
        }
        if (random_below(&seed, 3) == 0) {
            assert_ok(journal_file_settle(file)); /* the tail's file has what LMDB has, too */
        }
    }
    journal_file_close(file);
    folder_remove(&folder);
}

/* Some sectors of the last write have reached the disk, in any order. */
static void test_torn(void **unused)
{
    (void)unused;
    struct folder folder;
    struct journal journal;
    struct journal_file *file = begin(&folder, &journal);
    uint64_t seed = seed_begin();
    uint64_t row = append(&journal, append(&journal, 1));
    unsigned torn = 0;
    for (unsigned i = 0; i < 200; i++) {
        struct cut before = cut_take(&folder);
        uint64_t next = append(&journal, row);
        struct cut after = cut_take(&folder);
        bool is_in_tail = before.table.length == after.table.length &&
                          memcmp(before.table.bytes, after.table.bytes, after.table.length) == 0;
        bool is_whole = true;
        for (size_t at = 0; at < after.tail.length; at += SECTOR) {
            if (memcmp(before.tail.bytes + at, after.tail.bytes + at, SECTOR) == 0) {
                continue;
            }
            bool is_there = random_below(&seed, 4) > 0;
            is_whole = is_whole && is_there;
            if (is_there) {
                memcpy(before.tail.bytes + at, after.tail.bytes + at, SECTOR);
            }
        }
        struct note note = {""};
        if (is_in_tail) { /* what is behind a batch to its block's end may be as it was */
            uint64_t now = row_after(&before.table, &before.tail, &note);
            assert_true(now == next || (now == row && !is_whole));
            torn += now == row;
        }
        cut_free(&before);
        cut_free(&after);
        row = next;
    }
    assert_true(torn > 50);
    journal_file_close(file);
    folder_remove(&folder);
}

/* A bit of what was acknowledged has changed: it is refused, or all is read that was there. */
static void test_damaged(void **unused)
{
    (void)unused;
    struct folder folder;
    struct journal journal;
    struct journal_file *file = begin(&folder, &journal);
    uint64_t seed = seed_begin();
    uint64_t row = append(&journal, 1);
    for (unsigned i = 0; i < 5; i++) {
        row = append(&journal, row);
    }
    struct cut cut = cut_take(&folder);
    size_t used = cut.tail.length;
    while (cut.tail.bytes[used - 1] == 0) {
        used--;
    }
    unsigned refused = 0;
    for (unsigned i = 0; i < 400; i++) {
        struct note note = {""};
        uint8_t *at = &cut.tail.bytes[i < 56 ? i : random_below(&seed, used)];
        uint8_t bit = (uint8_t)(1u << random_below(&seed, 8));
        *at ^= bit;
        uint64_t now = row_after(&cut.table, &cut.tail, &note);
        assert_true(now == row || now == 0);
        assert_true(now == row || strstr(note.text, "journal.tail") != NULL);
        refused += now == 0;
        *at ^= bit;
    }
    assert_true(refused > 300);
    cut_free(&cut);
    journal_file_close(file);
    folder_remove(&folder);
}

/* Files of different times: a tail that LMDB is far beyond says nothing, one that does not follow
 * on is refused. */
static void test_of_another_time(void **unused)
{
    (void)unused;
    struct folder folder;
    struct journal journal;
    struct journal_file *file = begin(&folder, &journal);
    struct note note = {""};
    uint64_t row = append(&journal, append(&journal, 1));
    struct cut early = cut_take(&folder);
    for (unsigned i = 0; i < 20; i++) {
        row = append(&journal, row);
    }
    assert_ok(journal_file_settle(file));
    uint64_t settled = row;
    row = append(&journal, row);
    struct cut late = cut_take(&folder);
    assert_int_equal(row_after(&late.table, &early.tail, &note), settled);
    assert_int_equal(row_after(&early.table, &late.tail, &note), 0);
    assert_int_equal(row_after(&late.table, &late.tail, &note), row);
    cut_free(&early);
    cut_free(&late);
    journal_file_close(file);
    folder_remove(&folder);
}

/* Asked for again, or by another one, it is answered as LMDB's would be. */
static void test_positions(void **unused)
{
    (void)unused;
    struct folder folder;
    struct journal journal;
    struct journal_file *file = begin(&folder, &journal);
    uint64_t before = append(&journal, 1);
    uint64_t row = append(&journal, before);
    assert_int_equal(append(&journal, before), row);
    assert_int_equal(check_all(&journal), row);
    static const uint8_t other[] = "other";
    struct slice batch = slice_of(other, sizeof other);
    assert_int_equal(journal.append(journal.context, before, 1, batch, 1), ERR_CONFLICT);
    assert_int_equal(journal.append(journal.context, row + 1, 1, batch, 1), ERR_CONFLICT);
    assert_ok(journal_file_settle(file));
    assert_int_equal(append(&journal, before), row);
    assert_int_equal(journal.append(journal.context, before, 1, batch, 1), ERR_CONFLICT);
    assert_int_equal(check_all(&journal), row);
    journal_file_close(file);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_acknowledged),
        cmocka_unit_test(test_again_and_again),
        cmocka_unit_test(test_torn),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_of_another_time),
        cmocka_unit_test(test_positions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

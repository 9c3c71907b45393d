/* What an environment refuses to open, and with what words. */
#include "fixture.h"

#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/environment.h"
#include "store/file_check.h"

#define PAGE 4096

static const char *file_path(const struct folder *folder, const char *name, char out[128])
{
    snprintf(out, 128, "%s/%s", folder->path, name);
    return out;
}

static off_t file_size(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

static void make_journal(struct folder *folder, unsigned batches)
{
    folder_make(folder);
    struct journal_file *file = open_journal(folder, JOURNAL_WRITE);
    struct journal journal = journal_file_port(file);
    struct buffer batch = {0};
    for (unsigned i = 0; i < batches; i++) {
        batch_fill(i + 1, 30000, &batch);
        assert_ok(journal.append(journal.context, i + 1, 1, buffer_slice(&batch), 1));
    }
    buffer_fini(&batch);
    journal_file_close(file);
}

/* Both modes refuse, with a note that has all of `words`. */
static void assert_refused(const struct folder *folder, enum err err, const char *const words[2])
{
    static const enum journal_mode modes[] = {JOURNAL_WRITE, JOURNAL_READ_ONLY};
    for (size_t m = 0; m < 2; m++) {
        struct note note = {""};
        struct journal_file *file = NULL;
        assert_int_equal(journal_file_open(folder->path, modes[m], &file, &note), err);
        assert_null(file);
        for (size_t i = 0; i < 2; i++) {
            if (strstr(note.text, words[i]) == NULL) {
                fail_msg("\"%s\" is not in: %s", words[i], note.text);
            }
        }
    }
}

static void test_modes_of_what_it_makes(void **unused)
{
    (void)unused;
    struct folder folder;
    char path[128];
    struct stat status;
    mode_t mask = umask(0);
    make_journal(&folder, 1);
    umask(mask);
    assert_int_equal(stat(folder.path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    static const char *const names[] = {"journal.mdb", "journal.mdb-lock", "journal.lock",
                                        "journal.tail"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(stat(file_path(&folder, names[i], path), &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
    }
    folder_remove(&folder);
}

static void test_truncated(void **unused)
{
    (void)unused;
    struct folder folder;
    char path[128];
    make_journal(&folder, 20);
    file_path(&folder, "journal.mdb", path);
    off_t size = file_size(path);
    char size_text[32];
    char expected[32];
    snprintf(expected, sizeof expected, "says %lld", (long long)size);
    off_t cuts[] = {size - 1, size - PAGE, size / 2, 3 * PAGE, 2 * PAGE};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        assert_int_equal(truncate(path, cuts[i]), 0);
        snprintf(size_text, sizeof size_text, "has %lld bytes", (long long)cuts[i]);
        assert_refused(&folder, ERR_CORRUPT, (const char *const[]){size_text, expected});
    }
    assert_int_equal(truncate(path, PAGE + 100), 0);
    assert_refused(&folder, ERR_CORRUPT, (const char *const[]){path, "damaged or cut"});
    assert_int_equal(truncate(path, 100), 0);
    assert_refused(&folder, ERR_CORRUPT, (const char *const[]){path, "damaged or cut"});
    folder_remove(&folder);
}

static void overwrite(const char *path, off_t at, const void *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, length, at), (ssize_t)length);
    close(fd);
}

static void test_not_lmdb(void **unused)
{
    (void)unused;
    struct folder folder;
    char path[128];
    make_journal(&folder, 3);
    file_path(&folder, "journal.mdb", path);
    static const uint32_t other_version = 999;
    overwrite(path, 20, &other_version, sizeof other_version);
    assert_refused(&folder, ERR_UNSUPPORTED, (const char *const[]){path, "LMDB 0.9"});
    static const char text[] = "id;points\n1;100\n";
    overwrite(path, 16, text, sizeof text);
    assert_refused(&folder, ERR_CORRUPT, (const char *const[]){path, "damaged or cut"});
    folder_remove(&folder);
}

/* Sets the format row as another build might. NULL deletes it. */
static void set_format(const char *path, const void *row, size_t length)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    uint8_t zero = 0;
    MDB_val key = {1, &zero};
    MDB_val value = environment_value(slice_of(row, length));
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_open(env, path, MDB_NOSUBDIR, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
    assert_int_equal(
        row == NULL ? mdb_del(txn, dbi, &key, NULL) : mdb_put(txn, dbi, &key, &value, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

static void test_wrong_format(void **unused)
{
    (void)unused;
    struct folder folder;
    char path[128];
    make_journal(&folder, 3);
    file_path(&folder, "journal.mdb", path);
    set_format(path, "\x07\0\0\0journal", 11);
    assert_refused(&folder, ERR_UNSUPPORTED,
                   (const char *const[]){"journal format 7", "knows format 3"});
    set_format(path, "\x01\0\0\0journal", 11);
    assert_refused(&folder, ERR_UNSUPPORTED,
                   (const char *const[]){"journal format 1", "the release that wrote it"});
    set_format(path, "\x01\0\0\0state", 9);
    assert_refused(&folder, ERR_UNSUPPORTED, (const char *const[]){path, "not a journal"});
    set_format(path, "\x01", 1);
    assert_refused(&folder, ERR_UNSUPPORTED, (const char *const[]){path, "not a journal"});
    set_format(path, NULL, 0);
    assert_refused(&folder, ERR_UNSUPPORTED, (const char *const[]){path, "not a journal"});
    set_format(path, "\x03\0\0\0journal", 11);
    journal_file_close(open_journal(&folder, JOURNAL_WRITE));
    folder_remove(&folder);
}

static void test_absent_and_empty(void **unused)
{
    (void)unused;
    struct folder folder;
    struct note note = {""};
    struct journal_file *file = NULL;
    char path[128];
    folder_make(&folder);
    assert_int_equal(journal_file_open(folder.path, JOURNAL_READ_ONLY, &file, &note),
                     ERR_NOT_FOUND);
    assert_int_equal(mkdir(folder.path, 0700), 0);
    assert_int_equal(journal_file_open(folder.path, JOURNAL_READ_ONLY, &file, &note),
                     ERR_NOT_FOUND);
    assert_non_null(strstr(note.text, "journal.mdb"));
    close(open(file_path(&folder, "journal.mdb", path), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_int_equal(journal_file_open(folder.path, JOURNAL_READ_ONLY, &file, &note),
                     ERR_UNAVAILABLE);
    journal_file_close(open_journal(&folder, JOURNAL_WRITE));
    char deep[160];
    snprintf(deep, sizeof deep, "%s/absent/node", folder.path);
    assert_int_equal(journal_file_open(deep, JOURNAL_WRITE, &file, &note), ERR_NOT_FOUND);
    snprintf(deep, sizeof deep, "%s/journal.mdb", folder.path);
    assert_int_not_equal(journal_file_open(deep, JOURNAL_WRITE, &file, &note), ERR_OK);
    assert_null(file);
    folder_remove(&folder);
}

static void test_second_opener(void **unused)
{
    (void)unused;
    struct folder folder;
    struct note note = {""};
    struct journal_file *second = NULL;
    folder_make(&folder);
    struct journal_file *file = open_journal(&folder, JOURNAL_WRITE);
    assert_int_equal(journal_file_open(folder.path, JOURNAL_WRITE, &second, &note),
                     ERR_UNAVAILABLE);
    assert_non_null(strstr(note.text, "another talead holds it"));
    /* A refusal must not have taken anything from the first. */
    struct journal journal = journal_file_port(file);
    assert_ok(journal.append(journal.context, 1, 1, slice_of("x", 1), 1));
    struct state *state = open_state(&folder, STATE_WRITE);
    state_close(state);
    journal_file_close(file);
    journal_file_close(open_journal(&folder, JOURNAL_WRITE));
    folder_remove(&folder);
}

/* As a backup is read: nothing is left in the folder, and no writer comes in between. */
static void test_read_as_nobodys(void **unused)
{
    (void)unused;
    struct folder folder;
    struct note note = {""};
    struct journal_file *second = NULL;
    char lock[128];
    folder_make(&folder);
    struct journal_file *file = open_journal(&folder, JOURNAL_WRITE);
    struct journal journal = journal_file_port(file);
    assert_ok(journal.append(journal.context, 1, 1, slice_of("x", 1), 1));
    journal_file_close(file);
    file_path(&folder, "journal.mdb-lock", lock);
    assert_int_equal(unlink(lock), 0);
    file = open_journal(&folder, JOURNAL_READ_ONLY);
    uint64_t next_row = 0;
    journal = journal_file_port(file);
    assert_ok(journal.next_row(journal.context, &next_row));
    assert_int_equal(next_row, 2);
    assert_int_equal(access(lock, F_OK), -1);
    assert_int_equal(journal_file_open(folder.path, JOURNAL_WRITE, &second, &note),
                     ERR_UNAVAILABLE);
    assert_non_null(strstr(note.text, "being read"));
    journal_file_close(file);
    assert_int_equal(access(lock, F_OK), -1);
    file = open_journal(&folder, JOURNAL_WRITE);
    assert_int_equal(access(lock, F_OK), 0);
    journal_file_close(file);
    folder_remove(&folder);
}

static enum err count_row(void *context, uint64_t slice_row, enum ledger_table table,
                          struct slice key, struct slice value)
{
    (void)table;
    assert_int_equal(slice_row, 12);
    (void)key;
    size_t *rows = context;
    assert_int_equal(value.length, 10);
    (*rows)++;
    return ERR_OK;
}

static void fill_state(struct state *state, struct state_writer *writer, uint64_t row,
                       unsigned first, unsigned count, size_t length)
{
    static const uint8_t bytes[3000] = {1};
    struct ledger_store store = state_writer_port(writer);
    for (unsigned i = first; i < first + count; i++) {
        uint8_t key[8];
        put_u64_be(key, i);
        struct slice name = slice_of(key, sizeof key);
        assert_ok(length == 0
                      ? store.del(store.context, TABLE_SALE, name)
                      : store.put(store.context, TABLE_SALE, name, slice_of(bytes, length)));
    }
    make_visible(state, writer, row);
}

/* LMDB leaves out free pages at the end of a file: such a file is sound. One page further is not.
 */
static void test_free_pages_at_the_end_may_be_absent(void **unused)
{
    (void)unused;
    struct folder folder;
    struct state_writer *writer = NULL;
    char path[128];
    folder_make(&folder);
    struct state *state = open_state(&folder, STATE_WRITE);
    assert_ok(state_writer_create(state, &writer));
    fill_state(state, writer, 1, 0, 100, 10);
    assert_ok(state_checkpoint(state));
    fill_state(state, writer, 2, 1000, 400, 3000);
    assert_ok(state_checkpoint(state));
    fill_state(state, writer, 3, 1000, 400, 0);
    assert_ok(state_checkpoint(state));
    for (uint64_t row = 4; row < 12; row++) { /* what is in use moves to the front */
        fill_state(state, writer, row, 0, 100, 10);
        assert_ok(state_checkpoint(state));
    }
    state_writer_destroy(writer);
    state_close(state);

    file_path(&folder, "state.mdb", path);
    off_t size = file_size(path);
    unsigned pages = 0;
    enum err err = ERR_OK;
    struct note note = {""};
    for (;; pages++) {
        size -= PAGE;
        int fd = open(path, O_RDWR | O_CLOEXEC);
        assert_true(fd >= 0);
        char last[PAGE];
        assert_int_equal(pread(fd, last, PAGE, size), PAGE);
        assert_int_equal(ftruncate(fd, size), 0);
        err = file_check_length(fd, path, &note);
        if (err != ERR_OK) {
            assert_int_equal(pwrite(fd, last, PAGE, size), PAGE); /* put it back */
            close(fd);
            break;
        }
        close(fd);
    }
    print_message("%u free pages at the end\n", pages);
    assert_true(pages > 100);
    assert_int_equal(err, ERR_CORRUPT);
    assert_non_null(strstr(note.text, "truncated"));

    state = open_state(&folder, STATE_WRITE);
    assert_ok(state_writer_create(state, &writer));
    fill_state(state, writer, 12, 100, 900, 10);
    assert_ok(state_checkpoint(state));
    size_t rows = 0;
    assert_ok(state_scan_all(state, NULL, count_row, &rows));
    assert_int_equal(rows, 1000);
    assert_int_equal(state_checkpointed_row(state), 12);
    state_writer_destroy(writer);
    state_close(state);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes_of_what_it_makes),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_not_lmdb),
        cmocka_unit_test(test_wrong_format),
        cmocka_unit_test(test_absent_and_empty),
        cmocka_unit_test(test_second_opener),
        cmocka_unit_test(test_read_as_nobodys),
        cmocka_unit_test(test_free_pages_at_the_end_may_be_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

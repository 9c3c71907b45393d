/* The journal's embedded adapter as its port promises it. */
#include "fixture.h"

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <string.h>

#define BYTES_MAX 20000

static enum err append_at(const struct journal *journal, uint64_t row)
{
    struct buffer batch = {0};
    batch_fill(row, BYTES_MAX, &batch);
    enum err err =
        journal->append(journal->context, row, batch_count(row), buffer_slice(&batch), 1);
    buffer_fini(&batch);
    return err;
}

/* Appends `count` batches and returns the next row. */
static uint64_t append_many(const struct journal *journal, unsigned count)
{
    uint64_t row = 0;
    assert_ok(journal->next_row(journal->context, &row));
    for (unsigned i = 0; i < count; i++) {
        assert_ok(append_at(journal, row));
        row += batch_count(row);
    }
    return row;
}

struct visitor {
    uint64_t expected;
    uint64_t first; /* of the first batch seen */
    unsigned batches;
    unsigned stop_after;
};

static enum err visit_batch(void *context, uint64_t first_row, struct slice batch)
{
    struct visitor *visitor = context;
    struct buffer expected = {0};
    if (visitor->batches == 0) {
        visitor->first = first_row;
    } else {
        assert_int_equal(first_row, visitor->expected);
    }
    batch_fill(first_row, BYTES_MAX, &expected);
    assert_true(slice_equal(batch, buffer_slice(&expected)));
    buffer_fini(&expected);
    visitor->expected = first_row + batch_count(first_row);
    visitor->batches++;
    return visitor->batches == visitor->stop_after ? ERR_CANCELLED : ERR_OK;
}

static void assert_row_reads(const struct journal *journal, uint64_t row)
{
    struct buffer out = {0};
    struct buffer expected = {0};
    uint64_t first_row = 0;
    assert_ok(journal->read(journal->context, row, &first_row, &out));
    assert_true(first_row <= row && row < first_row + batch_count(first_row));
    batch_fill(first_row, BYTES_MAX, &expected);
    assert_true(slice_equal(buffer_slice(&out), buffer_slice(&expected)));
    buffer_fini(&out);
    buffer_fini(&expected);
}

static void test_append_read_replay_reopen(void **unused)
{
    (void)unused;
    struct folder folder;
    folder_make(&folder);
    struct journal_file *file = open_journal(&folder, JOURNAL_WRITE);
    struct journal journal = journal_file_port(file);
    uint64_t next = 0;
    struct visitor none = {0};
    assert_ok(journal.next_row(journal.context, &next));
    assert_int_equal(next, 1);
    assert_ok(journal.replay(journal.context, 1, visit_batch, &none));
    assert_ok(journal.replay(journal.context, 0, visit_batch, &none));
    assert_int_equal(none.batches, 0);
    next = append_many(&journal, 30);
    journal_file_close(file);

    file = open_journal(&folder, JOURNAL_WRITE);
    journal = journal_file_port(file);
    uint64_t again = 0;
    assert_ok(journal.next_row(journal.context, &again));
    assert_int_equal(again, next);
    next = append_many(&journal, 30);
    for (uint64_t row = 1; row < next; row++) {
        assert_row_reads(&journal, row);
    }
    struct buffer out = {0};
    uint64_t first_row = 77;
    assert_int_equal(journal.read(journal.context, next, &first_row, &out), ERR_NOT_FOUND);
    assert_int_equal(journal.read(journal.context, 0, &first_row, &out), ERR_NOT_FOUND);
    assert_int_equal(first_row, 77);
    buffer_fini(&out);
    assert_true(journal_file_bytes(file) > 2 * 4096);
    journal_file_close(file);
    folder_remove(&folder);
}

static void test_replay_from_anywhere(void **unused)
{
    (void)unused;
    struct folder folder;
    folder_make(&folder);
    struct journal_file *file = open_journal(&folder, JOURNAL_WRITE);
    struct journal journal = journal_file_port(file);
    uint64_t next = append_many(&journal, 12);
    for (uint64_t row = 1; row < next; row++) {
        struct visitor visitor = {0};
        assert_ok(journal.replay(journal.context, row, visit_batch, &visitor));
        assert_true(visitor.first <= row && row < visitor.first + batch_count(visitor.first));
        assert_int_equal(visitor.expected, next);
    }
    struct visitor visitor = {0};
    assert_ok(journal.replay(journal.context, next, visit_batch, &visitor));
    assert_int_equal(visitor.batches, 0);
    assert_int_equal(journal.replay(journal.context, next + 1, visit_batch, &visitor),
                     ERR_NOT_FOUND);
    visitor.stop_after = 3;
    assert_int_equal(journal.replay(journal.context, 0, visit_batch, &visitor), ERR_CANCELLED);
    assert_int_equal(visitor.batches, 3);
    assert_int_equal(visitor.first, 1);
    journal_file_close(file);
    folder_remove(&folder);
}

static void test_positions(void **unused)
{
    (void)unused;
    struct folder folder;
    folder_make(&folder);
    struct journal_file *file = open_journal(&folder, JOURNAL_WRITE);
    struct journal journal = journal_file_port(file);
    struct slice body = slice_of("tally", 5);
    struct slice other = slice_of("stick", 5);
    assert_int_equal(journal.append(journal.context, 2, 1, body, 1), ERR_CONFLICT);
    assert_int_equal(journal.append(journal.context, 0, 1, body, 1), ERR_INPUT);
    assert_int_equal(journal.append(journal.context, 1, 0, body, 1), ERR_INPUT);
    assert_ok(journal.append(journal.context, 1, 10, body, 1));
    /* Asked for again after an unknown outcome. */
    assert_ok(journal.append(journal.context, 1, 10, body, 1));
    assert_int_equal(journal.append(journal.context, 1, 10, other, 1), ERR_CONFLICT);
    assert_int_equal(journal.append(journal.context, 1, 9, body, 1), ERR_CONFLICT);
    assert_int_equal(journal.append(journal.context, 10, 1, body, 1), ERR_CONFLICT);
    assert_int_equal(journal.append(journal.context, 12, 1, body, 1), ERR_CONFLICT);
    assert_ok(journal.append(journal.context, 11, 1, slice_of(NULL, 0), 1));
    assert_int_equal(journal.append(journal.context, 1, 10, body, 1), ERR_CONFLICT);
    uint64_t next = 0;
    assert_ok(journal.next_row(journal.context, &next));
    assert_int_equal(next, 12);
    journal_file_close(file);
    folder_remove(&folder);
}

static void test_trim(void **unused)
{
    (void)unused;
    struct folder folder;
    folder_make(&folder);
    struct journal_file *file = open_journal(&folder, JOURNAL_WRITE);
    struct journal journal = journal_file_port(file);
    assert_ok(journal.trim(journal.context, 10));
    uint64_t next = append_many(&journal, 200);
    uint64_t middle = next / 2;
    assert_ok(journal.trim(journal.context, 1));
    assert_row_reads(&journal, 1);
    assert_ok(journal.trim(journal.context, middle));
    assert_row_reads(&journal, middle);
    struct visitor visitor = {0};
    assert_int_equal(journal.replay(journal.context, 1, visit_batch, &visitor), ERR_NOT_FOUND);
    assert_int_equal(visitor.batches, 0);
    assert_ok(journal.replay(journal.context, 0, visit_batch, &visitor));
    assert_true(visitor.first <= middle);
    assert_true(middle < visitor.first + batch_count(visitor.first));
    struct buffer out = {0};
    uint64_t first_row = 0;
    assert_int_equal(journal.read(journal.context, visitor.first - 1, &first_row, &out),
                     ERR_NOT_FOUND);
    buffer_fini(&out);
    /* All of it: the last batch stays and with it the position, across a reopening. */
    assert_ok(journal.trim(journal.context, UINT64_MAX));
    journal_file_close(file);
    file = open_journal(&folder, JOURNAL_WRITE);
    journal = journal_file_port(file);
    visitor = (struct visitor){0};
    assert_ok(journal.replay(journal.context, 0, visit_batch, &visitor));
    assert_int_equal(visitor.batches, 1);
    assert_int_equal(visitor.expected, next);
    next = append_many(&journal, 3);
    assert_row_reads(&journal, next - 1);
    journal_file_close(file);
    folder_remove(&folder);
}

static void test_failed_commit_leaves_nothing(void **unused)
{
    (void)unused;
    struct folder folder;
    folder_make(&folder);
    struct journal_file *file = open_journal(&folder, JOURNAL_WRITE);
    struct fault fault = {0, 0};
    journal_file_set_faults(file, fault_hook(&fault));
    struct journal journal = journal_file_port(file);
    uint64_t next = append_many(&journal, 5);
    static const struct {
        int result;
        enum err err;
    } cases[] = {{EIO, ERR_STORAGE},
                 {ENOSPC, ERR_STORAGE},
                 {MDB_MAP_FULL, ERR_RESOURCE},
                 {ENOMEM, ERR_RESOURCE},
                 {MDB_PANIC, ERR_CORRUPT}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fault = (struct fault){0, cases[i].result};
        assert_int_equal(append_at(&journal, next), cases[i].err);
        uint64_t after = 0;
        assert_ok(journal.next_row(journal.context, &after));
        assert_int_equal(after, next);
        next = append_many(&journal, 1);
    }
    /* A trim that fails in its second transaction keeps what the first one did. */
    next = append_many(&journal, 200);
    assert_ok(journal_file_settle(file));
    fault = (struct fault){1, EIO};
    assert_int_equal(journal.trim(journal.context, next), ERR_STORAGE);
    struct visitor visitor = {0};
    assert_ok(journal.replay(journal.context, 0, visit_batch, &visitor));
    assert_true(visitor.batches > 1 && visitor.batches < 210);
    assert_int_equal(visitor.expected, next);
    journal_file_close(file);
    folder_remove(&folder);
}

/* What is on the disk, byte for byte: a change needs a new format number and a migration. */
static void test_golden_layout(void **unused)
{
    (void)unused;
    struct folder folder;
    folder_make(&folder);
    struct journal_file *file = open_journal(&folder, JOURNAL_WRITE);
    struct journal journal = journal_file_port(file);
    assert_ok(journal.append(journal.context, 1, 258, slice_of("tally", 5), 1));
    journal_file_close(file);

    static const struct {
        const char *key;
        const char *value;
    } golden[] = {{"00", "030000006a6f75726e616c"}, {"0000000000000001", "0201000074616c6c79"}};
    char path[128];
    snprintf(path, sizeof path, "%s/journal.mdb", folder.path);
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    MDB_cursor *cursor;
    MDB_val key;
    MDB_val value;
    char text[64];
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_open(env, path, MDB_NOSUBDIR | MDB_RDONLY, 0), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
    assert_int_equal(mdb_cursor_open(txn, dbi, &cursor), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(mdb_cursor_get(cursor, &key, &value, MDB_NEXT), 0);
        assert_string_equal(hex_format(key.mv_data, key.mv_size, text), golden[i].key);
        assert_string_equal(hex_format(value.mv_data, value.mv_size, text), golden[i].value);
    }
    assert_int_equal(mdb_cursor_get(cursor, &key, &value, MDB_NEXT), MDB_NOTFOUND);
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    mdb_env_close(env);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append_read_replay_reopen),
        cmocka_unit_test(test_replay_from_anywhere),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_trim),
        cmocka_unit_test(test_failed_commit_leaves_nothing),
        cmocka_unit_test(test_golden_layout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Scans of what is checkpointed, and how it lies on the disk. */
#include "under_test.h"

#include <lmdb.h>
#include <stdio.h>
#include <string.h>

#include "store/slice_scan.h"

struct seen {
    char keys[256];
    unsigned stop_after;
    enum err stop_with;
};

static enum err see(void *context, struct slice key, struct slice value)
{
    struct seen *seen = context;
    size_t length = strlen(seen->keys);
    assert_true(length + key.length + 2 < sizeof seen->keys);
    snprintf(seen->keys + length, sizeof seen->keys - length, "%.*s=%.*s ", (int)key.length,
             (const char *)key.at, (int)value.length, (const char *)value.at);
    return seen->stop_after != 0 && --seen->stop_after == 0 ? seen->stop_with : ERR_OK;
}

static void assert_scan(struct store_under_test *t, const char *prefix, const char *from,
                        const char *expected)
{
    struct seen seen = {0};
    assert_ok(state_scan(t->state, TABLE_CARD, text(prefix), text(from), see, &seen));
    assert_string_equal(seen.keys, expected);
}

static void test_scan(void **unused)
{
    (void)unused;
    struct store_under_test t;
    test_begin(&t);
    assert_scan(&t, "", "", "");
    put(&t, "b", "1");
    put(&t, "ab", "2");
    put(&t, "aa", "3");
    put(&t, "a", "4");
    put(&t, "c", "5");
    assert_ok(t.store.put(t.store.context, TABLE_PROFILE, text("aa"), text("other")));
    assert_ok(t.store.put(t.store.context, TABLE_RECEIPT, text("z"), text("last")));
    publish(&t, 1);
    assert_scan(&t, "", "", ""); /* as of the last checkpoint */
    assert_ok(state_checkpoint(t.state));
    assert_scan(&t, "", "", "a=4 aa=3 ab=2 b=1 c=5 ");
    assert_scan(&t, "a", "", "a=4 aa=3 ab=2 ");
    assert_scan(&t, "a", "aa", "aa=3 ab=2 ");
    assert_scan(&t, "a", "aab", "ab=2 ");
    assert_scan(&t, "a", "b", "");
    assert_scan(&t, "", "ac", "b=1 c=5 ");
    assert_scan(&t, "x", "", "");
    struct seen seen = {.stop_after = 2, .stop_with = ERR_NOT_FOUND};
    assert_ok(state_scan(t.state, TABLE_CARD, text(""), text(""), see, &seen));
    assert_string_equal(seen.keys, "a=4 aa=3 ");
    seen = (struct seen){.stop_after = 1, .stop_with = ERR_CANCELLED};
    assert_int_equal(state_scan(t.state, TABLE_CARD, text("b"), text(""), see, &seen),
                     ERR_CANCELLED);
    seen = (struct seen){0};
    assert_ok(state_scan(t.state, TABLE_RECEIPT, text(""), text(""), see, &seen));
    assert_string_equal(seen.keys, "z=last ");
    assert_int_equal(state_scan(t.state, TABLE_END, text(""), text(""), see, &seen), ERR_INPUT);
    assert_int_equal(state_scan(t.state, TABLE_MEMBER, text("a"), text(""), see, &seen), ERR_INPUT);
    assert_int_equal(state_scan(t.state, TABLE_MEMBER, text(""), text("a"), see, &seen), ERR_INPUT);
    test_end(&t);
}

static enum err see_all(void *context, uint64_t slice_row, enum ledger_table table,
                        struct slice key, struct slice value)
{
    struct seen *seen = context;
    assert_true(table == TABLE_CARD || table == TABLE_RECEIPT);
    assert_int_equal(slice_row, table == TABLE_CARD ? 4 : 5);
    return see(seen, key, value);
}

static enum err see_any(void *context, uint64_t slice_row, enum ledger_table table,
                        struct slice key, struct slice value)
{
    (void)slice_row;
    (void)table;
    return see(context, key, value);
}

static void test_scan_all(void **unused)
{
    (void)unused;
    struct store_under_test t;
    struct slice_rows *rows = NULL;
    test_begin(&t);
    struct seen seen = {0};
    assert_ok(state_scan_all(t.state, NULL, see_all, &seen));
    put(&t, "b", "1");
    put(&t, "a", "2");
    publish(&t, 4);
    assert_ok(state_checkpoint(t.state));
    put(&t, "later", "5");
    assert_ok(t.store.put(t.store.context, TABLE_RECEIPT, text("r"), text("3")));
    publish(&t, 5);
    assert_ok(state_checkpoint_table(t.state, TABLE_RECEIPT));
    assert_ok(state_scan_all(t.state, &rows, see_all, &seen));
    assert_string_equal(seen.keys, "a=2 b=1 r=3 ");
    assert_int_equal(slice_rows_lowest(rows), 4);
    assert_int_equal(slice_rows_highest(rows), 5);
    assert_int_equal(slice_rows_at(rows, TABLE_CARD, text("x")), 4);
    assert_int_equal(slice_rows_at(rows, TABLE_SALE, text("x")), 5); /* nothing to write */
    slice_rows_destroy(rows);
    seen = (struct seen){.stop_after = 1, .stop_with = ERR_NOT_FOUND};
    assert_int_equal(state_scan_all(t.state, NULL, see_all, &seen), ERR_NOT_FOUND);
    test_end(&t);
}

static void assert_walk(struct store_under_test *t, const char *upto, const char *expected,
                        const char *next)
{
    struct seen seen = {0};
    struct ledger_key key;
    assert_ok(state_scan_durable(t->state, TABLE_CARD, text(upto), &key, see, &seen));
    assert_string_equal(seen.keys, expected);
    assert_true(slice_equal(slice_of(key.bytes, key.length), text(next)));
}

/* What memory has comes before what was checkpointed, and nothing is written. */
static void test_scan_durable(void **unused)
{
    (void)unused;
    struct store_under_test t;
    struct ledger_key next;
    test_begin(&t);
    assert_walk(&t, "z", "", "");
    put(&t, "b", "1");
    put(&t, "a", "2");
    put(&t, "d", "3");
    publish(&t, 4);
    assert_walk(&t, "c", "a=2 b=1 ", "d");
    assert_ok(state_checkpoint(t.state));
    put(&t, "aa", "4");
    put(&t, "b", "5");
    assert_ok(t.store.del(t.store.context, TABLE_CARD, text("a")));
    put(&t, "cc", "6");
    assert_walk(&t, "c", "a=2 b=1 ", "d"); /* not durable */
    publish(&t, 5);
    assert_walk(&t, "c", "aa=4 b=5 ", "cc");
    assert_walk(&t, "b", "aa=4 ", "b");
    assert_walk(&t, "z", "aa=4 b=5 cc=6 d=3 ", "");
    assert_int_equal(state_checkpointed_row(t.state), 4);
    assert_ok(state_checkpoint(t.state)); /* it still has what was looked at */
    assert_scan(&t, "", "", "aa=4 b=5 cc=6 d=3 ");
    put(&t, "e", "7");
    publish(&t, 6);
    struct seen seen = {.stop_after = 2, .stop_with = ERR_NOT_FOUND};
    assert_ok(state_scan_durable(t.state, TABLE_CARD, text("z"), &next, see, &seen));
    assert_string_equal(seen.keys, "aa=4 b=5 ");
    seen = (struct seen){.stop_after = 5, .stop_with = ERR_CANCELLED};
    assert_int_equal(state_scan_durable(t.state, TABLE_CARD, text("z"), &next, see, &seen),
                     ERR_CANCELLED);
    assert_int_equal(state_scan_durable(t.state, TABLE_MEMBER, text("z"), &next, see, &seen),
                     ERR_INPUT);
    assert_int_equal(state_scan_durable(t.state, TABLE_TRANSACTION, text("z"), &next, see, &seen),
                     ERR_INPUT);
    assert_int_equal(state_scan_durable(t.state, TABLE_CARD, text(""), &next, see, &seen),
                     ERR_INPUT);
    test_end(&t);
}

/* What is written while a slice is visited is seen in those that come later. */
struct busy_scan {
    struct store_under_test *t;
    struct seen seen;
    bool has_written;
};

static enum err write_meanwhile(void *context, uint64_t slice_row, enum ledger_table table,
                                struct slice key, struct slice value)
{
    struct busy_scan *scan = context;
    if (!scan->has_written) {
        scan->has_written = true;
        put(scan->t, "c", "later");
        assert_ok(scan->t->store.put(scan->t->store.context, TABLE_RECEIPT, text("r"), text("2")));
        assert_ok(
            scan->t->store.put(scan->t->store.context, TABLE_TRANSACTION, text("t"), text("new")));
        publish(scan->t, 5);
        assert_ok(state_checkpoint(scan->t->state));
    }
    assert_int_equal(slice_row, table == TABLE_CARD ? 4 : 5);
    return see(&scan->seen, key, value);
}

static void test_scan_slices(void **unused)
{
    (void)unused;
    struct store_under_test t;
    struct slice_rows *rows = NULL;
    uint8_t id[16];
    test_begin(&t);
    put(&t, "b", "1");
    put(&t, "a", "2");
    assert_ok(t.store.put(t.store.context, TABLE_RECEIPT, text("q"), text("3")));
    publish(&t, 4);
    assert_ok(state_checkpoint(t.state));
    struct busy_scan scan = {.t = &t};
    assert_ok(state_scan_slices(t.state, &rows, write_meanwhile, &scan));
    assert_string_equal(scan.seen.keys, "a=2 b=1 q=3 r=2 t=new ");
    assert_int_equal(slice_rows_at(rows, TABLE_MEMBER, member_key("m", id)), 4);
    assert_int_equal(slice_rows_at(rows, TABLE_CARD, text("c")), 4);
    assert_int_equal(slice_rows_at(rows, TABLE_RECEIPT, text("q")), 5);
    assert_int_equal(slice_rows_at(rows, TABLE_SALE, text("x")), 5); /* nothing to write */
    slice_rows_destroy(rows);
    struct seen seen = {.stop_after = 1, .stop_with = ERR_NOT_FOUND};
    scan = (struct busy_scan){.t = &t, .seen = seen, .has_written = true};
    assert_int_equal(state_scan_slices(t.state, NULL, see_any, &scan.seen), ERR_NOT_FOUND);
    test_end(&t);
}

/* A row of no table is not passed over. */
static void test_scan_of_a_stranger(void **unused)
{
    (void)unused;
    struct store_under_test t;
    char path[128];
    test_begin(&t);
    put(&t, "a", "2");
    publish(&t, 4);
    assert_ok(state_checkpoint(t.state));
    test_detach(&t);
    snprintf(path, sizeof path, "%s/state.mdb", t.folder.path);
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    MDB_val key = {2, (uint8_t[2]){0x70, 1}};
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_open(env, path, MDB_NOSUBDIR, 0), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
    assert_int_equal(mdb_put(txn, dbi, &key, &key, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
    test_attach(&t);
    struct seen seen = {0};
    assert_int_equal(state_scan_slices(t.state, NULL, see_any, &seen), ERR_CORRUPT);
    assert_string_equal(seen.keys, "a=2 ");
    test_end(&t);
}

/* Members come by slot, then by id. */
static void test_scan_members(void **unused)
{
    (void)unused;
    static const char *const in_order[] = {"delta", "golf"};
    struct store_under_test t;
    struct seen seen = {0};
    uint8_t id[16];
    test_begin(&t);
    for (size_t i = 0; i < 2; i++) {
        assert_ok(t.store.put(t.store.context, TABLE_MEMBER, member_key(in_order[i], id),
                              text(in_order[i])));
    }
    publish(&t, 1);
    assert_ok(state_checkpoint(t.state));
    assert_ok(state_scan(t.state, TABLE_MEMBER, text(""), text(""), see, &seen));
    assert_string_equal(seen.keys, "delta=delta golf=golf ");
    seen = (struct seen){0};
    assert_ok(state_scan(t.state, TABLE_MEMBER, text(""), member_key(in_order[1], id), see, &seen));
    assert_string_equal(seen.keys, "golf=golf ");
    test_end(&t);
}

/* All 64 slices of members and that of each other table: number, row 258, no parts. */
static void assert_slices(struct slice value)
{
    size_t slices = 64 + TABLE_END - 2;
    assert_int_equal(value.length, 4 * slices);
    for (size_t i = 0; i < slices; i++) {
        uint8_t expected[4] = {(uint8_t)(i < 64 ? i : i + 2), 0x82, 0x02, 0};
        assert_memory_equal(value.at + 4 * i, expected, sizeof expected);
    }
}

/* What is on the disk, byte for byte: a change needs a new format number and a migration. */
static void test_golden_layout(void **unused)
{
    (void)unused;
    static const char *const golden[][2] = {{"00", "060000007374617465"},
                                            {"0073", NULL},
                                            {"0102cd6d000000000000000000000000000000", "76"},
                                            {"107a", ""},
                                            {"ff74", "77"}};
    struct store_under_test t;
    test_begin(&t);
    uint8_t id[16];
    assert_ok(t.store.put(t.store.context, TABLE_MEMBER, member_key("m", id), text("v")));
    assert_ok(t.store.put(t.store.context, TABLE_RECEIPT, text("z"), text("")));
    assert_ok(t.store.put(t.store.context, TABLE_TRANSACTION, text("t"), text("w")));
    publish(&t, 258);
    assert_ok(state_checkpoint(t.state));
    test_detach(&t);
    char path[128];
    char hex[128];
    snprintf(path, sizeof path, "%s/state.mdb", t.folder.path);
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    MDB_cursor *cursor;
    MDB_val key;
    MDB_val value;
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_open(env, path, MDB_NOSUBDIR | MDB_RDONLY, 0), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
    assert_int_equal(mdb_cursor_open(txn, dbi, &cursor), 0);
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        assert_int_equal(mdb_cursor_get(cursor, &key, &value, MDB_NEXT), 0);
        assert_string_equal(hex_format(key.mv_data, key.mv_size, hex), golden[i][0]);
        if (golden[i][1] != NULL) {
            assert_string_equal(hex_format(value.mv_data, value.mv_size, hex), golden[i][1]);
        } else {
            assert_slices(slice_of(value.mv_data, value.mv_size));
        }
    }
    assert_int_equal(mdb_cursor_get(cursor, &key, &value, MDB_NEXT), MDB_NOTFOUND);
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    mdb_env_close(env);
    folder_remove(&t.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scan),          cmocka_unit_test(test_scan_durable),
        cmocka_unit_test(test_scan_members),  cmocka_unit_test(test_scan_all),
        cmocka_unit_test(test_scan_slices),   cmocka_unit_test(test_scan_of_a_stranger),
        cmocka_unit_test(test_golden_layout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

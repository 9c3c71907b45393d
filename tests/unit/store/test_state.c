/* The state: overlay, publish, checkpoint, scan, one thing at a time (test_model.c mixes them). */
#include "fixture.h"

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

struct store_under_test {
    struct folder folder;
    struct state *state;
    struct overlay *overlay;
    struct ledger_store store;
    struct state_reader *reader;
    struct ledger_view view;
    struct fault fault;
};

static void test_attach(struct store_under_test *t)
{
    t->state = open_state(&t->folder, STATE_WRITE);
    t->fault = (struct fault){0, 0};
    state_set_faults(t->state, fault_hook(&t->fault));
    assert_ok(overlay_create(t->state, &t->overlay));
    assert_ok(state_reader_create(t->state, &t->reader));
    t->store = overlay_port(t->overlay);
    t->view = state_reader_view(t->reader);
}

static void test_detach(struct store_under_test *t)
{
    overlay_destroy(t->overlay);
    state_reader_destroy(t->reader);
    state_close(t->state);
}

static void test_begin(struct store_under_test *t)
{
    folder_make(&t->folder);
    test_attach(t);
}

static void test_end(struct store_under_test *t)
{
    test_detach(t);
    folder_remove(&t->folder);
}

static struct slice text(const char *s)
{
    return slice_of(s, strlen(s));
}

static void put(struct store_under_test *t, const char *key, const char *value)
{
    assert_ok(t->store.put(t->store.context, TABLE_MEMBER, text(key), text(value)));
}

static void del(struct store_under_test *t, const char *key)
{
    assert_ok(t->store.del(t->store.context, TABLE_MEMBER, text(key)));
}

static void assert_row(const struct ledger_view *view, const char *key, const char *value)
{
    struct slice found = {0};
    enum err err = view->get(view->context, TABLE_MEMBER, text(key), &found);
    assert_int_equal(err, value == NULL ? ERR_NOT_FOUND : ERR_OK);
    assert_true(value == NULL || slice_equal(found, text(value)));
}

#define assert_published(t, key, value) assert_row(&(t)->view, key, value)
#define assert_pending(t, key, value)   assert_row(&(t)->store.view, key, value)

static void test_visible_when_published(void **unused)
{
    (void)unused;
    struct store_under_test t;
    test_begin(&t);
    put(&t, "a", "1");
    assert_pending(&t, "a", "1");
    assert_published(&t, "a", NULL);
    overlay_publish(t.overlay, 5);
    assert_published(&t, "a", "1");
    assert_pending(&t, "a", "1");
    assert_int_equal(state_published_row(t.state), 5);
    assert_int_equal(state_checkpointed_row(t.state), 0);
    assert_true(state_memtable_bytes(t.state) > 0);
    del(&t, "a");
    assert_pending(&t, "a", NULL);
    assert_published(&t, "a", "1");
    overlay_clear(t.overlay);
    assert_pending(&t, "a", "1");
    del(&t, "a");
    del(&t, "never there");
    put(&t, "b", "");
    overlay_publish(t.overlay, 6);
    assert_published(&t, "a", NULL);
    assert_published(&t, "b", "");
    test_end(&t);
}

static void test_mark_and_undo(void **unused)
{
    (void)unused;
    struct store_under_test t;
    test_begin(&t);
    put(&t, "a", "0");
    overlay_publish(t.overlay, 1);
    put(&t, "a", "1");
    put(&t, "b", "1");
    overlay_mark(t.overlay);
    put(&t, "a", "a longer value than there was room for");
    put(&t, "a", "2");
    del(&t, "b");
    put(&t, "c", "2");
    assert_pending(&t, "a", "2");
    overlay_undo_to_mark(t.overlay);
    assert_pending(&t, "a", "1");
    assert_pending(&t, "b", "1");
    assert_pending(&t, "c", NULL);
    put(&t, "b", "3");
    overlay_undo_to_mark(t.overlay); /* to the same mark */
    assert_pending(&t, "b", "1");
    put(&t, "d", "4");
    overlay_publish(t.overlay, 2);
    put(&t, "d", "5");
    overlay_undo_to_mark(t.overlay); /* nothing marked since the publish: all of it */
    assert_pending(&t, "d", "4");
    assert_published(&t, "a", "1");
    test_end(&t);
}

/* A value may be put that was just got, also into the row it came from. */
static void test_borrowed_value_put_back(void **unused)
{
    (void)unused;
    struct store_under_test t;
    struct slice value;
    test_begin(&t);
    put(&t, "a", "0123456789abcdef0123456789abcdef");
    overlay_mark(t.overlay);
    for (size_t cut = 0; cut < 3; cut++) {
        assert_ok(t.store.view.get(t.overlay, TABLE_MEMBER, text("a"), &value));
        assert_ok(t.store.put(t.store.context, TABLE_MEMBER, text("a"),
                              slice_of(value.at + 1, value.length - 1)));
        assert_ok(t.store.view.get(t.overlay, TABLE_MEMBER, text("a"), &value));
        assert_ok(t.store.put(t.store.context, TABLE_MEMBER, text("b"), value));
    }
    assert_pending(&t, "a", "3456789abcdef0123456789abcdef");
    assert_pending(&t, "b", "3456789abcdef0123456789abcdef");
    test_end(&t);
}

static void test_bounds(void **unused)
{
    (void)unused;
    static const uint8_t long_key[LEDGER_KEY_MAX + 1] = {1};
    struct store_under_test t;
    test_begin(&t);
    struct slice value = text("v");
    struct slice good = slice_of(long_key, LEDGER_KEY_MAX);
    struct slice bad = slice_of(long_key, LEDGER_KEY_MAX + 1);
    struct slice huge = slice_of(long_key, LIMIT_STORE_ROW_BYTES + 1);
    void *c = t.store.context;
    assert_int_equal(t.store.put(c, TABLE_MEMBER, bad, value), ERR_INPUT);
    assert_int_equal(t.store.put(c, TABLE_END, good, value), ERR_INPUT);
    assert_int_equal(t.store.put(c, (enum ledger_table)0, good, value), ERR_INPUT);
    assert_int_equal(t.store.put(c, TABLE_MEMBER, good, huge), ERR_INPUT);
    assert_int_equal(t.store.del(c, TABLE_MEMBER, bad), ERR_INPUT);
    assert_int_equal(t.view.get(t.view.context, TABLE_MEMBER, bad, &value), ERR_INPUT);
    assert_ok(t.store.put(c, TABLE_MEMBER, good, value));
    assert_ok(t.store.put(c, TABLE_RECEIPT, slice_of(NULL, 0), value));
    overlay_publish(t.overlay, 1);
    assert_ok(state_checkpoint(t.state));
    assert_ok(t.view.get(t.view.context, TABLE_MEMBER, good, &value));
    assert_ok(t.view.get(t.view.context, TABLE_RECEIPT, slice_of(NULL, 0), &value));
    assert_true(slice_equal(value, text("v")));
    test_end(&t);
}

static void test_checkpoint_and_reopen(void **unused)
{
    (void)unused;
    struct store_under_test t;
    test_begin(&t);
    put(&t, "a", "1");
    put(&t, "b", "1");
    overlay_publish(t.overlay, 7);
    assert_ok(state_checkpoint(t.state));
    assert_int_equal(state_checkpointed_row(t.state), 7);
    assert_int_equal(state_memtable_bytes(t.state), 0);
    assert_published(&t, "a", "1");
    del(&t, "a");
    put(&t, "b", "2");
    overlay_publish(t.overlay, 8);
    assert_published(&t, "a", NULL); /* the tombstone hides the LMDB row */
    test_detach(&t);
    test_attach(&t); /* without a checkpoint: back to row 7 */
    assert_int_equal(state_published_row(t.state), 7);
    assert_published(&t, "a", "1");
    assert_published(&t, "b", "1");
    del(&t, "a");
    overlay_publish(t.overlay, 8);
    assert_ok(state_checkpoint(t.state));
    assert_ok(state_checkpoint(t.state));
    overlay_publish(t.overlay, 9); /* an empty batch moves the row as well */
    assert_ok(state_checkpoint(t.state));
    test_detach(&t);
    test_attach(&t);
    assert_int_equal(state_checkpointed_row(t.state), 9);
    assert_published(&t, "a", NULL);
    test_end(&t);
}

static void test_failed_checkpoint_loses_nothing(void **unused)
{
    (void)unused;
    struct store_under_test t;
    test_begin(&t);
    put(&t, "a", "1");
    put(&t, "b", "1");
    overlay_publish(t.overlay, 1);
    t.fault = (struct fault){0, EIO};
    assert_int_equal(state_checkpoint(t.state), ERR_STORAGE);
    assert_int_equal(state_checkpointed_row(t.state), 0);
    assert_published(&t, "a", "1");
    put(&t, "a", "2");
    del(&t, "b");
    put(&t, "c", "2");
    overlay_publish(t.overlay, 2);
    assert_published(&t, "a", "2");
    assert_published(&t, "b", NULL);
    /* The frozen rows get through, those after them don't. */
    t.fault = (struct fault){1, ENOSPC};
    assert_int_equal(state_checkpoint(t.state), ERR_STORAGE);
    assert_int_equal(state_checkpointed_row(t.state), 1);
    assert_published(&t, "a", "2");
    assert_published(&t, "b", NULL);
    assert_published(&t, "c", "2");
    assert_ok(state_checkpoint(t.state));
    assert_int_equal(state_checkpointed_row(t.state), 2);
    assert_int_equal(state_memtable_bytes(t.state), 0);
    test_detach(&t);
    test_attach(&t);
    assert_published(&t, "a", "2");
    assert_published(&t, "b", NULL);
    assert_published(&t, "c", "2");
    test_end(&t);
}

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
    assert_ok(state_scan(t->state, TABLE_MEMBER, text(prefix), text(from), see, &seen));
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
    overlay_publish(t.overlay, 1);
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
    assert_ok(state_scan(t.state, TABLE_MEMBER, text(""), text(""), see, &seen));
    assert_string_equal(seen.keys, "a=4 aa=3 ");
    seen = (struct seen){.stop_after = 1, .stop_with = ERR_CANCELLED};
    assert_int_equal(state_scan(t.state, TABLE_MEMBER, text("b"), text(""), see, &seen),
                     ERR_CANCELLED);
    seen = (struct seen){0};
    assert_ok(state_scan(t.state, TABLE_RECEIPT, text(""), text(""), see, &seen));
    assert_string_equal(seen.keys, "z=last ");
    assert_int_equal(state_scan(t.state, TABLE_END, text(""), text(""), see, &seen), ERR_INPUT);
    test_end(&t);
}

static enum err see_all(void *context, enum ledger_table table, struct slice key,
                        struct slice value)
{
    struct seen *seen = context;
    assert_true(table == TABLE_MEMBER || table == TABLE_RECEIPT);
    return see(seen, key, value);
}

static void test_scan_all(void **unused)
{
    (void)unused;
    struct store_under_test t;
    uint64_t row = 99;
    test_begin(&t);
    struct seen seen = {0};
    assert_ok(state_scan_all(t.state, &row, see_all, &seen));
    assert_int_equal(row, 0);
    put(&t, "b", "1");
    put(&t, "a", "2");
    assert_ok(t.store.put(t.store.context, TABLE_RECEIPT, text("r"), text("3")));
    overlay_publish(t.overlay, 4);
    assert_ok(state_checkpoint(t.state));
    put(&t, "later", "5");
    overlay_publish(t.overlay, 5);
    assert_ok(state_scan_all(t.state, &row, see_all, &seen));
    assert_string_equal(seen.keys, "a=2 b=1 r=3 ");
    assert_int_equal(row, 4);
    seen = (struct seen){.stop_after = 1, .stop_with = ERR_NOT_FOUND};
    assert_int_equal(state_scan_all(t.state, &row, see_all, &seen), ERR_NOT_FOUND);
    test_end(&t);
}

/* What is on the disk, byte for byte: a change needs a new format number and a migration. */
static void test_golden_layout(void **unused)
{
    (void)unused;
    static const char *const golden[][2] = {
        {"00", "010000007374617465"}, {"0063", "0000000000000102"}, {"016d", "76"}, {"107a", ""}};
    struct store_under_test t;
    test_begin(&t);
    put(&t, "m", "v");
    assert_ok(t.store.put(t.store.context, TABLE_RECEIPT, text("z"), text("")));
    overlay_publish(t.overlay, 258);
    assert_ok(state_checkpoint(t.state));
    test_detach(&t);
    char path[128];
    char hex[64];
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
        assert_string_equal(hex_format(value.mv_data, value.mv_size, hex), golden[i][1]);
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
        cmocka_unit_test(test_visible_when_published),
        cmocka_unit_test(test_mark_and_undo),
        cmocka_unit_test(test_borrowed_value_put_back),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_checkpoint_and_reopen),
        cmocka_unit_test(test_failed_checkpoint_loses_nothing),
        cmocka_unit_test(test_scan),
        cmocka_unit_test(test_scan_all),
        cmocka_unit_test(test_golden_layout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

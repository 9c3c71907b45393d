/* Transactions, the newest of which stand in a window of their own: what a row in the table says
 * comes before it, in memory and in what a checkpoint writes. */
#include "under_test.h"

#include <errno.h>
#include <string.h>

#include "store/state_rooms.h"

struct id_text {
    uint8_t bytes[ID_KEY_BYTES];
};

static struct slice id_key(uint32_t number, struct id_text *out)
{
    memset(out, 0, sizeof *out);
    out->bytes[0] = 7;
    put_u64_be(out->bytes + 16, (UINT64_C(1700000000000) + number) << 16);
    return slice_of(out->bytes, sizeof out->bytes);
}

static struct slice row_text(uint64_t row, struct id_value *out)
{
    id_entry_value(&(struct id_entry){.row_and_origin = row}, out);
    return slice_of(out->bytes, out->length);
}

static void put_id(struct store_under_test *t, uint32_t number, uint64_t row)
{
    struct id_text key;
    struct id_value value;
    assert_ok(t->store.put(t->store.context, TABLE_TRANSACTION, id_key(number, &key),
                           row_text(row, &value)));
}

static void del_id(struct store_under_test *t, uint32_t number)
{
    struct id_text key;
    assert_ok(t->store.del(t->store.context, TABLE_TRANSACTION, id_key(number, &key)));
}

/* `row` 0: there is none. */
static void assert_id(const struct ledger_view *view, uint32_t number, uint64_t row)
{
    struct id_text key;
    struct id_value value;
    struct slice found;
    enum err err = view->get(view->context, TABLE_TRANSACTION, id_key(number, &key), &found);
    assert_int_equal(err, row == 0 ? ERR_NOT_FOUND : ERR_OK);
    assert_true(row == 0 || slice_equal(found, row_text(row, &value)));
}

static void reopen(struct store_under_test *t)
{
    test_detach(t);
    test_attach(t);
}

/* A transaction that comes and goes between two checkpoints is one row to write, whatever a
 * transaction of LMDB has room for. */
static void test_forgotten_at_the_end_of_a_part(void **unused)
{
    (void)unused;
    struct store_under_test t;
    struct id_text key;
    test_begin(&t);
    state_set_checkpoint_bytes(t.state, 1); /* a row in each */
    put_id(&t, 1, 1);
    put_id(&t, 2, 2);
    publish(&t, 2);
    del_id(&t, 1);
    publish(&t, 3);
    t.fault = (struct fault){1, EIO};
    assert_int_equal(state_checkpoint(t.state), ERR_STORAGE);
    reopen(&t);
    assert_true(t.store.has_applied(t.store.context, TABLE_TRANSACTION, id_key(1, &key), 3));
    assert_id(&t.view, 1, 0);
    test_end(&t);
}

/* The window's transactions are written anew after a failure: so are the rows that come before
 * them, although LMDB has them. */
static void test_forgotten_before_a_failure(void **unused)
{
    (void)unused;
    struct store_under_test t;
    test_begin(&t);
    state_set_checkpoint_bytes(t.state, 1);
    put_id(&t, 1, 1);
    put_id(&t, 2, 2);
    put_id(&t, 3, 3);
    publish(&t, 3);
    del_id(&t, 1);
    publish(&t, 4);
    t.fault = (struct fault){2, EIO};
    assert_int_equal(state_checkpoint(t.state), ERR_STORAGE);
    assert_ok(state_checkpoint(t.state));
    assert_id(&t.view, 1, 0);
    reopen(&t);
    assert_int_equal(state_checkpointed_row(t.state), 4);
    assert_id(&t.view, 1, 0);
    assert_id(&t.view, 3, 3);
    test_end(&t);
}

/* put may be given what get returned, of another transaction too. */
static void test_borrowed_value_of_another(void **unused)
{
    (void)unused;
    struct store_under_test t;
    struct id_text key;
    struct slice value;
    test_begin(&t);
    put_id(&t, 1, 1000);
    put_id(&t, 2, 2000);
    assert_ok(t.store.view.get(t.writer, TABLE_TRANSACTION, id_key(1, &key), &value));
    assert_ok(t.store.put(t.store.context, TABLE_TRANSACTION, id_key(2, &key), value));
    assert_id(&t.store.view, 2, 1000);
    test_end(&t);
}

/* Who is told twice, forgotten, told again: undone and rolled back in every order. */
static void test_rows_before_the_window(void **unused)
{
    (void)unused;
    struct store_under_test t;
    test_begin(&t);
    put_id(&t, 1, 1);
    publish(&t, 1);
    put_id(&t, 1, 2);
    state_writer_mark(t.writer);
    put_id(&t, 2, 2);
    del_id(&t, 1);
    put_id(&t, 2, 3);
    assert_id(&t.store.view, 1, 0);
    assert_id(&t.store.view, 2, 3);
    assert_id(&t.view, 1, 1);
    state_writer_undo_to_mark(t.writer);
    assert_id(&t.store.view, 1, 2);
    assert_id(&t.store.view, 2, 0);
    assert_ok(state_checkpoint(t.state)); /* of what is durable */
    assert_ok(state_writer_seal(t.writer, 2));
    state_writer_rollback(t.writer);
    assert_id(&t.store.view, 1, 1);
    assert_id(&t.view, 1, 1);
    del_id(&t, 1);
    publish(&t, 2);
    assert_ok(state_checkpoint(t.state));
    put_id(&t, 1, 3);
    assert_id(&t.view, 1, 0);
    assert_id(&t.store.view, 1, 3);
    state_writer_undo_to_mark(t.writer);
    publish(&t, 3);
    assert_ok(state_checkpoint(t.state));
    reopen(&t);
    assert_id(&t.view, 1, 0);
    test_end(&t);
}

/* What was looked up in vain, then deleted, is no longer known to be absent. */
static void test_deleted_before_it_was_there(void **unused)
{
    (void)unused;
    struct store_under_test t;
    test_begin(&t);
    assert_id(&t.store.view, 1, 0);
    del_id(&t, 1);
    put_id(&t, 1, 5);
    assert_id(&t.store.view, 1, 5);
    publish(&t, 1);
    assert_id(&t.view, 1, 5);
    assert_ok(state_checkpoint(t.state));
    reopen(&t);
    assert_id(&t.view, 1, 5);
    test_end(&t);
}

/* A row that comes before one of the window stays as long as that, however small the cache. */
static void test_rows_stay_before_the_window(void **unused)
{
    (void)unused;
    struct store_under_test t;
    test_begin(&t);
    test_detach(&t);
    t.state = open_small_state(&t.folder, 1);
    state_set_ids_kept(t.state, 30);
    assert_ok(state_writer_create(t.state, &t.writer));
    assert_ok(state_reader_create(t.state, &t.reader));
    t.store = state_writer_port(t.writer);
    t.view = state_reader_view(t.reader);
    put_id(&t, 1, 1);
    put_id(&t, 2, 1);
    publish(&t, 1);
    del_id(&t, 1);
    put_id(&t, 2, 2);
    publish(&t, 2);
    assert_ok(state_checkpoint(t.state));
    for (uint32_t row = 3; row < 60; row++) {
        put_id(&t, row, row);
        for (unsigned i = 0; i < 40; i++) { /* a clock's hand comes round, and may rest */
            publish(&t, row);
        }
        if (row % 3 == 0) {
            assert_ok(state_checkpoint(t.state));
        }
        assert_id(&t.view, 1, 0);
        assert_id(&t.view, 2, 2);
        assert_id(&t.store.view, 1, 0);
        assert_id(&t.view, row, row);
    }
    test_end(&t);
}

/* What is written beside a checkpoint, as its commit is about to fail. */
struct beside {
    struct store_under_test *t;
    uint32_t from;
    uint32_t count;
    bool has_failed;
};

static enum err put_wide(struct store_under_test *t, uint32_t number, const char *value)
{
    uint8_t key[4];
    put_u32_be(key, number);
    return t->store.put(t->store.context, TABLE_CARD, slice_of(key, sizeof key), text(value));
}

static int write_and_fail(void *context)
{
    struct beside *beside = context;
    if (beside->has_failed) {
        return 0;
    }
    for (uint32_t i = 0; i < beside->count; i++) {
        if (put_wide(beside->t, beside->from + i, "beside") != ERR_OK) {
            return 0;
        }
    }
    beside->has_failed = true;
    return EIO;
}

/* Half of the rows go through, half stay on the list, others come behind them, and then those that
 * went through come back. */
static void test_lists_that_are_given_back(void **unused)
{
    (void)unused;
    enum {
        ROWS = 500
    };
    for (uint32_t beside_count = 0; beside_count < 3 * ROWS; beside_count += ROWS / 3) {
        struct store_under_test t;
        struct beside beside = {&t, 2 * ROWS, beside_count, false};
        test_begin(&t);
        state_set_faults(t.state, (struct store_faults){&beside, write_and_fail});
        for (uint32_t i = 0; i < ROWS; i++) {
            assert_ok(put_wide(&t, i, "first"));
        }
        publish(&t, 1);
        for (uint32_t i = ROWS; i < 2 * ROWS; i++) {
            assert_ok(put_wide(&t, i, "second"));
        }
        assert_int_equal(state_checkpoint(t.state), ERR_STORAGE);
        assert_true(beside.has_failed);
        publish(&t, 2);
        assert_ok(state_checkpoint(t.state));
        assert_int_equal(state_dirty_bytes(t.state), 0);
        test_end(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forgotten_at_the_end_of_a_part),
        cmocka_unit_test(test_forgotten_before_a_failure),
        cmocka_unit_test(test_borrowed_value_of_another),
        cmocka_unit_test(test_rows_before_the_window),
        cmocka_unit_test(test_deleted_before_it_was_there),
        cmocka_unit_test(test_rows_stay_before_the_window),
        cmocka_unit_test(test_lists_that_are_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

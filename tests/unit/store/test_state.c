/* The state: versions, batches, checkpoint, cache, scan, one thing at a time (test_model.c mixes
 * them). */
#include "under_test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "store/state_writer.h"

static void test_visible_when_durable(void **unused)
{
    (void)unused;
    struct store_under_test t;
    test_begin(&t);
    put(&t, "a", "1");
    assert_pending(&t, "a", "1");
    assert_durable(&t, "a", NULL);
    assert_ok(state_writer_seal(t.writer, 5));
    assert_durable(&t, "a", NULL);
    state_make_durable(t.state, 4);
    assert_durable(&t, "a", NULL);
    assert_int_equal(state_durable_row(t.state), 0);
    state_make_durable(t.state, 5);
    assert_durable(&t, "a", "1");
    assert_pending(&t, "a", "1");
    assert_int_equal(state_durable_row(t.state), 5);
    assert_int_equal(state_checkpointed_row(t.state), 0);
    assert_int_equal(state_replay_from(t.state), 1);
    assert_int_equal(state_dirty_bytes(t.state), 2);
    assert_true(state_memory_bytes(t.state) > 0);
    del(&t, "a");
    assert_pending(&t, "a", NULL);
    assert_durable(&t, "a", "1");
    state_writer_rollback(t.writer);
    assert_pending(&t, "a", "1");
    del(&t, "a");
    del(&t, "never there");
    put(&t, "b", "");
    publish(&t, 6);
    assert_durable(&t, "a", NULL);
    assert_durable(&t, "b", "");
    test_end(&t);
}

/* Several batches under way: readers see the durable one, a rollback goes back to it. */
static void test_batches_in_flight(void **unused)
{
    (void)unused;
    struct store_under_test t;
    test_begin(&t);
    for (uint64_t row = 1; row <= 4; row++) {
        put(&t, "a", row == 1 ? "1" : row == 2 ? "two" : row == 3 ? "3" : "four");
        if (row == 3) {
            put(&t, "b", "3");
        }
        assert_ok(state_writer_seal(t.writer, row));
    }
    assert_pending(&t, "a", "four");
    state_make_durable(t.state, 2);
    assert_durable(&t, "a", "two");
    assert_ok(state_checkpoint(t.state));
    assert_int_equal(state_checkpointed_row(t.state), 2);
    state_make_durable(t.state, 3);
    assert_durable(&t, "a", "3");
    assert_durable(&t, "b", "3");
    put(&t, "b", "5");
    state_writer_rollback(t.writer);
    assert_pending(&t, "a", "3");
    assert_pending(&t, "b", "3");
    put(&t, "a", "4 again");
    assert_ok(state_writer_seal(t.writer, 4));
    state_writer_rollback(t.writer);
    assert_durable(&t, "a", "3");
    for (unsigned i = 0; i < LIMIT_SEALED_BATCHES; i++) {
        assert_ok(state_writer_seal(t.writer, 4 + i));
    }
    put(&t, "a", "waits");
    assert_int_equal(state_writer_seal(t.writer, 99), ERR_RESOURCE);
    state_make_durable(t.state, 4);
    assert_ok(state_writer_seal(t.writer, 99));
    assert_durable(&t, "a", "3");
    state_make_durable(t.state, 99);
    assert_durable(&t, "a", "waits");
    test_end(&t);
}

static void test_mark_and_undo(void **unused)
{
    (void)unused;
    struct store_under_test t;
    test_begin(&t);
    put(&t, "a", "0");
    publish(&t, 1);
    put(&t, "a", "1");
    put(&t, "b", "1");
    state_writer_mark(t.writer);
    put(&t, "a", "a longer value than there was room for");
    put(&t, "a", "2");
    del(&t, "b");
    put(&t, "c", "2");
    assert_pending(&t, "a", "2");
    state_writer_undo_to_mark(t.writer);
    assert_pending(&t, "a", "1");
    assert_pending(&t, "b", "1");
    assert_pending(&t, "c", NULL);
    put(&t, "b", "3");
    state_writer_undo_to_mark(t.writer); /* to the same mark */
    assert_pending(&t, "b", "1");
    put(&t, "d", "4");
    publish(&t, 2);
    put(&t, "d", "5");
    state_writer_undo_to_mark(t.writer); /* nothing marked since the seal: all of it */
    assert_pending(&t, "d", "4");
    assert_durable(&t, "a", "1");
    test_end(&t);
}

/* An undo of a change whose older version a checkpoint let go meanwhile. */
static void test_undo_across_a_checkpoint(void **unused)
{
    (void)unused;
    struct store_under_test t;
    test_begin(&t);
    put(&t, "a", "1");
    put(&t, "b", "1");
    publish(&t, 1);
    put(&t, "a", "2");
    del(&t, "b");
    assert_ok(state_checkpoint(t.state));
    assert_int_equal(state_checkpointed_row(t.state), 1);
    assert_durable(&t, "a", "1");
    state_writer_undo_to_mark(t.writer);
    assert_pending(&t, "a", "1");
    assert_pending(&t, "b", "1");
    assert_durable(&t, "b", "1");
    publish(&t, 2);
    assert_ok(state_checkpoint(t.state));
    assert_int_equal(state_dirty_bytes(t.state), 0);
    test_detach(&t);
    test_attach(&t);
    assert_durable(&t, "a", "1");
    assert_durable(&t, "b", "1");
    test_end(&t);
}

/* What is taken back again and again leaves no bytes behind, with nothing durable meanwhile. */
static void test_taken_back_for_ever(void **unused)
{
    (void)unused;
    static const uint8_t bytes[1000] = {1};
    struct store_under_test t;
    test_begin(&t);
    put(&t, "a", "1");
    assert_ok(t.store.put(t.store.context, TABLE_CARD, text("b"), slice_of(bytes, 1000)));
    publish(&t, 1);
    for (unsigned kind = 0; kind < 2; kind++) {
        size_t memory = 0;
        for (unsigned i = 0; i < 5000; i++) {
            put(&t, "a", kind == 0 ? "2" : "two");
            assert_ok(t.store.put(t.store.context, TABLE_CARD, text("b"), slice_of(bytes, 999)));
            if (kind == 0) {
                state_writer_undo_to_mark(t.writer);
            } else {
                assert_ok(state_writer_seal(t.writer, 2));
                state_writer_rollback(t.writer);
            }
            memory = i == 500 ? state_memory_bytes(t.state) : memory;
        }
        assert_true(state_memory_bytes(t.state) <= memory);
    }
    assert_pending(&t, "a", "1");
    assert_durable(&t, "a", "1");
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
    state_writer_mark(t.writer);
    for (size_t cut = 0; cut < 3; cut++) {
        assert_ok(t.store.view.get(t.writer, TABLE_CARD, text("a"), &value));
        assert_ok(t.store.put(t.store.context, TABLE_CARD, text("a"),
                              slice_of(value.at + 1, value.length - 1)));
        assert_ok(t.store.view.get(t.writer, TABLE_CARD, text("a"), &value));
        assert_ok(t.store.put(t.store.context, TABLE_CARD, text("b"), value));
    }
    assert_pending(&t, "a", "3456789abcdef0123456789abcdef");
    assert_pending(&t, "b", "3456789abcdef0123456789abcdef");
    test_end(&t);
}

static void test_bounds(void **unused)
{
    (void)unused;
    static uint8_t long_bytes[LIMIT_STORE_ROW_BYTES + 1] = {1};
    struct store_under_test t;
    test_begin(&t);
    struct slice value = text("v");
    struct slice good = slice_of(long_bytes, LEDGER_KEY_MAX);
    struct slice bad = slice_of(long_bytes, LEDGER_KEY_MAX + 1);
    struct slice huge = slice_of(long_bytes, LIMIT_STORE_ROW_BYTES + 1);
    struct slice largest = slice_of(long_bytes, LIMIT_STORE_ROW_BYTES);
    void *c = t.store.context;
    assert_int_equal(t.store.put(c, TABLE_CARD, bad, value), ERR_INPUT);
    assert_int_equal(t.store.put(c, TABLE_END, good, value), ERR_INPUT);
    assert_int_equal(t.store.put(c, (enum ledger_table)0, good, value), ERR_INPUT);
    assert_int_equal(t.store.put(c, TABLE_MEMBER, good, value), ERR_INPUT); /* not an id */
    assert_int_equal(t.store.put(c, TABLE_CARD, good, huge), ERR_INPUT);
    assert_int_equal(t.store.del(c, TABLE_CARD, bad), ERR_INPUT);
    assert_int_equal(t.view.get(t.view.context, TABLE_CARD, bad, &value), ERR_INPUT);
    assert_ok(t.store.put(c, TABLE_CARD, good, largest));
    assert_ok(t.store.put(c, TABLE_RECEIPT, slice_of(NULL, 0), text("v")));
    publish(&t, 1);
    for (unsigned round = 0; round < 2; round++) {
        assert_ok(t.view.get(t.view.context, TABLE_CARD, good, &value));
        assert_true(slice_equal(value, largest));
        assert_ok(t.view.get(t.view.context, TABLE_RECEIPT, slice_of(NULL, 0), &value));
        assert_true(slice_equal(value, text("v")));
        assert_ok(state_checkpoint(t.state));
        test_detach(&t);
        test_attach(&t);
    }
    test_end(&t);
}

static void test_checkpoint_and_reopen(void **unused)
{
    (void)unused;
    struct store_under_test t;
    test_begin(&t);
    put(&t, "a", "1");
    put(&t, "b", "1");
    publish(&t, 7);
    assert_ok(state_checkpoint(t.state));
    assert_int_equal(state_checkpointed_row(t.state), 7);
    assert_int_equal(state_replay_from(t.state), 8);
    assert_int_equal(state_dirty_bytes(t.state), 0);
    assert_durable(&t, "a", "1");
    del(&t, "a");
    put(&t, "b", "2");
    publish(&t, 8);
    assert_durable(&t, "a", NULL); /* the deletion hides the LMDB row */
    test_detach(&t);
    test_attach(&t); /* without a checkpoint: back to row 7 */
    assert_int_equal(state_durable_row(t.state), 7);
    assert_durable(&t, "a", "1");
    assert_durable(&t, "b", "1");
    del(&t, "a");
    publish(&t, 8);
    assert_ok(state_checkpoint(t.state));
    assert_ok(state_checkpoint(t.state));
    publish(&t, 9); /* an empty batch moves the row as well */
    assert_ok(state_checkpoint(t.state));
    test_detach(&t);
    test_attach(&t);
    assert_int_equal(state_checkpointed_row(t.state), 9);
    assert_durable(&t, "a", NULL);
    test_end(&t);
}

static void test_failed_checkpoint_loses_nothing(void **unused)
{
    (void)unused;
    struct store_under_test t;
    test_begin(&t);
    put(&t, "a", "1");
    put(&t, "b", "1");
    publish(&t, 1);
    t.fault = (struct fault){0, EIO};
    assert_int_equal(state_checkpoint(t.state), ERR_STORAGE);
    assert_int_equal(state_checkpointed_row(t.state), 0);
    assert_durable(&t, "a", "1");
    put(&t, "a", "2");
    del(&t, "b");
    put(&t, "c", "2");
    publish(&t, 2);
    assert_durable(&t, "a", "2");
    assert_durable(&t, "b", NULL);
    t.fault = (struct fault){0, ENOSPC};
    assert_int_equal(state_checkpoint(t.state), ERR_STORAGE);
    assert_int_equal(state_checkpointed_row(t.state), 0);
    assert_durable(&t, "a", "2");
    assert_durable(&t, "b", NULL);
    assert_durable(&t, "c", "2");
    assert_ok(state_checkpoint(t.state));
    assert_int_equal(state_checkpointed_row(t.state), 2);
    assert_int_equal(state_dirty_bytes(t.state), 0);
    test_detach(&t);
    test_attach(&t);
    assert_durable(&t, "a", "2");
    assert_durable(&t, "b", NULL);
    assert_durable(&t, "c", "2");
    test_end(&t);
}

static bool has_applied(struct store_under_test *t, const char *key, uint64_t row)
{
    return t->store.has_applied(t->store.context, TABLE_CARD, text(key), row);
}

/* A slice that is too big for one transaction, cut short in the middle: each part has its row. */
static void test_slice_in_parts(void **unused)
{
    (void)unused;
    struct store_under_test t;
    test_begin(&t);
    state_set_checkpoint_bytes(t.state, 12);
    put(&t, "a", "1234");
    put(&t, "b", "1234");
    put(&t, "c", "1234");
    publish(&t, 3);
    t.fault = (struct fault){1, EIO};
    assert_int_equal(state_checkpoint(t.state), ERR_STORAGE);
    assert_int_equal(state_checkpointed_row(t.state), 0);
    assert_int_equal(state_dirty_bytes(t.state), 5);
    assert_durable(&t, "c", "1234");
    assert_false(has_applied(&t, "a", 3)); /* as it was opened */
    test_detach(&t);
    test_attach(&t);
    assert_int_equal(state_replay_from(t.state), 1);
    assert_int_equal(state_newest_row(t.state), 3);
    assert_true(has_applied(&t, "a", 3) && has_applied(&t, "b", 3));
    assert_false(has_applied(&t, "a", 4) || has_applied(&t, "c", 1));
    assert_durable(&t, "b", "1234");
    assert_durable(&t, "c", NULL);
    put(&t, "c", "1234");
    publish(&t, 3);
    assert_ok(state_checkpoint(t.state));
    test_detach(&t);
    test_attach(&t);
    assert_int_equal(state_checkpointed_row(t.state), 3);
    assert_true(has_applied(&t, "c", 3));
    test_end(&t);
}

/* However much is written elsewhere, a slice of which little changes does not stay behind. */
static void test_a_slice_that_lags_has_its_turn(void **unused)
{
    (void)unused;
    struct store_under_test t;
    uint8_t id[16];
    test_begin(&t);
    assert_ok(t.store.put(t.store.context, TABLE_MEMBER, member_key("m", id), text("")));
    publish(&t, 1);
    for (uint64_t row = 10; row < 14; row++) {
        bool is_more;
        put(&t, "a", "more than the member's row has");
        publish(&t, row);
        assert_ok(state_checkpoint_some(t.state, 5, 8, &is_more));
    }
    assert_true(state_checkpointed_row(t.state) >= 10);
    test_end(&t);
}

/* The slices that are due, one by one, the fullest first. */
static void test_some_of_the_slices(void **unused)
{
    (void)unused;
    struct store_under_test t;
    bool is_more = true;
    uint8_t id[16];
    test_begin(&t);
    assert_ok(state_checkpoint_some(t.state, 0, 1000, &is_more));
    assert_false(is_more);
    put(&t, "a", "0123456789");
    assert_ok(t.store.put(t.store.context, TABLE_MEMBER, member_key("m", id), text("")));
    assert_ok(state_checkpoint_some(t.state, 0, 1000, &is_more));
    assert_false(is_more); /* nothing of it is durable */
    publish(&t, 10);
    assert_ok(state_checkpoint_some(t.state, 10, 27, &is_more));
    assert_false(is_more);
    assert_int_equal(state_dirty_bytes(t.state), 27);
    assert_ok(state_checkpoint_some(t.state, 10, 26, &is_more)); /* too much: down to half */
    assert_int_equal(state_dirty_bytes(t.state), 11);
    assert_false(is_more);
    assert_int_equal(state_checkpointed_row(t.state), 0);
    assert_ok(state_checkpoint_some(t.state, 9, 1000, &is_more)); /* too far behind */
    assert_int_equal(state_dirty_bytes(t.state), 0);
    assert_false(is_more);
    assert_int_equal(state_checkpointed_row(t.state), 10);
    publish(&t, 11);
    assert_ok(state_checkpoint_some(t.state, 0, 1000, &is_more)); /* nothing to write but that */
    assert_int_equal(state_checkpointed_row(t.state), 11);
    put(&t, "a", "1");
    assert_ok(t.store.put(t.store.context, TABLE_DUE, text("d"), text("")));
    publish(&t, 12);
    assert_ok(state_checkpoint_table(t.state, TABLE_DUE));
    assert_int_equal(state_dirty_bytes(t.state), 2);
    assert_int_equal(state_checkpoint_table(t.state, TABLE_MEMBER), ERR_INPUT);
    test_end(&t);
}

/* Nothing but looks, and groups that are refused: what they take is let go all the same. */
static void test_nothing_but_looks(void **unused)
{
    (void)unused;
    enum {
        ROWS = 20000
    };
    static const uint8_t bytes[500] = {1};
    struct store_under_test t;
    struct slice value;
    uint8_t key[4];
    test_begin(&t);
    for (uint32_t i = 0; i < ROWS; i++) {
        put_u32_be(key, i);
        assert_ok(t.store.put(t.store.context, TABLE_CARD, slice_of(key, sizeof key),
                              slice_of(bytes, 500)));
    }
    publish(&t, 1);
    assert_ok(state_checkpoint(t.state));
    state_writer_destroy(t.writer);
    state_reader_destroy(t.reader);
    state_close(t.state);
    t.state = open_small_state(&t.folder, 400000);
    assert_ok(state_writer_create(t.state, &t.writer));
    assert_ok(state_reader_create(t.state, &t.reader));
    t.store = state_writer_port(t.writer);
    t.view = state_reader_view(t.reader);
    for (uint32_t i = 0; i < ROWS; i++) {
        put_u32_be(key, i);
        assert_ok(t.store.view.get(t.writer, TABLE_CARD, slice_of(key, sizeof key), &value));
        put_u32_be(key, ROWS + i);
        assert_ok(t.store.put(t.store.context, TABLE_CARD, slice_of(key, sizeof key),
                              slice_of(bytes, 500)));
        state_writer_undo_to_mark(t.writer);
        if (i % 50 == 0) {
            state_writer_pass(t.writer);
        }
        bool is_more = state_is_due(t.state, 200000);
        while (is_more) {
            assert_ok(state_checkpoint_some(t.state, 1000, 200000, &is_more));
        }
    }
    assert_true(state_memory_bytes(t.state) < 5u << 20);
    test_end(&t);
}

/* Batches that change nothing, until a hand has been at every row. */
static void go_round(struct store_under_test *t)
{
    for (unsigned i = 0; i < 20 * SHARDS; i++) {
        t->writer->epoch += 63 - t->writer->epoch % 64; /* a seal goes on to a multiple */
        publish(t, state_durable_row(t->state) + 1);
    }
}

/* Rows keep a part of the batch's number, which comes round: those that nobody changes stay older
 * than all that come, whether LMDB has them or not. */
static void test_epochs_come_round(void **unused)
{
    (void)unused;
    struct store_under_test t;
    uint8_t id[16];
    struct slice member = member_key("m", id);
    struct slice value;
    test_begin(&t);
    put(&t, "a", "1");
    put(&t, "b", "1");
    publish(&t, 1);
    assert_ok(state_checkpoint(t.state)); /* LMDB has b as it is no more: */
    put(&t, "b", "a longer value than there was room for");
    assert_ok(t.store.put(t.store.context, TABLE_MEMBER, member, text("v")));
    publish(&t, 2);
    for (unsigned i = 0; i < 12; i++) {
        t.writer->epoch += (UINT64_C(1) << 30) - 40 * SHARDS * 64;
        go_round(&t);
        assert_durable(&t, "a", "1");
        assert_durable(&t, "b", "a longer value than there was room for");
        assert_ok(t.view.get(t.view.context, TABLE_MEMBER, member, &value));
        assert_true(slice_equal(value, text("v")));
        put(&t, "b", "not durable");
        put(&t, "a", "not durable either");
        assert_durable(&t, "a", "1");
        assert_durable(&t, "b", "a longer value than there was room for");
        assert_ok(state_writer_seal(t.writer, state_durable_row(t.state) + 1));
        state_writer_rollback(t.writer);
        assert_pending(&t, "a", "1");
        assert_pending(&t, "b", "a longer value than there was room for");
    }
    assert_true(t.writer->epoch > UINT64_C(5) << 31);
    assert_ok(state_checkpoint(t.state));
    test_detach(&t);
    test_attach(&t);
    assert_durable(&t, "b", "a longer value than there was room for");
    test_end(&t);
}

/* More rows than the cache has room for: those that LMDB has leave, and come back when asked for.
 */
static void test_small_cache(void **unused)
{
    (void)unused;
    enum {
        ROWS = 100000
    };
    static const uint8_t bytes[60] = {9};
    struct store_under_test t;
    struct slice value;
    uint8_t id[16];
    char name[16];
    test_begin(&t);
    test_detach(&t);
    t.state = open_small_state(&t.folder, 400000);
    assert_ok(state_writer_create(t.state, &t.writer));
    assert_ok(state_reader_create(t.state, &t.reader));
    t.store = state_writer_port(t.writer);
    t.view = state_reader_view(t.reader);
    for (uint64_t row = 1; row <= ROWS; row++) {
        snprintf(name, sizeof name, "%u", (unsigned)row);
        assert_ok(t.store.put(t.store.context, TABLE_MEMBER, member_key(name, id),
                              slice_of(bytes, 30 + row % 30)));
        if (row % 2500 == 0) { /* each slice is a commit that waits for the disk */
            publish(&t, row);
            assert_ok(state_checkpoint(t.state));
        }
    }
    for (uint64_t row = 1; row <= 300; row++) { /* a clock's hand comes round */
        publish(&t, ROWS + row);
    }
    assert_true(state_memory_bytes(t.state) < 5u << 20);
    for (unsigned round = 0; round < 2; round++) {
        for (uint64_t row = 1; row <= ROWS; row++) {
            snprintf(name, sizeof name, "%u", (unsigned)row);
            struct ledger_view *view = round == 0 ? &t.view : &t.store.view;
            assert_ok(view->get(view->context, TABLE_MEMBER, member_key(name, id), &value));
            assert_int_equal(value.length, 30 + row % 30);
            if (row % 100 == 0) {
                publish(&t, state_durable_row(t.state) + 1);
            }
        }
    }
    assert_true(state_memory_bytes(t.state) < 5u << 20);
    test_end(&t);
}

static void test_discard(void **unused)
{
    (void)unused;
    struct note note = {""};
    struct store_under_test t;
    test_begin(&t);
    put(&t, "a", "1");
    publish(&t, 1);
    assert_ok(state_checkpoint(t.state));
    assert_int_equal(state_discard(t.folder.path, &note), ERR_UNAVAILABLE);
    test_detach(&t);
    assert_ok(state_discard(t.folder.path, &note));
    assert_ok(state_discard(t.folder.path, &note));
    test_attach(&t);
    assert_int_equal(state_checkpointed_row(t.state), 0);
    assert_durable(&t, "a", NULL);
    test_end(&t);
    assert_int_equal(state_discard(t.folder.path, &note), ERR_NOT_FOUND); /* no such folder */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_visible_when_durable),
        cmocka_unit_test(test_batches_in_flight),
        cmocka_unit_test(test_mark_and_undo),
        cmocka_unit_test(test_undo_across_a_checkpoint),
        cmocka_unit_test(test_taken_back_for_ever),
        cmocka_unit_test(test_borrowed_value_put_back),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_checkpoint_and_reopen),
        cmocka_unit_test(test_failed_checkpoint_loses_nothing),
        cmocka_unit_test(test_slice_in_parts),
        cmocka_unit_test(test_a_slice_that_lags_has_its_turn),
        cmocka_unit_test(test_some_of_the_slices),
        cmocka_unit_test(test_nothing_but_looks),
        cmocka_unit_test(test_epochs_come_round),
        cmocka_unit_test(test_small_cache),
        cmocka_unit_test(test_discard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Without memory: a put that fails has changed nothing, and what must not fail doesn't. The linker
 * sends every allocation of the store through here. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#define ROWS 3000u

static bool is_counting; /* set by one thread only */
static long left;        /* allocations until there is no memory any more */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static bool may_take(void)
{
    return !is_counting || left-- > 0;
}

void *__wrap_malloc(size_t size)
{
    return may_take() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return may_take() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *at, size_t size)
{
    return may_take() ? __real_realloc(at, size) : NULL;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return may_take() ? __real_aligned_alloc(alignment, size) : NULL;
}

/* `count` allocations from now on succeed. */
static void allow(long count)
{
    is_counting = true;
    left = count;
}

static void allow_all(void)
{
    is_counting = false;
}

static struct slice row_key(uint32_t number, uint8_t out[4])
{
    put_u32_be(out, number);
    return slice_of(out, 4);
}

/* Rows of all sizes: small blocks, large ones, each time another version. */
static struct slice row_value(uint32_t number, uint8_t version, uint8_t out[5000])
{
    size_t length = number % 50 == 0 ? 5000u - version : 20 + (number + version) % 60;
    memset(out, version, length);
    return slice_of(out, length);
}

static void assert_row(const struct ledger_view *view, uint32_t number, uint8_t version)
{
    uint8_t key[4];
    uint8_t bytes[5000];
    struct slice value;
    enum err err = view->get(view->context, TABLE_SALE, row_key(number, key), &value);
    assert_int_equal(err, version == 0 ? ERR_NOT_FOUND : ERR_OK);
    assert_true(version == 0 || slice_equal(value, row_value(number, version, bytes)));
}

/* Puts again and again, with one allocation more each time, until it succeeds. */
static unsigned put_at_last(const struct ledger_store *store, uint32_t number, uint8_t before,
                            uint8_t version)
{
    uint8_t key[4];
    uint8_t bytes[5000];
    unsigned failures = 0;
    for (long count = 0;; count++) {
        allow(count);
        enum err err = store->put(store->context, TABLE_SALE, row_key(number, key),
                                  row_value(number, version, bytes));
        allow_all();
        if (err == ERR_OK) {
            return failures;
        }
        assert_int_equal(err, ERR_RESOURCE);
        assert_row(&store->view, number, before);
        failures++;
    }
}

struct under_test {
    struct folder folder;
    struct state *state;
    struct state_writer *writer;
    struct ledger_store store;
    struct state_reader *reader;
    struct ledger_view view;
};

static void test_begin(struct under_test *t)
{
    folder_make(&t->folder);
    t->state = open_state(&t->folder, STATE_WRITE);
    assert_ok(state_writer_create(t->state, &t->writer));
    assert_ok(state_reader_create(t->state, &t->reader));
    t->store = state_writer_port(t->writer);
    t->view = state_reader_view(t->reader);
}

static void test_end(struct under_test *t)
{
    state_reader_destroy(t->reader);
    state_writer_destroy(t->writer);
    state_close(t->state);
    folder_remove(&t->folder);
}

static unsigned put_all(const struct under_test *t, uint8_t before, uint8_t version)
{
    unsigned failures = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        failures += put_at_last(&t->store, i, before, version);
    }
    return failures;
}

static void assert_all(const struct ledger_view *view, uint8_t version)
{
    for (uint32_t i = 0; i < ROWS; i++) {
        assert_row(view, i, version);
    }
}

static void test_what_must_not_fail(void **unused)
{
    (void)unused;
    struct under_test t;
    test_begin(&t);
    assert_true(put_all(&t, 0, 1) > 10);
    allow(0);
    enum err sealed = state_writer_seal(t.writer, 1);
    state_make_durable(t.state, 1);
    allow_all();
    assert_ok(sealed);
    assert_all(&t.view, 1);
    (void)put_all(&t, 1, 2);
    allow(0);
    state_writer_undo_to_mark(t.writer);
    allow_all();
    assert_all(&t.store.view, 1);
    (void)put_all(&t, 1, 2);
    assert_ok(state_writer_seal(t.writer, 2));
    (void)put_all(&t, 2, 3);
    allow(0);
    state_writer_rollback(t.writer);
    allow_all();
    assert_all(&t.store.view, 1);
    assert_all(&t.view, 1);
    test_end(&t);
}

static void test_checkpoint_without_memory(void **unused)
{
    (void)unused;
    struct under_test t;
    test_begin(&t);
    (void)put_all(&t, 0, 1);
    make_visible(t.state, t.writer, 1);
    unsigned failures = 0;
    enum err err = ERR_RESOURCE;
    for (long count = 0; err != ERR_OK; count++) {
        allow(count);
        err = state_checkpoint(t.state);
        allow_all();
        assert_true(err == ERR_OK || err == ERR_RESOURCE);
        failures += err != ERR_OK;
    }
    assert_true(failures > 3);
    assert_int_equal(state_checkpointed_row(t.state), 1);
    assert_int_equal(state_dirty_bytes(t.state), 0);
    state_reader_destroy(t.reader);
    state_writer_destroy(t.writer);
    state_close(t.state);
    t.state = open_state(&t.folder, STATE_WRITE);
    assert_ok(state_writer_create(t.state, &t.writer));
    assert_ok(state_reader_create(t.state, &t.reader));
    t.view = state_reader_view(t.reader);
    assert_all(&t.view, 1);
    test_end(&t);
}

static struct slice id_key(uint32_t number, uint8_t out[32])
{
    memset(out, 0, 32);
    put_u32_be(out + 28, number);
    return slice_of(out, 32);
}

/* Of a transaction: a byte of a journal's row. */
static void assert_id(const struct ledger_view *view, uint32_t number, uint8_t row)
{
    uint8_t key[32];
    struct slice value;
    enum err err = view->get(view->context, TABLE_TRANSACTION, id_key(number, key), &value);
    assert_int_equal(err, row == 0 ? ERR_NOT_FOUND : ERR_OK);
    assert_true(row == 0 || slice_equal(value, slice_of(&row, 1)));
}

static void assert_ids(const struct ledger_view *view, uint32_t count, uint8_t row)
{
    for (uint32_t i = 0; i < count; i++) {
        assert_id(view, i, row == 1 && i % 100 == 7 ? 0 : row);
    }
}

/* Transactions for which the window has no memory are rows like others: nothing is lost, whichever
 * allocation fails. */
static void put_ids(const struct under_test *t, uint32_t count)
{
    uint8_t key[32];
    const uint8_t row = 1;
    for (uint32_t i = 0; i < count; i++) {
        enum err err = ERR_RESOURCE;
        for (long left_now = i % 5; err != ERR_OK; left_now++) {
            allow(left_now);
            err = t->store.put(t->store.context, TABLE_TRANSACTION, id_key(i, key),
                               slice_of(&row, 1));
            allow_all();
            assert_id(&t->store.view, i, err == ERR_OK ? 1 : 0);
        }
        err = ERR_RESOURCE;
        for (long left_now = 0; i % 100 == 7 && err != ERR_OK; left_now++) {
            allow(left_now);
            err = t->store.del(t->store.context, TABLE_TRANSACTION, id_key(i, key));
            allow_all();
            assert_id(&t->store.view, i, err == ERR_OK ? 0 : 1);
        }
    }
}

static void test_transactions_without_memory(void **unused)
{
    (void)unused;
    enum {
        IDS = 70000 /* more than the window's first size */
    };
    struct under_test t;
    test_begin(&t);
    put_ids(&t, IDS);
    assert_ids(&t.store.view, IDS, 1);
    state_writer_undo_to_mark(t.writer);
    assert_ids(&t.store.view, IDS, 0);
    put_ids(&t, IDS);
    make_visible(t.state, t.writer, 1);
    assert_ids(&t.view, IDS, 1);
    enum err err = ERR_RESOURCE;
    for (long count = 0; err != ERR_OK; count++) {
        allow(count);
        err = state_checkpoint(t.state);
        allow_all();
        assert_true(err == ERR_OK || err == ERR_RESOURCE);
    }
    assert_int_equal(state_dirty_bytes(t.state), 0);
    assert_ids(&t.view, IDS, 1);
    test_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_must_not_fail),
        cmocka_unit_test(test_checkpoint_without_memory),
        cmocka_unit_test(test_transactions_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

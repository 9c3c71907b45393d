/* A state with its writer and a reader, and one table to play with, for the tests of the state. */
#ifndef TEST_STORE_UNDER_TEST_H
#define TEST_STORE_UNDER_TEST_H

#include "fixture.h"

#include <string.h>

struct store_under_test {
    struct folder folder;
    struct state *state;
    struct state_writer *writer;
    struct ledger_store store;
    struct state_reader *reader;
    struct ledger_view view;
    struct fault fault;
};

static inline void test_attach(struct store_under_test *t)
{
    t->state = open_state(&t->folder, STATE_WRITE);
    t->fault = (struct fault){0, 0};
    state_set_faults(t->state, fault_hook(&t->fault));
    assert_ok(state_writer_create(t->state, &t->writer));
    assert_ok(state_reader_create(t->state, &t->reader));
    t->store = state_writer_port(t->writer);
    t->view = state_reader_view(t->reader);
}

static inline void test_detach(struct store_under_test *t)
{
    state_writer_destroy(t->writer);
    state_reader_destroy(t->reader);
    state_close(t->state);
}

static inline void test_begin(struct store_under_test *t)
{
    folder_make(&t->folder);
    test_attach(t);
}

static inline void test_end(struct store_under_test *t)
{
    test_detach(t);
    folder_remove(&t->folder);
}

static inline struct slice text(const char *s)
{
    return slice_of(s, strlen(s));
}

static inline void put(struct store_under_test *t, const char *key, const char *value)
{
    assert_ok(t->store.put(t->store.context, TABLE_CARD, text(key), text(value)));
}

static inline void del(struct store_under_test *t, const char *key)
{
    assert_ok(t->store.del(t->store.context, TABLE_CARD, text(key)));
}

static inline void publish(struct store_under_test *t, uint64_t last_row)
{
    make_visible(t->state, t->writer, last_row);
}

static inline void assert_row(const struct ledger_view *view, const char *key, const char *value)
{
    struct slice found = {0};
    enum err err = view->get(view->context, TABLE_CARD, text(key), &found);
    assert_int_equal(err, value == NULL ? ERR_NOT_FOUND : ERR_OK);
    assert_true(value == NULL || slice_equal(found, text(value)));
}

#define assert_durable(t, key, value) assert_row(&(t)->view, key, value)
#define assert_pending(t, key, value) assert_row(&(t)->store.view, key, value)

#endif

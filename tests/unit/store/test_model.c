/* Random operations on overlay, memtable and LMDB against a model that is plain arrays. */
#include "fixture.h"

#include <errno.h>
#include <string.h>

#define OPERATIONS 250000
#define KEYS       600
#define VALUE_MAX  700

/* A row is all its version says: length and bytes follow from it. 0: no row. */
struct rows {
    uint32_t version[KEYS];
};

struct model {
    struct rows pending; /* through the overlay */
    struct rows marked;
    struct rows published;
    struct rows frozen;
    struct rows checkpointed;
    bool has_frozen;
    uint64_t published_row;
    uint64_t frozen_row;
    uint64_t checkpointed_row;
};

struct run {
    struct folder folder;
    struct state *state;
    struct overlay *overlay;
    struct ledger_store store;
    struct state_reader *reader;
    struct ledger_view view;
    struct fault fault;
    uint64_t seed;
    uint32_t version;
    struct model model;
    struct rows *scanned;
};

static enum ledger_table key_table(uint32_t number)
{
    return (enum ledger_table)(1 + number % (TABLE_END - 1));
}

/* Keys of all lengths, one of them empty; many with a common beginning. */
static struct slice key_bytes(uint32_t number, uint8_t out[LEDGER_KEY_MAX])
{
    memset(out, 'k', LEDGER_KEY_MAX);
    if (number == 0) {
        return slice_of(out, 0);
    }
    size_t length = 4 + (number * 7) % (LEDGER_KEY_MAX - 3);
    put_u32_be(out + length - 4, number);
    return slice_of(out, length);
}

static struct slice value_bytes(uint32_t version, uint8_t out[VALUE_MAX])
{
    uint64_t seed = version;
    size_t length = random_below(&seed, version % 16 == 0 ? VALUE_MAX : 40);
    memset(out, (int)(version & 0xff), length);
    for (size_t i = 0; i < length && i < 4; i++) {
        out[i] = (uint8_t)(version >> (8 * i));
    }
    return slice_of(out, length);
}

static void assert_version(const struct ledger_view *view, uint32_t number, uint32_t version)
{
    uint8_t key[LEDGER_KEY_MAX];
    uint8_t value[VALUE_MAX];
    struct slice found = {0};
    enum err err = view->get(view->context, key_table(number), key_bytes(number, key), &found);
    assert_int_equal(err, version == 0 ? ERR_NOT_FOUND : ERR_OK);
    assert_true(version == 0 || slice_equal(found, value_bytes(version, value)));
}

static void attach(struct run *run)
{
    run->state = open_state(&run->folder, STATE_WRITE);
    run->fault = (struct fault){0, 0};
    state_set_faults(run->state, fault_hook(&run->fault));
    assert_ok(overlay_create(run->state, &run->overlay));
    assert_ok(state_reader_create(run->state, &run->reader));
    run->store = overlay_port(run->overlay);
    run->view = state_reader_view(run->reader);
}

static void detach(struct run *run)
{
    overlay_destroy(run->overlay);
    state_reader_destroy(run->reader);
    state_close(run->state);
}

static void check_numbers(const struct run *run)
{
    assert_int_equal(state_published_row(run->state), run->model.published_row);
    assert_int_equal(state_checkpointed_row(run->state), run->model.checkpointed_row);
}

static enum err scan_row(void *context, enum ledger_table table, struct slice key,
                         struct slice value)
{
    struct run *run = context;
    uint8_t expected_key[LEDGER_KEY_MAX];
    uint8_t expected[VALUE_MAX];
    uint32_t number = key.length == 0 ? 0 : get_u32_be(key.at + key.length - 4);
    assert_true(number < KEYS && table == key_table(number));
    assert_true(slice_equal(key, key_bytes(number, expected_key)));
    uint32_t version = run->model.checkpointed.version[number];
    assert_int_not_equal(version, 0);
    assert_true(slice_equal(value, value_bytes(version, expected)));
    assert_int_equal(run->scanned->version[number], 0);
    run->scanned->version[number] = version;
    return ERR_OK;
}

static void check_all(struct run *run)
{
    struct rows scanned = {{0}};
    uint64_t row = 0;
    run->scanned = &scanned;
    for (uint32_t i = 0; i < KEYS; i++) {
        assert_version(&run->store.view, i, run->model.pending.version[i]);
        assert_version(&run->view, i, run->model.published.version[i]);
    }
    assert_ok(state_scan_all(run->state, &row, scan_row, run));
    assert_int_equal(row, run->model.checkpointed_row);
    assert_memory_equal(&scanned, &run->model.checkpointed, sizeof scanned);
    check_numbers(run);
}

static void write_one(struct run *run, bool is_put)
{
    uint8_t key[LEDGER_KEY_MAX];
    uint8_t value[VALUE_MAX];
    uint32_t number = (uint32_t)random_below(&run->seed, KEYS);
    struct slice name = key_bytes(number, key);
    void *context = run->store.context;
    uint32_t version = is_put ? ++run->version : 0;
    assert_ok(is_put ? run->store.put(context, key_table(number), name, value_bytes(version, value))
                     : run->store.del(context, key_table(number), name));
    run->model.pending.version[number] = version;
}

static void read_one(struct run *run)
{
    uint32_t number = (uint32_t)random_below(&run->seed, KEYS);
    assert_version(&run->store.view, number, run->model.pending.version[number]);
    assert_version(&run->view, number, run->model.published.version[number]);
}

static void publish(struct run *run)
{
    struct model *model = &run->model;
    model->published_row += 1 + random_below(&run->seed, 5);
    overlay_publish(run->overlay, model->published_row);
    model->published = model->pending;
    model->marked = model->pending;
}

static void clear(struct run *run)
{
    overlay_clear(run->overlay);
    run->model.pending = run->model.published;
    run->model.marked = run->model.published;
}

static void model_commit(struct model *model)
{
    model->checkpointed = model->frozen;
    model->checkpointed_row = model->frozen_row;
    model->has_frozen = false;
}

/* `failing` is the number of the commit that fails, -1 for none. */
static void checkpoint(struct run *run, int failing)
{
    struct model *model = &run->model;
    run->fault = (struct fault){failing, failing < 0 ? 0 : EIO};
    enum err err = state_checkpoint(run->state);
    run->fault.result = 0;
    int commit = 0;
    enum err expected = ERR_OK;
    if (model->has_frozen) {
        expected = commit++ == failing ? ERR_STORAGE : ERR_OK;
        if (expected == ERR_OK) {
            model_commit(model);
        }
    }
    if (expected == ERR_OK && model->published_row != model->checkpointed_row) {
        model->frozen = model->published;
        model->frozen_row = model->published_row;
        model->has_frozen = true;
        expected = commit == failing ? ERR_STORAGE : ERR_OK;
        if (expected == ERR_OK) {
            model_commit(model);
        }
    }
    assert_int_equal(err, expected);
    check_numbers(run);
}

static void reopen(struct run *run)
{
    struct model *model = &run->model;
    detach(run);
    attach(run);
    model->has_frozen = false;
    model->published_row = model->checkpointed_row;
    model->published = model->checkpointed;
    model->pending = model->checkpointed;
    model->marked = model->checkpointed;
    check_all(run);
}

static void step(struct run *run)
{
    uint64_t dice = random_below(&run->seed, 10000);
    if (dice < 4500) {
        write_one(run, true);
    } else if (dice < 6500) {
        write_one(run, false);
    } else if (dice < 9300) {
        read_one(run);
    } else if (dice < 9600) {
        overlay_mark(run->overlay);
        run->model.marked = run->model.pending;
    } else if (dice < 9750) {
        overlay_undo_to_mark(run->overlay);
        run->model.pending = run->model.marked;
    } else if (dice < 9950) {
        publish(run);
    } else if (dice < 9970) {
        clear(run);
    } else if (dice < 9985) {
        int failing = (int)random_below(&run->seed, 4);
        checkpoint(run, failing < 2 ? failing : -1);
    } else if (dice < 9997) {
        check_all(run);
    } else {
        reopen(run);
    }
}

static void test_against_the_model(void **unused)
{
    (void)unused;
    static struct run run;
    memset(&run, 0, sizeof run);
    run.seed = seed_begin();
    folder_make(&run.folder);
    attach(&run);
    for (unsigned i = 0; i < OPERATIONS; i++) {
        step(&run);
    }
    check_all(&run);
    print_message("%u versions, checkpointed to row %llu\n", run.version,
                  (unsigned long long)run.model.checkpointed_row);
    detach(&run);
    folder_remove(&run.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_the_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

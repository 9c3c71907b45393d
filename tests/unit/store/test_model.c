/* Random operations on the state against a model that is a list of writes: what the writer and
 * readers see, what LMDB has at each slice's row, and what a recovery makes of it. */
#include "fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/state_rooms.h"

#define OPERATIONS  120000
#define KEYS        600
#define VALUE_MAX   700
#define CACHE_BYTES 50000u
#define PART_BYTES  2500u
#define IDS_KEPT    40u
#define ROW_OPEN    UINT64_MAX /* of a batch that is not sealed */

/* A row is all its version says: length and bytes follow from it. 0: no row. */
struct write {
    uint64_t row;
    uint32_t key;
    uint32_t version;
};

struct rows {
    uint32_t version[KEYS];
};

struct model {
    struct write *writes; /* in order; those behind the mark can be undone */
    size_t count;
    size_t room;
    size_t marked;
    struct rows pending;
    struct rows durable;
    uint64_t sealed[64]; /* rows of batches that are not durable */
    unsigned sealed_count;
    uint64_t sealed_row;
    uint64_t durable_row;
};

struct run {
    struct folder folder;
    struct state *state;
    struct state_writer *writer;
    struct ledger_store store;
    struct state_reader *reader;
    struct ledger_view view;
    struct fault fault;
    uint64_t seed;
    uint32_t version;
    unsigned recoveries_with_skips;
    struct model model;
    struct rows scanned;
};

static enum ledger_table key_table(uint32_t number)
{
    static const enum ledger_table few[] = {TABLE_MEMBER, TABLE_TRANSACTION};
    return number % 4 < 2 ? few[number % 4] : (enum ledger_table)(1 + number % (TABLE_END - 1));
}

/* Keys of all lengths, one of them empty; many with a common beginning. Members' are as they are in
 * life, and those that are an origin and an id are as long. */
static struct slice key_bytes(uint32_t number, uint8_t out[LEDGER_KEY_MAX])
{
    size_t length = 4 + (number * 7) % (LEDGER_KEY_MAX - 3);
    memset(out, 'k', LEDGER_KEY_MAX);
    if (key_table(number) == TABLE_MEMBER) {
        length = 16;
    } else if (key_table(number) == TABLE_TRANSACTION) {
        length = 32;
        out[0] = (uint8_t)(number % 3);
        put_u64_be(out + 16, (UINT64_C(1700000000000) + number * 1000) << 16);
    } else if (key_table(number) == TABLE_SALE || key_table(number) == TABLE_HOLD) {
        length = 32;
    } else if (number == 2) {
        length = 0;
    }
    if (length > 0) {
        put_u32_be(out + length - 4, number);
    }
    return slice_of(out, length);
}

static uint32_t key_number(struct slice key)
{
    return key.length == 0 ? 2 : get_u32_be(key.at + key.length - 4);
}

/* Of most transactions a row of the journal, as in life. */
static struct slice value_bytes(uint32_t number, uint32_t version, uint8_t out[VALUE_MAX])
{
    uint64_t seed = version;
    if (key_table(number) == TABLE_TRANSACTION && version % 8 != 0) {
        struct id_value value;
        id_entry_value(&(struct id_entry){.row_and_origin = version}, &value);
        memcpy(out, value.bytes, value.length);
        return slice_of(out, value.length);
    }
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
    assert_true(version == 0 || slice_equal(found, value_bytes(number, version, value)));
}

/* Epochs, and positions of transactions, begin some hundreds before they come round. */
static void come_round(struct run *run)
{
    struct state *state = run->state;
    uint32_t ids = UINT32_MAX - (uint32_t)random_below(&run->seed, 500);
    atomic_store(&state->durable_epoch, UINT32_MAX - random_below(&run->seed, 100));
    atomic_store(&state->durable_ids, ids);
    atomic_store(&state->ids_written, ids);
    state->ids.first = state->ids.end = ids;
}

static void step_beside(struct run *run);

/* While a checkpoint is about to commit, the writer goes on. */
static int write_beside(void *context)
{
    struct run *run = context;
    uint64_t steps = random_below(&run->seed, 2) * random_below(&run->seed, 40);
    for (uint64_t i = 0; i < steps; i++) {
        step_beside(run);
    }
    struct store_faults faults = fault_hook(&run->fault);
    return faults.before_commit(faults.context);
}

static void attach(struct run *run)
{
    static const size_t caches[] = {1, CACHE_BYTES / 20, CACHE_BYTES, CACHE_BYTES};
    run->state = open_small_state(&run->folder, caches[random_below(&run->seed, 4)]);
    run->fault = (struct fault){0, 0};
    state_set_faults(run->state, (struct store_faults){run, write_beside});
    state_set_checkpoint_bytes(run->state, PART_BYTES);
    state_set_ids_kept(run->state, IDS_KEPT);
    come_round(run);
    assert_ok(state_writer_create(run->state, &run->writer));
    assert_ok(state_reader_create(run->state, &run->reader));
    run->store = state_writer_port(run->writer);
    run->view = state_reader_view(run->reader);
}

static void detach(struct run *run)
{
    state_writer_destroy(run->writer);
    state_reader_destroy(run->reader);
    state_close(run->state);
}

static void model_write(struct model *model, uint32_t key, uint32_t version)
{
    if (model->count == model->room) {
        model->room = model->room * 2 + 1024;
        model->writes = realloc(model->writes, model->room * sizeof model->writes[0]);
        assert_non_null(model->writes);
    }
    model->writes[model->count++] = (struct write){ROW_OPEN, key, version};
    model->pending.version[key] = version;
}

/* Each key as it was at `row`. */
static void model_rows(const struct model *model, uint64_t row, struct rows *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < model->count && model->writes[i].row <= row; i++) {
        out->version[model->writes[i].key] = model->writes[i].version;
    }
}

static void model_cut(struct model *model, size_t count)
{
    model->count = count;
    model->marked = model->marked < count ? model->marked : count;
    model_rows(model, ROW_OPEN, &model->pending);
}

static uint32_t version_at(const struct model *model, uint32_t key, uint64_t row)
{
    for (size_t i = model->count; i > 0; i--) {
        const struct write *write = &model->writes[i - 1];
        if (write->key == key && write->row <= row) {
            return write->version;
        }
    }
    return 0;
}

static enum err scan_row(void *context, uint64_t slice_row, enum ledger_table table,
                         struct slice key, struct slice value)
{
    struct run *run = context;
    uint8_t expected_key[LEDGER_KEY_MAX];
    uint8_t expected[VALUE_MAX];
    uint32_t number = key_number(key);
    assert_true(number < KEYS && table == key_table(number));
    assert_true(slice_equal(key, key_bytes(number, expected_key)));
    uint32_t version = version_at(&run->model, number, slice_row);
    assert_int_not_equal(version, 0);
    assert_true(slice_equal(value, value_bytes(number, version, expected)));
    assert_int_equal(run->scanned.version[number], 0);
    run->scanned.version[number] = version;
    return ERR_OK;
}

static void check_stored(struct run *run)
{
    struct slice_rows *rows = NULL;
    memset(&run->scanned, 0, sizeof run->scanned);
    assert_ok(state_scan_all(run->state, &rows, scan_row, run));
    assert_int_equal(slice_rows_lowest(rows), state_checkpointed_row(run->state));
    for (uint32_t i = 0; i < KEYS; i++) {
        uint8_t key[LEDGER_KEY_MAX];
        uint64_t row = slice_rows_at(rows, key_table(i), key_bytes(i, key));
        assert_int_equal(run->scanned.version[i], version_at(&run->model, i, row));
    }
    slice_rows_destroy(rows);
}

static enum err scan_durable_row(void *context, struct slice key, struct slice value)
{
    struct run *run = context;
    uint8_t expected[VALUE_MAX];
    uint32_t number = key_number(key);
    assert_true(number < KEYS);
    uint32_t version = run->model.durable.version[number];
    assert_int_not_equal(version, 0);
    assert_true(slice_equal(value, value_bytes(number, version, expected)));
    assert_int_equal(run->scanned.version[number], 0);
    run->scanned.version[number] = version;
    return ERR_OK;
}

/* One table below one of its keys, whether or not it was checkpointed. */
static void check_scan_durable(struct run *run)
{
    uint8_t bytes[LEDGER_KEY_MAX];
    uint8_t other[LEDGER_KEY_MAX];
    uint32_t number = (uint32_t)random_below(&run->seed, KEYS);
    enum ledger_table table = key_table(number);
    struct slice upto = key_bytes(number, bytes);
    struct ledger_key next;
    if (table == TABLE_MEMBER || table == TABLE_TRANSACTION || upto.length == 0) {
        return;
    }
    memset(&run->scanned, 0, sizeof run->scanned);
    assert_ok(state_scan_durable(run->state, table, upto, &next, scan_durable_row, run));
    for (uint32_t i = 0; i < KEYS; i++) {
        struct slice key = key_bytes(i, other);
        uint32_t version = key_table(i) == table ? run->model.durable.version[i] : 0;
        bool is_below = state_key_compare(key, upto) < 0;
        assert_int_equal(run->scanned.version[i], is_below ? version : 0);
        assert_true(
            version == 0 || is_below ||
            (next.length > 0 && state_key_compare(slice_of(next.bytes, next.length), key) <= 0));
    }
}

static void check_all(struct run *run)
{
    for (uint32_t i = 0; i < KEYS; i++) {
        assert_version(&run->store.view, i, run->model.pending.version[i]);
        assert_version(&run->view, i, run->model.durable.version[i]);
    }
    assert_int_equal(state_durable_row(run->state), run->model.durable_row);
    check_stored(run);
}

static void store_write(struct run *run, uint32_t number, uint32_t version)
{
    uint8_t key[LEDGER_KEY_MAX];
    uint8_t value[VALUE_MAX];
    struct slice name = key_bytes(number, key);
    void *context = run->store.context;
    assert_ok(version != 0 ? run->store.put(context, key_table(number), name,
                                            value_bytes(number, version, value))
                           : run->store.del(context, key_table(number), name));
}

static void write_one(struct run *run, bool is_put)
{
    uint32_t number = (uint32_t)random_below(&run->seed, KEYS);
    uint8_t key[LEDGER_KEY_MAX];
    if (random_below(&run->seed, 2) == 0) {
        state_writer_prefetch(run->writer, key_table(number), key_bytes(number, key));
    }
    uint32_t version = is_put ? ++run->version : 0;
    store_write(run, number, version);
    model_write(&run->model, number, version);
}

static void read_one(struct run *run)
{
    uint32_t number = (uint32_t)random_below(&run->seed, KEYS);
    assert_version(&run->store.view, number, run->model.pending.version[number]);
    assert_version(&run->view, number, run->model.durable.version[number]);
}

static void seal(struct run *run)
{
    struct model *model = &run->model;
    uint64_t row = model->sealed_row + 1 + random_below(&run->seed, 5);
    enum err err = state_writer_seal(run->writer, row);
    assert_int_equal(err, model->sealed_count == 64 ? ERR_RESOURCE : ERR_OK);
    if (err != ERR_OK) {
        return;
    }
    for (size_t i = model->count; i > 0 && model->writes[i - 1].row == ROW_OPEN; i--) {
        model->writes[i - 1].row = row;
    }
    model->sealed[model->sealed_count++] = row;
    model->sealed_row = row;
    model->marked = model->count;
}

static void make_durable(struct run *run)
{
    struct model *model = &run->model;
    uint64_t row = model->durable_row + random_below(&run->seed, 14);
    unsigned kept = 0;
    state_make_durable(run->state, row);
    for (unsigned i = 0; i < model->sealed_count; i++) {
        if (model->sealed[i] <= row) {
            model->durable_row = model->sealed[i];
        } else {
            model->sealed[kept++] = model->sealed[i];
        }
    }
    model->sealed_count = kept;
    model_rows(model, model->durable_row, &model->durable);
}

static void model_roll_back(struct model *model)
{
    size_t count = model->count;
    while (count > 0 && (model->writes[count - 1].row == ROW_OPEN ||
                         model->writes[count - 1].row > model->durable_row)) {
        count--;
    }
    model_cut(model, count);
    model->sealed_count = 0;
    model->sealed_row = model->durable_row;
    model->marked = model->count;
}

static void roll_back(struct run *run)
{
    state_writer_rollback(run->writer);
    model_roll_back(&run->model);
}

/* `failing` is the number of the commit that fails, -1 for none. */
static void checkpoint(struct run *run, int failing)
{
    bool is_more;
    uint64_t durable = run->model.durable_row;
    run->fault = (struct fault){failing, failing < 0 ? 0 : EIO};
    uint64_t kind = random_below(&run->seed, 4);
    enum err err = kind == 0   ? state_checkpoint(run->state)
                   : kind == 1 ? state_checkpoint_table(run->state, TABLE_TRANSACTION)
                               : state_checkpoint_some(run->state, random_below(&run->seed, 40),
                                                       random_below(&run->seed, 20000), &is_more);
    bool has_failed = failing >= 0 && run->fault.result == 0;
    run->fault.result = 0;
    assert_int_equal(err, has_failed ? ERR_STORAGE : ERR_OK);
    if (kind == 0 && err == ERR_OK) {
        assert_true(state_checkpointed_row(run->state) >= durable);
    }
    assert_true(state_checkpointed_row(run->state) <= run->model.durable_row);
}

/* One row of the journal again: what the store holds already is left alone, and what it does not
 * hold is as it was before the row. */
static bool replay_write(struct run *run, const struct write *write, struct rows *before)
{
    uint8_t key[LEDGER_KEY_MAX];
    struct slice name = key_bytes(write->key, key);
    bool is_applied =
        run->store.has_applied(run->store.context, key_table(write->key), name, write->row);
    if (!is_applied) {
        assert_version(&run->store.view, write->key, before->version[write->key]);
        store_write(run, write->key, write->version);
    }
    before->version[write->key] = write->version;
    return is_applied;
}

static void recover(struct run *run)
{
    const struct model *model = &run->model;
    struct rows before;
    bool has_skipped = false;
    uint64_t from = state_replay_from(run->state);
    assert_int_equal(state_durable_row(run->state), from - 1);
    model_rows(model, from - 1, &before);
    for (size_t i = 0; i < model->count;) {
        uint64_t row = model->writes[i].row;
        for (; i < model->count && model->writes[i].row == row; i++) {
            if (row >= from) {
                has_skipped = replay_write(run, &model->writes[i], &before) || has_skipped;
            }
        }
        if (row >= from) {
            make_visible(run->state, run->writer, row);
            if (random_below(&run->seed, 100) == 0) {
                bool is_more;
                state_set_faults(run->state, fault_hook(&run->fault));
                assert_ok(state_checkpoint_some(run->state, 10, 5000, &is_more));
                state_set_faults(run->state, (struct store_faults){run, write_beside});
                check_stored(run);
            }
        }
    }
    make_visible(run->state, run->writer, model->durable_row);
    run->recoveries_with_skips += has_skipped;
}

static void reopen(struct run *run)
{
    struct model *model = &run->model;
    detach(run);
    attach(run);
    model_roll_back(model);
    recover(run);
    check_all(run);
}

/* What the writer and the committer do. */
static void step_with(struct run *run, uint64_t dice)
{
    struct model *model = &run->model;
    if (dice < 4500) {
        write_one(run, true);
    } else if (dice < 6000) {
        write_one(run, false);
    } else if (dice < 8800) {
        read_one(run);
    } else if (dice < 9050) {
        state_writer_mark(run->writer);
        model->marked = model->count;
    } else if (dice < 9200) {
        state_writer_undo_to_mark(run->writer);
        model_cut(model, model->marked);
    } else if (dice < 9600) {
        seal(run);
    } else {
        make_durable(run);
    }
}

static void step_beside(struct run *run)
{
    step_with(run, random_below(&run->seed, 9800));
}

static void step(struct run *run)
{
    uint64_t dice = random_below(&run->seed, 10000);
    if (dice < 9800) {
        step_with(run, dice);
    } else if (dice < 9810) {
        roll_back(run);
    } else if (dice < 9980) {
        int failing = (int)random_below(&run->seed, 8);
        checkpoint(run, failing < 4 ? failing : -1);
    } else if (dice < 9988) {
        check_scan_durable(run);
    } else if (dice < 9993) {
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
    print_message("%u versions, checkpointed to row %llu of %llu, %u recoveries over mixed rows\n",
                  run.version, (unsigned long long)state_checkpointed_row(run.state),
                  (unsigned long long)run.model.durable_row, run.recoveries_with_skips);
    assert_true(run.recoveries_with_skips > 0);
    detach(&run);
    folder_remove(&run.folder);
    free(run.model.writes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_the_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

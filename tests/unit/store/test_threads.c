/* Readers beside writer, committer and checkpointer, with a cache that is too small: nobody sees a
 * row go back, torn, before it is durable, or later than its batch was announced. Threads count
 * what goes wrong; only the main one asserts. */
#include "fixture.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "store/id_window.h"

#define READERS     3
#define BATCHES     3000
#define KEYS        150
#define WORDS_MAX   40
#define CHECKPOINTS 20    /* at least */
#define ROUNDS_MAX  4000u /* of the checkpointer that it may take to make so many */
#define CACHE_BYTES 20000u
#define PART_BYTES  3000u
#define IDS_KEPT    10u
#define NEVER       UINT64_MAX /* what is written and taken back again */

struct shared {
    struct state *state;
    atomic_uint_fast64_t sealed;
    atomic_bool is_written;
    atomic_uint failures;
    atomic_uint checkpoints;
    atomic_uint reads;
    atomic_int commits;
};

static void failure(struct shared *shared, const char *what)
{
    atomic_fetch_add(&shared->failures, 1);
    print_error("%s\n", what);
}

struct name {
    enum ledger_table table;
    uint8_t bytes[ID_KEY_BYTES];
};

static struct name name_of(uint32_t number)
{
    static const enum ledger_table tables[] = {TABLE_ACCOUNT, TABLE_TRANSACTION, TABLE_MEMBER};
    struct name name = {tables[number % 3], {0}};
    put_u32_be(name.bytes, number);
    return name;
}

static struct slice key_of(const struct name *name)
{
    return slice_of(name->bytes, name->table == TABLE_TRANSACTION ? ID_KEY_BYTES : 16);
}

/* As many words as make rows of changing lengths; of a transaction a journal's row. */
static struct slice value_of(enum ledger_table table, uint64_t content, uint64_t words[WORDS_MAX])
{
    if (table == TABLE_TRANSACTION && content != NEVER) {
        struct id_value row;
        id_entry_value(&(struct id_entry){.row_and_origin = content}, &row);
        memcpy(words, row.bytes, row.length);
        return slice_of(words, row.length);
    }
    for (size_t i = 0; i < WORDS_MAX; i++) {
        words[i] = content;
    }
    return slice_of(words, 8 * (1 + content * 7 % WORDS_MAX));
}

/* The other way; NEVER for what no batch writes. */
static uint64_t content_of(enum ledger_table table, struct slice value)
{
    uint64_t words[WORDS_MAX];
    uint64_t content = NEVER;
    struct reader in = reader_of(value);
    if (table == TABLE_TRANSACTION) {
        content = read_varint(&in);
    } else if (value.length >= sizeof content) {
        memcpy(&content, value.at, sizeof content);
    }
    return slice_equal(value, value_of(table, content, words)) ? content : NEVER;
}

static bool put_one(struct state_writer *writer, uint32_t number, uint64_t content)
{
    uint64_t words[WORDS_MAX];
    struct ledger_store store = state_writer_port(writer);
    struct name name = name_of(number);
    return store.put(store.context, name.table, key_of(&name),
                     value_of(name.table, content, words)) == ERR_OK;
}

static bool del_one(struct state_writer *writer, uint32_t number)
{
    struct ledger_store store = state_writer_port(writer);
    struct name name = name_of(number);
    return store.del(store.context, name.table, key_of(&name)) == ERR_OK;
}

/* Batch n writes n into keys 0 (each batch), 1 (even ones; odd ones delete it) and n % KEYS. */
static bool write_batch(struct state_writer *writer, uint64_t batch, uint64_t content)
{
    return put_one(writer, 0, content) &&
           put_one(writer, (uint32_t)(2 + batch % (KEYS - 2)), content) &&
           (batch % 2 == 0 ? put_one(writer, 1, content) : del_one(writer, 1));
}

/* Now and then something that is undone, or, when all is durable, rolled back. */
static bool write_in_vain(struct shared *shared, struct state_writer *writer, uint64_t batch)
{
    if (batch % 8 == 0) {
        state_writer_mark(writer);
        bool is_good = write_batch(writer, batch + 1, NEVER);
        state_writer_undo_to_mark(writer);
        return is_good;
    }
    if (batch % 512 == 1) {
        while (state_durable_row(shared->state) < batch - 1) {
            sched_yield();
        }
        bool is_good = write_batch(writer, batch, NEVER);
        state_writer_rollback(writer);
        return is_good;
    }
    return true;
}

static void seal(struct shared *shared, struct state_writer *writer, uint64_t batch)
{
    while (state_writer_seal(writer, batch) != ERR_OK) {
        sched_yield(); /* too many are not durable */
    }
    atomic_store(&shared->sealed, batch);
}

static void *writer_main(void *context)
{
    struct shared *shared = context;
    struct state_writer *writer = NULL;
    if (state_writer_create(shared->state, &writer) != ERR_OK) {
        failure(shared, "no writer");
    }
    /* Goes on until enough checkpoints went on beside it. */
    uint64_t batch = 0;
    while (writer != NULL && (batch < BATCHES || atomic_load(&shared->checkpoints) < CHECKPOINTS)) {
        batch++;
        if (!write_in_vain(shared, writer, batch) || !write_batch(writer, batch, batch) ||
            atomic_load(&shared->failures) != 0) {
            failure(shared, "a write failed");
            break;
        }
        seal(shared, writer, batch);
    }
    while (atomic_load(&shared->failures) == 0 && state_durable_row(shared->state) < batch) {
        sched_yield();
    }
    state_writer_destroy(writer);
    atomic_store(&shared->is_written, true);
    return NULL;
}

static void *committer_main(void *context)
{
    struct shared *shared = context;
    while (!atomic_load(&shared->is_written)) {
        state_make_durable(shared->state, atomic_load(&shared->sealed));
        sched_yield();
    }
    return NULL;
}

/* The batch whose row a checkpoint up to `row` has under a key; 0 for none. */
static uint64_t batch_at(uint32_t number, uint64_t row)
{
    if (number == 0) {
        return row;
    }
    if (number == 1) {
        return row % 2 == 0 ? row : 0;
    }
    uint64_t back = (row + (KEYS - 2) - (number - 2)) % (KEYS - 2);
    return row > back ? row - back : 0;
}

static enum err collect_row(void *context, uint64_t slice_row, enum ledger_table table,
                            struct slice key, struct slice value)
{
    uint64_t *batches = context;
    (void)slice_row;
    uint32_t number = key.length < 4 ? KEYS : get_u32_be(key.at);
    if (number >= KEYS || name_of(number).table != table || content_of(table, value) == NEVER) {
        return ERR_CORRUPT;
    }
    batches[number] = content_of(table, value);
    return ERR_OK;
}

/* A slice holds whole batches, up to its row and none behind it. */
static void check_checkpoint(struct shared *shared)
{
    struct slice_rows *rows = NULL;
    uint64_t batches[KEYS] = {0};
    if (state_scan_all(shared->state, &rows, collect_row, batches) != ERR_OK) {
        failure(shared, "a scan failed");
        return;
    }
    for (uint32_t number = 0; number < KEYS; number++) {
        struct name name = name_of(number);
        if (batches[number] != batch_at(number, slice_rows_at(rows, name.table, key_of(&name)))) {
            failure(shared, "a slice is not exact for its row");
            break;
        }
    }
    if (slice_rows_highest(rows) > state_durable_row(shared->state)) {
        failure(shared, "a slice is ahead of the journal");
    }
    slice_rows_destroy(rows);
}

static enum err collect_account(void *context, struct slice key, struct slice value)
{
    return collect_row(context, 0, TABLE_ACCOUNT, key, value);
}

static bool is_of_batch(uint32_t number, uint64_t batch, uint64_t row)
{
    return name_of(number).table != TABLE_ACCOUNT || batch == batch_at(number, row);
}

/* A walk over what is durable sees one batch, which was durable while it went on. */
static void check_scan_durable(struct shared *shared)
{
    uint8_t upto[16] = {0xff};
    uint64_t batches[KEYS] = {0};
    struct ledger_key next;
    uint64_t row = state_durable_row(shared->state);
    enum err err = state_scan_durable(shared->state, TABLE_ACCOUNT, slice_of(upto, sizeof upto),
                                      &next, collect_account, batches);
    uint64_t last = state_durable_row(shared->state);
    uint32_t found = 0; /* keys that are as they were in batch `row` */
    for (; err == ERR_OK && row <= last && found < KEYS; row++) {
        for (found = 0; found < KEYS && is_of_batch(found, batches[found], row); found++) {
        }
    }
    if (found < KEYS) {
        failure(shared, "a walk over what is durable is of no batch");
    }
}

static void *checkpointer_main(void *context)
{
    struct shared *shared = context;
    for (unsigned round = 0; !atomic_load(&shared->is_written); round++) {
        bool is_more = false;
        uint64_t before = state_checkpointed_row(shared->state);
        uint64_t durable = state_durable_row(shared->state);
        enum err err = round % 8 == 0 ? state_checkpoint(shared->state)
                                      : state_checkpoint_some(shared->state, 20, 3000, &is_more);
        if (round % 8 == 0 && err == ERR_OK && state_checkpointed_row(shared->state) < durable) {
            failure(shared, "a whole checkpoint is behind the durable row at its start");
        }
        if (state_checkpointed_row(shared->state) > before) {
            atomic_fetch_add(&shared->checkpoints, 1);
        }
        check_checkpoint(shared);
        check_scan_durable(shared);
        if (round == ROUNDS_MAX && atomic_load(&shared->checkpoints) < CHECKPOINTS) {
            failure(shared, "no checkpoint gets on");
            break;
        }
        if (err != ERR_OK && err != ERR_STORAGE) {
            failure(shared, "a checkpoint failed by itself");
            break;
        }
    }
    return NULL;
}

/* The batch that the row is of; 0 for no row. */
static uint64_t read_batch(struct shared *shared, const struct ledger_view *view, uint32_t number)
{
    struct name name = name_of(number);
    struct slice value;
    enum err err = view->get(view->context, name.table, key_of(&name), &value);
    if (err == ERR_NOT_FOUND) {
        return 0;
    }
    if (err != ERR_OK) {
        failure(shared, "a read failed");
        return 0;
    }
    if (content_of(name.table, value) == NEVER) {
        failure(shared, "a torn row, or one that is never durable");
        return 0;
    }
    return content_of(name.table, value);
}

static void *reader_main(void *context)
{
    struct shared *shared = context;
    struct state_reader *reader = NULL;
    uint64_t last[KEYS] = {0};
    uint64_t seed = (uint64_t)(uintptr_t)&last;
    if (state_reader_create(shared->state, &reader) != ERR_OK) {
        failure(shared, "no reader");
        return NULL;
    }
    struct ledger_view view = state_reader_view(reader);
    while (!atomic_load(&shared->is_written) && atomic_load(&shared->failures) == 0) {
        uint32_t number = (uint32_t)random_below(&seed, KEYS);
        uint64_t announced = state_durable_row(shared->state);
        uint64_t batch = read_batch(shared, &view, number);
        bool is_gone = batch == 0 && number != 1 && last[number] != 0;
        bool is_back = batch != 0 && batch < last[number];
        if (is_gone || is_back) {
            failure(shared, "a row went back");
        }
        if (number == 0 && batch < announced) {
            failure(shared, "an announced batch is not there");
        }
        if (batch > atomic_load(&shared->sealed) || (batch != 0 && batch == NEVER)) {
            failure(shared, "a row that is not durable");
        }
        if (batch != 0) {
            last[number] = batch;
        }
        atomic_fetch_add(&shared->reads, 1);
    }
    state_reader_destroy(reader);
    return NULL;
}

static int fail_each_fourth(void *context)
{
    struct shared *shared = context;
    return atomic_fetch_add(&shared->commits, 1) % 4 == 3 ? EIO : 0;
}

static void test_readers_beside_the_others(void **unused)
{
    (void)unused;
    struct folder folder;
    struct shared shared = {0};
    pthread_t threads[READERS + 3];
    folder_make(&folder);
    shared.state = open_small_state(&folder, CACHE_BYTES);
    state_set_faults(shared.state, (struct store_faults){&shared, fail_each_fourth});
    state_set_checkpoint_bytes(shared.state, PART_BYTES);
    state_set_ids_kept(shared.state, IDS_KEPT);
    assert_int_equal(pthread_create(&threads[0], NULL, writer_main, &shared), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, committer_main, &shared), 0);
    assert_int_equal(pthread_create(&threads[2], NULL, checkpointer_main, &shared), 0);
    for (unsigned i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&threads[3 + i], NULL, reader_main, &shared), 0);
    }
    for (unsigned i = 0; i < READERS + 3; i++) {
        pthread_join(threads[i], NULL);
    }
    print_message("%u reads, %u checkpoints, %llu batches\n", atomic_load(&shared.reads),
                  atomic_load(&shared.checkpoints),
                  (unsigned long long)state_durable_row(shared.state));
    assert_int_equal(atomic_load(&shared.failures), 0);
    state_close(shared.state);
    folder_remove(&folder);
}

#define LARGE_KEYS    24000u
#define LARGE_BATCHES 400u
#define LARGE_WRITES  200u /* in a batch */
#define LARGE_MAX     150u /* words of a row */

/* What each row says: words in it, all the same. 0: no row. */
struct large {
    uint32_t now[LARGE_KEYS];
    uint32_t marked[LARGE_KEYS];
    uint32_t durable[LARGE_KEYS];
};

static struct slice large_key(uint32_t number, uint8_t out[ID_KEY_BYTES])
{
    memset(out, 0, ID_KEY_BYTES);
    put_u32_be(out + (number % 3 == 1 ? 28 : 0), number);
    return slice_of(out, number % 3 == 1 ? ID_KEY_BYTES : 16);
}

static struct slice large_value(uint32_t number, uint32_t version, uint32_t out[LARGE_MAX])
{
    if (number % 3 == 1 && version % 4 != 0) {
        struct id_value row;
        id_entry_value(&(struct id_entry){.row_and_origin = version}, &row);
        memcpy(out, row.bytes, row.length);
        return slice_of(out, row.length);
    }
    uint32_t words = 1 + (version % 10 == 0 ? version % LARGE_MAX : version % 8);
    for (uint32_t i = 0; i < words; i++) {
        out[i] = version;
    }
    return slice_of(out, words * sizeof out[0]);
}

static void large_write(const struct ledger_store *store, struct large *large, uint32_t number,
                        uint32_t version)
{
    uint8_t key[ID_KEY_BYTES];
    uint32_t words[LARGE_MAX];
    enum ledger_table table = name_of(number).table;
    struct slice name = large_key(number, key);
    assert_ok(version == 0
                  ? store->del(store->context, table, name)
                  : store->put(store->context, table, name, large_value(number, version, words)));
    large->now[number] = version;
}

static void large_check(const struct ledger_view *view, const uint32_t *versions)
{
    for (uint32_t number = 0; number < LARGE_KEYS; number++) {
        uint8_t key[ID_KEY_BYTES];
        uint32_t words[LARGE_MAX];
        struct slice value;
        uint32_t version = versions[number];
        enum err err =
            view->get(view->context, name_of(number).table, large_key(number, key), &value);
        assert_int_equal(err, version == 0 ? ERR_NOT_FOUND : ERR_OK);
        assert_true(version == 0 || slice_equal(value, large_value(number, version, words)));
    }
}

static void *large_checkpointer(void *context)
{
    struct shared *shared = context;
    for (unsigned round = 0; !atomic_load(&shared->is_written); round++) {
        bool is_more;
        enum err err = round % 8 == 0   ? state_checkpoint(shared->state)
                       : round % 4 == 1 ? state_checkpoint_table(shared->state, TABLE_ACCOUNT)
                       : round % 4 == 2 ? state_checkpoint_table(shared->state, TABLE_TRANSACTION)
                                        : state_checkpoint_some(shared->state, 5, 10000, &is_more);
        if (err != ERR_OK && err != ERR_STORAGE) {
            failure(shared, "a checkpoint failed by itself");
            break;
        }
        atomic_fetch_add(&shared->checkpoints, err == ERR_OK);
    }
    return NULL;
}

/* A batch that is undone in part, and sometimes never is durable. */
static void large_batch(struct shared *shared, struct state_writer *writer, struct large *large,
                        uint64_t batch, uint64_t *seed)
{
    struct ledger_store store = state_writer_port(writer);
    for (unsigned i = 0; i < LARGE_WRITES; i++) {
        uint32_t number = (uint32_t)random_below(seed, LARGE_KEYS);
        large_write(&store, large, number,
                    random_below(seed, 4) == 0 ? 0 : 1 + (uint32_t)random_below(seed, 1000000));
        uint64_t dice = random_below(seed, 60);
        if (dice == 0) {
            state_writer_mark(writer);
            memcpy(large->marked, large->now, sizeof large->now);
        } else if (dice == 1) {
            state_writer_undo_to_mark(writer);
            memcpy(large->now, large->marked, sizeof large->now);
        }
    }
    assert_ok(state_writer_seal(writer, batch));
    if (random_below(seed, 20) == 0) {
        state_writer_rollback(writer);
        memcpy(large->now, large->durable, sizeof large->now);
    }
    state_make_durable(shared->state, batch);
    memcpy(large->durable, large->now, sizeof large->now);
    memcpy(large->marked, large->now, sizeof large->now);
}

/* Slices of thousands of rows that change while they are copied and written, and are given back. */
static void test_large_slices_beside_the_writer(void **unused)
{
    (void)unused;
    static struct large large;
    static struct shared shared; /* a test that failed leaves a thread behind */
    struct folder folder;
    struct state_writer *writer;
    pthread_t thread;
    uint64_t seed = seed_begin();
    uint64_t batch = 1;
    memset(&large, 0, sizeof large);
    folder_make(&folder);
    shared.state = open_small_state(&folder, CACHE_BYTES * 20);
    state_set_faults(shared.state, (struct store_faults){&shared, fail_each_fourth});
    state_set_checkpoint_bytes(shared.state, PART_BYTES * 10);
    state_set_ids_kept(shared.state, IDS_KEPT * 50);
    assert_ok(state_writer_create(shared.state, &writer));
    assert_int_equal(pthread_create(&thread, NULL, large_checkpointer, &shared), 0);
    for (; batch <= LARGE_BATCHES ||
           (batch < 20 * LARGE_BATCHES && atomic_load(&shared.checkpoints) < CHECKPOINTS);
         batch++) {
        large_batch(&shared, writer, &large, batch, &seed);
        if (batch % 100 == 0) {
            struct ledger_store store = state_writer_port(writer);
            large_check(&store.view, large.now);
        }
    }
    atomic_store(&shared.is_written, true);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&shared.failures), 0);
    state_set_faults(shared.state, (struct store_faults){NULL, NULL});
    /* What a rollback has given back is written behind the next batch that is durable. */
    assert_ok(state_writer_seal(writer, batch));
    state_make_durable(shared.state, batch);
    assert_ok(state_checkpoint(shared.state));
    assert_int_equal(state_dirty_bytes(shared.state), 0);
    state_writer_destroy(writer);
    state_close(shared.state);
    shared.state = open_state(&folder, STATE_WRITE);
    struct state_reader *reader;
    assert_ok(state_reader_create(shared.state, &reader));
    struct ledger_view view = state_reader_view(reader);
    large_check(&view, large.durable);
    state_reader_destroy(reader);
    print_message("%u checkpoints\n", atomic_load(&shared.checkpoints));
    state_close(shared.state);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readers_beside_the_others),
        cmocka_unit_test(test_large_slices_beside_the_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

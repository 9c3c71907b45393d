/* Without memory: a publish still can't fail, and a put that fails has changed nothing. The linker
 * sends every malloc, calloc and realloc of the store through here. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "store/memtable.h"

#define ROWS 20000u
#define SEED 42u

static bool is_exhausted; /* set by one thread only */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);

void *__wrap_malloc(size_t size)
{
    return is_exhausted ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_exhausted ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
    return is_exhausted ? NULL : __real_realloc(at, size);
}

static struct row *make_row(uint32_t number, uint32_t version)
{
    uint8_t key[4];
    struct row_name name;
    put_u32_be(key, number);
    assert_ok(row_name_init(&name, SEED, TABLE_SALE, slice_of(key, sizeof key)));
    struct row *row = row_create(&name, sizeof version);
    assert_non_null(row);
    row_set_value(row, slice_of(&version, sizeof version));
    return row;
}

static int compare_hashes(const void *left, const void *right)
{
    const struct row_slot *a = left;
    const struct row_slot *b = right;
    return (a->hash > b->hash) - (a->hash < b->hash);
}

static void publish_all(struct memtable *memtable, uint32_t version)
{
    struct row_slot *rows = calloc(ROWS, sizeof *rows);
    size_t starts[MEMTABLE_SHARDS + 1] = {0};
    assert_non_null(rows);
    for (uint32_t i = 0; i < ROWS; i++) {
        rows[i].row = make_row(i, version);
        rows[i].hash = rows[i].row->hash;
        for (unsigned s = memtable_shard_of(rows[i].hash); s < MEMTABLE_SHARDS; s++) {
            starts[s + 1]++;
        }
    }
    qsort(rows, ROWS, sizeof *rows, compare_hashes); /* the shard is the top of the hash */
    is_exhausted = true;
    memtable_publish(memtable, rows, starts);
    is_exhausted = false;
    free(rows);
}

static void assert_all(struct memtable *memtable, uint32_t version)
{
    struct buffer out = {0};
    for (uint32_t i = 0; i < ROWS; i++) {
        struct row *row = make_row(i, 0);
        struct row_name name = row_get_name(row);
        bool is_deleted = true;
        assert_ok(memtable_get(memtable, &name, &out, &is_deleted));
        assert_false(is_deleted);
        assert_true(slice_equal(buffer_slice(&out), slice_of(&version, sizeof version)));
        free(row);
    }
    buffer_fini(&out);
}

static void test_publish_without_memory(void **unused)
{
    (void)unused;
    static struct memtable memtable;
    assert_ok(memtable_init(&memtable));
    publish_all(&memtable, 1);
    size_t bytes = atomic_load(&memtable.bytes);
    assert_all(&memtable, 1);
    publish_all(&memtable, 2);
    assert_all(&memtable, 2);
    assert_int_equal(atomic_load(&memtable.bytes), bytes);
    memtable_freeze(&memtable);
    assert_all(&memtable, 2);
    const struct row **rows = NULL;
    size_t count = 0;
    is_exhausted = true;
    assert_int_equal(memtable_sorted(&memtable, &rows, &count), ERR_RESOURCE);
    is_exhausted = false;
    assert_ok(memtable_sorted(&memtable, &rows, &count));
    assert_int_equal(count, ROWS);
    for (uint32_t i = 0; i < ROWS; i++) {
        assert_int_equal(get_u32_be(rows[i]->bytes), i);
    }
    free(rows);
    memtable_drop_frozen(&memtable);
    assert_int_equal(atomic_load(&memtable.bytes), 0);
    memtable_fini(&memtable);
}

static void test_put_without_memory(void **unused)
{
    (void)unused;
    struct folder folder;
    struct overlay *overlay = NULL;
    struct slice value;
    folder_make(&folder);
    struct state *state = open_state(&folder, STATE_WRITE);
    assert_ok(overlay_create(state, &overlay));
    struct ledger_store store = overlay_port(overlay);
    struct slice key = slice_of("k", 1);
    assert_ok(store.put(store.context, TABLE_SALE, key, slice_of("old", 3)));
    overlay_mark(overlay);
    is_exhausted = true;
    enum err changed = store.put(store.context, TABLE_SALE, key, slice_of("new", 3));
    enum err added = store.put(store.context, TABLE_SALE, slice_of("l", 1), slice_of("new", 3));
    overlay_publish(overlay, 1);
    enum err checkpointed = state_checkpoint(state);
    is_exhausted = false;
    assert_int_equal(changed, ERR_RESOURCE);
    assert_int_equal(added, ERR_RESOURCE);
    assert_int_equal(checkpointed, ERR_RESOURCE);
    assert_ok(store.view.get(overlay, TABLE_SALE, key, &value));
    assert_true(slice_equal(value, slice_of("old", 3)));
    assert_int_equal(store.view.get(overlay, TABLE_SALE, slice_of("l", 1), &value), ERR_NOT_FOUND);
    assert_ok(state_checkpoint(state));
    assert_int_equal(state_checkpointed_row(state), 1);
    overlay_destroy(overlay);
    state_close(state);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_publish_without_memory),
        cmocka_unit_test(test_put_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

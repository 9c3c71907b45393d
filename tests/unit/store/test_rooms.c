/* The parts that the state is made of, each by itself. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "store/state_writer.h"

static struct slice id_key(uint32_t number, uint8_t out[ID_KEY_BYTES])
{
    memset(out, 0, ID_KEY_BYTES);
    out[0] = (uint8_t)(number % 3);
    put_u32_be(out + 28, number);
    return slice_of(out, ID_KEY_BYTES);
}

static uint64_t hash_of(struct slice key)
{
    struct row_name name;
    assert_ok(row_name_init(&name, 1, TABLE_TRANSACTION, key));
    return name.hash;
}

static bool add_id(struct id_window *window, uint32_t number)
{
    uint8_t bytes[ID_KEY_BYTES];
    struct slice key = id_key(number, bytes);
    struct id_value value;
    id_entry_value(&(struct id_entry){.row_and_origin = number}, &value);
    return id_window_add(window, hash_of(key), key, slice_of(value.bytes, value.length), 1);
}

static bool has_id(const struct id_window *window, uint32_t number, uint32_t end)
{
    uint8_t bytes[ID_KEY_BYTES];
    struct slice key = id_key(number, bytes);
    struct id_value expected;
    struct id_value value = {.length = 0};
    id_entry_value(&(struct id_entry){.row_and_origin = number}, &expected);
    bool is_there = id_window_find(window, hash_of(key), key, end, &value);
    assert_true(!is_there || slice_equal(slice_of(value.bytes, value.length),
                                         slice_of(expected.bytes, expected.length)));
    return is_there;
}

/* A window that moves on, entry n at position `begin` + n. */
static void walk_window(uint32_t begin)
{
    enum {
        ENTRIES = 30 * ID_CHUNK_COUNT,
        KEPT = 3 * ID_CHUNK_COUNT + 7,
        STEP = 1000
    };
    struct id_window window = {.first = begin, .end = begin};
    size_t taken = 0;
    for (uint32_t i = 0; i < ENTRIES; i++) {
        assert_true(add_id(&window, i));
        assert_int_equal(window.end, begin + i + 1);
        if (i % STEP != 0) {
            continue;
        }
        for (uint32_t j = 1; j < STEP / 2; j++) {
            assert_true(add_id(&window, i + j));
        }
        id_window_cut(&window, begin + i + 1, 1);
        assert_false(has_id(&window, i + 1, window.end));
        if (i > KEPT) {
            id_window_drop(&window, begin + i - KEPT);
            assert_false(has_id(&window, i - KEPT - 1, window.end));
            assert_true(has_id(&window, i - KEPT, window.end));
        }
        assert_true(has_id(&window, i, window.end));
        assert_false(has_id(&window, i, window.end - 1));
        if (i >= ENTRIES / 2 && taken == 0) {
            taken = atomic_load(&window.taken);
        }
    }
    assert_true(atomic_load(&window.taken) <= taken + ID_CHUNK_COUNT * sizeof(struct id_entry));
    id_window_fini(&window);
}

static void test_window_moves_on(void **unused)
{
    (void)unused;
    walk_window(0);
    walk_window(12345);
}

/* Positions come round. */
static void test_window_comes_round(void **unused)
{
    (void)unused;
    walk_window(UINT32_MAX - 10 * ID_CHUNK_COUNT - 77);
    walk_window(UINT32_MAX - 10 * ID_CHUNK_COUNT + 1);
    walk_window(UINT32_MAX);
}

/* Many that nothing leaves: more chunks and places, also when the oldest is in the middle of one.
 */
static void test_window_grows(void **unused)
{
    (void)unused;
    static const uint32_t begins[] = {0, 5 * ID_CHUNK_COUNT + 3, UINT32_MAX - ID_CHUNK_COUNT};
    for (size_t n = 0; n < sizeof begins / sizeof begins[0]; n++) {
        struct id_window window = {.first = begins[n], .end = begins[n]};
        const uint32_t count = 40 * ID_CHUNK_COUNT + 1;
        for (uint32_t i = 0; i < count; i++) {
            assert_true(add_id(&window, i));
        }
        for (uint32_t i = 0; i < count; i++) {
            assert_true(has_id(&window, i, window.end));
            assert_false(has_id(&window, i, begins[n] + i));
        }
        id_window_cut(&window, begins[n] + 10, 1);
        assert_true(has_id(&window, 9, window.end));
        assert_false(has_id(&window, 10, window.end));
        assert_true(add_id(&window, 10));
        id_window_cut(&window, begins[n], 1);
        assert_false(has_id(&window, 0, window.end));
        id_window_fini(&window);
    }
}

/* What does not fit is a row like others. */
static void test_window_takes_ids_only(void **unused)
{
    (void)unused;
    static const struct {
        size_t key_length;
        const char *value;
        size_t value_length;
        bool fits;
    } cases[] = {
        {32, "\x01", 1, true},
        {32, "\x00", 1, true},
        {31, "\x01", 1, false},
        {33, "\x01", 1, false},
        {32, "", 0, false},
        {32, "\x80", 1, false},
        {32, "\x80\x00", 2, false}, /* longer than needed */
        {32, "\x01\x01", 2, false},
        {32, "\xff\xff\xff\xff\xff\xff\x3f", 7, true},  /* 48 bits */
        {32, "\xff\xff\xff\xff\xff\xff\x7f", 7, false}, /* 49 */
    };
    struct id_window window = {.ring = 0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[33] = {0};
        bytes[31] = (uint8_t)i;
        struct slice key = slice_of(bytes, cases[i].key_length);
        struct slice value = slice_of(cases[i].value, cases[i].value_length);
        struct id_value found;
        assert_int_equal(id_window_add(&window, i, key, value, 1), cases[i].fits);
        assert_int_equal(id_window_find(&window, i, key, window.end, &found), cases[i].fits);
        assert_true(!cases[i].fits || slice_equal(slice_of(found.bytes, found.length), value));
    }
    for (unsigned i = 0; i < ID_ORIGINS + 3; i++) {
        uint8_t bytes[ID_KEY_BYTES] = {0};
        bytes[5] = (uint8_t)(i + 1);
        bool fits =
            id_window_add(&window, i, slice_of(bytes, sizeof bytes), slice_of("\x05", 1), 1);
        assert_int_equal(fits, i < ID_ORIGINS - 1); /* one was there */
    }
    id_window_fini(&window);
}

static void test_log_lets_go(void **unused)
{
    (void)unused;
    enum {
        LARGE = 300000
    };
    struct version_log log = {.chunks = NULL};
    uint32_t numbers[400];
    for (uint32_t epoch = 1; epoch < 400; epoch++) {
        size_t size = epoch % 10 == 0 ? LARGE : 1 + epoch * 997 % 60000;
        struct row *row = version_log_take(&log, size, epoch, &numbers[epoch]);
        assert_non_null(row);
        assert_ptr_equal(row, version_log_at(&log, numbers[epoch]));
        assert_int_not_equal(numbers[epoch], 0);
        memset((void *)row, (int)(epoch & 0xff), size);
        uint64_t floor = epoch < 20 ? 0 : epoch - 20;
        for (uint64_t kept = floor + 1; kept <= epoch; kept++) {
            const uint8_t *bytes = (const void *)version_log_at(&log, numbers[kept]);
            assert_int_equal(bytes[0], kept & 0xff);
        }
        version_log_free(&log, floor);
        assert_false(version_log_is_stale(&log, floor));
    }
    assert_true(atomic_load(&log.taken) < 30u * LARGE);
    version_log_free(&log, 400);
    assert_int_equal(log.count, 0);
    version_log_fini(&log);
}

/* Its chunks are a ring. */
static void test_log_comes_round(void **unused)
{
    (void)unused;
    struct version_log log = {.first = UINT32_MAX - 2};
    uint32_t numbers[8];
    for (uint32_t i = 0; i < 8; i++) {
        struct row *row = version_log_take(&log, 200000, i + 1, &numbers[i]);
        assert_non_null(row);
        memset((void *)row, (int)i, 200000);
    }
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(*(const uint8_t *)(const void *)version_log_at(&log, numbers[i]), i);
        version_log_free(&log, i + 1);
        assert_int_equal(log.count, 7 - i);
    }
    version_log_fini(&log);
}

/* What is taken back makes room. */
static void test_log_is_cut(void **unused)
{
    (void)unused;
    struct version_log log = {.chunks = NULL};
    uint32_t first;
    uint32_t number;
    struct version_mark empty = version_log_mark(&log);
    assert_non_null(version_log_take(&log, 100, 1, &first));
    struct version_mark mark = version_log_mark(&log);
    for (unsigned round = 0; round < 100; round++) {
        for (unsigned i = 0; i < 9; i++) {
            assert_non_null(version_log_take(&log, i == 3 ? 400000 : 100000, 2, &number));
        }
        version_log_cut(&log, mark);
        assert_int_equal(log.count, 1);
        assert_non_null(version_log_take(&log, 100, 2, &number));
        assert_int_equal(number, first + 13);
        version_log_cut(&log, mark);
    }
    assert_true(atomic_load(&log.taken) < 3u << 20);
    for (uint64_t epoch = 2; epoch < 100; epoch++) {
        assert_non_null(version_log_take(&log, 200000, epoch, &number));
    }
    version_log_cut_behind(&log, 40);
    assert_int_equal(log.count, 39); /* one of them holds 1 and 2 */
    assert_int_equal(log.chunks[38]->last_epoch, 40);
    version_log_cut_behind(&log, 1);
    assert_int_equal(log.count, 1);
    version_log_cut(&log, empty);
    assert_int_equal(log.count, 0);
    version_log_fini(&log);
}

static struct dirty_chunk *chunks_of(unsigned count)
{
    struct dirty_chunk *chunks = NULL;
    while (count-- > 0) {
        struct dirty_chunk *chunk = calloc(1, sizeof *chunk);
        assert_non_null(chunk);
        chunk->next = chunks;
        chunks = chunk;
    }
    return chunks;
}

static size_t count_named(const struct dirty_list *list)
{
    size_t count = 0;
    for (const struct dirty_chunk *chunk = list->first; chunk != NULL; chunk = chunk->next) {
        count += chunk->count;
        assert_true(chunk->next != NULL || chunk == list->last);
    }
    return count;
}

static void test_dirty_lists(void **unused)
{
    (void)unused;
    struct dirty_list list = {NULL, NULL, 0};
    struct dirty_list front = {NULL, NULL, 0};
    struct dirty_chunk *spare = chunks_of(4);
    assert_true(dirty_list_is_clean(&list, UINT64_MAX - 1));
    dirty_list_join(&list, &front);
    assert_null(list.first);
    for (unsigned i = 0; i < DIRTY_CHUNK_ROWS + 1; i++) {
        dirty_list_add(&list, NULL, 7 + i, &spare);
    }
    assert_true(dirty_list_is_clean(&list, 6) && !dirty_list_is_clean(&list, 7));
    dirty_list_add(&list, NULL, 5, &spare);
    assert_true(dirty_list_is_clean(&list, 4) && !dirty_list_is_clean(&list, 5));
    dirty_list_add(&front, NULL, 3, &spare);
    dirty_list_join(&list, &front);
    assert_null(front.first);
    assert_int_equal(count_named(&list), DIRTY_CHUNK_ROWS + 3);
    assert_int_equal(list.first->count, 1); /* the front comes first */
    assert_false(dirty_list_is_clean(&list, 3));
    dirty_list_join(&front, &list);
    assert_int_equal(count_named(&front), DIRTY_CHUNK_ROWS + 3);
    assert_int_equal(front.first_epoch, 3);
    dirty_list_fini(&front);
    dirty_chunks_free(spare);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window_moves_on), cmocka_unit_test(test_window_comes_round),
        cmocka_unit_test(test_window_grows),    cmocka_unit_test(test_window_takes_ids_only),
        cmocka_unit_test(test_log_lets_go),     cmocka_unit_test(test_log_comes_round),
        cmocka_unit_test(test_log_is_cut),      cmocka_unit_test(test_dirty_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a judgement is made of: goods, windows, standings, shares. */
#include "scene.h"

#include <stdlib.h>

#include "base/limits.h"
#include "programme/share.h"

static void test_goods_of_a_line(void **state)
{
    (void)state;
    static const struct goods_member bread[] = {{GOODS_BY_CATEGORY, TEXT("bread")}};
    static const struct goods_member own[] = {{GOODS_BY_BRAND, TEXT("Korn")},
                                              {GOODS_BY_PRODUCT, TEXT("17")},
                                              {GOODS_BY_PRODUCT, TEXT("17")}};
    static const struct goods_member fours[] = {{GOODS_BY_PRODUCT_PREFIX, TEXT("4")},
                                                {GOODS_BY_PRODUCT_PREFIX, TEXT("400")}};
    static const struct goods_set sets[] = {{"bread", bread, COUNT(bread), 0},
                                            {"own", own, COUNT(own), 0},
                                            {"fours", fours, COUNT(fours), 0}};
    static const struct {
        struct basket_line line;
        const char *sets;
    } rows[] = {
        {{TEXT("17"), TEXT("bread"), TEXT("Korn"), 0, {0}}, "01"},
        {{TEXT("4001"), TEXT("bread"), TEXT(""), 0, {0}}, "02"},
        {{TEXT("4"), TEXT(""), TEXT("Korn"), 0, {0}}, "12"},
        {{TEXT("171"), TEXT("Korn"), TEXT("bread"), 0, {0}}, ""},
        {{TEXT(""), TEXT(""), TEXT(""), 0, {0}}, ""},
    };
    struct goods *goods;
    struct arena arena;
    arena_init(&arena, 4096);
    assert_int_equal(goods_create(sets, COUNT(sets), &goods, NULL), ERR_OK);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct goods_list list;
        char found[8] = "";
        assert_int_equal(goods_of_line(goods, &rows[i].line, &arena, &list), ERR_OK);
        for (size_t k = 0; k < list.count; k++) {
            found[k] = (char)('0' + list.at[k]);
        }
        assert_string_equal(found, rows[i].sets);
        assert_int_equal(goods_list_has(list, 1), strchr(rows[i].sets, '1') != NULL);
    }
    goods_destroy(goods);
    arena_fini(&arena);
}

static void test_many_goods(void **state)
{
    (void)state;
    enum {
        MANY = 3000
    };
    static char texts[MANY][8];
    static struct goods_member members[MANY];
    static struct goods_set sets[MANY];
    for (size_t i = 0; i < MANY; i++) {
        snprintf(texts[i], sizeof texts[i], "%zu", i);
        members[i] = (struct goods_member){GOODS_BY_PRODUCT, slice_of(texts[i], strlen(texts[i]))};
        sets[i] = (struct goods_set){texts[i], &members[i], 1, 0};
    }
    struct goods *goods;
    struct arena arena;
    arena_init(&arena, 4096);
    assert_int_equal(goods_create(sets, MANY, &goods, NULL), ERR_OK);
    for (size_t i = 0; i < MANY; i++) {
        struct basket_line line = {.product = members[i].text};
        struct goods_list list;
        assert_int_equal(goods_of_line(goods, &line, &arena, &list), ERR_OK);
        assert_int_equal(list.count, 1);
        assert_int_equal(list.at[0], i);
    }
    goods_destroy(goods);
    arena_fini(&arena);
}

static int64_t day_of(const char *text)
{
    int64_t day;
    assert_int_equal(day_parse(text, &day), ERR_OK);
    return day;
}

static void test_windows(void **state)
{
    (void)state;
    static const struct {
        struct window window;
        const char *day;
        const char *first;
        const char *bucket;
    } rows[] = {
        {{WINDOW_EVER, 0}, "2026-10-03", "1970-01-01", "1970-01-01"},
        {{WINDOW_DAY, 0}, "2026-10-03", "2026-10-03", "2026-10-03"},
        {{WINDOW_WEEK, 0}, "2026-10-04", "2026-09-28", "2026-09-28"},
        {{WINDOW_WEEK, 0}, "2026-10-05", "2026-10-05", "2026-10-05"},
        {{WINDOW_MONTH, 0}, "2024-02-29", "2024-02-01", "2024-02-01"},
        {{WINDOW_YEAR, 0}, "2026-12-31", "2026-01-01", "2026-01-01"},
        {{WINDOW_ROLLING_DAYS, 30}, "2026-03-01", "2026-01-31", "2026-03-01"},
        {{WINDOW_ROLLING_MONTHS, 12}, "2026-11-29", "2025-12-01", "2026-11-01"},
        {{WINDOW_ROLLING_MONTHS, 1}, "2026-11-29", "2026-11-01", "2026-11-01"},
        {{WINDOW_ROLLING_MONTHS, 3}, "2026-01-31", "2025-11-01", "2026-01-01"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(window_check(rows[i].window), ERR_OK);
        assert_int_equal(window_first_bucket(rows[i].window, day_of(rows[i].day)),
                         day_of(rows[i].first));
        assert_int_equal(window_bucket(rows[i].window, day_of(rows[i].day)),
                         day_of(rows[i].bucket));
    }
    assert_int_equal(window_check((struct window){WINDOW_ROLLING_DAYS, 0}), ERR_INPUT);
    assert_int_equal(window_check((struct window){WINDOW_MONTH, 1}), ERR_INPUT);
    assert_int_equal(window_check((struct window){WINDOW_KIND_COUNT, 0}), ERR_INPUT);
    assert_int_equal(window_check((struct window){WINDOW_ROLLING_DAYS, LIMIT_ROLLING_BUCKETS + 1}),
                     ERR_INPUT);
}

static void test_standings(void **state)
{
    (void)state;
    static const struct standing_number numbers[] = {{5, 10, 7}, {5, 11, 1}, {9, 0, 3}};
    const struct standing standing = {numbers, COUNT(numbers)};
    struct standing_changes changes = {0};
    struct standing after;
    struct arena arena;
    int64_t sum;
    arena_init(&arena, 1u << 16);
    assert_int_equal(standing_check(&standing), ERR_OK);
    assert_int_equal(standing_sum(&standing, 5, 10, 11, &sum), ERR_OK);
    assert_int_equal(sum, 8);
    assert_int_equal(standing_sum(&standing, 5, 11, 20, &sum), ERR_OK);
    assert_int_equal(sum, 1);
    assert_int_equal(standing_add(&standing, &changes, &arena, 5, 11, -1), ERR_OK);
    assert_int_equal(standing_add(&standing, &changes, &arena, 6, 2, 40), ERR_OK);
    assert_int_equal(standing_add(&standing, &changes, &arena, 6, 2, 2), ERR_OK);
    assert_int_equal(standing_add(&standing, &changes, &arena, 9, 0, INT64_MAX), ERR_RANGE);
    assert_int_equal(standing_value_now(&standing, &changes, 6, 2), 42);
    assert_int_equal(standing_value_now(&standing, &changes, 5, 10), 7);
    assert_int_equal(standing_apply(&standing, &changes, &arena, &after), ERR_OK);
    assert_int_equal(standing_check(&after), ERR_OK);
    assert_int_equal(after.count, 3);
    assert_int_equal(standing_value(&after, 5, 11), 0);
    assert_int_equal(standing_value(&after, 6, 2), 42);
    /* Not what it was before any more. */
    assert_int_equal(standing_apply(&after, &changes, &arena, &after), ERR_CONFLICT);
    static const struct standing_number twice[] = {{5, 10, 7}, {5, 10, 1}};
    assert_int_equal(standing_check(&(struct standing){twice, 2}), ERR_INPUT);
    arena_fini(&arena);
}

static void test_shares(void **state)
{
    (void)state;
    static const struct {
        int64_t total;
        int64_t weights[4];
        int64_t shares[4];
    } rows[] = {
        {10, {1, 1, 1, 0}, {4, 3, 3, 0}},
        {7, {0, 0, 9, 0}, {0, 0, 7, 0}},
        {0, {0, 0, 0, 0}, {0, 0, 0, 0}},
        {100, {50, 25, 25, 1}, {49, 25, 25, 1}},
        {2, {3, 3, 3, 1}, {1, 1, 0, 0}},
        {INT64_MAX, {INT64_MAX / 2, INT64_MAX / 2, 1, 0}, {INT64_MAX / 2, INT64_MAX / 2, 1, 0}},
    };
    struct arena arena;
    arena_init(&arena, 4096);
    int64_t shares[4];
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(share_out(rows[i].total, rows[i].weights, 4, &arena, shares), ERR_OK);
        assert_memory_equal(shares, rows[i].shares, sizeof shares);
    }
    static const int64_t none[] = {0, 0};
    static const int64_t negative[] = {1, -1};
    assert_int_equal(share_out(1, none, 2, &arena, shares), ERR_INPUT);
    assert_int_equal(share_out(1, negative, 2, &arena, shares), ERR_INPUT);
    assert_int_equal(share_out(-1, rows[0].weights, 2, &arena, shares), ERR_INPUT);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goods_of_a_line), cmocka_unit_test(test_many_goods),
        cmocka_unit_test(test_windows),         cmocka_unit_test(test_standings),
        cmocka_unit_test(test_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

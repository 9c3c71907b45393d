#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "programme/earn_rate.h"

static int64_t points_for(const struct earn_rate *rate, int64_t amount_minor)
{
    struct points points;
    assert_int_equal(earn_rate_points(rate, money_of(amount_minor), &points), ERR_OK);
    return points.minor;
}

static void test_table(void **state)
{
    (void)state;
    static const struct {
        struct earn_rate rate;
        int64_t amount;
        int64_t points;
    } rows[] = {
        {{1, 100, ROUNDING_DOWN, 0}, 0, 0},
        {{1, 100, ROUNDING_DOWN, 0}, 99, 0},
        {{1, 100, ROUNDING_DOWN, 0}, 100, 1},
        {{1, 100, ROUNDING_DOWN, 0}, 1999, 19},
        {{1, 100, ROUNDING_DOWN, 0}, -1999, 0},
        {{1, 100, ROUNDING_DOWN, 0}, INT64_MIN, 0},
        {{1, 100, ROUNDING_UP, 0}, 1, 1},
        {{1, 100, ROUNDING_UP, 0}, 100, 1},
        {{1, 100, ROUNDING_UP, 0}, 101, 2},
        {{1, 100, ROUNDING_HALF_UP, 0}, 149, 1},
        {{1, 100, ROUNDING_HALF_UP, 0}, 150, 2},
        {{1, 100, ROUNDING_HALF_UP, 0}, 250, 3},
        {{1, 100, ROUNDING_HALF_EVEN, 0}, 150, 2},
        {{1, 100, ROUNDING_HALF_EVEN, 0}, 250, 2},
        {{1, 100, ROUNDING_HALF_EVEN, 0}, 251, 3},
        {{3, 200, ROUNDING_DOWN, 0}, 1999, 29},
        {{0, 100, ROUNDING_UP, 0}, 5000, 0},
        {{1, 100, ROUNDING_DOWN, 500}, 499, 0},
        {{1, 100, ROUNDING_DOWN, 500}, 500, 5},
        {{1, 100, ROUNDING_UP, 1}, 0, 0},
        {{1, 1, ROUNDING_DOWN, 0}, INT64_MAX, INT64_MAX},
        {{INT64_MAX, INT64_MAX, ROUNDING_DOWN, 0}, INT64_MAX, INT64_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t points = points_for(&rows[i].rate, rows[i].amount);
        if (points != rows[i].points) {
            fail_msg("row %zu: %" PRId64 " points", i, points);
        }
    }
}

static void test_overflow_is_refused(void **state)
{
    (void)state;
    struct earn_rate rate = {2, 1, ROUNDING_DOWN, 0};
    struct points points = points_of(77);
    assert_int_equal(earn_rate_points(&rate, money_of(INT64_MAX), &points), ERR_RANGE);
    assert_int_equal(points.minor, 77);
}

static void test_bad_rates(void **state)
{
    (void)state;
    static const struct {
        struct earn_rate rate;
        const char *says;
    } rows[] = {
        {{-1, 100, ROUNDING_DOWN, 0}, "points"},  {{1, 0, ROUNDING_DOWN, 0}, "money"},
        {{1, -100, ROUNDING_DOWN, 0}, "money"},   {{1, 100, ROUNDING_COUNT, 0}, "rounding"},
        {{1, 100, ROUNDING_DOWN, -1}, "minimum"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct note note = {{0}};
        assert_int_equal(earn_rate_check(&rows[i].rate, &note), ERR_INPUT);
        assert_non_null(strstr(note.text, rows[i].says));
    }
}

/* xorshift64*, so that a printed seed repeats a run anywhere. */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

static int64_t random_below(uint64_t *seed, int64_t bound)
{
    return (int64_t)(next_random(seed) % (uint64_t)bound);
}

/* How far from the exact quotient a rounding may be: points * per - amount * rate. */
static void assert_close(const struct earn_rate *rate, int64_t amount, int64_t points)
{
    int64_t excess = points * rate->per_minor - amount * rate->points_minor;
    switch (rate->rounding) {
    case ROUNDING_DOWN:
        assert_true(excess <= 0 && excess > -rate->per_minor);
        break;
    case ROUNDING_UP:
        assert_true(excess >= 0 && excess < rate->per_minor);
        break;
    case ROUNDING_HALF_UP:
    case ROUNDING_HALF_EVEN:
        assert_true(2 * llabs(excess) <= rate->per_minor);
        break;
    case ROUNDING_COUNT:
        fail();
    }
}

/* Splitting a purchase gains or loses at most one minor unit, and only in the rounding's favour. */
static void assert_additive(enum rounding rounding, int64_t parts, int64_t whole)
{
    int64_t gain = parts - whole;
    assert_true(gain >= -1 && gain <= 1);
    assert_false(rounding == ROUNDING_DOWN && gain > 0);
    assert_false(rounding == ROUNDING_UP && gain < 0);
}

static void test_properties(void **state)
{
    (void)state;
    uint64_t seed = UINT64_C(20261003);
    print_message("seed %" PRIu64 "\n", seed);
    for (unsigned round = 0; round < 20000; round++) {
        struct earn_rate rate = {random_below(&seed, 10000), 1 + random_below(&seed, 10000),
                                 (enum rounding)random_below(&seed, ROUNDING_COUNT), 0};
        int64_t a = random_below(&seed, INT64_C(1000000000));
        int64_t b = random_below(&seed, INT64_C(1000000000));
        int64_t of_a = points_for(&rate, a);
        int64_t of_b = points_for(&rate, b);
        assert_close(&rate, a, of_a);
        assert_true((a <= b) ? of_a <= of_b : of_a >= of_b);
        assert_additive(rate.rounding, of_a + of_b, points_for(&rate, a + b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_overflow_is_refused),
        cmocka_unit_test(test_bad_rates),
        cmocka_unit_test(test_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

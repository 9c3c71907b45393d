/* Ids that sort by time and never repeat; members as often as their law says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/draw.h"

#define DRAWS   200000u
#define MEMBERS 1000u

static void test_ids_grow(void **state)
{
    struct id_source source = {0, INT64_C(1790000000000)};
    struct uid last = id_source_next(&source);
    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        struct uid id = id_source_next(&source);
        assert_true(memcmp(last.bytes, id.bytes, sizeof id.bytes) < 0);
        assert_int_equal(id.bytes[6] >> 4, 7);
        last = id;
    }
}

static void test_members_are_the_same_again(void **state)
{
    (void)state;
    struct uid first = draw_member(17);
    struct uid again = draw_member(17);
    struct uid other = draw_member(18);
    assert_true(uid_equal(&first, &again));
    assert_false(uid_equal(&first, &other));
}

static void count_draws(bool is_zipf, unsigned counts[MEMBERS])
{
    struct population population;
    assert_int_equal(population_init(&population, MEMBERS, is_zipf, 3), ERR_OK);
    memset(counts, 0, MEMBERS * sizeof counts[0]);
    for (unsigned i = 0; i < DRAWS; i++) {
        uint64_t member = population_next(&population);
        assert_true(member < MEMBERS);
        counts[member]++;
    }
    population_fini(&population);
}

static int compare_downward(const void *a, const void *b)
{
    unsigned left = *(const unsigned *)a;
    unsigned right = *(const unsigned *)b;
    return left < right ? 1 : -(left > right);
}

static void test_even_draws(void **state)
{
    unsigned counts[MEMBERS];
    (void)state;
    count_draws(false, counts);
    for (unsigned i = 0; i < MEMBERS; i++) {
        assert_in_range(counts[i], DRAWS / MEMBERS / 2, DRAWS / MEMBERS * 2);
    }
}

/* The weights 1 / k^0.99 of 1,000 sum up to 7.73: the first gets 12.9 % and the second 6.5 %. That
 * two of them fall on the same member is part of the shuffle. */
static void test_few_are_drawn_often(void **state)
{
    unsigned counts[MEMBERS];
    (void)state;
    count_draws(true, counts);
    qsort(counts, MEMBERS, sizeof counts[0], compare_downward);
    assert_in_range(counts[0], DRAWS * 12 / 100, DRAWS * 15 / 100);
    assert_in_range(counts[1], DRAWS * 6 / 100, DRAWS * 8 / 100);
    assert_true(counts[MEMBERS / 2] < DRAWS / MEMBERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_grow),
        cmocka_unit_test(test_members_are_the_same_again),
        cmocka_unit_test(test_even_draws),
        cmocka_unit_test(test_few_are_drawn_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

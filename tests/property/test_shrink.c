/* A model that is wrong on purpose disagrees, and what shows it is short and can be run again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "shrink.h"
#include "world.h"

enum {
    RUN_STEPS = 500,
    SEEDS_MAX = 4000,
    SHRINK_SECONDS = 60,
    HANDFUL = 10
};

/* Runs seeds until one disagrees; gives the steps that it ran. */
static size_t find_disagreement(struct world *w, struct step *steps)
{
    for (uint64_t seed = 1; seed <= SEEDS_MAX; seed++) {
        size_t ran;
        steps_draw(seed, RUN_STEPS, &w->mood, steps);
        if (!world_run(w, steps, RUN_STEPS, &ran)) {
            return ran;
        }
    }
    return 0;
}

static void shrink_flaw(enum model_flaw flaw)
{
    struct world *w = calloc(1, sizeof *w);
    struct step *steps = calloc(RUN_STEPS, sizeof *steps);
    size_t again;
    assert_non_null(w);
    assert_non_null(steps);
    world_init(w, flaw);
    size_t count = find_disagreement(w, steps);
    assert_true(count > 0);
    (void)printf("flaw %d: %zu steps disagree: %s\n", (int)flaw, count, w->complaint);
    count = world_explain(w, steps, count, SHRINK_SECONDS);
    assert_in_range(count, 1, HANDFUL);
    assert_false(world_run(w, steps, count, &again));
    assert_int_equal(again, count);
    world_fini(w);
    free(w);
    free(steps);
}

static void test_flaws_shrink_to_a_handful(void **state)
{
    (void)state;
    for (int flaw = MODEL_SOUND + 1; flaw < FLAW_END; flaw++) {
        shrink_flaw((enum model_flaw)flaw);
    }
}

/* Fails when it has at least three steps whose serial is a multiple of 7. */
static bool has_three(void *context, const struct step *steps, size_t count, size_t *out_ran)
{
    size_t found = 0;
    (void)context;
    for (size_t i = 0; i < count; i++) {
        found += steps[i].serial % 7 == 0;
        if (found == 3) {
            *out_ran = i + 1;
            return true;
        }
    }
    return false;
}

static void test_only_what_is_needed_stays(void **state)
{
    struct shrink_subject subject = {NULL, has_three};
    struct step steps[100] = {{0}};
    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        steps[i].serial = i;
    }
    assert_int_equal(shrink(&subject, steps, 100, 0), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(steps[i].serial % 7, 0);
    }
}

static void test_a_list_names_steps(void **state)
{
    struct step steps[10] = {{0}};
    size_t count = 10;
    (void)state;
    for (uint32_t i = 0; i < 10; i++) {
        steps[i].serial = i;
    }
    assert_int_equal(steps_keep("1,3-5,9", steps, &count), ERR_OK);
    assert_int_equal(count, 5);
    assert_int_equal(steps[0].serial, 1);
    assert_int_equal(steps[3].serial, 5);
    assert_int_equal(steps[4].serial, 9);
    assert_int_equal(steps_keep("1,x", steps, &count), ERR_INPUT);
    assert_int_equal(steps_keep("1-", steps, &count), ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_what_is_needed_stays),
        cmocka_unit_test(test_a_list_names_steps),
        cmocka_unit_test(test_flaws_shrink_to_a_handful),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

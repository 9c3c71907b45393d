/* The ledger and its model are told the same and must say the same.
 *
 * TALEA_SEED names the first run's seed, TALEA_STEPS how many commands there are in all; a number
 * as the program's argument lets several of it share the work. A run is a node's life of a few
 * thousand commands; on a disagreement it is shortened for as long as it still disagrees, and what
 * is left is printed. TALEA_KEEP, a list of steps as that prints it, runs only these of one seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sanitized.h"
#include "world.h"

enum {
    STEPS_FULL = 500000, /* of one program; every answer that can be given must be */
    STEPS_DEFAULT = IS_SANITIZED ? STEPS_FULL / 5 : STEPS_FULL,
    RUN_STEPS = 2000,
    AUDIT_EVERY = 10, /* runs */
    SHRINK_SECONDS = 60
};

static uint64_t part; /* which of several programs this is */

static void report(struct world *w, uint64_t seed, struct step *steps, size_t count)
{
    (void)printf("TALEA_SEED=%" PRIu64 ": step %zu disagrees: %s\n", seed, count, w->complaint);
    count = world_explain(w, steps, count, SHRINK_SECONDS);
    (void)printf("TALEA_SEED=%" PRIu64 " TALEA_KEEP=", seed);
    steps_print_list(steps, count);
    (void)printf(" runs them again\n");
    fail_msg("seed %" PRIu64 ", %zu steps: %s", seed, count, w->complaint);
}

static void run_kept(struct world *w, uint64_t seed, const char *list)
{
    struct step *steps = calloc(RUN_STEPS, sizeof *steps);
    size_t count = RUN_STEPS;
    size_t ran;
    assert_non_null(steps);
    steps_draw(seed, RUN_STEPS, &w->mood, steps);
    assert_int_equal(steps_keep(list, steps, &count), ERR_OK);
    w->is_loud = true;
    w->is_audited = true;
    bool agrees = world_run(w, steps, count, &ran);
    free(steps);
    if (!agrees) {
        fail_msg("%s", w->complaint);
    }
}

static void run_all(struct world *w, uint64_t seed, uint64_t steps_wanted)
{
    struct step *steps = calloc(RUN_STEPS, sizeof *steps);
    assert_non_null(steps);
    for (uint64_t done = 0; done < steps_wanted; done += RUN_STEPS, seed++) {
        size_t ran;
        steps_draw(seed, RUN_STEPS, &w->mood, steps);
        w->is_audited = seed % AUDIT_EVERY == 0;
        if (!world_run(w, steps, RUN_STEPS, &ran)) {
            report(w, seed, steps, ran);
        }
    }
    free(steps);
}

static void test_ledger_and_model_agree(void **state)
{
    uint64_t seed = environment_number("TALEA_SEED", 1 + part * 1000000);
    uint64_t steps_wanted = environment_number("TALEA_STEPS", STEPS_DEFAULT);
    const char *list = getenv("TALEA_KEEP");
    struct statistics *statistics = calloc(1, sizeof *statistics);
    struct world *w = calloc(1, sizeof *w);
    (void)state;
    assert_non_null(w);
    assert_non_null(statistics);
    world_init(w, MODEL_SOUND);
    w->statistics = statistics;
    if (list != NULL && list[0] != '\0') {
        run_kept(w, seed, list);
    } else {
        (void)printf("seeds from %" PRIu64 ", %" PRIu64 " steps\n", seed, steps_wanted);
        run_all(w, seed, steps_wanted);
        statistics_print(statistics);
        assert_int_equal(statistics_print_undocumented(statistics), 0);
        if (steps_wanted >= STEPS_FULL) {
            assert_int_equal(statistics_print_missing(statistics), 0);
        }
    }
    world_fini(w);
    free(w);
    free(statistics);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ledger_and_model_agree)};
    part = count > 1 ? strtoull(arguments[1], NULL, 10) : 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

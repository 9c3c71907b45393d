/* The engine on its files and the model are told the same in batches, while commits fail and the
 * node is opened again; what is durable must be what the model says.
 *
 * TALEA_SEED, TALEA_STEPS and TALEA_KEEP as in test_ledger_model.c. Which commands share a commit
 * is up to the threads, so that a run again may go otherwise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "engine_world.h"
#include "sanitized.h"
#include "shrink.h"

enum {
    STEPS_DEFAULT = IS_SANITIZED ? 12000 : 100000,
    RUN_STEPS = 1000,
    SHRINK_SECONDS = 60
};

static bool fails(void *context, const struct step *steps, size_t count, size_t *out_ran)
{
    return !engine_world_run(context, steps, count, out_ran);
}

static void report(struct engine_world *w, uint64_t seed, struct step *steps, size_t count)
{
    struct shrink_subject subject = {w, fails};
    size_t ran;
    char complaint[sizeof w->complaint];
    memcpy(complaint, w->complaint, sizeof complaint);
    (void)printf("TALEA_SEED=%" PRIu64 ": step %zu disagrees: %s\n", seed, count, w->complaint);
    w->statistics = NULL;
    w->is_silent = true;
    count = shrink(&subject, steps, count, SHRINK_SECONDS);
    w->is_silent = false;
    (void)printf("%zu steps are enough (%s):\n", count, w->mood.name);
    w->is_loud = true;
    bool agrees = engine_world_run(w, steps, count, &ran);
    (void)printf("    !! %s\nTALEA_SEED=%" PRIu64 " TALEA_KEEP=",
                 agrees ? "this time it agrees: the threads decide" : w->complaint, seed);
    steps_print_list(steps, count);
    (void)printf(" runs them again\n");
    fail_msg("seed %" PRIu64 ": %s", seed, complaint);
}

static void print_figures(const struct engine_world *w)
{
    (void)printf("batches: %" PRIu64 " of single commands, %" PRIu64 " together, %" PRIu64
                 " linked, %" PRIu64 " ahead; %" PRIu64 " commands failed with the disk\n",
                 w->batches[TELL_EACH], w->batches[TELL_BATCH], w->batches[TELL_LINKED],
                 w->batches[TELL_AHEAD], w->failures);
    (void)printf("opened again: %" PRIu64 " after a clean stop, %" PRIu64
                 " after an abrupt one, %" PRIu64 " without a state\n",
                 w->reopenings[REOPEN_CLEAN], w->reopenings[REOPEN_ABRUPT],
                 w->reopenings[REOPEN_REBUILT]);
}

static void test_engine_and_model_agree(void **state)
{
    uint64_t seed = environment_number("TALEA_SEED", 1);
    uint64_t steps_wanted = environment_number("TALEA_STEPS", STEPS_DEFAULT);
    const char *list = getenv("TALEA_KEEP");
    bool is_kept = list != NULL && list[0] != '\0';
    struct engine_world *w = calloc(1, sizeof *w);
    struct step *steps = calloc(RUN_STEPS, sizeof *steps);
    struct statistics *statistics = calloc(1, sizeof *statistics);
    (void)state;
    assert_true(w != NULL && steps != NULL && statistics != NULL);
    assert_int_equal(crypto_start(), ERR_OK);
    engine_world_init(w);
    w->statistics = statistics;
    w->is_loud = is_kept;
    (void)printf("seeds from %" PRIu64 ", %" PRIu64 " steps\n", seed, steps_wanted);
    for (uint64_t done = 0; done < (is_kept ? 1 : steps_wanted); done += RUN_STEPS, seed++) {
        size_t count = RUN_STEPS;
        size_t ran;
        steps_draw(seed, RUN_STEPS, &w->mood, steps);
        if (is_kept) {
            assert_int_equal(steps_keep(list, steps, &count), ERR_OK);
        }
        if (!engine_world_run(w, steps, count, &ran)) {
            report(w, seed, steps, ran);
        }
    }
    statistics_print(statistics);
    assert_int_equal(statistics_print_undocumented(statistics), 0);
    print_figures(w);
    engine_world_fini(w);
    free(w);
    free(steps);
    free(statistics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_engine_and_model_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

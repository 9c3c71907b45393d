/* talea-sim-mutants: each deliberate bug of base/mutant.h, and the seed by which it is found.
 *
 *   talea-sim-mutants [--seeds N] [--only NAME] [--show]
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mutant.h"
#include "crypto/random.h"
#include "sim_shrink.h"

enum {
    CPU_SECONDS = 20, /* of one run: a bug may make it endless */
    SHRINK_RUNS = 300
};

enum mutant mutant_chosen;

static const struct {
    const char *name;
    const char *what;
} mutants[MUTANT_END] = {
#define MUTANT_ROW(name, what) [MUTANT_##name] = {#name, what},
    MUTANTS(MUTANT_ROW)
#undef MUTANT_ROW
};

struct search {
    uint64_t seeds;
    const char *only;
    bool shows;
};

static void show(struct sim_options options)
{
    struct sim_list list = sim_list_draw(&options);
    sim_shrink(&options, &list, SHRINK_RUNS);
    sim_show(&options, &list);
    sim_list_free(&list);
}

/* The first seed that fails; 0: none does. */
static uint64_t find(const struct search *search, struct sim_result *result)
{
    for (uint64_t seed = 1; seed <= search->seeds; seed++) {
        struct sim_options options = {.seed = seed, .hours = 12};
        struct sim_list list = sim_list_draw(&options);
        sim_run_apart(&options, &list, CPU_SECONDS, result);
        sim_list_free(&list);
        if (!result->is_good) {
            if (search->shows) {
                show(options);
            }
            return seed;
        }
    }
    return 0;
}

static bool read_options(int argc, char **argv, struct search *search)
{
    static const struct option known[] = {{"seeds", 1, NULL, 'n'},
                                          {"only", 1, NULL, 'o'},
                                          {"show", 0, NULL, 's'},
                                          {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (c == 'n') {
            search->seeds = strtoull(optarg, NULL, 10);
        } else if (c == 'o') {
            search->only = optarg;
        } else if (c == 's') {
            search->shows = true;
        } else {
            return false;
        }
    }
    return optind == argc;
}

int main(int argc, char **argv)
{
    struct search search = {.seeds = 500};
    unsigned looked_for = 0;
    unsigned found = 0;
    if (!read_options(argc, argv, &search)) {
        (void)fprintf(stderr, "usage: talea-sim-mutants [--seeds N] [--only NAME] [--show]\n");
        return 2;
    }
    ASSERT(crypto_start() == ERR_OK);
    for (int i = MUTANT_NONE + 1; i < MUTANT_END; i++) {
        struct sim_result result;
        if (search.only != NULL && strcmp(search.only, mutants[i].name) != 0) {
            continue;
        }
        mutant_chosen = (enum mutant)i;
        uint64_t seed = find(&search, &result);
        looked_for++;
        found += seed != 0;
        (void)printf("%s %s (%s)\n", seed != 0 ? "found" : "NOT FOUND", mutants[i].name,
                     mutants[i].what);
        if (seed != 0) {
            (void)printf("    by seed %llu: %.200s\n", (unsigned long long)seed, result.complaint);
        }
        (void)fflush(stdout);
    }
    (void)printf("%u of %u mutants found\n", found, looked_for);
    return found == looked_for && looked_for > 0 ? 0 : 1;
}

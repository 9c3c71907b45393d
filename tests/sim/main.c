/* talea-sim: runs simulated coalitions, one for each seed. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/random.h"
#include "sim_workload.h"

struct totals {
    struct sim_counts counts;
    uint64_t seeds;
    uint64_t failures;
    uint64_t first_failure;
    double seconds;
};

static void add(struct sim_counts *sum, const struct sim_counts *counts)
{
    sum->commands += counts->commands;
    sum->messages += counts->messages;
    sum->crashes += counts->crashes;
    sum->connections += counts->connections;
    sum->entries += counts->entries;
    sum->refused += counts->refused;
    sum->answered += counts->answered;
    sum->repeats += counts->repeats;
    sum->statements += counts->statements;
    sum->frozen += counts->frozen;
    sum->virtual_ms += counts->virtual_ms;
}

static bool run_seed(const struct sim_options *options, struct totals *totals)
{
    static struct sim sim;
    struct sim_list list = sim_list_draw(options);
    sim_init(&sim, options, sim_nodes_of_seed(options->seed));
    bool is_good = sim_run(&sim, &list);
    add(&totals->counts, &sim.counts);
    totals->seeds++;
    if (!is_good) {
        totals->failures++;
        (void)printf("seed %llu: %s\n", (unsigned long long)options->seed, sim.complaint);
    }
    sim_fini(&sim);
    sim_list_free(&list);
    return is_good;
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {{"seeds", 1, NULL, 'n'}, {"first", 1, NULL, 'f'},
                                          {"hours", 1, NULL, 'h'}, {"steps", 1, NULL, 's'},
                                          {"loud", 0, NULL, 'l'},  {NULL, 0, NULL, 0}};
    struct sim_options options = {.seed = 1, .hours = 12};
    struct totals totals = {0};
    uint64_t seeds = 10;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case 'n':
            seeds = strtoull(optarg, NULL, 10);
            break;
        case 'f':
            options.seed = strtoull(optarg, NULL, 10);
            break;
        case 'h':
            options.hours = strtoll(optarg, NULL, 10);
            break;
        case 's':
            options.steps = strtoull(optarg, NULL, 10);
            break;
        case 'l':
            options.is_loud = true;
            break;
        default:
            return 2;
        }
    }
    ASSERT(crypto_start() == ERR_OK);
    double began = seconds_now();
    for (uint64_t i = 0; i < seeds; i++) {
        run_seed(&options, &totals);
        options.seed++;
    }
    totals.seconds = seconds_now() - began;
    const struct sim_counts *c = &totals.counts;
    (void)printf("%llu seeds, %llu failed, %.1f s; %llu commands, %llu messages, %llu crashes, "
                 "%llu connections, %llu entries (%llu refused), %llu answers, %llu repeats, "
                 "%.2f years; %.0f operations/s\n",
                 (unsigned long long)totals.seeds, (unsigned long long)totals.failures,
                 totals.seconds, (unsigned long long)c->commands, (unsigned long long)c->messages,
                 (unsigned long long)c->crashes, (unsigned long long)c->connections,
                 (unsigned long long)c->entries, (unsigned long long)c->refused,
                 (unsigned long long)c->answered, (unsigned long long)c->repeats,
                 (double)c->virtual_ms / 31556952000.0,
                 (double)(c->commands + c->messages) / totals.seconds);
    return totals.failures == 0 ? 0 : 1;
}

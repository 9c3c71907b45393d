/* talea-sim: simulated coalitions, one for each seed.
 *
 *   talea-sim [--seeds N] [--first S] [--every N] [--hours H] [--steps N] [--json] [--history]
 *             [--no-shrink] [--files FOLDER]
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crypto/random.h"
#include "sim_shrink.h"

enum {
    SHRINK_RUNS = 600,
    TARGET_RATE = 100000 /* operations in a second of one core */
};

/* Shared with the process that runs the seeds. */
struct progress {
    uint64_t next; /* the seed that is running, or comes next */
    uint64_t failures;
    uint64_t first_failure;
    char complaint[768];
    double seconds; /* of processor time */
    struct sim_counts counts;
};

struct job {
    struct sim_options options;
    uint64_t first;
    uint64_t every; /* from one seed to the next */
    uint64_t seeds;
    bool is_json;
    bool shrinks;
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
    sum->stood_in += counts->stood_in;
    sum->honoured += counts->honoured;
    sum->owed += counts->owed;
    sum->given_up += counts->given_up;
    sum->statements += counts->statements;
    sum->frozen += counts->frozen;
    sum->proven += counts->proven;
    sum->restores += counts->restores;
    sum->pages += counts->pages;
    sum->joined += counts->joined;
    sum->left += counts->left;
    sum->parted += counts->parted;
    sum->dropped += counts->dropped;
    sum->moved += counts->moved;
    sum->moved_far += counts->moved_far;
    sum->resent += counts->resent;
    sum->sent_twice += counts->sent_twice;
    sum->lots_back += counts->lots_back;
    sum->opened += counts->opened;
    sum->pools += counts->pools;
    sum->pool_ops += counts->pool_ops;
    sum->no_room += counts->no_room;
    sum->capped += counts->capped;
    sum->disputed += counts->disputed;
    sum->disputes += counts->disputes;
    sum->upheld += counts->upheld;
    sum->silences += counts->silences;
    sum->virtual_ms += counts->virtual_ms;
}

static double years_of(const struct sim_counts *counts)
{
    return (double)counts->virtual_ms / (365.25 * 86400000);
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(struct progress *progress, uint64_t seed, const char *complaint)
{
    if (progress->failures++ == 0) {
        progress->first_failure = seed;
        (void)snprintf(progress->complaint, sizeof progress->complaint, "%s", complaint);
    }
    (void)printf("seed %" PRIu64 ": %s\n", seed, complaint);
    (void)fflush(stdout);
}

static bool has_more(const struct job *job, const struct progress *progress)
{
    return progress->next < job->first + job->seeds * job->every;
}

/* The seeds that are left, in this process. */
static void run_seeds(const struct job *job, struct progress *progress)
{
    double before = progress->seconds;
    while (has_more(job, progress)) {
        struct sim_options options = job->options;
        struct sim_result result = {.is_good = false};
        options.seed = progress->next;
        struct sim_list list = sim_list_draw(&options);
        sim_run_here(&options, &list, &result);
        sim_list_free(&list);
        add(&progress->counts, &result.counts);
        progress->seconds = before + cpu_seconds();
        if (!result.is_good) {
            fail(progress, options.seed, result.complaint);
        }
        progress->next += job->every;
    }
}

/* A process that dies takes its seed along; another one goes on behind it. */
static void run_job(const struct job *job, struct progress *progress)
{
    while (has_more(job, progress)) {
        int status = 0;
        char words[64];
        (void)fflush(stdout);
        pid_t child = fork();
        ASSERT(child >= 0);
        if (child == 0) {
            run_seeds(job, progress);
            (void)fflush(stdout);
            _exit(0);
        }
        (void)waitpid(child, &status, 0);
        if (WIFSIGNALED(status)) {
            (void)snprintf(words, sizeof words, "ended by signal %d", WTERMSIG(status));
            fail(progress, progress->next, words);
            progress->next += job->every;
        }
    }
}

static void show_failure(const struct job *job, const struct progress *progress)
{
    struct sim_options options = job->options;
    options.seed = progress->first_failure;
    struct sim_list list = sim_list_draw(&options);
    if (job->shrinks) {
        sim_shrink(&options, &list, SHRINK_RUNS);
    }
    sim_show(&options, &list);
    sim_list_free(&list);
}

/* A row as `talea bench --json` gives them, with more of its own. */
static void print_json(const struct job *job, const struct progress *p, double rate)
{
    const struct sim_counts *c = &p->counts;
    (void)printf("[{\"name\": \"simulated coalition\", \"operations\": %" PRIu64
                 ", \"seconds\": %.3f, \"rate\": %.0f, \"target\": %d, \"met\": %s, ",
                 c->commands + c->messages, p->seconds, rate, TARGET_RATE,
                 rate >= TARGET_RATE ? "true" : "false");
    (void)printf("\"seeds\": %" PRIu64 ", \"failed\": %" PRIu64 ", \"years\": %.3f, "
                 "\"commands\": %" PRIu64 ", \"messages\": %" PRIu64 ", \"crashes\": %" PRIu64
                 ", \"connections\": %" PRIu64 ", ",
                 job->seeds, p->failures, years_of(c), c->commands, c->messages, c->crashes,
                 c->connections);
    (void)printf("\"entries\": %" PRIu64 ", \"refused\": %" PRIu64 ", \"answers\": %" PRIu64
                 ", \"repeats\": %" PRIu64 ", \"statements\": %" PRIu64 ", \"frozen\": %" PRIu64
                 ", \"proven\": %" PRIu64 ", \"restores\": %" PRIu64 ", \"pages\": %" PRIu64 "}]\n",
                 c->entries, c->refused, c->answered, c->repeats, c->statements, c->frozen,
                 c->proven, c->restores, c->pages);
}

static void print_text(const struct job *job, const struct progress *p, double rate)
{
    const struct sim_counts *c = &p->counts;
    (void)printf("%" PRIu64 " seeds, %" PRIu64 " failed; %.3f years of a coalition\n", job->seeds,
                 p->failures, years_of(c));
    (void)printf("%" PRIu64 " operations in %.1f s of one core, %.0f/s: %" PRIu64
                 " commands decided, %" PRIu64 " messages delivered\n",
                 c->commands + c->messages, p->seconds, rate, c->commands, c->messages);
    (void)printf("%" PRIu64 " answers to tills, %" PRIu64 " of them again; %" PRIu64
                 " entries taken, %" PRIu64 " of them refused\n",
                 c->answered, c->repeats, c->entries, c->refused);
    (void)printf("%" PRIu64 " crashes, %" PRIu64 " connections, %" PRIu64
                 " statements agreed, %" PRIu64 " streams frozen, %" PRIu64 " lies proven\n",
                 c->crashes, c->connections, c->statements, c->frozen, c->proven);
    (void)printf("%" PRIu64 " disks restored to older copies, %" PRIu64
                 " pages shown by partners\n",
                 c->restores, c->pages);
    (void)printf("%" PRIu64 " partners joined, %" PRIu64 " left, %" PRIu64
                 " pairs parted with all settled, %" PRIu64 " partners dropped\n",
                 c->joined, c->left, c->parted, c->dropped);
    (void)printf("%" PRIu64 " members moved; %" PRIu64 " times points went after them, %" PRIu64
                 " times an earn or its return, %" PRIu64 " of these twice; %" PRIu64
                 " lots came back; %" PRIu64 " circles of moves opened\n",
                 c->moved, c->moved_far, c->resent, c->sent_twice, c->lots_back, c->opened);
    (void)printf("%" PRIu64 " pools opened, used %" PRIu64 " times\n", c->pools, c->pool_ops);
    (void)printf("%" PRIu64 " times an outbox was full, %" PRIu64 " times too much was owed\n",
                 c->no_room, c->capped);
    (void)printf("%" PRIu64 " entries disputed, %" PRIu64 " disputes ended alike, %" PRIu64
                 " of them for the claim; %" PRIu64 " times a side was silent\n",
                 c->disputed, c->disputes, c->upheld, c->silences);
    (void)printf("%" PRIu64 " holds stood in, %" PRIu64
                 " of them captured without a grant, %" PRIu64
                 " of these beyond what there was; %" PRIu64 " requests given up\n",
                 c->stood_in, c->honoured, c->owed, c->given_up);
}

static bool read_options(int argc, char **argv, struct job *job)
{
    static const struct option known[] = {{"seeds", 1, NULL, 'n'},     {"first", 1, NULL, 'f'},
                                          {"hours", 1, NULL, 'h'},     {"steps", 1, NULL, 's'},
                                          {"json", 0, NULL, 'j'},      {"history", 0, NULL, 'l'},
                                          {"no-shrink", 0, NULL, 'k'}, {"files", 1, NULL, 'd'},
                                          {"every", 1, NULL, 'e'},     {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case 'n':
            job->seeds = strtoull(optarg, NULL, 10);
            break;
        case 'f':
            job->first = strtoull(optarg, NULL, 10);
            break;
        case 'e':
            job->every = strtoull(optarg, NULL, 10);
            break;
        case 'h':
            job->options.hours = strtoll(optarg, NULL, 10);
            break;
        case 's':
            job->options.steps = strtoull(optarg, NULL, 10);
            break;
        case 'j':
            job->is_json = true;
            break;
        case 'l':
            job->options.is_loud = true;
            break;
        case 'd':
            job->options.folder = optarg;
            break;
        case 'k':
            job->shrinks = false;
            break;
        default:
            return false;
        }
    }
    return optind == argc && job->options.hours > 0 && job->every > 0;
}

int main(int argc, char **argv)
{
    struct job job = {
        .options = {.hours = 12}, .first = 1, .every = 1, .seeds = 100, .shrinks = true};
    if (!read_options(argc, argv, &job)) {
        (void)fprintf(stderr, "usage: talea-sim [--seeds N] [--first S] [--every N] [--hours H] "
                              "[--steps N] [--json] [--history] [--no-shrink] [--files FOLDER]\n");
        return 2;
    }
    struct progress *progress =
        mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT(progress != MAP_FAILED && crypto_start() == ERR_OK);
    progress->next = job.first;
    run_job(&job, progress);
    if (progress->failures > 0 && !job.is_json && !job.options.is_loud) {
        show_failure(&job, progress);
    }
    double rate = (double)(progress->counts.commands + progress->counts.messages) /
                  (progress->seconds > 0 ? progress->seconds : 1);
    (job.is_json ? print_json : print_text)(&job, progress, rate);
    return progress->failures == 0 ? 0 : 1;
}

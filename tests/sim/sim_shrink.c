#include "sim_shrink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

void sim_run_here(const struct sim_options *options, const struct sim_list *list,
                  struct sim_result *out_result)
{
    static struct sim sim;
    sim_init(&sim, options, sim_nodes_of_seed(options->seed));
    out_result->is_good = sim_run(&sim, list);
    out_result->counts = sim.counts;
    memcpy(out_result->complaint, sim.complaint, sizeof out_result->complaint);
    out_result->has_ended = true;
    sim_fini(&sim);
}

/* What a signal ended says so on the error output, which is kept for the complaint. */
static void read_last_words(int from, struct sim_result *result)
{
    size_t length = 0;
    ssize_t got;
    while (length + 1 < sizeof result->complaint &&
           (got = read(from, result->complaint + length, sizeof result->complaint - 1 - length)) >
               0) {
        length += (size_t)got;
    }
    result->complaint[length] = '\0';
    while (length > 0 && result->complaint[length - 1] == '\n') {
        result->complaint[--length] = '\0';
    }
}

static _Noreturn void be_child(const struct sim_options *options, const struct sim_list *list,
                               unsigned cpu_seconds, struct sim_result *shared)
{
    struct rlimit cpu = {cpu_seconds, cpu_seconds};
    struct rlimit core = {0, 0};
    (void)setrlimit(RLIMIT_CPU, &cpu);
    (void)setrlimit(RLIMIT_CORE, &core);
    sim_run_here(options, list, shared);
    (void)fflush(stdout);
    _exit(0);
}

void sim_run_apart(const struct sim_options *options, const struct sim_list *list,
                   unsigned cpu_seconds, struct sim_result *out_result)
{
    int ends[2];
    int status = 0;
    struct sim_result *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT(shared != MAP_FAILED && pipe(ends) == 0);
    (void)fflush(stdout);
    pid_t child = fork();
    ASSERT(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        be_child(options, list, cpu_seconds, shared);
    }
    struct sim_result words = {.is_good = false};
    close(ends[1]);
    read_last_words(ends[0], &words);
    (void)waitpid(child, &status, 0);
    if (!shared->has_ended) {
        (void)snprintf(shared->complaint, sizeof shared->complaint, "ended by signal %d: %.600s",
                       WIFSIGNALED(status) ? WTERMSIG(status) : 0, words.complaint);
    }
    close(ends[0]);
    *out_result = *shared;
    munmap(shared, sizeof *shared);
}

static struct sim_list without(const struct sim_list *list, size_t from, size_t count)
{
    struct sim_list less = {calloc(list->count, sizeof *less.steps), list->count - count};
    ASSERT(less.steps != NULL);
    memcpy(less.steps, list->steps, from * sizeof *less.steps);
    memcpy(less.steps + from, list->steps + from + count,
           (list->count - from - count) * sizeof *less.steps);
    return less;
}

static bool still_fails(const struct sim_options *options, const struct sim_list *list)
{
    struct sim_result result;
    sim_run_apart(options, list, 60, &result);
    return !result.is_good;
}

/* Large parts first, then smaller ones (Zeller's delta debugging, without its complements). */
void sim_shrink(const struct sim_options *options, struct sim_list *list, unsigned runs)
{
    struct sim_options quiet = *options;
    quiet.is_loud = false;
    for (size_t part = (list->count + 1) / 2; part > 0; part /= 2) {
        for (size_t at = list->count; at > 0 && runs > 0;) {
            size_t from = at > part ? at - part : 0;
            struct sim_list less = without(list, from, at - from);
            runs--;
            if (still_fails(&quiet, &less)) {
                sim_list_free(list);
                *list = less;
            } else {
                sim_list_free(&less);
            }
            at = from < list->count ? from : list->count;
        }
    }
}

void sim_show(const struct sim_options *options, const struct sim_list *list)
{
    struct sim_options loud = *options;
    struct sim_result result;
    loud.is_loud = true;
    (void)printf("\nseed %llu, %zu steps are left:\n", (unsigned long long)options->seed,
                 list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct sim_step *step = &list->steps[i];
        (void)printf("  %10lld ms  %-12s %u %u %u %u\n", (long long)step->at,
                     sim_step_name(step->kind), step->numbers[0], step->numbers[1],
                     step->numbers[2], step->numbers[3]);
    }
    (void)printf("\nits history:\n");
    sim_run_apart(&loud, list, 60, &result);
    (void)printf("\n%s\n", result.complaint);
}

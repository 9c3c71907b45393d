/* Runs in a process of their own, so that an assertion or a crash is only a failed run, and failing
 * ones cut down to few steps. */
#ifndef SIM_SHRINK_H
#define SIM_SHRINK_H

#include "sim_workload.h"

/* What is left of a run when its process has ended. In memory that both processes share. */
struct sim_result {
    bool has_ended; /* by itself */
    bool is_good;
    struct sim_counts counts;
    char complaint[768];
};

/* One run in this process. */
void sim_run_here(const struct sim_options *options, const struct sim_list *list,
                  struct sim_result *out_result);
/* The same in a child, which has `cpu_seconds` for it. */
void sim_run_apart(const struct sim_options *options, const struct sim_list *list,
                   unsigned cpu_seconds, struct sim_result *out_result);
/* Takes steps away as long as the run fails; at most `runs` tries. The list is changed. */
void sim_shrink(const struct sim_options *options, struct sim_list *list, unsigned runs);
/* Tells a list that fails, and its history. */
void sim_show(const struct sim_options *options, const struct sim_list *list);

#endif

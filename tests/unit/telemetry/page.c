/* Prints a page of metrics: every kind, labels that need escaping, and the process' own. */
#include <stdio.h>

#include "telemetry/metrics.h"
#include "telemetry/process.h"

static enum err add_all(struct metrics *metrics)
{
    static const struct metric_spec posted = {"talea_commands_total", "Commands, by \\ verdict.",
                                              0};
    static const struct metric_spec queue = {"talea_queue_commands", "Commands that wait.", 0};
    static const struct metric_spec commit = {"talea_commit_seconds", "Time of a commit.", 6};
    struct metric_counter *counter = NULL;
    struct metric_gauge *gauge = NULL;
    struct metric_histogram *histogram = NULL;
    TRY(metrics_add_counter(metrics, &posted, METRIC_LABELS({"verdict", "posted"}), &counter));
    metric_counter_add(counter, 41);
    TRY(metrics_add_counter(metrics, &posted, METRIC_LABELS({"verdict", "a\"b\\c"}), &counter));
    TRY(metrics_add_gauge(metrics, &queue, METRIC_NO_LABELS, &gauge));
    metric_gauge_set(gauge, -3);
    TRY(metrics_add_histogram(metrics, &commit, metric_bounds_of_latency(),
                              METRIC_LABELS({"kind", "batch"}), &histogram));
    metric_histogram_observe(histogram, 130);
    return process_metrics_add(metrics);
}

int main(void)
{
    struct metrics *metrics = NULL;
    CLEANUP(buffer_fini) struct buffer page = {0};
    if (metrics_create(&metrics) != ERR_OK || add_all(metrics) != ERR_OK ||
        metrics_render(metrics, &page) != ERR_OK) {
        return 1;
    }
    metrics_destroy(metrics);
    return fwrite(page.at, 1, page.length, stdout) == page.length && fflush(stdout) == 0 ? 0 : 1;
}

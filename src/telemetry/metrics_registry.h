/* How the registry keeps its families; for metrics.c (registering) and metrics_text.c (rendering)
 * only. */
#ifndef TELEMETRY_METRICS_REGISTRY_H
#define TELEMETRY_METRICS_REGISTRY_H

#include <pthread.h>

#include "base/arena.h"
#include "base/limits.h"
#include "telemetry/metrics.h"

enum metric_kind {
    METRIC_COUNTER,
    METRIC_GAUGE,
    METRIC_HISTOGRAM
};

struct metric_histogram {
    struct bucket_bounds bounds; /* the family's */
    atomic_int_fast64_t sum;
    atomic_int_fast64_t buckets[LIMIT_METRIC_BUCKETS + 1]; /* not cumulative; the last is +Inf */
};

/* Exactly one of counter, gauge, histogram and read is there. */
struct metric_series {
    struct metric_series *next;
    struct metric_labels labels;
    struct metric_counter *counter;
    struct metric_gauge *gauge;
    struct metric_histogram *histogram;
    metric_read *read;
    void *read_context;
};

struct metric_family {
    struct metric_family *next;
    struct metric_spec spec;
    enum metric_kind kind;
    struct bucket_bounds bounds; /* histograms */
    struct metric_series *first;
    struct metric_series *last;
    size_t series_count;
};

struct metrics {
    pthread_mutex_t lock;
    struct arena arena; /* everything below */
    struct metric_family *first;
    struct metric_family *last;
    size_t family_count;
};

#endif

/* Counters, gauges and histograms, and their text for Prometheus.
 *
 * Families are registered at start; each series (one set of label values) is a value of its own
 * that any thread changes without locks. Values are 64-bit integers in units of 10^-decimals of
 * what the name says: a histogram of "..._seconds" with 6 decimals is fed with microseconds. So
 * nothing is ever rounded, and one fetch-and-add is all that a hot path pays.
 *
 * Names follow the Prometheus conventions: [a-z_][a-z0-9_]*, base units (_seconds, _bytes),
 * counters alone end in _total. Labels are few and their values bounded: never a member, a card or
 * a transaction.
 *
 * Thread rule: registering and rendering take a lock; changing a value doesn't.
 */
#ifndef TELEMETRY_METRICS_H
#define TELEMETRY_METRICS_H

#include <stdatomic.h>

#include "base/bytes.h"

struct metrics;

struct metric_counter {
    atomic_int_fast64_t value;
};

struct metric_gauge {
    atomic_int_fast64_t value;
};

struct metric_histogram;

struct metric_spec {
    const char *name;
    const char *help;  /* one sentence */
    unsigned decimals; /* 0 to 9 */
};

struct metric_label {
    const char *name;
    const char *value;
};

struct metric_labels {
    const struct metric_label *at;
    size_t count;
};

#define METRIC_NO_LABELS ((struct metric_labels){NULL, 0})
/* METRIC_LABELS({"peer", id}, {"kind", "earn"}) */
#define METRIC_LABELS(...)                                                                         \
    ((struct metric_labels){(const struct metric_label[]){__VA_ARGS__},                            \
                            sizeof((const struct metric_label[]){__VA_ARGS__}) /                   \
                                sizeof(struct metric_label)})

MUST_USE enum err metrics_create(struct metrics **out_metrics);
void metrics_destroy(struct metrics *metrics); /* NULL is allowed; frees every series */

/* Each adds one series to the family of that name, which the first of them makes. All texts are
 * copied; what comes out lives as long as the registry. ERR_INPUT: a name, label or bound breaks
 * the rules above. ERR_CONFLICT: the family exists with another kind, help, decimals, bounds or
 * label names. ERR_EXISTS: this very series exists. ERR_RESOURCE: a limit or memory. */
MUST_USE enum err metrics_add_counter(struct metrics *metrics, const struct metric_spec *spec,
                                      struct metric_labels labels,
                                      struct metric_counter **out_counter);
MUST_USE enum err metrics_add_gauge(struct metrics *metrics, const struct metric_spec *spec,
                                    struct metric_labels labels, struct metric_gauge **out_gauge);

/* Upper bounds of the buckets, ascending, in the spec's units; +Inf is added. */
struct bucket_bounds {
    const int64_t *at;
    size_t count; /* 1 to LIMIT_METRIC_BUCKETS */
};

MUST_USE enum err metrics_add_histogram(struct metrics *metrics, const struct metric_spec *spec,
                                        struct bucket_bounds bounds, struct metric_labels labels,
                                        struct metric_histogram **out_histogram);

/* A value that is asked for at each rendering, from the rendering thread. */
typedef int64_t metric_read(void *context);
MUST_USE enum err metrics_add_counter_read(struct metrics *metrics, const struct metric_spec *spec,
                                           struct metric_labels labels, metric_read *read,
                                           void *context);
MUST_USE enum err metrics_add_gauge_read(struct metrics *metrics, const struct metric_spec *spec,
                                         struct metric_labels labels, metric_read *read,
                                         void *context);

static inline void metric_counter_add(struct metric_counter *counter, int64_t amount)
{
    atomic_fetch_add_explicit(&counter->value, amount, memory_order_relaxed);
}

static inline void metric_gauge_set(struct metric_gauge *gauge, int64_t value)
{
    atomic_store_explicit(&gauge->value, value, memory_order_relaxed);
}

static inline void metric_gauge_add(struct metric_gauge *gauge, int64_t amount)
{
    atomic_fetch_add_explicit(&gauge->value, amount, memory_order_relaxed);
}

void metric_histogram_observe(struct metric_histogram *histogram, int64_t value);

/* Bounds from 50 microseconds to 10 seconds, for durations with 6 decimals. */
struct bucket_bounds metric_bounds_of_latency(void);

/* Appends the Prometheus text exposition format, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). ERR_RESOURCE when the buffer's
 * limit is reached. */
MUST_USE enum err metrics_render(struct metrics *metrics, struct buffer *buffer);

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

#endif

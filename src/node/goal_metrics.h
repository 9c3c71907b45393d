/* How far goals are, for Prometheus. Under the insights' lock. */
#ifndef NODE_GOAL_METRICS_H
#define NODE_GOAL_METRICS_H

#include "config/programme_plans.h"
#include "telemetry/metrics.h"

struct node;
struct insights_view;

struct goal_series {
    char name[LIMIT_RULE_NAME_BYTES + 1];
    struct metric_gauge *value; /* of the last whole month */
    struct metric_gauge *target;
    struct metric_gauge *is_on_track;
};

/* Zeroed memory has none yet; one of each name that a programme had. */
struct goal_metrics {
    struct goal_series series[LIMIT_GOALS];
    size_t count;
};

void goal_metrics_set(struct goal_metrics *metrics, struct node *node,
                      const struct insights_view *view, const struct programme_plans *plans);

#endif

/* How many members are in each segment and on each list, for Prometheus. One thread at a time. */
#ifndef NODE_AUDIENCE_METRICS_H
#define NODE_AUDIENCE_METRICS_H

#include "node/audience.h"
#include "telemetry/metrics.h"

struct audience_metrics;

/* NULL without memory. */
struct audience_metrics *audience_metrics_create(struct metrics *metrics);
void audience_metrics_destroy(struct audience_metrics *shown); /* NULL is allowed */
/* A name that was there and is none any more is 0. `text` names the segments. */
void audience_metrics_show(struct audience_metrics *shown, const struct audience_report *report,
                           const struct rules_text *text);

#endif

/* How often each fraud rule found something, for the metrics page. Used under the gate's lock. */
#ifndef NODE_FRAUD_METRICS_H
#define NODE_FRAUD_METRICS_H

#include "programme/fraud.h"
#include "telemetry/metrics.h"

#define FRAUD_METRICS_MAX 128u /* of all versions of the programme since the start */

struct fraud_metrics {
    struct metrics *metrics;
    size_t count;
    struct {
        char rule[LIMIT_RULE_NAME_BYTES + 1];
        enum fraud_action action;
        struct metric_counter *counter;
    } rules[FRAUD_METRICS_MAX];
};

/* Makes a series for each rule that has none; without room it is not counted. */
void fraud_metrics_use(struct fraud_metrics *metrics, const struct fraud_rules *rules);
void fraud_metrics_count(struct fraud_metrics *metrics, const struct fraud_rule *rule);

#endif

#include "node/fraud_metrics.h"

#include <stdio.h>
#include <string.h>

static struct metric_counter *find(struct fraud_metrics *metrics, const struct fraud_rule *rule)
{
    for (size_t i = 0; i < metrics->count; i++) {
        if (metrics->rules[i].action == rule->action &&
            strcmp(metrics->rules[i].rule, rule->name) == 0) {
            return metrics->rules[i].counter;
        }
    }
    return NULL;
}

static void add(struct fraud_metrics *metrics, const struct fraud_rule *rule)
{
    static const struct metric_spec spec = {
        "talea_fraud_findings_total", "What the programme's fraud rules found, by rule and action.",
        0};
    struct metric_counter *counter;
    enum err err = metrics_add_counter(
        metrics->metrics, &spec,
        METRIC_LABELS({"rule", rule->name}, {"action", fraud_action_name(rule->action)}), &counter);
    if (err != ERR_OK) {
        return;
    }
    size_t place = metrics->count++;
    metrics->rules[place].action = rule->action;
    metrics->rules[place].counter = counter;
    (void)snprintf(metrics->rules[place].rule, sizeof metrics->rules[place].rule, "%s", rule->name);
}

void fraud_metrics_use(struct fraud_metrics *metrics, const struct fraud_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        if (find(metrics, &rules->rules[i]) == NULL && metrics->count < FRAUD_METRICS_MAX) {
            add(metrics, &rules->rules[i]);
        }
    }
}

void fraud_metrics_count(struct fraud_metrics *metrics, const struct fraud_rule *rule)
{
    struct metric_counter *counter = find(metrics, rule);
    if (counter != NULL) {
        metric_counter_add(counter, 1);
    }
}

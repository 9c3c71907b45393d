#include "node/goal_metrics.h"

#include <string.h>

#include "measure/goal.h"
#include "node/goals.h"
#include "node/insights.h"
#include "node/node.h"

#define DECIMALS 4 /* of all goals: what money has at most */

static const struct metric_spec value_spec = {"talea_goal_value",
                                              "A goal's figure in the last whole month.", DECIMALS};
static const struct metric_spec target_spec = {"talea_goal_target", "What a goal is to come to.",
                                               DECIMALS};
static const struct metric_spec track_spec = {
    "talea_goal_on_track", "1 where a goal is as far as its line to the target.", 0};

/* NULL: no room, or the registry refuses it. */
static struct goal_series *series_of(struct goal_metrics *metrics, struct metrics *registry,
                                     const char *name)
{
    for (size_t i = 0; i < metrics->count; i++) {
        if (strcmp(metrics->series[i].name, name) == 0) {
            return &metrics->series[i];
        }
    }
    if (metrics->count == LIMIT_GOALS) {
        return NULL;
    }
    struct goal_series *series = &metrics->series[metrics->count];
    struct metric_labels labels = METRIC_LABELS({"goal", name});
    if (metrics_add_gauge(registry, &value_spec, labels, &series->value) != ERR_OK ||
        metrics_add_gauge(registry, &target_spec, labels, &series->target) != ERR_OK ||
        metrics_add_gauge(registry, &track_spec, labels, &series->is_on_track) != ERR_OK) {
        return NULL;
    }
    memcpy(series->name, name, strlen(name) + 1);
    metrics->count++;
    return series;
}

static int64_t scaled(int64_t value, unsigned decimals)
{
    for (unsigned i = decimals; i < DECIMALS; i++) {
        value *= 10;
    }
    return value;
}

void goal_metrics_set(struct goal_metrics *metrics, struct node *node,
                      const struct insights_view *view, const struct programme_plans *plans)
{
    struct snapshot *snapshot = node_snapshot(node);
    const struct programme_version *version = programmes_at(snapshot->programmes, node_now(node));
    for (size_t i = 0; i < plans->goal_count; i++) {
        const struct goal_plan *goal = &plans->goals[i];
        struct goal_series *series = series_of(metrics, node->metrics, goal->name);
        struct goal_state state = goal_state_of(view, goal);
        unsigned decimals = goal_decimals(goal->measure, version->file.money_decimals);
        if (series == NULL) {
            continue;
        }
        metric_gauge_set(series->target, scaled(goal->target, decimals));
        if (state.now.is_known) { /* of an empty month nobody is woken */
            metric_gauge_set(series->value, scaled(state.now.value, decimals));
            metric_gauge_set(series->is_on_track, state.is_on_track ? 1 : 0);
        }
    }
    snapshot_release(snapshot);
}

#include "node/audience_metrics.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define SHOWN_MAX (LIMIT_SEGMENTS + LIMIT_LISTS + 192u) /* names of earlier versions are kept */

struct shown_name {
    char name[LIMIT_RULE_NAME_BYTES + 1];
    bool is_list;
    struct metric_gauge *gauge;
};

struct audience_metrics {
    struct metrics *metrics;
    struct metric_gauge *counted_at;
    size_t count;
    struct shown_name names[SHOWN_MAX];
};

struct audience_metrics *audience_metrics_create(struct metrics *metrics)
{
    static const struct metric_spec spec = {
        "talea_segments_counted_timestamp_seconds",
        "When the members of segments and lists were counted last.", 3};
    struct audience_metrics *shown = calloc(1, sizeof *shown);
    if (shown == NULL) {
        return NULL;
    }
    shown->metrics = metrics;
    if (metrics_add_gauge(metrics, &spec, METRIC_NO_LABELS, &shown->counted_at) != ERR_OK) {
        free(shown);
        return NULL;
    }
    return shown;
}

void audience_metrics_destroy(struct audience_metrics *shown)
{
    free(shown);
}

static struct metric_gauge *gauge_of(struct audience_metrics *shown, const char *name, bool is_list)
{
    static const struct metric_spec segments = {"talea_segment_members",
                                                "Members in a segment of the programme.", 0};
    static const struct metric_spec lists = {"talea_list_members", "Members on a static list.", 0};
    for (size_t i = 0; i < shown->count; i++) {
        if (shown->names[i].is_list == is_list && strcmp(shown->names[i].name, name) == 0) {
            return shown->names[i].gauge;
        }
    }
    struct shown_name *added = &shown->names[shown->count];
    if (shown->count == SHOWN_MAX || text_copy(added->name, sizeof added->name, name) != ERR_OK ||
        metrics_add_gauge(shown->metrics, is_list ? &lists : &segments,
                          is_list ? METRIC_LABELS({"list", name})
                                  : METRIC_LABELS({"segment", name}),
                          &added->gauge) != ERR_OK) {
        return NULL;
    }
    added->is_list = is_list;
    shown->count++;
    return added->gauge;
}

static void show(struct audience_metrics *shown, const char *name, bool is_list, uint64_t members)
{
    struct metric_gauge *gauge = gauge_of(shown, name, is_list);
    if (gauge != NULL) {
        metric_gauge_set(gauge, (int64_t)members);
    }
}

void audience_metrics_show(struct audience_metrics *shown, const struct audience_report *report,
                           const struct rules_text *text)
{
    for (size_t i = 0; i < shown->count; i++) {
        metric_gauge_set(shown->names[i].gauge, 0);
    }
    for (size_t s = 0; s < report->segment_count; s++) {
        show(shown, text->segments[s].name, false, report->segments[s]);
    }
    for (size_t i = 0; i < report->list_count; i++) {
        show(shown, report->lists[i].list.name, true, report->lists[i].members);
    }
    metric_gauge_set(shown->counted_at, report->counted_at.ms);
}

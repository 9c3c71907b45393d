#include "sim_events.h"

#include <stdlib.h>

void sim_events_fini(struct sim_events *events)
{
    for (size_t i = 0; i < events->count; i++) {
        free(events->heap[i].bytes);
    }
    free(events->heap);
}

static bool is_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void sim_events_add(struct sim_events *events, struct sim_event event)
{
    if (events->count == events->room) {
        events->room = events->room == 0 ? 256 : events->room * 2;
        events->heap = realloc(events->heap, events->room * sizeof *events->heap);
        ASSERT(events->heap != NULL);
    }
    event.order = events->order++;
    size_t at = events->count++;
    while (at > 0 && is_before(&event, &events->heap[(at - 1) / 2])) {
        events->heap[at] = events->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    events->heap[at] = event;
}

bool sim_events_take(struct sim_events *events, int64_t until, struct sim_event *out_event)
{
    if (events->count == 0 || events->heap[0].at > until) {
        return false;
    }
    *out_event = events->heap[0];
    struct sim_event last = events->heap[--events->count];
    size_t at = 0;
    for (size_t child = 1; child < events->count; child = 2 * at + 1) {
        if (child + 1 < events->count &&
            is_before(&events->heap[child + 1], &events->heap[child])) {
            child++;
        }
        if (!is_before(&events->heap[child], &last)) {
            break;
        }
        events->heap[at] = events->heap[child];
        at = child;
    }
    if (events->count > 0) {
        events->heap[at] = last;
    }
    return true;
}

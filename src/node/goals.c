/* Goals, over RPC. */
#include "node/goals.h"

#include <string.h>

#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/measure.pb-c.h"

#define GOALS_BYTES (4u << 20)

struct goal_state goal_state_of(const struct insights_view *view, const struct goal_plan *goal)
{
    struct goal_state state = {.course = {.from = goal->from, .by = goal->by}};
    struct period before = month_before(goal->from);
    state.course.start = goal->has_start ? goal->start : insights_goal(view, goal, before).value;
    state.course.target = goal->target;
    state.last = month_before(view->now);
    if (period_is_before(goal->by, state.last)) {
        state.last = goal->by;
    }
    state.now = insights_goal(view, goal, state.last);
    state.so_far = insights_goal(view, goal, view->now);
    state.is_on_track =
        state.now.has_data && goal_is_on_track(&state.course, state.last, state.now.value);
    state.is_reached = state.now.has_data && goal_is_reached(&state.course, state.now.value);
    return state;
}

struct measuring {
    struct rpc_stream *stream;
    const struct insights_view *view;
    struct arena arena;
    unsigned money_decimals;
};

/* From the month before it begins to the one that is not over, or its last. */
static enum err add_months(struct measuring *m, const struct goal_plan *goal,
                           const struct goal_course *course, Talea__V1__Goal *message)
{
    struct period end = period_is_before(goal->by, m->view->now) ? goal->by : m->view->now;
    message->months = arena_alloc(&m->arena, (ACTIVITY_MONTHS + 1) * sizeof(void *));
    if (message->months == NULL) {
        return ERR_RESOURCE;
    }
    for (struct period month = month_before(goal->from);
         !period_is_before(end, month) && message->n_months < ACTIVITY_MONTHS;
         month = period_next(month)) {
        struct goal_figure figure = insights_goal(m->view, goal, month);
        Talea__V1__GoalMonth *row = arena_alloc(&m->arena, sizeof *row);
        if (row == NULL) {
            return ERR_RESOURCE;
        }
        talea__v1__goal_month__init(row);
        row->month = month.code;
        row->value = figure.value;
        row->expected = goal_expected(course, month);
        row->numerator = figure.numerator;
        row->denominator = figure.denominator;
        row->has_figure = figure.has_data;
        message->months[message->n_months++] = row;
    }
    return ERR_OK;
}

static char *copy_of(struct measuring *m, const char *text)
{
    return arena_text(&m->arena, slice_of(text, strlen(text)));
}

static enum err goal_message(struct measuring *m, const struct goal_plan *goal,
                             Talea__V1__Goal **out_message)
{
    struct goal_state state = goal_state_of(m->view, goal);
    Talea__V1__Goal *message = arena_alloc(&m->arena, sizeof *message);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__goal__init(message);
    message->name = copy_of(m, goal->name);
    message->measure = copy_of(m, goal_measure_name(goal->measure));
    message->survey = copy_of(m, goal->survey == NULL ? "" : goal->survey);
    message->from_month = goal->from.code;
    message->by_month = goal->by.code;
    message->decimals = goal_decimals(goal->measure, m->money_decimals);
    message->start = state.course.start;
    message->target = goal->target;
    message->value = state.now.value;
    message->value_so_far = state.so_far.value;
    message->is_on_track = state.is_on_track;
    message->is_reached = state.is_reached;
    message->has_figure = state.now.has_data;
    *out_message = message;
    return message->name == NULL || message->measure == NULL || message->survey == NULL
               ? ERR_RESOURCE
               : add_months(m, goal, &state.course, message);
}

static bool tell_rows(void *context, uint64_t rows_done, uint64_t rows_total)
{
    Talea__V1__MeasureGoalsResponse response;
    talea__v1__measure_goals_response__init(&response);
    response.rows_done = rows_done;
    response.rows_total = rows_total;
    return rpc_stream_send(context, &response.base) == ERR_OK;
}

static enum err fill(struct measuring *m, const struct programme_plans *plans, const char *name,
                     Talea__V1__MeasureGoalsResponse *response)
{
    response->goals = arena_alloc(&m->arena, (plans->goal_count + 1) * sizeof(void *));
    if (response->goals == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < plans->goal_count; i++) {
        if (name[0] == '\0' || strcmp(plans->goals[i].name, name) == 0) {
            TRY(goal_message(m, &plans->goals[i], &response->goals[response->n_goals]));
            response->n_goals++;
        }
    }
    return name[0] != '\0' && response->n_goals == 0 ? ERR_NOT_FOUND : ERR_OK;
}

struct rpc_status measure_goals(void *context, struct rpc_stream *stream)
{
    struct node *node = context;
    const ProtobufCMessage *message;
    Talea__V1__MeasureGoalsResponse response;
    struct insights_view view;
    enum err err = rpc_stream_receive(stream, &message);
    if (err != ERR_OK) {
        return rpc_status_of(err, NULL);
    }
    const char *name = ((const Talea__V1__MeasureGoalsRequest *)(const void *)message)->name;
    struct snapshot *snapshot = node_snapshot(node);
    const struct programme_version *version = programmes_at(snapshot->programmes, node_now(node));
    struct measuring m = {
        .stream = stream, .view = &view, .money_decimals = version->file.money_decimals};
    talea__v1__measure_goals_response__init(&response);
    arena_init(&m.arena, GOALS_BYTES);
    err = insights_lock(node, tell_rows, stream, &view);
    if (err == ERR_OK) {
        err = fill(&m, &version->file.plans, name, &response);
        insights_unlock(node);
    }
    response.is_finished = true;
    bool is_unknown = err == ERR_NOT_FOUND;
    err = err == ERR_OK ? rpc_stream_send(stream, &response.base) : err;
    arena_fini(&m.arena);
    snapshot_release(snapshot);
    return err == ERR_OK ? rpc_status_ok()
           : is_unknown  ? rpc_status_make(5, "GOAL_UNKNOWN",
                                           "The programme in force has no goal of this name.")
                         : rpc_status_of(err, NULL);
}

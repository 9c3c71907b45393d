/* How far a goal of the programme is. */
#ifndef NODE_GOALS_H
#define NODE_GOALS_H

#include "measure/goal.h"
#include "node/insights.h"

struct goal_state {
    struct goal_course course;
    struct period last;        /* the last whole month, but not after `by` */
    struct goal_figure now;    /* of it */
    struct goal_figure so_far; /* of the month that is not over */
    bool is_on_track;          /* false also where `now` is not known */
    bool is_reached;
};

struct goal_state goal_state_of(const struct insights_view *view, const struct goal_plan *goal);

#endif

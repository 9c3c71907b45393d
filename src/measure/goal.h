/* How far a goal is: a straight line from where it started to its target. Pure. */
#ifndef MEASURE_GOAL_H
#define MEASURE_GOAL_H

#include <stdint.h>

#include "base/period.h"

struct goal_course {
    struct period from; /* months: in the one before it stood at `start` */
    struct period by;   /* in which it is to be at `target` */
    int64_t start;
    int64_t target;
};

/* Where the line is at the end of a month; before its time the start, after it the target. */
int64_t goal_expected(const struct goal_course *course, struct period month);
/* As far as it should be in that month, or further? */
bool goal_is_on_track(const struct goal_course *course, struct period month, int64_t value);
bool goal_is_reached(const struct goal_course *course, int64_t value);
/* a/b in tenths of a percent, rounded to the nearest; 0 of nothing. */
int64_t goal_rate(int64_t a, int64_t b);

#endif

#include "measure/goal.h"

#include "base/amount.h"

#define TENTHS 1000

static int64_t months_between(struct period a, struct period b)
{
    return ((int64_t)(b.code / 100) - (int64_t)(a.code / 100)) * 12 + (int64_t)(b.code % 100) -
           (int64_t)(a.code % 100);
}

int64_t goal_expected(const struct goal_course *course, struct period month)
{
    int64_t all = months_between(course->from, course->by) + 1;
    int64_t gone = months_between(course->from, month) + 1;
    int64_t way = 0;
    if (gone <= 0) {
        return course->start;
    }
    if (gone >= all || int64_mul_div(course->target - course->start, gone, all, ROUNDING_HALF_UP,
                                     &way) != ERR_OK) {
        return course->target;
    }
    return course->start + way;
}

/* Goals may lie below where they start. */
static bool is_as_far(const struct goal_course *course, int64_t value, int64_t bound)
{
    return course->target >= course->start ? value >= bound : value <= bound;
}

bool goal_is_on_track(const struct goal_course *course, struct period month, int64_t value)
{
    return is_as_far(course, value, goal_expected(course, month));
}

bool goal_is_reached(const struct goal_course *course, int64_t value)
{
    return is_as_far(course, value, course->target);
}

int64_t goal_rate(int64_t a, int64_t b)
{
    int64_t rate = 0;
    return b > 0 && int64_mul_div(a, TENTHS, b, ROUNDING_HALF_UP, &rate) == ERR_OK ? rate : 0;
}

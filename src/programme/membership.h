/* Memberships that are paid for: metrics of METRIC_UNTIL that goods, or a price, prolong. Pure; any
 * thread. */
#ifndef PROGRAMME_MEMBERSHIP_H
#define PROGRAMME_MEMBERSHIP_H

#include "programme/judge.h"

struct membership {
    uint16_t metric;     /* its place in the text */
    int64_t until_day;   /* the first day on which it is over; 0: there never was one */
    int64_t days_left;   /* 0: it is over */
    struct money paid;   /* for what is left of it, and what went before */
    int64_t paid_days;   /* and for how many days */
    uint16_t cancel;     /* the place of the rule that gives money back; NO_RULE: none does */
    struct money refund; /* what that would give now */
};

/* Is the metric one that is paid for? */
bool membership_is(const struct rules_text *text, uint16_t metric);
/* The one of this name; NO_METRIC: there is none. */
uint16_t membership_find(const struct rules_text *text, struct slice name);
/* As the standing has it on a day. ERR_RANGE. */
MUST_USE enum err membership_read(const struct rules *rules, const struct standing *standing,
                                  uint16_t metric, int64_t day, struct membership *out_membership);

#endif

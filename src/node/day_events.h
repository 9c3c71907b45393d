/* Events of members' days: "birthday" and "anniversary" of the enrolment, for programmes whose
 * rules listen to them. Each takes place once a year, on the day or, when the node was not there,
 * up to DAY_EVENTS_LATE days after it.
 */
#ifndef NODE_DAY_EVENTS_H
#define NODE_DAY_EVENTS_H

#include "node/audience.h"

#define DAY_EVENT_BIRTHDAY    "birthday"
#define DAY_EVENT_ANNIVERSARY "anniversary"
#define DAY_EVENTS_PER_MEMBER 2u
#define DAY_EVENTS_LATE       6

/* What is listened to. */
struct day_events {
    struct node *node;
    bool has_birthday;
    bool has_anniversary;
};

struct day_event {
    struct uid member;
    struct uid id; /* follows from member, event and year */
    const char *name;
};

/* One, and on which day it was to take place. */
struct day_event_time {
    const char *name;
    int64_t day;
};

void day_events_init(struct day_events *events, struct node *node,
                     const struct programme_version *version);
/* Those of somebody that take place on the day, or should have a few days before it. `month` is 0
 * for who told no birthday. */
size_t day_events_of(const struct day_events *events, unsigned month, unsigned day_of_month,
                     int64_t enrolled_day, int64_t day,
                     struct day_event_time out_times[DAY_EVENTS_PER_MEMBER]);
/* Appends what is due for a member and was not yet: at most DAY_EVENTS_PER_MEMBER. */
MUST_USE enum err day_events_find(const struct day_events *events, const struct ledger_view *view,
                                  const struct uid *id, const struct audience_member *member,
                                  int64_t day, struct day_event *due, size_t *due_count);
/* Waits. What can't be now is found again at the next walk, while it is not too late. */
void day_event_raise(struct node *node, struct snapshot *snapshot, const struct day_event *event);

/* The last time, up to `day`, that the month and day came round; the last of a month that has no
 * such day. */
int64_t day_event_last(unsigned month, unsigned day_of_month, int64_t day);

#endif

/* An event that nobody told of: the node itself judges it for a member of ours, once. Any thread
 * that may wait.
 */
#ifndef NODE_OWN_EVENT_H
#define NODE_OWN_EVENT_H

#include "node/judging.h"

struct own_event {
    struct uid id; /* follows from what it is about: told again, it gives nothing more */
    struct uid member;
    struct slice name;
    struct unix_ms time;
    unsigned depth;    /* of the case */
    struct slice ends; /* of the case */
};

/* Does any rule listen to it? */
bool own_event_is_heard(const struct programme_version *version, const char *name);
bool own_event_is_heard_by(const struct programme_version *version, struct slice name);

/* Judges and makes it durable. Who has moved to another home is given it there. ERR_OK when it took
 * place, now or before; ERR_NOT_FOUND: there is no such member any more; ERR_CONFLICT: what it was
 * judged on moved, it may be tried again; ERR_INPUT with a note that says why: not now, and not
 * soon. */
MUST_USE enum err own_event_judge(struct node *node, struct snapshot *snapshot,
                                  const struct own_event *event, struct note *note);

#endif

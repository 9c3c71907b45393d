/* Events that the node records by itself, judged by the programme's rules as a till's are: of who
 * won a draw, of who answered a survey. Exactly once for each id, however often it is asked for.
 * Any thread but one that must not wait.
 */
#ifndef NODE_GIVEN_EVENT_H
#define NODE_GIVEN_EVENT_H

#include "engine/engine.h"
#include "ledger/standings.h"
#include "node/snapshot.h"

struct node;

struct given_event {
    struct uid id;
    struct standing_owner owner; /* a member of ours, or another home's card */
    const char *event;
    const char *store; /* may be empty, as the channel */
    const char *channel;
};

/* Waits. The outcome is that of the points; VERDICT_OK also for what gives none. `*out_points` is
 * what it gave. ERR_NOT_FOUND: no rule of the moment is on it. ERR_INPUT, ERR_RANGE with a note. */
MUST_USE enum err given_event_record(struct node *node, struct snapshot *snapshot,
                                     const struct given_event *event, struct outcome *out_outcome,
                                     struct note *note);

#endif

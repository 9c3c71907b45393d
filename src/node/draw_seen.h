/* A draw as a call looks at it: its plan in the programme, and what was done of it. One thread. */
#ifndef NODE_DRAW_SEEN_H
#define NODE_DRAW_SEEN_H

#include "config/programme_plans.h"
#include "node/draw_store.h"
#include "talea/v1/draw.pb-c.h"

struct draw_seen {
    struct node *node;
    struct snapshot *snapshot;
    const struct programme_version *version; /* of the plan */
    const struct draw_plan *plan;            /* NULL: no programme of its time has it */
    struct draw_state state;
    struct arena arena;
    struct buffer text;       /* of all steps so far */
    struct slice sealed;      /* its secret, in the arena; of one that was opened */
    struct draw_paper *paper; /* of the text, without the list; NULL: it was not opened */
};

/* Takes the snapshot over. ERR_NOT_FOUND: neither planned nor opened; or opened so long ago that
 * what was kept of it is forgotten. Whatever comes out, end it with draw_unsee. */
MUST_USE enum err draw_see(struct node *node, struct snapshot *snapshot, const char *name,
                           struct draw_seen *out_seen, struct note *note);
void draw_unsee(struct draw_seen *seen);
/* Reads the steps anew. */
MUST_USE enum err draw_see_again(struct draw_seen *seen, struct note *note);

/* `members` (may be NULL) are the list's, to say who won. In the arena. NULL without memory. */
Talea__V1__Draw *draw_message(struct draw_seen *seen, const struct draw_member *members,
                              bool with_winners);
/* Whose it is now. ERR_NOT_FOUND: erased since. */
MUST_USE enum err draw_owner_now(struct draw_seen *seen, const struct standing_owner *owner,
                                 struct standing_owner *out_owner);

#endif

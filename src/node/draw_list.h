/* Who has how many tickets of a draw: the list, as it is now. */
#ifndef NODE_DRAW_LIST_H
#define NODE_DRAW_LIST_H

#include "config/programme_plans.h"
#include "node/draw_store.h"

struct draw_list {
    struct draw_member *members; /* by id; the caller frees it */
    size_t count;
    struct draw_entrant *entrants; /* the same without owners; the caller frees it */
    uint64_t tickets;
    struct hash hash;
};

void draw_list_fini(struct draw_list *list);
/* Looks at all standings, as of one moment: members that are blocked, erased or in none of the
 * draw's segments take no part. Some seconds for a million. ERR_NOT_FOUND: nobody has a ticket.
 * ERR_RESOURCE also for more than LIMIT_DRAW_ENTRANTS; with a note. */
MUST_USE enum err draw_list_make(struct node *node, const struct snapshot *snapshot,
                                 const struct programme_version *version,
                                 const struct draw_plan *draw,
                                 const uint8_t secret[DRAW_SECRET_BYTES],
                                 struct draw_list *out_list, struct note *note);
/* The tickets of one, who may take no part: then 0. */
MUST_USE enum err draw_tickets_of(struct node *node, const struct snapshot *snapshot,
                                  const struct programme_version *version,
                                  const struct draw_plan *draw, const struct standing_owner *owner,
                                  uint64_t *out_tickets);

#endif

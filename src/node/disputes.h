/* What is shown of disputes. */
#ifndef NODE_DISPUTES_H
#define NODE_DISPUTES_H

#include "base/arena.h"
#include "ledger/rows.h"
#include "talea/v1/back_office.pb-c.h"

struct node;

/* Fills in what was said in one; `receipted_number` is of our stream to the partner. */
MUST_USE enum err disputes_lines(struct node *node, struct arena *arena,
                                 const struct partner_id *partner, enum stream_direction direction,
                                 uint64_t number, uint64_t receipted_number,
                                 Talea__V1__GetDisputeResponse *response);

/* As a row of TABLE_META says (META_DISPUTES, META_ESCALATED); 0 when it can't be read. */
int64_t disputes_count(struct node *node, const struct partner_id *partner, const char *name);

#endif

/* Figures about disputes. */
#ifndef NODE_DISPUTES_H
#define NODE_DISPUTES_H

#include "base/ident.h"

struct node;

/* As a row of TABLE_META says (META_DISPUTES, META_ESCALATED); 0 when it can't be read. */
int64_t disputes_count(struct node *node, const struct partner_id *partner, const char *name);

#endif

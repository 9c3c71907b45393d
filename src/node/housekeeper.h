/* What a node does by itself each second: looks at the disk, frees what killed readers pinned,
 * forgets old transaction ids a slice at a time. A thread of its own. */
#ifndef NODE_HOUSEKEEPER_H
#define NODE_HOUSEKEEPER_H

#include "base/error.h"

struct node;
struct housekeeper;

/* The node's disk guard, engine and files are open. */
MUST_USE enum err housekeeper_start(struct node *node, struct housekeeper **out_keeper);
/* Before the engine is closed. NULL is allowed. */
void housekeeper_stop(struct housekeeper *keeper);

#endif

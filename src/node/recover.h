/* A node whose ledger may be an older copy of itself: what it asks its partners before it writes.
 */
#ifndef NODE_RECOVER_H
#define NODE_RECOVER_H

#include "node/session.h"

/* Before the sessions begin: a ledger that `talea restore` put in place is marked as a copy, in
 * itself, and the file that said so is removed. */
MUST_USE enum err recover_begin(struct node *node, size_t partners, struct note *note);
/* Once a connection, before the stream opens: compares, and takes back what was lost. ERR_OK: the
 * stream may open. */
MUST_USE enum err session_recover(struct session *session, struct note *note);

#endif

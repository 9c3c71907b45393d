/* Setting apart what differs in a half and no signature decides (peer/apart.h). */
#ifndef NODE_APART_H
#define NODE_APART_H

#include "node/reconcile.h"
#include "node/session.h"

/* Is it set apart already, here or as the partner signed it? Then it is durable here. */
bool session_ask_apart(struct session *session, struct rpc_client *client, struct period period,
                       struct note *note);
/* What a comparison of the half that we sent found, and acted on. ERR_UNAVAILABLE with a note: not
 * all of it is undecided. */
MUST_USE enum err session_set_apart(struct session *session, struct rpc_client *client,
                                    struct period period, const struct half_result *half,
                                    struct note *note);

/* Before anything is recovered: this ledger may be a copy from before a half was set apart, which
 * the partner knows (peer/apart.h, apart_take_again). */
void session_fetch_apart(struct session *session, struct rpc_client *client);

#endif

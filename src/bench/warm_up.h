/* A node that has just been started gets each row from LMDB when it is first asked for. In process
 * the ledger that is measured has made its rows itself; so that a node's figures stand beside
 * those, it has each member in hand once, too, before it is measured.
 */
#ifndef BENCH_WARM_UP_H
#define BENCH_WARM_UP_H

#include "bench/ledger.h"
#include "rpc/client.h"

/* Asks by each member's card for a hold on more points than anybody has, in batches; what is
 * refused changes no member. `client` may execute batches. */
MUST_USE enum err warm_up_members(struct rpc_client *client, struct ledger *ledger,
                                  struct note *note);

#endif

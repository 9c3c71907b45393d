/* The holds in a ledger's tables, for who is asked what it holds of a partner (peer/holdings.h). */
#ifndef PEER_HOLD_SCAN_H
#define PEER_HOLD_SCAN_H

#include "ledger/rows.h"
#include "store/tables.h"

/* Those of one redeemer, in the order of their ids, after `after` (nil: from the first); what is
 * durable, written down first. ERR_NOT_FOUND of the visitor ends it with ERR_OK. On any thread. */
MUST_USE enum err
hold_scan(const struct tables *tables, const struct partner_id *redeemer, const struct uid *after,
          enum err (*visit)(void *visitor, const struct uid *id, const struct hold *hold),
          void *visitor);

#endif

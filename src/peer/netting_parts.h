/* What the halves of netting share; inside this module. */
#ifndef PEER_NETTING_PARTS_H
#define PEER_NETTING_PARTS_H

#include "peer/netting.h"

/* In the place of a pair's other. */
static const struct partner_id nobody = {{0}};

/* When what is decided on began, as this ledger kept it; 0: not known. */
struct netting_times {
    struct unix_ms closed_at; /* this brand's half, with the last of them */
    struct unix_ms said_at;   /* its word */
    struct unix_ms round_at;  /* its vote in the round before, or the first it heard of this one */
};

/* `round` is of votes. Borrows from the view. ERR_NOT_FOUND. */
MUST_USE enum err netting_row_load(const struct peer_host *host, enum netting_row_kind kind,
                                   struct period period, const struct partner_id *first,
                                   const struct partner_id *second, uint32_t round,
                                   struct netting_row *out_row);
/* All that is known here of the period. ERR_NOT_FOUND when this brand has no part in it. The
 * table's pairs are the memory's. */
MUST_USE enum err netting_load(const struct peer_host *host, struct period period,
                               struct netting_memory *memory, struct arena *arena,
                               struct netting_table *out_table, struct netting_times *out_times);

#endif

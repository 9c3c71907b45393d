/* The net of all pairs in a dossier: the agreed statements between others, each partner's word and
 * its votes, proven one by one and put into the table that decides (settlement/netting.h). */
#ifndef DOSSIER_NET_AUDIT_H
#define DOSSIER_NET_AUDIT_H

#include <stdio.h>

#include "charter/charter_chain.h"
#include "dossier/report.h"
#include "settlement/netting.h"

#define NET_FILE_FORMAT        "talea net 2\n"
#define NET_FILE_FORMAT_BEFORE "talea net 1\n" /* without votes */

/* An empty table of the period by the last charter, in the arena. */
MUST_USE enum err net_table_make(const struct charter_chain *chain, struct period period,
                                 const struct partner_id *holder, struct arena *arena,
                                 struct netting_table *out_table);
/* Puts in what the file says, and whether it is of a format with votes. `place` names the file; its
 * stream is filled in. ERR_CORRUPT: the flaw is in the place's report. Others are ERR_RESOURCE and
 * ERR_STORAGE. */
MUST_USE enum err net_audit(FILE *file, const struct charter_chain *chain,
                            struct audit_place *place, struct netting_table *table,
                            bool *out_has_votes, struct hash *out_sum);
/* The same of a statement or a word that is proven already. Two that say different things are a
 * flaw. */
MUST_USE enum err net_take_statement(struct netting_table *table,
                                     const struct pair_statement *statement,
                                     const struct audit_place *place);
/* Puts what one table has into another; both are of the same period. What a partner signed once and
 * shows twice, differently, is a flaw. */
MUST_USE enum err net_merge(struct netting_table *table, const struct netting_table *more,
                            const struct audit_place *place);

#endif

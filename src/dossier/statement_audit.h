/* A statement of a dossier: its signatures, its prices, and that it says what the entries add up
 * to.
 */
#ifndef DOSSIER_STATEMENT_AUDIT_H
#define DOSSIER_STATEMENT_AUDIT_H

#include "dossier/dossier_audit.h"

/* `bytes` is a GetStatementResponse; `out_is_there` is false when no statement is in it yet. The
 * dossier's streams are proven before. ERR_CORRUPT: the flaw is in the place's report;
 * ERR_RESOURCE. */
MUST_USE enum err statement_audit(struct slice bytes, const struct dossier *dossier,
                                  const struct audit_place *place, struct arena *arena,
                                  struct statement_proof *out_proof, bool *out_is_there);

#endif

/* What follows from proven dossiers of one period: who owes whom, computed anew from what both of
 * each pair signed, and how far each payment is proven. */
#ifndef DOSSIER_SETTLEMENT_AUDIT_H
#define DOSSIER_SETTLEMENT_AUDIT_H

#include "dossier/dossier_audit.h"

/* The report has its pairs. Its positions and payments are in the arena. ERR_CORRUPT: the report
 * has the flaw; ERR_RESOURCE. */
MUST_USE enum err settlement_audit(const struct dossier *dossiers, size_t count,
                                   struct audit_report *report, struct arena *arena);

#endif

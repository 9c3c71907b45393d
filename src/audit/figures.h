/* An audit's summary as the message that travels, for all who show one. */
#ifndef AUDIT_FIGURES_H
#define AUDIT_FIGURES_H

#include <talea/v1/admin.pb-c.h>

#include "audit/audit.h"

/* Initialises `out_figures`, which borrows nothing. */
void audit_figures(const struct audit_summary *summary, Talea__V1__LedgerFigures *out_figures);
/* "invariant: what and where"; empty where nothing was found. Needs AUDIT_FINDING_TEXT_MAX bytes.
 */
#define AUDIT_FINDING_TEXT_MAX (AUDIT_INVARIANT_MAX + sizeof(struct note) + 4)
const char *audit_finding_text(const struct audit_finding *finding,
                               char out_text[AUDIT_FINDING_TEXT_MAX]);

#endif

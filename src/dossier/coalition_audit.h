/* Several brands' dossiers of one period: each by itself, then against each other; and what
 * follows: who owes whom. One brand's dossier alone shows its own pairs. */
#ifndef DOSSIER_COALITION_AUDIT_H
#define DOSSIER_COALITION_AUDIT_H

#include "dossier/dossier_audit.h"

/* `pinned` is a charter that the auditor knows, or NULL: each dossier must have it. The report's
 * arrays are in the arena. ERR_CORRUPT: the report has the flaw, and the counts are of what was
 * reached. ERR_NOT_FOUND and others as dossier_audit, with a note. */
MUST_USE enum err coalition_audit(const char *const *folders, size_t count,
                                  const struct charter *pinned, struct arena *arena,
                                  struct audit_report *out_report, struct note *note);

#endif

/* The state derived anew from the journal alone: for a state that is damaged, lost, or of another
 * format.
 *
 * Every batch is checked on the way as an audit does it: whole, chained to the one before, signed
 * by a known key; every record is well-formed and next in row. The journal must begin at row 1.
 *
 * Threads: any one; nobody else uses journal and state meanwhile.
 */
#ifndef AUDIT_REBUILD_H
#define AUDIT_REBUILD_H

#include "audit/audit.h"

/* `options->state` is open for writing and empty: it gets all rows and is checkpointed.
 * `decode_entry` is not used. ERR_CORRUPT: `out_finding` names the first bad row, and the state
 * holds what came before it, but is not checkpointed to its end; other errors as audit_run. */
MUST_USE enum err audit_rebuild(const struct audit_options *options, uint64_t *out_rows,
                                struct audit_finding *out_finding);

#endif

/* Follows a journal's hash chain from its first row to its last: each batch whole, next to the one
 * before, not older, and signed by a known key. What is in the records is not looked at. A finding
 * is said as audit_run says it.
 *
 * Threads: any one; the journal may be in use meanwhile.
 */
#ifndef AUDIT_CHAIN_H
#define AUDIT_CHAIN_H

#include "audit/audit.h"

/* Of the options: journal, coalition, context, find_key (NULL: signatures are not looked at) and
 * progress. Of the summary: rows and batches. A journal that was trimmed is followed from where it
 * begins. ERR_OK, ERR_CORRUPT with the finding, ERR_CANCELLED; others as of audit_run. */
MUST_USE enum err audit_chain(const struct audit_options *options,
                              struct audit_summary *out_summary, struct audit_finding *out_finding);

#endif

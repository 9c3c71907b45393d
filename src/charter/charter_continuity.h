/* What lasts from one epoch to the next. Streams, totals and evidence outlive an epoch; what they
 * are read by must not change under them:
 *
 *   - points and settlement money keep their decimals and currency
 *   - nets are netted between pairs, or among all, as before
 *   - a tariff keeps all it says, and stays; a new one with a date or for a pair begins no sooner
 *     than its charter
 *   - a partner keeps its card prefix and the period in which its streams begin
 *   - who leaves says so one epoch before, with a last period that has not begun to be history, and
 *     is gone only after it; a last period may be moved out, not in
 *   - a revoked key stays revoked while it is listed, and its numbers only shrink
 */
#ifndef CHARTER_CHARTER_CONTINUITY_H
#define CHARTER_CHARTER_CONTINUITY_H

#include "charter/charter.h"

/* ERR_CONFLICT with a note. */
MUST_USE enum err charter_check_continuity(const struct charter *charter,
                                           const struct charter *previous, struct note *note);

/* NULL when there is none. */
const struct promotion *charter_promotion_find(const struct charter *charter, uint32_t id);
/* Has each brand that pays for a promotion which `previous` (NULL: none) does not have signed the
 * charter? ERR_SIGNATURE with a note. */
MUST_USE enum err charter_check_payers(const struct charter *charter,
                                       const struct charter *previous, struct note *note);

#endif

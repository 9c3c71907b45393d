/* What must hold of a charter as a whole; inside this module. */
#ifndef CHARTER_CHARTER_CHECKS_H
#define CHARTER_CHARTER_CHECKS_H

#include "charter/charter.h"

/* Bounds, order, and that nothing that tells partners apart is there twice: ids, card prefixes,
 * keys, TLS authorities. ERR_INPUT with a note. */
MUST_USE enum err charter_check(const struct charter *charter, struct note *note);

/* The two that the tariff is for are partners. */
MUST_USE enum err charter_check_tariff_pair(const struct charter *charter,
                                            const struct tariff *tariff, struct note *note);

/* Are shop and payers partners of it? */
MUST_USE enum err charter_check_promotion_partners(const struct charter *charter,
                                                   const struct promotion *promotion,
                                                   struct note *note);

#endif

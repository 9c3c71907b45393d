/* A tariff as the terms' file says it, as the charter has it. */
#ifndef CLI_TARIFF_TERMS_H
#define CLI_TARIFF_TERMS_H

#include "charter/charter_file.h"
#include "config/coalition_file.h"

/* Prices in whole minor units for the fewest points that make both exact. The name is borrowed.
 * ERR_INPUT, ERR_RANGE for prices with too many digits. */
MUST_USE enum err tariff_of_terms(const struct coalition_file *file,
                                  const struct coalition_tariff *tariff,
                                  struct charter_tariff *out_tariff);

/* Borrows the name. */
void promotion_of_terms(const struct coalition_promotion *terms, struct charter_promotion *out);

#endif

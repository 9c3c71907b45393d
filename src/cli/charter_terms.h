/* From what people wrote (config/coalition_file.h) and introductions to an unsigned charter. */
#ifndef CLI_CHARTER_TERMS_H
#define CLI_CHARTER_TERMS_H

#include <talea/v1/charter.pb-c.h>

#include "base/calendar.h"
#include "config/coalition_file.h"

struct charter_draft {
    const struct coalition_file *terms;
    Talea__V1__PartnerIntroduction **introductions;
    size_t introduction_count;
    struct unix_ms valid_from;
    struct slice previous_payload; /* empty for epoch 1 */
};

/* Appends the packed payload: partners sorted by id, tariffs by number. ERR_INPUT with a note for
 * what does not belong together, ERR_UNSUPPORTED for terms that a charter can't say yet. */
MUST_USE enum err charter_draft_encode(const struct charter_draft *draft, struct buffer *out,
                                       struct note *note);

/* Prices in whole minor units for the smallest number of points that makes both exact. ERR_RANGE
 * when there is none. */
MUST_USE enum err charter_draft_tariff(const struct coalition_tariff *tariff,
                                       unsigned points_decimals, unsigned currency_decimals,
                                       Talea__V1__Tariff *out_tariff);

#endif

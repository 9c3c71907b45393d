/* Totals by kind and tariff, summed up from entries, sorted as receipts and statements have them.
 */
#ifndef DOSSIER_LINE_SUMS_H
#define DOSSIER_LINE_SUMS_H

#include "clearing/receipt.h"

struct line_sums {
    struct receipt_total lines[RECEIPT_TOTALS_MAX];
    size_t count;
};

/* ERR_RANGE on overflow, or for more lines than there may be; nothing is changed then. */
MUST_USE enum err line_sums_add(struct line_sums *sums, const struct receipt_total *more);
/* Are these lines the same, in any order? If not, the first difference: what is summed up, and what
 * is said; where one of both has no such line, one without entries. */
bool line_sums_are(const struct line_sums *sums, const struct receipt_total *lines, size_t count,
                   const struct receipt_total **out_ours, const struct receipt_total **out_said);

#endif

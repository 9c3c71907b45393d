/* Running totals, as receipts and statements carry them; inside this module. */
#ifndef WIRE_TOTALS_WIRE_H
#define WIRE_TOTALS_WIRE_H

#include "clearing/receipt.h"
#include "talea/v1/types.pb-c.h"
#include "wire/fields.h"

/* Sorted by kind, then tariff; at most RECEIPT_TOTALS_MAX; no line without an entry. */
void field_totals(struct fields *fields, const struct receipt_total *totals, size_t count);

/* Both take their arrays from the arena; an error stays in `fields`. */
Talea__V1__EntryTotal **totals_to_wire(struct fields *fields, struct arena *arena,
                                       const struct receipt_total *totals, size_t count);
struct receipt_total *totals_from_wire(struct fields *fields, struct arena *arena,
                                       Talea__V1__EntryTotal *const *totals, size_t count);

#endif

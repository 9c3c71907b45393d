/* The rejects file: rows that were not imported, and why, to be repaired and imported again by the
 * same mapping.
 *
 * It has the mapping's delimiter, quote and encoding, the columns `row` and `reason`, and behind
 * them the columns of the file. `row` is the number of the row in the file that was imported first,
 * alone or as "17 part 0": the row belongs to a receipt that was refused as a whole, and keeps its
 * part, so that importing either file again adds nothing twice. What stands under `reason` is
 * ignored on reading. A repaired row without a part becomes a part of its own of its receipt:
 * repair either the rejects file or the original, never both.
 */
#ifndef RECEIPTS_REJECTS_H
#define RECEIPTS_REJECTS_H

#include <stdio.h>

#include "receipts/receipt.h"

struct rejects {
    FILE *file; /* borrowed */
    const struct mapping *mapping;
    struct buffer record;
    uint64_t count; /* rows written */
};

/* Writes the header; `columns` as receipts_sink.on_columns gives them. ERR_STORAGE. */
MUST_USE enum err rejects_init(struct rejects *rejects, FILE *file, const struct mapping *mapping,
                               struct slice columns);
void rejects_fini(struct rejects *rejects);

/* A row that the reader rejected. */
MUST_USE enum err rejects_write_row(struct rejects *rejects, const struct receipt_row *row,
                                    const char *reason);
/* A row of a delivered receipt that was refused as a whole: `part` is the receipt's. */
MUST_USE enum err rejects_write_part_row(struct rejects *rejects, const struct receipt_row *row,
                                         uint64_t part, const char *reason);
/* All rows of a delivered receipt. */
MUST_USE enum err rejects_write_receipt(struct rejects *rejects, const struct receipt *receipt,
                                        const char *reason);

#endif

/* A brand's export file into receipts, through callbacks, in flat memory.
 *
 * Memory doesn't grow with the file, but for 12 bytes a receipt in a grouped file
 * (receipts/mapping.h) and the mapping's cards. One thread; a callback may take its time.
 */
#ifndef RECEIPTS_READ_H
#define RECEIPTS_READ_H

#include "receipts/receipt.h"
#include "receipts/source.h"

/* What a callback gives but ERR_OK ends the reading with that. */
struct receipts_sink {
    void *context;
    enum err (*on_receipt)(void *context, const struct receipt *receipt, struct note *note);
    /* A row that is in no receipt, and why. */
    enum err (*on_reject)(void *context, const struct receipt_row *row, const char *reason,
                          struct note *note);
    /* Once, before all else: the columns of the file as one CSV record, "" without a header. May be
     * NULL. */
    enum err (*on_columns)(void *context, struct slice columns, struct note *note);
    /* Bytes read of the file as it lies on the disk, and its size. May be NULL. */
    void (*on_progress)(void *context, uint64_t position, uint64_t size);
};

/* Zeroed is good but for points_decimals. */
struct receipts_options {
    unsigned points_decimals;     /* of the coalition's points, 0 to 9 */
    size_t sort_bytes;            /* 0: LIMIT_IMPORT_SORT_BYTES */
    const char *temporary_folder; /* for a file that isn't grouped; NULL: $TMPDIR or /var/tmp */
};

/* Reads all. A mapping that names a column that isn't in the file is refused (ERR_INPUT) before any
 * row is read. On any error `out_tally` counts what was delivered until then; since the ids of
 * receipts are the same each time, the file can simply be imported again. */
MUST_USE enum err receipts_read(struct source *source, const struct mapping *mapping,
                                const struct receipts_options *options,
                                const struct receipts_sink *sink, struct receipts_tally *out_tally,
                                struct note *note);

#endif

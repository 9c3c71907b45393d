/* Reads single records back from the journal, each where its batch lies. One thread at a time. */
#ifndef ENGINE_RECORD_READER_H
#define ENGINE_RECORD_READER_H

#include "ledger/record.h"
#include "store/journal.h"

struct record_reader {
    const struct journal *journal;
    struct buffer record;
};

void record_reader_init(struct record_reader *reader, const struct journal *journal);
void record_reader_fini(struct record_reader *reader);
/* The record of this row; its slices live until the next call. ERR_NOT_FOUND beyond the journal's
 * end and where it was trimmed, ERR_CORRUPT when it can't be read or fails its checksum. */
MUST_USE enum err record_reader_get(struct record_reader *reader, uint64_t row,
                                    struct record *out_record);
/* Its bytes alone. */
MUST_USE enum err record_reader_bytes(struct record_reader *reader, uint64_t row,
                                      struct slice *out_bytes);

#endif

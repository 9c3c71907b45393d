/* For which journal row each slice of LMDB's rows is exact (state.h says what slices are).
 *
 * A slice has one row for all of its keys, except while (or after an interrupted) checkpoint wrote
 * it in parts: then its keys up to some bound have one row and those behind it another.
 */
#ifndef STORE_SLICE_ROWS_H
#define STORE_SLICE_ROWS_H

#include "store/row.h"
#include "store/state.h"

/* One for 64 shards of members; then table n is slice SLICES_OF_MEMBERS + n. */
#define SLICES_OF_MEMBERS MEMBER_SHARDS
#define SLICES            (SLICES_OF_MEMBERS + (unsigned)TABLE_END)
#define SLICE_PARTS       8u

/* A row's key in LMDB: the table, a member's slot, the key: so that rows sort by slice. The table
 * is its number, but transactions come last: most of them are appended at the end of all, where
 * LMDB fills its pages. */
#define STATE_KEY_MAX (3 + LEDGER_KEY_MAX)
struct state_key {
    uint8_t bytes[STATE_KEY_MAX];
    size_t length;
};

/* Where a table's keys begin. */
struct state_key state_key_begin(enum ledger_table table);
struct state_key state_key_of(enum ledger_table table, struct slice key);
struct slice state_key_slice(const struct state_key *key);
/* The other way. ERR_CORRUPT for one that state_key_of does not make. */
MUST_USE enum err state_key_parse(struct slice bytes, enum ledger_table *out_table,
                                  struct slice *out_key);
/* As LMDB sorts: below zero when a comes before b. */
int state_key_compare(struct slice a, struct slice b);
unsigned slice_of_key(enum ledger_table table, struct slice key);
bool slice_exists(unsigned slice);
/* The first key that a slice can have. */
struct state_key state_key_of_slice(unsigned slice);

struct slice_part {
    struct state_key upto; /* included */
    uint64_t row;
};

struct slice_row {
    unsigned part_count;
    struct slice_part parts[SLICE_PARTS]; /* in order of their bounds */
    uint64_t row;                         /* of the keys behind the last bound */
};

/* Zero-initialised: nothing is there. */
struct slice_rows {
    struct slice_row slices[SLICES];
};

uint64_t slice_row_lowest(const struct slice_row *slice);
/* Can a slice be written up to a bound and no further? */
bool slice_row_can_part(const struct slice_row *slice);
/* The keys up to `upto`, or all when it is NULL, are exact for `row` now (those that were for a
 * later one stay). */
void slice_row_raise(struct slice_row *slice, const struct state_key *upto, uint64_t row);

void slice_rows_encode(const struct slice_rows *rows, struct buffer *out);
MUST_USE enum err slice_rows_decode(struct slice bytes, struct slice_rows *out_rows);

#endif

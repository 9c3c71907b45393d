/* A stored state as fingerprints: small enough to keep while the journal is read up to the rows it
 * is exact for.
 *
 * The state is written down in slices, each exact for a journal row of its own, and read slice by
 * slice: the comparison is made in parts, each when the derived tables are at its row.
 */
#ifndef AUDIT_SNAPSHOT_H
#define AUDIT_SNAPSHOT_H

#include "audit/derived.h"
#include "crypto/fingerprint.h"
#include "store/state.h"

struct snapshot_row {
    struct fingerprint name;  /* of table and key */
    struct fingerprint value; /* of the value */
    uint64_t row;             /* the journal row that it is exact for */
    bool is_seen;             /* the derived tables have it, too */
};

/* Zero-initialised is empty and valid. */
struct snapshot {
    struct slice_rows *slices;
    uint64_t points[SLICE_ROWS_MAX]; /* journal rows at which a part is compared, lowest first */
    size_t point_count;
    size_t next_point;
    struct fingerprint_key key; /* drawn for this one */
    struct snapshot_row *rows;
    size_t count;
    size_t capacity;
    uint32_t *index;    /* places by name, open addressing: a row's number from 1; 0: empty */
    size_t index_count; /* a power of two, or 0 */
};

/* What differs first. */
struct snapshot_difference {
    bool is_found;
    const char *what;
    enum ledger_table table;
    struct ledger_key key; /* length 0: not known any more */
};

/* One LMDB read transaction for each slice. */
MUST_USE enum err snapshot_take(struct state *state, struct snapshot *out_snapshot);
/* The journal row at which the next part is compared; UINT64_MAX when all are. */
uint64_t snapshot_next_row(const struct snapshot *snapshot);
/* The row that the newest part is exact for. */
uint64_t snapshot_last_row(const struct snapshot *snapshot);
/* Compares the next part with tables that were derived up to snapshot_next_row, both ways. `state`
 * is read once more to name a row that the derived tables don't have. */
MUST_USE enum err snapshot_compare(struct snapshot *snapshot, struct state *state,
                                   const struct derived *derived,
                                   struct snapshot_difference *out_difference);
void snapshot_fini(struct snapshot *snapshot);

#endif

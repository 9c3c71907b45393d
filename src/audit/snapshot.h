/* A stored state as it was at one moment, as fingerprints: small enough to keep while the journal
 * is read up to the row it is exact for. */
#ifndef AUDIT_SNAPSHOT_H
#define AUDIT_SNAPSHOT_H

#include "ledger/memory_store.h"
#include "store/state.h"

struct snapshot_row {
    uint8_t name[16];  /* of table and key */
    uint8_t value[16]; /* of the value */
    bool is_seen;      /* the derived tables have it, too */
};

/* Zero-initialised is empty and valid. */
struct snapshot {
    uint64_t row;              /* the journal row it is exact for */
    struct snapshot_row *rows; /* sorted by name */
    size_t count;
    size_t capacity;
};

/* What differs first. */
struct snapshot_difference {
    bool is_found;
    const char *what;
    enum ledger_table table;
    struct ledger_key key; /* length 0: not known any more */
};

/* One LMDB read transaction. */
MUST_USE enum err snapshot_take(struct state *state, struct snapshot *out_snapshot);
/* Compares with tables that were derived up to `snapshot->row`, both ways. `state` is read once
 * more to name a row that the derived tables don't have. */
MUST_USE enum err snapshot_compare(struct snapshot *snapshot, struct state *state,
                                   const struct memory_store *derived,
                                   struct snapshot_difference *out_difference);
void snapshot_fini(struct snapshot *snapshot);

#endif

/* A row in memory: key and value in one allocation, on its way from an overlay to a memtable. */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include "ledger/view.h"

/* Which row: `hash` is row_hash of the rest. */
struct row_name {
    uint64_t hash;
    enum ledger_table table;
    struct slice key;
};

struct row {
    struct row *next; /* in a list: replaced and to be freed, or a table's overflow */
    uint64_t hash;
    uint32_t value_length;
    uint32_t value_room;
    uint8_t table;
    uint8_t key_length;
    bool is_deleted; /* hides a row of the tables below */
    uint8_t bytes[]; /* the key, then the value */
};

/* ERR_INPUT for a table or a key that can't be. `seed` is secret and drawn at start: keys come from
 * outside, and must not be able to choose their place. */
MUST_USE enum err row_name_init(struct row_name *name, uint64_t seed, enum ledger_table table,
                                struct slice key);
/* Without a value yet: room for `value_room` bytes. NULL without memory. */
MUST_USE struct row *row_create(const struct row_name *name, size_t value_room);
/* The value fits; it may overlap with the row's own. */
void row_set_value(struct row *row, struct slice value);
bool row_is(const struct row *row, const struct row_name *name);
struct row_name row_get_name(const struct row *row);
struct slice row_value(const struct row *row);
/* Bytes of memory. */
size_t row_size(const struct row *row);

#endif

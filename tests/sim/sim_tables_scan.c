/* Walks over the rows. */
#include "sim_tables_rooms.h"

#include <stdlib.h>
#include <string.h>

static int compare_keys(struct slice a, struct slice b)
{
    size_t least = a.length < b.length ? a.length : b.length;
    int order = least == 0 ? 0 : memcmp(a.at, b.at, least);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

static struct slice key_of(const struct row *row)
{
    return slice_of(row->key, row->key_length);
}

static int compare_rows(const void *a, const void *b)
{
    return compare_keys(key_of(*(const struct row *const *)a),
                        key_of(*(const struct row *const *)b));
}

/* All rows of a table in the order of their keys, also those that are not there; to be freed. */
static const struct row **sorted_rows(const struct table *table)
{
    const struct row **rows = calloc(table->row_count + 1, sizeof(const struct row *));
    size_t count = 0;
    ASSERT(rows != NULL);
    for (size_t b = 0; b < table->bucket_count; b++) {
        for (const struct row *row = table->buckets[b]; row != NULL; row = row->next) {
            rows[count++] = row;
        }
    }
    qsort(rows, count, sizeof(const struct row *), compare_rows);
    return rows;
}

static bool begins_with(struct slice key, struct slice prefix)
{
    return key.length >= prefix.length && slice_equal(slice_of(key.at, prefix.length), prefix);
}

/* What a scan sees: rows that were written down. */
enum err sim_tables_scan(void *context, enum ledger_table number, struct slice prefix,
                         struct slice from,
                         enum err (*visit)(void *visitor, struct slice key, struct slice value),
                         void *visitor)
{
    const struct sim_tables *t = context;
    const struct row **rows = sorted_rows(&t->tables[number]);
    enum err err = ERR_OK;
    for (size_t i = 0; rows[i] != NULL && err == ERR_OK; i++) {
        struct slice key = key_of(rows[i]);
        const struct blob *image = rows[i]->image;
        if (image != NULL && begins_with(key, prefix) &&
            (from.length == 0 || compare_keys(key, from) >= 0)) {
            err = visit(visitor, key, slice_of(image->bytes, image->length));
        }
    }
    free(rows);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Nothing is in flight when it is called, so what lives is durable. */
enum err sim_tables_scan_durable(
    void *context, enum ledger_table number, struct slice upto, struct ledger_key *out_next,
    enum err (*visit)(void *visitor, struct slice key, struct slice value), void *visitor)
{
    const struct sim_tables *t = context;
    const struct row **rows = sorted_rows(&t->tables[number]);
    enum err err = ERR_OK;
    out_next->length = 0;
    for (size_t i = 0; rows[i] != NULL && err == ERR_OK && out_next->length == 0; i++) {
        struct slice key = key_of(rows[i]);
        const struct blob *live = rows[i]->live;
        if (live != NULL && compare_keys(key, upto) < 0) {
            err = visit(visitor, key, slice_of(live->bytes, live->length));
        } else if (live != NULL) {
            memcpy(out_next->bytes, key.at, key.length);
            out_next->length = key.length;
        }
    }
    free(rows);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

void sim_tables_each(const struct sim_tables *t, enum ledger_table number,
                     void (*visit)(void *context, struct slice key, struct slice value),
                     void *context)
{
    const struct table *table = &t->tables[number];
    for (size_t b = 0; b < table->bucket_count; b++) {
        for (const struct row *row = table->buckets[b]; row != NULL; row = row->next) {
            if (row->live != NULL) {
                visit(context, slice_of(row->key, row->key_length),
                      slice_of(row->live->bytes, row->live->length));
            }
        }
    }
}

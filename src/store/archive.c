/* The archive in LMDB. New sales' index rows are gathered and put in the order of their keys, when
 * something is looked for or at the commit: neighbours share a page. */
#include "store/archive.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "store/archive_row.h"
#include "store/copy_rooms.h"

#define ARCHIVE_FORMAT 1u

struct archive {
    struct environment *environment;
};

struct archive_txn {
    const struct environment *environment;
    MDB_txn *txn;
    struct buffer keys; /* of index rows not yet put */
    struct buffer scratch;
};

enum err archive_open(const char *folder, struct archive **out_archive, struct note *note)
{
    struct archive *archive = calloc(1, sizeof *archive);
    if (archive == NULL) {
        return note_set(note, ERR_RESOURCE, "no memory to open %s", folder);
    }
    struct environment_options options = {
        .folder = folder, .name = "archive", .format = ARCHIVE_FORMAT, .mode = ENVIRONMENT_WRITE};
    enum err err = environment_open(&options, &archive->environment, note);
    if (err != ERR_OK) {
        free(archive);
        return err;
    }
    *out_archive = archive;
    return ERR_OK;
}

struct environment *archive_environment(const struct archive *archive)
{
    return archive->environment;
}

void archive_close(struct archive *archive)
{
    if (archive == NULL) {
        return;
    }
    environment_close(archive->environment);
    free(archive);
}

enum err archive_begin(struct archive *archive, struct archive_txn **out_txn)
{
    struct archive_txn *txn = calloc(1, sizeof *txn);
    if (txn == NULL) {
        return ERR_RESOURCE;
    }
    txn->environment = archive->environment;
    enum err err = environment_begin_write(archive->environment, &txn->txn);
    if (err != ERR_OK) {
        free(txn);
        return err;
    }
    *out_txn = txn;
    return ERR_OK;
}

static void txn_free(struct archive_txn *txn)
{
    buffer_fini(&txn->keys);
    buffer_fini(&txn->scratch);
    free(txn);
}

void archive_abort(struct archive_txn *txn)
{
    mdb_txn_abort(txn->txn);
    txn_free(txn);
}

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, ARCHIVE_INDEX_KEY_MAX);
}

/* The index rows that were gathered. */
static enum err put_keys(struct archive_txn *txn)
{
    MDB_cursor *cursor = NULL;
    size_t count = txn->keys.length / ARCHIVE_INDEX_KEY_MAX;
    if (count == 0) {
        return ERR_OK;
    }
    qsort(txn->keys.at, count, ARCHIVE_INDEX_KEY_MAX, compare_keys);
    TRY(environment_error(mdb_cursor_open(txn->txn, txn->environment->dbi, &cursor)));
    enum err err = ERR_OK;
    for (size_t i = 0; i < count && err == ERR_OK; i++) {
        const uint8_t *at = txn->keys.at + i * ARCHIVE_INDEX_KEY_MAX;
        if (i > 0 && compare_keys(at, at - ARCHIVE_INDEX_KEY_MAX) == 0) {
            continue;
        }
        size_t length = archive_index_length((enum archive_index)at[0]);
        MDB_val key = environment_value(slice_of(at, length));
        MDB_val nothing = {0, NULL};
        err = environment_error(mdb_cursor_put(cursor, &key, &nothing, 0));
    }
    mdb_cursor_close(cursor);
    buffer_clear(&txn->keys);
    return err;
}

enum err archive_commit(struct archive_txn *txn)
{
    enum err err = put_keys(txn);
    if (err == ERR_OK) {
        err = environment_commit(txn->environment, txn->txn);
    } else {
        mdb_txn_abort(txn->txn);
    }
    txn_free(txn);
    return err;
}

static enum err get_row(const struct archive_txn *txn, enum archive_row row, const struct uid *id,
                        struct slice *out_value)
{
    uint8_t bytes[ARCHIVE_ID_KEY_BYTES];
    MDB_val value;
    archive_id_key(row, id, bytes);
    MDB_val key = environment_value(slice_of(bytes, sizeof bytes));
    TRY(environment_error(mdb_get(txn->txn, txn->environment->dbi, &key, &value)));
    *out_value = environment_slice(value);
    return ERR_OK;
}

static enum err put_row(struct archive_txn *txn, enum archive_row row, const struct uid *id,
                        struct slice bytes)
{
    uint8_t key_bytes[ARCHIVE_ID_KEY_BYTES];
    archive_id_key(row, id, key_bytes);
    MDB_val key = environment_value(slice_of(key_bytes, sizeof key_bytes));
    MDB_val value = environment_value(bytes);
    return environment_error(mdb_put(txn->txn, txn->environment->dbi, &key, &value, 0));
}

enum err archive_put_sale(struct archive_txn *txn, const struct archive_sale *sale)
{
    ASSERT(sale->line_count <= LIMIT_RECEIPT_LINES);
    buffer_clear(&txn->scratch);
    archive_sale_encode(sale, &txn->scratch);
    TRY(txn->scratch.err);
    return put_row(txn, ARCHIVE_ROW_SALE, &sale->id, buffer_slice(&txn->scratch));
}

enum err archive_add_sale(struct archive_txn *txn, const struct archive_sale *sale)
{
    struct slice existing;
    enum err err = get_row(txn, ARCHIVE_ROW_SALE, &sale->id, &existing);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    TRY(archive_put_sale(txn, sale));
    archive_sale_keys(sale, &txn->keys);
    return txn->keys.err;
}

enum err archive_get_sale(struct archive_txn *txn, const struct uid *id, struct archive_line *lines,
                          struct archive_sale *out_sale)
{
    struct slice value;
    struct archive_sale sale = {.id = *id};
    TRY(get_row(txn, ARCHIVE_ROW_SALE, id, &value));
    TRY(archive_sale_decode(value, lines, &sale));
    *out_sale = sale;
    return ERR_OK;
}

/* One visit: the keys that are equal up to their tail. */
struct walk {
    MDB_cursor *cursor;
    enum archive_index index;
    uint8_t start[ARCHIVE_INDEX_KEY_MAX];
    enum err (*visit)(void *context, const struct uid *sale);
    void *context;
};

static bool is_walked(const struct walk *walk, MDB_val key, const uint8_t *start, size_t head)
{
    return key.mv_size == archive_index_length(walk->index) &&
           memcmp(key.mv_data, start, head) == 0;
}

/* From `start` on. */
static enum err walk_run(const struct walk *walk)
{
    size_t length = archive_index_length(walk->index);
    MDB_val key = environment_value(slice_of(walk->start, length));
    MDB_val value;
    int result = mdb_cursor_get(walk->cursor, &key, &value, MDB_SET_RANGE);
    while (result == MDB_SUCCESS &&
           is_walked(walk, key, walk->start, length - ARCHIVE_INDEX_TAIL)) {
        struct uid id;
        const uint8_t *at = key.mv_data;
        memcpy(id.bytes, at + length - sizeof id.bytes, sizeof id.bytes);
        TRY(walk->visit(walk->context, &id));
        result = mdb_cursor_get(walk->cursor, &key, &value, MDB_NEXT);
    }
    return result == MDB_SUCCESS || result == MDB_NOTFOUND ? ERR_OK : environment_error(result);
}

/* The newest day up to `day` on which the store sold anything. ERR_NOT_FOUND when there is none. */
static enum err store_day(const struct walk *walk, uint64_t store, int64_t day, int64_t *out_day)
{
    static const struct uid first = {{0}};
    uint8_t start[ARCHIVE_INDEX_KEY_MAX];
    MDB_val value;
    archive_index_key(ARCHIVE_BY_STORE, store, 0, (struct unix_ms){(day + 1) * DAY_MS - 1}, &first,
                      start);
    MDB_val key = environment_value(slice_of(start, archive_index_length(ARCHIVE_BY_STORE)));
    TRY(environment_error(mdb_cursor_get(walk->cursor, &key, &value, MDB_SET_RANGE)));
    if (!is_walked(walk, key, start, ARCHIVE_STORE_HEAD)) {
        return ERR_NOT_FOUND;
    }
    *out_day = archive_store_key_day(key.mv_data);
    return ERR_OK;
}

/* A store's sales of a product: day after day, back to the first. */
static enum err walk_days(struct walk *walk, uint64_t store, uint64_t product,
                          struct unix_ms newest)
{
    static const struct uid first = {{0}};
    int64_t day = newest.ms / DAY_MS;
    while (day >= 0) {
        TRY(store_day(walk, store, day, &day));
        struct unix_ms day_end = {(day + 1) * DAY_MS - 1};
        archive_index_key(ARCHIVE_BY_STORE, store, product,
                          newest.ms < day_end.ms ? newest : day_end, &first, walk->start);
        TRY(walk_run(walk));
        day--;
    }
    return ERR_OK;
}

enum err archive_visit(struct archive_txn *txn, enum archive_index index, uint64_t key,
                       uint64_t product, struct unix_ms newest,
                       enum err (*visit)(void *context, const struct uid *sale), void *context)
{
    static const struct uid first = {{0}};
    struct walk walk = {.index = index, .visit = visit, .context = context};
    newest.ms = newest.ms < ARCHIVE_TIME_MS_MAX ? newest.ms : ARCHIVE_TIME_MS_MAX;
    TRY(put_keys(txn));
    TRY(environment_error(mdb_cursor_open(txn->txn, txn->environment->dbi, &walk.cursor)));
    enum err err;
    if (index == ARCHIVE_BY_STORE) {
        err = walk_days(&walk, key, product, newest);
    } else {
        archive_index_key(index, key, product, newest, &first, walk.start);
        err = walk_run(&walk);
    }
    mdb_cursor_close(walk.cursor);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err archive_get_return(struct archive_txn *txn, const struct uid *id, struct slice *out_value)
{
    return get_row(txn, ARCHIVE_ROW_RETURN, id, out_value);
}

enum err archive_put_return(struct archive_txn *txn, const struct uid *id, struct slice value)
{
    return put_row(txn, ARCHIVE_ROW_RETURN, id, value);
}

#include "sim_tables_rooms.h"

#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/ident.h"

static struct blob *blob_of(struct slice bytes)
{
    struct blob *blob = malloc(sizeof *blob + bytes.length);
    ASSERT(blob != NULL);
    blob->references = 1;
    blob->length = (uint32_t)bytes.length;
    if (bytes.length > 0) {
        memcpy(blob->bytes, bytes.at, bytes.length);
    }
    return blob;
}

static struct blob *blob_hold(struct blob *blob)
{
    if (blob != NULL) {
        blob->references++;
    }
    return blob;
}

static void blob_let_go(struct blob *blob)
{
    if (blob != NULL && --blob->references == 0) {
        free(blob);
    }
}

struct sim_tables *sim_tables_create(void)
{
    struct sim_tables *t = calloc(1, sizeof *t);
    ASSERT(t != NULL);
    return t;
}

void sim_tables_destroy(struct sim_tables *t)
{
    for (size_t i = 0; i < t->undo_count; i++) {
        blob_let_go(t->undo[i].before);
    }
    for (size_t i = 0; i < TABLE_END; i++) {
        for (size_t b = 0; b < t->tables[i].bucket_count; b++) {
            for (struct row *row = t->tables[i].buckets[b]; row != NULL;) {
                struct row *next = row->next;
                blob_let_go(row->live);
                blob_let_go(row->image);
                free(row);
                row = next;
            }
        }
        free(t->tables[i].buckets);
    }
    for (size_t i = 0; i < SIM_SLICES; i++) {
        free(t->dirty[i].rows);
    }
    free(t->undo);
    free(t);
}

static unsigned slice_of_row(enum ledger_table table, struct slice key)
{
    if (table != TABLE_MEMBER) {
        return (unsigned)table;
    }
    return TABLE_END + key.at[key.length - 1] % SIM_MEMBER_SLICES;
}

static void grow(struct table *table)
{
    size_t count = table->bucket_count == 0 ? 64 : table->bucket_count * 2;
    struct row **buckets = calloc(count, sizeof(struct row *));
    ASSERT(buckets != NULL);
    for (size_t b = 0; b < table->bucket_count; b++) {
        for (struct row *row = table->buckets[b]; row != NULL;) {
            struct row *next = row->next;
            row->next = buckets[row->hash % count];
            buckets[row->hash % count] = row;
            row = next;
        }
    }
    free(table->buckets);
    table->buckets = buckets;
    table->bucket_count = count;
}

static struct row *find(const struct table *table, struct slice key, uint64_t hash)
{
    if (table->bucket_count == 0) {
        return NULL;
    }
    for (struct row *row = table->buckets[hash % table->bucket_count]; row != NULL;
         row = row->next) {
        if (row->hash == hash && row->key_length == key.length &&
            memcmp(row->key, key.at, key.length) == 0) {
            return row;
        }
    }
    return NULL;
}

static struct row *find_or_add(struct sim_tables *t, enum ledger_table number, struct slice key)
{
    struct table *table = &t->tables[number];
    uint64_t hash = checksum_of(key);
    struct row *row = find(table, key, hash);
    if (row != NULL) {
        return row;
    }
    if (table->row_count >= table->bucket_count) {
        grow(table);
    }
    row = calloc(1, sizeof *row + key.length);
    ASSERT(row != NULL && key.length <= LEDGER_KEY_MAX);
    row->hash = hash;
    row->slice = (uint8_t)slice_of_row(number, key);
    row->key_length = (uint8_t)key.length;
    memcpy(row->key, key.at, key.length);
    row->next = table->buckets[hash % table->bucket_count];
    table->buckets[hash % table->bucket_count] = row;
    table->row_count++;
    return row;
}

static uint64_t sum_of(const struct row *row, const struct blob *value)
{
    if (value == NULL) {
        return 0;
    }
    uint64_t state = row->hash + row->slice;
    uint64_t name = sim_mix(&state);
    return (checksum_of(slice_of(value->bytes, value->length)) ^ name) *
           UINT64_C(0x9e3779b97f4a7c15);
}

/* Takes the value over. */
static void set(struct sim_tables *t, struct row *row, struct blob *value)
{
    t->sum += sum_of(row, value) - sum_of(row, row->live);
    row->live = value;
    if (row->is_dirty) {
        return;
    }
    struct dirty_list *list = &t->dirty[row->slice];
    if (list->count == list->room) {
        list->room = list->room == 0 ? 16 : list->room * 2;
        list->rows = realloc(list->rows, list->room * sizeof(struct row *));
        ASSERT(list->rows != NULL);
    }
    row->is_dirty = true;
    list->rows[list->count++] = row;
    t->dirty_bytes += 64;
}

static void change(struct sim_tables *t, struct row *row, struct blob *value)
{
    if (t->undo_count == t->undo_room) {
        t->undo_room = t->undo_room == 0 ? 256 : t->undo_room * 2;
        t->undo = realloc(t->undo, t->undo_room * sizeof *t->undo);
        ASSERT(t->undo != NULL);
    }
    t->undo[t->undo_count++] = (struct undo){row, row->live};
    set(t, row, value);
}

static void undo_to(struct sim_tables *t, size_t count)
{
    while (t->undo_count > count) {
        struct undo *undo = &t->undo[--t->undo_count];
        struct blob *after = undo->row->live;
        set(t, undo->row, undo->before);
        blob_let_go(after);
    }
}

/* ---- the writer's side ---- */

static enum err get(void *context, enum ledger_table table, struct slice key,
                    struct slice *out_value)
{
    struct sim_tables *t = context;
    const struct row *row = find(&t->tables[table], key, checksum_of(key));
    if (row == NULL || row->live == NULL) {
        return ERR_NOT_FOUND;
    }
    *out_value = slice_of(row->live->bytes, row->live->length);
    return ERR_OK;
}

static enum err put(void *context, enum ledger_table table, struct slice key, struct slice value)
{
    struct sim_tables *t = context;
    change(t, find_or_add(t, table, key), blob_of(value));
    return ERR_OK;
}

static enum err del(void *context, enum ledger_table table, struct slice key)
{
    struct sim_tables *t = context;
    struct row *row = find(&t->tables[table], key, checksum_of(key));
    if (row != NULL && row->live != NULL) {
        change(t, row, NULL);
    }
    return ERR_OK;
}

static bool has_applied(void *context, enum ledger_table table, struct slice key, uint64_t row)
{
    const struct sim_tables *t = context;
    return t->opened_row[slice_of_row(table, key)] >= row;
}

static struct ledger_store writer_store(void *writer)
{
    return (struct ledger_store){.view = {.context = writer, .get = get},
                                 .context = writer,
                                 .put = put,
                                 .del = del,
                                 .has_applied = has_applied};
}

static enum err open_writer(void *context, void **out_writer)
{
    *out_writer = context;
    return ERR_OK;
}

static void rollback(void *writer)
{
    struct sim_tables *t = writer;
    undo_to(t, 0);
    t->mark = 0;
    t->sealed_row = t->durable_row;
}

static void close_writer(void *writer)
{
    if (writer != NULL) {
        rollback(writer);
    }
}

static void prefetch(void *writer, enum ledger_table table, struct slice key)
{
    (void)writer;
    (void)table;
    (void)key;
}

static void mark(void *writer)
{
    struct sim_tables *t = writer;
    t->mark = t->undo_count;
}

static void undo_to_mark(void *writer)
{
    struct sim_tables *t = writer;
    undo_to(t, t->mark);
}

static enum err seal(void *writer, uint64_t last_row)
{
    struct sim_tables *t = writer;
    ASSERT(last_row >= t->sealed_row);
    t->sealed_row = last_row;
    t->mark = t->undo_count;
    return ERR_OK;
}

static void pass(void *writer)
{
    struct sim_tables *t = writer;
    ASSERT(t->undo_count == t->mark || t->sealed_row == t->durable_row);
}

/* A driven engine makes each batch durable before it goes on. */
static void make_durable(void *context, uint64_t last_row)
{
    struct sim_tables *t = context;
    ASSERT(last_row == t->sealed_row && t->mark == t->undo_count);
    for (size_t i = 0; i < t->undo_count; i++) {
        blob_let_go(t->undo[i].before);
    }
    t->undo_count = 0;
    t->mark = 0;
    t->durable_row = last_row;
}

/* ---- checkpoints ---- */

static uint64_t checkpointed_row(const void *context)
{
    const struct sim_tables *t = context;
    uint64_t lowest = UINT64_MAX;
    for (unsigned i = 0; i < SIM_SLICES; i++) {
        lowest = t->slice_row[i] < lowest ? t->slice_row[i] : lowest;
    }
    return lowest;
}

static uint64_t newest_row(const void *context)
{
    const struct sim_tables *t = context;
    uint64_t newest = 0;
    for (unsigned i = 0; i < SIM_SLICES; i++) {
        newest = t->opened_row[i] > newest ? t->opened_row[i] : newest;
    }
    return newest;
}

static uint64_t replay_from(const void *context)
{
    return checkpointed_row(context) + 1;
}

static size_t dirty_bytes(const void *context)
{
    const struct sim_tables *t = context;
    return t->dirty_bytes;
}

static bool is_due(const void *context, size_t max_dirty_bytes)
{
    return dirty_bytes(context) > max_dirty_bytes;
}

void sim_tables_checkpoint_slice(struct sim_tables *t, unsigned slice)
{
    struct dirty_list *list = &t->dirty[slice];
    ASSERT(t->undo_count == 0);
    for (size_t i = 0; i < list->count; i++) {
        struct row *row = list->rows[i];
        blob_let_go(row->image);
        row->image = blob_hold(row->live);
        row->is_dirty = false;
    }
    t->dirty_bytes -= 64 * list->count;
    list->count = 0;
    for (unsigned i = 0; i < SIM_SLICES; i++) { /* those with nothing to write move along */
        t->slice_row[i] = t->dirty[i].count == 0 ? t->durable_row : t->slice_row[i];
    }
}

static enum err checkpoint(void *context)
{
    struct sim_tables *t = context;
    if (t->is_failing) {
        return ERR_STORAGE;
    }
    for (unsigned i = 0; i < SIM_SLICES; i++) {
        sim_tables_checkpoint_slice(t, i);
    }
    return ERR_OK;
}

static enum err checkpoint_some(void *context, uint64_t max_lag_rows, size_t max_dirty_bytes,
                                bool *out_is_more)
{
    struct sim_tables *t = context;
    (void)max_lag_rows;
    *out_is_more = false;
    if (t->is_failing) {
        return ERR_STORAGE;
    }
    if (t->dirty_bytes > max_dirty_bytes) {
        unsigned fullest = 0;
        for (unsigned i = 0; i < SIM_SLICES; i++) {
            fullest = t->dirty[i].count > t->dirty[fullest].count ? i : fullest;
        }
        sim_tables_checkpoint_slice(t, fullest);
        *out_is_more = t->dirty_bytes > max_dirty_bytes;
    }
    return ERR_OK;
}

static enum err checkpoint_table(void *context, enum ledger_table table)
{
    struct sim_tables *t = context;
    if (t->is_failing) {
        return ERR_STORAGE;
    }
    sim_tables_checkpoint_slice(t, (unsigned)table);
    return ERR_OK;
}

struct tables sim_tables_port(struct sim_tables *t)
{
    static const struct tables_writer writer = {
        .close = close_writer,
        .store = writer_store,
        .prefetch = prefetch,
        .mark = mark,
        .undo_to_mark = undo_to_mark,
        .seal = seal,
        .pass = pass,
        .rollback = rollback,
    };
    return (struct tables){
        .context = t,
        .writer = &writer,
        .open_writer = open_writer,
        .make_durable = make_durable,
        .checkpointed_row = checkpointed_row,
        .newest_row = newest_row,
        .replay_from = replay_from,
        .dirty_bytes = dirty_bytes,
        .is_due = is_due,
        .checkpoint = checkpoint,
        .checkpoint_some = checkpoint_some,
        .checkpoint_table = checkpoint_table,
        .scan_durable = sim_tables_scan_durable,
        .scan = sim_tables_scan,
    };
}

struct ledger_view sim_tables_view(struct sim_tables *t)
{
    return (struct ledger_view){.context = t, .get = get};
}

/* ---- crashes ---- */

static void each_row(struct sim_tables *t, void (*visit)(struct sim_tables *t, struct row *row))
{
    for (size_t i = 0; i < TABLE_END; i++) {
        for (size_t b = 0; b < t->tables[i].bucket_count; b++) {
            for (struct row *row = t->tables[i].buckets[b]; row != NULL; row = row->next) {
                visit(t, row);
            }
        }
    }
}

static void row_crash(struct sim_tables *t, struct row *row)
{
    t->sum += sum_of(row, row->image) - sum_of(row, row->live);
    blob_let_go(row->live);
    row->live = blob_hold(row->image);
    row->is_dirty = false;
}

static void row_wipe(struct sim_tables *t, struct row *row)
{
    (void)t;
    blob_let_go(row->image);
    row->image = NULL;
}

void sim_tables_crash(struct sim_tables *t)
{
    rollback(t);
    each_row(t, row_crash);
    for (size_t i = 0; i < SIM_SLICES; i++) {
        t->dirty[i].count = 0;
    }
    t->dirty_bytes = 0;
    memcpy(t->opened_row, t->slice_row, sizeof t->opened_row);
    t->durable_row = t->sealed_row = checkpointed_row(t);
}

void sim_tables_wipe(struct sim_tables *t)
{
    each_row(t, row_wipe);
    memset(t->slice_row, 0, sizeof t->slice_row);
}

void sim_tables_fail(struct sim_tables *t, bool is_failing)
{
    t->is_failing = is_failing;
}

uint64_t sim_tables_sum(const struct sim_tables *t)
{
    return t->sum;
}

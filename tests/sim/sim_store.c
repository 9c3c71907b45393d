#include "sim_store.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/checksum.h"

static void remove_files(const struct sim_store *store)
{
    static const char *const files[] = {"journal.mdb",  "journal.mdb-lock", "journal.lock",
                                        "journal.tail", "state.mdb",        "state.mdb-lock",
                                        "state.lock"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) { /* of another run */
        char path[SIM_FOLDER_MAX + 32];
        (void)snprintf(path, sizeof path, "%s/%s", store->folder, files[i]);
        (void)remove(path);
    }
}

void sim_store_init(struct sim_store *store, const char *folder, unsigned index)
{
    *store = (struct sim_store){.tables = NULL};
    sim_disk_init(&store->disk);
    if (folder == NULL) {
        store->tables = sim_tables_create();
        return;
    }
    (void)snprintf(store->folder, sizeof store->folder, "%s/%02u", folder, index);
    (void)mkdir(store->folder, 0700);
    remove_files(store);
}

void sim_store_restore(struct sim_store *store, size_t batches)
{
    sim_disk_cut(&store->disk, batches);
    if (store->tables != NULL) {
        sim_store_wipe(store);
        return;
    }
    struct note note = {""};
    remove_files(store);
    ASSERT(journal_file_open(store->folder, JOURNAL_WRITE, &store->file, &note) == ERR_OK);
    sim_disk_write_file(&store->disk, journal_file_port(store->file));
    journal_file_close(store->file);
    store->file = NULL;
}

void sim_store_fini(struct sim_store *store)
{
    sim_store_close(store);
    if (store->tables != NULL) {
        sim_tables_destroy(store->tables);
    }
    sim_disk_fini(&store->disk);
}

enum err sim_store_open(struct sim_store *store, struct note *note)
{
    if (store->tables == NULL) {
        struct state_options options = {.folder = store->folder, .mode = STATE_WRITE};
        TRY(journal_file_open(store->folder, JOURNAL_WRITE, &store->file, note));
        TRY(state_open(&options, &store->state, note));
        TRY(state_reader_create(store->state, &store->reader));
        sim_disk_use_file(&store->disk, journal_file_port(store->file));
    }
    sim_disk_start(&store->disk);
    return ERR_OK;
}

void sim_store_close(struct sim_store *store)
{
    if (store->tables != NULL) {
        sim_tables_crash(store->tables);
        return;
    }
    if (store->reader != NULL) {
        state_reader_destroy(store->reader);
    }
    state_close(store->state);
    if (store->file != NULL) {
        journal_file_close(store->file);
    }
    store->reader = NULL;
    store->state = NULL;
    store->file = NULL;
}

void sim_store_wipe(struct sim_store *store)
{
    struct note note = {""};
    if (store->tables != NULL) {
        sim_tables_wipe(store->tables);
        sim_tables_crash(store->tables);
    } else {
        ASSERT(state_discard(store->folder, &note) == ERR_OK);
    }
}

struct tables sim_store_tables(struct sim_store *store)
{
    return store->tables != NULL ? sim_tables_port(store->tables) : state_tables(store->state);
}

struct ledger_view sim_store_view(struct sim_store *store)
{
    return store->tables != NULL ? sim_tables_view(store->tables)
                                 : state_reader_view(store->reader);
}

void sim_store_write_down(struct sim_store *store, struct sim_random *luck)
{
    unsigned count = 1 + (unsigned)sim_random_below(luck, 4);
    if (store->tables == NULL) {
        bool is_more;
        enum err err =
            store->is_failing ? ERR_OK : state_checkpoint_some(store->state, 0, 0, &is_more);
        ASSERT(err == ERR_OK);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        sim_tables_checkpoint_slice(store->tables, (unsigned)sim_random_below(luck, SIM_SLICES));
    }
}

void sim_store_fail(struct sim_store *store, bool is_failing)
{
    store->is_failing = is_failing;
    if (store->tables != NULL) {
        sim_tables_fail(store->tables, is_failing);
    }
}

uint64_t sim_store_mark(const struct sim_store *store)
{
    return store->tables != NULL ? sim_tables_sum(store->tables) : store->disk.next_row;
}

static enum err add_row(void *context, uint64_t slice_row, enum ledger_table table,
                        struct slice key, struct slice value)
{
    uint64_t *sum = context;
    uint64_t state = checksum_of(key) + (uint64_t)table;
    (void)slice_row;
    *sum += (sim_mix(&state) ^ checksum_of(value)) * UINT64_C(0x9e3779b97f4a7c15);
    return ERR_OK;
}

uint64_t sim_store_sum(struct sim_store *store)
{
    uint64_t sum = 0;
    if (store->tables != NULL) {
        return sim_tables_sum(store->tables);
    }
    ASSERT(state_checkpoint(store->state) == ERR_OK);
    ASSERT(state_scan_all(store->state, NULL, add_row, &sum) == ERR_OK);
    return sum;
}

struct visitor {
    void (*visit)(void *context, struct slice key, struct slice value);
    void *context;
};

static enum err visit_row(void *context, struct slice key, struct slice value)
{
    const struct visitor *visitor = context;
    visitor->visit(visitor->context, key, value);
    return ERR_OK;
}

void sim_store_each(struct sim_store *store, enum ledger_table table,
                    void (*visit)(void *context, struct slice key, struct slice value),
                    void *context)
{
    if (store->tables != NULL) {
        sim_tables_each(store->tables, table, visit, context);
        return;
    }
    struct visitor visitor = {visit, context};
    ASSERT(state_checkpoint_table(store->state, table) == ERR_OK);
    ASSERT(state_scan(store->state, table, slice_of(NULL, 0), slice_of(NULL, 0), visit_row,
                      &visitor) == ERR_OK);
}

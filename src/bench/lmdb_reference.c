/* What LMDB alone does on this disk: the same bytes as the ledger's journal, appended in the same
 * batches with its default durability; and one tiny put a commit.
 */
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/cases.h"
#include "bench/measure.h"

#define PUT_BYTES       16u
#define RECORD_BYTES    200u /* of a transfer, until one was measured */
#define LMDB_BATCH_MAX  8190u
#define REPETITIONS_MAX 5u

static const size_t batches[LMDB_COUNT] = {1, 10, 100, 1000, LMDB_BATCH_MAX, 1};

struct appending {
    MDB_env *env;
    MDB_dbi dbi;
    uint8_t *block;
    size_t block_bytes;
    size_t rows; /* in a block */
    uint64_t next;
};

static enum err append(struct appending *appending)
{
    MDB_txn *txn;
    uint64_t number = appending->next++;
    MDB_val key = {sizeof number, &number};
    MDB_val value = {appending->block_bytes, appending->block};
    if (mdb_txn_begin(appending->env, NULL, 0, &txn) != 0) {
        return ERR_STORAGE;
    }
    if (mdb_put(txn, appending->dbi, &key, &value, MDB_APPEND) != 0) {
        mdb_txn_abort(txn);
        return ERR_STORAGE;
    }
    return mdb_txn_commit(txn) == 0 ? ERR_OK : ERR_STORAGE;
}

static enum err append_for(struct appending *appending, uint64_t ms, struct measured *measured)
{
    uint64_t begun = measure_ns();
    uint64_t ns = 0;
    uint64_t rows = 0;
    while (ns < ms * 1000000u) {
        uint64_t before = measure_ns();
        TRY(append(appending));
        uint64_t after = measure_ns();
        histogram_record(&measured->latency, after - before);
        rows += appending->rows;
        ns = after - begun;
    }
    measured->operations = rows;
    measured->ns = ns;
    return ERR_OK;
}

static int compare_rates(const void *a, const void *b)
{
    const uint64_t *left = a;
    const uint64_t *right = b;
    return left[0] * right[1] < right[0] * left[1] ? -1 : left[0] * right[1] > right[0] * left[1];
}

static enum err repeat(const struct bench *bench, struct appending *appending,
                       struct measured *out_measured)
{
    uint64_t all[REPETITIONS_MAX][2];
    unsigned repetitions = bench->sizes.repetitions;
    uint64_t parts = repetitions + 1;
    uint64_t ms = bench_share_ms(bench, bench->sizes.lmdb_ms * parts, 1) / parts + 1;
    TRY(append_for(appending, ms / 4, out_measured));
    histogram_clear(&out_measured->latency);
    for (unsigned i = 0; i < repetitions; i++) {
        TRY(append_for(appending, ms, out_measured));
        all[i][0] = out_measured->operations;
        all[i][1] = out_measured->ns;
    }
    qsort(all, repetitions, sizeof all[0], compare_rates);
    out_measured->operations = all[repetitions / 2][0];
    out_measured->ns = all[repetitions / 2][1];
    return ERR_OK;
}

static enum err open_environment(struct appending *appending, const char *folder)
{
    MDB_txn *txn;
    if (mdb_env_create(&appending->env) != 0) {
        return ERR_RESOURCE;
    }
    if (mdb_env_set_mapsize(appending->env, (size_t)1 << 40) != 0 ||
        mdb_env_open(appending->env, folder, 0, 0600) != 0 ||
        mdb_txn_begin(appending->env, NULL, 0, &txn) != 0) {
        return ERR_STORAGE;
    }
    int result = mdb_dbi_open(txn, NULL, MDB_INTEGERKEY, &appending->dbi);
    if (result != 0 || mdb_txn_commit(txn) != 0) {
        return ERR_STORAGE;
    }
    return ERR_OK;
}

/* As long as a transfer's record in the journal was, if one has been measured. */
static size_t record_bytes(const struct bench *bench)
{
    const struct load_result *load = bench->loads[LOAD_MEDIUM_8190];
    if (load == NULL || load->journal_bytes == 0) {
        return RECORD_BYTES;
    }
    return (size_t)(load->journal_bytes / load->operations_all);
}

static enum err measure_lmdb(struct bench *bench, enum lmdb_name name,
                             struct measured *out_measured)
{
    char folder[LIMIT_PATH_BYTES + 1];
    struct appending appending = {.rows = batches[name]};
    appending.block_bytes = name == LMDB_PUT ? PUT_BYTES : batches[name] * record_bytes(bench);
    snprintf(folder, sizeof folder, "%s/lmdb", workplace_folder(bench->workplace));
    appending.block = malloc(appending.block_bytes);
    if (appending.block == NULL || mkdir(folder, 0700) != 0) {
        free(appending.block);
        return note_set(bench->note, ERR_STORAGE, "%s can't be made", folder);
    }
    memset(appending.block, 'x', appending.block_bytes);
    enum err err = open_environment(&appending, folder);
    if (err == ERR_OK) {
        err = repeat(bench, &appending, out_measured);
    }
    if (appending.env != NULL) {
        mdb_env_close(appending.env);
    }
    free(appending.block);
    workplace_remove(folder);
    return err == ERR_OK ? err : note_set(bench->note, err, "LMDB failed in %s", folder);
}

enum err bench_lmdb_of(struct bench *bench, enum lmdb_name name,
                       const struct measured **out_measured)
{
    if (bench->lmdb[name] == NULL) {
        struct measured *measured = calloc(1, sizeof *measured);
        enum err err = measured == NULL ? ERR_RESOURCE : measure_lmdb(bench, name, measured);
        if (err != ERR_OK) {
            free(measured);
            return err;
        }
        bench->lmdb[name] = measured;
    }
    *out_measured = bench->lmdb[name];
    return ERR_OK;
}

enum err case_lmdb(struct bench *bench, const struct bench_case *which, struct bench_row *row)
{
    const struct measured *measured;
    TRY(bench_lmdb_of(bench, (enum lmdb_name)which->measurement, &measured));
    row_set_rate(row, measured->operations, measured->ns);
    row_set_latency(row, &measured->latency);
    return ERR_OK;
}

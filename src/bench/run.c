/* Runs the rows that were asked for, one after the other, and prints them. */
#include <ctype.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cases.h"
#include "bench/measure.h"
#include "bench/serving.h"

#define RUN_SECONDS 275u /* of a whole run, which is to end within five minutes */

static struct bench_sizes sizes_of(enum bench_scale scale)
{
    switch (scale) {
    case BENCH_QUICK:
        return (struct bench_sizes){.members = {10000, 100000, 200000},
                                    .held = {100000, 200000},
                                    .commands = 150000,
                                    .repetitions = 1,
                                    .load_ms = 2000,
                                    .reads = 300000,
                                    .lmdb_ms = 150,
                                    .call_ms = 400,
                                    .pgbench_s = 1,
                                    .backlog = 50000};
    case BENCH_TINY:
        return (struct bench_sizes){.members = {100, 1000, 2000},
                                    .held = {1000, 2000},
                                    .commands = 2000,
                                    .repetitions = 1,
                                    .load_ms = 2000,
                                    .reads = 2000,
                                    .lmdb_ms = 20,
                                    .call_ms = 50,
                                    .pgbench_s = 1,
                                    .backlog = 10000};
    case BENCH_FULL:
    default:
        return (struct bench_sizes){.members = {10000, 1000000, 10000000},
                                    .held = {1000000, 10000000},
                                    .commands = 1000000,
                                    .repetitions = 3,
                                    .load_ms = 4000,
                                    .reads = 5000000,
                                    .lmdb_ms = 500,
                                    .call_ms = 2400,
                                    .pgbench_s = 4,
                                    .backlog = 500000};
    }
}

void bench_tell(const struct bench *bench, const char *format, ...)
{
    va_list args;
    if (bench->options->progress == NULL) {
        return;
    }
    va_start(args, format);
    fputs("  ", bench->options->progress);
    vfprintf(bench->options->progress, format, args);
    fputc('\n', bench->options->progress);
    fflush(bench->options->progress);
    va_end(args);
}

/* 10k, 1M. */
static size_t print_count(char *out, size_t size, uint64_t count)
{
    int length;
    if (count % 1000000 == 0) {
        length = snprintf(out, size, "%lluM", (unsigned long long)(count / 1000000));
    } else if (count % 1000 == 0) {
        length = snprintf(out, size, "%lluk", (unsigned long long)(count / 1000));
    } else {
        length = snprintf(out, size, "%llu", (unsigned long long)count);
    }
    return (size_t)length;
}

static void expand_name(const struct bench_sizes *sizes, const char *name, char out[BENCH_NAME_MAX])
{
    static const char marks[] = "SML12B";
    const uint64_t counts[] = {sizes->members[0], sizes->members[1], sizes->members[2],
                               sizes->held[0],    sizes->held[1],    sizes->backlog};
    size_t at = 0;
    for (const char *c = name; *c != '\0' && at + 24 < BENCH_NAME_MAX; c++) {
        const char *mark = *c == '@' ? strchr(marks, c[1]) : NULL;
        if (mark == NULL) {
            out[at++] = *c;
            continue;
        }
        at += print_count(out + at, BENCH_NAME_MAX - at, counts[mark - marks]);
        c++;
    }
    out[at] = '\0';
}

static bool is_wanted(const char *name, const char *only)
{
    if (only == NULL) {
        return true;
    }
    return strstr(name, only) != NULL || fnmatch(only, name, 0) == 0;
}

static void list(const struct bench_options *options, const struct bench_case *cases)
{
    struct bench_sizes sizes = sizes_of(options->scale);
    char name[BENCH_NAME_MAX];
    for (const struct bench_case *c = cases; c->name != NULL; c++) {
        expand_name(&sizes, c->name, name);
        if (is_wanted(name, options->only)) {
            fprintf(options->out, "%s\n", name);
        }
    }
}

void bench_ledger_list(const struct bench_options *options)
{
    list(options, bench_ledger_cases);
}

void bench_peer_list(const struct bench_options *options)
{
    list(options, bench_peer_cases);
}

struct printing {
    struct bench *bench;
    json_t *array;
    size_t count;
};

static void print_head(const struct bench_options *options)
{
    if (options->format == BENCH_TABLE) {
        row_print_head(options->out);
    } else if (options->format == BENCH_MARKDOWN) {
        row_print_markdown_head(options->out);
    }
}

static void print_row(struct printing *printing, const struct bench_row *row)
{
    const struct bench_options *options = printing->bench->options;
    printing->count++;
    if (options->format == BENCH_TABLE) {
        row_print(options->out, row);
    } else if (options->format == BENCH_MARKDOWN) {
        row_print_markdown(options->out, row);
    } else {
        json_array_append_new(printing->array, row_json(row));
        bench_tell(printing->bench, "%s", row->name);
    }
}

uint64_t bench_share_ms(const struct bench *bench, uint64_t meant_ms, unsigned rows)
{
    return budget_share_ms(&bench->budget, measure_ns(), meant_ms, rows);
}

static struct budget budget_of(const struct bench *bench)
{
    struct budget budget = {.ends_ns = measure_ns() + RUN_SECONDS * UINT64_C(1000000000),
                            .is_free = bench->options->only != NULL};
    for (const struct bench_case *c = bench->cases; c->name != NULL; c++) {
        budget.rows_left++;
    }
    return budget;
}

static enum err run_case(struct printing *printing, const struct bench_case *which,
                         const char *name)
{
    struct bench_row row = row_of(name);
    row.target = which->target;
    enum err err = which->run(printing->bench, which, &row);
    if (err == ERR_UNSUPPORTED) {
        return ERR_OK; /* what it needs is not there; that was told */
    }
    TRY(err);
    print_row(printing, &row);
    return ERR_OK;
}

static enum err run_cases(struct printing *printing)
{
    struct bench *bench = printing->bench;
    char name[BENCH_NAME_MAX];
    bench->budget = budget_of(bench);
    for (const struct bench_case *c = bench->cases; c->name != NULL; c++) {
        expand_name(&bench->sizes, c->name, name);
        if (is_wanted(name, bench->options->only)) {
            TRY(run_case(printing, c, name));
        }
        bench->budget.rows_left--;
    }
    return printing->count > 0
               ? ERR_OK
               : note_set(bench->note, ERR_NOT_FOUND, "no row was measured for \"%s\": see --list",
                          bench->options->only);
}

static void bench_fini(struct bench *bench)
{
    serving_stop(bench);
    pair_fini(bench);
    for (int i = 0; i < LEDGER_COUNT; i++) {
        ledger_close(&bench->ledgers[i]);
        if (bench->ledgers[i].is_made) {
            home_fini(&bench->ledgers[i].home);
        }
    }
    for (int i = 0; i < LOAD_COUNT; i++) {
        free(bench->loads[i]);
    }
    for (int i = 0; i < LMDB_COUNT; i++) {
        free(bench->lmdb[i]);
    }
    for (int i = 0; i < CALLS_COUNT; i++) {
        free(bench->calls[i]);
    }
    for (int i = 0; i < PEER_COUNT; i++) {
        free(bench->peer[i]);
    }
    free(bench->settled);
    workplace_close(bench->workplace);
}

static enum err run(const struct bench_options *options, const struct bench_case *cases,
                    struct note *note)
{
    struct bench bench = {.options = options,
                          .cases = cases,
                          .sizes = sizes_of(options->scale),
                          .has_shop = cases != bench_ledger_cases,
                          .note = note};
    struct printing printing = {&bench, json_array(), 0};
    enum err err = workplace_open(options->folder, &bench.workplace, note);
    if (err == ERR_OK) {
        print_head(options);
        err = run_cases(&printing);
    }
    bench_fini(&bench);
    if (err == ERR_OK && options->format == BENCH_JSON) {
        json_dumpf(printing.array, options->out, JSON_INDENT(2));
        fputc('\n', options->out);
    }
    json_decref(printing.array);
    return err;
}

enum err bench_ledger(const struct bench_options *options, struct note *note)
{
    return run(options, bench_ledger_cases, note);
}

void bench_settle_list(const struct bench_options *options)
{
    list(options, bench_settle_cases);
}

enum err bench_settle(const struct bench_options *options, struct note *note)
{
    return run(options, bench_settle_cases, note);
}

enum err bench_peer(const struct bench_options *options, struct note *note)
{
    return run(options, bench_peer_cases, note);
}

void bench_programme_list(const struct bench_options *options)
{
    list(options, bench_programme_cases);
}

enum err bench_programme(const struct bench_options *options, struct note *note)
{
    return run(options, bench_programme_cases, note);
}

/* The rows of `talea bench ledger`, `peer`, `settle` and `programme`: what each measures, and what
 * they share.
 *
 * A measurement is made when the first row asks for it and kept for the others; so is a ledger.
 */
#ifndef BENCH_CASES_H
#define BENCH_CASES_H

#include "bench/bench.h"
#include "bench/budget.h"
#include "bench/calls.h"
#include "bench/ledger.h"
#include "bench/pair.h"
#include "bench/row.h"

/* How much of everything, by scale. */
struct bench_sizes {
    uint64_t members[3]; /* by enum ledger_size */
    uint64_t held[2];    /* transfers that a ledger holds beforehand */
    uint64_t commands;   /* of one repetition in the largest batches */
    unsigned repetitions;
    uint64_t load_ms; /* of all of them, at most */
    uint64_t reads;
    uint64_t lmdb_ms;   /* of one repetition of a reference */
    uint64_t call_ms;   /* of all repetitions of calls on a node */
    unsigned pgbench_s; /* of each measurement, at most */
    uint64_t backlog;   /* entries that wait for a partner who is away */
};

enum ledger_size {
    LEDGER_SMALL,
    LEDGER_MEDIUM,
    LEDGER_LARGE,
    LEDGER_COUNT
};

enum load_name {
    LOAD_MEDIUM_8190, /* on a ledger without transfers: the first on it */
    LOAD_MEDIUM_1000,
    LOAD_MEDIUM_100,
    LOAD_MEDIUM_10,
    LOAD_MEDIUM_1,
    LOAD_MEDIUM_HELD, /* with transfers that it holds already */
    LOAD_MEDIUM_ZIPF,
    LOAD_MEDIUM_PROGRAMME,
    LOAD_MEDIUM_PROGRAMME_1000,
    LOAD_MEDIUM_JUDGED,
    LOAD_MEDIUM_HELD_MANY,
    LOAD_SMALL_8190,
    LOAD_SMALL_ZIPF,
    LOAD_LARGE_8190,
    LOAD_LARGE_ZIPF,
    LOAD_LARGE_PROGRAMME,
    LOAD_COUNT
};

enum lmdb_name {
    LMDB_APPEND_1,
    LMDB_APPEND_10,
    LMDB_APPEND_100,
    LMDB_APPEND_1000,
    LMDB_APPEND_8190,
    LMDB_PUT,
    LMDB_COUNT
};

enum postgres_name {
    POSTGRES_CALL_1,
    POSTGRES_CALL_32,
    POSTGRES_BATCH_1000,
    POSTGRES_BATCH_8190,
    POSTGRES_COUNT
};

enum peer_name {
    PEER_BULK,
    PEER_EARN_1,
    PEER_EARN_64,
    PEER_EARN_256,
    PEER_BURN_1,
    PEER_BURN_64,
    PEER_BURN_256,
    PEER_BURN_HALF,       /* at half of the rate of 64 outstanding */
    PEER_BACKLOG,         /* the home was cut off */
    PEER_BACKLOG_STARTED, /* it was stopped, and has no row in memory */
    PEER_COUNT
};

struct peer_measured;
struct settled;

struct bench {
    const struct bench_options *options;
    const struct bench_case *cases;
    struct workplace *workplace;
    struct bench_sizes sizes;
    struct budget budget;
    struct ledger ledgers[LEDGER_COUNT];
    struct load_result *loads[LOAD_COUNT]; /* NULL: not measured yet */
    struct measured *lmdb[LMDB_COUNT];
    struct measured *calls[CALLS_COUNT];
    double postgres[POSTGRES_COUNT]; /* a second; 0: not measured */
    unsigned postgres_seconds;       /* that each was measured for */
    bool is_left_out;                /* the large ledger is, and that was told */
    uint64_t fill_ns; /* that a member of the medium ledger took to be made; 0: not known */
    bool has_postgres;
    bool is_postgres_tried;
    struct {
        bool is_measured;
        uint64_t memory_bytes; /* of a process that serves the large ledger */
        double start_seconds;  /* after it was killed */
    } held;
    struct serving *serving; /* the node or the echo that runs */
    bool has_shop;           /* the medium ledger's home has a partner */
    struct pair pair;
    struct peer_measured *peer[PEER_COUNT];
    struct settled *settled; /* NULL: not measured yet */
    struct note *note;
};

/* Operations of the median repetition, their time, and the latency of all. */
struct measured {
    uint64_t operations;
    uint64_t ns;
    double bytes_each; /* written to disk */
    struct histogram latency;
};

struct bench_case {
    const char *name; /* with @S, @M, @L for members and @1, @2 for transfers held */
    enum err (*run)(struct bench *bench, const struct bench_case *which, struct bench_row *row);
    int measurement; /* what `run` is to look at */
    int reference;   /* and beside what; its meaning is run's */
    double target;   /* BENCH_NONE: none */
};

/* Each ends with a row without a name. */
extern const struct bench_case bench_ledger_cases[];
extern const struct bench_case bench_peer_cases[];
extern const struct bench_case bench_settle_cases[];
extern const struct bench_case bench_programme_cases[];

/* A line about what is under way, for people. */
void bench_tell(const struct bench *bench, const char *format, ...) PRINTF_LIKE(2, 3);

/* How long a measurement for so many rows may take now. At most `meant_ms`. */
uint64_t bench_share_ms(const struct bench *bench, uint64_t meant_ms, unsigned rows);

/* The ledger of this size, made and filled when it is not there yet, and open; a node that runs is
 * stopped. ERR_UNSUPPORTED, after a line that says so, when it would take so long here that a whole
 * run would not end in time. */
MUST_USE enum err bench_ledger_of(struct bench *bench, enum ledger_size size,
                                  struct ledger **out_ledger);
MUST_USE enum err bench_load_of(struct bench *bench, enum load_name name,
                                const struct load_result **out_result);
MUST_USE enum err bench_lmdb_of(struct bench *bench, enum lmdb_name name,
                                const struct measured **out_measured);
/* ERR_UNSUPPORTED when PostgreSQL is not installed. */
MUST_USE enum err bench_postgres_of(struct bench *bench, enum postgres_name name, double *out_rate);
MUST_USE enum err bench_calls_of(struct bench *bench, enum calls_name name,
                                 const struct measured **out_measured);
/* Of a pair of nodes: only in a bench that has the shop. */
MUST_USE enum err bench_peer_of(struct bench *bench, enum peer_name name,
                                const struct peer_measured **out_measured);

/* The runs. */
enum err case_load(struct bench *bench, const struct bench_case *which, struct bench_row *row);
enum err case_load_lmdb(struct bench *bench, const struct bench_case *which, struct bench_row *row);
enum err case_load_load(struct bench *bench, const struct bench_case *which, struct bench_row *row);
enum err case_load_postgres(struct bench *bench, const struct bench_case *which,
                            struct bench_row *row);
enum err case_load_bytes(struct bench *bench, const struct bench_case *which,
                         struct bench_row *row);
enum err case_reads(struct bench *bench, const struct bench_case *which, struct bench_row *row);
enum err case_memory(struct bench *bench, const struct bench_case *which, struct bench_row *row);
enum err case_start(struct bench *bench, const struct bench_case *which, struct bench_row *row);
enum err case_start_killed(struct bench *bench, const struct bench_case *which,
                           struct bench_row *row);
enum err case_lmdb(struct bench *bench, const struct bench_case *which, struct bench_row *row);
enum err case_postgres(struct bench *bench, const struct bench_case *which, struct bench_row *row);
enum err case_calls(struct bench *bench, const struct bench_case *which, struct bench_row *row);
enum err case_calls_echo(struct bench *bench, const struct bench_case *which,
                         struct bench_row *row);
enum err case_calls_postgres(struct bench *bench, const struct bench_case *which,
                             struct bench_row *row);
enum err case_alone_p50(struct bench *bench, const struct bench_case *which, struct bench_row *row);
enum err case_alone_p99(struct bench *bench, const struct bench_case *which, struct bench_row *row);

#endif

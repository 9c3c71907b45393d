/* Rows of the ledger in this process. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/cases.h"
#include "bench/measure.h"
#include "bench/serving.h"
#include "ledger/decide.h"

#define BATCH_MAX       8190u
#define READ_TIMED_EACH 16u /* asking for the time takes a part of a read's own */

struct load_plan {
    enum ledger_size size;
    unsigned batch;
    unsigned in_flight;
    unsigned divisor; /* of the commands of a repetition: small batches are slow */
    int held;         /* index of bench_sizes.held, or -1: as it comes */
    bool is_zipf;
    load_fill *fill;
};

static const struct load_plan plans[LOAD_COUNT] = {
    [LOAD_MEDIUM_8190] = {LEDGER_MEDIUM, BATCH_MAX, 4, 1, -1, false, traffic_transfers},
    [LOAD_MEDIUM_1000] = {LEDGER_MEDIUM, 1000, 8, 1, -1, false, traffic_transfers},
    [LOAD_MEDIUM_100] = {LEDGER_MEDIUM, 100, 16, 4, -1, false, traffic_transfers},
    [LOAD_MEDIUM_10] = {LEDGER_MEDIUM, 10, 16, 20, -1, false, traffic_transfers},
    [LOAD_MEDIUM_1] = {LEDGER_MEDIUM, 1, 1, 400, -1, false, traffic_transfers},
    [LOAD_MEDIUM_HELD] = {LEDGER_MEDIUM, BATCH_MAX, 4, 1, 0, false, traffic_transfers},
    [LOAD_MEDIUM_ZIPF] = {LEDGER_MEDIUM, BATCH_MAX, 4, 1, -1, true, traffic_transfers},
    [LOAD_MEDIUM_PROGRAMME] = {LEDGER_MEDIUM, BATCH_MAX, 4, 1, -1, false, traffic_programme},
    [LOAD_MEDIUM_PROGRAMME_1000] = {LEDGER_MEDIUM, 1000, 8, 2, -1, false, traffic_programme},
    [LOAD_MEDIUM_JUDGED] = {LEDGER_MEDIUM, BATCH_MAX, 4, 2, -1, false, traffic_judged},
    [LOAD_MEDIUM_HELD_MANY] = {LEDGER_MEDIUM, BATCH_MAX, 4, 1, 1, false, traffic_transfers},
    [LOAD_SMALL_8190] = {LEDGER_SMALL, BATCH_MAX, 4, 1, -1, false, traffic_transfers},
    [LOAD_SMALL_ZIPF] = {LEDGER_SMALL, BATCH_MAX, 4, 1, -1, true, traffic_transfers},
    [LOAD_LARGE_8190] = {LEDGER_LARGE, BATCH_MAX, 4, 1, 1, false, traffic_transfers},
    [LOAD_LARGE_ZIPF] = {LEDGER_LARGE, BATCH_MAX, 4, 1, 1, true, traffic_transfers},
    [LOAD_LARGE_PROGRAMME] = {LEDGER_LARGE, BATCH_MAX, 4, 1, 1, false, traffic_programme},
};

static const char *const names[LEDGER_COUNT] = {"small", "medium", "large"};

/* One ledger is open at a time: each has a cache of its own. */
static void close_others(struct bench *bench, enum ledger_size size)
{
    serving_stop(bench);
    for (int i = 0; i < LEDGER_COUNT; i++) {
        if (i != (int)size) {
            ledger_close(&bench->ledgers[i]);
        }
    }
}

static enum err make_home(struct bench *bench, enum ledger_size size)
{
    struct ledger *ledger = &bench->ledgers[size];
    const char *program = bench->options->program;
    if (size == LEDGER_MEDIUM && bench->has_shop) {
        TRY(home_make_pair(bench->workplace, program, names[size], &ledger->home, &bench->pair.shop,
                           bench->note));
        bench->pair.is_made = true;
    } else {
        TRY(home_make(bench->workplace, program, names[size], &ledger->home, bench->note));
    }
    ledger->is_made = true;
    return ERR_OK;
}

static enum err make_ledger(struct bench *bench, enum ledger_size size)
{
    struct ledger *ledger = &bench->ledgers[size];
    uint64_t members = bench->sizes.members[size];
    uint64_t begun = measure_ns();
    TRY(make_home(bench, size));
    TRY(ledger_open(ledger, bench->note));
    bench_tell(bench, "preparing a ledger of %llu members", (unsigned long long)members);
    TRY(ledger_fill(ledger, members, size == LEDGER_LARGE, bench->note));
    uint64_t ns = measure_ns() - begun;
    if (size == LEDGER_MEDIUM) { /* a small one says little */
        bench->fill_ns = ns / members;
    }
    bench_tell(bench, "prepared in %.1f s", (double)ns / 1e9);
    return ERR_OK;
}

/* A whole run is to end within minutes; who asks for some rows by name has the time. */
static bool is_too_slow(struct bench *bench, enum ledger_size size)
{
    uint64_t ms = bench->fill_ns * bench->sizes.members[size] / UINT64_C(1000000);
    if (budget_allows(&bench->budget, measure_ns(), ms)) {
        return false;
    }
    if (bench->is_left_out) {
        return true;
    }
    bench->is_left_out = true;
    bench_tell(bench, "left out: %llu members would take %llu s to make here (ask by --only)",
               (unsigned long long)bench->sizes.members[size], (unsigned long long)ms / 1000);
    return true;
}

enum err bench_ledger_of(struct bench *bench, enum ledger_size size, struct ledger **out_ledger)
{
    struct ledger *ledger = &bench->ledgers[size];
    close_others(bench, size);
    if (!ledger->is_made) {
        if (is_too_slow(bench, size)) {
            return ERR_UNSUPPORTED;
        }
        TRY(make_ledger(bench, size));
    } else if (ledger->engine == NULL) {
        TRY(ledger_open(ledger, bench->note));
    }
    *out_ledger = ledger;
    return ERR_OK;
}

/* `ms_max` of all repetitions; 0: however long. */
static enum err run_traffic(struct bench *bench, struct ledger *ledger,
                            const struct load_plan *plan, uint64_t commands, unsigned repetitions,
                            uint64_t ms_max, struct load_result *out_result)
{
    struct traffic traffic;
    TRY(traffic_init(&traffic, ledger, plan->is_zipf));
    struct load load = {.engine = ledger->engine,
                        .fill = plan->fill,
                        .context = &traffic,
                        .batch = plan->batch,
                        .in_flight = plan->in_flight,
                        .commands = commands,
                        .ms_max = ms_max / repetitions,
                        .repetitions = repetitions};
    enum err err = load_run(&load, out_result, bench->note);
    if (err == ERR_OK && traffic.failures > 0) {
        err = note_set(bench->note, ERR_INTERNAL, "a balance query found no member");
    }
    traffic_fini(&traffic);
    return err;
}

/* So many transfers, unmeasured. */
static enum err top_up(struct bench *bench, struct ledger *ledger, uint64_t held)
{
    const struct load_plan plan = {.batch = BATCH_MAX, .in_flight = 4, .fill = traffic_transfers};
    struct load_result result;
    if (ledger->transfers >= held) {
        return ERR_OK;
    }
    uint64_t missing = held - ledger->transfers;
    uint64_t ms = missing * bench->fill_ns / UINT64_C(1000000);
    if (!budget_allows(&bench->budget, measure_ns(), ms)) {
        bench_tell(bench, "left out: %llu transfers would take too long here (ask by --only)",
                   (unsigned long long)held);
        return ERR_UNSUPPORTED;
    }
    bench_tell(bench, "up to %llu transfers", (unsigned long long)held);
    return run_traffic(bench, ledger, &plan, missing, 1, 0, &result);
}

static uint64_t commands_of(const struct bench *bench, const struct load_plan *plan)
{
    uint64_t commands = bench->sizes.commands / plan->divisor;
    return commands < plan->batch ? plan->batch : commands;
}

static enum err measure_load(struct bench *bench, const struct load_plan *plan,
                             struct load_result *out_result)
{
    struct ledger *ledger;
    struct load_result warm;
    TRY(bench_ledger_of(bench, plan->size, &ledger));
    if (plan->held >= 0) {
        TRY(top_up(bench, ledger, bench->sizes.held[plan->held]));
    }
    uint64_t commands = commands_of(bench, plan);
    uint64_t ms = bench_share_ms(bench, bench->sizes.load_ms, 1);
    TRY(run_traffic(bench, ledger, plan, commands / 10, 1, ms / 10 + 1, &warm));
    TRY(run_traffic(bench, ledger, plan, commands, bench->sizes.repetitions, ms, out_result));
    if (out_result->refused * 100 > out_result->operations_all * 5) {
        return note_set(bench->note, ERR_INTERNAL, "%llu of %llu commands were refused",
                        (unsigned long long)out_result->refused,
                        (unsigned long long)out_result->operations_all);
    }
    return ERR_OK;
}

enum err bench_load_of(struct bench *bench, enum load_name name,
                       const struct load_result **out_result)
{
    if (bench->loads[name] == NULL) {
        struct load_result *result = calloc(1, sizeof *result);
        enum err err = result == NULL ? ERR_RESOURCE : measure_load(bench, &plans[name], result);
        if (err != ERR_OK) {
            free(result);
            return err;
        }
        bench->loads[name] = result;
    }
    *out_result = bench->loads[name];
    return ERR_OK;
}

enum err case_load(struct bench *bench, const struct bench_case *which, struct bench_row *row)
{
    const struct load_result *result;
    TRY(bench_load_of(bench, (enum load_name)which->measurement, &result));
    row_set_rate(row, result->operations, result->ns);
    row_set_latency(row, &result->latency);
    row->bytes_per_operation = (double)result->bytes / (double)result->operations_all;
    return ERR_OK;
}

enum err case_load_lmdb(struct bench *bench, const struct bench_case *which, struct bench_row *row)
{
    const struct load_result *result;
    const struct measured *reference;
    TRY(bench_load_of(bench, (enum load_name)which->measurement, &result));
    TRY(bench_lmdb_of(bench, (enum lmdb_name)which->reference, &reference));
    row_set_rate(row, result->operations, result->ns);
    row_set_reference(row, which->reference == LMDB_PUT ? "LMDB, one put a commit" : "LMDB, blocks",
                      (double)reference->operations * 1e9 / (double)reference->ns);
    return ERR_OK;
}

enum err case_load_load(struct bench *bench, const struct bench_case *which, struct bench_row *row)
{
    const struct load_result *result;
    const struct load_result *reference;
    TRY(bench_load_of(bench, (enum load_name)which->reference, &reference));
    TRY(bench_load_of(bench, (enum load_name)which->measurement, &result));
    row_set_rate(row, result->operations, result->ns);
    row_set_reference(row, "the smaller ledger",
                      (double)reference->operations * 1e9 / (double)reference->ns);
    return ERR_OK;
}

enum err case_load_bytes(struct bench *bench, const struct bench_case *which, struct bench_row *row)
{
    const struct load_result *result;
    TRY(bench_load_of(bench, (enum load_name)which->measurement, &result));
    row->operations = (double)result->operations_all;
    row->bytes_per_operation = (double)result->bytes / (double)result->operations_all;
    return ERR_OK;
}

/* So many, but for no longer than until `until_ns`. Gives how many. */
static enum err read_balances(const struct ledger_view *view, struct population *population,
                              uint64_t reads_max, uint64_t until_ns, struct histogram *latency,
                              uint64_t *out_reads)
{
    struct clock_port clock = clock_of_system();
    struct unix_ms now = clock_now(&clock);
    uint64_t reads = 0;
    for (; reads < reads_max; reads++) {
        struct uid id = draw_member(population_next(population));
        struct member member;
        uint64_t begun = reads % READ_TIMED_EACH == 0 ? measure_ns() : 0;
        if (begun > until_ns) {
            break;
        }
        TRY(ledger_get_member(view, &id, &member));
        member_settle_view(&member, now);
        if (begun != 0) {
            histogram_record(latency, measure_ns() - begun);
        }
    }
    *out_reads = reads;
    return ERR_OK;
}

static enum err time_reads(const struct bench *bench, const struct ledger *ledger,
                           struct histogram *latency, struct bench_row *row)
{
    uint64_t reads = 0;
    uint64_t ms = bench_share_ms(bench, bench->sizes.load_ms, 1);
    struct state_reader *reader;
    struct population population;
    TRY(population_init(&population, ledger->members, false, 7));
    TRY(state_reader_create(ledger->state, &reader));
    struct ledger_view view = state_reader_view(reader);
    uint64_t begun = measure_ns();
    enum err err = read_balances(&view, &population, bench->sizes.reads / 10,
                                 begun + ms * UINT64_C(100000), latency, &reads);
    histogram_clear(latency);
    begun = measure_ns();
    if (err == ERR_OK) {
        err = read_balances(&view, &population, bench->sizes.reads, begun + ms * UINT64_C(1000000),
                            latency, &reads);
    }
    row_set_rate(row, reads, measure_ns() - begun);
    row_set_latency(row, latency);
    state_reader_destroy(reader);
    return err;
}

enum err case_reads(struct bench *bench, const struct bench_case *which, struct bench_row *row)
{
    struct ledger *ledger;
    TRY(bench_ledger_of(bench, (enum ledger_size)which->measurement, &ledger));
    struct histogram *latency = calloc(1, sizeof *latency);
    enum err err = latency == NULL ? ERR_RESOURCE : time_reads(bench, ledger, latency, row);
    free(latency);
    return err;
}

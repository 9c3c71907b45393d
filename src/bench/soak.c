/* One long run of everything at once: the programme's mix at half of what the ledger can do, lots
 * and holds that end after seconds, a backup under way, and single calls in between.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit/audit.h"
#include "backup/backup.h"
#include "base/clock.h"
#include "bench/bench.h"
#include "bench/ledger.h"
#include "bench/measure.h"
#include "bench/row.h"
#include "engine/retention.h"

#define PARTS           5u /* after each, memory is looked at */
#define BACKUP_PART     1u
#define BATCH           100u
#define IN_FLIGHT       8u
#define HURRY_MS        3000
#define CALL_PAUSE_NS   500000
#define FORGET_PAUSE_NS 20000000
#define FORGET_AHEAD_MS (40 * DAY_MS)
#define IDLE_CALLS      2000u
#define MEMBERS         200000u
#define MEMBERS_TINY    1000u
/* Small, so that the cache is full early and what grows then grows by mistake. */
#define CACHE_BYTES   (64u << 20)
#define DIRTY_BYTES   (32u << 20)
#define LOAD_PART     2u             /* of the ledger's full rate */
#define RATE_MS       (2 * HURRY_MS) /* to find that rate: what ends by itself does so by then */
#define LATENCY_RATIO 10.0 /* a single call's p99 under load against that of an idle ledger */
#define GROWTH        1.1  /* memory at the end against memory when all has happened once ... */
#define GROWTH_BYTES  (16.0 * 1048576.0) /* ... and what an allocator may keep */

/* Single calls beside the load, on a thread of their own. */
struct caller {
    struct ledger *ledger;
    struct id_source ids;
    struct draw draw;
    struct histogram latency;
    atomic_bool is_over;
    uint64_t most; /* calls; 0: until is_over */
    enum err err;
};

/* Forgets transaction ids as soon as they are checkpointed, on a thread of its own. */
struct forgetting {
    struct engine *engine;
    struct partner_id self;
    atomic_bool is_over;
    int64_t ahead_ms; /* of its clock */
    uint64_t forgotten;
    enum err err;
};

struct soak {
    const struct bench_options *options;
    struct workplace *workplace;
    struct ledger ledger;
    struct traffic traffic;
    struct caller caller;
    struct forgetting forgetting;
    uint64_t rate; /* commands a second, as fast as it goes */
    uint64_t idle_p99_ns;
    uint64_t memory[PARTS];
    enum err backup_err;
    struct note backup_note;
    json_t *rows;
    struct note *note;
};

static void show(struct soak *soak, const struct bench_row *row)
{
    if (soak->options->format == BENCH_JSON) {
        json_array_append_new(soak->rows, row_json(row));
    } else {
        row_print(soak->options->out, row);
    }
}

static struct command next_call(struct caller *caller)
{
    struct clock_port clock = clock_of_system();
    struct command command = {.kind = COMMAND_EARN,
                              .origin = caller->ledger->home.roster.self,
                              .transaction_id = id_source_next(&caller->ids),
                              .business_time = clock_now(&clock)};
    command.earn.card = ledger_card(draw_below(&caller->draw, caller->ledger->members));
    command.earn.amount = money_of(1250);
    command.earn.rate = (struct earn_rate){1, 100, ROUNDING_DOWN, 0};
    return command;
}

static void *call(void *context)
{
    struct caller *caller = context;
    struct timespec pause = {0, CALL_PAUSE_NS};
    caller->err = ERR_OK;
    for (uint64_t i = 0; caller->most == 0 || i < caller->most; i++) {
        struct command command = next_call(caller);
        uint64_t begun = measure_ns();
        struct outcome outcome = engine_execute(caller->ledger->engine, &command);
        histogram_record(&caller->latency, measure_ns() - begun);
        if (outcome.err != ERR_OK || atomic_load(&caller->is_over)) {
            caller->err = outcome.err;
            break;
        }
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/* Months later, and one day more with each pass. */
static struct unix_ms later(void *context)
{
    const struct forgetting *forgetting = context;
    struct clock_port clock = clock_of_system();
    return (struct unix_ms){clock_now(&clock).ms + forgetting->ahead_ms};
}

static void *forget(void *context)
{
    struct forgetting *forgetting = context;
    struct clock_port clock = {forgetting, later};
    struct timespec pause = {0, FORGET_PAUSE_NS};
    struct retention retention;
    retention_init(&retention, forgetting->engine, &forgetting->self, clock, 1);
    while (!atomic_load(&forgetting->is_over) && forgetting->err == ERR_OK) {
        bool is_more = false;
        forgetting->err = retention_step(&retention, &is_more);
        forgetting->ahead_ms += is_more ? 0 : DAY_MS;
        nanosleep(&pause, NULL);
    }
    forgetting->forgotten = retention.forgotten;
    return NULL;
}

static enum err idle(struct soak *soak)
{
    struct bench_row row = row_of("one call, idle");
    soak->caller.most = IDLE_CALLS;
    (void)call(&soak->caller);
    TRY(soak->caller.err);
    soak->idle_p99_ns = histogram_quantile(&soak->caller.latency, 990);
    row.operations = (double)soak->caller.latency.count;
    row_set_latency(&row, &soak->caller.latency);
    show(soak, &row);
    soak->caller.most = 0;
    histogram_clear(&soak->caller.latency);
    return ERR_OK;
}

/* `per_second` 0: as fast as it goes, for RATE_MS at most. */
static enum err run_load(struct soak *soak, uint64_t commands, uint64_t per_second,
                         struct load_result *out_result)
{
    struct load load = {.engine = soak->ledger.engine,
                        .fill = traffic_programme,
                        .context = &soak->traffic,
                        .batch = BATCH,
                        .in_flight = IN_FLIGHT,
                        .commands = commands,
                        .ms_max = per_second > 0 ? 0 : RATE_MS,
                        .repetitions = 1,
                        .per_second = per_second,
                        .is_part = per_second > 0};
    return load_run(&load, out_result, soak->note);
}

/* A copy of all of it while it is at work. */
static void *back_up(void *context)
{
    struct soak *soak = context;
    struct clock_port clock = clock_of_system();
    char folder[LIMIT_PATH_BYTES + 16];
    char data[LIMIT_PATH_BYTES + 1];
    struct backup_manifest manifest;
    struct backup_source source = {.data_folder = home_path(&soak->ledger.home, "data", data),
                                   .journal = soak->ledger.file,
                                   .state = soak->ledger.state,
                                   .vault = soak->ledger.vault,
                                   .program = "talea bench",
                                   .coalition = HOME_COALITION,
                                   .partner = soak->ledger.home.roster.self,
                                   .now = clock_now(&clock),
                                   .signer = &soak->ledger.home.signer,
                                   .charter_epoch = soak->ledger.home.roster.epoch};
    snprintf(folder, sizeof folder, "%s/backup", workplace_folder(soak->workplace));
    soak->backup_err = backup_make(&source, folder, &manifest, &soak->backup_note);
    return NULL;
}

static void show_memory(struct soak *soak, unsigned part)
{
    char name[BENCH_NAME_MAX] = "";
    struct bench_row row = row_of(name);
    soak->memory[part] = measure_memory(0);
    snprintf(name, sizeof name, "memory at %u %%", (part + 1) * 100 / PARTS);
    row.memory_bytes = (double)soak->memory[part];
    if (part + 1 == PARTS) {
        row.target = (double)soak->memory[BACKUP_PART] * GROWTH + GROWTH_BYTES;
    }
    show(soak, &row);
}

static enum err run_parts(struct soak *soak, uint64_t commands, struct load_result *result)
{
    pthread_t backup;
    enum err err = ERR_OK;
    for (unsigned i = 0; i < PARTS && err == ERR_OK; i++) {
        if (i == BACKUP_PART && pthread_create(&backup, NULL, back_up, soak) != 0) {
            return ERR_RESOURCE;
        }
        err = run_load(soak, commands / PARTS, soak->rate / LOAD_PART, result);
        if (i == BACKUP_PART) {
            pthread_join(backup, NULL);
            err = err == ERR_OK ? soak->backup_err : err;
        }
        if (err == ERR_OK) {
            show_memory(soak, i);
        }
    }
    return err;
}

static enum err run_beside(struct soak *soak, uint64_t commands, struct load_result *result)
{
    pthread_t calls;
    pthread_t pruning;
    soak->forgetting = (struct forgetting){.engine = soak->ledger.engine,
                                           .self = soak->ledger.home.roster.self,
                                           .ahead_ms = FORGET_AHEAD_MS};
    if (pthread_create(&calls, NULL, call, &soak->caller) != 0) {
        return ERR_RESOURCE;
    }
    enum err err =
        pthread_create(&pruning, NULL, forget, &soak->forgetting) == 0 ? ERR_OK : ERR_RESOURCE;
    if (err == ERR_OK) {
        err = run_parts(soak, commands, result);
        atomic_store(&soak->forgetting.is_over, true);
        pthread_join(pruning, NULL);
    }
    atomic_store(&soak->caller.is_over, true);
    pthread_join(calls, NULL);
    if (soak->backup_err != ERR_OK) {
        return note_set(soak->note, err, "the backup under load: %s", soak->backup_note.text);
    }
    TRY(err);
    TRY(soak->forgetting.err);
    return soak->caller.err;
}

static enum err run_under_load(struct soak *soak, uint64_t commands, struct load_result *result)
{
    uint64_t begun = measure_ns();
    TRY(run_beside(soak, commands, result));
    struct bench_row load = row_of("programme, half load");
    row_set_rate(&load, commands, measure_ns() - begun);
    row_set_latency(&load, &result->latency);
    show(soak, &load);
    struct bench_row single = row_of("one call, half load");
    single.operations = (double)soak->caller.latency.count;
    row_set_latency(&single, &soak->caller.latency);
    show(soak, &single);
    struct bench_row p99 = row_of("one call, p99 (target: 10 times an idle one's)");
    p99.p99_us = single.p99_us;
    p99.target = LATENCY_RATIO * (double)soak->idle_p99_ns / 1e3;
    show(soak, &p99);
    struct bench_row forgotten = row_of("transaction ids forgotten");
    forgotten.operations = (double)soak->forgetting.forgotten;
    show(soak, &forgotten);
    return ERR_OK;
}

static enum err find_key(void *context, const struct key_id *id, struct unix_ms time,
                         struct public_key *out_key)
{
    const struct signer *signer = context;
    (void)time;
    if (memcmp(id, &signer->key_id, sizeof *id) != 0) {
        return ERR_NOT_FOUND;
    }
    *out_key = signer->public_key;
    return ERR_OK;
}

static enum err audit(struct soak *soak)
{
    struct audit_summary summary;
    struct audit_finding finding;
    struct bench_row row = row_of("audit of all rows");
    struct audit_options options = {.journal = *engine_journal(soak->ledger.engine),
                                    .state = soak->ledger.state,
                                    .coalition = HOME_COALITION,
                                    .self = soak->ledger.home.roster.self,
                                    .context = &soak->ledger.home.signer,
                                    .find_key = find_key};
    uint64_t begun = measure_ns();
    enum err err = audit_run(&options, &summary, &finding);
    if (err != ERR_OK) {
        return note_set(soak->note, err, "row %llu, %s: %s", (unsigned long long)finding.row,
                        finding.invariant, finding.note.text);
    }
    row_set_rate(&row, summary.rows, measure_ns() - begun);
    show(soak, &row);
    return ERR_OK;
}

/* As fast as it goes, until all of it is checkpointed: what the ledger could keep up. */
static enum err find_rate(struct soak *soak, uint64_t commands, struct load_result *result)
{
    TRY(engine_checkpoint(soak->ledger.engine));
    uint64_t begun = measure_ns();
    TRY(run_load(soak, commands, 0, result));
    soak->rate = result->operations * UINT64_C(1000000000) / (measure_ns() - begun);
    return ERR_OK;
}

static enum err run(struct soak *soak, uint64_t commands, struct load_result *result)
{
    uint64_t members = soak->options->scale == BENCH_TINY ? MEMBERS_TINY : MEMBERS;
    struct ledger *ledger = &soak->ledger;
    TRY(home_make(soak->workplace, soak->options->program, "soak", &ledger->home, soak->note));
    ledger->is_made = true;
    ledger->cache_bytes = CACHE_BYTES;
    ledger->dirty_bytes = DIRTY_BYTES;
    TRY(ledger_open(ledger, soak->note));
    TRY(ledger_fill(ledger, members, false, soak->note));
    TRY(traffic_init(&soak->traffic, ledger, false));
    soak->traffic.hurry_ms = HURRY_MS;
    soak->caller.ledger = ledger;
    soak->caller.ids.base_ms = ledger->ids.base_ms - DAY_MS;
    TRY(idle(soak));
    TRY(find_rate(soak, commands, result));
    TRY(run_under_load(soak, commands, result));
    return audit(soak);
}

enum err bench_soak(const struct bench_options *options, uint64_t commands, struct note *note)
{
    struct soak *soak = calloc(1, sizeof *soak);
    struct load_result *result = calloc(1, sizeof *result);
    enum err err = soak == NULL || result == NULL ? ERR_RESOURCE : ERR_OK;
    if (err == ERR_OK) {
        soak->options = options;
        soak->note = note;
        soak->rows = json_array();
        err = workplace_open(options->folder, &soak->workplace, note);
    }
    if (err == ERR_OK) {
        if (options->format == BENCH_TABLE) {
            row_print_head(options->out);
        }
        err = run(soak, commands, result);
        traffic_fini(&soak->traffic);
        ledger_close(&soak->ledger);
        if (soak->ledger.is_made) {
            home_fini(&soak->ledger.home);
        }
        workplace_close(soak->workplace);
    }
    if (err == ERR_OK && options->format == BENCH_JSON) {
        json_dumpf(soak->rows, options->out, JSON_INDENT(2));
        fputc('\n', options->out);
    }
    if (soak != NULL) {
        json_decref(soak->rows);
    }
    free(soak);
    free(result);
    return err;
}

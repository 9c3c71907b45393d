/* What is measured on a pair of nodes. */
#include <stdlib.h>

#include "bench/batch_call.h"
#include "bench/measure.h"
#include "bench/peer.h"

#define WARM_PART        4u /* of the measured time */
#define WATCH_US         1000
#define WATCH_BULK_US    4000
#define UNRECEIPTED      (8u * BATCH_CALL_COMMANDS)
#define HALF             2u
#define HOLDS_PER_SECOND 200u /* while a backlog is drained */

static const struct {
    unsigned outstanding;
    bool is_burn;
} plans[PEER_COUNT] = {
    [PEER_EARN_1] = {1, false},     [PEER_EARN_64] = {64, false}, [PEER_EARN_256] = {256, false},
    [PEER_BURN_1] = {1, true},      [PEER_BURN_64] = {64, true},  [PEER_BURN_256] = {256, true},
    [PEER_BURN_HALF] = {256, true}, [PEER_BACKLOG] = {64, true},
};

struct repetition {
    uint64_t operations;
    uint64_t ns;
};

static int compare_repetitions(const void *a, const void *b)
{
    const struct repetition *left = a;
    const struct repetition *right = b;
    uint64_t of_left = left->operations * right->ns;
    uint64_t of_right = right->operations * left->ns;
    return of_left < of_right ? -1 : of_left > of_right;
}

static enum err call_once(struct bench *bench, const struct peer_calls *calls,
                          struct peer_measured *measured)
{
    struct watch watch;
    TRY(watch_start(&watch, &bench->pair, calls->outstanding == 1 ? WATCH_US : WATCH_BULK_US));
    enum err err = peer_calls_run(bench, calls, &watch, measured, &measured->ns);
    watch_fini(&watch);
    return err;
}

/* Batches until all of their entries are receipted. */
static enum err send_once(struct bench *bench, uint64_t ms, struct peer_measured *measured)
{
    const struct peer_bulk bulk = {.ms = ms, .unreceipted = UNRECEIPTED};
    struct watch watch;
    struct pair_progress before;
    uint64_t *begun_ns = NULL;
    uint64_t batches = 0;
    size_t place = 0;
    TRY(pair_progress(&bench->pair, &before, bench->note));
    TRY(watch_start(&watch, &bench->pair, WATCH_BULK_US));
    enum err err = peer_bulk_send(bench, &bulk, &watch, &begun_ns, &batches);
    if (err == ERR_OK) {
        err = watch_end(&watch, before.sent + batches * BATCH_CALL_COMMANDS, bench->note);
    }
    for (uint64_t i = 0; err == ERR_OK && i < batches; i++) {
        uint64_t last = before.sent + (i + 1) * BATCH_CALL_COMMANDS;
        uint64_t ns = watch_receipted_ns(&watch, last, &place);
        histogram_record(&measured->receipted, ns - begun_ns[i]);
        measured->ns = ns - begun_ns[0];
    }
    measured->operations = batches * BATCH_CALL_COMMANDS;
    free(begun_ns);
    watch_fini(&watch);
    return err;
}

static enum err run_once(struct bench *bench, enum peer_name name, uint64_t ms,
                         struct peer_measured *measured)
{
    struct peer_calls calls = {
        .is_burn = plans[name].is_burn, .outstanding = plans[name].outstanding, .ms = ms};
    if (name == PEER_BULK) {
        return send_once(bench, ms, measured);
    }
    if (name == PEER_BURN_HALF) {
        const struct peer_measured *full = bench->peer[PEER_BURN_64];
        uint64_t rate = full->operations * UINT64_C(1000000000) / full->ns / HALF;
        calls.per_second = rate > 0 ? rate : 1;
    }
    return call_once(bench, &calls, measured);
}

static enum err repeat(struct bench *bench, enum peer_name name, struct peer_measured *measured)
{
    struct repetition all[LOAD_REPETITIONS_MAX];
    unsigned repetitions = bench->sizes.repetitions;
    uint64_t operations = 0;
    uint64_t ms = bench->sizes.call_ms / repetitions;
    TRY(run_once(bench, name, bench->sizes.call_ms / WARM_PART + 1, measured));
    histogram_clear(&measured->held);
    histogram_clear(&measured->answered);
    histogram_clear(&measured->receipted);
    uint64_t written = pair_written(&bench->pair);
    for (unsigned i = 0; i < repetitions; i++) {
        TRY(run_once(bench, name, ms, measured));
        all[i] = (struct repetition){measured->operations, measured->ns};
        operations += measured->operations;
    }
    measured->bytes_each = (double)(pair_written(&bench->pair) - written) / (double)operations;
    measured->memory_bytes = pair_memory(&bench->pair);
    qsort(all, repetitions, sizeof all[0], compare_repetitions);
    measured->operations = all[repetitions / 2].operations;
    measured->ns = all[repetitions / 2].ns;
    return ERR_OK;
}

/* The holds while the shop's node sends what it kept. */
static enum err drain(struct bench *bench, uint64_t last, struct peer_measured *measured)
{
    struct watch watch;
    struct pair_progress progress;
    uint64_t unused;
    const struct peer_calls calls = {.is_burn = plans[PEER_BACKLOG].is_burn,
                                     .outstanding = plans[PEER_BACKLOG].outstanding,
                                     .per_second = HOLDS_PER_SECOND,
                                     .until_receipted = last};
    do {
        pair_pause_us(WATCH_US);
        TRY(pair_progress(&bench->pair, &progress, bench->note));
    } while (!progress.is_connected);
    uint64_t begun = measure_ns();
    TRY(watch_start(&watch, &bench->pair, WATCH_BULK_US));
    enum err err = peer_calls_run(bench, &calls, &watch, measured, &unused);
    if (err == ERR_OK) {
        size_t place = 0;
        measured->operations = last - progress.receipted;
        measured->ns = watch_receipted_ns(&watch, last, &place) - begun;
    }
    watch_fini(&watch);
    return err;
}

/* Purchases come in while the home is away: cut off, or stopped and started anew, so that it has no
 * row in memory. */
static enum err fall_behind(struct bench *bench, bool is_stopped, struct peer_measured *measured)
{
    const struct peer_bulk bulk = {.commands = bench->sizes.backlog};
    struct pair_progress progress;
    struct watch watch;
    uint64_t *begun_ns;
    uint64_t batches;
    TRY(pair_settle(&bench->pair, bench->note));
    if (is_stopped) {
        pair_stop_home(bench);
    } else {
        pair_cut_home(bench);
    }
    enum err err = watch_start(&watch, &bench->pair, WATCH_BULK_US);
    if (err == ERR_OK) {
        err = peer_bulk_send(bench, &bulk, &watch, &begun_ns, &batches);
        watch_fini(&watch);
    }
    if (err == ERR_OK) {
        free(begun_ns);
        err = pair_progress(&bench->pair, &progress, bench->note);
    }
    pair_join_home(bench);
    TRY(err);
    if (is_stopped) {
        TRY(pair_start_home(bench));
    }
    return drain(bench, progress.sent, measured);
}

static enum err measure_peer(struct bench *bench, enum peer_name name,
                             struct peer_measured *measured)
{
    if (name == PEER_BACKLOG || name == PEER_BACKLOG_STARTED) {
        return fall_behind(bench, name == PEER_BACKLOG_STARTED, measured);
    }
    return repeat(bench, name, measured);
}

enum err bench_peer_of(struct bench *bench, enum peer_name name,
                       const struct peer_measured **out_measured)
{
    struct pair *pair;
    const struct peer_measured *full;
    if (bench->peer[name] == NULL) {
        if (name == PEER_BURN_HALF) { /* half of what? */
            TRY(bench_peer_of(bench, PEER_BURN_64, &full));
        }
        TRY(pair_of(bench, &pair));
        struct peer_measured *measured = calloc(1, sizeof *measured);
        enum err err = measured == NULL ? ERR_RESOURCE : measure_peer(bench, name, measured);
        if (err != ERR_OK) {
            free(measured);
            return err;
        }
        bench->peer[name] = measured;
    }
    *out_measured = bench->peer[name];
    return ERR_OK;
}

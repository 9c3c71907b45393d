/* The rows of `talea bench peer`. */
#include "bench/measure.h"
#include "bench/peer.h"

#define SIGNED_BYTES 200u
#define SIGNINGS     64u /* between two looks at the clock */

static enum err case_peer(struct bench *bench, const struct bench_case *which,
                          struct bench_row *row)
{
    const struct peer_measured *measured;
    TRY(bench_peer_of(bench, (enum peer_name)which->measurement, &measured));
    row_set_rate(row, measured->operations, measured->ns);
    row_set_latency(row, &measured->answered);
    if (measured->bytes_each > 0.0) {
        row->bytes_per_operation = measured->bytes_each;
    }
    return ERR_OK;
}

static enum err case_bulk(struct bench *bench, const struct bench_case *which,
                          struct bench_row *row)
{
    const struct peer_measured *measured;
    TRY(case_peer(bench, which, row));
    TRY(bench_peer_of(bench, (enum peer_name)which->measurement, &measured));
    row_set_latency(row, &measured->receipted);
    row->memory_bytes = (double)measured->memory_bytes;
    return ERR_OK;
}

static enum err case_receipted(struct bench *bench, const struct bench_case *which,
                               struct bench_row *row)
{
    const struct peer_measured *measured;
    TRY(bench_peer_of(bench, (enum peer_name)which->measurement, &measured));
    row->operations = (double)measured->receipted.count;
    row_set_latency(row, &measured->receipted);
    return ERR_OK;
}

static enum err case_held(struct bench *bench, const struct bench_case *which,
                          struct bench_row *row)
{
    const struct peer_measured *measured;
    TRY(bench_peer_of(bench, (enum peer_name)which->measurement, &measured));
    row->operations = (double)measured->held.count;
    row_set_latency(row, &measured->held);
    return ERR_OK;
}

/* `reference` is the quantile, in thousandths: the row's only figure. */
static enum err case_held_quantile(struct bench *bench, const struct bench_case *which,
                                   struct bench_row *row)
{
    const struct peer_measured *measured;
    TRY(bench_peer_of(bench, (enum peer_name)which->measurement, &measured));
    double us = (double)histogram_quantile(&measured->held, (unsigned)which->reference) / 1e3;
    if (which->reference == 500) {
        row->p50_us = us;
    } else {
        row->p99_us = us;
    }
    return ERR_OK;
}

static enum err case_peer_peer(struct bench *bench, const struct bench_case *which,
                               struct bench_row *row)
{
    const struct peer_measured *measured;
    const struct peer_measured *reference;
    TRY(bench_peer_of(bench, (enum peer_name)which->reference, &reference));
    TRY(bench_peer_of(bench, (enum peer_name)which->measurement, &measured));
    row_set_rate(row, measured->operations, measured->ns);
    row_set_reference(row, "in bulk", (double)reference->operations * 1e9 / (double)reference->ns);
    return ERR_OK;
}

static enum err case_peer_echo(struct bench *bench, const struct bench_case *which,
                               struct bench_row *row)
{
    const struct peer_measured *measured;
    const struct measured *echo;
    TRY(bench_peer_of(bench, (enum peer_name)which->measurement, &measured));
    TRY(bench_calls_of(bench, (enum calls_name)which->reference, &echo));
    row_set_rate(row, measured->operations, measured->ns);
    row_set_reference(row, "echo", (double)echo->operations * 1e9 / (double)echo->ns);
    return ERR_OK;
}

/* Signs, or verifies what it signed, for a while on one core. `measurement`: whether to verify. */
static enum err case_signature(struct bench *bench, const struct bench_case *which,
                               struct bench_row *row)
{
    static const uint8_t payload[SIGNED_BYTES];
    struct ledger *ledger;
    struct signature signature;
    uint64_t operations = 0;
    TRY(bench_ledger_of(bench, LEDGER_MEDIUM, &ledger));
    const struct signer *signer = &ledger->home.signer;
    const struct signing_scope scope = {HOME_COALITION, PURPOSE_CLEARING_BATCH, 1};
    struct slice bytes = slice_of(payload, sizeof payload);
    uint64_t begun = measure_ns();
    uint64_t ns = 0;
    TRY(signer->sign(signer->context, scope.purpose, scope.epoch, bytes, &signature));
    while (ns < bench->sizes.lmdb_ms * UINT64_C(1000000)) {
        for (unsigned i = 0; i < SIGNINGS; i++) {
            TRY(which->measurement != 0
                    ? signing_verify(&signer->public_key, &scope, bytes, &signature)
                    : signer->sign(signer->context, scope.purpose, scope.epoch, bytes, &signature));
        }
        operations += SIGNINGS;
        ns = measure_ns() - begun;
    }
    row_set_rate(row, operations, ns);
    return ERR_OK;
}

const struct bench_case bench_peer_cases[] = {
    {"earn in bulk, receipted", case_bulk, PEER_BULK, 0, 100000.0},
    {"earn, 1 outstanding", case_peer, PEER_EARN_1, 0, BENCH_NONE},
    {"earn, 1 outstanding: until receipted", case_receipted, PEER_EARN_1, 0, BENCH_NONE},
    {"earn, 64 outstanding", case_peer, PEER_EARN_64, 0, 5000.0},
    {"earn, 64 outstanding: until receipted", case_receipted, PEER_EARN_64, 0, BENCH_NONE},
    {"earn, 256 outstanding", case_peer, PEER_EARN_256, 0, 5000.0},
    {"earn, 256 outstanding: until receipted", case_receipted, PEER_EARN_256, 0, BENCH_NONE},
    {"burn, 1 outstanding", case_peer, PEER_BURN_1, 0, BENCH_NONE},
    {"burn, 1 outstanding: its hold", case_held, PEER_BURN_1, 0, BENCH_NONE},
    {"burn, 64 outstanding", case_peer, PEER_BURN_64, 0, 2000.0},
    {"burn, 256 outstanding", case_peer, PEER_BURN_256, 0, BENCH_NONE},
    {"burn, half load", case_peer, PEER_BURN_HALF, 0, BENCH_NONE},
    {"burn, half load: its hold", case_held, PEER_BURN_HALF, 0, BENCH_NONE},
    {"burn, half load: its hold, p50", case_held_quantile, PEER_BURN_HALF, 500, 5000.0},
    {"burn, half load: its hold, p99", case_held_quantile, PEER_BURN_HALF, 990, 25000.0},
    {"backlog of @B earns: against bulk", case_peer_peer, PEER_BACKLOG, PEER_BULK, 1.0},
    {"backlog of @B earns: holds meanwhile", case_held, PEER_BACKLOG, 0, BENCH_NONE},
    {"backlog of @B, home started anew: against bulk", case_peer_peer, PEER_BACKLOG_STARTED,
     PEER_BULK, BENCH_NONE},
    {"backlog of @B, home started anew: holds", case_held, PEER_BACKLOG_STARTED, 0, BENCH_NONE},
    {"echo: earn, 64 outstanding", case_calls, CALLS_ECHO_EARN_64, 0, BENCH_NONE},
    {"earn, 64 outstanding: against echo", case_peer_echo, PEER_EARN_64, CALLS_ECHO_EARN_64,
     BENCH_NONE},
    {"LMDB, one put a commit", case_lmdb, LMDB_PUT, 0, BENCH_NONE},
    {"Ed25519, signatures made, one core", case_signature, 0, 0, BENCH_NONE},
    {"Ed25519, signatures verified, one core", case_signature, 1, 0, BENCH_NONE},
    {NULL, NULL, 0, 0, 0.0}};

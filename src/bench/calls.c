#include "bench/calls.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <talea/v1/till.pb-c.h>

#include "bench/batch_call.h"
#include "bench/cases.h"
#include "bench/measure.h"
#include "bench/serving.h"

#define OUTSTANDING_MAX 256u
#define WARM_PART       4u /* of the measured time */

enum call_kind {
    CALL_EARN,
    CALL_BALANCE,
    CALL_BATCH, /* of transfers */
    CALL_STREAM /* the same batches on one stream */
};

static const struct {
    enum call_kind kind;
    unsigned outstanding;
} plans[CALLS_ECHO] = {
    [CALLS_EARN_1] = {CALL_EARN, 1},         [CALLS_EARN_8] = {CALL_EARN, 8},
    [CALLS_EARN_64] = {CALL_EARN, 64},       [CALLS_EARN_256] = {CALL_EARN, 256},
    [CALLS_BALANCE_64] = {CALL_BALANCE, 64}, [CALLS_BATCH_1] = {CALL_BATCH, 1},
    [CALLS_BATCH_4] = {CALL_BATCH, 4},       [CALLS_STREAM_4] = {CALL_STREAM, 4},
};

struct calling;

struct call {
    struct calling *calling;
    uint64_t begun_ns;
    struct batch_call *batch; /* NULL in single calls */
};

struct repetition {
    uint64_t operations;
    uint64_t ns;
};

/* Calls end on the client's own thread, which starts the next ones; the first are the bench's. */
struct calling {
    struct rpc_client *client;
    enum call_kind kind;
    struct ledger *ledger;
    struct draw draw;
    uint64_t until_ns;
    struct measured *measured;
    struct rpc_status failure; /* the first; code 0: none */
    uint64_t refused;          /* commands of batches */
    pthread_mutex_t mutex;
    pthread_cond_t is_over;
    unsigned outstanding;
    struct call calls[OUTSTANDING_MAX];
};

static void on_done(void *context, const struct rpc_status *status, const ProtobufCMessage *reply);

static enum err call_earn(struct calling *calling, struct call *call)
{
    Talea__V1__EarnRequest request;
    char transaction[UID_TEXT_MAX];
    char receipt[] = "4711";
    talea__v1__earn_request__init(&request);
    pthread_mutex_lock(&calling->mutex);
    struct uid id = id_source_next(&calling->ledger->ids);
    struct card_number card = ledger_card(draw_below(&calling->draw, calling->ledger->members));
    pthread_mutex_unlock(&calling->mutex);
    uid_format(&id, transaction);
    request.transaction_id = transaction;
    request.card = card.digits;
    request.amount_minor = 1250;
    request.receipt = receipt;
    call->begun_ns = measure_ns();
    return rpc_client_call_async(calling->client, &talea__v1__till_service__descriptor, "Earn",
                                 &request.base, 0, on_done, call);
}

static enum err call_balance(struct calling *calling, struct call *call)
{
    Talea__V1__GetBalanceRequest request;
    Talea__V1__MemberSelector selector;
    talea__v1__get_balance_request__init(&request);
    talea__v1__member_selector__init(&selector);
    pthread_mutex_lock(&calling->mutex);
    struct card_number card = ledger_card(draw_below(&calling->draw, calling->ledger->members));
    pthread_mutex_unlock(&calling->mutex);
    selector.by_case = TALEA__V1__MEMBER_SELECTOR__BY_CARD;
    selector.card = card.digits;
    request.member = &selector;
    call->begun_ns = measure_ns();
    return rpc_client_call_async(calling->client, &talea__v1__till_service__descriptor,
                                 "GetBalance", &request.base, 0, on_done, call);
}

static enum err call_batch(struct calling *calling, struct call *call)
{
    pthread_mutex_lock(&calling->mutex);
    batch_call_fill(call->batch, calling->ledger, &calling->draw);
    pthread_mutex_unlock(&calling->mutex);
    call->begun_ns = measure_ns();
    return rpc_client_call_async(calling->client, &talea__v1__ledger_service__descriptor,
                                 "ExecuteBatch", batch_call_request(call->batch), 0, on_done, call);
}

static enum err begin_call(struct calling *calling, struct call *call)
{
    switch (calling->kind) {
    case CALL_EARN:
        return call_earn(calling, call);
    case CALL_BALANCE:
        return call_balance(calling, call);
    case CALL_BATCH:
    case CALL_STREAM:
    default:
        return call_batch(calling, call);
    }
}

static void end_one(struct calling *calling)
{
    pthread_mutex_lock(&calling->mutex);
    calling->outstanding--;
    pthread_cond_signal(&calling->is_over);
    pthread_mutex_unlock(&calling->mutex);
}

static void on_done(void *context, const struct rpc_status *status, const ProtobufCMessage *reply)
{
    struct call *call = context;
    struct calling *calling = call->calling;
    uint64_t now = measure_ns();
    if (status->code != 0) {
        calling->failure = *status;
    } else {
        histogram_record(&calling->measured->latency, now - call->begun_ns);
        calling->measured->operations += call->batch == NULL ? 1u : BATCH_CALL_COMMANDS;
    }
    if (status->code == 0 && call->batch != NULL) {
        const Talea__V1__ExecuteBatchResponse *answer =
            (const Talea__V1__ExecuteBatchResponse *)(const void *)reply;
        calling->refused += batch_call_refused(answer->answers, answer->n_answers);
    }
    if (now >= calling->until_ns || status->code != 0 || begin_call(calling, call) != ERR_OK) {
        end_one(calling);
    }
}

static enum err call_for(struct calling *calling, unsigned outstanding, uint64_t ms,
                         struct note *note)
{
    uint64_t begun = measure_ns();
    struct measured *measured = calling->measured;
    measured->operations = 0;
    calling->until_ns = begun + ms * UINT64_C(1000000);
    calling->outstanding = outstanding;
    for (unsigned i = 0; i < outstanding; i++) {
        calling->calls[i].calling = calling;
        if (begin_call(calling, &calling->calls[i]) != ERR_OK) {
            end_one(calling);
        }
    }
    pthread_mutex_lock(&calling->mutex);
    while (calling->outstanding > 0) {
        pthread_cond_wait(&calling->is_over, &calling->mutex);
    }
    pthread_mutex_unlock(&calling->mutex);
    measured->ns = measure_ns() - begun;
    if (calling->failure.code != 0) {
        return note_set(note, ERR_INTERNAL, "a call failed: %s (%s)", calling->failure.message,
                        calling->failure.reason);
    }
    return measured->operations > 0 ? ERR_OK
                                    : note_set(note, ERR_INTERNAL, "no call could be made");
}

/* One stream, so many batches under way on it; the answers come in their order. */
static enum err stream_for(struct calling *calling, unsigned outstanding, uint64_t ms,
                           struct note *note)
{
    struct rpc_client_stream *stream;
    struct measured *measured = calling->measured;
    uint64_t sent = 0;
    measured->operations = 0;
    TRY(rpc_client_stream_open(calling->client, &talea__v1__ledger_service__descriptor,
                               "ExecuteStream", 0, &stream));
    uint64_t begun = measure_ns();
    uint64_t until = begun + ms * UINT64_C(1000000);
    enum err err = ERR_OK;
    for (uint64_t received = 0; err == ERR_OK;) {
        struct call *call = &calling->calls[sent % outstanding];
        const ProtobufCMessage *message;
        if (sent - received < outstanding && measure_ns() < until) {
            batch_call_fill(call->batch, calling->ledger, &calling->draw);
            call->begun_ns = measure_ns();
            err = rpc_client_stream_send(stream, batch_call_stream_request(call->batch));
            sent++;
            continue;
        }
        if (sent == received) {
            break;
        }
        call = &calling->calls[received++ % outstanding];
        err = rpc_client_stream_receive(stream, 0, &message);
        if (err == ERR_OK) {
            const Talea__V1__ExecuteStreamResponse *answer =
                (const Talea__V1__ExecuteStreamResponse *)(const void *)message;
            histogram_record(&measured->latency, measure_ns() - call->begun_ns);
            calling->refused += batch_call_refused(answer->answers, answer->n_answers);
            measured->operations += BATCH_CALL_COMMANDS;
        }
    }
    measured->ns = measure_ns() - begun;
    err = err == ERR_OK ? rpc_client_stream_half_close(stream) : err;
    struct rpc_status status = rpc_client_stream_close(stream);
    if (err != ERR_OK) {
        return note_set(note, err, "a stream failed: %s (%s)", status.message, status.reason);
    }
    return ERR_OK;
}

static bool is_in_bulk(int plan)
{
    return plans[plan].kind == CALL_BATCH || plans[plan].kind == CALL_STREAM;
}

static enum err calling_init(struct calling *calling, struct bench *bench,
                             const struct serving *serving, int plan, struct measured *measured)
{
    bool is_batch = is_in_bulk(plan);
    calling->client = serving->client;
    calling->kind = plans[plan].kind;
    calling->ledger = &bench->ledgers[LEDGER_MEDIUM];
    calling->draw.state = measure_ns();
    calling->measured = measured;
    pthread_mutex_init(&calling->mutex, NULL);
    pthread_cond_init(&calling->is_over, NULL);
    for (unsigned i = 0; is_batch && i < plans[plan].outstanding; i++) {
        calling->calls[i].batch = batch_call_create(BATCH_CALL_TRANSFERS);
        if (calling->calls[i].batch == NULL) {
            return ERR_RESOURCE;
        }
    }
    return ERR_OK;
}

static void calling_fini(struct calling *calling)
{
    for (unsigned i = 0; i < OUTSTANDING_MAX; i++) {
        batch_call_destroy(calling->calls[i].batch);
    }
    pthread_cond_destroy(&calling->is_over);
    pthread_mutex_destroy(&calling->mutex);
}

static enum err run_for(struct calling *calling, unsigned outstanding, uint64_t ms,
                        struct note *note)
{
    if (calling->kind == CALL_STREAM) {
        return stream_for(calling, outstanding, ms, note);
    }
    return call_for(calling, outstanding, ms, note);
}

static int compare_repetitions(const void *a, const void *b)
{
    const struct repetition *left = a;
    const struct repetition *right = b;
    uint64_t of_left = left->operations * right->ns;
    uint64_t of_right = right->operations * left->ns;
    return of_left < of_right ? -1 : of_left > of_right;
}

static enum err warm_and_measure(struct bench *bench, struct calling *calling,
                                 const struct serving *serving, unsigned outstanding)
{
    struct measured *measured = calling->measured;
    struct repetition all[LOAD_REPETITIONS_MAX];
    unsigned repetitions = bench->sizes.repetitions;
    uint64_t operations = 0;
    uint64_t all_ms = bench_share_ms(bench, bench->sizes.call_ms, 1);
    uint64_t ms = all_ms / repetitions;
    TRY(run_for(calling, outstanding, all_ms / WARM_PART + 1, bench->note));
    histogram_clear(&measured->latency);
    uint64_t written = measure_written(serving->pid);
    for (unsigned i = 0; i < repetitions; i++) {
        TRY(run_for(calling, outstanding, ms, bench->note));
        all[i] = (struct repetition){measured->operations, measured->ns};
        operations += measured->operations;
    }
    uint64_t bytes = measure_written(serving->pid) - written;
    qsort(all, repetitions, sizeof all[0], compare_repetitions);
    measured->operations = all[repetitions / 2].operations;
    measured->ns = all[repetitions / 2].ns;
    measured->bytes_each = (double)bytes / (double)operations;
    if (calling->refused * 20 > operations) {
        return note_set(bench->note, ERR_INTERNAL, "%llu commands were refused",
                        (unsigned long long)calling->refused);
    }
    return ERR_OK;
}

static enum err measure_calls(struct bench *bench, enum calls_name name,
                              struct measured *out_measured)
{
    bool is_echo = name >= CALLS_ECHO;
    int plan = is_echo ? (int)name - (int)CALLS_ECHO : (int)name;
    struct serving *serving;
    TRY(serving_of(bench, is_echo, &serving));
    TRY(serving_as(bench, is_in_bulk(plan) ? "back-office" : "till"));
    struct calling *calling = calloc(1, sizeof *calling);
    if (calling == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = calling_init(calling, bench, serving, plan, out_measured);
    if (err == ERR_OK) {
        err = warm_and_measure(bench, calling, serving, plans[plan].outstanding);
    }
    calling_fini(calling);
    free(calling);
    return err;
}

enum err bench_calls_of(struct bench *bench, enum calls_name name,
                        const struct measured **out_measured)
{
    if (bench->calls[name] == NULL) {
        struct measured *measured = calloc(1, sizeof *measured);
        enum err err = measured == NULL ? ERR_RESOURCE : measure_calls(bench, name, measured);
        if (err != ERR_OK) {
            free(measured);
            return err;
        }
        bench->calls[name] = measured;
    }
    *out_measured = bench->calls[name];
    return ERR_OK;
}

enum err case_calls(struct bench *bench, const struct bench_case *which, struct bench_row *row)
{
    const struct measured *measured;
    TRY(bench_calls_of(bench, (enum calls_name)which->measurement, &measured));
    row_set_rate(row, measured->operations, measured->ns);
    row_set_latency(row, &measured->latency);
    if (measured->bytes_each > 0.0) {
        row->bytes_per_operation = measured->bytes_each;
    }
    return ERR_OK;
}

static double rate_of(const struct measured *measured)
{
    return (double)measured->operations * 1e9 / (double)measured->ns;
}

enum err case_calls_echo(struct bench *bench, const struct bench_case *which, struct bench_row *row)
{
    const struct measured *measured;
    const struct measured *echo;
    TRY(bench_calls_of(bench, (enum calls_name)which->measurement, &measured));
    TRY(bench_calls_of(bench, (enum calls_name)which->reference, &echo));
    row_set_rate(row, measured->operations, measured->ns);
    row_set_reference(row, "echo", rate_of(echo));
    return ERR_OK;
}

enum err case_calls_postgres(struct bench *bench, const struct bench_case *which,
                             struct bench_row *row)
{
    const struct measured *measured;
    double rate;
    TRY(bench_postgres_of(bench, (enum postgres_name)which->reference, &rate));
    TRY(bench_calls_of(bench, (enum calls_name)which->measurement, &measured));
    row_set_rate(row, measured->operations, measured->ns);
    row_set_reference(row, "PostgreSQL", rate);
    return ERR_OK;
}

enum err case_alone_p50(struct bench *bench, const struct bench_case *which, struct bench_row *row)
{
    const struct measured *measured;
    const struct measured *echo;
    const struct measured *commit;
    TRY(bench_calls_of(bench, (enum calls_name)which->measurement, &measured));
    TRY(bench_calls_of(bench, (enum calls_name)which->reference, &echo));
    TRY(bench_lmdb_of(bench, LMDB_PUT, &commit));
    row->p50_us = (double)histogram_quantile(&measured->latency, 500) / 1e3;
    row->target = (double)histogram_quantile(&echo->latency, 500) / 1e3 +
                  1.5 * (double)histogram_quantile(&commit->latency, 500) / 1e3;
    return ERR_OK;
}

enum err case_alone_p99(struct bench *bench, const struct bench_case *which, struct bench_row *row)
{
    const struct measured *measured;
    TRY(bench_calls_of(bench, (enum calls_name)which->measurement, &measured));
    row->p99_us = (double)histogram_quantile(&measured->latency, 990) / 1e3;
    return ERR_OK;
}

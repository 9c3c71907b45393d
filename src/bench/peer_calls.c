/* Single calls of a shop's tills about another brand's cards: earns, or holds and their captures.
 */
#include <stdlib.h>
#include <string.h>
#include <talea/v1/till.pb-c.h>
#include <time.h>

#include "bench/measure.h"
#include "bench/peer.h"

#define FIRST_ROOM   4096u
#define AMOUNT_MINOR 1250
#define BURN_POINTS  1

struct tills;

struct till {
    struct tills *tills;
    struct till *next; /* in the list of those that are idle */
    uint64_t begun_ns;
    struct uid hold;
    bool is_capturing;
};

/* What was answered: where the journal has it, which gives the entry its number. */
struct answered {
    uint64_t row;
    uint64_t begun_ns;
};

/* Calls end on the client's own thread, which starts the next ones; the first are the bench's. */
struct tills {
    const struct peer_calls *plan;
    struct rpc_client *client;
    struct ledger *ledger;
    struct watch *watch;
    struct peer_measured *measured;
    struct draw draw;
    uint64_t until_ns;
    struct rpc_status failure; /* the first; code 0: none */
    enum err err;              /* what kept a call from being made */
    struct answered *answered;
    size_t count;
    size_t capacity;
    pthread_mutex_t mutex;
    pthread_cond_t is_idle;
    struct till *idle;
    unsigned busy;
    struct till all[PEER_OUTSTANDING_MAX];
};

static void on_answer(void *context, const struct rpc_status *status,
                      const ProtobufCMessage *reply);

static struct uid next_id(struct tills *tills, struct card_number *out_card)
{
    pthread_mutex_lock(&tills->mutex);
    struct uid id = id_source_next(&tills->ledger->ids);
    *out_card = ledger_card(draw_below(&tills->draw, tills->ledger->members));
    pthread_mutex_unlock(&tills->mutex);
    return id;
}

static enum err call(struct till *till, const char *method, const ProtobufCMessage *request)
{
    return rpc_client_call_async(till->tills->client, &talea__v1__till_service__descriptor, method,
                                 request, 0, on_answer, till);
}

static enum err begin_earn(struct till *till)
{
    Talea__V1__EarnRequest request;
    char transaction[UID_TEXT_MAX];
    char receipt[] = "4711";
    struct card_number card;
    struct uid id = next_id(till->tills, &card);
    talea__v1__earn_request__init(&request);
    uid_format(&id, transaction);
    request.transaction_id = transaction;
    request.card = card.digits;
    request.amount_minor = AMOUNT_MINOR;
    request.receipt = receipt;
    return call(till, "Earn", &request.base);
}

static enum err begin_hold(struct till *till)
{
    Talea__V1__AuthoriseBurnRequest request;
    char transaction[UID_TEXT_MAX];
    struct card_number card;
    till->hold = next_id(till->tills, &card);
    till->is_capturing = false;
    talea__v1__authorise_burn_request__init(&request);
    uid_format(&till->hold, transaction);
    request.transaction_id = transaction;
    request.card = card.digits;
    request.points = BURN_POINTS;
    return call(till, "AuthoriseBurn", &request.base);
}

static enum err begin_capture(struct till *till)
{
    Talea__V1__CaptureBurnRequest request;
    char transaction[UID_TEXT_MAX];
    char hold[UID_TEXT_MAX];
    struct card_number unused;
    struct uid id = next_id(till->tills, &unused);
    till->is_capturing = true;
    talea__v1__capture_burn_request__init(&request);
    uid_format(&id, transaction);
    uid_format(&till->hold, hold);
    request.transaction_id = transaction;
    request.hold_id = hold;
    return call(till, "CaptureBurn", &request.base);
}

static enum err begin(struct till *till, uint64_t begun_ns)
{
    till->begun_ns = begun_ns;
    return till->tills->plan->is_burn ? begin_hold(till) : begin_earn(till);
}

static void rest(struct till *till, enum err err)
{
    struct tills *tills = till->tills;
    pthread_mutex_lock(&tills->mutex);
    tills->err = tills->err == ERR_OK ? err : tills->err;
    till->next = tills->idle;
    tills->idle = till;
    tills->busy--;
    pthread_cond_signal(&tills->is_idle);
    pthread_mutex_unlock(&tills->mutex);
}

static enum err keep(struct tills *tills, uint64_t row, uint64_t begun_ns)
{
    if (tills->count == tills->capacity) {
        size_t capacity = tills->capacity == 0 ? FIRST_ROOM : tills->capacity * 2;
        struct answered *room = realloc(tills->answered, capacity * sizeof *room);
        if (room == NULL) {
            return ERR_RESOURCE;
        }
        tills->answered = room;
        tills->capacity = capacity;
    }
    tills->answered[tills->count++] = (struct answered){row, begun_ns};
    return ERR_OK;
}

static uint64_t row_of_reply(const struct tills *tills, const ProtobufCMessage *reply)
{
    if (tills->plan->is_burn) {
        return ((const Talea__V1__CaptureBurnResponse *)(const void *)reply)->journal_row;
    }
    return ((const Talea__V1__EarnResponse *)(const void *)reply)->journal_row;
}

static void on_answer(void *context, const struct rpc_status *status, const ProtobufCMessage *reply)
{
    struct till *till = context;
    struct tills *tills = till->tills;
    uint64_t now = measure_ns();
    if (status->code != 0) {
        tills->failure = *status;
        rest(till, ERR_INTERNAL);
        return;
    }
    if (tills->plan->is_burn && !till->is_capturing) {
        histogram_record(&tills->measured->held, now - till->begun_ns);
        enum err err = begin_capture(till);
        if (err != ERR_OK) {
            rest(till, err);
        }
        return;
    }
    histogram_record(&tills->measured->answered, now - till->begun_ns);
    enum err err = keep(tills, row_of_reply(tills, reply), till->begun_ns);
    bool goes_on = err == ERR_OK && tills->plan->per_second == 0 && now < tills->until_ns;
    if (goes_on) {
        err = begin(till, now);
    }
    if (!goes_on || err != ERR_OK) {
        rest(till, err);
    }
}

static struct till *take_idle(struct tills *tills)
{
    pthread_mutex_lock(&tills->mutex);
    while (tills->idle == NULL) {
        pthread_cond_wait(&tills->is_idle, &tills->mutex);
    }
    struct till *till = tills->idle;
    tills->idle = till->next;
    tills->busy++;
    bool goes_on = tills->err == ERR_OK;
    pthread_mutex_unlock(&tills->mutex);
    if (!goes_on) {
        rest(till, ERR_OK);
    }
    return goes_on ? till : NULL;
}

static bool is_time_over(const struct tills *tills)
{
    uint64_t receipted = tills->plan->until_receipted;
    return receipted > 0 ? atomic_load(&tills->watch->receipted) >= receipted ||
                               atomic_load(&tills->watch->is_over)
                         : measure_ns() >= tills->until_ns;
}

static void wait_until(uint64_t ns)
{
    struct timespec until = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0) {
    }
}

/* Each call at its time, whether or not those before it have ended. */
static void offer(struct tills *tills, uint64_t begun)
{
    uint64_t every_ns = UINT64_C(1000000000) / tills->plan->per_second;
    for (uint64_t due = begun; !is_time_over(tills); due += every_ns) {
        wait_until(due);
        struct till *till = take_idle(tills);
        if (till == NULL) {
            return;
        }
        enum err err = begin(till, due);
        if (err != ERR_OK) {
            rest(till, err);
        }
    }
}

static void begin_all(struct tills *tills)
{
    for (unsigned i = 0; i < tills->plan->outstanding; i++) {
        struct till *till = take_idle(tills);
        if (till == NULL) {
            return;
        }
        enum err err = begin(till, measure_ns());
        if (err != ERR_OK) {
            rest(till, err);
        }
    }
}

static void wait_for_all(struct tills *tills)
{
    pthread_mutex_lock(&tills->mutex);
    while (tills->busy > 0) {
        pthread_cond_wait(&tills->is_idle, &tills->mutex);
    }
    pthread_mutex_unlock(&tills->mutex);
}

static int compare_rows(const void *a, const void *b)
{
    uint64_t left = ((const struct answered *)a)->row;
    uint64_t right = ((const struct answered *)b)->row;
    return left < right ? -1 : left > right;
}

/* The order of rows is the order of entries: the first has number first + 1. */
static void date_receipts(struct tills *tills, uint64_t first)
{
    size_t place = 0;
    qsort(tills->answered, tills->count, sizeof *tills->answered, compare_rows);
    for (size_t i = 0; i < tills->count; i++) {
        uint64_t ns = watch_receipted_ns(tills->watch, first + 1 + i, &place);
        histogram_record(&tills->measured->receipted, ns - tills->answered[i].begun_ns);
    }
}

static enum err run(struct bench *bench, struct tills *tills, uint64_t *out_ns)
{
    struct pair_progress before;
    struct note *note = bench->note;
    TRY(pair_progress(&bench->pair, &before, note));
    uint64_t begun = measure_ns();
    tills->until_ns = begun + tills->plan->ms * UINT64_C(1000000);
    if (tills->plan->per_second > 0) {
        offer(tills, begun);
    } else {
        begin_all(tills);
    }
    wait_for_all(tills);
    if (tills->failure.code != 0) {
        return note_set(note, ERR_INTERNAL, "a call failed: %s (%s)", tills->failure.message,
                        tills->failure.reason);
    }
    TRY(tills->err);
    if (tills->count == 0) {
        return note_set(note, ERR_INTERNAL, "no call could be made");
    }
    TRY(watch_end(tills->watch, before.sent + tills->count, note));
    tills->measured->operations = tills->count;
    *out_ns = tills->watch->sightings[tills->watch->count - 1].ns - begun;
    date_receipts(tills, before.sent);
    return ERR_OK;
}

enum err peer_calls_run(struct bench *bench, const struct peer_calls *plan, struct watch *watch,
                        struct peer_measured *measured, uint64_t *out_ns)
{
    struct tills *tills = calloc(1, sizeof *tills);
    if (tills == NULL) {
        return ERR_RESOURCE;
    }
    tills->plan = plan;
    tills->client = bench->pair.client;
    tills->ledger = &bench->ledgers[LEDGER_MEDIUM];
    tills->watch = watch;
    tills->measured = measured;
    tills->draw.state = measure_ns();
    pthread_mutex_init(&tills->mutex, NULL);
    pthread_cond_init(&tills->is_idle, NULL);
    for (unsigned i = 0; i < plan->outstanding; i++) {
        tills->all[i] = (struct till){.tills = tills, .next = tills->idle};
        tills->idle = &tills->all[i];
    }
    enum err err = run(bench, tills, out_ns);
    pthread_cond_destroy(&tills->is_idle);
    pthread_mutex_destroy(&tills->mutex);
    free(tills->answered);
    free(tills);
    return err;
}

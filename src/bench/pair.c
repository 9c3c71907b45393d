#include "bench/pair.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talea/v1/admin.pb-c.h>
#include <time.h>

#include "bench/cases.h"
#include "bench/measure.h"
#include "bench/serving.h"
#include "bench/warm_up.h"

#define START_NS   UINT64_C(60000000000)
#define STALL_NS   UINT64_C(60000000000)
#define PAUSE_US   5000
#define STATUS_MS  5000
#define FIRST_ROOM 1024u

void pair_pause_us(long us)
{
    struct timespec left = {us / 1000000, (us % 1000000) * 1000};
    while (nanosleep(&left, &left) != 0) {
    }
}

static enum err progress_at(struct rpc_client *client, struct pair_progress *out_progress,
                            struct note *note)
{
    Talea__V1__GetStatusRequest request;
    ProtobufCMessage *reply = NULL;
    talea__v1__get_status_request__init(&request);
    struct rpc_status status = rpc_client_call(client, &talea__v1__admin_service__descriptor,
                                               "GetStatus", &request.base, STATUS_MS, &reply);
    if (status.code != 0) {
        return note_set(note, ERR_UNAVAILABLE, "a node does not answer: %s", status.message);
    }
    const Talea__V1__GetStatusResponse *answer =
        (const Talea__V1__GetStatusResponse *)(const void *)reply;
    enum err err = answer->n_peers == 1 ? ERR_OK : ERR_INTERNAL;
    if (err == ERR_OK) {
        const Talea__V1__PeerStatus *peer = answer->peers[0];
        *out_progress =
            (struct pair_progress){peer->sent_number, peer->receipted_number, peer->is_connected};
    }
    protobuf_c_message_free_unpacked(reply, NULL);
    return err == ERR_OK ? ERR_OK : note_set(note, err, "a node has not one partner");
}

enum err pair_progress(struct pair *pair, struct pair_progress *out_progress, struct note *note)
{
    return progress_at(pair->client, out_progress, note);
}

/* Until it answers and, if asked for, has its partner. */
static enum err wait_for(struct bench *bench, struct rpc_client *client, pid_t pid,
                         bool is_connected)
{
    uint64_t begun = measure_ns();
    struct pair_progress progress;
    for (;;) {
        enum err err = progress_at(client, &progress, bench->note);
        if (err == ERR_OK && (progress.is_connected || !is_connected)) {
            return ERR_OK;
        }
        if (!child_is_running(pid) || measure_ns() - begun > START_NS) {
            return err != ERR_OK
                       ? err
                       : note_set(bench->note, ERR_UNAVAILABLE, "the nodes do not come together");
        }
        pair_pause_us(PAUSE_US);
    }
}

static enum err start_node(struct bench *bench, const struct home *home, pid_t *out_pid)
{
    char log[LIMIT_PATH_BYTES + 16];
    char config[LIMIT_PATH_BYTES + 1];
    char node[LIMIT_PATH_BYTES + 8];
    snprintf(log, sizeof log, "%s.log", home->folder);
    snprintf(node, sizeof node, "%sd", bench->options->program);
    const char *const arguments[] = {node, "--config", home_path(home, "node.yaml", config), NULL};
    return child_start(bench->workplace, arguments, log, NULL, out_pid, bench->note);
}

enum err pair_start_home(struct bench *bench)
{
    struct pair *pair = &bench->pair;
    struct ledger *ledger = &bench->ledgers[LEDGER_MEDIUM];
    struct rpc_client *client;
    TRY(start_node(bench, &ledger->home, &pair->home_pid));
    TRY(serving_connect(&ledger->home, "back-office", &client, bench->note));
    enum err err = wait_for(bench, client, pair->home_pid, false);
    rpc_client_close(client);
    return err;
}

/* The home is to have each member's rows in memory, as after some hours of service. */
static enum err warm_up(struct bench *bench)
{
    struct ledger *ledger = &bench->ledgers[LEDGER_MEDIUM];
    struct rpc_client *client;
    TRY(serving_connect(&ledger->home, "back-office", &client, bench->note));
    enum err err = wait_for(bench, client, bench->pair.home_pid, true);
    if (err == ERR_OK) {
        err = warm_up_members(client, ledger, bench->note);
    }
    rpc_client_close(client);
    return err;
}

static enum err start_both(struct bench *bench)
{
    struct pair *pair = &bench->pair;
    TRY(start_node(bench, &pair->shop, &pair->shop_pid));
    TRY(serving_connect(&pair->shop, "back-office", &pair->client, bench->note));
    TRY(pair_start_home(bench));
    TRY(wait_for(bench, pair->client, pair->shop_pid, true));
    return warm_up(bench);
}

enum err pair_of(struct bench *bench, struct pair **out_pair)
{
    struct pair *pair = &bench->pair;
    struct ledger *ledger;
    if (pair->shop_pid == 0) {
        TRY(bench_ledger_of(bench, LEDGER_MEDIUM, &ledger)); /* stops what serves */
        ledger_close(ledger);
        enum err err = start_both(bench);
        if (err != ERR_OK) {
            pair_stop(bench);
            return err;
        }
    }
    *out_pair = pair;
    return ERR_OK;
}

static void signal_home(struct bench *bench, int number)
{
    if (bench->pair.home_pid != 0) {
        (void)kill(bench->pair.home_pid, number);
    }
}

void pair_cut_home(struct bench *bench)
{
    signal_home(bench, SIGSTOP);
}

void pair_join_home(struct bench *bench)
{
    signal_home(bench, SIGCONT);
}

void pair_stop_home(struct bench *bench)
{
    struct pair *pair = &bench->pair;
    if (pair->home_pid != 0) {
        (void)child_end(bench->workplace, pair->home_pid, SIGTERM);
        pair->home_pid = 0;
    }
}

void pair_stop(struct bench *bench)
{
    struct pair *pair = &bench->pair;
    rpc_client_close(pair->client);
    pair->client = NULL;
    if (pair->shop_pid != 0) {
        (void)child_end(bench->workplace, pair->shop_pid, SIGTERM);
        pair->shop_pid = 0;
    }
    pair_stop_home(bench);
}

void pair_fini(struct bench *bench)
{
    pair_stop(bench);
    if (bench->pair.is_made) {
        home_fini(&bench->pair.shop);
        bench->pair.is_made = false;
    }
}

uint64_t pair_written(const struct pair *pair)
{
    return measure_written(pair->home_pid) + measure_written(pair->shop_pid);
}

uint64_t pair_memory(const struct pair *pair)
{
    return measure_memory(pair->home_pid) + measure_memory(pair->shop_pid);
}

/* Does nothing move? */
struct patience {
    uint64_t receipted;
    uint64_t since_ns;
};

static enum err look_for_progress(struct patience *patience, uint64_t receipted, struct note *note)
{
    uint64_t now = measure_ns();
    if (receipted != patience->receipted || patience->since_ns == 0) {
        *patience = (struct patience){receipted, now};
    }
    return now - patience->since_ns < STALL_NS
               ? ERR_OK
               : note_set(note, ERR_DEADLINE, "the partner receipts nothing after entry %llu",
                          (unsigned long long)receipted);
}

enum err pair_settle(struct pair *pair, struct note *note)
{
    struct patience patience = {0, 0};
    struct pair_progress progress;
    for (;;) {
        TRY(pair_progress(pair, &progress, note));
        if (progress.sent == progress.receipted) {
            return ERR_OK;
        }
        TRY(look_for_progress(&patience, progress.receipted, note));
        pair_pause_us(PAUSE_US);
    }
}

static enum err keep_sighting(struct watch *watch, uint64_t receipted)
{
    if (watch->count == watch->capacity) {
        size_t capacity = watch->capacity == 0 ? FIRST_ROOM : watch->capacity * 2;
        struct sighting *room = realloc(watch->sightings, capacity * sizeof *room);
        if (room == NULL) {
            return ERR_RESOURCE;
        }
        watch->sightings = room;
        watch->capacity = capacity;
    }
    watch->sightings[watch->count++] = (struct sighting){measure_ns(), receipted};
    atomic_store(&watch->receipted, receipted);
    return ERR_OK;
}

static void *watch_main(void *context)
{
    struct watch *watch = context;
    struct pair_progress progress;
    while (!atomic_load(&watch->is_over) && watch->err == ERR_OK) {
        watch->err = pair_progress(watch->pair, &progress, &watch->note);
        if (watch->err == ERR_OK && progress.receipted != atomic_load(&watch->receipted)) {
            watch->err = keep_sighting(watch, progress.receipted);
        }
        pair_pause_us(watch->pause_us);
    }
    atomic_store(&watch->is_over, true);
    return NULL;
}

enum err watch_start(struct watch *watch, struct pair *pair, long pause_us)
{
    *watch = (struct watch){.pair = pair, .pause_us = pause_us};
    if (pthread_create(&watch->thread, NULL, watch_main, watch) != 0) {
        watch->pair = NULL;
        return ERR_RESOURCE;
    }
    return ERR_OK;
}

static void stop_watching(struct watch *watch)
{
    if (watch->pair != NULL) {
        atomic_store(&watch->is_over, true);
        pthread_join(watch->thread, NULL);
        watch->pair = NULL;
    }
}

enum err watch_end(struct watch *watch, uint64_t receipted, struct note *note)
{
    struct patience patience = {0, 0};
    enum err err = ERR_OK;
    while (err == ERR_OK && atomic_load(&watch->receipted) < receipted &&
           !atomic_load(&watch->is_over)) {
        err = look_for_progress(&patience, atomic_load(&watch->receipted), note);
        pair_pause_us(watch->pause_us);
    }
    stop_watching(watch);
    if (watch->err != ERR_OK) {
        return note_set(note, watch->err, "%s", watch->note.text);
    }
    return err;
}

void watch_fini(struct watch *watch)
{
    stop_watching(watch);
    free(watch->sightings);
    watch->sightings = NULL;
}

uint64_t watch_receipted_ns(const struct watch *watch, uint64_t number, size_t *place)
{
    while (*place < watch->count && watch->sightings[*place].receipted < number) {
        (*place)++;
    }
    ASSERT(*place < watch->count);
    return watch->sightings[*place].ns;
}

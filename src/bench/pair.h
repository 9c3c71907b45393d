/* Two nodes with mutual TLS on loopback: the home of the medium ledger's members, and a shop of
 * another brand, whose tills are measured.
 *
 * A watch looks at the shop's stream every few moments and keeps what it saw, so that afterwards
 * each entry has a time at which its receipt was durable at the sender.
 */
#ifndef BENCH_PAIR_H
#define BENCH_PAIR_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "bench/home.h"
#include "rpc/client.h"

struct bench;

struct pair {
    struct home shop;
    bool is_made;
    pid_t home_pid; /* 0: does not run */
    pid_t shop_pid;
    struct rpc_client *client; /* of the shop's node, as its back office */
};

/* The shop's stream to the home. */
struct pair_progress {
    uint64_t sent;
    uint64_t receipted;
    bool is_connected;
};

/* Starts both unless they run, and waits until each has the other; stops what else serves. The pair
 * belongs to the bench. */
MUST_USE enum err pair_of(struct bench *bench, struct pair **out_pair);
/* A clean stop of both; nothing when none runs. */
void pair_stop(struct bench *bench);
void pair_fini(struct bench *bench);

MUST_USE enum err pair_progress(struct pair *pair, struct pair_progress *out_progress,
                                struct note *note);
/* Until all that was sent is receipted. ERR_DEADLINE with a note when nothing moves for a minute.
 */
MUST_USE enum err pair_settle(struct pair *pair, struct note *note);
/* The home alone: cut off as by a broken line (SIGSTOP), with its memory as it was, and back. */
void pair_cut_home(struct bench *bench);
void pair_join_home(struct bench *bench);
/* The home alone: stopped, and back again as far as answering. */
void pair_stop_home(struct bench *bench);
MUST_USE enum err pair_start_home(struct bench *bench);
/* Bytes that both made the kernel write; their memory. */
uint64_t pair_written(const struct pair *pair);
uint64_t pair_memory(const struct pair *pair);

struct sighting {
    uint64_t ns;
    uint64_t receipted;
};

struct watch {
    struct pair *pair;
    long pause_us;
    pthread_t thread;
    _Atomic uint64_t receipted; /* seen last */
    atomic_bool is_over;
    struct sighting *sightings; /* in order; read them when the watch has ended */
    size_t count;
    size_t capacity;
    enum err err;
    struct note note;
};

MUST_USE enum err watch_start(struct watch *watch, struct pair *pair, long pause_us);
/* Waits until `receipted` entries are, then ends the thread. ERR_DEADLINE as pair_settle. */
MUST_USE enum err watch_end(struct watch *watch, uint64_t receipted, struct note *note);
/* Ends what watch_start began, whether or not watch_end was called. */
void watch_fini(struct watch *watch);
/* When the entry was first seen receipted. `*place` is where to go on looking; begin with 0 and ask
 * for entries in their order. */
uint64_t watch_receipted_ns(const struct watch *watch, uint64_t number, size_t *place);

/* Sleeps. */
void pair_pause_us(long us);

#endif

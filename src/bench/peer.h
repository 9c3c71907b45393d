/* The rows of `talea bench peer`: a shop's node and the home of the cards that are shown there.
 *
 * A measurement is made when the first row asks for it and kept for the others. An entry counts
 * when its receipt is durable at the sender: then both ledgers hold it, and the other's signature.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "bench/cases.h"
#include "bench/pair.h"

struct peer_measured {
    uint64_t operations; /* of the median repetition; likewise the next */
    uint64_t ns;         /* until the last of them was receipted */
    double bytes_each;   /* written to disk by both */
    uint64_t memory_bytes;
    /* Of all repetitions, from the call's beginning. */
    struct histogram held;     /* burns alone: until the hold was granted */
    struct histogram answered; /* until the till had its last answer */
    struct histogram receipted;
};

/* Single calls of tills. */
struct peer_calls {
    bool is_burn;         /* a hold, then its capture; else an earn */
    unsigned outstanding; /* PEER_OUTSTANDING_MAX at most */
    uint64_t ms;          /* to begin calls for */
    uint64_t per_second;  /* offered; 0: as fast as it goes. Latency counts from when it was due */
    /* Instead of `ms`: until so many entries are receipted; 0: none */
    uint64_t until_receipted;
};

#define PEER_OUTSTANDING_MAX 256u

/* Runs the calls while the watch looks on, and ends the watch when all of them are receipted.
 * Operations and latencies are added to the measured; `*out_ns` is from the first call to the last
 * receipt. */
MUST_USE enum err peer_calls_run(struct bench *bench, const struct peer_calls *calls,
                                 struct watch *watch, struct peer_measured *measured,
                                 uint64_t *out_ns);

/* Purchases in bulk, on a stream of batches. */
struct peer_bulk {
    uint64_t commands;    /* whole batches; 0: for `ms` */
    uint64_t ms;          /* to send for */
    uint64_t unreceipted; /* entries that may be without a receipt; 0: any number */
};

/* Sends them and waits for their answers, not for their receipts. */
MUST_USE enum err peer_bulk_send(struct bench *bench, const struct peer_bulk *bulk,
                                 struct watch *watch, uint64_t **out_begun_ns,
                                 uint64_t *out_batches);

#endif

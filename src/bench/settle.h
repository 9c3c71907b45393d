/* The rows of `talea bench settle`: a pair of nodes with a great many entries in one half of a
 * period, which both hold.
 *
 * The close is timed on the two nodes, with mutual TLS between them. The comparisons are timed in
 * this process, over the two ledgers that the nodes left on the disk: what is counted there is
 * everything but the network. Differences are put between the partner's tree and the one who asks.
 */
#ifndef BENCH_SETTLE_H
#define BENCH_SETTLE_H

#include "bench/cases.h"

#define SETTLE_DIFFERENCES 3u

enum searched_name {
    SEARCHED_ALIKE,
    SEARCHED_THREE, /* differ */
    SEARCHED_FEW,   /* three among the half's first ten thousand */
    SEARCHED_COUNT
};

struct searched {
    uint64_t ns;
    uint64_t entries;
    uint32_t rounds;
    uint64_t hashes;
    uint64_t memory_bytes; /* that it took */
};

struct settled {
    struct period period;
    uint64_t close_ns;   /* from the first mark until both have both signatures */
    uint64_t node_bytes; /* memory of both nodes */
    struct searched searched[SEARCHED_COUNT];
};

/* Each is made when a row asks for it first. The nodes have stopped when something was searched. */
MUST_USE enum err settled_of(struct bench *bench, struct settled **out_settled);
MUST_USE enum err searched_of(struct bench *bench, enum searched_name name,
                              const struct searched **out_searched);

/* The turns of one brand for the net of a coalition of as many partners as there may be, from its
 * ledger; of fewer in short runs. */
MUST_USE enum err nets_measure(struct bench *bench, uint64_t *out_ns);

#endif

/* The way from one shop to another, with one of their two streams; what becomes of its batches is
 * each test's. */
#ifndef TESTS_PEER_LANE_H
#define TESTS_PEER_LANE_H

#include "peer/incoming.h"
#include "peer/outgoing.h"
#include "shop.h"

enum {
    FROM = 0,
    TO = 1
};

struct lane {
    struct street street;
    struct outgoing outgoing;
    struct incoming incoming;
    struct clear_port port; /* where batches go */
};

/* Opened, and nothing sent; `lane` is zeroed but for its port. */
void lane_open(struct lane *lane, uint64_t seed);
/* Sends what there is. */
void lane_pump(struct lane *lane);
/* A command at the sender's, and sends what comes of it. */
void lane_step(struct lane *lane);
/* As it is in the ledger of one end. */
struct stream lane_stream(struct lane *lane, unsigned shop);
/* A new connection makes up for what was lost: both ends agree. */
void lane_fini(struct lane *lane);

#endif

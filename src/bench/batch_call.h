/* Requests of many transfers or purchases, as a client of a node makes them: the messages are made
 * once and their ids filled in anew for each call. One thread at a time for each. */
#ifndef BENCH_BATCH_CALL_H
#define BENCH_BATCH_CALL_H

#include <talea/v1/ledger.pb-c.h>

#include "bench/ledger.h"

#define BATCH_CALL_COMMANDS 8190u

struct batch_call;

enum batch_call_kind {
    BATCH_CALL_TRANSFERS, /* between members drawn evenly */
    BATCH_CALL_EARNS      /* by cards drawn evenly */
};

/* NULL without memory. */
struct batch_call *batch_call_create(enum batch_call_kind kind);
void batch_call_destroy(struct batch_call *call);
/* The next commands. */
void batch_call_fill(struct batch_call *call, struct ledger *ledger, struct draw *draw);
/* The same commands as a unary call's request, and as a stream's. */
const ProtobufCMessage *batch_call_request(const struct batch_call *call);
const ProtobufCMessage *batch_call_stream_request(const struct batch_call *call);

/* How many of the answers are refusals; all that are missing count as one. */
size_t batch_call_refused(Talea__V1__BatchAnswer *const *answers, size_t count);

#endif

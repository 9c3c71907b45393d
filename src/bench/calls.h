/* Calls over mutual TLS: on a node with the medium ledger, and on an echo of the same calls, which
 * is the same RPC layer, keys, messages and client without a ledger behind it.
 */
#ifndef BENCH_CALLS_H
#define BENCH_CALLS_H

/* Those of the echo follow those of the node in the same order. */
enum calls_name {
    CALLS_EARN_1,
    CALLS_EARN_8,
    CALLS_EARN_64,
    CALLS_EARN_256,
    CALLS_BALANCE_64,
    CALLS_BATCH_1,
    CALLS_BATCH_4,
    CALLS_STREAM_4,
    CALLS_ECHO, /* from here on */
    CALLS_ECHO_EARN_1 = CALLS_ECHO,
    CALLS_ECHO_EARN_8,
    CALLS_ECHO_EARN_64,
    CALLS_ECHO_EARN_256,
    CALLS_ECHO_BALANCE_64,
    CALLS_ECHO_BATCH_1,
    CALLS_ECHO_BATCH_4,
    CALLS_ECHO_STREAM_4,
    CALLS_COUNT
};

#endif

/* The till's calls answered at once, with answers of the same size as a node's, but without a
 * ledger: what the RPC layer itself can do. */
#ifndef BENCH_ECHO_H
#define BENCH_ECHO_H

#include "bench/home.h"

struct echo;

/* Serves on `address` with the node's certificate of the home, which must outlive it. */
MUST_USE enum err echo_start(const struct home *home, const char *address, struct echo **out_echo,
                             struct note *note);
void echo_stop(struct echo *echo);

#endif

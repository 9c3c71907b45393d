/* Randomness as a port: the system's for a node, a seeded stream for tests and simulations. */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include <stddef.h>

#include "base/calendar.h"
#include "base/ident.h"

/* Readies libsodium and lets it choose the fastest code for this processor: once at the start of a
 * process, before other threads; again does no harm. ERR_INTERNAL without a source of randomness.
 */
MUST_USE enum err crypto_start(void);

struct random_source {
    void *context; /* borrowed, for `fill` */
    void (*fill)(void *context, void *out_bytes, size_t length);
};

/* The operating system's. It does not fail: without randomness the process ends. Any thread. */
struct random_source random_system(void);

/* The same seed gives the same bytes, request by request. Not for keys; one thread. */
struct random_stream {
    uint8_t seed[32];
    uint64_t requests;
};

struct random_stream random_stream_of(uint64_t seed);
struct random_source random_seeded(struct random_stream *stream);

void random_fill(const struct random_source *source, void *out_bytes, size_t length);

/* A time-ordered identifier (RFC 9562, version 7) with 74 random bits. */
struct uid uid_new(const struct random_source *source, struct unix_ms now);

#endif

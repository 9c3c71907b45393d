#include "crypto/random.h"

#include <sodium.h>
#include <string.h>

#include "base/bytes.h"

_Static_assert(randombytes_SEEDBYTES == sizeof((struct random_stream *)0)->seed, "a whole seed");

enum err crypto_start(void)
{
    return sodium_init() < 0 ? ERR_INTERNAL : ERR_OK;
}

static void fill_from_system(void *context, void *out_bytes, size_t length)
{
    (void)context;
    randombytes_buf(out_bytes, length);
}

struct random_source random_system(void)
{
    return (struct random_source){.fill = fill_from_system};
}

struct random_stream random_stream_of(uint64_t seed)
{
    struct random_stream stream = {0};
    put_u64_be(stream.seed, seed);
    return stream;
}

/* Each request has a seed of its own: the stream's with the request's number behind it. */
static void fill_from_stream(void *context, void *out_bytes, size_t length)
{
    struct random_stream *stream = context;
    uint8_t seed[sizeof stream->seed];
    memcpy(seed, stream->seed, sizeof seed);
    put_u64_be(seed + 8, stream->requests++);
    randombytes_buf_deterministic(out_bytes, length, seed);
}

struct random_source random_seeded(struct random_stream *stream)
{
    return (struct random_source){.context = stream, .fill = fill_from_stream};
}

void random_fill(const struct random_source *source, void *out_bytes, size_t length)
{
    source->fill(source->context, out_bytes, length);
}

struct uid uid_new(const struct random_source *source, struct unix_ms now)
{
    uint8_t randomness[10];
    random_fill(source, randomness, sizeof randomness);
    return uid_v7(now.ms, randomness);
}

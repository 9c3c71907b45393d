/* A SetApart from a partner. */
#include "fuzz.h"
#include "wire/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    CLEANUP(buffer_fini) struct buffer again = {0};
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    struct slice bytes = slice_of(at, length);
    struct note note = {{0}};
    struct apart_half value;
    enum err err = wire_apart_decode(bytes, &arena, &value, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
        return 0;
    }
    ASSERT(wire_apart_encode(&value, &again) == ERR_OK);
    fuzz_expect_same(bytes, &again);
    return 0;
}

/* A PaymentNotice or, by the first byte, a NettingSet from a partner. */
#include "fuzz.h"
#include "wire/messages.h"

static enum err again(unsigned choice, struct slice bytes, struct buffer *out, struct note *note)
{
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    struct payment_notice notice;
    struct netting_set set;
    if (choice == 0) {
        TRY(wire_payment_decode(bytes, &notice, note));
        ASSERT(wire_payment_encode(&notice, out) == ERR_OK);
        return ERR_OK;
    }
    TRY(wire_netting_decode(bytes, &arena, &set, note));
    ASSERT(wire_netting_encode(&set, out) == ERR_OK);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    CLEANUP(buffer_fini) struct buffer out = {0};
    struct slice bytes = slice_of(at, length);
    struct note note = {{0}};
    unsigned choice;
    if (!fuzz_choose(&bytes, 2, &choice)) {
        return 0;
    }
    enum err err = again(choice, bytes, &out, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
        return 0;
    }
    fuzz_expect_same(bytes, &out);
    return 0;
}

/* What a partner says that it has of a half. */
#include "fuzz.h"
#include "wire/reconcile.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    CLEANUP(buffer_fini) struct buffer again = {0};
    struct slice bytes = slice_of(at, length);
    struct note note = {{0}};
    struct half_root value;
    enum err err = wire_half_root_decode(bytes, &value, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
        return 0;
    }
    ASSERT(wire_half_root_encode(&value, &again) == ERR_OK);
    fuzz_expect_same(bytes, &again);
    return 0;
}

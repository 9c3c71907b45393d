/* What a partner says that it holds of us. */
#include "fuzz.h"
#include "wire/recover.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    CLEANUP(buffer_fini) struct buffer again = {0};
    struct slice bytes = slice_of(at, length);
    struct note note = {{0}};
    struct holdings value;
    enum err err = wire_holdings_decode(bytes, &value, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
        return 0;
    }
    ASSERT(wire_holdings_encode(&value, &again) == ERR_OK);
    fuzz_expect_same(bytes, &again);
    return 0;
}

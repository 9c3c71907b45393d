/* The Signed envelope: its form, and that no signature holds of what was changed. */
#include "fuzz.h"
#include "wire/signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static const struct public_key nobody = {{1}};
    CLEANUP(buffer_fini) struct buffer again = {0};
    struct slice bytes = slice_of(at, length);
    struct signed_message message;
    enum err err = signed_decode(bytes, &message);
    if (err != ERR_OK) {
        fuzz_expect_blame(err);
        return 0;
    }
    ASSERT(message.payload.at >= at && message.payload.length < length);
    ASSERT(purpose_is_known(message.purpose));
    ASSERT(signed_encode(&message, &again) == ERR_OK);
    fuzz_expect_same(bytes, &again);
    ASSERT(signed_verify(&message, "demo", message.purpose, &nobody) != ERR_OK);
    return 0;
}

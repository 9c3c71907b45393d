/* The machine-readable part of a refusal, as another node sends it. */
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "rpc/details.h"

static void check_text(const char *text, size_t capacity)
{
    size_t length = strnlen(text, capacity);
    ASSERT(length < capacity && text_is_printable(slice_of(text, length)));
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    CLEANUP(buffer_fini) struct buffer again = {0};
    struct rpc_status status = {.code = 9};
    struct rpc_status second = {.code = 9};
    details_decode(slice_of(at, length), &status);
    ASSERT(status.code == 9);
    check_text(status.reason, sizeof status.reason);
    check_text(status.message, sizeof status.message);
    details_encode(&status, &again);
    ASSERT(again.err == ERR_OK);
    details_decode(buffer_slice(&again), &second);
    ASSERT(strcmp(status.reason, second.reason) == 0);
    ASSERT(strcmp(status.message, second.message) == 0);
    return 0;
}

/* The messages of an online authorisation: request, grant, refusal, and the mandate that stands in
 * for them; the acceptance of a move, and the offer of a block of points: by the first byte. */
#include "fuzz.h"
#include "wire/messages.h"

#define AGAIN(name)                                                                                \
    static enum err name##_again(struct slice bytes, struct buffer *out, struct note *note)        \
    {                                                                                              \
        struct name value;                                                                         \
        TRY(wire_##name##_decode(bytes, &value, note));                                            \
        ASSERT(wire_##name##_encode(&value, out) == ERR_OK);                                       \
        return ERR_OK;                                                                             \
    }

AGAIN(hold_request)
AGAIN(hold_grant)
AGAIN(hold_refusal)
AGAIN(mandate)
AGAIN(move_acceptance)

static enum err block_again(struct slice bytes, struct buffer *out, struct note *note)
{
    struct block_terms terms;
    TRY(wire_block_decode(bytes, &terms, note));
    ASSERT(wire_block_encode(&terms, out) == ERR_OK);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    enum err (*const messages[])(struct slice bytes, struct buffer * out, struct note * note) = {
        hold_request_again, hold_grant_again,      hold_refusal_again,
        mandate_again,      move_acceptance_again, block_again};
    CLEANUP(buffer_fini) struct buffer again = {0};
    struct slice bytes = slice_of(at, length);
    struct note note = {{0}};
    unsigned choice;
    if (!fuzz_choose(&bytes, sizeof messages / sizeof messages[0], &choice)) {
        return 0;
    }
    enum err err = messages[choice](bytes, &again, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
        return 0;
    }
    fuzz_expect_same(bytes, &again);
    return 0;
}

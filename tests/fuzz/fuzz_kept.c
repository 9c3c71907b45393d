/* What the journal keeps of occasions that were judged, and of offers that were given: what is read
 * is written as the same bytes. */
#include "fuzz.h"
#include "offers/kept_offers.h"
#include "programme/kept_case.h"

static void read_case(struct slice bytes, struct arena *arena)
{
    struct kept_case kept;
    CLEANUP(buffer_fini) struct buffer again = {0};
    if (kept_case_decode(bytes, arena, &kept) == ERR_OK) {
        kept_case_encode(&kept, &again);
        bool is_latest = bytes.at[0] == again.at[0]; /* an older form is written anew */
        ASSERT(again.err == ERR_OK && (!is_latest || slice_equal(bytes, buffer_slice(&again))));
        ASSERT(kept_case_is_sale(bytes) == (kept.occasion.kind == OCCASION_SALE));
    }
}

static void read_offers(struct slice bytes, struct arena *arena)
{
    struct kept_offers kept;
    CLEANUP(buffer_fini) struct buffer again = {0};
    if (kept_offers_decode(bytes, arena, &kept) == ERR_OK) {
        kept_offers_encode(&kept, &again);
        ASSERT(again.err == ERR_OK && slice_equal(bytes, buffer_slice(&again)));
        ASSERT(!kept_case_is_sale(bytes));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct slice bytes = slice_of(at, length);
    struct arena arena;
    arena_init(&arena, 4u << 20);
    read_case(bytes, &arena);
    arena_reset(&arena);
    read_offers(bytes, &arena);
    arena_fini(&arena);
    return 0;
}

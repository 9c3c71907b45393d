/* A PartnerIntroduction as a brand hands it in. */
#include <string.h>

#include "base/address.h"
#include "charter/introduction.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    CLEANUP(arena_fini) struct arena arena;
    struct introduction introduction;
    struct address address;
    struct note note = {{0}};
    arena_init(&arena, LIMIT_DECODED_BYTES);
    enum err err = introduction_open(slice_of(at, length), &arena, &introduction, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
        return 0;
    }
    const struct charter_partner *partner = &introduction.partner;
    ASSERT(partner->online_count > 0 && partner->online_count <= CHARTER_ONLINE_KEYS_MAX);
    ASSERT(address_parse(partner->address, &address) == ERR_OK);
    ASSERT(strlen(partner->tls_ca_pem) <= LIMIT_PEM_BYTES);
    return 0;
}

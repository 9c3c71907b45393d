/* A SignedCharter: what opens is whole, can be looked up in, and is written back as it came. */
#include <string.h>

#include "charter/charter_file.h"
#include "fuzz.h"

static void close_charter(struct charter **charter)
{
    charter_close(*charter);
}

static void look_up(const struct charter *charter)
{
    struct note note = {{0}};
    ASSERT(charter->partner_count > 0 && charter->tariff_count > 0);
    for (size_t i = 0; i < charter->partner_count; i++) {
        const struct charter_partner *partner = &charter->partners[i];
        struct roster roster;
        ASSERT(charter_partner_find(charter, &partner->id) == partner);
        ASSERT(partner->online_count > 0);
        ASSERT(strlen(partner->display_name) <= LIMIT_NAME_BYTES);
        ASSERT(charter_key_find(charter, &partner->id, &partner->online[0].id,
                                partner->online[0].valid_from) != NULL);
        ASSERT(charter_roster(charter, &partner->id, &roster, &note) == ERR_OK);
        ASSERT(roster.partner_count == charter->partner_count);
        charter_roster_fini(&roster);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    CLEANUP(close_charter) struct charter *charter = NULL;
    CLEANUP(buffer_fini) struct buffer again = {0};
    struct slice bytes = slice_of(at, length);
    struct note note = {{0}};
    enum err err = charter_open(bytes, &charter, &note);
    if (err != ERR_OK) {
        ASSERT(charter == NULL);
        fuzz_expect_refusal(err, &note);
        return 0;
    }
    look_up(charter);
    err = charter_check_signatures(charter, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
    }
    ASSERT(charter_follows(charter, charter, &note) != ERR_OK);
    fuzz_expect_refusal(ERR_CONFLICT, &note);
    ASSERT(charter_merge_signatures(bytes, bytes, &again, &note) == ERR_OK);
    fuzz_expect_same(bytes, &again);
    return 0;
}

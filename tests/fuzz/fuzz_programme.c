/* programme.yaml, for each number of the points' decimals that the first byte can say. */
#include "config/programme_file.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct slice bytes = slice_of(at, length);
    struct programme_file programme;
    struct note note = {{0}};
    unsigned decimals;
    if (!fuzz_choose(&bytes, 7, &decimals)) {
        return 0;
    }
    enum err err = programme_file_parse(bytes, "programme.yaml", decimals, &programme, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
        return 0;
    }
    bool has_earn = programme.earn_points_minor > 0;
    ASSERT(programme.version > 0 && (has_earn || programme.has_rules));
    ASSERT(!has_earn || programme.earn_per_minor > 0);
    ASSERT(programme.earn_minimum_minor >= 0);
    ASSERT(programme.earn_rounding < ROUNDING_COUNT);
    ASSERT(programme.pending_days <= LIMIT_PENDING_DAYS);
    ASSERT(programme.expiry_months <= LIMIT_EXPIRY_MONTHS);
    programme_file_fini(&programme);
    return 0;
}

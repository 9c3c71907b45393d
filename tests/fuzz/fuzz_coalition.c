/* coalition.yaml. */
#include <stdlib.h>

#include "config/coalition_file.h"
#include "fuzz.h"

static void check_whole(const struct coalition_file *coalition)
{
    ASSERT(coalition->partner_count > 0 && coalition->partner_count <= LIMIT_PARTNERS);
    ASSERT(coalition->tariff_count > 0 && coalition->tariff_count <= LIMIT_TARIFFS);
    ASSERT(coalition->required_signatures > 0);
    ASSERT(coalition->required_signatures <= coalition->partner_count);
    ASSERT(coalition->net_debit_minor >= 0);
    for (size_t i = 0; i < coalition->tariff_count; i++) {
        const struct coalition_tariff *tariff = &coalition->tariffs[i];
        ASSERT(tariff->id >= 1 && tariff->id <= 65535);
        ASSERT(tariff->issue_price.mantissa >= 0 && tariff->redemption_price.mantissa >= 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct slice yaml = slice_of(at, length);
    struct coalition_file *coalition = malloc(sizeof *coalition);
    struct note note = {{0}};
    ASSERT(coalition != NULL);
    enum err err = coalition_file_parse(yaml, "coalition.yaml", "conf", coalition, &note);
    if (err == ERR_OK) {
        check_whole(coalition);
        coalition_file_fini(coalition);
    } else {
        fuzz_expect_refusal(err, &note);
    }
    free(coalition);
    return 0;
}

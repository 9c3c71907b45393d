/* A brand's mapping file. */
#include <string.h>

#include "fuzz.h"
#include "receipts/date.h"
#include "receipts/mapping.h"

/* "Plain values, whole and consistent once mapping_parse gave it." */
static void check_whole(const struct mapping *mapping)
{
    ASSERT(mapping->delimiter != 0 && mapping->delimiter != mapping->quote);
    ASSERT(mapping->number.point != mapping->number.group);
    ASSERT(mapping->is_exact || mapping->rounding < ROUNDING_COUNT);
    ASSERT(mapping->match_count <= MATCH_COUNT && mapping->receipt_from_count <= ROLE_COUNT);
    ASSERT(mapping->columns[ROLE_RECEIPT] != NULL || mapping->receipt_from_count > 0);
    ASSERT(mapping->columns[ROLE_TIME] != NULL || mapping->columns[ROLE_DATE] != NULL);
    ASSERT(mapping->formats.count > 0);
    for (unsigned i = 0; i < mapping->formats.count; i++) {
        ASSERT(date_format_check(mapping->formats.at[i]) == ERR_OK);
    }
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        const struct mapping_column *column = mapping->columns[i];
        ASSERT(column == NULL || (column->column == NULL) != (column->value == NULL));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct mapping *mapping = NULL;
    struct note note = {{0}};
    enum err err = mapping_parse((const char *)at, length, "map.yaml", &mapping, &note);
    if (err != ERR_OK) {
        ASSERT(mapping == NULL);
        fuzz_expect_refusal(err, &note);
        return 0;
    }
    check_whole(mapping);
    mapping_destroy(mapping);
    return 0;
}

/* accounting.yaml. */
#include <stdlib.h>

#include "config/accounting_file.h"
#include "fuzz.h"

static void check_whole(const struct accounting_file *file)
{
    ASSERT(file->chart.count >= CHART_LINES && file->chart.count <= CHART_LINES + CHART_OWN_MAX);
    for (size_t i = 0; i < file->chart.count; i++) {
        size_t found;
        ASSERT(chart_name_is_sound(file->chart.accounts[i].name));
        ASSERT(chart_find(&file->chart, file->chart.accounts[i].key, &found) == ERR_OK);
        ASSERT(found == i);
    }
    for (size_t i = 0; i < POSTING_COUNT; i++) {
        const struct posting_template *row = &file->templates.rows[i];
        ASSERT(row->debit >= CHART_MONEY_FIRST && row->debit < file->chart.count);
        ASSERT(row->credit >= CHART_MONEY_FIRST && row->credit < file->chart.count);
    }
    for (size_t i = 0; i < file->breakage.rate_count; i++) {
        ASSERT(file->breakage.rates[i].ppm <= PPM_WHOLE);
    }
    ASSERT(file->age_count <= LIABILITY_AGES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct accounting_file *file = malloc(sizeof *file);
    struct note note = {{0}};
    ASSERT(file != NULL);
    enum err err = accounting_file_parse(slice_of(at, length), "accounting.yaml", file, &note);
    if (err == ERR_OK) {
        check_whole(file);
    } else {
        fuzz_expect_refusal(err, &note);
    }
    free(file);
    return 0;
}

/* A made-up month is read whole by its mapping, is the same for the same seed, and looks like what
 * it was measured on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "receipts/generator.h"

struct made {
    char *text;
    size_t length;
    struct generator_totals totals;
};

static struct made make(struct generator_options options)
{
    struct made made = {.text = NULL};
    FILE *file = open_memstream(&made.text, &made.length);
    assert_non_null(file);
    assert_int_equal(generator_write(&options, file, &made.totals), ERR_OK);
    fclose(file);
    return made;
}

static struct outcome read_made(const struct made *made)
{
    char path[512];
    struct mapping *mapping = NULL;
    struct source *source = NULL;
    struct note note = {""};
    const struct receipts_options options = {.points_decimals = 0};
    (void)snprintf(path, sizeof path, "%s/cluster/maps/generated.yaml", TALEA_SOURCE_DIR);
    assert_int_equal(mapping_load(path, &mapping, &note), ERR_OK);
    assert_int_equal(
        source_of_memory(slice_of(made->text, made->length), "generated", &source, &note), ERR_OK);
    struct outcome outcome = harness_read_source(mapping, source, &options, true);
    source_close(source);
    mapping_destroy(mapping);
    return outcome;
}

static const char *const cards[] = {"4539148803436467", "4111111111111111"};

static void check_style(enum generator_style style)
{
    struct made made = make((struct generator_options){.seed = 7,
                                                       .style = style,
                                                       .month = {202602},
                                                       .members = cards,
                                                       .member_count = 2,
                                                       .receipts = 3000,
                                                       .currency = "EUR"});
    struct outcome outcome = read_made(&made);
    assert_int_equal(outcome.err, ERR_OK);
    assert_int_equal(outcome.tally.rows, made.totals.rows);
    assert_int_equal(outcome.tally.rows_rejected, 0);
    assert_int_equal(outcome.tally.sales, 3000);
    assert_int_equal(outcome.tally.returns, made.totals.returns);
    assert_false(outcome.is_out_of_order);
    assert_true(outcome.last_time < period_start((struct period){202603}).ms);
    assert_true(outcome.sale_total > 0);
    free(made.text);
}

static void test_styles(void **state)
{
    (void)state;
    check_style(GENERATOR_GROCER);
    check_style(GENERATOR_PHARMACY);
    check_style(GENERATOR_FUEL);
    enum generator_style style;
    assert_int_equal(generator_style_parse("fuel", &style), ERR_OK);
    assert_int_equal(style, GENERATOR_FUEL);
    assert_int_equal(generator_style_parse("bank", &style), ERR_INPUT);
}

static void test_seed(void **state)
{
    (void)state;
    struct generator_options options = {
        .seed = 1, .month = {202612}, .member_count = 4000, .currency = "EUR"};
    struct made first = make(options);
    struct made again = make(options);
    options.seed = 2;
    struct made other = make(options);
    assert_int_equal(first.length, again.length);
    assert_memory_equal(first.text, again.text, first.length);
    assert_true(first.length != other.length || memcmp(first.text, other.text, first.length) != 0);
    /* 253 of 1,000 come, 1.2 times; 4.2 lines each time; 26 of 1,000 come back. */
    assert_in_range(first.totals.sales, 1080, 1340);
    assert_in_range(first.totals.rows * 100 / first.totals.sales, 400, 460);
    assert_in_range(first.totals.returns * 1000 / first.totals.rows, 15, 33);
    free(first.text);
    free(again.text);
    free(other.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_styles),
        cmocka_unit_test(test_seed),
    };
    return cmocka_run_group_tests_name("receipts_generator", tests, NULL, NULL);
}

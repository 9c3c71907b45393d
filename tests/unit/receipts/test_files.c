/* The public data sets, where they are at hand, by the mappings of cluster/maps. The figures were
 * computed apart, by a script of its own over the same files. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"

static struct outcome read_file(const char *map, const char *file)
{
    char path[512];
    struct note note = {""};
    struct source *source = NULL;
    struct mapping *mapping = NULL;
    const struct receipts_options options = {.points_decimals = 2};
    const char *folder = getenv("TALEA_DATA");
    (void)snprintf(path, sizeof path, "%s/%s", folder == NULL ? TALEA_DATA_DIR : folder, file);
    if (access(path, R_OK) != 0) {
        skip();
    }
    assert_int_equal(source_open(path, &source, &note), ERR_OK);
    (void)snprintf(path, sizeof path, "%s/cluster/maps/%s", TALEA_SOURCE_DIR, map);
    if (mapping_load(path, &mapping, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    struct timespec start;
    struct timespec end;
    struct rusage usage;
    clock_gettime(CLOCK_MONOTONIC, &start);
    struct outcome outcome = harness_read_source(mapping, source, &options, true);
    clock_gettime(CLOCK_MONOTONIC, &end);
    getrusage(RUSAGE_SELF, &usage);
    int64_t ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
    print_message("%s: %llu rows in %lld ms; %ld MiB at most\n", file,
                  (unsigned long long)outcome.tally.rows, (long long)ms, usage.ru_maxrss / 1024);
    source_close(source);
    mapping_destroy(mapping);
    if (outcome.err != ERR_OK) {
        fail_msg("%s", outcome.note.text);
    }
    assert_int_equal(outcome.progress, outcome.size);
    return outcome;
}

static void test_foodmart(void **state)
{
    (void)state;
    struct outcome outcome = read_file("foodmart.yaml", "foodmart-1997.csv.gz");
    assert_int_equal(outcome.tally.rows, 86837);
    assert_int_equal(outcome.sale_total, 56523813);
    assert_int_equal(outcome.tally.sales, 20530);
    assert_false(outcome.is_out_of_order);
}

static void test_foodmart_returns(void **state)
{
    (void)state;
    struct outcome outcome = read_file("foodmart-returns.yaml", "foodmart-returns.csv.gz");
    assert_int_equal(outcome.tally.rows, 7087);
    assert_int_equal(outcome.tally.returns, 7082);
    assert_int_equal(outcome.tally.rows_rejected, 5);
}

static void test_online_retail(void **state)
{
    (void)state;
    struct outcome outcome = read_file("online-retail.yaml", "uci-online-retail.csv.gz");
    assert_int_equal(outcome.tally.rows, 541909);
    assert_int_equal(outcome.tally.rows_sale, 396370);
    assert_int_equal(outcome.tally.rows_return, 8539);
    assert_int_equal(outcome.tally.rows_rejected, 134084 + 2916); /* no customer, excluded */
    assert_int_equal(outcome.tally.sales, 18405);
    assert_int_equal(outcome.tally.returns, 3383);
    assert_int_equal(outcome.sale_total, 876106665);
    assert_int_equal(outcome.return_total, 47440333);
    assert_false(outcome.is_out_of_order);
}

static void test_global_electronics(void **state)
{
    (void)state;
    struct outcome outcome = read_file("global-electronics.yaml", "global-electronics.csv.gz");
    assert_int_equal(outcome.tally.rows, 62884);
    assert_int_equal(outcome.tally.sales, 26326);
    assert_int_equal(outcome.tally.rows_sale, 62884);
    assert_int_equal(outcome.sale_total, 5575547959);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_foodmart),
        cmocka_unit_test(test_foodmart_returns),
        cmocka_unit_test(test_online_retail),
        cmocka_unit_test(test_global_electronics),
    };
    return cmocka_run_group_tests_name("receipts_files", tests, NULL, NULL);
}

/* When a row's target is met, and what programs read of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/row.h"

static void test_a_rate_is_a_least(void **state)
{
    struct bench_row row = row_of("rate");
    (void)state;
    row_set_rate(&row, 1000, 1000000000);
    assert_false(row_is_met(&row));
    row.target = 1000.0;
    assert_true(row_is_met(&row));
    row.target = 1000.5;
    assert_false(row_is_met(&row));
}

static void test_a_reference_makes_the_target_a_ratio(void **state)
{
    struct bench_row row = row_of("ratio");
    (void)state;
    row_set_rate(&row, 1000, 1000000000);
    row_set_reference(&row, "the machine", 2000.0);
    row.target = 0.4;
    assert_true(row_is_met(&row));
    row.target = 0.6;
    assert_false(row_is_met(&row));
}

static void test_anything_else_is_a_most(void **state)
{
    struct bench_row memory = row_of("memory");
    struct bench_row time = row_of("time");
    (void)state;
    memory.memory_bytes = 100.0;
    memory.target = 100.0;
    assert_true(row_is_met(&memory));
    memory.target = 99.0;
    assert_false(row_is_met(&memory));
    time.p99_us = 12.0;
    time.target = 10.0;
    assert_false(row_is_met(&time));
}

static void test_json(void **state)
{
    struct bench_row row = row_of("one");
    (void)state;
    row_set_rate(&row, 3, 2000000000);
    row_set_reference(&row, "other", 3.0);
    row.target = 0.5;
    json_t *json = row_json(&row);
    assert_non_null(json);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(
        text, "{\"bytes_per_operation\":null,\"max_us\":null,\"memory_bytes\":null,\"met\":true,"
              "\"name\":\"one\",\"operations\":3,\"p50_us\":null,\"p999_us\":null,\"p99_us\":null,"
              "\"rate\":1.5,\"ratio\":0.5,\"reference\":{\"name\":\"other\",\"rate\":3},"
              "\"seconds\":2.0,\"target\":0.5}");
    free(text);
    json_decref(json);
}

static void test_table(void **state)
{
    struct bench_row row = row_of("one");
    char *text = NULL;
    size_t length = 0;
    (void)state;
    row_set_rate(&row, 1234567, 1000000000);
    row.target = 1000000.0;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    row_print(out, &row);
    row_print_markdown(out, &row);
    fclose(out);
    assert_non_null(strstr(text, "1,234,567"));
    assert_non_null(strstr(text, "| one | 1,234,567 | - / - / - |"));
    assert_non_null(strstr(text, "yes"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_rate_is_a_least),
        cmocka_unit_test(test_a_reference_makes_the_target_a_ratio),
        cmocka_unit_test(test_anything_else_is_a_most),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <pthread.h>

#include <cmocka.h>

#include "base/limits.h"
#include "telemetry/metrics.h"
#include "telemetry/process.h"

static struct metrics *made(void)
{
    struct metrics *metrics = NULL;
    assert_int_equal(metrics_create(&metrics), ERR_OK);
    return metrics;
}

static void expect_page(struct metrics *metrics, const char *expected)
{
    struct buffer page = {0};
    assert_int_equal(metrics_render(metrics, &page), ERR_OK);
    write_u8(&page, 0);
    assert_string_equal((const char *)page.at, expected);
    buffer_fini(&page);
}

static void test_counters_and_gauges(void **state)
{
    (void)state;
    struct metrics *m = made();
    static const struct metric_spec calls = {"calls_total", "Calls,\nby \\kind \"x\".", 0};
    static const struct metric_spec age = {"age_seconds", "Age.", 3};
    struct metric_counter *a = NULL;
    struct metric_counter *b = NULL;
    struct metric_gauge *g = NULL;
    assert_int_equal(metrics_add_counter(m, &calls, METRIC_LABELS({"kind", "a"}, {"to", "x"}), &a),
                     ERR_OK);
    assert_int_equal(
        metrics_add_counter(m, &calls, METRIC_LABELS({"kind", "b\"\\"}, {"to", "x"}), &b), ERR_OK);
    assert_int_equal(metrics_add_gauge(m, &age, METRIC_NO_LABELS, &g), ERR_OK);
    metric_counter_add(a, 2);
    metric_counter_add(a, 40);
    metric_gauge_set(g, 1500);
    metric_gauge_add(g, -3000);
    expect_page(m, "# HELP calls_total Calls,\\nby \\\\kind \"x\".\n"
                   "# TYPE calls_total counter\n"
                   "calls_total{kind=\"a\",to=\"x\"} 42\n"
                   "calls_total{kind=\"b\\\"\\\\\",to=\"x\"} 0\n"
                   "# HELP age_seconds Age.\n"
                   "# TYPE age_seconds gauge\n"
                   "age_seconds -1.5\n");
    metrics_destroy(m);
}

static void test_histogram(void **state)
{
    (void)state;
    struct metrics *m = made();
    static const struct metric_spec spec = {"commit_seconds", "Time.", 6};
    static const int64_t bounds[] = {100, 1000, 1000000};
    struct metric_histogram *h = NULL;
    struct bucket_bounds three = {bounds, 3};
    assert_int_equal(metrics_add_histogram(m, &spec, three, METRIC_LABELS({"k", "v"}), &h), ERR_OK);
    static const int64_t values[] = {100, 101, 1000, 2000000};
    for (size_t i = 0; i < 4; i++) {
        metric_histogram_observe(h, values[i]);
    }
    expect_page(m, "# HELP commit_seconds Time.\n"
                   "# TYPE commit_seconds histogram\n"
                   "commit_seconds_bucket{k=\"v\",le=\"0.0001\"} 1\n"
                   "commit_seconds_bucket{k=\"v\",le=\"0.001\"} 3\n"
                   "commit_seconds_bucket{k=\"v\",le=\"1\"} 3\n"
                   "commit_seconds_bucket{k=\"v\",le=\"+Inf\"} 4\n"
                   "commit_seconds_sum{k=\"v\"} 2.001201\n"
                   "commit_seconds_count{k=\"v\"} 4\n");
    metrics_destroy(m);
}

static int64_t read_seven(void *context)
{
    return *(const int64_t *)context;
}

static void test_read_metrics(void **state)
{
    (void)state;
    struct metrics *m = made();
    int64_t seven = 7;
    static const struct metric_spec g = {"peers", "Peers.", 0};
    static const struct metric_spec c = {"bytes_total", "Bytes.", 0};
    assert_int_equal(metrics_add_gauge_read(m, &g, METRIC_NO_LABELS, read_seven, &seven), ERR_OK);
    assert_int_equal(metrics_add_counter_read(m, &c, METRIC_NO_LABELS, read_seven, &seven), ERR_OK);
    expect_page(m, "# HELP peers Peers.\n# TYPE peers gauge\npeers 7\n"
                   "# HELP bytes_total Bytes.\n# TYPE bytes_total counter\nbytes_total 7\n");
    metrics_destroy(m);
}

static void test_bad_names_are_refused(void **state)
{
    (void)state;
    struct metrics *m = made();
    struct metric_counter *c = NULL;
    static const char *const bad[] = {"calls", "Calls_total", "a:b_total",    "1_total", "_total",
                                      "",      "a-b_total",   "a_total_count"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct metric_spec spec = {bad[i], "Help.", 0};
        assert_int_equal(metrics_add_counter(m, &spec, METRIC_NO_LABELS, &c), ERR_INPUT);
    }
    struct metric_spec good = {"x_total", "Help.", 0};
    struct metric_gauge *g = NULL;
    assert_int_equal(metrics_add_gauge(m, &good, METRIC_NO_LABELS, &g), ERR_INPUT);
    struct metric_spec mute = {"x_total", "", 0};
    assert_int_equal(metrics_add_counter(m, &mute, METRIC_NO_LABELS, &c), ERR_INPUT);
    static const char *const bad_labels[] = {"le", "__x", "A", "", "a b", "quantile"};
    for (size_t i = 0; i < sizeof bad_labels / sizeof *bad_labels; i++) {
        assert_int_equal(metrics_add_counter(m, &good, METRIC_LABELS({bad_labels[i], "v"}), &c),
                         ERR_INPUT);
    }
    assert_int_equal(metrics_add_counter(m, &good, METRIC_LABELS({"a", "\xff"}), &c), ERR_INPUT);
    assert_int_equal(metrics_add_counter(m, &good, METRIC_LABELS({"a", "1"}, {"a", "2"}), &c),
                     ERR_INPUT);
    struct metric_histogram *h = NULL;
    struct metric_spec h_spec = {"h", "Help.", 0};
    static const int64_t falling[] = {2, 1};
    assert_int_equal(
        metrics_add_histogram(m, &h_spec, (struct bucket_bounds){falling, 2}, METRIC_NO_LABELS, &h),
        ERR_INPUT);
    assert_int_equal(
        metrics_add_histogram(m, &h_spec, (struct bucket_bounds){falling, 0}, METRIC_NO_LABELS, &h),
        ERR_INPUT);
    expect_page(m, "");
    metrics_destroy(m);
}

static void test_families_agree(void **state)
{
    (void)state;
    struct metrics *m = made();
    struct metric_counter *c = NULL;
    struct metric_spec spec = {"x_total", "Help.", 0};
    struct metric_spec other = {"x_total", "Other.", 0};
    struct metric_spec finer = {"x_total", "Help.", 3};
    assert_int_equal(metrics_add_counter(m, &spec, METRIC_LABELS({"a", "1"}), &c), ERR_OK);
    assert_int_equal(metrics_add_counter(m, &spec, METRIC_LABELS({"a", "1"}), &c), ERR_EXISTS);
    assert_int_equal(metrics_add_counter(m, &spec, METRIC_LABELS({"b", "1"}), &c), ERR_CONFLICT);
    assert_int_equal(metrics_add_counter(m, &spec, METRIC_NO_LABELS, &c), ERR_CONFLICT);
    assert_int_equal(metrics_add_counter(m, &other, METRIC_LABELS({"a", "2"}), &c), ERR_CONFLICT);
    assert_int_equal(metrics_add_counter(m, &finer, METRIC_LABELS({"a", "2"}), &c), ERR_CONFLICT);
    assert_int_equal(metrics_add_counter(m, &spec, METRIC_LABELS({"a", "2"}), &c), ERR_OK);
    metrics_destroy(m);
}

static void test_series_are_bounded(void **state)
{
    (void)state;
    struct metrics *m = made();
    struct metric_counter *c = NULL;
    struct metric_spec spec = {"x_total", "Help.", 0};
    for (unsigned i = 0; i < LIMIT_METRIC_SERIES; i++) {
        char value[16];
        snprintf(value, sizeof value, "%u", i);
        assert_int_equal(metrics_add_counter(m, &spec, METRIC_LABELS({"a", value}), &c), ERR_OK);
        assert_int_equal((uintptr_t)c % 64, 0);
    }
    assert_int_equal(metrics_add_counter(m, &spec, METRIC_LABELS({"a", "more"}), &c), ERR_RESOURCE);
    struct buffer small = {.limit = 100};
    assert_int_equal(metrics_render(m, &small), ERR_RESOURCE);
    buffer_fini(&small);
    metrics_destroy(m);
}

#define THREADS 4
#define ROUNDS  5000

struct shared {
    struct metrics *metrics;
    struct metric_counter *counter;
    struct metric_histogram *histogram;
};

static void *count_up(void *context)
{
    const struct shared *shared = context;
    for (int i = 0; i < ROUNDS; i++) {
        metric_counter_add(shared->counter, 1);
        metric_histogram_observe(shared->histogram, i % 3);
    }
    return NULL;
}

static void test_threads_lose_nothing(void **state)
{
    (void)state;
    struct shared shared = {.metrics = made()};
    static const int64_t one[] = {1};
    struct metric_spec c_spec = {"x_total", "Help.", 0};
    struct metric_spec h_spec = {"h", "Help.", 0};
    assert_int_equal(
        metrics_add_counter(shared.metrics, &c_spec, METRIC_NO_LABELS, &shared.counter), ERR_OK);
    assert_int_equal(metrics_add_histogram(shared.metrics, &h_spec, (struct bucket_bounds){one, 1},
                                           METRIC_NO_LABELS, &shared.histogram),
                     ERR_OK);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, &shared), 0);
    }
    struct buffer page = {0};
    assert_int_equal(metrics_render(shared.metrics, &page), ERR_OK);
    buffer_fini(&page);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    expect_page(shared.metrics, "# HELP x_total Help.\n# TYPE x_total counter\nx_total 20000\n"
                                "# HELP h Help.\n# TYPE h histogram\n"
                                "h_bucket{le=\"1\"} 13336\nh_bucket{le=\"+Inf\"} 20000\n"
                                "h_sum 19996\nh_count 20000\n");
    metrics_destroy(shared.metrics);
}

static int64_t sample_of(const char *page, const char *name)
{
    char line[96];
    long long value = 0;
    snprintf(line, sizeof line, "\n%s ", name);
    const char *at = strstr(page, line);
    assert_non_null(at);
    assert_int_equal(sscanf(at + strlen(line), "%lld", &value), 1);
    return value;
}

static void test_process(void **state)
{
    (void)state;
    struct metrics *m = made();
    struct buffer page = {0};
    assert_int_equal(process_metrics_add(m), ERR_OK);
    FILE *open_one = fopen("/dev/null", "r");
    assert_non_null(open_one);
    assert_int_equal(metrics_render(m, &page), ERR_OK);
    write_u8(&page, 0);
    const char *text = (const char *)page.at;
    assert_true(sample_of(text, "process_resident_memory_bytes") > 500000);
    assert_true(sample_of(text, "process_virtual_memory_bytes") >
                sample_of(text, "process_resident_memory_bytes"));
    int64_t files = sample_of(text, "process_open_fds");
    assert_true(files >= 2 && files <= sample_of(text, "process_max_fds"));
    assert_true(sample_of(text, "process_start_time_seconds") > 1600000000);
    assert_true(sample_of(text, "process_threads") >= 1);
    assert_true(sample_of(text, "process_cpu_seconds_total") >= 0);
    fclose(open_one);
    buffer_clear(&page);
    assert_int_equal(metrics_render(m, &page), ERR_OK);
    write_u8(&page, 0);
    assert_int_equal(sample_of((const char *)page.at, "process_open_fds"), files - 1);
    buffer_fini(&page);
    metrics_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters_and_gauges),  cmocka_unit_test(test_histogram),
        cmocka_unit_test(test_read_metrics),         cmocka_unit_test(test_bad_names_are_refused),
        cmocka_unit_test(test_families_agree),       cmocka_unit_test(test_series_are_bounded),
        cmocka_unit_test(test_threads_lose_nothing), cmocka_unit_test(test_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/limits.h"
#include "telemetry/log.h"

static struct unix_ms fixed_time(void *context)
{
    (void)context;
    return (struct unix_ms){1791047045000};
}

/* A log into a pipe whose other end the test reads. */
struct fixture {
    struct log log;
    int ends[2];
    char text[65536];
};

static void open_log(struct fixture *f, enum log_format format)
{
    assert_int_equal(pipe2(f->ends, O_NONBLOCK), 0);
    log_init(&f->log, f->ends[1], LOG_LEVEL_INFO, format, (struct log_clock){fixed_time, NULL});
}

static const char *written(struct fixture *f)
{
    ssize_t got = read(f->ends[0], f->text, sizeof f->text - 1);
    f->text[got > 0 ? got : 0] = '\0';
    return f->text;
}

static void close_log(struct fixture *f)
{
    close(f->ends[0]);
    close(f->ends[1]);
}

static const struct uid some_uid = {{0x01, 0x8f, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 9}};

static void test_json(void **state)
{
    (void)state;
    struct fixture f;
    open_log(&f, LOG_FORMAT_JSON);
    log_event(&f.log, LOG_LEVEL_INFO, "peer_connected", LOG_TEXT("peer", "grocer"),
              LOG_INT("port", -7101), LOG_BOOL("is_new", true), LOG_UID("txn", some_uid),
              LOG_TEXT("none", NULL), LOG_TEXT("odd", "a\"b\\c\n\x01\xff z"));
    assert_string_equal(
        written(&f),
        "{\"time\":\"2026-10-03T17:04:05.000Z\",\"level\":\"info\",\"event\":\"peer_connected\","
        "\"peer\":\"grocer\",\"port\":-7101,\"is_new\":true,"
        "\"txn\":\"018f0000-0000-7000-8000-000000000009\",\"none\":null,"
        "\"odd\":\"a\\\"b\\\\c\\n\\u0001? z\"}\n");
    log_write(&f.log, LOG_LEVEL_ERROR, "bare", NULL, 0);
    assert_string_equal(written(&f), "{\"time\":\"2026-10-03T17:04:05.000Z\",\"level\":\"error\","
                                     "\"event\":\"bare\"}\n");
    assert_int_equal(log_lost(&f.log), 0);
    close_log(&f);
}

static void test_text(void **state)
{
    (void)state;
    struct fixture f;
    open_log(&f, LOG_FORMAT_TEXT);
    log_event(&f.log, LOG_LEVEL_WARNING, "slow", LOG_TEXT("peer", "grocer"), LOG_INT("ms", 12),
              LOG_BOOL("ok", false), LOG_UID("txn", some_uid), LOG_TEXT("none", NULL),
              LOG_TEXT("empty", ""), LOG_TEXT("sum", "a=b"),
              LOG_TEXT("odd", "a b=\"c\\\n\x7f\xc3\xa9"));
    assert_string_equal(written(&f),
                        "2026-10-03T17:04:05.000Z warning slow peer=grocer ms=12 ok=false "
                        "txn=018f0000-0000-7000-8000-000000000009 none= empty=\"\" sum=\"a=b\" "
                        "odd=\"a b=\\\"c\\\\\\x0a\\x7f\xc3\xa9\"\n");
    close_log(&f);
}

static void test_levels(void **state)
{
    (void)state;
    struct fixture f;
    open_log(&f, LOG_FORMAT_TEXT);
    log_write(&f.log, LOG_LEVEL_DEBUG, "quiet", NULL, 0);
    assert_string_equal(written(&f), "");
    log_set_level(&f.log, LOG_LEVEL_DEBUG);
    log_write(&f.log, LOG_LEVEL_DEBUG, "loud", NULL, 0);
    assert_string_equal(written(&f), "2026-10-03T17:04:05.000Z debug loud\n");
    for (unsigned i = 0; i < LOG_LEVEL_COUNT; i++) {
        enum log_level level = LOG_LEVEL_COUNT;
        assert_int_equal(log_level_parse(log_level_name((enum log_level)i), &level), ERR_OK);
        assert_int_equal(level, i);
    }
    enum log_level level = LOG_LEVEL_ERROR;
    assert_int_equal(log_level_parse("loud", &level), ERR_INPUT);
    close_log(&f);
}

static void expect_cut(enum log_format format)
{
    struct fixture f;
    char quotes[2000];
    struct log_field fields[LIMIT_LOG_FIELDS + 8];
    memset(quotes, '"', sizeof quotes - 1);
    quotes[sizeof quotes - 1] = '\0';
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < LIMIT_LOG_FIELDS + 8; i++) {
        fields[i] = i < 5 ? LOG_TEXT(names[i], quotes) : LOG_INT("n", i);
    }
    open_log(&f, format);
    log_write(&f.log, LOG_LEVEL_INFO, "long", fields, LIMIT_LOG_FIELDS + 8);
    const char *line = written(&f);
    assert_true(strlen(line) <= LIMIT_LOG_LINE_BYTES);
    assert_non_null(strstr(line, format == LOG_FORMAT_JSON ? "\"cut\":37}\n" : " cut=37\n"));
    assert_int_equal(log_lost(&f.log), 0);
    close_log(&f);
}

static void test_long_lines_are_cut(void **state)
{
    (void)state;
    expect_cut(LOG_FORMAT_JSON);
    expect_cut(LOG_FORMAT_TEXT);
}

static void test_too_many_fields_are_cut(void **state)
{
    (void)state;
    struct fixture f;
    struct log_field fields[LIMIT_LOG_FIELDS + 2];
    for (size_t i = 0; i < LIMIT_LOG_FIELDS + 2; i++) {
        fields[i] = LOG_INT("n", i);
    }
    open_log(&f, LOG_FORMAT_TEXT);
    log_write(&f.log, LOG_LEVEL_INFO, "many", fields, LIMIT_LOG_FIELDS + 2);
    assert_non_null(strstr(written(&f), "n=31 cut=2\n"));
    close_log(&f);
}

static void test_full_pipe_is_counted(void **state)
{
    (void)state;
    struct fixture f;
    open_log(&f, LOG_FORMAT_JSON);
    for (int i = 0; i < 4000; i++) {
        log_write(&f.log, LOG_LEVEL_INFO, "flood", NULL, 0);
    }
    assert_true(log_lost(&f.log) > 0);
    assert_true(log_lost(&f.log) < 4000);
    close_log(&f);
}

#define THREADS 4
#define LINES   100

static void *write_lines(void *context)
{
    struct log *log = context;
    for (int i = 0; i < LINES; i++) {
        log_event(log, LOG_LEVEL_INFO, "tick", LOG_INT("i", i), LOG_TEXT("x", "some text here"));
    }
    return NULL;
}

static void test_threads_write_whole_lines(void **state)
{
    (void)state;
    struct fixture f;
    open_log(&f, LOG_FORMAT_JSON);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &f.log), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    size_t lines = 0;
    const char *text = written(&f);
    for (const char *end = strchr(text, '\n'); end != NULL; end = strchr(text, '\n')) {
        json_t *object = json_loadb(text, (size_t)(end - text), JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(object);
        json_decref(object);
        lines++;
        text = end + 1;
    }
    assert_int_equal(lines, THREADS * LINES);
    close_log(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_long_lines_are_cut),
        cmocka_unit_test(test_too_many_fields_are_cut),
        cmocka_unit_test(test_full_pipe_is_counted),
        cmocka_unit_test(test_threads_write_whole_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

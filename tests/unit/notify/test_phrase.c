/* Numbers, dates and the forms of nouns, as people write them in each language. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "notify/phrase.h"

#define NBSP "\xC2\xA0"

static void assert_number(enum notify_language language, int64_t minor, unsigned decimals,
                          const char *expected)
{
    struct buffer out = {0};
    notify_write_number(&out, language, minor, decimals);
    write_u8(&out, 0);
    assert_int_equal(out.err, ERR_OK);
    assert_string_equal((const char *)out.at, expected);
    buffer_fini(&out);
}

static void test_numbers(void **state)
{
    (void)state;
    assert_number(NOTIFY_ENGLISH, 0, 0, "0");
    assert_number(NOTIFY_ENGLISH, 999, 0, "999");
    assert_number(NOTIFY_ENGLISH, 1000, 0, "1,000");
    assert_number(NOTIFY_ENGLISH, 1234567, 0, "1,234,567");
    assert_number(NOTIFY_ENGLISH, 123450, 2, "1,234.5");
    assert_number(NOTIFY_ENGLISH, 100005, 2, "1,000.05");
    assert_number(NOTIFY_ENGLISH, 1, 3, "0.001");
    assert_number(NOTIFY_ENGLISH, 100, 2, "1");
    assert_number(NOTIFY_ENGLISH, -1500, 0, "-1,500");
    assert_number(NOTIFY_ENGLISH, INT64_MAX, 0, "9,223,372,036,854,775,807");
    assert_number(NOTIFY_ENGLISH, INT64_MIN, 2, "-92,233,720,368,547,758.08");
    assert_number(NOTIFY_RUSSIAN, 123450, 2, "1" NBSP "234,5");
    assert_number(NOTIFY_KAZAKH, 1234567, 0, "1" NBSP "234" NBSP "567");
}

static void assert_date(enum notify_language language, int64_t ms, const char *expected)
{
    struct buffer out = {0};
    notify_write_date(&out, language, (struct unix_ms){ms});
    write_u8(&out, 0);
    assert_string_equal((const char *)out.at, expected);
    buffer_fini(&out);
}

static void test_dates(void **state)
{
    (void)state;
    int64_t time = day_of_civil(2027, 2, 28) * DAY_MS + 5;
    assert_date(NOTIFY_ENGLISH, time, "28" NBSP "February" NBSP "2027");
    assert_date(NOTIFY_RUSSIAN, time, "28" NBSP "февраля" NBSP "2027" NBSP "г.");
    assert_date(NOTIFY_KAZAKH, time, "2027" NBSP "ж." NBSP "28" NBSP "ақпан");
    assert_date(NOTIFY_RUSSIAN, day_of_civil(2030, 12, 1) * DAY_MS,
                "1" NBSP "декабря" NBSP "2030" NBSP "г.");
}

static void test_forms(void **state)
{
    (void)state;
    static const struct {
        int64_t minor;
        unsigned decimals;
        unsigned english;
        unsigned russian;
    } rows[] = {{0, 0, 1, 2},   {1, 0, 0, 0},   {2, 0, 1, 1},   {4, 0, 1, 1},   {5, 0, 1, 2},
                {11, 0, 1, 2},  {12, 0, 1, 2},  {14, 0, 1, 2},  {20, 0, 1, 2},  {21, 0, 1, 0},
                {22, 0, 1, 1},  {25, 0, 1, 2},  {100, 0, 1, 2}, {101, 0, 1, 0}, {111, 0, 1, 2},
                {-1, 0, 0, 0},  {100, 2, 0, 0}, {150, 2, 1, 1}, {500, 2, 1, 2}, {10, 2, 1, 1},
                {1121, 0, 1, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(notify_form_of(NOTIFY_ENGLISH, rows[i].minor, rows[i].decimals),
                         rows[i].english);
        assert_int_equal(notify_form_of(NOTIFY_RUSSIAN, rows[i].minor, rows[i].decimals),
                         rows[i].russian);
        assert_int_equal(notify_form_of(NOTIFY_KAZAKH, rows[i].minor, rows[i].decimals), 0);
    }
}

static void test_wishes(void **state)
{
    (void)state;
    struct notify_wishes wishes = {NOTIFY_KAZAKH, 1u << NOTIFY_SMS};
    notify_wishes_change(&wishes, NOTIFY_LANGUAGE_NONE, 1u << NOTIFY_PUSH, 0xFF);
    assert_int_equal(wishes.language, NOTIFY_KAZAKH);
    assert_true(notify_may_send(&wishes, NOTIFY_SMS));
    assert_true(notify_may_send(&wishes, NOTIFY_PUSH));
    assert_false(notify_may_send(&wishes, NOTIFY_EMAIL));
    notify_wishes_change(&wishes, NOTIFY_RUSSIAN, 1u << NOTIFY_SMS, 0);
    assert_int_equal(wishes.language, NOTIFY_RUSSIAN);
    assert_false(notify_may_send(&wishes, NOTIFY_SMS));
    assert_true(notify_may_send(&wishes, NOTIFY_PUSH));
    assert_true(notify_wishes_are_sound(NOTIFY_KAZAKH, 0xF));
    assert_false(notify_wishes_are_sound(NOTIFY_LANGUAGE_END, 0));
    assert_false(notify_wishes_are_sound(0, 0x10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_wishes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

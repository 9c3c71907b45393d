/* Days of birth as people write them, and when they come round. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/calendar.h"
#include "node/birthday.h"
#include "node/day_events.h"

static void assert_read(const char *text, unsigned year, unsigned month, unsigned day)
{
    struct birthday birthday;
    char again[BIRTHDAY_TEXT_MAX];
    assert_int_equal(birthday_parse(text, &birthday), ERR_OK);
    assert_int_equal(birthday.year, year);
    assert_int_equal(birthday.month, month);
    assert_int_equal(birthday.day, day);
    assert_int_equal(birthday_is_known(&birthday), month != 0);
    assert_string_equal(birthday_format(&birthday, again), text);
}

static void test_what_is_a_birthday(void **state)
{
    static const char *const wrong[] = {"1990-02-30",  "1990-2-28",  "02-30",      "13-01",
                                        "00-10",       "01-00",      "1849-12-31", "0000-01-01",
                                        "1990-02-28 ", "28.02.1990", "1990/02/28", "1900-02-29",
                                        "19900228",    "x1-01",      "--",         "1990-02-2x"};
    struct birthday birthday;
    (void)state;
    assert_read("1990-02-28", 1990, 2, 28);
    assert_read("2000-02-29", 2000, 2, 29);
    assert_read("02-29", 0, 2, 29);
    assert_read("12-31", 0, 12, 31);
    assert_read("", 0, 0, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (birthday_parse(wrong[i], &birthday) != ERR_INPUT) {
            fail_msg("\"%s\" is taken for a birthday", wrong[i]);
        }
    }
}

static void assert_to_come(const char *text, bool is_to_come)
{
    struct civil noon = {.year = 2026, .month = 11, .day = 30, .hour = 12};
    struct birthday birthday;
    struct unix_ms now;
    assert_int_equal(civil_to_unix(&noon, &now), ERR_OK);
    assert_int_equal(birthday_parse(text, &birthday), ERR_OK);
    assert_int_equal(birthday_is_to_come(&birthday, now), is_to_come);
}

static void test_nobody_is_born_tomorrow(void **state)
{
    (void)state;
    assert_to_come("2090-01-01", true);
    assert_to_come("2027-01-01", true);
    assert_to_come("2026-12-02", true);
    assert_to_come("2026-12-01", false); /* where it is tomorrow already */
    assert_to_come("2026-11-30", false);
    assert_to_come("1990-12-31", false);
    assert_to_come("12-31", false);
    assert_to_come("", false);
}

static int64_t day_of(const char *text)
{
    int64_t day;
    assert_int_equal(day_parse(text, &day), ERR_OK);
    return day;
}

static void assert_last(unsigned month, unsigned day, const char *today, const char *last)
{
    assert_int_equal(day_event_last(month, day, day_of(today)), day_of(last));
}

static void test_when_it_came_round_last(void **state)
{
    (void)state;
    assert_last(3, 5, "2026-03-05", "2026-03-05");
    assert_last(3, 5, "2026-03-04", "2025-03-05");
    assert_last(12, 31, "2026-01-01", "2025-12-31");
    assert_last(2, 29, "2026-02-28", "2026-02-28"); /* the month's last day */
    assert_last(2, 29, "2026-02-27", "2025-02-28");
    assert_last(2, 29, "2028-02-28", "2027-02-28");
    assert_last(2, 29, "2028-02-29", "2028-02-29");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_is_born_tomorrow),
        cmocka_unit_test(test_what_is_a_birthday),
        cmocka_unit_test(test_when_it_came_round_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

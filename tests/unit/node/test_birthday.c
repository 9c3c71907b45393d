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

/* Which of the two are due for who was born on 5 March and came on 10 March 2025. */
static void assert_due(const char *today, const char *birthday, const char *anniversary)
{
    const struct day_events both = {.has_birthday = true, .has_anniversary = true};
    const struct day_events none = {.has_birthday = false};
    struct day_event_time times[DAY_EVENTS_PER_MEMBER];
    size_t at = 0;
    size_t count = day_events_of(&both, 3, 5, day_of("2025-03-10"), day_of(today), times);
    assert_int_equal(count, (birthday != NULL ? 1 : 0) + (anniversary != NULL ? 1 : 0));
    if (birthday != NULL) {
        assert_string_equal(times[at].name, "birthday");
        assert_int_equal(times[at++].day, day_of(birthday));
    }
    if (anniversary != NULL) {
        assert_string_equal(times[at].name, "anniversary");
        assert_int_equal(times[at].day, day_of(anniversary));
    }
    assert_int_equal(day_events_of(&none, 3, 5, day_of("2025-03-10"), day_of(today), times), 0);
}

static void test_what_is_due(void **state)
{
    struct day_event_time times[DAY_EVENTS_PER_MEMBER];
    const struct day_events both = {.has_birthday = true, .has_anniversary = true};
    int64_t day = day_of("2025-03-10");
    (void)state;
    assert_due("2025-03-10", NULL, NULL); /* the birthday was before the enrolment */
    assert_due("2025-12-31", NULL, NULL);
    assert_due("2026-03-04", NULL, NULL);
    assert_due("2026-03-05", "2026-03-05", NULL);
    assert_due("2026-03-10", "2026-03-05", "2026-03-10");
    assert_due("2026-03-11", "2026-03-05", "2026-03-10"); /* late, as the node was not there */
    assert_due("2026-03-12", NULL, "2026-03-10");
    assert_due("2026-03-16", NULL, "2026-03-10");
    assert_due("2026-03-17", NULL, NULL);
    assert_due("2027-03-10", "2027-03-05", "2027-03-10");
    assert_int_equal(day_events_of(&both, 3, 10, day, day, times), 1); /* on the very day */
    assert_string_equal(times[0].name, "birthday");
    assert_int_equal(day_events_of(&both, 0, 0, day, day, times), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_is_born_tomorrow),
        cmocka_unit_test(test_what_is_a_birthday),
        cmocka_unit_test(test_when_it_came_round_last),
        cmocka_unit_test(test_what_is_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/period.h"

static struct period parsed(const char *text)
{
    struct period period = {0};
    assert_int_equal(period_parse(text, &period), ERR_OK);
    return period;
}

static int64_t day(const char *text)
{
    int64_t day = 0;
    assert_int_equal(day_parse(text, &day), ERR_OK);
    return day;
}

static void names_say_the_unit(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t number;
        enum period_unit unit;
        const char *first;
        const char *last;
        const char *next;
    } cases[] = {
        {"2026-11", 202611, PERIOD_MONTH, "2026-11-01", "2026-11-30", "2026-12"},
        {"2024-02", 202402, PERIOD_MONTH, "2024-02-01", "2024-02-29", "2024-03"},
        {"2026-12", 202612, PERIOD_MONTH, "2026-12-01", "2026-12-31", "2027-01"},
        {"2026-W48", 2026048, PERIOD_WEEK, "2026-11-23", "2026-11-29", "2026-W49"},
        /* The year of a week is that of its Thursday; 2026 has 53 of them. */
        {"2026-W53", 2026053, PERIOD_WEEK, "2026-12-28", "2027-01-03", "2027-W01"},
        {"2025-W01", 2025001, PERIOD_WEEK, "2024-12-30", "2025-01-05", "2025-W02"},
        {"2026-11-29", 20261129, PERIOD_DAY, "2026-11-29", "2026-11-29", "2026-11-30"},
        {"2024-02-29", 20240229, PERIOD_DAY, "2024-02-29", "2024-02-29", "2024-03-01"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[PERIOD_TEXT_MAX];
        struct period period = parsed(cases[i].text);
        assert_int_equal(period.code, cases[i].number);
        assert_int_equal(period_unit_of(period), cases[i].unit);
        assert_string_equal(period_format(period, text), cases[i].text);
        assert_int_equal(period_first_day(period), day(cases[i].first));
        assert_int_equal(period_last_day(period), day(cases[i].last));
        assert_string_equal(period_format(period_next(period), text), cases[i].next);
    }
}

static void what_is_no_period_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",           "2026",
        "2026-13",    "2026-00",
        "2026-1",     "2026-W00",
        "2026-W54",   "2025-W53",
        "2026-w48",   "2026-W4",
        "2026-02-29", "2026-11-31",
        "1969-12",    "1970-W01",
        "26-11",      "2026-11-1",
        "2026/11",    " 2026-11",
        "2026-11 ",   "2026-W48 ",
        "+026-11",    "2026-11-29T00:00:00Z",
    };
    struct period period;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(period_parse(texts[i], &period), ERR_INPUT);
    }
    static const uint32_t numbers[] = {0,       12,      196912,  202600,     202613,
                                       2026000, 2025053, 9999053, 4294967295, 20260229};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        assert_false(period_is_valid((struct period){numbers[i]}));
    }
}

/* Each day is in one period of each unit, and each period follows on from the one before. */
static void every_day_is_in_one_period(void **state)
{
    (void)state;
    for (enum period_unit unit = PERIOD_MONTH; unit < PERIOD_UNIT_END; unit++) {
        struct period open = period_at(unit, day("1999-12-27"));
        for (int64_t d = day("1999-12-27"); d < day("2033-01-09"); d++) {
            if (d > period_last_day(open)) {
                struct period next = period_next(open);
                assert_int_equal(period_first_day(next), period_last_day(open) + 1);
                assert_true(period_is_before(open, next));
                assert_false(period_is_before(next, open));
                open = next;
            }
            assert_true(period_is_valid(open));
            assert_true(period_equal(period_at(unit, d), open));
        }
    }
}

static void units_are_in_order_by_their_last_days(void **state)
{
    (void)state;
    assert_true(period_is_before(parsed("2026-11"), parsed("2026-W49")));
    assert_true(period_is_before(parsed("2026-W48"), parsed("2026-11")));
    assert_true(period_is_before(parsed("2026-11-29"), parsed("2026-11")));
    assert_true(period_is_before(parsed("2026-11"), parsed("2026-12-01")));
    assert_false(period_is_before(parsed("2026-12-01"), parsed("2026-11")));
    assert_true(period_is_before((struct period){0}, parsed("1970-01")));
}

static void zones_begin_a_day_sooner(void **state)
{
    (void)state;
    struct period period = parsed("2026-11-29");
    int64_t start = period_start(period).ms;
    assert_int_equal(start, day("2026-11-29") * DAY_MS);
    assert_false(period_may_have_begun(period, (struct unix_ms){start - 14 * 3600 * 1000}));
    assert_true(period_may_have_begun(period, (struct unix_ms){start - 14 * 3600 * 1000 + 1}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_say_the_unit),
        cmocka_unit_test(what_is_no_period_is_refused),
        cmocka_unit_test(every_day_is_in_one_period),
        cmocka_unit_test(units_are_in_order_by_their_last_days),
        cmocka_unit_test(zones_begin_a_day_sooner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

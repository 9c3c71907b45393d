#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clearing/entry.h"
#include "clearing/period_calendar.h"

static int64_t day(const char *text)
{
    int64_t day = 0;
    assert_int_equal(day_parse(text, &day), ERR_OK);
    return day;
}

static struct period parsed(const char *text)
{
    struct period period = {0};
    assert_int_equal(period_parse(text, &period), ERR_OK);
    return period;
}

static void expect_period(struct period period, const char *text)
{
    char found[PERIOD_TEXT_MAX];
    assert_string_equal(period_format(period, found), text);
}

/* Months, from December weeks, from the middle of January days. */
static struct period_calendar changing(void)
{
    return (struct period_calendar){
        .rules = {{.unit = PERIOD_MONTH, .time_zone = "Asia/Almaty"},
                  {.from_day = day("2026-12-01"), .unit = PERIOD_WEEK},
                  {.from_day = day("2027-01-14"), .unit = PERIOD_DAY},
                  {.from_day = day("2027-01-20"), .unit = PERIOD_MONTH}},
        .rule_count = 4};
}

static void none_is_months(void **state)
{
    (void)state;
    struct period_calendar none = {.rule_count = 0};
    expect_period(calendar_period_on(&none, day("2026-11-29")), "2026-11");
    expect_period(calendar_next(&none, parsed("2026-12")), "2027-01");
    assert_false(calendar_rule_on(&none, day("2026-11-29"))->is_closed_by_node);
    assert_int_equal(calendar_check(&none, NULL), ERR_OK);
}

static void a_change_comes_at_the_next_boundary(void **state)
{
    (void)state;
    static const char *const sequence[] = {"2026-11",    "2026-W49",   "2026-W50", "2026-W51",
                                           "2026-W52",   "2026-W53",   "2027-W01", "2027-W02",
                                           "2027-01-18", "2027-01-19", "2027-01",  "2027-02"};
    struct period_calendar calendar = changing();
    struct period open = parsed("2026-11");
    int64_t at = day("2026-11-01");
    assert_int_equal(calendar_check(&calendar, NULL), ERR_OK);
    for (size_t i = 0; i < sizeof sequence / sizeof sequence[0]; i++) {
        expect_period(open, sequence[i]);
        /* No day is in two of them or in none, and what runs on a day is what a stream is in. */
        for (; at <= period_last_day(open); at++) {
            assert_true(period_equal(calendar_period_on(&calendar, at), open));
        }
        struct period next = calendar_next(&calendar, open);
        assert_true(period_is_before(open, next));
        assert_true(period_equal(period_at(period_unit_of(next), at), next));
        open = next;
    }
}

static void a_mark_says_what_follows(void **state)
{
    (void)state;
    struct clearing_entry mark = {.number = 1,
                                  .kind = ENTRY_PERIOD_MARK,
                                  .tariff = 1,
                                  .period = parsed("2026-11"),
                                  .transaction_id = {{1}}};
    assert_int_equal(entry_check(&mark, NULL), ERR_OK);
    expect_period(entry_period_after(&mark), "2026-12");
    mark.next_period = parsed("2026-W49");
    assert_int_equal(entry_check(&mark, NULL), ERR_OK);
    expect_period(entry_period_after(&mark), "2026-W49");
    static const char *const wrong[] = {"2026-12", "2026-W50", "2026-W48", "2026-11-30",
                                        "2026-12-02"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        mark.next_period = parsed(wrong[i]);
        assert_int_equal(entry_check(&mark, NULL), ERR_INPUT);
    }
    mark.next_period = parsed("2026-12-01");
    assert_int_equal(entry_check(&mark, NULL), ERR_OK);
    struct note note = {{0}};
    mark.kind = ENTRY_CARD_BLOCK;
    assert_int_equal(entry_check(&mark, &note), ERR_INPUT);
    assert_non_null(strstr(note.text, "only a mark has a next period"));
}

static void what_is_no_calendar_is_refused(void **state)
{
    (void)state;
    struct period_calendar calendar = changing();
    struct note note = {{0}};
    calendar.rules[0].from_day = 1;
    assert_int_equal(calendar_check(&calendar, &note), ERR_INPUT);
    calendar = changing();
    calendar.rules[2].from_day = calendar.rules[1].from_day;
    assert_int_equal(calendar_check(&calendar, &note), ERR_INPUT);
    calendar = changing();
    calendar.rules[1].unit = PERIOD_UNIT_END;
    assert_int_equal(calendar_check(&calendar, &note), ERR_INPUT);
    static const char *const zones[] = {"/etc/passwd", "../UTC", "Asia//Almaty", "a b"};
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        calendar = changing();
        memcpy(calendar.rules[0].time_zone, zones[i], strlen(zones[i]) + 1);
        assert_int_equal(calendar_check(&calendar, &note), ERR_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_is_months),
        cmocka_unit_test(a_change_comes_at_the_next_boundary),
        cmocka_unit_test(a_mark_says_what_follows),
        cmocka_unit_test(what_is_no_calendar_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

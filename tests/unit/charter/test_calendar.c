/* Which periods epochs settle by, and how that changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "charter/charter_calendar.h"
#include "epochs.h"

static struct coalition coalition;
static struct charter *first;

static const struct period_rule monthly = {
    .unit = PERIOD_MONTH, .time_zone = "Asia/Almaty", .is_closed_by_node = true, .grace_s = 7200};

static int begin(void **state)
{
    (void)state;
    coalition_begin(&coalition);
    coalition.terms.calendar = (struct period_calendar){.rules = {monthly}, .rule_count = 1};
    first = epoch_make(&coalition, 7);
    epoch_continue(&coalition, first);
    return 0;
}

static int end(void **state)
{
    (void)state;
    charter_close(first);
    coalition_end(&coalition);
    return 0;
}

static void change(const struct period_rule *rule)
{
    struct note note = {{0}};
    assert_int_equal(charter_calendar_change(&first->calendar, rule, coalition.terms.valid_from,
                                             &coalition.terms.calendar, &note),
                     ERR_OK);
}

static void it_is_signed_and_comes_back(void **state)
{
    (void)state;
    struct roster roster;
    assert_int_equal(first->calendar.rule_count, 1);
    assert_true(period_rule_equal(&first->calendar.rules[0], &monthly));
    assert_int_equal(charter_roster(first, &coalition.members[0].id, &roster, NULL), ERR_OK);
    assert_true(period_rule_equal(calendar_rule_on(&roster.calendar, 0), &monthly));
    charter_roster_fini(&roster);
}

static void it_changes_from_a_day_on(void **state)
{
    (void)state;
    struct period_rule weekly = monthly;
    weekly.unit = PERIOD_WEEK;
    change(&weekly); /* from the day after */
    int64_t day = unix_day(coalition.terms.valid_from) + 1;
    assert_int_equal(coalition.terms.calendar.rule_count, 2);
    assert_int_equal(coalition.terms.calendar.rules[1].from_day, day);
    epoch_expect(&coalition, first, NULL);
    weekly.from_day = day + 10;
    change(&weekly);
    epoch_expect(&coalition, first, NULL);
    weekly.from_day = day - 1; /* nodes are in that day's period already */
    change(&weekly);
    epoch_expect(&coalition, first, "is another one than in the epoch before");
    change(&monthly); /* it is so already */
    assert_int_equal(coalition.terms.calendar.rule_count, 1);
    epoch_expect(&coalition, first, NULL);
}

static void what_has_begun_lasts(void **state)
{
    (void)state;
    coalition.terms.calendar.rules[0].grace_s = 1;
    epoch_expect(&coalition, first, "is another one than in the epoch before");
    coalition.terms.calendar.rule_count = 0;
    epoch_expect(&coalition, first, "is another one than in the epoch before");
}

/* A change that has not come yet is only a plan. */
static void a_later_change_takes_the_place_of_a_planned_one(void **state)
{
    (void)state;
    struct period_rule weekly = {.unit = PERIOD_WEEK,
                                 .from_day = unix_day(coalition.terms.valid_from) + 40};
    struct period_rule daily = {.unit = PERIOD_DAY,
                                .from_day = unix_day(coalition.terms.valid_from) + 20};
    change(&weekly);
    struct charter *second = epoch_make(&coalition, 7);
    epoch_continue(&coalition, second);
    assert_int_equal(charter_calendar_change(&second->calendar, &daily, coalition.terms.valid_from,
                                             &coalition.terms.calendar, NULL),
                     ERR_OK);
    assert_int_equal(coalition.terms.calendar.rule_count, 2);
    assert_int_equal(coalition.terms.calendar.rules[1].unit, PERIOD_DAY);
    epoch_expect(&coalition, second, NULL);
    charter_close(second);
}

static void streams_begin_in_the_calendars_period(void **state)
{
    (void)state;
    char text[PERIOD_TEXT_MAX];
    coalition.terms.epoch = 1;
    coalition.terms.previous = NULL;
    coalition.terms.calendar.rules[0].unit = PERIOD_WEEK;
    struct charter *weekly = epoch_make(&coalition, 7);
    assert_string_equal(period_format(weekly->partners[0].first_period, text), "2026-W39");
    charter_close(weekly);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_signed_and_comes_back, begin, end),
        cmocka_unit_test_setup_teardown(it_changes_from_a_day_on, begin, end),
        cmocka_unit_test_setup_teardown(what_has_begun_lasts, begin, end),
        cmocka_unit_test_setup_teardown(a_later_change_takes_the_place_of_a_planned_one, begin,
                                        end),
        cmocka_unit_test_setup_teardown(streams_begin_in_the_calendars_period, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

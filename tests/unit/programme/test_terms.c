#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "programme/programme.h"

static struct programme programme_with(unsigned pending_days, enum expiry_kind kind,
                                       unsigned months)
{
    return (struct programme){.version = 1,
                              .rate = {1, 100, ROUNDING_DOWN, 0},
                              .pending_days = pending_days,
                              .expiry_months = months,
                              .expiry_kind = kind,
                              .expiry_month = kind == EXPIRY_FIXED_DATE ? 12 : 0,
                              .expiry_day = kind == EXPIRY_FIXED_DATE ? 31 : 0};
}

static void test_table(void **state)
{
    (void)state;
    static const struct {
        unsigned pending_days;
        enum expiry_kind kind;
        unsigned months;
        const char *earned;
        const char *active;
        const char *expires; /* NULL for never */
    } rows[] = {
        {0, EXPIRY_NONE, 0, "2026-10-03T17:04:05.678Z", "2026-10-03T17:04:05.678Z", NULL},
        {14, EXPIRY_NONE, 0, "2026-12-24T10:00:00.000Z", "2027-01-07T10:00:00.000Z", NULL},
        {0, EXPIRY_END_OF_MONTH_AFTER, 0, "2026-10-03T17:04:05.678Z", "2026-10-03T17:04:05.678Z",
         "2026-11-01T00:00:00.000Z"},
        {14, EXPIRY_END_OF_MONTH_AFTER, 12, "2026-10-03T17:04:05.678Z", "2026-10-17T17:04:05.678Z",
         "2027-11-01T00:00:00.000Z"},
        {0, EXPIRY_END_OF_MONTH_AFTER, 36, "2026-12-31T23:59:59.999Z", "2026-12-31T23:59:59.999Z",
         "2030-01-01T00:00:00.000Z"},
        {0, EXPIRY_MONTHS, 12, "2026-10-03T17:04:05.678Z", "2026-10-03T17:04:05.678Z",
         "2027-10-03T17:04:05.678Z"},
        {27, EXPIRY_MONTHS, 1, "2027-01-31T12:00:00.000Z", "2027-02-27T12:00:00.000Z",
         "2027-02-28T12:00:00.000Z"},
        {0, EXPIRY_MONTHS, 1, "2028-01-31T12:00:00.000Z", "2028-01-31T12:00:00.000Z",
         "2028-02-29T12:00:00.000Z"},
        {0, EXPIRY_MONTHS, 12, "2028-02-29T12:00:00.000Z", "2028-02-29T12:00:00.000Z",
         "2029-02-28T12:00:00.000Z"},
        {0, EXPIRY_MONTHS, 2, "2026-10-31T12:00:00.000Z", "2026-10-31T12:00:00.000Z",
         "2026-12-31T12:00:00.000Z"},
        {0, EXPIRY_MONTHS, 3, "2026-10-31T12:00:00.000Z", "2026-10-31T12:00:00.000Z",
         "2027-01-31T12:00:00.000Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct programme programme =
            programme_with(rows[i].pending_days, rows[i].kind, rows[i].months);
        struct unix_ms earned;
        struct unix_ms active;
        struct unix_ms expires;
        char text[TIME_TEXT_MAX];
        assert_int_equal(programme_check(&programme, NULL), ERR_OK);
        assert_int_equal(unix_ms_parse(rows[i].earned, &earned), ERR_OK);
        assert_int_equal(programme_lot_terms(&programme, earned, &active, &expires), ERR_OK);
        assert_string_equal(unix_ms_format(active, text), rows[i].active);
        if (rows[i].expires == NULL) {
            assert_true(expires.ms == PROGRAMME_NEVER_MS);
        } else {
            assert_string_equal(unix_ms_format(expires, text), rows[i].expires);
        }
    }
}

static void test_bad_programmes(void **state)
{
    (void)state;
    static const struct {
        struct programme programme;
        const char *says;
    } rows[] = {
        {{0, {1, 100, ROUNDING_DOWN, 0}, 0, 0, EXPIRY_NONE, 0, 0}, "version"},
        {{1, {1, 0, ROUNDING_DOWN, 0}, 0, 0, EXPIRY_NONE, 0, 0}, "money"},
        {{1, {1, 100, ROUNDING_DOWN, 0}, 367, 0, EXPIRY_NONE, 0, 0}, "367 days"},
        {{1, {1, 100, ROUNDING_DOWN, 0}, 0, 3, EXPIRY_NONE, 0, 0}, "never expire"},
        {{1, {1, 100, ROUNDING_DOWN, 0}, 0, 0, EXPIRY_MONTHS, 0, 0}, "one month"},
        {{1, {1, 100, ROUNDING_DOWN, 0}, 0, 601, EXPIRY_MONTHS, 0, 0}, "601 months"},
        {{1, {1, 100, ROUNDING_DOWN, 0}, 28, 1, EXPIRY_MONTHS, 0, 0}, "28 days"},
        {{1, {1, 100, ROUNDING_DOWN, 0}, 1, 0, EXPIRY_END_OF_MONTH_AFTER, 0, 0}, "1 days"},
        {{1, {1, 100, ROUNDING_DOWN, 0}, 0, 1, EXPIRY_KIND_COUNT, 0, 0}, "unknown"},
        {{1, {1, 100, ROUNDING_DOWN, 0}, 0, 0, EXPIRY_FIXED_DATE, 2, 29}, "02-29"},
        {{1, {1, 100, ROUNDING_DOWN, 0}, 0, 0, EXPIRY_FIXED_DATE, 13, 1}, "13-01"},
        {{1, {1, 100, ROUNDING_DOWN, 0}, 0, 601, EXPIRY_FIXED_DATE, 12, 31}, "601 months"},
        {{1, {1, 100, ROUNDING_DOWN, 0}, 0, 0, EXPIRY_INACTIVITY, 0, 0}, "0 months"},
        {{1, {1, 100, ROUNDING_DOWN, 0}, 0, 121, EXPIRY_INACTIVITY, 0, 0}, "121 months"},
        {{1, {1, 100, ROUNDING_DOWN, 0}, 28, 1, EXPIRY_INACTIVITY, 0, 0}, "28 days"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct note note = {{0}};
        assert_int_equal(programme_check(&rows[i].programme, &note), ERR_INPUT);
        assert_non_null(strstr(note.text, rows[i].says));
    }
}

static void assert_expires(const struct programme *programme, const char *earned_text,
                           const char *expected)
{
    struct unix_ms earned;
    struct unix_ms active;
    struct unix_ms expires;
    char text[TIME_TEXT_MAX];
    assert_int_equal(programme_check(programme, NULL), ERR_OK);
    assert_int_equal(unix_ms_parse(earned_text, &earned), ERR_OK);
    assert_int_equal(programme_lot_terms(programme, earned, &active, &expires), ERR_OK);
    assert_string_equal(unix_ms_format(expires, text), expected);
}

static void assert_fixed(unsigned pending_days, unsigned months, const char *earned_text,
                         const char *expected)
{
    struct programme programme = programme_with(pending_days, EXPIRY_FIXED_DATE, months);
    assert_expires(&programme, earned_text, expected);
}

/* With 31 December; months and pending days put it off to the next year's. */
static void test_fixed_date(void **state)
{
    (void)state;
    assert_fixed(0, 0, "2026-10-03T17:04:05Z", "2027-01-01T00:00:00.000Z");
    assert_fixed(0, 0, "2026-12-31T23:59:59Z", "2027-01-01T00:00:00.000Z");
    assert_fixed(0, 0, "2027-01-01T00:00:00Z", "2028-01-01T00:00:00.000Z");
    assert_fixed(0, 12, "2026-10-03T17:04:05Z", "2028-01-01T00:00:00.000Z");
    assert_fixed(0, 3, "2026-10-01T00:00:00Z", "2028-01-01T00:00:00.000Z");
    assert_fixed(0, 2, "2026-10-31T12:00:00Z", "2027-01-01T00:00:00.000Z");
    assert_fixed(14, 0, "2026-12-16T12:00:00Z", "2027-01-01T00:00:00.000Z");
    assert_fixed(14, 0, "2026-12-17T12:00:00Z", "2028-01-01T00:00:00.000Z");
}

/* With 31 March, which has passed for most of the year: then it is the next year's. */
static void test_fixed_date_within_the_year(void **state)
{
    (void)state;
    struct programme programme = programme_with(0, EXPIRY_FIXED_DATE, 0);
    programme.expiry_month = 3;
    assert_expires(&programme, "2026-01-10T10:00:00Z", "2026-04-01T00:00:00.000Z");
    assert_expires(&programme, "2026-03-31T23:59:59Z", "2026-04-01T00:00:00.000Z");
    assert_expires(&programme, "2026-04-01T00:00:00Z", "2027-04-01T00:00:00.000Z");
    assert_expires(&programme, "2026-12-31T12:00:00Z", "2027-04-01T00:00:00.000Z");
    programme.pending_days = 14;
    assert_expires(&programme, "2026-03-20T12:00:00Z", "2027-04-01T00:00:00.000Z");
}

static void test_inactivity(void **state)
{
    (void)state;
    struct programme programme = programme_with(0, EXPIRY_INACTIVITY, 18);
    struct unix_ms active;
    struct unix_ms expires;
    assert_int_equal(programme_idle_months(&programme), 18);
    assert_int_equal(programme_lot_terms(&programme, (struct unix_ms){5}, &active, &expires),
                     ERR_OK);
    assert_true(expires.ms == PROGRAMME_NEVER_MS);
    programme = programme_with(0, EXPIRY_MONTHS, 18);
    assert_int_equal(programme_idle_months(&programme), 0);
}

static void test_times_out_of_range(void **state)
{
    (void)state;
    struct unix_ms last;
    assert_int_equal(unix_ms_parse("9999-12-31T23:59:59Z", &last), ERR_OK);
    static const int64_t times[] = {-1, INT64_MIN, INT64_MAX, INT64_C(253402300800000)};
    struct unix_ms active = {1};
    struct unix_ms expires = {2};
    for (enum expiry_kind kind = EXPIRY_NONE; kind < EXPIRY_KIND_COUNT; kind++) {
        struct programme programme = programme_with(0, kind, kind == EXPIRY_NONE ? 0 : 1);
        for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
            struct unix_ms earned = {times[i]};
            assert_int_equal(programme_lot_terms(&programme, earned, &active, &expires), ERR_RANGE);
        }
        assert_int_equal(programme_lot_terms(&programme, last, &active, &expires),
                         kind == EXPIRY_NONE || kind == EXPIRY_INACTIVITY ? ERR_OK : ERR_RANGE);
        active.ms = 1;
        expires.ms = 2;
    }
    struct programme programme = programme_with(1, EXPIRY_NONE, 0);
    assert_int_equal(programme_lot_terms(&programme, last, &active, &expires), ERR_RANGE);
    assert_int_equal(active.ms, 1);
    assert_int_equal(expires.ms, 2);
}

/* Any day of eight years, every allowed pair of bounds at its edge: points live before they die. */
static void test_points_are_spendable_before_they_expire(void **state)
{
    (void)state;
    for (unsigned months = 1; months <= 13; months++) {
        struct programme by_day = programme_with(28 * months - 1, EXPIRY_MONTHS, months);
        struct programme by_month =
            programme_with(28 * months - 1, EXPIRY_END_OF_MONTH_AFTER, months);
        assert_int_equal(programme_check(&by_day, NULL), ERR_OK);
        assert_int_equal(programme_check(&by_month, NULL), ERR_OK);
        struct unix_ms earned = {INT64_C(1767225600000) - 1};
        for (unsigned day = 0; day < 8 * 366; day++, earned.ms += DAY_MS) {
            struct unix_ms active;
            struct unix_ms expires;
            struct unix_ms month_end;
            assert_int_equal(programme_lot_terms(&by_day, earned, &active, &expires), ERR_OK);
            assert_true(active.ms < expires.ms);
            assert_int_equal(programme_lot_terms(&by_month, earned, &active, &month_end), ERR_OK);
            assert_true(active.ms < month_end.ms);
            assert_true(expires.ms < month_end.ms);
        }
    }
}

static void test_gives_the_same(void **state)
{
    (void)state;
    const struct programme one = {.version = 1,
                                  .rate = {1, 100, ROUNDING_DOWN, 500},
                                  .pending_days = 14,
                                  .expiry_months = 12,
                                  .expiry_kind = EXPIRY_FIXED_DATE,
                                  .expiry_month = 3,
                                  .expiry_day = 31};
    struct programme others[9];
    for (size_t i = 0; i < 9; i++) {
        others[i] = one;
    }
    others[0].rate.points_minor++;
    others[1].rate.per_minor++;
    others[2].rate.rounding = ROUNDING_UP;
    others[3].rate.minimum_minor++;
    others[4].pending_days++;
    others[5].expiry_months++;
    others[6].expiry_kind = EXPIRY_MONTHS;
    others[7].expiry_month++;
    others[8].expiry_day--;
    for (size_t i = 0; i < 9; i++) {
        assert_false(programme_gives_the_same(&one, &others[i]));
    }
    struct programme newer = one;
    newer.version++;
    assert_true(programme_gives_the_same(&one, &newer));
}

static void test_kind_names(void **state)
{
    (void)state;
    for (enum expiry_kind kind = EXPIRY_NONE; kind < EXPIRY_KIND_COUNT; kind++) {
        enum expiry_kind back = EXPIRY_KIND_COUNT;
        assert_int_equal(expiry_kind_parse(expiry_kind_name(kind), &back), ERR_OK);
        assert_int_equal(back, kind);
    }
    enum expiry_kind kind = EXPIRY_MONTHS;
    assert_int_equal(expiry_kind_parse("years", &kind), ERR_INPUT);
    assert_string_equal(expiry_kind_name(EXPIRY_KIND_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_bad_programmes),
        cmocka_unit_test(test_fixed_date),
        cmocka_unit_test(test_fixed_date_within_the_year),
        cmocka_unit_test(test_inactivity),
        cmocka_unit_test(test_times_out_of_range),
        cmocka_unit_test(test_points_are_spendable_before_they_expire),
        cmocka_unit_test(test_gives_the_same),
        cmocka_unit_test(test_kind_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

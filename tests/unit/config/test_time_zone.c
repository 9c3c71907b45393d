#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/time_zone.h"

static struct time_zones zones;

static void expect_start(const char *zone, const char *date, const char *utc)
{
    int64_t day = 0;
    struct unix_ms start;
    char text[TIME_TEXT_MAX];
    assert_int_equal(day_parse(date, &day), ERR_OK);
    assert_int_equal(time_zone_day_start(&zones, zone, day, &start), ERR_OK);
    assert_string_equal(unix_ms_format(start, text), utc);
}

static void days_begin_by_local_time(void **state)
{
    (void)state;
    expect_start("", "2026-12-01", "2026-12-01T00:00:00.000Z");
    expect_start("UTC", "2026-12-01", "2026-12-01T00:00:00.000Z");
    expect_start("Asia/Kolkata", "2026-12-01", "2026-11-30T18:30:00.000Z");
    expect_start("America/New_York", "2026-12-01", "2026-12-01T05:00:00.000Z");
    expect_start("Pacific/Kiritimati", "2026-12-01", "2026-11-30T10:00:00.000Z");
}

/* The last Sundays of March and October. */
static void summer_time_moves_them(void **state)
{
    (void)state;
    expect_start("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00.000Z");
    expect_start("Europe/Berlin", "2026-03-30", "2026-03-29T22:00:00.000Z");
    expect_start("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00.000Z");
    expect_start("Europe/Berlin", "2026-10-26", "2026-10-25T23:00:00.000Z");
}

/* Kazakhstan has had one time, UTC+5, since the first of March 2024: one hour there came twice. */
static void zones_change_their_offsets(void **state)
{
    (void)state;
    expect_start("Asia/Almaty", "2023-12-01", "2023-11-30T18:00:00.000Z");
    expect_start("Asia/Almaty", "2024-12-01", "2024-11-30T19:00:00.000Z");
}

/* Clocks went from 24:00 to 01:00, and Samoa had no 30 December 2011. */
static void a_midnight_may_be_missing(void **state)
{
    (void)state;
    expect_start("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00.000Z");
    expect_start("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00.000Z");
    expect_start("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00.000Z");
}

static void clocks_show_local_time(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        const char *time;
        const char *local;
    } rows[] = {
        {"", "2026-03-01T10:20:30.456Z", "2026-03-01T10:20:30.456Z"},
        {"Europe/Berlin", "2026-03-29T00:59:59.999Z", "2026-03-29T01:59:59.999Z"},
        {"Europe/Berlin", "2026-03-29T01:00:00.000Z", "2026-03-29T03:00:00.000Z"},
        {"Asia/Almaty", "2023-12-31T18:30:00.000Z", "2024-01-01T00:30:00.000Z"},
        {"Asia/Kathmandu", "2026-01-01T00:00:00.001Z", "2026-01-01T05:45:00.001Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct unix_ms time;
        struct unix_ms local;
        char text[TIME_TEXT_MAX];
        assert_int_equal(unix_ms_parse(rows[i].time, &time), ERR_OK);
        assert_int_equal(time_zone_local(&zones, rows[i].zone, time, &local), ERR_OK);
        assert_string_equal(unix_ms_format(local, text), rows[i].local);
    }
}

static void what_is_no_zone_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"Asia/Nowhere", "/etc/passwd", "../../../etc/passwd",
                                        "zone.tab",     "Asia",        "EST5EDT,M3.2.0"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct unix_ms start = {7};
        assert_false(time_zone_is_known(names[i]));
        assert_int_equal(time_zone_day_start(&zones, names[i], 20000, &start), ERR_NOT_FOUND);
        assert_int_equal(start.ms, 7);
    }
    assert_true(time_zone_is_known("Asia/Almaty"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_begin_by_local_time),   cmocka_unit_test(summer_time_moves_them),
        cmocka_unit_test(zones_change_their_offsets), cmocka_unit_test(a_midnight_may_be_missing),
        cmocka_unit_test(what_is_no_zone_is_refused), cmocka_unit_test(clocks_show_local_time),
    };
    time_zones_init(&zones);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    time_zones_fini(&zones);
    return failed;
}

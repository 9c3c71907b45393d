/* What guards a programme: fraud rules, caps on gifts, points by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "config/programme_file.h"
#include "config_test.h"

static const char full[] = "version: 3\n"
                           "currency: USD\n"
                           "earn: {points: 1, per: 1.00, rounding: down}\n"
                           "expiry: {kind: never}\n"
                           "fraud:\n"
                           "  review_days: 10\n"
                           "  rules:\n"
                           "    - {rule: fast, counts: earns, by: card, more_than: 5,\n"
                           "       within: 90m, action: refuse}\n"
                           "    - {rule: all day, counts: points, by: card_at_till,\n"
                           "       more_than: 10.50,\n"
                           "       within: 2d, share: 25, action: hold}\n"
                           "transfers: {per_gift: 1, per_day: 2, per_month: 5.50,\n"
                           "  per_receiver: 3}\n"
                           "by_hand: {points: 500}\n";

static void test_full(void **state)
{
    (void)state;
    struct programme_file p;
    assert_int_equal(programme_file_parse(text_slice(full), "p.yaml", 2, &p, NULL), ERR_OK);
    programme_file_fini(&p);
    const struct fraud_rules *fraud = &p.guard.fraud;
    assert_int_equal(fraud->review_days, 10);
    assert_int_equal(fraud->late_days, 7);
    assert_int_equal(fraud->points_decimals, 2);
    assert_int_equal(fraud->count, 2);
    assert_string_equal(fraud->rules[0].name, "fast");
    assert_int_equal(fraud->rules[0].counts, FRAUD_EARNS);
    assert_int_equal(fraud->rules[0].more_than, 5);
    assert_int_equal(fraud->rules[0].window_ms, 90 * 60000);
    assert_int_equal(fraud->rules[0].action, FRAUD_REFUSE);
    assert_int_equal(fraud->rules[0].share, 0);
    assert_int_equal(fraud->rules[1].by, FRAUD_BY_CARD_AT_TILL);
    assert_int_equal(fraud->rules[1].more_than, 1050);
    assert_int_equal(fraud->rules[1].share, 25);
    assert_int_equal(fraud->rules[1].action, FRAUD_HOLD);
    assert_int_equal(p.guard.transfers.per_gift, 100);
    assert_int_equal(p.guard.transfers.per_day, 200);
    assert_int_equal(p.guard.transfers.per_month, 550);
    assert_int_equal(p.guard.transfers.per_receiver, 300);
    assert_int_equal(p.guard.by_hand, 50000);
}

static void test_nothing_said(void **state)
{
    (void)state;
    struct programme_file p;
    static const char least[] = "version: 1\ncurrency: USD\n"
                                "earn: {points: 1, per: 1, rounding: down}\n"
                                "expiry: {kind: never}\ntransfers: {per_day: 0}\n";
    assert_int_equal(programme_file_parse(text_slice(least), "p.yaml", 0, &p, NULL), ERR_OK);
    programme_file_fini(&p);
    assert_int_equal(p.guard.fraud.count, 0);
    assert_int_equal(p.guard.transfers.per_day, 0);
    assert_true(p.guard.transfers.per_gift == INT64_MAX);
    assert_true(p.guard.transfers.per_month == INT64_MAX);
    assert_true(p.guard.transfers.per_receiver == INT64_MAX);
    assert_true(p.guard.by_hand == INT64_MAX);
}

static const struct edit wrong[] = {
    {"review_days: 10", "review_days: 91",
     "p.yaml:6: fraud.review_days: \"91\" is not a whole number from 1 to 90"},
    {"review_days: 10", "late_days: 32",
     "p.yaml:6: fraud.late_days: \"32\" is not a whole number from 1 to 31"},
    {"90m", "90s", "p.yaml:9: fraud.rules[0].within: \"90s\" is no time like 30m, 6h or 2d"},
    {"2d", "8d", "p.yaml:12: fraud.rules[1].within: \"8\" is not a whole number from 1 to 7"},
    {"90m", "m", "p.yaml:9: fraud.rules[0].within: \"m\" is no time like 30m, 6h or 2d"},
    {"more_than: 5", "more_than: 5.5",
     "p.yaml:8: fraud.rules[0].more_than: \"5.5\" has more than 0 decimals"},
    {"counts: earns", "counts: visits",
     "p.yaml:8: fraud.rules[0].counts: \"visits\" is not one of earns, points, burns, returns, "
     "referrals"},
    {"counts: earns", "counts: burns",
     "p.yaml:8: fraud.rules[0].rule: only purchases can be held or refused: action alert"},
    {"rule: all day", "rule: fast",
     "p.yaml:10: fraud.rules[1].rule: another rule is called \"fast\""},
    {"share: 25", "share: 100",
     "p.yaml:12: fraud.rules[1].share: \"100\" is not a whole number from 1 to 99"},
    {", action: refuse", "", "p.yaml:8: fraud.rules[0].action: is missing"},
    {"per_gift: 1,", "per_gift: 2.01,",
     "p.yaml:13: transfers.per_gift: is more than may be given in a day"},
    {"per_day: 2,", "per_day: 6,",
     "p.yaml:13: transfers.per_day: is more than may be given in a month"},
    {"per_receiver: 3", "per_receiver: 6",
     "p.yaml:14: transfers.per_receiver: is more than may be given in a month"},
    {"per_receiver", "per_friend",
     "p.yaml:14: transfers.per_friend: is not a key that belongs here; those are per_gift, "
     "per_day, per_month, per_receiver"},
    {"points: 500", "points: -1",
     "p.yaml:15: by_hand.points: \"-1\" is not a number such as 12.50"},
};

static void test_wrong_files_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char yaml[1024];
        struct note note = {""};
        struct programme_file p;
        edited(full, wrong[i].from, wrong[i].to, yaml, sizeof yaml);
        assert_int_equal(programme_file_parse(text_slice(yaml), "p.yaml", 2, &p, &note), ERR_INPUT);
        assert_string_equal(note.text, wrong[i].note);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_nothing_said),
        cmocka_unit_test(test_wrong_files_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Fraud rules: what is counted, by whom, in which window, and what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "programme/fraud.h"

#define HOUR INT64_C(3600000)

static struct slice text(const char *words)
{
    return slice_of(words, strlen(words));
}

static struct fraud_rules one(enum fraud_counts counts, enum fraud_by by, int64_t more_than,
                              unsigned share)
{
    struct fraud_rules rules = {.review_days = 14, .points_decimals = 2, .count = 1};
    rules.rules[0] = (struct fraud_rule){.name = "rule",
                                         .counts = counts,
                                         .by = by,
                                         .more_than = more_than,
                                         .share = share,
                                         .window_ms = 16 * HOUR};
    return rules;
}

static size_t note(struct fraud_watch *watch, enum fraud_counts kind, const char *card,
                   const char *cashier, int64_t time, int64_t points, struct fraud_hit *out)
{
    struct fraud_hit hits[LIMIT_FRAUD_RULES];
    struct fraud_activity activity = {.kind = kind,
                                      .card = text(kind == FRAUD_REFERRALS ? "" : card),
                                      .member = text(kind == FRAUD_REFERRALS ? card : ""),
                                      .cashier = text(cashier),
                                      .time = {time},
                                      .points = points};
    size_t count = fraud_watch_note(watch, &activity, hits);
    if (count > 0) {
        *out = hits[0];
    }
    return count;
}

static void test_a_window_slides(void **state)
{
    struct fraud_rules rules = one(FRAUD_EARNS, FRAUD_BY_CARD, 3, 0);
    struct fraud_watch *watch = fraud_watch_create(&rules);
    struct fraud_hit hit;
    char words[FRAUD_WORDS_BYTES];
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(note(watch, FRAUD_EARNS, "1", "", i * HOUR, 0, &hit), 0);
        assert_int_equal(note(watch, FRAUD_EARNS, "2", "", i * HOUR, 0, &hit), 0);
    }
    assert_int_equal(note(watch, FRAUD_EARNS, "1", "", 15 * HOUR, 0, &hit), 1);
    assert_int_equal(hit.found, 4);
    assert_true(hit.is_new);
    assert_string_equal(hit.subject, "card 1");
    fraud_words(&rules, &hit, words);
    assert_string_equal(words, "4 earns in 16 h, more than 3");
    fraud_watch_alerted(watch, "rule", "card 1", (struct unix_ms){15 * HOUR});
    assert_int_equal(note(watch, FRAUD_EARNS, "1", "", 15 * HOUR, 0, &hit), 1);
    assert_false(hit.is_new);
    /* a receipt that comes late is counted where it belongs */
    assert_int_equal(note(watch, FRAUD_EARNS, "2", "", 17 * HOUR, 0, &hit), 0);
    assert_int_equal(note(watch, FRAUD_EARNS, "2", "", 3 * HOUR, 0, &hit), 1);
    assert_int_equal(hit.found, 4);
    assert_int_equal(note(watch, FRAUD_EARNS, "2", "", -HOUR, 0, &hit), 0);
    assert_int_equal(note(watch, FRAUD_EARNS, "2", "", 0, 0, &hit), 0); /* also before 1970 */
    assert_int_equal(note(watch, FRAUD_EARNS, "1", "", 32 * HOUR, 0, &hit), 0);
    assert_int_equal(note(watch, FRAUD_BURNS, "1", "", 32 * HOUR, 0, &hit), 0);
    fraud_watch_destroy(watch);
}

/* A month that is imported in one evening, in any order, beside what tills tell of today. */
static void test_old_receipts_count_day_by_day(void **state)
{
    struct fraud_rules rules = one(FRAUD_EARNS, FRAUD_BY_CARD, 3, 0);
    struct fraud_watch *watch = fraud_watch_create(&rules);
    const int64_t today = 40 * 24 * HOUR;
    struct fraud_hit hit;
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(note(watch, FRAUD_EARNS, "1", "", today + i, 0, &hit), 0);
    }
    for (int day = 30; day > 0; day--) {
        for (int i = 0; i < 3; i++) {
            assert_int_equal(note(watch, FRAUD_EARNS, "1", "", day * 24 * HOUR + i, 0, &hit), 0);
        }
    }
    assert_int_equal(note(watch, FRAUD_EARNS, "1", "", 7 * 24 * HOUR, 0, &hit), 1);
    assert_true(hit.is_new);
    fraud_watch_alerted(watch, "rule", "card 1", (struct unix_ms){7 * 24 * HOUR});
    assert_int_equal(note(watch, FRAUD_EARNS, "1", "", 7 * 24 * HOUR + 9, 0, &hit), 1);
    assert_false(hit.is_new);
    assert_int_equal(note(watch, FRAUD_EARNS, "1", "", today + 9, 0, &hit), 1);
    assert_int_equal(hit.found, 4);
    assert_true(hit.is_new); /* what was found of that day is no alert about today */
    fraud_watch_alerted(watch, "rule", "card 1", (struct unix_ms){today + 9});
    fraud_watch_not_alerted(watch, "rule", "card 1", (struct unix_ms){today + 9});
    assert_int_equal(note(watch, FRAUD_EARNS, "1", "", today + 9, 0, &hit), 1);
    assert_true(hit.is_new);
    fraud_watch_destroy(watch);
}

/* Who shows no card is somebody, too. */
static void test_a_member_without_a_card(void **state)
{
    struct fraud_rules rules = one(FRAUD_EARNS, FRAUD_BY_CARD, 0, 0);
    struct fraud_watch *watch = fraud_watch_create(&rules);
    struct fraud_hit hits[LIMIT_FRAUD_RULES];
    struct fraud_activity activity = {
        .kind = FRAUD_EARNS, .member = text("0199"), .cashier = text("7"), .time = {HOUR}};
    char subject[FRAUD_WORDS_BYTES];
    (void)state;
    assert_int_equal(fraud_watch_note(watch, &activity, hits), 1);
    assert_string_equal(hits[0].subject, "member 0199");
    rules.rules[0].by = FRAUD_BY_CARD_AT_CASHIER;
    assert_true(fraud_subject(&rules.rules[0], &activity, subject));
    assert_string_equal(subject, "member 0199 at cashier 7");
    fraud_watch_destroy(watch);
}

static void test_points_are_added(void **state)
{
    struct fraud_rules rules = one(FRAUD_POINTS, FRAUD_BY_CARD, 10000, 0);
    struct fraud_watch *watch = fraud_watch_create(&rules);
    struct fraud_hit hit;
    char words[FRAUD_WORDS_BYTES];
    (void)state;
    assert_int_equal(note(watch, FRAUD_EARNS, "1", "", 0, 10000, &hit), 0);
    assert_int_equal(note(watch, FRAUD_RETURNS, "1", "", 0, 10000, &hit), 0);
    assert_int_equal(note(watch, FRAUD_EARNS, "1", "", 0, 50, &hit), 1);
    fraud_words(&rules, &hit, words);
    assert_string_equal(words, "100.50 points in 16 h, more than 100.00");
    fraud_watch_destroy(watch);
}

/* One card is scanned all day; the others of the same cashier are no fraud. */
static void test_a_share_of_one_cashiers_sales(void **state)
{
    struct fraud_rules rules = one(FRAUD_EARNS, FRAUD_BY_CARD_AT_CASHIER, 4, 25);
    struct fraud_watch *watch = fraud_watch_create(&rules);
    struct fraud_hit hit;
    char card[16];
    char words[FRAUD_WORDS_BYTES];
    (void)state;
    for (int i = 0; i < 16; i++) {
        (void)snprintf(card, sizeof card, "%d", 100 + i);
        assert_int_equal(note(watch, FRAUD_EARNS, card, "7", HOUR, 0, &hit), 0);
    }
    for (int i = 0; i < 5; i++) { /* 5 of 21 are less than a quarter */
        assert_int_equal(note(watch, FRAUD_EARNS, "9", "7", HOUR, 0, &hit), 0);
    }
    assert_int_equal(note(watch, FRAUD_EARNS, "9", "7", HOUR, 0, &hit), 1); /* 6 of 22 */
    assert_string_equal(hit.subject, "card 9 at cashier 7");
    fraud_words(&rules, &hit, words);
    assert_string_equal(words, "6 earns in 16 h, more than 4; of 22 there, more than 25 %");
    for (int i = 0; i < 9; i++) {
        assert_int_equal(note(watch, FRAUD_EARNS, "9", "", HOUR, 0, &hit), 0); /* by nobody */
    }
    fraud_watch_destroy(watch);
}

/* Who stood at which till, and not who was its cashier. */
static void test_tills_are_no_cashiers(void **state)
{
    (void)state;
    const enum fraud_by kinds[] = {FRAUD_BY_TILL, FRAUD_BY_CARD_AT_TILL, FRAUD_BY_CASHIER};
    const char *const subjects[] = {"till 3", "card 9 at till 3", "cashier 7"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct fraud_rules rules = one(FRAUD_EARNS, kinds[i], 0, 0);
        struct fraud_watch *watch = fraud_watch_create(&rules);
        struct fraud_hit hits[LIMIT_FRAUD_RULES];
        struct fraud_activity activity = {.kind = FRAUD_EARNS,
                                          .card = text("9"),
                                          .cashier = text("7"),
                                          .till = text("3"),
                                          .time = {HOUR}};
        assert_int_equal(fraud_watch_note(watch, &activity, hits), 1);
        assert_string_equal(hits[0].subject, subjects[i]);
        fraud_watch_destroy(watch);
    }
}

static void test_earned_and_returned(void **state)
{
    struct fraud_rules rules = one(FRAUD_RETURNS, FRAUD_BY_CARD, 2, 50);
    struct fraud_watch *watch = fraud_watch_create(&rules);
    struct fraud_hit hit;
    char words[FRAUD_WORDS_BYTES];
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(note(watch, FRAUD_EARNS, "1", "", i, 0, &hit), 0);
        assert_int_equal(note(watch, FRAUD_RETURNS, "1", "", i, 0, &hit), i == 2 ? 1 : 0);
    }
    assert_int_equal(note(watch, FRAUD_EARNS, "1", "", 4, 0, &hit), 1); /* and buys again */
    assert_int_equal(hit.found, 3);
    assert_int_equal(hit.total, 4);
    fraud_words(&rules, &hit, words);
    assert_string_equal(words, "3 returns in 16 h, more than 2; of 4 earns, more than 50 %");
    for (int i = 0; i < 2; i++) {
        (void)note(watch, FRAUD_EARNS, "1", "", 5, 0, &hit);
    }
    assert_int_equal(note(watch, FRAUD_EARNS, "1", "", 6, 0, &hit), 0); /* 3 of 7 */
    fraud_watch_destroy(watch);
}

/* Whoever brings half the town. */
static void test_one_who_brings_many(void **state)
{
    struct fraud_rules rules = one(FRAUD_REFERRALS, FRAUD_BY_REFERRER, 2, 0);
    struct fraud_watch *watch = fraud_watch_create(&rules);
    struct fraud_hit hit;
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(note(watch, FRAUD_EARNS, "a", "", i, 0, &hit), 0);
        assert_int_equal(note(watch, FRAUD_REFERRALS, "a", "", i, 0, &hit), i == 2 ? 1 : 0);
    }
    assert_string_equal(hit.subject, "member a");
    fraud_watch_destroy(watch);
}

/* What is refused is not counted; points may become known later. */
static void test_what_is_not_counted(void **state)
{
    struct fraud_rules rules = one(FRAUD_EARNS, FRAUD_BY_CARD_AT_CASHIER, 1, 50);
    struct fraud_watch *watch = fraud_watch_create(&rules);
    struct fraud_hit hits[LIMIT_FRAUD_RULES];
    struct fraud_activity activity = {
        .kind = FRAUD_EARNS, .card = text("1"), .cashier = text("7"), .time = {HOUR}};
    (void)state;
    assert_int_equal(fraud_watch_note(watch, &activity, hits), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fraud_watch_note(watch, &activity, hits), 1);
        assert_int_equal(hits[0].found, 2);
        assert_int_equal(hits[0].total, 2);
        fraud_watch_forget(watch, &activity);
    }
    activity.kind = FRAUD_POINTS;
    assert_int_equal(fraud_watch_note(watch, &activity, hits), 0);
    fraud_watch_destroy(watch);
    rules = one(FRAUD_POINTS, FRAUD_BY_CARD, 10, 0);
    watch = fraud_watch_create(&rules);
    activity.kind = FRAUD_EARNS;
    assert_int_equal(fraud_watch_note(watch, &activity, hits), 0);
    activity.kind = FRAUD_POINTS;
    activity.points = 11;
    assert_int_equal(fraud_watch_note(watch, &activity, hits), 1);
    assert_true(fraud_rules_equal(&rules, &rules));
    struct fraud_rules others = rules;
    others.rules[0].share = 1;
    assert_false(fraud_rules_equal(&rules, &others));
    fraud_watch_destroy(watch);
}

/* However many there are, a watch has its size; and finds what is about now. */
static void test_more_than_there_is_room_for(void **state)
{
    struct fraud_rules rules = one(FRAUD_EARNS, FRAUD_BY_CARD, 1, 0);
    struct fraud_watch *watch = fraud_watch_create(&rules);
    struct fraud_hit hit;
    char card[16];
    (void)state;
    for (int i = 0; i < FRAUD_KEYS / 2 * 3; i++) {
        (void)snprintf(card, sizeof card, "%d", i);
        assert_int_equal(note(watch, FRAUD_EARNS, card, "", i, 0, &hit), 0);
    }
    assert_int_equal(note(watch, FRAUD_EARNS, card, "", FRAUD_KEYS / 2 * 3, 0, &hit), 1);
    fraud_watch_destroy(watch);
}

static void test_what_makes_no_sense(void **state)
{
    struct note why = {""};
    struct fraud_rules rules = one(FRAUD_EARNS, FRAUD_BY_CARD, 1, 30);
    (void)state;
    assert_int_equal(fraud_rule_check(&rules.rules[0], &why), ERR_INPUT);
    rules = one(FRAUD_BURNS, FRAUD_BY_CASHIER, 1, 0);
    assert_int_equal(fraud_rule_check(&rules.rules[0], &why), ERR_INPUT);
    rules = one(FRAUD_BURNS, FRAUD_BY_CARD, 1, 0);
    assert_int_equal(fraud_rule_check(&rules.rules[0], &why), ERR_OK);
    rules.rules[0].action = FRAUD_HOLD;
    assert_int_equal(fraud_rule_check(&rules.rules[0], &why), ERR_INPUT);
    rules = one(FRAUD_REFERRALS, FRAUD_BY_CARD, 1, 0);
    assert_int_equal(fraud_rule_check(&rules.rules[0], &why), ERR_INPUT);
    rules = one(FRAUD_EARNS, FRAUD_BY_REFERRER, 1, 0);
    assert_int_equal(fraud_rule_check(&rules.rules[0], &why), ERR_INPUT);
    rules = one(FRAUD_REFERRALS, FRAUD_BY_REFERRER, 1, 0);
    assert_int_equal(fraud_rule_check(&rules.rules[0], &why), ERR_OK);
    rules = one(FRAUD_RETURNS, FRAUD_BY_CARD, 1, 30);
    rules.rules[0].action = FRAUD_REFUSE;
    assert_int_equal(fraud_rule_check(&rules.rules[0], &why), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_window_slides),
        cmocka_unit_test(test_old_receipts_count_day_by_day),
        cmocka_unit_test(test_a_member_without_a_card),
        cmocka_unit_test(test_points_are_added),
        cmocka_unit_test(test_a_share_of_one_cashiers_sales),
        cmocka_unit_test(test_tills_are_no_cashiers),
        cmocka_unit_test(test_earned_and_returned),
        cmocka_unit_test(test_one_who_brings_many),
        cmocka_unit_test(test_what_is_not_counted),
        cmocka_unit_test(test_more_than_there_is_room_for),
        cmocka_unit_test(test_what_makes_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/random.h"
#include "settlement/payments.h"

#define PARTNERS_MAX 1000u

static struct net_position position(const char *id, int64_t owed)
{
    struct net_position row = {.owed = {owed}};
    assert_int_equal(partner_id_parse(id, &row.partner), ERR_OK);
    return row;
}

static void expect_payment(const struct payment *payment, const char *debtor, const char *creditor,
                           int64_t amount)
{
    assert_string_equal(payment->debtor.text, debtor);
    assert_string_equal(payment->creditor.text, creditor);
    assert_int_equal(payment->amount.minor, amount);
}

static void test_largest_first(void **state)
{
    (void)state;
    struct net_position rows[] = {position("bakery", 0), position("fuel", 80),
                                  position("grocer", -30), position("hotel", -60),
                                  position("kiosk", 10)};
    struct payment payments[5];
    size_t count = 9;
    assert_int_equal(payments_plan(rows, 5, payments, &count), ERR_OK);
    assert_int_equal(count, 3);
    expect_payment(&payments[0], "fuel", "hotel", 60);
    expect_payment(&payments[1], "fuel", "grocer", 20);
    expect_payment(&payments[2], "kiosk", "grocer", 10);
}

static void test_equal_ones_by_id(void **state)
{
    (void)state;
    struct net_position rows[] = {position("d", -5), position("b", 5), position("c", -5),
                                  position("a", 5)};
    struct payment payments[4];
    size_t count;
    assert_int_equal(payments_plan(rows, 4, payments, &count), ERR_OK);
    assert_int_equal(count, 2);
    expect_payment(&payments[0], "a", "c", 5);
    expect_payment(&payments[1], "b", "d", 5);
}

static void test_nobody_pays(void **state)
{
    (void)state;
    struct net_position rows[] = {position("a", 0)};
    struct payment payments[1];
    size_t count = 9;
    assert_int_equal(payments_plan(rows, 1, payments, &count), ERR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(payments_plan(NULL, 0, NULL, &count), ERR_OK);
    assert_int_equal(count, 0);
}

static void test_refused(void **state)
{
    (void)state;
    struct net_position uneven[] = {position("a", 5), position("b", -4)};
    struct net_position too_large[] = {position("a", INT64_MIN), position("b", 0)};
    struct payment payments[2];
    size_t count = 9;
    assert_int_equal(payments_plan(uneven, 2, payments, &count), ERR_INPUT);
    assert_int_equal(payments_plan(too_large, 2, payments, &count), ERR_RANGE);
    assert_int_equal(count, 9);
}

/* Positions that sum to zero; some of them equal, some zero. */
static void random_positions(struct random_source *random, struct net_position *rows, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        char id[32];
        int64_t owed;
        snprintf(id, sizeof id, "p%03u", (unsigned)i % 1000);
        random_fill(random, &owed, sizeof owed);
        owed = i + 1 == count ? -sum : owed % (i % 3 == 0 ? 4 : 100000);
        rows[i] = position(id, owed);
        sum += owed;
    }
}

static void reverse(struct net_position *rows, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct net_position held = rows[i];
        rows[i] = rows[count - 1 - i];
        rows[count - 1 - i] = held;
    }
}

static int64_t paid(const struct payment *payments, size_t count, const struct partner_id *partner)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += partner_id_equal(&payments[i].debtor, partner) ? payments[i].amount.minor : 0;
        sum -= partner_id_equal(&payments[i].creditor, partner) ? payments[i].amount.minor : 0;
    }
    return sum;
}

static void check_plan(uint64_t seed, const struct net_position *rows, size_t count)
{
    static struct net_position used[PARTNERS_MAX];
    static struct payment payments[2][PARTNERS_MAX];
    size_t made[2];
    for (size_t turn = 0; turn < 2; turn++) { /* in two orders of the same positions */
        memcpy(used, rows, count * sizeof used[0]);
        if (turn == 1) {
            reverse(used, count);
        }
        assert_int_equal(payments_plan(used, count, payments[turn], &made[turn]), ERR_OK);
    }
    if (made[0] >= count || made[0] != made[1] ||
        memcmp(payments[0], payments[1], made[0] * sizeof payments[0][0]) != 0) {
        fail_msg("seed %" PRIu64 ": %zu and %zu payments of %zu", seed, made[0], made[1], count);
    }
    for (size_t i = 0; i < count; i++) {
        if (paid(payments[0], made[0], &rows[i].partner) != rows[i].owed.minor) {
            fail_msg("seed %" PRIu64 ": %s pays another amount", seed, rows[i].partner.text);
        }
    }
}

static void test_property_exact_and_few(void **state)
{
    (void)state;
    static struct net_position rows[PARTNERS_MAX];
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct random_stream stream = random_stream_of(seed);
        struct random_source random = random_seeded(&stream);
        size_t count = 1 + seed % 40;
        random_positions(&random, rows, count);
        check_plan(seed, rows, count);
    }
    struct random_stream stream = random_stream_of(1);
    struct random_source random = random_seeded(&stream);
    random_positions(&random, rows, PARTNERS_MAX);
    check_plan(1, rows, PARTNERS_MAX);
}

static struct pair_statement between(const char *first, const char *second)
{
    struct pair_statement s = {.coalition = "demo", .currency = "EUR"};
    s.halves[0].sender = s.halves[1].receiver = position(first, 0).partner;
    s.halves[1].sender = s.halves[0].receiver = position(second, 0).partner;
    return s;
}

static void test_left_out(void **state)
{
    (void)state;
    struct pair_statement statements[] = {between("a", "b"), between("b", "c"), between("a", "c"),
                                          between("c", "d")};
    struct partner_id left_out[] = {position("b", 0).partner};
    assert_int_equal(statements_without(statements, 4, left_out, 1), 2);
    assert_string_equal(statements[0].halves[0].receiver.text, "c");
    assert_string_equal(statements[1].halves[0].receiver.text, "d");
    assert_int_equal(statements_without(statements, 2, NULL, 0), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_largest_first),
        cmocka_unit_test(test_equal_ones_by_id),
        cmocka_unit_test(test_nobody_pays),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_property_exact_and_few),
        cmocka_unit_test(test_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

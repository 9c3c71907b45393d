/* An obligation step by step, and what both sides must agree on whatever the order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "settlement/bank_account.h"
#include "settlement/obligation.h"

static const struct partner_id fuel = {"fuel"};
static const struct partner_id grocer = {"grocer"};
static const struct period october = {202610};

static struct obligation owed(int64_t minor)
{
    struct obligation obligation = {.booking_count = 0};
    struct payment payment = {fuel, grocer, {minor}};
    obligation_of_payment(&payment, "demo", october, "EUR", &obligation.terms);
    return obligation;
}

static enum obligation_answer book(struct obligation *obligation, const struct partner_id *self,
                                   const char *reference, int64_t minor)
{
    struct booking booking = {"", {minor}, {1}};
    snprintf(booking.bank_reference, sizeof booking.bank_reference, "%s", reference);
    return obligation_book(obligation, self, &booking);
}

/* One says what there is to say, and the other hears it. */
static void tell(struct obligation *from, const struct partner_id *self, struct obligation *to,
                 const struct partner_id *other)
{
    struct payment_notice notice;
    if (!obligation_needs_notice(from, self)) {
        return;
    }
    obligation_next_notice(from, self, "demo", october, &notice);
    assert_int_equal(obligation_say(from, self, &notice, slice_of("x", 1)), OBLIGATION_OK);
    assert_int_equal(obligation_say(from, self, &notice, slice_of("x", 1)), OBLIGATION_STALE);
    assert_int_equal(obligation_hear(to, other, &notice, slice_of("x", 1)), OBLIGATION_OK);
    assert_int_equal(obligation_hear(to, other, &notice, slice_of("x", 1)), OBLIGATION_STALE);
}

static void settle(struct obligation *debtor, struct obligation *creditor)
{
    for (int i = 0; i < 3; i++) {
        tell(creditor, &grocer, debtor, &fuel);
        tell(debtor, &fuel, creditor, &grocer);
    }
    assert_false(obligation_needs_notice(debtor, &fuel));
    assert_false(obligation_needs_notice(creditor, &grocer));
}

static void test_the_way_through(void **state)
{
    (void)state;
    struct obligation debtor = owed(1000);
    struct obligation creditor = owed(1000);
    const struct uid file = {{1}};
    assert_int_equal(obligation_step(&debtor), OBLIGATION_NETTED);
    assert_int_equal(obligation_instruct(&creditor, &grocer, &file, false, (struct unix_ms){5}),
                     OBLIGATION_NOT_OURS);
    assert_int_equal(obligation_instruct(&debtor, &fuel, &file, false, (struct unix_ms){5}),
                     OBLIGATION_OK);
    assert_int_equal(obligation_instruct(&debtor, &fuel, &file, false, (struct unix_ms){5}),
                     OBLIGATION_NOTHING_DUE);
    assert_int_equal(obligation_step(&debtor), OBLIGATION_INSTRUCTED);
    assert_int_equal(obligation_step(&creditor), OBLIGATION_NETTED);
    tell(&debtor, &fuel, &creditor, &grocer);
    assert_int_equal(obligation_step(&creditor), OBLIGATION_INSTRUCTED);
    /* What the debtor's bank says makes nothing paid. */
    assert_int_equal(book(&debtor, &fuel, "out", 1000), OBLIGATION_OK);
    assert_int_equal(obligation_step(&debtor), OBLIGATION_INSTRUCTED);
    assert_int_equal(book(&creditor, &grocer, "in", 1000), OBLIGATION_OK);
    assert_int_equal(book(&creditor, &grocer, "in", 1000), OBLIGATION_BOOKING_KNOWN);
    assert_int_equal(obligation_step(&creditor), OBLIGATION_PAID);
    tell(&creditor, &grocer, &debtor, &fuel);
    assert_int_equal(obligation_step(&debtor), OBLIGATION_PAID);
    tell(&debtor, &fuel, &creditor, &grocer);
    assert_int_equal(obligation_step(&debtor), OBLIGATION_PAID); /* the creditor may not know */
    settle(&debtor, &creditor);
    assert_int_equal(obligation_step(&debtor), OBLIGATION_CLOSED);
    assert_int_equal(obligation_step(&creditor), OBLIGATION_CLOSED);
}

static void test_parts_and_credits(void **state)
{
    (void)state;
    struct obligation debtor = owed(1000);
    struct obligation creditor = owed(1000);
    const struct uid files[] = {{{1}}, {{2}}};
    assert_int_equal(obligation_instruct(&debtor, &fuel, &files[0], false, (struct unix_ms){5}),
                     OBLIGATION_OK);
    assert_int_equal(book(&creditor, &grocer, "1", 300), OBLIGATION_OK);
    assert_int_equal(obligation_to_instruct(&debtor, true).minor, 0);
    settle(&debtor, &creditor);
    assert_int_equal(obligation_step(&creditor), OBLIGATION_INSTRUCTED);
    assert_int_equal(obligation_residual(&debtor).minor, 700);
    assert_int_equal(obligation_to_instruct(&debtor, false).minor, 0);
    assert_int_equal(obligation_to_instruct(&debtor, true).minor, 700);
    assert_int_equal(obligation_instruct(&debtor, &fuel, &files[1], true, (struct unix_ms){6}),
                     OBLIGATION_OK);
    assert_int_equal(debtor.in_file.minor, 700);
    assert_int_equal(obligation_to_instruct(&debtor, true).minor, 0);
    assert_int_equal(book(&creditor, &grocer, "2", 700), OBLIGATION_OK);
    settle(&debtor, &creditor);
    assert_int_equal(obligation_step(&debtor), OBLIGATION_CLOSED);
    assert_int_equal(book(&creditor, &grocer, "3", 700), OBLIGATION_OK);
    assert_int_equal(obligation_step(&creditor), OBLIGATION_PAID); /* until both agree anew */
    settle(&debtor, &creditor);
    assert_int_equal(obligation_step(&debtor), OBLIGATION_CLOSED);
    assert_int_equal(obligation_residual(&debtor).minor, -700);
    assert_int_equal(book(&creditor, &grocer, "back", -1701), OBLIGATION_AMOUNT_INVALID);
    assert_int_equal(book(&creditor, &grocer, "back", -800), OBLIGATION_OK);
    settle(&debtor, &creditor);
    assert_int_equal(obligation_step(&debtor), OBLIGATION_INSTRUCTED);
    assert_int_equal(obligation_residual(&debtor).minor, 100);
}

static void test_a_copy_from_before(void **state)
{
    (void)state;
    struct obligation debtor = owed(1000);
    struct obligation creditor = owed(1000);
    assert_int_equal(book(&creditor, &grocer, "1", 400), OBLIGATION_OK);
    settle(&debtor, &creditor);
    assert_int_equal(book(&creditor, &grocer, "2", 600), OBLIGATION_OK);
    settle(&debtor, &creditor);
    assert_int_equal(obligation_step(&debtor), OBLIGATION_CLOSED);
    debtor = owed(1000); /* lost with an older copy; the creditor says it all again */
    struct payment_notice again;
    obligation_next_notice(&creditor, &grocer, "demo", october, &again);
    again.number = creditor.number;
    assert_int_equal(obligation_hear(&debtor, &fuel, &again, slice_of("x", 1)), OBLIGATION_OK);
    settle(&debtor, &creditor);
    assert_int_equal(obligation_step(&debtor), OBLIGATION_CLOSED);
    assert_int_equal(obligation_step(&creditor), OBLIGATION_CLOSED);
}

static void test_nothing_owed(void **state)
{
    (void)state;
    struct obligation obligation = owed(0);
    assert_int_equal(obligation_step(&obligation), OBLIGATION_CLOSED);
    assert_int_equal(obligation_to_instruct(&obligation, true).minor, 0);
    assert_int_equal(book(&obligation, &grocer, "x", 0), OBLIGATION_AMOUNT_INVALID);
    assert_int_equal(book(&obligation, &grocer, "", 5), OBLIGATION_AMOUNT_INVALID);
    assert_int_equal(book(&obligation, &grocer, "x", LIMIT_BOOKING_MINOR + 1),
                     OBLIGATION_AMOUNT_INVALID);
    for (unsigned i = 0; i < LIMIT_BOOKINGS; i++) {
        char reference[16];
        snprintf(reference, sizeof reference, "%u", i);
        assert_int_equal(book(&obligation, &grocer, reference, 1), OBLIGATION_OK);
    }
    assert_int_equal(book(&obligation, &grocer, "one more", 1), OBLIGATION_BOOKINGS_FULL);
    assert_int_equal(obligation_step(&obligation), OBLIGATION_PAID); /* a credit, to be agreed on */
}

static void test_references(void **state)
{
    (void)state;
    char first[PAYMENT_REFERENCE_MAX];
    char other[PAYMENT_REFERENCE_MAX];
    struct period period = {0};
    static const struct {
        uint32_t period;
        const char *head;
        size_t length;
    } named[] = {
        {202611, "T202611-", 34}, {2026048, "T2026W48-", 35}, {20261129, "T20261129-", 35}};
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        payment_reference("demo", (struct period){named[i].period}, &fuel, &grocer, first);
        assert_int_equal(strncmp(first, named[i].head, strlen(named[i].head)), 0);
        assert_int_equal(strlen(first), named[i].length);
        assert_int_equal(payment_reference_period(first, &period), ERR_OK);
        assert_int_equal(period.code, named[i].period);
    }
    payment_reference("demo", october, &fuel, &grocer, first);
    assert_int_equal(strlen(first), 34);
    assert_int_equal(strspn(first, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"), 34);
    assert_int_equal(payment_reference_period(first, &period), ERR_OK);
    assert_int_equal(period.code, 202610);
    payment_reference("demo", october, &grocer, &fuel, other);
    assert_string_not_equal(first, other);
    payment_reference("dem", october, &fuel, &grocer, other);
    assert_string_not_equal(first, other);
    payment_reference("demo", (struct period){202611}, &fuel, &grocer, other);
    assert_string_not_equal(first, other);
    static const char *const wrong[] = {"", "INVOICE 4711", "T202613-0123456789ABCDEF0123456789",
                                        "T202610-0123456789abcdef0123456789",
                                        "T202610-0123456789ABCDEF01234567890"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(payment_reference_period(wrong[i], &period), ERR_INPUT);
    }
}

static void test_accounts(void **state)
{
    (void)state;
    /* The examples of the registry of ISO 13616. */
    static const char *const sound[] = {"DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819",
                                        "KZ86125KZT5004100100", "NO9386011117947",
                                        "MT84MALT011000012345MTLCAST001S"};
    static const char *const wrong[] = {"",
                                        "DE89370400440532013001",
                                        "de89370400440532013000",
                                        "DE8937040044053201300!",
                                        "D189370400440532013000",
                                        "XX0012345678",
                                        "DE893704004405320130003704004405320130001"};
    char iban[IBAN_TEXT_MAX];
    for (size_t i = 0; i < sizeof sound / sizeof sound[0]; i++) {
        assert_int_equal(iban_parse(sound[i], iban), ERR_OK);
        assert_null(strchr(iban, ' '));
        for (size_t k = 2; iban[k] != '\0'; k++) { /* one digit that is wrong is always seen */
            char typo[IBAN_TEXT_MAX];
            memcpy(typo, iban, sizeof typo);
            typo[k] = typo[k] == '7' ? '8' : '7';
            assert_int_equal(iban_parse(typo, typo), ERR_INPUT);
        }
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(iban_parse(wrong[i], iban), ERR_INPUT);
    }
    assert_true(bic_is_valid("COBADEFFXXX"));
    assert_true(bic_is_valid("DEUTDEFF"));
    assert_false(bic_is_valid("DEUTDEF"));
    assert_false(bic_is_valid("DEUTDEFO"));
    assert_false(bic_is_valid("D1UTDEFF"));
    struct bank_account account = {"DE89370400440532013000", "", "Fuel"};
    assert_int_equal(bank_account_check(&account, NULL), ERR_OK);
    account.holder[0] = '\0';
    assert_int_equal(bank_account_check(&account, NULL), ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_way_through),    cmocka_unit_test(test_parts_and_credits),
        cmocka_unit_test(test_a_copy_from_before), cmocka_unit_test(test_nothing_owed),
        cmocka_unit_test(test_references),         cmocka_unit_test(test_accounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

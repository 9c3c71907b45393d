/* Whose signatures count: a key that was rotated out, for what it signed while it was in use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "shop.h"

static const struct period october = {202610};

/* Large. */
static struct street street;
static struct charter before;
static struct charter_partner partners_before[BRANDS];
static struct charter *epochs[2];
static struct charter_chain chain = {.charters = epochs, .count = 2};
static struct charter_revocation revocation;
static struct buffer bytes;
static struct signed_message statement;

/* The second brand signs, and then its key is no longer in the charter. */
static int begin(void **state)
{
    (void)state;
    street_init(&street, 1);
    before = street.charter;
    memcpy(partners_before, street.partners, sizeof partners_before);
    before.partners = partners_before;
    epochs[0] = &before;
    epochs[1] = &street.charter;
    street.chain = &chain;
    struct shop_host signer = shop_host(&street, 1);
    assert_int_equal(
        peer_sign(&signer.host, PURPOSE_STATEMENT, slice_of("what was agreed", 15), &bytes),
        ERR_OK);
    shop_host_end(&signer);
    assert_int_equal(signed_decode(buffer_slice(&bytes), &statement), ERR_OK);
    street.charter.epoch = 2;
    street.partners[1].online[0].id.bytes[0] ^= 1; /* another key */
    return 0;
}

static int end(void **state)
{
    (void)state;
    buffer_fini(&bytes);
    street_fini(&street);
    return 0;
}

static enum err verify_past(enum purpose purpose, unsigned partner)
{
    struct shop_host host = shop_host(&street, 0);
    struct note note = {""};
    enum err err = peer_verify_past(&host.host, &statement, purpose,
                                    &street.shops[partner].brand.id, october, &note);
    shop_host_end(&host);
    return err;
}

static void test_what_was_signed_before_counts(void **state)
{
    (void)state;
    struct shop_host host = shop_host(&street, 0);
    struct note note = {""};
    assert_int_equal(
        peer_verify(&host.host, &statement, PURPOSE_STATEMENT, &street.shops[1].brand.id, &note),
        ERR_SIGNATURE);
    shop_host_end(&host);
    assert_int_equal(verify_past(PURPOSE_STATEMENT, 1), ERR_OK);
    street.chain = NULL;
    assert_int_equal(verify_past(PURPOSE_STATEMENT, 1), ERR_SIGNATURE);
}

static void test_nothing_else_does(void **state)
{
    (void)state;
    assert_int_equal(verify_past(PURPOSE_STATEMENT_COUNTERSIGN, 1), ERR_SIGNATURE);
    assert_int_equal(verify_past(PURPOSE_STATEMENT, 0), ERR_SIGNATURE);
    statement.charter_epoch = 4; /* one that nobody has */
    assert_int_equal(verify_past(PURPOSE_STATEMENT, 1), ERR_SIGNATURE);
}

static void test_a_key_that_ended_before_the_period(void **state)
{
    (void)state;
    partners_before[1].online[0].valid_until = period_start(october);
    assert_int_equal(verify_past(PURPOSE_STATEMENT, 1), ERR_OK); /* it had begun in the east */
    partners_before[1].online[0].valid_until.ms -= DAY_MS;
    assert_int_equal(verify_past(PURPOSE_STATEMENT, 1), ERR_SIGNATURE);
}

static void test_a_revoked_key(void **state)
{
    (void)state;
    partners_before[1].online[0].revocation = &revocation;
    assert_int_equal(verify_past(PURPOSE_STATEMENT, 1), ERR_SIGNATURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_was_signed_before_counts, begin, end),
        cmocka_unit_test_setup_teardown(test_nothing_else_does, begin, end),
        cmocka_unit_test_setup_teardown(test_a_key_that_ended_before_the_period, begin, end),
        cmocka_unit_test_setup_teardown(test_a_revoked_key, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

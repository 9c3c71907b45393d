/* Faults seeded into one side's half, at each state of the pair: found, called by their name, and
 * ended the right way. The tables below say what must come out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "faults.h"
#include "peer/pair.h"

/* Large. */
static struct street street;
static struct comparison comparison;

static const struct period period = {202610};

/* The other shop's questions about the half that the first one sends. */
static enum err compare(unsigned asker, struct note *note)
{
    enum err err = street_compare(&street, asker, asker == 0 ? STREAM_OUT : STREAM_IN, period,
                                  &comparison, NULL, note);
    comparison_close(&comparison);
    return err;
}

static bool is_equal_to(unsigned asker)
{
    struct note note = {""};
    return compare(asker, &note) == ERR_OK && comparison.search.stage == RECONCILE_EQUAL;
}

static void expect_state(unsigned index, enum pair_state state)
{
    struct pair_row row = street_pair(&street, index, period);
    if (row.pair.state != state) {
        fail_msg("shop %u is at %d, not %d: %zu %zu %zu %zu %s", index, (int)row.pair.state, (int)state,
                 row.pair.own_signed.length, row.pair.partner_signed.length,
                 row.pair.own_countersigned.length, row.pair.partner_countersigned.length,
                 row.pair.detail);
    }
    pair_row_fini(&row);
}

/* ---- Rows that are not what the journal gives ---- */

/* Until both agree, whatever there was before. */
static void settle(enum stage stage)
{
    struct note note = {""};
    if (stage <= STAGE_CLOSING) {
        faults_reach(&street, period, stage, STAGE_AGREED);
    } else if (stage != STAGE_FROZEN) {
        assert_int_equal(street_exchange(&street, 0, period, false, &note), ERR_OK);
        assert_int_equal(street_exchange(&street, 1, period, false, &note), ERR_OK);
    }
    if (stage != STAGE_FROZEN) {
        expect_state(0, PAIR_MATCHED);
        expect_state(1, PAIR_MATCHED);
    }
}

static void expect_signed_stands(unsigned index)
{
    struct shop_host host = shop_host(&street, index);
    bool is_due;
    assert_int_equal(
        mending_is_due(&host.host, &street.shops[1 - index].brand.id, period, &is_due), ERR_OK);
    assert_false(is_due);
    shop_host_end(&host);
}

static void reach(enum stage stage, unsigned index, enum fault fault)
{
    struct note note = {""};
    if (stage == STAGE_DIFFERING) {
        faults_reach(&street, period, STAGE_OPEN, STAGE_CLOSING);
        street_close_period(&street, 1, period);
        shop_clear(&street, 1);
        faults_seed_rows(&street, index, period, fault);
        assert_int_equal(street_exchange(&street, 0, period, false, &note), ERR_OK);
        expect_state(0, PAIR_DIFFERING);
        expect_state(1, PAIR_DIFFERING);
        return;
    }
    faults_reach(&street, period, STAGE_OPEN, stage);
    faults_seed_rows(&street, index, period, fault);
}

static void run_rows(enum stage stage, unsigned index, enum fault fault)
{
    struct note note = {""};
    uint32_t mended;
    faults_begin(&street, 1);
    reach(stage, index, fault);
    struct pair_row before = street_pair(&street, index, period);
    assert_false(is_equal_to(0));
    assert_false(is_equal_to(1));
    assert_int_equal(street_check(&street, 1 - index, period, &mended, &note), ERR_OK);
    assert_int_equal(mended, 0);
    assert_int_equal(street_check(&street, index, period, &mended, &note), ERR_OK);
    assert_true(mended > 0);
    assert_true(is_equal_to(0));
    assert_true(is_equal_to(1));
    settle(stage);
    if (stage >= STAGE_AGREED && stage <= STAGE_CLOSED) { /* what was signed never changes */
        struct pair_row after = street_pair(&street, index, period);
        assert_true(slice_equal(before.pair.own_signed, after.pair.own_signed));
        assert_true(slice_equal(before.pair.partner_signed, after.pair.partner_signed));
        pair_row_fini(&after);
    }
    if (stage != STAGE_FROZEN) {
        expect_signed_stands(0);
        expect_signed_stands(1);
    }
    pair_row_fini(&before);
    brand_assert_audit(&street.shops[0].brand);
    brand_assert_audit(&street.shops[1].brand);
    street_fini(&street);
}

static void test_rows_are_put_right(void **state)
{
    (void)state;
    for (int stage = 0; stage < STAGES; stage++) {
        for (int fault = 0; fault < FAULT_KINDS; fault++) {
            for (unsigned index = 0; index < BRANDS; index++) {
                print_message("rows of shop %u: %s, %s\n", index, fault_name((enum fault)fault),
                              stage_name((enum stage)stage));
                run_rows((enum stage)stage, index, (enum fault)fault);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_put_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Halves that differ where no signature decides: what differs is set apart by both, the rest of the
 * period is agreed, netted, paid and closed, the streams go on, and each claim ends with a
 * correction in the period that is open then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "apart_case.h"
#include "peer/pair.h"
#include "wire/messages.h"

/* Large. */
static struct apart_case room;
static struct apart_case *const c = &room;

/* How the claim ends. */
enum ending {
    END_SILENT, /* the other side says nothing: upheld */
    END_ACCEPTED,
    END_CONCEDED, /* rejected, and left at that: dismissed */
    ENDINGS
};

static void decode_statement(struct slice bytes, struct arena *arena, struct pair_statement *out)
{
    struct signed_message message;
    assert_int_equal(signed_decode(bytes, &message), ERR_OK);
    assert_int_equal(wire_statement_decode(message.payload, arena, out, NULL), ERR_OK);
}

/* The agreed statement has the claim beside its figures, and in none of them. */
static void expect_statement(enum fault fault, const struct dispute *dispute)
{
    struct pair_row row = street_pair(&c->street, 1, OCTOBER);
    struct pair_statement statement;
    struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    decode_statement(row.pair.own_signed, &arena, &statement);
    unsigned of_first =
        partner_id_equal(&statement.halves[0].sender, &apart_brand(c, 0)->id) ? 0 : 1;
    const struct statement_half *half = &statement.halves[of_first];
    assert_false(hash_is_zero(&half->apart_hash));
    assert_int_equal(half->apart_count, apart_expected[fault].is_claimed ? 1 : 0);
    if (apart_expected[fault].is_claimed) {
        assert_int_equal(half->apart[0].count, 1);
        assert_int_equal(half->apart[0].points, dispute->claim.minor);
    }
    uint64_t sales = 0;
    for (size_t i = 0; i < half->total_count; i++) {
        sales += half->totals[i].kind == ENTRY_EARN ? half->totals[i].count : 0;
    }
    bool is_whole = fault == FAULT_DROPPED || fault == FAULT_TARIFF;
    assert_int_equal(sales, is_whole ? FAULT_ENTRIES - 1 : FAULT_ENTRIES);
    assert_true(hash_is_zero(&statement.halves[1 - of_first].apart_hash));
    arena_fini(&arena);
    pair_row_fini(&row);
}

static void expect_claim(enum fault fault)
{
    const struct apart_expected *e = &apart_expected[fault];
    for (unsigned i = 0; i < BRANDS; i++) {
        struct dispute dispute = apart_dispute_at(c, i, e->number);
        assert_int_equal(apart_dispute_count(c, i), e->is_claimed ? 1 : 0);
        if (!e->is_claimed) {
            continue;
        }
        assert_true(dispute.is_open && dispute.is_apart);
        assert_int_equal(dispute.state, DISPUTE_OPENED);
        assert_int_equal(dispute.side, i == e->claimant ? DISPUTE_OPENER : DISPUTE_ANSWERER);
        assert_int_equal(dispute.was_applied, i == e->claimant || e->is_tariff);
        assert_int_equal(dispute.is_suspended, dispute.was_applied);
        if (e->points != 0) {
            assert_int_equal(dispute.claim.minor, e->points);
        }
        assert_int_equal(dispute.other_tariff != 0, e->is_tariff);
    }
}

static void step(unsigned index, uint64_t number, enum dispute_step what)
{
    struct command command =
        brand_command(apart_brand(c, index), COMMAND_STEP_DISPUTE, ++c->street.serial);
    command.dispute = (struct command_dispute){.partner = apart_brand(c, 1 - index)->id,
                                               .direction = index == 0 ? STREAM_OUT : STREAM_IN,
                                               .number = number,
                                               .step = what};
    struct outcome outcome = engine_execute(apart_brand(c, index)->engine, &command);
    if (outcome.err != ERR_OK || outcome.verdict != VERDICT_OK) {
        fail_msg("step %s: %s %s", dispute_step_name(what), err_name(outcome.err),
                 verdict_describe(outcome.verdict)->name);
    }
    apart_come_to_rest(c);
}

static void end_claim(const struct apart_expected *e, enum ending ending)
{
    unsigned other = 1 - e->claimant;
    if (ending == END_SILENT) {
        for (unsigned i = 0; i < BRANDS; i++) {
            brand_wait(apart_brand(c, i), 10 * WEEK_MS);
        }
        apart_come_to_rest(c);
    } else if (ending == END_ACCEPTED) {
        step(other, e->number, STEP_ACCEPT);
    } else {
        step(other, e->number, STEP_REJECT);
        step(e->claimant, e->number, STEP_CONCEDE);
    }
}

/* What an end of the claim costs the second shop's member. */
static int64_t change_of(enum fault fault, enum ending ending, int64_t claim)
{
    bool is_upheld = ending != END_CONCEDED;
    if (apart_expected[fault].is_tariff) {
        return 0;
    }
    return apart_expected[fault].claimant == 0 ? (is_upheld ? claim : 0) : (is_upheld ? 0 : -claim);
}

static void expect_ended(enum fault fault, enum ending ending, int64_t before)
{
    const struct apart_expected *e = &apart_expected[fault];
    struct dispute disputes[BRANDS] = {apart_dispute_at(c, 0, e->number),
                                       apart_dispute_at(c, 1, e->number)};
    bool is_paid = ending != END_CONCEDED || e->is_tariff;
    for (unsigned i = 0; i < BRANDS; i++) {
        assert_int_equal(disputes[i].state, DISPUTE_ADJUSTED);
        assert_int_equal(disputes[i].outcome,
                         ending == END_CONCEDED ? RULING_DISMISSED : RULING_UPHELD);
        assert_int_equal(disputes[i].corrected_in.code, is_paid ? NOVEMBER.code : 0);
        assert_int_equal(apart_dispute_count(c, i), 0);
    }
    assert_int_equal(apart_available(c) - before,
                     change_of(fault, ending, disputes[0].claim.minor));
}

static void run(enum stage stage, enum fault fault, enum ending ending)
{
    const struct apart_expected *e = &apart_expected[fault];
    struct brand copy;
    struct note note = {""};
    apart_seed(c, stage, fault, &copy);
    apart_set_apart(c, stage == STAGE_PROPOSED);
    if (stage == STAGE_PROPOSED) { /* the answer was lost, and sales went on */
        assert_int_equal(
            brand_earn(apart_brand(c, 0), 9000, &c->street.shops[1].card, 4000).verdict,
            VERDICT_OK);
        assert_int_not_equal(shop_try_clear(&c->street, 0, &note), ERR_OK);
        apart_ask_apart(c);
        apart_ask_apart(c);
    }
    expect_claim(fault);
    struct dispute dispute = apart_dispute_at(c, 1, e->number);
    apart_agree(c, OCTOBER);
    expect_statement(fault, &dispute);
    faults_reach(&c->street, OCTOBER, STAGE_AGREED, STAGE_CLOSED);
    apart_sell_on(c, 9001);
    street_assert_agrees(&c->street);
    apart_check_rows(c);
    int64_t before = apart_available(c);
    if (e->is_claimed) {
        end_claim(e, ending);
        expect_ended(fault, ending, before);
    }
    apart_sell_on(c, 9002);
    street_assert_agrees(&c->street);
    apart_check_rows(c);
    for (unsigned i = 0; i < BRANDS; i++) {
        street_close_period(&c->street, i, NOVEMBER);
        shop_clear(&c->street, i);
    }
    shop_clear(&c->street, 0);
    apart_agree(c, NOVEMBER);
    street_assert_agrees(&c->street);
    street_fini(&c->street);
}

static void test_the_rest_settles(void **state)
{
    (void)state;
    static const enum stage stages[] = {STAGE_CLOSING, STAGE_PROPOSED, STAGE_MATCHED,
                                        STAGE_DIFFERING, STAGE_FROZEN};
    for (size_t s = 0; s < sizeof stages / sizeof stages[0]; s++) {
        for (int fault = 0; fault < FAULT_KINDS; fault++) {
            for (int ending = 0; ending < ENDINGS; ending++) {
                print_message("%s, %s, ending %d\n", fault_name((enum fault)fault),
                              stage_name(stages[s]), ending);
                run(stages[s], (enum fault)fault, (enum ending)ending);
            }
        }
    }
}

/* ---- A restored ledger ---- */

/* As `talea restore` does. */
static void mark(unsigned index, bool is_marked)
{
    struct shop_host host = shop_host(&c->street, index);
    assert_true(!is_marked || recovery_mark(&host.host) == ERR_OK);
    shop_host_end(&host);
}

/* One of the two is restored from a copy that knows what was set apart, and fetches the rest. */
static void run_restored(unsigned index, bool is_marked)
{
    struct brand copy;
    struct brand later;
    struct note note = {""};
    apart_seed(c, STAGE_DIFFERING, FAULT_AMOUNT, &copy);
    apart_set_apart(c, false);
    brand_copy(apart_brand(c, index), &later, index);
    apart_agree(c, OCTOBER);
    apart_sell_on(c, 9001);
    shop_restore(&c->street, index, &later);
    mark(index, is_marked);
    for (unsigned i = 0; i < 2; i++) { /* a receiver that is still frozen agrees first */
        if (shop_recover(&c->street, index, 100, &note) != ERR_OK) {
            fail_msg("shop %u: %s", index, note.text);
        }
        apart_agree(c, OCTOBER);
    }
    apart_sell_on(c, 9002);
    street_assert_agrees(&c->street);
    end_claim(&apart_expected[FAULT_AMOUNT], END_SILENT);
    street_assert_agrees(&c->street);
    apart_check_rows(c);
    street_fini(&c->street);
}

/* The same from a copy that does not know it: it fetches first what both signed. */
static void run_from_before(unsigned index, bool is_marked, bool is_ended)
{
    struct brand copy;
    struct brand before;
    struct note note = {""};
    apart_seed(c, STAGE_DIFFERING, FAULT_AMOUNT, &copy);
    brand_copy(apart_brand(c, index), &before, index);
    apart_set_apart(c, false);
    apart_agree(c, OCTOBER);
    apart_sell_on(c, 9001);
    if (is_ended) {
        end_claim(&apart_expected[FAULT_AMOUNT], END_ACCEPTED);
    }
    shop_restore(&c->street, index, &before);
    mark(index, is_marked);
    for (unsigned i = 0; i < 2; i++) {
        if (street_fetch_apart(&c->street, index, OCTOBER, &note) != ERR_OK ||
            shop_recover(&c->street, index, 100, &note) != ERR_OK) {
            fail_msg("shop %u: %s", index, note.text);
        }
        apart_agree(c, OCTOBER);
    }
    apart_sell_on(c, 9002);
    street_assert_agrees(&c->street);
    if (!is_ended) {
        end_claim(&apart_expected[FAULT_AMOUNT], END_SILENT);
    }
    apart_come_to_rest(c);
    for (unsigned i = 0; i < BRANDS; i++) {
        assert_int_equal(apart_dispute_at(c, i, 41).state, DISPUTE_ADJUSTED);
    }
    street_assert_agrees(&c->street);
    apart_check_rows(c);
    street_fini(&c->street);
}

static void test_a_copy_from_before(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        unsigned index = i & 1;
        print_message("shop %u%s%s\n", index, (i & 2) != 0 ? ", marked" : "",
                      (i & 4) != 0 ? ", the claim has ended" : "");
        run_from_before(index, (i & 2) != 0, (i & 4) != 0);
    }
}

static void test_a_restored_ledger(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        print_message("shop %u%s\n", i & 1, (i & 2) != 0 ? ", marked" : "");
        run_restored(i & 1, (i & 2) != 0);
    }
}

/* ---- What the machine rules ---- */

/* Entry 41 is a capture, which the home granted and has not. */
static void seed_capture(struct brand *copy)
{
    faults_open(&c->street);
    faults_sell(&c->street, 40);
    assert_int_equal(brand_earn(apart_brand(c, 1), 8000, &c->street.shops[1].card, 9000).verdict,
                     VERDICT_OK);
    struct uid hold = shop_hold(&c->street, 0, 11);
    shop_capture(&c->street, 0, &hold);
    for (unsigned i = 0; i < 29; i++) {
        assert_int_equal(
            brand_earn(apart_brand(c, 0), 8100 + i, &c->street.shops[1].card, 900).verdict,
            VERDICT_OK);
    }
    brand_copy(apart_brand(c, 1), copy, 1);
    shop_clear(&c->street, 0);
    faults_reach(&c->street, OCTOBER, STAGE_OPEN, STAGE_PROPOSED);
    assert_int_equal(faults_seed_receiver(&c->street, copy, OCTOBER, FAULT_DROPPED, true),
                     BATCH_TAKE);
    street_close_period(&c->street, 1, OCTOBER);
    shop_clear(&c->street, 1);
    c->street.unproven_to = FAULT_ENTRIES + 1;
}

/* Grant and capture in time and amount: the redeemer is right, and nobody is asked. */
static void test_a_granted_capture_is_ruled(void **state)
{
    (void)state;
    struct brand copy;
    seed_capture(&copy);
    int64_t before = brand_member(apart_brand(c, 1), &c->street.shops[1].member).held.minor;
    assert_int_equal(before, 11);
    apart_set_apart(c, false);
    apart_agree(c, OCTOBER);
    apart_come_to_rest(c);
    for (unsigned i = 0; i < BRANDS; i++) {
        struct dispute dispute = apart_dispute_at(c, i, 41);
        assert_int_equal(dispute.state, DISPUTE_ADJUSTED);
        assert_true(dispute.is_machine);
        assert_int_equal(dispute.outcome, RULING_UPHELD);
        assert_int_equal(dispute.corrected_in.code, NOVEMBER.code);
    }
    assert_int_equal(brand_member(apart_brand(c, 1), &c->street.shops[1].member).held.minor, 0);
    street_assert_agrees(&c->street);
    street_fini(&c->street);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_rest_settles),
        cmocka_unit_test(test_a_restored_ledger),
        cmocka_unit_test(test_a_copy_from_before),
        cmocka_unit_test(test_a_granted_capture_is_ruled),
    };
    if (access("/dev/shm", W_OK) == 0) { /* a kill of a process loses no page */
        setenv("TMPDIR", "/dev/shm", 0);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

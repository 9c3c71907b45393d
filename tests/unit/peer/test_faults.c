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
#include <unistd.h>

#include <cmocka.h>

#include "charter/evidence_proof.h"
#include "faults.h"
#include "peer/pair.h"
#include "wire/messages.h"

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
        fail_msg("shop %u is at %d, not %d: %zu %zu %zu %zu %s", index, (int)row.pair.state,
                 (int)state, row.pair.own_signed.length, row.pair.partner_signed.length,
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
    assert_int_equal(mending_is_due(&host.host, &street.shops[1 - index].brand.id, period, &is_due),
                     ERR_OK);
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
    faults_begin(&street);
    shop_clear(&street, 0);
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
        for (int fault = 0; fault < FAULT_FORKED; fault++) { /* rows are not signed */
            for (unsigned index = 0; index < BRANDS; index++) {
                print_message("rows of shop %u: %s, %s\n", index, fault_name((enum fault)fault),
                              stage_name((enum stage)stage));
                run_rows((enum stage)stage, index, (enum fault)fault);
            }
        }
    }
}

/* ---- A ledger that is not what it signed ---- */

/* What each side calls the first difference in the first shop's half. */
struct expected {
    enum difference_kind at_sender;
    enum difference_kind at_receiver;
    size_t count; /* of differences */
};

static const struct expected expected[FAULT_KINDS] = {
    [FAULT_DROPPED] = {DIFFERENCE_MISSING_THERE, DIFFERENCE_MISSING_HERE, 1},
    [FAULT_DOUBLED] = {DIFFERENCE_MISSING_HERE, DIFFERENCE_MISSING_THERE, 1},
    [FAULT_AMOUNT] = {DIFFERENCE_BODY, DIFFERENCE_BODY, 1},
    [FAULT_PERIOD] = {DIFFERENCE_PERIOD, DIFFERENCE_PERIOD, 1},
    [FAULT_TARIFF] = {DIFFERENCE_TARIFF, DIFFERENCE_TARIFF, 1},
    [FAULT_SWAPPED] = {DIFFERENCE_BODY, DIFFERENCE_BODY, 2},
    [FAULT_FORKED] = {DIFFERENCE_BODY, DIFFERENCE_BODY, 1},
};

/* The kind of the newest piece of evidence that the shop keeps; 0: none. `*out_proves`: it proves
 * itself. */
static enum evidence_kind evidence_at(unsigned index, bool *out_proves)
{
    struct shop_host host = shop_host(&street, index);
    struct charter *epochs[] = {&street.charter};
    struct charter_chain chain = {epochs, 1};
    struct evidence evidence = {.kind = (enum evidence_kind)0};
    struct arena arena;
    struct note note = {""};
    arena_init(&arena, LIMIT_DECODED_BYTES);
    *out_proves = false;
    for (uint64_t number = 1; number <= LIMIT_EVIDENCE_PER_PARTNER; number++) {
        struct ledger_key key;
        struct slice value;
        key_evidence(&street.shops[1 - index].brand.id, number, &key);
        if (view_get(&host.host.view, TABLE_EVIDENCE, &key, &value) != ERR_OK) {
            break;
        }
        assert_int_equal(wire_evidence_decode(value, &arena, &evidence, &note), ERR_OK);
        assert_int_equal(evidence_prove(&evidence, &chain, &arena, out_proves, &note), ERR_OK);
    }
    arena_fini(&arena);
    shop_host_end(&host);
    return evidence.kind;
}

static bool is_frozen(unsigned index, enum stream_direction direction)
{
    return brand_stream(&street.shops[index].brand, direction, &street.shops[1 - index].brand)
        .is_frozen;
}

static void expect_ended(unsigned index, enum difference_kind kind, size_t count,
                         enum ruling ruling, enum mend_action action)
{
    struct note note = {""};
    enum ruling ruled;
    enum err err = street_compare(&street, index, index == 0 ? STREAM_OUT : STREAM_IN, period,
                                  &comparison, NULL, &note);
    if (err != ERR_OK) {
        fail_msg("comparison by shop %u: %s: %s", index, err_name(err), note.text);
    }
    assert_int_equal(comparison.search.stage, RECONCILE_DIFFERENT);
    for (size_t i = 0; i < comparison.difference_count; i++) {
        print_message("    shop %u: %llu %s\n", index,
                      (unsigned long long)comparison.differences[i].number,
                      difference_kind_name(comparison.differences[i].kind));
    }
    assert_int_equal(comparison.difference_count, count);
    assert_int_equal(comparison.differences[0].kind, kind);
    assert_int_equal(street_mend(&street, index, &comparison, 0, &ruled, &note), action);
    assert_int_equal(ruled, ruling);
    comparison_close(&comparison);
}

/* The second shop took something else than it signed for. */
static void run_receiver(enum stage stage, enum fault fault)
{
    bool has_mark = stage != STAGE_OPEN && stage != STAGE_FROZEN;
    bool is_forked = fault == FAULT_FORKED;
    struct brand copy;
    struct note note = {""};
    uint32_t mended;
    bool proves;
    faults_begin(&street);
    brand_copy(&street.shops[1].brand, &copy, 1);
    shop_clear(&street, 0);
    faults_reach(&street, period, STAGE_OPEN, stage == STAGE_DIFFERING ? STAGE_PROPOSED : stage);
    enum batch_judgement judged = faults_seed_receiver(&street, &copy, period, fault, has_mark);
    if (fault == FAULT_PERIOD && !has_mark) { /* refused at the door: a period is a place */
        assert_int_equal(judged, BATCH_BROKEN);
        street_fini(&street);
        return;
    }
    assert_int_equal(judged, BATCH_TAKE);
    if (stage != STAGE_CLOSING && has_mark) {
        street_close_period(&street, 1, period);
        shop_clear(&street, 1);
        enum err err = street_exchange(&street, 0, period, false, &note);
        bool is_signed = stage >= STAGE_AGREED && stage <= STAGE_CLOSED;
        assert_int_equal(err, is_signed ? ERR_DISAGREE : ERR_OK);
        expect_state(0, is_signed ? PAIR_MATCHED : PAIR_DIFFERING);
        if (is_signed) { /* it can't say two things of a period: the first stands */
            assert_int_equal(evidence_at(0, &proves), EVIDENCE_TWO_STATEMENTS);
            assert_true(proves);
            assert_true(is_frozen(0, STREAM_IN) && is_frozen(0, STREAM_OUT));
        }
    }
    for (unsigned i = 0; i < BRANDS; i++) { /* each ledger is as its journal says */
        assert_int_equal(street_check(&street, i, period, &mended, &note), ERR_OK);
        assert_int_equal(mended, 0);
    }
    expect_ended(0, expected[fault].at_sender, expected[fault].count,
                 is_forked ? RULING_BOTH : RULING_OURS, is_forked ? MEND_FREEZE : MEND_KEEP);
    expect_ended(1, expected[fault].at_receiver, expected[fault].count,
                 is_forked ? RULING_BOTH : RULING_THEIRS, MEND_FREEZE);
    assert_true(is_frozen(1, STREAM_IN));
    enum evidence_kind kind = evidence_at(1, &proves);
    assert_int_equal(kind, is_forked ? EVIDENCE_TWO_BATCHES : EVIDENCE_CLAIM);
    assert_int_equal(proves, is_forked);
    brand_assert_audit(&street.shops[0].brand);
    street_fini(&street);
}

static void test_a_receiver_that_has_something_else(void **state)
{
    (void)state;
    for (int stage = 0; stage < STAGES; stage++) {
        for (int fault = 0; fault < FAULT_KINDS; fault++) {
            print_message("taken: %s, %s\n", fault_name((enum fault)fault),
                          stage_name((enum stage)stage));
            run_receiver((enum stage)stage, (enum fault)fault);
        }
    }
}

/* The first shop wrote something else than it signed: it is told so as soon as it connects. */
static void run_sender(enum stage stage, enum fault fault)
{
    struct brand copy;
    struct note note = {""};
    bool proves;
    faults_open(&street);
    brand_copy(&street.shops[0].brand, &copy, 0);
    faults_sell(&street, FAULT_ENTRIES);
    shop_clear(&street, 0);
    faults_reach(&street, period, STAGE_OPEN, stage == STAGE_DIFFERING ? STAGE_PROPOSED : stage);
    faults_seed_sender(&street, &copy, period, fault);
    assert_int_equal(shop_recover(&street, 0, 100, &note), ERR_DISAGREE);
    assert_true(is_frozen(0, STREAM_OUT));
    assert_int_equal(evidence_at(0, &proves), EVIDENCE_CLAIM);
    enum difference_kind kind = expected[fault].at_receiver;
    kind = kind == DIFFERENCE_MISSING_HERE    ? DIFFERENCE_MISSING_THERE
           : kind == DIFFERENCE_MISSING_THERE ? DIFFERENCE_MISSING_HERE
                                              : kind;
    expect_ended(1, kind, expected[fault].count, RULING_OURS, MEND_KEEP);
    assert_int_equal(is_frozen(1, STREAM_IN), stage == STAGE_FROZEN);
    brand_assert_audit(&street.shops[1].brand);
    street_fini(&street);
}

static void test_a_sender_that_has_something_else(void **state)
{
    (void)state;
    for (int stage = 0; stage < STAGES; stage++) {
        for (int fault = 0; fault < FAULT_KINDS; fault++) {
            bool has_mark = stage != STAGE_OPEN && stage != STAGE_FROZEN;
            if (fault == FAULT_PERIOD && !has_mark) {
                continue; /* a period is a place: an entry of another one can't be written */
            }
            print_message("sent: %s, %s\n", fault_name((enum fault)fault),
                          stage_name((enum stage)stage));
            run_sender((enum stage)stage, (enum fault)fault);
        }
    }
}

/* ---- A ledger that lacks what it signed ---- */

static void run_missing(enum stage stage, unsigned index)
{
    struct brand copy;
    struct note note = {""};
    faults_open(&street);
    faults_sell(&street, 10);
    shop_clear(&street, 0);
    brand_copy(&street.shops[index].brand, &copy, index);
    for (unsigned i = 10; i < FAULT_ENTRIES; i++) {
        brand_earn(&street.shops[0].brand, 7000 + i, &street.shops[1].card, 700);
    }
    shop_clear(&street, 0);
    faults_reach(&street, period, STAGE_OPEN, stage);
    shop_restore(&street, index, &copy);
    if (shop_recover(&street, index, 100, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    assert_true(is_equal_to(0));
    assert_true(is_equal_to(1));
    if (stage >= STAGE_PROPOSED) { /* says again what it said */
        if (index == 1) {
            shop_clear(&street, 1);
        }
        assert_int_equal(street_exchange(&street, 0, period, false, &note), ERR_OK);
        assert_int_equal(street_exchange(&street, 1, period, false, &note), ERR_OK);
        expect_state(0, PAIR_MATCHED);
        expect_state(1, PAIR_MATCHED);
    }
    street_assert_agrees(&street);
    street_fini(&street);
}

static void test_what_is_missing_is_fetched(void **state)
{
    (void)state;
    for (int stage = 0; stage <= STAGE_CLOSED; stage++) {
        for (unsigned index = 0; index < BRANDS; index++) {
            print_message("missing at shop %u, %s\n", index, stage_name((enum stage)stage));
            run_missing((enum stage)stage, index);
        }
    }
}

/* ---- Signatures that nobody can check ---- */

static struct dispute dispute_at(unsigned index, uint64_t number)
{
    struct shop_host host = shop_host(&street, index);
    struct dispute dispute = {.is_open = false};
    enum err err = ledger_get_dispute(&host.host.view, &street.shops[1 - index].brand.id,
                                      index == 0 ? STREAM_OUT : STREAM_IN, number, &dispute);
    assert_true(err == ERR_OK || err == ERR_NOT_FOUND);
    shop_host_end(&host);
    return dispute;
}

/* As if the second shop had signed the period with the first one. */
static void settle_at_receiver(void)
{
    struct command command = brand_command(&street.shops[1].brand, COMMAND_PUT_PAIR, 0);
    struct slice word = slice_of("word", 4);
    command.put_pair = (struct command_put_pair){
        street.shops[0].brand.id, period, {PAIR_MATCHED, "", word, word, word, word, {0}}};
    assert_int_equal(engine_execute(street.shops[1].brand.engine, &command).err, ERR_OK);
}

/* The receiver's key is no longer known: then neither story is proven. */
static void mend_undecided(unsigned index, enum mend_action expected_action)
{
    struct note note = {""};
    enum ruling ruled;
    assert_int_equal(street_compare(&street, index, index == 0 ? STREAM_OUT : STREAM_IN, period,
                                    &comparison, NULL, &note),
                     ERR_OK);
    struct charter_key kept = street.partners[1].online[0];
    street.partners[1].online[0].id.bytes[0] ^= 1;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(street_mend(&street, index, &comparison, 0, &ruled, &note),
                         expected_action);
        assert_int_equal(ruled, RULING_OPEN);
    }
    street.partners[1].online[0] = kept;
    comparison_close(&comparison);
}

static void seed_undecided(enum stage stage)
{
    struct brand copy;
    faults_begin(&street);
    brand_copy(&street.shops[1].brand, &copy, 1);
    shop_clear(&street, 0);
    faults_reach(&street, period, STAGE_OPEN, stage);
    assert_int_equal(
        faults_seed_receiver(&street, &copy, period, FAULT_AMOUNT, stage != STAGE_OPEN),
        BATCH_TAKE);
}

/* Of the open period it waits; of one that has ended it is set apart (test_apart.c). */
static void test_what_nothing_decides_is_set_apart(void **state)
{
    (void)state;
    static const enum stage stages[] = {STAGE_OPEN, STAGE_CLOSING};
    for (size_t i = 0; i < 2; i++) {
        seed_undecided(stages[i]);
        for (unsigned index = 0; index < BRANDS; index++) {
            mend_undecided(index, stages[i] == STAGE_OPEN ? MEND_WAIT : MEND_SET_APART);
        }
        street_fini(&street);
    }
}

/* A period that both signed does not change: who may dispute the entry does. */
static void test_what_nothing_decides_is_disputed(void **state)
{
    (void)state;
    seed_undecided(STAGE_CLOSING);
    settle_at_receiver();
    mend_undecided(1, MEND_DISPUTE);
    shop_clear(&street, 1);
    for (unsigned index = 0; index < BRANDS; index++) {
        struct dispute dispute = dispute_at(index, 41);
        assert_true(dispute.is_open);
        assert_int_equal(dispute.state, DISPUTE_OPENED);
        assert_int_equal(dispute.claim.minor, 2);
        assert_int_equal(dispute.reason, DISPUTE_AMOUNT_WRONG);
        brand_assert_audit(&street.shops[index].brand);
    }
    street_fini(&street);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_put_right),
        cmocka_unit_test(test_a_receiver_that_has_something_else),
        cmocka_unit_test(test_a_sender_that_has_something_else),
        cmocka_unit_test(test_what_is_missing_is_fetched),
        cmocka_unit_test(test_what_nothing_decides_is_set_apart),
        cmocka_unit_test(test_what_nothing_decides_is_disputed),
    };
    if (access("/dev/shm", W_OK) == 0) { /* a kill is not what is tested here */
        setenv("TMPDIR", "/dev/shm", 0);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

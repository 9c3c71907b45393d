#include "apart_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "peer/pair.h"
#include "wire/messages.h"

const struct apart_expected apart_expected[FAULT_KINDS] = {
    [FAULT_DROPPED] = {true, 0, 41, 0, false},
    [FAULT_DOUBLED] = {false, 0, 0, 0, false}, /* the second was refused */
    [FAULT_AMOUNT] = {true, 1, 41, 2, false},
    [FAULT_PERIOD] = {false, 0, 0, 0, false},
    [FAULT_TARIFF] = {true, 0, 41, 0, false}, /* refused: that tariff is not in force */
    [FAULT_SWAPPED] = {false, 0, 0, 0, false},
    [FAULT_FORKED] = {true, 1, 41, 2, false},
};

struct brand *apart_brand(struct apart_case *c, unsigned index)
{
    return &c->street.shops[index].brand;
}

void apart_compare(struct apart_case *c)
{
    struct note note = {""};
    if (street_compare(&c->street, 0, STREAM_OUT, OCTOBER, &c->comparison, NULL, &note) != ERR_OK) {
        fail_msg("comparison: %s", note.text);
    }
    assert_int_equal(c->comparison.search.stage, RECONCILE_DIFFERENT);
}

/* Each difference is one that nothing decides, as either side sees it. */
void apart_expect_undecided(struct apart_case *c, enum mend_action action)
{
    struct note note = {""};
    enum ruling ruling;
    for (size_t i = 0; i < c->comparison.difference_count; i++) {
        assert_int_equal(street_mend(&c->street, 0, &c->comparison, i, &ruling, &note), action);
        assert_int_equal(ruling, RULING_OPEN);
    }
}

/* As soon as one connects it finds that the other holds another entry of it. */
static void freeze_both(struct apart_case *c)
{
    for (unsigned i = 0; i < BRANDS; i++) {
        assert_int_equal(engine_freeze(apart_brand(c, i)->engine, &apart_brand(c, 1 - i)->id,
                                       i == 0 ? STREAM_OUT : STREAM_IN, "another entry",
                                       slice_of(NULL, 0)),
                         ERR_OK);
    }
}

/* The second shop has the fault, and both have said what they have. */
void apart_seed(struct apart_case *c, enum stage stage, enum fault fault, struct brand *copy)
{
    struct note note = {""};
    faults_begin(&c->street);
    brand_copy(apart_brand(c, 1), copy, 1);
    shop_clear(&c->street, 0);
    faults_reach(&c->street, OCTOBER, STAGE_OPEN,
                 stage >= STAGE_DIFFERING ? STAGE_PROPOSED : stage);
    assert_int_equal(faults_seed_receiver(&c->street, copy, OCTOBER, fault, true), BATCH_TAKE);
    street_close_period(&c->street, 1, OCTOBER);
    shop_clear(&c->street, 1);
    if (stage >= STAGE_DIFFERING) {
        assert_int_equal(street_exchange(&c->street, 0, OCTOBER, false, &note), ERR_OK);
    }
    if (stage == STAGE_FROZEN) {
        freeze_both(c);
    }
    c->street.unproven_to = FAULT_ENTRIES + 1; /* with the mark */
}

void apart_agree(struct apart_case *c, struct period period)
{
    struct note note = {""};
    for (unsigned i = 0; i < BRANDS; i++) {
        if (street_exchange(&c->street, i, period, false, &note) != ERR_OK ||
            note.text[0] != '\0') {
            fail_msg("exchange by shop %u: %s", i, note.text);
        }
    }
    for (unsigned i = 0; i < BRANDS; i++) {
        struct pair_row row = street_pair(&c->street, i, period);
        assert_int_equal(row.pair.state, PAIR_MATCHED);
        pair_row_fini(&row);
    }
}

struct dispute apart_dispute_at(struct apart_case *c, unsigned index, uint64_t number)
{
    struct shop_host host = shop_host(&c->street, index);
    struct dispute dispute = {.is_open = false};
    enum err err = ledger_get_dispute(&host.host.view, &apart_brand(c, 1 - index)->id,
                                      index == 0 ? STREAM_OUT : STREAM_IN, number, &dispute);
    assert_true(err == ERR_OK || err == ERR_NOT_FOUND);
    shop_host_end(&host);
    return dispute;
}

uint64_t apart_dispute_count(struct apart_case *c, unsigned index)
{
    struct shop_host host = shop_host(&c->street, index);
    uint64_t count;
    assert_int_equal(ledger_get_partner_count(&host.host.view, META_DISPUTES,
                                              &apart_brand(c, 1 - index)->id, &count),
                     ERR_OK);
    shop_host_end(&host);
    return count;
}

/* Sales go on in November, and the chains with them. */
void apart_sell_on(struct apart_case *c, unsigned serial)
{
    assert_int_equal(brand_earn(apart_brand(c, 0), serial, &c->street.shops[1].card, 4000).verdict,
                     VERDICT_OK);
    shop_clear(&c->street, 0);
    shop_clear(&c->street, 1);
}

/* Until nothing is on its way and nothing is due. */
void apart_come_to_rest(struct apart_case *c)
{
    for (unsigned round = 0; round < 12; round++) {
        for (unsigned i = 0; i < BRANDS; i++) {
            shop_clear(&c->street, i);
            while (engine_keep_time(apart_brand(c, i)->engine)) {
            }
        }
    }
}

int64_t apart_available(struct apart_case *c)
{
    return brand_member(apart_brand(c, 1), &c->street.shops[1].member).available.minor;
}

void apart_check_rows(struct apart_case *c)
{
    struct note note = {""};
    for (unsigned i = 0; i < BRANDS; i++) {
        uint32_t mended;
        if (street_check(&c->street, i, OCTOBER, &mended, &note) != ERR_OK || mended != 0) {
            fail_msg("October of shop %u: %u rows, %s", i, mended, note.text);
        }
        if (street_check(&c->street, i, NOVEMBER, &mended, &note) != ERR_OK || mended != 0) {
            fail_msg("November of shop %u: %u rows, %s", i, mended, note.text);
        }
    }
}

void apart_set_apart(struct apart_case *c, bool loses_answer)
{
    struct note note = {""};
    apart_compare(c);
    apart_expect_undecided(c, MEND_SET_APART);
    if (street_set_apart(&c->street, &c->comparison, OCTOBER, loses_answer, &note) != ERR_OK) {
        fail_msg("set apart: %s", note.text);
    }
    comparison_close(&c->comparison);
}

void apart_ask_apart(struct apart_case *c)
{
    struct note note = {""};
    if (street_ask_apart(&c->street, OCTOBER, &note) != ERR_OK) {
        fail_msg("ask apart: %s", note.text);
    }
}

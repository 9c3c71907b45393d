/* Two ledgers compare a half of theirs: equal ones with one question, a forked one entry by entry.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "peer/pair.h"
#include "comparing.h"

/* Large. */
static struct street street;
static struct comparison comparison;

static void earn(unsigned index, unsigned count)
{
    struct command command;
    for (unsigned i = 0; i < count;) {
        uint64_t before =
            brand_stream(&street.shops[index].brand, STREAM_OUT, &street.shops[1 - index].brand)
                .last_number;
        shop_step(&street, index, &command);
        i += brand_stream(&street.shops[index].brand, STREAM_OUT, &street.shops[1 - index].brand)
                 .last_number > before;
    }
}

/* Purchases alone, at the first shop's tills by the other's member. */
static void sell(unsigned count, uint8_t life)
{
    struct brand *brand = &street.shops[0].brand;
    for (unsigned i = 0; i < count; i++) {
        struct command command = {
            .kind = COMMAND_EARN, .origin = brand->id, .business_time = brand->now};
        command.transaction_id.bytes[0] = life;
        command.transaction_id.bytes[1] = (uint8_t)i;
        command.earn = (struct command_earn){.card = street.shops[1].card,
                                             .amount = money_of(500),
                                             .rate = {1, 100, ROUNDING_DOWN, 0}};
        assert_int_equal(engine_execute(brand->engine, &command).verdict, VERDICT_OK);
    }
}

static enum err compare(unsigned index, enum stream_direction direction, struct period period,
                        lie_fn *lie, struct note *note)
{
    enum err err = street_compare(&street, index, direction, period, &comparison, lie, note);
    comparison_close(&comparison);
    return err;
}

static struct period open_period(unsigned index)
{
    return brand_stream(&street.shops[index].brand, STREAM_OUT, &street.shops[1 - index].brand)
        .period;
}

static void expect_equal(unsigned index, enum stream_direction direction, struct period period)
{
    struct note note = {""};
    if (compare(index, direction, period, NULL, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    assert_int_equal(comparison.search.stage, RECONCILE_EQUAL);
    assert_int_equal(comparison.search.rounds, 1);
}

static void expect_both_equal(struct period period)
{
    for (unsigned index = 0; index < BRANDS; index++) {
        expect_equal(index, STREAM_OUT, period);
        expect_equal(index, STREAM_IN, period);
    }
}

/* Each ledger's rows are what its entries give: there is nothing to be put right. */
static void expect_sound(struct period period)
{
    for (unsigned index = 0; index < BRANDS; index++) {
        struct note note = {""};
        uint32_t mended;
        if (street_check(&street, index, period, &mended, &note) != ERR_OK) {
            fail_msg("%s", note.text);
        }
        assert_int_equal(mended, 0);
    }
}

/* Sizes around one block of leaves, and one row's. */
static void test_open_period(void **state)
{
    (void)state;
    static const unsigned steps[] = {1, 62, 1, 1, 70, 200};
    street_init(&street, 11);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        for (unsigned index = 0; index < BRANDS; index++) {
            earn(index, steps[i]);
            shop_clear(&street, index);
        }
        expect_both_equal(open_period(0));
        expect_sound(open_period(0));
    }
    street_fini(&street);
}

static void block(unsigned index, enum command_kind kind)
{
    struct brand *brand = &street.shops[index].brand;
    struct command command = brand_command(brand, kind, ++street.serial);
    command.card.card = street.shops[index].card;
    assert_int_equal(engine_execute(brand->engine, &command).verdict, VERDICT_OK);
}

/* Sales that the home refuses, since the shop does not know yet that the card is blocked; entries
 * that wait; all of it over the end of a period. */
static void test_refused_entries_are_no_fault(void **state)
{
    (void)state;
    street_init(&street, 17);
    struct period first = open_period(0);
    for (unsigned round = 0; round < 6; round++) {
        for (unsigned i = 0; i < 12; i++) {
            unsigned index = i % 3 == 0;
            assert_int_equal(brand_earn(&street.shops[index].brand, ++street.serial,
                                        &street.shops[1 - index].card, 900)
                                 .err,
                             ERR_OK);
        }
        if (round % 2 == 0) {
            block(1, COMMAND_BLOCK_CARD);
            shop_clear(&street, 0);
            block(1, COMMAND_UNBLOCK_CARD);
        }
        expect_sound(open_period(0));
        shop_clear(&street, 1);
        shop_clear(&street, 0);
        expect_sound(open_period(0));
        if (round == 3) {
            street_close_period(&street, 0, first);
            street_close_period(&street, 1, first);
            shop_clear(&street, 0);
            shop_clear(&street, 1);
        }
    }
    expect_sound(first);
    expect_sound(open_period(0));
    struct shop_host host = shop_host(&street, 1);
    struct entry_total total;
    assert_int_equal(ledger_get_total(&host.host.view, STREAM_IN, &street.shops[0].brand.id, first,
                                      ENTRY_EARN, 1, &total),
                     ERR_OK);
    struct stream in = brand_stream(&street.shops[1].brand, STREAM_IN, &street.shops[0].brand);
    assert_true(total.count > 0 && total.count < in.last_number);
    shop_host_end(&host);
    street_fini(&street);
}

static void statement_of(unsigned index, struct period period, struct arena *arena,
                         struct pair_statement *out)
{
    struct shop_host host = shop_host(&street, index);
    struct note note = {""};
    if (pair_statement_compute(&host.host.view, host.host.charter, host.host.roster,
                               &street.shops[1 - index].brand.id, period, arena, out,
                               &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    shop_host_end(&host);
}

/* The roots are in both statements and the same; entries of the next period don't change them, nor
 * does a start from the journal. */
static void test_closed_period(void **state)
{
    (void)state;
    struct pair_statement statements[BRANDS];
    struct arena arena;
    struct note note = {""};
    street_init(&street, 12);
    arena_init(&arena, LIMIT_DECODED_BYTES);
    struct period period = open_period(0);
    for (unsigned index = 0; index < BRANDS; index++) {
        earn(index, 100 + index);
        street_close_period(&street, index, period);
        earn(index, 3);
        shop_clear(&street, index);
    }
    for (unsigned index = 0; index < BRANDS; index++) {
        brand_close(&street.shops[index].brand);
        brand_open(&street.shops[index].brand);
        statement_of(index, period, &arena, &statements[index]);
        assert_false(hash_is_zero(&statements[index].halves[0].root));
        assert_false(hash_is_zero(&statements[index].halves[1].root));
    }
    assert_false(hash_equal(&statements[0].halves[0].root, &statements[0].halves[1].root));
    if (!statement_equal(&statements[0], &statements[1], &note)) {
        fail_msg("%s", note.text);
    }
    statements[1].halves[0].root.bytes[0] ^= 1;
    assert_false(statement_equal(&statements[0], &statements[1], &note));
    expect_both_equal(period);
    expect_both_equal(period_next(period));
    expect_sound(period);
    expect_sound(period_next(period));
    assert_int_equal(compare(0, STREAM_OUT, period_next(period_next(period)), NULL, &note),
                     ERR_UNAVAILABLE);
    arena_fini(&arena);
    street_fini(&street);
}

#define COMMON 150u
#define FORKED 9u

/* An older copy of the first shop wrote on: it has other entries under the same numbers. */
static void fork_first(void)
{
    struct brand copy;
    street_init(&street, 13);
    earn(0, COMMON);
    earn(1, 5);
    shop_clear(&street, 0);
    shop_clear(&street, 1);
    brand_copy(&street.shops[0].brand, &copy, 0);
    sell(FORKED, 0x51);
    shop_clear(&street, 0);
    shop_restore(&street, 0, &copy);
    sell(FORKED, 0x52);
}

static void test_fork(void **state)
{
    (void)state;
    struct note note = {""};
    fork_first();
    if (compare(1, STREAM_IN, open_period(1), NULL, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    assert_int_equal(comparison.search.stage, RECONCILE_DIFFERENT);
    assert_int_equal(comparison.difference_count, FORKED);
    for (unsigned i = 0; i < FORKED; i++) {
        assert_int_equal(comparison.differences[i].number, COMMON + 1 + i);
        assert_int_equal(comparison.differences[i].kind, DIFFERENCE_BODY);
    }
    assert_true(comparison.search.rounds <= 4);
    street_fini(&street);
}

static void no_claim(struct compare_answer *answer, struct hash *hashes)
{
    (void)hashes;
    answer->claim = NULL;
}

static void another_root(struct compare_answer *answer, struct hash *hashes)
{
    hashes[0].bytes[0] ^= (uint8_t)(answer->hash_count == 1);
}

static void test_lies(void **state)
{
    (void)state;
    struct note note = {""};
    fork_first();
    assert_int_equal(compare(1, STREAM_IN, open_period(1), no_claim, &note), ERR_INPUT);
    assert_int_equal(compare(1, STREAM_IN, open_period(1), another_root, &note), ERR_DISAGREE);
    street_fini(&street);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_period),   cmocka_unit_test(test_refused_entries_are_no_fault),
        cmocka_unit_test(test_closed_period), cmocka_unit_test(test_fork),
        cmocka_unit_test(test_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

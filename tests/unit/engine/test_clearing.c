/* Two brands: what one's shop does to the other's member is the same on both sides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "coalition.h"

struct pair {
    struct brand a; /* the shop */
    struct brand b; /* the home */
    struct uid member;
    struct card_number card;
};

static int setup(void **state)
{
    static struct pair pair;
    brand_init(&pair.a, 0);
    brand_init(&pair.b, 1);
    brand_open(&pair.a);
    brand_open(&pair.b);
    assert_int_equal(brand_enrol(&pair.b, 1, &pair.member, &pair.card).verdict, VERDICT_OK);
    *state = &pair;
    return 0;
}

static int teardown(void **state)
{
    struct pair *pair = *state;
    brand_assert_audit(&pair->a);
    brand_assert_audit(&pair->b);
    brand_fini(&pair->a);
    brand_fini(&pair->b);
    return 0;
}

static struct account account_of(struct brand *brand, enum account_kind kind,
                                 const struct brand *partner)
{
    struct state_reader *reader;
    struct account account;
    struct account_ref ref = {.kind = kind, .partner = partner->id, .period = {202610}};
    assert_int_equal(state_reader_create(brand->state, &reader), ERR_OK);
    struct ledger_view view = state_reader_view(reader);
    assert_int_equal(ledger_get_account(&view, &ref, &account), ERR_OK);
    state_reader_destroy(reader);
    return account;
}

/* A hold at the home, and its grant recorded in the shop. */
static void hold(struct pair *pair, unsigned number, int64_t points)
{
    struct command command = brand_command(&pair->a, COMMAND_HOLD, number);
    command.hold.redeemer = pair->a.id;
    command.hold.card = pair->card;
    command.hold.points = points_of(points);
    command.hold.capture_by.ms = pair->a.now.ms + DAY_MS;
    command.hold.deliver_by.ms = pair->a.now.ms + 2 * DAY_MS;
    assert_int_equal(engine_execute(pair->b.engine, &command).verdict, VERDICT_OK);
    command.kind = COMMAND_FOREIGN_HOLD;
    assert_int_equal(engine_execute(pair->a.engine, &command).verdict, VERDICT_OK);
}

static struct outcome use(struct pair *pair, enum command_kind kind, unsigned number,
                          unsigned hold_number, int64_t points)
{
    struct command command = brand_command(&pair->a, kind, number);
    command.use.hold = id_of(hold_number);
    command.use.points = points_of(points);
    return engine_execute(pair->a.engine, &command);
}

static void test_earn_capture_void_and_returns(void **state)
{
    struct pair *pair = *state;
    brand_earn(&pair->a, 2, &pair->card, 50000);
    assert_int_equal(clear_once(&pair->a, &pair->b), 0);
    assert_int_equal(brand_member(&pair->b, &pair->member).available.minor, 500);
    hold(pair, 3, 200);
    hold(pair, 4, 100);
    assert_int_equal(use(pair, COMMAND_CAPTURE, 5, 3, 150).answer.left.minor, 50);
    assert_int_equal(use(pair, COMMAND_VOID, 6, 4, 0).answer.points.minor, 100);
    assert_int_equal(use(pair, COMMAND_RETURN_BURN, 7, 3, 30).answer.points.minor, 30);
    struct command back = brand_command(&pair->a, COMMAND_RETURN_SALE, 8);
    back.return_sale.sale = id_of(2);
    back.return_sale.amount = money_of(10050);
    assert_int_equal(engine_execute(pair->a.engine, &back).answer.points.minor, 101);
    assert_int_equal(clear_once(&pair->a, &pair->b), 0);
    struct member row = brand_member(&pair->b, &pair->member);
    assert_int_equal(row.available.minor, 500 - 200 + 30 - 101);
    assert_int_equal(row.held.minor, 50);
    struct account payable_a = account_of(&pair->a, ACCOUNT_PAYABLE, &pair->b);
    struct account receivable_b = account_of(&pair->b, ACCOUNT_RECEIVABLE, &pair->a);
    assert_int_equal(payable_a.credit - payable_a.debit, 399);
    assert_int_equal(receivable_b.debit - receivable_b.credit, 399);
    struct account receivable_a = account_of(&pair->a, ACCOUNT_RECEIVABLE, &pair->b);
    struct account payable_b = account_of(&pair->b, ACCOUNT_PAYABLE, &pair->a);
    assert_int_equal(receivable_a.debit - receivable_a.credit, 120);
    assert_int_equal(payable_b.credit - payable_b.debit, 120);
}

static void test_refused_entries_are_reversed(void **state)
{
    struct pair *pair = *state;
    struct card_number unknown;
    assert_int_equal(card_number_make(&pair->b.partners[1].prefix, 99, &unknown), ERR_OK);
    brand_earn(&pair->a, 2, &unknown, 10000);
    brand_earn(&pair->a, 3, &pair->card, 10000);
    brand_earn(&pair->a, 4, &unknown, 20000);
    assert_int_equal(clear_once(&pair->a, &pair->b), 2);
    struct account payable = account_of(&pair->a, ACCOUNT_PAYABLE, &pair->b);
    assert_int_equal(payable.credit, 400);
    assert_int_equal(payable.debit, 300);
    struct command back = brand_command(&pair->a, COMMAND_RETURN_SALE, 5);
    back.return_sale.sale = id_of(2);
    assert_int_equal(engine_execute(pair->a.engine, &back).verdict, VERDICT_SALE_UNKNOWN);
    assert_int_equal(brand_member(&pair->b, &pair->member).available.minor, 100);
}

static void test_marks_end_the_period_on_both_sides(void **state)
{
    struct pair *pair = *state;
    brand_earn(&pair->a, 2, &pair->card, 10000);
    struct command close = brand_command(&pair->a, COMMAND_CLOSE_PERIOD, 3);
    close.close_period.period.yyyymm = 202610;
    assert_int_equal(engine_execute(pair->a.engine, &close).verdict, VERDICT_OK);
    struct outcome again = engine_execute(pair->a.engine, &close);
    assert_int_equal(again.verdict, VERDICT_OK);
    assert_true(again.is_repeat);
    close.transaction_id = id_of(4);
    assert_int_equal(engine_execute(pair->a.engine, &close).verdict, VERDICT_PERIOD_NOT_OPEN);
    brand_earn(&pair->a, 5, &pair->card, 10000);
    assert_int_equal(clear_once(&pair->a, &pair->b), 0);
    assert_int_equal(brand_stream(&pair->a, STREAM_OUT, &pair->b).period.yyyymm, 202611);
    assert_int_equal(brand_stream(&pair->b, STREAM_IN, &pair->a).period.yyyymm, 202611);
    struct account october = account_of(&pair->b, ACCOUNT_RECEIVABLE, &pair->a);
    assert_int_equal(october.debit, 100);
}

static void test_streams_survive_a_restart(void **state)
{
    struct pair *pair = *state;
    brand_earn(&pair->a, 2, &pair->card, 10000);
    clear_once(&pair->a, &pair->b);
    brand_earn(&pair->a, 3, &pair->card, 10000);
    brand_close(&pair->a);
    brand_close(&pair->b);
    brand_open(&pair->a);
    brand_open(&pair->b);
    assert_int_equal(clear_once(&pair->a, &pair->b), 0);
    assert_int_equal(brand_member(&pair->b, &pair->member).available.minor, 200);
}

/* A shop whose cards are all unknown to their home: as many refusals as a batch can have. */
static void test_a_batch_may_be_refused_whole(void **state)
{
    struct pair *pair = *state;
    for (unsigned i = 0; i < LIMIT_CLEARING_BATCH; i++) {
        struct card_number stranger;
        assert_int_equal(
            card_number_make(&pair->b.partners[1].prefix, UINT64_C(900000) + i, &stranger), ERR_OK);
        assert_int_equal(brand_earn(&pair->a, 100 + i, &stranger, 10000).verdict, VERDICT_OK);
    }
    assert_int_equal(clear_once(&pair->a, &pair->b), LIMIT_CLEARING_BATCH);
    struct account issued = account_of(&pair->a, ACCOUNT_ISSUED, &pair->b);
    assert_int_equal(issued.debit, issued.credit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_earn_capture_void_and_returns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_entries_are_reversed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_marks_end_the_period_on_both_sides, setup, teardown),
        cmocka_unit_test_setup_teardown(test_streams_survive_a_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_batch_may_be_refused_whole, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

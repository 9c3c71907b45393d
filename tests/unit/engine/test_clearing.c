/* Two brands: what one's shop does to the other's member is the same on both sides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "coalition.h"
#include "wire/messages.h"

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
    command.hold.asked = pair->card;
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
    close.close_period.period.code = 202610;
    assert_int_equal(engine_execute(pair->a.engine, &close).verdict, VERDICT_OK);
    struct outcome again = engine_execute(pair->a.engine, &close);
    assert_int_equal(again.verdict, VERDICT_OK);
    assert_true(again.is_repeat);
    close.transaction_id = id_of(4);
    assert_int_equal(engine_execute(pair->a.engine, &close).verdict, VERDICT_PERIOD_NOT_OPEN);
    brand_earn(&pair->a, 5, &pair->card, 10000);
    assert_int_equal(clear_once(&pair->a, &pair->b), 0);
    assert_int_equal(brand_stream(&pair->a, STREAM_OUT, &pair->b).period.code, 202611);
    assert_int_equal(brand_stream(&pair->b, STREAM_IN, &pair->a).period.code, 202611);
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
        struct command earn = brand_command(&pair->a, COMMAND_EARN, 100 + i);
        earn.earn.card = stranger;
        earn.earn.amount = money_of(10000);
        earn.earn.rate = (struct earn_rate){1, 100, ROUNDING_DOWN, 0};
        assert_int_equal(engine_submit(pair->a.engine, &earn, NULL, NULL), ERR_OK);
    }
    struct uid member; /* whatever is decided last: the writer takes them in order */
    struct card_number card;
    assert_int_equal(brand_enrol(&pair->a, 2, &member, &card).verdict, VERDICT_OK);
    assert_int_equal(clear_once(&pair->a, &pair->b), LIMIT_CLEARING_BATCH);
    struct account issued = account_of(&pair->a, ACCOUNT_ISSUED, &pair->b);
    assert_int_equal(issued.debit, issued.credit);
}

/* Entries that a's own ledger would not make, under a's name. Gives b's receipt. */
static void forge(struct pair *pair, struct clearing_entry *entries, size_t count,
                  struct arena *arena, struct clearing_receipt *out_receipt)
{
    struct stream in = brand_stream(&pair->b, STREAM_IN, &pair->a);
    static struct batch_entry batch_entries[LIMIT_CLEARING_BATCH];
    static struct buffer bytes[LIMIT_CLEARING_BATCH];
    struct hash previous = in.last_hash;
    assert_true(count <= LIMIT_CLEARING_BATCH);
    for (size_t i = 0; i < count; i++) {
        entries[i].number = in.last_number + 1 + i;
        entries[i].previous_hash = previous;
        entries[i].period = in.period;
        entries[i].business_time = pair->a.now;
        assert_int_equal(wire_entry_encode(&entries[i], &bytes[i]), ERR_OK);
        previous = entry_hash(buffer_slice(&bytes[i]));
        batch_entries[i] = (struct batch_entry){entries[i], buffer_slice(&bytes[i]), previous};
    }
    struct incoming_batch batch = {
        .sender = pair->a.id,
        .head = {pair->a.id, pair->b.id, in.last_number + 1, (uint32_t)count, in.last_hash,
                 previous},
        .entries = batch_entries,
        .count = count,
    };
    struct batch_outcome outcome;
    struct signed_message envelope;
    struct note note = {""};
    engine_take_batch(pair->b.engine, &batch, &outcome);
    if (outcome.err != ERR_OK || outcome.judgement != BATCH_TAKE) {
        fail_msg("%s: %s", err_name(outcome.err), outcome.problem.text);
    }
    assert_int_equal(signed_decode(buffer_slice(&outcome.receipt), &envelope), ERR_OK);
    assert_int_equal(wire_receipt_decode(envelope.payload, arena, out_receipt, &note), ERR_OK);
    buffer_fini(&outcome.receipt);
    for (size_t i = 0; i < count; i++) {
        buffer_fini(&bytes[i]); /* empty again */
    }
}

/* What a partner sends must not fill up accounts that all share. */
static void test_a_shop_can_not_overflow_the_accounts(void **state)
{
    struct pair *pair = *state;
    static struct clearing_entry entries[LIMIT_CLEARING_BATCH];
    struct arena arena;
    struct clearing_receipt receipt;
    for (unsigned i = 0; i < LIMIT_CLEARING_BATCH; i++) {
        entries[i] = (struct clearing_entry){.kind = ENTRY_EARN,
                                             .card = pair->card,
                                             .points = points_of(LIMIT_POINTS_PER_COMMAND),
                                             .tariff = 1,
                                             .transaction_id = id_of(100 + i)};
    }
    size_t most = (size_t)(LIMIT_POINTS_PER_PARTNER / LIMIT_POINTS_PER_COMMAND);
    arena_init(&arena, 1 << 20);
    forge(pair, entries, LIMIT_CLEARING_BATCH, &arena, &receipt);
    assert_int_equal(receipt.refused_count, LIMIT_CLEARING_BATCH - most);
    assert_string_equal(receipt.refused[0].reason, "POINTS_TOO_LARGE");
    assert_int_equal(brand_member(&pair->b, &pair->member).available.minor,
                     LIMIT_POINTS_PER_PARTNER);
    arena_fini(&arena);
}

/* A price that the home can't look up would be in no statement, and one that differs from the
 * earn's would give the shop more back than it owed. */
static void test_a_shop_can_not_choose_its_tariff(void **state)
{
    struct pair *pair = *state;
    struct arena arena;
    struct clearing_receipt receipt;
    struct tariff two[2] = {
        {.id = 1, .issue_price = {100}, .redemption_price = {90}, .per = {100}},
        {.id = 2, .issue_price = {500}, .redemption_price = {450}, .per = {100}}};
    struct roster roster = pair->b.roster;
    roster.tariffs = two;
    roster.tariff_count = 2;
    struct engine_terms terms = {
        .roster = &roster, .refund_grace_ms = DAY_MS, .debt_limit = {INT64_MAX}};
    assert_int_equal(engine_set_terms(pair->b.engine, &terms), ERR_OK);
    struct clearing_entry entries[4] = {
        {.kind = ENTRY_EARN, .points = {100}, .tariff = 1, .transaction_id = id_of(50)},
        {.kind = ENTRY_EARN_RETURN, .points = {60}, .tariff = 2, .transaction_id = id_of(51)},
        {.kind = ENTRY_EARN_RETURN, .points = {60}, .tariff = 9, .transaction_id = id_of(52)},
        {.kind = ENTRY_EARN_RETURN, .points = {60}, .tariff = 1, .transaction_id = id_of(53)},
    };
    for (size_t i = 0; i < 4; i++) {
        entries[i].card = pair->card;
        entries[i].subject = i == 0 ? (struct uid){{0}} : id_of(50);
    }
    arena_init(&arena, 1 << 20);
    forge(pair, entries, 4, &arena, &receipt);
    assert_int_equal(receipt.refused_count, 2);
    assert_int_equal(receipt.refused[0].number, 2);
    assert_string_equal(receipt.refused[0].reason, "NOT_AGREED");
    assert_int_equal(receipt.refused[1].number, 3);
    assert_string_equal(receipt.refused[1].reason, "TARIFF_UNKNOWN");
    assert_int_equal(brand_member(&pair->b, &pair->member).available.minor, 40);
    arena_fini(&arena);
    terms.roster = &pair->b.roster;
    assert_int_equal(engine_set_terms(pair->b.engine, &terms), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_earn_capture_void_and_returns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_entries_are_reversed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_marks_end_the_period_on_both_sides, setup, teardown),
        cmocka_unit_test_setup_teardown(test_streams_survive_a_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_batch_may_be_refused_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_shop_can_not_overflow_the_accounts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_shop_can_not_choose_its_tariff, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

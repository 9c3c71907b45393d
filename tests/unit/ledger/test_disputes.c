/* Disputes between two ledgers: each kind of entry, applied and refused, in its period and after
 * it, with each end. What must come of it is said here in other words than the ledger's. */
#include "quarrel.h"

#include <stdlib.h>
#include <string.h>

#define TEST(test) cmocka_unit_test_setup_teardown(test, pair_setup, pair_teardown)

static const struct period first = {202609};
static const struct period second = {202610};

/* ---- The cases ---- */

enum end {
    END_ACCEPTED,
    END_SILENT,
    END_CONCEDED,
    END_LEFT, /* the opener is silent about the rejection */
    END_UPHELD,
    END_DISMISSED,
    END_COUNT
};

static bool is_upheld(enum end end)
{
    return end == END_ACCEPTED || end == END_SILENT || end == END_UPHELD;
}

static void rule(struct quarrel *q, enum dispute_step ruling)
{
    assert_int_equal(quarrel_step(q, q->opener, STEP_ESCALATE), VERDICT_OK);
    pair_settle(q->pair);
    quarrel_assert_state(q, DISPUTE_ESCALATED);
    assert_int_equal(quarrel_step(q, q->answerer, STEP_RULE_DISMISSED), VERDICT_OK);
    pair_settle(q->pair);
    quarrel_assert_state(q, DISPUTE_ESCALATED);
    if (ruling == STEP_RULE_UPHELD) { /* the answerer thinks again */
        assert_int_equal(quarrel_step(q, q->opener, STEP_RULE_UPHELD), VERDICT_OK);
        pair_settle(q->pair);
        quarrel_assert_state(q, DISPUTE_ESCALATED);
        assert_int_equal(quarrel_step(q, q->answerer, STEP_RULE_UPHELD), VERDICT_OK);
    } else {
        assert_int_equal(quarrel_step(q, q->opener, STEP_RULE_DISMISSED), VERDICT_OK);
    }
}

static void end_it(struct quarrel *q, enum end end)
{
    if (end == END_SILENT) {
        pair_wait_days(q->pair, 13);
        pair_settle(q->pair);
        quarrel_assert_state(q, DISPUTE_OPENED);
        pair_wait_days(q->pair, 1);
    } else if (end == END_ACCEPTED) {
        assert_int_equal(quarrel_step(q, q->answerer, STEP_ANSWER), VERDICT_OK);
        pair_wait_days(q->pair, 13);
        pair_settle(q->pair);
        quarrel_assert_state(q, DISPUTE_ANSWERED);
        assert_int_equal(quarrel_step(q, q->answerer, STEP_ACCEPT), VERDICT_OK);
    } else {
        assert_int_equal(quarrel_step(q, q->answerer, STEP_REJECT), VERDICT_OK);
        pair_settle(q->pair);
        quarrel_assert_state(q, DISPUTE_REJECTED);
    }
    if (end == END_CONCEDED) {
        assert_int_equal(quarrel_step(q, q->opener, STEP_CONCEDE), VERDICT_OK);
    } else if (end == END_LEFT) {
        pair_wait_days(q->pair, 14);
    } else if (end == END_UPHELD || end == END_DISMISSED) {
        rule(q, end == END_UPHELD ? STEP_RULE_UPHELD : STEP_RULE_DISMISSED);
    }
    pair_settle(q->pair);
}

/* Alfa owes so many points at the issue price, and is owed so many at that of burns. */
struct books {
    int64_t issue;
    int64_t burn;
    int64_t issued;   /* alfa's */
    int64_t redeemed; /* alfa's */
    int64_t member;   /* beta's: available less debt */
};

/* By hand: what a truth without any dispute would have come to. `part` of the last entry's points
 * do not count. */
static struct books truth(enum entry_kind kind, int64_t last)
{
    int64_t earned = kind == ENTRY_EARN ? last : kind == ENTRY_EARN_RETURN ? GIVEN - last : GIVEN;
    int64_t burnt = kind == ENTRY_CAPTURE ? last : kind == ENTRY_BURN_RETURN ? BURNT - last : 0;
    return (struct books){earned, burnt, earned, burnt, earned - burnt};
}

/* Of alfa's side over both periods, by price: corrections are alfa's debts at their own price. */
static struct books as_is(struct pair *pair)
{
    struct books books = {0};
    struct exposure exposure;
    struct member member;
    assert_int_equal(
        ledger_get_exposure(&pair->alfa.store.view, &pair->beta.roster.self, &exposure), ERR_OK);
    for (size_t i = 0; i < exposure.line_count; i++) {
        books.issue += exposure.lines[i].issued;
        books.burn -= exposure.lines[i].redeemed;
    }
    desk_member(&pair->beta, &pair->member, &member);
    books.issued = -desk_account(&pair->alfa, ACCOUNT_ISSUED);
    books.redeemed = desk_account(&pair->alfa, ACCOUNT_REDEEMED);
    books.member = member.available.minor - member.debt.minor;
    return books;
}

static void assert_books(struct pair *pair, const struct books *expected)
{
    struct books books = as_is(pair);
    assert_int_equal(books.issued, expected->issued);
    assert_int_equal(books.redeemed, expected->redeemed);
    assert_int_equal(books.member, expected->member);
    assert_int_equal(books.issue, expected->issue);
    assert_int_equal(books.burn, expected->burn);
    pair_assert_mirrored(pair);
    for (uint32_t month = 9; month <= 12; month++) {
        struct period period = {202600 + month};
        assert_int_equal(pair_account(&pair->alfa, ACCOUNT_SUSPENSE, period), 0);
    }
}

/* The disputed entry is of the first period; `is_late` disputes it in the second. */
static void one_case(enum entry_kind kind, bool is_applied, bool is_late, int64_t claim,
                     enum end end)
{
    void *state = NULL;
    (void)pair_setup(&state);
    struct quarrel q = {.pair = state};
    struct pair *pair = q.pair;
    quarrel_make(&q, kind, is_applied);
    int64_t all = pair->from_alfa.entries[q.number - 1].points.minor;
    if (is_late) {
        pair_mark(&pair->alfa);
        pair_mark(&pair->beta);
        pair_settle(pair);
    }
    assert_int_equal(quarrel_open(&q, claim), VERDICT_OK);
    int64_t part = claim == 0 ? all : claim;
    pair_settle(pair);
    quarrel_assert_state(&q, DISPUTE_OPENED);
    bool waits = is_applied && !is_late;
    assert_int_equal(labs((long)pair_account(&pair->beta, ACCOUNT_SUSPENSE, first)),
                     waits ? part : 0);
    pair_assert_mirrored(pair);
    end_it(&q, end);
    quarrel_assert_state(&q, DISPUTE_ADJUSTED);
    int64_t counts = is_applied ? (is_upheld(end) ? all - part : all) : is_upheld(end) ? part : 0;
    struct books expected = truth(kind, counts);
    assert_books(pair, &expected);
    assert_int_equal(quarrel_open(&q, claim), VERDICT_DISPUTE_EXISTS);
    (void)pair_teardown(&state);
}

static void test_each_kind_and_end(void **unused)
{
    static const enum entry_kind kinds[] = {ENTRY_EARN, ENTRY_EARN_RETURN, ENTRY_BURN_RETURN};
    (void)unused;
    for (size_t i = 0; i < 3; i++) {
        for (int end = END_ACCEPTED; end < END_COUNT; end++) {
            for (int bits = 0; bits < 8; bits++) {
                one_case(kinds[i], bits & 1, bits & 2, bits & 4 ? 0 : 25, (enum end)end);
            }
        }
    }
}

/* ---- Captures, which the signatures decide ---- */

static void capture_case(bool is_applied, bool is_late, bool has_grant, enum dispute_ruling ruling)
{
    void *state = NULL;
    (void)pair_setup(&state);
    struct quarrel q = {.pair = state};
    struct pair *pair = q.pair;
    if (has_grant) {
        quarrel_make(&q, ENTRY_CAPTURE, is_applied);
    } else {
        quarrel_earn(pair);
        pair_settle(pair);
        q.hold = quarrel_hold(pair, false);
        quarrel_use(pair, COMMAND_CAPTURE, &q.hold);
        pair_settle(pair);
        q.number = pair->from_alfa.count;
        q.opener = &pair->alfa;
        q.answerer = &pair->beta;
    }
    if (is_late) {
        pair_mark(&pair->beta);
        pair_mark(&pair->alfa);
        pair_settle(pair);
    }
    assert_int_equal(quarrel_open(&q, 0), VERDICT_OK);
    pair_settle(pair);
    struct dispute row = quarrel_row(&q, q.opener);
    if (ruling == RULING_NONE) {
        quarrel_assert_state(&q, DISPUTE_OPENED);
        (void)pair_teardown(&state);
        return;
    }
    quarrel_assert_state(&q, DISPUTE_ADJUSTED);
    assert_true(row.is_machine);
    assert_int_equal(row.outcome, ruling);
    struct books expected =
        truth(ENTRY_CAPTURE, is_applied == (ruling == RULING_DISMISSED) ? BURNT : 0);
    assert_books(pair, &expected);
    (void)pair_teardown(&state);
}

static void test_a_grant_decides(void **unused)
{
    (void)unused;
    capture_case(true, false, true, RULING_DISMISSED);
    capture_case(true, true, true, RULING_DISMISSED);
    capture_case(false, false, true, RULING_UPHELD);
    capture_case(false, true, true, RULING_UPHELD);
}

/* Alfa has a grant that beta never gave: the two machines differ, and people decide. */
static void test_no_grant_at_home(void **unused)
{
    (void)unused;
    capture_case(false, false, false, RULING_NONE);
}

/* ---- Rulings that cross ---- */

static void escalate(struct quarrel *q)
{
    quarrel_make(q, ENTRY_EARN, true);
    assert_int_equal(quarrel_open(q, 40), VERDICT_OK);
    pair_settle(q->pair);
    assert_int_equal(quarrel_step(q, q->answerer, STEP_REJECT), VERDICT_OK);
    pair_settle(q->pair);
    assert_int_equal(quarrel_step(q, q->opener, STEP_ESCALATE), VERDICT_OK);
    pair_settle(q->pair);
}

/* Both say the same before either has heard the other: that is agreed. */
static void test_rulings_that_cross_agree(void **state)
{
    struct quarrel q = {.pair = *state};
    escalate(&q);
    assert_int_equal(quarrel_step(&q, q.opener, STEP_RULE_UPHELD), VERDICT_OK);
    assert_int_equal(quarrel_step(&q, q.answerer, STEP_RULE_UPHELD), VERDICT_OK);
    pair_settle(q.pair);
    quarrel_assert_state(&q, DISPUTE_ADJUSTED);
    assert_int_equal(quarrel_row(&q, q.opener).outcome, RULING_UPHELD);
    pair_assert_mirrored(q.pair);
}

/* Each gives in to the other at the same time: nothing holds until they say the same. */
static void test_rulings_that_change_places(void **state)
{
    struct quarrel q = {.pair = *state};
    escalate(&q);
    assert_int_equal(quarrel_step(&q, q.opener, STEP_RULE_UPHELD), VERDICT_OK);
    assert_int_equal(quarrel_step(&q, q.answerer, STEP_RULE_DISMISSED), VERDICT_OK);
    pair_settle(q.pair);
    assert_int_equal(quarrel_step(&q, q.opener, STEP_RULE_DISMISSED), VERDICT_OK); /* both bind */
    assert_int_equal(quarrel_step(&q, q.answerer, STEP_RULE_UPHELD), VERDICT_OK);
    assert_int_equal(quarrel_step(&q, q.opener, STEP_RULE_UPHELD), VERDICT_STEP_UNDER_WAY);
    pair_settle(q.pair);
    quarrel_assert_state(&q, DISPUTE_ESCALATED);
    assert_int_equal(quarrel_row(&q, q.opener).own_ruling, RULING_DISMISSED);
    assert_int_equal(quarrel_row(&q, q.answerer).own_ruling, RULING_UPHELD);
    assert_int_equal(quarrel_step(&q, q.answerer, STEP_RULE_DISMISSED), VERDICT_OK);
    pair_settle(q.pair);
    quarrel_assert_state(&q, DISPUTE_ADJUSTED);
    assert_int_equal(quarrel_row(&q, q.answerer).outcome, RULING_DISMISSED);
    pair_assert_mirrored(q.pair);
}

/* The correction overtakes the receipt for the ruling that it follows from. */
static void test_a_correction_before_the_receipt(void **state)
{
    struct quarrel q = {.pair = *state};
    quarrel_make(&q, ENTRY_EARN, true);
    pair_mark(&q.pair->alfa);
    pair_mark(&q.pair->beta);
    pair_settle(q.pair);
    assert_int_equal(quarrel_open(&q, 40), VERDICT_OK); /* beta pays if it is upheld */
    pair_settle(q.pair);
    assert_int_equal(quarrel_step(&q, q.answerer, STEP_REJECT), VERDICT_OK);
    pair_settle(q.pair);
    assert_int_equal(quarrel_step(&q, q.opener, STEP_ESCALATE), VERDICT_OK);
    pair_settle(q.pair);
    assert_int_equal(quarrel_step(&q, q.opener, STEP_RULE_UPHELD), VERDICT_OK);
    pair_settle(q.pair);
    assert_int_equal(quarrel_step(&q, q.answerer, STEP_RULE_UPHELD), VERDICT_OK);
    pair_take(q.pair, q.answerer); /* beta knows the outcome, alfa has no receipt */
    assert_int_equal(quarrel_row(&q, q.answerer).pending, STEP_CONFIRM_UPHELD);
    assert_true(pair_due(q.opener));
    pair_take(q.pair, q.opener);
    assert_int_equal(quarrel_row(&q, q.answerer).state, DISPUTE_ADJUSTED);
    assert_int_equal(quarrel_row(&q, q.opener).pending, STEP_ADJUST);
    pair_settle(q.pair);
    quarrel_assert_state(&q, DISPUTE_ADJUSTED);
    struct books expected = truth(ENTRY_EARN, GIVEN - 40);
    assert_books(q.pair, &expected);
}

/* ---- What goes wrong ---- */

/* Alfa took the goods back before it heard of the dispute, and the points with them. */
static void test_an_opening_that_crosses_a_return(void **state)
{
    struct quarrel q = {.pair = *state};
    quarrel_make(&q, ENTRY_EARN, true);
    assert_int_equal(quarrel_open(&q, 40), VERDICT_OK);
    assert_int_equal(desk_return_sale(&q.pair->alfa, &q.earn), VERDICT_OK);
    pair_settle(q.pair);
    struct dispute row = quarrel_row(&q, q.opener);
    assert_int_equal(row.state, DISPUTE_DECLINED);
    assert_int_equal(row.declined, VERDICT_RETURN_EXCEEDS_SALE);
    struct books expected = {.issue = 0};
    assert_books(q.pair, &expected);
    assert_int_equal(quarrel_open(&q, 40), VERDICT_RETURN_EXCEEDS_SALE); /* it may be tried again */
}

/* What is disputed can't be given back by the shop meanwhile, and can afterwards. */
static void test_no_return_meanwhile(void **state)
{
    struct quarrel q = {.pair = *state};
    quarrel_make(&q, ENTRY_EARN, true);
    assert_int_equal(quarrel_open(&q, 40), VERDICT_OK);
    pair_settle(q.pair);
    assert_int_equal(desk_return_sale(&q.pair->alfa, &q.earn), VERDICT_OK); /* the other 60 */
    assert_int_equal(q.pair->alfa.answer.points.minor, GIVEN - 40);
    assert_int_equal(quarrel_step(&q, q.answerer, STEP_REJECT), VERDICT_OK);
    pair_settle(q.pair);
    assert_int_equal(quarrel_step(&q, q.opener, STEP_CONCEDE), VERDICT_OK);
    pair_settle(q.pair);
    struct books expected = truth(ENTRY_EARN, 40);
    assert_books(q.pair, &expected);
}

/* While the stream is frozen nothing can be said; what is due is tried again. */
static void test_a_correction_waits_for_its_stream(void **state)
{
    struct quarrel q = {.pair = *state};
    struct stream out;
    struct ledger_key key;
    struct buffer value = {0};
    quarrel_make(&q, ENTRY_EARN, false);
    assert_int_equal(quarrel_open(&q, 0), VERDICT_OK); /* alfa pays if it is upheld */
    pair_settle(q.pair);
    assert_int_equal(quarrel_step(&q, q.answerer, STEP_ACCEPT), VERDICT_OK);
    pair_take(q.pair, q.answerer);
    struct desk *alfa = &q.pair->alfa;
    assert_int_equal(ledger_get_stream(&alfa->store.view, &alfa->roster, STREAM_OUT,
                                       &q.pair->beta.roster.self, &out),
                     ERR_OK);
    for (int is_frozen = 1; is_frozen >= 0; is_frozen--) {
        out.is_frozen = is_frozen;
        key_stream(STREAM_OUT, &q.pair->beta.roster.self, &key);
        buffer_clear(&value);
        stream_encode(&out, &value);
        assert_int_equal(alfa->store.put(alfa->store.context, TABLE_STREAM,
                                         slice_of(key.bytes, key.length), buffer_slice(&value)),
                         ERR_OK);
        assert_true(pair_due(alfa));
        assert_false(pair_due(alfa));
        assert_int_equal(quarrel_row(&q, alfa).pending, is_frozen ? 0 : STEP_ADJUST);
        alfa->now.ms += 60 * 60 * 1000;
    }
    buffer_fini(&value);
    pair_settle(q.pair);
    struct books expected = truth(ENTRY_EARN, GIVEN);
    assert_books(q.pair, &expected);
}

/* A correction that nothing was agreed for is refused, and changes nothing. */
static void test_no_correction_without_an_outcome(void **state)
{
    struct quarrel q = {.pair = *state};
    quarrel_make(&q, ENTRY_EARN, true);
    assert_int_equal(quarrel_open(&q, 40), VERDICT_OK);
    pair_settle(q.pair);
    struct desk *beta = &q.pair->beta;
    struct command take = desk_command(beta, COMMAND_TAKE_ENTRY);
    take.origin = q.pair->alfa.roster.self;
    take.take_entry.sender = q.pair->alfa.roster.self;
    take.take_entry.bytes = slice_of("entry", 5);
    take.take_entry.entry = (struct clearing_entry){
        .number = q.pair->from_alfa.count + 1,
        .period = first,
        .transaction_id = take.transaction_id,
        .kind = ENTRY_ADJUSTMENT,
        .points = points_of(40),
        .tariff = 1,
        .dispute = {.number = q.number, .is_of_sender = true, .step = STEP_ADJUST}};
    assert_int_equal(desk_tell(beta, &take), VERDICT_NOT_AGREED);
    quarrel_assert_state(&q, DISPUTE_OPENED);
}

/* ---- What the period's statement leaves out ---- */

static void test_totals_are_suspended(void **state)
{
    struct quarrel q = {.pair = *state};
    struct entry_total total;
    quarrel_make(&q, ENTRY_EARN, true);
    assert_int_equal(quarrel_open(&q, 40), VERDICT_OK);
    pair_settle(q.pair);
    for (int i = 0; i < 2; i++) {
        struct desk *desk = i == 0 ? &q.pair->alfa : &q.pair->beta;
        struct partner_id partner = pair_other(q.pair, desk)->roster.self;
        enum stream_direction direction = i == 0 ? STREAM_OUT : STREAM_IN;
        assert_int_equal(ledger_get_suspended(&desk->store.view, direction, &partner, first,
                                              ENTRY_EARN, 1, &total),
                         ERR_OK);
        assert_int_equal(total.count, 1);
        assert_int_equal(total.points, 40);
        assert_int_equal(
            ledger_get_total(&desk->store.view, direction, &partner, first, ENTRY_EARN, 1, &total),
            ERR_OK);
        assert_int_equal(total.points, GIVEN); /* receipts go on saying the same */
        uint64_t open;
        assert_int_equal(
            ledger_get_partner_count(&desk->store.view, META_DISPUTES, &partner, &open), ERR_OK);
        assert_int_equal(open, 1);
    }
    assert_int_equal(pair_account(&q.pair->alfa, ACCOUNT_SUSPENSE, second), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_and_end),
        cmocka_unit_test(test_a_grant_decides),
        cmocka_unit_test(test_no_grant_at_home),
        TEST(test_rulings_that_cross_agree),
        TEST(test_rulings_that_change_places),
        TEST(test_a_correction_before_the_receipt),
        TEST(test_an_opening_that_crosses_a_return),
        TEST(test_no_return_meanwhile),
        TEST(test_a_correction_waits_for_its_stream),
        TEST(test_no_correction_without_an_outcome),
        TEST(test_totals_are_suspended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

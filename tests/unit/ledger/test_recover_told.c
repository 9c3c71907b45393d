/* What is told again of which only a partner's copy is left: requests that were given up, steps of
 * disputes; and what is told of things that are not back. */
#include "lost.h"

static struct scene scene;
static struct desk *const desk = &scene.desk;

static int begin(void **state)
{
    (void)state;
    scene_init(&scene);
    lost_begin(&scene);
    return 0;
}

static int begin_disputed(void **state)
{
    (void)state;
    scene_init(&scene);
    scene_make_disputes(&scene);
    lost_begin(&scene);
    return 0;
}

static int end(void **state)
{
    (void)state;
    scene_fini(&scene);
    return 0;
}

static void is_given_up(const struct uid *id)
{
    struct hold hold;
    assert_int_equal(ledger_get_hold(&desk->store.view, &desk->roster.self, id, &hold), ERR_OK);
    assert_int_equal(hold.state, HOLD_VOIDED);
    assert_int_equal(hold.captured.minor, 0);
}

/* The home had granted it: what the till was told is nothing, not what it gave back. */
static void test_a_request_that_was_granted_and_given_up(void **state)
{
    (void)state;
    struct command grant = desk_command(desk, COMMAND_RECOVER_HOLD);
    grant.recover_hold = (struct command_recover_hold){.home = desk->partners[1].id,
                                                       .redeemer = desk->roster.self,
                                                       .card = scene.beta_card,
                                                       .points = points_of(8),
                                                       .capture_by = desk_in_days(desk, 1),
                                                       .deliver_by = desk_in_days(desk, 2)};
    desk_do(desk, &grant);
    struct command entry = lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_VOID, 0,
                                      &scene.beta_card, &grant.transaction_id);
    entry.transaction_id = grant.transaction_id;
    entry.recover_entry.entry.transaction_id = grant.transaction_id;
    desk_do(desk, &entry);
    assert_int_equal(desk->answer.points.minor, 0);
    is_given_up(&grant.transaction_id);
}

static void test_a_request_is_given_up_again_and_its_repeat_is_one(void **state)
{
    (void)state;
    struct command entry =
        lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_VOID, 0, &scene.beta_card, NULL);
    entry.recover_entry.entry.subject = entry.transaction_id;
    desk_do(desk, &entry);
    struct command again = lost_told_again(desk, &entry, COMMAND_GIVE_UP_HOLD);
    again.hold = (struct command_hold){.redeemer = desk->roster.self,
                                       .card = scene.beta_card,
                                       .asked = scene.beta_card,
                                       .points = points_of(5)};
    uint64_t row = desk->row;
    desk_do(desk, &again);
    assert_int_equal(desk->row, row);
    assert_int_equal(desk->answer.points.minor, 0);
    is_given_up(&entry.transaction_id); /* its home is not asked anew */
    again.kind = COMMAND_FOREIGN_HOLD;
    desk_do(desk, &again);
    again.kind = COMMAND_STAND_IN_HOLD;
    desk_do(desk, &again);
    assert_int_equal(desk->row, row);
    assert_int_equal(lost_recovery(desk).unreplayed, 0);
    again.hold.card = again.hold.asked = scene.rich_card;
    assert_int_equal(lost_decide(desk, &again), ERR_UNAVAILABLE); /* it may have led there */
    again.hold.card = again.hold.asked = scene.beta_card;
    struct command other =
        lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_VOID, 0, &scene.beta_card, &scene.foreign);
    desk_do(desk, &other);
    struct uid id = again.transaction_id;
    again.transaction_id = other.transaction_id;
    assert_int_equal(desk_tell(desk, &again), VERDICT_TRANSACTION_ID_REUSED);
    desk_recover(desk, &desk->partners[1].id, RECOVERY_END);
    again.transaction_id = id;
    again.hold.card = again.hold.asked = scene.rich_card;
    assert_int_equal(desk_tell(desk, &again), VERDICT_TRANSACTION_ID_REUSED);
}

/* A step in the dispute about beta's earn, which our office opened and beta rejected. */
static struct command lost_step(enum command_kind kind, enum dispute_step step)
{
    struct card_number none = {{0}};
    struct command command = lost_entry(&scene, kind, dispute_step_kind(step), 0, &none, NULL);
    struct clearing_entry *entry =
        kind == COMMAND_RECOVER_ENTRY ? &command.recover_entry.entry : &command.take_entry.entry;
    entry->dispute = (struct dispute_part){
        .number = scene.disputed, .is_of_sender = kind == COMMAND_RECOVER_TAKEN, .step = step};
    return command;
}

static struct dispute dispute_now(void)
{
    struct dispute row;
    assert_int_equal(ledger_get_dispute(&desk->store.view, &desk->partners[1].id, STREAM_IN,
                                        scene.disputed, &row),
                     ERR_OK);
    return row;
}

/* Our office ruled, beta's confirmed it; of our ruling the office is told again that it was OK, and
 * about how many points. */
static void rule_again(bool may_wait)
{
    struct command escalated = lost_step(COMMAND_RECOVER_ENTRY, STEP_ESCALATE);
    desk_do(desk, &escalated);
    struct command other = lost_step(COMMAND_RECOVER_TAKEN, STEP_RULE_UPHELD);
    desk_do(desk, &other);
    assert_int_equal(dispute_now().state, DISPUTE_ESCALATED);
    struct command confirmed = lost_step(COMMAND_RECOVER_TAKEN, STEP_CONFIRM_DISMISSED);
    confirmed.take_entry.may_wait = true;
    assert_int_equal(lost_decide(desk, &confirmed),
                     ERR_NOT_FOUND); /* what it confirms is not back */
    confirmed.take_entry.may_wait = false;
    if (!may_wait) {
        desk_do(desk, &confirmed);
    }
    struct command ruled = lost_step(COMMAND_RECOVER_ENTRY, STEP_RULE_DISMISSED);
    desk_do(desk, &ruled);
    if (may_wait) {
        confirmed = lost_step(COMMAND_RECOVER_TAKEN, STEP_CONFIRM_DISMISSED);
        confirmed.take_entry.may_wait = true;
        desk_do(desk, &confirmed);
    }
    assert_int_equal(dispute_now().state, DISPUTE_RULED);
    assert_int_equal(dispute_now().outcome, RULING_DISMISSED);
    assert_int_equal(dispute_now().own_ruling, RULING_DISMISSED);
    assert_int_equal(lost_recovery(desk).unreplayed, 0);
    struct command again = lost_told_again(desk, &ruled, COMMAND_STEP_DISPUTE);
    again.dispute = (struct command_dispute){.partner = desk->partners[1].id,
                                             .direction = STREAM_IN,
                                             .number = scene.disputed,
                                             .step = STEP_RULE_DISMISSED};
    uint64_t row = desk->row;
    desk_do(desk, &again);
    assert_int_equal(desk->row, row);
    assert_true(dispute_now().claim.minor > 0);
    assert_int_equal(desk->answer.points.minor, dispute_now().claim.minor);
}

static void test_a_ruling_comes_back_before_what_confirms_it(void **state)
{
    (void)state;
    rule_again(true);
}

/* When it can't wait, since something else is lost for good. */
static void test_a_ruling_that_is_overtaken_is_told_again_all_the_same(void **state)
{
    (void)state;
    rule_again(false);
}

/* Beta's receipt for all that there is for it: it took our last step. */
static void last_step_is_taken(enum dispute_step step)
{
    struct receipted_entry entries[16] = {{.number = 0}};
    struct stream stream;
    assert_int_equal(ledger_get_stream(&desk->store.view, &desk->roster, STREAM_OUT,
                                       &desk->partners[1].id, &stream),
                     ERR_OK);
    size_t count = (size_t)(stream.last_number - stream.receipted_number);
    assert_in_range(count, 1, sizeof entries / sizeof entries[0]);
    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct receipted_entry){.number = stream.receipted_number + 1 + i,
                                              .kind = dispute_step_kind(step),
                                              .tariff = 1,
                                              .period = stream.period,
                                              .verdict = VERDICT_OK};
    }
    entries[count - 1].disputed = scene.disputed;
    entries[count - 1].step = step;
    struct command receipt = desk_command(desk, COMMAND_TAKE_RECEIPT);
    receipt.take_receipt =
        (struct command_take_receipt){.receiver = desk->partners[1].id,
                                      .receipt_number = stream.receipt_number + 1,
                                      .last_number = stream.last_number,
                                      .entries = entries,
                                      .entry_count = count};
    desk_do(desk, &receipt);
}

static void is_ruled(void)
{
    assert_int_equal(dispute_now().state, DISPUTE_RULED);
    assert_int_equal(dispute_now().outcome, RULING_DISMISSED);
    assert_int_equal(dispute_now().own_ruling, RULING_DISMISSED);
    assert_int_equal(dispute_now().partner_ruling, RULING_DISMISSED);
    assert_int_equal(dispute_now().pending, 0);
    assert_int_equal(lost_recovery(desk).unreplayed, 0);
}

/* Each office confirmed the other one's ruling before it heard that it had done so: either may come
 * back first, and the other one must not wait for what would never come. */
static void confirm_at_once(bool is_own_first)
{
    struct command own = lost_step(COMMAND_RECOVER_ENTRY, STEP_ESCALATE);
    desk_do(desk, &own);
    struct command theirs = lost_step(COMMAND_RECOVER_TAKEN, STEP_RULE_DISMISSED);
    desk_do(desk, &theirs);
    own = lost_step(COMMAND_RECOVER_ENTRY, STEP_RULE_DISMISSED);
    desk_do(desk, &own);
    for (unsigned i = 0; i < 2; i++) {
        bool is_own = is_own_first == (i == 0);
        struct command confirmed = lost_step(is_own ? COMMAND_RECOVER_ENTRY : COMMAND_RECOVER_TAKEN,
                                             STEP_CONFIRM_DISMISSED);
        if (is_own) {
            confirmed.recover_entry.may_wait = true;
        } else {
            confirmed.take_entry.may_wait = true;
        }
        desk_do(desk, &confirmed);
        if (is_own) {
            last_step_is_taken(STEP_CONFIRM_DISMISSED);
        }
        is_ruled();
    }
}

static void test_a_confirmation_of_ours_comes_back_before_the_one_that_it_met(void **state)
{
    (void)state;
    confirm_at_once(true);
}

static void test_a_confirmation_of_theirs_comes_back_before_the_one_that_it_met(void **state)
{
    (void)state;
    confirm_at_once(false);
}

/* What a dispute brought to a member who had moved went on to beta under the dispute's id, and
 * comes back before the dispute. */
static void test_a_dispute_is_told_again_whose_points_went_on(void **state)
{
    (void)state;
    struct card_number none = {{0}};
    struct command lot =
        lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_MOVED_LOT, 3, &scene.gone_card, NULL);
    lot.recover_entry.entry.moved_to = scene.moved_card;
    lot.recover_entry.entry.issuer = desk->roster.self;
    desk_do(desk, &lot);
    struct command again = lost_told_again(desk, &lot, COMMAND_OPEN_DISPUTE);
    again.dispute = (struct command_dispute){.partner = desk->partners[1].id,
                                             .direction = STREAM_IN,
                                             .number = scene.disputable,
                                             .points = points_of(5),
                                             .reason = DISPUTE_OTHER};
    assert_int_equal(lost_decide(desk, &again), ERR_UNAVAILABLE);
    struct command opened =
        lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_DISPUTE_OPENED, 5, &none, NULL);
    opened.transaction_id = lot.transaction_id;
    opened.recover_entry.entry.transaction_id = lot.transaction_id;
    opened.recover_entry.entry.dispute = (struct dispute_part){
        .number = scene.disputable, .step = STEP_OPEN, .reason = DISPUTE_OTHER};
    desk_do(desk, &opened);
    uint64_t row = desk->row;
    desk_do(desk, &again);
    assert_int_equal(desk->row, row);
    assert_int_equal(desk->answer.points.minor, 5);
    assert_string_equal(desk->answer.home.text, desk->partners[1].id.text);
    desk_recover(desk, &desk->partners[1].id, RECOVERY_END);
    again.dispute.points = points_of(6);
    assert_int_equal(desk_tell(desk, &again), VERDICT_TRANSACTION_ID_REUSED);
}

/* The home of the card that the till showed is the one that tells where it led then. */
static void test_an_earn_is_told_again_before_the_move_of_its_card_is_back(void **state)
{
    (void)state;
    struct command entry =
        lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_EARN, 12, &scene.moved_card, NULL);
    desk_do(desk, &entry);
    struct command again = lost_told_again(desk, &entry, COMMAND_EARN);
    again.earn = (struct command_earn){
        .card = scene.beta_card, .is_fixed = true, .fixed_points = points_of(11)};
    assert_int_equal(desk_tell(desk, &again), VERDICT_TRANSACTION_ID_REUSED);
    again.earn.fixed_points = points_of(12);
    assert_int_equal(lost_decide(desk, &again), ERR_UNAVAILABLE);
    desk_recover(desk, &desk->partners[1].id, RECOVERY_END);
    assert_int_equal(desk_tell(desk, &again), VERDICT_TRANSACTION_ID_REUSED);
    scene_hear_of_move(&scene, &scene.beta_card, &scene.moved_card);
    uint64_t row = desk->row;
    desk_do(desk, &again);
    assert_int_equal(desk->row, row);
    assert_int_equal(desk->answer.points.minor, 12);
}

static struct command use(enum command_kind kind, const struct uid *hold)
{
    struct command command = desk_command(desk, kind);
    command.use.hold = *hold;
    return command;
}

static struct command return_of(const struct uid *sale)
{
    struct command command = desk_command(desk, COMMAND_RETURN_SALE);
    command.return_sale.sale = *sale;
    return command;
}

static void recovers(bool begins)
{
    desk_recover(desk, &desk->partners[1].id, begins ? RECOVERY_BEGIN : RECOVERY_END);
}

/* The hold or the sale may come back, from whichever partner; when nothing can any more, it is
 * refused. */
static void test_what_is_unknown_is_not_refused_before_all_is_back(void **state)
{
    (void)state;
    const struct command commands[] = {
        use(COMMAND_CAPTURE, &scene.nobody), use(COMMAND_VOID, &scene.nobody),
        use(COMMAND_RETURN_BURN, &scene.nobody), return_of(&scene.nobody)};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        assert_int_equal(lost_decide(desk, &commands[i]), ERR_UNAVAILABLE);
    }
    recovers(false);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        bool is_return = commands[i].kind == COMMAND_RETURN_SALE;
        assert_int_equal(desk_tell(desk, &commands[i]),
                         is_return ? VERDICT_SALE_UNKNOWN : VERDICT_HOLD_UNKNOWN);
    }
}

/* What freezes a stream keeps it from coming back. */
static void test_what_is_unknown_is_refused_when_its_stream_is_frozen(void **state)
{
    (void)state;
    struct command freeze = desk_command(desk, COMMAND_FREEZE_STREAM);
    freeze.freeze.direction = STREAM_OUT;
    freeze.freeze.partner = desk->partners[1].id;
    desk_do(desk, &freeze);
    struct command capture = use(COMMAND_CAPTURE, &scene.nobody);
    assert_int_equal(desk_tell(desk, &capture), VERDICT_HOLD_UNKNOWN);
}

/* A capture of it that is not back yet may be what is returned. */
static void test_a_hold_is_not_judged_by_what_the_copy_has_of_it(void **state)
{
    (void)state;
    struct command back = use(COMMAND_RETURN_BURN, &scene.foreign);
    assert_int_equal(lost_decide(desk, &back), ERR_UNAVAILABLE);
    struct command captured = lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_CAPTURE, 3,
                                         &scene.beta_card, &scene.foreign);
    desk_do(desk, &captured);
    assert_int_equal(lost_decide(desk, &back), ERR_UNAVAILABLE);
    recovers(false);
    desk_do(desk, &back);
    assert_int_equal(desk->answer.points.minor, 3);
}

/* Nobody but us knows of our own members' holds. */
static void test_a_hold_of_ours_is_captured_meanwhile(void **state)
{
    (void)state;
    struct command capture = use(COMMAND_CAPTURE, &scene.hold);
    desk_do(desk, &capture);
}

#define TEST(name)          cmocka_unit_test_setup_teardown(name, begin, end)
#define TEST_DISPUTED(name) cmocka_unit_test_setup_teardown(name, begin_disputed, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_request_is_given_up_again_and_its_repeat_is_one),
        TEST(test_a_request_that_was_granted_and_given_up),
        TEST(test_what_is_unknown_is_not_refused_before_all_is_back),
        TEST(test_what_is_unknown_is_refused_when_its_stream_is_frozen),
        TEST(test_a_hold_is_not_judged_by_what_the_copy_has_of_it),
        TEST(test_a_hold_of_ours_is_captured_meanwhile),
        TEST(test_an_earn_is_told_again_before_the_move_of_its_card_is_back),
        TEST_DISPUTED(test_a_dispute_is_told_again_whose_points_went_on),
        TEST_DISPUTED(test_a_confirmation_of_ours_comes_back_before_the_one_that_it_met),
        TEST_DISPUTED(test_a_confirmation_of_theirs_comes_back_before_the_one_that_it_met),
        TEST_DISPUTED(test_a_ruling_comes_back_before_what_confirms_it),
        TEST_DISPUTED(test_a_ruling_that_is_overtaken_is_told_again_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

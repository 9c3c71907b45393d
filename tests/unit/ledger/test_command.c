/* What a repeat of a command must agree in, and the names of things. */
#include "ledger_test.h"

#include "ledger/verdict.h"

static bool same_body(const struct command *a, const struct command *b)
{
    struct buffer said_a = {0};
    struct buffer said_b = {0};
    command_said(a, &said_a);
    command_said(b, &said_b);
    assert_true(said_a.length <= COMMAND_SAID_BYTES_MAX);
    bool is_same = slice_equal(buffer_slice(&said_a), buffer_slice(&said_b));
    buffer_fini(&said_a);
    buffer_fini(&said_b);
    return is_same;
}

/* A change of one field, and whether a repeat with it is another request. */
#define CHANGED(is_other, field, value)                                                            \
    do {                                                                                           \
        struct command changed = command;                                                          \
        changed.field = value;                                                                     \
        if (same_body(&command, &changed) == (is_other)) {                                         \
            fail_msg("%s: " #field, command_kind_name(command.kind));                              \
        }                                                                                          \
    } while (0)

static void test_enrol_and_cards(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("enrol");
    struct command command = sample_command(&rng, COMMAND_ENROL);
    CHANGED(true, enrol.said_tag[0], command.enrol.said_tag[0] ^ 1);
    CHANGED(false, enrol.member, sample_uid(&rng));
    CHANGED(false, business_time.ms, 5);
    CHANGED(false, transaction_id, sample_uid(&rng));
    command = sample_command(&rng, COMMAND_ISSUE_CARD);
    CHANGED(true, card.member, sample_uid(&rng));
    CHANGED(true, kind, COMMAND_BLOCK_CARD);
    command = sample_command(&rng, COMMAND_BLOCK_CARD);
    CHANGED(true, card.card.digits[9], 'x');
}

static void test_earn(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("earn");
    struct command command = sample_command(&rng, COMMAND_EARN);
    command.earn.is_fixed = false;
    CHANGED(true, earn.card.digits[9], 'x');
    CHANGED(true, earn.amount.minor, 1);
    CHANGED(true, earn.currency[0], 'X');
    CHANGED(true, earn.is_fixed, true);
    CHANGED(true, earn.fixed_points.minor, 1);
    CHANGED(true, earn.receipt[0], '!');
    CHANGED(false, earn.member, sample_uid(&rng)); /* the card names the member */
    CHANGED(false, earn.rate.per_minor, 1);
    CHANGED(false, earn.rate.points_minor, 1);
    CHANGED(false, earn.active_from.ms, 1);
    CHANGED(false, earn.expires_at.ms, 1);
    CHANGED(false, business_time.ms, 1); /* the node's own clock */
    command.is_dated = true;
    CHANGED(true, business_time.ms, 1);
    CHANGED(true, is_dated, false);
    CHANGED(true, earn.till[0], '7');
    CHANGED(true, earn.cashier[0], '7');
    command.earn.card = (struct card_number){{0}};
    CHANGED(true, earn.member, sample_uid(&rng));
}

static void test_accounts_among_members(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("accounts");
    struct command command = sample_command(&rng, COMMAND_TRANSFER);
    CHANGED(true, transfer.from, sample_uid(&rng));
    CHANGED(true, transfer.to, sample_uid(&rng));
    CHANGED(true, transfer.by, sample_uid(&rng));
    CHANGED(true, transfer.points.minor, 0);
    CHANGED(true, transfer.receipt[0], '!');
    command = sample_command(&rng, COMMAND_OPEN_POOL);
    CHANGED(false, pool.pool, sample_uid(&rng)); /* the node made it */
    CHANGED(true, pool.member, sample_uid(&rng));
    CHANGED(true, pool.name[0], '!');
    command = sample_command(&rng, COMMAND_JOIN_POOL);
    CHANGED(true, pool.pool, sample_uid(&rng));
    CHANGED(true, kind, COMMAND_LEAVE_POOL);
    command = sample_command(&rng, COMMAND_PROPOSE_ADJUSTMENT);
    CHANGED(true, adjustment.member, sample_uid(&rng));
    CHANGED(true, adjustment.points.minor, 1);
    CHANGED(true, adjustment.reason[0], '_');
    CHANGED(true, adjustment.note.text[0], '!');
    CHANGED(true, adjustment.maker[0], '!');
    CHANGED(false, adjustment.expires_at.ms, 1);
    sample_seal(&rng, &command.adjustment.note);
    CHANGED(true, adjustment.note.tag[3], 7);
    CHANGED(false, adjustment.note.sealed.length, 0); /* another nonce, or no key any more */
    command = sample_command(&rng, COMMAND_RULE_ADJUSTMENT);
    CHANGED(true, ruling.adjustment, sample_uid(&rng));
    CHANGED(true, ruling.is_approved, !command.ruling.is_approved);
    CHANGED(true, ruling.checker[0], '!');
    CHANGED(false, ruling.points_expire_at.ms, 1);
}

static void test_pools_and_alerts(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("guards");
    struct command command = sample_command(&rng, COMMAND_SET_POOL_RIGHT);
    CHANGED(true, pool_right.pool, sample_uid(&rng));
    CHANGED(true, pool_right.member, sample_uid(&rng));
    CHANGED(true, pool_right.kind, POOL_RIGHT_NONE);
    CHANGED(true, pool_right.limit.minor, command.pool_right.limit.minor + 1);
    CHANGED(true, pool_right.by, sample_uid(&rng));
    command = sample_command(&rng, COMMAND_BEAR_CARD);
    CHANGED(true, bearer.card.digits[9], 'x');
    CHANGED(true, bearer.member, sample_uid(&rng));
    command = sample_command(&rng, COMMAND_RAISE_ALERT);
    CHANGED(true, finding.rule[0], '!');
    CHANGED(true, finding.subject[0], '!');
    CHANGED(true, finding.sale, sample_uid(&rng));
    CHANGED(false, finding.found[0], '!'); /* other numbers by now */
    CHANGED(false, finding.begins_at.ms, 1);
    command = sample_command(&rng, COMMAND_RULE_ALERT);
    CHANGED(true, alert_ruling.alert, sample_uid(&rng));
    CHANGED(true, alert_ruling.is_fraud, !command.alert_ruling.is_fraud);
    CHANGED(true, alert_ruling.by[0], '!');
    CHANGED(true, alert_ruling.reason.text[0], '!');
    sample_seal(&rng, &command.alert_ruling.reason);
    CHANGED(true, alert_ruling.reason.tag[3], 7);
    CHANGED(false, alert_ruling.reason.sealed.length, 0); /* another nonce, or no key any more */
}

static void test_members_and_merges(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("members");
    struct command command = sample_command(&rng, COMMAND_UNBLOCK_CARD);
    CHANGED(true, card.card.digits[9], 'x');
    CHANGED(true, kind, COMMAND_BLOCK_CARD);
    command = sample_command(&rng, COMMAND_BLOCK_MEMBER);
    CHANGED(true, block.member, sample_uid(&rng));
    CHANGED(true, block.reason[0], '_');
    CHANGED(true, kind, COMMAND_UNBLOCK_MEMBER);
    command = sample_command(&rng, COMMAND_MERGE_MEMBERS);
    CHANGED(true, merge.from, sample_uid(&rng));
    CHANGED(true, merge.into, sample_uid(&rng));
    command = sample_command(&rng, COMMAND_UNMERGE_MEMBERS);
    CHANGED(true, unmerge.merge, sample_uid(&rng));
    command = sample_command(&rng, COMMAND_ERASE_MEMBER);
    CHANGED(true, erase.member, sample_uid(&rng));
    command = sample_command(&rng, COMMAND_SET_REFERRER);
    CHANGED(true, referrer.member, sample_uid(&rng));
    CHANGED(true, referrer.referrer, sample_uid(&rng));
    command = sample_command(&rng, COMMAND_SET_PROFILE);
    CHANGED(true, profile.member, sample_uid(&rng));
    CHANGED(true, profile.said_tag[15], command.profile.said_tag[15] ^ 1);
    CHANGED(false, profile.replaces.bytes[0], command.profile.replaces.bytes[0] ^ 1);
    CHANGED(false, profile.sealed, slice_of("x", 1));
}

static void test_moves(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("moves");
    struct command command = sample_command(&rng, COMMAND_AWAIT_MOVE);
    CHANGED(true, await.card.digits[9], 'x');
    CHANGED(true, await.own_card.digits[9], 'x');
    command = sample_command(&rng, COMMAND_MOVE_MEMBER);
    CHANGED(true, move.card.digits[9], 'x');
    CHANGED(true, move.to.text[0], '!');
    CHANGED(true, move.new_card.digits[9], 'x');
    CHANGED(false, move.acceptance, slice_of("x", 1));
}

static void test_holds_and_returns(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("holds");
    struct command command = sample_command(&rng, COMMAND_HOLD);
    CHANGED(true, hold.redeemer.text[0], '!');
    CHANGED(true, hold.card.digits[9], 'x');
    CHANGED(true, hold.points.minor, 0);
    CHANGED(true, hold.receipt[0], '!');
    CHANGED(true, kind, COMMAND_FOREIGN_HOLD);
    CHANGED(false, hold.asked.digits[9], 'x');
    CHANGED(false, hold.capture_by.ms, 1);
    CHANGED(false, hold.deliver_by.ms, 1);
    CHANGED(false, hold.evidence, slice_of("x", 1));
    command = sample_command(&rng, COMMAND_CAPTURE);
    CHANGED(true, use.hold, sample_uid(&rng));
    CHANGED(true, use.points.minor, 0);
    CHANGED(true, use.receipt[0], '!');
    CHANGED(true, kind, COMMAND_RETURN_BURN);
    command = sample_command(&rng, COMMAND_RETURN_SALE);
    CHANGED(true, return_sale.sale, sample_uid(&rng));
    CHANGED(true, return_sale.amount.minor, 0);
    CHANGED(true, return_sale.receipt[0], '!');
    CHANGED(true, return_sale.is_by_line, true);
    CHANGED(false, business_time.ms, 1);
    command.return_sale.is_by_line = true;
    CHANGED(true, return_sale.lines[0], (uint8_t)~command.return_sale.lines[0]);
    CHANGED(false, return_sale.amount.minor, 0);
    CHANGED(false, return_sale.kept.minor, 1);
}

static void test_the_nodes_own_steps_say_nothing(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("steps");
    for (int kind = COMMAND_ENROL; kind < COMMAND_KIND_END; kind++) {
        struct buffer said = {0};
        if (!command_kind_is_known((unsigned)kind)) {
            continue;
        }
        struct command command = sample_command(&rng, (enum command_kind)kind);
        command_said(&command, &said);
        assert_true((said.length == 0) != command_is_idempotent(command.kind));
        assert_true(command_is_idempotent(command.kind) ==
                    (kind <= COMMAND_RETURN_BURN || kind == COMMAND_CLOSE_PERIOD ||
                     (kind >= COMMAND_TRANSFER && kind <= COMMAND_ERASE_MEMBER) ||
                     kind == COMMAND_STAND_IN_HOLD || kind == COMMAND_GIVE_UP_HOLD ||
                     kind == COMMAND_AWAIT_MOVE || kind == COMMAND_MOVE_MEMBER ||
                     kind == COMMAND_OPEN_DISPUTE || kind == COMMAND_STEP_DISPUTE ||
                     kind == COMMAND_SELL_BLOCK || kind == COMMAND_BUY_BLOCK ||
                     kind == COMMAND_WITHDRAW_BLOCK || kind == COMMAND_ACTIVATE_PROGRAMME ||
                     kind == COMMAND_SET_PROFILE || kind == COMMAND_CHANGE_STANDING ||
                     kind == COMMAND_RESERVE || kind == COMMAND_SET_REFERRER ||
                     (kind >= COMMAND_SET_POOL_RIGHT && kind <= COMMAND_BEAR_CARD)));
        buffer_fini(&said);
    }
}

static void test_names(void **state)
{
    (void)state;
    enum verdict parsed;
    size_t known = 0;
    for (unsigned i = 0; i < VERDICT_END + 5; i++) {
        const struct verdict_row *row = verdict_describe((enum verdict)i);
        assert_non_null(row);
        if (!verdict_is_known(i)) {
            assert_string_equal(row->name, "UNKNOWN");
            continue;
        }
        known++;
        assert_int_equal(verdict_parse(row->name, &parsed), ERR_OK);
        assert_int_equal(parsed, i);
        assert_int_equal(row->sentence[strlen(row->sentence) - 1], '.');
        assert_true((row->grpc_status == 0) == (i == VERDICT_OK));
    }
    assert_int_equal(known, 115);
    assert_int_equal(verdict_parse("UNKNOWN", &parsed), ERR_INPUT);
    assert_int_equal(verdict_parse("", &parsed), ERR_INPUT);
    for (int i = 1; i < COMMAND_KIND_END; i++) {
        assert_true(command_kind_is_known((unsigned)i) ==
                    (strcmp(command_kind_name((enum command_kind)i), "unknown") != 0));
    }
    assert_false(command_kind_is_known(0));
    assert_false(command_kind_is_known(COMMAND_KIND_END));
    for (int i = 1; i < ACCOUNT_KIND_END; i++) {
        assert_string_not_equal(account_kind_name((enum account_kind)i), "unknown");
    }
    unsigned tables = 0;
    for (unsigned i = 0; i < TABLE_END + 2; i++) {
        bool is_named = strcmp(ledger_table_name((enum ledger_table)i), "unknown") != 0;
        assert_int_equal(is_named, ledger_table_is_known(i));
        tables += is_named;
    }
    assert_int_equal(tables, 45);
    assert_string_equal(command_kind_name(COMMAND_KIND_END), "unknown");
    assert_string_equal(account_kind_name(ACCOUNT_KIND_END), "unknown");
    assert_string_equal(ledger_table_name(TABLE_END), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enrol_and_cards),
        cmocka_unit_test(test_earn),
        cmocka_unit_test(test_holds_and_returns),
        cmocka_unit_test(test_accounts_among_members),
        cmocka_unit_test(test_pools_and_alerts),
        cmocka_unit_test(test_members_and_merges),
        cmocka_unit_test(test_moves),
        cmocka_unit_test(test_the_nodes_own_steps_say_nothing),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

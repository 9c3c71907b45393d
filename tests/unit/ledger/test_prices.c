/* Under which tariff what comes back is settled: at the price at which it went. Alfa's shop, beta's
 * members; tariff 1 is everybody's from the beginning, tariff 2 begins or is for others. */
#include "pair.h"

#include <string.h>

#define TEST(test) cmocka_unit_test_setup_teardown(test, pair_setup, pair_teardown)

static void add_tariff(struct desk *desk, struct unix_ms from)
{
    desk->tariffs[1] = (struct tariff){
        .id = 2, .issue_price = {4}, .redemption_price = {3}, .per = {1}, .valid_from = from};
    desk->roster.tariff_count = 2;
}

/* Both charters have another price from then on. */
static void reprice(struct pair *pair, struct unix_ms from)
{
    add_tariff(&pair->alfa, from);
    add_tariff(&pair->beta, from);
}

static struct uid hold_abroad(struct pair *pair, int64_t points)
{
    struct command command = desk_command(&pair->alfa, COMMAND_FOREIGN_HOLD);
    command.hold = (struct command_hold){.redeemer = pair->alfa.roster.self,
                                         .card = pair->card,
                                         .asked = pair->card,
                                         .points = points_of(points),
                                         .capture_by = desk_in_days(&pair->alfa, 1),
                                         .deliver_by = desk_in_days(&pair->alfa, 2)};
    struct command granted = command;
    granted.kind = COMMAND_HOLD;
    desk_do(&pair->beta, &granted);
    desk_do(&pair->alfa, &command);
    return command.transaction_id;
}

static void use_hold(struct pair *pair, enum command_kind kind, const struct uid *hold,
                     int64_t points)
{
    struct command command = desk_command(&pair->alfa, kind);
    command.use = (struct command_hold_use){.hold = *hold, .points = points_of(points)};
    desk_do(&pair->alfa, &command);
    pair_settle(pair);
}

static int64_t owed(const struct desk *desk, unsigned partner)
{
    struct exposure exposure;
    assert_int_equal(ledger_get_exposure(&desk->store.view, &desk->partners[partner].id, &exposure),
                     ERR_OK);
    return exposure_owed(&exposure, &desk->roster).minor;
}

static enum verdict tell_beta(struct pair *pair, enum entry_kind kind, const struct uid *hold,
                              uint32_t tariff)
{
    struct command command = desk_command(&pair->beta, COMMAND_TAKE_ENTRY);
    command.origin = command.take_entry.sender = pair->alfa.roster.self;
    command.take_entry.entry =
        (struct clearing_entry){.number = pair->from_alfa.count + ++pair->beta.entry_number,
                                .kind = kind,
                                .period = {202609},
                                .business_time = pair->beta.now,
                                .card = pair->card,
                                .points = points_of(5),
                                .tariff = tariff,
                                .subject = *hold,
                                .transaction_id = command.transaction_id};
    command.take_entry.bytes = slice_of("entry", 5);
    return desk_tell(&pair->beta, &command);
}

/* The charter changes while a hold is open, and before its goods come back. */
static void test_a_hold_keeps_the_price_of_its_capture(void **state)
{
    struct pair *pair = *state;
    desk_give(&pair->beta, &pair->member, 100, (struct unix_ms){0});
    struct uid hold = hold_abroad(pair, 60);
    use_hold(pair, COMMAND_CAPTURE, &hold, 20);
    reprice(pair, pair->alfa.now);
    pair->alfa.now.ms += 1000;
    use_hold(pair, COMMAND_CAPTURE, &hold, 30);
    use_hold(pair, COMMAND_RETURN_BURN, &hold, 50);
    for (size_t i = 0; i < pair->from_alfa.count; i++) {
        assert_int_equal(pair->from_alfa.entries[i].tariff, 1);
        assert_int_equal(pair->from_alfa.verdicts[i], VERDICT_OK);
    }
    assert_int_equal(owed(&pair->alfa, 1), 0);
    assert_int_equal(owed(&pair->beta, 0), 0);
    hold = hold_abroad(pair, 10);
    use_hold(pair, COMMAND_CAPTURE, &hold, 10);
    assert_int_equal(pair->from_alfa.entries[pair->from_alfa.count - 1].tariff, 2);
    assert_int_equal(owed(&pair->beta, 0), 30);
}

/* A redeemer can't capture cheaply and give back dearly, or the other way. */
static void test_another_price_is_refused(void **state)
{
    struct pair *pair = *state;
    desk_give(&pair->beta, &pair->member, 100, (struct unix_ms){0});
    struct uid hold = hold_abroad(pair, 60);
    use_hold(pair, COMMAND_CAPTURE, &hold, 20);
    reprice(pair, (struct unix_ms){0});
    assert_int_equal(tell_beta(pair, ENTRY_BURN_RETURN, &hold, 2), VERDICT_NOT_AGREED);
    assert_int_equal(tell_beta(pair, ENTRY_CAPTURE, &hold, 2), VERDICT_NOT_AGREED);
    assert_int_equal(tell_beta(pair, ENTRY_BURN_RETURN, &hold, 1), VERDICT_OK);
    assert_int_equal(tell_beta(pair, ENTRY_CAPTURE, &hold, 1), VERDICT_OK);
    assert_int_equal(owed(&pair->beta, 0), 20);
}

/* What was refused was not captured at its price: the next try has the price of its own time. */
static void test_a_refused_capture_leaves_no_price(void **state)
{
    struct pair *pair = *state;
    struct hold row;
    desk_give(&pair->beta, &pair->member, 100, (struct unix_ms){0});
    struct uid hold = hold_abroad(pair, 60);
    struct command gone = desk_command(&pair->beta, COMMAND_EXPIRE_HOLD);
    gone.due.redeemer = pair->alfa.roster.self;
    gone.due.id = hold;
    gone.due.due = desk_in_days(&pair->alfa, 2);
    pair->beta.now = desk_in_days(&pair->beta, 3);
    desk_do(&pair->beta, &gone);
    use_hold(pair, COMMAND_CAPTURE, &hold, 20);
    assert_int_equal(pair->from_alfa.verdicts[0], VERDICT_HOLD_ENDED);
    assert_int_equal(ledger_get_hold(&pair->alfa.store.view, &pair->alfa.roster.self, &hold, &row),
                     ERR_OK);
    assert_int_equal(row.tariff, 0);
}

/* ---- Own points of which only the amount is known ---- */

static uint32_t tariff_of_lot(struct pair *pair, int64_t points)
{
    struct member member;
    desk_member(&pair->beta, &pair->member, &member);
    assert_int_equal(member.lot_count, 1);
    assert_int_equal(member.lots[0].free.minor, points);
    return member.lots[0].key.tariff;
}

/* Beta's receipt says that it was applied, and its ledger lacks the hold: the first tariff of the
 * charter is another pair's. */
static void test_a_forced_return_has_the_price_of_its_time(void **state)
{
    struct pair *pair = *state;
    const struct partner_id *alfa = &pair->alfa.roster.self;
    struct tariff usual = pair->beta.tariffs[0];
    struct command command = desk_command(&pair->beta, COMMAND_RECOVER_TAKEN);
    struct stream stream;
    pair->beta.tariffs[0].pair[0] = *alfa;
    pair->beta.tariffs[0].pair[1] = (struct partner_id){"gamma"};
    usual.id = 2;
    pair->beta.tariffs[1] = usual;
    pair->beta.roster.tariff_count = 2;
    desk_recover(&pair->beta, alfa, RECOVERY_BEGIN);
    assert_int_equal(
        ledger_get_stream(&pair->beta.store.view, &pair->beta.roster, STREAM_IN, alfa, &stream),
        ERR_OK);
    command.origin = *alfa;
    command.take_entry =
        (struct command_take_entry){.sender = *alfa,
                                    .verdict = VERDICT_OK,
                                    .entry = {.number = stream.last_number + 1,
                                              .previous_hash = stream.last_hash,
                                              .kind = ENTRY_BURN_RETURN,
                                              .period = stream.period,
                                              .business_time = pair->beta.now,
                                              .card = pair->card,
                                              .points = points_of(30),
                                              .tariff = 2,
                                              .transaction_id = command.transaction_id,
                                              .subject = desk_id(&pair->alfa)},
                                    .bytes = slice_of("a return of before", 18)};
    desk_do(&pair->beta, &command);
    assert_int_equal(tariff_of_lot(pair, 30), 2);
}

static void test_an_adjustment_has_the_price_of_its_time(void **state)
{
    struct pair *pair = *state;
    struct command command = desk_command(&pair->beta, COMMAND_PROPOSE_ADJUSTMENT);
    struct command ruling = desk_command(&pair->beta, COMMAND_RULE_ADJUSTMENT);
    reprice(pair, pair->beta.now);
    command.adjustment.member = pair->member;
    command.adjustment.points = points_of(7);
    memcpy(command.adjustment.reason, "GOODWILL", 9);
    memcpy(command.adjustment.maker, "ann", 4);
    desk_do(&pair->beta, &command);
    ruling.ruling.adjustment = command.transaction_id;
    ruling.ruling.is_approved = true;
    memcpy(ruling.ruling.checker, "bob", 4);
    desk_do(&pair->beta, &ruling);
    assert_int_equal(tariff_of_lot(pair, 7), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_hold_keeps_the_price_of_its_capture),
        TEST(test_another_price_is_refused),
        TEST(test_a_refused_capture_leaves_no_price),
        TEST(test_a_forced_return_has_the_price_of_its_time),
        TEST(test_an_adjustment_has_the_price_of_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

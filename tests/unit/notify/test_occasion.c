/* Which records say something to a member, and what of a member's lots ends soon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>

#include "draw/kept.h"
#include "ledger/lots.h"
#include "ledger/standings.h"
#include "notify/occasion.h"
#include "offers/kept_offers.h"
#include "programme/kept_case.h"
#include "programme/kept_issue.h"

static const struct partner_id self = {"alfa"};

/* What a row that says at most one thing says; ERR_NOT_FOUND: nothing. */
static enum err only_message(const struct record *record, struct notify_message *out_message)
{
    struct notify_row row;
    enum err err = notify_of_record(record, &self, &row);
    if (err != ERR_OK || row.count == 0) {
        return err == ERR_OK ? ERR_NOT_FOUND : err;
    }
    assert_int_equal(row.count, 1);
    *out_message = row.messages[0];
    return ERR_OK;
}

static struct record sample(enum command_kind kind)
{
    struct record record = {.row = 42, .time = {1000}, .kind = kind, .verdict = VERDICT_OK};
    record.answer.member.bytes[0] = 7;
    record.answer.points = points_of(5);
    record.answer.card = (struct card_number){"6100010000000013"};
    return record;
}

static void test_own_shops(void **state)
{
    (void)state;
    struct notify_message message;
    struct record record = sample(COMMAND_EARN);
    assert_int_equal(only_message(&record, &message), ERR_OK);
    assert_int_equal(message.kind, NOTIFY_POINTS_EARNED);
    assert_int_equal(message.row, 42);
    assert_int_equal(message.points.minor, 5);
    assert_int_equal(message.member.bytes[0], 7);
    assert_string_equal(message.shop.text, "alfa");
    record = sample(COMMAND_CAPTURE);
    assert_int_equal(only_message(&record, &message), ERR_OK);
    assert_int_equal(message.kind, NOTIFY_POINTS_SPENT);
    record = sample(COMMAND_ENROL);
    assert_int_equal(only_message(&record, &message), ERR_OK);
    assert_int_equal(message.kind, NOTIFY_WELCOME);
    assert_string_equal(message.card.digits, "6100010000000013");
}

static void test_nothing_to_say(void **state)
{
    (void)state;
    struct notify_message message;
    struct record record = sample(COMMAND_EARN);
    record.verdict = VERDICT_MEMBER_BLOCKED;
    assert_int_equal(only_message(&record, &message), ERR_NOT_FOUND);
    record = sample(COMMAND_EARN);
    record.answer.member = (struct uid){{0}}; /* another brand's */
    assert_int_equal(only_message(&record, &message), ERR_NOT_FOUND);
    record = sample(COMMAND_EARN);
    record.answer.points = points_of(0);
    assert_int_equal(only_message(&record, &message), ERR_NOT_FOUND);
    record = sample(COMMAND_HOLD);
    assert_int_equal(only_message(&record, &message), ERR_NOT_FOUND);
}

static enum err entry_message(enum entry_kind kind, struct notify_message *out_message)
{
    struct command command = {.kind = COMMAND_TAKE_ENTRY};
    struct record record = sample(COMMAND_TAKE_ENTRY);
    struct buffer body = {.names = &record.ids};
    command.take_entry.sender = (struct partner_id){"beta"};
    command.take_entry.entry.kind = kind;
    command.take_entry.entry.number = 1;
    command.take_entry.entry.period = (struct period){202610};
    command.take_entry.entry.points = points_of(9);
    command.take_entry.entry.card = (struct card_number){"6100010000000013"};
    command_encode(&command, &body);
    assert_int_equal(body.err, ERR_OK);
    record.body = buffer_slice(&body);
    enum err err = only_message(&record, out_message);
    buffer_fini(&body);
    return err;
}

static void test_partners_shops(void **state)
{
    (void)state;
    struct notify_message message;
    assert_int_equal(entry_message(ENTRY_EARN, &message), ERR_OK);
    assert_int_equal(message.kind, NOTIFY_POINTS_EARNED);
    assert_int_equal(message.points.minor, 9);
    assert_string_equal(message.shop.text, "beta");
    assert_int_equal(entry_message(ENTRY_CAPTURE, &message), ERR_OK);
    assert_int_equal(message.kind, NOTIFY_POINTS_SPENT);
    assert_int_equal(entry_message(ENTRY_EARN_RETURN, &message), ERR_NOT_FOUND);
}

static void test_named(void **state)
{
    (void)state;
    struct record record = sample(COMMAND_EARN);
    struct uid member = {{3}};
    struct notify_message message =
        notify_named(&record, NOTIFY_COUPON_GIVEN, &member, "TEA-1", (struct unix_ms){77});
    assert_int_equal(message.kind, NOTIFY_COUPON_GIVEN);
    assert_int_equal(message.row, 42);
    assert_int_equal(message.until.ms, 77);
    assert_string_equal(message.subject, "TEA-1");
    assert_memory_equal(&message.member, &member, sizeof member);
}

/* What changed standings, as the journal has it. */
static enum err change_message(struct slice evidence, struct notify_message *out_message)
{
    struct record record = sample(COMMAND_CHANGE_STANDING);
    struct buffer body = {.names = &record.ids};
    struct command command = {.kind = COMMAND_CHANGE_STANDING};
    command.standing.issuer = self;
    command.standing.occasion.bytes[0] = 1;
    command.standing.evidence = evidence;
    command_encode(&command, &body);
    assert_int_equal(body.err, ERR_OK);
    record.body = buffer_slice(&body);
    enum err err = only_message(&record, out_message);
    buffer_fini(&body);
    return err;
}

static void test_draw_won(void **state)
{
    (void)state;
    struct notify_message message;
    struct buffer evidence = {0};
    struct draw_kept_won won = {slice_of("a car", 5), slice_of("0123456789abcdef", 16)};
    draw_kept_won_encode(&won, &evidence);
    assert_int_equal(change_message(buffer_slice(&evidence), &message), ERR_OK);
    assert_int_equal(message.kind, NOTIFY_DRAW_WON);
    assert_string_equal(message.subject, "a car");
    assert_memory_equal(message.member.bytes, "0123456789abcdef", 16);
    buffer_clear(&evidence);
    won.member = slice_of(NULL, 0); /* another home's: it is not ours to write to */
    draw_kept_won_encode(&won, &evidence);
    assert_int_equal(change_message(buffer_slice(&evidence), &message), ERR_NOT_FOUND);
    assert_int_equal(change_message(slice_of("\1judged", 7), &message), ERR_NOT_FOUND);
    buffer_fini(&evidence);
}

/* For the staff: it names no member. */
static void test_alert(void **state)
{
    (void)state;
    struct notify_message message;
    struct record record = sample(COMMAND_RAISE_ALERT);
    struct buffer body = {.names = &record.ids};
    struct command command = {.kind = COMMAND_RAISE_ALERT};
    record.answer.member = (struct uid){{0}};
    record.transaction_id.bytes[15] = 3;
    command.finding = (struct alert_finding){.action = ALERT_REFUSED,
                                             .rule = "fast card",
                                             .subject = "card 6100010000000013",
                                             .found = "7 earns in 1 h, more than 6"};
    command_encode(&command, &body);
    record.body = buffer_slice(&body);
    assert_int_equal(only_message(&record, &message), ERR_OK);
    assert_int_equal(message.kind, NOTIFY_ALERT_RAISED);
    assert_true(uid_is_nil(&message.member));
    assert_true(uid_equal(&message.alert, &record.transaction_id));
    assert_string_equal(message.subject, "fast card");
    assert_string_equal(message.about, "card 6100010000000013");
    assert_string_equal(message.found, "7 earns in 1 h, more than 6");
    record.verdict = VERDICT_ALERT_EXISTS;
    assert_int_equal(only_message(&record, &message), ERR_NOT_FOUND);
    buffer_fini(&body);
}

static void test_lots(void **state)
{
    (void)state;
    struct uid id = {{3}};
    struct notify_message message;
    struct member *member = calloc(1, sizeof *member);
    assert_non_null(member);
    static const int64_t ends[] = {50, 100, 150, 200, 0};
    for (size_t i = 0; i < 5; i++) {
        member->lots[i].key.expires_at.ms = ends[i];
        member->lots[i].free = points_of(1 << i);
    }
    member->lot_count = 5;
    assert_true(notify_of_lots(&id, member, (struct unix_ms){50}, (struct unix_ms){150}, &message));
    assert_int_equal(message.points.minor, 2 + 4);
    assert_int_equal(message.until.ms, 100);
    assert_int_equal(message.row, 0);
    assert_int_equal(message.kind, NOTIFY_POINTS_EXPIRING);
    assert_false(
        notify_of_lots(&id, member, (struct unix_ms){150}, (struct unix_ms){199}, &message));
    member->lots[3].free = points_of(0); /* all of it is held */
    assert_false(
        notify_of_lots(&id, member, (struct unix_ms){150}, (struct unix_ms){500}, &message));
    free(member);
}

static enum err coupon_row(struct slice groups, const struct buffer *evidence,
                           struct notify_row *out_row)
{
    struct command command = {.kind = COMMAND_CHANGE_STANDING};
    struct record record = sample(COMMAND_CHANGE_STANDING);
    struct buffer body = {.names = &record.ids};
    record.answer.member = (struct uid){{0}};
    command.standing.issuer = self;
    command.standing.groups = groups;
    command.standing.evidence = buffer_slice(evidence);
    command_encode(&command, &body);
    assert_int_equal(body.err, ERR_OK);
    record.body = buffer_slice(&body);
    enum err err = notify_of_record(&record, &self, out_row);
    buffer_fini(&body);
    return err;
}

/* A code that was issued for a member; the last day on which it is good. */
static void test_issued_code(void **state)
{
    (void)state;
    const struct kept_code issued = {
        .code = {(const uint8_t *)"S-1", 3}, .until_day = 20000, .member = {{9}}};
    struct buffer evidence = {0};
    struct notify_row row;
    kept_code_encode(&issued, &evidence);
    assert_int_equal(coupon_row(slice_of(NULL, 0), &evidence, &row), ERR_OK);
    assert_int_equal(row.count, 1);
    assert_int_equal(row.messages[0].kind, NOTIFY_COUPON_GIVEN);
    assert_int_equal(row.messages[0].member.bytes[0], 9);
    assert_string_equal(row.messages[0].subject, "S-1");
    assert_int_equal(row.messages[0].until.ms, 20000 * DAY_MS - 1);
    buffer_fini(&evidence);
}

/* All that a purchase gave, in order, for the member whose numbers it changed. */
static void test_given_codes(void **state)
{
    (void)state;
    const struct slice codes[] = {slice_of("S-1", 3), slice_of("S-2", 3), slice_of("T-1", 3)};
    const struct kept_item items[] = {
        {.until_day = INT64_MAX, .codes = codes, .code_count = 2},
        {.until_day = INT64_MAX}, /* a thing */
        {.until_day = 20000, .codes = codes + 2, .code_count = 1},
    };
    struct kept_case given = {.items = items, .item_count = 3};
    struct uid id = {{9}};
    struct standing_owner all = standing_of_programme();
    struct standing_owner member = standing_of_member(&id);
    struct standing_step step = {.how = STANDING_SET, .slot = 4, .after = 1};
    struct buffer groups = {0};
    struct buffer evidence = {0};
    struct notify_row row;
    kept_case_encode(&given, &evidence);
    standing_write_group(&groups, &all, &step, 1);
    assert_int_equal(coupon_row(buffer_slice(&groups), &evidence, &row), ERR_OK);
    assert_int_equal(row.count, 0); /* nobody's of ours */
    standing_write_group(&groups, &member, &step, 1);
    assert_int_equal(coupon_row(buffer_slice(&groups), &evidence, &row), ERR_OK);
    assert_int_equal(row.count, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(row.messages[i].member.bytes[0], 9);
        assert_memory_equal(row.messages[i].subject, codes[i].at, codes[i].length);
        assert_int_equal(row.messages[i].nth, i);
    }
    assert_int_equal(row.messages[1].until.ms, 0);
    assert_int_equal(row.messages[2].until.ms, 20000 * DAY_MS - 1);
    buffer_clear(&evidence);
    given.item_count = 0;
    kept_case_encode(&given, &evidence);
    assert_int_equal(coupon_row(buffer_slice(&groups), &evidence, &row), ERR_OK);
    assert_int_equal(row.count, 0);
    buffer_clear(&evidence); /* as of a return */
    assert_int_equal(coupon_row(buffer_slice(&groups), &evidence, &row), ERR_OK);
    assert_int_equal(row.count, 0);
    buffer_fini(&groups);
    buffer_fini(&evidence);
}

static void test_codes_of_offers(void **state)
{
    (void)state;
    const struct kept_offer offers[] = {
        {.name = slice_of("tea-week", 8), .until_day = 20000},
        {.name = slice_of("cup-week", 8), .until_day = 20007, .code = slice_of("C-1", 3)}};
    const struct kept_offers kept = {.at = offers, .count = 2};
    struct uid id = {{9}};
    struct standing_owner member = standing_of_member(&id);
    struct standing_step step = {.how = STANDING_SET, .slot = 4, .after = 1};
    struct buffer groups = {0};
    struct buffer evidence = {0};
    struct notify_row row;
    standing_write_group(&groups, &member, &step, 1);
    kept_offers_encode(&kept, &evidence);
    assert_int_equal(coupon_row(buffer_slice(&groups), &evidence, &row), ERR_OK);
    assert_int_equal(row.count, 1);
    assert_int_equal(row.messages[0].kind, NOTIFY_COUPON_GIVEN);
    assert_string_equal(row.messages[0].subject, "C-1");
    assert_int_equal(row.messages[0].until.ms, 20007 * DAY_MS - 1);
    buffer_fini(&groups);
    buffer_fini(&evidence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_shops),      cmocka_unit_test(test_issued_code),
        cmocka_unit_test(test_nothing_to_say), cmocka_unit_test(test_partners_shops),
        cmocka_unit_test(test_named),          cmocka_unit_test(test_lots),
        cmocka_unit_test(test_alert),          cmocka_unit_test(test_draw_won),
        cmocka_unit_test(test_given_codes),    cmocka_unit_test(test_codes_of_offers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

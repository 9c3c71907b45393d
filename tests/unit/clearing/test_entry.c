/* What must hold of an entry by itself, and of a grant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "clearing/dispute.h"
#include "clearing/authorisation.h"
#include "clearing/entry.h"
#include "clearing/receipt.h"

static void be_about_dispute(struct clearing_entry *entry)
{
    static const enum dispute_step steps[ENTRY_KIND_END] = {
        [ENTRY_DISPUTE_OPENED] = STEP_OPEN,       [ENTRY_DISPUTE_ANSWERED] = STEP_REJECT,
        [ENTRY_DISPUTE_ESCALATED] = STEP_CONCEDE, [ENTRY_DISPUTE_RULED] = STEP_MACHINE_UPHELD,
        [ENTRY_ADJUSTMENT] = STEP_ADJUST,         [ENTRY_BURN_ADJUSTMENT] = STEP_ADJUST,
    };
    entry->card = (struct card_number){""};
    entry->subject = (struct uid){{0}};
    entry->dispute = (struct dispute_part){
        .number = 3,
        .is_of_sender = true,
        .step = steps[entry->kind],
        .reason = entry->kind == ENTRY_DISPUTE_OPENED ? DISPUTE_DOUBLED : (enum dispute_reason)0,
        .note = "till 4",
    };
    if (dispute_step_ruling(entry->dispute.step) != RULING_NONE ||
        entry->dispute.step == STEP_REJECT || entry->dispute.step == STEP_CONCEDE) {
        entry->points.minor = 0;
    }
}

static struct clearing_entry sound(enum entry_kind kind)
{
    struct clearing_entry entry = {.number = 7,
                                   .previous_hash = {{1}},
                                   .period = {202610},
                                   .business_time = {1000},
                                   .transaction_id = {{1}},
                                   .kind = kind};
    if (kind != ENTRY_PERIOD_MARK) {
        assert_int_equal(card_number_parse("4539148803436467", &entry.card), ERR_OK);
        entry.points.minor = kind == ENTRY_VOID ? 0 : 5;
    }
    bool is_moved = kind == ENTRY_CARD_MOVED || kind == ENTRY_MOVED_LOT;
    if (entry_kind_is_card_news(kind)) {
        entry.points.minor = 0;
    } else if (kind != ENTRY_PERIOD_MARK && kind != ENTRY_EARN && !is_moved) {
        entry.subject = (struct uid){{2}};
    }
    if (is_moved) {
        assert_int_equal(card_number_parse("6011000990139424", &entry.moved_to), ERR_OK);
    }
    if (kind == ENTRY_MOVED_LOT) {
        entry.issuer = (struct partner_id){"bakery"};
    }
    if (entry_kind_is_funding(kind)) {
        entry.card = (struct card_number){{0}};
        entry.promotion = entry_kind_is_promotion(kind) ? 3 : 0;
    }
    if (kind == ENTRY_BLOCK_BOUGHT || kind == ENTRY_BLOCK_ENDED) {
        entry.card = (struct card_number){{0}};
        entry.expires_at.ms = kind == ENTRY_BLOCK_BOUGHT ? 3000 : 0;
        entry.refuses_when_empty = kind == ENTRY_BLOCK_BOUGHT;
    }
    if (entry_kind_is_dispute(kind) || kind == ENTRY_BURN_ADJUSTMENT) {
        be_about_dispute(&entry);
    }
    if (kind == ENTRY_EARN || kind == ENTRY_MOVED_LOT) {
        entry.active_from.ms = 2000;
        entry.expires_at.ms = 3000;
    }
    return entry;
}

static void assert_refused(const struct clearing_entry *entry, const char *part)
{
    struct note note = {{0}};
    enum err err = entry_check(entry, &note);
    if (err != ERR_INPUT || strstr(note.text, part) == NULL) {
        fail_msg("%s %s: '%s' without '%s'", entry_kind_name(entry->kind), err_name(err), note.text,
                 part);
    }
}

static void test_sound_entries(void **state)
{
    (void)state;
    for (int kind = ENTRY_EARN; kind < ENTRY_KIND_END; kind++) {
        struct clearing_entry entry = sound((enum entry_kind)kind);
        if (!entry_kind_is_known((unsigned)kind)) {
            assert_refused(&entry, "kind is unknown");
            continue;
        }
        assert_int_equal(entry_check(&entry, NULL), ERR_OK);
    }
    struct clearing_entry first = sound(ENTRY_EARN);
    first.number = 1;
    first.previous_hash = (struct hash){{0}};
    first.active_from.ms = first.expires_at.ms = 0;
    assert_int_equal(entry_check(&first, NULL), ERR_OK);
    first.subject = (struct uid){{6}}; /* drawn from a block */
    assert_int_equal(entry_check(&first, NULL), ERR_OK);
    struct clearing_entry correction = sound(ENTRY_ADJUSTMENT);
    be_about_dispute(&correction);
    assert_int_equal(entry_check(&correction, NULL), ERR_OK);
    assert_string_equal(entry_kind_name(ENTRY_BURN_RETURN), "burn-return");
    assert_string_equal(entry_kind_name(ENTRY_KIND_END), "unknown");
}

#define REFUSED(kind, change, part)                                                                \
    do {                                                                                           \
        struct clearing_entry entry = sound(kind);                                                 \
        entry.change;                                                                              \
        assert_refused(&entry, part);                                                              \
    } while (0)

/* Who sends a moved lot pays its new home for it; news, marks and disputes are worth nothing. */
static void test_who_owes_for_what(void **state)
{
    static const struct {
        enum entry_kind kind;
        int sign;
        bool is_redemption;
    } expected[] = {
        {ENTRY_EARN, 1, false},
        {ENTRY_EARN_RETURN, -1, false},
        {ENTRY_MOVED_LOT, 1, false},
        {ENTRY_ADJUSTMENT, 1, false},
        {ENTRY_CAPTURE, -1, true},
        {ENTRY_BURN_RETURN, 1, true},
        {ENTRY_BURN_ADJUSTMENT, 1, true},
        {ENTRY_FUNDING, -1, true},
        {ENTRY_FUNDING_RETURN, 1, true},
        {ENTRY_PROMOTION, -1, true},
        {ENTRY_PROMOTION_RETURN, 1, true},
        {ENTRY_BLOCK_BOUGHT, 1, false},
        {ENTRY_BLOCK_ENDED, -1, true},
    };
    size_t worth = 0;
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct entry_debt debt = entry_kind_debt(expected[i].kind);
        assert_int_equal(debt.sign, expected[i].sign);
        assert_int_equal(debt.is_redemption, expected[i].is_redemption);
    }
    for (unsigned kind = 0; kind <= ENTRY_KIND_END; kind++) {
        worth += entry_kind_debt((enum entry_kind)kind).sign != 0;
    }
    assert_int_equal(worth, sizeof expected / sizeof expected[0]);
}

static void test_wrong_entries(void **state)
{
    (void)state;
    REFUSED(ENTRY_EARN, number = 0, "begin with 1");
    REFUSED(ENTRY_EARN, refuses_when_empty = true, "only a block refuses earns");
    REFUSED(ENTRY_BLOCK_BOUGHT, expires_at.ms = 0, "a block has an end");
    REFUSED(ENTRY_BLOCK_BOUGHT, subject = ((struct uid){{0}}), "what it is about");
    REFUSED(ENTRY_BLOCK_ENDED, expires_at.ms = 3000, "moved lots and blocks begin and end");
    REFUSED(ENTRY_EARN, number = 1, "previous hash is zeros");
    REFUSED(ENTRY_EARN, period.code = 202613, "no month");
    REFUSED(ENTRY_EARN, period.code = 196912, "no month");
    REFUSED(ENTRY_EARN, business_time.ms = -1, "before 1970");
    REFUSED(ENTRY_EARN, kind = 0, "kind is unknown");
    REFUSED(ENTRY_EARN, kind = ENTRY_KIND_END, "kind is unknown");
    REFUSED(ENTRY_CAPTURE, transaction_id = (struct uid){{0}}, "transaction id");
    REFUSED(ENTRY_CAPTURE, card.digits[15] = '8', "valid card number");
    REFUSED(ENTRY_CAPTURE, card.digits[0] = '\0', "valid card number");
    REFUSED(ENTRY_CAPTURE, points.minor = 0, "not positive");
    REFUSED(ENTRY_BURN_RETURN, points.minor = -1, "not positive");
    REFUSED(ENTRY_EARN, points.minor = LIMIT_POINTS_PER_COMMAND + 1, "more than one entry");
    REFUSED(ENTRY_VOID, points.minor = 1, "it has points");
    REFUSED(ENTRY_PERIOD_MARK, points.minor = 1, "it has points");
    REFUSED(ENTRY_PERIOD_MARK, card.digits[0] = '1', "it has a card");
    REFUSED(ENTRY_CAPTURE, subject = (struct uid){{0}}, "does not say");
    REFUSED(ENTRY_MOVED_LOT, subject = (struct uid){{1}}, "something else");
    REFUSED(ENTRY_PERIOD_MARK, subject = (struct uid){{1}}, "something else");
    REFUSED(ENTRY_CAPTURE, expires_at.ms = 1, "only earns");
    REFUSED(ENTRY_EARN, active_from.ms = -1, "end before");
    REFUSED(ENTRY_EARN, expires_at.ms = 2000, "end before");
    REFUSED(ENTRY_CARD_BLOCK, points.minor = 1, "it has points");
    REFUSED(ENTRY_CARD_UNBLOCK, subject = (struct uid){{1}}, "something else");
    REFUSED(ENTRY_CARD_BLOCK, card.digits[0] = '\0', "valid card number");
    REFUSED(ENTRY_CARD_BLOCK, moved_to.digits[0] = '1', "have a new card");
    REFUSED(ENTRY_CARD_MOVED, moved_to.digits[0] = '\0', "moved to");
    REFUSED(ENTRY_CARD_MOVED, moved_to.digits[15] = '8', "moved to");
    REFUSED(ENTRY_CARD_MOVED, moved_to = entry.card, "to itself");
    REFUSED(ENTRY_CARD_MOVED, issuer.text[0] = 'a', "only moved lots");
    REFUSED(ENTRY_MOVED_LOT, issuer.text[0] = '\0', "who gave");
    REFUSED(ENTRY_MOVED_LOT, points.minor = 0, "not positive");
    REFUSED(ENTRY_MOVED_LOT, expires_at.ms = 2000, "end before");
    REFUSED(ENTRY_DISPUTE_OPENED, points.minor = 0, "not positive");
    REFUSED(ENTRY_DISPUTE_OPENED, dispute.number = 0, "number of a disputed entry");
    REFUSED(ENTRY_DISPUTE_OPENED, transaction_id = (struct uid){{0}}, "transaction id");
    REFUSED(ENTRY_DISPUTE_OPENED, dispute.reason = 0, "with a reason, once");
    REFUSED(ENTRY_DISPUTE_OPENED, dispute.reason = DISPUTE_REASON_END, "with a reason, once");
    REFUSED(ENTRY_DISPUTE_RULED, dispute.reason = DISPUTE_OTHER, "with a reason, once");
    REFUSED(ENTRY_DISPUTE_ANSWERED, dispute.step = STEP_CONCEDE, "not one of its kind");
    REFUSED(ENTRY_DISPUTE_RULED, dispute.step = STEP_END, "not one of its kind");
    REFUSED(ENTRY_DISPUTE_ESCALATED, dispute.note[0] = '\n', "no text of one line");
    REFUSED(ENTRY_DISPUTE_ANSWERED, points.minor = 1, "it has points");
    REFUSED(ENTRY_DISPUTE_ANSWERED, card.digits[0] = '1', "it has a card");
    REFUSED(ENTRY_BURN_ADJUSTMENT, points.minor = 0, "not positive");
    REFUSED(ENTRY_FUNDING, points.minor = 0, "not positive");
    REFUSED(ENTRY_FUNDING, promotion = 3, "it is about a promotion");
    REFUSED(ENTRY_EARN_RETURN, promotion = 3, "it is about a promotion");
    REFUSED(ENTRY_PROMOTION, promotion = 0, "does not say of which promotion");
    REFUSED(ENTRY_PROMOTION, subject = (struct uid){{0}}, "does not say what it is about");
    REFUSED(ENTRY_FUNDING_RETURN, card.digits[0] = '4', "it has a card");
    REFUSED(ENTRY_BURN_ADJUSTMENT, dispute.step = STEP_OPEN, "not one of its kind");
    REFUSED(ENTRY_EARN, dispute.number = 1, "about a dispute");
    REFUSED(ENTRY_VOID, dispute.step = STEP_OPEN, "about a dispute");
}

static void test_hashes_have_their_own_domains(void **state)
{
    (void)state;
    struct slice bytes = slice_of("abc", 3);
    struct hash entry = entry_hash(bytes);
    struct hash receipt = receipt_payload_hash(bytes);
    char text[HASH_TEXT_MAX];
    assert_string_equal(hash_format(&entry, text),
                        "49833ee0006ba574cdcf57fc2f380953475ff7bfad0b89ff92411619b5f55e2a");
    assert_false(hash_equal(&entry, &receipt));
}

static void test_grants_answer_requests(void **state)
{
    (void)state;
    const struct hold_request request = {.transaction_id = {{1}},
                                         .redeemer = {"cinema"},
                                         .home = {"bakery"},
                                         .card = {"4539148803436467"},
                                         .points = {5}};
    const struct hold_grant sound_grant = {.hold = {{1}},
                                           .redeemer = {"cinema"},
                                           .home = {"bakery"},
                                           .card = {"4539148803436467"},
                                           .points = {5},
                                           .capture_by = {10},
                                           .deliver_by = {11}};
    assert_true(grant_answers(&sound_grant, &request));
    struct hold_grant grant = sound_grant;
    grant.hold.bytes[0] = 2;
    assert_false(grant_answers(&grant, &request));
    grant = sound_grant;
    grant.redeemer = request.home;
    assert_false(grant_answers(&grant, &request));
    grant = sound_grant;
    grant.home = request.redeemer;
    assert_false(grant_answers(&grant, &request));
    grant = sound_grant;
    grant.card.digits[15] = '8';
    assert_false(grant_answers(&grant, &request));
    grant = sound_grant;
    grant.points.minor = 4;
    assert_false(grant_answers(&grant, &request));
    grant = sound_grant;
    grant.deliver_by.ms = 10;
    assert_false(grant_answers(&grant, &request));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound_entries),
        cmocka_unit_test(test_who_owes_for_what),
        cmocka_unit_test(test_wrong_entries),
        cmocka_unit_test(test_hashes_have_their_own_domains),
        cmocka_unit_test(test_grants_answer_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

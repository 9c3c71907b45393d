/* Every field of a value is kept in its bytes: what comes back is compared field by field. */
#include "fields.h"

enum {
    ROUNDS = 50
};

#define SAME_LOT_KEY(key)                                                                          \
    do {                                                                                           \
        SAME(key.issuer);                                                                          \
        SAME(key.tariff);                                                                          \
        SAME(key.active_from);                                                                     \
        SAME(key.expires_at);                                                                      \
        SAME(key.idle_months);                                                                     \
    } while (0)

static void member_comes_back(struct rng *rng)
{
    COMES_BACK(member);
    SAME(available);
    SAME(pending);
    SAME(held);
    SAME(debt);
    SAME(last_row);
    SAME(enrolled);
    SAME(active_at);
    SAME(is_blocked);
    SAME(is_pool);
    SAME(is_erased);
    SAME(is_merged);
    SAME(merged_into);
    SAME(lot_count);
    for (size_t i = 0; i < before.lot_count; i++) {
        SAME_LOT_KEY(lots[i].key);
        SAME(lots[i].free);
        SAME(lots[i].held);
    }
    buffer_fini(&bytes);
}

static void profile_comes_back(struct rng *rng)
{
    COMES_BACK(profile);
    assert_memory_equal(after.sealed, before.sealed, before.sealed_length);
    SAME(sealed_length);
    SAME(reference_tag);
    SAME(pool_count);
    SAME(merged_count);
    assert_memory_equal(after.merged, before.merged, before.merged_count * sizeof before.merged[0]);
    SAME(name);
    SAME(card_count);
    SAME(cards);
    buffer_fini(&bytes);
}

static void hold_comes_back(struct rng *rng)
{
    COMES_BACK(hold);
    SAME(role);
    SAME(state);
    SAME(redeemer);
    SAME(home);
    SAME(member);
    SAME(card);
    SAME(granted);
    SAME(captured);
    SAME(voided);
    SAME(returned);
    SAME(capture_by);
    SAME(deliver_by);
    SAME(lot_count);
    for (size_t i = 0; i < before.lot_count; i++) {
        SAME_LOT_KEY(lots[i].key);
        SAME(lots[i].held);
        SAME(lots[i].captured);
    }
    buffer_fini(&bytes);
}

static void sale_comes_back(struct rng *rng)
{
    COMES_BACK(sale);
    SAME(role);
    SAME(issuer);
    SAME(home);
    SAME(member);
    SAME(card);
    SAME(amount);
    SAME(returned);
    SAME(points);
    SAME(taken);
    SAME(is_fixed);
    SAME(is_reversed);
    SAME(rate.points_minor);
    SAME(rate.per_minor);
    SAME(rate.rounding);
    SAME(rate.minimum_minor);
    SAME(currency);
    SAME_LOT_KEY(lot);
    SAME(business_time);
    buffer_fini(&bytes);
}

static void stream_comes_back(struct rng *rng)
{
    COMES_BACK(stream);
    SAME(last_number);
    SAME(last_hash);
    SAME(period);
    SAME(period_first_number);
    SAME(bytes);
    SAME(receipted_number);
    SAME(receipt_number);
    SAME(receipt_hash);
    SAME(is_frozen);
    SAME(is_recovering);
    buffer_fini(&bytes);
}

static void answer_comes_back(struct rng *rng)
{
    struct answer before = sample_answer(rng);
    struct answer after;
    struct buffer bytes = {0};
    answer_encode(&before, &bytes);
    struct reader in = reader_of(buffer_slice(&bytes));
    answer_read(&in, &after);
    assert_int_equal(reader_finish(&in), ERR_OK);
    SAME(member);
    SAME(card);
    SAME(home);
    SAME(points);
    SAME(left);
    SAME(debt);
    SAME(capture_by);
    SAME(deliver_by);
    SAME(row);
    buffer_fini(&bytes);
}

static void earn_comes_back(struct rng *rng)
{
    COMMAND_COMES_BACK(COMMAND_EARN);
    SAME(earn.card);
    SAME(earn.member);
    SAME(earn.amount);
    SAME(earn.currency);
    SAME(earn.is_fixed);
    SAME(earn.fixed_points);
    SAME(earn.rate.points_minor);
    SAME(earn.rate.per_minor);
    SAME(earn.rate.rounding);
    SAME(earn.rate.minimum_minor);
    SAME(earn.active_from);
    SAME(earn.expires_at);
    SAME(earn.receipt);
    buffer_fini(&bytes);
}

static void hold_command_comes_back(struct rng *rng)
{
    COMMAND_COMES_BACK(COMMAND_FOREIGN_HOLD);
    SAME(hold.redeemer);
    SAME(hold.card);
    SAME(hold.asked);
    SAME(hold.points);
    SAME(hold.capture_by);
    SAME(hold.deliver_by);
    SAME(hold.receipt);
    SAME_SLICE(hold.evidence);
    buffer_fini(&bytes);
}

static void take_entry_comes_back(struct rng *rng)
{
    COMMAND_COMES_BACK(COMMAND_TAKE_ENTRY);
    SAME(take_entry.sender);
    SAME_SLICE(take_entry.bytes);
    SAME(take_entry.entry.number);
    SAME(take_entry.entry.previous_hash);
    SAME(take_entry.entry.period);
    SAME(take_entry.entry.business_time);
    SAME(take_entry.entry.transaction_id);
    SAME(take_entry.entry.kind);
    SAME(take_entry.entry.card);
    SAME(take_entry.entry.points);
    SAME(take_entry.entry.tariff);
    SAME(take_entry.entry.subject);
    SAME(take_entry.entry.active_from);
    SAME(take_entry.entry.expires_at);
    buffer_fini(&bytes);
}

static void recoveries_come_back(struct rng *rng)
{
    {
        COMMAND_COMES_BACK(COMMAND_RECOVER_TAKEN);
        SAME(take_entry.sender);
        SAME(take_entry.entry.number);
        SAME(take_entry.verdict);
        SAME_SLICE(take_entry.bytes);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_RECOVER_ENTRY);
        SAME(recover_entry.receiver);
        SAME(recover_entry.entry.number);
        SAME(recover_entry.entry.subject);
        SAME_SLICE(recover_entry.bytes);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_RECOVER_HOLD);
        SAME(recover_hold.home);
        SAME(recover_hold.redeemer);
        SAME(recover_hold.card);
        SAME(recover_hold.points);
        SAME(recover_hold.capture_by);
        SAME(recover_hold.deliver_by);
        SAME_SLICE(recover_hold.evidence);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_RECOVERY);
        SAME(recovery.partner);
        SAME(recovery.step);
        SAME(recovery.skips_cards);
        SAME_SLICE(recovery.evidence);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_MEND_HALF);
        SAME(mend.partner);
        SAME(mend.direction);
        SAME(mend.period);
        SAME(mend.last_number);
        SAME(mend.receipted_number);
        SAME_SLICE(mend.rows);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_SET_APART);
        SAME(apart.partner);
        SAME(apart.direction);
        SAME_SLICE(apart.apart.terms);
        SAME_SLICE(apart.apart.own_signed);
        SAME_SLICE(apart.apart.partner_signed);
        buffer_fini(&bytes);
    }
}

static void batch_and_receipt_come_back(struct rng *rng)
{
    {
        COMMAND_COMES_BACK(COMMAND_TAKE_BATCH);
        SAME(take_batch.sender);
        SAME(take_batch.held_receipt_number);
        SAME_SLICE(take_batch.head_signed);
        SAME_SLICE(take_batch.receipt_signed);
        SAME(take_batch.receipt_hash);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_TAKE_RECEIPT);
        SAME(take_receipt.receiver);
        SAME(take_receipt.receipt_number);
        SAME(take_receipt.receipt_hash);
        SAME(take_receipt.last_number);
        SAME_SLICE(take_receipt.receipt_signed);
        SAME(take_receipt.entry_count);
        assert_null(after.take_receipt.entries);
        buffer_fini(&bytes);
    }
}

static void payments_come_back(struct rng *rng)
{
    {
        COMMAND_COMES_BACK(COMMAND_NET_PAYMENT);
        SAME(payment.partner);
        SAME(payment.period);
        SAME(payment.terms.payment.debtor);
        SAME(payment.terms.payment.creditor);
        SAME(payment.terms.payment.amount);
        SAME(payment.terms.currency);
        SAME(payment.terms.reference);
        SAME(payment.terms.is_multilateral);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_INSTRUCT_PAYMENT);
        SAME(payment.file);
        SAME(payment.is_residual);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_BOOK_PAYMENT);
        SAME(payment.booking.bank_reference);
        SAME(payment.booking.amount);
        SAME(payment.booking.booked_at);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_HEAR_PAYMENT);
        SAME(payment.figures);
        SAME(payment.number);
        SAME(payment.heard);
        SAME_SLICE(payment.notice_signed);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_ACTIVATE_PROGRAMME);
        SAME(programme.number);
        SAME(programme.version);
        SAME(programme.from);
        SAME(programme.by);
        SAME_SLICE(programme.text);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_KEEP_NETTING);
        SAME(netting.kind);
        SAME(netting.period);
        SAME(netting.first);
        SAME(netting.second);
        SAME(netting.row.is_commitment);
        SAME(netting.row.number);
        SAME_SLICE(netting.row.first_signed);
        SAME_SLICE(netting.row.second_signed);
        buffer_fini(&bytes);
    }
}

static void standings_come_back(struct rng *rng)
{
    {
        COMMAND_COMES_BACK(COMMAND_CHANGE_STANDING);
        SAME(standing.issuer);
        SAME(standing.occasion);
        SAME(standing.returned);
        SAME(standing.quote);
        SAME(standing.said);
        SAME_SLICE(standing.groups);
        SAME_SLICE(standing.evidence);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_RESERVE);
        SAME(reserve.step);
        SAME(reserve.quote);
        SAME(reserve.said);
        SAME(reserve.until);
        SAME_SLICE(reserve.groups);
        SAME_SLICE(reserve.evidence);
        buffer_fini(&bytes);
    }
}

static void blocks_come_back(struct rng *rng)
{
    {
        COMMAND_COMES_BACK(COMMAND_SELL_BLOCK);
        SAME(block_of_points.terms.id);
        SAME(block_of_points.terms.seller);
        SAME(block_of_points.terms.buyer);
        SAME(block_of_points.terms.points);
        SAME(block_of_points.terms.tariff);
        SAME(block_of_points.terms.offered_until);
        SAME(block_of_points.terms.valid_from);
        SAME(block_of_points.terms.valid_until);
        SAME(block_of_points.terms.refuses_when_empty);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_BUY_BLOCK);
        SAME_SLICE(block_of_points.evidence);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_WITHDRAW_BLOCK);
        SAME(withdrawal.block);
        SAME(withdrawal.buyer);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_BLOCK_DUE);
        SAME(due.id);
        SAME(due.redeemer);
        SAME(due.due);
        buffer_fini(&bytes);
    }
}

static void pair_and_freeze_come_back(struct rng *rng)
{
    {
        COMMAND_COMES_BACK(COMMAND_PUT_PAIR);
        SAME(put_pair.partner);
        SAME(put_pair.period);
        SAME(put_pair.pair.state);
        SAME(put_pair.pair.detail);
        SAME_SLICE(put_pair.pair.own_signed);
        SAME_SLICE(put_pair.pair.partner_signed);
        SAME_SLICE(put_pair.pair.partner_countersigned);
        SAME_SLICE(put_pair.pair.own_countersigned);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_FREEZE_STREAM);
        SAME(freeze.partner);
        SAME(freeze.direction);
        SAME(freeze.reason);
        SAME_SLICE(freeze.evidence);
        buffer_fini(&bytes);
    }
}

static void short_commands_come_back(struct rng *rng)
{
    {
        COMMAND_COMES_BACK(COMMAND_ENROL);
        SAME(enrol.member);
        SAME(enrol.reference_tag);
        SAME(enrol.said_tag);
        SAME_SLICE(enrol.sealed);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_SET_REFERRER);
        SAME(referrer.member);
        SAME(referrer.referrer);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_SET_PROFILE);
        SAME(profile.member);
        SAME(profile.replaces);
        SAME(profile.said_tag);
        SAME_SLICE(profile.sealed);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_BLOCK_CARD);
        SAME(card.member);
        SAME(card.card);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_VOID);
        SAME(use.hold);
        SAME(use.points);
        SAME(use.receipt);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_RETURN_SALE);
        SAME(return_sale.sale);
        SAME(return_sale.amount);
        SAME(return_sale.receipt);
        buffer_fini(&bytes);
    }
    {
        struct command before = sample_command(rng, COMMAND_RETURN_SALE);
        struct command after;
        struct buffer bytes = {0};
        before.return_sale.is_by_line = true;
        before.return_sale.kept = sample_points(rng);
        before.return_sale.lines[3] = 0xA7;
        command_encode(&before, &bytes);
        assert_int_equal(command_decode(COMMAND_RETURN_SALE, buffer_slice(&bytes), &after), ERR_OK);
        SAME(return_sale.sale);
        SAME(return_sale.amount);
        SAME(return_sale.receipt);
        SAME(return_sale.is_by_line);
        SAME(return_sale.kept);
        SAME(return_sale.lines);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_EXPIRE_HOLD);
        SAME(due.id);
        SAME(due.redeemer);
        SAME(due.due);
        buffer_fini(&bytes);
    }
}

static void test_rows(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("rows");
    for (int i = 0; i < ROUNDS; i++) {
        member_comes_back(&rng);
        profile_comes_back(&rng);
        hold_comes_back(&rng);
        sale_comes_back(&rng);
        stream_comes_back(&rng);
        answer_comes_back(&rng);
    }
}

static void test_commands(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("commands");
    for (int i = 0; i < ROUNDS; i++) {
        earn_comes_back(&rng);
        hold_command_comes_back(&rng);
        take_entry_comes_back(&rng);
        batch_and_receipt_come_back(&rng);
        recoveries_come_back(&rng);
        pair_and_freeze_come_back(&rng);
        payments_come_back(&rng);
        blocks_come_back(&rng);
        standings_come_back(&rng);
        short_commands_come_back(&rng);
    }
}

static void test_record(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("record");
    struct effect effect = sample_effect(&rng, EFFECT_LOT);
    struct buffer effects = {0};
    struct buffer bytes = {0};
    struct record after;
    struct id_table ids = {0};
    effects.names = &ids;
    effect_encode(&effect, &effects);
    struct record before = {.row = 77,
                            .time = {-5},
                            .kind = COMMAND_VOID,
                            .verdict = VERDICT_HOLD_ENDED,
                            .origin = {"bakery"},
                            .transaction_id = sample_uid(&rng),
                            .business_time = {12},
                            .is_dated = true,
                            .ids = ids,
                            .body = slice_of("body", 4),
                            .answer = {.row = 77, .left = {4}},
                            .effect_count = 1,
                            .effects = buffer_slice(&effects)};
    record_encode(&before, &bytes);
    assert_int_equal(record_decode(buffer_slice(&bytes), &after), ERR_OK);
    SAME(row);
    SAME(time);
    SAME(kind);
    SAME(verdict);
    SAME(origin);
    SAME(transaction_id);
    SAME(business_time);
    SAME(is_dated);
    SAME_SLICE(body);
    SAME(answer.row);
    SAME(answer.left);
    SAME(effect_count);
    SAME_SLICE(effects);
    buffer_fini(&effects);
    buffer_fini(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a till does through libtalea with a brand's programme: client_office.py runs it.
 *
 *   client_programme ADDRESS HOME CARD
 */
#include <string.h>
#include <talea/ledger.h>
#include <talea/programme.h>

#include "client_session.h"

/* 28.00 and 20 points for bread; the milk comes back, then a quarter of the bread. */
static void run_purchase(struct talea_client *till, const char *card)
{
    static const char *const codes[] = {"SPRING", "AUTUMN"};
    const struct talea_line lines[] = {
        {.category = "bread", .quantity_milli = 4000, .amount_minor = 2000},
        {.product = "milk", .amount_minor = 800}};
    struct talea_earn earn = {.card = card,
                              .lines = lines,
                              .line_count = 2,
                              .codes = codes,
                              .code_count = 2,
                              .till = "7",
                              .cashier = "41"};
    struct talea_earned earned;
    talea_uuid_v7(earn.transaction_id);
    CHECK(talea_earn(till, &earn, TIMEOUT_MS, &earned, &error) == TALEA_OK);
    CHECK(earned.points == 28 + 20 + 3 && earned.code_count == 2);
    CHECK(earned.codes[0].is_taken && !earned.codes[1].is_taken);
    CHECK(strcmp(earned.codes[1].reason, "code_unknown") == 0);
    char other[TALEA_UUID_SIZE];
    memcpy(other, earned.sale_id, sizeof other);
    talea_uuid_v7(earn.transaction_id);
    CHECK(talea_earn(till, &earn, TIMEOUT_MS, &earned, &error) == TALEA_OK);
    struct talea_returned_line line = {.line = 2};
    struct talea_return_purchase back = {
        .sale_id = earned.sale_id, .lines = &line, .line_count = 1};
    struct talea_purchase_returned returned;
    talea_uuid_v7(back.transaction_id);
    CHECK(talea_return_purchase(till, &back, TIMEOUT_MS, &returned, &error) == TALEA_OK);
    CHECK(returned.taken_points == 8 && returned.amount_minor == 800);
    CHECK(talea_return_purchase(till, &back, TIMEOUT_MS, &returned, &error) == TALEA_OK);
    line = (struct talea_returned_line){.line = 1, .quantity_milli = 1000};
    talea_uuid_v7(back.transaction_id);
    CHECK(talea_return_purchase(till, &back, TIMEOUT_MS, &returned, &error) == TALEA_OK);
    CHECK(returned.taken_points == 10 && returned.amount_minor == 500);
    back.line_count = TALEA_RETURNED_LINES_MAX + 1;
    CHECK(talea_return_purchase(till, &back, TIMEOUT_MS, &returned, &error) ==
          TALEA_INVALID_ARGUMENT);
    const struct talea_returned_line rest = {.line = 1};
    struct talea_command bulk = {
        .kind = TALEA_COMMAND_RETURN_PURCHASE, .lines = &rest, .line_count = 1};
    struct talea_answer answered_bulk;
    talea_id_v7(bulk.transaction_id);
    CHECK(talea_id_parse(other, bulk.subject) == TALEA_OK);
    CHECK(talea_execute_batch(till, &bulk, 1, 0, TIMEOUT_MS, &answered_bulk, &error) == TALEA_OK);
    CHECK(answered_bulk.refusal == NULL && answered_bulk.points == 40);
    struct talea_survey_answer answer = {
        .survey = "visit", .sale_id = earned.sale_id, .score = 9, .comment = "fresh"};
    struct talea_survey_answered answered;
    CHECK(talea_answer_survey(till, &answer, TIMEOUT_MS, &answered, &error) == TALEA_OK);
    CHECK(answered.points == 7 && !answered.is_repeat);
    CHECK(talea_answer_survey(till, &answer, TIMEOUT_MS, &answered, &error) == TALEA_OK);
    CHECK(answered.is_repeat);
    answer.score = 11;
    CHECK(talea_answer_survey(till, &answer, TIMEOUT_MS, &answered, &error) != TALEA_OK);
}

static void run_event(struct talea_client *till, const char *card)
{
    struct talea_happening review = {.card = card, .event = "review"};
    struct talea_earned earned;
    talea_uuid_v7(review.transaction_id);
    CHECK(talea_record_event(till, &review, TIMEOUT_MS, &earned, &error) == TALEA_OK);
    CHECK(earned.points == 500 && earned.is_home && earned.available_points == 33 + 11 + 7 + 500);
    review.event = "revue";
    talea_uuid_v7(review.transaction_id);
    CHECK(talea_record_event(till, &review, TIMEOUT_MS, &earned, &error) != TALEA_OK);
    CHECK(strcmp(error.reason, "EVENT_UNKNOWN") == 0);
}

static void run_gift_card(struct talea_client *till, const struct talea_given *given)
{
    struct talea_gift_card card;
    CHECK(talea_get_gift_card(till, given->number, given->pin, TIMEOUT_MS, &card, &error) ==
          TALEA_OK);
    CHECK(card.balance == 500 && card.value == 500 && strcmp(card.state, "open") == 0);
    CHECK(talea_get_gift_card(till, given->number, "", TIMEOUT_MS, &card, &error) != TALEA_OK);
    struct talea_gift_payment pay = {
        .number = given->number, .pin = given->pin, .amount_minor = 120};
    struct talea_gift_moved moved;
    talea_uuid_v7(pay.transaction_id);
    CHECK(talea_pay_gift_card(till, &pay, TIMEOUT_MS, &moved, &error) == TALEA_OK);
    CHECK(moved.amount_minor == 120 && moved.balance_minor == 380 && !moved.is_voucher);
    char id[TALEA_UUID_SIZE];
    talea_uuid_v7(id);
    CHECK(talea_refund_gift_card(till, id, pay.transaction_id, 0, TIMEOUT_MS, &moved, &error) ==
          TALEA_OK);
    CHECK(moved.amount_minor == 120 && moved.balance_minor == 500);
}

static void run_rewards(struct talea_client *till, const char *card)
{
    struct talea_rewards rewards;
    CHECK(talea_list_rewards(till, card, TIMEOUT_MS, &rewards, &error) == TALEA_OK);
    CHECK(rewards.count == 2 && strcmp(rewards.rows[0].name, "mug") == 0);
    CHECK(rewards.rows[0].points == 300 && rewards.rows[0].stock_left == 1);
    CHECK(rewards.rows[0].is_available && rewards.rows[1].worth_minor == 500);
    talea_rewards_free(&rewards);
    struct talea_redeem redeem = {.card = card, .reward = "mug"};
    struct talea_redeemed redeemed;
    talea_uuid_v7(redeem.transaction_id);
    CHECK(talea_redeem_reward(till, &redeem, TIMEOUT_MS, &redeemed, &error) == TALEA_OK);
    CHECK(redeemed.spent_points == 300 && redeemed.given_count == 1);
    CHECK(redeemed.is_home && strcmp(redeemed.given[0].item, "mug") == 0);
    char id[TALEA_UUID_SIZE];
    struct talea_reward_cancelled cancelled;
    talea_uuid_v7(id);
    CHECK(talea_cancel_reward(till, id, redeemed.redemption_id, TIMEOUT_MS, &cancelled, &error) ==
          TALEA_OK);
    CHECK(cancelled.returned_points == 300);
    talea_redeemed_free(&redeemed);
    redeem.reward = "gift card";
    talea_uuid_v7(redeem.transaction_id);
    CHECK(talea_redeem_reward(till, &redeem, TIMEOUT_MS, &redeemed, &error) == TALEA_OK);
    CHECK(redeemed.due_minor == 100 && redeemed.given_count == 1);
    run_gift_card(till, &redeemed.given[0]);
    talea_redeemed_free(&redeemed);
    redeem.reward = "cup";
    talea_uuid_v7(redeem.transaction_id);
    CHECK(talea_redeem_reward(till, &redeem, TIMEOUT_MS, &redeemed, &error) != TALEA_OK);
    CHECK(strcmp(error.reason, "REWARD_UNKNOWN") == 0);
}

static void run_coupons(struct talea_client *office, struct talea_client *till, const char *card)
{
    const struct talea_selector members[] = {{.card = card}};
    struct talea_coupon_issue issue = {.coupon = "sorry", .members = members, .member_count = 1};
    char codes[1][TALEA_CODE_SIZE];
    char again[1][TALEA_CODE_SIZE];
    struct talea_coupon_code code;
    talea_uuid_v7(issue.transaction_id);
    CHECK(talea_issue_coupons(office, &issue, TIMEOUT_MS, codes, &error) == TALEA_OK);
    CHECK(talea_issue_coupons(office, &issue, TIMEOUT_MS, again, &error) == TALEA_OK);
    CHECK(strncmp(codes[0], "S-", 2) == 0 && strcmp(codes[0], again[0]) == 0);
    CHECK(talea_get_coupon(till, codes[0], card, TIMEOUT_MS, &code, &error) == TALEA_OK);
    CHECK(code.state == TALEA_COUPON_GOOD && strcmp(code.coupon, "sorry") == 0);
    CHECK(code.is_personal && code.is_for_card);
    issue.member_count = 0;
    CHECK(talea_issue_coupons(office, &issue, TIMEOUT_MS, codes, &error) == TALEA_INVALID_ARGUMENT);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        return 2;
    }
    struct talea_client *office = connect_as(argv, "back-office");
    struct talea_client *till = connect_as(argv, "till");
    run_purchase(till, argv[3]);
    run_event(till, argv[3]);
    run_rewards(till, argv[3]);
    run_coupons(office, till, argv[3]);
    talea_disconnect(till);
    talea_disconnect(office);
    return 0;
}

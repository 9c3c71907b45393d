/* Rewards, gift cards and vouchers: talea/programme.h. */
#include <stdlib.h>
#include <talea/programme.h>
#include <talea/v1/reward.pb-c.h>

#include "client/client.h"

static int reward_call(struct talea_client *client, const char *method,
                       const ProtobufCMessage *request, int64_t timeout_ms,
                       ProtobufCMessage **out_reply, struct talea_error *error)
{
    return client_call(client, &talea__v1__reward_service__descriptor, method, request, timeout_ms,
                       out_reply, error);
}

static int no_memory(struct talea_error *error)
{
    return client_fail(error, TALEA_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED",
                       "There is no memory.");
}

static int copy_rewards(const Talea__V1__ListRewardsResponse *reply, struct talea_rewards *out,
                        struct talea_error *error)
{
    struct talea_rewards copy = {.count = reply->n_rewards};
    copy.rows = calloc(reply->n_rewards + 1, sizeof copy.rows[0]);
    if (copy.rows == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < reply->n_rewards; i++) {
        const Talea__V1__Reward *reward = reply->rewards[i];
        struct talea_reward *row = &copy.rows[i];
        *row = (struct talea_reward){.points = reward->points,
                                     .money_minor = reward->money_minor,
                                     .count = reward->count,
                                     .worth_minor = reward->worth_minor,
                                     .stock_left = reward->stock_left,
                                     .is_available = reward->is_available ? 1 : 0,
                                     .has = reward->has,
                                     .wants = reward->wants};
        client_copy(row->name, sizeof row->name, reward->name);
        client_copy(row->item, sizeof row->item, reward->item);
        client_copy(row->reason, sizeof row->reason, reward->reason);
    }
    *out = copy;
    return TALEA_OK;
}

int talea_list_rewards(struct talea_client *client, const char *card, int64_t timeout_ms,
                       struct talea_rewards *out_rewards, struct talea_error *error)
{
    Talea__V1__ListRewardsRequest message;
    talea__v1__list_rewards_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.card = client_text(card);
    int code = reward_call(client, "ListRewards", &message.base, timeout_ms, &reply, error);
    if (code == TALEA_OK) {
        code = copy_rewards((const Talea__V1__ListRewardsResponse *)reply, out_rewards, error);
    }
    client_free(reply);
    return code;
}

void talea_rewards_free(struct talea_rewards *rewards)
{
    if (rewards != NULL) {
        free(rewards->rows);
        *rewards = (struct talea_rewards){.rows = NULL};
    }
}

static void copy_given(const Talea__V1__GivenItem *item, struct talea_given *out_given)
{
    *out_given = (struct talea_given){.count = item->count,
                                      .worth_minor = item->worth_minor,
                                      .until_local_ms = item->until_local_ms};
    client_copy(out_given->rule, sizeof out_given->rule, item->rule);
    client_copy(out_given->item, sizeof out_given->item, item->item);
    if (item->card != NULL) {
        client_copy(out_given->number, sizeof out_given->number, item->card->number);
        client_copy(out_given->pin, sizeof out_given->pin, item->card->pin);
    }
    for (size_t i = 0; i < item->n_codes && i < TALEA_GIVEN_CODES_MAX; i++) {
        client_copy(out_given->codes[out_given->code_count++], TALEA_CODE_SIZE, item->codes[i]);
    }
}

static int copy_redeemed(const Talea__V1__RedeemRewardResponse *reply,
                         struct talea_redeemed *out_redeemed, struct talea_error *error)
{
    struct talea_redeemed copy = {.spent_points = reply->spent_points,
                                  .due_minor = reply->due_minor,
                                  .points = reply->earned_points,
                                  .is_home = reply->balance != NULL,
                                  .available_points =
                                      reply->balance == NULL ? 0 : reply->balance->available_points,
                                  .journal_row = reply->journal_row,
                                  .given_count = reply->n_items};
    copy.given = calloc(reply->n_items + 1, sizeof copy.given[0]);
    if (copy.given == NULL) {
        return no_memory(error);
    }
    client_copy(copy.redemption_id, sizeof copy.redemption_id, reply->redemption_id);
    client_copy(copy.home, sizeof copy.home, reply->home);
    for (size_t i = 0; i < reply->n_items; i++) {
        copy_given(reply->items[i], &copy.given[i]);
    }
    *out_redeemed = copy;
    return TALEA_OK;
}

int talea_redeem_reward(struct talea_client *client, const struct talea_redeem *request,
                        int64_t timeout_ms, struct talea_redeemed *out_redeemed,
                        struct talea_error *error)
{
    Talea__V1__RedeemRewardRequest message;
    talea__v1__redeem_reward_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.transaction_id = client_text(request->transaction_id);
    message.card = client_text(request->card);
    message.reward = client_text(request->reward);
    message.business_unix_ms = request->business_unix_ms;
    message.store = client_text(request->store);
    message.channel = client_text(request->channel);
    int code = reward_call(client, "RedeemReward", &message.base, timeout_ms, &reply, error);
    if (code == TALEA_OK) {
        code = copy_redeemed((const Talea__V1__RedeemRewardResponse *)reply, out_redeemed, error);
    }
    client_free(reply);
    return code;
}

void talea_redeemed_free(struct talea_redeemed *redeemed)
{
    if (redeemed != NULL) {
        free(redeemed->given);
        redeemed->given = NULL;
        redeemed->given_count = 0;
    }
}

int talea_cancel_reward(struct talea_client *client, const char *transaction_id,
                        const char *redemption_id, int64_t timeout_ms,
                        struct talea_reward_cancelled *out_cancelled, struct talea_error *error)
{
    Talea__V1__CancelRewardRequest message;
    talea__v1__cancel_reward_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.transaction_id = client_text(transaction_id);
    message.redemption_id = client_text(redemption_id);
    int code = reward_call(client, "CancelReward", &message.base, timeout_ms, &reply, error);
    if (code == TALEA_OK) {
        const Talea__V1__CancelRewardResponse *answer =
            (const Talea__V1__CancelRewardResponse *)reply;
        *out_cancelled = (struct talea_reward_cancelled){
            answer->returned_points, answer->due_back_minor, answer->journal_row};
    }
    client_free(reply);
    return code;
}

int talea_get_gift_card(struct talea_client *client, const char *number, const char *pin,
                        int64_t timeout_ms, struct talea_gift_card *out_card,
                        struct talea_error *error)
{
    Talea__V1__GetGiftCardRequest message;
    talea__v1__get_gift_card_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.number = client_text(number);
    message.pin = client_text(pin);
    int code = reward_call(client, "GetGiftCard", &message.base, timeout_ms, &reply, error);
    if (code == TALEA_OK) {
        Talea__V1__GiftCard none;
        talea__v1__gift_card__init(&none);
        const Talea__V1__GiftCard *card = ((const Talea__V1__GetGiftCardResponse *)reply)->card;
        card = card == NULL ? &none : card;
        *out_card = (struct talea_gift_card){.is_voucher = card->is_voucher ? 1 : 0,
                                             .value = card->value,
                                             .balance = card->balance,
                                             .until_day = card->until_day,
                                             .issued_day = card->issued_day};
        client_copy(out_card->number, sizeof out_card->number, card->number);
        client_copy(out_card->item, sizeof out_card->item, card->item);
        client_copy(out_card->state, sizeof out_card->state, card->state);
    }
    client_free(reply);
    return code;
}

int talea_pay_gift_card(struct talea_client *client, const struct talea_gift_payment *request,
                        int64_t timeout_ms, struct talea_gift_moved *out_moved,
                        struct talea_error *error)
{
    Talea__V1__PayGiftCardRequest message;
    talea__v1__pay_gift_card_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.transaction_id = client_text(request->transaction_id);
    message.number = client_text(request->number);
    message.pin = client_text(request->pin);
    message.amount_minor = request->amount_minor;
    message.receipt = client_text(request->receipt);
    int code = reward_call(client, "PayGiftCard", &message.base, timeout_ms, &reply, error);
    if (code == TALEA_OK) {
        const Talea__V1__PayGiftCardResponse *answer =
            (const Talea__V1__PayGiftCardResponse *)reply;
        *out_moved = (struct talea_gift_moved){answer->paid_minor, answer->balance_minor,
                                               answer->is_voucher ? 1 : 0, answer->journal_row};
    }
    client_free(reply);
    return code;
}

int talea_refund_gift_card(struct talea_client *client, const char *transaction_id,
                           const char *payment_id, int64_t amount_minor, int64_t timeout_ms,
                           struct talea_gift_moved *out_moved, struct talea_error *error)
{
    Talea__V1__RefundGiftCardRequest message;
    talea__v1__refund_gift_card_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.transaction_id = client_text(transaction_id);
    message.payment_id = client_text(payment_id);
    message.amount_minor = amount_minor;
    int code = reward_call(client, "RefundGiftCard", &message.base, timeout_ms, &reply, error);
    if (code == TALEA_OK) {
        const Talea__V1__RefundGiftCardResponse *answer =
            (const Talea__V1__RefundGiftCardResponse *)reply;
        *out_moved = (struct talea_gift_moved){answer->refunded_minor, answer->balance_minor,
                                               answer->is_voucher ? 1 : 0, answer->journal_row};
    }
    client_free(reply);
    return code;
}

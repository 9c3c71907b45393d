/* libtalea for what a brand's programme gives besides points: rewards and gift cards, coupons'
 * codes, events that are no purchases, and answers to surveys. All but talea_issue_coupons is for
 * tills and shops.
 *
 *   struct talea_rewards rewards;
 *   if (talea_list_rewards(client, card, 5000, &rewards, &error) == TALEA_OK) {
 *       for (size_t i = 0; i < rewards.count; i++) {
 *           if (rewards.rows[i].is_available) {
 *               printf("%s: %lld points\n", rewards.rows[i].name,
 *                      (long long)rewards.rows[i].points);
 *           }
 *       }
 *       talea_rewards_free(&rewards);
 *   }
 *
 * As in talea.h: transaction ids are the caller's, calls repeat themselves until their timeout,
 * what is 0, NULL or "" is left to the node. Money is in the minor unit of the programme's
 * currency. Days are counted since 1970-01-01 on the brand's clock.
 */
#ifndef TALEA_PROGRAMME_H
#define TALEA_PROGRAMME_H

#include <talea/talea.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TALEA_RULE_SIZE   65
#define TALEA_GIFT_SIZE   24
#define TALEA_PIN_SIZE    16
#define TALEA_STATE_SIZE  32
#define TALEA_COUPONS_MAX 1000 /* issued by one call for members */

/* Rewards. */

struct talea_reward {
    char name[TALEA_RULE_SIZE];
    int64_t points; /* what it costs, and money on top */
    int64_t money_minor;
    char item[TALEA_RULE_SIZE]; /* what it gives; "": no thing */
    int64_t count;
    int64_t worth_minor;
    int64_t stock_left;            /* for all together; -1: any number */
    int is_available;              /* where a card was given: it can be had now */
    char reason[TALEA_STATE_SIZE]; /* "fired", or why not: "balance", "tier", "cap" */
    int64_t has;                   /* the two numbers that are compared */
    int64_t wants;
};

struct talea_rewards {
    struct talea_reward *rows; /* in the programme's order */
    size_t count;
};

/* The catalogue; with a `card` (else NULL) whether it can have each now. The caller ends it with
 * talea_rewards_free. */
TALEA_API int talea_list_rewards(struct talea_client *client, const char *card, int64_t timeout_ms,
                                 struct talea_rewards *out_rewards, struct talea_error *error);
TALEA_API void talea_rewards_free(struct talea_rewards *rewards);

/* A thing that rules gave. */
struct talea_given {
    char rule[TALEA_RULE_SIZE];
    char item[TALEA_RULE_SIZE];
    int64_t count;
    int64_t worth_minor; /* of each */
    int64_t
        until_local_ms; /* the first moment at which it is over, on the brand's clock; 0: never */
    char number[TALEA_GIFT_SIZE]; /* of the gift card or voucher that it is; "": neither */
    char pin[TALEA_PIN_SIZE];
    char codes[TALEA_GIVEN_CODES_MAX][TALEA_CODE_SIZE]; /* of the coupon that it is */
    size_t code_count;
};

struct talea_redeem {
    char transaction_id[TALEA_UUID_SIZE];
    const char *card;
    const char *reward; /* its name */
    int64_t business_unix_ms;
    const char *store; /* at most 64 bytes each */
    const char *channel;
};

struct talea_redeemed {
    char redemption_id[TALEA_UUID_SIZE]; /* names it when it is taken back */
    int64_t spent_points;
    int64_t due_minor; /* to be paid in money */
    int64_t points;    /* given with it */
    char home[TALEA_PARTNER_SIZE];
    int is_home; /* 1: the member is this brand's, and the next field is known */
    int64_t available_points;
    uint64_t journal_row;
    struct talea_given *given; /* malloc: talea_redeemed_free */
    size_t given_count;
};

/* Takes the points and gives the reward, or neither: REWARD_UNKNOWN, REWARD_NOT_AVAILABLE,
 * INSUFFICIENT_POINTS. The caller ends it with talea_redeemed_free. */
TALEA_API int talea_redeem_reward(struct talea_client *client, const struct talea_redeem *request,
                                  int64_t timeout_ms, struct talea_redeemed *out_redeemed,
                                  struct talea_error *error);
TALEA_API void talea_redeemed_free(struct talea_redeemed *redeemed);

struct talea_reward_cancelled {
    int64_t returned_points;
    int64_t due_back_minor; /* money that was paid for it */
    uint64_t journal_row;
};

/* Takes a reward back: its points, its place in the stock, and what it gave. */
TALEA_API int talea_cancel_reward(struct talea_client *client, const char *transaction_id,
                                  const char *redemption_id, int64_t timeout_ms,
                                  struct talea_reward_cancelled *out_cancelled,
                                  struct talea_error *error);

/* Gift cards and vouchers. */

struct talea_gift_card {
    char number[TALEA_GIFT_SIZE];
    int is_voucher; /* good for pieces of `item`; else for money */
    char item[TALEA_RULE_SIZE];
    int64_t value; /* at first: pieces, or money */
    int64_t balance;
    int64_t until_day; /* the first on which it is over; 0: never */
    int64_t issued_day;
    char state[TALEA_STATE_SIZE]; /* "open", "used up", "over", "locked", "blocked", "cancelled" */
};

/* After five wrong PINs in a row it is locked for a quarter of an hour. */
TALEA_API int talea_get_gift_card(struct talea_client *client, const char *number, const char *pin,
                                  int64_t timeout_ms, struct talea_gift_card *out_card,
                                  struct talea_error *error);

struct talea_gift_payment {
    char transaction_id[TALEA_UUID_SIZE]; /* names the payment when money goes back */
    const char *number;
    const char *pin;
    int64_t amount_minor; /* of a voucher in pieces; 0: all that is left */
    const char *receipt;
};

/* What moved on a gift card; pieces when it is a voucher. */
struct talea_gift_moved {
    int64_t amount_minor;
    int64_t balance_minor; /* afterwards */
    int is_voucher;
    uint64_t journal_row;
};

TALEA_API int talea_pay_gift_card(struct talea_client *client,
                                  const struct talea_gift_payment *request, int64_t timeout_ms,
                                  struct talea_gift_moved *out_moved, struct talea_error *error);
/* Gives back to the card that a payment was made with; `amount_minor` 0: all of it. */
TALEA_API int talea_refund_gift_card(struct talea_client *client, const char *transaction_id,
                                     const char *payment_id, int64_t amount_minor,
                                     int64_t timeout_ms, struct talea_gift_moved *out_moved,
                                     struct talea_error *error);

/* Coupons' codes. They are shown with a purchase (talea_earn, talea_quote) or an event. */

enum talea_coupon_state {
    TALEA_COUPON_UNKNOWN = 1,  /* nobody issued it */
    TALEA_COUPON_MISTYPED = 2, /* nobody issued it, and it can't be one */
    TALEA_COUPON_GOOD = 3,
    TALEA_COUPON_OVER = 4,
    TALEA_COUPON_USED_UP = 5,
    TALEA_COUPON_REVOKED = 6
};

struct talea_coupon_code {
    char coupon[TALEA_RULE_SIZE]; /* as the programme names it; "": none has such codes */
    int state;                    /* enum talea_coupon_state, or what a newer node says */
    int64_t until_local_ms;
    int is_personal;
    int is_for_card; /* of a personal one, where a card was given */
};

/* `card` NULL: whose it is isn't asked. */
TALEA_API int talea_get_coupon(struct talea_client *client, const char *code, const char *card,
                               int64_t timeout_ms, struct talea_coupon_code *out_code,
                               struct talea_error *error);

struct talea_coupon_issue {
    char transaction_id[TALEA_UUID_SIZE];
    const char *coupon; /* one whose codes begin with a prefix */
    int64_t until_local_ms;
    const struct talea_selector *members; /* whom each code is for */
    size_t member_count;                  /* 1 to TALEA_COUPONS_MAX */
};

/* A code for each member, the same one if the member is named again under this id. `out_codes` has
 * room for one each; "" for a member that there isn't. Not for tills. */
TALEA_API int talea_issue_coupons(struct talea_client *client,
                                  const struct talea_coupon_issue *request, int64_t timeout_ms,
                                  char (*out_codes)[TALEA_CODE_SIZE], struct talea_error *error);

/* What happened that is no purchase, and that rules of the programme are about. */

struct talea_happening {
    char transaction_id[TALEA_UUID_SIZE]; /* told again it gives nothing more */
    const char *card;
    const char *event; /* as the programme's rules name it: "review" */
    int64_t business_unix_ms;
    const char *store; /* at most 64 bytes each */
    const char *channel;
    const char *const *codes; /* coupons' codes that were shown */
    size_t code_count;        /* at most TALEA_CODES_MAX */
};

/* `sale_id` names nothing; what the event gave is in it as for a purchase. */
TALEA_API int talea_record_event(struct talea_client *client, const struct talea_happening *request,
                                 int64_t timeout_ms, struct talea_earned *out_earned,
                                 struct talea_error *error);

struct talea_survey_answer {
    const char *survey;  /* as the programme names it */
    const char *sale_id; /* of the purchase; NULL with `card` and `receipt` */
    const char *card;
    const char *receipt;
    uint32_t score;
    const char *comment; /* up to 1,000 bytes */
};

struct talea_survey_answered {
    int64_t points;
    uint64_t journal_row;
    int is_repeat; /* it was told before */
};

/* Once for each purchase; another answer to the same is refused. */
TALEA_API int talea_answer_survey(struct talea_client *client,
                                  const struct talea_survey_answer *request, int64_t timeout_ms,
                                  struct talea_survey_answered *out_answered,
                                  struct talea_error *error);

#ifdef __cplusplus
}
#endif

#endif

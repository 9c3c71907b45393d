/* What the model's files share. */
#ifndef PROPERTY_MODEL_PARTS_H
#define PROPERTY_MODEL_PARTS_H

#include "model.h"

/* For a point that is given now; 0 when it is paid for later. */
int64_t model_issue_price(const struct model *m, uint32_t tariff);
/* Points of a lot that its issuer pays for when they are spent; negative: back. */
void model_spend(struct model *m, const struct model_key *key, int64_t points);
/* Our own points go to other homes; negative: back. */
void model_go_abroad(struct model *m, const struct model_key *key, int64_t points);
/* After a command: what it spent is told, or waits. `has_sent`: it wrote to a stream already. */
void model_tell_spent(struct model *m, bool has_sent);
enum verdict model_take_funding(struct model *m, const struct clearing_entry *entry);

/* Would our promotion pay for an earn? `home` gets an entry before. */
enum verdict model_judge_promotion(struct model *m, const struct command_earn *earn, int home,
                                   int64_t points);
/* It pays for so many more; negative: they returned. */
void model_promote(struct model *m, int64_t points);
enum verdict model_take_promotion(struct model *m, int sender, const struct clearing_entry *entry);

/* From which block we bought do the points of a sale come? Its number; 0: none. */
enum verdict model_draw(struct model *m, int partner, int64_t points, int64_t time,
                        size_t *out_block);
/* More or less is left of it; nothing for 0. */
void model_change_block(struct model *m, size_t number, int64_t points);
/* What a receipt says of our purchase or end. */
void model_block_receipted(struct model *m, int partner, const struct model_entry *entry,
                           bool is_good);
/* May a partner's earn draw from the block that it names? */
enum verdict model_judge_draw(struct model *m, int sender, const struct clearing_entry *entry,
                              size_t *out_block);
enum verdict model_take_block(struct model *m, int sender, const struct clearing_entry *entry);
/* A refused draw, or its return, goes to the same home under the usual tariff. */
bool model_resend_undrawn(struct model *m, struct model_sale *sale,
                          const struct model_entry *entry);

/* Looking up. -1 or NULL: none. */
int model_partner(const struct model *m, const struct partner_id *partner);
int model_home(const struct model *m, const struct card_number *card);
int model_card_index(const struct model *m, const struct card_number *card); /* -1: unknown */
struct model_card *model_card(struct model *m, const struct card_number *card);
int model_member(const struct model *m, const struct uid *id); /* by its own id, merged or not */
int model_follow(const struct model *m, int member);           /* where it was merged to */
struct model_hold *model_hold(struct model *m, int redeemer, const struct uid *id);
struct model_sale *model_sale(struct model *m, int issuer, const struct uid *id);
struct model_adjustment *model_adjustment(struct model *m, const struct uid *id);
struct model_merge *model_merge(struct model *m, const struct uid *id);

void model_touch(struct model *m, int member);
void model_post(struct model *m, enum account_kind debit, enum account_kind credit, int partner,
                struct period period, int64_t points);
void model_send(struct model *m, int partner, struct model_entry entry);
/* Is there room for one more that waits? New points have less than what was promised. */
bool model_may_send(const struct model *m, int partner, bool is_new);
/* What is owed between the node and a partner. */
void model_owe_sent(struct model *m, int partner, const struct model_entry *entry);
void model_owe_taken(struct model *m, int partner, const struct clearing_entry *entry);
void model_owe_reversed(struct model *m, int partner, uint64_t number);
bool model_is_matched(const struct model *m, int partner, uint32_t period);
void model_match_period(struct model *m, int partner, uint32_t period);
int64_t model_owed(const struct model *m, int partner);     /* by the node; negative: to it */
int64_t model_promised(const struct model *m, int partner); /* in open holds */
/* So much more, within the charter's cap? */
bool model_may_owe(const struct model *m, int partner, int64_t more);
bool model_may_be_owed(const struct model *m, int partner, int64_t more);
enum verdict model_judge_points(int64_t points);
/* The one that comes first in the precedence of the command's kind; VERDICT_OK when both are. */
enum verdict model_first(const struct model *m, enum verdict a, enum verdict b);
/* Of a member that is to do something new; -1 is one that there isn't. */
enum verdict model_judge_member(const struct model *m, int member);
/* What is known of a card; all empty when nothing is. */
const struct model_status *model_status(const struct model *m, const struct card_number *card);
struct model_status *model_know(struct model *m, const struct card_number *card);
bool model_has_moved(const struct model *m, const struct card_number *card);
struct model_route model_route(const struct model *m, const struct card_number *card);
bool model_loops(const struct model *m, const struct card_number *card,
                 const struct card_number *moved_to);
/* The circle that a move leads into, or closes. */
struct model_circle model_circle(const struct model *m, const struct card_number *card,
                                 const struct card_number *moved_to);
bool model_circle_has(const struct model_circle *circle, const struct card_number *card);
/* The card whose home opens the circle; empty: there is none. */
struct card_number model_opener(const struct model_circle *circle);
/* Do the card's moves lead back to it? */
bool model_goes_round(const struct model *m, const struct card_number *card);
/* Its opener's member is taken back, if it is ours. */
void model_open_circle(struct model *m, const struct model_circle *circle);
/* Another brand's card is its home's again. */
void model_take_back(struct model *m, const struct card_number *card);
/* Every partner is told of a card; of all that a member has and that are not blocked. */
void model_tell(struct model *m, enum entry_kind kind, const struct card_number *card);
void model_tell_member(struct model *m, int member, enum entry_kind kind);
bool model_member_moved(const struct model *m, int member);
enum verdict model_take_news(struct model *m, int sender, const struct clearing_entry *entry);
enum verdict model_take_moved_lot(struct model *m, int sender, const struct clearing_entry *entry);
/* What came back to a member who moved goes after it, unless it would go round. */
void model_forward(struct model *m, int index, const struct card_number *card);
/* The same in any case. */
void model_go_on(struct model *m, int index, const struct card_number *card);
/* A moved lot that was refused. */
void model_give_back(struct model *m, int partner, const struct model_entry *entry);
/* A refused earn, or its return, goes to where the card is now. False: it can't. */
bool model_resend_earn(struct model *m, int partner, struct model_sale *sale,
                       const struct model_entry *entry, const struct card_number *said);
bool model_resend_return(struct model *m, struct model_sale *sale, const struct model_entry *entry,
                         struct model_answer *answer);
/* The card's member, or why it can't be used. */
enum verdict model_judge_card(struct model *m, const struct card_number *card, int *out_member);
/* The member, where its points went when it was merged. */
int model_account_of(const struct model *m, const struct uid *id);
int model_add_member(struct model *m, const struct uid *id, int64_t enrolled);
/* What names the member is gone; its cards are nobody's. */
void model_forget_member(struct model *m, int index);
/* Does it have points on hold? */
bool model_has_holds(const struct model *m, int member);
/* How many pools it is in. */
size_t model_pools_of(const struct model *m, int member);
bool model_is_reason(const char *reason);
/* The member was active: what ends by inactivity lives on. */
void model_active(struct model *m, int member);

/* What programmes remember of an owner, wherever it is now. */
/* Is it anybody, wherever it is now? */
bool model_is_there(const struct model *m, const struct standing_owner *owner);
int64_t model_standing(struct model *m, const struct standing_owner *owner, uint64_t slot,
                       int64_t bucket);
void model_put_standing(struct model *m, const struct standing_owner *owner, uint64_t slot,
                        int64_t bucket, int64_t value);
void model_merge_standing(struct model *m, int from, int into);
void model_unmerge_standing(struct model *m, int from, int into);
void model_forget_standing(struct model *m, int member);
/* The owner's card is another one from now on. */
void model_carry_standing(struct model *m, const struct standing_owner *from,
                          const struct card_number *moved_to);
void model_carry_standing_to(struct model *m, const struct standing_owner *from,
                             const struct standing_owner *to);

/* Rights in pools. NULL: the member is not in it. */
struct model_right *model_right(struct model *m, int pool, int member);
void model_put_right(struct model *m, int pool, int member, enum pool_right_kind kind);
/* member -1: of all there is about the pool. */
void model_drop_right(struct model *m, int pool, int member);
enum verdict model_judge_pool_card(struct model *m, int pool, const struct card_number *card,
                                   int64_t points);
/* So much more on hold (negative: less), and spent. Nothing for a member who is no pool. */
void model_count_pool_card(struct model *m, int pool, const struct card_number *card, int64_t held,
                           int64_t spent);
enum verdict model_judge_pool_member(struct model *m, int pool, int member, int64_t points);
void model_count_pool_member(struct model *m, int pool, int member, int64_t points);

/* Lots. */
int64_t model_least(int64_t a, int64_t b);
bool model_keys_equal(const struct model_key *a, const struct model_key *b);
int64_t model_months_after(int64_t time, unsigned months);
/* When the member's lot ends; INT64_MAX: never. */
int64_t model_end(const struct model_member *member, const struct model_key *key);
struct model_lot *model_find_lot(struct model_member *member, const struct model_key *key);
void model_add_free(struct model_member *member, const struct model_key *key, int64_t points);
void model_drop_empty(struct model_member *member);
/* The lot with free points, spendable or pending, that goes first. NULL: none. */
struct model_lot *model_first_lot(const struct model *m, struct model_member *member,
                                  bool is_pending);
int64_t model_spendable(const struct model_member *member);
/* Moves what became active or expired; gives the points that expired. */
int64_t model_settle_at(const struct model *m, struct model_member *member, int64_t now);
/* The same at the model's time, posted. */
void model_settle(struct model *m, struct model_member *member);
/* The key under which points of a partner come, who has many lots of the member already. */
struct model_key model_partner_key(const struct model *m, struct model_member *member,
                                   struct model_key key);
/* May the partner have one more lot of the settled member, if that is what it takes? */
bool model_has_partner_room(struct model_member *member, struct model_key key, int64_t points,
                            int64_t now);
/* Would the points find a lot? The member is settled. */
bool model_has_room(struct model *m, const struct model_member *member, struct model_key key,
                    int64_t points);
/* Repays debt first. What one who was erased would get is breakage. */
void model_give(struct model *m, struct model_member *member, struct model_key key, int64_t points);
/* Where points go that are taken. */
struct model_sink {
    enum account_kind account;
    int partner;
    struct period period;
};
/* Takes back what was given into a lot (NULL: any), posted. What is not there becomes debt, and
 * beyond the debt limit is written off: the programme's adjustment account bears it. */
void model_take(struct model *m, struct model_member *member, const struct model_key *key,
                int64_t points, struct model_sink sink, struct model_answer *answer);

/* Free points repay what is owed, spendable ones first: after this, one of both is zero. */
void model_cancel_debt(struct model *m, struct model_member *member);

/* Home holds. */
enum verdict model_reserve(struct model *m, struct model_hold *hold, int64_t points);
void model_capture(struct model *m, struct model_hold *hold, int64_t points);
void model_release(struct model *m, struct model_hold *hold);
enum verdict model_refund(struct model *m, struct model_hold *hold, int64_t points);

/* Stand-in. */
struct model_mandate *model_mandate(struct model *m, bool is_given, int partner,
                                    const struct uid *id);
/* The newest given to a partner, or held of it. NULL: none. */
const struct model_mandate *model_last_mandate(const struct model *m, bool is_given, int partner);
/* A row for a hold of a partner's that was not granted: it has ended. */
struct model_hold *model_entry_hold(struct model *m, int sender,
                                    const struct clearing_entry *entry);
bool model_may_stand_in(const struct model_hold *hold);
/* `hold` NULL: there is none under the entry's subject. */
/* Does a mandate of ours allow this capture? */
bool model_mandate_allows(struct model *m, int sender, const struct model_hold *hold,
                          const struct clearing_entry *entry);
enum verdict model_stand_in_capture(struct model *m, int sender, struct model_hold *hold,
                                    const struct clearing_entry *entry,
                                    struct model_answer *answer);
/* Of an own request, at its place behind the holds that there are; to be counted once it stands. */
struct model_hold *model_add_hold(struct model *m, const struct command *command);

/* One command each. */
typedef enum verdict model_fn(struct model *m, const struct command *command,
                              struct model_answer *answer);
model_fn model_step_enrol;
model_fn model_step_tell_funding;
model_fn model_step_send_earns;
model_fn model_step_issue_card;
model_fn model_step_set_profile;
model_fn model_step_set_referrer;
/* Of a member that is enrolled now. */
bool model_may_bring(const struct model *m, const struct uid *referrer);
void model_bring(struct model *m, int member, const struct uid *referrer);
model_fn model_step_block_card;   /* and unblock */
model_fn model_step_block_member; /* and unblock */
model_fn model_step_erase;
model_fn model_step_earn;
model_fn model_step_return_sale;
model_fn model_step_hold;
model_fn model_step_capture;
model_fn model_step_void;
model_fn model_step_return_burn;
model_fn model_step_transfer;
model_fn model_step_open_pool;
model_fn model_step_join_pool;
model_fn model_step_leave_pool;
model_fn model_step_propose;
model_fn model_step_rule;
model_fn model_step_merge;
model_fn model_step_unmerge;
model_fn model_step_pool_right;
model_fn model_step_bear_card;
model_fn model_step_raise_alert;
model_fn model_step_rule_alert;
model_fn model_step_prune;
model_fn model_step_take_entry;
model_fn model_step_take_receipt;
model_fn model_step_mandate;
model_fn model_step_stand_in;
model_fn model_step_give_up;
model_fn model_step_await;
model_fn model_step_move;
model_fn model_step_put_pair;
model_fn model_step_payment;
model_fn model_step_netting;
model_fn model_step_programme;
model_fn model_step_standing;
model_fn model_step_reserve;
model_fn model_step_block; /* sell and buy */
model_fn model_step_withdraw;
model_fn model_step_block_due;

#endif

/* What the decisions share: the case at hand, and steps on a working copy of one member.
 *
 * A step emits its effects into the plan and makes the same change on the working copy, so that the
 * next step sees it. Internal to the module.
 */
#ifndef LEDGER_DECISION_H
#define LEDGER_DECISION_H

#include "ledger/decide.h"
#include "ledger/route.h"

/* What is unsettled with a partner that a command is about, with its changes so far. */
struct exposure_work {
    bool is_changed;
    struct partner_id partner;
    struct exposure value;
};

/* Points that were spent of what one issuer pays for at burn; or, of ourselves, that we gave. */
struct funding_line {
    struct partner_id issuer;
    uint32_t tariff;
    int64_t points;
};

enum {
    FUNDED_AT_ONCE = 4, /* issuers that one record tells of spent points */
    EXPOSURES_OPEN = 2 + PROMOTION_PARTS_MAX +
                     FUNDED_AT_ONCE, /* whom a command hears of, who gets what it sends on */
    FUNDINGS_OPEN = LIMIT_LOTS_PER_MEMBER + 2 * LIMIT_LOTS_PER_HOLD
};

/* Own streams that a record writes several entries to, as far as they go. */
struct out_stream {
    struct partner_id partner;
    struct stream stream;
};

/* An owner whose numbers go with its member to where that is now. */
struct standing_carried {
    struct standing_owner from;
    struct standing_owner to;
    bool is_done;
};

enum {
    CARRIES_PER_RECORD = 8, /* more stay where they are */
    OUT_STREAMS_OPEN = PROMOTION_PARTS_MAX + 2
};

struct decision {
    const struct ledger_view *view;
    const struct ledger_terms *terms;
    const struct command *command;
    struct unix_ms now;
    struct plan *plan;
    size_t exposure_count;
    struct exposure_work exposures[EXPOSURES_OPEN];
    size_t out_count;
    struct out_stream outs[OUT_STREAMS_OPEN];
    size_t funding_count;
    struct funding_line fundings[FUNDINGS_OPEN];
    size_t carry_count;
    struct standing_carried carries[CARRIES_PER_RECORD];
};

/* Drops what was planned; the answer is a refusal. Always ERR_OK, for `return decide_refuse(...)`.
 */
enum err decide_refuse(struct decision *d, enum verdict verdict);

/* Continues with the next step when there is no verdict yet; used after a step that may refuse. */
static inline bool decision_is_refused(const struct decision *d)
{
    return d->plan->verdict != VERDICT_OK;
}

/* VERDICT_OK, VERDICT_POINTS_NOT_POSITIVE or VERDICT_POINTS_TOO_LARGE. */
enum verdict points_verdict(struct points points);

/* Is it a code of [A-Z0-9_]? */
bool reason_is_code(const char *reason);
bool tag_is_none(const uint8_t tag[PERSONAL_TAG_SIZE]);

/* From work_begin to work_end. Two members may be worked on at a time. */
struct member_work {
    struct uid id;
    struct unix_ms due_before; /* as TABLE_DUE has it; 0: not at all */
    struct member row;
};

/* Loads the member, or the one it was merged into; writes the history link; moves lots that became
 * active or ended. A refusal when there is none. Blocked and erased ones are taken as well: what
 * was promised goes on. Each work that was opened ends with work_end, unless the command is
 * refused. */
MUST_USE enum err work_begin(struct decision *d, const struct uid *member,
                             struct member_work *work);
/* The same for what starts something new: a refusal when the member is erased or blocked. */
MUST_USE enum err work_begin_good(struct decision *d, const struct uid *member,
                                  struct member_work *work);
/* Both in two steps, for commands about several members: the first only looks, and refuses when
 * there is none. */
MUST_USE enum err work_find(struct decision *d, const struct uid *member, struct member_work *work);
MUST_USE enum err work_open(struct decision *d, struct member_work *work);
/* VERDICT_OK, VERDICT_MEMBER_ERASED or VERDICT_MEMBER_BLOCKED. */
enum verdict standing_verdict(const struct member *member);
/* The card's member, if the card is ours and neither is blocked; a refusal otherwise. The answer to
 * CARD_MOVED names the card at the new home. */
MUST_USE enum err work_begin_by_card(struct decision *d, const struct card_number *card,
                                     struct member_work *work);
MUST_USE enum err work_settle(struct decision *d, struct member_work *work);
/* Writes down the working copy's marks: blocked, pool, erased, merged, last activity. */
void work_mark(struct decision *d, const struct member_work *work);
/* Gives points from `source`: repays debt first, the rest becomes (part of) the lot. A refusal when
 * there is no room for one more lot. What an erased member would get is breakage. */
MUST_USE enum err work_give(struct decision *d, struct member_work *work,
                            const struct account_ref *source, const struct lot_key *lot,
                            struct points points);
/* Takes points back to `sink`: from the lot (NULL: any), then from others, spendable ones first,
 * then as debt. What the debt limit does not allow as debt, or an erased member can't owe, the
 * programme bears: it is written off to the adjustment account (and not taken at all when that is
 * the sink). The answer says what became debt and what was written off. */
MUST_USE enum err work_take(struct decision *d, struct member_work *work,
                            const struct account_ref *sink, const struct lot_key *lot,
                            struct points points);
/* Takes points of any lots for a burn beside what its hold reserved: the hold notes of which lots
 * they are, what the member owes of them and what the programme bears, so that their return goes
 * back where they came from. */
MUST_USE enum err work_burn(struct decision *d, struct member_work *work,
                            const struct account_ref *sink, struct hold *hold,
                            struct points points);
/* Free points repay the debt there is: after this, one of both is zero. */
MUST_USE enum err work_repay(struct decision *d, struct member_work *work);
/* One lot's points between free and held, or in and out; keeps the working copy alike. */
MUST_USE enum err work_lot(struct decision *d, struct member_work *work, const struct lot_key *lot,
                           int64_t free_delta, int64_t held_delta);
/* A posting on the working copy of a member, of those sides that are the member's. */
void work_see(struct member_work *work, const struct account_ref *account, int64_t credited);
/* Plans a posting one or both of whose sides may be the member's. */
MUST_USE enum err work_post(struct decision *d, struct member_work *work,
                            const struct account_ref *debit, const struct account_ref *credit,
                            struct points points);

/* After the last change: moves the member's row in TABLE_DUE to the soonest time at which a lot
 * becomes active or expires. Nothing when the command is refused. */
void work_end(struct decision *d, const struct member_work *work);

struct account_ref account_of_member(enum account_kind kind, const struct uid *member);
struct account_ref account_of_partner(enum account_kind kind, const struct partner_id *partner,
                                      struct period period);
struct account_ref account_of_programme(enum account_kind kind);

/* One of our own commands, as it was told and answered. Borrowed as the view's last record.
 * ERR_NOT_FOUND when its id is forgotten. */
MUST_USE enum err decide_recall_record(const struct decision *d, const struct uid *id,
                                       struct record *out_record);
/* What one of our own commands was answered. ERR_NOT_FOUND when its id is forgotten. */
MUST_USE enum err decide_recall_answer(const struct decision *d, const struct uid *id,
                                       struct answer *out_answer);
/* What it was: COMMAND_RECOVER_ENTRY where only a partner's copy told of it. Valid as long as the
 * view's last record. */
MUST_USE enum err decide_recall_command(const struct decision *d, const struct uid *id,
                                        struct command *out_told);

/* Rows that decisions write whole. */
void decide_put_profile(struct decision *d, const struct uid *member,
                        const struct profile *profile);
void decide_put_card(struct decision *d, const struct card_number *number, const struct card *card);
/* One member more or less. */
MUST_USE enum err decide_count_members(struct decision *d, int change);
void decide_put_merge(struct decision *d, const struct uid *id, const struct merge *merge);
/* The profiles and references of a member and of those that were merged into it are deleted, its
 * cards blocked and nobody's, and it is marked as erased. */
MUST_USE enum err decide_forget(struct decision *d, struct member_work *work,
                                const struct profile *profile);
void decide_put_hold(struct decision *d, const struct uid *id, const struct hold *hold);
void decide_put_sale(struct decision *d, const struct uid *id, const struct sale *sale);
void decide_put_stream(struct decision *d, enum stream_direction direction,
                       const struct partner_id *partner, const struct stream *stream);
void decide_put_u64(struct decision *d, const char *meta_name, uint64_t value);
MUST_USE enum err decide_get_u64(const struct decision *d, const char *meta_name,
                                 uint64_t *out_value);

enum {
    NEWS_NAME_MAX = 40 /* of a row of TABLE_META about a partner */
};
void decide_put_card_status(struct decision *d, const struct card_number *card,
                            const struct card_status *status);
/* Rows of TABLE_META whose names are a prefix and a partner. */
MUST_USE enum err decide_get_partner_u64(const struct decision *d, const char *prefix,
                                         const struct partner_id *partner, uint64_t *out_value);
void decide_put_partner_u64(struct decision *d, const char *prefix,
                            const struct partner_id *partner, uint64_t value);

/* What one of our cards became, as partners are told. */
struct card_change {
    struct card_number card;
    enum entry_kind kind;        /* block, unblock or moved */
    struct card_number moved_to; /* of moved */
};

/* Numbers the changes, LIMIT_CARDS_PER_MEMBER at most, and tells every partner as far as the record
 * has room. `first` is told in any case, on a stream that this plan writes to already; may be NULL.
 */
MUST_USE enum err decide_announce(struct decision *d, const struct card_change *changes,
                                  size_t count, const struct partner_id *first,
                                  struct stream *first_stream);
/* Announces `kind` of all cards of a member that are not blocked by themselves. */
MUST_USE enum err decide_announce_cards(struct decision *d, const struct profile *profile,
                                        enum entry_kind kind);
/* News of ours that a partner shows to a ledger that lost it: what became of the card since, as
 * `change` says, is numbered, and the others will be told. Gives false when the ledger has this or
 * something later of it. */
MUST_USE enum err decide_news_again(struct decision *d, const struct partner_id *partner,
                                    const struct clearing_entry *entry,
                                    const struct card_change *change, bool *out_is_news);
/* The partner can be told again: what it did not hear is told soon. */
MUST_USE enum err decide_resume_news(struct decision *d, const struct partner_id *partner);
/* What there is to say of one of our cards by its rows. */
MUST_USE enum err decide_card_change(const struct decision *d, const struct card_number *number,
                                     struct card_change *out_change);
/* Is the partner the home that the card's prefix names? */
bool decide_is_their_card(const struct decision *d, const struct partner_id *partner,
                          const struct card_number *card);
/* Keeps what its home says of another brand's card. May refuse. */
MUST_USE enum err decide_know_card(struct decision *d, const struct partner_id *home,
                                   const struct clearing_entry *entry);
/* The same of what was learnt otherwise, and only if there is room for it. */
MUST_USE enum err decide_hear_of_card(struct decision *d, const struct partner_id *home,
                                      const struct clearing_entry *entry);

/* Points that came back to a member who moved follow it, unless they would go round in a circle:
 * then they wait until it is opened. Nothing for others. */
MUST_USE enum err move_forward(struct decision *d, struct member_work *work,
                               const struct card_number *card);
/* The same when it is opened. */
MUST_USE enum err move_onward(struct decision *d, struct member_work *work,
                              const struct card_number *card);
/* The card at the member's new home; empty when it did not move. */
MUST_USE enum err move_of_member(const struct decision *d, const struct profile *profile,
                                 struct card_number *out_moved_to);
/* All of the member's cards lead to `moved_to`, but for those that lead elsewhere; or, when it is
 * empty, to their own member again. One that is blocked by itself stays so. `first` and its stream:
 * as decide_announce has them. */
MUST_USE enum err move_lead_cards(struct decision *d, const struct profile *profile,
                                  const struct card_number *moved_to,
                                  const struct partner_id *first, struct stream *first_stream);
/* A moved lot that the new home refused comes back. */
MUST_USE enum err move_give_back(struct decision *d, const struct account_ref *payable,
                                 const struct receipted_entry *entry);
/* After the reversal of an earn whose card has moved, or of a return of such an earn: sends it to
 * where the member is now. The sale is changed accordingly. */
MUST_USE enum err resend_earn(struct decision *d, const struct partner_id *partner,
                              const struct receipted_entry *refused, struct sale *sale,
                              bool *out_is_sent);
/* An earn that its home refused to draw from a block, or its return, is sent there once more, under
 * the usual tariff.
 */
MUST_USE enum err resend_undrawn(struct decision *d, const struct receipted_entry *refused,
                                 struct sale *sale, bool *out_is_sent);
/* Of a sale that a restored ledger has at another home: did its earn go from there to this one, and
 * not the other way round? */
MUST_USE enum err resend_came_later(const struct decision *d, const struct partner_id *home,
                                    const struct clearing_entry *entry, const struct sale *sale,
                                    bool *out_came_later);
MUST_USE enum err resend_return(struct decision *d, const struct receipted_entry *refused,
                                const struct sale *sale, bool *out_is_sent);

/* Do the streams with this partner, which is leaving or has left, end before this period? */
bool decide_is_after_end(const struct decision *d, const struct partner_id *partner,
                         struct period period);
/* May a partner still bring back what this ledger, an older copy, has lost? */
MUST_USE enum err decide_is_recovering(const struct decision *d, bool *out_is_recovering);
/* Refuses what names something that is not here; ERR_UNAVAILABLE as long as that may still come
 * back, since a refusal would be remembered. */
MUST_USE enum err decide_refuse_unknown(struct decision *d, enum verdict verdict);
/* The same of what is about a pair with a partner that is still to show what it holds. */
MUST_USE enum err decide_await_partner(const struct decision *d, const struct partner_id *partner);
/* Is the stream to the partner open to one more entry: not frozen, and not ended? */
bool decide_may_send(const struct decision *d, const struct partner_id *partner,
                     const struct stream *stream);
/* Our stream to the partner, behind what the plan sends by decide_send or through this. */
MUST_USE enum err decide_out_stream(struct decision *d, const struct partner_id *partner,
                                    struct stream **out_stream);
/* Does the partner's stream have room for one more entry of the kind? */
bool decide_has_room(const struct decision *d, const struct stream *stream, enum entry_kind kind);
/* The same for one more entry of the kind; may refuse: STREAM_FROZEN, PARTNER_LEFT, OUTBOX_FULL.
 */
MUST_USE enum err decide_open_stream(struct decision *d, const struct partner_id *partner,
                                     enum entry_kind kind, struct stream **out_stream);
/* Sends an entry about `card` to its home and posts it there and back: `debit` and `credit` are
 * this brand's own accounts, with the stream's open period filled into the partner's side. */
MUST_USE enum err decide_send(struct decision *d, const struct partner_id *partner,
                              struct clearing_entry *entry, enum account_kind debit,
                              enum account_kind credit);

/* Under which tariff an entry to the partner comes that happens now, by the command's business
 * time.
 */
uint32_t decide_tariff(const struct decision *d, const struct partner_id *partner);
/* The lot of own points of which only the amount is known: as a purchase here by an own member gave
 * them at that time. */
struct lot_key decide_own_lot(const struct decision *d, struct unix_ms time);
/* The same for all entries about a hold, so that what is returned is worth what was captured: that
 * of what was captured first, or by the end of the time in which it may be captured. */
uint32_t decide_hold_tariff(const struct decision *d, const struct hold *hold);

/* The unsettled position with a partner, exposure.c. A command is about one partner, or two; its
 * changes are written with the rest of the plan, unless it is refused. */
/* An entry of the period that was sent or taken, or (negative) taken back. Period 0: points without
 * an entry, which change no minimum fee. */
MUST_USE enum err decide_owe(struct decision *d, const struct partner_id *partner,
                             enum stream_direction direction, enum entry_kind kind, uint32_t tariff,
                             struct period period, int64_t points);
/* Points in the partner's open holds here, more or less. Nothing for our own till's. */
MUST_USE enum err decide_promise(struct decision *d, const struct partner_id *redeemer,
                                 int64_t points);
/* A period's entries are settled: what they owed goes. */
MUST_USE enum err decide_settled(struct decision *d, const struct partner_id *partner,
                                 struct period period);
/* With the changes so far: is there more debt than the charter allows, ours with what we promised
 * (OUT), or the partner's (IN)? Refuses with NET_DEBIT_CAP. */
enum err decide_within_cap(struct decision *d, const struct partner_id *partner,
                           enum stream_direction debtor);
/* The same as an answer. */
MUST_USE enum err decide_is_beyond_cap(struct decision *d, const struct partner_id *partner,
                                       enum stream_direction debtor, bool *out_is_beyond);

/* Points for other homes' members that wait until the pair's cap has room, waiting.c. */
/* Would they be beyond the cap, and does the charter let them wait? */
MUST_USE enum err decide_must_wait(struct decision *d, const struct partner_id *home,
                                   uint32_t tariff, struct points points, bool *out_must_wait);
MUST_USE enum err decide_count_waiting(const struct decision *d, const struct partner_id *home,
                                       uint64_t *out_count);
/* The sale waits. */
MUST_USE enum err decide_keep_waiting(struct decision *d, const struct partner_id *home,
                                      const struct uid *id);
/* Plans the row, at the end of each decision. */
void decide_put_exposures(struct decision *d);

/* Points that are funded at burn, funding.c. Nothing for others; written at the end of the
 * decision, unless it is refused. */
/* Of this lot so many are spent (negative: given back). */
MUST_USE enum err decide_spend(struct decision *d, const struct lot_key *lot, int64_t points);
/* So many of our own points went to other homes' members (negative: came back). */
MUST_USE enum err decide_give_abroad(struct decision *d, uint32_t tariff, int64_t points);
/* The same of an entry that we send (sign 1) or that goes back (-1). Nothing for other kinds. */
MUST_USE enum err decide_give_entry(struct decision *d, const struct clearing_entry *entry,
                                    int sign);
/* An own funding entry that was lost is part of the stream again. */
MUST_USE enum err decide_told_again(struct decision *d, const struct partner_id *issuer,
                                    const struct clearing_entry *entry);
MUST_USE enum err decide_put_fundings(struct decision *d);

/* Promotions, promotion.c. Points that our shop gives, told to those who pay; may refuse. What is
 * taken back of a sale (negative: it is not, after all), at the price at which it was given.
 * Nothing for promotion 0. */
MUST_USE enum err promotion_give(struct decision *d, uint32_t id, struct points points);
MUST_USE enum err promotion_take_back(struct decision *d, const struct sale *sale,
                                      const struct uid *id, int64_t points);
/* What could not be told of a payer's share at once; the command is about the payer, and not for
 * points that are funded at burn. */
MUST_USE enum err promotion_share_due(struct decision *d);
/* Of a restored ledger: so much was given (negative: taken back), as the members' homes show it;
 * and told, as those who pay do. What was told of sales that are lost for good is given back with
 * the next purchase. */
MUST_USE enum err promotion_given_again(struct decision *d, uint32_t id, int64_t points);
/* A share, or what was given back of one, that its payer refused: it is the shop's own to bear. */
MUST_USE enum err promotion_refused(struct decision *d, const struct partner_id *payer,
                                    const struct receipted_entry *entry);
MUST_USE enum err promotion_told_again(struct decision *d, const struct partner_id *payer,
                                       const struct clearing_entry *entry);

/* Blocks of points that are paid in advance, prepaid.c. Is there a tariff under which the partner
 * may have sold us some? */
bool prepaid_is_sold(const struct decision *d, const struct partner_id *seller);
void prepaid_put(struct decision *d, const struct block_row *row);
/* Adds one to those of its pair; nothing when there is no room. */
MUST_USE enum err prepaid_open(struct decision *d, const struct block_row *row, bool *out_has_room);
/* Draws the points of a sale to the seller's member from the first block that has them, which the
 * sale names then, with its tariff. May refuse: one that says so is empty. */
MUST_USE enum err prepaid_draw(struct decision *d, const struct partner_id *seller,
                               struct sale *sale);
/* So many points came back (negative: are gone again) to a block. Nothing for a nil id, or for one
 * that was lost. */
MUST_USE enum err prepaid_change(struct decision *d, const struct partner_id *seller,
                                 const struct partner_id *buyer, const struct uid *id,
                                 int64_t points);
/* The seller refused the draw of a sale: the block has its points again, but for those that have
 * returned, and the sale names it no more. */
MUST_USE enum err prepaid_refused(struct decision *d, const struct partner_id *seller,
                                  struct sale *sale);
/* What the seller's receipt says of our purchase, or of our end. */
MUST_USE enum err prepaid_receipted(struct decision *d, const struct partner_id *seller,
                                    const struct receipted_entry *entry);
MUST_USE enum err prepaid_again(struct decision *d, const struct partner_id *seller,
                                const struct clearing_entry *entry,
                                struct partner_recovery *recovery);
/* An own offer is none any more. */
MUST_USE enum err prepaid_withdraw(struct decision *d, struct block_row *row);
/* The earn at hand draws from a block of ours; may refuse. */
MUST_USE enum err prepaid_take_draw(struct decision *d);

/* What programmes remember of members, standing_moves.c. A merge, which may refuse (STANDING_FULL);
 * its undoing; an erasure. */
MUST_USE enum err standing_merge_members(struct decision *d, const struct uid *from,
                                         const struct uid *into);
MUST_USE enum err standing_part_members(struct decision *d, const struct uid *from,
                                        const struct uid *into);
MUST_USE enum err standing_forget(struct decision *d, const struct uid *member);
/* The owner is known by a card at another home, or came to this one; written at the end of the
 * decision, unless it is refused. */
MUST_USE enum err standing_carry(struct decision *d, const struct standing_owner *from,
                                 const struct card_number *moved_to);
/* The same, to whom it is now. */
MUST_USE enum err standing_carry_to(struct decision *d, const struct standing_owner *from,
                                    const struct standing_owner *to);
MUST_USE enum err decide_put_carried(struct decision *d);

/* The home's side of a hold, for its own till and for partners alike. `sink` gets what is captured;
 * `source` gives what returns. */
MUST_USE enum err home_capture(struct decision *d, const struct uid *id, struct hold *hold,
                               struct points points, const struct account_ref *sink);
MUST_USE enum err home_release(struct decision *d, const struct uid *id, struct hold *hold,
                               enum hold_state state);
MUST_USE enum err home_refund(struct decision *d, const struct uid *id, struct hold *hold,
                              struct points points, const struct account_ref *source);

/* Rights in pools, pool_rights.c. A pool's card is about to spend: what is on hold is counted, or
 * refused. */
MUST_USE enum err pool_promise(struct decision *d, const struct uid *pool,
                               const struct card_number *card, struct points points);
/* So much of what was promised was captured, or is not on hold any more. */
MUST_USE enum err pool_captured(struct decision *d, const struct uid *pool,
                                const struct card_number *card, struct points points);
MUST_USE enum err pool_released(struct decision *d, const struct uid *pool,
                                const struct card_number *card, struct points points);
/* The member spends from the pool without a card, at once; may refuse. */
MUST_USE enum err pool_spend(struct decision *d, const struct uid *pool, const struct uid *member,
                             struct points points);
struct pool_right;
void pool_put_right(struct decision *d, const struct uid *pool, const struct uid *member,
                    const struct pool_right *right);

/* Which lot captured points came from. When there is no room for one more, those of the same issuer
 * and tariff are one, so that who funded them gets it back; else they are of no lot. */
MUST_USE enum err hold_note_lot(struct hold *hold, const struct lot_key *key, struct points points);

/* The lot that takes points back: the one they came from, or, when that has expired, one of the
 * same origin that lives for the days of grace. */
struct lot_key home_refund_lot(const struct decision *d, const struct member *member,
                               const struct lot_key *origin);

/* A grant of ours that was lost is kept: what the member lacks for it is owed. */
MUST_USE enum err home_promise(struct decision *d, const struct uid *id, struct hold *hold,
                               struct partner_recovery *recovery);

/* Recoveries: what came back from a partner so far. */
MUST_USE enum err decide_get_recovery(const struct decision *d, const struct partner_id *partner,
                                      struct partner_recovery *out_recovery);
void decide_put_recovery(struct decision *d, const struct partner_id *partner,
                         const struct partner_recovery *recovery);
/* What the entry at hand does here by itself; may refuse. */
MUST_USE enum err take_by_kind(struct decision *d);
/* The entry at hand was applied before it was lost: what it did is done, whatever is lacking. */
MUST_USE enum err force_entry(struct decision *d, struct partner_recovery *recovery);
/* The card's member, made anew when nobody has the card; `*out_is_there` is false for an erased
 * one's and for cards that are not ours. */
MUST_USE enum err force_member(struct decision *d, const struct card_number *card,
                               struct unix_ms since, struct partner_recovery *recovery,
                               struct member_work *work, bool *out_is_there);
/* A partner's capture under a mandate of ours. `known` is the row that is there under the hold's
 * id, for which home_may_stand_in; NULL: there is none. May refuse. */
MUST_USE enum err home_stood_in(struct decision *d, const struct hold *known);
/* Does a mandate of ours that the entry names allow the capture, whatever the hold says? */
MUST_USE enum err home_mandate_allows(const struct decision *d, const struct hold *known,
                                      bool *out_allows);
/* Is there nothing left to capture of it but under a mandate? */
bool home_may_stand_in(const struct hold *hold);
/* A partner's void of a hold that was not granted: it will not be. */
void home_void_unknown(struct decision *d);
void decide_put_mandate(struct decision *d, const struct mandate_row *row);
/* Fills in what a hold on a partner's member has, whatever stands behind it. May refuse. */
MUST_USE enum err foreign_hold_begin(struct decision *d, struct hold *out_hold);

/* Entries of the streams by their numbers, from the journal. ERR_NOT_FOUND when there is none, or
 * its record was trimmed. */
MUST_USE enum err decide_find_sent(const struct decision *d, const struct partner_id *partner,
                                   uint64_t number, struct clearing_entry *out_entry);
struct taken_entry {
    struct clearing_entry entry;
    enum verdict verdict;
    struct unix_ms taken; /* 0: before it was lost with an older copy's journal */
};
MUST_USE enum err decide_find_taken(const struct decision *d, const struct partner_id *partner,
                                    uint64_t number, struct taken_entry *out_taken);

/* The sender's statement of the period says what ours says of what was set apart of its half: its
 * stream goes on. Nothing when nothing was. */
MUST_USE enum err apart_release(struct decision *d, const struct partner_id *partner,
                                struct period period);

/* Disputes. What a receipt says of a step of ours; a refused own entry, which may be disputed; a
 * step of ours that was lost with an old copy (may refuse). */
MUST_USE enum err dispute_receipted(struct decision *d, const struct partner_id *partner,
                                    const struct receipted_entry *entry);
MUST_USE enum err dispute_may_follow(struct decision *d, const struct partner_id *partner,
                                     const struct receipted_entry *refused);
MUST_USE enum err dispute_again(struct decision *d, const struct partner_id *partner,
                                const struct clearing_entry *entry, struct answer *answer);

/* Commands, by kind. */
MUST_USE enum err decide_enrol(struct decision *d);
MUST_USE enum err decide_issue_card(struct decision *d);
MUST_USE enum err decide_block_card(struct decision *d);
MUST_USE enum err decide_earn(struct decision *d);
MUST_USE enum err decide_return_sale(struct decision *d);
MUST_USE enum err decide_hold(struct decision *d);
MUST_USE enum err decide_foreign_hold(struct decision *d);
MUST_USE enum err decide_capture(struct decision *d);
MUST_USE enum err decide_void(struct decision *d);
MUST_USE enum err decide_return_burn(struct decision *d);
MUST_USE enum err decide_settle_member(struct decision *d);
MUST_USE enum err decide_expire_hold(struct decision *d);
MUST_USE enum err decide_take_entry(struct decision *d);
MUST_USE enum err decide_take_batch(struct decision *d);
MUST_USE enum err decide_take_receipt(struct decision *d);
MUST_USE enum err decide_close_period(struct decision *d);
MUST_USE enum err decide_put_pair(struct decision *d);
MUST_USE enum err decide_freeze(struct decision *d);
MUST_USE enum err decide_payment(struct decision *d);
MUST_USE enum err decide_netting(struct decision *d);
MUST_USE enum err decide_activate_programme(struct decision *d);
MUST_USE enum err decide_change_standing(struct decision *d);
MUST_USE enum err decide_reserve(struct decision *d);
MUST_USE enum err decide_set_pool_right(struct decision *d);
MUST_USE enum err decide_bear_card(struct decision *d);
MUST_USE enum err decide_raise_alert(struct decision *d);
MUST_USE enum err decide_rule_alert(struct decision *d);
MUST_USE enum err decide_transfer(struct decision *d);
MUST_USE enum err decide_open_pool(struct decision *d);
MUST_USE enum err decide_join_pool(struct decision *d);
MUST_USE enum err decide_leave_pool(struct decision *d);
MUST_USE enum err decide_propose_adjustment(struct decision *d);
MUST_USE enum err decide_rule_adjustment(struct decision *d);
MUST_USE enum err decide_unblock_card(struct decision *d);
MUST_USE enum err decide_block_member(struct decision *d);
MUST_USE enum err decide_set_profile(struct decision *d);
MUST_USE enum err decide_set_referrer(struct decision *d);
/* decide_referral.c, of an enrolment; may refuse (REFERRER_UNKNOWN). */
MUST_USE enum err decide_put_referrer(struct decision *d, const struct uid *member,
                                      const struct uid *referrer);
MUST_USE enum err decide_unblock_member(struct decision *d);
MUST_USE enum err decide_merge_members(struct decision *d);
MUST_USE enum err decide_unmerge_members(struct decision *d);
MUST_USE enum err decide_erase_member(struct decision *d);
MUST_USE enum err decide_prune(struct decision *d);
MUST_USE enum err decide_recover_entry(struct decision *d);
MUST_USE enum err decide_recover_taken(struct decision *d);
MUST_USE enum err decide_recover_hold(struct decision *d);
MUST_USE enum err decide_recovery(struct decision *d);
MUST_USE enum err decide_grant_mandate(struct decision *d);
MUST_USE enum err decide_take_mandate(struct decision *d);
MUST_USE enum err decide_stand_in_hold(struct decision *d);
MUST_USE enum err decide_give_up_hold(struct decision *d);
MUST_USE enum err decide_tell_cards(struct decision *d);
MUST_USE enum err decide_tell_funding(struct decision *d);
MUST_USE enum err decide_send_earns(struct decision *d);
MUST_USE enum err decide_sell_block(struct decision *d);
MUST_USE enum err decide_buy_block(struct decision *d);
MUST_USE enum err decide_withdraw_block(struct decision *d);
MUST_USE enum err decide_block_due(struct decision *d);
MUST_USE enum err decide_await_move(struct decision *d);
MUST_USE enum err decide_move_member(struct decision *d);
MUST_USE enum err decide_mend_half(struct decision *d);
MUST_USE enum err decide_set_apart(struct decision *d);
MUST_USE enum err decide_open_dispute(struct decision *d);
MUST_USE enum err decide_step_dispute(struct decision *d);
MUST_USE enum err decide_dispute_due(struct decision *d);

/* A partner's entries, by kind. */
MUST_USE enum err take_card_news(struct decision *d);
MUST_USE enum err take_moved_lot(struct decision *d);
MUST_USE enum err take_funding(struct decision *d);
MUST_USE enum err take_promotion(struct decision *d);
MUST_USE enum err take_prepaid(struct decision *d);
MUST_USE enum err force_prepaid(struct decision *d, struct partner_recovery *recovery);
MUST_USE enum err force_promotion(struct decision *d);
/* It was applied: whatever was given. */
MUST_USE enum err force_funding(struct decision *d);
MUST_USE enum err take_dispute(struct decision *d);
MUST_USE enum err take_correction(struct decision *d);

#endif

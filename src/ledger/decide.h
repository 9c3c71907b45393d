/* The ledger's decisions: (tables, command, time) -> plan. No I/O, no clock, no randomness.
 *
 * A decision never changes anything; ledger_apply does, and only what the plan says, whole.
 */
#ifndef LEDGER_DECIDE_H
#define LEDGER_DECIDE_H

#include "ledger/dispute_line.h"
#include "ledger/plan.h"

/* Decides one command at time `now`. On ERR_OK the plan holds the verdict, the answer and the
 * effects; `*out_is_repeat` tells that the command was known by its id and body, and that the plan
 * is empty but for the recorded verdict and answer: nothing is to be journaled then. A reused id
 * of which another thing is said gives VERDICT_TRANSACTION_ID_REUSED and out_is_repeat, too. What
 * was said is read from the record, so the view needs its `record`.
 * Errors are the store's (ERR_STORAGE, ERR_CORRUPT), ERR_RESOURCE, or ERR_UNAVAILABLE while what
 * was lost with an old copy is not back from the partner concerned; they leave nothing behind.
 * Idempotent by construction: deciding again on unchanged tables gives the same plan. */
MUST_USE enum err ledger_decide(const struct ledger_view *view, const struct ledger_terms *terms,
                                const struct command *command, struct unix_ms now,
                                struct plan *plan, bool *out_is_repeat);

/* The member as it is at `now`, with lots that became active or expired since its row was written
 * already moved: what a reader must see. */
void member_settle_view(struct member *member, struct unix_ms now);

/* The member as it will be once this open hold on its points has expired, the moment after T2: what
 * comes back ends if its lot has, and repays what is owed. ERR_CORRUPT when the hold is not one on
 * these lots; the member is undefined then. */
MUST_USE enum err member_release_view(struct member *member, const struct hold *hold);

/* Readers of single rows, for queries and decisions. ERR_NOT_FOUND when there is none. */
MUST_USE enum err ledger_get_member(const struct ledger_view *view, const struct uid *id,
                                    struct member *out_member);
MUST_USE enum err ledger_get_profile(const struct ledger_view *view, const struct uid *id,
                                     struct profile *out_profile);
MUST_USE enum err ledger_get_card(const struct ledger_view *view, const struct card_number *number,
                                  struct card *out_card);
/* What COMMAND_SET_PROFILE replaces: the hash of the sealed bytes. */
struct hash profile_hash(const struct profile *profile);
/* The member that was enrolled with a reference of this tag, or where it was merged to. */
MUST_USE enum err ledger_get_reference(const struct ledger_view *view,
                                       const uint8_t tag[PERSONAL_TAG_SIZE],
                                       struct uid *out_member);
/* The member, or where it went when it was merged: `*member` is changed to that id. */
MUST_USE enum err ledger_follow_member(const struct ledger_view *view, struct uid *member,
                                       struct member *out_row);
MUST_USE enum err ledger_get_adjustment(const struct ledger_view *view, const struct uid *id,
                                        struct adjustment *out_adjustment);
MUST_USE enum err ledger_get_merge(const struct ledger_view *view, const struct uid *id,
                                   struct merge *out_merge);
/* ERR_OK: the member is in the pool. */
MUST_USE enum err ledger_get_pool_member(const struct ledger_view *view, const struct uid *pool,
                                         const struct uid *member);
MUST_USE enum err ledger_get_hold(const struct ledger_view *view, const struct partner_id *redeemer,
                                  const struct uid *id, struct hold *out_hold);
MUST_USE enum err ledger_get_sale(const struct ledger_view *view, const struct partner_id *issuer,
                                  const struct uid *id, struct sale *out_sale);
/* A stream that was never used begins at the roster's first period. */
MUST_USE enum err ledger_get_stream(const struct ledger_view *view, const struct roster *roster,
                                    enum stream_direction direction,
                                    const struct partner_id *partner, struct stream *out_stream);
/* Absent rows read as zero. */
MUST_USE enum err ledger_get_account(const struct ledger_view *view,
                                     const struct account_ref *account,
                                     struct account *out_account);
MUST_USE enum err ledger_get_total(const struct ledger_view *view, enum stream_direction direction,
                                   const struct partner_id *partner, struct period period,
                                   enum entry_kind kind, uint32_t tariff,
                                   struct entry_total *out_total);
/* What a period's statement leaves out of a total. */
MUST_USE enum err ledger_get_suspended(const struct ledger_view *view,
                                       enum stream_direction direction,
                                       const struct partner_id *partner, struct period period,
                                       enum entry_kind kind, uint32_t tariff,
                                       struct entry_total *out_total);
/* What is set apart of a half, or (period 0) of the latest such half; ERR_NOT_FOUND for most. Its
 * slices are borrowed until the next read of the view. */
MUST_USE enum err ledger_get_apart(const struct ledger_view *view, enum stream_direction direction,
                                   const struct partner_id *partner, struct period period,
                                   struct apart_row *out_row);
/* The latest half of the stream of which something was set apart; all zeros when there is none.
 * From the partner we have entries up to its end under the numbers that they had here then, and
 * under those of its receipts; behind it both have the same. */
struct apart_end {
    struct period period;
    uint64_t last_number;
    uint64_t receipt_number;
};
MUST_USE enum err ledger_get_apart_end(const struct ledger_view *view,
                                       enum stream_direction direction,
                                       const struct partner_id *partner, struct apart_end *out_end);
/* A row of TABLE_META about a partner (META_DISPUTES, ...); 0 when there is none. */
MUST_USE enum err ledger_get_partner_count(const struct ledger_view *view, const char *name,
                                           const struct partner_id *partner, uint64_t *out_count);
/* The dispute about an entry of the stream to (OUT) or from (IN) the partner. */
MUST_USE enum err ledger_get_dispute(const struct ledger_view *view,
                                     const struct partner_id *partner,
                                     enum stream_direction direction, uint64_t number,
                                     struct dispute *out_dispute);
/* A step of it: an entry to (OUT) or from (IN) the partner, by its own number. */
MUST_USE enum err ledger_get_dispute_line(const struct ledger_view *view,
                                          const struct partner_id *partner,
                                          enum stream_direction direction, uint64_t number,
                                          enum stream_direction way, uint64_t line_number,
                                          struct dispute_line *out_line);
MUST_USE enum err ledger_get_recovery(const struct ledger_view *view,
                                      const struct partner_id *partner,
                                      struct partner_recovery *out_recovery);
MUST_USE enum err ledger_get_mandate(const struct ledger_view *view, const struct partner_id *home,
                                     const struct partner_id *redeemer, const struct uid *id,
                                     struct mandate_row *out_row);
MUST_USE enum err ledger_get_mandate_line(const struct ledger_view *view,
                                          const struct partner_id *home,
                                          const struct partner_id *redeemer,
                                          struct mandate_line *out_line);
/* Of those of a home for a redeemer, the one that is valid at that time. */
MUST_USE enum err ledger_find_mandate(const struct ledger_view *view, const struct partner_id *home,
                                      const struct partner_id *redeemer, struct unix_ms time,
                                      struct mandate_row *out_row);
/* The newest of them, also when it has not begun or has ended. */
MUST_USE enum err ledger_newest_mandate(const struct ledger_view *view,
                                        const struct partner_id *home,
                                        const struct partner_id *redeemer,
                                        struct mandate_row *out_row);
MUST_USE enum err ledger_get_block(const struct ledger_view *view, const struct partner_id *seller,
                                   const struct partner_id *buyer, const struct uid *id,
                                   struct block_row *out_row);
MUST_USE enum err ledger_get_block_line(const struct ledger_view *view,
                                        const struct partner_id *seller,
                                        const struct partner_id *buyer,
                                        struct block_line *out_line);
/* What is unsettled with the partner; nothing when there is no row. */
MUST_USE enum err ledger_get_exposure(const struct ledger_view *view,
                                      const struct partner_id *partner,
                                      struct exposure *out_exposure);
/* Points that are funded at burn: of ourselves, given to other homes and not paid for; of a
 * partner, spent here, and it was not told. 0 when there is no row. */
MUST_USE enum err ledger_get_funding(const struct ledger_view *view,
                                     const struct partner_id *issuer, uint32_t tariff,
                                     int64_t *out_points);
/* What was given under a promotion (empty `payer`): of our own shops all, else our share; what our
 * shop told a payer. */
MUST_USE enum err ledger_get_promotion(const struct ledger_view *view, uint32_t promotion,
                                       const struct partner_id *payer, int64_t *out_points);
/* Of what it was told: refused, so that the shop's brand bears it. */
MUST_USE enum err ledger_get_promotion_refused(const struct ledger_view *view, uint32_t promotion,
                                               const struct partner_id *payer, int64_t *out_points);
/* What one of us and the partner pays the other for the period. Its slices are borrowed until the
 * next read of the view. */
MUST_USE enum err ledger_get_obligation(const struct ledger_view *view,
                                        const struct partner_id *partner, struct period period,
                                        struct obligation *out_obligation);
MUST_USE enum err ledger_get_half_tree(const struct ledger_view *view,
                                       enum stream_direction direction,
                                       const struct partner_id *partner, struct period period,
                                       struct half_tree *out_tree);
MUST_USE enum err ledger_get_half(const struct ledger_view *view, enum stream_direction direction,
                                  const struct partner_id *partner, struct period period,
                                  struct half *out_half);

#endif

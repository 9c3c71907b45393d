/* Which verdicts a command may get, and in which order: of several that apply it gets the first.
 *
 * Before all of these a command that is told again under a known id gets what it got then, or
 * TRANSACTION_ID_REUSED; and in a linked group LINKED_REFUSED stands for the refusal of another.
 * CURRENCY_MISMATCH is the node's own, before there is a command. An id is known for some months
 * only; what it made is there for longer, and SALE_EXISTS, HOLD_EXISTS, ADJUSTMENT_EXISTS and
 * MERGE_EXISTS keep an id that is forgotten from making it anew.
 *
 *   enrol               REFERENCE_EXISTS, REFERRER_UNKNOWN
 *   issue-card          MEMBER_UNKNOWN, MEMBER_ERASED, MEMBER_BLOCKED, TOO_MANY_CARDS
 *   block-card          CARD_UNKNOWN, CARD_BLOCKED
 *   earn                SALE_EXISTS, POINTS_NOT_POSITIVE, POINTS_TOO_LARGE, AMOUNT_NEGATIVE,
 *                       PARTNER_UNKNOWN, CARD_UNKNOWN, CARD_BLOCKED, PARTNER_LEFT,
 *                       BLOCK_EMPTY, STREAM_FROZEN, OUTBOX_FULL, NET_DEBIT_CAP, MEMBER_UNKNOWN,
 *                       MEMBER_ERASED, MEMBER_BLOCKED, TOO_MANY_LOTS, PROMOTION_NOT_IN_FORCE,
 *                       PROMOTION_EXHAUSTED
 *   hold                POINTS_NOT_POSITIVE, POINTS_TOO_LARGE, PARTNER_LEFT, HOLD_TOO_LATE,
 *                       CARD_UNKNOWN, CARD_BLOCKED, CARD_MOVED, MEMBER_BLOCKED, HOLD_EXISTS,
 *                       NOT_IN_POOL, POOL_MAY_NOT_SPEND, POOL_LIMIT, INSUFFICIENT_POINTS,
 *                       NET_DEBIT_CAP, TOO_MANY_LOTS
 *   foreign-hold        HOLD_EXISTS, POINTS_NOT_POSITIVE, POINTS_TOO_LARGE, PARTNER_UNKNOWN,
 *                       PARTNER_LEFT
 *   capture             POINTS_NOT_POSITIVE, POINTS_TOO_LARGE, HOLD_UNKNOWN, HOLD_ENDED,
 *                       HOLD_EXCEEDED, CAPTURE_TOO_LATE, MANDATE_EXPIRED, STREAM_FROZEN,
 *                       PARTNER_LEFT, OUTBOX_FULL
 *   void                HOLD_UNKNOWN, HOLD_ENDED, STREAM_FROZEN, PARTNER_LEFT, OUTBOX_FULL
 *   return-sale         AMOUNT_NEGATIVE, SALE_UNKNOWN, RETURN_EXCEEDS_SALE, STREAM_FROZEN,
 *                       PARTNER_LEFT, OUTBOX_FULL
 *   return-burn         POINTS_NOT_POSITIVE, POINTS_TOO_LARGE, HOLD_UNKNOWN,
 *                       RETURN_EXCEEDS_SALE, STREAM_FROZEN, PARTNER_LEFT, OUTBOX_FULL,
 *                       TOO_MANY_LOTS
 *   settle-member       MEMBER_UNKNOWN
 *   take-entry          TARIFF_UNKNOWN, TARIFF_NOT_IN_FORCE, PARTNER_LEFT, DISPUTE_EXISTS,
 *                       ENTRY_UNKNOWN, NOT_DISPUTABLE, CLAIM_TOO_LARGE, DISPUTE_UNKNOWN,
 *                       DISPUTE_STATE, RULING_DIFFERS, CARD_UNKNOWN, CARD_BLOCKED, CARD_MOVED,
 *                       MEMBER_BLOCKED, SALE_EXISTS, CARD_NOT_THEIRS, MOVE_LOOPS,
 *                       TOO_MANY_CARDS, MOVE_NOT_AWAITED, FUNDING_NOT_AGREED,
 *                       FUNDING_EXCEEDED, PROMOTION_NOT_IN_FORCE, PROMOTION_EXHAUSTED,
 *                       BLOCK_UNKNOWN, BLOCK_TERMS, BLOCK_NOT_OPEN, BLOCK_EXPIRED,
 *                       BLOCK_EXCEEDED,
 * POINTS_TOO_LARGE, NET_DEBIT_CAP, SALE_UNKNOWN, NOT_AGREED, HOLD_UNKNOWN, HOLD_ENDED,
 * HOLD_EXCEEDED, CAPTURE_TOO_LATE, MANDATE_UNKNOWN, MANDATE_EXPIRED, MANDATE_FLOOR_EXCEEDED,
 * MANDATE_CAP_EXCEEDED, RETURN_EXCEEDS_SALE, TOO_MANY_LOTS close-period        PERIOD_NOT_OPEN
 *   transfer            POINTS_NOT_POSITIVE, POINTS_TOO_LARGE, MEMBER_UNKNOWN, TRANSFER_TO_SELF,
 *                       MEMBER_ERASED, MEMBER_BLOCKED, NOT_A_POOL, NOT_IN_POOL,
 *                       POOL_MAY_NOT_SPEND, POOL_LIMIT, INSUFFICIENT_POINTS, TOO_MANY_LOTS
 *   open-pool           MEMBER_UNKNOWN, MEMBER_ERASED, MEMBER_BLOCKED
 *   join-pool           NOT_A_POOL, MEMBER_UNKNOWN, MEMBER_ERASED, MEMBER_BLOCKED,
 *                       ALREADY_IN_POOL
 *   leave-pool          NOT_A_POOL, MEMBER_UNKNOWN, NOT_IN_POOL, POOL_NOT_EMPTY
 *   propose-adjustment  ADJUSTMENT_EXISTS, POINTS_ZERO, POINTS_TOO_LARGE, REASON_UNKNOWN,
 *                       MEMBER_UNKNOWN, MEMBER_ERASED
 *   rule-adjustment     ADJUSTMENT_UNKNOWN, ADJUSTMENT_ENDED, CHECKER_IS_MAKER,
 *                       ADJUSTMENT_EXPIRED, MEMBER_ERASED, TOO_MANY_LOTS
 *   unblock-card        CARD_UNKNOWN, MEMBER_ERASED, CARD_NOT_BLOCKED
 *   block-member        REASON_UNKNOWN, MEMBER_UNKNOWN, MEMBER_ERASED, MEMBER_BLOCKED
 *   unblock-member      REASON_UNKNOWN, MEMBER_UNKNOWN, MEMBER_ERASED, MEMBER_NOT_BLOCKED,
 *                       MEMBER_MOVED
 *   merge-members       MERGE_EXISTS, MEMBER_UNKNOWN, MERGE_TO_SELF, MEMBER_ERASED,
 *                       MEMBER_MERGED, MEMBER_BLOCKED, MEMBER_HAS_HOLDS, ALREADY_IN_POOL,
 *                       TOO_MANY_CARDS, TOO_MANY_LOTS, STANDING_FULL
 *   unmerge-members     MERGE_UNKNOWN, MERGE_ENDED, MEMBER_MERGED, MEMBER_ERASED, MEMBER_MOVED
 *   erase-member        MEMBER_UNKNOWN, MEMBER_ERASED, MEMBER_HAS_HOLDS, ALREADY_IN_POOL
 *   grant-mandate       PARTNER_UNKNOWN, PARTNER_LEFT, MANDATE_INVALID, MANDATE_EXISTS
 *   take-mandate        PARTNER_UNKNOWN, PARTNER_LEFT, MANDATE_INVALID, MANDATE_EXISTS
 *   stand-in-hold       HOLD_EXISTS, POINTS_NOT_POSITIVE, POINTS_TOO_LARGE, PARTNER_UNKNOWN,
 *                       PARTNER_LEFT, CARD_BLOCKED, CARD_MOVED, STREAM_FROZEN, MANDATE_UNKNOWN,
 *                       MANDATE_EXPIRED, MANDATE_FLOOR_EXCEEDED, MANDATE_CAP_EXCEEDED
 *   give-up-hold        HOLD_EXISTS, POINTS_NOT_POSITIVE, POINTS_TOO_LARGE, PARTNER_UNKNOWN,
 *                       PARTNER_LEFT, STREAM_FROZEN, OUTBOX_FULL
 *   await-move          PARTNER_UNKNOWN, MOVE_TO_SELF, CARD_UNKNOWN, CARD_BLOCKED, CARD_MOVED,
 *                       MEMBER_BLOCKED, MEMBER_MOVED
 *   move-member         PARTNER_UNKNOWN, MOVE_TO_SELF, CARD_UNKNOWN, CARD_BLOCKED,
 *                       MEMBER_UNKNOWN, MEMBER_MOVED, MEMBER_BLOCKED, MEMBER_HAS_HOLDS,
 *                       MEMBER_HAS_DEBT, ALREADY_IN_POOL, MOVE_LOOPS, POINTS_TOO_LARGE,
 *                       STREAM_FROZEN, PARTNER_LEFT, NET_DEBIT_CAP
 *   open-dispute        POINTS_NOT_POSITIVE, PARTNER_UNKNOWN, DISPUTE_EXISTS, ENTRY_UNKNOWN,
 *                       NOT_DISPUTABLE, CLAIM_TOO_LARGE, RETURN_EXCEEDS_SALE, STREAM_FROZEN,
 *                       PARTNER_LEFT
 *   step-dispute        PARTNER_UNKNOWN, DISPUTE_UNKNOWN, STEP_UNDER_WAY, DISPUTE_STATE,
 *                       DISPUTE_LATE, STREAM_FROZEN, PARTNER_LEFT
 *
 *   sell-block          PARTNER_UNKNOWN, PARTNER_LEFT, POINTS_NOT_POSITIVE, POINTS_TOO_LARGE,
 *                       TARIFF_UNKNOWN, TARIFF_NOT_IN_FORCE, BLOCK_TERMS, BLOCK_EXPIRED,
 *                       BLOCK_EXISTS
 *   buy-block           as sell-block, then STREAM_FROZEN, OUTBOX_FULL, NET_DEBIT_CAP
 *
 *   net-payment         PARTNER_UNKNOWN, PAYMENT_EXISTS, BOOKING_INVALID
 *   instruct-payment    PAYMENT_UNKNOWN, PAYMENT_NOT_OURS, NOTHING_TO_PAY
 *   book-payment        PAYMENT_UNKNOWN, BOOKING_KNOWN, BOOKING_INVALID, TOO_MANY_BOOKINGS
 *   sign-payment        PAYMENT_UNKNOWN, NOTICE_STALE
 *   hear-payment        PAYMENT_UNKNOWN, NOTICE_STALE, BOOKING_INVALID
 *   keep-netting        NOTICE_STALE
 *
 *   activate-programme  PROGRAMME_MOVED, PROGRAMME_VERSION_OLD, PROGRAMME_TIME_PAST
 *   change-standing     OCCASION_UNKNOWN, OCCASION_ENDED, RETURN_EXCEEDS_SALE, MEMBER_UNKNOWN,
 *                       MEMBER_ERASED, STANDING_MOVED, STANDING_LIMIT, STANDING_FULL
 *   set-referrer        MEMBER_UNKNOWN, MEMBER_ERASED, REFERRER_UNKNOWN, REFERRER_IS_SELF,
 *                       REFERRER_EXISTS, REFERRER_LOOPS, STANDING_FULL
 *   reserve             OCCASION_UNKNOWN, OCCASION_ENDED, MEMBER_UNKNOWN, MEMBER_ERASED,
 *                       STANDING_LIMIT, STANDING_FULL
 *
 *   set-pool-right      POINTS_NOT_POSITIVE, POINTS_TOO_LARGE, NOT_A_POOL, MEMBER_UNKNOWN,
 *                       POOL_NOT_OWNER, NOT_IN_POOL
 *   bear-card           CARD_UNKNOWN, NOT_A_POOL, MEMBER_UNKNOWN, NOT_IN_POOL
 *   raise-alert         ALERT_EXISTS
 *   rule-alert          ALERT_UNKNOWN, ALERT_ENDED, TOO_MANY_LOTS
 *
 * Of a restored ledger: while a partner may still bring back what was lost, HOLD_UNKNOWN and
 * SALE_UNKNOWN of a till's command are ERR_UNAVAILABLE instead, as is TRANSACTION_ID_REUSED when
 * only the card is another one than came back; and what is about a hold or sale with a partner
 * that has not shown all is not judged either.
 *
 * expire-hold, dispute-due, take-batch, take-receipt, put-pair, freeze-stream, prune, tell-cards,
 * tell-funding, send-earns, block-due, mend-half and what is recovered are never refused. Cards
 * lead to members that are there and not erased: erasure blocks them.
 */
#ifndef LEDGER_PRECEDENCE_H
#define LEDGER_PRECEDENCE_H

#include "ledger/command.h"

#define COMMAND_VERDICTS_MAX 48

/* The refusals of a kind in order, as above; ended by VERDICT_OK. Static. */
const enum verdict *command_verdicts(enum command_kind kind);

#endif

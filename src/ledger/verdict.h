/* Verdicts: how the ledger answers a well-formed command. A refusal is an answer, not an error: it
 * is journaled, and the same command gets it again.
 *
 * Which command gets which, and which first when several apply, is in ledger/precedence.h.
 */
#ifndef LEDGER_VERDICT_H
#define LEDGER_VERDICT_H

#include "base/error.h"

/* Numbers are stored; never renumber, add at the end of a group's range. */
enum verdict {
    VERDICT_OK = 0,
    VERDICT_TRANSACTION_ID_REUSED = 1, /* same id, another body */
    VERDICT_LINKED_REFUSED = 2,        /* another command of the same linked group was refused */
    VERDICT_POINTS_NOT_POSITIVE = 10,
    VERDICT_POINTS_TOO_LARGE = 11,
    VERDICT_AMOUNT_NEGATIVE = 12,
    VERDICT_CURRENCY_MISMATCH = 13,
    VERDICT_TRANSFER_TO_SELF = 14,
    VERDICT_REASON_UNKNOWN = 15, /* not a code of [A-Z0-9_] */
    VERDICT_POINTS_ZERO = 16,
    VERDICT_PARTNER_UNKNOWN = 20, /* no partner has this name, or this card's prefix */
    VERDICT_STREAM_FROZEN = 21,
    VERDICT_CARD_UNKNOWN = 30,
    VERDICT_CARD_BLOCKED = 31,
    VERDICT_CARD_EXISTS = 32,
    VERDICT_TOO_MANY_CARDS = 33,
    VERDICT_CARD_NOT_BLOCKED = 34,
    VERDICT_MEMBER_UNKNOWN = 40,
    VERDICT_REFERENCE_EXISTS = 41,
    VERDICT_MEMBER_BLOCKED = 42,
    VERDICT_MEMBER_NOT_BLOCKED = 43,
    VERDICT_MEMBER_ERASED = 44,
    VERDICT_MEMBER_MERGED = 45, /* into another, or with too many */
    VERDICT_MEMBER_HAS_HOLDS = 46,
    VERDICT_NOT_A_POOL = 47,
    VERDICT_NOT_IN_POOL = 48,
    VERDICT_ALREADY_IN_POOL = 49,
    VERDICT_HOLD_UNKNOWN = 50,
    VERDICT_HOLD_ENDED = 51,
    VERDICT_HOLD_EXCEEDED = 52,
    VERDICT_CAPTURE_TOO_LATE = 53,
    VERDICT_HOLD_EXISTS = 54,
    VERDICT_SALE_UNKNOWN = 60,
    VERDICT_RETURN_EXCEEDS_SALE = 61,
    VERDICT_SALE_EXISTS = 62,
    VERDICT_INSUFFICIENT_POINTS = 70,
    VERDICT_TOO_MANY_LOTS = 71,
    VERDICT_PERIOD_NOT_OPEN = 80,
    VERDICT_TARIFF_UNKNOWN = 81,
    VERDICT_NOT_AGREED = 82, /* an adjustment that no ruling or agreement backs */
    VERDICT_ADJUSTMENT_UNKNOWN = 90,
    VERDICT_ADJUSTMENT_ENDED = 91,
    VERDICT_CHECKER_IS_MAKER = 92,
    VERDICT_ADJUSTMENT_EXPIRED = 93,
    VERDICT_MERGE_UNKNOWN = 94,
    VERDICT_MERGE_ENDED = 95,
    VERDICT_MERGE_TO_SELF = 96,
    VERDICT_POOL_NOT_EMPTY = 97,
    VERDICT_ADJUSTMENT_EXISTS = 98,
    VERDICT_MERGE_EXISTS = 99,
    VERDICT_MANDATE_UNKNOWN = 100,
    VERDICT_MANDATE_EXPIRED = 101, /* not valid at the time; also not yet */
    VERDICT_MANDATE_FLOOR_EXCEEDED = 102,
    VERDICT_MANDATE_CAP_EXCEEDED = 103,
    VERDICT_MANDATE_EXISTS = 104, /* this one, or another one for the same time */
    VERDICT_MANDATE_INVALID = 105,
    VERDICT_CARD_MOVED = 110, /* its member has another card now, at another brand */
    VERDICT_CARD_NOT_THEIRS = 111,
    VERDICT_MOVE_TO_SELF = 112,
    VERDICT_MOVE_LOOPS = 113,
    VERDICT_MOVE_NOT_AWAITED = 114,
    VERDICT_MEMBER_MOVED = 115,
    VERDICT_MEMBER_HAS_DEBT = 116,
    VERDICT_PARTNER_LEFT = 130,  /* it, or this brand, leaves: nothing new between them */
    VERDICT_NET_DEBIT_CAP = 135, /* the pair owes as much as the charter lets it */
    VERDICT_HOLD_TOO_LATE = 136, /* it would have ended already */
    VERDICT_OUTBOX_FULL = 140,   /* too many entries wait for this partner */
    VERDICT_DISPUTE_UNKNOWN = 145,
    VERDICT_DISPUTE_EXISTS = 146,
    VERDICT_ENTRY_UNKNOWN = 147,  /* no entry of the stream that was receipted has this number */
    VERDICT_NOT_DISPUTABLE = 148, /* not of this kind, or not by this side */
    VERDICT_CLAIM_TOO_LARGE = 149,
    VERDICT_DISPUTE_STATE = 150, /* this side can't take this step now */
    VERDICT_DISPUTE_LATE = 151,
    VERDICT_RULING_DIFFERS = 152,
    VERDICT_STEP_UNDER_WAY = 153,         /* of this side, whose receipt is not here */
    VERDICT_BLOCK_UNKNOWN = 154,          /* of points, with this partner */
    VERDICT_BLOCK_NOT_OPEN = 155,         /* not bought yet, or over, or bought already */
    VERDICT_BLOCK_EXCEEDED = 156,         /* it has fewer points left */
    VERDICT_BLOCK_EXPIRED = 157,          /* it, or its offer; also not begun */
    VERDICT_BLOCK_EMPTY = 158,            /* and earns without it are refused */
    VERDICT_BLOCK_EXISTS = 159,           /* this one, or as many as a pair may have */
    VERDICT_BLOCK_TERMS = 160,            /* no sound ones, or not those that were offered */
    VERDICT_FUNDING_NOT_AGREED = 161,     /* the tariff pays for points when they are given */
    VERDICT_FUNDING_EXCEEDED = 162,       /* more was spent than we gave */
    VERDICT_PROMOTION_NOT_IN_FORCE = 163, /* unknown, another shop's, or of another time */
    VERDICT_PROMOTION_EXHAUSTED = 164,    /* more than is left, or than one purchase may get */
    VERDICT_PAYMENT_UNKNOWN = 165,
    VERDICT_PAYMENT_EXISTS = 166,
    VERDICT_PAYMENT_NOT_OURS = 167, /* to order: the debtor does */
    VERDICT_NOTHING_TO_PAY = 168,   /* all of it is ordered, or paid */
    VERDICT_BOOKING_KNOWN = 169,
    VERDICT_TOO_MANY_BOOKINGS = 170,
    VERDICT_BOOKING_INVALID = 171,     /* of nothing, or of more than fits */
    VERDICT_NOTICE_STALE = 172,        /* it says what is known, or no longer so */
    VERDICT_TARIFF_NOT_IN_FORCE = 180, /* another pair's, or not of the entry's time */
    VERDICT_STANDING_MOVED = 185,      /* a number is not what the change says it was */
    VERDICT_STANDING_LIMIT = 186,      /* a number would pass the bound that the change names */
    VERDICT_STANDING_FULL = 187,       /* an owner would have more numbers than one may */
    VERDICT_OCCASION_UNKNOWN =
        188,                       /* no quote with this id, or nothing known of what is returned */
    VERDICT_OCCASION_ENDED = 189,  /* the quote was confirmed or released, or its time has passed */
    VERDICT_PROGRAMME_MOVED = 190, /* another version was activated meanwhile */
    VERDICT_PROGRAMME_VERSION_OLD = 191,
    VERDICT_PROGRAMME_TIME_PAST = 192, /* purchases were judged already that it would be for */
    VERDICT_PROFILE_CHANGED = 193,     /* by somebody else, since it was read to be changed */
    VERDICT_REFERRER_UNKNOWN = 198,    /* who brought a member is none of this brand, or erased */
    VERDICT_REFERRER_IS_SELF = 199,
    VERDICT_REFERRER_EXISTS = 200, /* somebody brought the member already */
    VERDICT_REFERRER_LOOPS = 201,  /* whom the member brought would bring it */
    VERDICT_POOL_NOT_OWNER = 213,  /* who says what others spend of a pool is none of its owners */
    VERDICT_POOL_MAY_NOT_SPEND = 214, /* the member, or who carries no card in particular */
    VERDICT_POOL_LIMIT = 215,         /* more than the member may spend in the day or month */
    VERDICT_ALERT_UNKNOWN = 216,
    VERDICT_ALERT_ENDED = 217, /* it was reviewed */
    VERDICT_ALERT_EXISTS = 218,
    VERDICT_END
};

struct verdict_row {
    const char *name;     /* machine-readable: "INSUFFICIENT_POINTS" */
    const char *sentence; /* for people */
    int grpc_status;
};

/* Is it the number of a verdict? The groups leave gaps. */
bool verdict_is_known(unsigned number);
/* Never NULL. */
const struct verdict_row *verdict_describe(enum verdict verdict);
/* ERR_INPUT for a name that is none. */
/* Is it about a block of points that is paid in advance? */
bool verdict_is_of_block(enum verdict verdict);
MUST_USE enum err verdict_parse(const char *name, enum verdict *out_verdict);

#endif

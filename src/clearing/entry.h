/* A clearing entry: one numbered row of the stream from one brand to another, as a plain value.
 *
 * Its bytes on the wire are a talea.v1.ClearingEntry (src/wire); its hash is taken over those
 * bytes.
 */
#ifndef CLEARING_ENTRY_H
#define CLEARING_ENTRY_H

#include "base/amount.h"
#include "base/period.h"
#include "base/ident.h"
#include "base/limits.h"
#include "crypto/hash.h"

/* Numbers are those of talea.v1.EntryKind. */
enum entry_kind {
    ENTRY_EARN = 1,
    ENTRY_CAPTURE = 2,
    ENTRY_VOID = 3,
    ENTRY_EARN_RETURN = 4,
    ENTRY_BURN_RETURN = 5,
    ENTRY_ADJUSTMENT = 6,
    ENTRY_PERIOD_MARK = 7,
    ENTRY_CARD_BLOCK = 8, /* what a card's home says of it to all partners */
    ENTRY_CARD_UNBLOCK = 9,
    ENTRY_CARD_MOVED = 10,
    ENTRY_MOVED_LOT = 11,      /* points that move to their member's new home */
    ENTRY_DISPUTE_OPENED = 12, /* the steps of a dispute, clearing/dispute.h */
    ENTRY_DISPUTE_ANSWERED = 13,
    ENTRY_DISPUTE_ESCALATED = 14,
    ENTRY_DISPUTE_RULED = 15,
    ENTRY_BURN_ADJUSTMENT = 16,  /* a correction at the price of burns */
    ENTRY_PROMOTION_RETURN = 17, /* so much less of a promotion was given than was told */
    ENTRY_FUNDING = 18,          /* points that the receiver gave were spent: it pays for them */
    ENTRY_FUNDING_RETURN =
        19,               /* it does not, after all; of nodes of before 17 also a promotion's */
    ENTRY_PROMOTION = 20, /* points that the sender gave: the receiver pays its share of them */
    ENTRY_BLOCK_BOUGHT =
        21, /* the sender buys a block of points from the receiver, clearing/block.h */
    ENTRY_BLOCK_ENDED = 22, /* what is left of one when it is over */
    ENTRY_KIND_END
};

bool entry_kind_is_known(unsigned number);
const char *entry_kind_name(enum entry_kind kind);
/* About points that the receiver pays for, at the price at which the tariff funds points: of lots
 * that were spent, or of promotions. */
bool entry_kind_is_funding(enum entry_kind kind);
/* Of these, a share of a promotion, or what is given back of it. */
bool entry_kind_is_promotion(enum entry_kind kind);
/* A card's state, without points: who receives it goes by it from then on. */
bool entry_kind_is_card_news(enum entry_kind kind);

/* What a pair owes for an applied entry's points; tariff_debt (clearing/tariff.h) goes by when they
 * are funded. */
struct entry_debt {
    int sign;           /* 1: its sender owes the receiver, -1: the other way, 0: nobody */
    bool is_redemption; /* at the tariff's redemption price, else at its issue price */
};
struct entry_debt entry_kind_debt(enum entry_kind kind);

/* Why an entry is disputed. Numbers are those of talea.v1.DisputeReason. */
enum dispute_reason {
    DISPUTE_AMOUNT_WRONG = 1,
    DISPUTE_PURCHASE_UNKNOWN = 2,
    DISPUTE_DOUBLED = 3, /* there is another entry about the same */
    DISPUTE_GOODS_RETURNED = 4,
    DISPUTE_NOT_GRANTED = 5,
    DISPUTE_NOT_RETURNED = 6,
    DISPUTE_REFUSED_WRONGLY = 7,
    DISPUTE_OTHER = 8,
    DISPUTE_REASON_END
};

/* Numbers are those of talea.v1.DisputeStep. */
enum dispute_step {
    STEP_OPEN = 1,
    STEP_ANSWER = 2,
    STEP_ACCEPT = 3,
    STEP_ACCEPT_SILENT = 4, /* the deadline passed */
    STEP_REJECT = 5,
    STEP_ESCALATE = 6,
    STEP_CONCEDE = 7,
    STEP_CONCEDE_SILENT = 8,
    STEP_RULE_UPHELD = 9, /* the office says what it would have */
    STEP_RULE_DISMISSED = 10,
    STEP_CONFIRM_UPHELD = 11, /* as the other side's office ruled: it holds */
    STEP_CONFIRM_DISMISSED = 12,
    STEP_MACHINE_UPHELD = 13, /* by what was signed */
    STEP_MACHINE_DISMISSED = 14,
    STEP_ADJUST = 15, /* of corrections */
    STEP_END
};

/* Which entry a step is about, and what it says. */
struct dispute_part {
    uint64_t number;   /* of the disputed entry; 0: the entry at hand is about none */
    bool is_of_sender; /* it is in the same stream as the entry at hand, else in the other one */
    enum dispute_step step;
    enum dispute_reason reason; /* of STEP_OPEN */
    char note[LIMIT_DISPUTE_NOTE_BYTES + 1];
};

struct clearing_entry {
    uint64_t number; /* from 1, without a gap */
    struct hash previous_hash;
    struct period period;
    struct unix_ms business_time;
    struct uid transaction_id;
    enum entry_kind kind;
    struct card_number card; /* empty for marks */
    struct points points;    /* 0 for voids, marks and cards' states, else positive */
    uint32_t tariff;
    uint32_t
        promotion; /* of promotions, what is given back of one, earns that one pays for; or 0 */
    struct uid subject; /* the hold of captures, voids, burn returns; the earn of earn returns,
                           promotions; the block of its purchase and end, and of earns that draw
                           from one: nil for others */
    struct unix_ms active_from;  /* of earns and moved lots, of a block's draws; 0: at once */
    struct unix_ms expires_at;   /* the same; 0: never, but for a block */
    struct uid mandate;          /* of captures and voids of a stand-in; nil: there is a grant */
    struct card_number moved_to; /* of moved cards and lots: the card at the new home */
    struct partner_id issuer;    /* of moved lots: who gave the points */
    struct dispute_part dispute; /* of a dispute's steps and corrections */
    struct period next_period;   /* of marks: what follows, if not period_next; 0: that */
    bool refuses_when_empty;     /* of a block */
};

/* What must hold of any entry by itself, whoever sent it. On ERR_INPUT the note says what. */
MUST_USE enum err entry_check(const struct clearing_entry *entry, struct note *note);

/* The period of the entries behind this one: that of a mark ends with it. */
struct period entry_period_after(const struct clearing_entry *entry);
/* The hash of an entry's bytes as they travel. */
struct hash entry_hash(struct slice bytes);
/* What an entry says, wherever it stands: its bytes as they travel without the first two fields,
 * its number and the hash of the entry before. Bytes that don't begin with these (no wire message
 * does not) are all body. */
struct slice entry_body(struct slice bytes);

#endif

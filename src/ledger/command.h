/* What the ledger can be told. A command is a value; its canonical bytes are what the journal keeps
 * and what its idempotency is judged by.
 */
#ifndef LEDGER_COMMAND_H
#define LEDGER_COMMAND_H

#include "ledger/alert_row.h"
#include "ledger/pool_right.h"
#include "ledger/rows.h"
#include "ledger/standings.h"

/* Numbers are stored; never renumber. */
enum command_kind {
    COMMAND_ENROL = 1,
    COMMAND_ISSUE_CARD = 2,
    COMMAND_BLOCK_CARD = 3,
    COMMAND_EARN = 4,         /* a purchase in our shop; the card's home may be any brand */
    COMMAND_HOLD = 5,         /* reserve points of our member, for our till or for a partner */
    COMMAND_FOREIGN_HOLD = 6, /* a partner granted us a hold on its member's points */
    COMMAND_CAPTURE = 7,      /* of a hold that our shop uses, at home or foreign */
    COMMAND_VOID = 8,
    COMMAND_RETURN_SALE = 9,
    COMMAND_RETURN_BURN = 10,
    COMMAND_SETTLE_MEMBER = 11, /* lots that became active or expired */
    COMMAND_EXPIRE_HOLD = 12,
    COMMAND_TAKE_ENTRY = 13,   /* one entry of a partner's batch */
    COMMAND_TAKE_BATCH = 14,   /* the batch's end: the stream's head, the receipt */
    COMMAND_TAKE_RECEIPT = 15, /* a partner's receipt for our entries */
    COMMAND_CLOSE_PERIOD = 16,
    COMMAND_PUT_PAIR = 17, /* a step in the settlement of a pair's period */
    COMMAND_FREEZE_STREAM = 18,
    COMMAND_TRANSFER = 19,
    COMMAND_OPEN_POOL = 20,
    COMMAND_JOIN_POOL = 21,
    COMMAND_LEAVE_POOL = 22,
    COMMAND_PROPOSE_ADJUSTMENT = 23, /* by its maker */
    COMMAND_RULE_ADJUSTMENT = 24,    /* by its checker, who is somebody else */
    COMMAND_UNBLOCK_CARD = 25,
    COMMAND_BLOCK_MEMBER = 26,
    COMMAND_UNBLOCK_MEMBER = 27,
    COMMAND_MERGE_MEMBERS = 28,
    COMMAND_UNMERGE_MEMBERS = 29,
    COMMAND_ERASE_MEMBER = 30,
    COMMAND_PRUNE = 31,         /* old transaction ids are forgotten */
    COMMAND_GRANT_MANDATE = 32, /* we let a partner stand in for us */
    COMMAND_TAKE_MANDATE = 33,  /* a partner's mandate for us, as it signed it */
    COMMAND_STAND_IN_HOLD =
        34, /* a hold on a partner's member that only its mandate stands behind */
    COMMAND_GIVE_UP_HOLD = 35, /* no answer came: whatever the home grants under the id is void */
    COMMAND_TELL_CARDS = 36,   /* partners that don't know what became of our cards */
    COMMAND_AWAIT_MOVE = 37,   /* at the new home: a member may come from another brand */
    COMMAND_MOVE_MEMBER = 38,  /* at the old home */
    COMMAND_RECOVER_ENTRY =
        41, /* an entry of ours that was lost here and is held by its receiver */
    COMMAND_RECOVER_TAKEN = 42,  /* a partner's entry that our receipt answers, taken once more */
    COMMAND_RECOVER_HOLD = 43,   /* a grant, of ours or to us, that was lost here */
    COMMAND_RECOVERY = 44,       /* a recovery with one partner begins or ends */
    COMMAND_MEND_HALF = 51,      /* rows that say of a half what its entries don't are put right */
    COMMAND_SET_APART = 52,      /* entries of a half wait, so that the rest settles */
    COMMAND_SEND_EARNS = 54,     /* to another home: points that waited for room under the cap */
    COMMAND_OPEN_DISPUTE = 55,   /* of an entry of a stream with a partner */
    COMMAND_STEP_DISPUTE = 56,   /* our office's next step in one */
    COMMAND_DISPUTE_DUE = 57,    /* a deadline of ours ended, or an outcome is to be carried out */
    COMMAND_TELL_FUNDING = 59,   /* an issuer, of its points that were spent */
    COMMAND_SELL_BLOCK = 60,     /* we offer a partner points that it pays in advance */
    COMMAND_BUY_BLOCK = 61,      /* we accept a partner's offer */
    COMMAND_WITHDRAW_BLOCK = 62, /* our offer of one, before it was bought */
    COMMAND_BLOCK_DUE = 64,      /* a block that we bought has ended */
    COMMAND_NET_PAYMENT = 65,    /* what one of a settled pair has to pay the other */
    COMMAND_INSTRUCT_PAYMENT = 66, /* it goes into a payment file */
    COMMAND_BOOK_PAYMENT = 67,     /* a bank booked it, or a part */
    COMMAND_SIGN_PAYMENT = 68,     /* our notice of where it stands */
    COMMAND_HEAR_PAYMENT = 69,     /* the partner's */
    COMMAND_KEEP_NETTING = 70,     /* what others signed about the net of a period, or we did */
    COMMAND_CHANGE_STANDING = 74,  /* what an occasion changed of what programmes remember */
    COMMAND_RESERVE = 75,          /* the same of a quote: held until it is confirmed */
    COMMAND_ACTIVATE_PROGRAMME = 76,
    COMMAND_SET_PROFILE = 77,    /* a member's personal data anew: its language, its consents */
    COMMAND_SET_REFERRER = 80,   /* of a member that is there: who brought it */
    COMMAND_SET_POOL_RIGHT = 88, /* what a member may spend of a pool */
    COMMAND_RAISE_ALERT = 89,
    COMMAND_RULE_ALERT = 90, /* by who reviewed it */
    COMMAND_BEAR_CARD = 91,  /* a pool's card is in this member's hands */
    COMMAND_KIND_END
};

/* The numbers have gaps. */
bool command_kind_is_known(unsigned number);

const char *command_kind_name(enum command_kind kind);

/* Personal data comes sealed: the ledger keeps it, and can neither read nor compare it. */
struct command_enrol {
    struct uid member;                        /* made by the node */
    uint8_t reference_tag[PERSONAL_TAG_SIZE]; /* keyed hash of the reference; zeros: none */
    uint8_t
        said_tag[PERSONAL_TAG_SIZE]; /* keyed hash of all that was said: a repeat agrees in it */
    struct slice sealed;             /* at most LIMIT_SEALED_PROFILE_BYTES */
    struct uid referrer;             /* who brought the member; nil: nobody */
};

struct command_referrer {
    struct uid member;
    struct uid referrer;
};

struct command_card {
    struct uid member;       /* to issue for */
    struct card_number card; /* to block or unblock */
};

#define BASKET_TAG_SIZE 16

struct command_earn {
    struct card_number card; /* or empty, and member is set: our own member without a card */
    struct uid member;
    struct money amount;
    char currency[4];
    bool is_fixed; /* give fixed_points, 0 or more, instead of the rate's */
    struct points fixed_points;
    uint32_t promotion; /* that pays for fixed_points; 0: none */
    bool is_judged;     /* the programme's rules gave fixed_points and set the amount: they
                           are no part of what was said, the basket is */
    uint8_t basket[BASKET_TAG_SIZE]; /* of is_judged: hash of all that was said of the purchase */
    struct earn_rate rate;           /* the programme's when the command was made */
    struct unix_ms active_from;      /* lot terms by the programme; 0: at once */
    struct unix_ms expires_at;       /* 0: never */
    uint8_t idle_months;             /* 0: inactivity does not matter */
    char receipt[LIMIT_REFERENCE_BYTES + 1];
    char till[LIMIT_DESK_BYTES + 1]; /* where it was rung up, and by whom; may be empty */
    char cashier[LIMIT_DESK_BYTES + 1];
};

struct command_hold {
    struct partner_id redeemer;
    struct card_number card;
    struct card_number asked; /* of holds abroad: the card that its home was asked about, where the
                                 one that was shown led; else empty */
    struct points points;
    struct unix_ms capture_by;
    struct unix_ms deliver_by;
    char receipt[LIMIT_REFERENCE_BYTES + 1];
    struct slice evidence; /* the Signed request (home) or the Signed grant (foreign) */
    struct uid mandate;    /* of STAND_IN_HOLD */
};

struct command_mandate {
    struct mandate mandate;
    struct slice evidence; /* as the home signed it; of one that we give: empty, and not when the
                              partner shows it to us again */
};

struct command_block_of_points {
    struct block_terms terms;
    struct slice evidence; /* of BUY_BLOCK: the offer as the seller signed it */
};

struct command_withdrawal {
    struct uid block;
    struct partner_id buyer;
};

struct command_hold_use {
    struct uid hold;
    struct points points; /* 0: all that is left */
    char receipt[LIMIT_REFERENCE_BYTES + 1];
};

struct command_return_sale {
    struct uid sale;
    struct money amount; /* 0: all that is left; by line, what the lines come to */
    char receipt[LIMIT_REFERENCE_BYTES + 1];
    bool is_by_line;                /* the programme's rules say what the rest deserves: that and
                                       the amount are no part of what was said, the lines are */
    struct points kept;             /* of is_by_line: what is left of the sale deserves */
    uint8_t lines[BASKET_TAG_SIZE]; /* of is_by_line: hash of all that was said of them */
};

struct command_due {
    struct uid
        id; /* member, hold, block; nil: cards' news, funding; of a dispute, dispute_due_id */
    struct partner_id redeemer; /* of the hold; a dispute's partner; an issuer; a seller */
    struct unix_ms due;         /* the due row to take away; 0: there is none */
};

struct command_take_entry {
    struct partner_id sender;
    struct clearing_entry entry;
    struct slice bytes;   /* as received */
    enum verdict verdict; /* of RECOVER_TAKEN: what our receipt says; else VERDICT_OK */
    bool may_wait;        /* as below; of RECOVER_TAKEN */
};

struct command_recover_entry {
    struct partner_id receiver;
    struct clearing_entry entry;
    struct slice bytes; /* as the receiver took them */
    /* Not kept: what follows on something in the other stream that is not back yet, a step of a
     * dispute, is ERR_NOT_FOUND; else it is written all the same. */
    bool may_wait;
};

/* The transaction id is the hold's, its origin the redeemer. */
struct command_recover_hold {
    struct partner_id home; /* who granted it: ourselves or the partner */
    struct partner_id redeemer;
    struct card_number card;
    struct points points;
    struct unix_ms capture_by;
    struct unix_ms deliver_by;
    struct slice evidence; /* the Signed grant */
};

enum recovery_step {
    RECOVERY_BEGIN = 1, /* the ledger is a copy: nothing is written for the partner any more */
    RECOVERY_END = 2    /* all that the partner holds is here */
};

/* Business time of BEGIN: when the copy decided last. */
struct command_recovery {
    struct partner_id partner;
    enum recovery_step step;
    bool skips_cards; /* of BEGIN: numbers of cards that may have been given since are left out */
    struct slice evidence; /* of END: what the partner said that it holds, Signed */
};

struct entry_refusal {
    uint64_t number;
    enum verdict verdict;
};

/* The end of a batch, after its entries were taken: our receipt for it. */
struct command_take_batch {
    struct partner_id sender;
    uint64_t held_receipt_number; /* the sender has our receipts up to this one */
    struct slice head_signed;     /* evidence */
    struct slice receipt_signed;
    struct hash receipt_hash; /* of the receipt's payload */
};

/* An own entry that a receipt answers. */
struct receipted_entry {
    uint64_t number;
    enum entry_kind kind;
    uint32_t tariff;
    struct points points;
    struct period period;
    struct uid transaction_id;
    struct uid subject;
    struct card_number card;
    enum verdict verdict;        /* VERDICT_OK: applied */
    struct card_number moved_to; /* of CARD_MOVED: where the receiver says the card went */
    struct lot_key lot;          /* of a moved lot */
    uint64_t disputed;         /* of a dispute's steps: the number of the disputed entry; else 0 */
    bool is_dispute_of_sender; /* which is ours */
    enum dispute_step step;
};

struct command_take_receipt {
    struct partner_id receiver;
    uint64_t receipt_number;
    struct hash receipt_hash;
    uint64_t last_number;
    struct slice receipt_signed; /* empty in all parts of a receipt but the last */
    /* Those after the stream's receipted_number, in order. The canonical bytes keep only how many
     * there were: what they led to is in the record's effects. NULL after decode. */
    const struct receipted_entry *entries;
    size_t entry_count;
};

struct command_close_period {
    struct period period;
};

struct command_put_pair {
    struct partner_id partner;
    struct period period;
    struct pair_period pair;
};

/* A step of the payment between us and the partner for the period. */
struct command_payment {
    struct partner_id partner;
    struct period period;
    struct obligation_terms terms; /* of NET_PAYMENT */
    struct uid file;               /* of INSTRUCT_PAYMENT */
    bool is_residual;
    struct booking booking; /* of BOOK_PAYMENT */
    /* Of SIGN_PAYMENT and HEAR_PAYMENT: what the notice says, and the notice. */
    struct obligation_figures figures;
    uint64_t number;
    uint64_t heard;
    struct slice notice_signed;
};

struct command_netting {
    enum netting_row_kind kind;
    struct period period;
    struct partner_id first; /* of a statement's pair, or who said the word */
    struct partner_id second;
    struct netting_row row;
};

struct command_freeze {
    struct partner_id partner;
    enum stream_direction direction;
    char reason[PAIR_DETAIL_MAX];
    struct slice evidence; /* what proves it: an Evidence, as bytes; may be empty */
};

/* Lots move, the soonest to expire first, and keep their terms. Either side may be a pool. */
struct command_transfer {
    struct uid from;
    struct uid to;
    struct points points;
    struct uid by; /* the pool's member who asks; nil unless `from` is a pool */
    char receipt[LIMIT_REFERENCE_BYTES + 1];
};

/* A pool is an account like a member's, with its own lots and cards. */
struct command_pool {
    struct uid pool;                 /* made by the node to open one */
    struct uid member;               /* who opens, joins or leaves */
    char name[LIMIT_NAME_BYTES + 1]; /* of OPEN_POOL */
};

/* Days and months are UTC's. `member` is the pool itself for cards that nobody in particular
 * carries: ALL or NONE. */
struct command_pool_right {
    struct uid pool;
    struct uid member;
    enum pool_right_kind kind;
    struct points limit; /* of DAY and MONTH; else 0 */
    struct uid by;       /* an owner who asks; nil: the office */
};

struct command_bearer {
    struct card_number card;
    struct uid member; /* nil: nobody in particular */
};

struct command_alert_ruling {
    struct uid alert; /* the transaction id that raised it */
    bool is_fraud;
    char by[LIMIT_IDENTITY_BYTES + 1];
    struct remark reason;
};

struct command_adjustment {
    struct uid member;
    struct points points; /* more or less, not 0 */
    char reason[LIMIT_REASON_BYTES + 1];
    struct remark note;
    struct unix_ms expires_at; /* of the proposal; 0: never */
    char maker[LIMIT_IDENTITY_BYTES + 1];
};

struct command_ruling {
    struct uid adjustment; /* the proposal's transaction id */
    bool is_approved;
    char checker[LIMIT_IDENTITY_BYTES + 1];
    /* The terms of points that are given, by the programme when the ruling was made. */
    struct unix_ms points_expire_at; /* 0: never */
    uint8_t idle_months;
};

struct command_block {
    struct uid member;
    char reason[LIMIT_REASON_BYTES + 1]; /* may be empty to unblock */
};

struct command_merge {
    struct uid from;
    struct uid into;
};

struct command_unmerge {
    struct uid merge; /* its transaction id */
};

/* Sealed as at enrolment, under the key that the member has. */
struct command_profile {
    struct uid member;
    struct hash replaces;                /* of what was sealed before: nothing came in between */
    uint8_t said_tag[PERSONAL_TAG_SIZE]; /* keyed hash of the change that was asked for */
    struct slice sealed;                 /* at most LIMIT_SEALED_PROFILE_BYTES */
};

struct command_erase {
    struct uid member;
};

/* Whoever has `card` at another brand may bring its points to the member of `own_card`. */
struct command_await {
    struct card_number card;
    struct card_number own_card;
};

/* The member of `card` is at home at another brand from now on, under `new_card`. */
struct command_move {
    struct card_number card;
    struct partner_id to;
    struct card_number new_card;
    struct slice acceptance; /* evidence: Signed by the new home */
};

/* What the entries in the journal give, where the tables had something else. */
struct command_mend {
    struct partner_id partner;
    enum stream_direction direction;
    struct period period;
    uint64_t last_number; /* of the stream, and how far it is receipted, when this was found */
    uint64_t receipted_number;
    struct slice rows; /* effects on rows of the half (ledger/record.h), one behind the other */
};

/* Both sides signed it: entries of a half that only one of them has, or has otherwise. */
struct command_apart {
    struct partner_id partner;
    enum stream_direction direction;
    struct apart_row apart;
};

struct command_prune {
    struct slice keys; /* of TABLE_TRANSACTION, TRANSACTION_KEY_SIZE bytes each, up to
                          LIMIT_PRUNE_KEYS of them */
};

struct command_dispute {
    struct partner_id partner;
    enum stream_direction direction; /* of the disputed entry */
    uint64_t number;
    struct points points;       /* of OPEN: the claim; 0: all of the entry */
    enum dispute_reason reason; /* of OPEN */
    enum dispute_step step;     /* of STEP; a ruling is told without being binding */
    char note[LIMIT_DISPUTE_NOTE_BYTES + 1];
};

/* What an occasion, or its return, changes (ledger/standings.h). The transaction id is
 * standing_transaction(CHANGE) of the occasion, or of the id of what takes back from it; a sale's
 * goes in one linked batch with its earn, a return's with the return. */
struct command_standing {
    struct partner_id issuer; /* whose shop the occasion took place in */
    struct uid occasion;      /* the sale's id, or the event's */
    struct uid returned;      /* the return's id: steps of TAKE from the occasion; nil: none */
    struct uid quote;      /* whose promise this is: what it held is given back first; nil: none */
    struct hash said;      /* of what the caller said: a repeat agrees in it */
    struct slice groups;   /* the changes; may be empty */
    struct slice evidence; /* how it was judged, opaque; LIMIT_JUDGED_BYTES */
};

enum reserve_step {
    RESERVE_BEGIN = 1,   /* transaction id: standing_transaction(RESERVE) of the quote */
    RESERVE_RELEASE = 2, /* standing_transaction(RELEASE) of it */
    RESERVE_EXPIRE = 3,  /* by itself; no id */
    RESERVE_STEP_END
};

struct command_reserve {
    enum reserve_step step;
    struct uid quote;
    struct hash said;      /* as above */
    struct unix_ms until;  /* of BEGIN; of EXPIRE, as its row in TABLE_DUE says */
    struct slice groups;   /* of BEGIN: steps of ADD, which take place now */
    struct slice evidence; /* of BEGIN: as above */
};

/* `text` was read and found good; `number` is one more than there are. */
struct command_programme {
    uint32_t number;
    uint32_t version;
    struct unix_ms from; /* 0: since ever, of the first alone */
    char by[LIMIT_IDENTITY_BYTES + 1];
    struct slice text;
};

struct command {
    enum command_kind kind;
    struct partner_id origin; /* who made the id: ourselves for tills, a partner for its requests */
    struct uid transaction_id;
    struct unix_ms business_time; /* when it happened in the shop */
    bool is_dated;                /* the caller said so; otherwise the node took its own clock */
    union {
        struct command_enrol enrol;
        struct command_referrer referrer;
        struct command_card card;
        struct command_earn earn;
        struct command_hold hold;
        struct command_hold_use use; /* capture, void, return of a burn */
        struct command_return_sale return_sale;
        struct command_due due;
        struct command_take_entry take_entry;
        struct command_take_batch take_batch;
        struct command_take_receipt take_receipt;
        struct command_close_period close_period;
        struct command_put_pair put_pair;
        struct command_payment payment;
        struct command_netting netting;
        struct command_freeze freeze;
        struct command_transfer transfer;
        struct command_pool pool;
        struct command_adjustment adjustment;
        struct command_ruling ruling;
        struct command_block block;
        struct command_merge merge;
        struct command_unmerge unmerge;
        struct command_erase erase;
        struct command_profile profile;
        struct command_apart apart;
        struct command_prune prune;
        struct command_await await;
        struct command_move move;
        struct command_recover_entry recover_entry;
        struct command_recover_hold recover_hold;
        struct command_recovery recovery;
        struct command_mandate mandate;
        struct command_block_of_points block_of_points;
        struct command_withdrawal withdrawal;
        struct command_dispute dispute;
        struct command_mend mend;
        struct command_standing standing;
        struct command_reserve reserve;
        struct command_programme programme;
        struct command_pool_right pool_right;
        struct command_bearer bearer;
        struct alert_finding finding; /* of RAISE_ALERT */
        struct command_alert_ruling alert_ruling;
    };
};

/* Is a repeat of this command recognised by its transaction id? Tills', offices' and partners'
 * requests are; the node's own steps and stream entries are numbered otherwise. */
bool command_is_idempotent(enum command_kind kind);
/* Is its record found by its transaction id? Those of idempotent commands are, what is written
 * again in their place, and a mandate as its home signed it. */
bool command_has_id(enum command_kind kind);
/* Does it write again what an older copy of the ledger has lost? */
bool command_is_recovery(const struct command *command);
/* The three ways in which a till's request for a partner's points ends: granted by the home, stood
 * in for, given up. They say the same, so that under one id only the first of them counts, and the
 * others get its answer: one without points was given up. */
bool command_asks_abroad(enum command_kind kind);

#define COMMAND_SAID_BYTES_MAX 1024

/* The canonical bytes that the journal keeps: a version and the fields of the command's kind. What
 * all commands have (kind, origin, transaction id, business time) is beside them in the record. */
void command_encode(const struct command *command, struct buffer *out);
/* What a repeat of the command must agree in, byte for byte: the kind and what the caller said.
 * What the node itself adds to a till's request (the member id it made, the rate and lot terms of
 * the moment, the times of a hold, the time of an undated sale) is no part of it. Nothing for kinds
 * that are not idempotent. Never more than COMMAND_SAID_BYTES_MAX bytes. */
void command_said(const struct command *command, struct buffer *out);
/* The inverse of command_encode: kind and body are set, the rest is zero. Slices point into the
 * reader's input, which must end there. */
MUST_USE enum err command_read(struct reader *in, enum command_kind kind,
                               struct command *out_command);
/* The same of bytes that were encoded without an id_table. */
MUST_USE enum err command_decode(enum command_kind kind, struct slice bytes,
                                 struct command *out_command);

#endif

/* The rows of the ledger's tables: plain structs, their keys, their stored bytes.
 *
 * Every value begins with a version byte, but for a transaction's, which is a bare row number.
 * Integers are LEB128 or fixed little-endian; keys are big-endian where they must sort by number.
 * Decoders refuse anything an encoder would not write.
 */
#ifndef LEDGER_ROWS_H
#define LEDGER_ROWS_H

#include "base/amount.h"
#include "base/period.h"
#include "base/limits.h"
#include "clearing/dispute.h"
#include "clearing/exposure.h"
#include "clearing/mandate.h"
#include "clearing/stream.h"
#include "ledger/block_rows.h"
#include "ledger/remark.h"
#include "ledger/verdict.h"
#include "ledger/view.h"
#include "programme/earn_rate.h"
#include "settlement/apart.h"
#include "settlement/obligation.h"
#include "settlement/tree.h"

/* What makes points the same: same origin, same end. */
struct lot_key {
    struct partner_id issuer;
    uint32_t tariff;
    struct unix_ms active_from; /* 0 once spendable */
    struct unix_ms expires_at;  /* 0: never */
    uint8_t idle_months;        /* ends so many months after the member's last activity; 0: never */
};

struct lot {
    struct lot_key key;
    struct points free; /* spendable, or pending while key.active_from is not 0 */
    struct points held; /* reserved by holds */
};

/* A person's account, or a pool's. Sum of lots = available + pending + held. Lots are sorted by
 * expires_at (never comes last), then by idle_months (none comes last), active_from, issuer and
 * tariff; no two have equal keys, none is empty. Never copy it whole: it has room for all the lots
 * a member may have. */
struct member {
    struct points available;
    struct points pending;
    struct points held;
    struct points debt;
    uint64_t last_row; /* the newest journal row of this member's history; 0: none */
    struct unix_ms enrolled;
    struct unix_ms active_at; /* the last earn, burn or transfer; 0: none yet, `enrolled` counts */
    bool is_blocked;
    bool is_pool;
    bool is_erased;
    bool is_merged;         /* into merged_into, where everything went; follow it */
    struct uid merged_into; /* nil unless is_merged */
    size_t lot_count;
    struct lot lots[LIMIT_LOTS_PER_MEMBER];
};

/* Personal data and what hangs on it; apart from the hot row. */
struct profile {
    uint8_t sealed[LIMIT_SEALED_PROFILE_BYTES]; /* reference and name, opaque here */
    size_t sealed_length;
    uint8_t reference_tag[PERSONAL_TAG_SIZE]; /* zeros: no reference */
    char name[LIMIT_NAME_BYTES + 1];          /* a pool's; members' names are sealed */
    uint32_t pool_count; /* of a member: the pools it is in; of a pool: its members */
    size_t card_count;
    struct card_number cards[LIMIT_CARDS_PER_MEMBER];
    size_t merged_count; /* the members that were merged into this one, directly or not */
    struct uid merged[LIMIT_MERGED_PER_MEMBER];
};

struct card {
    struct uid member; /* nil: of a member that was erased */
    bool is_blocked;
};

/* What is known of a card besides whose it is; of another brand's card what its home says. */
struct card_status {
    bool is_blocked;               /* another brand's: its home refuses it */
    struct card_number moved_to;   /* the member's card at a new home; empty: it did not move */
    struct card_number awaited_by; /* another brand's: our card that may take over its points */
    uint64_t number; /* of the home's last entry about it; of our own card's last news; 0: none */
};

/* What became of one of our cards, kept so that partners who do not know it can be told. Each card
 * has one at most, the latest. */
struct card_news {
    struct card_number card;
    struct uid transaction_id; /* of the command that changed it */
};

enum account_kind {
    ACCOUNT_AVAILABLE = 1, /* of a member, credit side; the key without a member is the sum */
    ACCOUNT_PENDING = 2,
    ACCOUNT_HELD = 3,
    ACCOUNT_DEBT = 4,       /* of a member, debit side */
    ACCOUNT_RECEIVABLE = 5, /* of a partner and period */
    ACCOUNT_PAYABLE = 6,
    ACCOUNT_SUSPENSE = 7,
    ACCOUNT_ISSUED = 8, /* the programme's own */
    ACCOUNT_REDEEMED = 9,
    ACCOUNT_BREAKAGE = 10,
    ACCOUNT_ADJUSTMENT = 11,
    ACCOUNT_KIND_END
};

const char *account_kind_name(enum account_kind kind);
bool account_kind_is_member(enum account_kind kind);
bool account_kind_is_partner(enum account_kind kind);

/* One account: of a member, of a partner and period, or of the programme. Unused fields are zero.
 */
struct account_ref {
    enum account_kind kind;
    struct uid member;
    struct partner_id partner;
    struct period period;
};

struct account {
    int64_t debit;  /* sum of all debits, points */
    int64_t credit; /* sum of all credits, points */
};

enum hold_role {
    HOLD_HOME = 1,   /* we are the card's home: points are reserved here, for `redeemer` */
    HOLD_FOREIGN = 2 /* the card's home is another brand; it granted us this, or mandates it */
};

enum hold_state {
    HOLD_OPEN = 1,
    HOLD_CAPTURED = 2, /* nothing left */
    HOLD_VOIDED = 3,   /* the rest was given back */
    HOLD_EXPIRED = 4
};

/* A home's hold that a mandate stands behind, and no grant, reserves nothing: what is captured of
 * it is granted that moment. */
struct hold_lot {
    struct lot_key key;
    struct points held;     /* still reserved */
    struct points captured; /* taken and not given back */
};

struct hold {
    enum hold_role role;
    enum hold_state state;
    struct partner_id redeemer;
    struct partner_id home;
    struct uid member; /* nil when foreign */
    struct card_number card;
    struct points granted;
    struct points captured;    /* so far */
    struct points voided;      /* given back, by void or expiry */
    struct points returned;    /* of the captured, given back for returned goods */
    struct unix_ms capture_by; /* T1 */
    struct unix_ms deliver_by; /* T2 */
    struct uid mandate;        /* under which the redeemer stood in; nil: there is a grant */
    struct points stood_in;    /* of the captured, at home: under the mandate */
    struct points unbacked;    /* of the captured and not returned, at home: of no lot in `lots` */
    struct points lost;        /* of the captured and not returned, at home: the programme's loss */
    uint32_t tariff;           /* of what a partner captured; 0: nothing so far, or not known */
    size_t lot_count;          /* 0 when foreign */
    struct hold_lot lots[LIMIT_LOTS_PER_HOLD];
};

/* What is left to capture. */
struct points hold_left(const struct hold *hold);

enum sale_role {
    SALE_OWN = 1,    /* our shop, our member */
    SALE_GIVEN = 2,  /* our shop, another brand's member */
    SALE_ADVISED = 3 /* another brand's shop, our member */
};

struct sale {
    enum sale_role role;
    struct partner_id issuer; /* whose shop */
    struct partner_id home;   /* whose member */
    struct uid member;        /* nil when given */
    struct card_number card;  /* may be empty for own members named otherwise */
    struct money amount;      /* 0 when advised: what was paid stays in the shop */
    struct money returned;    /* of the amount, so far */
    struct points points;     /* given */
    struct points taken;      /* of these, taken back so far */
    bool is_fixed;            /* points were given by hand, not by the rate */
    uint32_t promotion;       /* that pays for them; 0: none */
    struct uid block;         /* that they are drawn from; nil: none */
    bool is_reversed;         /* the home refused the advice; nothing stands */
    bool is_waiting;          /* for room under the pair's cap: the home has not heard of it */
    struct earn_rate rate;
    char currency[4];
    struct lot_key lot;
    struct unix_ms business_time;
};

/* What a command was answered, kept for its repeats. All fields a command does not use are zero. */
struct answer {
    struct uid member;
    struct card_number card;
    struct partner_id home;
    struct points points;      /* earned, held, captured, voided, taken or given back */
    struct points left;        /* of a hold */
    struct points debt;        /* newly owed by the member */
    struct money amount;       /* returned, of a sale */
    struct points written_off; /* of what the member should owe, beyond the debt limit or erased */
    struct unix_ms capture_by;
    struct unix_ms deliver_by;
    struct uid mandate; /* of a hold that stands in for the home's grant */
    uint64_t row;       /* the journal row that recorded it */
};

/* Where a command's verdict and answer are: in its record. */
struct transaction {
    uint64_t row;
};

/* The key of TABLE_TRANSACTION: origin and id. */
#define TRANSACTION_KEY_SIZE 32

enum adjustment_state {
    ADJUSTMENT_PROPOSED = 1,
    ADJUSTMENT_APPROVED = 2,
    ADJUSTMENT_REJECTED = 3
};

/* A correction by hand: proposed by one, ruled on by another. A proposal that expired stays as it
 * is; it can't be ruled on any more. */
struct adjustment {
    enum adjustment_state state;
    struct uid member;
    struct points points; /* more or less, not 0 */
    char reason[LIMIT_REASON_BYTES + 1];
    struct kept_remark note;
    char maker[LIMIT_IDENTITY_BYTES + 1];
    char checker[LIMIT_IDENTITY_BYTES + 1]; /* empty until ruled on */
    struct unix_ms proposed_at;
    struct unix_ms expires_at; /* 0: never */
    struct unix_ms ruled_at;   /* 0: not yet */
};

/* A mandate, at the home that gave it and at the redeemer that holds it. */
struct mandate_row {
    struct mandate mandate;
    struct points used; /* home: captured under it. Redeemer: stood in for, and not voided */
    uint64_t burns;     /* that were stood in for under it */
};

/* The two newest mandates of a home for a redeemer. Each begins when the one before it has ended,
 * and a third is not made before the second has begun: the one that is valid now is one of these.
 */
struct mandate_line {
    struct uid newest;
    struct uid before; /* nil: there was none */
};

struct merge_lot {
    struct lot_key key;
    struct points points;
};

/* What moved when one member was merged into another. Large; never copy it whole. */
struct merge {
    struct uid from;
    struct uid into;
    struct unix_ms merged_at;
    bool is_undone;
    struct points debt;
    size_t card_count;
    struct card_number cards[LIMIT_CARDS_PER_MEMBER];
    size_t lot_count;
    struct merge_lot lots[LIMIT_LOTS_PER_MEMBER];
};

struct entry_total {
    uint64_t count;
    int64_t points;
};

/* One side's entries of a closed period. */
struct half {
    uint64_t first_number;
    uint64_t last_number; /* the mark's */
    struct hash last_hash;
    struct unix_ms ended_at; /* when its sender wrote the mark; 0: not known */
};

/* The hash tree over one side's entries of a period, as far as they came: what it takes to append
 * to it. Whole subtrees of every TREE_ROW_LEVELS-th level have rows of their own, in the same table
 * and before this one in its order: a checkpoint that is under way never has this row without
 * theirs. What lies between is computed from them when it is asked for. */
struct half_tree {
    uint64_t first_number; /* the entry that is leaf 0 */
    struct tree_frontier frontier;
};

#define TREE_ROW_LEVELS 6u

enum pair_state {
    PAIR_OPEN = 1,
    PAIR_CLOSING = 2,
    PAIR_PROPOSED = 3,
    PAIR_DIFFERING = 4,
    PAIR_MATCHED = 5
};

#define PAIR_DETAIL_MAX 256

/* The settlement of one pair's period. The buffers hold Signed messages as they came or went;
 * borrowed by encode, pointing into the value after decode. */
struct pair_period {
    enum pair_state state;
    char detail[PAIR_DETAIL_MAX];
    struct slice own_signed;
    struct slice partner_signed;
    struct slice partner_countersigned; /* over our statement */
    struct slice own_countersigned;     /* over theirs */
    struct unix_ms since;               /* the state's; 0: not known. The ledger's own to set */
};

/* What is set apart of a half (settlement/apart.h). Under period 0: the latest half of the stream
 * of which something was. The slices are borrowed by encode, and point into the value after decode.
 */
struct apart_row {
    struct slice terms;      /* a struct apart_half, as bytes */
    struct slice own_signed; /* Signed over the same on the wire */
    struct slice partner_signed;
};

/* What a restored ledger got back from one partner, counted as it is written again. */
struct partner_recovery {
    struct unix_ms began;
    struct unix_ms ended; /* 0: not yet */
    uint64_t own_entries; /* of ours, written again as the partner holds them */
    uint64_t own_last;    /* the number of the last; 0: none */
    struct points own_points;
    uint64_t taken_entries; /* of the partner's, taken again as our receipts say */
    uint64_t taken_last;
    struct points taken_points;
    uint64_t holds;      /* promises, ours and the partner's */
    uint64_t forced;     /* taken since our receipt says so: this ledger lacked what it was about */
    uint64_t members;    /* made for cards that nobody here had any more */
    uint64_t unreplayed; /* entries that are in their stream again, while what they did is not */
    struct points debt;  /* that members owe for what was forced */
    struct points written_off;
};

enum netting_row_kind {
    NETTING_STATEMENT = 1, /* of a pair, as one signed it and the other countersigned it */
    NETTING_WORD = 2,      /* a partner's: what it would net, or nets */
    NETTING_VOTE = 3,      /* a partner's, one for each round: whether what it nets holds */
    NETTING_ROW_KIND_END
};

/* Borrowed by encode, pointing into the value after decode. */
struct netting_row {
    bool is_commitment; /* of a word; of a vote: it is for the set */
    uint64_t number;    /* of a word or a vote, its round in the upper half; 0 of a statement */
    struct slice first_signed;
    struct slice second_signed; /* the countersignature; empty for a word */
    struct unix_ms at;          /* when it was kept here; 0: not known. The ledger's own to set */
};

/* The round of a word's number. */
static inline uint32_t netting_round_of(uint64_t number)
{
    return (uint32_t)(number >> 32);
}

/* The disputed entry, as its stream has it. */
struct disputed_entry {
    enum entry_kind kind;
    uint32_t tariff;
    struct card_number card;
    struct points points;
    struct uid transaction_id;
    struct uid subject;
    struct uid mandate;
    struct period period;
    struct unix_ms business_time;
    struct unix_ms active_from;
    struct unix_ms expires_at;
    struct unix_ms delivered; /* when it was taken here; 0: it is an own one */
};

/* A dispute as this side sees it; or (`is_open` false) that an own entry was refused, so that it
 * may be disputed. */
struct dispute {
    bool is_open;             /* there is, or was, a dispute */
    enum dispute_state state; /* of an open one; else DISPUTE_DECLINED */
    enum dispute_side side;   /* ours */
    enum dispute_reason reason;
    bool was_applied;  /* the entry was, and the claim is that it should not have been */
    bool is_suspended; /* its period's statement is without the claimed points */
    bool is_machine;   /* ruled by what was signed */
    bool is_silent;    /* somebody's deadline passed */
    /* Its entry was set apart: the opener claims that what it has of the entry, and the other side
     * has not, counts. `was_applied` says who has it. */
    bool is_apart;
    uint32_t other_tariff;     /* of one that both have: the other side's; else 0 */
    enum dispute_step pending; /* a step of ours whose receipt is not here; 0: none */
    enum dispute_ruling own_ruling;
    enum dispute_ruling partner_ruling;
    enum dispute_ruling outcome;
    enum verdict declined; /* why the partner's ledger refused our last step; else VERDICT_OK */
    struct uid id;         /* transaction id of its opening, at the opener */
    struct points claim;   /* all of the entry's points, or a part */
    struct unix_ms opened_at;
    struct unix_ms moved_at;
    struct unix_ms due; /* our turn ends then, or what is ours to do is done then; 0: neither */
    struct period corrected_in; /* the correction's period, once it is under way; 0: none is */
    char opener_note[LIMIT_DISPUTE_NOTE_BYTES + 1];
    char answerer_note[LIMIT_DISPUTE_NOTE_BYTES + 1];
    struct disputed_entry entry;
};

/* What must happen by itself. */
enum due_kind {
    DUE_MEMBER = 1,    /* a lot becomes active or expires */
    DUE_HOLD = 2,      /* a hold at home expires */
    DUE_CARD_NEWS = 8, /* partners are to be told of cards */
    DUE_DISPUTE = 9,   /* a deadline of ours ends, or a dispute's correction is to be made */
    DUE_FUNDING = 10,  /* an issuer is to be told of points that were spent */
    DUE_EARNS = 11,    /* points that wait for room under a pair's cap may go */
    DUE_BLOCK = 12,    /* a block of points that we bought ends */
    DUE_QUOTE = 13     /* what a quote holds is held no longer */
};

/* Keys. */
void key_member(const struct uid *member, struct ledger_key *out_key);
void key_card(const struct card_number *card, struct ledger_key *out_key);
void key_reference(const uint8_t tag[PERSONAL_TAG_SIZE], struct ledger_key *out_key);
/* Of adjustments and merges: our own transaction's id. */
void key_id(const struct uid *id, struct ledger_key *out_key);
void key_pool(const struct uid *pool, const struct uid *member, struct ledger_key *out_key);
void key_account(const struct account_ref *account, struct ledger_key *out_key);
void key_card_news(uint64_t number, struct ledger_key *out_key);
/* Of holds, sales and transactions: the partner that made the id, and the id. */
void key_origin(const struct partner_id *origin, const struct uid *id, struct ledger_key *out_key);
void key_stream(enum stream_direction direction, const struct partner_id *partner,
                struct ledger_key *out_key);
/* period 0 is the total over all periods. */
void key_total(enum stream_direction direction, const struct partner_id *partner,
               struct period period, enum entry_kind kind, uint32_t tariff,
               struct ledger_key *out_key);
void key_receipt(enum stream_direction direction, const struct partner_id *partner,
                 uint64_t receipt_number, struct ledger_key *out_key);
void key_outbox(const struct partner_id *partner, uint64_t number, struct ledger_key *out_key);
void key_half(enum stream_direction direction, const struct partner_id *partner,
              struct period period, struct ledger_key *out_key);
void key_tree(enum stream_direction direction, const struct partner_id *partner,
              struct period period, struct tree_place place, struct ledger_key *out_key);
void key_half_tree(enum stream_direction direction, const struct partner_id *partner,
                   struct period period, struct ledger_key *out_key);
void key_pair(const struct partner_id *partner, struct period period, struct ledger_key *out_key);
/* Of a word the second partner is empty. */
/* `round` is of votes; else 0. */
void key_netting(enum netting_row_kind kind, struct period period, const struct partner_id *first,
                 const struct partner_id *second, uint32_t round, struct ledger_key *out_key);
/* Of the partner's recovery. */
void key_recovery(const struct partner_id *partner, struct ledger_key *out_key);
/* Number 0 is no evidence, but the latest batch's head. */
void key_evidence(const struct partner_id *partner, uint64_t number, struct ledger_key *out_key);
void key_dispute(const struct partner_id *partner, enum stream_direction direction, uint64_t number,
                 struct ledger_key *out_key);
MUST_USE enum err key_dispute_parse(struct slice key, struct partner_id *out_partner,
                                    enum stream_direction *out_direction, uint64_t *out_number);
/* In the id of its row in TABLE_DUE. */
struct uid dispute_due_id(enum stream_direction direction, uint64_t number);
MUST_USE enum err dispute_due_parse(const struct uid *id, enum stream_direction *out_direction,
                                    uint64_t *out_number);
void key_exposure(const struct partner_id *partner, struct ledger_key *out_key);
/* Of what a payer was told; `payer` is empty for what was given, or of our own share. */
void key_promotion(uint32_t promotion, const struct partner_id *payer, struct ledger_key *out_key);
/* Of a sale that waits. */
void key_waiting(const struct partner_id *home, uint64_t number, struct ledger_key *out_key);
void key_funding(const struct partner_id *issuer, uint32_t tariff, struct ledger_key *out_key);
void key_due(struct unix_ms time, enum due_kind kind, const struct partner_id *origin,
             const struct uid *id, struct ledger_key *out_key);
void key_mandate(const struct partner_id *home, const struct partner_id *redeemer,
                 const struct uid *id, struct ledger_key *out_key);
void key_mandate_line(const struct partner_id *home, const struct partner_id *redeemer,
                      struct ledger_key *out_key);
void key_meta(const char *name, struct ledger_key *out_key);
MUST_USE enum err key_account_parse(struct slice key, struct account_ref *out_account);
MUST_USE enum err key_pool_parse(struct slice key, struct uid *out_pool, struct uid *out_member);
MUST_USE enum err key_due_parse(struct slice key, struct unix_ms *out_time, enum due_kind *out_kind,
                                struct partner_id *out_origin, struct uid *out_id);

/* Names in TABLE_META; each value is a u64. */
#define META_CARD_SERIAL  "card-serial" /* the last one given */
#define META_MEMBER_COUNT "member-count"
#define META_CARD_NEWS    "card-news"       /* the last number */
#define META_NEWS_TOLD    "card-news-told/" /* and a partner: it was told up to this number */
#define META_CARDS_KNOWN  "cards-known/"    /* and a partner: rows it made in TABLE_CARD_STATUS */
#define META_DISPUTES     "disputes/"       /* and a partner: those that are not over */
#define META_ESCALATED    "disputes-high/"  /* and a partner: those that offices rule on */
#define META_EARNS_KEPT   "earns-kept/"     /* and a partner: sales that had to wait, ever */
#define META_EARNS_GONE   "earns-gone/"     /* and a partner: of these, those that went on */

/* Values. Encoders append to a buffer and stick to its error; decoders give ERR_CORRUPT. */
void member_encode(const struct member *member, struct buffer *out);
/* What it leaves in `*out_member` when it fails is undefined; lots beyond lot_count always are. */
MUST_USE enum err member_decode(struct slice value, struct member *out_member);
/* Copies a row with the lots that it has. */
void member_copy(const struct member *from, struct member *out_member);
void profile_encode(const struct profile *profile, struct buffer *out);
MUST_USE enum err profile_decode(struct slice value, struct profile *out_profile);
void card_encode(const struct card *card, struct buffer *out);
MUST_USE enum err card_decode(struct slice value, struct card *out_card);
void card_status_encode(const struct card_status *status, struct buffer *out);
MUST_USE enum err card_status_decode(struct slice value, struct card_status *out_status);
void card_news_encode(const struct card_news *news, struct buffer *out);
MUST_USE enum err card_news_decode(struct slice value, struct card_news *out_news);
void account_encode(const struct account *account, struct buffer *out);
MUST_USE enum err account_decode(struct slice value, struct account *out_account);
void hold_encode(const struct hold *hold, struct buffer *out);
MUST_USE enum err hold_decode(struct slice value, struct hold *out_hold);
void sale_encode(const struct sale *sale, struct buffer *out);
MUST_USE enum err sale_decode(struct slice value, struct sale *out_sale);
void answer_encode(const struct answer *answer, struct buffer *out);
void answer_read(struct reader *in, struct answer *out_answer);
void transaction_encode(const struct transaction *transaction, struct buffer *out);
MUST_USE enum err transaction_decode(struct slice value, struct transaction *out_transaction);
void adjustment_encode(const struct adjustment *adjustment, struct buffer *out);
MUST_USE enum err adjustment_decode(struct slice value, struct adjustment *out_adjustment);
void merge_encode(const struct merge *merge, struct buffer *out);
/* As with member_decode, a failure leaves `*out_merge` undefined. */
MUST_USE enum err merge_decode(struct slice value, struct merge *out_merge);
void mandate_row_encode(const struct mandate_row *row, struct buffer *out);
MUST_USE enum err mandate_row_decode(struct slice value, struct mandate_row *out_row);
void mandate_line_encode(const struct mandate_line *line, struct buffer *out);
MUST_USE enum err mandate_line_decode(struct slice value, struct mandate_line *out_line);
void stream_encode(const struct stream *stream, struct buffer *out);
MUST_USE enum err stream_decode(struct slice value, struct stream *out_stream);
void entry_total_encode(const struct entry_total *total, struct buffer *out);
MUST_USE enum err entry_total_decode(struct slice value, struct entry_total *out_total);
void half_encode(const struct half *half, struct buffer *out);
MUST_USE enum err half_decode(struct slice value, struct half *out_half);
void tree_row_encode(const struct hash *hash, struct buffer *out);
MUST_USE enum err tree_row_decode(struct slice value, struct hash *out_hash);
void half_tree_encode(const struct half_tree *tree, struct buffer *out);
/* What it leaves in `*out_tree` when it fails is undefined; peaks beyond those that count always
 * are. */
MUST_USE enum err half_tree_decode(struct slice value, struct half_tree *out_tree);
void pair_period_encode(const struct pair_period *pair, struct buffer *out);
MUST_USE enum err pair_period_decode(struct slice value, struct pair_period *out_pair);
void obligation_encode(const struct obligation *obligation, struct buffer *out);
/* Its slices point into the value. */
MUST_USE enum err obligation_decode(struct slice value, struct obligation *out_obligation);
void netting_row_encode(const struct netting_row *row, struct buffer *out);
MUST_USE enum err netting_row_decode(struct slice value, struct netting_row *out_row);
void write_obligation_terms(struct buffer *out, const struct obligation_terms *terms);
void read_obligation_terms(struct reader *in, struct obligation_terms *out_terms);
void write_booking(struct buffer *out, const struct booking *booking);
void read_booking(struct reader *in, struct booking *out_booking);
void write_figures(struct buffer *out, const struct obligation_figures *figures);
void read_figures(struct reader *in, struct obligation_figures *out_figures);
void apart_half_encode(const struct apart_half *half, struct buffer *out);
/* The entries point into the value. */
MUST_USE enum err apart_half_decode(struct slice value, struct apart_half *out_half);
void apart_row_encode(const struct apart_row *row, struct buffer *out);
MUST_USE enum err apart_row_decode(struct slice value, struct apart_row *out_row);
void partner_recovery_encode(const struct partner_recovery *recovery, struct buffer *out);
MUST_USE enum err partner_recovery_decode(struct slice value,
                                          struct partner_recovery *out_recovery);
void exposure_encode(const struct exposure *exposure, struct buffer *out);
MUST_USE enum err exposure_decode(struct slice value, struct exposure *out_exposure);
/* Of funding and promotions: points, not 0. */
void funding_encode(int64_t points, struct buffer *out);
/* Of a sale that waits: its id. */
void waiting_encode(const struct uid *sale, struct buffer *out);
MUST_USE enum err waiting_decode(struct slice value, struct uid *out_sale);
MUST_USE enum err funding_decode(struct slice value, int64_t *out_points);
void dispute_encode(const struct dispute *dispute, struct buffer *out);
MUST_USE enum err dispute_decode(struct slice value, struct dispute *out_dispute);
void u64_encode(uint64_t value, struct buffer *out);
MUST_USE enum err u64_decode(struct slice value, uint64_t *out_value);

/* Lot keys and partner ids inside records and rows. */
void write_lot_key(struct buffer *out, const struct lot_key *key);
void read_lot_key(struct reader *in, struct lot_key *out_key);
void write_partner(struct buffer *out, const struct partner_id *partner);
void read_partner(struct reader *in, struct partner_id *out_partner);
void write_card(struct buffer *out, const struct card_number *card);
void read_card(struct reader *in, struct card_number *out_card);

#endif

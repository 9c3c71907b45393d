/* The ledger once more, written from its contract and not from its code: arrays, linear searches,
 * no bytes, no plans. What it says must be what the ledger says.
 *
 * One node (partner 0) of a coalition of three. Points only: no streams' hashes, no receipts, no
 * settlement of what partners owe each other.
 */
#ifndef PROPERTY_MODEL_H
#define PROPERTY_MODEL_H

#include "clearing/roster.h"
#include "ledger/command.h"

#define MODEL_PARTNERS    3
#define MODEL_MEMBERS     64 /* pools are counted too; one bit of a word each */
#define MODEL_CARDS       256
#define MODEL_HOLDS       4096
#define MODEL_SALES       4096
#define MODEL_COMMANDS    8192
#define MODEL_ENTRIES     8192
#define MODEL_ACCOUNTS    512
#define MODEL_ADJUSTMENTS 1024
#define MODEL_TARIFFS     3 /* numbered from 1 */
#define MODEL_AT_BURN     3 /* the one that is funded at burn */
#define MODEL_PREPAID     4 /* one more, for blocks */
#define MODEL_BLOCKS      2048
#define MODEL_PROMOTIONS  2
#define MODEL_MERGES      256
#define MODEL_MANDATES    2048
#define MODEL_STATUSES    512
#define MODEL_DEBTS       8192
#define MODEL_MATCHED     2048
#define MODEL_NUMBERS     4096 /* of standings */
#define MODEL_GIVENS      8192
#define MODEL_QUOTES      2048
#define MODEL_STEPS       8 /* of one change */
#define MODEL_RIGHTS      2048
#define MODEL_ALERTS      1024

enum {
    MODEL_OUR_PROMOTION = 1,  /* the node pays 40 per cent, beta 35, gamma 25 */
    MODEL_BETAS_PROMOTION = 2 /* gamma pays two thirds, the node 33.33 per cent */
};

/* A model that is wrong on purpose, to see that it is noticed. */
enum model_flaw {
    MODEL_SOUND,
    FLAW_SPENDS_LAST,      /* the lot that expires last goes first */
    FLAW_FORGETS_DEBT,     /* what is earned does not repay */
    FLAW_KEEPS_HOLDS,      /* a void gives nothing back */
    FLAW_BLOCKS_NOTHING,   /* a blocked card may burn */
    FLAW_END_IS_INCLUSIVE, /* a lot lives one millisecond too long */
    FLAW_END
};

struct model_key {
    int issuer; /* index of the partner */
    uint32_t tariff;
    int64_t active_from;
    int64_t expires_at;
    unsigned idle_months;
};

struct model_lot {
    struct model_key key;
    int64_t free;
    int64_t held;
};

struct model_member {
    struct uid id;
    uint8_t reference_tag[PERSONAL_TAG_SIZE];
    bool has_reference;
    const char *personal; /* what was sealed last */
    int64_t enrolled;
    int64_t active_at; /* 0: not yet */
    bool is_blocked;
    bool is_pool;
    bool is_erased;
    int merged_into;       /* -1: it wasn't */
    size_t merged_from;    /* how many came into this one, directly or not */
    uint64_t pool_members; /* of a pool: bits of the members that are in it */
    size_t card_count;
    int64_t debt;
    size_t lot_count;
    struct model_lot lots[LIMIT_LOTS_PER_MEMBER + 1]; /* in no order */
};

struct model_balances {
    int64_t available;
    int64_t pending;
    int64_t held;
    int64_t debt;
};

struct model_card {
    struct card_number number;
    uint32_t name; /* the number of the step that made it */
    int member;    /* -1: of one who was erased */
    int bearer;    /* of a pool's: who carries it; -1: nobody in particular */
    bool is_blocked;
};

/* What is known of a card, ours or another brand's, besides whose it is. */
struct model_status {
    struct card_number card;
    bool is_blocked; /* another brand's */
    struct card_number moved_to;
    struct card_number awaited_by;
};

/* Where a card leads. */
struct model_route {
    struct card_number card;
    int home; /* -1: nowhere */
    bool is_blocked;
};

/* Cards whose moves lead from each to the next, and from the last to the first. */
struct model_circle {
    struct card_number cards[LIMIT_CARD_HOPS];
    size_t count; /* 0: there is none */
};

struct model_hold_lot {
    struct model_key key;
    int64_t held;
    int64_t captured;
};

struct model_hold {
    bool is_foreign;
    int partner; /* the redeemer, or of a foreign one its home */
    struct uid id;
    struct card_number card;
    int member; /* -1 when foreign */
    bool has_ended;
    int64_t granted;
    int64_t captured;
    int64_t left;
    int64_t returned;
    int64_t capture_by;
    int64_t deliver_by;
    bool is_voided;
    bool is_expired;
    int mandate;      /* index of the one that it stands in under; -1: none */
    int64_t unbacked; /* captured at home, of no lot */
    int64_t lost;     /* captured at home, from nobody */
    uint32_t tariff;  /* of what a partner captured; 0: nothing yet */
    size_t lot_count;
    struct model_hold_lot lots[LIMIT_LOTS_PER_HOLD]; /* soonest expiry first */
};

struct model_sale {
    int issuer;
    int home;
    struct uid id;
    struct card_number card;
    int member; /* -1 when given abroad */
    bool is_fixed;
    bool is_reversed;
    int64_t amount;
    int64_t returned;
    int64_t points;
    int64_t taken;
    struct earn_rate rate;
    struct model_key lot;
    bool is_promoted;
    size_t block;    /* its number, from 1, that it is drawn from; 0: none */
    bool is_waiting; /* for room under the cap */
};

struct model_block {
    struct uid id;
    bool is_sold; /* by us, or else bought */
    int partner;
    enum block_state state;
    int64_t points;
    int64_t left;
    int64_t offered_until;
    int64_t valid_from;
    int64_t valid_until;
    bool refuses;
    bool is_listed; /* among those of its pair that are not over */
    int64_t due;    /* 0: nothing is */
};

/* An entry that was sent, until its receipt comes. */
struct model_entry {
    uint64_t number;
    enum entry_kind kind;
    int64_t points;
    struct uid transaction_id;
    struct uid subject;
    struct card_number card;
    struct period period;
    struct model_key lot; /* of a moved lot */
    bool is_of_promotion;
};

struct model_account {
    enum account_kind kind;
    int partner;     /* 0: the programme's own */
    uint32_t period; /* 0 likewise */
    int64_t debit;
    int64_t credit;
};

struct model_adjustment {
    struct uid id;
    int member;
    int64_t points;
    int64_t expires_at; /* 0: never */
    char maker[LIMIT_IDENTITY_BYTES + 1];
    bool is_ruled;
};

struct model_merge {
    struct uid id;
    int from;
    int into;
    bool is_undone;
    int64_t debt;
    uint64_t cards[MODEL_CARDS / 64]; /* bits of the cards that moved */
    size_t lot_count;
    struct model_lot lots[LIMIT_LOTS_PER_MEMBER];
};

struct model_mandate {
    struct uid id;
    bool is_given; /* by us, or else held */
    int partner;
    int64_t floor;
    int64_t cap;
    int64_t from;
    int64_t until;
    int64_t used;
};

/* An entry of either side that owes or gives back, for as long as it is not settled. */
struct model_debt {
    int partner;
    bool is_ours;    /* that we sent */
    uint64_t number; /* of what we sent */
    enum entry_kind kind;
    uint32_t tariff;
    int64_t points;
    uint32_t period;
    bool is_gone; /* refused, or settled */
};

enum {
    MODEL_FIRST_MONTH = 202601, /* of payments */
    MODEL_MONTHS = 6
};

/* What one of us and a partner has to pay the other for a month. */
struct model_payment {
    bool is_there;
    bool is_ours; /* to pay */
    int64_t amount;
    int64_t instructed;
    int64_t received;
    int64_t received_at_order;
    int64_t sent;
    int64_t acknowledged;
    int64_t echoed;
    int64_t told;           /* our own figure, when we said it last */
    uint64_t said;          /* the number of our last notice */
    uint64_t partner_knows; /* of ours, as it says */
    uint64_t heard;
    uint64_t booked; /* bits of the bank's references */
};

#define MODEL_ROUNDS 3u

struct model_word {
    uint64_t number; /* the round in its upper half */
    bool is_bound;   /* in its round */
    bool has_voted[MODEL_ROUNDS];
};

/* What programmes remember. */
struct model_number {
    struct standing_owner owner;
    uint64_t slot;
    int64_t bucket;
    int64_t value;
};

/* What an occasion gave, as it named the owner. */
struct model_given {
    struct uid occasion;
    struct model_number number;
    int64_t taken; /* back, with its sign */
};

struct model_quote {
    struct uid id;
    int64_t until;
    bool is_open;
    size_t count;
    struct model_number held[MODEL_STEPS];
};

/* What a member may spend of a pool; of the pool itself, cards that nobody carries. */
struct model_right {
    int pool;
    int member;
    enum pool_right_kind kind;
    int64_t limit;
    int64_t held;
    int64_t spent; /* in the span */
    int64_t span;
};

struct model_alert {
    struct uid id;
    struct uid sale;
    bool is_held;
    bool is_closed;
    int64_t begins_at;
};

/* A pair's period that both agreed on. */
struct model_match {
    int partner;
    uint32_t period;
};

struct model_answer {
    enum verdict verdict;
    bool is_repeat;
    int64_t points;
    int64_t left;
    int64_t debt;
    int64_t written_off;
    int64_t amount;          /* money, of a return */
    struct card_number card; /* of a member that was enrolled, or one more */
};

struct model_command {
    struct command command;
    struct model_answer answer;
    bool is_forgotten; /* its id was pruned */
};

struct model {
    const struct roster *roster;
    enum model_flaw flaw;
    int64_t grace_ms;
    int64_t debt_limit;
    uint64_t outbox_entries; /* 0: any number may wait */
    int64_t now;
    enum command_kind kind;                             /* of the last command */
    int64_t given[MODEL_PARTNERS][MODEL_PREPAID + 1];   /* by partners to our members, ever */
    int64_t brought[MODEL_PARTNERS][MODEL_PREPAID + 1]; /* with members who moved here */
    int64_t spent[MODEL_PARTNERS];          /* by the last command, of each issuer's points */
    int64_t untold[MODEL_PARTNERS];         /* that were spent */
    int64_t promoted;                       /* by our promotion */
    int64_t promotion_told[MODEL_PARTNERS]; /* of it, to who pays */
    int64_t promotion_refused[MODEL_PARTNERS];
    size_t queue[MODEL_PARTNERS][MODEL_SALES]; /* places of sales that had to wait */
    size_t queue_kept[MODEL_PARTNERS];
    size_t queue_gone[MODEL_PARTNERS];
    int64_t promotion_paid; /* our share of beta's */
    int64_t abroad;         /* of our own, that we may have to pay for */
    uint64_t card_serial;
    struct period out_period; /* of all own streams */
    struct period in_period[MODEL_PARTNERS];
    bool is_frozen_out[MODEL_PARTNERS];
    struct model_member members[MODEL_MEMBERS];
    size_t member_count;
    struct model_card cards[MODEL_CARDS];
    size_t card_count;
    struct model_status statuses[MODEL_STATUSES];
    size_t status_count;
    struct model_hold holds[MODEL_HOLDS];
    size_t hold_count;
    struct model_sale sales[MODEL_SALES];
    size_t sale_count;
    struct model_command commands[MODEL_COMMANDS];
    size_t command_count;
    struct model_entry sent[MODEL_PARTNERS][MODEL_ENTRIES];
    uint64_t sent_count[MODEL_PARTNERS]; /* ever; the entry of number n is at (n - 1) */
    uint64_t receipted[MODEL_PARTNERS];
    struct model_account accounts[MODEL_ACCOUNTS];
    size_t account_count;
    struct model_adjustment adjustments[MODEL_ADJUSTMENTS];
    size_t adjustment_count;
    struct model_merge merges[MODEL_MERGES];
    size_t merge_count;
    struct model_mandate mandates[MODEL_MANDATES];
    size_t mandate_count;
    struct model_debt debts[MODEL_DEBTS];
    size_t debt_count;
    struct model_match matched[MODEL_MATCHED];
    size_t matched_count;
    uint32_t programme_count;
    uint32_t programme_version; /* of the last one; 0: none */
    struct model_payment payments[MODEL_PARTNERS][MODEL_MONTHS];
    struct model_word words[MODEL_PARTNERS][MODEL_MONTHS];
    struct model_block blocks[MODEL_BLOCKS];
    size_t block_count;
    struct model_number numbers[MODEL_NUMBERS];
    size_t number_count;
    struct model_number saved[MODEL_NUMBERS]; /* as they were before a command */
    size_t saved_count;
    struct model_given givens[MODEL_GIVENS];
    size_t given_count;
    struct model_quote quotes[MODEL_QUOTES];
    size_t quote_count;
    struct model_right rights[MODEL_RIGHTS];
    size_t right_count;
    struct model_alert alerts[MODEL_ALERTS];
    size_t alert_count;
    uint64_t touched; /* bits of the members that the last command was about */
};

/* Back to an empty node. The roster has MODEL_PARTNERS partners, the node itself first; borrowed.
 */
void model_reset(struct model *m, const struct roster *roster, int64_t grace_ms, int64_t debt_limit,
                 uint64_t outbox_entries);
/* All that is in use of one into another. */
void model_copy(struct model *to, const struct model *from);
void model_step(struct model *m, const struct command *command, struct unix_ms now,
                struct model_answer *out_answer);
/* Would it be a repeat, or an id that was used for something else? */
bool model_knows(const struct model *m, const struct command *command);
/* As at time `now`: what became active or expired counts as such. */
struct model_balances model_balances(const struct model *m, int member, struct unix_ms now);
/* The member as it is at the time, its lots in the order in which they are spent. */
void model_view(const struct model *m, int member, int64_t now, struct model_member *out_member);

#endif

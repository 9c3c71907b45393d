/* The ledger once more, written from its contract and not from its code: arrays, linear searches,
 * no bytes, no plans. What it says must be what the ledger says.
 *
 * One node (partner 0) of a coalition of three. Points only: no streams' hashes, no receipts.
 */
#ifndef PROPERTY_MODEL_H
#define PROPERTY_MODEL_H

#include "clearing/roster.h"
#include "ledger/command.h"

#define MODEL_PARTNERS 3
#define MODEL_MEMBERS  32
#define MODEL_CARDS    256
#define MODEL_HOLDS    4096
#define MODEL_SALES    4096
#define MODEL_COMMANDS 8192
#define MODEL_ENTRIES  4096
#define MODEL_ACCOUNTS 512

struct model_key {
    int issuer; /* index of the partner */
    uint32_t tariff;
    int64_t active_from;
    int64_t expires_at;
};

struct model_lot {
    struct model_key key;
    int64_t free;
    int64_t held;
};

struct model_member {
    struct uid id;
    uint8_t reference[PERSONAL_TAG_SIZE];
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
    int member;
    bool is_blocked;
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
};

struct model_account {
    enum account_kind kind;
    int partner;     /* 0: the programme's own */
    uint32_t period; /* 0 likewise */
    int64_t debit;
    int64_t credit;
};

struct model_answer {
    enum verdict verdict;
    bool is_repeat;
    int64_t points;
    int64_t left;
    int64_t debt;
    struct card_number card; /* of a member that was enrolled, or one more */
};

struct model_command {
    struct command command;
    struct model_answer answer;
};

struct model {
    const struct roster *roster;
    int64_t grace_ms;
    int64_t now;
    uint64_t card_serial;
    struct period out_period; /* of all own streams */
    struct period in_period[MODEL_PARTNERS];
    struct model_member members[MODEL_MEMBERS];
    size_t member_count;
    struct model_card cards[MODEL_CARDS];
    size_t card_count;
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
    int touched; /* the member that the last command was about; -1: none */
};

/* Back to an empty node. The roster has MODEL_PARTNERS partners, the node itself first; borrowed.
 */
void model_reset(struct model *m, const struct roster *roster, int64_t grace_ms);
void model_step(struct model *m, const struct command *command, struct unix_ms now,
                struct model_answer *out_answer);
/* As at time `now`: what became active or expired counts as such. */
struct model_balances model_balances(const struct model *m, int member, struct unix_ms now);

/* Shared by the model's files. */
int model_partner(const struct model *m, const struct partner_id *partner);     /* -1: none */
int model_home(const struct model *m, const struct card_number *card);          /* -1: none */
struct model_card *model_card(struct model *m, const struct card_number *card); /* NULL: none */
int model_member(const struct model *m, const struct uid *id);                  /* -1: none */
struct model_hold *model_hold(struct model *m, int redeemer, const struct uid *id);
struct model_sale *model_sale(struct model *m, int issuer, const struct uid *id);
void model_post(struct model *m, enum account_kind debit, enum account_kind credit, int partner,
                struct period period, int64_t points);
/* Moves what became active or expired; gives the points that expired. */
int64_t model_settle_at(struct model_member *member, int64_t now);
/* The same at the model's time, posted. */
void model_settle(struct model *m, struct model_member *member);
/* Would the points find a lot? The member is settled. */
bool model_has_room(struct model *m, const struct model_member *member, struct model_key key,
                    int64_t points);
/* Repays debt first. */
void model_give(struct model *m, struct model_member *member, struct model_key key, int64_t points);
/* Returns what became debt. */
int64_t model_take(struct model_member *member, struct model_key key, int64_t points);
enum verdict model_reserve(struct model *m, struct model_hold *hold, int64_t points);
void model_capture(struct model *m, struct model_hold *hold, int64_t points);
void model_release(struct model *m, struct model_hold *hold);
enum verdict model_refund(struct model *m, struct model_hold *hold, int64_t points);
void model_send(struct model *m, int partner, struct model_entry entry);
enum verdict model_judge_points(int64_t points);
enum verdict model_step_earn(struct model *m, const struct command *command,
                             struct model_answer *answer);
enum verdict model_step_return_sale(struct model *m, const struct command *command,
                                    struct model_answer *answer);
enum verdict model_step_hold(struct model *m, const struct command *command,
                             struct model_answer *answer);
enum verdict model_step_capture(struct model *m, const struct command *command,
                                struct model_answer *answer);
enum verdict model_step_void(struct model *m, const struct command *command,
                             struct model_answer *answer);
enum verdict model_step_return_burn(struct model *m, const struct command *command,
                                    struct model_answer *answer);
void model_take_entry(struct model *m, const struct command *command, struct model_answer *answer);
void model_take_receipt(struct model *m, const struct command_take_receipt *receipt);

#endif

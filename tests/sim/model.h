/* The coalition as it should be: a simple ledger of its own, written from the design and from
 * nothing in src/, told what tills were answered and which entries were taken, in that order.
 *
 * It decides each command by itself, and says what the answer must have been.
 */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "sim_op.h"

struct model_dispute;

#define MODEL_NODES   12u
#define MODEL_PERIODS 8u /* that a run may close */
#define MODEL_STAYS   MODEL_PERIODS

struct model_lot {
    unsigned issuer;
    int64_t active_from; /* 0: spendable */
    int64_t expires_at;  /* 0: never */
    int64_t free;
    int64_t held;
};

struct model_member {
    unsigned home;
    struct uid id;
    struct card_number card; /* empty until its till was told */
    bool is_enrolled;
    bool is_blocked;                 /* the card */
    bool is_blocked_at[MODEL_NODES]; /* as far as another brand has heard */
    bool is_pool;
    bool is_closed;  /* a pool that all have left */
    size_t pools;    /* that it is in; in a pool, its members */
    bool is_to_move; /* an office was told so, and did not refuse */
    size_t move_to;  /* as whom, then */
    bool has_moved;  /* to another home, as that member */
    size_t moved_to;
    bool is_moved_at[MODEL_NODES]; /* as far as another brand has heard */
    struct {
        bool is_awaited;
        size_t by; /* that member of the brand */
    } awaited[MODEL_NODES];
    int64_t debt;
    struct model_lot *lots;
    size_t count;
    size_t room;
};

struct model_sums {
    int64_t available;
    int64_t pending;
    int64_t held;
    int64_t debt;
};

struct model_part {
    struct model_lot lot; /* its terms */
    int64_t held;
    int64_t captured;
};

enum model_state {
    MODEL_NONE,
    MODEL_OPEN,
    MODEL_CAPTURED,
    MODEL_VOIDED,
    MODEL_EXPIRED
};

struct model_hold {
    enum model_state state;
    int64_t granted;
    int64_t captured;
    int64_t voided;
    int64_t returned;
    int64_t capture_by;
    int64_t deliver_by;
    struct model_part *parts; /* at the home */
    size_t part_count;
    struct uid mandate; /* nil: there is a grant */
    int64_t unbacked;   /* captured at the home, of no lot */
    int64_t lost;       /* captured at the home, of nobody */
    bool has_nobody;
};

struct model_sale {
    bool is_there;
    bool is_reversed;
    int64_t amount;
    int64_t returned;
    int64_t points;
    int64_t taken;
    struct model_lot lot;
    unsigned home; /* of the member, who may have moved meanwhile */
    size_t member;
};

/* Where a card leads, as a brand knows. */
struct model_route {
    size_t member;
    unsigned home;
    bool is_blocked; /* somewhere on the way */
};

/* What the model knows of a till's operation. */
struct model_op {
    const struct sim_op *op;
    bool is_decided; /* by the shop */
    enum verdict verdict;
    int64_t points; /* of the answer */
    int64_t amount; /* returned, of a sale */
    bool is_decided_at_home;
    enum verdict home_verdict;
    struct model_hold hold; /* the shop's, when the home is another */
    struct model_hold home_hold;
    struct model_sale sale;
    struct model_sale home_sale;
    struct model_op *former; /* as a home has it that was asked before; NULL: none */
};

struct model_entry {
    enum entry_kind kind;
    size_t op; /* that made it */
    int64_t points;
    unsigned period;
    int64_t business_ms;
    size_t member;        /* whose card it names */
    struct model_lot lot; /* of one that moves */
    struct uid mandate;   /* of a capture; nil: there was a grant */
    enum verdict verdict; /* the receiver's */
    int64_t taken_ms;     /* by its ledger; 0: not known, or not taken */
    /* Of a dispute's steps and corrections. */
    size_t disputed;   /* the number of the entry */
    bool is_of_sender; /* which is in the same stream, else in the other one */
    enum dispute_step step;
    struct model_dispute *dispute; /* about this one; NULL: none */
};

struct model_stream {
    struct model_entry *entries; /* number n is entries[n - 1] */
    size_t count;
    size_t room;
    size_t taken; /* by the receiver */
    struct {
        uint64_t count;
        int64_t points;
    } totals[ENTRY_KIND_END]; /* of what the receiver took and applied */
    size_t receipted;         /* to the sender */
    unsigned period;
    bool is_frozen_out; /* at the sender: it writes nothing more */
    bool is_recovering; /* at the sender: it writes nothing new as yet */
    size_t back_made;   /* at a sender that recovers: of its entries so many are here */
    size_t back_taken;  /* and of those that it took */
};

/* A mandate, and how much of it is used as either side counts. */
struct model_mandate {
    struct uid id;
    int64_t floor;
    int64_t cap;
    int64_t from;
    int64_t until;
    bool is_given;      /* as far as the home knows */
    bool is_taken;      /* by the redeemer */
    bool is_miscounted; /* the redeemer was restored, and knows less of what it used */
    int64_t given_used; /* captured */
    uint64_t given_burns;
    int64_t taken_used; /* stood in for */
    uint64_t taken_burns;
};

struct model_mandates {
    struct model_mandate *list;
    size_t count;
};

/* The coalition as one node knows it, by the epoch of the charter that it heard of last. */
struct model_roster {
    bool is_known[MODEL_NODES];
    unsigned last_period[MODEL_NODES]; /* it leaves at the end of it; MODEL_STAYS: it does not */
};

/* What became of a home's cards, in order; of a card only the latest counts. */
#define MODEL_NOBODY SIZE_MAX /* of news: the card has later ones */

struct model_news {
    struct {
        size_t member;
        size_t op;
    } * list;
    size_t count;
    size_t room;
    size_t told[MODEL_NODES]; /* so many of them, to each brand */
};

struct model_books {
    int64_t issued;
    int64_t redeemed;
    int64_t breakage;
    int64_t adjustment;
    int64_t receivable[MODEL_NODES][MODEL_PERIODS];
    int64_t payable[MODEL_NODES][MODEL_PERIODS];
    int64_t suspense[MODEL_NODES][MODEL_PERIODS]; /* owed */
};

struct model {
    unsigned node_count;
    int64_t refund_grace_ms;
    int64_t debt_limit;
    size_t outbox; /* entries that may wait for one partner; 0: any number */
    int64_t cap;   /* of what one owes another, in money; 0: none */
    bool is_agreed[MODEL_NODES][MODEL_NODES][MODEL_PERIODS]; /* as the first of them has it */
    struct model_member *members;
    size_t member_count;
    size_t member_room;
    struct model_op **ops; /* by the operation's index */
    size_t op_count;
    size_t op_room;
    int64_t first_due[MODEL_NODES];                        /* no hold at home ends before it */
    struct model_stream streams[MODEL_NODES][MODEL_NODES]; /* sender, receiver */
    struct model_books books[MODEL_NODES];
    struct model_roster rosters[MODEL_NODES];
    struct model_news news[MODEL_NODES];
    struct {
        size_t pool;
        size_t member;
    } * places; /* who is in which pool */
    size_t place_count;
    struct model_dispute **disputes;
    size_t dispute_count;
    int64_t answer_ms; /* how long a side may be silent */
    int64_t escalate_ms;
    uint64_t disputed;   /* entries */
    uint64_t silences;   /* that ended an argument */
    uint64_t moved;      /* members */
    uint64_t moved_far;  /* whose points went on to a third home, with those that came late */
    uint64_t resent;     /* earns that came after the member had left, and returns of them */
    uint64_t sent_twice; /* earns that their home had already, after a restore */
    uint64_t lots_back;  /* that were refused where they went to */
    uint64_t opened;     /* circles of moves, by the home of one of them */
    uint64_t no_room;    /* commands refused, since too much waits for a partner */
    uint64_t capped;     /* commands and entries refused, since too much is owed */
    struct model_mandates mandates[MODEL_NODES][MODEL_NODES]; /* home, redeemer */
};

struct model *model_create(unsigned node_count, int64_t refund_grace_ms, int64_t debt_limit);
void model_destroy(struct model *model);

/* Nobody yet. */
size_t model_member_add(struct model *model, unsigned home);
struct model_op *model_op_of(struct model *model, const struct sim_op *op);
/* The shop's node decided the operation for the first time. */
void model_decide(struct model *model, const struct sim_op *op, int64_t now);
void model_op_free(struct model_op *m);
/* Another home is asked from now on: what the one before has decided stays there, and what it holds
 * until it ends by itself. `before` is the operation as it was then. */
void model_leave_home(struct model_op *m, const struct sim_op *before);
/* The next open hold at any home after this one; begin with NULL and an index of 0. NULL: no more.
 */
struct model_op *model_open_hold(const struct model *model, struct model_op *after, size_t *index);
/* The operation as that home has it, which may be one that was asked before. NULL: it never was. */
struct model_op *model_at_home(struct model *model, const struct sim_op *op, unsigned home);
/* The home decided about a hold for another brand's till. */
void model_decide_at_home(struct model *model, struct model_op *m, int64_t capture_by,
                          int64_t deliver_by, int64_t now);
/* A brand is new in the coalition: what it exchanges with others begins in this period. */
void model_join(struct model *model, unsigned node, unsigned first_period);
/* May the node say anything to the partner: is it known, and goes its stream on? */
bool model_may_send(const struct model *model, unsigned node, unsigned partner);
/* Why a hold at the home is not even begun; OK when it is. */
enum verdict model_may_begin(const struct model *model, unsigned node, unsigned partner);
/* Does one of the two leave, as the node knows? Nothing new begins then. */
bool model_is_leaving(const struct model *model, unsigned node, unsigned partner);
/* Is the period after the last one of the pair, as the node knows? */
bool model_is_over(const struct model *model, unsigned node, unsigned partner, unsigned period);
/* Is the member the one of this id, and not whoever has the card since a restore? */
bool model_is_member(const struct model_member *member, const struct uid *id);
/* May a partner still bring back what the operation is about: all of it, or (`is_here`) more of
 * what is here? */
bool model_may_come_back(const struct model *model, const struct sim_op *op, bool is_here);
/* Why the shop gets no entry through to the home; OK when it does. What is new has less room among
 * what waits for the home than what was promised. */
enum verdict model_may_clear(struct model *model, const struct sim_op *op, bool is_new);
/* Does the node owe the partner more than the charter allows, with what it has promised it and
 * these points: of earns and lots, of holds? */
bool model_owes_too_much(const struct model *model, unsigned node, unsigned partner, int64_t earned,
                         int64_t promised);
/* Does the sender, with the entry that is taken just now, as the receiver counts? */
bool model_is_owed_too_much(const struct model *model, unsigned receiver, unsigned sender);
/* Points net that the node owes the partner and that no agreed period has: earned, and redeemed. */
struct model_exposure {
    int64_t earned;
    int64_t redeemed;
    int64_t promised; /* in open holds */
};
struct model_exposure model_exposure(const struct model *model, unsigned node, unsigned partner);
void model_add_news(struct model_news *news, size_t member, size_t op);
/* What became of the card is told to everybody who heard all before; others hear it later. */
void model_announce(struct model *model, const struct model_op *m);
/* The same, and one hears it in any case. */
void model_announce_to(struct model *model, const struct model_op *m, unsigned first);
/* The next piece of news that the partner did not hear. False: it heard all. */
bool model_tell(struct model *model, unsigned node, unsigned partner);
/* The receiver took the sender's next entry. */
void model_take_entry(struct model *model, unsigned sender, unsigned receiver, int64_t now);
/* The sender has the receipt for its next entry. */
void model_take_receipt(struct model *model, unsigned sender, unsigned receiver, int64_t now);
/* Holds at the home, and terms of its disputes, whose time is over by its clock. */
void model_fall_due(struct model *model, unsigned node, int64_t clock, int64_t now);
/* Lots that became active or ended. */
void model_settle(struct model *model, struct model_member *member, int64_t now);

/* The shop's next entry to the home. It lives until the next one. */
struct model_entry *model_send_entry(struct model *model, const struct model_op *m,
                                     enum entry_kind kind, int64_t points);

/* model_pool.c */
bool model_is_in_pool(const struct model *model, size_t pool, size_t member);
void model_enter(struct model *model, size_t pool, size_t member);
void model_leave(struct model *model, size_t pool, size_t member);
enum verdict model_open_pool(struct model *model, const struct model_op *m, int64_t now);
enum verdict model_join_pool(struct model *model, const struct model_op *m, int64_t now);
enum verdict model_leave_pool(struct model *model, const struct model_op *m, int64_t now);
/* Why a transfer is refused by who takes part; OK when it is not. */
enum verdict model_judge_parties(const struct model *model, const struct sim_op *op);

/* model_move.c */
struct model_route model_route(const struct model *model, unsigned node, size_t member);
enum verdict model_await(struct model *model, const struct model_op *m, int64_t now);
enum verdict model_move(struct model *model, struct model_op *m, int64_t now);
/* What came back to a member who moved goes after it. */
void model_forward(struct model *model, const struct model_op *m, size_t member);
/* Who opens the circle that this member leads into, for the node: of all members in it the one with
 * the smallest card; MODEL_NOBODY: there is no circle. */
size_t model_opener(const struct model *model, unsigned node, size_t member);
/* The receiver hears that a card leads on, and opens the circle that is closed by it. */
void model_take_move(struct model *model, const struct model_entry *entry, unsigned receiver);
/* Or that it is its home's once more: what waited for that goes on. */
void model_take_back_card(struct model *model, const struct model_entry *entry, unsigned receiver,
                          int64_t now);
enum verdict model_take_moved(struct model *model, const struct model_entry *entry, unsigned sender,
                              unsigned receiver, int64_t now);
/* Refused where it went to, the lot is the old account's again. */
void model_give_back_moved(struct model *model, const struct model_entry *entry, unsigned sender,
                           unsigned receiver, int64_t now);
/* An earn that was too late, and what returned of it: goes to where the member is now. False: that
 * is nowhere. */
bool model_resend_earn(struct model *model, struct model_op *m, const struct model_entry *entry,
                       unsigned receiver, int64_t now);
bool model_resend_return(struct model *model, struct model_op *m, const struct model_entry *entry,
                         int64_t now);

/* model_mandate.c */
struct model_mandate *model_mandate(struct model *model, unsigned home, unsigned redeemer,
                                    const struct uid *id);
/* Does the home give one more by its clock? Then it begins at `*out_from`. */
bool model_mandate_is_due(const struct model *model, unsigned home, unsigned redeemer,
                          int64_t clock, int64_t *out_from);
enum verdict model_give_mandate(struct model *model, struct model_op *m, int64_t now);
enum verdict model_take_mandate(struct model *model, struct model_op *m, int64_t now);
/* Would the shop do without the home, by its clock? */
bool model_would_stand_in(const struct model *model, const struct sim_op *op, int64_t clock);
/* A hold that stands in, or is given up. */
enum verdict model_without_home(struct model *model, struct model_op *m, int64_t now);
enum verdict model_check_mandate(struct model *model, const struct sim_op *op,
                                 const struct model_hold *hold);
void model_release_mandate(struct model *model, const struct sim_op *op,
                           const struct model_hold *hold);
/* Does the home's mandate allow this capture? */
enum verdict model_judge_stand_in(struct model *model, const struct model_entry *entry,
                                  const struct sim_op *op);
bool model_may_stand_in(const struct model_hold *hold);
enum verdict model_stand_in_capture(struct model *model, const struct model_entry *entry,
                                    const struct sim_op *op, int64_t now);
/* False: the home refused what its mandate covers. */
bool model_is_honoured(struct model *model, const struct model_entry *entry);

/* model_points.c: what the others are made of. */
void model_post_lot(struct model_member *member, const struct model_lot *terms, int64_t free,
                    int64_t held);
bool model_same_terms(const struct model_lot *a, const struct model_lot *b);
/* Takes up to so many free points of the lot that is spent next, pending ones last. 0: there are
 * none. */
/* Captured points are of these; those of one issuer are one when the hold has many lots. */
void model_note_part(struct model_hold *hold, const struct model_lot *terms, int64_t points);
int64_t model_take_next(struct model_member *member, int64_t points, struct model_lot *out_terms);
int64_t model_available_at(const struct model_member *member, int64_t now);
struct model_sums model_sums_at(const struct model_member *member, int64_t now);
void model_give(struct model *model, struct model_member *member, const struct model_lot *terms,
                int64_t points, int64_t now);
/* Gives what nobody could be made to owe: the programme's loss. */
int64_t model_take_back(struct model *model, struct model_member *member,
                        const struct model_lot *terms, int64_t points);
void model_reserve(struct model_member *member, struct model_hold *hold);
void model_capture(struct model_member *member, struct model_hold *hold, int64_t points);
void model_release(struct model *model, struct model_member *member, struct model_hold *hold,
                   enum model_state state, int64_t now);
void model_refund(struct model *model, struct model_member *member, struct model_hold *hold,
                  int64_t points, int64_t now);
void model_transfer(struct model *model, struct model_member *from, struct model_member *to,
                    int64_t points, int64_t now);
int64_t model_left(const struct model_hold *hold);

#endif

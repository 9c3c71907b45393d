/* What a till or an office wants of a node, from the first try to the answer. */
#ifndef SIM_OP_H
#define SIM_OP_H

#include "clearing/authorisation.h"
#include "ledger/command.h"

enum sim_op_kind {
    SIM_OP_ENROL,
    SIM_OP_EARN,
    SIM_OP_HOLD,
    SIM_OP_CAPTURE,
    SIM_OP_VOID,
    SIM_OP_RETURN_SALE,
    SIM_OP_RETURN_BURN,
    SIM_OP_TRANSFER,
    SIM_OP_BLOCK,
    SIM_OP_UNBLOCK,
    SIM_OP_OPEN_POOL, /* `to` is the pool */
    SIM_OP_JOIN_POOL,
    SIM_OP_LEAVE_POOL,
    SIM_OP_AWAIT, /* a member of another brand, as one's own */
    SIM_OP_MOVE,
    SIM_OP_CLOSE,
    SIM_OP_OPEN_DISPUTE, /* with `home`, about an entry of a stream with it */
    SIM_OP_STEP_DISPUTE,
    SIM_OP_GIVE_MANDATE, /* to a partner that asks; nobody waits for either of these */
    SIM_OP_TAKE_MANDATE,
    SIM_OP_KIND_END
};

/* How a hold abroad came to be. */
enum sim_way {
    SIM_WAY_GRANTED,
    SIM_WAY_STANDS_IN,
    SIM_WAY_GIVEN_UP
};

struct sim_op {
    size_t index;
    enum sim_op_kind kind;
    unsigned shop;          /* the node that is told */
    size_t card;            /* the model's number of whose card is shown */
    unsigned home;          /* to which it leads, as far as the node knows */
    size_t member;          /* and as whom */
    size_t to;              /* of a transfer, of a move; the redeemer of a mandate */
    bool has_asker;         /* of a transfer out of a pool */
    size_t asker;           /* who spends it */
    struct sim_op *subject; /* the hold or the sale; NULL: none */
    int64_t points;         /* 0: all that is left */
    int64_t amount;
    int64_t active_from; /* of what is earned */
    int64_t expires_at;
    int64_t business_ms;
    int64_t capture_by;
    int64_t deliver_by;
    struct period period;
    bool is_sent; /* the disputed entry was, by the shop */
    uint64_t disputed;
    enum dispute_step step;

    /* The till's. */
    struct command command;
    struct buffer evidence; /* a grant */
    bool is_granted;        /* by the home; not yet recorded here */
    uint64_t granted_start; /* the node's, when it was */
    uint64_t question;      /* the one that is under way; 0: none */
    struct hold_request asked;
    unsigned tries;
    unsigned tries_max; /* a till gives up asking a home */
    /* Of the till's call under way, when its home is asked. */
    uint64_t call; /* the node's start in which it began; 0: none is under way */
    unsigned call_tries;
    bool was_asked; /* the home may have heard of it */
    enum sim_way way;
    bool is_answered;
    bool is_given_up;
    enum verdict verdict;
    int64_t told; /* points of the answer */
};

struct sim;
struct sim_node;

/* sim_till.c */
/* Tells the command to the ledger. */
void sim_till_tell(struct sim_node *node, struct sim_op *op);
/* What the node makes of the till's words. */
void sim_till_make(struct sim_node *node, struct sim_op *op);
void sim_till_try_later(struct sim *sim, struct sim_op *op, int64_t ms);
void sim_till_answered(struct sim *sim, struct sim_op *op, enum verdict verdict, int64_t points);
struct sim_op *sim_op_new(struct sim *sim, enum sim_op_kind kind, unsigned shop);
void sim_op_free(struct sim_op *op);
const char *sim_op_name(enum sim_op_kind kind);
void sim_till_try(struct sim *sim, size_t op);
/* Puts something into the engine's queue that what falls due finds before it; later, what came of
 * it. */
void sim_till_queue(struct sim_node *node);
void sim_till_unqueue(struct sim_node *node);
/* What pools were used for. */
void sim_till_count(struct sim *sim);
/* sim_abroad.c */
/* The home looks where the card leads that the till named: to another member of its own, perhaps.
 */
void sim_abroad_lead(struct sim *sim, struct sim_op *op);
/* A hold that another brand is the home of. */
void sim_abroad_try(struct sim_node *node, struct sim_op *op);
/* The deadline of a question has come. */
void sim_abroad_asked(struct sim *sim, size_t op, unsigned tries);
/* The home's answer to our till, or what it has to say about another till's question. */
void sim_abroad_answer(struct sim_node *node, unsigned from, uint64_t question, struct slice bytes);
void sim_home_ask(struct sim_node *node, unsigned from, uint64_t question, struct slice bytes);
/* sim_move.c */
/* Asks the new home whether it awaits the member. */
void sim_move_try(struct sim_node *node, struct sim_op *op);
void sim_move_ask(struct sim_node *node, unsigned from, uint64_t question, struct slice bytes);
void sim_move_answer(struct sim_node *node, unsigned from, uint64_t question, struct slice bytes);
/* The operation that has this question under way; NULL: none has. */
struct sim_op *sim_op_asking(const struct sim *sim, uint64_t question);
/* sim_till.c: is this command in the node's ledger? */
bool sim_op_is_recorded(struct sim_node *node, const struct partner_id *origin,
                        const struct uid *id);

#endif

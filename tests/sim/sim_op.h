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
    SIM_OP_CLOSE,
    SIM_OP_KIND_END
};

struct sim_op {
    size_t index;
    enum sim_op_kind kind;
    unsigned shop;          /* the node that is told */
    unsigned home;          /* of the card */
    size_t member;          /* the model's number of whose card it is */
    size_t to;              /* of a transfer */
    struct sim_op *subject; /* the hold or the sale; NULL: none */
    int64_t points;         /* 0: all that is left */
    int64_t amount;
    int64_t active_from; /* of what is earned */
    int64_t expires_at;
    int64_t business_ms;
    int64_t capture_by;
    int64_t deliver_by;
    struct period period;

    /* The till's. */
    struct command command;
    struct buffer evidence; /* a grant */
    bool is_granted;        /* by the home; not yet recorded here */
    uint64_t granted_start; /* the node's, when it was */
    uint64_t question;      /* the one that is under way; 0: none */
    struct hold_request asked;
    unsigned tries;
    unsigned tries_max; /* a till gives up asking a home */
    bool is_answered;
    bool is_given_up;
    enum verdict verdict;
    int64_t told; /* points of the answer */
};

struct sim;
struct sim_node;

/* sim_till.c */
struct sim_op *sim_op_new(struct sim *sim, enum sim_op_kind kind, unsigned shop);
void sim_op_free(struct sim_op *op);
const char *sim_op_name(enum sim_op_kind kind);
void sim_till_try(struct sim *sim, size_t op);
/* The deadline of a question has come. */
void sim_till_asked(struct sim *sim, size_t op, unsigned tries);
/* The home's answer to our till, or what it has to say about another till's question. */
void sim_till_answer(struct sim_node *node, unsigned from, uint64_t question, struct slice bytes);
void sim_home_ask(struct sim_node *node, unsigned from, uint64_t question, struct slice bytes);
/* Is this command in the node's ledger? */
bool sim_op_is_recorded(struct sim_node *node, const struct partner_id *origin,
                        const struct uid *id);

#endif

/* Disputes as the model has them: each side of a pair by itself, and what a dispute does to what
 * the pair owes each other and to the member's points. Written from the design, with nothing of
 * src/ but the steps' numbers. */
#ifndef SIM_MODEL_DISPUTE_H
#define SIM_MODEL_DISPUTE_H

#include "model.h"

enum model_stage {
    MODEL_DECLINED, /* there is none, or none any more */
    MODEL_OPENED,
    MODEL_ANSWERED,
    MODEL_ACCEPTED,
    MODEL_REJECTED,
    MODEL_ESCALATED,
    MODEL_RULED,
    MODEL_ADJUSTED
};

enum model_ruling {
    MODEL_UNDECIDED,
    MODEL_UPHELD,
    MODEL_DISMISSED
};

/* A dispute, or only a refusal that may be disputed, as one side has it. */
struct model_claim {
    bool is_known;
    bool is_open; /* there is or was a dispute */
    bool is_opener;
    bool was_applied;  /* the entry, so that it should not have been */
    bool is_suspended; /* its period is settled without the points */
    enum model_stage stage;
    enum dispute_step
        pending; /* a step of this side that the other one has not answered; 0: none */
    enum model_ruling own;
    enum model_ruling others;
    enum model_ruling outcome;
    int64_t points;
    int64_t due; /* 0: never */
    unsigned corrected_in;
};

struct model_dispute {
    unsigned sender; /* of the disputed entry */
    unsigned receiver;
    size_t number;
    size_t op;                   /* that opened it */
    struct model_claim sides[2]; /* the sender's and the receiver's */
};

/* What one node looks at: an entry of a stream of it and a partner. */
struct model_view {
    struct model *model;
    unsigned node;
    unsigned partner;
    bool is_out; /* the node sent it */
    size_t number;
};

struct model_view model_view_of(struct model *model, const struct model_dispute *dispute,
                                bool is_sender);
struct model_stream *model_view_stream(const struct model_view *view);
/* It is there. Pointers live until something is sent. */
struct model_entry *model_view_entry(const struct model_view *view);
/* NULL: there is none. */
struct model_dispute *model_view_dispute(const struct model_view *view);
/* The side's, made if there is none. */
struct model_claim *model_view_make_claim(const struct model_view *view);
/* NULL: nothing is known. */
struct model_claim *model_view_claim(const struct model_view *view);
/* Is it a dispute about an entry that was not lost since? */
bool model_dispute_is_there(const struct model *model, const struct model_dispute *dispute);
bool model_stage_is_over(enum model_stage stage);
/* What the statement of the entry's period leaves out of it, as its sender has it. */
int64_t model_suspended(const struct model_entry *entry);
/* What a side still counts as owed of an entry, whose period is agreed or not. */
int64_t model_owed_of(const struct model_entry *entry, bool is_sender, bool is_agreed);

/* What offices want. */
enum verdict model_open_dispute(struct model *model, struct model_op *m, int64_t now);
enum verdict model_step_dispute(struct model *model, struct model_op *m, int64_t now);
/* A partner's step or correction. */
enum verdict model_take_step(struct model *model, const struct model_entry *entry, unsigned sender,
                             unsigned receiver, int64_t now);
/* What the partner made of a step or a correction of ours; an entry that it refused. */
void model_step_receipted(struct model *model, const struct model_entry *entry, unsigned sender,
                          unsigned receiver, int64_t now);
void model_refusal_receipted(struct model *model, size_t number, unsigned sender,
                             unsigned receiver);
/* The dispute in which the node must do something by itself first. NULL: there is none by then. */
struct model_dispute *model_first_dispute(const struct model *model, unsigned node, int64_t until,
                                          bool *out_is_sender);
void model_dispute_falls_due(struct model *model, struct model_dispute *dispute, bool is_sender,
                             int64_t now);

/* model_dispute_books.c */
enum model_payment {
    MODEL_PAYS_NOTHING,
    MODEL_PAYS_AS_ENTRY,
    MODEL_PAYS_BACK
};
enum model_payment model_payment(const struct model_claim *claim);
bool model_is_payer(const struct model_view *view, const struct model_claim *claim);
/* Of the sale or burn, what did not come back. */
int64_t model_left_of(const struct model_view *view);
/* By what was signed. */
enum model_ruling model_machine(const struct model_view *view, bool was_applied);
/* The points wait (1), or do not any more as if nothing had been disputed (-1). */
void model_suspend(const struct model_view *view, int sign);
/* What waits of it, in the pair's books as the entries alone would have them. */
void model_suspend_again(const struct model_view *view);
/* A correction is on its way (1), or was refused (-1). */
void model_owe_correction(const struct model_view *view, int sign);
void model_settle_dispute(const struct model_view *view, int64_t now);

#endif

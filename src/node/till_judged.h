/* A till's purchase, or an event, judged by the programme's rules and answered when it is durable.
 *
 *   the till's thread     owner's turn? -> judge, submit --+
 *   replier               judge again, when its turn comes |  engine, durable
 *   the till's thread     answer <-------------------------+
 *
 * A repeat is answered as it was the first time, by what the journal kept of it. What another home
 * granted for an occasion of which nothing comes is given back before the refusal is told.
 */
#ifndef NODE_TILL_JUDGED_H
#define NODE_TILL_JUDGED_H

#include "node/judge_gate.h"
#include "node/judging.h"
#include "node/replier.h"
#include "talea/v1/till.pb-c.h"

struct till_judged;

/* What came of it: the answer's fields about rules. */
struct judged_answer {
    int64_t discount_minor;
    Talea__V1__Award **awards;
    size_t award_count;
    Talea__V1__CodeAnswer **codes;
    size_t code_count;
    Talea__V1__GivenItem **items;
    size_t item_count;
    uint32_t programme_version;
    int64_t spent_points;
    int64_t due_minor;
    int64_t refund_minor;
    Talea__V1__QuoteResponse *quote; /* of a quote: all of it, in the call's memory */
};

/* What a rule gave, in the award's fields; names are those of `text`. */
void award_fill(const struct rules_text *text, const struct rule *rule, int64_t given,
                Talea__V1__Award *award);

/* Why nothing comes of it, though the ledger was not asked. */
struct till_refusal {
    int code; /* gRPC; 0: it is not refused */
    const char *reason;
    struct note text;
};

/* Answers the call, of which the outcome is VERDICT_OK. */
typedef void till_judged_send(struct node *node, struct rpc_call *call, const struct uid *id,
                              const struct outcome *outcome, const struct judged_answer *answer);

/* Looks at a judgement before it is told to the ledger; not asked of repeats. */
typedef void till_judged_look(struct till_judged *till, struct till_refusal *out_refusal);

/* What is said of the case, in the call's memory: of what was judged now, or as it was told first.
 */
typedef enum err till_judged_fill(struct till_judged *till, bool is_repeat,
                                  struct judged_answer *answer);

struct till_judged {
    struct errand errand; /* first */
    struct judge_turn turn;
    struct node *node;
    struct rpc_call *call;
    till_judged_send *send;
    till_judged_look *look; /* NULL: whatever comes of it is fine */
    const void *context;    /* of `look` */
    till_judged_fill *fill;
    struct snapshot *snapshot;
    bool has_bound; /* a till gives no more than the configuration says */
    struct judging_case judged;
    struct outcome outcomes[JUDGING_COMMANDS];
    enum err err; /* of all together */
    struct till_refusal refusal;
};

/* In the call's memory; NULL when it was refused for want of it. What the caller fills in of the
 * case: occasion, id and what gives the points. */
struct till_judged *till_judged_create(struct node *node, struct rpc_call *call,
                                       struct snapshot *snapshot);
/* Refuses the call, or answers it in time. Takes over the snapshot that it was made with. */
void till_judged_run(struct till_judged *till);
/* Nothing came of it; the call was refused already. */
void till_judged_drop(struct till_judged *till);

/* The words of what a case says, in the arena; borrows texts. ERR_CORRUPT for a rule that the
 * version does not have, ERR_RESOURCE. */
MUST_USE enum err judged_answer_fill(const struct programme_version *version,
                                     const struct kept_case *kept, struct arena *arena,
                                     struct judged_answer *out_answer);

/* The same of the codes alone. */
MUST_USE enum err judged_answer_codes(const struct programme_version *version,
                                      const struct kept_case *kept, struct arena *arena,
                                      Talea__V1__CodeAnswer ***out_codes, size_t *out_count);

/* The answer of Earn; texts are in the arena, and in what is given. ERR_RESOURCE. */
MUST_USE enum err till_fill_earned(struct node *node, struct arena *arena, const struct uid *id,
                                   const struct outcome *outcome,
                                   const struct judged_answer *judged,
                                   Talea__V1__EarnResponse *out_response);
/* Hash of a basket and whose card it is. */
struct hash till_said_by(const struct occasion *occasion, const struct card_number *card);

/* Coupons' codes that were shown; false: the call was refused. Borrows texts. */
MUST_USE bool till_read_codes(struct rpc_call *call, char *const *codes, size_t count,
                              struct occasion *occasion);
/* Lines, store, channel, amount and codes of a purchase; false: the call was refused. Borrows
 * texts. */
MUST_USE bool till_read_basket(struct rpc_call *call, const Talea__V1__EarnRequest *request,
                               struct occasion *out_occasion);

#endif

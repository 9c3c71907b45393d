/* Holds at home: those that time ends, and those at a home that is not asked any more. */
#include "model_dispute.h"

#include <stdlib.h>
#include <string.h>

/* An operation as the home has it that was asked before. */
struct former {
    struct model_op m;
    struct sim_op op;
};

void model_op_free(struct model_op *m)
{
    while (m != NULL) {
        struct model_op *former = m->former;
        free(m->home_hold.parts);
        free(m);
        m = former;
    }
}

/* Takes over what a home knows of the operation. */
static void move_home(struct model_op *to, struct model_op *from)
{
    to->is_decided_at_home = from->is_decided_at_home;
    to->home_verdict = from->home_verdict;
    to->home_hold = from->home_hold;
    from->is_decided_at_home = false;
    from->home_hold = (struct model_hold){.state = MODEL_NONE};
}

void model_leave_home(struct model_op *m, const struct sim_op *before)
{
    struct former *former = calloc(1, sizeof *former);
    ASSERT(former != NULL);
    former->op = *before;
    former->m.op = &former->op;
    move_home(&former->m, m);
    former->m.former = m->former;
    m->former = &former->m;
    for (struct model_op **at = &m->former; *at != NULL; at = &(*at)->former) {
        struct model_op *asked = *at;
        if (asked->op->home == m->op->home && asked->op->member == m->op->member) {
            move_home(m, asked);
            *at = asked->former;
            free(asked);
            return;
        }
    }
}

struct model_op *model_at_home(struct model *model, const struct sim_op *op, unsigned home)
{
    struct model_op *m = model_op_of(model, op);
    while (m != NULL && m->op->home != home) {
        m = m->former;
    }
    return m;
}

struct model_op *model_open_hold(const struct model *model, struct model_op *after, size_t *index)
{
    struct model_op *m = after == NULL ? NULL : after->former;
    for (;;) {
        for (; m != NULL; m = m->former) {
            if (m->home_hold.state == MODEL_OPEN) {
                return m;
            }
        }
        if (*index == model->op_count) {
            return NULL;
        }
        m = model->ops[(*index)++];
    }
}

static bool is_before(const struct model_op *a, const struct model_op *b)
{
    if (a->home_hold.deliver_by != b->home_hold.deliver_by) {
        return a->home_hold.deliver_by < b->home_hold.deliver_by;
    }
    if (a->op->shop != b->op->shop) {
        return a->op->shop < b->op->shop;
    }
    return memcmp(&a->op->command.transaction_id, &b->op->command.transaction_id,
                  sizeof a->op->command.transaction_id) < 0;
}

/* The one that ends first: what it gives back may repay a debt that another would have repaid. */
static struct model_op *next_to_expire(struct model *model, unsigned home, int64_t clock,
                                       int64_t now)
{
    struct model_op *found = NULL;
    size_t index = 0;
    for (struct model_op *m = NULL; (m = model_open_hold(model, m, &index)) != NULL;) {
        bool is_due = m->op->home == home && m->home_hold.deliver_by <= clock &&
                      m->home_hold.deliver_by < now;
        if (is_due && (found == NULL || is_before(m, found))) {
            found = m;
        }
    }
    return found;
}

static int64_t first_due(const struct model *model, unsigned home)
{
    int64_t first = INT64_MAX;
    size_t index = 0;
    for (struct model_op *m = NULL; (m = model_open_hold(model, m, &index)) != NULL;) {
        if (m->op->home == home && m->home_hold.deliver_by < first) {
            first = m->home_hold.deliver_by;
        }
    }
    return first;
}

static void expire(struct model *model, struct model_op *m, int64_t now)
{
    struct model_member *member = &model->members[m->op->member];
    model_settle(model, member, now);
    model_release(model, member, &m->home_hold, MODEL_EXPIRED, now);
}

void model_fall_due(struct model *model, unsigned node, int64_t clock, int64_t now)
{
    bool has_holds = model->first_due[node] <= clock;
    for (;;) {
        bool is_sender = false;
        struct model_op *m = has_holds ? next_to_expire(model, node, clock, now) : NULL;
        int64_t until = m == NULL ? clock : m->home_hold.deliver_by - 1;
        struct model_dispute *dispute = model_first_dispute(model, node, until, &is_sender);
        if (dispute != NULL) {
            model_dispute_falls_due(model, dispute, is_sender, now);
        } else if (m != NULL) {
            expire(model, m, now);
        } else {
            break;
        }
    }
    if (has_holds) {
        model->first_due[node] = first_due(model, node);
    }
}

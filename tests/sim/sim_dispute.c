#include "sim_dispute.h"

#include <inttypes.h>

#include "ledger/decide.h"
#include "model_dispute.h"
#include "sim_op.h"
#include "sim_restore.h"
#include "sim_settle.h"
#include "sim_workload.h"

#define RECENT 24u /* entries back that an office argues about, mostly */

/* ---- Steps ---- */

static struct sim_op *op_new(struct sim *sim, enum sim_op_kind kind, const struct model_view *view)
{
    struct sim_op *op = sim_op_new(sim, kind, view->node);
    op->home = view->partner;
    op->is_sent = view->is_out;
    op->disputed = view->number;
    return op;
}

static bool is_pair(const struct sim *sim, unsigned a, unsigned b)
{
    return a != b && sim->nodes[a].has_joined && sim->nodes[b].has_joined;
}

static bool is_trade(const struct model_entry *entry)
{
    return entry->kind == ENTRY_EARN || entry->kind == ENTRY_EARN_RETURN ||
           entry->kind == ENTRY_CAPTURE || entry->kind == ENTRY_BURN_RETURN;
}

/* An entry about a sale or a burn, one that was refused rather. 0: there is none. */
static size_t pick_entry(const struct model_stream *stream, uint32_t luck)
{
    size_t window = luck % 5 == 0 || stream->count < RECENT ? stream->count : RECENT;
    size_t found = 0;
    for (size_t i = 0; i < window; i++) {
        size_t at = stream->count - 1 - (luck / 5 + i) % window;
        const struct model_entry *entry = &stream->entries[at];
        if (is_trade(entry) && (entry->verdict != VERDICT_OK || found == 0)) {
            found = at + 1;
            if (entry->verdict != VERDICT_OK || luck % 2 == 0) {
                break;
            }
        }
    }
    return found;
}

/* By the side that may, mostly; about any number now and then. */
static void open_one(struct sim *sim, const uint32_t n[4])
{
    unsigned sender = n[0] % sim->node_count;
    unsigned receiver = n[0] / 16 % sim->node_count;
    if (!is_pair(sim, sender, receiver)) {
        return;
    }
    const struct model_stream *stream = &sim->model->streams[sender][receiver];
    size_t number = n[1] % 20 == 0 ? n[1] / 20 % (stream->count + 2) : pick_entry(stream, n[1]);
    if (number == 0 && n[1] % 20 != 0) {
        return;
    }
    bool is_there = number > 0 && number <= stream->count;
    const struct model_entry *entry = is_there ? &stream->entries[number - 1] : NULL;
    bool is_senders = entry != NULL && entry->verdict != VERDICT_OK;
    is_senders = n[2] % 10 == 0 ? !is_senders : is_senders;
    struct model_view view = {sim->model, is_senders ? sender : receiver,
                              is_senders ? receiver : sender, is_senders, number};
    struct sim_op *op = op_new(sim, SIM_OP_OPEN_DISPUTE, &view);
    if (entry != NULL && n[2] % 3 != 0) {
        op->points = 1 + (int64_t)(n[2] / 30) % (entry->points + entry->points / 8 + 1);
    }
    sim_step_begin(sim, op, n[3] % 6 == 0 ? (int64_t)(n[3] % (20 * SIM_MINUTE)) : 0);
}

/* Whose turn it is, mostly. */
static bool pick_side(const struct model_dispute *dispute, uint32_t luck)
{
    const struct model_claim *sides = dispute->sides;
    bool is_openers = sides[0].stage == MODEL_REJECTED || sides[1].stage == MODEL_REJECTED;
    bool is_sender = sides[0].is_opener == is_openers;
    bool is_both = sides[0].stage == MODEL_ESCALATED || sides[1].stage == MODEL_ESCALATED;
    return luck % 10 == 0 || is_both ? luck / 10 % 2 == 0 : is_sender;
}

static enum dispute_step pick_step(enum model_stage stage, uint32_t luck)
{
    static const enum dispute_step answers[] = {STEP_ANSWER, STEP_ACCEPT, STEP_REJECT, STEP_REJECT};
    static const enum dispute_step any[] = {STEP_ANSWER,   STEP_ACCEPT,      STEP_REJECT,
                                            STEP_ESCALATE, STEP_RULE_UPHELD, STEP_CONCEDE};
    if (luck % 12 == 0) {
        return any[luck / 12 % (sizeof any / sizeof any[0])];
    }
    switch (stage) {
    case MODEL_OPENED:
    case MODEL_ANSWERED:
        return answers[luck / 12 % (sizeof answers / sizeof answers[0])];
    case MODEL_REJECTED:
        return luck / 12 % 4 == 0 ? STEP_CONCEDE : STEP_ESCALATE;
    case MODEL_DECLINED:
    case MODEL_ACCEPTED:
    case MODEL_ESCALATED:
    case MODEL_RULED:
    case MODEL_ADJUSTED:
        break;
    }
    return luck / 12 % 2 == 0 ? STEP_RULE_UPHELD : STEP_RULE_DISMISSED;
}

/* One in which somebody can still say something. NULL: there is none. */
static const struct model_dispute *pick_dispute(const struct model *model, uint32_t luck)
{
    for (size_t i = 0; i < model->dispute_count; i++) {
        const struct model_dispute *dispute = model->disputes[(luck + i) % model->dispute_count];
        bool is_open = dispute->sides[0].is_open || dispute->sides[1].is_open;
        bool is_over = model_stage_is_over(dispute->sides[0].stage) &&
                       model_stage_is_over(dispute->sides[1].stage);
        if (is_open && (!is_over || luck % 20 == 0) && model_dispute_is_there(model, dispute)) {
            return dispute;
        }
    }
    return NULL;
}

static void step_one(struct sim *sim, const uint32_t n[4])
{
    const struct model_dispute *dispute = pick_dispute(sim->model, n[1]);
    if (dispute == NULL) {
        return;
    }
    bool is_sender = pick_side(dispute, n[2]);
    struct model_view view = model_view_of(sim->model, dispute, is_sender);
    struct sim_op *op = op_new(sim, SIM_OP_STEP_DISPUTE, &view);
    op->step = pick_step(dispute->sides[is_sender ? 0 : 1].stage, n[3]);
    sim_step_begin(sim, op, 0);
}

void sim_dispute_step(struct sim *sim, const uint32_t n[4])
{
    if (n[3] % 5 < 2) {
        open_one(sim, n);
    } else {
        step_one(sim, n);
    }
}

/* ---- The end ---- */

static bool is_fair(const struct sim *sim, const struct model_dispute *dispute)
{
    const struct sim_node *a = &sim->nodes[dispute->sender];
    const struct sim_node *b = &sim->nodes[dispute->receiver];
    return !a->is_liar && !b->is_liar;
}

/* Neither side can say anything more: one of them has left. */
static bool is_cut_off(const struct sim *sim, const struct model_dispute *dispute)
{
    return !model_may_send(sim->model, dispute->sender, dispute->receiver) ||
           !model_may_send(sim->model, dispute->receiver, dispute->sender);
}

static void rule(struct sim *sim, const struct model_dispute *dispute, bool is_sender)
{
    const struct model_claim *claim = &dispute->sides[is_sender ? 0 : 1];
    struct model_view view = model_view_of(sim->model, dispute, is_sender);
    bool is_upheld = dispute->number % 2 == 0;
    enum model_ruling ruling = is_upheld ? MODEL_UPHELD : MODEL_DISMISSED;
    if (claim->stage == MODEL_ESCALATED && claim->own != ruling) {
        struct sim_op *op = op_new(sim, SIM_OP_STEP_DISPUTE, &view);
        op->step = is_upheld ? STEP_RULE_UPHELD : STEP_RULE_DISMISSED;
        sim_step_begin(sim, op, SIM_SECOND);
    }
}

bool sim_dispute_end(struct sim *sim)
{
    bool is_over = true;
    for (size_t i = 0; i < sim->model->dispute_count && sim->open_ops == 0; i++) {
        const struct model_dispute *dispute = sim->model->disputes[i];
        bool is_done = model_stage_is_over(dispute->sides[0].stage) &&
                       model_stage_is_over(dispute->sides[1].stage);
        if (is_done || !is_fair(sim, dispute) || is_cut_off(sim, dispute) ||
            sim_restore_is_gone(sim, dispute->sender, dispute->receiver) ||
            !model_dispute_is_there(sim->model, dispute)) {
            continue;
        }
        is_over = false;
        rule(sim, dispute, true);
        rule(sim, dispute, false);
    }
    return is_over;
}

/* ---- The ledger's rows ---- */

static enum model_stage stage_of(enum dispute_state state)
{
    switch (state) {
    case DISPUTE_OPENED:
        return MODEL_OPENED;
    case DISPUTE_ANSWERED:
        return MODEL_ANSWERED;
    case DISPUTE_ACCEPTED:
        return MODEL_ACCEPTED;
    case DISPUTE_REJECTED:
        return MODEL_REJECTED;
    case DISPUTE_ESCALATED:
        return MODEL_ESCALATED;
    case DISPUTE_RULED:
        return MODEL_RULED;
    case DISPUTE_ADJUSTED:
        return MODEL_ADJUSTED;
    case DISPUTE_DECLINED:
    case DISPUTE_STATE_END:
        break;
    }
    return MODEL_DECLINED;
}

static enum model_ruling ruling_of(enum dispute_ruling ruling)
{
    return ruling == RULING_UPHELD      ? MODEL_UPHELD
           : ruling == RULING_DISMISSED ? MODEL_DISMISSED
                                        : MODEL_UNDECIDED;
}

static unsigned period_index(const struct sim *sim, struct period period)
{
    unsigned n = 0;
    while (period.code != 0 && n < MODEL_PERIODS && sim_nth_period(sim, n).code != period.code) {
        n++;
    }
    return n;
}

static struct model_claim claim_of(struct sim_node *node, const struct model_dispute *dispute)
{
    bool is_sender = dispute->sender == node->index;
    unsigned partner = is_sender ? dispute->receiver : dispute->sender;
    struct ledger_view view = sim_store_view(&node->store);
    struct dispute row;
    enum err err = ledger_get_dispute(&view, &node->sim->nodes[partner].id,
                                      is_sender ? STREAM_OUT : STREAM_IN, dispute->number, &row);
    if (err == ERR_NOT_FOUND) {
        return (struct model_claim){.is_known = false};
    }
    ASSERT(err == ERR_OK);
    return (struct model_claim){
        .is_known = true,
        .is_open = row.is_open,
        .is_opener = row.is_open && row.side == DISPUTE_OPENER,
        .was_applied = row.was_applied,
        .is_suspended = row.is_suspended,
        .stage = stage_of(row.state),
        .pending = row.pending,
        .own = ruling_of(row.own_ruling),
        .others = ruling_of(row.partner_ruling),
        .outcome = ruling_of(row.outcome),
        .points = row.claim.minor,
        .due = row.due.ms,
        .corrected_in = period_index(node->sim, row.corrected_in),
    };
}

static bool is_same(const struct model_claim *a, const struct model_claim *b)
{
    return a->is_known == b->is_known && a->is_open == b->is_open && a->stage == b->stage &&
           (!a->is_open ||
            (a->is_opener == b->is_opener && a->was_applied == b->was_applied &&
             a->is_suspended == b->is_suspended && a->pending == b->pending && a->own == b->own &&
             a->others == b->others && a->outcome == b->outcome && a->points == b->points &&
             a->due == b->due));
}

static bool check_one(struct sim_node *node, const struct model_dispute *dispute)
{
    const struct model_claim *expected = &dispute->sides[dispute->sender == node->index ? 0 : 1];
    struct model_claim claim = claim_of(node, dispute);
    return is_same(&claim, expected) ||
           sim_fail(node->sim,
                    "%s, dispute about %zu from %s to %s: open %d, stage %d, pending %d, rulings "
                    "%d %d, outcome %d, %" PRId64 " points, due %" PRId64
                    "; the model: %d, %d, %d, %d %d, %d, %" PRId64 ", %" PRId64,
                    node->id.text, dispute->number, node->sim->nodes[dispute->sender].id.text,
                    node->sim->nodes[dispute->receiver].id.text, claim.is_open, (int)claim.stage,
                    (int)claim.pending, (int)claim.own, (int)claim.others, (int)claim.outcome,
                    claim.points, claim.due, expected->is_open, (int)expected->stage,
                    (int)expected->pending, (int)expected->own, (int)expected->others,
                    (int)expected->outcome, expected->points, expected->due);
}

static void count_row(void *context, struct slice key, struct slice value)
{
    size_t *count = context;
    (void)key;
    (void)value;
    ++*count;
}

bool sim_dispute_check(struct sim_node *node)
{
    const struct model *model = node->sim->model;
    size_t expected = 0;
    size_t rows = 0;
    for (size_t i = 0; i < model->dispute_count; i++) {
        const struct model_dispute *dispute = model->disputes[i];
        bool is_ours = dispute->sender == node->index || dispute->receiver == node->index;
        if (!is_ours || !model_dispute_is_there(model, dispute)) {
            continue;
        }
        expected += dispute->sides[dispute->sender == node->index ? 0 : 1].is_known;
        if (!check_one(node, dispute)) {
            return false;
        }
    }
    sim_store_each(&node->store, TABLE_DISPUTE, count_row, &rows);
    return rows == expected || sim_fail(node->sim, "%s has %zu disputes, by the model %zu",
                                        node->id.text, rows, expected);
}

bool sim_dispute_check_pair(struct sim_node *node, unsigned partner)
{
    struct sim *sim = node->sim;
    for (size_t i = 0; i < sim->model->dispute_count; i++) {
        const struct model_dispute *dispute = sim->model->disputes[i];
        const struct model_claim *ours = &dispute->sides[0];
        const struct model_claim *theirs = &dispute->sides[1];
        bool is_both = dispute->sender == node->index && dispute->receiver == partner &&
                       model_dispute_is_there(sim->model, dispute) && !is_cut_off(sim, dispute);
        if (is_both && (ours->stage != theirs->stage || !model_stage_is_over(ours->stage) ||
                        (ours->stage == MODEL_ADJUSTED &&
                         (ours->outcome != theirs->outcome || ours->points != theirs->points ||
                          ours->is_suspended != theirs->is_suspended)))) {
            return sim_fail(sim, "%s and %s do not say the same of the dispute about %zu",
                            node->id.text, sim->nodes[partner].id.text, dispute->number);
        }
        sim->counts.disputes += is_both && ours->stage == MODEL_ADJUSTED;
        sim->counts.upheld += is_both && ours->outcome == MODEL_UPHELD;
    }
    return true;
}

/* What partners refused may be disputed, also if the node heard of it only now, since the receipt
 * came back. */
static void adopt_refusals(struct sim_node *node)
{
    struct model *model = node->sim->model;
    for (unsigned partner = 0; partner < node->sim->node_count; partner++) {
        const struct model_stream *made = &model->streams[node->index][partner];
        for (size_t i = 0; i < made->receipted; i++) {
            if (made->entries[i].verdict != VERDICT_OK) {
                model_refusal_receipted(model, i + 1, node->index, partner);
            }
        }
    }
}

/* That it knows, by the receipts that it has. */
static bool is_refusal(const struct model *model, const struct model_dispute *dispute,
                       unsigned node)
{
    const struct model_stream *made = &model->streams[dispute->sender][dispute->receiver];
    return dispute->sender == node && model_dispute_is_there(model, dispute) &&
           dispute->number <= made->receipted &&
           made->entries[dispute->number - 1].verdict != VERDICT_OK &&
           made->entries[dispute->number - 1].verdict != VERDICT_CARD_MOVED;
}

void sim_dispute_adopt(struct sim_node *node)
{
    struct model *model = node->sim->model;
    adopt_refusals(node);
    for (size_t i = 0; i < model->dispute_count; i++) {
        struct model_dispute *dispute = model->disputes[i];
        struct model_claim *side = &dispute->sides[dispute->sender == node->index ? 0 : 1];
        if (dispute->sender != node->index && dispute->receiver != node->index) {
            continue;
        }
        bool is_refused = is_refusal(model, dispute, node->index);
        *side = claim_of(node, dispute);
        if (is_refused && !side->is_known) {
            (void)sim_fail(node->sim, "%s does not know any more that %s refused entry %zu",
                           node->id.text, node->sim->nodes[dispute->receiver].id.text,
                           dispute->number);
        }
    }
}

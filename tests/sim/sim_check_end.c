/* The end of a run: all is quiet, and both sides of each pair say the same. */
#include "sim_check.h"

#include <inttypes.h>

#include "model.h"
#include "sim_dispute.h"
#include "sim_liar.h"
#include "sim_restore.h"
#include "sim_settle.h"

static struct stream stream_of(struct sim_node *node, enum stream_direction direction,
                               unsigned partner)
{
    struct ledger_view view = sim_store_view(&node->store);
    struct stream stream;
    ASSERT(ledger_get_stream(&view, &node->roster, direction, &node->sim->nodes[partner].id,
                             &stream) == ERR_OK);
    return stream;
}

static int64_t balance_of(struct sim_node *node, struct account_ref ref)
{
    struct ledger_view view = sim_store_view(&node->store);
    struct account account;
    ASSERT(ledger_get_account(&view, &ref, &account) == ERR_OK);
    return account.credit - account.debit;
}

bool sim_check_is_quiet(const struct sim *sim)
{
    if (sim->open_ops > 0) {
        return false;
    }
    for (unsigned a = 0; a < sim->node_count; a++) {
        for (unsigned b = 0; b < sim->node_count; b++) {
            const struct model_stream *stream = &sim->model->streams[a][b];
            if (a != b && !sim_check_is_lying_pair(&sim->nodes[a], b) &&
                !sim_restore_is_gone(sim, a, b) && stream->receipted < stream->count) {
                return false;
            }
        }
    }
    return true;
}

/* Both halves, from the two ledgers alone. */
static bool check_pair(struct sim_node *a, struct sim_node *b)
{
    struct stream out = stream_of(a, STREAM_OUT, b->index);
    struct stream in = stream_of(b, STREAM_IN, a->index);
    if (out.last_number != in.last_number || !hash_equal(&out.last_hash, &in.last_hash) ||
        out.receipt_number != in.receipt_number ||
        !hash_equal(&out.receipt_hash, &in.receipt_hash)) {
        return sim_fail(a->sim, "%s and %s do not hold the same stream", a->id.text, b->id.text);
    }
    for (unsigned p = 0; p < MODEL_PERIODS; p++) {
        struct account_ref theirs = {
            .kind = ACCOUNT_PAYABLE, .partner = b->id, .period = sim_nth_period(a->sim, p)};
        struct account_ref ours = {
            .kind = ACCOUNT_RECEIVABLE, .partner = a->id, .period = sim_nth_period(b->sim, p)};
        if (balance_of(a, theirs) != -balance_of(b, ours)) {
            return sim_fail(a->sim, "%s owes %" PRId64 " to %s, which expects %" PRId64, a->id.text,
                            balance_of(a, theirs), b->id.text, -balance_of(b, ours));
        }
    }
    return true;
}

/* Every balance once more, from the journal alone. */
static bool check_rebuild(struct sim_node *node)
{
    uint64_t sum = sim_store_sum(&node->store);
    sim_node_crash(node);
    sim_store_wipe(&node->store);
    sim_node_start(node);
    return node->sim->has_failed || sim_store_sum(&node->store) == sum ||
           sim_fail(node->sim, "%s: the tables made from the journal are not those that it has",
                    node->id.text);
}

/* Holds whose time has come have ended. */
static bool check_holds(struct sim *sim)
{
    size_t index = 0;
    for (struct model_op *m = NULL; (m = model_open_hold(sim->model, m, &index)) != NULL;) {
        if (m->home_hold.deliver_by < sim_node_clock(&sim->nodes[m->op->home]) - SIM_HOUR) {
            return sim_fail(sim, "%s still holds points for %zu, whose time is over",
                            sim->nodes[m->op->home].id.text, m->op->index);
        }
    }
    return true;
}

/* Everybody with whom something may be exchanged has heard all about its cards. */
static bool check_news(struct sim_node *node, unsigned partner)
{
    struct model *model = node->sim->model;
    size_t told = model->news[node->index].told[partner];
    return !model_may_send(model, node->index, partner) ||
           !model_tell(model, node->index, partner) ||
           sim_fail(node->sim, "%s did not tell %s what became of its cards: %zu of it only",
                    node->id.text, node->sim->nodes[partner].id.text, told);
}

/* Does it take the card as its home does? */
static bool takes_card_alike(unsigned partner, const struct model_member *member)
{
    return member->is_blocked_at[partner] == member->is_blocked &&
           (member->is_blocked || member->is_moved_at[partner] == member->has_moved);
}

/* Could the home of who opens the circle hear of each move in it? */
static bool can_be_opened(struct sim *sim, size_t opener)
{
    const struct model *model = sim->model;
    unsigned home = model->members[opener].home;
    for (size_t at = model->members[opener].moved_to; at != opener;
         at = model->members[at].moved_to) {
        unsigned teller = model->members[at].home;
        if (teller != home && (!model_may_send(model, teller, home) ||
                               sim_check_is_lying_pair(&sim->nodes[home], teller) ||
                               sim_restore_is_gone(sim, teller, home))) {
            return false;
        }
    }
    return true;
}

/* Nobody is sent round by moves that lead back. */
static bool check_circles(struct sim_node *node, unsigned partner)
{
    struct sim *sim = node->sim;
    const struct model *model = sim->model;
    for (size_t i = 0; i < model->member_count && model_may_send(model, partner, node->index);
         i++) {
        size_t opener = model_opener(model, node->index, i);
        if (opener != MODEL_NOBODY && model->members[opener].home == partner &&
            can_be_opened(sim, opener)) {
            return sim_fail(sim, "by what %s knows, member %zu goes round and round", node->id.text,
                            i);
        }
    }
    return true;
}

static bool check_cards(struct sim_node *node, unsigned partner)
{
    const struct model *model = node->sim->model;
    for (size_t i = 0; i < model->member_count && model_may_send(model, node->index, partner);
         i++) {
        const struct model_member *member = &model->members[i];
        bool is_ours = member->home == node->index && member->is_enrolled && !member->is_pool;
        if (is_ours && !takes_card_alike(partner, member)) {
            return sim_fail(node->sim, "%s takes the card of member %zu of %s otherwise than that",
                            node->sim->nodes[partner].id.text, i, node->id.text);
        }
    }
    return true;
}

/* A partner that leaves has left when its last period is closed. */
static bool check_parting(struct sim_node *node, unsigned partner)
{
    struct sim *sim = node->sim;
    bool leaves = sim->leaver == node->index || sim->leaver == partner;
    bool is_over = leaves && sim->closed_periods > sim->leaver_last;
    if (is_over && sim_node_knows(node, partner) && !sim_settle_is_over(node, partner)) {
        return sim_fail(sim, "%s is not done with %s, though all between them is settled",
                        node->id.text, sim->nodes[partner].id.text);
    }
    sim->counts.parted += is_over && node->index < partner;
    return true;
}

static bool check_both(struct sim_node *node, unsigned partner)
{
    struct sim *sim = node->sim;
    return node->index == partner || sim_check_is_lying_pair(node, partner) ||
           !sim->nodes[partner].has_joined || sim_restore_is_gone(sim, node->index, partner) ||
           (check_pair(node, &sim->nodes[partner]) && sim_settle_check(node, partner) &&
            sim_dispute_check_pair(node, partner) && check_news(node, partner) &&
            check_cards(node, partner) && check_circles(node, partner) &&
            check_parting(node, partner));
}

bool sim_check_all(struct sim *sim)
{
    for (unsigned a = 0; a < sim->node_count; a++) {
        if (!sim_check_node(&sim->nodes[a])) {
            return false;
        }
        for (unsigned b = 0; b < sim->node_count && sim->nodes[a].has_joined; b++) {
            if (!check_both(&sim->nodes[a], b)) {
                return false;
            }
        }
    }
    if (!check_holds(sim)) {
        return false;
    }
    for (unsigned a = 0; a < sim->node_count; a++) {
        if (sim->nodes[a].has_joined && !sim_liar_check_evidence(&sim->nodes[a])) {
            return false;
        }
    }
    for (unsigned a = 0; a < sim->node_count; a++) {
        if (sim->nodes[a].has_joined && !check_rebuild(&sim->nodes[a])) {
            return false;
        }
    }
    return true;
}

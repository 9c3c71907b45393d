/* The model of a ledger that was restored. What was cleared it knows exactly: which entries come
 * back, with which verdicts, and what each pair owes then. Of members' points, holds and sales it
 * does not say what a recovery makes of them; it takes those over as the ledger has them, and from
 * there on knows again what must come of each command. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/outbox.h"
#include "ledger/decide.h"
#include "ledger/route.h"
#include "model_dispute.h"
#include "sim_charter.h"
#include "sim_dispute.h"
#include "sim_mandates.h"
#include "sim_op.h"
#include "sim_restore.h"
#include "sim_settle.h"
#include "sim_workload.h"
#include "wire/messages.h"

static struct stream stream_of(struct sim_node *node, enum stream_direction direction,
                               unsigned partner)
{
    struct ledger_view view = sim_store_view(&node->store);
    struct stream stream;
    ASSERT(ledger_get_stream(&view, &node->roster, direction, &node->sim->nodes[partner].id,
                             &stream) == ERR_OK);
    return stream;
}

/* ---- streams ---- */

/* All that the partner holds is here again, and nothing else of it. */
static bool check_found(struct sim_node *node, unsigned partner, const struct stream *out,
                        const struct stream *in)
{
    struct sim *sim = node->sim;
    struct sim_node *other = &sim->nodes[partner];
    const struct model_stream *made = &sim->model->streams[node->index][partner];
    const struct model_stream *taken = &sim->model->streams[partner][node->index];
    if (out->last_number != made->count || in->last_number != taken->taken ||
        out->receipted_number != made->taken) {
        return sim_fail(sim,
                        "%s got back from %s: %" PRIu64 " of its %zu entries, %" PRIu64
                        " of %zu receipted; %" PRIu64 " of %zu that it took",
                        node->id.text, other->id.text, out->last_number, made->count,
                        out->receipted_number, made->taken, in->last_number, taken->taken);
    }
    struct stream theirs = other->is_up ? stream_of(other, STREAM_IN, node->index) : *out;
    if (theirs.last_number == out->last_number && !hash_equal(&theirs.last_hash, &out->last_hash)) {
        return sim_fail(sim, "%s got other entries back than %s holds", node->id.text,
                        other->id.text);
    }
    if (!sim_mandates_are_back(node, partner)) {
        return false;
    }
    node->restore->links[partner].is_lost = false;
    sim->model->streams[node->index][partner].is_recovering = false;
    sim_tell(sim, "%s has back what %s holds", node->id.text, other->id.text);
    return true;
}

static bool adopt_streams(struct sim_node *node, unsigned partner)
{
    struct sim *sim = node->sim;
    struct model_stream *made = &sim->model->streams[node->index][partner];
    const struct model_stream *taken = &sim->model->streams[partner][node->index];
    struct stream out = stream_of(node, STREAM_OUT, partner);
    struct stream in = stream_of(node, STREAM_IN, partner);
    if (out.is_frozen || in.is_frozen || out.last_number > made->count ||
        in.last_number > taken->taken || out.receipted_number > made->taken) {
        return sim_fail(sim, "%s recovers more than %s holds, or froze it: %s", node->id.text,
                        sim->nodes[partner].id.text, node->trouble);
    }
    made->receipted = out.receipted_number;
    made->back_made = out.last_number;
    made->back_taken = in.last_number;
    sim_adopt_marks(made, sim_charter_first(sim, node->index, partner), out.last_number);
    return out.is_recovering || check_found(node, partner, &out, &in);
}

/* What the two owe each other by the entries that are here. */
static void owe(int64_t *payable, int64_t *receivable, const struct model_entry *entry)
{
    switch ((int)entry->kind) {
    case ENTRY_EARN:
    case ENTRY_MOVED_LOT:
    case ENTRY_ADJUSTMENT:
    case ENTRY_BURN_ADJUSTMENT:
        payable[entry->period] += entry->points;
        break;
    case ENTRY_EARN_RETURN:
        payable[entry->period] -= entry->points;
        break;
    case ENTRY_CAPTURE:
        receivable[entry->period] += entry->points;
        break;
    case ENTRY_BURN_RETURN:
        receivable[entry->period] -= entry->points;
        break;
    default:
        break;
    }
}

static void count_pair(struct sim_node *node, unsigned partner)
{
    struct model *model = node->sim->model;
    struct model_books *books = &model->books[node->index];
    const struct model_stream *made = &model->streams[node->index][partner];
    const struct model_stream *taken = &model->streams[partner][node->index];
    uint64_t made_here = stream_of(node, STREAM_OUT, partner).last_number;
    uint64_t taken_here = stream_of(node, STREAM_IN, partner).last_number;
    memset(books->payable[partner], 0, sizeof books->payable[partner]);
    memset(books->receivable[partner], 0, sizeof books->receivable[partner]);
    memset(books->suspense[partner], 0, sizeof books->suspense[partner]);
    for (size_t i = 0; i < made_here; i++) {
        if (i >= made->receipted || made->entries[i].verdict == VERDICT_OK) {
            owe(books->payable[partner], books->receivable[partner], &made->entries[i]);
        }
    }
    for (size_t i = 0; i < taken_here; i++) {
        if (taken->entries[i].verdict == VERDICT_OK) {
            owe(books->receivable[partner], books->payable[partner], &taken->entries[i]);
        }
    }
    for (size_t i = 0; i < model->dispute_count; i++) {
        const struct model_dispute *dispute = model->disputes[i];
        bool is_sender = dispute->sender == node->index;
        if ((is_sender ? dispute->receiver : dispute->sender) == partner &&
            (is_sender ? dispute->sender : dispute->receiver) == node->index &&
            model_dispute_is_there(model, dispute)) {
            struct model_view view = model_view_of(model, dispute, is_sender);
            model_suspend_again(&view);
        }
    }
}

/* ---- what the model takes over ---- */

static unsigned index_of(const struct sim *sim, const struct partner_id *id)
{
    unsigned i = 0;
    while (!partner_id_equal(&sim->nodes[i].id, id)) {
        i++;
        ASSERT(i < sim->node_count);
    }
    return i;
}

static struct model_lot lot_of(const struct sim *sim, const struct lot_key *key, int64_t free,
                               int64_t held)
{
    return (struct model_lot){index_of(sim, &key->issuer), key->active_from.ms, key->expires_at.ms,
                              free, held};
}

/* Whose card it is; members: nobody's. */
static size_t member_of_card(const struct model *model, const struct card_number *card)
{
    size_t i = 0;
    while (i < model->member_count &&
           (card->digits[0] == '\0' || !card_number_equal(&model->members[i].card, card))) {
        i++;
    }
    return i;
}

static bool adopt_member(struct sim_node *node, struct model_member *member)
{
    static struct member row;
    struct ledger_view view = sim_store_view(&node->store);
    struct card card;
    member->count = 0;
    member->debt = 0;
    member->is_blocked = false;
    member->is_enrolled = false;
    if (member->card.digits[0] != '\0') {
        if (ledger_get_card(&view, &member->card, &card) != ERR_OK) {
            return true;
        }
        member->id = card.member;
        member->is_blocked = card.is_blocked;
    }
    if (ledger_get_member(&view, &member->id, &row) != ERR_OK) {
        return member->card.digits[0] == '\0' ||
               sim_fail(node->sim, "%s has a card without a member", node->id.text);
    }
    member->is_enrolled = true;
    member->debt = row.debt.minor;
    for (size_t i = 0; i < row.lot_count; i++) {
        const struct lot *lot = &row.lots[i];
        struct model_lot terms = lot_of(node->sim, &lot->key, 0, 0);
        model_post_lot(member, &terms, lot->free.minor, lot->held.minor);
    }
    return true;
}

static struct model_hold hold_of(const struct sim *sim, const struct hold *row)
{
    struct model_hold hold = {.state = row->state == HOLD_OPEN       ? MODEL_OPEN
                                       : row->state == HOLD_CAPTURED ? MODEL_CAPTURED
                                       : row->state == HOLD_VOIDED   ? MODEL_VOIDED
                                                                     : MODEL_EXPIRED,
                              .granted = row->granted.minor,
                              .captured = row->captured.minor,
                              .voided = row->voided.minor,
                              .returned = row->returned.minor,
                              .capture_by = row->capture_by.ms,
                              .deliver_by = row->deliver_by.ms,
                              .mandate = row->mandate,
                              .unbacked = row->unbacked.minor,
                              .lost = row->lost.minor,
                              .has_nobody = row->state == HOLD_CAPTURED && uid_is_nil(&row->member),
                              .part_count = row->lot_count};
    hold.parts = row->lot_count == 0 ? NULL : calloc(row->lot_count, sizeof *hold.parts);
    for (size_t i = 0; i < row->lot_count; i++) {
        const struct hold_lot *lot = &row->lots[i];
        hold.parts[i] =
            (struct model_part){lot_of(sim, &lot->key, 0, 0), lot->held.minor, lot->captured.minor};
    }
    return hold;
}

static struct model_sale sale_of(struct sim_node *node, const struct partner_id *issuer,
                                 const struct uid *id, size_t meant_for)
{
    struct ledger_view view = sim_store_view(&node->store);
    const struct model *model = node->sim->model;
    struct sale row;
    if (ledger_get_sale(&view, issuer, id, &row) != ERR_OK) {
        return (struct model_sale){.is_there = false, .home = MODEL_NODES};
    }
    size_t member = member_of_card(model, &row.card);
    member = member < model->member_count ? member : meant_for;
    return (struct model_sale){.is_there = true,
                               .is_reversed = row.is_reversed,
                               .amount = row.amount.minor,
                               .returned = row.returned.minor,
                               .points = row.points.minor,
                               .taken = row.taken.minor,
                               .lot = lot_of(node->sim, &row.lot, 0, 0),
                               .home = model->members[member].home,
                               .member = member};
}

/* A void says nothing of the points. What it gave back of a hold that no grant brings back, since
 * the till had stood in, nobody knows any more. */
static int64_t given_back(struct sim_node *node, const struct sim_op *hold)
{
    static struct hold row;
    struct ledger_view view = sim_store_view(&node->store);
    bool is_there = ledger_get_hold(&view, &hold->command.origin, &hold->command.transaction_id,
                                    &row) == ERR_OK;
    return is_there ? row.voided.minor : 0;
}

/* A home that was asked before another one keeps what it holds; under one id that is one hold, of
 * the member that was asked for last. */
static void adopt_former(struct sim_node *node, struct model_op *m)
{
    static struct hold row;
    struct ledger_view view = sim_store_view(&node->store);
    const struct command *c = &m->op->command;
    bool is_found = m->op->home == node->index;
    for (struct model_op *former = m->former; former != NULL; former = former->former) {
        if (former->op->home != node->index) {
            continue;
        }
        free(former->home_hold.parts);
        former->home_hold = (struct model_hold){.state = MODEL_NONE};
        former->is_decided_at_home =
            !is_found && sim_op_is_recorded(node, &c->origin, &c->transaction_id);
        if (!is_found && ledger_get_hold(&view, &c->origin, &c->transaction_id, &row) == ERR_OK &&
            row.role == HOLD_HOME) {
            former->home_hold = hold_of(node->sim, &row);
        }
        is_found = true;
    }
}

/* Of an earn, which may have gone on to another home than was meant. */
static void adopt_sale(struct sim_node *node, struct model_op *m)
{
    const struct sim_op *op = m->op;
    bool is_ours = op->shop == node->index;
    struct model_sale *known = is_ours ? &m->sale : &m->home_sale;
    struct model_sale sale =
        sale_of(node, &op->command.origin, &op->command.transaction_id, op->member);
    if (is_ours || sale.is_there || known->home == node->index) {
        *known = sale;
    }
}

/* What this node knows of the operation, as its till's or as the member's home. */
static void adopt_op(struct sim_node *node, struct model_op *m)
{
    static struct hold row;
    const struct sim_op *op = m->op;
    const struct uid *id = &op->command.transaction_id;
    struct ledger_view view = sim_store_view(&node->store);
    bool is_ours = op->shop == node->index;
    const struct partner_id *origin = &op->command.origin;
    if (op->kind == SIM_OP_EARN) {
        adopt_sale(node, m);
    }
    adopt_former(node, m);
    if (!is_ours && op->home != node->index) {
        return;
    }
    bool is_recorded = sim_op_is_recorded(node, origin, id);
    bool is_new = is_ours && is_recorded && !m->is_decided;
    *(is_ours ? &m->is_decided : &m->is_decided_at_home) = is_recorded;
    if (op->kind == SIM_OP_HOLD) {
        bool is_there = ledger_get_hold(&view, origin, id, &row) == ERR_OK;
        struct model_hold *hold = op->home == node->index ? &m->home_hold : &m->hold;
        free(hold->parts);
        *hold = is_there ? hold_of(node->sim, &row) : (struct model_hold){.state = MODEL_NONE};
        if (is_new && is_there) { /* a grant that this node had not written down yet */
            m->verdict = VERDICT_OK;
            m->points = hold->granted;
        }
    } else if (op->kind == SIM_OP_VOID && op->home != op->shop && is_recorded &&
               m->verdict == VERDICT_OK) {
        m->points = given_back(node, op->subject);
    }
}

static int64_t balance_of(struct sim_node *node, enum account_kind kind)
{
    struct ledger_view view = sim_store_view(&node->store);
    struct account_ref ref = {.kind = kind};
    struct account account;
    ASSERT(ledger_get_account(&view, &ref, &account) == ERR_OK);
    return account.credit - account.debit;
}

/* Where the node thinks that a card leads, and whose points it awaits. */
static void adopt_card(struct sim_node *node, struct model_member *member)
{
    struct ledger_view view = sim_store_view(&node->store);
    const struct model *model = node->sim->model;
    struct card_status status;
    ASSERT(ledger_get_card_status(&view, &member->card, &status) == ERR_OK);
    size_t moved_to = member_of_card(model, &status.moved_to);
    bool has_moved = moved_to < model->member_count;
    if (member->home == node->index) {
        member->has_moved = has_moved;
        member->moved_to = has_moved ? moved_to : member->moved_to;
        return;
    }
    member->is_blocked_at[node->index] = status.is_blocked;
    member->is_moved_at[node->index] = has_moved;
    member->awaited[node->index].by = member_of_card(model, &status.awaited_by);
    member->awaited[node->index].is_awaited = member->awaited[node->index].by < model->member_count;
}

static void adopt_cards(struct sim_node *node)
{
    struct model *model = node->sim->model;
    for (size_t i = 0; i < model->member_count; i++) {
        if (model->members[i].card.digits[0] != '\0') {
            adopt_card(node, &model->members[i]);
        }
    }
}

/* Cards' latest news as the ledger numbers them: those of the copy, and what partners brought back.
 * Who was told of them up to where; what is told once more does no harm. */
static void adopt_news(struct sim_node *node)
{
    static const struct partner_id all = {{0}};
    struct ledger_view view = sim_store_view(&node->store);
    struct model *model = node->sim->model;
    struct model_news *news = &model->news[node->index];
    uint64_t count;
    ASSERT(ledger_get_partner_count(&view, META_CARD_NEWS, &all, &count) == ERR_OK);
    news->count = 0;
    for (uint64_t number = 1; number <= count; number++) {
        struct ledger_key key;
        struct slice value;
        struct card_news row;
        size_t member = model->member_count;
        uint32_t op = 0;
        key_card_news(number, &key);
        if (view_get(&view, TABLE_CARD_NEWS, &key, &value) == ERR_OK) {
            ASSERT(card_news_decode(value, &row) == ERR_OK);
            member = member_of_card(model, &row.card);
            op = get_u32_be(row.transaction_id.bytes + 12);
        }
        model_add_news(news, member < model->member_count ? member : MODEL_NOBODY, op);
    }
    for (unsigned i = 0; i < node->sim->node_count; i++) {
        ASSERT(ledger_get_partner_count(&view, META_NEWS_TOLD, &node->sim->nodes[i].id, &count) ==
               ERR_OK);
        news->told[i] = count;
    }
}

/* Nothing of pools is cleared: they are as in the copy. */
static void adopt_pools(struct sim_node *node)
{
    static struct member row;
    struct ledger_view view = sim_store_view(&node->store);
    struct model *model = node->sim->model;
    for (size_t i = model->place_count; i > 0; i--) {
        if (model->members[model->places[i - 1].pool].home == node->index) {
            model_leave(model, model->places[i - 1].pool, model->places[i - 1].member);
        }
    }
    for (size_t p = 0; p < model->member_count; p++) {
        struct model_member *pool = &model->members[p];
        if (pool->home != node->index || !pool->is_pool || !pool->is_enrolled) {
            continue;
        }
        pool->is_closed = ledger_get_member(&view, &pool->id, &row) == ERR_OK && row.is_erased;
        for (size_t m = 0; m < model->member_count; m++) {
            const struct model_member *member = &model->members[m];
            if (member->home == node->index && member->is_enrolled && !member->is_pool &&
                ledger_get_pool_member(&view, &pool->id, &member->id) == ERR_OK) {
                model_enter(model, p, m);
            }
        }
    }
}

/* What one partner brings back may have to go on to another, which has shown all. */
static void adopt_entry(struct sim_node *node, unsigned partner, const struct clearing_entry *said)
{
    struct model *model = node->sim->model;
    size_t index = get_u32_be(said->transaction_id.bytes + 12);
    bool is_known =
        index < model->op_count && model->ops[index] != NULL &&
        uid_equal(&model->ops[index]->op->command.transaction_id, &said->transaction_id);
    struct model_op *m = model->ops[is_known ? index : 0];
    struct sim_op op = *m->op;
    struct model_op sender = {.op = &op};
    op.shop = node->index;
    op.home = partner;
    op.business_ms = said->business_time.ms;
    op.member = member_of_card(model, &said->card);
    struct model_entry *entry = model_send_entry(model, &sender, said->kind, said->points.minor);
    if (said->kind == ENTRY_MOVED_LOT) {
        entry->lot = (struct model_lot){index_of(node->sim, &said->issuer), said->active_from.ms,
                                        said->expires_at.ms, said->points.minor, 0};
    }
}

static void adopt_written(struct sim_node *node, unsigned partner)
{
    struct peer_host host = sim_node_host(node);
    const struct model_stream *made = &node->sim->model->streams[node->index][partner];
    struct outbox_reader outbox;
    struct outbox_entry found;
    struct clearing_entry entry;
    if (made->is_recovering || sim_restore_is_gone(node->sim, node->index, partner)) {
        return;
    }
    outbox_reader_init(&outbox, engine_journal(host.engine), host.view);
    while (made->count < stream_of(node, STREAM_OUT, partner).last_number) {
        ASSERT(outbox_read(&outbox, &node->sim->nodes[partner].id, made->count + 1, &found) ==
                   ERR_OK &&
               wire_entry_decode(found.bytes, &entry, NULL) == ERR_OK);
        adopt_entry(node, partner, &entry);
    }
    outbox_reader_fini(&outbox);
}

/* ---- the whole ---- */

/* The office sees a partner whose period is still open, and closes it again. */
static void close_again(struct sim_node *node)
{
    struct sim *sim = node->sim;
    for (unsigned n = 0; n < sim->closed_periods; n++) {
        bool is_open = false;
        for (unsigned i = 0; i < sim->node_count; i++) {
            is_open =
                is_open || (i != node->index && sim->model->streams[node->index][i].period <= n);
        }
        if (is_open) {
            sim_step_close(sim, node->index, n, (int64_t)(n + 1) * SIM_MINUTE);
        }
    }
}

bool sim_adopt(struct sim_node *node)
{
    struct sim *sim = node->sim;
    struct model *model = sim->model;
    if (!sim_restore_is_stale(node) || !node->is_up) {
        return !sim->has_failed;
    }
    bool was_lost = false;
    bool is_lost = false;
    node->restore->is_stale = false;
    for (unsigned i = 0; i < sim->node_count; i++) {
        if (i == node->index) {
            continue;
        }
        was_lost = was_lost || node->restore->links[i].is_lost;
        if (node->restore->links[i].is_lost && !adopt_streams(node, i)) {
            return false;
        }
        adopt_written(node, i);
        is_lost = is_lost || node->restore->links[i].is_lost;
    }
    sim_dispute_adopt(node);
    for (unsigned i = 0; i < sim->node_count; i++) {
        if (i != node->index) {
            count_pair(node, i);
        }
    }
    for (size_t i = 0; i < model->member_count; i++) {
        if (model->members[i].home == node->index && !adopt_member(node, &model->members[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < model->op_count; i++) {
        if (model->ops[i] != NULL) {
            adopt_op(node, model->ops[i]);
        }
    }
    adopt_pools(node);
    adopt_cards(node);
    adopt_news(node);
    sim_mandates_adopt(node);
    model->first_due[node->index] = 0;
    model->books[node->index].issued = -balance_of(node, ACCOUNT_ISSUED);
    model->books[node->index].redeemed = balance_of(node, ACCOUNT_REDEEMED);
    model->books[node->index].adjustment = -balance_of(node, ACCOUNT_ADJUSTMENT);
    if (was_lost && !is_lost) {
        close_again(node);
    }
    return true;
}

/* Who belongs to the coalition, as each brand has heard; and what they are told of each other's
 * cards, those that join later, too. */
#include <stdlib.h>

#include "model.h"

void model_join(struct model *model, unsigned node, unsigned first_period)
{
    for (unsigned i = 0; i < model->node_count; i++) {
        model->streams[node][i].period = first_period;
        model->streams[i][node].period = first_period;
    }
}

/* Of the pair, the sooner of the two. */
static unsigned last_period(const struct model_roster *roster, unsigned node, unsigned partner)
{
    unsigned own = roster->last_period[node];
    unsigned theirs = roster->last_period[partner];
    return own < theirs ? own : theirs;
}

bool model_is_leaving(const struct model *model, unsigned node, unsigned partner)
{
    return last_period(&model->rosters[node], node, partner) != MODEL_STAYS;
}

bool model_is_over(const struct model *model, unsigned node, unsigned partner, unsigned period)
{
    return !model->rosters[node].is_known[partner] ||
           period > last_period(&model->rosters[node], node, partner);
}

bool model_may_send(const struct model *model, unsigned node, unsigned partner)
{
    const struct model_stream *stream = &model->streams[node][partner];
    return !stream->is_frozen_out && !stream->is_recovering &&
           !model_is_over(model, node, partner, stream->period);
}

enum verdict model_may_begin(const struct model *model, unsigned node, unsigned partner)
{
    if (!model->rosters[node].is_known[partner]) {
        return VERDICT_PARTNER_UNKNOWN;
    }
    return model_is_leaving(model, node, partner) ? VERDICT_PARTNER_LEFT : VERDICT_OK;
}

enum verdict model_may_clear(struct model *model, const struct sim_op *op, bool is_new)
{
    const struct model_stream *stream = &model->streams[op->shop][op->home];
    if (op->home == op->shop) {
        return VERDICT_OK;
    }
    if (!model_may_send(model, op->shop, op->home)) {
        return stream->is_frozen_out ? VERDICT_STREAM_FROZEN : VERDICT_PARTNER_LEFT;
    }
    size_t room = model->outbox + (is_new ? 0 : model->outbox / 4);
    if (model->outbox > 0 && stream->count - stream->receipted >= room) {
        model->no_room++;
        return VERDICT_OUTBOX_FULL;
    }
    return VERDICT_OK;
}

bool model_may_come_back(const struct model *model, const struct sim_op *op, bool is_here)
{
    for (unsigned i = 0; i < model->node_count; i++) {
        const struct model_stream *stream = &model->streams[op->shop][i];
        bool is_asked = model->rosters[op->shop].is_known[i] && (!is_here || i == op->home);
        if (i != op->shop && is_asked && stream->is_recovering && !stream->is_frozen_out) {
            return true;
        }
    }
    return false;
}

/* ---- News of cards ---- */

void model_add_news(struct model_news *news, size_t member, size_t op)
{
    if (news->count == news->room) {
        news->room = news->room == 0 ? 16 : news->room * 2;
        news->list = realloc(news->list, news->room * sizeof *news->list);
        ASSERT(news->list != NULL);
    }
    news->list[news->count].member = member;
    news->list[news->count].op = op;
    news->count++;
}

/* A card's latest news, whatever it was when it was announced. */
static void send(struct model *model, const struct sim_op *cause, unsigned node, size_t index,
                 unsigned partner)
{
    const struct model_member *member = &model->members[index];
    struct sim_op op = *cause;
    struct model_op entry = {.op = &op};
    op.shop = node;
    op.home = partner;
    op.member = index;
    (void)model_send_entry(model, &entry,
                           member->is_blocked  ? ENTRY_CARD_BLOCK
                           : member->has_moved ? ENTRY_CARD_MOVED
                                               : ENTRY_CARD_UNBLOCK,
                           0);
}

void model_announce_to(struct model *model, const struct model_op *m, unsigned first)
{
    struct model_news *news = &model->news[m->op->shop];
    model_add_news(news, m->op->member, m->op->index);
    for (unsigned partner = 0; partner < model->node_count; partner++) {
        bool is_current = news->told[partner] == news->count - 1;
        if (partner == m->op->shop || !model_may_send(model, m->op->shop, partner)) {
            continue;
        }
        if (is_current || partner == first) {
            send(model, m->op, m->op->shop, m->op->member, partner);
        }
        news->told[partner] += is_current;
    }
}

void model_announce(struct model *model, const struct model_op *m)
{
    model_announce_to(model, m, MODEL_NODES);
}

static bool has_later(const struct model_news *news, size_t at)
{
    if (news->list[at].member == MODEL_NOBODY) {
        return true;
    }
    for (size_t i = at + 1; i < news->count; i++) {
        if (news->list[i].member == news->list[at].member) {
            return true;
        }
    }
    return false;
}

bool model_tell(struct model *model, unsigned node, unsigned partner)
{
    struct model_news *news = &model->news[node];
    size_t *told = &news->told[partner];
    while (*told < news->count && has_later(news, *told)) {
        ++*told;
    }
    if (*told == news->count) {
        return false;
    }
    const struct model_op *cause = model->ops[news->list[*told].op];
    send(model, cause->op, node, news->list[*told].member, partner);
    ++*told;
    return true;
}

/* What brands owe each other and have not settled, from the entries themselves; and the cap on it.
 */
#include "model_dispute.h"

/* Minor units of money for 100 points: what an issuer pays the home, what a home pays the
 * redeemer. */
#define ISSUE_PRICE      100
#define REDEMPTION_PRICE 90

/* The entry's sender owes for it, or, when negative, is owed. */
static void add(struct model_exposure *sum, enum entry_kind kind, int64_t points)
{
    switch (kind) {
    case ENTRY_EARN:
    case ENTRY_MOVED_LOT:
    case ENTRY_ADJUSTMENT:
        sum->earned += points;
        break;
    case ENTRY_EARN_RETURN:
        sum->earned -= points;
        break;
    case ENTRY_BURN_RETURN:
    case ENTRY_BURN_ADJUSTMENT:
        sum->redeemed += points;
        break;
    case ENTRY_CAPTURE:
        sum->redeemed -= points;
        break;
    case ENTRY_VOID:
    case ENTRY_PERIOD_MARK:
    case ENTRY_CARD_BLOCK:
    case ENTRY_CARD_UNBLOCK:
    case ENTRY_CARD_MOVED:
    case ENTRY_DISPUTE_OPENED:
    case ENTRY_DISPUTE_ANSWERED:
    case ENTRY_DISPUTE_ESCALATED:
    case ENTRY_DISPUTE_RULED:
    case ENTRY_FUNDING:
    case ENTRY_FUNDING_RETURN:
    case ENTRY_PROMOTION:
    case ENTRY_PROMOTION_RETURN:
    case ENTRY_BLOCK_BOUGHT:
    case ENTRY_BLOCK_ENDED:
    case ENTRY_KIND_END:
        break;
    }
}

struct model_exposure model_exposure(const struct model *model, unsigned node, unsigned partner)
{
    const struct model_stream *out = &model->streams[node][partner];
    const struct model_stream *in = &model->streams[partner][node];
    const bool *is_agreed = model->is_agreed[node][partner];
    size_t made = out->is_recovering ? out->back_made : out->count;
    size_t taken = out->is_recovering ? out->back_taken : in->taken;
    struct model_exposure sum = {0, 0, 0};
    for (size_t i = 0; i < made; i++) {
        const struct model_entry *entry = &out->entries[i];
        bool is_reversed = i < out->receipted && entry->verdict != VERDICT_OK;
        if (!is_reversed) {
            add(&sum, entry->kind, model_owed_of(entry, true, is_agreed[entry->period]));
        }
    }
    for (size_t i = 0; i < taken; i++) {
        const struct model_entry *entry = &in->entries[i];
        if (entry->verdict == VERDICT_OK) {
            add(&sum, entry->kind, -model_owed_of(entry, false, is_agreed[entry->period]));
        }
    }
    size_t index = 0;
    for (struct model_op *m = NULL; (m = model_open_hold(model, m, &index)) != NULL;) {
        if (m->op->home == node && m->op->shop == partner) {
            sum.promised += model_left(&m->home_hold);
        }
    }
    return sum;
}

/* Away from zero. */
static int64_t worth(int64_t points, int64_t price)
{
    int64_t product = points * price;
    return product >= 0 ? (product + 99) / 100 : -((-product + 99) / 100);
}

static int64_t owed(const struct model_exposure *sum)
{
    return worth(sum->earned, ISSUE_PRICE) + worth(sum->redeemed, REDEMPTION_PRICE);
}

bool model_owes_too_much(const struct model *model, unsigned node, unsigned partner, int64_t earned,
                         int64_t promised)
{
    if (model->cap == 0) {
        return false;
    }
    struct model_exposure sum = model_exposure(model, node, partner);
    sum.earned += earned;
    sum.promised += promised;
    return owed(&sum) + worth(sum.promised, REDEMPTION_PRICE) > model->cap;
}

bool model_is_owed_too_much(const struct model *model, unsigned receiver, unsigned sender)
{
    if (model->cap == 0) {
        return false;
    }
    struct model_exposure sum = model_exposure(model, receiver, sender);
    return -owed(&sum) > model->cap;
}

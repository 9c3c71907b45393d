/* What the home makes of another brand's entries, and the shop of the home's receipts. */
#include "model.h"
#include "model_dispute.h"

static struct model_member *member_of(struct model *model, const struct sim_op *op)
{
    return &model->members[op->member];
}

static enum verdict take_earn(struct model *model, struct model_op *m,
                              const struct model_entry *entry, unsigned sender, unsigned receiver,
                              int64_t now)
{
    struct model_member *member = &model->members[entry->member];
    if (!member->is_enrolled) {
        return VERDICT_CARD_UNKNOWN;
    }
    if (member->is_blocked) {
        return VERDICT_CARD_BLOCKED;
    }
    if (member->has_moved) {
        return VERDICT_CARD_MOVED;
    }
    if (m->home_sale.is_there && m->home_sale.home == receiver) {
        model->sent_twice++;
        return VERDICT_SALE_EXISTS;
    }
    if (model_is_owed_too_much(model, receiver, sender)) {
        model->capped++;
        return VERDICT_NET_DEBIT_CAP;
    }
    m->home_sale = m->sale;
    m->home_sale.points = entry->points;
    m->home_sale.taken = 0;
    m->home_sale.home = receiver;
    m->home_sale.member = entry->member;
    if (m->home_sale.lot.active_from <= now) {
        m->home_sale.lot.active_from = 0;
    }
    model_settle(model, member, now);
    model_give(model, member, &m->home_sale.lot, entry->points, now);
    model->books[receiver].receivable[sender][entry->period] += entry->points;
    return VERDICT_OK;
}

static enum verdict take_earn_return(struct model *model, const struct model_entry *entry,
                                     const struct sim_op *op, unsigned receiver, int64_t now)
{
    struct model_sale *sale = &model_op_of(model, op->subject)->home_sale;
    if (!sale->is_there || sale->home != receiver) {
        return VERDICT_SALE_UNKNOWN;
    }
    if (entry->points > sale->points - sale->taken) {
        return VERDICT_RETURN_EXCEEDS_SALE;
    }
    struct model_member *member = &model->members[sale->member];
    model_settle(model, member, now);
    int64_t lost = model_take_back(model, member, &sale->lot, entry->points);
    model->books[receiver].adjustment += lost;
    model->books[receiver].receivable[op->shop][entry->period] -= entry->points;
    sale->taken += entry->points;
    return VERDICT_OK;
}

static enum verdict take_capture(struct model *model, const struct model_entry *entry,
                                 const struct sim_op *op, int64_t now)
{
    struct model_op *subject = model_op_of(model, op->subject);
    struct model_hold *held = &subject->home_hold;
    if (!uid_is_nil(&subject->hold.mandate) &&
        (held->state == MODEL_NONE || model_may_stand_in(held))) {
        return model_stand_in_capture(model, entry, op, now);
    }
    if (held->state == MODEL_NONE) {
        return VERDICT_HOLD_UNKNOWN;
    }
    if (held->state != MODEL_OPEN) {
        return VERDICT_HOLD_ENDED;
    }
    if (entry->points > model_left(held)) {
        return VERDICT_HOLD_EXCEEDED;
    }
    if (entry->business_ms > held->capture_by &&
        model_judge_stand_in(model, entry, op) != VERDICT_OK) {
        return VERDICT_CAPTURE_TOO_LATE;
    }
    model_settle(model, member_of(model, op), now);
    model_capture(member_of(model, op), held, entry->points);
    model->books[op->home].payable[op->shop][entry->period] += entry->points;
    return VERDICT_OK;
}

static enum verdict take_void(struct model *model, const struct sim_op *op, int64_t now)
{
    struct model_op *subject = model_op_of(model, op->kind == SIM_OP_HOLD ? op : op->subject);
    struct model_hold *held = &subject->home_hold;
    if (held->state == MODEL_NONE) { /* before the request, or instead of it */
        held->state = MODEL_VOIDED;
        return VERDICT_OK;
    }
    if (!uid_is_nil(&subject->hold.mandate) && model_may_stand_in(held)) {
        return VERDICT_OK;
    }
    if (held->state != MODEL_OPEN) {
        return VERDICT_HOLD_ENDED;
    }
    model_settle(model, member_of(model, op), now);
    model_release(model, member_of(model, op), held, MODEL_VOIDED, now);
    return VERDICT_OK;
}

static enum verdict take_burn_return(struct model *model, const struct model_entry *entry,
                                     const struct sim_op *op, int64_t now)
{
    struct model_hold *held = &model_op_of(model, op->subject)->home_hold;
    if (held->state == MODEL_NONE) {
        return VERDICT_HOLD_UNKNOWN;
    }
    if (entry->points > held->captured - held->returned) {
        return VERDICT_RETURN_EXCEEDS_SALE;
    }
    if (!held->has_nobody) {
        model_settle(model, member_of(model, op), now);
    }
    model_refund(model, member_of(model, op), held, entry->points, now);
    if (!held->has_nobody) {
        model_forward(model, model_op_of(model, op), op->member);
    }
    model->books[op->home].payable[op->shop][entry->period] -= entry->points;
    return VERDICT_OK;
}

void model_take_entry(struct model *model, unsigned sender, unsigned receiver, int64_t now)
{
    struct model_stream *stream = &model->streams[sender][receiver];
    ASSERT(stream->taken < stream->count);
    struct model_entry *entry = &stream->entries[stream->taken++];
    struct model_op *m = model->ops[entry->op];
    entry->taken_ms = now;
    if (entry->kind != ENTRY_PERIOD_MARK && model_is_over(model, receiver, sender, entry->period)) {
        entry->verdict = VERDICT_PARTNER_LEFT;
        return;
    }
    switch (entry->kind) {
    case ENTRY_EARN:
        entry->verdict = take_earn(model, m, entry, sender, receiver, now);
        break;
    case ENTRY_EARN_RETURN:
        entry->verdict = take_earn_return(model, entry, m->op, receiver, now);
        break;
    case ENTRY_CAPTURE:
        entry->verdict = take_capture(model, entry, m->op, now);
        break;
    case ENTRY_VOID:
        entry->verdict = take_void(model, m->op, now);
        break;
    case ENTRY_BURN_RETURN:
        entry->verdict = take_burn_return(model, entry, m->op, now);
        break;
    case ENTRY_PERIOD_MARK:
        break;
    case ENTRY_CARD_BLOCK:
        model->members[entry->member].is_blocked_at[receiver] = true;
        break;
    case ENTRY_CARD_UNBLOCK:
        model_take_back_card(model, entry, receiver, now);
        break;
    case ENTRY_CARD_MOVED:
        model_take_move(model, entry, receiver);
        break;
    case ENTRY_MOVED_LOT:
        entry->verdict = model_take_moved(model, entry, sender, receiver, now);
        break;
    case ENTRY_ADJUSTMENT:
    case ENTRY_DISPUTE_OPENED:
    case ENTRY_DISPUTE_ANSWERED:
    case ENTRY_DISPUTE_ESCALATED:
    case ENTRY_DISPUTE_RULED:
    case ENTRY_BURN_ADJUSTMENT:
        entry->verdict = model_take_step(model, entry, sender, receiver, now);
        break;
    case ENTRY_FUNDING:
    case ENTRY_FUNDING_RETURN:
    case ENTRY_PROMOTION:
    case ENTRY_PROMOTION_RETURN:
    case ENTRY_BLOCK_BOUGHT:
    case ENTRY_BLOCK_ENDED:
    case ENTRY_KIND_END:
        ASSERT(false);
    }
    if (entry->verdict == VERDICT_OK) {
        stream->totals[entry->kind].count++;
        stream->totals[entry->kind].points += entry->points;
    }
}

/* ---- What the shop makes of receipts ---- */

static void reverse_earn(struct model *model, struct model_op *m, const struct model_entry *entry,
                         unsigned receiver, int64_t now)
{
    struct model_books *books = &model->books[m->op->shop];
    books->payable[receiver][entry->period] -= entry->points;
    books->issued -= entry->points;
    if (m->sale.home != receiver || entry->verdict == VERDICT_SALE_EXISTS) {
        return; /* it has gone on, or is there already */
    }
    m->sale.is_reversed =
        entry->verdict != VERDICT_CARD_MOVED || !model_resend_earn(model, m, entry, receiver, now);
}

static void reverse_earn_return(struct model *model, struct model_op *m,
                                const struct model_entry *entry, unsigned receiver, int64_t now)
{
    struct model_books *books = &model->books[m->op->shop];
    struct model_sale *sale = &model_op_of(model, m->op->subject)->sale;
    books->payable[receiver][entry->period] += entry->points;
    books->issued += entry->points;
    if (sale->home == receiver || !model_resend_return(model, m, entry, now)) {
        sale->taken -= entry->points;
        sale->returned -= m->amount;
    }
}

static void reverse(struct model *model, const struct model_entry *entry, unsigned sender,
                    unsigned receiver, int64_t now)
{
    struct model_op *m = model->ops[entry->op];
    struct model_books *books = &model->books[sender];
    struct model_op *subject = m->op->subject == NULL ? NULL : model_op_of(model, m->op->subject);
    switch (entry->kind) {
    case ENTRY_EARN:
        reverse_earn(model, m, entry, receiver, now);
        break;
    case ENTRY_EARN_RETURN:
        reverse_earn_return(model, m, entry, receiver, now);
        break;
    case ENTRY_CAPTURE:
        books->receivable[receiver][entry->period] -= entry->points;
        books->redeemed -= entry->points;
        subject->hold.captured -= entry->points;
        subject->hold.voided += entry->points;
        break;
    case ENTRY_BURN_RETURN:
        books->receivable[receiver][entry->period] += entry->points;
        books->redeemed += entry->points;
        subject->hold.returned -= entry->points;
        break;
    case ENTRY_MOVED_LOT:
        model_give_back_moved(model, entry, sender, receiver, now);
        break;
    case ENTRY_VOID:
    case ENTRY_ADJUSTMENT:
    case ENTRY_PERIOD_MARK:
    case ENTRY_CARD_BLOCK:
    case ENTRY_CARD_UNBLOCK:
    case ENTRY_CARD_MOVED:
    case ENTRY_DISPUTE_OPENED:
    case ENTRY_DISPUTE_ANSWERED:
    case ENTRY_DISPUTE_ESCALATED:
    case ENTRY_DISPUTE_RULED:
    case ENTRY_BURN_ADJUSTMENT:
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

void model_take_receipt(struct model *model, unsigned sender, unsigned receiver, int64_t now)
{
    struct model_stream *stream = &model->streams[sender][receiver];
    ASSERT(stream->receipted < stream->taken);
    const struct model_entry entry = stream->entries[stream->receipted++];
    if (entry.verdict != VERDICT_OK) {
        model_refusal_receipted(model, stream->receipted, sender, receiver);
        reverse(model, &entry, sender, receiver, now);
    }
    if (entry.disputed != 0) {
        model_step_receipted(model, &entry, sender, receiver, now);
    }
}

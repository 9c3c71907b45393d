/* What comes from partners: their entries, and their answers to ours. */
#include "model_parts.h"

#include <string.h>

static enum verdict take_earn(struct model *m, int sender, const struct clearing_entry *entry)
{
    struct model_key lot = {sender, entry->tariff, entry->active_from.ms, entry->expires_at.ms, 0};
    int index;
    enum verdict verdict = model_judge_card(m, &entry->card, &index);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (model_sale(m, sender, &entry->transaction_id) != NULL) {
        return VERDICT_SALE_EXISTS;
    }
    size_t block;
    verdict = model_judge_draw(m, sender, entry, &block);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    int64_t *given = &m->given[sender][entry->tariff];
    if (entry->points.minor > LIMIT_POINTS_PER_PARTNER - *given) {
        return VERDICT_POINTS_TOO_LARGE;
    }
    if (block == 0 &&
        !model_may_be_owed(m, sender, entry->points.minor * model_issue_price(m, entry->tariff))) {
        return VERDICT_NET_DEBIT_CAP;
    }
    struct model_member *member = &m->members[index];
    struct model_member settled = *member;
    (void)model_settle_at(m, &settled, m->now);
    lot = model_partner_key(m, &settled, lot);
    if (!model_has_partner_room(&settled, lot, entry->points.minor, m->now)) {
        return VERDICT_TOO_MANY_LOTS;
    }
    model_settle(m, member);
    if (!model_has_room(m, member, lot, entry->points.minor)) {
        return VERDICT_TOO_MANY_LOTS;
    }
    *given += entry->points.minor;
    model_change_block(m, block, -entry->points.minor);
    model_active(m, index);
    model_give(m, member, lot, entry->points.minor);
    model_post(m, ACCOUNT_RECEIVABLE, ACCOUNT_AVAILABLE, sender, entry->period,
               entry->points.minor);
    ASSERT(m->sale_count < MODEL_SALES);
    m->sales[m->sale_count++] = (struct model_sale){.issuer = sender,
                                                    .id = entry->transaction_id,
                                                    .card = entry->card,
                                                    .member = index,
                                                    .points = entry->points.minor,
                                                    .lot = lot,
                                                    .block = block};
    model_touch(m, index);
    return VERDICT_OK;
}

static enum verdict take_earn_return(struct model *m, int sender,
                                     const struct clearing_entry *entry,
                                     struct model_answer *answer)
{
    struct model_sale *sale = model_sale(m, sender, &entry->subject);
    int64_t points = entry->points.minor;
    if (sale == NULL) {
        return VERDICT_SALE_UNKNOWN;
    }
    if (entry->tariff != sale->lot.tariff) {
        return VERDICT_NOT_AGREED;
    }
    if (points > sale->points - sale->taken) {
        return VERDICT_RETURN_EXCEEDS_SALE;
    }
    sale->taken += points;
    model_change_block(m, sale->block, points);
    int index = model_follow(m, sale->member);
    model_settle(m, &m->members[index]);
    model_take(m, &m->members[index], &sale->lot, points,
               (struct model_sink){ACCOUNT_RECEIVABLE, sender, entry->period}, answer);
    model_touch(m, index);
    return VERDICT_OK;
}

static enum verdict take_burn(struct model *m, int sender, const struct clearing_entry *entry,
                              struct model_answer *answer)
{
    struct model_hold *hold = model_hold(m, sender, &entry->subject);
    bool stands_in = !uid_is_nil(&entry->mandate) && (hold == NULL || model_may_stand_in(hold));
    int64_t points = entry->points.minor;
    if (entry->kind != ENTRY_VOID && hold != NULL && hold->tariff != 0 &&
        hold->tariff != entry->tariff) {
        return VERDICT_NOT_AGREED;
    }
    if (entry->kind == ENTRY_CAPTURE && stands_in) {
        return model_stand_in_capture(m, sender, hold, entry, answer);
    }
    if (entry->kind == ENTRY_VOID && (hold == NULL || stands_in)) {
        hold = hold == NULL ? model_entry_hold(m, sender, entry) : hold;
        hold->is_voided = hold->is_voided || hold->captured + hold->granted == 0;
        return VERDICT_OK;
    }
    if (hold == NULL) {
        return VERDICT_HOLD_UNKNOWN;
    }
    model_touch(m, model_follow(m, hold->member));
    if (entry->kind == ENTRY_BURN_RETURN) {
        if (points > hold->captured - hold->returned) {
            return VERDICT_RETURN_EXCEEDS_SALE;
        }
        enum verdict verdict = model_refund(m, hold, points);
        if (verdict == VERDICT_OK) {
            model_post(m, ACCOUNT_PAYABLE, ACCOUNT_AVAILABLE, sender, entry->period, points);
        }
        return verdict;
    }
    if (hold->has_ended) {
        return VERDICT_HOLD_ENDED;
    }
    if (entry->kind == ENTRY_VOID) {
        model_release(m, hold);
        hold->is_voided = true;
        return VERDICT_OK;
    }
    if (points > hold->left) {
        return VERDICT_HOLD_EXCEEDED;
    }
    /* After T2 it is honoured for as long as the points are still there. */
    if (entry->business_time.ms > hold->capture_by &&
        !model_mandate_allows(m, sender, hold, entry)) {
        return VERDICT_CAPTURE_TOO_LATE;
    }
    hold->tariff = entry->tariff;
    model_capture(m, hold, points);
    model_post(m, ACCOUNT_HELD, ACCOUNT_PAYABLE, sender, entry->period, points);
    return VERDICT_OK;
}

enum verdict model_step_take_entry(struct model *m, const struct command *command,
                                   struct model_answer *answer)
{
    const struct clearing_entry *entry = &command->take_entry.entry;
    int sender = model_partner(m, &command->take_entry.sender);
    if (entry->kind != ENTRY_PERIOD_MARK && roster_tariff(m->roster, entry->tariff) == NULL) {
        return VERDICT_TARIFF_UNKNOWN;
    }
    enum verdict verdict = VERDICT_OK;
    if (entry->kind == ENTRY_EARN &&
        (entry->tariff == MODEL_PREPAID) != !uid_is_nil(&entry->subject)) {
        return VERDICT_TARIFF_NOT_IN_FORCE;
    }
    switch (entry->kind) {
    case ENTRY_EARN:
        verdict = take_earn(m, sender, entry);
        break;
    case ENTRY_EARN_RETURN:
        verdict = take_earn_return(m, sender, entry, answer);
        break;
    case ENTRY_CAPTURE:
    case ENTRY_VOID:
    case ENTRY_BURN_RETURN:
        verdict = take_burn(m, sender, entry, answer);
        break;
    case ENTRY_ADJUSTMENT:
        verdict = VERDICT_NOT_AGREED;
        break;
    case ENTRY_CARD_BLOCK:
    case ENTRY_CARD_UNBLOCK:
    case ENTRY_CARD_MOVED:
        verdict = model_take_news(m, sender, entry);
        break;
    case ENTRY_MOVED_LOT:
        verdict = model_take_moved_lot(m, sender, entry);
        break;
    case ENTRY_FUNDING:
    case ENTRY_FUNDING_RETURN:
    case ENTRY_PROMOTION:
    case ENTRY_PROMOTION_RETURN:
        verdict = entry->promotion == 0 ? model_take_funding(m, entry)
                                        : model_take_promotion(m, sender, entry);
        break;
    case ENTRY_BLOCK_BOUGHT:
    case ENTRY_BLOCK_ENDED:
        verdict = model_take_block(m, sender, entry);
        break;
    case ENTRY_PERIOD_MARK:
        m->in_period[sender] = period_next(m->in_period[sender]);
        break;
    case ENTRY_DISPUTE_OPENED:
    case ENTRY_DISPUTE_ANSWERED:
    case ENTRY_DISPUTE_ESCALATED:
    case ENTRY_DISPUTE_RULED:
    case ENTRY_BURN_ADJUSTMENT:
    case ENTRY_KIND_END:
        ASSERT(false);
    }
    answer->points = verdict == VERDICT_OK ? entry->points.minor : 0;
    if (verdict == VERDICT_OK) {
        model_owe_taken(m, sender, entry);
    }
    return verdict;
}

/* By the return of this id; 0 when that is forgotten. */
static int64_t amount_returned(const struct model *m, const struct uid *id)
{
    for (size_t i = 0; i < m->command_count; i++) {
        const struct model_command *known = &m->commands[i];
        if (!known->is_forgotten && known->command.kind == COMMAND_RETURN_SALE &&
            uid_equal(&known->command.transaction_id, id)) {
            return known->answer.amount;
        }
    }
    return 0;
}

/* Does the return go to where its sale is now? */
static bool goes_on(struct model *m, int partner, struct model_sale *sale,
                    const struct model_entry *entry, struct model_answer *answer)
{
    uint32_t tariff = entry->lot.tariff == 0 ? 1 : entry->lot.tariff;
    if (sale->home != partner) {
        return model_resend_return(m, sale, entry, answer);
    }
    return tariff != sale->lot.tariff && model_resend_undrawn(m, sale, entry);
}

/* A refused entry is as if it had not been sent, in the period it was sent in. */
static void reverse(struct model *m, int partner, const struct model_entry *entry,
                    const struct receipted_entry *refused, struct model_answer *answer)
{
    struct model_hold *hold = model_hold(m, 0, &entry->subject);
    struct model_sale *sale =
        model_sale(m, 0, entry->kind == ENTRY_EARN ? &entry->transaction_id : &entry->subject);
    int64_t points = entry->points;
    model_owe_reversed(m, partner, entry->number);
    switch (entry->kind) {
    case ENTRY_EARN:
        model_post(m, ACCOUNT_PAYABLE, ACCOUNT_ISSUED, partner, entry->period, points);
        model_change_block(m, sale->block, sale->points - sale->taken);
        sale->block = 0;
        sale->is_reversed =
            verdict_is_of_block(refused->verdict)
                ? !model_resend_undrawn(m, sale, entry)
                : refused->verdict != VERDICT_CARD_MOVED ||
                      !model_resend_earn(m, partner, sale, entry, &refused->moved_to);
        if (sale->is_reversed && sale->is_promoted) {
            model_promote(m, sale->taken - sale->points);
        }
        break;
    case ENTRY_EARN_RETURN:
        model_post(m, ACCOUNT_ISSUED, ACCOUNT_PAYABLE, partner, entry->period, points);
        if (!goes_on(m, partner, sale, entry, answer)) {
            sale->taken -= points;
            model_change_block(m, sale->block, -points);
            sale->returned -= amount_returned(m, &entry->transaction_id);
            if (sale->is_promoted) {
                model_promote(m, points);
            }
        }
        break;
    case ENTRY_MOVED_LOT:
        model_give_back(m, partner, entry);
        break;
    case ENTRY_CAPTURE: /* what its home did not honour can't be captured again */
        hold->captured -= points;
        model_post(m, ACCOUNT_REDEEMED, ACCOUNT_RECEIVABLE, partner, entry->period, points);
        break;
    case ENTRY_BURN_RETURN:
        hold->returned -= points;
        model_post(m, ACCOUNT_RECEIVABLE, ACCOUNT_REDEEMED, partner, entry->period, points);
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
    case ENTRY_KIND_END:
        break;
    case ENTRY_FUNDING_RETURN:
    case ENTRY_PROMOTION:
    case ENTRY_PROMOTION_RETURN:
        if (entry->is_of_promotion) {
            m->promotion_refused[partner] += entry->kind == ENTRY_PROMOTION ? points : -points;
        }
        break;
    case ENTRY_BLOCK_BOUGHT:
    case ENTRY_BLOCK_ENDED:
        break;
    }
}

enum verdict model_step_put_pair(struct model *m, const struct command *command,
                                 struct model_answer *answer)
{
    const struct command_put_pair *put = &command->put_pair;
    (void)answer;
    if (put->pair.state == PAIR_MATCHED) {
        model_match_period(m, model_partner(m, &put->partner), put->period.code);
    }
    return VERDICT_OK;
}

enum verdict model_step_take_receipt(struct model *m, const struct command *command,
                                     struct model_answer *answer)
{
    const struct command_take_receipt *receipt = &command->take_receipt;
    int partner = model_partner(m, &receipt->receiver);
    for (size_t i = 0; i < receipt->entry_count; i++) {
        const struct model_entry sent = m->sent[partner][receipt->entries[i].number - 1];
        model_block_receipted(m, partner, &sent, receipt->entries[i].verdict == VERDICT_OK);
        if (receipt->entries[i].verdict != VERDICT_OK) {
            reverse(m, partner, &sent, &receipt->entries[i], answer);
        }
    }
    m->receipted[partner] = receipt->last_number;
    return VERDICT_OK;
}

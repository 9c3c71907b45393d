/* Holds on members' lots: points reserved, taken, given back, and returned with the goods. */
#include "model_parts.h"

enum verdict model_reserve(struct model *m, struct model_hold *hold, int64_t points)
{
    struct model_member copy = m->members[hold->member];
    (void)model_settle_at(m, &copy, m->now);
    hold->granted = points;
    hold->left = points;
    if (model_spendable(&copy) < points) {
        return VERDICT_INSUFFICIENT_POINTS;
    }
    if (hold->partner != 0 &&
        !model_may_owe(m, hold->partner, points * m->roster->tariffs[0].redemption_price.minor)) {
        return VERDICT_NET_DEBIT_CAP;
    }
    copy.active_at = m->now; /* before the first to end is looked for */
    while (points > 0) {
        struct model_lot *lot = model_first_lot(m, &copy, false);
        int64_t held = model_least(lot->free, points);
        if (hold->lot_count == LIMIT_LOTS_PER_HOLD) {
            return VERDICT_TOO_MANY_LOTS;
        }
        hold->lots[hold->lot_count++] = (struct model_hold_lot){lot->key, held, 0};
        lot->free -= held;
        lot->held += held;
        points -= held;
    }
    model_settle(m, &m->members[hold->member]);
    m->members[hold->member] = copy;
    return VERDICT_OK;
}

void model_capture(struct model *m, struct model_hold *hold, int64_t points)
{
    struct model_member *member = &m->members[model_follow(m, hold->member)];
    model_settle(m, member); /* before it is active again */
    int64_t all = points;
    hold->captured += points;
    hold->left -= points;
    for (size_t i = 0; i < hold->lot_count; i++) {
        struct model_hold_lot *part = &hold->lots[i];
        int64_t captured = model_least(part->held, points);
        if (captured > 0) {
            model_find_lot(member, &part->key)->held -= captured;
        }
        model_spend(m, &part->key, captured);
        part->held -= captured;
        part->captured += captured;
        points -= captured;
    }
    model_count_pool_card(m, model_follow(m, hold->member), &hold->card, -all, all);
    model_drop_empty(member);
    model_active(m, model_follow(m, hold->member));
    hold->has_ended = hold->left == 0;
}

void model_release(struct model *m, struct model_hold *hold)
{
    struct model_member *member = &m->members[model_follow(m, hold->member)];
    for (size_t i = 0; i < hold->lot_count; i++) {
        struct model_hold_lot *part = &hold->lots[i];
        if (part->held > 0) {
            struct model_lot *lot = model_find_lot(member, &part->key);
            lot->held -= part->held;
            lot->free += m->flaw == FLAW_KEEPS_HOLDS ? 0 : part->held;
            part->held = 0;
        }
    }
    model_settle(m, member); /* what is past its expiry goes at once */
    model_cancel_debt(m, member);
    model_count_pool_card(m, model_follow(m, hold->member), &hold->card, -hold->left, 0);
    hold->left = 0;
    hold->has_ended = true;
}

/* What nobody bore comes back to the programme. */
static enum verdict refund_lost(struct model *m, struct model_hold *hold, int64_t points)
{
    ASSERT(points <= hold->lost);
    hold->lost -= points;
    hold->returned += points;
    model_post(m, ACCOUNT_AVAILABLE, ACCOUNT_ADJUSTMENT, 0, (struct period){0}, points);
    return VERDICT_OK;
}

enum verdict model_refund(struct model *m, struct model_hold *hold, int64_t points)
{
    int index = model_follow(m, hold->member);
    if (index < 0) {
        return refund_lost(m, hold, points);
    }
    struct model_member copy = m->members[index];
    struct model_hold changed = *hold;
    int64_t expired = model_settle_at(m, &copy, m->now);
    int64_t bare = model_least(changed.unbacked, points);
    struct model_key endless = {.tariff = 1};
    if (!model_has_room(m, &copy, endless, bare)) {
        return VERDICT_TOO_MANY_LOTS;
    }
    model_give(m, &copy, endless, bare);
    changed.unbacked -= bare;
    changed.returned += bare;
    points -= bare;
    for (size_t i = changed.lot_count; i-- > 0 && points > 0;) {
        struct model_hold_lot *part = &changed.lots[i];
        struct model_key key = part->key;
        int64_t back = model_least(part->captured, points);
        if (model_end(&copy, &key) <= m->now && m->grace_ms > 0) {
            key.expires_at = m->now + m->grace_ms;
            key.idle_months = 0;
        }
        if (!model_has_room(m, &copy, key, back)) {
            return VERDICT_TOO_MANY_LOTS;
        }
        model_spend(m, &part->key, -back);
        part->captured -= back;
        points -= back;
        changed.returned += back;
        model_give(m, &copy, key, back);
        expired += model_settle_at(m, &copy, m->now);
    }
    m->members[index] = copy;
    *hold = changed;
    model_post(m, ACCOUNT_AVAILABLE, ACCOUNT_BREAKAGE, 0, (struct period){0}, expired);
    model_forward(m, index, &hold->card);
    return refund_lost(m, hold, points);
}

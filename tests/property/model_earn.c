/* Purchases in the own shop, and their returns. */
#include "model_parts.h"

/* What a sale gives, or why not. */
static enum verdict judge_earn(const struct command_earn *earn, int64_t *out_points)
{
    struct points points = earn->fixed_points;
    bool has_points = true;
    if (earn->is_fixed) {
        if (points.minor < 0) {
            return VERDICT_POINTS_NOT_POSITIVE;
        }
        has_points = points.minor <= LIMIT_POINTS_PER_COMMAND;
    } else {
        has_points = earn_rate_points(&earn->rate, earn->amount, &points) == ERR_OK &&
                     points.minor <= LIMIT_POINTS_PER_COMMAND;
    }
    if (!has_points) {
        return VERDICT_POINTS_TOO_LARGE;
    }
    *out_points = points.minor;
    return earn->amount.minor < 0 ? VERDICT_AMOUNT_NEGATIVE : VERDICT_OK;
}

/* Whose card: an own member, or another home. */
static enum verdict judge_holder(struct model *m, const struct command_earn *earn, int *out_home,
                                 int *out_member, struct card_number *out_card)
{
    *out_home = 0;
    *out_card = earn->card;
    if (earn->card.digits[0] == '\0') {
        *out_member = model_account_of(m, &earn->member);
        return model_judge_member(m, *out_member);
    }
    *out_home = model_home(m, &earn->card);
    *out_member = -1;
    if (*out_home < 0) {
        return VERDICT_PARTNER_UNKNOWN;
    }
    if (*out_home == 0) {
        enum verdict verdict = model_judge_card(m, &earn->card, out_member);
        if (verdict != VERDICT_CARD_MOVED) {
            return verdict;
        }
    }
    struct model_route route = model_route(m, &earn->card);
    *out_home = route.home;
    *out_card = route.card;
    if (route.home < 0 || route.is_blocked) {
        return route.home < 0 ? VERDICT_PARTNER_UNKNOWN : VERDICT_CARD_BLOCKED;
    }
    return route.home > 0 ? VERDICT_OK : model_judge_card(m, &route.card, out_member);
}

/* What goes abroad ends by a date. */
static void fix_end(struct model_key *lot, int64_t business_time)
{
    if (lot->idle_months != 0) {
        int64_t idle = model_months_after(business_time, lot->idle_months);
        lot->expires_at = lot->expires_at == 0 ? idle : model_least(lot->expires_at, idle);
        lot->idle_months = 0;
    }
}

static bool fits(const struct model *m, int home, int64_t points)
{
    return model_may_owe(m, home, points * m->roster->tariffs[0].issue_price.minor);
}

/* May the points go to another home, or (`*out_waits`) do they wait? What is drawn from a block
 * owes nothing. */
static enum verdict judge_way(const struct model *m, int home, int64_t points, bool is_drawn,
                              bool *out_waits)
{
    *out_waits =
        m->roster->waits_at_cap && home > 0 && points > 0 && !is_drawn && !fits(m, home, points);
    if (*out_waits) {
        size_t waiting = m->queue_kept[home] - m->queue_gone[home];
        bool is_full = m->outbox_entries != 0 && waiting >= m->outbox_entries;
        return m->is_frozen_out[home] ? VERDICT_STREAM_FROZEN
               : is_full              ? VERDICT_OUTBOX_FULL
                                      : VERDICT_OK;
    }
    if (home == 0 || points == 0) {
        return VERDICT_OK;
    }
    if (m->is_frozen_out[home]) {
        return VERDICT_STREAM_FROZEN;
    }
    if (!model_may_send(m, home, true)) {
        return VERDICT_OUTBOX_FULL;
    }
    return is_drawn || fits(m, home, points) ? VERDICT_OK : VERDICT_NET_DEBIT_CAP;
}

static void send(struct model *m, const struct model_sale *sale, int64_t points)
{
    const struct uid none = {{0}};
    model_post(m, ACCOUNT_ISSUED, ACCOUNT_PAYABLE, sale->home, m->out_period, points);
    model_send(
        m, sale->home,
        (struct model_entry){.kind = ENTRY_EARN,
                             .points = points,
                             .transaction_id = sale->id,
                             .subject = sale->block != 0 ? m->blocks[sale->block - 1].id : none,
                             .card = sale->card,
                             .lot = {.tariff = sale->lot.tariff}});
}

/* In their order, until one does not fit. */
enum verdict model_step_send_earns(struct model *m, const struct command *command,
                                   struct model_answer *answer)
{
    int home = model_partner(m, &command->due.redeemer);
    (void)answer;
    for (int at_once = 0; at_once < 32 && m->queue_gone[home] < m->queue_kept[home]; at_once++) {
        struct model_sale *sale = &m->sales[m->queue[home][m->queue_gone[home]]];
        int64_t points = sale->points - sale->taken;
        if ((points > 0 && !fits(m, home, points)) || m->is_frozen_out[home] ||
            !model_may_send(m, home, true)) {
            break;
        }
        if (points > 0) {
            send(m, sale, points);
        }
        sale->is_waiting = false;
        m->queue_gone[home]++;
    }
    return VERDICT_OK;
}

static void give_abroad(struct model *m, struct model_sale *sale, int64_t time)
{
    fix_end(&sale->lot, time);
    sale->lot.tariff = sale->block != 0 ? MODEL_PREPAID : sale->lot.tariff;
    model_change_block(m, sale->block, -sale->points);
    if (sale->is_waiting) {
        m->queue[sale->home][m->queue_kept[sale->home]++] = m->sale_count;
    } else if (sale->points > 0) {
        send(m, sale, sale->points);
    }
}

enum verdict model_step_earn(struct model *m, const struct command *command,
                             struct model_answer *answer)
{
    const struct command_earn *earn = &command->earn;
    int64_t points = 0;
    struct card_number card;
    int home;
    int member;
    bool is_known = model_sale(m, 0, &command->transaction_id) != NULL;
    enum verdict verdict = is_known ? VERDICT_SALE_EXISTS : judge_earn(earn, &points);
    verdict = verdict == VERDICT_OK ? judge_holder(m, earn, &home, &member, &card) : verdict;
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    struct model_sale sale = {
        .home = home,
        .id = command->transaction_id,
        .card = card,
        .member = member,
        .is_fixed = earn->is_fixed,
        .amount = earn->amount.minor,
        .points = points,
        .rate = earn->rate,
        .is_promoted = earn->promotion != 0,
        .lot = {0, 1, earn->active_from.ms, earn->expires_at.ms, earn->idle_months}};
    verdict =
        home > 0 ? model_draw(m, home, points, command->business_time.ms, &sale.block) : VERDICT_OK;
    verdict = verdict == VERDICT_OK ? judge_way(m, home, points, sale.block != 0, &sale.is_waiting)
                                    : verdict;
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (home > 0) {
        verdict = model_judge_promotion(m, earn, sale.is_waiting ? -1 : home, points);
        if (verdict != VERDICT_OK) {
            return verdict;
        }
        give_abroad(m, &sale, command->business_time.ms);
    } else {
        struct model_member *to = &m->members[member];
        struct model_member settled = *to;
        (void)model_settle_at(m, &settled, m->now);
        if (!model_has_room(m, &settled, sale.lot, points)) {
            return VERDICT_TOO_MANY_LOTS;
        }
        verdict = model_judge_promotion(m, earn, home, points);
        if (verdict != VERDICT_OK) {
            return verdict;
        }
        model_settle(m, to);
        model_active(m, member);
        model_give(m, to, sale.lot, points);
        model_post(m, ACCOUNT_ISSUED, ACCOUNT_AVAILABLE, 0, (struct period){0}, points);
        model_touch(m, member);
    }
    ASSERT(m->sale_count < MODEL_SALES);
    m->sales[m->sale_count++] = sale;
    if (sale.is_promoted) {
        model_promote(m, points);
    }
    answer->points = points;
    return VERDICT_OK;
}

static int64_t points_kept(const struct model_sale *sale, int64_t kept)
{
    struct points points = {0};
    if (!sale->is_fixed) {
        ASSERT(earn_rate_points(&sale->rate, money_of(kept), &points) == ERR_OK);
    } else if (sale->amount > 0) {
        ASSERT(int64_mul_div(sale->points, kept, sale->amount, ROUNDING_DOWN, &points.minor) ==
               ERR_OK);
    }
    return points.minor;
}

/* Of a sale without an amount the points are the measure; without both, nothing is. */
static bool is_over(const struct model_sale *sale)
{
    return sale->amount > 0 ? sale->returned == sale->amount
                            : sale->points > 0 && sale->taken == sale->points;
}

enum verdict model_step_return_sale(struct model *m, const struct command *command,
                                    struct model_answer *answer)
{
    int64_t amount = command->return_sale.amount.minor;
    struct model_sale *sale = model_sale(m, 0, &command->return_sale.sale);
    if (amount < 0) {
        return VERDICT_AMOUNT_NEGATIVE;
    }
    if (sale == NULL || sale->is_reversed) {
        return VERDICT_SALE_UNKNOWN;
    }
    int64_t left = sale->amount - sale->returned;
    if (amount > left || is_over(sale)) {
        return VERDICT_RETURN_EXCEEDS_SALE;
    }
    int64_t returned = sale->returned + (amount == 0 ? left : amount);
    int64_t points = sale->points - sale->taken - points_kept(sale, sale->amount - returned);
    bool goes = sale->home > 0 && points > 0 && !sale->is_waiting;
    if (goes && m->is_frozen_out[sale->home]) {
        return VERDICT_STREAM_FROZEN;
    }
    if (goes && !model_may_send(m, sale->home, false)) {
        return VERDICT_OUTBOX_FULL;
    }
    answer->amount = returned - sale->returned;
    sale->returned = returned;
    sale->taken += points;
    answer->points = points;
    if (sale->home == 0) {
        int index = model_follow(m, sale->member);
        model_settle(m, &m->members[index]);
        model_take(m, &m->members[index], &sale->lot, points,
                   (struct model_sink){ACCOUNT_ISSUED, 0, {0}}, answer);
        model_touch(m, index);
    } else if (goes) {
        model_post(m, ACCOUNT_PAYABLE, ACCOUNT_ISSUED, sale->home, m->out_period, points);
        model_send(m, sale->home,
                   (struct model_entry){.kind = ENTRY_EARN_RETURN,
                                        .points = points,
                                        .transaction_id = command->transaction_id,
                                        .subject = sale->id,
                                        .card = sale->card,
                                        .lot = {.tariff = sale->lot.tariff}});
        model_change_block(m, sale->block, points);
    }
    if (sale->is_promoted) {
        model_promote(m, -points);
    }
    return VERDICT_OK;
}

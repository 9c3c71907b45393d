/* Holds that the own till names, at home and abroad, and holds granted to partners. */
#include "model_parts.h"

#include <string.h>

struct model_hold *model_add_hold(struct model *m, const struct command *command)
{
    const struct command_hold *from = &command->hold;
    ASSERT(m->hold_count < MODEL_HOLDS);
    struct model_hold *hold = &m->holds[m->hold_count]; /* counted once it is granted */
    hold->id = command->transaction_id;
    hold->is_foreign = command->kind != COMMAND_HOLD;
    hold->card = hold->is_foreign ? from->asked : from->card;
    hold->partner =
        hold->is_foreign ? model_home(m, &from->asked) : model_partner(m, &from->redeemer);
    hold->member = -1;
    hold->has_ended = false;
    hold->captured = 0;
    hold->returned = 0;
    hold->granted = from->points.minor;
    hold->left = from->points.minor;
    hold->capture_by = from->capture_by.ms;
    hold->deliver_by = from->deliver_by.ms;
    hold->is_voided = false;
    hold->is_expired = false;
    hold->mandate = -1;
    hold->unbacked = 0;
    hold->lost = 0;
    hold->tariff = 0;
    hold->lot_count = 0;
    return hold;
}

/* The member of the card, or of the one of ours that it leads to. */
static enum verdict judge_by_route(struct model *m, const struct model_route *route,
                                   struct model_hold *hold)
{
    bool leads_elsewhere = strcmp(route->card.digits, hold->card.digits) != 0;
    enum verdict verdict = model_judge_card(m, &hold->card, &hold->member);
    if (verdict != VERDICT_CARD_UNKNOWN && verdict != VERDICT_CARD_MOVED) {
        return verdict;
    }
    if (route->is_blocked) {
        return VERDICT_CARD_BLOCKED;
    }
    if (route->home != 0 || !leads_elsewhere) {
        return verdict;
    }
    hold->card = route->card;
    return model_judge_card(m, &hold->card, &hold->member);
}

enum verdict model_step_hold(struct model *m, const struct command *command,
                             struct model_answer *answer)
{
    int64_t points = command->hold.points.minor;
    bool is_foreign = command->kind == COMMAND_FOREIGN_HOLD;
    bool is_known = is_foreign && model_hold(m, 0, &command->transaction_id) != NULL;
    enum verdict verdict = is_known ? VERDICT_HOLD_EXISTS : model_judge_points(points);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (!is_foreign && command->hold.deliver_by.ms <= m->now) {
        return VERDICT_HOLD_TOO_LATE;
    }
    if (is_foreign && model_home(m, &command->hold.asked) <= 0) {
        return VERDICT_PARTNER_UNKNOWN;
    }
    struct model_hold *hold = model_add_hold(m, command);
    if (!is_foreign) {
        struct model_route route = model_route(m, &command->hold.card);
        verdict = judge_by_route(m, &route, hold);
        if (verdict == VERDICT_OK && model_hold(m, hold->partner, &hold->id) != NULL) {
            verdict = VERDICT_HOLD_EXISTS;
        }
        bool is_pool = verdict == VERDICT_OK && m->members[hold->member].is_pool;
        if (is_pool) {
            verdict = model_judge_pool_card(m, hold->member, &hold->card, points);
        }
        verdict = verdict == VERDICT_OK ? model_reserve(m, hold, points) : verdict;
        if (verdict != VERDICT_OK) {
            return verdict;
        }
        model_count_pool_card(m, hold->member, &hold->card, points, 0);
        model_touch(m, model_follow(m, hold->member));
    }
    m->hold_count++;
    answer->points = points;
    return VERDICT_OK;
}

enum verdict model_step_capture(struct model *m, const struct command *command,
                                struct model_answer *answer)
{
    int64_t points = command->use.points.minor;
    struct model_hold *hold = model_hold(m, 0, &command->use.hold);
    enum verdict verdict = points == 0 ? VERDICT_OK : model_judge_points(points);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (hold == NULL) {
        return VERDICT_HOLD_UNKNOWN;
    }
    if (hold->has_ended) {
        return VERDICT_HOLD_ENDED;
    }
    points = points == 0 ? hold->left : points;
    if (points > hold->left) {
        return VERDICT_HOLD_EXCEEDED;
    }
    if (command->business_time.ms > hold->capture_by || m->now > hold->deliver_by) {
        return VERDICT_CAPTURE_TOO_LATE;
    }
    if (hold->is_foreign && hold->mandate >= 0 &&
        command->business_time.ms < m->mandates[hold->mandate].from) {
        return VERDICT_MANDATE_EXPIRED;
    }
    if (hold->is_foreign && m->is_frozen_out[hold->partner]) {
        return VERDICT_STREAM_FROZEN;
    }
    if (hold->is_foreign && !model_may_send(m, hold->partner, false)) {
        return VERDICT_OUTBOX_FULL;
    }
    if (hold->is_foreign) {
        hold->captured += points;
        hold->left -= points;
        hold->has_ended = hold->left == 0;
        model_post(m, ACCOUNT_RECEIVABLE, ACCOUNT_REDEEMED, hold->partner, m->out_period, points);
        model_send(m, hold->partner,
                   (struct model_entry){.kind = ENTRY_CAPTURE,
                                        .points = points,
                                        .transaction_id = command->transaction_id,
                                        .subject = hold->id,
                                        .card = hold->card});
    } else {
        model_capture(m, hold, points);
        model_post(m, ACCOUNT_HELD, ACCOUNT_REDEEMED, 0, (struct period){0}, points);
        model_touch(m, model_follow(m, hold->member));
    }
    answer->points = points;
    answer->left = hold->left;
    return VERDICT_OK;
}

enum verdict model_step_void(struct model *m, const struct command *command,
                             struct model_answer *answer)
{
    struct model_hold *hold = model_hold(m, 0, &command->use.hold);
    if (hold == NULL) {
        return VERDICT_HOLD_UNKNOWN;
    }
    if (hold->has_ended) {
        return VERDICT_HOLD_ENDED;
    }
    if (hold->is_foreign && m->is_frozen_out[hold->partner]) {
        return VERDICT_STREAM_FROZEN;
    }
    if (hold->is_foreign && !model_may_send(m, hold->partner, false)) {
        return VERDICT_OUTBOX_FULL;
    }
    answer->points = hold->left;
    hold->is_voided = true;
    if (hold->is_foreign) {
        if (hold->mandate >= 0) {
            m->mandates[hold->mandate].used -= hold->left;
        }
        hold->left = 0;
        hold->has_ended = true;
        model_send(m, hold->partner,
                   (struct model_entry){.kind = ENTRY_VOID,
                                        .transaction_id = command->transaction_id,
                                        .subject = hold->id,
                                        .card = hold->card});
    } else {
        model_release(m, hold);
        model_touch(m, model_follow(m, hold->member));
    }
    return VERDICT_OK;
}

enum verdict model_step_return_burn(struct model *m, const struct command *command,
                                    struct model_answer *answer)
{
    int64_t points = command->use.points.minor;
    struct model_hold *hold = model_hold(m, 0, &command->use.hold);
    enum verdict verdict = points == 0 ? VERDICT_OK : model_judge_points(points);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (hold == NULL) {
        return VERDICT_HOLD_UNKNOWN;
    }
    int64_t left = hold->captured - hold->returned;
    points = points == 0 ? left : points;
    if (points > left || points <= 0) {
        return VERDICT_RETURN_EXCEEDS_SALE;
    }
    if (hold->is_foreign && m->is_frozen_out[hold->partner]) {
        return VERDICT_STREAM_FROZEN;
    }
    if (hold->is_foreign && !model_may_send(m, hold->partner, false)) {
        return VERDICT_OUTBOX_FULL;
    }
    answer->points = points;
    if (hold->is_foreign) {
        hold->returned += points;
        model_post(m, ACCOUNT_REDEEMED, ACCOUNT_RECEIVABLE, hold->partner, m->out_period, points);
        model_send(m, hold->partner,
                   (struct model_entry){.kind = ENTRY_BURN_RETURN,
                                        .points = points,
                                        .transaction_id = command->transaction_id,
                                        .subject = hold->id,
                                        .card = hold->card});
        return VERDICT_OK;
    }
    verdict = model_refund(m, hold, points);
    if (verdict == VERDICT_OK) {
        model_post(m, ACCOUNT_REDEEMED, ACCOUNT_AVAILABLE, 0, (struct period){0}, points);
        model_touch(m, model_follow(m, hold->member));
    }
    return verdict;
}

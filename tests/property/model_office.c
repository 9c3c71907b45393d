/* Corrections by hand, by two people, and ids that are forgotten. */
#include "model_parts.h"

#include <stdio.h>
#include <string.h>

enum verdict model_step_propose(struct model *m, const struct command *command,
                                struct model_answer *answer)
{
    const struct command_adjustment *request = &command->adjustment;
    int64_t points = request->points.minor;
    int64_t size = points < 0 ? -points : points;
    int member = model_account_of(m, &request->member);
    if (model_adjustment(m, &command->transaction_id) != NULL) {
        return VERDICT_ADJUSTMENT_EXISTS;
    }
    enum verdict verdict = size > LIMIT_POINTS_PER_COMMAND ? VERDICT_POINTS_TOO_LARGE : VERDICT_OK;
    verdict = model_first(m, verdict,
                          model_is_reason(request->reason) ? VERDICT_OK : VERDICT_REASON_UNKNOWN);
    verdict = model_first(m, verdict, points == 0 ? VERDICT_POINTS_ZERO : VERDICT_OK);
    verdict = model_first(m, verdict,
                          member < 0                     ? VERDICT_MEMBER_UNKNOWN
                          : m->members[member].is_erased ? VERDICT_MEMBER_ERASED
                                                         : VERDICT_OK);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    answer->points = points;
    ASSERT(m->adjustment_count < MODEL_ADJUSTMENTS);
    struct model_adjustment *adjustment = &m->adjustments[m->adjustment_count++];
    *adjustment = (struct model_adjustment){.id = command->transaction_id,
                                            .member = member,
                                            .points = points,
                                            .expires_at = request->expires_at.ms};
    (void)snprintf(adjustment->maker, sizeof adjustment->maker, "%s", request->maker);
    return VERDICT_OK;
}

static enum verdict adjust(struct model *m, const struct model_adjustment *adjustment,
                           const struct command_ruling *ruling, struct model_answer *answer)
{
    int index = model_follow(m, adjustment->member);
    struct model_member settled;
    struct model_key lot = {0, 1, 0, ruling->points_expire_at.ms, ruling->idle_months};
    model_view(m, index, m->now, &settled);
    if (adjustment->points > 0 && !model_has_room(m, &settled, lot, adjustment->points)) {
        return VERDICT_TOO_MANY_LOTS;
    }
    model_settle(m, &m->members[index]);
    if (adjustment->points > 0) {
        model_give(m, &m->members[index], lot, adjustment->points);
        model_post(m, ACCOUNT_ADJUSTMENT, ACCOUNT_AVAILABLE, 0, (struct period){0},
                   adjustment->points);
    } else {
        model_take(m, &m->members[index], NULL, -adjustment->points,
                   (struct model_sink){ACCOUNT_ADJUSTMENT, 0, {0}}, answer);
    }
    answer->points = adjustment->points + answer->written_off;
    model_touch(m, index);
    return VERDICT_OK;
}

enum verdict model_step_rule(struct model *m, const struct command *command,
                             struct model_answer *answer)
{
    const struct command_ruling *ruling = &command->ruling;
    struct model_adjustment *adjustment = model_adjustment(m, &ruling->adjustment);
    enum verdict verdict = VERDICT_OK;
    if (adjustment == NULL) {
        return VERDICT_ADJUSTMENT_UNKNOWN;
    }
    if (adjustment->is_ruled) {
        return VERDICT_ADJUSTMENT_ENDED;
    }
    if (strcmp(adjustment->maker, ruling->checker) == 0) {
        return VERDICT_CHECKER_IS_MAKER;
    }
    if (adjustment->expires_at != 0 && adjustment->expires_at <= m->now) {
        return VERDICT_ADJUSTMENT_EXPIRED;
    }
    if (ruling->is_approved) {
        bool is_erased = m->members[model_follow(m, adjustment->member)].is_erased;
        verdict = is_erased ? VERDICT_MEMBER_ERASED : VERDICT_OK;
        verdict = verdict == VERDICT_OK ? adjust(m, adjustment, ruling, answer) : verdict;
    }
    adjustment->is_ruled = adjustment->is_ruled || verdict == VERDICT_OK;
    return verdict;
}

enum verdict model_step_prune(struct model *m, const struct command *command,
                              struct model_answer *answer)
{
    struct slice keys = command->prune.keys;
    (void)answer;
    for (size_t at = 0; at < keys.length; at += TRANSACTION_KEY_SIZE) {
        for (size_t i = 0; i < m->command_count; i++) {
            struct ledger_key key;
            key_origin(&m->commands[i].command.origin, &m->commands[i].command.transaction_id,
                       &key);
            if (memcmp(key.bytes, keys.at + at, TRANSACTION_KEY_SIZE) == 0) {
                m->commands[i].is_forgotten = true;
            }
        }
    }
    return VERDICT_OK;
}

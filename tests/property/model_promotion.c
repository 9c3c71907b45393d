/* Points that several brands pay for. */
#include "model_parts.h"

enum {
    OUR_BUDGET = 2000,
    OUR_MOST = 150,
    BETAS_SHARE = 333, /* of 1000, what 33.33 per cent are rounded down */
    BETAS_MOST = 80
};

/* Rounded down; what is left over is ours. */
static int64_t share_of(int partner, int64_t given)
{
    return partner == 1 ? given * 35 / 100 : given / 4;
}

static bool all_may_be_told(const struct model *m, int home, int64_t points, enum verdict *out)
{
    for (int i = 1; i < MODEL_PARTNERS; i++) {
        uint64_t before = home == i && points > 0 ? 1 : 0;
        uint64_t waiting = m->sent_count[i] + before - m->receipted[i];
        if (m->is_frozen_out[i]) {
            *out = VERDICT_STREAM_FROZEN;
            return false;
        }
        if (m->outbox_entries != 0 && waiting >= m->outbox_entries) {
            *out = VERDICT_OUTBOX_FULL;
            return false;
        }
    }
    return true;
}

enum verdict model_judge_promotion(struct model *m, const struct command_earn *earn, int home,
                                   int64_t points)
{
    enum verdict verdict;
    if (earn->promotion == 0) {
        return VERDICT_OK;
    }
    if (earn->promotion != MODEL_OUR_PROMOTION) {
        return VERDICT_PROMOTION_NOT_IN_FORCE;
    }
    if (points > OUR_MOST || points > OUR_BUDGET - m->promoted) {
        return VERDICT_PROMOTION_EXHAUSTED;
    }
    return all_may_be_told(m, home, points, &verdict) ? VERDICT_OK : verdict;
}

void model_promote(struct model *m, int64_t points)
{
    m->promoted += points;
    for (int i = 1; i < MODEL_PARTNERS; i++) {
        int64_t change = share_of(i, m->promoted) - m->promotion_told[i];
        if (change == 0 || m->is_frozen_out[i]) {
            continue;
        }
        m->promotion_told[i] += change;
        model_send(
            m, i,
            (struct model_entry){.kind = change > 0 ? ENTRY_PROMOTION : ENTRY_PROMOTION_RETURN,
                                 .points = change > 0 ? change : -change,
                                 .is_of_promotion = true});
    }
}

enum verdict model_take_promotion(struct model *m, int sender, const struct clearing_entry *entry)
{
    int64_t points = entry->points.minor;
    if (sender != 1 || entry->promotion != MODEL_BETAS_PROMOTION) {
        return VERDICT_PROMOTION_NOT_IN_FORCE;
    }
    if (entry->kind != ENTRY_PROMOTION) {
        if (points > m->promotion_paid) {
            return VERDICT_NOT_AGREED;
        }
        m->promotion_paid -= points;
        return VERDICT_OK;
    }
    if (points > BETAS_MOST || points > BETAS_SHARE - m->promotion_paid) {
        return VERDICT_PROMOTION_EXHAUSTED;
    }
    m->promotion_paid += points;
    return VERDICT_OK;
}

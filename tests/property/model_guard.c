/* What members may spend of pools, and purchases whose points wait for a review. */
#include "model_parts.h"

#include <string.h>

struct model_right *model_right(struct model *m, int pool, int member)
{
    for (size_t i = 0; i < m->right_count; i++) {
        if (m->rights[i].pool == pool && m->rights[i].member == member) {
            return &m->rights[i];
        }
    }
    return NULL;
}

void model_put_right(struct model *m, int pool, int member, enum pool_right_kind kind)
{
    struct model_right *right = model_right(m, pool, member);
    if (right == NULL) {
        ASSERT(m->right_count < MODEL_RIGHTS);
        right = &m->rights[m->right_count++];
    }
    *right = (struct model_right){.pool = pool, .member = member, .kind = kind};
}

/* member -1: of all there is about the pool. */
void model_drop_right(struct model *m, int pool, int member)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->right_count; i++) {
        bool is_dropped =
            m->rights[i].pool == pool && (member < 0 || m->rights[i].member == member);
        if (!is_dropped) {
            m->rights[kept++] = m->rights[i];
        }
    }
    m->right_count = kept;
}

static bool is_bounded(enum pool_right_kind kind)
{
    return kind == POOL_RIGHT_DAY || kind == POOL_RIGHT_MONTH;
}

/* The day's number, or the month's; the model's own way to reckon it. */
static int64_t span_of(enum pool_right_kind kind, int64_t now)
{
    struct civil civil = civil_from_unix((struct unix_ms){now});
    return kind == POOL_RIGHT_DAY     ? day_of_civil(civil.year, civil.month, civil.day)
           : kind == POOL_RIGHT_MONTH ? civil.year * INT64_C(100) + civil.month
                                      : 0;
}

static void turn(const struct model *m, struct model_right *right)
{
    int64_t span = span_of(right->kind, m->now);
    right->spent = right->span == span ? right->spent : 0;
    right->span = span;
}

static enum verdict judge_right(const struct model *m, struct model_right *right, int64_t points)
{
    if (right->kind == POOL_RIGHT_NONE) {
        return VERDICT_POOL_MAY_NOT_SPEND;
    }
    bool is_now = right->span == span_of(right->kind, m->now);
    int64_t used = right->held + (is_now ? right->spent : 0);
    return is_bounded(right->kind) && (used > right->limit || points > right->limit - used)
               ? VERDICT_POOL_LIMIT
               : VERDICT_OK;
}

/* Whose right a pool's card comes under; NULL: nothing was said of cards that nobody carries. */
static struct model_right *right_of_card(struct model *m, int pool, const struct card_number *card,
                                         bool *out_has_left)
{
    const struct model_card *known = model_card(m, card);
    int bearer = known == NULL ? -1 : known->bearer;
    struct model_right *right = model_right(m, pool, bearer < 0 ? pool : bearer);
    *out_has_left = bearer >= 0 && right == NULL;
    return right;
}

enum verdict model_judge_pool_card(struct model *m, int pool, const struct card_number *card,
                                   int64_t points)
{
    bool has_left;
    struct model_right *right = right_of_card(m, pool, card, &has_left);
    if (has_left) {
        return VERDICT_NOT_IN_POOL;
    }
    return right == NULL ? VERDICT_OK : judge_right(m, right, points);
}

void model_count_pool_card(struct model *m, int pool, const struct card_number *card, int64_t held,
                           int64_t spent)
{
    bool has_left;
    struct model_right *right = right_of_card(m, pool, card, &has_left);
    if (!m->members[pool].is_pool || right == NULL) {
        return;
    }
    turn(m, right);
    right->held = right->held + held > 0 ? right->held + held : 0;
    right->spent += is_bounded(right->kind) ? spent : 0;
}

enum verdict model_judge_pool_member(struct model *m, int pool, int member, int64_t points)
{
    struct model_right *right = member == pool ? NULL : model_right(m, pool, member);
    return right == NULL ? VERDICT_NOT_IN_POOL : judge_right(m, right, points);
}

void model_count_pool_member(struct model *m, int pool, int member, int64_t points)
{
    struct model_right *right = model_right(m, pool, member);
    if (is_bounded(right->kind)) {
        turn(m, right);
        right->spent += points;
    }
}

static enum verdict judge_asked(struct model *m, const struct command_pool_right *asked, int pool,
                                int member, int by)
{
    enum verdict verdict = VERDICT_OK;
    if (is_bounded(asked->kind)) {
        verdict = model_judge_points(asked->limit.minor);
    } else if (asked->limit.minor != 0) {
        verdict = VERDICT_POINTS_TOO_LARGE;
    }
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (pool < 0 || !m->members[pool].is_pool || m->members[pool].is_erased) {
        return VERDICT_NOT_A_POOL;
    }
    if (!uid_is_nil(&asked->by)) {
        const struct model_right *own = by < 0 ? NULL : model_right(m, pool, by);
        if (by < 0) {
            return VERDICT_MEMBER_UNKNOWN;
        }
        if (own == NULL || own->kind != POOL_RIGHT_OWNER) {
            return VERDICT_POOL_NOT_OWNER;
        }
    }
    if (member == pool) {
        bool is_plain = asked->kind == POOL_RIGHT_ALL || asked->kind == POOL_RIGHT_NONE;
        return is_plain ? VERDICT_OK : VERDICT_NOT_IN_POOL;
    }
    if (member < 0) {
        return VERDICT_MEMBER_UNKNOWN;
    }
    return model_right(m, pool, member) == NULL ? VERDICT_NOT_IN_POOL : VERDICT_OK;
}

enum verdict model_step_pool_right(struct model *m, const struct command *command,
                                   struct model_answer *answer)
{
    const struct command_pool_right *asked = &command->pool_right;
    int pool = model_account_of(m, &asked->pool);
    int member = model_account_of(m, &asked->member);
    enum verdict verdict = judge_asked(m, asked, pool, member, model_account_of(m, &asked->by));
    (void)answer;
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    const struct model_right *known = model_right(m, pool, member);
    struct model_right right = {.pool = pool, .member = member, .kind = asked->kind};
    right.limit = asked->limit.minor;
    right.held = known == NULL ? 0 : known->held;
    if (known != NULL && known->kind == asked->kind) {
        right.spent = known->spent;
        right.span = known->span;
    }
    turn(m, &right);
    bool opens = asked->kind == POOL_RIGHT_ALL || asked->kind == POOL_RIGHT_OWNER;
    if (member != pool && !opens && model_right(m, pool, pool) == NULL) {
        model_put_right(m, pool, pool, POOL_RIGHT_NONE);
    }
    model_put_right(m, pool, member, asked->kind);
    *model_right(m, pool, member) = right;
    model_settle(m, &m->members[pool]);
    model_settle(m, &m->members[member]);
    model_touch(m, pool);
    model_touch(m, member);
    return VERDICT_OK;
}

enum verdict model_step_bear_card(struct model *m, const struct command *command,
                                  struct model_answer *answer)
{
    const struct command_bearer *asked = &command->bearer;
    struct model_card *card = model_card(m, &asked->card);
    int member = model_account_of(m, &asked->member);
    (void)answer;
    if (card == NULL || card->member < 0) {
        return VERDICT_CARD_UNKNOWN;
    }
    int pool = model_follow(m, card->member);
    if (!m->members[pool].is_pool) {
        return VERDICT_NOT_A_POOL;
    }
    if (!uid_is_nil(&asked->member)) {
        if (member < 0) {
            return VERDICT_MEMBER_UNKNOWN;
        }
        if (model_right(m, pool, member) == NULL || member == pool) {
            return VERDICT_NOT_IN_POOL;
        }
    }
    card->bearer = uid_is_nil(&asked->member) ? -1 : member;
    model_settle(m, &m->members[pool]);
    model_touch(m, pool);
    return VERDICT_OK;
}

static struct model_alert *find_alert(struct model *m, const struct uid *id)
{
    for (size_t i = 0; i < m->alert_count; i++) {
        if (uid_equal(&m->alerts[i].id, id)) {
            return &m->alerts[i];
        }
    }
    return NULL;
}

enum verdict model_step_raise_alert(struct model *m, const struct command *command,
                                    struct model_answer *answer)
{
    (void)answer;
    if (find_alert(m, &command->transaction_id) != NULL) {
        return VERDICT_ALERT_EXISTS;
    }
    ASSERT(m->alert_count < MODEL_ALERTS);
    m->alerts[m->alert_count++] =
        (struct model_alert){.id = command->transaction_id,
                             .sale = command->finding.sale,
                             .is_held = command->finding.action == ALERT_HELD,
                             .begins_at = command->finding.begins_at.ms};
    return VERDICT_OK;
}

/* The points that wait begin when they would have. */
static enum verdict let_go(struct model *m, const struct model_alert *alert)
{
    struct model_sale *sale = model_sale(m, 0, &alert->sale);
    struct model_member copy;
    if (sale == NULL || sale->home != 0 || sale->member < 0) {
        return VERDICT_OK;
    }
    int index = model_follow(m, sale->member);
    model_view(m, index, m->now, &copy);
    const struct model_lot *lot = model_find_lot(&copy, &sale->lot);
    if (lot != NULL && alert->begins_at < sale->lot.active_from) {
        int64_t part = model_least(lot->free, sale->points - sale->taken);
        struct model_key begun = sale->lot;
        begun.active_from = alert->begins_at > m->now ? alert->begins_at : 0;
        bool stays = lot->free + lot->held > part;
        if (stays && copy.lot_count == LIMIT_LOTS_PER_MEMBER &&
            model_find_lot(&copy, &begun) == NULL) {
            return VERDICT_TOO_MANY_LOTS;
        }
        model_add_free(&copy, &sale->lot, -part);
        model_drop_empty(&copy);
        model_add_free(&copy, &begun, part);
        model_drop_empty(&copy);
        sale->lot = begun;
    }
    model_settle(m, &m->members[index]); /* for the postings */
    m->members[index] = copy;
    model_settle(m, &m->members[index]);
    model_cancel_debt(m, &m->members[index]);
    model_touch(m, index);
    return VERDICT_OK;
}

enum verdict model_step_rule_alert(struct model *m, const struct command *command,
                                   struct model_answer *answer)
{
    struct model_alert *alert = find_alert(m, &command->alert_ruling.alert);
    enum verdict verdict = VERDICT_OK;
    (void)answer;
    if (alert == NULL) {
        return VERDICT_ALERT_UNKNOWN;
    }
    if (alert->is_closed) {
        return VERDICT_ALERT_ENDED;
    }
    if (alert->is_held && !command->alert_ruling.is_fraud) {
        verdict = let_go(m, alert);
    }
    alert->is_closed = verdict == VERDICT_OK;
    return verdict;
}

/* Who may spend what of a pool: said by the office or an owner, and asked by everything that spends
 * from one. */
#include "base/mutant.h"
#include "ledger/decision.h"
#include "ledger/pool_right.h"

void pool_put_right(struct decision *d, const struct uid *pool, const struct uid *member,
                    const struct pool_right *right)
{
    struct ledger_key key;
    key_pool(pool, member, &key);
    buffer_clear(&d->plan->scratch);
    pool_right_encode(right, &d->plan->scratch);
    plan_row(d->plan, TABLE_POOL, &key, buffer_slice(&d->plan->scratch));
}

/* As at the time: an earlier window is over. */
static void turn_window(const struct decision *d, struct pool_right *right)
{
    int64_t window = pool_window(right->kind, d->now);
    if (right->window != window) {
        right->window = window;
        right->spent = points_of(0);
    }
}

/* Whose right a card of the pool comes under: its bearer's, or the pool's own for those that nobody
 * in particular carries. `*out_is_there` is false where all may be spent by anybody. May refuse. */
static enum err find_right(struct decision *d, const struct uid *pool,
                           const struct card_number *card, struct uid *out_member,
                           struct pool_right *out_right, bool *out_is_there)
{
    *out_member = *pool;
    enum err err = ledger_get_bearer(d->view, card, out_member);
    bool is_carried = err == ERR_OK;
    if (err == ERR_OK || err == ERR_NOT_FOUND) {
        err = ledger_get_pool_right(d->view, pool, out_member, out_right);
    }
    *out_is_there = err == ERR_OK;
    if (err == ERR_NOT_FOUND) {
        return is_carried ? decide_refuse(d, VERDICT_NOT_IN_POOL) : ERR_OK;
    }
    return err;
}

static enum verdict right_verdict(const struct decision *d, const struct pool_right *right,
                                  struct points points)
{
    if (pool_right_allows(right, d->now, points)) {
        return VERDICT_OK;
    }
    return right->kind == POOL_RIGHT_NONE ? VERDICT_POOL_MAY_NOT_SPEND : VERDICT_POOL_LIMIT;
}

enum err pool_promise(struct decision *d, const struct uid *pool, const struct card_number *card,
                      struct points points)
{
    struct pool_right right;
    struct uid member;
    bool is_there;
    TRY(find_right(d, pool, card, &member, &right, &is_there));
    if (decision_is_refused(d) || !is_there) {
        return ERR_OK;
    }
    if (right_verdict(d, &right, points) != VERDICT_OK) {
        return decide_refuse(d, right_verdict(d, &right, points));
    }
    turn_window(d, &right);
    TRY(points_add(right.held, points, &right.held));
    pool_put_right(d, pool, &member, &right);
    return ERR_OK;
}

/* So much of a hold is none any more; what was captured is spent now. A member who has left, and
 * holds from before there were rights, change nothing. */
static enum err end_promise(struct decision *d, const struct uid *pool,
                            const struct card_number *card, struct points points, bool is_spent)
{
    struct pool_right right;
    struct uid member = *pool;
    enum err err = ledger_get_bearer(d->view, card, &member);
    if (err == ERR_OK || err == ERR_NOT_FOUND) {
        err = ledger_get_pool_right(d->view, pool, &member, &right);
    }
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    turn_window(d, &right);
    right.held.minor -= right.held.minor < points.minor ? right.held.minor : points.minor;
    if (is_spent && right.limit.minor > 0) {
        TRY(points_add(right.spent, points, &right.spent));
    }
    pool_put_right(d, pool, &member, &right);
    return ERR_OK;
}

enum err pool_captured(struct decision *d, const struct uid *pool, const struct card_number *card,
                       struct points points)
{
    return end_promise(d, pool, card, points, true);
}

enum err pool_released(struct decision *d, const struct uid *pool, const struct card_number *card,
                       struct points points)
{
    return end_promise(d, pool, card, points, false);
}

enum err pool_spend(struct decision *d, const struct uid *pool, const struct uid *member,
                    struct points points)
{
    struct pool_right right;
    bool is_itself = uid_equal(pool, member); /* which is nobody who could ask */
    enum err err = is_itself ? ERR_NOT_FOUND : ledger_get_pool_right(d->view, pool, member, &right);
    if (err == ERR_NOT_FOUND) {
        return MUTANT(SPEND_ANY_POOL) ? ERR_OK : decide_refuse(d, VERDICT_NOT_IN_POOL);
    }
    TRY(err);
    if (right_verdict(d, &right, points) != VERDICT_OK) {
        return decide_refuse(d, right_verdict(d, &right, points));
    }
    if (right.limit.minor == 0) {
        return ERR_OK;
    }
    turn_window(d, &right);
    TRY(points_add(right.spent, points, &right.spent));
    pool_put_right(d, pool, member, &right);
    return ERR_OK;
}

static enum verdict asked_verdict(const struct command_pool_right *asked)
{
    bool is_bounded = asked->kind == POOL_RIGHT_DAY || asked->kind == POOL_RIGHT_MONTH;
    if (!is_bounded) {
        return asked->limit.minor == 0 ? VERDICT_OK : VERDICT_POINTS_TOO_LARGE;
    }
    return points_verdict(asked->limit);
}

/* Who asks, if it is not the office. May refuse. */
static enum err check_owner(struct decision *d, const struct uid *pool)
{
    struct member_work asker;
    struct pool_right right;
    if (uid_is_nil(&d->command->pool_right.by)) {
        return ERR_OK;
    }
    TRY(work_find(d, &d->command->pool_right.by, &asker));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    enum err err = ledger_get_pool_right(d->view, pool, &asker.id, &right);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    return err == ERR_NOT_FOUND || right.kind != POOL_RIGHT_OWNER
               ? decide_refuse(d, VERDICT_POOL_NOT_OWNER)
               : ERR_OK;
}

/* From the first bound on, cards that nobody in particular carries only fill the pool. */
static enum err close_nobodys_cards(struct decision *d, const struct uid *pool,
                                    enum pool_right_kind kind)
{
    static const struct pool_right none = {.kind = POOL_RIGHT_NONE};
    struct pool_right known;
    if (kind == POOL_RIGHT_ALL || kind == POOL_RIGHT_OWNER) {
        return ERR_OK;
    }
    enum err err = ledger_get_pool_right(d->view, pool, pool, &known);
    if (err == ERR_NOT_FOUND) {
        pool_put_right(d, pool, pool, &none);
        return ERR_OK;
    }
    return err;
}

/* What the new right has of the old one: what is on hold, and, if it counts alike, what was spent.
 */
static struct pool_right changed(const struct pool_right *old,
                                 const struct command_pool_right *asked)
{
    struct pool_right right = {.kind = asked->kind, .limit = asked->limit, .held = old->held};
    if (old->kind == asked->kind) {
        right.spent = old->spent;
        right.window = old->window;
    }
    return right;
}

/* Of the cards that nobody in particular carries. May refuse. */
static enum err set_nobodys(struct decision *d, struct member_work *pool)
{
    enum pool_right_kind kind = d->command->pool_right.kind;
    struct pool_right right = {.kind = POOL_RIGHT_ALL};
    if (kind != POOL_RIGHT_ALL && kind != POOL_RIGHT_NONE) {
        return decide_refuse(d, VERDICT_NOT_IN_POOL); /* they are no member who could be it */
    }
    enum err err = ledger_get_pool_right(d->view, &pool->id, &pool->id, &right);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    TRY(work_open(d, pool));
    right = changed(&right, &d->command->pool_right);
    pool_put_right(d, &pool->id, &pool->id, &right);
    work_end(d, pool);
    return ERR_OK;
}

static enum err set_members(struct decision *d, struct member_work *pool)
{
    struct member_work member;
    struct pool_right right;
    TRY(work_find(d, &d->command->pool_right.member, &member));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    enum err err = ledger_get_pool_right(d->view, &pool->id, &member.id, &right);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? decide_refuse(d, VERDICT_NOT_IN_POOL) : err;
    }
    TRY(work_open(d, &member));
    TRY(work_open(d, pool));
    TRY(close_nobodys_cards(d, &pool->id, d->command->pool_right.kind));
    right = changed(&right, &d->command->pool_right);
    turn_window(d, &right);
    pool_put_right(d, &pool->id, &member.id, &right);
    work_end(d, &member);
    work_end(d, pool);
    return ERR_OK;
}

enum err decide_set_pool_right(struct decision *d)
{
    const struct command_pool_right *asked = &d->command->pool_right;
    struct member_work pool;
    if (asked_verdict(asked) != VERDICT_OK) {
        return decide_refuse(d, asked_verdict(asked));
    }
    TRY(work_find(d, &asked->pool, &pool));
    if (decision_is_refused(d) || !pool.row.is_pool || pool.row.is_erased) {
        return decide_refuse(d, VERDICT_NOT_A_POOL);
    }
    TRY(check_owner(d, &pool.id));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    return uid_equal(&asked->member, &pool.id) ? set_nobodys(d, &pool) : set_members(d, &pool);
}

static void put_bearer(struct decision *d, const struct card_number *card, const struct uid *member)
{
    struct ledger_key key;
    key_card(card, &key);
    if (uid_is_nil(member)) {
        plan_delete(d->plan, TABLE_CARD_BEARER, &key);
        return;
    }
    buffer_clear(&d->plan->scratch);
    bearer_encode(member, &d->plan->scratch);
    plan_row(d->plan, TABLE_CARD_BEARER, &key, buffer_slice(&d->plan->scratch));
}

/* The pool whose card it is. May refuse. */
static enum err find_pool_of(struct decision *d, const struct card_number *number,
                             struct member_work *pool)
{
    struct card card;
    enum err err = ledger_get_card(d->view, number, &card);
    if (err == ERR_NOT_FOUND || (err == ERR_OK && uid_is_nil(&card.member))) {
        return decide_refuse(d, VERDICT_CARD_UNKNOWN);
    }
    TRY(err);
    TRY(work_find(d, &card.member, pool));
    return !decision_is_refused(d) && !pool->row.is_pool ? decide_refuse(d, VERDICT_NOT_A_POOL)
                                                         : ERR_OK;
}

enum err decide_bear_card(struct decision *d)
{
    const struct command_bearer *asked = &d->command->bearer;
    struct member_work pool;
    struct member_work member;
    struct uid bearer = {{0}};
    TRY(find_pool_of(d, &asked->card, &pool));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (!uid_is_nil(&asked->member)) {
        TRY(work_find(d, &asked->member, &member));
        if (decision_is_refused(d)) {
            return ERR_OK;
        }
        bearer = member.id;
        enum err err =
            member.row.is_pool ? ERR_NOT_FOUND : ledger_get_pool_member(d->view, &pool.id, &bearer);
        if (err != ERR_OK) {
            return err == ERR_NOT_FOUND ? decide_refuse(d, VERDICT_NOT_IN_POOL) : err;
        }
    }
    TRY(work_open(d, &pool));
    put_bearer(d, &asked->card, &bearer);
    d->plan->answer.card = asked->card;
    work_end(d, &pool);
    return ERR_OK;
}

/* Pools: accounts that several members fill and spend together. Who is in a pool is a row of its
 * own; a member's profile counts its pools, a pool's its members.
 *
 * A pool without points closes with its last member: from then on it counts as erased. */
#include "base/mutant.h"
#include "ledger/decision.h"
#include "ledger/pool_right.h"

#include <string.h>

static enum verdict pair_verdict(const struct member *pool, const struct member *member)
{
    if (pool->is_erased || member->is_erased) {
        return VERDICT_MEMBER_ERASED;
    }
    return pool->is_blocked || member->is_blocked ? VERDICT_MEMBER_BLOCKED : VERDICT_OK;
}

/* A person, who may join a pool; a pool is none. May refuse. */
static enum err find_person(struct decision *d, struct member_work *member)
{
    TRY(work_find(d, &d->command->pool.member, member));
    return !decision_is_refused(d) && member->row.is_pool ? decide_refuse(d, VERDICT_MEMBER_UNKNOWN)
                                                          : ERR_OK;
}

/* Both that the command names. May refuse. */
static enum err find_both(struct decision *d, struct member_work *pool, struct member_work *member)
{
    TRY(work_find(d, &d->command->pool.pool, pool));
    if (decision_is_refused(d) || !pool->row.is_pool) {
        return decide_refuse(d, VERDICT_NOT_A_POOL);
    }
    return find_person(d, member);
}

static void put_place(struct decision *d, const struct uid *pool, const struct uid *member,
                      enum pool_right_kind kind)
{
    struct pool_right right = {.kind = kind};
    pool_put_right(d, pool, member, &right);
}

/* One more (or one less) in a profile's count. */
static enum err count_pools(struct decision *d, const struct uid *id, bool is_more)
{
    struct profile profile;
    TRY(ledger_get_profile(d->view, id, &profile));
    if (!is_more && profile.pool_count == 0) {
        return ERR_CORRUPT;
    }
    profile.pool_count += is_more ? 1 : UINT32_MAX;
    decide_put_profile(d, id, &profile);
    return ERR_OK;
}

enum err decide_open_pool(struct decision *d)
{
    const struct command_pool *command = &d->command->pool;
    struct member_work member;
    struct ledger_key key;
    struct profile profile = {.pool_count = 1};
    TRY(find_person(d, &member));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (standing_verdict(&member.row) != VERDICT_OK) {
        return decide_refuse(d, standing_verdict(&member.row));
    }
    TRY(work_open(d, &member));
    work_end(d, &member);
    TRY(count_pools(d, &member.id, true));
    memcpy(profile.name, command->name, sizeof profile.name);
    struct member *row = &member.row; /* its memory, for an account that is empty */
    member_empty(row, d->command->business_time);
    row->is_pool = true;
    key_member(&command->pool, &key);
    buffer_clear(&d->plan->scratch);
    member_encode(row, &d->plan->scratch);
    plan_row(d->plan, TABLE_MEMBER, &key, buffer_slice(&d->plan->scratch));
    decide_put_profile(d, &command->pool, &profile);
    put_place(d, &command->pool, &member.id, POOL_RIGHT_OWNER);
    plan_history(d->plan, &command->pool, 0, false);
    d->plan->answer.member = command->pool;
    return ERR_OK;
}

enum err decide_join_pool(struct decision *d)
{
    struct member_work pool;
    struct member_work member;
    TRY(find_both(d, &pool, &member));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (pair_verdict(&pool.row, &member.row) != VERDICT_OK) {
        return decide_refuse(d, pair_verdict(&pool.row, &member.row));
    }
    enum err err = ledger_get_pool_member(d->view, &pool.id, &member.id);
    if (err != ERR_NOT_FOUND) {
        return err == ERR_OK ? decide_refuse(d, VERDICT_ALREADY_IN_POOL) : err;
    }
    TRY(work_open(d, &member));
    TRY(work_open(d, &pool));
    TRY(count_pools(d, &member.id, true));
    TRY(count_pools(d, &pool.id, true));
    put_place(d, &pool.id, &member.id, POOL_RIGHT_ALL);
    work_end(d, &member);
    work_end(d, &pool);
    return ERR_OK;
}

static bool has_points(const struct member *member)
{
    return member->available.minor != 0 || member->pending.minor != 0 || member->held.minor != 0 ||
           member->debt.minor != 0;
}

/* What was said of the pool's cards: whose they are, and what those of nobody may spend. */
static void forget_nobodys_cards(struct decision *d, const struct uid *pool,
                                 const struct profile *profile)
{
    struct ledger_key key;
    key_pool(pool, pool, &key);
    plan_delete(d->plan, TABLE_POOL, &key);
    for (size_t i = 0; i < profile->card_count; i++) {
        key_card(&profile->cards[i], &key);
        plan_delete(d->plan, TABLE_CARD_BEARER, &key);
    }
}

/* The pool with one member less, or closed. May refuse. */
static enum err shrink(struct decision *d, struct member_work *pool)
{
    struct profile profile;
    TRY(ledger_get_profile(d->view, &pool->id, &profile));
    if (profile.pool_count > 1) {
        return count_pools(d, &pool->id, false);
    }
    if (has_points(&pool->row) && !MUTANT(CLOSE_FULL_POOL)) {
        return decide_refuse(d, VERDICT_POOL_NOT_EMPTY);
    }
    forget_nobodys_cards(d, &pool->id, &profile);
    return decide_forget(d, pool, &profile);
}

enum err decide_leave_pool(struct decision *d)
{
    struct member_work pool;
    struct member_work member;
    struct ledger_key key;
    TRY(find_both(d, &pool, &member));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    enum err err = ledger_get_pool_member(d->view, &pool.id, &member.id);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? decide_refuse(d, VERDICT_NOT_IN_POOL) : err;
    }
    TRY(work_open(d, &member));
    TRY(work_open(d, &pool));
    TRY(shrink(d, &pool));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(count_pools(d, &member.id, false));
    key_pool(&pool.id, &member.id, &key);
    plan_delete(d->plan, TABLE_POOL, &key);
    work_end(d, &member);
    work_end(d, &pool);
    return ERR_OK;
}

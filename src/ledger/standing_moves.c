/* What becomes of standings when members do something else: are merged, parted again, erased, or
 * move from home to home.
 *
 * A member that is merged keeps its own row, as it was, which nobody reads: undone, the merge takes
 * back of it what is left at the other. A member that moves to another home is known here by its
 * card there; the card of a member that moved to this home is nobody's own any more. */
#include "ledger/standing_work.h"

/* May refuse. */
enum err standing_merge_members(struct decision *d, const struct uid *from, const struct uid *into)
{
    struct standing_owner giver = standing_of_member(from);
    struct standing_owner receiver = standing_of_member(into);
    struct standing_work own;
    struct standing_work other;
    struct standing_work both;
    TRY(standing_work_get(d, &giver, &other));
    if (other.count == 0) {
        return ERR_OK;
    }
    TRY(standing_work_get(d, &receiver, &own));
    standing_work_merge(&own, &other, &both);
    if (both.count > LIMIT_STANDING_NUMBERS) {
        return decide_refuse(d, VERDICT_STANDING_FULL);
    }
    standing_work_put(d, &receiver, &both);
    return ERR_OK;
}

enum err standing_part_members(struct decision *d, const struct uid *from, const struct uid *into)
{
    struct standing_owner giver = standing_of_member(from);
    struct standing_owner receiver = standing_of_member(into);
    struct standing_work own;
    struct standing_work other;
    struct standing_work left;
    struct standing_work back;
    TRY(standing_work_get(d, &giver, &other));
    if (other.count == 0) {
        return ERR_OK;
    }
    TRY(standing_work_get(d, &receiver, &own));
    standing_work_part(&own, &other, &left, &back);
    standing_work_put(d, &receiver, &left);
    standing_work_put(d, &giver, &back);
    return ERR_OK;
}

enum err standing_forget(struct decision *d, const struct uid *member)
{
    struct standing_owner owner = standing_of_member(member);
    struct ledger_key key;
    struct slice value;
    key_standing(&owner, &key);
    enum err err = view_get(d->view, TABLE_STANDING, &key, &value);
    if (err == ERR_OK) {
        plan_delete(d->plan, TABLE_STANDING, &key);
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err standing_carry_to(struct decision *d, const struct standing_owner *from,
                           const struct standing_owner *to)
{
    struct ledger_key key;
    struct slice value;
    bool is_known = false;
    key_standing(from, &key);
    enum err err = view_get(d->view, TABLE_STANDING, &key, &value);
    for (size_t i = 0; i < d->carry_count; i++) {
        is_known = is_known || standing_owner_equal(&d->carries[i].from, from);
    }
    if (err == ERR_OK && !is_known && d->carry_count < CARRIES_PER_RECORD &&
        !standing_owner_equal(from, to)) {
        d->carries[d->carry_count++] = (struct standing_carried){*from, *to, false};
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err standing_carry(struct decision *d, const struct standing_owner *from,
                        const struct card_number *moved_to)
{
    struct standing_owner named = standing_of_card(moved_to);
    struct standing_owner to;
    enum err err = ledger_follow_owner(d->view, d->terms->roster, &named, &to);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    return standing_carry_to(d, from, &to);
}

/* Of all that go to one owner, in their order; what there is no room for stays behind, and is gone.
 */
static enum err put_carried(struct decision *d, size_t first)
{
    struct standing_work works[2];
    struct standing_work other;
    size_t now = 0;
    const struct standing_owner to = d->carries[first].to;
    TRY(standing_work_get(d, &to, &works[now]));
    for (size_t i = first; i < d->carry_count; i++) {
        struct standing_carried *carried = &d->carries[i];
        struct ledger_key key;
        if (carried->is_done || !standing_owner_equal(&carried->to, &to)) {
            continue;
        }
        carried->is_done = true;
        TRY(standing_work_get(d, &carried->from, &other));
        standing_work_merge(&works[now], &other, &works[1 - now]);
        now = works[1 - now].count <= LIMIT_STANDING_NUMBERS ? 1 - now : now;
        key_standing(&carried->from, &key);
        plan_delete(d->plan, TABLE_STANDING, &key);
    }
    standing_work_put(d, &to, &works[now]);
    return ERR_OK;
}

enum err decide_put_carried(struct decision *d)
{
    for (size_t i = 0; i < d->carry_count; i++) {
        if (!d->carries[i].is_done) {
            TRY(put_carried(d, i));
        }
    }
    return ERR_OK;
}

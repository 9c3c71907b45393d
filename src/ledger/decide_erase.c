/* A member's erasure: points that are left go to breakage, what is owed is written off, the cards
 * are blocked and nobody's, profile and reference are gone. The empty account stays, so that old
 * sales and holds still say whose they were: an id that nothing names any more. */
#include "ledger/decision.h"

static enum err empty_lots(struct decision *d, struct member_work *work)
{
    struct account_ref breakage = account_of_programme(ACCOUNT_BREAKAGE);
    struct account_ref available = account_of_member(ACCOUNT_AVAILABLE, &work->id);
    struct account_ref pending = account_of_member(ACCOUNT_PENDING, &work->id);
    struct points spendable = work->row.available;
    struct points waiting = work->row.pending;
    while (work->row.lot_count > 0) {
        struct lot last = work->row.lots[work->row.lot_count - 1];
        TRY(work_lot(d, work, &last.key, -last.free.minor, 0));
    }
    TRY(work_post(d, work, &available, &breakage, spendable));
    TRY(work_post(d, work, &pending, &breakage, waiting));
    return points_add(spendable, waiting, &d->plan->answer.points);
}

static enum err write_off(struct decision *d, struct member_work *work)
{
    struct account_ref adjustment = account_of_programme(ACCOUNT_ADJUSTMENT);
    struct account_ref debt = account_of_member(ACCOUNT_DEBT, &work->id);
    d->plan->answer.written_off = work->row.debt;
    return work_post(d, work, &adjustment, &debt, work->row.debt);
}

static void delete_profile(struct decision *d, const struct uid *id, const struct profile *profile)
{
    struct ledger_key key;
    key_member(id, &key);
    plan_delete(d->plan, TABLE_PROFILE, &key);
    if (!tag_is_none(profile->reference_tag)) {
        key_reference(profile->reference_tag, &key);
        plan_delete(d->plan, TABLE_REFERENCE, &key);
    }
}

enum err decide_forget(struct decision *d, struct member_work *work, const struct profile *profile)
{
    delete_profile(d, &work->id, profile);
    TRY(standing_forget(d, &work->id));
    for (size_t i = 0; i < profile->merged_count; i++) {
        struct profile merged;
        TRY(ledger_get_profile(d->view, &profile->merged[i], &merged));
        delete_profile(d, &profile->merged[i], &merged);
        TRY(standing_forget(d, &profile->merged[i]));
    }
    for (size_t i = 0; i < profile->card_count; i++) {
        decide_put_card(d, &profile->cards[i], &(struct card){.is_blocked = true});
    }
    TRY(decide_announce_cards(d, profile, ENTRY_CARD_BLOCK));
    work->row.is_erased = true;
    work->row.is_blocked = false;
    work_mark(d, work);
    return ERR_OK;
}

enum err decide_erase_member(struct decision *d)
{
    struct member_work work;
    struct profile profile;
    TRY(work_find(d, &d->command->erase.member, &work));
    if (decision_is_refused(d) || work.row.is_pool) {
        return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
    }
    if (work.row.is_erased) {
        return decide_refuse(d, VERDICT_MEMBER_ERASED);
    }
    if (work.row.held.minor > 0) {
        return decide_refuse(d, VERDICT_MEMBER_HAS_HOLDS);
    }
    TRY(ledger_get_profile(d->view, &work.id, &profile));
    if (profile.pool_count > 0) {
        return decide_refuse(d, VERDICT_ALREADY_IN_POOL);
    }
    TRY(work_open(d, &work));
    TRY(empty_lots(d, &work));
    TRY(write_off(d, &work));
    TRY(decide_forget(d, &work, &profile));
    work_end(d, &work);
    return decide_count_members(d, -1);
}

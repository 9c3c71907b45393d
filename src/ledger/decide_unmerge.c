/* A merge undone. The member that was merged is its own again, with its cards; of each lot that
 * moved it gets back the lesser of what moved and what is left there, and of the debt likewise:
 * what was spent, expired or repaid meanwhile stays with the other. Sales and ended holds from
 * before the merge are its own again; those since then stay with the other. */
#include "ledger/decision.h"

#include <string.h>

struct unmerging {
    struct member_work from;
    struct member_work into;
    struct profile from_profile;
    struct profile into_profile;
    struct merge merge;
};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The merge and its two members. May refuse. */
static enum err find_merge(struct decision *d, struct unmerging *u)
{
    enum err err = ledger_get_merge(d->view, &d->command->unmerge.merge, &u->merge);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse(d, VERDICT_MERGE_UNKNOWN);
    }
    TRY(err);
    if (u->merge.is_undone) {
        return decide_refuse(d, VERDICT_MERGE_ENDED);
    }
    u->from.id = u->merge.from;
    u->into.id = u->merge.into;
    TRY(ledger_get_member(d->view, &u->from.id, &u->from.row));
    TRY(ledger_get_member(d->view, &u->into.id, &u->into.row));
    if (u->into.row.is_merged) { /* the later merge must be undone first */
        return decide_refuse(d, VERDICT_MEMBER_MERGED);
    }
    if (u->into.row.is_erased) {
        return decide_refuse(d, VERDICT_MEMBER_ERASED);
    }
    struct card_number moved_to;
    TRY(ledger_get_profile(d->view, &u->from.id, &u->from_profile));
    TRY(ledger_get_profile(d->view, &u->into.id, &u->into_profile));
    TRY(move_of_member(d, &u->into_profile, &moved_to));
    return moved_to.digits[0] != '\0' ? decide_refuse(d, VERDICT_MEMBER_MOVED) : ERR_OK;
}

/* The lot as it moved, or as it is since it became active. */
static const struct lot *lot_left(struct member *into, const struct lot_key *moved)
{
    struct lot_key active = *moved;
    active.active_from = (struct unix_ms){0};
    const struct lot *lot = lots_find(into, moved);
    return lot != NULL ? lot : lots_find(into, &active);
}

static enum err return_lots(struct decision *d, struct unmerging *u)
{
    struct points returned[2] = {{0}, {0}}; /* spendable, pending */
    static const enum account_kind kinds[] = {ACCOUNT_AVAILABLE, ACCOUNT_PENDING};
    for (size_t i = 0; i < u->merge.lot_count; i++) {
        const struct merge_lot *moved = &u->merge.lots[i];
        const struct lot *left = lot_left(&u->into.row, &moved->key);
        if (left == NULL || left->free.minor == 0) {
            continue;
        }
        struct lot_key key = left->key;
        struct points part = points_of(least(left->free.minor, moved->points.minor));
        TRY(work_lot(d, &u->into, &key, -part.minor, 0));
        TRY(work_lot(d, &u->from, &key, part.minor, 0));
        struct points *sum = &returned[key.active_from.ms != 0];
        TRY(points_add(*sum, part, sum));
    }
    TRY(points_add(returned[0], returned[1], &d->plan->answer.points));
    for (size_t i = 0; i < 2; i++) {
        struct account_ref giver = account_of_member(kinds[i], &u->into.id);
        struct account_ref receiver = account_of_member(kinds[i], &u->from.id);
        TRY(work_post(d, &u->from, &giver, &receiver, returned[i]));
        work_see(&u->into, &giver, -returned[i].minor);
    }
    return ERR_OK;
}

static enum err return_debt(struct decision *d, struct unmerging *u)
{
    struct account_ref old_debt = account_of_member(ACCOUNT_DEBT, &u->into.id);
    struct account_ref new_debt = account_of_member(ACCOUNT_DEBT, &u->from.id);
    struct points debt = points_of(least(u->merge.debt.minor, u->into.row.debt.minor));
    TRY(work_post(d, &u->from, &new_debt, &old_debt, debt));
    work_see(&u->into, &old_debt, debt.minor);
    d->plan->answer.debt = debt;
    return work_repay(d, &u->from);
}

static void remove_card(struct profile *profile, const struct card_number *number)
{
    size_t kept = 0;
    for (size_t i = 0; i < profile->card_count; i++) {
        if (strcmp(profile->cards[i].digits, number->digits) != 0) {
            profile->cards[kept++] = profile->cards[i];
        }
    }
    profile->card_count = kept;
}

static void remove_merged(struct profile *profile, const struct uid *member)
{
    size_t kept = 0;
    for (size_t i = 0; i < profile->merged_count; i++) {
        if (!uid_equal(&profile->merged[i], member)) {
            profile->merged[kept++] = profile->merged[i];
        }
    }
    profile->merged_count = kept;
}

/* Partners took them for blocked when the other member was. */
static enum err return_cards(struct decision *d, struct unmerging *u)
{
    struct card_change changes[LIMIT_CARDS_PER_MEMBER];
    size_t change_count = 0;
    struct profile *from = &u->from_profile;
    struct profile *into = &u->into_profile;
    for (size_t i = 0; i < u->merge.card_count; i++) {
        const struct card_number *number = &u->merge.cards[i];
        struct card card;
        TRY(ledger_get_card(d->view, number, &card));
        card.member = u->from.id;
        decide_put_card(d, number, &card);
        if (u->into.row.is_blocked && !card.is_blocked) {
            changes[change_count++] =
                (struct card_change){.card = *number, .kind = ENTRY_CARD_UNBLOCK};
        }
        remove_card(into, number);
        from->cards[from->card_count++] = *number;
    }
    remove_merged(into, &u->from.id);
    for (size_t i = 0; i < from->merged_count; i++) {
        remove_merged(into, &from->merged[i]);
    }
    decide_put_profile(d, &u->from.id, from);
    decide_put_profile(d, &u->into.id, into);
    return decide_announce(d, changes, change_count, NULL, NULL);
}

enum err decide_unmerge_members(struct decision *d)
{
    struct unmerging u;
    TRY(find_merge(d, &u));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(work_open(d, &u.into));
    TRY(work_open(d, &u.from));
    u.from.row.is_merged = false;
    u.from.row.merged_into = (struct uid){{0}};
    u.from.row.active_at = u.into.row.active_at;
    work_mark(d, &u.from);
    TRY(return_lots(d, &u));
    TRY(return_debt(d, &u));
    TRY(return_cards(d, &u));
    TRY(standing_part_members(d, &u.from.id, &u.into.id));
    work_end(d, &u.into);
    work_end(d, &u.from);
    u.merge.is_undone = true;
    decide_put_merge(d, &d->command->unmerge.merge, &u.merge);
    return decide_count_members(d, 1);
}

/* Two members who are the same person become one: lots, debt and cards of the first move to the
 * second, and its id leads there ever after. Its profile stays where it is, so that its reference
 * still finds it, and a merge can be undone. What moved is kept in a row of its own.
 *
 * Debt and points that come together cancel each other, as everywhere. */
#include "ledger/decision.h"

struct merging {
    struct member_work from;
    struct member_work into;
    struct profile from_profile;
    struct profile into_profile;
    struct merge merge;
};

/* What the rows alone say. */
static enum verdict rows_verdict(const struct merging *m)
{
    const struct member *from = &m->from.row;
    const struct member *into = &m->into.row;
    if (from->is_pool || into->is_pool) {
        return VERDICT_MEMBER_UNKNOWN;
    }
    if (uid_equal(&m->from.id, &m->into.id)) {
        return VERDICT_MERGE_TO_SELF;
    }
    if (from->is_erased || into->is_erased) {
        return VERDICT_MEMBER_ERASED;
    }
    /* Before its profile is looked at: that went with the other's, if it was erased since. */
    return from->is_merged ? VERDICT_MEMBER_MERGED : VERDICT_OK;
}

static enum verdict profiles_verdict(const struct merging *m)
{
    const struct profile *from = &m->from_profile;
    const struct profile *into = &m->into_profile;
    if (from->merged_count + 1 + into->merged_count > LIMIT_MERGED_PER_MEMBER) {
        return VERDICT_MEMBER_MERGED;
    }
    if (m->from.row.is_blocked || m->into.row.is_blocked) {
        return VERDICT_MEMBER_BLOCKED;
    }
    if (m->from.row.held.minor > 0) {
        return VERDICT_MEMBER_HAS_HOLDS;
    }
    if (from->pool_count > 0) {
        return VERDICT_ALREADY_IN_POOL;
    }
    return from->card_count + into->card_count > LIMIT_CARDS_PER_MEMBER ? VERDICT_TOO_MANY_CARDS
                                                                        : VERDICT_OK;
}

/* Both members and their profiles; `from` itself, not where it may have gone. May refuse. */
static enum err find_both(struct decision *d, struct merging *m)
{
    const struct command_merge *command = &d->command->merge;
    enum err err = ledger_get_member(d->view, &command->from, &m->from.row);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
    }
    TRY(err);
    m->from.id = command->from;
    TRY(work_find(d, &command->into, &m->into));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (rows_verdict(m) != VERDICT_OK) {
        return decide_refuse(d, rows_verdict(m));
    }
    TRY(ledger_get_profile(d->view, &m->from.id, &m->from_profile));
    TRY(ledger_get_profile(d->view, &m->into.id, &m->into_profile));
    return profiles_verdict(m) != VERDICT_OK ? decide_refuse(d, profiles_verdict(m)) : ERR_OK;
}

/* May refuse. */
static enum err move_lots(struct decision *d, struct merging *m)
{
    struct member *from = &m->from.row;
    struct member *into = &m->into.row;
    m->merge.lot_count = 0;
    while (from->lot_count > 0) {
        struct lot lot = from->lots[from->lot_count - 1];
        if (into->lot_count == LIMIT_LOTS_PER_MEMBER && lots_find(into, &lot.key) == NULL) {
            return decide_refuse(d, VERDICT_TOO_MANY_LOTS);
        }
        m->merge.lots[m->merge.lot_count++] = (struct merge_lot){lot.key, lot.free};
        TRY(work_lot(d, &m->from, &lot.key, -lot.free.minor, 0));
        TRY(work_lot(d, &m->into, &lot.key, lot.free.minor, 0));
    }
    return ERR_OK;
}

static enum err move_balances(struct decision *d, struct merging *m)
{
    static const enum account_kind kinds[] = {ACCOUNT_AVAILABLE, ACCOUNT_PENDING};
    const struct points points[] = {m->from.row.available, m->from.row.pending};
    TRY(points_add(points[0], points[1], &d->plan->answer.points));
    for (size_t i = 0; i < 2; i++) {
        struct account_ref giver = account_of_member(kinds[i], &m->from.id);
        struct account_ref receiver = account_of_member(kinds[i], &m->into.id);
        TRY(work_post(d, &m->into, &giver, &receiver, points[i]));
        work_see(&m->from, &giver, -points[i].minor);
    }
    struct account_ref old_debt = account_of_member(ACCOUNT_DEBT, &m->from.id);
    struct account_ref new_debt = account_of_member(ACCOUNT_DEBT, &m->into.id);
    m->merge.debt = m->from.row.debt;
    TRY(work_post(d, &m->into, &new_debt, &old_debt, m->merge.debt));
    work_see(&m->from, &old_debt, m->merge.debt.minor);
    d->plan->answer.debt = m->merge.debt;
    return ERR_OK;
}

/* A card keeps what it is, blocked or not. */
static enum err move_cards(struct decision *d, struct merging *m)
{
    struct profile *from = &m->from_profile;
    struct profile *into = &m->into_profile;
    m->merge.card_count = from->card_count;
    for (size_t i = 0; i < from->card_count; i++) {
        struct card card;
        TRY(ledger_get_card(d->view, &from->cards[i], &card));
        card.member = m->into.id;
        decide_put_card(d, &from->cards[i], &card);
        m->merge.cards[i] = from->cards[i];
        into->cards[into->card_count++] = from->cards[i];
    }
    from->card_count = 0;
    into->merged[into->merged_count++] = m->from.id;
    for (size_t i = 0; i < from->merged_count; i++) {
        into->merged[into->merged_count++] = from->merged[i];
    }
    decide_put_profile(d, &m->from.id, from);
    decide_put_profile(d, &m->into.id, into);
    return ERR_OK;
}

static void put_marks(struct decision *d, struct merging *m)
{
    struct member *from = &m->from.row;
    struct member *into = &m->into.row;
    from->is_merged = true;
    from->merged_into = m->into.id;
    work_mark(d, &m->from);
    if (from->active_at.ms > into->active_at.ms) {
        into->active_at = from->active_at;
        work_mark(d, &m->into);
    }
}

void decide_put_merge(struct decision *d, const struct uid *id, const struct merge *merge)
{
    struct ledger_key key;
    key_id(id, &key);
    buffer_clear(&d->plan->scratch);
    merge_encode(merge, &d->plan->scratch);
    plan_row(d->plan, TABLE_MERGE, &key, buffer_slice(&d->plan->scratch));
}

enum err decide_merge_members(struct decision *d)
{
    struct merging m;
    enum err err = ledger_get_merge(d->view, &d->command->transaction_id, &m.merge);
    if (err == ERR_OK) {
        return decide_refuse(d, VERDICT_MERGE_EXISTS);
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    TRY(find_both(d, &m));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(work_open(d, &m.from));
    TRY(work_open(d, &m.into));
    TRY(move_lots(d, &m));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(standing_merge_members(d, &m.from.id, &m.into.id));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(move_balances(d, &m));
    TRY(move_cards(d, &m));
    put_marks(d, &m);
    TRY(work_settle(d, &m.into)); /* a lot that ends by inactivity ends by the receiver's */
    TRY(work_repay(d, &m.into));
    work_end(d, &m.from);
    work_end(d, &m.into);
    m.merge.from = m.from.id;
    m.merge.into = m.into.id;
    m.merge.merged_at = d->now;
    m.merge.is_undone = false;
    decide_put_merge(d, &d->command->transaction_id, &m.merge);
    return decide_count_members(d, -1);
}

/* Two members who are the same person become one, and are told apart again. */
#include "model_parts.h"

/* What was given to a member before it was merged is the other's for as long as it is merged. */
static enum verdict judge_merge(const struct model *m, int from, int into)
{
    if (from < 0 || into < 0 || m->members[from].is_pool || m->members[into].is_pool) {
        return VERDICT_MEMBER_UNKNOWN;
    }
    const struct model_member *giver = &m->members[from];
    const struct model_member *taker = &m->members[into];
    if (from == into) {
        return VERDICT_MERGE_TO_SELF;
    }
    if (giver->is_erased || taker->is_erased) {
        return VERDICT_MEMBER_ERASED;
    }
    if (giver->merged_into >= 0 ||
        giver->merged_from + 1 + taker->merged_from > LIMIT_MERGED_PER_MEMBER) {
        return VERDICT_MEMBER_MERGED;
    }
    if (giver->is_blocked || taker->is_blocked) {
        return VERDICT_MEMBER_BLOCKED;
    }
    if (model_has_holds(m, from)) {
        return VERDICT_MEMBER_HAS_HOLDS;
    }
    if (model_pools_of(m, from) > 0) {
        return VERDICT_ALREADY_IN_POOL;
    }
    return giver->card_count + taker->card_count > LIMIT_CARDS_PER_MEMBER ? VERDICT_TOO_MANY_CARDS
                                                                          : VERDICT_OK;
}

/* All the lots of one to the other. False: they have no room. */
static bool move_lots(struct model_member *from, struct model_member *into,
                      struct model_merge *merge)
{
    merge->lot_count = from->lot_count;
    for (size_t i = 0; i < from->lot_count; i++) {
        merge->lots[i] = from->lots[i];
        if (model_find_lot(into, &from->lots[i].key) == NULL &&
            into->lot_count == LIMIT_LOTS_PER_MEMBER) {
            return false;
        }
        model_add_free(into, &from->lots[i].key, from->lots[i].free);
    }
    from->lot_count = 0;
    return true;
}

static void move_cards(struct model *m, struct model_merge *merge)
{
    for (size_t i = 0; i < sizeof merge->cards / sizeof merge->cards[0]; i++) {
        merge->cards[i] = 0;
    }
    for (size_t i = 0; i < m->card_count; i++) {
        if (m->cards[i].member == merge->from) {
            merge->cards[i / 64] |= UINT64_C(1) << i % 64;
            m->cards[i].member = merge->into;
            m->members[merge->from].card_count--;
            m->members[merge->into].card_count++;
        }
    }
}

enum verdict model_step_merge(struct model *m, const struct command *command,
                              struct model_answer *answer)
{
    struct model_member giver;
    struct model_member taker;
    int from = model_member(m, &command->merge.from);
    int into = model_account_of(m, &command->merge.into);
    bool is_known = model_merge(m, &command->transaction_id) != NULL;
    enum verdict verdict = is_known ? VERDICT_MERGE_EXISTS : judge_merge(m, from, into);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    ASSERT(m->merge_count < MODEL_MERGES);
    struct model_merge *merge = &m->merges[m->merge_count];
    model_view(m, from, m->now, &giver);
    model_view(m, into, m->now, &taker);
    merge->id = command->transaction_id;
    merge->from = from;
    merge->into = into;
    merge->is_undone = false;
    merge->debt = giver.debt;
    for (size_t i = 0; i < giver.lot_count; i++) {
        answer->points += giver.lots[i].free;
    }
    answer->debt = giver.debt;
    if (!move_lots(&giver, &taker, merge)) {
        return VERDICT_TOO_MANY_LOTS;
    }
    taker.debt += giver.debt;
    giver.debt = 0;
    taker.active_at = taker.active_at > giver.active_at ? taker.active_at : giver.active_at;
    model_cancel_debt(m, &taker);
    m->merge_count++;
    giver.merged_into = into;
    taker.merged_from += giver.merged_from + 1;
    model_settle(m, &m->members[from]); /* for the postings */
    model_settle(m, &m->members[into]);
    m->members[from] = giver;
    m->members[into] = taker;
    model_merge_standing(m, from, into);
    move_cards(m, merge);
    model_touch(m, from);
    model_touch(m, into);
    return VERDICT_OK;
}

/* The lot as it moved, or as it is since it became active. */
static struct model_lot *lot_left(struct model_member *into, struct model_key key)
{
    struct model_lot *lot = model_find_lot(into, &key);
    key.active_from = 0;
    return lot != NULL ? lot : model_find_lot(into, &key);
}

/* The lesser of what moved and what is left, of each lot and of the debt. */
static void move_back(struct model_merge *merge, struct model_member *from,
                      struct model_member *into, struct model_answer *answer)
{
    for (size_t i = 0; i < merge->lot_count; i++) {
        struct model_lot *lot = lot_left(into, merge->lots[i].key);
        int64_t back = lot == NULL ? 0 : model_least(lot->free, merge->lots[i].free);
        if (back > 0) {
            model_add_free(from, &lot->key, back);
            lot->free -= back;
            answer->points += back;
        }
    }
    model_drop_empty(into);
    answer->debt = model_least(merge->debt, into->debt);
    from->debt += answer->debt;
    into->debt -= answer->debt;
}

static void move_cards_back(struct model *m, const struct model_merge *merge)
{
    for (size_t i = 0; i < m->card_count; i++) {
        if ((merge->cards[i / 64] >> i % 64 & 1) != 0 && m->cards[i].member == merge->into) {
            m->cards[i].member = merge->from;
            if (m->members[merge->into].is_blocked && !m->cards[i].is_blocked) {
                model_tell(m, ENTRY_CARD_UNBLOCK, &m->cards[i].number);
            }
            m->members[merge->into].card_count--;
            m->members[merge->from].card_count++;
        }
    }
}

enum verdict model_step_unmerge(struct model *m, const struct command *command,
                                struct model_answer *answer)
{
    struct model_merge *merge = model_merge(m, &command->unmerge.merge);
    if (merge == NULL) {
        return VERDICT_MERGE_UNKNOWN;
    }
    if (merge->is_undone) {
        return VERDICT_MERGE_ENDED;
    }
    struct model_member *from = &m->members[merge->from];
    struct model_member *into = &m->members[merge->into];
    if (into->merged_into >= 0) { /* the later merge must be undone first */
        return VERDICT_MEMBER_MERGED;
    }
    if (into->is_erased) {
        return VERDICT_MEMBER_ERASED;
    }
    if (model_member_moved(m, merge->into)) {
        return VERDICT_MEMBER_MOVED;
    }
    model_settle(m, into);
    merge->is_undone = true;
    from->merged_into = -1;
    into->merged_from -= from->merged_from + 1;
    from->active_at = from->active_at > into->active_at ? from->active_at : into->active_at;
    move_back(merge, from, into, answer);
    model_unmerge_standing(m, merge->from, merge->into);
    move_cards_back(m, merge);
    model_settle(m, from);
    model_touch(m, merge->from);
    model_touch(m, merge->into);
    return VERDICT_OK;
}

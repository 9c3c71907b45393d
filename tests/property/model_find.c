/* Where things are in the model. */
#include "model_parts.h"

#include <string.h>

#include "ledger/precedence.h"

int model_partner(const struct model *m, const struct partner_id *partner)
{
    for (int i = 0; i < MODEL_PARTNERS; i++) {
        if (partner_id_equal(&m->roster->partners[i].id, partner)) {
            return i;
        }
    }
    return -1;
}

int model_home(const struct model *m, const struct card_number *card)
{
    for (int i = 0; i < MODEL_PARTNERS; i++) {
        if (card_has_prefix(card, &m->roster->partners[i].prefix)) {
            return i;
        }
    }
    return -1;
}

int model_card_index(const struct model *m, const struct card_number *card)
{
    for (size_t i = 0; i < m->card_count; i++) {
        if (strcmp(m->cards[i].number.digits, card->digits) == 0) {
            return (int)i;
        }
    }
    return -1;
}

struct model_card *model_card(struct model *m, const struct card_number *card)
{
    int index = model_card_index(m, card);
    return index < 0 ? NULL : &m->cards[index];
}

int model_member(const struct model *m, const struct uid *id)
{
    for (size_t i = 0; i < m->member_count; i++) {
        if (uid_equal(&m->members[i].id, id)) {
            return (int)i;
        }
    }
    return -1;
}

struct model_hold *model_hold(struct model *m, int redeemer, const struct uid *id)
{
    for (size_t i = 0; i < m->hold_count; i++) {
        struct model_hold *hold = &m->holds[i];
        int by = hold->is_foreign ? 0 : hold->partner;
        if (by == redeemer && uid_equal(&hold->id, id)) {
            return hold;
        }
    }
    return NULL;
}

struct model_sale *model_sale(struct model *m, int issuer, const struct uid *id)
{
    for (size_t i = 0; i < m->sale_count; i++) {
        if (m->sales[i].issuer == issuer && uid_equal(&m->sales[i].id, id)) {
            return &m->sales[i];
        }
    }
    return NULL;
}

struct model_adjustment *model_adjustment(struct model *m, const struct uid *id)
{
    for (size_t i = 0; i < m->adjustment_count; i++) {
        if (uid_equal(&m->adjustments[i].id, id)) {
            return &m->adjustments[i];
        }
    }
    return NULL;
}

struct model_merge *model_merge(struct model *m, const struct uid *id)
{
    for (size_t i = 0; i < m->merge_count; i++) {
        if (uid_equal(&m->merges[i].id, id)) {
            return &m->merges[i];
        }
    }
    return NULL;
}

int model_follow(const struct model *m, int member)
{
    while (member >= 0 && m->members[member].merged_into >= 0) {
        member = m->members[member].merged_into;
    }
    return member;
}

void model_touch(struct model *m, int member)
{
    m->touched |= member < 0 ? 0 : UINT64_C(1) << member;
}

bool model_may_send(const struct model *m, int partner, bool is_new)
{
    uint64_t most = m->outbox_entries + (is_new ? 0 : m->outbox_entries / 4);
    return m->outbox_entries == 0 || m->sent_count[partner] - m->receipted[partner] < most;
}

void model_send(struct model *m, int partner, struct model_entry entry)
{
    ASSERT(m->sent_count[partner] < MODEL_ENTRIES);
    entry.number = m->sent_count[partner] + 1;
    entry.period = m->out_period;
    m->sent[partner][m->sent_count[partner]++] = entry;
    model_owe_sent(m, partner, &entry);
}

enum verdict model_judge_points(int64_t points)
{
    return points <= 0                         ? VERDICT_POINTS_NOT_POSITIVE
           : points > LIMIT_POINTS_PER_COMMAND ? VERDICT_POINTS_TOO_LARGE
                                               : VERDICT_OK;
}

/* Where the verdict stands among those that the last command may get. */
static int rank_of(const struct model *m, enum verdict verdict)
{
    const enum verdict *order = command_verdicts(m->kind);
    int rank = 0;
    while (order[rank] != verdict) {
        ASSERT(order[rank] != VERDICT_OK);
        rank++;
    }
    return rank;
}

enum verdict model_first(const struct model *m, enum verdict a, enum verdict b)
{
    if (a == VERDICT_OK || b == VERDICT_OK) {
        return a == VERDICT_OK ? b : a;
    }
    return rank_of(m, a) < rank_of(m, b) ? a : b;
}

enum verdict model_judge_member(const struct model *m, int member)
{
    return member < 0                      ? VERDICT_MEMBER_UNKNOWN
           : m->members[member].is_erased  ? VERDICT_MEMBER_ERASED
           : m->members[member].is_blocked ? VERDICT_MEMBER_BLOCKED
                                           : VERDICT_OK;
}

enum verdict model_judge_card(struct model *m, const struct card_number *number, int *out_member)
{
    const struct model_card *card = model_card(m, number);
    *out_member = -1;
    if (card == NULL) {
        return VERDICT_CARD_UNKNOWN;
    }
    *out_member = card->member;
    if (card->is_blocked && m->flaw != FLAW_BLOCKS_NOTHING) {
        return VERDICT_CARD_BLOCKED;
    }
    enum verdict verdict = model_judge_member(m, card->member);
    return verdict == VERDICT_MEMBER_BLOCKED && model_has_moved(m, number) ? VERDICT_CARD_MOVED
                                                                           : verdict;
}

int model_account_of(const struct model *m, const struct uid *id)
{
    return model_follow(m, model_member(m, id));
}

void model_active(struct model *m, int member)
{
    m->members[member].active_at = m->now;
}

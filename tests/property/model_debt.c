/* What the node and each partner owe each other and have not settled: every entry on a list, added
 * up anew whenever it is asked for. */
#include "model_parts.h"

static void add(struct model *m, struct model_debt debt)
{
    ASSERT(m->debt_count < MODEL_DEBTS);
    m->debts[m->debt_count++] = debt;
}

void model_owe_sent(struct model *m, int partner, const struct model_entry *entry)
{
    add(m, (struct model_debt){.partner = partner,
                               .is_ours = true,
                               .number = entry->number,
                               .kind = entry->kind,
                               .tariff = entry->lot.tariff != 0 ? entry->lot.tariff
                                                                : m->roster->tariffs[0].id,
                               .points = entry->points,
                               .period = entry->period.code});
}

void model_owe_taken(struct model *m, int partner, const struct clearing_entry *entry)
{
    add(m, (struct model_debt){.partner = partner,
                               .kind = entry->kind,
                               .tariff = entry->tariff,
                               .points = entry->points.minor,
                               .period = entry->period.code});
}

void model_owe_reversed(struct model *m, int partner, uint64_t number)
{
    for (size_t i = 0; i < m->debt_count; i++) {
        struct model_debt *debt = &m->debts[i];
        debt->is_gone |= debt->is_ours && debt->partner == partner && debt->number == number;
    }
}

bool model_is_matched(const struct model *m, int partner, uint32_t period)
{
    for (size_t i = 0; i < m->matched_count; i++) {
        if (m->matched[i].partner == partner && m->matched[i].period == period) {
            return true;
        }
    }
    return false;
}

/* Of our own entries, those that have a receipt. */
void model_match_period(struct model *m, int partner, uint32_t period)
{
    if (model_is_matched(m, partner, period)) {
        return;
    }
    ASSERT(m->matched_count < MODEL_MATCHED);
    m->matched[m->matched_count++] = (struct model_match){partner, period};
    for (size_t i = 0; i < m->debt_count; i++) {
        struct model_debt *debt = &m->debts[i];
        bool is_final = !debt->is_ours || debt->number <= m->receipted[partner];
        debt->is_gone |= is_final && debt->partner == partner && debt->period == period;
    }
}

static int64_t funding_price(const struct tariff *tariff)
{
    return tariff->id == MODEL_AT_BURN ? tariff->redemption_price.minor : tariff->issue_price.minor;
}

/* At the price of its kind: positive when the node owes it. */
static int64_t worth(const struct model *m, const struct model_debt *debt)
{
    const struct tariff *tariff = roster_tariff(m->roster, debt->tariff);
    int64_t sign = debt->is_ours ? 1 : -1;
    if (debt->tariff == MODEL_PREPAID &&
        (debt->kind == ENTRY_EARN || debt->kind == ENTRY_EARN_RETURN)) {
        return 0;
    }
    if (debt->tariff == MODEL_AT_BURN &&
        (debt->kind == ENTRY_EARN || debt->kind == ENTRY_MOVED_LOT ||
         debt->kind == ENTRY_EARN_RETURN)) {
        return 0;
    }
    switch (debt->kind) {
    case ENTRY_EARN:
    case ENTRY_MOVED_LOT:
    case ENTRY_BLOCK_BOUGHT:
        return sign * debt->points * tariff->issue_price.minor;
    case ENTRY_EARN_RETURN:
        return -sign * debt->points * tariff->issue_price.minor;
    case ENTRY_CAPTURE:
    case ENTRY_FUNDING:
    case ENTRY_BLOCK_ENDED:
        return -sign * debt->points * tariff->redemption_price.minor;
    case ENTRY_BURN_RETURN:
        return sign * debt->points * tariff->redemption_price.minor;
    case ENTRY_PROMOTION:
        return -sign * debt->points * funding_price(tariff);
    case ENTRY_FUNDING_RETURN:
    case ENTRY_PROMOTION_RETURN:
        return sign * debt->points * funding_price(tariff);
    case ENTRY_VOID:
    case ENTRY_ADJUSTMENT:
    case ENTRY_PERIOD_MARK:
    case ENTRY_CARD_BLOCK:
    case ENTRY_CARD_UNBLOCK:
    case ENTRY_CARD_MOVED:
    case ENTRY_DISPUTE_OPENED:
    case ENTRY_DISPUTE_ANSWERED:
    case ENTRY_DISPUTE_ESCALATED:
    case ENTRY_DISPUTE_RULED:
    case ENTRY_BURN_ADJUSTMENT:
    case ENTRY_KIND_END:
        break;
    }
    return 0;
}

int64_t model_owed(const struct model *m, int partner)
{
    int64_t owed = 0;
    for (size_t i = 0; i < m->debt_count; i++) {
        owed += m->debts[i].partner == partner && !m->debts[i].is_gone ? worth(m, &m->debts[i]) : 0;
    }
    return owed;
}

int64_t model_promised(const struct model *m, int partner)
{
    int64_t points = 0;
    for (size_t i = 0; i < m->hold_count; i++) {
        const struct model_hold *hold = &m->holds[i];
        bool is_of = !hold->is_foreign && hold->partner == partner && !hold->has_ended;
        points += is_of ? hold->left : 0;
    }
    return points * m->roster->tariffs[0].redemption_price.minor;
}

bool model_may_owe(const struct model *m, int partner, int64_t more)
{
    int64_t cap = m->roster->net_debit_cap.minor;
    return cap == 0 || model_owed(m, partner) + model_promised(m, partner) + more <= cap;
}

bool model_may_be_owed(const struct model *m, int partner, int64_t more)
{
    int64_t cap = m->roster->net_debit_cap.minor;
    return cap == 0 || more - model_owed(m, partner) <= cap;
}

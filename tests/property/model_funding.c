/* Points whose issuer pays when they are spent. */
#include "model_parts.h"

int64_t model_issue_price(const struct model *m, uint32_t tariff)
{
    return tariff == MODEL_AT_BURN ? 0 : roster_tariff(m->roster, tariff)->issue_price.minor;
}

void model_spend(struct model *m, const struct model_key *key, int64_t points)
{
    if (key->tariff == MODEL_AT_BURN && key->issuer != 0) {
        m->spent[key->issuer] += points;
    }
}

void model_go_abroad(struct model *m, const struct model_key *key, int64_t points)
{
    if (key->tariff == MODEL_AT_BURN && key->issuer == 0) {
        m->abroad += points;
    }
}

static void tell(struct model *m, int issuer, int64_t points)
{
    model_send(m, issuer,
               (struct model_entry){.kind = points > 0 ? ENTRY_FUNDING : ENTRY_FUNDING_RETURN,
                                    .points = points > 0 ? points : -points,
                                    .lot = {.tariff = MODEL_AT_BURN}});
}

static bool is_open(const struct model *m, int issuer)
{
    return !m->is_frozen_out[issuer] && model_may_send(m, issuer, false);
}

void model_tell_spent(struct model *m, bool has_sent)
{
    for (int i = 1; i < MODEL_PARTNERS; i++) {
        int64_t points = m->spent[i];
        bool is_huge = points > LIMIT_POINTS_PER_COMMAND || points < -LIMIT_POINTS_PER_COMMAND;
        if (points != 0 && !has_sent && !is_huge && m->untold[i] == 0 && is_open(m, i)) {
            tell(m, i, points);
        } else {
            m->untold[i] += points;
        }
    }
}

enum verdict model_step_tell_funding(struct model *m, const struct command *command,
                                     struct model_answer *answer)
{
    int issuer = model_partner(m, &command->due.redeemer);
    int64_t most = LIMIT_POINTS_PER_COMMAND;
    int64_t part = m->untold[issuer];
    (void)answer;
    part = part > most ? most : part < -most ? -most : part;
    if (part != 0 && is_open(m, issuer)) {
        tell(m, issuer, part);
        m->untold[issuer] -= part;
    }
    return VERDICT_OK;
}

enum verdict model_take_funding(struct model *m, const struct clearing_entry *entry)
{
    int64_t points = entry->points.minor;
    if (entry->tariff != MODEL_AT_BURN) {
        return VERDICT_FUNDING_NOT_AGREED;
    }
    if (entry->kind == ENTRY_FUNDING && points > m->abroad) {
        return VERDICT_FUNDING_EXCEEDED;
    }
    m->abroad += entry->kind == ENTRY_FUNDING ? -points : points;
    return VERDICT_OK;
}

#include "programme/returned_state.h"

bool returned_state_is(uint64_t slot)
{
    return slot_merge_of(slot) == SLOT_LATEST;
}

bool returned_state_is_added(const struct rules *rules, const struct award *awards, size_t count,
                             uint64_t slot)
{
    const struct rules_text *text = rules_text(rules);
    for (size_t i = 0; i < count; i++) {
        const struct gift *gift =
            awards[i].rule < text->rule_count ? &text->rules[awards[i].rule].gift : NULL;
        if (gift != NULL && gift->gives == GIVES_UNTIL && gift->metric != NULL &&
            gift->term.is_added && rules_metric_slot(rules, *gift->metric) == slot) {
            return true;
        }
    }
    return false;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t returned_state_after(const struct returned_state *state, int64_t now)
{
    if (now == state->left) {
        return state->rest;
    }
    if (!state->is_added || state->left <= state->today) {
        return now;
    }
    int64_t begun = later(state->before, state->day); /* what is over begins anew */
    int64_t days = later(state->left, begun) - later(state->rest, begun);
    return days <= 0 ? now : days < now ? now - days : 0;
}

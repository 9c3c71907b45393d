#include "programme/reward.h"

#include <string.h>

bool reward_is(const struct rule *rule)
{
    bool is_taken = rule->on == OCCASION_EVENT && !rule->is_on_any && rule->take != NULL &&
                    rule->gift.gives == GIVES_ITEM;
    return rule->price != NULL || is_taken;
}

uint16_t reward_find(const struct rules_text *text, struct slice name)
{
    for (size_t i = 0; i < text->rule_count; i++) {
        const struct rule *rule = &text->rules[i];
        if (reward_is(rule) && slice_equal(slice_of(rule->name, strlen(rule->name)), name)) {
            return (uint16_t)i;
        }
    }
    return NO_RULE;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What one of its caps leaves, counted in how often the reward can be given. */
static enum err left_of(const struct rules *rules, uint16_t place, size_t c,
                        const struct standing *programme, int64_t day, int64_t *out_left)
{
    static const enum slot_of counted[] = {SLOT_CAP_USES, SLOT_CAP_AMOUNT};
    const struct rule *rule = &rules_text(rules)->rules[place];
    const struct cap *cap = &rule->caps[c];
    const int64_t most[] = {cap->uses_max, cap->amount_max};
    int64_t each = rule->gift.gives == GIVES_ITEM ? (int64_t)rule->gift.items : 1;
    for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++) {
        int64_t used;
        if (most[i] == INT64_MAX) {
            continue;
        }
        TRY(standing_sum(programme, rules_cap_slot(rules, place, c, counted[i]),
                         window_first_bucket(cap->window, day), window_bucket(cap->window, day),
                         &used));
        int64_t left = used < most[i] ? most[i] - used : 0;
        *out_left = least(*out_left, counted[i] == SLOT_CAP_AMOUNT ? left / each : left);
    }
    return ERR_OK;
}

enum err reward_stock(const struct rules *rules, uint16_t place, const struct standing *programme,
                      int64_t day, int64_t *out_left)
{
    const struct rule *rule = &rules_text(rules)->rules[place];
    int64_t left = REWARD_ANY_NUMBER;
    for (size_t c = 0; c < rule->cap_count; c++) {
        if (rule->caps[c].of == CAP_OF_ALL && !rule->caps[c].is_per_receipt) {
            TRY(left_of(rules, place, c, programme, day, &left));
        }
    }
    *out_left = left;
    return ERR_OK;
}

const struct trace_row *reward_trace(const struct judgement *judgement, uint16_t place)
{
    for (size_t i = 0; i < judgement->trace_count; i++) {
        if (judgement->trace[i].rule == place) {
            return &judgement->trace[i];
        }
    }
    return NULL;
}

static const char *const words[TRACE_REASON_COUNT] = {
    [TRACE_FIRED] = "it can be had",
    [TRACE_OTHER_OCCASION] = "it is for another occasion",
    [TRACE_NOT_YET] = "it has not begun yet",
    [TRACE_OVER] = "it is over",
    [TRACE_WEEKDAY] = "not on this weekday",
    [TRACE_HOUR] = "not at this hour",
    [TRACE_STORE] = "not in this store",
    [TRACE_CHANNEL] = "not in this channel",
    [TRACE_METRIC_BELOW] = "the member has not reached what it asks for",
    [TRACE_METRIC_ABOVE] = "the member has more than it is for",
    [TRACE_NOTHING] = "it would give nothing",
    [TRACE_GROUP] = "another of its group gives more",
    [TRACE_EXCLUDED] = "an exclusive rule goes before it",
    [TRACE_CAP] = "none is left, or the member has had as many as it may",
    [TRACE_AROUND] = "not around that day of the member's year",
    [TRACE_TIER] = "it is for another level",
    [TRACE_REFERRER] = "nobody else brought the member",
    [TRACE_NO_CODE] = "it needs a coupon's code",
    [TRACE_SEGMENT] = "it is for other members",
    [TRACE_LIST] = "the member is on none of its lists",
    [TRACE_BALANCE] = "the member has fewer points than it costs",
    [TRACE_TAKE] = "the member has less than it takes",
};

const char *reward_reason(enum trace_reason reason)
{
    return words[reason] == NULL ? "its conditions do not hold" : words[reason];
}

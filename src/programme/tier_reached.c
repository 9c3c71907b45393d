#include "programme/tier_reached.h"

static bool is_held(const struct rules *rules, const struct kept_case *kept, size_t tier)
{
    uint64_t slot = rules_metric_slot(rules, rules_text(rules)->tiers[tier].until);
    return standing_value(&kept->standing, slot, 0) > occasion_day(&kept->occasion);
}

static bool is_prolonged(const struct rules *rules, const struct kept_case *kept, size_t tier)
{
    const struct rules_text *text = rules_text(rules);
    for (size_t i = 0; i < kept->award_count; i++) {
        uint16_t place = kept->awards[i].rule;
        const struct gift *gift = place < text->rule_count ? &text->rules[place].gift : NULL;
        if (gift != NULL && gift->gives == GIVES_UNTIL && gift->metric != NULL &&
            *gift->metric == text->tiers[tier].until && kept->awards[i].given > 0) {
            return true;
        }
    }
    return false;
}

uint16_t tier_reached(const struct rules *rules, const struct kept_case *kept)
{
    for (size_t t = rules_text(rules)->tier_count; t > 0; t--) {
        if (is_held(rules, kept, t - 1)) {
            return NO_TIER;
        }
        if (is_prolonged(rules, kept, t - 1)) {
            return (uint16_t)(t - 1);
        }
    }
    return NO_TIER;
}

#include "programme/membership.h"

#include <string.h>

bool membership_is(const struct rules_text *text, uint16_t metric)
{
    for (size_t i = 0; i < text->rule_count; i++) {
        const struct rule *rule = &text->rules[i];
        const struct gift *gift = &rule->gift;
        bool is_about = gift->metric != NULL && *gift->metric == metric;
        bool is_paid = gift->gives == GIVES_UNTIL && (rule->goods_count > 0 || rule->price != NULL);
        if (is_about && (is_paid || gift->gives == GIVES_REFUND)) {
            return true;
        }
    }
    return false;
}

uint16_t membership_find(const struct rules_text *text, struct slice name)
{
    for (size_t i = 0; i < text->metric_count; i++) {
        const char *own = text->metrics[i].name;
        if (slice_equal(slice_of(own, strlen(own)), name) && membership_is(text, (uint16_t)i)) {
            return (uint16_t)i;
        }
    }
    return NO_METRIC;
}

static uint16_t find_cancel(const struct rules_text *text, uint16_t metric)
{
    for (size_t i = 0; i < text->rule_count; i++) {
        const struct gift *gift = &text->rules[i].gift;
        if (gift->gives == GIVES_REFUND && gift->metric != NULL && *gift->metric == metric) {
            return (uint16_t)i;
        }
    }
    return NO_RULE;
}

enum err membership_read(const struct rules *rules, const struct standing *standing,
                         uint16_t metric, int64_t day, struct membership *out_membership)
{
    const struct rules_text *text = rules_text(rules);
    const char *name = text->metrics[metric].name;
    struct membership m = {.metric = metric, .cancel = find_cancel(text, metric)};
    m.until_day = standing_value(standing, rules_metric_slot(rules, metric), 0);
    m.days_left = m.until_day > day ? m.until_day - day : 0;
    m.paid = money_of(standing_value(standing, slot_named(SLOT_TERM_PAID, 0, name), 0));
    m.paid_days = standing_value(standing, slot_named(SLOT_TERM_PAID, 1, name), 0);
    if (m.cancel != NO_RULE && m.paid_days > 0 && m.days_left > 0) {
        int64_t left = m.days_left < m.paid_days ? m.days_left : m.paid_days;
        TRY(int64_mul_div(m.paid.minor, left, m.paid_days, text->rules[m.cancel].gift.rounding,
                          &m.refund.minor));
    }
    *out_membership = m;
    return ERR_OK;
}

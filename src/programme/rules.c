#include "programme/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "programme/coupon.h"
#include "programme/offer.h"
#include "programme/rules_index.h"
#include "programme/rules_slots.h"
#include "programme/segment.h"

#define WORD_BITS 64

struct rules {
    struct rules_text text;
    struct goods *goods;
    struct rules_index index;
    struct rules_slots slots;
};

struct named_group {
    const char *group;
    const struct rule *rule;
};

static int compare_groups(const void *a, const void *b)
{
    return strcmp(((const struct named_group *)a)->group, ((const struct named_group *)b)->group);
}

/* What rules of a group give is compared, so they go in one stage. */
static enum err check_groups(const struct rules_text *text, struct note *note)
{
    struct named_group *groups = calloc(text->rule_count + 1, sizeof groups[0]);
    if (groups == NULL) {
        return ERR_RESOURCE;
    }
    size_t count = 0;
    for (size_t r = 0; r < text->rule_count; r++) {
        if (text->rules[r].group != NULL) {
            groups[count++] = (struct named_group){text->rules[r].group, &text->rules[r]};
        }
    }
    qsort(groups, count, sizeof groups[0], compare_groups);
    enum err err = ERR_OK;
    for (size_t i = 1; err == ERR_OK && i < count; i++) {
        bool is_same = strcmp(groups[i].group, groups[i - 1].group) == 0;
        if (is_same && rule_stage(groups[i].rule) != rule_stage(groups[i - 1].rule)) {
            err = note_set(note, ERR_INPUT,
                           "rules %s and %s give different things and can't share the group %s",
                           groups[i - 1].rule->name, groups[i].rule->name, groups[i].group);
        }
    }
    free(groups);
    return err;
}

static bool is_window_of(enum metric_of of, struct window window)
{
    switch (of) {
    case METRIC_UNTIL:
    case METRIC_SINCE:
        return window.kind == WINDOW_EVER;
    case METRIC_STREAK:
        return window.kind == WINDOW_DAY || window.kind == WINDOW_WEEK ||
               window.kind == WINDOW_MONTH;
    case METRIC_SPEND:
    case METRIC_VISITS:
    case METRIC_ITEMS:
    case METRIC_POINTS:
    case METRIC_GIVEN:
    case METRIC_OF_COUNT:
    default:
        return true;
    }
}

static enum err check_metrics(const struct rules_text *text, struct note *note)
{
    for (size_t m = 0; m < text->metric_count; m++) {
        const struct metric *metric = &text->metrics[m];
        bool has_goods = metric->goods != NO_GOODS;
        bool may_have = metric->of == METRIC_SPEND || metric->of == METRIC_ITEMS;
        if (metric->of >= METRIC_OF_COUNT || window_check(metric->window) != ERR_OK ||
            (has_goods && (!may_have || metric->goods >= text->goods_count))) {
            return note_set(note, ERR_INPUT, "metric %s counts nothing that is known",
                            metric->name);
        }
        if (!is_window_of(metric->of, metric->window)) {
            return note_set(note, ERR_INPUT, "metric %s: \"%s\" can't be of the window %s",
                            metric->name, metric_of_name(metric->of),
                            window_kind_name(metric->window.kind));
        }
    }
    for (size_t t = 0; t < text->tier_count; t++) {
        const struct tier *tier = &text->tiers[t];
        if (tier->until >= text->metric_count || text->metrics[tier->until].of != METRIC_UNTIL) {
            return note_set(note, ERR_INPUT, "tier %s: nothing says how long it is held",
                            tier->name);
        }
    }
    return ERR_OK;
}

static enum err check_text(const struct rules_text *text, struct note *note)
{
    if (text->rule_count > LIMIT_RULES || text->metric_count > LIMIT_METRICS ||
        text->tier_count > LIMIT_TIERS) {
        return note_set(note, ERR_INPUT,
                        "a programme has at most %u rules, %u metrics and %u tiers", LIMIT_RULES,
                        LIMIT_METRICS, LIMIT_TIERS);
    }
    TRY(check_metrics(text, note));
    TRY(coupons_check(text, note));
    TRY(segments_check(text, note));
    TRY(offers_check(text, note));
    struct rule_names names = rules_names(text);
    for (size_t r = 0; r < text->rule_count; r++) {
        TRY(rule_check(&text->rules[r], &names, note));
    }
    return check_groups(text, note);
}

struct rule_names rules_names(const struct rules_text *text)
{
    return (struct rule_names){.goods = text->goods_count,
                               .metrics = text->metrics,
                               .metric_count = text->metric_count,
                               .tiers = text->tier_count,
                               .coupons = text->coupon_count,
                               .segments = text->segment_count};
}

static enum err build(struct rules *rules, struct note *note)
{
    TRY(rules_slots_init(&rules->text, &rules->slots, note));
    TRY(goods_create(rules->text.goods, rules->text.goods_count, &rules->goods, note));
    return rules_index_init(&rules->text, &rules->index);
}

enum err rules_create(const struct rules_text *text, struct rules **out_rules, struct note *note)
{
    TRY(check_text(text, note));
    struct rules *rules = calloc(1, sizeof *rules);
    if (rules == NULL) {
        return ERR_RESOURCE;
    }
    rules->text = *text;
    enum err err = build(rules, note);
    if (err != ERR_OK) {
        rules_destroy(rules);
        return err;
    }
    *out_rules = rules;
    return ERR_OK;
}

void rules_destroy(struct rules *rules)
{
    if (rules != NULL) {
        goods_destroy(rules->goods);
        rules_index_fini(&rules->index);
        rules_slots_fini(&rules->slots);
        free(rules);
    }
}

const struct rules_text *rules_text(const struct rules *rules)
{
    return &rules->text;
}

const struct goods *rules_goods(const struct rules *rules)
{
    return rules->goods;
}

uint64_t rules_metric_slot(const struct rules *rules, uint16_t metric)
{
    ASSERT(metric < rules->text.metric_count);
    return rules->slots.metrics[metric];
}

uint64_t rules_cap_slot(const struct rules *rules, uint16_t rule, size_t cap, enum slot_of of)
{
    ASSERT(rule < rules->text.rule_count && cap < rules->text.rules[rule].cap_count);
    const struct cap_slots *slots = &rules->slots.caps[rules->slots.cap_first[rule] + cap];
    return of == SLOT_CAP_USES ? slots->uses : slots->amount;
}

uint64_t rules_held_slot(const struct rules *rules, uint16_t metric)
{
    ASSERT(metric < rules->text.metric_count);
    return rules->slots.held[metric];
}

bool rules_is_held(const struct rules *rules, uint64_t slot, struct held_marks *out_marks)
{
    const struct slot_window *found = rules_slots_find(&rules->slots, slot);
    *out_marks = found == NULL ? (struct held_marks){0, 0} : found->marks;
    return found != NULL && found->is_held;
}

uint64_t rules_had_slot(const struct rules *rules, uint16_t rule)
{
    ASSERT(rule < rules->text.rule_count && rules->text.rules[rule].when.purchase != 0);
    return rules->slots.had[rule];
}

enum err rules_drop_passed(const struct rules *rules, const struct standing *standing, int64_t day,
                           struct arena *arena, struct standing *out_standing)
{
    struct standing_number *at = arena_alloc(arena, (standing->count + 1) * sizeof at[0]);
    if (at == NULL) {
        return ERR_RESOURCE;
    }
    size_t count = 0;
    for (size_t i = 0; i < standing->count; i++) {
        if (rules_slots_look_at(&rules->slots, &standing->at[i], day)) {
            at[count++] = standing->at[i];
        }
    }
    *out_standing = (struct standing){at, count};
    return ERR_OK;
}

enum err rules_candidates(const struct rules *rules, const struct occasion *occasion,
                          const struct goods_list *lines, struct arena *arena,
                          struct rule_list *out_list)
{
    size_t words = rules->text.rule_count / WORD_BITS + 1;
    uint64_t *bits = arena_alloc(arena, words * sizeof bits[0]);
    if (bits == NULL) {
        return ERR_RESOURCE;
    }
    memset(bits, 0, words * sizeof bits[0]);
    rules_index_mark(&rules->index, &rules->text, occasion, lines, bits);
    size_t count = 0;
    for (size_t w = 0; w < words; w++) {
        count += (size_t)__builtin_popcountll(bits[w]);
    }
    uint16_t *at = arena_alloc(arena, (count + 1) * sizeof at[0]);
    if (at == NULL) {
        return ERR_RESOURCE;
    }
    size_t next = 0;
    for (size_t w = 0; w < words; w++) {
        for (uint64_t left = bits[w]; left != 0; left &= left - 1) {
            at[next++] = rules->index.order[w * WORD_BITS + (size_t)__builtin_ctzll(left)];
        }
    }
    *out_list = (struct rule_list){at, count};
    return ERR_OK;
}

struct rule_list rules_all(const struct rules *rules)
{
    return (struct rule_list){rules->index.order, rules->text.rule_count};
}

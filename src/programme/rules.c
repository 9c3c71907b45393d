#include "programme/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define WORD_BITS 64

/* What a rule is found by when it is not for a set of goods. */
enum found_by {
    FOUND_BY_STORE,
    FOUND_BY_EVENT,
    FOUND_ALWAYS /* at each sale; the text is empty */
};

struct finding {
    enum found_by by;
    struct slice text;
    uint16_t rank;
};

struct rules {
    struct rules_text text;
    struct goods *goods;
    uint16_t *order;       /* rank to place */
    uint32_t *goods_first; /* of each set, where its ranks begin in `goods_ranks`; one more */
    uint16_t *goods_ranks;
    struct finding *findings; /* ascending */
    size_t finding_count;
    uint64_t *metric_slots;
    uint32_t *cap_first; /* of each rule, where its caps begin in `cap_slots`; one more */
    struct cap_slots *cap_slots;
    struct slot_window *windows; /* of metrics and caps, ascending by slot */
    size_t window_count;
};

struct slot_window {
    uint64_t slot;
    struct window window;
};

struct cap_slots {
    uint64_t amount;
    uint64_t uses;
};

/* Order. */

static bool goes_before(const struct rule *a, const struct rule *b)
{
    if (rule_stage(a) != rule_stage(b)) {
        return rule_stage(a) < rule_stage(b);
    }
    return a->priority > b->priority;
}

/* Insertion by halves: stable, and programmes have some thousand rules at most. */
static void put_in_order(struct rules *rules)
{
    const struct rule *rule = rules->text.rules;
    for (size_t i = 0; i < rules->text.rule_count; i++) {
        size_t low = 0;
        size_t high = i;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (goes_before(&rule[i], &rule[rules->order[middle]])) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        memmove(rules->order + low + 1, rules->order + low, (i - low) * sizeof rules->order[0]);
        rules->order[low] = (uint16_t)i;
    }
}

/* Finding. */

static int compare_texts(struct slice a, struct slice b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

static int compare_findings(const void *a, const void *b)
{
    const struct finding *x = a;
    const struct finding *y = b;
    if (x->by != y->by) {
        return x->by < y->by ? -1 : 1;
    }
    int order = compare_texts(x->text, y->text);
    return order != 0 ? order : (x->rank > y->rank) - (x->rank < y->rank);
}

static void add_finding(struct rules *rules, enum found_by by, struct slice text, uint16_t rank)
{
    rules->findings[rules->finding_count++] = (struct finding){by, text, rank};
}

static void place_findings(struct rules *rules)
{
    for (size_t rank = 0; rank < rules->text.rule_count; rank++) {
        const struct rule *rule = &rules->text.rules[rules->order[rank]];
        if (rule->on == OCCASION_EVENT) {
            add_finding(rules, FOUND_BY_EVENT, rule->event, (uint16_t)rank);
        } else if (rule->goods_count > 0) {
            continue; /* by its goods */
        } else if (rule->when.store_count > 0) {
            for (size_t s = 0; s < rule->when.store_count; s++) {
                add_finding(rules, FOUND_BY_STORE, rule->when.stores[s], (uint16_t)rank);
            }
        } else {
            add_finding(rules, FOUND_ALWAYS, slice_of(NULL, 0), (uint16_t)rank);
        }
    }
    qsort(rules->findings, rules->finding_count, sizeof rules->findings[0], compare_findings);
}

static void place_goods(struct rules *rules)
{
    for (size_t rank = 0; rank < rules->text.rule_count; rank++) {
        const struct rule *rule = &rules->text.rules[rules->order[rank]];
        for (size_t g = 0; g < rule->goods_count; g++) {
            rules->goods_first[rule->goods[g] + 1]++;
        }
    }
    for (size_t s = 0; s < rules->text.goods_count; s++) {
        rules->goods_first[s + 1] += rules->goods_first[s];
    }
    /* A set's beginning stands one further on while it is filled, and is its end afterwards. */
    for (size_t s = rules->text.goods_count; s > 0; s--) {
        rules->goods_first[s] = rules->goods_first[s - 1];
    }
    for (size_t rank = 0; rank < rules->text.rule_count; rank++) {
        const struct rule *rule = &rules->text.rules[rules->order[rank]];
        for (size_t g = 0; g < rule->goods_count; g++) {
            rules->goods_ranks[rules->goods_first[rule->goods[g] + 1]++] = (uint16_t)rank;
        }
    }
}

static size_t count_goods(const struct rules_text *text)
{
    size_t count = 0;
    for (size_t r = 0; r < text->rule_count; r++) {
        count += text->rules[r].goods_count;
    }
    return count;
}

static size_t count_findings(const struct rules_text *text)
{
    size_t count = 0;
    for (size_t r = 0; r < text->rule_count; r++) {
        count += 1 + text->rules[r].when.store_count;
    }
    return count;
}

/* Names and slots. */

struct named_slot {
    uint64_t slot;
    const char *what;
    const char *name;
};

static int compare_slots(const void *a, const void *b)
{
    const struct named_slot *x = a;
    const struct named_slot *y = b;
    return (x->slot > y->slot) - (x->slot < y->slot);
}

static enum err check_distinct(struct named_slot *slots, size_t count, struct note *note)
{
    qsort(slots, count, sizeof slots[0], compare_slots);
    for (size_t i = 1; i < count; i++) {
        if (slots[i].slot == slots[i - 1].slot) {
            bool is_same =
                slots[i].what == slots[i - 1].what && strcmp(slots[i].name, slots[i - 1].name) == 0;
            return note_set(note, ERR_INPUT,
                            is_same ? "%s %s is there twice" : "%s %s needs another name",
                            slots[i].what, slots[i].name);
        }
    }
    return ERR_OK;
}

static size_t count_caps(const struct rules_text *text)
{
    size_t count = 0;
    for (size_t r = 0; r < text->rule_count; r++) {
        count += text->rules[r].cap_count;
    }
    return count;
}

static enum err place_slots(struct rules *rules, struct named_slot *slots, struct note *note)
{
    static const char rule_word[] = "rule";
    static const char metric_word[] = "metric";
    static const char goods_word[] = "goods";
    const struct rules_text *text = &rules->text;
    size_t count = 0;
    for (size_t g = 0; g < text->goods_count; g++) {
        const char *name = text->goods[g].name;
        slots[count++] = (struct named_slot){slot_named(SLOT_GOODS, 0, name), goods_word, name};
    }
    for (size_t m = 0; m < text->metric_count; m++) {
        const char *name = text->metrics[m].name;
        rules->metric_slots[m] = slot_named(SLOT_METRIC, 0, name);
        slots[count++] = (struct named_slot){rules->metric_slots[m], metric_word, name};
    }
    for (size_t r = 0; r < text->rule_count; r++) {
        const struct rule *rule = &text->rules[r];
        slots[count++] =
            (struct named_slot){slot_named(SLOT_RULE, 0, rule->name), rule_word, rule->name};
        rules->cap_first[r + 1] = rules->cap_first[r] + (uint32_t)rule->cap_count;
        for (size_t c = 0; c < rule->cap_count; c++) {
            unsigned variant = (unsigned)rule->caps[c].window.kind;
            struct cap_slots *at = &rules->cap_slots[rules->cap_first[r] + c];
            at->amount = slot_named(SLOT_CAP_AMOUNT, variant, rule->name);
            at->uses = slot_named(SLOT_CAP_USES, variant, rule->name);
            if (!rule->caps[c].is_per_receipt) {
                slots[count++] = (struct named_slot){at->amount, rule_word, rule->name};
                slots[count++] = (struct named_slot){at->uses, rule_word, rule->name};
            }
        }
    }
    return check_distinct(slots, count, note);
}

static int compare_windows(const void *a, const void *b)
{
    const struct slot_window *x = a;
    const struct slot_window *y = b;
    return (x->slot > y->slot) - (x->slot < y->slot);
}

static void place_windows(struct rules *rules)
{
    const struct rules_text *text = &rules->text;
    size_t count = 0;
    for (size_t m = 0; m < text->metric_count; m++) {
        rules->windows[count++] =
            (struct slot_window){rules->metric_slots[m], text->metrics[m].window};
    }
    for (size_t r = 0; r < text->rule_count; r++) {
        for (size_t c = 0; c < text->rules[r].cap_count; c++) {
            const struct cap_slots *slots = &rules->cap_slots[rules->cap_first[r] + c];
            struct window window = text->rules[r].caps[c].window;
            if (!text->rules[r].caps[c].is_per_receipt) {
                rules->windows[count++] = (struct slot_window){slots->amount, window};
                rules->windows[count++] = (struct slot_window){slots->uses, window};
            }
        }
    }
    qsort(rules->windows, count, sizeof rules->windows[0], compare_windows);
    rules->window_count = count;
}

static enum err check_slots(struct rules *rules, struct note *note)
{
    const struct rules_text *text = &rules->text;
    size_t most = text->goods_count + text->metric_count + text->rule_count + 2 * count_caps(text);
    struct named_slot *slots = calloc(most + 1, sizeof slots[0]);
    if (slots == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = place_slots(rules, slots, note);
    free(slots);
    return err;
}

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

static enum err check_text(const struct rules_text *text, struct note *note)
{
    if (text->rule_count > LIMIT_RULES || text->metric_count > LIMIT_METRICS) {
        return note_set(note, ERR_INPUT, "a programme has at most %u rules and %u metrics",
                        LIMIT_RULES, LIMIT_METRICS);
    }
    for (size_t m = 0; m < text->metric_count; m++) {
        const struct metric *metric = &text->metrics[m];
        bool has_goods = metric->goods != NO_GOODS;
        bool may_have = metric->of == METRIC_SPEND || metric->of == METRIC_ITEMS;
        if (metric->of >= METRIC_OF_COUNT || window_check(metric->window) != ERR_OK ||
            (has_goods && (!may_have || metric->goods >= text->goods_count))) {
            return note_set(note, ERR_INPUT, "metric %s counts nothing that is known",
                            metric->name);
        }
    }
    for (size_t r = 0; r < text->rule_count; r++) {
        TRY(rule_check(&text->rules[r], text->goods_count, text->metric_count, note));
    }
    return check_groups(text, note);
}

static enum err reserve(struct rules *rules)
{
    const struct rules_text *text = &rules->text;
    rules->order = calloc(text->rule_count + 1, sizeof rules->order[0]);
    rules->goods_first = calloc(text->goods_count + 2, sizeof rules->goods_first[0]);
    rules->goods_ranks = calloc(count_goods(text) + 1, sizeof rules->goods_ranks[0]);
    rules->findings = calloc(count_findings(text) + 1, sizeof rules->findings[0]);
    rules->metric_slots = calloc(text->metric_count + 1, sizeof rules->metric_slots[0]);
    rules->cap_first = calloc(text->rule_count + 1, sizeof rules->cap_first[0]);
    rules->cap_slots = calloc(count_caps(text) + 1, sizeof rules->cap_slots[0]);
    rules->windows =
        calloc(text->metric_count + 2 * count_caps(text) + 1, sizeof rules->windows[0]);
    bool has_all = rules->order != NULL && rules->windows != NULL && rules->goods_first != NULL &&
                   rules->goods_ranks != NULL && rules->findings != NULL &&
                   rules->metric_slots != NULL && rules->cap_first != NULL &&
                   rules->cap_slots != NULL;
    return has_all ? ERR_OK : ERR_RESOURCE;
}

static enum err build(struct rules *rules, struct note *note)
{
    TRY(reserve(rules));
    TRY(check_slots(rules, note));
    TRY(goods_create(rules->text.goods, rules->text.goods_count, &rules->goods, note));
    place_windows(rules);
    put_in_order(rules);
    place_findings(rules);
    place_goods(rules);
    return ERR_OK;
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
        free(rules->order);
        free(rules->goods_first);
        free(rules->goods_ranks);
        free(rules->findings);
        free(rules->metric_slots);
        free(rules->cap_first);
        free(rules->cap_slots);
        free(rules->windows);
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
    return rules->metric_slots[metric];
}

uint64_t rules_cap_slot(const struct rules *rules, uint16_t rule, size_t cap, enum slot_of of)
{
    ASSERT(rule < rules->text.rule_count && cap < rules->text.rules[rule].cap_count);
    const struct cap_slots *slots = &rules->cap_slots[rules->cap_first[rule] + cap];
    return of == SLOT_CAP_USES ? slots->uses : slots->amount;
}

/* Does something still look at the number on that day? */
static bool is_looked_at(const struct rules *rules, const struct standing_number *number,
                         int64_t day)
{
    size_t low = 0;
    size_t high = rules->window_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rules->windows[middle].slot < number->slot) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < rules->window_count && rules->windows[low].slot == number->slot &&
           number->bucket >= window_first_bucket(rules->windows[low].window, day);
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
        if (is_looked_at(rules, &standing->at[i], day)) {
            at[count++] = standing->at[i];
        }
    }
    *out_standing = (struct standing){at, count};
    return ERR_OK;
}

/* Candidates: a bit for each rank. */

static void mark(uint64_t *bits, uint16_t rank)
{
    bits[rank / WORD_BITS] |= UINT64_C(1) << (rank % WORD_BITS);
}

static void mark_found(const struct rules *rules, enum found_by by, struct slice text,
                       uint64_t *bits)
{
    struct finding wanted = {by, text, 0};
    size_t low = 0;
    size_t high = rules->finding_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_findings(&rules->findings[middle], &wanted) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (size_t i = low; i < rules->finding_count; i++) {
        const struct finding *f = &rules->findings[i];
        if (f->by != by || compare_texts(f->text, text) != 0) {
            break;
        }
        mark(bits, f->rank);
    }
}

static void mark_goods(const struct rules *rules, struct goods_list list, uint64_t *bits)
{
    for (size_t i = 0; i < list.count; i++) {
        uint32_t end = rules->goods_first[list.at[i] + 1];
        for (uint32_t r = rules->goods_first[list.at[i]]; r < end; r++) {
            mark(bits, rules->goods_ranks[r]);
        }
    }
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
    if (occasion->kind == OCCASION_EVENT) {
        mark_found(rules, FOUND_BY_EVENT, occasion->event, bits);
    } else {
        mark_found(rules, FOUND_ALWAYS, slice_of(NULL, 0), bits);
        mark_found(rules, FOUND_BY_STORE, occasion->store, bits);
        for (size_t i = 0; i < occasion->line_count; i++) {
            mark_goods(rules, lines[i], bits);
        }
    }
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
            at[next++] = rules->order[w * WORD_BITS + (size_t)__builtin_ctzll(left)];
        }
    }
    *out_list = (struct rule_list){at, count};
    return ERR_OK;
}

struct rule_list rules_all(const struct rules *rules)
{
    return (struct rule_list){rules->order, rules->text.rule_count};
}

#include "programme/rules_slots.h"

#include <stdlib.h>
#include <string.h>

#define CAP_VARIANTS 16u /* kinds of windows, with room for more: slots are stored */

struct named_slot {
    uint64_t slot;
    const char *what;
    const char *name;
    unsigned line;
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
            unsigned first = slots[i - 1].line < slots[i].line ? slots[i - 1].line : slots[i].line;
            unsigned last = slots[i - 1].line + slots[i].line - first;
            return note_set(note, ERR_INPUT,
                            is_same ? "%s %s is there twice, on line %u and on line %u"
                                    : "%s %s needs another name (lines %u and %u)",
                            slots[i].what, slots[i].name, first, last);
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

static size_t place_metrics(const struct rules_text *text, struct rules_slots *slots,
                            struct named_slot *names, size_t count)
{
    static const char metric_word[] = "metric";
    for (size_t m = 0; m < text->metric_count; m++) {
        const char *name = text->metrics[m].name;
        enum metric_of of = text->metrics[m].of;
        bool is_latest = of == METRIC_UNTIL || of == METRIC_SINCE || of == METRIC_STREAK;
        slots->metrics[m] = slot_named(is_latest ? SLOT_METRIC_LATEST : SLOT_METRIC, 0, name);
        slots->held[m] = is_latest            ? 0
                         : of == METRIC_GIVEN ? slot_promised(slots->metrics[m])
                                              : slot_named(SLOT_METRIC_HELD, 0, name);
        names[count++] = (struct named_slot){slot_named(SLOT_METRIC, 0, name), metric_word, name,
                                             text->metrics[m].line};
        if (of == METRIC_GIVEN) {
            names[count++] = (struct named_slot){slots->held[m], metric_word, name, 0};
            names[count++] =
                (struct named_slot){slot_withheld(slots->metrics[m]), metric_word, name, 0};
        }
    }
    return count;
}

/* `names` has room for all of them. */
static enum err place_slots(const struct rules_text *text, struct rules_slots *slots,
                            struct named_slot *names, struct note *note)
{
    static const char rule_word[] = "rule";
    static const char cap_word[] = "a cap of the same window of rule";
    static const char goods_word[] = "goods";
    static const char tier_word[] = "tier";
    static const char coupon_word[] = "coupon";
    static const char segment_word[] = "segment";
    static const char campaign_word[] = "campaign";
    size_t count = 0;
    for (size_t g = 0; g < text->goods_count; g++) {
        const char *name = text->goods[g].name;
        names[count++] = (struct named_slot){slot_named(SLOT_GOODS, 0, name), goods_word, name,
                                             text->goods[g].line};
    }
    for (size_t t = 0; t < text->tier_count; t++) {
        const char *name = text->tiers[t].name;
        names[count++] = (struct named_slot){slot_named(SLOT_TIER, 0, name), tier_word, name,
                                             text->tiers[t].line};
    }
    for (size_t s = 0; s < text->segment_count; s++) {
        const char *name = text->segments[s].name;
        names[count++] = (struct named_slot){slot_named(SLOT_SEGMENT, 0, name), segment_word, name,
                                             text->segments[s].line};
    }
    for (size_t c = 0; c < text->coupon_count; c++) {
        const char *name = text->coupons[c].name;
        names[count++] = (struct named_slot){slot_named(SLOT_COUPON, 0, name), coupon_word, name,
                                             text->coupons[c].line};
    }
    for (size_t c = 0; c < text->campaign_count; c++) {
        const char *name = text->campaigns[c].name;
        names[count++] = (struct named_slot){slot_named(SLOT_CAMPAIGN, 0, name), campaign_word,
                                             name, text->campaigns[c].line};
    }
    count = place_metrics(text, slots, names, count);
    for (size_t r = 0; r < text->rule_count; r++) {
        const struct rule *rule = &text->rules[r];
        names[count++] = (struct named_slot){slot_named(SLOT_RULE, 0, rule->name), rule_word,
                                             rule->name, rule->line};
        if (rule->when.purchase != 0) {
            unsigned kind = (unsigned)text->metrics[rule->when.purchases].window.kind;
            slots->had[r] = slot_named(SLOT_PURCHASE_HAD, kind, rule->name);
            names[count++] = (struct named_slot){slots->had[r], rule_word, rule->name, rule->line};
        }
        slots->cap_first[r + 1] = slots->cap_first[r] + (uint32_t)rule->cap_count;
        for (size_t c = 0; c < rule->cap_count; c++) {
            unsigned variant =
                (unsigned)rule->caps[c].window.kind + CAP_VARIANTS * (unsigned)rule->caps[c].of;
            struct cap_slots *at = &slots->caps[slots->cap_first[r] + c];
            at->amount = slot_named(SLOT_CAP_AMOUNT, variant, rule->name);
            at->uses = slot_named(SLOT_CAP_USES, variant, rule->name);
            if (!rule->caps[c].is_per_receipt) {
                names[count++] = (struct named_slot){at->amount, cap_word, rule->name, rule->line};
                names[count++] = (struct named_slot){at->uses, cap_word, rule->name, rule->line};
            }
        }
    }
    return check_distinct(names, count, note);
}

static int compare_windows(const void *a, const void *b)
{
    const struct slot_window *x = a;
    const struct slot_window *y = b;
    return (x->slot > y->slot) - (x->slot < y->slot);
}

static void place_metric_windows(const struct rules_text *text, struct rules_slots *slots,
                                 size_t *count)
{
    for (size_t m = 0; m < text->metric_count; m++) {
        const struct metric *metric = &text->metrics[m];
        uint64_t withheld = metric->of == METRIC_GIVEN ? slot_withheld(slots->metrics[m]) : 0;
        slots->windows[(*count)++] = (struct slot_window){.slot = slots->metrics[m],
                                                          .window = metric->window,
                                                          .is_streak = metric->of == METRIC_STREAK,
                                                          .is_held = slots->held[m] != 0,
                                                          .marks = {slots->held[m], withheld}};
        if (slots->held[m] != 0) {
            slots->windows[(*count)++] =
                (struct slot_window){.slot = slots->held[m], .window = metric->window};
        }
        if (withheld != 0) {
            slots->windows[(*count)++] =
                (struct slot_window){.slot = withheld, .window = metric->window};
        }
        for (unsigned v = 0; v < 2 && metric->of == METRIC_UNTIL; v++) {
            slots->windows[(*count)++] = (struct slot_window){
                .slot = slot_named(SLOT_TERM_PAID, v, metric->name), .window = metric->window};
        }
    }
}

static void place_windows(const struct rules_text *text, struct rules_slots *slots)
{
    size_t count = 0;
    for (size_t c = 0; c < text->campaign_count; c++) {
        slots->windows[count++] =
            (struct slot_window){.slot = slot_named(SLOT_CAMPAIGN, 0, text->campaigns[c].name),
                                 .window = {WINDOW_EVER, 0}};
    }
    place_metric_windows(text, slots, &count);
    for (size_t r = 0; r < text->rule_count; r++) {
        if (slots->had[r] != 0) {
            slots->windows[count++] =
                (struct slot_window){.slot = slots->had[r],
                                     .window = text->metrics[text->rules[r].when.purchases].window,
                                     .is_held = true};
        }
        for (size_t c = 0; c < text->rules[r].cap_count; c++) {
            const struct cap_slots *cap = &slots->caps[slots->cap_first[r] + c];
            struct window window = text->rules[r].caps[c].window;
            if (!text->rules[r].caps[c].is_per_receipt) {
                slots->windows[count++] =
                    (struct slot_window){.slot = cap->amount, .window = window, .is_held = true};
                slots->windows[count++] =
                    (struct slot_window){.slot = cap->uses, .window = window, .is_held = true};
            }
        }
    }
    qsort(slots->windows, count, sizeof slots->windows[0], compare_windows);
    slots->window_count = count;
}

static enum err reserve(const struct rules_text *text, struct rules_slots *slots)
{
    size_t caps = count_caps(text);
    slots->metrics = calloc(text->metric_count + 1, sizeof slots->metrics[0]);
    slots->held = calloc(text->metric_count + 1, sizeof slots->held[0]);
    slots->cap_first = calloc(text->rule_count + 1, sizeof slots->cap_first[0]);
    slots->caps = calloc(caps + 1, sizeof slots->caps[0]);
    slots->had = calloc(text->rule_count + 1, sizeof slots->had[0]);
    size_t windows =
        5 * text->metric_count + text->campaign_count + text->rule_count + 2 * caps + 1;
    slots->windows = calloc(windows, sizeof slots->windows[0]);
    bool has_all = slots->metrics != NULL && slots->held != NULL && slots->cap_first != NULL &&
                   slots->caps != NULL && slots->had != NULL && slots->windows != NULL;
    return has_all ? ERR_OK : ERR_RESOURCE;
}

static enum err fill(const struct rules_text *text, struct rules_slots *slots, struct note *note)
{
    TRY(reserve(text, slots));
    size_t most = text->goods_count + 3 * text->metric_count + text->tier_count +
                  text->coupon_count + text->segment_count + text->campaign_count +
                  2 * text->rule_count + 2 * count_caps(text);
    struct named_slot *names = calloc(most + 1, sizeof names[0]);
    if (names == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = place_slots(text, slots, names, note);
    free(names);
    place_windows(text, slots);
    return err;
}

enum err rules_slots_init(const struct rules_text *text, struct rules_slots *out_slots,
                          struct note *note)
{
    struct rules_slots slots = {0};
    enum err err = fill(text, &slots, note);
    if (err != ERR_OK) {
        rules_slots_fini(&slots);
        return err;
    }
    *out_slots = slots;
    return ERR_OK;
}

void rules_slots_fini(struct rules_slots *slots)
{
    free(slots->metrics);
    free(slots->held);
    free(slots->cap_first);
    free(slots->caps);
    free(slots->had);
    free(slots->windows);
}

const struct slot_window *rules_slots_find(const struct rules_slots *slots, uint64_t slot)
{
    size_t low = 0;
    size_t high = slots->window_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (slots->windows[middle].slot < slot) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_there = low < slots->window_count && slots->windows[low].slot == slot;
    return is_there ? &slots->windows[low] : NULL;
}

bool rules_slots_look_at(const struct rules_slots *slots, const struct standing_number *number,
                         int64_t day)
{
    const struct slot_window *found = rules_slots_find(slots, number->slot);
    if (found == NULL) {
        return false;
    }
    int64_t first = window_first_bucket(found->window, day);
    return number->bucket >= (found->is_streak ? window_bucket(found->window, first - 1) : first);
}

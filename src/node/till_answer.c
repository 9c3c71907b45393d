/* What a case came to, in the words of the API. */
#include <string.h>

#include "node/till_judged.h"

/* NULL: the version has no such rule. */
static const char *rule_name(const struct rules_text *text, uint16_t rule)
{
    return rule < text->rule_count ? text->rules[rule].name : NULL;
}

static char *copy_of(struct arena *arena, const char *text)
{
    return arena_text(arena, slice_of(text, strlen(text)));
}

void award_fill(const struct rules_text *text, const struct rule *rule, int64_t given,
                Talea__V1__Award *award)
{
    enum given_in given_in = rule_given_in(rule);
    const uint16_t *metric = rule->gift.metric;
    bool is_of_metric =
        metric != NULL && (given_in == GIVEN_IN_POINTS || given_in == GIVEN_IN_DAYS);
    award->discount_minor = rule_stage(rule) == STAGE_DISCOUNT ? given : 0;
    award->points = given_in == GIVEN_IN_POINTS && metric == NULL ? given : 0;
    if (is_of_metric) {
        award->metric = (char *)(uintptr_t)text->metrics[*metric].name;
        award->metric_points = given_in == GIVEN_IN_POINTS ? given : 0;
        award->metric_days = given_in == GIVEN_IN_DAYS ? given : 0;
    }
}

static enum err fill_awards(const struct rules_text *text, const struct kept_case *kept,
                            struct arena *arena, struct judged_answer *answer)
{
    answer->awards = arena_alloc(arena, (kept->award_count + 1) * sizeof *answer->awards);
    if (answer->awards == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < kept->award_count; i++) {
        const struct award *given = &kept->awards[i];
        const char *name = rule_name(text, given->rule);
        Talea__V1__Award *award = arena_alloc(arena, sizeof *award);
        if (name == NULL || award == NULL) {
            return name == NULL ? ERR_CORRUPT : ERR_RESOURCE;
        }
        talea__v1__award__init(award);
        award->rule = copy_of(arena, name);
        if (award->rule == NULL) {
            return ERR_RESOURCE;
        }
        award_fill(text, &text->rules[given->rule], given->given, award);
        answer->awards[i] = award;
    }
    answer->award_count = kept->award_count;
    return ERR_OK;
}

static enum err fill_codes(const struct rules_text *text, const struct kept_case *kept,
                           struct arena *arena, struct judged_answer *answer)
{
    size_t count = kept->occasion.code_count;
    answer->codes = arena_alloc(arena, (count + 1) * sizeof *answer->codes);
    if (answer->codes == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < count; i++) {
        const struct code_verdict *verdict = &kept->codes[i];
        const char *name = verdict->rule == NO_RULE ? "" : rule_name(text, verdict->rule);
        Talea__V1__CodeAnswer *code = arena_alloc(arena, sizeof *code);
        if (name == NULL || code == NULL) {
            return name == NULL ? ERR_CORRUPT : ERR_RESOURCE;
        }
        talea__v1__code_answer__init(code);
        code->code = arena_text(arena, kept->occasion.codes[i].text);
        code->is_taken = verdict->reason == TRACE_FIRED;
        code->rule = copy_of(arena, name);
        code->reason = (char *)(uintptr_t)trace_reason_name(verdict->reason);
        if (code->code == NULL || code->rule == NULL) {
            return ERR_RESOURCE;
        }
        answer->codes[i] = code;
    }
    answer->code_count = count;
    return ERR_OK;
}

static enum err fill_item(const struct rules_text *text, const struct kept_item *given,
                          struct arena *arena, Talea__V1__GivenItem *item)
{
    const char *name = rule_name(text, given->rule);
    talea__v1__given_item__init(item);
    if (name == NULL) {
        return ERR_CORRUPT;
    }
    item->rule = copy_of(arena, name);
    item->item = arena_text(arena, given->name);
    item->count = given->count;
    item->worth_minor = given->worth.minor;
    item->until_local_ms = given->until_day == INT64_MAX ? 0 : given->until_day * DAY_MS;
    item->codes = arena_alloc(arena, (given->code_count + 1) * sizeof *item->codes);
    if (item->rule == NULL || item->item == NULL || item->codes == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < given->code_count; i++) {
        item->codes[i] = arena_text(arena, given->codes[i]);
        if (item->codes[i] == NULL) {
            return ERR_RESOURCE;
        }
    }
    item->n_codes = given->code_count;
    return ERR_OK;
}

static enum err fill_items(const struct rules_text *text, const struct kept_case *kept,
                           struct arena *arena, struct judged_answer *answer)
{
    answer->items = arena_alloc(arena, (kept->item_count + 1) * sizeof *answer->items);
    if (answer->items == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < kept->item_count; i++) {
        answer->items[i] = arena_alloc(arena, sizeof *answer->items[i]);
        if (answer->items[i] == NULL) {
            return ERR_RESOURCE;
        }
        TRY(fill_item(text, &kept->items[i], arena, answer->items[i]));
    }
    answer->item_count = kept->item_count;
    return ERR_OK;
}

enum err judged_answer_codes(const struct programme_version *version, const struct kept_case *kept,
                             struct arena *arena, Talea__V1__CodeAnswer ***out_codes,
                             size_t *out_count)
{
    struct judged_answer answer = {.code_count = 0};
    TRY(fill_codes(rules_text(version->rules), kept, arena, &answer));
    *out_codes = answer.codes;
    *out_count = answer.code_count;
    return ERR_OK;
}

enum err judged_answer_fill(const struct programme_version *version, const struct kept_case *kept,
                            struct arena *arena, struct judged_answer *out_answer)
{
    const struct rules_text *text = rules_text(version->rules);
    struct judged_answer answer = {.discount_minor = kept->discount.minor,
                                   .spent_points = kept->spent.minor,
                                   .due_minor = kept->due.minor,
                                   .refund_minor = kept->refund.minor,
                                   .programme_version = version->programme.version};
    TRY(fill_awards(text, kept, arena, &answer));
    TRY(fill_codes(text, kept, arena, &answer));
    TRY(fill_items(text, kept, arena, &answer));
    *out_answer = answer;
    return ERR_OK;
}

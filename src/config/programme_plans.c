/* What draws, surveys and goals of programme.yaml have in common. */
#include "config/programme_plans.h"

#include <stdio.h>
#include <string.h>

struct plan_path plan_path(const char *list, size_t index, const char *key)
{
    struct plan_path path;
    int length = snprintf(path.text, sizeof path.text, "%s[%zu]%s%s", list, index,
                          key[0] == '\0' ? "" : ".", key);
    ASSERT(length > 0 && (size_t)length < sizeof path.text);
    return path;
}

void *plan_take(struct planning *p, size_t count, size_t size)
{
    void *at = arena_alloc(p->arena, (count + 1) * size);
    if (at == NULL) {
        if (p->check->err == ERR_OK) {
            p->check->err = note_set(p->check->note, ERR_RESOURCE, "the programme is too large");
        }
        return NULL;
    }
    memset(at, 0, (count + 1) * size);
    return at;
}

char *plan_text(struct planning *p, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = plan_take(p, size, 1);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

const char *plan_name(struct planning *p, const char *path, const char *text)
{
    char name[LIMIT_RULE_NAME_BYTES + 1] = "";
    if (text == NULL) {
        return NULL;
    }
    check_text(p->check, path, text, name, sizeof name);
    if (name[0] == ' ') {
        check_fail(p->check, path, "begins with a blank");
    }
    char *copy = plan_text(p, name);
    return copy == NULL ? "" : copy;
}

void plan_check_new(struct planning *p, const char *path, const char *name, const void *before,
                    size_t count, size_t size)
{
    for (size_t i = 0; i < count && name != NULL; i++) {
        const char *const *other = (const void *)((const char *)before + i * size);
        if (*other != NULL && strcmp(*other, name) == 0) {
            check_fail(p->check, path, "\"%s\" is there already", name);
        }
    }
}

bool plan_yes(struct planning *p, const char *path, const char *text, bool otherwise)
{
    static const char *const words[] = {"no", "yes"};
    unsigned is_yes = otherwise ? 1 : 0;
    check_choice(p->check, path, text, words, 2, &is_yes);
    return is_yes != 0;
}

bool plan_has_rule_on(const struct planning *p, const char *event)
{
    struct slice name = slice_of(event, strlen(event));
    for (size_t i = 0; i < p->rules->rule_count; i++) {
        const struct rule *rule = &p->rules->rules[i];
        if (rule->on == OCCASION_EVENT && !rule->is_on_any && slice_equal(rule->event, name)) {
            return true;
        }
    }
    return false;
}

void programme_plans_check(struct check *check, const struct plans_yaml *yaml,
                           const struct rules_text *rules, unsigned money_decimals,
                           struct arena *arena, struct programme_plans *out_plans)
{
    struct planning p = {check, rules, money_decimals, arena, out_plans};
    *out_plans = (struct programme_plans){.draw_count = 0};
    check_next(check);
    programme_draws_check(&p, yaml);
    programme_surveys_check(&p, yaml);
    programme_goals_check(&p, yaml);
}

bool programme_plans_use(const struct programme_plans *plans, const struct rules_text *rules,
                         unsigned line)
{
    for (size_t i = 0; i < plans->draw_count; i++) {
        const struct draw_plan *draw = &plans->draws[i];
        bool is_used = rules->metrics[draw->metric].line == line;
        for (size_t k = 0; k < draw->segment_count; k++) {
            is_used = is_used || rules->segments[draw->segments[k]].line == line;
        }
        if (is_used) {
            return true;
        }
    }
    return false;
}

/* Small programmes and baskets for tests of the judge. */
#ifndef TESTS_UNIT_PROGRAMME_SCENE_H
#define TESTS_UNIT_PROGRAMME_SCENE_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "programme/judge.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define TEXT(literal)                                                                              \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }

/* Saturday, 2026-10-03, 17:04 on the brand's clock. */
#define SATURDAY_MS INT64_C(1791047040000)

#define ALWAYS   .from_day = INT64_MIN, .until_day = INT64_MAX, .purchases = NO_METRIC
#define ANY_TIME .when = {ALWAYS}

/* One point for each full 1.00. */
#define BASE_RULE                                                                                  \
    {                                                                                              \
        .name = "base", ANY_TIME, .gift = {                                                        \
            .gives = GIVES_POINTS_FOR_MONEY,                                                       \
            .points_minor = 1,                                                                     \
            .per_minor = 100,                                                                      \
            .of = AMOUNT_NET                                                                       \
        }                                                                                          \
    }

static const struct standing nothing_yet = {NULL, 0};

struct scene {
    struct rules *rules;
    struct arena arena;
};

static inline void scene_init(struct scene *scene, const struct rules_text *text)
{
    struct note note = {""};
    scene->rules = NULL;
    arena_init(&scene->arena, 1u << 20);
    if (rules_create(text, &scene->rules, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
}

static inline void scene_fini(struct scene *scene)
{
    rules_destroy(scene->rules);
    arena_fini(&scene->arena);
}

/* Judges with and without a trace: both must say the same. */
static inline struct judgement scene_judge(struct scene *scene, const struct standing *standing,
                                           const struct occasion *occasion)
{
    struct note note = {""};
    struct judgement plain;
    struct judgement traced;
    enum err err = judge(scene->rules, standing, occasion, false, &scene->arena, &plain, &note);
    if (err != ERR_OK) {
        fail_msg("%s: %s", err_name(err), note.text);
    }
    assert_int_equal(judge(scene->rules, standing, occasion, true, &scene->arena, &traced, NULL),
                     ERR_OK);
    assert_int_equal(plain.points.minor, traced.points.minor);
    assert_int_equal(plain.discount.minor, traced.discount.minor);
    assert_int_equal(plain.award_count, traced.award_count);
    assert_int_equal(plain.changes.count, traced.changes.count);
    assert_int_equal(traced.trace_count, rules_text(scene->rules)->rule_count);
    return traced;
}

static inline struct trace_row scene_trace(const struct scene *scene, struct judgement judgement,
                                           const char *rule)
{
    for (size_t i = 0; i < judgement.trace_count; i++) {
        if (strcmp(rules_text(scene->rules)->rules[judgement.trace[i].rule].name, rule) == 0) {
            return judgement.trace[i];
        }
    }
    fail_msg("%s is not in the trace", rule);
    return (struct trace_row){0};
}

#endif

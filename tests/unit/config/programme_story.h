/* A programme told as its file, and what happens to one member under it. Include after cmocka.h. */
#ifndef PROGRAMME_STORY_H
#define PROGRAMME_STORY_H

#include "config/programme_file.h"
#include "config_test.h"
#include "programme/coupon.h"
#include "programme/judge.h"

#define HEAD "version: 1\ncurrency: EUR\nexpiry: {kind: never}\n"
#define EARN "earn: {points: 1, per: 1.00, rounding: down}\n"

struct story {
    struct programme_file file;
    struct rules *rules;
    struct arena arena;
    struct standing standing;
    struct shopper shopper;
    struct shown_code codes[4]; /* with the next occasions */
    size_t code_count;
    struct standing programme;
    struct judgement now; /* of the last occasion */
};

static inline int64_t story_day(const char *text)
{
    int64_t day;
    assert_int_equal(day_parse(text, &day), ERR_OK);
    return day;
}

static inline void story_begin(struct story *story, const char *yaml)
{
    struct note note = {""};
    memset(story, 0, sizeof *story);
    arena_init(&story->arena, 4u << 20);
    story->shopper.key = text_slice("anna");
    if (programme_file_parse(text_slice(yaml), "p.yaml", 0, &story->file, &note) != ERR_OK ||
        rules_create(&story->file.rules, &story->rules, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
}

static inline void story_end(struct story *story)
{
    rules_destroy(story->rules);
    programme_file_fini(&story->file);
    arena_fini(&story->arena);
}

/* Judges, with and without a trace, and keeps what it changes. The points. */
static inline int64_t story_judge(struct story *story, const struct occasion *occasion)
{
    struct judgement plain;
    struct note note = {""};
    if (judge(story->rules, &story->standing, occasion, true, &story->arena, &story->now, &note) !=
        ERR_OK) {
        fail_msg("%s", note.text);
    }
    assert_int_equal(
        judge(story->rules, &story->standing, occasion, false, &story->arena, &plain, NULL),
        ERR_OK);
    assert_int_equal(plain.points.minor, story->now.points.minor);
    assert_int_equal(plain.discount.minor, story->now.discount.minor);
    assert_int_equal(plain.award_count, story->now.award_count);
    assert_int_equal(plain.changes.count, story->now.changes.count);
    assert_int_equal(rules_drop_passed(story->rules, &story->standing, occasion_day(occasion),
                                       &story->arena, &story->standing),
                     ERR_OK);
    assert_int_equal(
        standing_apply(&story->standing, &story->now.changes, &story->arena, &story->standing),
        ERR_OK);
    return story->now.points.minor;
}

static inline int64_t story_buy(struct story *story, const char *day, const char *product,
                                int64_t minor)
{
    const struct basket_line line = {
        .product = text_slice(product), .quantity_milli = 1000, .amount = {minor}};
    const struct occasion occasion = {.local = {story_day(day) * DAY_MS},
                                      .lines = &line,
                                      .line_count = 1,
                                      .shopper = story->shopper,
                                      .codes = story->codes,
                                      .code_count = story->code_count,
                                      .programme = story->programme};
    return story_judge(story, &occasion);
}

static inline int64_t story_event(struct story *story, const char *day, const char *name)
{
    const struct occasion occasion = {.kind = OCCASION_EVENT,
                                      .event = text_slice(name),
                                      .local = {story_day(day) * DAY_MS},
                                      .shopper = story->shopper,
                                      .codes = story->codes,
                                      .code_count = story->code_count,
                                      .programme = story->programme};
    return story_judge(story, &occasion);
}

/* What was claimed is counted. */
static inline void story_claim(struct story *story)
{
    for (size_t i = 0; i < story->now.claim_count; i++) {
        const struct claim *c = &story->now.claims[i];
        struct standing *standing =
            c->of == CAP_OF_ALL ? &story->programme : &story->codes[c->code].standing;
        struct standing_changes changes = {NULL, 0, 0};
        assert_true(standing_value(standing, c->slot, c->bucket) + c->delta <= c->most);
        assert_int_equal(
            standing_add(standing, &changes, &story->arena, c->slot, c->bucket, c->delta), ERR_OK);
        assert_int_equal(standing_apply(standing, &changes, &story->arena, standing), ERR_OK);
    }
}

static inline void story_show(struct story *story, const char *code)
{
    story->codes[0] = (struct shown_code){.text = text_slice(code)};
    story->code_count = 1;
}

/* A code that is shown next, issued to a member. */
static inline void story_show_issued(struct story *story, const char *code, const char *until,
                                     const char *key)
{
    static const struct standing nothing = {NULL, 0};
    const struct rules_text *text = &story->file.rules;
    struct standing_changes changes;
    story_show(story, code);
    assert_int_equal(coupon_issue(&text->coupons[coupon_of_code(text, text_slice(code))],
                                  story_day(until), text_slice(key), &story->arena, &changes),
                     ERR_OK);
    assert_int_equal(standing_apply(&nothing, &changes, &story->arena, &story->codes[0].standing),
                     ERR_OK);
}

static inline struct trace_row story_row(const struct story *story, const char *rule)
{
    for (size_t i = 0; i < story->now.trace_count; i++) {
        if (strcmp(story->file.rules.rules[story->now.trace[i].rule].name, rule) == 0) {
            return story->now.trace[i];
        }
    }
    fail_msg("%s is not in the trace", rule);
    return (struct trace_row){0};
}

static inline void story_expect(const struct story *story, const char *rule,
                                enum trace_reason reason)
{
    struct trace_row row = story_row(story, rule);
    if (row.reason != reason) {
        fail_msg("%s: %s instead of %s", rule, trace_reason_name(row.reason),
                 trace_reason_name(reason));
    }
}

/* What an edited file is refused with, when it is read or when its rules are made. */
static inline void story_refuse(const char *yaml, const struct edit *edit)
{
    char text[4096];
    struct programme_file file;
    struct rules *rules = NULL;
    struct note note = {""};
    edited(yaml, edit->from, edit->to, text, sizeof text);
    enum err err = programme_file_parse(text_slice(text), "p.yaml", 0, &file, &note);
    if (err == ERR_OK) {
        err = rules_create(&file.rules, &rules, &note);
        rules_destroy(rules);
        programme_file_fini(&file);
    }
    assert_string_equal(note.text, edit->note);
    assert_int_equal(err, ERR_INPUT);
}

#endif

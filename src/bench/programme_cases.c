/* The rows of `talea bench programme`: receipts judged by one core, by programmes of more and more
 * rules of which the same ones can match. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/cases.h"
#include "bench/draw.h"
#include "bench/measure.h"
#include "programme/judge.h"

#define LINES            10u
#define BASKETS          4096u
#define PRODUCTS_A_RULE  10u
#define MATCHED_RULES    19u /* besides the one that gives points for money */
#define TEXT_BYTES       32u
#define ARENA_BYTES      (1u << 20)
#define LOCAL_MS         INT64_C(1791047040000)
#define JUDGEMENTS_FULL  2000000u
#define JUDGEMENTS_QUICK 200000u
#define JUDGEMENTS_TINY  2000u

/* Rule k but the first is for the products 10k to 10k + 9. */
struct made_programme {
    size_t rule_count;
    char (*names)[TEXT_BYTES];
    char (*products)[TEXT_BYTES];
    struct goods_member *members;
    struct goods_set *sets;
    uint16_t *places;
    struct rule *rules;
    struct cap cap;
    struct metric metric;
    struct metric_bounds bounds;
};

static void made_fini(struct made_programme *made)
{
    free(made->names);
    free(made->products);
    free(made->members);
    free(made->sets);
    free(made->places);
    free(made->rules);
}

static struct slice text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

/* Rules take turns in what they give and ask for. */
static struct rule rule_of(struct made_programme *made, size_t k)
{
    struct rule rule = {
        .name = made->names[k],
        .when = {.from_day = INT64_MIN, .until_day = INT64_MAX, .purchases = NO_METRIC},
        .gift = {.gives = GIVES_POINTS, .points_minor = 5}};
    if (k == 0) {
        rule.gift = (struct gift){
            .gives = GIVES_POINTS_FOR_MONEY, .points_minor = 1, .per_minor = 100, .of = AMOUNT_NET};
        return rule;
    }
    rule.goods = &made->places[k];
    rule.goods_count = 1;
    switch (k % 5) {
    case 0:
        rule.gift = (struct gift){.gives = GIVES_MULTIPLE, .ratio = {2, 0}};
        break;
    case 1:
        rule.gift = (struct gift){.gives = GIVES_PERCENT_OFF, .ratio = {5, 0}};
        break;
    case 2:
        rule.caps = &made->cap;
        rule.cap_count = 1;
        break;
    case 3:
        rule.when.metrics = &made->bounds;
        rule.when.metric_count = 1;
        break;
    default:
        rule.when.weekdays = 1u << (k % 7);
        break;
    }
    return rule;
}

static enum err made_init(struct made_programme *made, size_t rule_count)
{
    *made = (struct made_programme){
        .rule_count = rule_count,
        .names = calloc(rule_count, TEXT_BYTES),
        .products = calloc(rule_count * PRODUCTS_A_RULE, TEXT_BYTES),
        .members = calloc(rule_count * PRODUCTS_A_RULE, sizeof made->members[0]),
        .sets = calloc(rule_count, sizeof made->sets[0]),
        .places = calloc(rule_count, sizeof made->places[0]),
        .rules = calloc(rule_count, sizeof made->rules[0]),
        .cap = {.window = {WINDOW_MONTH, 0}, .amount_max = 500, .uses_max = INT64_MAX},
        .metric = {.name = "spend",
                   .of = METRIC_SPEND,
                   .window = {WINDOW_YEAR, 0},
                   .goods = NO_GOODS},
        .bounds = {0, 10000, INT64_MAX, false},
    };
    if (made->names == NULL || made->products == NULL || made->members == NULL ||
        made->sets == NULL || made->places == NULL || made->rules == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t k = 0; k < rule_count; k++) {
        snprintf(made->names[k], TEXT_BYTES, "rule-%zu", k);
        made->places[k] = (uint16_t)k;
        for (size_t p = k * PRODUCTS_A_RULE; p < (k + 1) * PRODUCTS_A_RULE; p++) {
            snprintf(made->products[p], TEXT_BYTES, "%08zu", p);
            made->members[p] = (struct goods_member){GOODS_BY_PRODUCT, text_of(made->products[p])};
        }
        made->sets[k] = (struct goods_set){.name = made->names[k],
                                           .members = &made->members[k * PRODUCTS_A_RULE],
                                           .member_count = PRODUCTS_A_RULE};
        made->rules[k] = rule_of(made, k);
    }
    return ERR_OK;
}

/* Baskets of ten lines: five of goods that have a rule in each programme, five of others. */
struct baskets {
    char products[BASKETS * LINES][TEXT_BYTES];
    struct basket_line lines[BASKETS * LINES];
};

static void fill_baskets(struct baskets *baskets)
{
    struct draw draw = {7};
    for (size_t i = 0; i < BASKETS * LINES; i++) {
        uint64_t product =
            i % 2 == 0 ? PRODUCTS_A_RULE + draw_below(&draw, MATCHED_RULES * PRODUCTS_A_RULE)
                       : 90000000 + draw_below(&draw, 1000000);
        snprintf(baskets->products[i], TEXT_BYTES, "%08llu", (unsigned long long)product);
        baskets->lines[i] = (struct basket_line){.product = text_of(baskets->products[i]),
                                                 .category = text_of("food"),
                                                 .quantity_milli = 1000,
                                                 .amount = {100 + (int64_t)(product % 900)}};
    }
}

static enum err judge_baskets(const struct rules *rules, const struct baskets *baskets,
                              uint64_t count, struct bench_row *row)
{
    const struct standing_number spent = {
        slot_named(SLOT_METRIC, 0, "spend"),
        window_bucket((struct window){WINDOW_YEAR, 0}, unix_day((struct unix_ms){LOCAL_MS})),
        20000};
    const struct standing standing = {&spent, 1};
    struct arena arena;
    struct judgement judgement;
    arena_init(&arena, ARENA_BYTES);
    enum err err = ERR_OK;
    uint64_t begun = measure_ns();
    for (uint64_t i = 0; err == ERR_OK && i < count; i++) {
        struct occasion occasion = {.local = {LOCAL_MS},
                                    .lines = &baskets->lines[i % BASKETS * LINES],
                                    .line_count = LINES};
        arena_reset(&arena);
        err = judge(rules, &standing, &occasion, false, &arena, &judgement, NULL);
    }
    row_set_rate(row, count, measure_ns() - begun);
    arena_fini(&arena);
    return err;
}

static uint64_t judgements(const struct bench *bench)
{
    switch (bench->options->scale) {
    case BENCH_TINY:
        return JUDGEMENTS_TINY;
    case BENCH_QUICK:
        return JUDGEMENTS_QUICK;
    case BENCH_FULL:
    default:
        return JUDGEMENTS_FULL;
    }
}

static enum err case_judge(struct bench *bench, const struct bench_case *which,
                           struct bench_row *row)
{
    struct made_programme made;
    struct rules *rules = NULL;
    struct baskets *baskets = malloc(sizeof *baskets);
    enum err err = made_init(&made, (size_t)which->measurement);
    if (err == ERR_OK && baskets == NULL) {
        err = ERR_RESOURCE;
    }
    if (err == ERR_OK) {
        struct rules_text text = {.goods = made.sets,
                                  .goods_count = made.rule_count,
                                  .metrics = &made.metric,
                                  .metric_count = 1,
                                  .rules = made.rules,
                                  .rule_count = made.rule_count};
        fill_baskets(baskets);
        err = rules_create(&text, &rules, bench->note);
    }
    if (err == ERR_OK) {
        err = judge_baskets(rules, baskets, judgements(bench), row);
    }
    rules_destroy(rules);
    free(baskets);
    made_fini(&made);
    return err;
}

const struct bench_case bench_programme_cases[] = {
    {"receipts of 10 lines, 20 rules, one core", case_judge, 20, 0, BENCH_NONE},
    {"receipts of 10 lines, 200 rules, one core", case_judge, 200, 0, 100000.0},
    {"receipts of 10 lines, 2000 rules, one core", case_judge, 2000, 0, BENCH_NONE},
    {NULL, NULL, 0, 0, 0.0}};

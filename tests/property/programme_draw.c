/* Small programmes whose rules meet often, and baskets of the few goods that they know. */
#include <stdio.h>
#include <string.h>

#include "programme_model.h"
#include "steps.h"

static const char *const products[] = {"100", "101", "110", "200"};
static const char *const categories[] = {"", "bread", "milk"};
static const char *const brands[] = {"", "korn"};
static const char *const stores[] = {"", "north", "south"};
static const char *const events[] = {"enrolment", "review"};

static const char *const codes[CODE_COUNT] = {"A", "B", "P-1", "Q-1", "P-2", "X"};
static const struct slice listed[] = {{(const uint8_t *)"A", 1}, {(const uint8_t *)"B", 1}};

uint64_t draw_below(uint64_t *random, uint64_t bound)
{
    return random_next(random) % bound;
}

bool draw_one_in(uint64_t *random, uint64_t n)
{
    return draw_below(random, n) == 0;
}

static struct slice text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

static void draw_sets(struct drawn *drawn, uint64_t *random)
{
    static const char *const names[SETS_MAX] = {"s0", "s1", "s2", "s3"};
    for (size_t s = 0; s < SETS_MAX; s++) {
        size_t count = 1 + draw_below(random, MEMBERS_MAX);
        for (size_t m = 0; m < count; m++) {
            enum goods_by by = (enum goods_by)draw_below(random, GOODS_BY_COUNT);
            const char *text = by == GOODS_BY_CATEGORY ? categories[1 + draw_below(random, 2)]
                               : by == GOODS_BY_BRAND  ? brands[1]
                                                       : products[draw_below(random, 4)];
            struct slice slice = text_of(text);
            slice.length = by == GOODS_BY_PRODUCT_PREFIX ? 1 + draw_below(random, 3) : slice.length;
            drawn->members[s][m] = (struct goods_member){by, slice};
        }
        drawn->sets[s] = (struct goods_set){names[s], drawn->members[s], count, 0};
    }
}

struct slice code_text(size_t code)
{
    return text_of(codes[code]);
}

enum err draw_code(const struct drawn *drawn, size_t code, struct arena *arena,
                   struct standing_changes *out_changes)
{
    *out_changes = (struct standing_changes){NULL, 0, 0};
    if (code == 2) {
        return coupon_issue(&drawn->coupons[1], FIRST_DAY + 400, text_of(""), arena, out_changes);
    }
    if (code == 3) {
        return coupon_issue(&drawn->coupons[2], FIRST_DAY + 30, drawn->person, arena, out_changes);
    }
    return ERR_OK;
}

static void draw_coupons(struct drawn *drawn)
{
    drawn->coupons[0] = (struct coupon){.name = "c0", .codes = listed, .code_count = 2};
    drawn->coupons[1] = (struct coupon){.name = "c1", .prefix = text_of("P-")};
    drawn->coupons[2] = (struct coupon){.name = "c2", .prefix = text_of("Q-"), .is_personal = true};
}

static struct window draw_window(uint64_t *random)
{
    struct window window = {(enum window_kind)draw_below(random, WINDOW_KIND_COUNT), 0};
    if (window.kind == WINDOW_ROLLING_DAYS || window.kind == WINDOW_ROLLING_MONTHS) {
        window.length = 1 + (unsigned)draw_below(random, 5);
    }
    return window;
}

static void draw_metrics(struct drawn *drawn, uint64_t *random)
{
    static const char *const names[METRICS_MAX] = {"m0", "m1",    "given",  "t0",
                                                   "t1", "since", "streak", "visits"};
    for (size_t m = 0; m < METRICS_MAX; m++) {
        drawn->metrics[m] = (struct metric){.name = names[m], .goods = NO_GOODS};
    }
    for (size_t m = 0; m < METRIC_AT_GIVEN; m++) {
        struct metric *metric = &drawn->metrics[m];
        metric->of = (enum metric_of)draw_below(random, METRIC_GIVEN);
        metric->window = draw_window(random);
        bool may_have_goods = metric->of == METRIC_SPEND || metric->of == METRIC_ITEMS;
        if (may_have_goods && draw_one_in(random, 2)) {
            metric->goods = (uint16_t)draw_below(random, SETS_MAX);
        }
    }
    drawn->metrics[METRIC_AT_GIVEN].of = METRIC_GIVEN;
    drawn->metrics[METRIC_AT_GIVEN].window = draw_window(random);
    drawn->metrics[METRIC_AT_SINCE].of = METRIC_SINCE;
    drawn->metrics[METRIC_AT_STREAK].of = METRIC_STREAK;
    drawn->metrics[METRIC_AT_STREAK].window.kind =
        (enum window_kind)(WINDOW_DAY + draw_below(random, 3));
    drawn->metrics[METRIC_AT_VISITS].of = METRIC_VISITS;
    for (size_t t = 0; t < TIERS_MAX; t++) {
        drawn->metrics[METRIC_AT_UNTIL + t].of = METRIC_UNTIL;
        drawn->tiers[t] =
            (struct tier){names[METRIC_AT_UNTIL + t], (uint16_t)(METRIC_AT_UNTIL + t), 0};
    }
}

static struct term draw_term(uint64_t *random)
{
    static const enum window_kind ends[] = {WINDOW_EVER, WINDOW_EVER,  WINDOW_DAY,
                                            WINDOW_WEEK, WINDOW_MONTH, WINDOW_YEAR};
    return (struct term){.months = (unsigned)draw_below(random, 3),
                         .days = 1 + (unsigned)draw_below(random, 40),
                         .end_of = ends[draw_below(random, sizeof ends / sizeof ends[0])],
                         .is_added = draw_one_in(random, 2)};
}

static struct gift draw_gift(uint64_t *random)
{
    struct gift gift = {.gives = (enum gives)draw_below(random, GIVES_COUNT),
                        .points_minor = 1 + (int64_t)draw_below(random, 30),
                        .per_minor = 1 + (int64_t)draw_below(random, 200),
                        .of = (enum amount_of)draw_below(random, AMOUNT_OF_COUNT),
                        .money_minor = 1 + (int64_t)draw_below(random, 500),
                        .rounding = (enum rounding)draw_below(random, ROUNDING_COUNT)};
    gift.ratio = gift.gives == GIVES_MULTIPLE
                     ? (struct decimal){101 + (int64_t)draw_below(random, 300), 2}
                     : (struct decimal){1 + (int64_t)draw_below(random, 400), 1};
    gift.items = (unsigned)draw_below(random, 4) + (gift.gives == GIVES_ITEM ? 1 : 0);
    gift.item = text_of("thing");
    gift.term = draw_term(random);
    gift.event = text_of(events[0]);
    return gift;
}

/* Such as the metric often has. */
static int64_t draw_value(uint64_t *random, uint16_t metric)
{
    uint64_t most = metric < METRIC_AT_GIVEN                                   ? 3000
                    : metric == METRIC_AT_STREAK || metric == METRIC_AT_VISITS ? 5
                                                                               : 60;
    return (int64_t)draw_below(random, most);
}

static struct metric_bounds draw_bounds(uint64_t *random, enum stage stage)
{
    uint16_t metric = (uint16_t)draw_below(random, METRICS_MAX);
    int64_t at_least = draw_value(random, metric);
    return (struct metric_bounds){
        metric, draw_one_in(random, 3) ? INT64_MIN : at_least,
        draw_one_in(random, 3) ? INT64_MAX : at_least + 1 + draw_value(random, metric),
        stage > STAGE_BASE && draw_one_in(random, 2)};
}

static void draw_when(struct drawn *drawn, size_t r, uint64_t *random)
{
    struct when *when = &drawn->rules[r].when;
    bool is_sale = drawn->rules[r].on == OCCASION_SALE;
    *when = (struct when){.from_day = INT64_MIN, .until_day = INT64_MAX, .purchases = NO_METRIC};
    if (draw_one_in(random, 4)) {
        when->from_day = FIRST_DAY + (int64_t)draw_below(random, 40);
        when->until_day = when->from_day + 1 + (int64_t)draw_below(random, 60);
    }
    when->weekdays = draw_one_in(random, 4) ? (unsigned)draw_below(random, 128) : 0;
    if (draw_one_in(random, 4)) {
        unsigned from = (unsigned)draw_below(random, 1440);
        unsigned to = 1 + (unsigned)draw_below(random, 1440);
        drawn->hours[r] = (struct hours){from, to == from ? (from + 1) % 1440 + 1 : to};
        when->hours = &drawn->hours[r];
        when->hours_count = 1;
    }
    if (draw_one_in(random, 5)) {
        drawn->stores[r] = text_of(stores[1 + draw_below(random, 2)]);
        when->stores = &drawn->stores[r];
        when->store_count = 1;
    }
    when->basket_minor = is_sale && draw_one_in(random, 5) ? (int64_t)draw_below(random, 3000) : 0;
    when->goods_minor = is_sale && draw_one_in(random, 6) ? (int64_t)draw_below(random, 1500) : 0;
    when->goods_milli = is_sale && draw_one_in(random, 6) ? (int64_t)draw_below(random, 5000) : 0;
    if (draw_one_in(random, 3)) {
        drawn->bounds[r] = draw_bounds(random, rule_stage(&drawn->rules[r]));
        when->metrics = &drawn->bounds[r];
        when->metric_count = 1;
    }
    drawn->in[r] = (uint16_t)draw_below(random, SEGMENTS_MAX);
    when->segments = &drawn->in[r];
    when->segment_count = draw_one_in(random, 8) ? 1 : 0;
    when->not_in = &drawn->in[r];
    when->not_in_count = when->segment_count == 0 && draw_one_in(random, 8) ? 1 : 0;
    if (draw_one_in(random, 6)) {
        drawn->asked[r] = (uint16_t)draw_below(random, COUPONS_MAX);
        when->coupon = &drawn->asked[r];
    }
    if (draw_one_in(random, 8)) {
        drawn->around[r] =
            (struct around){(enum day_of)draw_below(random, DAY_OF_COUNT),
                            (unsigned)draw_below(random, 60), (unsigned)draw_below(random, 60)};
        when->around = &drawn->around[r];
    }
    when->tiers = draw_one_in(random, 5) ? (unsigned)draw_below(random, 2u << TIERS_MAX) : 0;
    when->is_referred = drawn->rules[r].gift.gives == GIVES_EVENT || draw_one_in(random, 12);
    if (is_sale && draw_one_in(random, 8)) {
        when->purchase = 1 + (unsigned)draw_below(random, 4);
        when->purchases = METRIC_AT_VISITS;
    }
}

static void draw_caps(struct drawn *drawn, size_t r, uint64_t *random)
{
    size_t count = draw_one_in(random, 2) ? 0 : 1 + draw_below(random, CAPS_MAX);
    for (size_t c = 0; c < count; c++) {
        struct cap *cap = &drawn->caps[r][c];
        *cap = (struct cap){.window = draw_window(random),
                            .is_per_receipt = draw_one_in(random, 4),
                            .amount_max = 1 + (int64_t)draw_below(random, 60),
                            .uses_max = draw_one_in(random, 2) ? 1 + (int64_t)draw_below(random, 5)
                                                               : INT64_MAX};
        if (!cap->is_per_receipt && !window_is_rolling(cap->window)) {
            bool has_coupon = drawn->rules[r].when.coupon != NULL;
            cap->of = (enum cap_of)draw_below(random, has_coupon ? CAP_OF_COUNT : CAP_OF_CODE);
        }
        if (c > 0 && !cap->is_per_receipt && cap->window.kind == drawn->caps[r][0].window.kind &&
            cap->of == drawn->caps[r][0].of) {
            cap->of = CAP_OF_MEMBER;
            cap->is_per_receipt = true;
        }
    }
    drawn->rules[r].caps = drawn->caps[r];
    drawn->rules[r].cap_count = count;
}

static void draw_receiver(struct drawn *drawn, size_t r, uint64_t *random)
{
    struct gift *gift = &drawn->rules[r].gift;
    bool may_have = gift->gives == GIVES_POINTS || gift->gives == GIVES_POINTS_FOR_MONEY;
    drawn->receivers[r] = METRIC_AT_GIVEN;
    if (gift->gives == GIVES_UNTIL || gift->gives == GIVES_REFUND) {
        drawn->receivers[r] = (uint16_t)(METRIC_AT_UNTIL + draw_below(random, TIERS_MAX));
        gift->metric = &drawn->receivers[r];
    } else if (may_have && draw_one_in(random, 3)) {
        gift->metric = &drawn->receivers[r];
    }
}

static void draw_price(struct drawn *drawn, size_t r, uint64_t *random)
{
    if (draw_one_in(random, 3)) {
        drawn->prices[r] =
            (struct price){1 + (int64_t)draw_below(random, 60), (int64_t)draw_below(random, 300)};
        drawn->rules[r].price = &drawn->prices[r];
    }
}

static void draw_segments(struct drawn *drawn, uint64_t *random)
{
    static const uint16_t first[] = {0};
    static const struct slice lists[] = {{(const uint8_t *)"vip", 3}};
    drawn->segment_bounds = draw_bounds(random, STAGE_BASE);
    drawn->segments[0] =
        (struct segment){.name = "g0", .metrics = &drawn->segment_bounds, .metric_count = 1};
    drawn->segments[1] = (struct segment){.name = "g1",
                                          .lists = lists,
                                          .list_count = draw_below(random, 2),
                                          .all = first,
                                          .any = first,
                                          .none = first};
    size_t *counts[] = {&drawn->segments[1].all_count, &drawn->segments[1].any_count,
                        &drawn->segments[1].none_count};
    *counts[draw_below(random, 3)] = 1;
}

/* A percentage by a metric, and what is taken. */
static void draw_uses(struct drawn *drawn, size_t r, uint64_t *random)
{
    struct rule *rule = &drawn->rules[r];
    if (rule->gift.gives == GIVES_PERCENT_OFF && draw_one_in(random, 2)) {
        uint16_t metric = (uint16_t)draw_below(random, METRICS_MAX);
        int64_t first = draw_value(random, metric);
        drawn->steps[r][0] = (struct ratio_step){first, rule->gift.ratio};
        drawn->steps[r][1] =
            (struct ratio_step){first + 1 + draw_value(random, metric),
                                (struct decimal){1 + (int64_t)draw_below(random, 900), 1}};
        drawn->by[r] = (struct by_metric){metric, drawn->steps[r], RATIOS_MAX};
        rule->gift.by = &drawn->by[r];
    }
    if (draw_one_in(random, 6)) {
        drawn->takes[r] = (struct take){METRIC_AT_GIVEN, 1 + (int64_t)draw_below(random, 25)};
        rule->take = &drawn->takes[r];
    }
}

static void draw_rule(struct drawn *drawn, size_t r, uint64_t *random)
{
    static const char *const groups[STAGE_COUNT] = {"g0", "g1", "g2", "g3", "g4"};
    struct rule *rule = &drawn->rules[r];
    snprintf(drawn->names[r], sizeof drawn->names[r], "r%zu", r);
    *rule = (struct rule){.name = drawn->names[r], .gift = draw_gift(random)};
    if (draw_one_in(random, 5)) {
        static const enum gives gives[] = {GIVES_POINTS, GIVES_UNTIL, GIVES_EVENT, GIVES_ITEM,
                                           GIVES_REFUND};
        rule->on = OCCASION_EVENT;
        rule->is_on_any = draw_one_in(random, 2);
        rule->event = rule->is_on_any ? text_of("") : text_of(events[draw_below(random, 2)]);
        rule->gift.gives = gives[draw_below(random, 5)];
        rule->gift.items++;
        draw_price(drawn, r, random);
    } else {
        rule->gift.gives = rule->gift.gives == GIVES_REFUND ? GIVES_UNTIL : rule->gift.gives;
        rule->goods_count = draw_below(random, 3);
        rule->except_count = draw_below(random, 2);
        drawn->goods[r][0] = (uint16_t)draw_below(random, SETS_MAX);
        drawn->goods[r][1] = (uint16_t)draw_below(random, SETS_MAX);
        drawn->except[r][0] = (uint16_t)draw_below(random, SETS_MAX);
    }
    draw_receiver(drawn, r, random);
    draw_uses(drawn, r, random);
    rule->goods = drawn->goods[r];
    rule->except = drawn->except[r];
    rule->priority = (int)draw_below(random, 5) - 2;
    rule->group = draw_one_in(random, 3) ? groups[rule_stage(rule)] : NULL;
    rule->is_exclusive = draw_one_in(random, 6);
    draw_when(drawn, r, random);
    draw_caps(drawn, r, random);
}

void draw_programme(struct drawn *drawn, uint64_t *random)
{
    memset(drawn, 0, sizeof *drawn);
    drawn->person = text_of("me");
    draw_sets(drawn, random);
    draw_metrics(drawn, random);
    draw_coupons(drawn);
    draw_segments(drawn, random);
    size_t count = 1 + draw_below(random, RULES_MAX);
    for (size_t r = 0; r < count; r++) {
        draw_rule(drawn, r, random);
    }
    drawn->text = (struct rules_text){.goods = drawn->sets,
                                      .goods_count = SETS_MAX,
                                      .metrics = drawn->metrics,
                                      .metric_count = METRICS_MAX,
                                      .tiers = drawn->tiers,
                                      .tier_count = TIERS_MAX,
                                      .segments = drawn->segments,
                                      .segment_count = SEGMENTS_MAX,
                                      .coupons = drawn->coupons,
                                      .coupon_count = COUPONS_MAX,
                                      .rules = drawn->rules,
                                      .rule_count = count};
}

/* The member may learn about itself, and forget. */
static struct shopper draw_shopper(uint64_t *random)
{
    static const char *const keys[] = {"", "me", "you"};
    struct shopper shopper = {.key = text_of("me"),
                              .referrer = text_of(keys[draw_below(random, 3)])};
    static const struct slice lists[] = {{(const uint8_t *)"new", 3}, {(const uint8_t *)"vip", 3}};
    shopper.lists = lists;
    shopper.list_count = draw_below(random, 3);
    shopper.balance.minor = (int64_t)draw_below(random, 100);
    if (!draw_one_in(random, 4)) {
        shopper.birth_month = 1 + (unsigned)draw_below(random, 12);
        shopper.birth_day = 1 + (unsigned)draw_below(random, shopper.birth_month == 2 ? 29 : 30);
        shopper.enrolled_day = FIRST_DAY - (int64_t)draw_below(random, 1000);
    }
    return shopper;
}

void draw_occasion(struct happened *happened, int64_t ms, uint64_t *random)
{
    struct occasion *occasion = &happened->occasion;
    *occasion = (struct occasion){.local = {ms}, .store = text_of(stores[draw_below(random, 3)])};
    occasion->shopper = draw_shopper(random);
    occasion->codes = happened->codes;
    occasion->code_count = draw_one_in(random, 2) ? draw_below(random, CODES_MAX + 1) : 0;
    size_t first = draw_below(random, CODE_COUNT);
    for (size_t i = 0; i < occasion->code_count; i++) {
        happened->codes[i] = (struct shown_code){.text = code_text((first + i) % CODE_COUNT)};
    }
    if (draw_one_in(random, 6)) {
        occasion->kind = OCCASION_EVENT;
        occasion->event = text_of(events[draw_below(random, 2)]);
        return;
    }
    occasion->line_count = draw_below(random, LINES_MAX + 1);
    occasion->lines = happened->lines;
    int64_t total = 0;
    for (size_t i = 0; i < occasion->line_count; i++) {
        happened->lines[i] =
            (struct basket_line){.product = text_of(products[draw_below(random, 4)]),
                                 .category = text_of(categories[draw_below(random, 3)]),
                                 .brand = text_of(brands[draw_below(random, 2)]),
                                 .quantity_milli = (int64_t)draw_below(random, 5) * 750,
                                 .amount = {(int64_t)draw_below(random, 1200)}};
        total += happened->lines[i].amount.minor;
    }
    /* Discounts may leave less than that to be paid: then the sale is refused by both. */
    occasion->paid_in_points.minor =
        draw_one_in(random, 4) ? (int64_t)draw_below(random, (uint64_t)total + 1) : 0;
}

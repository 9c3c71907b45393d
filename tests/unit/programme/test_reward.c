/* What points buy, and what is kept of it. */
#include "scene.h"

#include "programme/kept_case.h"
#include "programme/membership.h"
#include "programme/quote.h"
#include "programme/reward.h"

static const struct cap of_all = {
    .of = CAP_OF_ALL, .window = {.kind = WINDOW_EVER}, .amount_max = INT64_MAX, .uses_max = 10};
static const struct cap pieces_of_all = {
    .of = CAP_OF_ALL, .window = {.kind = WINDOW_EVER}, .amount_max = 7, .uses_max = INT64_MAX};
static const struct cap of_each_and_all[] = {
    {.of = CAP_OF_MEMBER, .window = {.kind = WINDOW_EVER}, .amount_max = INT64_MAX, .uses_max = 2},
    {.of = CAP_OF_ALL, .window = {.kind = WINDOW_EVER}, .amount_max = INT64_MAX, .uses_max = 5}};
static const struct price price = {.points_minor = 300, .money_minor = 50};

static const struct rule rules[] = {
    BASE_RULE,
    {.name = "mug",
     .on = OCCASION_EVENT,
     .event = TEXT("buy a mug"),
     ANY_TIME,
     .gift = {.gives = GIVES_ITEM, .items = 1, .item = TEXT("mug")},
     .price = &price,
     .caps = &of_all,
     .cap_count = 1},
    {.name = "pair",
     .on = OCCASION_EVENT,
     .event = TEXT("buy a pair"),
     ANY_TIME,
     .gift = {.gives = GIVES_ITEM, .items = 2, .money_minor = 500, .item = TEXT("glass")},
     .price = &price,
     .caps = &pieces_of_all,
     .cap_count = 1},
    {.name = "pen",
     .on = OCCASION_EVENT,
     .event = TEXT("buy a pen"),
     ANY_TIME,
     .gift = {.gives = GIVES_ITEM, .items = 1, .item = TEXT("pen")},
     .price = &price,
     .caps = of_each_and_all,
     .cap_count = COUNT(of_each_and_all)},
};
static const struct rules_text text = {.rules = rules, .rule_count = COUNT(rules)};

static struct slice named(const char *name)
{
    return slice_of(name, strlen(name));
}

static void test_what_has_a_price_is_a_reward(void **state)
{
    (void)state;
    assert_int_equal(reward_find(&text, named("mug")), 1);
    assert_int_equal(reward_find(&text, named("base")), NO_RULE);
    assert_int_equal(reward_find(&text, named("mugs")), NO_RULE);
}

static void test_what_is_left_for_all(void **state)
{
    (void)state;
    struct scene scene;
    int64_t left;
    scene_init(&scene, &text);
    assert_int_equal(reward_stock(scene.rules, 1, &nothing_yet, 0, &left), ERR_OK);
    assert_int_equal(left, 10);
    struct standing_number used = {rules_cap_slot(scene.rules, 1, 0, SLOT_CAP_USES), 0, 9};
    struct standing standing = {&used, 1};
    assert_int_equal(reward_stock(scene.rules, 1, &standing, 0, &left), ERR_OK);
    assert_int_equal(left, 1);
    used.value = 11;
    assert_int_equal(reward_stock(scene.rules, 1, &standing, 0, &left), ERR_OK);
    assert_int_equal(left, 0);
    /* Two at a time of seven. */
    assert_int_equal(reward_stock(scene.rules, 2, &standing, 0, &left), ERR_OK);
    assert_int_equal(left, 3);
    /* What one member may have of five is no stock. */
    assert_int_equal(reward_stock(scene.rules, 3, &standing, 0, &left), ERR_OK);
    assert_int_equal(left, 5);
    assert_int_equal(reward_stock(scene.rules, 0, &standing, 0, &left), ERR_OK);
    assert_true(left == REWARD_ANY_NUMBER);
    scene_fini(&scene);
}

static void test_a_reward_is_judged_and_kept(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, &text);
    struct occasion occasion = {.kind = OCCASION_EVENT,
                                .event = TEXT("buy a pair"),
                                .local = {SATURDAY_MS},
                                .shopper = {.balance = {299}}};
    struct judgement judgement = scene_judge(&scene, &nothing_yet, &occasion);
    assert_int_equal(judgement.item_count, 0);
    assert_int_equal(reward_trace(&judgement, 2)->reason, TRACE_BALANCE);
    assert_null(reward_trace(&judgement, COUNT(rules)));
    occasion.shopper.balance = points_of(300);
    judgement = scene_judge(&scene, &nothing_yet, &occasion);
    assert_int_equal(judgement.spent.minor, 300);
    occasion.shopper.key = named("anna");
    struct kept_item item = {.rule = judgement.items[0].rule,
                             .name = judgement.items[0].name,
                             .count = judgement.items[0].count,
                             .worth = judgement.items[0].worth,
                             .until_day = judgement.items[0].until_day};
    struct kept_case kept = {.programme = 3,
                             .occasion = occasion,
                             .awards = judgement.awards,
                             .award_count = judgement.award_count,
                             .items = &item,
                             .item_count = judgement.item_count,
                             .spent = judgement.spent,
                             .due = judgement.due,
                             .refund = money_of(7)};
    struct buffer bytes = {0};
    struct kept_case back;
    kept_case_encode(&kept, &bytes);
    assert_int_equal(kept_case_decode(buffer_slice(&bytes), &scene.arena, &back), ERR_OK);
    assert_int_equal(back.item_count, 1);
    assert_int_equal(back.items[0].rule, 2);
    assert_int_equal(back.items[0].count, 2);
    assert_int_equal(back.items[0].worth.minor, 500);
    assert_true(back.items[0].until_day == INT64_MAX);
    assert_int_equal(back.occasion.shopper.balance.minor, 300);
    assert_int_equal(back.spent.minor, 300);
    assert_int_equal(back.due.minor, 50);
    assert_int_equal(back.refund.minor, 7);
    buffer_fini(&bytes);
    scene_fini(&scene);
}

/* ---- Memberships, and what points may pay ---- */

static const uint16_t first_metric = 0;
static const uint16_t fees[] = {0};
static const struct goods_member fee_products[] = {{GOODS_BY_PRODUCT, TEXT("fee")}};
static const struct goods_set sets[] = {
    {.name = "fees", .members = fee_products, .member_count = COUNT(fee_products)}};
static const struct metric metrics[] = {{.name = "club", .of = METRIC_UNTIL, .goods = NO_GOODS},
                                        {.name = "other", .of = METRIC_VISITS, .goods = NO_GOODS}};
static const struct rule club_rules[] = {
    {.name = "a year",
     ANY_TIME,
     .goods = fees,
     .goods_count = 1,
     .gift = {.gives = GIVES_UNTIL, .metric = &first_metric, .term = {.days = 100}}},
    {.name = "money back",
     .on = OCCASION_EVENT,
     .event = TEXT("leave"),
     ANY_TIME,
     .gift = {.gives = GIVES_REFUND, .metric = &first_metric, .rounding = ROUNDING_DOWN}},
};
static const struct rules_text club = {.goods = sets,
                                       .goods_count = COUNT(sets),
                                       .metrics = metrics,
                                       .metric_count = COUNT(metrics),
                                       .rules = club_rules,
                                       .rule_count = COUNT(club_rules)};

static void test_what_goes_back_of_a_membership(void **state)
{
    (void)state;
    struct scene scene;
    struct membership m;
    scene_init(&scene, &club);
    assert_int_equal(membership_find(&club, named("club")), 0);
    assert_int_equal(membership_find(&club, named("other")), NO_METRIC);
    struct basket_line line = {.product = TEXT("fee"), .amount = {3000}};
    struct occasion sale = {
        .kind = OCCASION_SALE, .local = {SATURDAY_MS}, .lines = &line, .line_count = 1};
    struct judgement judgement = scene_judge(&scene, &nothing_yet, &sale);
    struct standing after;
    assert_int_equal(standing_apply(&nothing_yet, &judgement.changes, &scene.arena, &after),
                     ERR_OK);
    int64_t day = occasion_day(&sale);
    assert_int_equal(membership_read(scene.rules, &after, 0, day + 30, &m), ERR_OK);
    assert_int_equal(m.until_day, day + 100);
    assert_int_equal(m.days_left, 70);
    assert_int_equal(m.paid.minor, 3000);
    assert_int_equal(m.paid_days, 100);
    assert_int_equal(m.cancel, 1);
    assert_int_equal(m.refund.minor, 2100);
    assert_int_equal(membership_read(scene.rules, &after, 0, day + 100, &m), ERR_OK);
    assert_int_equal(m.days_left, 0);
    assert_int_equal(m.refund.minor, 0);
    assert_int_equal(membership_read(scene.rules, &nothing_yet, 0, day, &m), ERR_OK);
    assert_int_equal(m.until_day, 0);
    /* What it says goes back is what the judge gives back. */
    struct occasion leave = {
        .kind = OCCASION_EVENT, .event = TEXT("leave"), .local = {SATURDAY_MS + 30 * DAY_MS}};
    assert_int_equal(scene_judge(&scene, &after, &leave).refund.minor, 2100);
    scene_fini(&scene);
}

static void test_what_points_may_pay_of_a_basket(void **state)
{
    (void)state;
    struct scene scene;
    struct money most;
    scene_init(&scene, &club);
    struct basket_line lines[] = {{.product = TEXT("fee"), .amount = {3000}},
                                  {.product = TEXT("rice"), .amount = {1001}}};
    struct occasion sale = {
        .kind = OCCASION_SALE, .local = {SATURDAY_MS}, .lines = lines, .line_count = COUNT(lines)};
    struct judgement judgement = scene_judge(&scene, &nothing_yet, &sale);
    struct burn_terms terms = {.share = {50, 0}, .except = fees, .except_count = 1};
    assert_int_equal(burn_terms_most(scene.rules, &terms, &sale, &judgement, &scene.arena, &most),
                     ERR_OK);
    assert_int_equal(most.minor, 500);
    terms = (struct burn_terms){.share = {1000, 1}};
    assert_int_equal(burn_terms_most(scene.rules, &terms, &sale, &judgement, &scene.arena, &most),
                     ERR_OK);
    assert_int_equal(most.minor, 4001);
    scene_fini(&scene);
}

/* Is it what the bytes say? */
static bool is_said_by(const struct buffer *said, const struct scene *scene,
                       const struct occasion *sale, const struct quote *quote)
{
    struct buffer bytes = {0};
    quote_write(scene->rules, sale, quote, &bytes);
    assert_int_equal(bytes.err, ERR_OK);
    bool is_so = slice_equal(buffer_slice(&bytes), buffer_slice(said));
    buffer_fini(&bytes);
    return is_so;
}

/* Whatever of it changes, its bytes do. */
static void test_a_quote_says_all_that_it_promises(void **state)
{
    (void)state;
    struct scene scene;
    struct quote quote;
    struct note note = {""};
    scene_init(&scene, &club);
    struct basket_line lines[] = {{.product = TEXT("rice"), .amount = {1000}}};
    struct occasion sale = {.kind = OCCASION_SALE,
                            .shopper.balance = {5000},
                            .local = {SATURDAY_MS},
                            .lines = lines,
                            .line_count = COUNT(lines)};
    const struct burn_terms terms = {.share = {50, 0}, .points_minor = 1, .worth_minor = 1};
    assert_int_equal(
        quote_make(scene.rules, &terms, &nothing_yet, &sale, &scene.arena, &quote, &note), ERR_OK);
    assert_int_equal(quote.payable.minor, 500);
    struct money discounts[] = {quote.judgement.line_discounts[0]};
    quote.judgement.line_discounts = discounts;
    struct buffer said = {0};
    quote_write(scene.rules, &sale, &quote, &said);
    int64_t *const parts[] = {&discounts[0].minor,           &quote.judgement.points.minor,
                              &quote.judgement.spent.minor,  &quote.judgement.due.minor,
                              &quote.judgement.refund.minor, &quote.spendable.minor,
                              &quote.payable.minor,          &lines[0].amount.minor,
                              &lines[0].quantity_milli,      &sale.local.ms};
    for (size_t i = 0; i < COUNT(parts); i++) {
        *parts[i] += 1;
        assert_false(is_said_by(&said, &scene, &sale, &quote));
        *parts[i] -= 1;
    }
    assert_true(is_said_by(&said, &scene, &sale, &quote));
    buffer_fini(&said);
    scene_fini(&scene);
}

static void test_each_reason_has_words(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TRACE_REASON_COUNT; i++) {
        assert_true(strlen(reward_reason((enum trace_reason)i)) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_has_a_price_is_a_reward),
        cmocka_unit_test(test_what_is_left_for_all),
        cmocka_unit_test(test_a_reward_is_judged_and_kept),
        cmocka_unit_test(test_what_goes_back_of_a_membership),
        cmocka_unit_test(test_what_points_may_pay_of_a_basket),
        cmocka_unit_test(test_a_quote_says_all_that_it_promises),
        cmocka_unit_test(test_each_reason_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

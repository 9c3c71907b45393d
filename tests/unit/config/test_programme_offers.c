/* Cumulative cards, vouchers, item offers and coupons, as a programme's file says them. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "programme_story.h"

/* The percentage follows what was spent before, on all goods or on a group of them. */
static void test_cumulative_card(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, HEAD "goods: [{name: bread, prefixes: ['4']}]\n"
                             "metrics:\n"
                             "  - {name: card, of: spend}\n"
                             "  - {name: bread-card, of: spend, goods: bread}\n"
                             "rules:\n"
                             "  - rule: card\n"
                             "    except: [bread]\n"
                             "    give:\n"
                             "      percent_off_by: card\n"
                             "      steps:\n"
                             "        - {at_least: 100, percent_off: 3}\n"
                             "        - {at_least: 500, percent_off: 7.5}\n"
                             "      rounding: half_up\n"
                             "  - rule: bread card\n"
                             "    for: [bread]\n"
                             "    give:\n"
                             "      percent_off_by: bread-card\n"
                             "      steps: [{at_least: 0, percent_off: 1},\n"
                             "              {at_least: 10, percent_off: 50}]\n"
                             "      rounding: half_up\n");
    static const struct {
        const char *product;
        int64_t minor;
        int64_t off;
    } rows[] = {
        {"1", 10000, 0}, {"1", 10000, 300}, {"1", 31500, 945}, {"1", 10000, 750},
        {"4", 1000, 10}, {"4", 1000, 10},   {"4", 1000, 500},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)story_buy(&story, "2026-01-01", rows[i].product, rows[i].minor);
        assert_int_equal(story.now.discount.minor, rows[i].off);
    }
    story_end(&story);
}

/* A sale gives a discount for the next one, within two weeks, once. */
static void test_next_purchase(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, HEAD "metrics:\n"
                             "  - {name: next, of: given, window: rolling_days, length: 15}\n"
                             "rules:\n"
                             "  - rule: voucher\n"
                             "    basket: 50.00\n"
                             "    give: {points: 1, to: next}\n"
                             "  - rule: ten off\n"
                             "    take: {points: 1, of: next}\n"
                             "    give: {percent_off: 10, rounding: down}\n");
    (void)story_buy(&story, "2026-01-01", "1", 5000);
    assert_int_equal(story.now.discount.minor, 0);
    story_expect(&story, "ten off", TRACE_TAKE);
    (void)story_buy(&story, "2026-01-15", "1", 1000);
    assert_int_equal(story.now.discount.minor, 100);
    (void)story_buy(&story, "2026-01-15", "1", 1000);
    assert_int_equal(story.now.discount.minor, 0);
    (void)story_buy(&story, "2026-02-01", "1", 5000);
    (void)story_buy(&story, "2026-02-16", "1", 1000);
    assert_int_equal(story.now.discount.minor, 0);
    story_end(&story);
}

static struct judgement basket(struct story *story, const struct basket_line *lines, size_t count)
{
    const struct occasion occasion = {
        .local = {story_day("2026-01-01") * DAY_MS}, .lines = lines, .line_count = count};
    (void)story_judge(story, &occasion);
    return story->now;
}

static void test_item_offers(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, HEAD "goods:\n"
                             "  - {name: burger, products: [burger]}\n"
                             "  - {name: drinks, prefixes: [drink]}\n"
                             "rules:\n"
                             "  - rule: burger of the week\n"
                             "    for: [burger]\n"
                             "    from: 2026-01-01\n"
                             "    until: 2026-01-08\n"
                             "    give: {price: 2.00}\n"
                             "  - rule: third drink free\n"
                             "    for: [drinks]\n"
                             "    goods_count: 3\n"
                             "    give: {price: 0, items: 1}\n");
    const struct basket_line lines[] = {
        {.product = text_slice("burger"), .quantity_milli = 2000, .amount = {900}},
        {.product = text_slice("drink-large"), .quantity_milli = 2000, .amount = {600}},
        {.product = text_slice("drink-small"), .quantity_milli = 1000, .amount = {150}},
        {.product = text_slice("fries"), .quantity_milli = 1000, .amount = {250}},
    };
    struct judgement j = basket(&story, lines, 4);
    assert_int_equal(j.line_discounts[0].minor, 500);
    assert_int_equal(j.line_discounts[1].minor, 0);
    assert_int_equal(j.line_discounts[2].minor, 150);
    assert_int_equal(j.discount.minor, 650);
    j = basket(&story, lines + 1, 1);
    assert_int_equal(j.discount.minor, 0);
    (void)story_buy(&story, "2026-01-08", "burger", 450);
    assert_int_equal(story.now.discount.minor, 0);
    (void)story_buy(&story, "2026-01-07", "burger", 190); /* cheaper than the offer */
    assert_int_equal(story.now.discount.minor, 0);
    story_end(&story);
}

static const char coupons[] = HEAD "coupons:\n"                                    /* 4 */
                                   "  - {coupon: spring, codes: [SPRING, LENZ]}\n" /* 5 */
                                   "  - {coupon: once, prefix: O-}\n"              /* 6 */
                                   "  - {coupon: mine, prefix: M-, personal: yes}\n"
                                   "rules:\n"           /* 8 */
                                   "  - rule: spring\n" /* 9 */
                                   "    coupon: spring\n"
                                   "    until: 2026-06-01\n"
                                   "    give: {points: 10}\n"
                                   "    caps: [{per: ever, uses: 3, of: all},\n"
                                   "           {per: day, uses: 1}]\n" /* 14 */
                                   "  - rule: once\n"
                                   "    coupon: once\n"
                                   "    give: {percent_off: 50, rounding: down}\n"
                                   "    caps: [{per: ever, uses: 1, of: code}]\n"
                                   "  - rule: mine\n"
                                   "    coupon: mine\n"
                                   "    give: {money_off: 1.00}\n";

static enum trace_reason verdict(const struct story *story)
{
    return story->now.codes[0].reason;
}

/* The first three, whoever they are; one a day for each. */
static void test_the_first_so_many(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, coupons);
    assert_int_equal(story_buy(&story, "2026-01-01", "1", 100), 0);
    story_expect(&story, "spring", TRACE_NO_CODE);
    story_show(&story, "LENZ");
    assert_int_equal(story_buy(&story, "2026-01-01", "1", 100), 10);
    assert_int_equal(verdict(&story), TRACE_FIRED);
    assert_int_equal(story.now.claim_count, 1);
    assert_int_equal(story.now.claims[0].of, CAP_OF_ALL);
    assert_int_equal(story.now.claims[0].most, 3);
    story_claim(&story);
    assert_int_equal(story_buy(&story, "2026-01-01", "1", 100), 0);
    assert_int_equal(verdict(&story), TRACE_CAP);
    assert_int_equal(story.now.claim_count, 0);
    story_show(&story, "SPRING");
    assert_int_equal(story_buy(&story, "2026-01-02", "1", 100), 10);
    story_claim(&story);
    assert_int_equal(story_event(&story, "2026-01-03", "login"), 0);
    assert_int_equal(verdict(&story), TRACE_OTHER_OCCASION);
    assert_int_equal(story_buy(&story, "2026-01-03", "1", 100), 10);
    story_claim(&story);
    assert_int_equal(story_buy(&story, "2026-01-04", "1", 100), 0);
    assert_int_equal(verdict(&story), TRACE_CAP);
    assert_int_equal(story_buy(&story, "2026-06-01", "1", 100), 0);
    assert_int_equal(verdict(&story), TRACE_OVER);
    story_show(&story, "SPRUNG");
    assert_int_equal(story_buy(&story, "2026-01-05", "1", 100), 0);
    assert_int_equal(verdict(&story), TRACE_CODE_UNKNOWN);
    assert_int_equal(story.now.codes[0].rule, NO_RULE);
    story_end(&story);
}

static void test_issued_codes(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, coupons);
    story_show(&story, "O-17");
    (void)story_buy(&story, "2026-01-01", "1", 1000);
    assert_int_equal(story.now.discount.minor, 0);
    assert_int_equal(verdict(&story), TRACE_CODE_UNKNOWN);
    story_show_issued(&story, "O-17", "2026-02-01", "");
    (void)story_buy(&story, "2026-02-01", "1", 1000);
    assert_int_equal(verdict(&story), TRACE_CODE_OVER);
    (void)story_buy(&story, "2026-01-31", "1", 1000);
    assert_int_equal(story.now.discount.minor, 500);
    assert_int_equal(story.now.claims[0].of, CAP_OF_CODE);
    story_claim(&story);
    (void)story_buy(&story, "2026-01-31", "1", 1000);
    assert_int_equal(story.now.discount.minor, 0);
    assert_int_equal(verdict(&story), TRACE_CODE_USED);
    /* Beside another that is not. */
    story.codes[1] = story.codes[0];
    story_show_issued(&story, "O-18", "2026-02-01", "");
    story.code_count = 2;
    (void)story_buy(&story, "2026-01-31", "1", 1000);
    assert_int_equal(story.now.discount.minor, 500);
    assert_int_equal(story.now.codes[0].reason, TRACE_FIRED);
    assert_int_equal(story.now.codes[1].reason, TRACE_CODE_SPARE);
    story_show_issued(&story, "M-1", "2026-02-01", "boris");
    (void)story_buy(&story, "2026-01-01", "1", 1000);
    assert_int_equal(verdict(&story), TRACE_CODE_OTHER);
    story_show_issued(&story, "M-2", "2026-02-01", "anna");
    (void)story_buy(&story, "2026-01-01", "1", 1000);
    assert_int_equal(story.now.discount.minor, 100);
    story_end(&story);
}

/* Adds to a number of the code that is shown. */
static void add_to_code(struct story *story, uint64_t slot, int64_t delta)
{
    struct standing_changes changes = {NULL, 0, 0};
    struct standing *standing = &story->codes[0].standing;
    struct standing after;
    assert_int_equal(standing_add(standing, &changes, &story->arena, slot, 0, delta), ERR_OK);
    assert_int_equal(standing_apply(standing, &changes, &story->arena, &after), ERR_OK);
    *standing = after;
}

static bool is_used_up(struct story *story, int64_t spare)
{
    bool is_used_up;
    uint16_t place = coupon_of_code(&story->file.rules, story->codes[0].text);
    assert_int_equal(coupon_use_up(story->rules, place, &story->codes[0].standing,
                                   story_day("2026-01-31"), spare, &is_used_up),
                     ERR_OK);
    return is_used_up;
}

static struct slice settle(const struct story *story, const char *code)
{
    static char room[LIMIT_CODE_BYTES];
    return coupon_code_settle(&story->file.rules, text_slice(code), room);
}

static void test_a_code_as_it_is_typed(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, HEAD "coupons:\n"
                             "  - {coupon: a, codes: [Spring, lenz, LENZ]}\n"
                             "  - {coupon: b, prefix: o-}\n"
                             "  - {coupon: c, prefix: O-X}\n"
                             "rules: [{rule: r, coupon: a, give: {points: 1}}]\n");
    static const char *const cases[][2] = {
        {"SPRING", "Spring"}, {"Spring", "Spring"}, {"lenz", "lenz"},
        {"LENZ", "LENZ"},     {"Lenz", "lenz"},     {"O-7k3q", "o-7K3Q"},
        {"o-7k3q", "o-7K3Q"}, {"O-Xab", "O-XAB"},   {"autumn", "autumn"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(slice_equal(settle(&story, cases[i][0]), text_slice(cases[i][1])));
    }
    assert_int_equal(coupon_typed(text_slice("  ")).length, 0);
    assert_true(slice_equal(coupon_typed(text_slice(" a b ")), text_slice("a b")));
    story_end(&story);
}

static void test_a_code_that_was_revoked(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, coupons);
    story_show_issued(&story, "O-17", "2026-02-01", "");
    uint16_t place = coupon_of_code(&story.file.rules, story.codes[0].text);
    const struct coupon *coupon = &story.file.rules.coupons[place];
    assert_false(is_used_up(&story, 0));
    (void)story_buy(&story, "2026-01-31", "1", 1000);
    story_claim(&story);
    assert_true(is_used_up(&story, 0));
    assert_false(is_used_up(&story, 1)); /* a quote holds it */
    add_to_code(&story, coupon_held_slot(coupon), COUPON_REVOKED + 1);
    assert_false(coupon_is_revoked(coupon, &story.codes[0].standing));
    add_to_code(&story, coupon_taken_slot(coupon), COUPON_REVOKED);
    assert_true(coupon_is_revoked(coupon, &story.codes[0].standing));
    assert_int_equal(coupon_held(coupon, &story.codes[0].standing), 1);
    (void)story_buy(&story, "2026-01-31", "1", 1000);
    assert_int_equal(story.now.discount.minor, 0);
    assert_int_equal(verdict(&story), TRACE_CODE_REVOKED);
    story_end(&story);
}

static void test_codes_that_are_wrong(void **state)
{
    (void)state;
    struct story story;
    struct note note = {""};
    story_begin(&story, coupons);
    struct shown_code codes[17];
    char texts[17][4];
    struct occasion occasion = {.codes = codes};
    struct judgement j;
    for (size_t i = 0; i < 17; i++) {
        snprintf(texts[i], sizeof texts[i], "%zu", i);
        codes[i] = (struct shown_code){.text = text_slice(texts[i])};
    }
    occasion.code_count = 17;
    assert_int_equal(judge(story.rules, &story.standing, &occasion, false, &story.arena, &j, &note),
                     ERR_INPUT);
    assert_string_equal(note.text, "17 codes are shown, more than 16");
    occasion.code_count = 16;
    codes[7].text = codes[2].text;
    assert_int_equal(judge(story.rules, &story.standing, &occasion, false, &story.arena, &j, &note),
                     ERR_INPUT);
    assert_string_equal(note.text, "code 8 was shown before");
    story_end(&story);
}

/* A budget for all members is cut to what is left of it. */
static void test_budget(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, HEAD "rules:\n"
                             "  - rule: campaign\n"
                             "    give: {points: 1, per: 1.00, rounding: down}\n"
                             "    caps: [{per: month, amount: 100, of: all}]\n");
    assert_int_equal(story_buy(&story, "2026-01-01", "1", 7000), 70);
    assert_int_equal(story.now.claims[0].delta, 70);
    assert_int_equal(story.now.claims[0].most, 100); /* whoever keeps the number holds it to that */
    story_claim(&story);
    assert_int_equal(story_buy(&story, "2026-01-02", "1", 7000), 30);
    story_claim(&story);
    assert_int_equal(story_buy(&story, "2026-01-02", "1", 7000), 0);
    assert_int_equal(story_buy(&story, "2026-02-01", "1", 7000), 70);
    story_end(&story);
}

static void test_what_is_wrong(void **state)
{
    (void)state;
    static const struct edit edits[] = {
        {"coupon: spring\n", "coupon: winter\n",
         "p.yaml:10: rules[0].coupon: no coupon is called winter"},
        {"[SPRING, LENZ]", "[SPRING, LENZ], prefix: S",
         "coupon spring: it has at most 64 codes or a prefix of at most 47 bytes, and only codes "
         "with a prefix are "
         "personal"},
        {"[SPRING, LENZ]", "[O-1]", "coupon once: a code of spring begins like it"},
        {"prefix: O-", "codes: [LENZ]", "coupon once: its code 1 is another's"},
        {"prefix: M-", "prefix: O-M", "coupon mine: its codes could be those of once"},
        {"of: all}", "of: world}",
         "p.yaml:13: rules[0].caps[0].of: \"world\" is not one of member, all, code"},
        {"per: ever, uses: 3", "per: rolling_days, length: 5, uses: 3",
         "p.yaml:9: rules[0]: rule spring: only a member has such a cap"},
        {"    coupon: once\n", "",
         "p.yaml:15: rules[1]: rule once: without a coupon there is no code"},
        {"give: {money_off: 1.00}", "give: {price: 1.00, items: 0}",
         "p.yaml:21: rules[2].give.items: \"0\" is not a whole number from 1 to 1000"},
        {"give: {money_off: 1.00}",
         "give: {money_off: 1.00, steps: [{at_least: 1, percent_off: 1}]}",
         "p.yaml:21: rules[2].give: a percentage by a metric has steps, and nothing else does"},
        {"give: {money_off: 1.00}", "take: {points: 1, of: stars}\n    give: {money_off: 1.00}",
         "p.yaml:21: rules[2].take.of: no metric is called stars"},
    };
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        story_refuse(coupons, &edits[i]);
    }
    char text[4096];
    edited(coupons, "coupons:\n", "metrics: [{name: spend, of: spend}]\ncoupons:\n", text,
           sizeof text);
    static const struct edit with_metric[] = {
        {"give: {money_off: 1.00}", "take: {points: 1, of: spend}\n    give: {money_off: 1.00}",
         "p.yaml:20: rules[2]: rule mine: it takes from a metric that isn't of \"given\""},
        {"give: {money_off: 1.00}",
         "give: {percent_off_by: spend, rounding: down,\n"
         "           steps: [{at_least: 5, percent_off: 1}, {at_least: 5, percent_off: 2}]}",
         "p.yaml:20: rules[2]: rule mine: steps ascend, and each percentage is above 0 and at most "
         "100"},
        {"give: {money_off: 1.00}",
         "give: {percent_off_by: spend, rounding: down,\n"
         "           steps: [{at_least: 5, percent_off: 101}]}",
         "p.yaml:20: rules[2]: rule mine: steps ascend, and each percentage is above 0 and at most "
         "100"},
    };
    for (size_t i = 0; i < sizeof with_metric / sizeof with_metric[0]; i++) {
        story_refuse(text, &with_metric[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cumulative_card),
        cmocka_unit_test(test_next_purchase),
        cmocka_unit_test(test_item_offers),
        cmocka_unit_test(test_the_first_so_many),
        cmocka_unit_test(test_issued_codes),
        cmocka_unit_test(test_a_code_as_it_is_typed),
        cmocka_unit_test(test_a_code_that_was_revoked),
        cmocka_unit_test(test_codes_that_are_wrong),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

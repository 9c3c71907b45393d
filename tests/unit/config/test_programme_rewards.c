/* Rewards, paid membership, segments and quotes, as a programme's file says them. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "programme/quote.h"
#include "programme/segment.h"
#include "programme_story.h"

static const char rewards[] = HEAD "rules:\n"                                      /* 4 */
                                   "  - rule: mug\n"                               /* 5 */
                                   "    on: mug\n"                                 /* 6 */
                                   "    price: {points: 500, money: 2.00}\n"       /* 7 */
                                   "    give: {item: mug, items: 2}\n"             /* 8 */
                                   "    caps: [{per: ever, amount: 5, of: all},\n" /* 9 */
                                   "           {per: year, uses: 1}]\n"            /* 10 */
                                   "  - rule: card\n"                              /* 11 */
                                   "    on: any\n"                                 /* 12 */
                                   "    price: {points: 300}\n"                    /* 13 */
                                   "    give: {item: gift-card, worth: 25.00, days: 10}\n";

static void test_rewards(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, rewards);
    story.shopper.balance = points_of(799);
    (void)story_event(&story, "2026-01-01", "mug");
    /* Both cost more than there is: the first goes first. */
    assert_int_equal(story.now.spent.minor, 500);
    assert_int_equal(story.now.due.minor, 200);
    assert_int_equal(story.now.item_count, 1);
    assert_true(slice_equal(story.now.items[0].name, text_slice("mug")));
    assert_int_equal(story.now.items[0].count, 2);
    assert_true(story.now.items[0].until_day == INT64_MAX);
    story_expect(&story, "card", TRACE_BALANCE);
    assert_int_equal(story_row(&story, "card").has, 299);
    story_claim(&story);
    (void)story_event(&story, "2026-06-01", "mug"); /* one a year */
    story_expect(&story, "mug", TRACE_CAP);
    assert_int_equal(story.now.spent.minor, 300);
    assert_int_equal(story.now.items[0].worth.minor, 2500);
    assert_int_equal(story.now.items[0].until_day, story_day("2026-06-11"));
    (void)story_event(&story, "2027-01-01", "mug");
    assert_int_equal(story.now.items[0].count, 2);
    story_claim(&story);
    /* One of the five is left: not what 500 points are for. */
    (void)story_event(&story, "2028-01-01", "mug");
    story_expect(&story, "mug", TRACE_CAP);
    assert_int_equal(story.now.due.minor, 0);
    story_end(&story);
}

static void test_membership(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, HEAD "goods: [{name: prime-goods, products: [prime]}]\n"
                             "metrics: [{name: prime, of: until}]\n"
                             "rules:\n"
                             "  - rule: buy\n"
                             "    for: [prime-goods]\n"
                             "    give: {prolong: prime, days: 100, added: yes}\n"
                             "  - rule: free week\n"
                             "    on: trial\n"
                             "    give: {prolong: prime, days: 7, added: yes}\n"
                             "  - rule: leave\n"
                             "    on: leave\n"
                             "    give: {refund: prime, rounding: down}\n"
                             "  - rule: delivery\n"
                             "    except: [prime-goods]\n"
                             "    metrics: [{metric: prime, at_least: 1}]\n"
                             "    give: {item: free-delivery}\n");
    (void)story_buy(&story, "2026-01-01", "1", 100);
    assert_int_equal(story.now.item_count, 0);
    (void)story_event(&story, "2026-01-01", "leave");
    story_expect(&story, "leave", TRACE_NOTHING);
    (void)story_buy(&story, "2026-01-01", "prime", 5000);
    assert_int_equal(story_row(&story, "buy").has, 100);
    (void)story_buy(&story, "2026-01-02", "1", 100);
    assert_int_equal(story.now.item_count, 1);
    /* Renewed before it is over, and a week for nothing: 200 days for 90.00, 207 in all. */
    (void)story_buy(&story, "2026-01-31", "prime", 4000);
    (void)story_event(&story, "2026-01-31", "trial");
    (void)story_event(&story, "2026-05-08", "leave"); /* 80 are left */
    assert_int_equal(story.now.refund.minor, 9000 * 80 / 200);
    (void)story_buy(&story, "2026-05-08", "1", 100);
    assert_int_equal(story.now.item_count, 0);
    (void)story_event(&story, "2026-05-08", "leave");
    assert_int_equal(story.now.refund.minor, 0);
    /* What lapsed has nothing to do with what is bought anew. */
    (void)story_buy(&story, "2026-06-01", "prime", 5000);
    (void)story_buy(&story, "2026-12-01", "1", 100);
    assert_int_equal(story.now.item_count, 0);
    (void)story_buy(&story, "2026-12-01", "prime", 1000);
    (void)story_event(&story, "2026-12-01", "leave");
    assert_int_equal(story.now.refund.minor, 1000);
    story_end(&story);
}

static const char segments[] =
    HEAD EARN "metrics:\n"                                                         /* 5 */
              "  - {name: away, of: since}\n"                                      /* 6 */
              "  - {name: visits, of: visits, window: rolling_days, length: 90}\n" /* 7 */
              "  - {name: spend, of: spend, window: rolling_months, length: 3}\n"  /* 8 */
              "segments:\n"                                                        /* 9 */
              "  - {segment: active, metrics: [{metric: away, below: 30}]}\n"      /* 10 */
              "  - {segment: lost, metrics: [{metric: away, at_least: 60, below: 9999}]}\n"
              "  - {segment: rich, metrics: [{metric: spend, at_least: 100}]}\n" /* 12 */
              "  - {segment: staff, lists: [staff, board]}\n"                    /* 13 */
              "  - segment: best\n"                                              /* 14 */
              "    all: [active]\n"                                              /* 15 */
              "    any: [rich, staff]\n"                                         /* 16 */
              "    none: [lost]\n"                                               /* 17 */
              "    metrics: [{metric: visits, at_least: 2}]\n"                   /* 18 */
              "rules:\n"
              "  - {rule: best, segments: [best], give: {points: 100}}\n"
              "  - {rule: back, segments: [lost], not_in: [staff], give: {points: 5000}}\n";

static const struct trace_row *segments_on(struct story *story, const char *day)
{
    const struct trace_row *rows;
    assert_int_equal(segments_of(story->rules, &story->standing, story_day(day), &story->shopper,
                                 &story->arena, &rows),
                     ERR_OK);
    return rows;
}

static void test_segments(void **state)
{
    (void)state;
    static const struct slice lists[] = {{(const uint8_t *)"board", 5}};
    struct story story;
    story_begin(&story, segments);
    assert_int_equal(segments_on(&story, "2026-01-01")[0].reason, TRACE_METRIC_ABOVE);
    assert_int_equal(story_buy(&story, "2026-01-01", "1", 2000), 20);
    assert_int_equal(story_buy(&story, "2026-01-02", "1", 2000), 20);
    const struct trace_row *rows = segments_on(&story, "2026-01-02");
    assert_int_equal(rows[0].reason, TRACE_FIRED);
    assert_int_equal(rows[2].reason, TRACE_METRIC_BELOW);
    assert_int_equal(rows[2].has, 4000);
    assert_int_equal(rows[2].wants, 10000);
    assert_int_equal(rows[3].reason, TRACE_LIST);
    assert_int_equal(rows[4].reason, TRACE_SEGMENT);
    assert_int_equal(rows[4].has, 2);
    story.shopper.lists = lists;
    story.shopper.list_count = 1;
    assert_int_equal(segments_on(&story, "2026-01-02")[4].reason, TRACE_FIRED);
    assert_int_equal(story_buy(&story, "2026-01-03", "1", 6000), 160);
    story.shopper.list_count = 0;
    assert_int_equal(story_buy(&story, "2026-01-04", "1", 100), 101);
    assert_int_equal(segments_on(&story, "2026-03-05")[1].reason, TRACE_FIRED);
    rows = segments_on(&story, "2026-03-05");
    assert_int_equal(rows[0].reason, TRACE_METRIC_ABOVE);
    assert_int_equal(rows[0].has, 60);
    assert_int_equal(rows[0].wants, 30);
    assert_int_equal(rows[4].has, 0);
    story.shopper.list_count = 1;
    assert_int_equal(story_buy(&story, "2026-03-05", "1", 100), 1);
    story_expect(&story, "back", TRACE_SEGMENT);
    story.shopper.list_count = 0;
    assert_int_equal(story_buy(&story, "2026-06-05", "1", 100), 5001);
    story_end(&story);
}

static struct quote quote_of(struct story *story, const struct occasion *occasion,
                             const struct burn_terms *terms, struct buffer *out_bytes)
{
    struct quote quote;
    assert_int_equal(
        quote_make(story->rules, terms, &story->standing, occasion, &story->arena, &quote, NULL),
        ERR_OK);
    buffer_clear(out_bytes);
    quote_write(story->rules, occasion, &quote, out_bytes);
    return quote;
}

/* A quote says what points may pay; confirmed on the same numbers it has the same bytes, and on
 * others it has not. */
static void test_quote(void **state)
{
    (void)state;
    static const struct basket_line lines[] = {
        {.product = {(const uint8_t *)"1", 1}, .quantity_milli = 1000, .amount = {10000}},
        {.product = {(const uint8_t *)"2", 1}, .quantity_milli = 1000, .amount = {5000}},
    };
    struct buffer first = {0};
    struct buffer second = {0};
    struct story story;
    story_begin(&story, HEAD EARN "burn: {points: 10, worth: 0.07, smallest: 100,\n"
                                  "       largest_share: 50.5, except: [tobacco]}\n"
                                  "goods: [{name: tobacco, products: ['2']}]\n"
                                  "metrics: [{name: card, of: spend}]\n"
                                  "rules:\n"
                                  "  - rule: ten\n"
                                  "    give: {percent_off: 10, rounding: down}\n"
                                  "    caps: [{per: month, uses: 1}]\n");
    struct burn_terms terms = story.file.burn;
    struct occasion occasion = {.local = {story_day("2026-01-01") * DAY_MS},
                                .lines = lines,
                                .line_count = 2,
                                .shopper = {.balance = {100000}}};
    struct quote quote = quote_of(&story, &occasion, &terms, &first);
    /* 50.5 % of 90.00 is 45.45: 6492 points pay 45.44. */
    assert_int_equal(quote.judgement.points.minor, 135);
    assert_int_equal(quote.spendable.minor, 6492);
    assert_int_equal(quote.payable.minor, 4544);
    (void)quote_of(&story, &occasion, &terms, &second);
    assert_true(slice_equal(buffer_slice(&first), buffer_slice(&second)));
    occasion.shopper.balance = points_of(150);
    quote = quote_of(&story, &occasion, &terms, &second);
    assert_int_equal(quote.spendable.minor, 150);
    assert_int_equal(quote.payable.minor, 105);
    occasion.shopper.balance = points_of(99);
    assert_int_equal(quote_of(&story, &occasion, &terms, &second).spendable.minor, 0);
    occasion.shopper.balance = points_of(100000);
    (void)story_judge(&story, &occasion); /* the standing moves */
    (void)quote_of(&story, &occasion, &terms, &second);
    assert_false(slice_equal(buffer_slice(&first), buffer_slice(&second)));
    terms.points_minor = 0;
    assert_int_equal(quote_of(&story, &occasion, &terms, &second).payable.minor, 0);
    terms.share.mantissa = 1001;
    struct note note = {""};
    assert_int_equal(
        quote_make(story.rules, &terms, &story.standing, &occasion, &story.arena, &quote, &note),
        ERR_INPUT);
    assert_string_equal(note.text, "not terms on which points pay for a basket");
    buffer_fini(&first);
    buffer_fini(&second);
    story_end(&story);
}

static void test_what_is_wrong(void **state)
{
    (void)state;
    static const struct edit wrong_rewards[] = {
        {"    on: mug\n", "", "p.yaml:5: rules[0]: rule mug: an event costs points, money or both"},
        {"price: {points: 300}", "price: {}",
         "p.yaml:11: rules[1]: rule card: an event costs points, money or both"},
        {"items: 2", "items: 2000",
         "p.yaml:8: rules[0].give.items: \"2000\" is not a whole number from 1 to 1000"},
        {"give: {item: mug, items: 2}", "give: {refund: mug, rounding: down}",
         "p.yaml:8: rules[0].give.refund: no metric is called mug"},
        {"give: {item: mug, items: 2}", "give: {points: 2, worth: 1.00}",
         "p.yaml:8: rules[0].give.worth: has no meaning here"},
    };
    for (size_t i = 0; i < sizeof wrong_rewards / sizeof wrong_rewards[0]; i++) {
        story_refuse(rewards, &wrong_rewards[i]);
    }
    static const struct edit wrong_burns[] = {
        {"rules:\n", "burn: {points: 5}\nrules:\n",
         "p.yaml:4: burn: names points and what they are worth, or neither"},
        {"rules:\n", "burn: {largest_share: 100.5}\nrules:\n",
         "p.yaml:4: burn.largest_share: is a percentage from 0 to 100"},
        {"rules:\n", "burn: {except: [tea]}\nrules:\n",
         "p.yaml:4: burn.except: no goods are called tea"},
    };
    for (size_t i = 0; i < sizeof wrong_burns / sizeof wrong_burns[0]; i++) {
        story_refuse(rewards, &wrong_burns[i]);
    }
    static const struct edit wrong_segments[] = {
        {"all: [active]", "all: [best]",
         "p.yaml:15: segments[4].all: no segment before it is called best"},
        {"segments: [lost]", "segments: [gone]",
         "p.yaml:21: rules[1].segments: no segment before it is called gone"},
        {"{segment: staff, lists: [staff, board]}", "{segment: staff}",
         "segment staff: it says nothing"},
        {"metric: visits, at_least: 2", "metric: visits, reaches: 2",
         "segment best: the bounds of a metric leave nothing"},
        {"{segment: staff, lists: [staff, board]}",
         "{segment: staff, lists: [a]}\n  - {segment: staff, lists: [b]}",
         "segment staff is there twice, on line 13 and on line 14"},
    };
    for (size_t i = 0; i < sizeof wrong_segments / sizeof wrong_segments[0]; i++) {
        story_refuse(segments, &wrong_segments[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rewards),       cmocka_unit_test(test_membership),
        cmocka_unit_test(test_segments),      cmocka_unit_test(test_quote),
        cmocka_unit_test(test_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

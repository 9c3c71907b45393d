/* What is learned of a history, and what is chosen by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "offers/choose.h"
#include "offers/control.h"
#include "offers/kept_offers.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define TEXT(literal)                                                                              \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }

#define TODAY 20000
#define BEGIN (TODAY - 60)

static const struct goods_member filters[] = {{GOODS_BY_CATEGORY, TEXT("filters")}};
static const struct goods_member cups[] = {{GOODS_BY_CATEGORY, TEXT("cups")}};
static const struct goods_set sets[] = {{"filters", filters, 1, 1}, {"cups", cups, 1, 2}};
static const struct metric metrics[] = {
    {"filter-week", METRIC_UNTIL, {WINDOW_EVER, 0}, NO_GOODS, 0},
    {"cup-week", METRIC_UNTIL, {WINDOW_EVER, 0}, NO_GOODS, 0}};
static const uint16_t places[] = {0, 1};
static const struct campaign campaigns[] = {{"autumn", 20, 1, "", 0}};
static const struct offer offers[] = {{"filter-week", 0, 0, &places[0], 1, NULL, 0, 14, NULL, 0},
                                      {"cup-week", 1, 0, &places[1], 1, NULL, 0, 7, NULL, 0}};
static const struct rules_text text = {.goods = sets,
                                       .goods_count = COUNT(sets),
                                       .metrics = metrics,
                                       .metric_count = COUNT(metrics),
                                       .campaigns = campaigns,
                                       .campaign_count = COUNT(campaigns),
                                       .offers = offers,
                                       .offer_count = COUNT(offers)};

struct scene {
    struct rules *rules;
    struct history *history;
    struct learned *learned;
};

static void buy(struct scene *scene, const char *member, int64_t day, const char *category)
{
    struct note note = {""};
    const struct basket_line line = {.category = slice_of(category, strlen(category))};
    if (history_add(scene->history, slice_of(member, strlen(member)), day, &line, &note) !=
        ERR_OK) {
        fail_msg("%s", note.text);
    }
}

static void begin(struct scene *scene)
{
    struct note note = {""};
    if (rules_create(&text, &scene->rules, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    assert_int_equal(history_create(scene->rules, &scene->history), ERR_OK);
}

static void finish(struct scene *scene)
{
    assert_int_equal(history_close(scene->history), ERR_OK);
    assert_int_equal(learn(scene->history, TODAY, &scene->learned), ERR_OK);
}

static void end(struct scene *scene)
{
    learned_destroy(scene->learned);
    history_destroy(scene->history);
    rules_destroy(scene->rules);
}

static uint32_t thing_named(const struct scene *scene, const char *name)
{
    for (size_t t = 0; t < history_thing_count(scene->history); t++) {
        struct slice of = history_thing_name(scene->history, (uint32_t)t);
        if (of.length == strlen(name) && memcmp(of.at, name, of.length) == 0) {
            return (uint32_t)t;
        }
    }
    fail_msg("nothing is called %s", name);
    return 0;
}

static size_t choose(const struct scene *scene, const char *member, uint64_t fitting,
                     struct choice choices[LIMIT_OFFERS])
{
    size_t place;
    assert_int_equal(history_find(scene->history, slice_of(member, strlen(member)), &place),
                     ERR_OK);
    return choose_offers(scene->learned, place, 0, fitting, TODAY, choices);
}

/* 30 of 60 who bought coffee bought filters ten days later; 60 others bought tea. */
static void coffee_and_tea(struct scene *scene)
{
    char name[16];
    for (int n = 0; n < 120; n++) {
        snprintf(name, sizeof name, "%d", n);
        buy(scene, name, BEGIN, n < 60 ? "coffee" : "tea");
        if (n < 30) {
            buy(scene, name, BEGIN + 10, "filters");
        }
    }
}

static void test_what_is_bought_next(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    coffee_and_tea(&scene);
    buy(&scene, "late", TODAY - 5, "coffee"); /* nobody knows yet what comes */
    finish(&scene);
    struct share next = learned_next(scene.learned, thing_named(&scene, "coffee"), 0);
    struct share tea = learned_next(scene.learned, thing_named(&scene, "tea"), 0);
    struct share base = learned_base(scene.learned, 0);
    assert_int_equal(next.hits, 30);
    assert_int_equal(next.of, 60);
    assert_int_equal(tea.hits, 0);
    assert_int_equal(tea.of, 60);
    assert_int_equal(base.hits, 30);
    assert_int_equal(base.of, 120);
    assert_int_equal(share_ppm(next), 500000);
    assert_int_equal(history_lines(scene.history), 151);

    struct choice choices[LIMIT_OFFERS];
    char reason[REASON_TEXT_MAX];
    assert_int_equal(choose(&scene, "40", 3, choices), 1);
    assert_int_equal(choices[0].offer, 0);
    assert_int_equal(choices[0].reason, CHOICE_NEXT);
    assert_string_equal(choice_reason_text(scene.learned, &choices[0], reason),
                        "bought coffee once in 90 days; 50 % of 60 shoppers who did bought filters "
                        "within 30 days, of all 25 %; never bought");
    assert_int_equal(choose(&scene, "40", 2, choices), 0);  /* the member may not have that one */
    assert_int_equal(choose(&scene, "100", 3, choices), 0); /* who bought tea is no likelier */
    assert_int_equal(choose(&scene, "3", 3, choices), 0);   /* has them */
    end(&scene);
}

static void test_a_habit_that_is_due(void **state)
{
    (void)state;
    struct scene scene;
    char name[16];
    struct choice choices[LIMIT_OFFERS];
    char reason[REASON_TEXT_MAX];
    begin(&scene);
    for (int n = 0; n < 40; n++) {
        snprintf(name, sizeof name, "%d", n);
        for (int day = 0; day < 4 && n < 20; day++) {
            buy(&scene, name, BEGIN + 10 * day, "filters");
        }
        buy(&scene, name, BEGIN - 50, "tea");
    }
    buy(&scene, "twice", TODAY - 30, "filters");
    buy(&scene, "twice", TODAY - 20, "filters");
    buy(&scene, "twice", TODAY - 20, "filters"); /* one day is once */
    buy(&scene, "soon", TODAY - 20, "filters");
    buy(&scene, "soon", TODAY - 5, "filters");
    finish(&scene);
    assert_int_equal(choose(&scene, "twice", 3, choices), 1);
    assert_int_equal(choices[0].reason, CHOICE_AGAIN);
    assert_int_equal(choices[0].times, 2);
    assert_string_equal(
        choice_reason_text(scene.learned, &choices[0], reason),
        "bought filters 2 times, about every 10 days, the last time 20 days ago; of "
        "20 purchases like the last one 100 % were followed by another within 30 "
        "days, of all shoppers 0 % buy");
    assert_int_equal(choose(&scene, "soon", 3, choices), 0); /* not due for ten days */
    end(&scene);
}

/* The better one comes first, and no more of them than the campaign lets a member have. */
static void test_the_best_comes_first(void **state)
{
    (void)state;
    struct scene scene;
    char name[16];
    struct choice choices[LIMIT_OFFERS];
    begin(&scene);
    coffee_and_tea(&scene);
    for (int n = 0; n < 29; n++) {
        snprintf(name, sizeof name, "%d", 59 - n);
        buy(&scene, name, BEGIN + 3, "cups");
        snprintf(name, sizeof name, "%d", n);
        buy(&scene, name, BEGIN + 3, "cups");
        snprintf(name, sizeof name, "%d", 31 + n);
        buy(&scene, name, BEGIN + 10, "filters");
    }
    finish(&scene);
    assert_int_equal(choose(&scene, "30", 1, choices), 1); /* either would do */
    assert_int_equal(choose(&scene, "30", 2, choices), 1);
    assert_int_equal(choose(&scene, "30", 3, choices), 1);
    assert_int_equal(choices[0].offer, 1);
    end(&scene);
}

static void test_few_cases_say_nothing(void **state)
{
    (void)state;
    struct scene scene;
    char name[16];
    struct choice choices[LIMIT_OFFERS];
    begin(&scene);
    for (int n = 0; n < 9; n++) {
        snprintf(name, sizeof name, "%d", n);
        buy(&scene, name, BEGIN, n < 4 ? "coffee" : "tea");
        if (n < 3) {
            buy(&scene, name, BEGIN + 1, "filters");
        }
    }
    finish(&scene);
    assert_int_equal(choose(&scene, "3", 3, choices), 0);
    end(&scene);
}

/* Seven of seven are not enough to say it, eight of eight are. */
static void test_seven_cases_say_nothing(void **state)
{
    (void)state;
    for (int cases = 7; cases <= 8; cases++) {
        struct scene scene;
        char name[16];
        struct choice choices[LIMIT_OFFERS];
        begin(&scene);
        for (int n = 0; n < 60; n++) {
            snprintf(name, sizeof name, "%d", n);
            buy(&scene, name, BEGIN, n < cases ? "coffee" : "tea");
            if (n < cases) {
                buy(&scene, name, BEGIN + 1, "filters");
            }
        }
        buy(&scene, "late", TODAY - 5, "coffee");
        finish(&scene);
        assert_int_equal(choose(&scene, "late", 3, choices), cases == 8 ? 1 : 0);
        end(&scene);
    }
}

/* An offer for segments is for who is in one of them, another for everybody. */
static void test_offers_for_segments(void **state)
{
    (void)state;
    const uint16_t segments[] = {1, 2};
    const struct offer some[] = {{"filter-week", 0, 0, &places[0], 1, segments, 2, 14, NULL, 0},
                                 {"cup-week", 1, 0, &places[1], 1, NULL, 0, 7, NULL, 0}};
    const struct rules_text with = {.offers = some, .offer_count = COUNT(some)};
    assert_int_equal(offers_fitting(&with, 0), 2);
    assert_int_equal(offers_fitting(&with, 1), 2);
    assert_int_equal(offers_fitting(&with, 2), 3);
    assert_int_equal(offers_fitting(&with, 4), 3);
}

static void test_a_control_group(void **state)
{
    (void)state;
    const struct campaign other = {"winter", 20, 1, "", 0};
    const struct campaign seeded = {"autumn", 20, 1, "b", 0};
    const struct campaign none = {"autumn", 0, 1, "", 0};
    int count = 0;
    int both = 0;
    int reseeded = 0;
    for (int n = 0; n < 10000; n++) {
        char name[16];
        snprintf(name, sizeof name, "%d", n);
        struct slice member = slice_of(name, strlen(name));
        bool is_in = is_in_control(&campaigns[0], member);
        assert_int_equal(is_in, is_in_control(&campaigns[0], member));
        assert_false(is_in_control(&none, member));
        count += is_in ? 1 : 0;
        both += is_in && is_in_control(&other, member) ? 1 : 0;
        reseeded += is_in && is_in_control(&seeded, member) ? 1 : 0;
    }
    assert_in_range(count, 1850, 2150); /* of 2,000, within four deviations */
    assert_in_range(both, 320, 480);    /* one has nothing to do with the other */
    assert_in_range(reseeded, 320, 480);
    char first[32] = ""; /* of these, the same for ever */
    for (char name = 'a', *to = first; name <= 'z'; name++) {
        *to = name;
        to += is_in_control(&campaigns[0], slice_of(&name, 1)) ? 1 : 0;
        *to = '\0';
    }
    assert_string_equal(first, "cfjlqrt");
}

static void test_kept_offers(void **state)
{
    (void)state;
    struct kept_offer at[] = {{TEXT("filter-week"), TEXT("bought coffee"), 20014, {NULL, 0}}};
    const struct kept_offers kept = {
        .programme = 7, .campaign = TEXT("autumn"), .is_control = true, .at = at, .count = 1};
    struct kept_offers back;
    struct buffer bytes = {0};
    struct arena arena;
    arena_init(&arena, 4096);
    kept_offers_encode(&kept, &bytes);
    assert_int_equal(kept_offers_decode(buffer_slice(&bytes), &arena, &back), ERR_OK);
    assert_int_equal(back.programme, 7);
    assert_true(back.is_control);
    assert_int_equal(back.count, 1);
    assert_true(slice_equal(back.at[0].reason, at[0].reason));
    assert_int_equal(back.at[0].until_day, 20014);
    for (size_t length = 0; length < bytes.length; length++) {
        assert_int_equal(kept_offers_decode(slice_of(bytes.at, length), &arena, &back),
                         ERR_CORRUPT);
    }
    assert_int_equal(bytes.at[0], 0x4F); /* as it was before there were codes */
    assert_int_equal(back.at[0].code.length, 0);
    buffer_clear(&bytes);
    arena_reset(&arena);
    at[0].code = (struct slice)TEXT("F-7");
    kept_offers_encode(&kept, &bytes);
    assert_int_equal(kept_offers_decode(buffer_slice(&bytes), &arena, &back), ERR_OK);
    assert_true(kept_offers_is(buffer_slice(&bytes)));
    assert_true(slice_equal(back.at[0].code, at[0].code));
    bytes.at[0] = 0x4F;
    assert_int_equal(kept_offers_decode(buffer_slice(&bytes), &arena, &back), ERR_CORRUPT);
    buffer_clear(&bytes);
    struct kept_offers sealed = kept;
    sealed.is_sealed = true;
    kept_offers_encode(&sealed, &bytes);
    assert_int_equal(bytes.at[0], 0x5B);
    assert_int_equal(kept_offers_decode(buffer_slice(&bytes), &arena, &back), ERR_OK);
    assert_true(back.is_sealed && kept_offers_is(buffer_slice(&bytes)));
    assert_true(slice_equal(back.at[0].reason, at[0].reason));
    buffer_fini(&bytes);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_bought_next),
        cmocka_unit_test(test_a_habit_that_is_due),
        cmocka_unit_test(test_the_best_comes_first),
        cmocka_unit_test(test_few_cases_say_nothing),
        cmocka_unit_test(test_seven_cases_say_nothing),
        cmocka_unit_test(test_offers_for_segments),
        cmocka_unit_test(test_a_control_group),
        cmocka_unit_test(test_kept_offers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

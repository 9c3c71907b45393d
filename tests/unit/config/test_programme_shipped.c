/* The programmes in cluster/programmes, each through a year of one member: what came of it in all,
 * and what comes of it when a rule is taken out. What a till's export cannot say (birthdays,
 * events, codes, points that pay) is here; tests/integration/programmes.py has the rest. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "programme_story.h"

#define WEEK_DAYS 7

/* What the member got in all. */
struct got {
    struct story story;
    int64_t points;
    int64_t off_minor;
};

/* A shipped file without one of its rules; NULL: with all. */
static void got_begin(struct got *got, const char *file, const char *without)
{
    struct story *story = &got->story;
    struct note note = {""};
    char path[512];
    memset(got, 0, sizeof *got);
    (void)snprintf(path, sizeof path, "%s/cluster/programmes/%s.yaml", TALEA_SOURCE_DIR, file);
    arena_init(&story->arena, 64u << 20);
    story->shopper.key = text_slice("anna");
    if (programme_file_load(path, 0, &story->file, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    struct rules_text text = story->file.rules;
    struct rule *rules = arena_alloc(&story->arena, text.rule_count * sizeof rules[0]);
    size_t count = 0;
    assert_non_null(rules);
    for (size_t i = 0; i < text.rule_count; i++) {
        if (without == NULL || strcmp(text.rules[i].name, without) != 0) {
            rules[count++] = text.rules[i];
        }
    }
    assert_int_equal(count, text.rule_count - (without == NULL ? 0 : 1));
    text.rules = rules;
    text.rule_count = count;
    if (rules_create(&text, &story->rules, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
}

static void add(struct got *got, int64_t points)
{
    got->points += points;
    got->off_minor += got->story.now.discount.minor;
    story_claim(&got->story);
    got->story.code_count = 0;
}

struct bought {
    const char *day;
    const char *product; /* or a category where it begins with a colon */
    int64_t minor;
    const char *channel;
    const char *beside; /* the category of a second line, 5.00; NULL: there is none */
    int64_t paid_in_points_minor;
};

static void buy_on(struct got *got, int64_t day, const struct bought *bought)
{
    struct story *story = &got->story;
    struct basket_line lines[2] = {{.quantity_milli = 1000, .amount = {bought->minor}},
                                   {.quantity_milli = 1000, .amount = {500}}};
    bool is_category = bought->product[0] == ':';
    *(is_category ? &lines[0].category : &lines[0].product) =
        text_slice(bought->product + is_category);
    lines[1].category = text_slice(bought->beside == NULL ? "" : bought->beside);
    const struct occasion occasion = {
        .local = {day * DAY_MS},
        .channel = text_slice(bought->channel == NULL ? "" : bought->channel),
        .lines = lines,
        .line_count = bought->beside == NULL ? 1 : 2,
        .paid_in_points = {bought->paid_in_points_minor},
        .shopper = story->shopper,
        .codes = story->codes,
        .code_count = story->code_count,
        .programme = story->programme};
    add(got, story_judge(story, &occasion));
}

static void buy(struct got *got, const struct bought *bought)
{
    buy_on(got, story_day(bought->day), bought);
}

static void buy_weekly(struct got *got, const char *from, unsigned weeks,
                       const struct bought *bought)
{
    for (unsigned week = 0; week < weeks; week++) {
        buy_on(got, story_day(from) + week * WEEK_DAYS, bought);
    }
}

/* On the same day of `months` months. */
static void buy_monthly(struct got *got, int year, unsigned months, const struct bought *bought)
{
    for (unsigned month = 0; month < months; month++) {
        buy_on(got, day_of_civil(year + (int)(month / 12), (int)(month % 12) + 1, 15), bought);
    }
}

static void event(struct got *got, const char *day, const char *name)
{
    add(got, story_event(&got->story, day, name));
}

/* 52 weeks at 30.00, one of them around the birthday, each a sticker; at the end a pan for 24.90,
 * and a basket that points pay a third of. */
static void grocer_year(struct got *got)
{
    got->story.shopper.birth_month = 3;
    got->story.shopper.birth_day = 15;
    buy_weekly(got, "2026-01-02", 52, &(struct bought){.product = "milk", .minor = 3000});
    buy(got,
        &(struct bought){
            .day = "2026-12-30", .product = "milk", .minor = 3000, .paid_in_points_minor = 1000});
    buy(got, &(struct bought){.day = "2026-12-31", .product = "pan-24", .minor = 2490});
    buy(got, &(struct bought){.day = "2027-01-01", .product = "pan-24", .minor = 2490});
    buy(got, &(struct bought){.day = "2027-01-02", .product = ":alcohol", .minor = 9000});
}

/* A coffee each Thursday. From the sixth on green, from the 31st on gold, with which 12 stars are a
 * drink: the 31st, 32nd, 36th and 48th. The birthday's is one of two in its weeks. */
static void coffee_year(struct got *got)
{
    const struct bought refill = {.product = "refill", .minor = 80};
    got->story.shopper.birth_month = 5;
    got->story.shopper.birth_day = 20;
    event(got, "2026-01-01", "enrolment");
    event(got, "2026-01-01", "enrolment");
    buy_weekly(got, "2026-01-01", 2, &(struct bought){.product = ":coffee", .minor = 300});
    buy_on(got, story_day("2026-01-08"), &refill);
    buy_weekly(got, "2026-01-15", 20, &(struct bought){.product = ":coffee", .minor = 300});
    buy_on(got, story_day("2026-06-01"), &refill);
    buy_weekly(got, "2026-06-04", 31, &(struct bought){.product = ":coffee", .minor = 300});
}

/* Four weeks in a row, twice; a challenge; surveys, each month's second for nothing; fries by a
 * code and again; a burger for a complaint, and again. */
static void burger_year(struct got *got)
{
    const struct bought salad = {.product = "salad", .minor = 400};
    event(got, "2026-01-01", "enrolment");
    event(got, "2026-01-01", "enrolment");
    buy_weekly(got, "2026-01-03", 4, &salad);
    buy_weekly(got, "2026-02-14", 4, &salad);
    buy(got, &(struct bought){"2026-04-04", ":breakfast", 400, "app", NULL, 0});
    buy(got, &(struct bought){"2026-04-05", ":desserts", 400, "till", NULL, 0});
    buy(got, &(struct bought){"2026-04-05", ":desserts", 400, "app", NULL, 0});
    for (int month = 1; month <= 12; month++) {
        char day[] = "2026-01-20";
        (void)snprintf(day, sizeof day, "2026-%02u-20", (unsigned)month % 13u);
        event(got, day, "survey");
        event(got, day, "survey");
    }
    for (int again = 0; again < 2; again++) {
        story_show(&got->story, "FRIES");
        buy(got, &(struct bought){.day = "2026-05-06", .product = "fries-small", .minor = 200});
    }
    story_show_issued(&got->story, "SORRY-17", "2026-12-01", "");
    struct shown_code sorry = got->story.codes[0];
    for (int again = 0; again < 2; again++) {
        got->story.codes[0] = sorry;
        got->story.code_count = 1;
        buy(got, &(struct bought){.day = "2026-06-06", .product = "burger-fish", .minor = 300});
        sorry = got->story.codes[0];
    }
}

/* 16 months, each a book and its delivery. A trial in January, and not again; from March a year, in
 * December a month more, so until the end of March; then it lapses. */
static void membership_year(struct got *got)
{
    struct story *story = &got->story;
    story->shopper.referrer = text_slice("boris");
    event(got, "2026-01-01", "trial");
    bool has_told = false;
    const struct bought book = {.product = "book", .minor = 4000, .beside = "delivery"};
    for (int month = 0; month < 16; month++) {
        if (month == 1) {
            event(got, "2026-02-10", "trial");
        }
        if (month == 2) {
            buy(got,
                &(struct bought){.day = "2026-03-01", .product = "membership-12", .minor = 9900});
        }
        if (month == 7) {
            buy(got, &(struct bought){.day = "2026-07-14", .product = ":devices", .minor = 20000});
        }
        if (month == 12) {
            buy(got,
                &(struct bought){.day = "2026-12-20", .product = "membership-1", .minor = 900});
        }
        buy_on(got, day_of_civil(2026 + month / 12, month % 12 + 1, 15), &book);
        has_told = has_told || story->now.raised_count > 0;
    }
    buy(got, &(struct bought){"2027-04-16", "book", 6000, NULL, "delivery", 0});
    if (has_told) {
        event(got, "2027-04-17", "friend bought");
    }
}

/* 100.00 each month: the second level from May, the third from November. Around the birthday one
 * set of two; in December two of three first editions; the level lasts through the year after. */
static void beauty_year(struct got *got)
{
    got->story.shopper.birth_month = 6;
    got->story.shopper.birth_day = 10;
    buy_monthly(got, 2026, 6, &(struct bought){.product = "cream", .minor = 10000});
    const struct bought set = {.product = "birthday-set-skin", .minor = 1200};
    buy_on(got, story_day("2026-06-16"), &set);
    buy_on(got, story_day("2026-06-17"), &set);
    for (int month = 7; month <= 12; month++) {
        buy_on(got, day_of_civil(2026, month, 15),
               &(struct bought){.product = "cream", .minor = 10000});
    }
    buy_weekly(got, "2026-12-16", 3, &(struct bought){.product = "edition-1", .minor = 4000});
    event(got, "2026-12-30", "review");
    event(got, "2026-12-31", "review");
    buy(got, &(struct bought){.day = "2027-12-30", .product = "cream", .minor = 1000});
    buy(got, &(struct bought){.day = "2028-01-01", .product = "cream", .minor = 1000});
}

struct year {
    const char *file;
    void (*live)(struct got *);
    const char *without; /* this rule */
    int64_t points;
    int64_t off_minor;
};

static const struct year years[] = {
    {"grocer-points", grocer_year, NULL, 1693, 1500},
    {"grocer-points", grocer_year, "points", 50, 1500},
    {"grocer-points", grocer_year, "welcome", 1643, 1500},
    {"grocer-points", grocer_year, "birthday double", 1663, 1500},
    {"grocer-points", grocer_year, "sticker", 1708, 0},
    {"grocer-points", grocer_year, "pan for stickers", 1708, 0},
    {"coffee-stars", coffee_year, NULL, 144, 1580},
    {"coffee-stars", coffee_year, "star", 156, 380},
    {"coffee-stars", coffee_year, "star of the year", 159, 0},
    {"coffee-stars", coffee_year, "reach green", 147, 1200},
    {"coffee-stars", coffee_year, "reach gold", 156, 380},
    {"coffee-stars", coffee_year, "birthday drink", 147, 1280},
    {"coffee-stars", coffee_year, "free drink", 156, 380},
    {"coffee-stars", coffee_year, "free refill", 144, 1500},
    {"burger-offers", burger_year, NULL, 1440, 500},
    {"burger-offers", burger_year, "enrolled", 1340, 500},
    {"burger-offers", burger_year, "survey", 1140, 500},
    {"burger-offers", burger_year, "four weeks in a row", 1040, 500},
    {"burger-offers", burger_year, "step breakfast", 1290, 500},
    {"burger-offers", burger_year, "step dessert", 1290, 500},
    {"burger-offers", burger_year, "step app", 1290, 500},
    {"burger-offers", burger_year, "challenge", 1290, 500},
    {"burger-offers", burger_year, "free fries", 1460, 300},
    {"burger-offers", burger_year, "sorry", 1470, 200},
    {"paid-membership", membership_year, NULL, 1880, 11500},
    {"paid-membership", membership_year, "a year", 1280, 1500},
    {"paid-membership", membership_year, "a month", 1840, 11000},
    {"paid-membership", membership_year, "trial", 1840, 11000},
    {"paid-membership", membership_year, "free delivery", 1880, 4500},
    {"paid-membership", membership_year, "double points", 1160, 11500},
    {"paid-membership", membership_year, "members' days", 1960, 7500},
    {"paid-membership", membership_year, "delivery of large baskets", 1880, 11000},
    {"paid-membership", membership_year, "brought by a member", 1780, 11500},
    {"paid-membership", membership_year, "tell who brought", 1680, 11500},
    {"paid-membership", membership_year, "brought a friend", 1680, 11500},
    {"beauty-tiers", beauty_year, NULL, 1865, 5200},
    {"beauty-tiers", beauty_year, "reach very important", 1462, 5200},
    {"beauty-tiers", beauty_year, "reach rouge", 1823, 2700},
    {"beauty-tiers", beauty_year, "very important quarter more", 1712, 5200},
    {"beauty-tiers", beauty_year, "rouge half more", 1720, 5200},
    {"beauty-tiers", beauty_year, "birthday gift", 1880, 4000},
    {"beauty-tiers", beauty_year, "birthday points", 1615, 5200},
    {"beauty-tiers", beauty_year, "first editions", 1895, 3200},
    {"beauty-tiers", beauty_year, "autumn rouge", 1895, 3200},
    {"beauty-tiers", beauty_year, "review", 1860, 5200},
};

static void test_years(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof years / sizeof years[0]; i++) {
        const struct year *year = &years[i];
        struct got got;
        got_begin(&got, year->file, year->without);
        year->live(&got);
        if (got.points != year->points || got.off_minor != year->off_minor) {
            print_error("%s without %s: %" PRId64 " points and %" PRId64 " off, not %" PRId64
                        " and %" PRId64 "\n",
                        year->file, year->without == NULL ? "nothing" : year->without, got.points,
                        got.off_minor, year->points, year->off_minor);
            fail();
        }
        story_end(&got.story);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_years)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

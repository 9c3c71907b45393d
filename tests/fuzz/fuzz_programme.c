/* programme.yaml, for each number of the points' decimals that the first byte can say. What can be
 * read is also run: its rules judge a basket and an event, with and without a trace, alike. */
#include <string.h>

#include "config/programme_file.h"
#include "fuzz.h"
#include "programme/advice.h"
#include "programme/judge.h"

#define LOCAL_MS INT64_C(1791047040000)

static struct slice text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

static void judge_twice(const struct rules *rules, const struct occasion *occasion,
                        struct arena *arena)
{
    static const struct standing nothing = {NULL, 0};
    struct judgement plain;
    struct judgement traced;
    enum err err = judge(rules, &nothing, occasion, false, arena, &plain, NULL);
    ASSERT(judge(rules, &nothing, occasion, true, arena, &traced, NULL) == err);
    ASSERT(err == ERR_OK || err == ERR_RANGE || err == ERR_RESOURCE);
    if (err == ERR_OK) {
        struct standing after;
        ASSERT(plain.points.minor == traced.points.minor && plain.points.minor >= 0);
        ASSERT(plain.discount.minor == traced.discount.minor);
        ASSERT(plain.discount.minor >= 0 && plain.discount.minor <= plain.gross.minor);
        ASSERT(traced.trace_count == rules_text(rules)->rule_count);
        ASSERT(standing_apply(&nothing, &plain.changes, arena, &after) == ERR_OK);
        ASSERT(standing_check(&after) == ERR_OK);
    }
}

static void run_rules(const struct programme_file *programme)
{
    const struct basket_line lines[] = {
        {text_of("4001"), text_of("bread"), text_of("Korn"), 2000, {450}},
        {text_of("2001"), text_of("tobacco"), text_of("Rauch"), 1000, {INT64_MAX / 4}},
    };
    const struct shown_code codes[] = {{.text = text_of("SPRING")}, {.text = text_of("M-1")}};
    const struct shopper shopper = {.key = text_of("anna"),
                                    .referrer = text_of("boris"),
                                    .birth_month = 2,
                                    .birth_day = 29,
                                    .enrolled_day = 20000};
    const struct occasion sale = {.local = {LOCAL_MS},
                                  .store = text_of("7"),
                                  .lines = lines,
                                  .line_count = 2,
                                  .shopper = shopper,
                                  .codes = codes,
                                  .code_count = 2};
    const struct occasion event = {
        .kind = OCCASION_EVENT, .event = text_of("enrolment"), .local = {LOCAL_MS}};
    struct note note = {{0}};
    struct rules *rules;
    enum err err = rules_create(&programme->rules, &rules, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
        return;
    }
    struct arena arena;
    struct advice_list advice;
    arena_init(&arena, 64u << 20);
    ASSERT(advice_give(rules, &arena, &advice) == ERR_OK);
    judge_twice(rules, &sale, &arena);
    judge_twice(rules, &event, &arena);
    arena_fini(&arena);
    rules_destroy(rules);
}

/* What draws and goals name is there. */
static void check_plans(const struct programme_file *programme)
{
    const struct programme_plans *plans = &programme->plans;
    for (size_t i = 0; i < plans->draw_count; i++) {
        const struct draw_plan *draw = &plans->draws[i];
        size_t winners = draw->reserves;
        ASSERT(draw->metric < programme->rules.metric_count && draw->prize_count > 0);
        for (size_t p = 0; p < draw->prize_count; p++) {
            ASSERT(draw->prizes[p].name != NULL && draw->prizes[p].count > 0);
            winners += draw->prizes[p].count;
        }
        ASSERT(winners <= LIMIT_DRAW_WINNERS);
        for (size_t k = 0; k < draw->segment_count; k++) {
            ASSERT(draw->segments[k] < programme->rules.segment_count);
        }
    }
    for (size_t i = 0; i < plans->goal_count; i++) {
        ASSERT(!period_is_before(plans->goals[i].by, plans->goals[i].from));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct slice bytes = slice_of(at, length);
    struct programme_file programme;
    struct note note = {{0}};
    unsigned decimals;
    if (!fuzz_choose(&bytes, 7, &decimals)) {
        return 0;
    }
    enum err err = programme_file_parse(bytes, "programme.yaml", decimals, &programme, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
        return 0;
    }
    bool has_earn = programme.earn_points_minor > 0;
    ASSERT(programme.version > 0 && (has_earn || programme.has_rules));
    ASSERT(!has_earn || programme.earn_per_minor > 0);
    ASSERT(programme.earn_minimum_minor >= 0);
    ASSERT(programme.earn_rounding < ROUNDING_COUNT);
    ASSERT(programme.pending_days <= LIMIT_PENDING_DAYS);
    ASSERT(programme.expiry_months <= LIMIT_EXPIRY_MONTHS);
    check_plans(&programme);
    run_rules(&programme);
    programme_file_fini(&programme);
    return 0;
}

/* Random programmes judge random receipts, beside a model. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "programme/quote.h"
#include "programme_model.h"
#include "sanitized.h"
#include "steps.h"

#define SALES        24
#define PROGRAMMES   (IS_SANITIZED ? 1000 : 10000)
#define SEED_DEFAULT UINT64_C(20261129)

static void compare(const struct happened *now, const struct judgement *judgement, uint64_t seed)
{
    bool is_same = now->points == judgement->points.minor && now->spent == judgement->spent.minor &&
                   now->due == judgement->due.minor && now->refund == judgement->refund.minor;
    size_t fired = 0;
    for (size_t i = 0; i < now->occasion.line_count; i++) {
        is_same = is_same && now->off[i] == judgement->line_discounts[i].minor &&
                  now->base[i] == judgement->line_base_points[i].minor;
    }
    for (size_t r = 0; r < RULES_MAX; r++) {
        fired += now->given[r] > 0 ? 1 : 0;
    }
    is_same = is_same && fired == judgement->award_count;
    for (size_t a = 0; is_same && a < judgement->award_count; a++) {
        const struct award *award = &judgement->awards[a];
        is_same =
            now->given[award->rule] == award->given && now->wanted[award->rule] == award->wanted;
    }
    if (!is_same) {
        fail_msg("seed %" PRIu64 ": the model gives %" PRId64
                 " points by %zu rules, the judge %" PRId64 " by %zu",
                 seed, now->points, fired, judgement->points.minor, judgement->award_count);
    }
}

/* What codes and all members together remember. */
struct others {
    struct standing codes[CODE_COUNT];
    struct standing programme;
};

static void others_begin(struct others *others, const struct drawn *drawn, struct arena *arena)
{
    static const struct standing nothing = {NULL, 0};
    others->programme = nothing;
    for (size_t c = 0; c < CODE_COUNT; c++) {
        struct standing_changes changes;
        assert_int_equal(draw_code(drawn, c, arena, &changes), ERR_OK);
        assert_int_equal(standing_apply(&nothing, &changes, arena, &others->codes[c]), ERR_OK);
    }
}

static struct standing *standing_of_code(struct others *others, struct slice text)
{
    for (size_t c = 0; c < CODE_COUNT; c++) {
        if (slice_equal(code_text(c), text)) {
            return &others->codes[c];
        }
    }
    fail();
    return NULL;
}

/* None goes beyond its bound when nobody else claims anything. */
static void claim(struct others *others, const struct happened *now,
                  const struct judgement *judgement, struct arena *arena)
{
    for (size_t i = 0; i < judgement->claim_count; i++) {
        const struct claim *c = &judgement->claims[i];
        struct standing *standing = c->of == CAP_OF_CODE
                                        ? standing_of_code(others, now->codes[c->code].text)
                                        : &others->programme;
        struct standing_changes changes = {NULL, 0, 0};
        assert_true(standing_value(standing, c->slot, c->bucket) + c->delta <= c->most);
        assert_int_equal(standing_add(standing, &changes, arena, c->slot, c->bucket, c->delta),
                         ERR_OK);
        assert_int_equal(standing_apply(standing, &changes, arena, standing), ERR_OK);
    }
}

static bool is_taken(const struct happened *now, struct slice code)
{
    for (size_t r = 0; r < RULES_MAX; r++) {
        if (slice_equal(now->used[r], code)) {
            return true;
        }
    }
    return false;
}

static void compare_codes(const struct happened *now, const struct judgement *judgement,
                          uint64_t seed)
{
    for (size_t i = 0; i < now->occasion.code_count; i++) {
        bool is_fired = judgement->codes[i].reason == TRACE_FIRED;
        if (is_fired != is_taken(now, now->codes[i].text)) {
            fail_msg("seed %" PRIu64 ": code %zu: %s", seed, i,
                     trace_reason_name(judgement->codes[i].reason));
        }
    }
}

/* What is quoted is what is confirmed, byte for byte, and what the judge says; points pay no more
 * than the share. */
static void compare_quotes(const struct rules *rules, const struct standing *standing,
                           const struct happened *now, const struct judgement *judgement,
                           struct arena *arena)
{
    const struct burn_terms terms = {.share = {375, 1}, .points_minor = 3, .worth_minor = 50};
    struct buffer bytes[2] = {{0}};
    struct quote quote;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(quote_make(rules, &terms, standing, &now->occasion, arena, &quote, NULL),
                         ERR_OK);
        quote_write(rules, &now->occasion, &quote, &bytes[i]);
    }
    assert_true(slice_equal(buffer_slice(&bytes[0]), buffer_slice(&bytes[1])));
    assert_int_equal(quote.judgement.points.minor, now->points);
    assert_int_equal(quote.judgement.discount.minor, judgement->discount.minor);
    assert_true(quote.spendable.minor <= now->occasion.shopper.balance.minor);
    assert_true(quote.payable.minor * 1000 <=
                (judgement->gross.minor - judgement->discount.minor) * 375);
    buffer_fini(&bytes[0]);
    buffer_fini(&bytes[1]);
}

static void run_programme(struct drawn *drawn, uint64_t seed, uint64_t *out_fired)
{
    uint64_t random = seed;
    struct rules *rules = NULL;
    struct note note = {""};
    struct happened past[SALES];
    struct standing standing = {NULL, 0};
    struct arena kept; /* the standing */
    struct arena arena;
    arena_init(&kept, 16u << 20);
    arena_init(&arena, 1u << 20);
    draw_programme(drawn, &random);
    if (rules_create(&drawn->text, &rules, &note) != ERR_OK) {
        fail_msg("seed %" PRIu64 ": %s", seed, note.text);
    }
    struct others others;
    others_begin(&others, drawn, &kept);
    size_t count = 0;
    int64_t ms = FIRST_DAY * DAY_MS;
    for (size_t s = 0; s < SALES; s++) {
        struct happened *now = &past[count];
        struct judgement judgement;
        struct judgement traced;
        memset(now, 0, sizeof *now);
        ms += (int64_t)draw_below(&random, draw_one_in(&random, 8) ? 40 * DAY_MS : DAY_MS);
        draw_occasion(now, ms, &random);
        now->occasion.programme = others.programme;
        for (size_t i = 0; i < now->occasion.code_count; i++) {
            now->codes[i].standing = *standing_of_code(&others, now->codes[i].text);
        }
        struct model model = {.text = &drawn->text,
                              .past = past,
                              .past_count = count,
                              .now = now,
                              .person = drawn->person};
        bool is_good = model_judge(&model);
        arena_reset(&arena);
        enum err err = judge(rules, &standing, &now->occasion, false, &arena, &judgement, NULL);
        assert_int_equal(err, is_good ? ERR_OK : ERR_RANGE);
        if (!is_good) {
            continue;
        }
        compare(now, &judgement, seed);
        assert_int_equal(judge(rules, &standing, &now->occasion, true, &arena, &traced, NULL),
                         ERR_OK);
        compare(now, &traced, seed);
        compare_codes(now, &judgement, seed);
        compare_codes(now, &traced, seed);
        compare_quotes(rules, &standing, now, &judgement, &arena);
        claim(&others, now, &judgement, &kept);
        assert_int_equal(traced.trace_count, drawn->text.rule_count);
        assert_int_equal(
            rules_drop_passed(rules, &standing, unix_day(now->occasion.local), &kept, &standing),
            ERR_OK);
        assert_int_equal(standing_apply(&standing, &judgement.changes, &kept, &standing), ERR_OK);
        assert_int_equal(standing_check(&standing), ERR_OK);
        *out_fired += judgement.award_count;
        count++;
    }
    rules_destroy(rules);
    arena_fini(&arena);
    arena_fini(&kept);
}

static void test_the_model_agrees(void **state)
{
    (void)state;
    const char *text = getenv("TALEA_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : SEED_DEFAULT;
    struct drawn *drawn = malloc(sizeof *drawn);
    uint64_t fired = 0;
    assert_non_null(drawn);
    printf("seed %" PRIu64 "\n", seed);
    for (uint64_t i = 0; i < PROGRAMMES; i++) {
        run_programme(drawn, seed + i, &fired);
    }
    printf("%d programmes, %d occasions each: %" PRIu64 " times a rule gave something\n",
           PROGRAMMES, SALES, fired);
    free(drawn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_model_agrees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Lots against a plain model: a list of keys and sums in no order. */
#include "ledger_test.h"

enum {
    KEYS = 40,
    STEPS = 4000
};

struct model {
    struct lot_key keys[KEYS];
    int64_t free_points[KEYS];
    int64_t held[KEYS];
};

static void make_keys(struct rng *rng, struct model *model)
{
    *model = (struct model){0};
    for (size_t i = 0; i < KEYS; i++) {
        model->keys[i] = (struct lot_key){
            .tariff = (uint32_t)i, /* no two are equal */
            .active_from = {rng_below(rng, 2) ? 0 : 1000 + (int64_t)rng_below(rng, 5)},
            .expires_at = {rng_below(rng, 3) ? 2000 + (int64_t)rng_below(rng, 5) : 0}};
        model->keys[i].issuer = sample_partner(rng);
    }
}

static void assert_like_model(const struct model *model, struct member *member)
{
    size_t lots = 0;
    member->available.minor = member->pending.minor = member->held.minor = 0;
    for (size_t i = 0; i < KEYS; i++) {
        struct lot *lot = lots_find(member, &model->keys[i]);
        bool is_there = model->free_points[i] != 0 || model->held[i] != 0;
        assert_true(is_there == (lot != NULL));
        if (is_there) {
            lots++;
            assert_int_equal(lot->free.minor, model->free_points[i]);
            assert_int_equal(lot->held.minor, model->held[i]);
        }
        struct points *balance =
            model->keys[i].active_from.ms == 0 ? &member->available : &member->pending;
        balance->minor += model->free_points[i];
        member->held.minor += model->held[i];
    }
    assert_int_equal(member->lot_count, lots);
    struct note note = {{0}};
    if (member_check(member, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
}

static void test_random_changes(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("lots");
    struct model model;
    struct member member = {0};
    make_keys(&rng, &model);
    for (size_t step = 0; step < STEPS; step++) {
        size_t i = rng_below(&rng, KEYS);
        int64_t free_delta = (int64_t)rng_below(&rng, 21) - 10;
        int64_t held_delta =
            model.keys[i].active_from.ms == 0 ? (int64_t)rng_below(&rng, 11) - 5 : 0;
        if (rng_below(&rng, 5) == 0) { /* to nothing */
            free_delta = -model.free_points[i];
            held_delta = -model.held[i];
        }
        bool fits = model.free_points[i] + free_delta >= 0 && model.held[i] + held_delta >= 0;
        enum err err = lots_change(&member, &model.keys[i], free_delta, held_delta);
        assert_int_equal(err, fits ? ERR_OK : ERR_RANGE);
        if (fits) {
            model.free_points[i] += free_delta;
            model.held[i] += held_delta;
        }
        assert_like_model(&model, &member);
    }
}

static void test_order(void **state)
{
    (void)state;
    /* Each before the next. */
    const struct lot_key keys[] = {
        {{"b"}, 9, {5}, {100}, 0}, {{"a"}, 1, {0}, {200}, 6}, {{"a"}, 1, {0}, {200}, 12},
        {{"a"}, 1, {0}, {200}, 0}, {{"a"}, 2, {0}, {200}, 0}, {{"b"}, 1, {0}, {200}, 0},
        {{"a"}, 1, {7}, {200}, 0}, {{"a"}, 1, {0}, {0}, 24},  {{"a"}, 1, {0}, {0}, 0},
        {{"a"}, 1, {8}, {0}, 0},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        for (size_t j = 0; j < sizeof keys / sizeof keys[0]; j++) {
            int order = lot_key_compare(&keys[i], &keys[j]);
            assert_int_equal(order > 0 ? 1 : order < 0 ? -1 : 0, i > j ? 1 : i < j ? -1 : 0);
        }
    }
}

static void test_room_and_range(void **state)
{
    (void)state;
    struct member member = {0};
    struct lot_key key = {.issuer = {"a"}};
    for (uint32_t i = 0; i < LIMIT_LOTS_PER_MEMBER; i++) {
        key.tariff = i;
        assert_int_equal(lots_change(&member, &key, 1, 0), ERR_OK);
    }
    key.tariff = LIMIT_LOTS_PER_MEMBER;
    assert_int_equal(lots_change(&member, &key, 1, 0), ERR_RESOURCE);
    assert_int_equal(lots_change(&member, &key, 0, 0), ERR_OK);
    assert_int_equal(lots_change(&member, &key, -1, 0), ERR_RANGE);
    key.tariff = 0;
    assert_int_equal(lots_change(&member, &key, INT64_MAX, 0), ERR_RANGE);
    assert_int_equal(member.lot_count, LIMIT_LOTS_PER_MEMBER);
}

static void test_what_must_hold(void **state)
{
    (void)state;
    const struct lot sound = {{{"a"}, 1, {0}, {50}, 0}, {5}, {2}};
    const struct lot later = {{{"a"}, 1, {0}, {60}, 0}, {5}, {2}};
    const struct lot pending = {{{"a"}, 1, {10}, {60}, 0}, {5}, {2}};
    const struct lot empty = {{{"a"}, 1, {0}, {50}, 0}, {0}, {0}};
    const struct lot below = {{{"a"}, 1, {0}, {50}, 0}, {7}, {-1}};
    struct member member = {.available = {5}, .held = {2}, .lot_count = 1, .lots = {sound}};
    assert_int_equal(member_check(&member, NULL), ERR_OK);
    struct member wrong = member;
    wrong.available.minor = 4;
    assert_int_equal(member_check(&wrong, NULL), ERR_CORRUPT);
    wrong = member;
    wrong.pending.minor = 1;
    assert_int_equal(member_check(&wrong, NULL), ERR_CORRUPT);
    wrong = member;
    wrong.debt.minor = -1;
    assert_int_equal(member_check(&wrong, NULL), ERR_CORRUPT);
    wrong = (struct member){.available = {10}, .held = {4}, .lot_count = 2, .lots = {later, sound}};
    assert_int_equal(member_check(&wrong, NULL), ERR_CORRUPT);
    wrong.lots[0] = sound;
    assert_int_equal(member_check(&wrong, NULL), ERR_CORRUPT);
    wrong.lots[1] = later;
    assert_int_equal(member_check(&wrong, NULL), ERR_OK);
    wrong = (struct member){.pending = {5}, .held = {2}, .lot_count = 1, .lots = {pending}};
    assert_int_equal(member_check(&wrong, NULL), ERR_CORRUPT);
    wrong = (struct member){.lot_count = 1, .lots = {empty}};
    assert_int_equal(member_check(&wrong, NULL), ERR_CORRUPT);
    wrong = (struct member){.available = {7}, .held = {-1}, .lot_count = 1, .lots = {below}};
    assert_int_equal(member_check(&wrong, NULL), ERR_CORRUPT);
    wrong = (struct member){.lot_count = LIMIT_LOTS_PER_MEMBER + 1};
    assert_int_equal(member_check(&wrong, NULL), ERR_CORRUPT);
}

static void test_next_due(void **state)
{
    (void)state;
    struct member member = {0};
    struct lot_key never = {.issuer = {"a"}};
    struct lot_key held = {.issuer = {"a"}, .expires_at = {20}};
    struct lot_key far = {.issuer = {"a"}, .expires_at = {90}};
    struct lot_key pending = {.issuer = {"a"}, .active_from = {40}, .expires_at = {80}};
    assert_int_equal(lots_next_due(&member).ms, 0);
    assert_int_equal(lots_change(&member, &never, 1, 0), ERR_OK);
    assert_int_equal(lots_next_due(&member).ms, 0);
    assert_int_equal(lots_change(&member, &far, 1, 0), ERR_OK);
    assert_int_equal(lots_next_due(&member).ms, 90);
    assert_int_equal(lots_change(&member, &pending, 1, 0), ERR_OK);
    assert_int_equal(lots_next_due(&member).ms, 40);
    /* What a hold has reserved does not expire by itself. */
    assert_int_equal(lots_change(&member, &held, 0, 1), ERR_OK);
    assert_int_equal(lots_next_due(&member).ms, 40);
    assert_int_equal(lots_change(&member, &held, 1, 0), ERR_OK);
    assert_int_equal(lots_next_due(&member).ms, 20);
}

/* Never shorter, never later: what the shopper was told is the least. */
static void test_rounded(void **state)
{
    static const int64_t midnight = INT64_C(1790294400000); /* 2026-09-25 */
    static const int64_t october = INT64_C(1790812800000);  /* the 1st */
    static const struct {
        int64_t from, until, rounded_from, rounded_until;
    } cases[] = {
        {0, 0, 0, 0},
        {midnight + 1, 0, midnight, 0},
        {midnight, october, midnight, october},
        {0, october - 1, 0, october},
        {0, october + 1, 0, INT64_C(1793491200000)},
        {midnight + DAY_MS - 1, midnight + DAY_MS, midnight, october},
        {0, INT64_C(253370764800000), 0, 0},
        {0, INT64_MAX, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lot_key key = {.issuer = {"a"},
                              .tariff = 4,
                              .active_from = {cases[i].from},
                              .expires_at = {cases[i].until}};
        struct lot_key rounded = lot_key_rounded(&key);
        assert_int_equal(rounded.active_from.ms, cases[i].rounded_from);
        assert_int_equal(rounded.expires_at.ms, cases[i].rounded_until);
        assert_int_equal(rounded.tariff, 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_changes), cmocka_unit_test(test_order),
        cmocka_unit_test(test_room_and_range), cmocka_unit_test(test_what_must_hold),
        cmocka_unit_test(test_next_due),       cmocka_unit_test(test_rounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

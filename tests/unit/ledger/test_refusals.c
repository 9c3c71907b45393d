/* Values that no encoder of a sound ledger writes, each refused by its decoder. */
#include "ledger_test.h"

static void assert_effect_refused(const struct effect *effect)
{
    struct buffer bytes = {0};
    struct effect decoded;
    effect_encode(effect, &bytes);
    struct reader in = reader_of(buffer_slice(&bytes));
    effect_read(&in, &decoded);
    assert_int_equal(reader_finish(&in), ERR_CORRUPT);
    buffer_fini(&bytes);
}

#define EFFECT_REFUSED(kind, change)                                                               \
    do {                                                                                           \
        struct effect effect = sample_effect(&rng, kind);                                          \
        effect.change;                                                                             \
        assert_effect_refused(&effect);                                                            \
    } while (0)

static void test_effects(void **state)
{
    (void)state;
    const struct account_ref nobody = {.kind = ACCOUNT_AVAILABLE};
    const struct account_ref no_partner = {.kind = ACCOUNT_PAYABLE, .period = {202610}};
    const struct account_ref no_period = {.kind = ACCOUNT_PAYABLE, .partner = {"bakery"}};
    struct rng rng = rng_of_run("effects");
    EFFECT_REFUSED(EFFECT_POST, post.points.minor = 0);
    EFFECT_REFUSED(EFFECT_POST, post.points.minor = -1);
    EFFECT_REFUSED(EFFECT_POST, post.debit = nobody);
    EFFECT_REFUSED(EFFECT_POST, post.credit = no_partner);
    EFFECT_REFUSED(EFFECT_POST, post.credit = no_period);
    EFFECT_REFUSED(EFFECT_ENTRY, entry.partner.text[0] = '\0');
    EFFECT_REFUSED(EFFECT_ENTRY, entry.entry.number = 0);
    EFFECT_REFUSED(EFFECT_ENTRY, entry.entry.period.code = 0);
    EFFECT_REFUSED(EFFECT_ENTRY, entry.entry.kind = ENTRY_KIND_END);
    EFFECT_REFUSED(EFFECT_ENTRY, entry.bytes.length = 0);
    EFFECT_REFUSED(EFFECT_TOTAL, total.direction = (enum stream_direction)3);
    EFFECT_REFUSED(EFFECT_TOTAL, total.period.code = 0);
    EFFECT_REFUSED(EFFECT_TOTAL, total.partner.text[0] = 'B');
    EFFECT_REFUSED(EFFECT_ROW, row.table = TABLE_END);
    EFFECT_REFUSED(EFFECT_ROW, row.key.length = 0);
    EFFECT_REFUSED(EFFECT_ROW, row.key.length = LEDGER_KEY_MAX + 1);
}

#define ROW_REFUSED(type, change)                                                                  \
    do {                                                                                           \
        struct type value = sample_##type(&rng);                                                   \
        struct type decoded;                                                                       \
        struct buffer bytes = {0};                                                                 \
        value.change;                                                                              \
        type##_encode(&value, &bytes);                                                             \
        assert_int_equal(type##_decode(buffer_slice(&bytes), &decoded), ERR_CORRUPT);              \
        buffer_fini(&bytes);                                                                       \
    } while (0)

static void test_rows(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("rows");
    ROW_REFUSED(member, lots[0].free.minor = -1);
    ROW_REFUSED(member, lots[0].held.minor = -1);
    ROW_REFUSED(member, lots[0].key.expires_at.ms = -1);
    ROW_REFUSED(adjustment, state = (enum adjustment_state)4);
    ROW_REFUSED(adjustment, points.minor = 0);
    ROW_REFUSED(merge, debt.minor = -1);
    ROW_REFUSED(member, debt.minor = -1);
    ROW_REFUSED(member, lots[0].key.issuer.text[0] = '-');
    ROW_REFUSED(profile, cards[0].digits[0] = '\0');
    ROW_REFUSED(profile, cards[0].digits[11] = '\0');
    ROW_REFUSED(profile, cards[0].digits[3] = 'x');
    ROW_REFUSED(hold, role = (enum hold_role)0);
    ROW_REFUSED(hold, state = (enum hold_state)5);
    ROW_REFUSED(hold, returned.minor = -1);
    ROW_REFUSED(hold, granted.minor = 0);
    ROW_REFUSED(hold, lots[0].held.minor = -1);
    ROW_REFUSED(sale, taken.minor = INT64_MAX);
    ROW_REFUSED(sale, returned.minor = INT64_MAX);
    ROW_REFUSED(sale, returned.minor = -1);
    ROW_REFUSED(sale, rate.rounding = ROUNDING_COUNT);
    ROW_REFUSED(stream, period.code = 202613);
    ROW_REFUSED(stream, period.code = 1);
}

static void test_half_runs_forward(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("half");
    const struct half halves[] = {{5, 4, sample_hash(&rng), {0}}, {0, 4, sample_hash(&rng), {0}}};
    for (size_t i = 0; i < 2; i++) {
        struct half decoded;
        struct buffer bytes = {0};
        half_encode(&halves[i], &bytes);
        assert_int_equal(half_decode(buffer_slice(&bytes), &decoded), ERR_CORRUPT);
        buffer_fini(&bytes);
    }
}

static void test_answers_have_no_empty_fields(void **state)
{
    (void)state;
    static const uint8_t points[] = {0x08, 0x00};
    static const uint8_t card[] = {0x02, 0x00};
    static const uint8_t beyond[] = {0x80, 0x04};
    const struct slice values[] = {slice_of(points, sizeof points), slice_of(card, sizeof card),
                                   slice_of(beyond, sizeof beyond)};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct reader in = reader_of(values[i]);
        struct answer answer;
        answer_read(&in, &answer);
        assert_int_equal(reader_finish(&in), ERR_CORRUPT);
    }
}

static void test_records(void **state)
{
    (void)state;
    /* Byte of the head, and what is wrong there. */
    static const struct {
        size_t at;
        uint8_t value;
    } changes[] = {
        {0, 1}, /* version */
        {1, 0}, /* kind */
        {1, COMMAND_KIND_END},
        {2, 9}, /* no verdict has this number */
        {2, VERDICT_END},
        {3, 4},   /* flags */
        {9, 'B'}, /* origin */
        {8, 17},  /* its length */
    };
    struct record record = {.row = 256, .kind = COMMAND_VOID, .origin = {"bakery"}};
    struct record decoded;
    struct buffer bytes = {0};
    record_encode(&record, &bytes);
    assert_int_equal(record_decode(buffer_slice(&bytes), &decoded), ERR_OK);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        uint8_t sound = bytes.at[changes[i].at];
        bytes.at[changes[i].at] = changes[i].value;
        assert_int_equal(record_decode(buffer_slice(&bytes), &decoded), ERR_CORRUPT);
        bytes.at[changes[i].at] = sound;
    }
    buffer_clear(&bytes);
    record.row = 0;
    record_encode(&record, &bytes);
    assert_int_equal(record_decode(buffer_slice(&bytes), &decoded), ERR_CORRUPT);
    buffer_clear(&bytes);
    record.row = 1;
    record.effect_count = LIMIT_EFFECTS_PER_RECORD + 1;
    record_encode(&record, &bytes);
    assert_int_equal(record_decode(buffer_slice(&bytes), &decoded), ERR_CORRUPT);
    buffer_fini(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_effects),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_half_runs_forward),
        cmocka_unit_test(test_answers_have_no_empty_fields),
        cmocka_unit_test(test_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

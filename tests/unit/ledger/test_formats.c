/* Every stored format: round trips, refusals, and the golden bytes of ledger.golden. */
#include "ledger_test.h"

enum {
    ROUNDS = 200,
    LINE_MAX_BYTES = 8192
};

static void test_values_survive(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("values");
    struct format formats[FORMATS_MAX];
    size_t count = formats_all(formats);
    struct buffer first = {0};
    struct buffer second = {0};
    for (size_t i = 0; i < count * ROUNDS; i++) {
        const struct format *format = &formats[i % count];
        buffer_clear(&first);
        buffer_clear(&second);
        format->sample(&rng, format->kind, &first);
        enum err err = format->recode(format->kind, buffer_slice(&first), &second);
        if (err != ERR_OK || !slice_equal(buffer_slice(&first), buffer_slice(&second))) {
            fail_msg("%s does not survive: %s", format->name, err_name(err));
        }
    }
    buffer_fini(&first);
    buffer_fini(&second);
}

/* A copy of just the bytes, so that a read behind them is seen by the sanitizer. */
static enum err recode_exactly(const struct format *format, struct slice bytes, struct buffer *out)
{
    uint8_t *copy = malloc(bytes.length + 1);
    assert_non_null(copy);
    memcpy(copy + 1, bytes.at, bytes.length);
    enum err err = format->recode(format->kind, slice_of(copy + 1, bytes.length), out);
    free(copy);
    return err;
}

static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("truncation");
    struct format formats[FORMATS_MAX];
    size_t count = formats_all(formats);
    struct buffer bytes = {0};
    struct buffer out = {0};
    for (size_t i = 0; i < count; i++) {
        buffer_clear(&bytes);
        formats[i].sample(&rng, formats[i].kind, &bytes);
        size_t whole = bytes.length;
        write_u8(&bytes, 0);
        for (size_t length = 0; length <= whole + 1; length++) {
            buffer_clear(&out);
            enum err err = recode_exactly(&formats[i], slice_of(bytes.at, length), &out);
            if ((err == ERR_OK) != (length == whole)) {
                fail_msg("%s of %zu bytes, cut to %zu: %s", formats[i].name, whole, length,
                         err_name(err));
            }
            assert_true(err == ERR_OK || err == ERR_CORRUPT);
        }
    }
    buffer_fini(&bytes);
    buffer_fini(&out);
}

/* Changed bytes are refused, or they are what an encoder would write of another value. */
static void test_changed_bytes_are_refused_or_canonical(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("changes");
    struct format formats[FORMATS_MAX];
    size_t count = formats_all(formats);
    struct buffer bytes = {0};
    struct buffer out = {0};
    for (size_t i = 0; i < count * ROUNDS; i++) {
        const struct format *format = &formats[i % count];
        buffer_clear(&bytes);
        buffer_clear(&out);
        format->sample(&rng, format->kind, &bytes);
        for (uint64_t flips = 1 + rng_below(&rng, 3); flips > 0; flips--) {
            bytes.at[rng_below(&rng, bytes.length)] ^= (uint8_t)(1 + rng_below(&rng, 255));
        }
        enum err err = recode_exactly(format, buffer_slice(&bytes), &out);
        if (err == ERR_OK && !slice_equal(buffer_slice(&bytes), buffer_slice(&out))) {
            fail_msg("%s has a second form", format->name);
        }
        assert_true(err == ERR_OK || err == ERR_CORRUPT);
    }
    buffer_fini(&bytes);
    buffer_fini(&out);
}

static void test_noise_is_refused_or_canonical(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("noise");
    struct format formats[FORMATS_MAX];
    size_t count = formats_all(formats);
    struct buffer out = {0};
    for (size_t i = 0; i < count * ROUNDS; i++) {
        const struct format *format = &formats[i % count];
        uint8_t bytes[256];
        size_t length = rng_below(&rng, sizeof bytes);
        for (size_t j = 0; j < sizeof bytes; j++) {
            bytes[j] = rng_below(&rng, 2) ? (uint8_t)rng_below(&rng, 4) : (uint8_t)rng_next(&rng);
        }
        bytes[0] = 1;
        buffer_clear(&out);
        if (recode_exactly(format, slice_of(bytes, length), &out) == ERR_OK) {
            assert_true(slice_equal(slice_of(bytes, length), buffer_slice(&out)));
        }
    }
    buffer_fini(&out);
}

/* Writes the golden file anew when TALEA_GOLDEN_OUT names it: only for a new format version. */
static void test_golden_bytes(void **state)
{
    (void)state;
    const char *rewrite = getenv("TALEA_GOLDEN_OUT");
    FILE *file = fopen(rewrite != NULL ? rewrite : GOLDEN_FILE, rewrite != NULL ? "w" : "r");
    assert_non_null(file);
    struct format formats[FORMATS_MAX];
    size_t count = formats_all(formats);
    struct buffer bytes = {0};
    char *line = malloc(LINE_MAX_BYTES);
    char *hex = malloc(LINE_MAX_BYTES);
    char *expected = malloc(LINE_MAX_BYTES);
    assert_true(line != NULL && hex != NULL && expected != NULL);
    for (size_t i = 0; i < count; i++) {
        struct rng rng = {4711 + i};
        buffer_clear(&bytes);
        formats[i].sample(&rng, formats[i].kind, &bytes);
        assert_true(bytes.length * 2 + 64 < LINE_MAX_BYTES);
        hex_format(bytes.at, bytes.length, hex);
        snprintf(expected, LINE_MAX_BYTES, "%s %s\n", formats[i].name, hex);
        if (rewrite != NULL) {
            fputs(expected, file);
        } else {
            assert_non_null(fgets(line, LINE_MAX_BYTES, file));
            assert_string_equal(line, expected);
        }
    }
    fclose(file);
    free(line);
    free(hex);
    free(expected);
    buffer_fini(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_survive),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_changed_bytes_are_refused_or_canonical),
        cmocka_unit_test(test_noise_is_refused_or_canonical),
        cmocka_unit_test(test_golden_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

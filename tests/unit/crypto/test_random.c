#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/random.h"

static void test_start_may_be_called_again(void **state)
{
    (void)state;
    assert_int_equal(crypto_start(), ERR_OK);
    assert_int_equal(crypto_start(), ERR_OK);
}

static void test_system_gives_other_bytes_each_time(void **state)
{
    (void)state;
    struct random_source source = random_system();
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};
    random_fill(&source, a, sizeof a);
    random_fill(&source, b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void test_seeded_stream_repeats(void **state)
{
    (void)state;
    struct random_stream one = random_stream_of(7);
    struct random_stream same = random_stream_of(7);
    struct random_stream other = random_stream_of(8);
    struct random_source sources[3] = {random_seeded(&one), random_seeded(&same),
                                       random_seeded(&other)};
    uint8_t bytes[3][16];
    uint8_t previous[16] = {0};
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 3; i++) {
            random_fill(&sources[i], bytes[i], sizeof bytes[i]);
        }
        assert_memory_equal(bytes[0], bytes[1], sizeof bytes[0]);
        assert_memory_not_equal(bytes[0], bytes[2], sizeof bytes[0]);
        assert_memory_not_equal(bytes[0], previous, sizeof previous);
        memcpy(previous, bytes[0], sizeof previous);
    }
}

static void test_new_ids_carry_time_and_version(void **state)
{
    (void)state;
    struct random_source source = random_system();
    struct uid early = uid_new(&source, (struct unix_ms){1645557742000});
    struct uid twin = uid_new(&source, (struct unix_ms){1645557742000});
    struct uid late = uid_new(&source, (struct unix_ms){1645557742001});
    assert_false(uid_equal(&early, &twin));
    assert_true(memcmp(early.bytes, late.bytes, sizeof early.bytes) < 0);
    char text[UID_TEXT_MAX];
    uid_format(&early, text);
    assert_memory_equal(text, "017f22e2-79b0-7", 15);
    assert_non_null(strchr("89ab", text[19]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start_may_be_called_again),
        cmocka_unit_test(test_system_gives_other_bytes_each_time),
        cmocka_unit_test(test_seeded_stream_repeats),
        cmocka_unit_test(test_new_ids_carry_time_and_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/address.h"

static void test_good_addresses_round_trip(void **state)
{
    (void)state;
    static const char *const good[] = {"127.0.0.1:7101",  "[::1]:7101", "node-1.example:0",
                                       "localhost:65535", "0.0.0.0:1",  "[2001:db8::1]:80"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct address address;
        char text[ADDRESS_TEXT_MAX];
        assert_int_equal(address_parse(good[i], &address), ERR_OK);
        assert_string_equal(address_format(&address, text), good[i]);
    }
}

static void test_parts(void **state)
{
    (void)state;
    struct address address;
    assert_int_equal(address_parse("[::1]:7101", &address), ERR_OK);
    assert_string_equal(address.host, "::1");
    assert_int_equal(address.port, 7101);
}

static void test_bad_addresses_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",      "7101",       "127.0.0.1",     "127.0.0.1:", "127.0.0.1:99999",
        ":7101", "::1:7101",   "127.0.0.256:1", "1.2.3:1",    "a b:1",
        "-a:1",  "a-:1",       "a..b:1",        "a.:1",       "a:+1",
        "a:1 ",  "a:000001",   "[::1:1",        "[]:1",       "[zz]:1",
        "a_b:1", "http://a:1", "a:-1",          "a-.b:1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct address address = {"before", 7};
        if (address_parse(bad[i], &address) != ERR_INPUT) {
            fail_msg("\"%s\" was taken", bad[i]);
        }
        assert_string_equal(address.host, "before");
    }
    char longest[LIMIT_HOST_BYTES + 8];
    memset(longest, 'a', sizeof longest);
    memcpy(longest + LIMIT_HOST_BYTES + 1, ":1", 3);
    struct address address;
    assert_int_equal(address_parse(longest, &address), ERR_INPUT);
    assert_int_equal(address_parse(longest + 1, &address), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_addresses_round_trip),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_bad_addresses_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

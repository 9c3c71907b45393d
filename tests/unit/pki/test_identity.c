#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pki/identity.h"

#define A_31 "abcdefghij-abcdefghij-abcdefghi"
#define A_63 "A234567890b234567890C234567890_234567890.234567890-234567890zzz"

static void test_good_identities_read_back(void **state)
{
    (void)state;
    static const struct {
        const char *uri;
        enum role role;
    } rows[] = {
        {"talea://highstreet/bakery/till/lane-1", ROLE_TILL},
        {"talea://highstreet/bakery/back-office/Office_2", ROLE_BACK_OFFICE},
        {"talea://highstreet/bakery/auditor/a", ROLE_AUDITOR},
        {"talea://h/b/admin/x.y", ROLE_ADMIN},
        {"talea://highstreet-2/b-4/node/node.1", ROLE_PEER},
        {"talea://" A_31 "/abcdefghij-1234/back-office/" A_63, ROLE_BACK_OFFICE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct identity identity;
        char uri[IDENTITY_URI_MAX];
        assert_int_equal(identity_parse(rows[i].uri, &identity), ERR_OK);
        assert_int_equal(identity.role, rows[i].role);
        assert_string_equal(identity_format(&identity, uri), rows[i].uri);
    }
}

static void test_parts(void **state)
{
    (void)state;
    struct identity identity;
    assert_int_equal(identity_parse("talea://mall/grocer/till/lane-7", &identity), ERR_OK);
    assert_string_equal(identity.coalition, "mall");
    assert_string_equal(identity.partner.text, "grocer");
    assert_int_equal(identity.role, ROLE_TILL);
    assert_string_equal(identity.name, "lane-7");
}

static void test_malformed_identities(void **state)
{
    (void)state;
    static const char *const uris[] = {
        "",
        "talea",
        "talea:",
        "talea://",
        "talea:///",
        "talea:////",
        "talea://mall",
        "talea://mall/grocer",
        "talea://mall/grocer/till",
        "talea://mall/grocer/till/",
        "talea://mall/grocer//lane",
        "talea://mall//till/lane",
        "talea:///grocer/till/lane",
        "talea://mall/grocer/till/lane/",
        "talea://mall/grocer/till/lane/more",
        "talea:/mall/grocer/till/lane",
        "Talea://mall/grocer/till/lane",
        "https://mall/grocer/till/lane",
        " talea://mall/grocer/till/lane",
        "talea://mall/grocer/till/lane ",
        "talea://mall/grocer/till/lane 1",
        "talea://mall/grocer/till/l%61ne",
        "talea://mall/grocer/till/lane?x",
        "talea://mall/grocer/till/lane#x",
        "talea://mall/grocer/till/l\xc3\xa4ne",
        "talea://Mall/grocer/till/lane",
        "talea://1mall/grocer/till/lane",
        "talea://-mall/grocer/till/lane",
        "talea://mall_x/grocer/till/lane",
        "talea://mall:443/grocer/till/lane",
        "talea://user@mall/grocer/till/lane",
        "talea://mall/Grocer/till/lane",
        "talea://mall/grocer/Till/lane",
        "talea://mall/grocer/peer/lane",
        "talea://mall/grocer/unknown/lane",
        "talea://mall/grocer/node ,admin/lane",
        "talea://" A_31 "a/grocer/till/lane",
        "talea://mall/abcdefghij-12345/till/lane",
        "talea://mall/grocer/till/" A_63 "x",
    };
    struct identity identity;
    memset(&identity, 0x5a, sizeof identity);
    struct identity untouched = identity;
    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        if (identity_parse(uris[i], &identity) != ERR_INPUT) {
            fail_msg("taken: %s", uris[i]);
        }
    }
    assert_memory_equal(&identity, &untouched, sizeof identity);
}

static void test_role_names(void **state)
{
    (void)state;
    enum role role = ROLE_TILL;
    assert_int_equal(role_parse("node", &role), ERR_OK);
    assert_int_equal(role, ROLE_PEER);
    assert_int_equal(role_parse("", &role), ERR_INPUT);
    assert_int_equal(role, ROLE_PEER);
    assert_string_equal(role_name((enum role)(ROLE_TILL | ROLE_ADMIN)), "unknown");
    assert_string_equal(role_name(ROLE_BACK_OFFICE), "back-office");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_identities_read_back),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_malformed_identities),
        cmocka_unit_test(test_role_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

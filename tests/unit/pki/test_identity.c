#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "pki/identity.h"

/* One character more than a name may have. */
#define LONG_NAME                                                                                  \
    "talea://sunrise/acme/till/a234567890123456789012345678901234567890123456789012345678901234"

static void every_role_round_trips(void **state)
{
    static const char *const uris[] = {"talea://sunrise/acme/till/store-12.lane_3",
                                       "talea://sunrise/acme/back-office/erp",
                                       "talea://sunrise/acme/auditor/A",
                                       "talea://sunrise/acme/admin/ops", "talea://a-1/b/node/n1"};
    (void)state;
    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        struct identity identity;
        char text[IDENTITY_URI_MAX];
        assert_int_equal(identity_parse(uris[i], &identity), ERR_OK);
        assert_string_equal(identity_format(&identity, text), uris[i]);
    }
}

static void parts_are_read(void **state)
{
    struct identity identity;
    (void)state;
    assert_int_equal(identity_parse("talea://sunrise/acme/node/n1", &identity), ERR_OK);
    assert_string_equal(identity.coalition, "sunrise");
    assert_string_equal(identity.partner.text, "acme");
    assert_int_equal(identity.role, ROLE_PEER);
    assert_string_equal(identity.name, "n1");
}

static void anything_else_is_refused(void **state)
{
    static const char *const uris[] = {"",
                                       "talea://",
                                       "talea://sunrise/acme/till",
                                       "talea://sunrise/acme/till/",
                                       "talea://sunrise/acme/till/a/b",
                                       "talea://sunrise/acme/till/a/",
                                       "talea://sunrise/acme/Till/a",
                                       "talea://sunrise/acme/peer/a",
                                       "talea://Sunrise/acme/till/a",
                                       "talea://1sunrise/acme/till/a",
                                       "talea:///acme/till/a",
                                       "talea://sunrise//till/a",
                                       "talea://sunrise/acme/till/a b",
                                       "talea://sunrise/acme/till/a?b",
                                       "spiffe://sunrise/acme/till/a",
                                       "TALEA://sunrise/acme/till/a",
                                       "talea://a2345678901234567890123456789012/acme/till/a",
                                       "talea://sunrise/a234567890123456/till/a",
                                       LONG_NAME};
    (void)state;
    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        struct identity identity;
        memset(&identity, 0x5a, sizeof identity);
        struct identity before = identity;
        assert_int_equal(identity_parse(uris[i], &identity), ERR_INPUT);
        assert_memory_equal(&identity, &before, sizeof before);
    }
}

static void the_longest_fits(void **state)
{
    const char *uri = "talea://a234567890123456789012345678901/a23456789012345/back-office/"
                      "a23456789012345678901234567890123456789012345678901234567890123";
    struct identity identity;
    char text[IDENTITY_URI_MAX];
    (void)state;
    assert_int_equal(identity_parse(uri, &identity), ERR_OK);
    assert_string_equal(identity_format(&identity, text), uri);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_role_round_trips),
        cmocka_unit_test(parts_are_read),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(the_longest_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

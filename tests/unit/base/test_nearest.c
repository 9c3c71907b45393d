/* What is suggested for a word that there is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/nearest.h"

static const char *meant(const char *text)
{
    static const char *const words[] = {
        "points",    "per",        "multiple",        "percent_off", "percent_off_by",
        "money_off", "categories", "programme check", "refund",      "rounding"};
    struct nearest nearest = nearest_to(text);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        nearest_offer(&nearest, words[i]);
    }
    return nearest.word == NULL ? "" : nearest.word;
}

static void test_what_is_near_is_meant(void **state)
{
    (void)state;
    assert_string_equal(meant("percent_of"), "percent_off");
    assert_string_equal(meant("pionts"), "points"); /* changed places count as one */
    assert_string_equal(meant("Multiple"), "multiple");
    assert_string_equal(meant("multiply"), "multiple");
    assert_string_equal(meant("category"), "categories"); /* begins alike */
    assert_string_equal(meant("programme chek"), "programme check");
    assert_string_equal(meant("round"), "rounding"); /* cut short, and not "refund" */
    assert_string_equal(meant("points"), "points");
}

static void test_what_is_far_is_not(void **state)
{
    char longer[200];
    (void)state;
    memset(longer, 'p', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_string_equal(meant("raffle"), "");
    assert_string_equal(meant("x"), "");
    assert_string_equal(meant(""), "");
    assert_string_equal(meant(longer), "");
    struct nearest nearest = nearest_to("points");
    nearest_offer(&nearest, NULL);
    nearest_offer(&nearest, "");
    nearest_offer(&nearest, longer);
    assert_null(nearest.word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_near_is_meant),
        cmocka_unit_test(test_what_is_far_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

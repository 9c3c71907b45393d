/* Purchases that were told of lately: found again, dropped, and pushed out by others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "node/fraud_known.h"

#define SAME_PLACE (1u << 16) /* ids that are so far apart fall together */

static struct uid id_of(uint64_t number)
{
    struct uid id = {{1}};
    put_u64_be(id.bytes + 8, number);
    return id;
}

static void test_found_again(void **state)
{
    (void)state;
    struct fraud_known *known = fraud_known_create();
    struct uid first = id_of(5);
    struct uid other = id_of(5 + SAME_PLACE);
    assert_null(fraud_known_find(known, &first));
    struct known_purchase *purchase = fraud_known_keep(known, &first);
    purchase->is_counted = true;
    assert_null(fraud_known_find(known, &other));
    assert_false(fraud_known_keep(known, &other)->is_counted);
    assert_ptr_equal(fraud_known_find(known, &first), purchase);
    assert_true(purchase->is_counted);
    fraud_known_drop(purchase);
    assert_null(fraud_known_find(known, &first));
    assert_non_null(fraud_known_find(known, &other));
    fraud_known_destroy(known);
    fraud_known_destroy(NULL);
}

static void test_the_latest_stay(void **state)
{
    (void)state;
    struct fraud_known *known = fraud_known_create();
    for (uint64_t i = 0; i < 12; i++) {
        struct uid id = id_of(7 + i * SAME_PLACE);
        (void)fraud_known_keep(known, &id);
    }
    for (uint64_t i = 0; i < 12; i++) {
        struct uid id = id_of(7 + i * SAME_PLACE);
        assert_int_equal(fraud_known_find(known, &id) != NULL, i >= 4);
    }
    fraud_known_destroy(known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_again),
        cmocka_unit_test(test_the_latest_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

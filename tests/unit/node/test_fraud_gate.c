/* The fraud gate before the journal is read: no purchase passes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/fraud_gate.h"
#include "node/node.h"

struct brand {
    struct node *node;
    struct snapshot *snapshot;
    struct programme_version *version;
    struct fraud_gate *gate;
};

static void open_brand(struct brand *brand, size_t rules)
{
    brand->node = calloc(1, sizeof *brand->node);
    brand->snapshot = calloc(1, sizeof *brand->snapshot);
    brand->version = calloc(1, sizeof *brand->version);
    assert_true(brand->node != NULL && brand->snapshot != NULL && brand->version != NULL);
    brand->version->file.guard.fraud.count = rules;
    brand->snapshot->version = brand->version;
    brand->node->snapshot = brand->snapshot;
    brand->gate = fraud_gate_create(brand->node);
    assert_non_null(brand->gate);
}

static void close_brand(struct brand *brand)
{
    fraud_gate_destroy(brand->gate);
    free(brand->version);
    free(brand->snapshot);
    free(brand->node);
}

static enum err admit(struct brand *brand, struct fraud_decision *decision)
{
    struct command earn = {.kind = COMMAND_EARN};
    return fraud_gate_admit(brand->gate, FRAUD_GIVES_BY_RATE, FRAUD_TOLD_BY_TILL, &earn, decision);
}

static void test_nothing_passes_before(void **state)
{
    (void)state;
    struct brand brand;
    struct fraud_decision decision;
    uint64_t left;
    open_brand(&brand, 1);
    assert_false(fraud_gate_is_open(brand.gate, &left));
    assert_int_equal(admit(&brand, &decision), ERR_UNAVAILABLE);
    assert_false(decision.is_counted || decision.is_refused || decision.has_alert);
    close_brand(&brand);
}

static void test_without_rules_all_passes(void **state)
{
    (void)state;
    struct brand brand;
    struct fraud_decision decision;
    uint64_t left;
    open_brand(&brand, 0);
    assert_true(fraud_gate_is_open(brand.gate, &left));
    assert_int_equal(admit(&brand, &decision), ERR_OK);
    assert_false(decision.is_watched || decision.is_counted || decision.is_refused);
    close_brand(&brand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_passes_before),
        cmocka_unit_test(test_without_rules_all_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every field of rights in pools and of alerts is kept in its bytes. */
#include "fields.h"

static void guards_come_back(struct rng *rng)
{
    {
        COMMAND_COMES_BACK(COMMAND_SET_POOL_RIGHT);
        SAME(pool_right.pool);
        SAME(pool_right.member);
        SAME(pool_right.kind);
        SAME(pool_right.limit);
        SAME(pool_right.by);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_BEAR_CARD);
        SAME(bearer.card);
        SAME(bearer.member);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_RAISE_ALERT);
        SAME(finding.action);
        SAME(finding.rule);
        SAME(finding.subject);
        SAME(finding.found);
        SAME(finding.sale);
        SAME(finding.begins_at);
        buffer_fini(&bytes);
    }
    {
        COMMAND_COMES_BACK(COMMAND_RULE_ALERT);
        SAME(alert_ruling.alert);
        SAME(alert_ruling.is_fraud);
        SAME(alert_ruling.by);
        SAME(alert_ruling.reason.text);
        buffer_fini(&bytes);
    }
    {
        COMES_BACK(alert);
        SAME(state);
        SAME(finding.rule);
        SAME(finding.sale);
        SAME(raised_at);
        SAME(closed_at);
        SAME(by);
        SAME(reason.text);
        buffer_fini(&bytes);
    }
    {
        COMES_BACK(pool_right);
        SAME(kind);
        SAME(limit);
        SAME(held);
        SAME(spent);
        SAME(window);
        buffer_fini(&bytes);
    }
}

static void test_guards(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("guards");
    for (int i = 0; i < 50; i++) {
        guards_come_back(&rng);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every verdict of every command, one by one and two at once: which of both is given is what
 * ledger/precedence.h says. A verdict without a case fails, and a case without a verdict. */
#include "scene.h"

/* The numbers leave gaps. */
static int next_kind(int kind)
{
    do {
        kind++;
    } while (kind < COMMAND_KIND_END && !command_kind_is_known((unsigned)kind));
    return kind;
}

static bool is_listed(enum command_kind kind, enum verdict verdict)
{
    const enum verdict *listed = command_verdicts(kind);
    while (*listed != VERDICT_OK && *listed != verdict) {
        listed++;
    }
    return *listed == verdict;
}

static void test_all_are_ok(void **state)
{
    (void)state;
    for (int kind = next_kind(0); kind < COMMAND_KIND_END; kind = next_kind(kind)) {
        struct scene scene;
        scene_init(&scene);
        struct command command = scene_command(&scene, (enum command_kind)kind);
        desk_do(&scene.desk, &command);
        scene_fini(&scene);
    }
}

static void one_refusal(enum command_kind kind, enum verdict verdict)
{
    struct scene scene;
    scene_init(&scene);
    struct command command = scene_command(&scene, kind);
    bool has_case = scene_provoke(&scene, &command, verdict);
    if (has_case != is_listed(kind, verdict)) {
        fail_msg("%s and %s: %s", command_kind_name(kind), verdict_describe(verdict)->name,
                 has_case ? "there is a case, it is not listed" : "it is listed, there is no case");
    }
    if (has_case) {
        enum verdict given = desk_tell(&scene.desk, &command);
        if (given != verdict) {
            fail_msg("%s: %s, not %s", command_kind_name(kind), verdict_describe(given)->name,
                     verdict_describe(verdict)->name);
        }
    }
    scene_fini(&scene);
}

static void test_each_refusal(void **state)
{
    (void)state;
    for (int kind = next_kind(0); kind < COMMAND_KIND_END; kind = next_kind(kind)) {
        for (unsigned verdict = VERDICT_OK + 1; verdict < VERDICT_END; verdict++) {
            if (verdict_is_known(verdict)) {
                one_refusal((enum command_kind)kind, (enum verdict)verdict);
            }
        }
    }
}

/* The later reason first, so that the sooner one is in force whatever both do to the command. */
static void two_refusals(enum command_kind kind, enum verdict sooner, enum verdict later)
{
    struct scene scene;
    scene_init(&scene);
    struct command command = scene_command(&scene, kind);
    assert_true(scene_provoke(&scene, &command, later));
    assert_true(scene_provoke(&scene, &command, sooner));
    enum verdict given = desk_tell(&scene.desk, &command);
    if (given != sooner) {
        fail_msg("%s with %s and %s: %s", command_kind_name(kind), verdict_describe(sooner)->name,
                 verdict_describe(later)->name, verdict_describe(given)->name);
    }
    scene_fini(&scene);
}

/* Who was merged is not erased itself: its heir is. Who moved can't be merged. */
static bool can_be_both(enum command_kind kind, enum verdict sooner, enum verdict later)
{
    return kind != COMMAND_UNMERGE_MEMBERS || sooner != VERDICT_MEMBER_MERGED ||
           (later != VERDICT_MEMBER_ERASED && later != VERDICT_MEMBER_MOVED);
}

static void test_precedence(void **state)
{
    (void)state;
    for (int kind = next_kind(0); kind < COMMAND_KIND_END; kind = next_kind(kind)) {
        const enum verdict *listed = command_verdicts((enum command_kind)kind);
        for (size_t i = 0; listed[i] != VERDICT_OK; i++) {
            for (size_t j = i + 1; listed[j] != VERDICT_OK; j++) {
                if (can_be_both((enum command_kind)kind, listed[i], listed[j])) {
                    two_refusals((enum command_kind)kind, listed[i], listed[j]);
                }
            }
        }
    }
}

/* A refusal changes nothing but what a till hears again. */
static void test_a_refusal_is_remembered(void **state)
{
    (void)state;
    for (int kind = next_kind(0); kind < COMMAND_KIND_END; kind = next_kind(kind)) {
        const enum verdict verdict = command_verdicts((enum command_kind)kind)[0];
        struct scene scene;
        scene_init(&scene);
        struct command command = scene_command(&scene, (enum command_kind)kind);
        if (verdict != VERDICT_OK && command_is_idempotent(command.kind)) {
            assert_true(scene_provoke(&scene, &command, verdict));
            assert_int_equal(desk_tell(&scene.desk, &command), verdict);
            uint64_t row = scene.desk.row;
            assert_int_equal(desk_tell(&scene.desk, &command), verdict);
            assert_int_equal(scene.desk.row, row);
            command.kind = kind == COMMAND_VOID ? COMMAND_CAPTURE : COMMAND_VOID;
            command.use = (struct command_hold_use){.hold = scene.hold};
            assert_int_equal(desk_tell(&scene.desk, &command), VERDICT_TRANSACTION_ID_REUSED);
        }
        scene_fini(&scene);
    }
}

/* Beta left, and a later charter does not have it any more: nothing is sent to nobody. */
static void test_a_brand_that_is_gone(void **state)
{
    (void)state;
    const enum command_kind kinds[] = {COMMAND_RETURN_SALE, COMMAND_CAPTURE, COMMAND_VOID,
                                       COMMAND_RETURN_BURN};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct scene scene;
        scene_init(&scene);
        struct command command = scene_command(&scene, kinds[i]);
        assert_true(scene_provoke(&scene, &command, VERDICT_PARTNER_LEFT));
        scene.desk.roster.partner_count = 1;
        assert_int_equal(desk_tell(&scene.desk, &command), VERDICT_PARTNER_LEFT);
        scene_fini(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_are_ok),           cmocka_unit_test(test_each_refusal),
        cmocka_unit_test(test_precedence),           cmocka_unit_test(test_a_refusal_is_remembered),
        cmocka_unit_test(test_a_brand_that_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Introductions made anew with the root key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "charter/introduction_change.h"
#include "epochs.h"

static struct coalition coalition;

static int begin(void **state)
{
    (void)state;
    coalition_begin(&coalition);
    return 0;
}

static int end(void **state)
{
    (void)state;
    coalition_end(&coalition);
    return 0;
}

static struct introduction_key online_key(uint8_t seed)
{
    return (struct introduction_key){
        key_of(seed).public_key, {SEPTEMBER_2026 + DAY_MS}, {SEPTEMBER_2026 + 9 * DAY_MS}};
}

static enum err change(const struct introduction_change *what, struct buffer *out,
                       struct note *note)
{
    const struct member *m = &coalition.members[0];
    return introduction_change(buffer_slice(&m->introduction), what, &m->root, out, note);
}

static void test_a_key_comes_and_the_old_one_ends(void **state)
{
    (void)state;
    CLEANUP(arena_fini) struct arena arena;
    CLEANUP(buffer_fini) struct buffer two = {0};
    CLEANUP(buffer_fini) struct buffer one = {0};
    struct note note = {{0}};
    struct introduction opened;
    struct introduction_key keys[2] = {online_key(160), coalition.members[0].online};
    struct introduction_change what = {.attest = keys, .attest_count = 2};
    keys[1].valid_until.ms = SEPTEMBER_2026 + 2 * DAY_MS;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    assert_int_equal(change(&what, &two, &note), ERR_OK);
    assert_int_equal(introduction_open(buffer_slice(&two), &arena, &opened, &note), ERR_OK);
    assert_int_equal(opened.partner.online_count, 2);
    assert_int_equal(opened.partner.online[0].valid_until.ms, SEPTEMBER_2026 + 2 * DAY_MS);
    assert_true(public_key_equal(&opened.partner.online[1].key, &keys[0].key));
    assert_string_equal(opened.partner.display_name, "Fuel & More");

    struct key_id old = opened.partner.online[0].id;
    what = (struct introduction_change){.drop = &old, .drop_count = 1};
    const struct member *m = &coalition.members[0];
    assert_int_equal(introduction_change(buffer_slice(&two), &what, &m->root, &one, &note), ERR_OK);
    assert_int_equal(introduction_open(buffer_slice(&one), &arena, &opened, &note), ERR_OK);
    assert_int_equal(opened.partner.online_count, 1);
    assert_true(public_key_equal(&opened.partner.online[0].key, &keys[0].key));
}

static void test_name_and_address(void **state)
{
    (void)state;
    CLEANUP(arena_fini) struct arena arena;
    CLEANUP(buffer_fini) struct buffer out = {0};
    struct note note = {{0}};
    struct introduction opened;
    struct introduction_change what = {.display_name = "Fuel", .address = "fuel.example:7101"};
    arena_init(&arena, LIMIT_DECODED_BYTES);
    assert_int_equal(change(&what, &out, &note), ERR_OK);
    assert_int_equal(introduction_open(buffer_slice(&out), &arena, &opened, &note), ERR_OK);
    assert_string_equal(opened.partner.display_name, "Fuel");
    assert_string_equal(opened.partner.address, "fuel.example:7101");
    assert_int_equal(opened.partner.online_count, 1);
}

static void test_nothing_changes_nothing(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer out = {0};
    struct note note = {{0}};
    struct introduction_change nothing = {.attest = NULL};
    assert_int_equal(change(&nothing, &out, &note), ERR_OK);
    assert_true(slice_equal(buffer_slice(&out), buffer_slice(&coalition.members[0].introduction)));
}

static void test_changes_that_are_refused(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer out = {0};
    struct note note = {{0}};
    struct introduction_key keys[CHARTER_ONLINE_KEYS_MAX];
    struct key_id unknown = coalition.members[1].root.id;
    struct key_id only = key_id_of(&coalition.members[0].online.key);
    for (uint8_t i = 0; i < CHARTER_ONLINE_KEYS_MAX; i++) {
        keys[i] = online_key((uint8_t)(170 + i));
    }
    struct introduction_change what = {.attest = keys, .attest_count = CHARTER_ONLINE_KEYS_MAX};
    assert_int_equal(change(&what, &out, &note), ERR_CONFLICT);
    what = (struct introduction_change){.drop = &unknown, .drop_count = 1};
    assert_int_equal(change(&what, &out, &note), ERR_NOT_FOUND);
    what.drop = &only;
    assert_int_equal(change(&what, &out, &note), ERR_CONFLICT);
    assert_string_equal(note.text, "no online key would be left");
    const struct member *m = &coalition.members[0];
    what = (struct introduction_change){.display_name = "Fuel"};
    assert_int_equal(introduction_change(buffer_slice(&m->introduction), &what,
                                         &coalition.members[1].root, &out, &note),
                     ERR_DENIED);
    what = (struct introduction_change){.address = "nowhere"};
    assert_int_equal(change(&what, &out, &note), ERR_INPUT);
    assert_int_equal(out.length, 0);
}

/* A charter gives back the introductions it was made of. */
static void test_out_of_a_charter(void **state)
{
    (void)state;
    struct note note = {{0}};
    struct charter *charter = epoch_make(&coalition, 0);
    for (unsigned i = 0; i < MEMBERS; i++) {
        CLEANUP(buffer_fini) struct buffer out = {0};
        assert_int_equal(charter_introduction(charter, &coalition.members[i].id, &out, &note),
                         ERR_OK);
        assert_true(
            slice_equal(buffer_slice(&out), buffer_slice(&coalition.members[i].introduction)));
    }
    CLEANUP(buffer_fini) struct buffer none = {0};
    struct partner_id nobody;
    assert_int_equal(partner_id_parse("bakery", &nobody), ERR_OK);
    assert_int_equal(charter_introduction(charter, &nobody, &none, &note), ERR_NOT_FOUND);
    charter_close(charter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_comes_and_the_old_one_ends),
        cmocka_unit_test(test_name_and_address),
        cmocka_unit_test(test_nothing_changes_nothing),
        cmocka_unit_test(test_changes_that_are_refused),
        cmocka_unit_test(test_out_of_a_charter),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

/* Memory that runs out at any allocation of a command, of a linked batch or of a start: an error,
 * nothing changed, and the next one works. The linker wraps the allocator for this program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kinds.h"

/* Allocations until one fails; below 0: none will. */
static atomic_int countdown = -1;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static bool fails_now(void)
{
    return atomic_load(&countdown) >= 0 && atomic_fetch_sub(&countdown, 1) == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
    return fails_now() ? NULL : __real_realloc(at, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails_now() ? NULL : __real_aligned_alloc(alignment, size);
}

enum {
    ALLOCATIONS_MAX = 400
};

static void assert_same(const struct member *a, const struct member *b)
{
    assert_int_equal(a->available.minor, b->available.minor);
    assert_int_equal(a->held.minor, b->held.minor);
    assert_int_equal(a->last_row, b->last_row);
    assert_int_equal(a->lot_count, b->lot_count);
}

/* Fails the n-th allocation of one command. False when it needed fewer. */
static bool fail_at(struct kinds *k, enum command_kind kind, int n)
{
    struct command command = kinds_make(k, kind);
    struct member before = brand_member(&k->a, &k->member);
    uint64_t rows = engine_stats(k->a.engine).journal_row;
    atomic_store(&countdown, n);
    struct outcome outcome = engine_execute(k->a.engine, &command);
    bool has_failed = atomic_exchange(&countdown, -1) < 0;
    if (outcome.err != ERR_OK) {
        struct member after = brand_member(&k->a, &k->member);
        assert_true(has_failed);
        assert_same(&before, &after);
        assert_int_equal(engine_stats(k->a.engine).journal_row, rows);
    }
    struct outcome again = engine_execute(k->a.engine, &command);
    assert_int_equal(again.err, ERR_OK);
    assert_int_equal(again.verdict, VERDICT_OK);
    assert_true(again.is_repeat == (outcome.err == ERR_OK));
    return has_failed;
}

static void test_at_each_allocation_of_a_command(void **state)
{
    struct kinds *k = *state;
    for (size_t i = 0; i < KINDS_TOLD; i++) {
        int n = 0;
        bool has_failed = true;
        while (has_failed && n < ALLOCATIONS_MAX) {
            if (n % 2 == 0) {
                kinds_reopen(k);
            }
            has_failed = fail_at(k, kinds_told[i], n++);
        }
        print_message("%s: %d allocations failed in turn\n", command_kind_name(kinds_told[i]),
                      n - 1);
        assert_true(n > 2 && n < ALLOCATIONS_MAX);
        brand_assert_audit(&k->a);
    }
}

struct group {
    struct command commands[KINDS_TOLD];
    struct outcome outcomes[KINDS_TOLD];
};

static void make_group(struct kinds *k, struct group *group)
{
    for (size_t i = 0; i < KINDS_TOLD; i++) {
        group->commands[i] = kinds_make(k, kinds_told[i]);
    }
}

static enum err tell_group(struct kinds *k, struct group *group)
{
    return engine_execute_batch(k->a.engine, group->commands, KINDS_TOLD, true, group->outcomes);
}

/* Fails the n-th allocation of the group. False when it needed fewer. */
static bool fail_group_at(struct kinds *k, struct group *group, int n)
{
    uint64_t rows = engine_stats(k->a.engine).journal_row;
    kinds_reopen(k);
    atomic_store(&countdown, n);
    enum err err = tell_group(k, group);
    bool has_failed = atomic_exchange(&countdown, -1) < 0;
    assert_true(err == ERR_OK || has_failed);
    assert_int_equal(engine_stats(k->a.engine).journal_row,
                     rows + (err == ERR_OK ? KINDS_TOLD : 0u));
    if (err == ERR_OK && has_failed) { /* it could do without */
        make_group(k, group);
    }
    return has_failed;
}

static void test_at_each_allocation_of_a_batch(void **state)
{
    struct kinds *k = *state;
    struct group group;
    int n = 0;
    make_group(k, &group);
    while (n < ALLOCATIONS_MAX && fail_group_at(k, &group, n)) {
        struct command next = kinds_make(k, COMMAND_EARN);
        assert_int_equal(engine_execute(k->a.engine, &next).verdict, VERDICT_OK);
        n++;
    }
    print_message("%d allocations failed in turn\n", n);
    assert_true(n > 10 && n < ALLOCATIONS_MAX);
    assert_int_equal(tell_group(k, &group), ERR_OK);
    for (size_t i = 0; i < KINDS_TOLD; i++) {
        assert_int_equal(group.outcomes[i].verdict, VERDICT_OK);
        assert_true(group.outcomes[i].is_repeat);
    }
}

/* Fails the n-th allocation of a start on a copy of the files. */
static bool fail_start_at(const struct kinds *k, const struct member *wanted, int n)
{
    struct brand copy;
    struct note note = {""};
    brand_copy(&k->a, &copy, 0);
    atomic_store(&countdown, n);
    enum err err = brand_try_open(&copy, &note);
    bool has_failed = atomic_exchange(&countdown, -1) < 0;
    assert_true(err == ERR_OK || has_failed);
    if (err != ERR_OK) {
        brand_open(&copy);
    }
    struct member found = brand_member(&copy, &k->member);
    assert_same(wanted, &found);
    brand_assert_audit(&copy);
    brand_fini(&copy);
    return has_failed;
}

/* It rolls forward what no checkpoint has. */
static void test_at_each_allocation_of_a_start(void **state)
{
    struct kinds *k = *state;
    int n = 0;
    for (size_t i = 0; i < KINDS_TOLD; i++) {
        struct command command = kinds_make(k, kinds_told[i]);
        assert_int_equal(engine_execute(k->a.engine, &command).verdict, VERDICT_OK);
    }
    struct member wanted = brand_member(&k->a, &k->member);
    while (n < ALLOCATIONS_MAX && fail_start_at(k, &wanted, n)) {
        n++;
    }
    print_message("%d allocations failed in turn\n", n);
    assert_true(n > 10 && n < ALLOCATIONS_MAX);
}

/* A step of clearing whose n-th allocation fails, and then again. */
struct step {
    struct clearing *clearing;
    struct engine *engine; /* that takes it */
    bool is_receipt;
};

static enum err take_step(const struct step *step)
{
    struct note note = {""};
    size_t refused = 0;
    enum err err = step->is_receipt ? clearing_receive(step->clearing, &refused, &note)
                                    : clearing_send(step->clearing);
    assert_true(err != ERR_OK || !step->is_receipt || refused == 1);
    return err;
}

/* False when it needed fewer. */
static bool fail_step_at(const struct step *step, int n)
{
    uint64_t rows = engine_stats(step->engine).journal_row;
    atomic_store(&countdown, n);
    enum err err = take_step(step);
    bool has_failed = atomic_exchange(&countdown, -1) < 0;
    if (err != ERR_OK) {
        assert_true(has_failed);
        assert_int_equal(engine_stats(step->engine).journal_row, rows);
        assert_int_equal(take_step(step), ERR_OK);
    }
    return has_failed;
}

/* The shop's entries, one of which the home refuses, and the receipt for them. */
static bool fail_clearing_at(struct kinds *k, struct brand *home, const struct card_number *card,
                             int n)
{
    struct clearing clearing;
    struct card_number stranger;
    assert_int_equal(card_number_make(&k->a.partners[1].prefix, 900000, &stranger), ERR_OK);
    assert_int_equal(brand_earn(&k->a, ++k->last_id, card, 500).verdict, VERDICT_OK);
    assert_int_equal(brand_earn(&k->a, ++k->last_id, &stranger, 500).verdict, VERDICT_OK);
    kinds_reopen(k);
    brand_close(home);
    brand_open(home);
    clearing_begin(&clearing, &k->a, home);
    bool has_failed = fail_step_at(&(struct step){&clearing, home->engine, false}, n);
    has_failed |= fail_step_at(&(struct step){&clearing, k->a.engine, true}, n);
    clearing_end(&clearing);
    return has_failed;
}

static void test_at_each_allocation_between_partners(void **state)
{
    struct kinds *k = *state;
    struct brand home;
    struct uid member;
    struct card_number card;
    int n = 0;
    brand_init(&home, 1);
    home.checkpoint_every_ms = k->a.checkpoint_every_ms;
    brand_open(&home);
    assert_int_equal(brand_enrol(&home, 1, &member, &card).verdict, VERDICT_OK);
    while (n < ALLOCATIONS_MAX && fail_clearing_at(k, &home, &card, n)) {
        n++;
    }
    print_message("%d allocations failed in turn\n", n);
    assert_true(n > 5 && n < ALLOCATIONS_MAX);
    assert_int_equal(brand_member(&home, &member).available.minor, 5 * (n + 1));
    brand_assert_audit(&home);
    brand_fini(&home);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kinds_setup, kinds_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_at_each_allocation_of_a_command),
        TEST(test_at_each_allocation_of_a_batch),
        TEST(test_at_each_allocation_of_a_start),
        TEST(test_at_each_allocation_between_partners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

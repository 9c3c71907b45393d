/* Memory that runs out at any allocation of a command: an error, nothing changed, and the next
 * command works. The linker wraps the allocator for this program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "coalition.h"

/* Allocations until one fails; below 0: none will. */
static atomic_int countdown = -1;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);

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

enum {
    ALLOCATIONS_MAX = 200
};

struct world {
    struct brand a;
    struct uid member;
    struct card_number card;
    struct uid other;
    unsigned last_id;
};

static struct command earn_of(struct world *w, int64_t points)
{
    struct command command = brand_command(&w->a, COMMAND_EARN, ++w->last_id);
    command.earn.member = w->member;
    command.earn.is_fixed = true;
    command.earn.fixed_points = points_of(points);
    command.earn.rate.per_minor = 1;
    command.earn.expires_at.ms = w->a.now.ms + DAY_MS * 30;
    return command;
}

static struct command hold_of(struct world *w)
{
    struct command command = brand_command(&w->a, COMMAND_HOLD, ++w->last_id);
    command.hold.redeemer = w->a.id;
    command.hold.card = w->card;
    command.hold.points = points_of(5);
    command.hold.capture_by.ms = w->a.now.ms + DAY_MS;
    command.hold.deliver_by.ms = w->a.now.ms + 2 * DAY_MS;
    return command;
}

static struct uid done(struct world *w, struct command command)
{
    struct outcome outcome = engine_execute(w->a.engine, &command);
    assert_int_equal(outcome.err, ERR_OK);
    assert_int_equal(outcome.verdict, VERDICT_OK);
    return command.transaction_id;
}

/* A command of the kind that will be VERDICT_OK; what it needs is done before. */
static struct command make(struct world *w, enum command_kind kind)
{
    struct command command = brand_command(&w->a, kind, ++w->last_id);
    if (kind == COMMAND_ENROL) {
        command.enrol.member = id_of(2000000 + w->last_id);
    } else if (kind == COMMAND_ISSUE_CARD) {
        command.card.member = w->other;
    } else if (kind == COMMAND_EARN) {
        command = earn_of(w, 10);
    } else if (kind == COMMAND_HOLD) {
        command = hold_of(w);
    } else if (kind == COMMAND_CAPTURE || kind == COMMAND_VOID || kind == COMMAND_RETURN_BURN) {
        command.use.hold = done(w, hold_of(w));
        if (kind == COMMAND_RETURN_BURN) {
            struct command capture = brand_command(&w->a, COMMAND_CAPTURE, ++w->last_id);
            capture.use.hold = command.use.hold;
            (void)done(w, capture);
        }
    } else if (kind == COMMAND_RETURN_SALE) {
        command.return_sale.sale = done(w, earn_of(w, 3));
    } else if (kind == COMMAND_TRANSFER) {
        command.transfer.from = w->member;
        command.transfer.to = w->other;
        command.transfer.points = points_of(2);
    }
    return command;
}

static void assert_same(const struct member *a, const struct member *b)
{
    assert_int_equal(a->available.minor, b->available.minor);
    assert_int_equal(a->held.minor, b->held.minor);
    assert_int_equal(a->last_row, b->last_row);
    assert_int_equal(a->lot_count, b->lot_count);
}

/* Fails the n-th allocation of one command. False when it needed fewer. */
static bool fail_at(struct world *w, enum command_kind kind, int n)
{
    struct command command = make(w, kind);
    struct member before = brand_member(&w->a, &w->member);
    uint64_t rows = engine_stats(w->a.engine).journal_row;
    atomic_store(&countdown, n);
    struct outcome outcome = engine_execute(w->a.engine, &command);
    bool has_failed = atomic_exchange(&countdown, -1) < 0;
    if (outcome.err != ERR_OK) {
        struct member after = brand_member(&w->a, &w->member);
        assert_true(has_failed);
        assert_same(&before, &after);
        assert_int_equal(engine_stats(w->a.engine).journal_row, rows);
    }
    struct outcome again = engine_execute(w->a.engine, &command);
    assert_int_equal(again.err, ERR_OK);
    assert_int_equal(again.verdict, VERDICT_OK);
    assert_true(again.is_repeat == (outcome.err == ERR_OK));
    return has_failed;
}

static void test_memory_runs_out_at_each_allocation(void **state)
{
    static const enum command_kind kinds[] = {
        COMMAND_ENROL, COMMAND_ISSUE_CARD,  COMMAND_EARN,        COMMAND_HOLD,    COMMAND_CAPTURE,
        COMMAND_VOID,  COMMAND_RETURN_SALE, COMMAND_RETURN_BURN, COMMAND_TRANSFER};
    struct world w = {.last_id = 10};
    struct card_number card;
    (void)state;
    brand_init(&w.a, 0);
    w.a.checkpoint_every_ms = INT64_C(1000000000); /* no allocations of others meanwhile */
    brand_open(&w.a);
    assert_int_equal(brand_enrol(&w.a, 1, &w.member, &w.card).verdict, VERDICT_OK);
    assert_int_equal(brand_enrol(&w.a, 2, &w.other, &card).verdict, VERDICT_OK);
    (void)done(&w, earn_of(&w, 100000));
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        int n = 0;
        bool has_failed = true;
        while (has_failed && n < ALLOCATIONS_MAX) {
            if (n % 2 == 0) { /* so that buffers are small again */
                brand_close(&w.a);
                brand_open(&w.a);
            }
            has_failed = fail_at(&w, kinds[i], n++);
        }
        print_message("%s: %d allocations failed in turn\n", command_kind_name(kinds[i]), n - 1);
        assert_true(n > 2 && n < ALLOCATIONS_MAX);
    }
    brand_assert_audit(&w.a);
    brand_fini(&w.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_memory_runs_out_at_each_allocation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a member's history calls what the ledger did by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "ledger/command_codec.h"
#include "node/history_row.h"

static const struct partner_id alfa = {"alfa"};

static Talea__V1__HistoryKind kind_of(const struct command *command)
{
    static const struct history_trace trace = {.is_of_member = true};
    struct buffer body = {0};
    struct record record = {
        .row = 7, .kind = command->kind, .origin = alfa, .time = {1000}, .business_time = {1000}};
    struct arena arena;
    Talea__V1__HistoryRow *row;
    body.names = &record.ids;
    command_encode(command, &body);
    record.body = buffer_slice(&body);
    arena_init(&arena, LIMIT_DECODED_BYTES);
    assert_int_equal(history_row(&arena, &record, &trace, &alfa, &row), ERR_OK);
    Talea__V1__HistoryKind kind = row->kind;
    arena_fini(&arena);
    buffer_fini(&body);
    return kind;
}

/* Both give the points back; one was asked for, the other came by itself. */
static void test_a_hold_that_expired_is_not_voided(void **state)
{
    (void)state;
    struct command expire = {.kind = COMMAND_EXPIRE_HOLD, .origin = alfa};
    expire.due = (struct command_due){.id = {{1}}, .redeemer = alfa, .due = {900}};
    struct command given_back = {.kind = COMMAND_VOID, .origin = alfa};
    given_back.use.hold = (struct uid){{1}};
    assert_int_equal(kind_of(&expire), TALEA__V1__HISTORY_KIND__HISTORY_KIND_HOLD_EXPIRED);
    assert_int_equal(kind_of(&given_back), TALEA__V1__HISTORY_KIND__HISTORY_KIND_VOID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_hold_that_expired_is_not_voided)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

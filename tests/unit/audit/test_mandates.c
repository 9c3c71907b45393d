/* Captures under mandates: what a faulty node might write about them. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#define FLOOR 30
#define CAP   100
#define GRANT "invariant 4: no capture without grant or mandate"

static const struct uid mandate_id = {{7, 7}};

/* We let beta stand in. */
static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct command command = {.kind = COMMAND_GRANT_MANDATE, .transaction_id = mandate_id};
    assert_non_null(f);
    fixture_init(f);
    fixture_trade(f);
    command.mandate.mandate = (struct mandate){.id = mandate_id,
                                               .home = f->roster.self,
                                               .redeemer = f->partners[1].id,
                                               .floor = points_of(FLOOR),
                                               .daily_cap = points_of(CAP),
                                               .valid_from = f->now,
                                               .valid_until = {f->now.ms + DAY_MS}};
    fixture_run(f, command);
    fixture_commit(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(*state);
    free(*state);
    return 0;
}

static void stand_in(struct fixture *f, const struct uid *hold, int64_t points)
{
    struct buffer bytes = {0};
    struct stream stream;
    struct command command = {.kind = COMMAND_TAKE_ENTRY, .origin = f->partners[1].id};
    struct command_take_entry *take = &command.take_entry;
    assert_int_equal(
        ledger_get_stream(&f->store.view, &f->roster, STREAM_IN, &f->partners[1].id, &stream),
        ERR_OK);
    take->sender = f->partners[1].id;
    take->entry = (struct clearing_entry){.number = stream.last_number + 1,
                                          .previous_hash = stream.last_hash,
                                          .period = {202609},
                                          .business_time = f->now,
                                          .transaction_id = id_of(++f->last_id),
                                          .kind = ENTRY_CAPTURE,
                                          .points = points_of(points),
                                          .tariff = 1,
                                          .subject = *hold,
                                          .mandate = mandate_id};
    assert_int_equal(card_number_make(&f->partners[0].prefix, 4711, &take->entry.card), ERR_OK);
    command.transaction_id = take->entry.transaction_id;
    assert_int_equal(f->terms.codec.encode(NULL, &take->entry, &bytes), ERR_OK);
    take->bytes = buffer_slice(&bytes);
    fixture_run(f, command);
    fixture_commit(f);
    buffer_fini(&bytes);
}

/* The hold's row as it is, or as it would be under a new id, changed. */
static void write_hold(struct fixture *f, const struct uid *id, const struct hold *hold)
{
    struct ledger_key key;
    struct buffer value = {0};
    key_origin(&f->partners[1].id, id, &key);
    hold_encode(hold, &value);
    struct effect effect = fixture_row_effect(TABLE_HOLD, &key, &value);
    fixture_add_effects(f, &effect, 1);
    buffer_fini(&value);
}

static struct hold captured(const struct fixture *f, int64_t points)
{
    return (struct hold){.role = HOLD_HOME,
                         .state = HOLD_CAPTURED,
                         .redeemer = f->partners[1].id,
                         .home = f->roster.self,
                         .granted = points_of(points),
                         .captured = points_of(points),
                         .mandate = mandate_id,
                         .stood_in = points_of(points),
                         .lost = points_of(points)};
}

static void test_what_is_within_is_clean(void **state)
{
    struct fixture *f = *state;
    struct uid hold = id_of(201);
    stand_in(f, &hold, 20);
    stand_in(f, &hold, 10);
    hold = id_of(202);
    stand_in(f, &hold, FLOOR);
    fixture_expect_clean(f);
}

static void test_under_no_mandate(void **state)
{
    struct fixture *f = *state;
    uint64_t row = f->next_row;
    struct hold hold = captured(f, 5);
    struct uid id = id_of(201);
    hold.mandate = id_of(9);
    write_hold(f, &id, &hold);
    fixture_expect(f, row, GRANT);
}

static void test_above_the_floor(void **state)
{
    struct fixture *f = *state;
    uint64_t row = f->next_row;
    struct hold hold = captured(f, FLOOR + 1);
    struct uid id = id_of(201);
    write_hold(f, &id, &hold);
    fixture_expect(f, row, GRANT);
}

static void test_above_the_cap(void **state)
{
    struct fixture *f = *state;
    for (uint8_t i = 1; i <= 3; i++) {
        struct uid id = id_of(200 + i);
        stand_in(f, &id, FLOOR);
    }
    uint64_t row = f->next_row;
    struct hold hold = captured(f, CAP - 3 * FLOOR + 1);
    struct uid id = id_of(210);
    write_hold(f, &id, &hold);
    fixture_expect(f, row, GRANT);
}

/* The burn is there, and the mandate does not know of it. */
static void test_not_counted(void **state)
{
    struct fixture *f = *state;
    struct hold hold = captured(f, 5);
    struct uid id = id_of(201);
    write_hold(f, &id, &hold);
    fixture_expect(f, 0, GRANT);
}

static void change_mandate(struct fixture *f, void (*change)(struct mandate_row *row))
{
    struct ledger_key key;
    struct buffer value = {0};
    struct mandate_row row;
    assert_int_equal(
        ledger_get_mandate(&f->store.view, &f->roster.self, &f->partners[1].id, &mandate_id, &row),
        ERR_OK);
    change(&row);
    key_mandate(&f->roster.self, &f->partners[1].id, &mandate_id, &key);
    mandate_row_encode(&row, &value);
    struct effect effect = fixture_row_effect(TABLE_MANDATE, &key, &value);
    fixture_add_effects(f, &effect, 1);
    buffer_fini(&value);
}

static void forget(struct mandate_row *row)
{
    row->used.minor -= 1;
}

static void allow_more(struct mandate_row *row)
{
    row->used.minor += 1;
    row->mandate.daily_cap.minor += 1;
}

static void test_used_shrinks(void **state)
{
    struct fixture *f = *state;
    struct uid hold = id_of(201);
    stand_in(f, &hold, 20);
    uint64_t row = f->next_row;
    change_mandate(f, forget);
    fixture_expect(f, row, GRANT);
}

static void test_terms_change(void **state)
{
    struct fixture *f = *state;
    uint64_t row = f->next_row;
    change_mandate(f, allow_more);
    fixture_expect(f, row, GRANT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_within_is_clean, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_under_no_mandate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_above_the_floor, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_above_the_cap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_used_shrinks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_terms_change, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

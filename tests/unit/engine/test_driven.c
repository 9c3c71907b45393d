/* An engine without threads: nothing happens but within the calls of the one that drives it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "coalition.h"

struct answers {
    unsigned count;
    enum err last;
};

static void on_done(void *context, const struct outcome *outcome)
{
    struct answers *answers = context;
    answers->count++;
    answers->last = outcome->err;
}

static void submit_enrolment(struct brand *brand, unsigned number, struct answers *answers)
{
    struct command command = brand_command(brand, COMMAND_ENROL, number);
    command.enrol.member.bytes[0] = (uint8_t)number;
    assert_int_equal(engine_submit(brand->engine, &command, on_done, answers), ERR_OK);
}

static void begin(struct brand *brand)
{
    brand_init(brand, 0);
    brand->is_driven = true;
    brand_open(brand);
}

static void waits_for_its_driver(void **state)
{
    struct brand brand;
    struct answers answers = {0};
    (void)state;
    begin(&brand);
    submit_enrolment(&brand, 1, &answers);
    submit_enrolment(&brand, 2, &answers);
    assert_int_equal(answers.count, 0);
    assert_int_equal(engine_stats(brand.engine).journal_row, 0);
    engine_drive(brand.engine);
    assert_int_equal(answers.count, 2);
    assert_int_equal(answers.last, ERR_OK);
    assert_int_equal(engine_stats(brand.engine).journal_row, 2);
    brand_fini(&brand);
}

static void drives_itself_for_who_waits(void **state)
{
    struct brand brand;
    struct uid member;
    struct card_number card;
    (void)state;
    begin(&brand);
    assert_int_equal(brand_enrol(&brand, 1, &member, &card).err, ERR_OK);
    assert_int_equal(brand_earn(&brand, 2, &card, 5000).verdict, VERDICT_OK);
    assert_int_equal(brand_member(&brand, &member).available.minor, 50);
    assert_int_equal(engine_checkpoint(brand.engine), ERR_OK);
    assert_false(engine_keep_time(brand.engine));
    assert_int_equal(engine_stats(brand.engine).checkpointed_row, 2);
    brand_fini(&brand);
}

static void leaves_what_was_not_durable_behind(void **state)
{
    struct brand brand;
    struct answers answers = {0};
    (void)state;
    begin(&brand);
    submit_enrolment(&brand, 1, &answers);
    engine_drive(brand.engine);
    submit_enrolment(&brand, 2, &answers);
    engine_abandon(brand.engine);
    brand.engine = NULL;
    assert_int_equal(answers.count, 2);
    assert_int_equal(answers.last, ERR_UNAVAILABLE);
    brand_close(&brand);
    brand_open(&brand);
    assert_int_equal(engine_stats(brand.engine).journal_row, 1);
    brand_fini(&brand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_for_its_driver),
        cmocka_unit_test(drives_itself_for_who_waits),
        cmocka_unit_test(leaves_what_was_not_durable_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

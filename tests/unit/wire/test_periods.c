/* What messages say where periods change their unit, and votes on the net: golden bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "wire/messages.h"

static void assert_bytes(const struct buffer *bytes, const char *golden)
{
    char hex[1024];
    assert_true(bytes->length * 2 < sizeof hex);
    hex_format(bytes->at, bytes->length, hex);
    assert_string_equal(hex, golden);
}

static struct clearing_entry last_mark(void)
{
    return (struct clearing_entry){.number = 9,
                                   .previous_hash = {{7}},
                                   .kind = ENTRY_PERIOD_MARK,
                                   .period = {202611},
                                   .next_period = {2026049},
                                   .business_time = {1790000000000},
                                   .transaction_id = {{1}},
                                   .tariff = 1};
}

static void test_a_mark_that_is_the_last_of_its_unit(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct clearing_entry mark = last_mark();
    struct clearing_entry again;
    assert_int_equal(wire_entry_encode(&mark, &bytes), ERR_OK);
    assert_bytes(&bytes,
                 "08091220070000000000000000000000000000000000000000000000000000000000000018f3ae0c2"
                 "080d8c1a28c342a100100000000000000000000000000000030074801a001c1d47b");
    assert_int_equal(wire_entry_decode(buffer_slice(&bytes), &again, NULL), ERR_OK);
    assert_int_equal(again.next_period.code, 2026049);
    assert_int_equal(entry_period_after(&again).code, 2026049);
    mark.next_period.code = 2026050;
    buffer_clear(&bytes);
    assert_int_equal(wire_entry_encode(&mark, &bytes), ERR_INPUT);
}

static void test_a_vote(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    CLEANUP(arena_fini) struct arena arena;
    struct partner_id left_out[] = {{"bakery"}};
    struct netting_set again;
    struct netting_set vote = {.coalition = "demo",
                               .period = {20261129},
                               .number = netting_number(2, 1),
                               .is_against = true,
                               .left_out = left_out,
                               .left_out_count = 1,
                               .set = {{5}}};
    arena_init(&arena, 1u << 16);
    assert_int_equal(wire_netting_encode(&vote, &bytes), ERR_OK);
    assert_bytes(&bytes, "0a0464656d6f1089d2d409188180808020220662616b6572792a200500000000000000000"
                         "0000000000000000000000000000000000000000000003001");
    assert_int_equal(wire_netting_decode(buffer_slice(&bytes), &arena, &again, NULL), ERR_OK);
    assert_true(again.is_against);
    assert_int_equal(again.number >> 32, 2);
    assert_int_equal(again.period.code, 20261129);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_mark_that_is_the_last_of_its_unit),
        cmocka_unit_test(test_a_vote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

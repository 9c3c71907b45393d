/* Receipts of a partner that overlap on their way into the ledger, and how long batches are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lane.h"

enum {
    BATCHES = 5
};

/* Batches that the other shop took; what it answered has not come back yet. */
struct way {
    struct lane lane;
    struct taking taking;
    struct buffer receipts[BATCHES];
    size_t receipt_count;
    size_t longest; /* batch that was sent */
};

static enum err keep_receipt(void *context, const struct clear_response *response)
{
    struct way *way = context;
    if (response->receipt == NULL) {
        return ERR_OK;
    }
    assert_true(way->receipt_count < BATCHES);
    return signed_encode(response->receipt, &way->receipts[way->receipt_count++]);
}

static enum err send_batch(void *context, const struct clear_request *request)
{
    struct way *way = context;
    struct answer_port port = {way, keep_receipt};
    struct shop_host host = shop_host(&way->lane.street, TO);
    struct note note = {""};
    way->longest = request->count > way->longest ? request->count : way->longest;
    enum err err =
        incoming_take(&way->lane.incoming, &way->taking, &host.host, request, &port, &note);
    shop_host_end(&host);
    return err;
}

static struct way *way_new(void)
{
    struct way *way = calloc(1, sizeof *way);
    assert_non_null(way);
    way->lane.port = (struct clear_port){way, send_batch};
    lane_open(&way->lane, 17);
    return way;
}

/* So many batches, each of what was told since the one before. */
static struct way *way_with_batches(void)
{
    struct way *way = way_new();
    while (way->receipt_count < BATCHES) {
        lane_step(&way->lane);
    }
    return way;
}

static enum err begin(struct way *way, size_t i, struct note *note)
{
    struct shop_host host = shop_host(&way->lane.street, FROM);
    struct signed_message receipt;
    struct clear_response response = {&receipt, ""};
    assert_int_equal(signed_decode(buffer_slice(&way->receipts[i]), &receipt), ERR_OK);
    enum err err = outgoing_begin_take(&way->lane.outgoing, &host.host, &response, note);
    shop_host_end(&host);
    return err;
}

static enum err end_all(struct way *way, struct note *note)
{
    struct shop_host host = shop_host(&way->lane.street, FROM);
    enum err err = outgoing_end_takes(&way->lane.outgoing, &host.host, note);
    shop_host_end(&host);
    return err;
}

static uint64_t kept_receipt_number(struct way *way)
{
    return lane_stream(&way->lane, FROM).receipt_number;
}

static void way_free(struct way *way)
{
    taking_fini(&way->taking);
    for (size_t i = 0; i < BATCHES; i++) {
        buffer_fini(&way->receipts[i]);
    }
    lane_fini(&way->lane);
    free(way);
}

static void test_receipts_end_together(void **state)
{
    struct way *way = way_with_batches();
    struct note note = {""};
    (void)state;
    for (size_t i = 0; i < BATCHES; i++) {
        assert_true(outgoing_expects_receipt(&way->lane.outgoing));
        assert_int_equal(begin(way, i, &note), ERR_OK);
    }
    assert_false(outgoing_expects_receipt(&way->lane.outgoing));
    assert_true(outgoing_is_waiting(&way->lane.outgoing));
    assert_int_equal(end_all(way, &note), ERR_OK);
    assert_false(outgoing_is_waiting(&way->lane.outgoing));
    assert_int_equal(kept_receipt_number(way), BATCHES);
    assert_int_equal(way->lane.outgoing.receipt_number, BATCHES);
    way_free(way);
}

/* Those before it hold, those behind it do not follow on. */
static void test_one_that_is_missing_ends_it(void **state)
{
    struct way *way = way_with_batches();
    struct note note = {""};
    (void)state;
    assert_int_equal(begin(way, 0, &note), ERR_OK);
    assert_int_equal(begin(way, 2, &note), ERR_OK);
    assert_int_equal(begin(way, 3, &note), ERR_OK);
    assert_int_equal(end_all(way, &note), ERR_CONFLICT);
    assert_true(note.text[0] != '\0');
    outgoing_close(&way->lane.outgoing);
    assert_int_equal(kept_receipt_number(way), 1);
    way_free(way);
}

/* A connection may break while receipts are on their way: they hold all the same. */
static void test_a_close_waits_for_what_was_begun(void **state)
{
    struct way *way = way_with_batches();
    struct note note = {""};
    (void)state;
    assert_int_equal(begin(way, 0, &note), ERR_OK);
    assert_int_equal(begin(way, 1, &note), ERR_OK);
    outgoing_close(&way->lane.outgoing);
    assert_int_equal(kept_receipt_number(way), 2);
    way_free(way);
}

/* Entries for a batch that is longer than a share. */
static void tell_many(struct way *way)
{
    struct command command;
    do {
        shop_step(&way->lane.street, FROM, &command);
    } while (lane_stream(&way->lane, FROM).last_number <= LIMIT_CLEARING_SHARE);
}

static void test_batches_are_short_while_the_receiver_is_shared(void **state)
{
    struct way *way = way_new();
    (void)state;
    tell_many(way);
    outgoing_share(&way->lane.outgoing, true);
    lane_pump(&way->lane);
    assert_int_equal(way->longest, LIMIT_CLEARING_SHARE);
    assert_int_equal(way->receipt_count, 2);
    way_free(way);
}

static void test_batches_are_long_else(void **state)
{
    struct way *way = way_new();
    (void)state;
    tell_many(way);
    lane_pump(&way->lane);
    assert_int_equal(way->longest, LIMIT_CLEARING_SHARE + 1);
    assert_int_equal(way->receipt_count, 1);
    way_free(way);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_receipts_end_together),
        cmocka_unit_test(test_one_that_is_missing_ends_it),
        cmocka_unit_test(test_a_close_waits_for_what_was_begun),
        cmocka_unit_test(test_batches_are_short_while_the_receiver_is_shared),
        cmocka_unit_test(test_batches_are_long_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

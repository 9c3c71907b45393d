/* Receipts of a partner that overlap on their way into the ledger, and how long batches are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "peer/incoming.h"
#include "peer/outgoing.h"
#include "shop.h"

enum {
    FROM = 0,
    TO = 1,
    BATCHES = 5
};

/* Batches that the other shop took; what it answered has not come back yet. */
struct way {
    struct street street;
    struct outgoing outgoing;
    struct incoming incoming;
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
    struct shop_host host = shop_host(&way->street, TO);
    struct note note = {""};
    way->longest = request->count > way->longest ? request->count : way->longest;
    enum err err = incoming_take(&way->incoming, &way->taking, &host.host, request, &port, &note);
    shop_host_end(&host);
    return err;
}

static void pump(struct way *way)
{
    struct clear_port port = {way, send_batch};
    struct shop_host host = shop_host(&way->street, FROM);
    struct note note = {""};
    assert_int_equal(outgoing_pump(&way->outgoing, &host.host, &port, &note), ERR_OK);
    shop_host_end(&host);
}

static struct way *way_new(void)
{
    struct way *way = calloc(1, sizeof *way);
    struct clear_port port = {way, send_batch};
    struct clear_response ready = {NULL, ""};
    struct note note = {""};
    assert_non_null(way);
    street_init(&way->street, 17);
    way->incoming.sender = way->street.shops[FROM].brand.id;
    struct shop_host host = shop_host(&way->street, FROM);
    outgoing_init(&way->outgoing, &way->street.shops[TO].brand.id,
                  engine_journal(host.host.engine));
    assert_int_equal(outgoing_open(&way->outgoing, &host.host, &port, &note), ERR_OK);
    assert_int_equal(outgoing_take(&way->outgoing, &host.host, &ready, &note), ERR_OK);
    shop_host_end(&host);
    return way;
}

/* So many batches, each of what was told since the one before. */
static struct way *way_with_batches(void)
{
    struct way *way = way_new();
    struct command command;
    while (way->receipt_count < BATCHES) {
        shop_step(&way->street, FROM, &command);
        pump(way);
    }
    return way;
}

static enum err begin(struct way *way, size_t i, struct note *note)
{
    struct shop_host host = shop_host(&way->street, FROM);
    struct signed_message receipt;
    struct clear_response response = {&receipt, ""};
    assert_int_equal(signed_decode(buffer_slice(&way->receipts[i]), &receipt), ERR_OK);
    enum err err = outgoing_begin_take(&way->outgoing, &host.host, &response, note);
    shop_host_end(&host);
    return err;
}

static enum err end_all(struct way *way, struct note *note)
{
    struct shop_host host = shop_host(&way->street, FROM);
    enum err err = outgoing_end_takes(&way->outgoing, &host.host, note);
    shop_host_end(&host);
    return err;
}

static uint64_t kept_receipt_number(struct way *way)
{
    struct shop_host host = shop_host(&way->street, FROM);
    struct stream stream;
    assert_int_equal(ledger_get_stream(&host.host.view, host.host.roster, STREAM_OUT,
                                       &way->street.shops[TO].brand.id, &stream),
                     ERR_OK);
    shop_host_end(&host);
    return stream.receipt_number;
}

static void way_free(struct way *way)
{
    outgoing_fini(&way->outgoing);
    taking_fini(&way->taking);
    for (size_t i = 0; i < BATCHES; i++) {
        buffer_fini(&way->receipts[i]);
    }
    shop_clear(&way->street, FROM); /* a new connection makes up for what was lost */
    shop_clear(&way->street, TO);
    street_assert_agrees(&way->street);
    street_fini(&way->street);
    free(way);
}

static void test_receipts_end_together(void **state)
{
    struct way *way = way_with_batches();
    struct note note = {""};
    (void)state;
    for (size_t i = 0; i < BATCHES; i++) {
        assert_true(outgoing_expects_receipt(&way->outgoing));
        assert_int_equal(begin(way, i, &note), ERR_OK);
    }
    assert_false(outgoing_expects_receipt(&way->outgoing));
    assert_true(outgoing_is_waiting(&way->outgoing));
    assert_int_equal(end_all(way, &note), ERR_OK);
    assert_false(outgoing_is_waiting(&way->outgoing));
    assert_int_equal(kept_receipt_number(way), BATCHES);
    assert_int_equal(way->outgoing.receipt_number, BATCHES);
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
    outgoing_close(&way->outgoing);
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
    outgoing_close(&way->outgoing);
    assert_int_equal(kept_receipt_number(way), 2);
    way_free(way);
}

/* Entries for a batch that is longer than a share. */
static void tell_many(struct way *way)
{
    struct shop_host host = shop_host(&way->street, FROM);
    struct stream stream = {.last_number = 0};
    struct command command;
    shop_host_end(&host);
    while (stream.last_number <= LIMIT_CLEARING_SHARE) {
        shop_step(&way->street, FROM, &command);
        host = shop_host(&way->street, FROM);
        assert_int_equal(ledger_get_stream(&host.host.view, host.host.roster, STREAM_OUT,
                                           &way->street.shops[TO].brand.id, &stream),
                         ERR_OK);
        shop_host_end(&host);
    }
}

static void test_batches_are_short_while_the_receiver_is_shared(void **state)
{
    struct way *way = way_new();
    (void)state;
    tell_many(way);
    outgoing_share(&way->outgoing, true);
    pump(way);
    assert_int_equal(way->longest, LIMIT_CLEARING_SHARE);
    assert_int_equal(way->receipt_count, 2);
    way_free(way);
}

static void test_batches_are_long_else(void **state)
{
    struct way *way = way_new();
    (void)state;
    tell_many(way);
    pump(way);
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

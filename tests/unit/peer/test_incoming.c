/* Batches of a partner that overlap on their way to the ledger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lane.h"

enum {
    BATCHES = 3
};

/* Each batch is begun when it is sent. */
struct way {
    struct lane lane;
    struct taking takings[BATCHES];
    size_t begun;
    size_t spoiled; /* the batch whose signature is changed; none by default */
    struct buffer receipts[BATCHES];
    size_t receipt_count;
    char problem[640];
};

static enum err keep_answer(void *context, const struct clear_response *response)
{
    struct way *way = context;
    snprintf(way->problem, sizeof way->problem, "%s", response->problem);
    return response->receipt == NULL
               ? ERR_OK
               : signed_encode(response->receipt, &way->receipts[way->receipt_count++]);
}

static enum err begin_batch(void *context, const struct clear_request *request)
{
    struct way *way = context;
    struct answer_port port = {way, keep_answer};
    struct shop_host host = shop_host(&way->lane.street, TO);
    struct note note = {""};
    enum err err = ERR_OK;
    if (request->head == NULL) {
        err = incoming_open(&way->lane.incoming, &host.host, request, &port, &note);
    } else {
        struct signed_message head = *request->head;
        struct clear_request changed = *request;
        head.signature.bytes[0] ^= way->begun == way->spoiled ? 1 : 0;
        changed.head = &head;
        incoming_begin(&way->lane.incoming, &way->takings[way->begun++], &host.host, &changed);
    }
    shop_host_end(&host);
    return err;
}

/* Opens, and begins batches until there are so many. */
static struct way *way_of(size_t spoiled)
{
    struct way *way = calloc(1, sizeof *way);
    assert_non_null(way);
    way->spoiled = spoiled;
    way->lane.port = (struct clear_port){way, begin_batch};
    lane_open(&way->lane, 11);
    while (way->begun < BATCHES) {
        lane_step(&way->lane);
    }
    return way;
}

static enum err end_batch(struct way *way, size_t i)
{
    struct answer_port port = {way, keep_answer};
    struct shop_host host = shop_host(&way->lane.street, TO);
    struct note note = {""};
    enum err err = incoming_end(&way->lane.incoming, &way->takings[i], &host.host, &port, &note);
    shop_host_end(&host);
    return err;
}

static uint64_t taken_number(struct way *way)
{
    return lane_stream(&way->lane, TO).last_number;
}

static void way_free(struct way *way)
{
    for (size_t i = 0; i < BATCHES; i++) {
        taking_fini(&way->takings[i]);
        buffer_fini(&way->receipts[i]);
    }
    lane_fini(&way->lane);
    free(way);
}

static void test_each_gets_its_receipt(void **state)
{
    struct way *way = way_of(BATCHES);
    (void)state;
    for (size_t i = 0; i < BATCHES; i++) {
        const struct batch_head *head = &way->takings[i].batch.head;
        assert_int_equal(end_batch(way, i), ERR_OK);
        assert_int_equal(way->receipt_count, i + 1);
        assert_true(taken_number(way) >= head->first_number + head->count - 1);
    }
    assert_int_equal(taken_number(way), way->lane.outgoing.sent_number);
    way_free(way);
}

static void test_behind_a_bad_one_nothing_is_taken(void **state)
{
    struct way *way = way_of(1);
    struct shop_host host = shop_host(&way->lane.street, TO);
    (void)state;
    assert_int_equal(end_batch(way, 0), ERR_OK);
    assert_int_equal(end_batch(way, 1), ERR_CONFLICT);
    assert_true(way->problem[0] != '\0');
    incoming_drop(&way->takings[2], &host.host);
    shop_host_end(&host);
    assert_int_equal(way->takings[2].outcome.judgement, BATCH_GAP);
    assert_int_equal(way->receipt_count, 1);
    assert_int_equal(taken_number(way), way->takings[0].batch.head.count);
    way_free(way);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_gets_its_receipt),
        cmocka_unit_test(test_behind_a_bad_one_nothing_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

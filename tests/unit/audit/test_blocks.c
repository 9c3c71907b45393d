/* Blocks of points that were sold: what they have left follows from their buyer's entries. */
#include "fixture.h"

#include <stdlib.h>

#define FOUND "derived rows"

static const struct uid block_id = {{6, 6}};

struct shop {
    struct fixture fixture;
    struct tariff tariffs[2];
    struct card_number card;
};

static void take(struct shop *shop, struct clearing_entry entry)
{
    struct fixture *f = &shop->fixture;
    struct buffer bytes = {0};
    struct stream stream;
    struct command command = {.kind = COMMAND_TAKE_ENTRY, .origin = f->partners[1].id};
    assert_int_equal(
        ledger_get_stream(&f->store.view, &f->roster, STREAM_IN, &f->partners[1].id, &stream),
        ERR_OK);
    entry.number = stream.last_number + 1;
    entry.previous_hash = stream.last_hash;
    entry.period = (struct period){202609};
    entry.business_time = f->now;
    entry.transaction_id = id_of(++f->last_id);
    entry.tariff = 2;
    entry.subject = uid_is_nil(&entry.subject) ? block_id : entry.subject;
    command.take_entry.sender = f->partners[1].id;
    command.take_entry.entry = entry;
    command.transaction_id = entry.transaction_id;
    assert_int_equal(f->terms.codec.encode(NULL, &entry, &bytes), ERR_OK);
    command.take_entry.bytes = buffer_slice(&bytes);
    fixture_run(f, command);
    fixture_commit(f);
    buffer_fini(&bytes);
}

/* Beta has bought 500 points of us, gave 200 of them, and took 50 back. */
static int set_up(void **state)
{
    struct shop *shop = calloc(1, sizeof *shop);
    struct command sell = {.kind = COMMAND_SELL_BLOCK, .transaction_id = block_id};
    assert_non_null(shop);
    struct fixture *f = &shop->fixture;
    fixture_init(f);
    fixture_trade(f);
    shop->tariffs[0] = f->tariff;
    shop->tariffs[1] =
        (struct tariff){.id = 2, .funding = FUNDED_IN_ADVANCE, .issue_price = {3}, .per = {2}};
    f->roster.tariffs = shop->tariffs;
    f->roster.tariff_count = 2;
    assert_int_equal(card_number_make(&f->partners[0].prefix, 1, &shop->card), ERR_OK);
    sell.block_of_points.terms = (struct block_terms){.id = block_id,
                                                      .seller = f->roster.self,
                                                      .buyer = f->partners[1].id,
                                                      .points = points_of(500),
                                                      .tariff = 2,
                                                      .offered_until = {f->now.ms + DAY_MS / 2},
                                                      .valid_until = {f->now.ms + DAY_MS}};
    sell.business_time = f->now;
    fixture_run(f, sell);
    fixture_commit(f);
    take(shop, block_entry(&sell.block_of_points.terms));
    take(shop,
         (struct clearing_entry){.kind = ENTRY_EARN, .card = shop->card, .points = points_of(200)});
    take(shop, (struct clearing_entry){.kind = ENTRY_EARN_RETURN,
                                       .card = shop->card,
                                       .points = points_of(50),
                                       .subject = id_of(f->last_id)});
    *state = shop;
    return 0;
}

static int tear_down(void **state)
{
    struct shop *shop = *state;
    fixture_fini(&shop->fixture);
    free(shop);
    return 0;
}

static void test_a_block_is_clean(void **state)
{
    struct shop *shop = *state;
    struct fixture *f = &shop->fixture;
    struct block_row row;
    assert_int_equal(
        ledger_get_block(&f->store.view, &f->roster.self, &f->partners[1].id, &block_id, &row),
        ERR_OK);
    assert_int_equal(row.left, 350);
    fixture_expect_clean(f);
}

/* A faulty seller lets its buyer give more than it paid for. */
static void test_a_block_that_grows(void **state)
{
    struct shop *shop = *state;
    struct fixture *f = &shop->fixture;
    struct block_row row;
    struct ledger_key key;
    struct buffer value = {0};
    assert_int_equal(
        ledger_get_block(&f->store.view, &f->roster.self, &f->partners[1].id, &block_id, &row),
        ERR_OK);
    row.left++;
    key_block(&row.terms.seller, &row.terms.buyer, &row.terms.id, &key);
    block_row_encode(&row, &value);
    struct effect effect = fixture_row_effect(TABLE_BLOCK, &key, &value);
    fixture_add_effects(f, &effect, 1);
    fixture_expect(f, 0, FOUND);
    buffer_fini(&value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_block_is_clean, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_block_that_grows, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

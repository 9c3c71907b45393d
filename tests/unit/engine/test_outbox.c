/* Entries are read back in order, however they lie among other rows in the journal's batches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "coalition.h"
#include "wire/messages.h"

#define ENTRIES_MAX 4000u
#define BATCHES     60u
#define BATCH_MAX   40u
#define READINGS    200u

struct shop {
    struct brand a; /* whose entries they are */
    struct brand b;
    struct card_number card; /* of b */
    struct card_number own;  /* of a */
    struct uid ids[ENTRIES_MAX];
    size_t count;
    unsigned next;
    uint64_t seed;
};

/* Sebastiano Vigna's splitmix64. */
static unsigned draw(struct shop *shop, uint64_t below)
{
    uint64_t z = shop->seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((z ^ (z >> 31)) % below);
}

/* Earns for both brands' members: all of them the other's, some, or few. */
static void execute(struct shop *shop, size_t count, unsigned foreign_of_ten)
{
    static struct command commands[BATCH_MAX];
    static struct outcome outcomes[BATCH_MAX];
    for (size_t i = 0; i < count; i++) {
        bool is_foreign = draw(shop, 10) < foreign_of_ten;
        commands[i] = brand_command(&shop->a, COMMAND_EARN, shop->next++);
        commands[i].earn.card = is_foreign ? shop->card : shop->own;
        commands[i].earn.amount = money_of(1000);
        commands[i].earn.rate = (struct earn_rate){1, 100, ROUNDING_DOWN, 0};
        if (is_foreign) {
            assert_true(shop->count < ENTRIES_MAX);
            shop->ids[shop->count++] = commands[i].transaction_id;
        }
    }
    assert_int_equal(engine_execute_batch(shop->a.engine, commands, count, false, outcomes),
                     ERR_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(outcomes[i].verdict, VERDICT_OK);
    }
}

static int setup(void **state)
{
    static struct shop shop;
    struct uid unused;
    shop.seed = 20261;
    brand_init(&shop.a, 0);
    brand_init(&shop.b, 1);
    brand_open(&shop.a);
    brand_open(&shop.b);
    assert_int_equal(brand_enrol(&shop.b, 1, &unused, &shop.card).verdict, VERDICT_OK);
    assert_int_equal(brand_enrol(&shop.a, 2, &unused, &shop.own).verdict, VERDICT_OK);
    shop.next = 3;
    for (unsigned i = 0; i < BATCHES; i++) {
        execute(&shop, 1 + (size_t)draw(&shop, BATCH_MAX), i % 3 == 0 ? 10 : i % 3 == 1 ? 5 : 1);
    }
    *state = &shop;
    return 0;
}

static int teardown(void **state)
{
    struct shop *shop = *state;
    brand_fini(&shop->a);
    brand_fini(&shop->b);
    return 0;
}

struct taking {
    const struct shop *shop;
    uint64_t next;
    uint64_t left; /* before the visitor has enough */
};

static enum err take(void *context, const struct outbox_entry *entry)
{
    struct taking *taking = context;
    struct clearing_entry decoded;
    struct hash hash = entry_hash(entry->bytes);
    if (taking->left-- == 0) {
        return ERR_CANCELLED;
    }
    assert_int_equal(entry->number, taking->next++);
    assert_int_equal(wire_entry_decode(entry->bytes, &decoded, NULL), ERR_OK);
    assert_int_equal(decoded.number, entry->number);
    assert_true(uid_equal(&decoded.transaction_id, &taking->shop->ids[(size_t)entry->number - 1]));
    assert_true(hash_equal(&hash, &entry->hash));
    return ERR_OK;
}

static void test_any_range_is_read_in_order(void **state)
{
    struct shop *shop = *state;
    struct state_reader *reader;
    assert_true(shop->count > 300);
    assert_int_equal(state_reader_create(shop->a.state, &reader), ERR_OK);
    struct outbox_reader outbox;
    outbox_reader_init(&outbox, engine_journal(shop->a.engine), state_reader_view(reader));
    for (unsigned i = 0; i < READINGS; i++) {
        uint64_t first = 1 + draw(shop, shop->count);
        uint64_t count = draw(shop, shop->count - first + 2);
        struct taking taking = {shop, first, UINT64_MAX};
        assert_int_equal(outbox_read_many(&outbox, &shop->b.id, first, count, take, &taking),
                         ERR_OK);
        assert_int_equal(taking.next, first + count);
    }
    outbox_reader_fini(&outbox);
    state_reader_destroy(reader);
}

static void test_beyond_the_end_and_to_nobody(void **state)
{
    struct shop *shop = *state;
    struct state_reader *reader;
    struct taking taking = {shop, 1, UINT64_MAX};
    assert_int_equal(state_reader_create(shop->a.state, &reader), ERR_OK);
    struct outbox_reader outbox;
    outbox_reader_init(&outbox, engine_journal(shop->a.engine), state_reader_view(reader));
    assert_int_equal(outbox_read_many(&outbox, &shop->b.id, 1, shop->count + 1, take, &taking),
                     ERR_NOT_FOUND);
    assert_int_equal(taking.next, shop->count + 1);
    assert_int_equal(outbox_read_many(&outbox, &shop->a.id, 1, 1, take, &taking), ERR_NOT_FOUND);
    outbox_reader_fini(&outbox);
    state_reader_destroy(reader);
}

static void test_the_visitor_ends_it(void **state)
{
    struct shop *shop = *state;
    struct state_reader *reader;
    struct taking taking = {shop, 7, 5};
    assert_int_equal(state_reader_create(shop->a.state, &reader), ERR_OK);
    struct outbox_reader outbox;
    outbox_reader_init(&outbox, engine_journal(shop->a.engine), state_reader_view(reader));
    assert_int_equal(outbox_read_many(&outbox, &shop->b.id, 7, 100, take, &taking), ERR_CANCELLED);
    assert_int_equal(taking.next, 12);
    outbox_reader_fini(&outbox);
    state_reader_destroy(reader);
}

/* One record of a mark sends to every partner; here there is one. */
static void test_a_mark_follows(void **state)
{
    struct shop *shop = *state;
    struct state_reader *reader;
    struct command close = brand_command(&shop->a, COMMAND_CLOSE_PERIOD, shop->next++);
    close.close_period.period = (struct period){202610};
    assert_int_equal(engine_execute(shop->a.engine, &close).verdict, VERDICT_OK);
    shop->ids[shop->count++] = close.transaction_id;
    execute(shop, BATCH_MAX, 10);
    assert_int_equal(state_reader_create(shop->a.state, &reader), ERR_OK);
    struct outbox_reader outbox;
    outbox_reader_init(&outbox, engine_journal(shop->a.engine), state_reader_view(reader));
    struct taking taking = {shop, 1, UINT64_MAX};
    assert_int_equal(outbox_read_many(&outbox, &shop->b.id, 1, shop->count, take, &taking), ERR_OK);
    assert_int_equal(taking.next, shop->count + 1);
    outbox_reader_fini(&outbox);
    state_reader_destroy(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_range_is_read_in_order),
        cmocka_unit_test(test_beyond_the_end_and_to_nobody),
        cmocka_unit_test(test_the_visitor_ends_it),
        cmocka_unit_test(test_a_mark_follows),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

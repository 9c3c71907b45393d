/* Keys, and the tables in memory against a plain model. */
#include "ledger_test.h"

#include "ledger/memory_store.h"

static const struct uid id = {{0x11, 0x22, [15] = 0xff}};
static const struct partner_id bakery = {"bakery"};

static void assert_key(const struct ledger_key *key, const char *hex)
{
    char text[2 * LEDGER_KEY_MAX + 1];
    assert_string_equal(hex_format(key->bytes, key->length, text), hex);
}

#define UID_HEX    "112200000000000000000000000000ff"
#define BAKERY_HEX "62616b65727900000000000000000000"
#define NIL_HEX    "00000000000000000000000000000000"

static void test_golden_keys(void **state)
{
    (void)state;
    struct ledger_key key;
    const struct period october = {202610}; /* 0x00031772 */
    key_member(&id, &key);
    assert_key(&key, UID_HEX);
    key_card(&(struct card_number){"4539148803436467"}, &key);
    assert_key(&key, "3435333931343838303334333634363700000000");
    key_reference((const uint8_t *)"0123456789abcdef", &key);
    assert_key(&key, "30313233343536373839616263646566");
    key_id(&id, &key);
    assert_key(&key, UID_HEX);
    key_pool(&id, &(struct uid){{0}}, &key);
    assert_key(&key, UID_HEX NIL_HEX);
    key_account(&(struct account_ref){.kind = ACCOUNT_HELD, .member = id}, &key);
    assert_key(&key, "03" UID_HEX NIL_HEX "00000000");
    key_account(&(struct account_ref){ACCOUNT_PAYABLE, {{0}}, bakery, october}, &key);
    assert_key(&key, "06" NIL_HEX BAKERY_HEX "00031772");
    key_origin(&bakery, &id, &key);
    assert_key(&key, BAKERY_HEX UID_HEX);
    key_stream(STREAM_IN, &bakery, &key);
    assert_key(&key, "02" BAKERY_HEX);
    key_total(STREAM_OUT, &bakery, october, ENTRY_CAPTURE, 258, &key);
    assert_key(&key, "01" BAKERY_HEX "00031772"
                     "02"
                     "00000102");
    key_receipt(STREAM_OUT, &bakery, 3, &key);
    assert_key(&key, "01" BAKERY_HEX "0000000000000003");
    key_outbox(&bakery, 258, &key);
    assert_key(&key, BAKERY_HEX "0000000000000102");
    key_half(STREAM_OUT, &bakery, october, &key);
    assert_key(&key, "01" BAKERY_HEX "00031772");
    key_pair(&bakery, october, &key);
    assert_key(&key, BAKERY_HEX "00031772");
    key_due((struct unix_ms){258}, DUE_HOLD, &bakery, &id, &key);
    assert_key(&key, "000000000000010202" BAKERY_HEX UID_HEX);
    key_promotion(258, &bakery, &key);
    assert_key(&key, "00000102" BAKERY_HEX);
    key_funding(&bakery, 258, &key);
    assert_key(&key, BAKERY_HEX "00000102");
    key_meta(META_CARD_SERIAL, &key);
    assert_key(&key, "636172642d73657269616c");
}

static void test_keys_are_read_back(void **state)
{
    (void)state;
    struct ledger_key key;
    struct account_ref account;
    struct unix_ms time;
    enum due_kind kind;
    struct partner_id origin;
    struct uid read_id;
    key_account(&(struct account_ref){ACCOUNT_PAYABLE, {{0}}, bakery, {202610}}, &key);
    struct slice bytes = slice_of(key.bytes, key.length);
    assert_int_equal(key_account_parse(bytes, &account), ERR_OK);
    assert_int_equal(account.kind, ACCOUNT_PAYABLE);
    assert_true(uid_is_nil(&account.member));
    assert_true(partner_id_equal(&account.partner, &bakery));
    assert_int_equal(account.period.code, 202610);
    assert_int_equal(key_account_parse(slice_of(key.bytes, key.length - 1), &account), ERR_CORRUPT);
    key.bytes[17 + 15] = 'x'; /* behind the partner's end */
    assert_int_equal(key_account_parse(bytes, &account), ERR_CORRUPT);
    key_due((struct unix_ms){1700000000123}, DUE_HOLD, &bakery, &id, &key);
    bytes = slice_of(key.bytes, key.length);
    assert_int_equal(key_due_parse(bytes, &time, &kind, &origin, &read_id), ERR_OK);
    assert_int_equal(time.ms, 1700000000123);
    assert_int_equal(kind, DUE_HOLD);
    assert_true(partner_id_equal(&origin, &bakery));
    assert_true(uid_equal(&read_id, &id));
    key.bytes[8] = 3;
    assert_int_equal(key_due_parse(bytes, &time, &kind, &origin, &read_id), ERR_CORRUPT);
    key.bytes[8] = DUE_MEMBER;
    key.bytes[0] = 0x80;
    assert_int_equal(key_due_parse(bytes, &time, &kind, &origin, &read_id), ERR_CORRUPT);
}

enum {
    MODEL_KEYS = 3000,
    STEPS = 20000
};

struct model {
    size_t length[MODEL_KEYS]; /* 0: absent, else value length + 1 */
    uint8_t fill[MODEL_KEYS];
    size_t seen;
};

/* A table and a key for each number; tables share keys. */
static enum ledger_table table_of(size_t i)
{
    return (enum ledger_table)(1 + i % (TABLE_END - 1));
}

static struct slice key_of(size_t i, uint8_t bytes[4])
{
    put_u32_be(bytes, (uint32_t)i / (TABLE_END - 1));
    return slice_of(bytes, 4);
}

static enum err count_row(void *context, enum ledger_table table, struct slice key,
                          struct slice value)
{
    struct model *model = context;
    size_t i = 0;
    uint8_t bytes[4];
    while (i < MODEL_KEYS && (table_of(i) != table || !slice_equal(key_of(i, bytes), key))) {
        i++;
    }
    assert_true(i < MODEL_KEYS && model->length[i] == value.length + 1);
    model->seen++;
    return ERR_OK;
}

static enum err stop(void *context, enum ledger_table table, struct slice key, struct slice value)
{
    (void)context;
    (void)table;
    (void)key;
    (void)value;
    return ERR_CANCELLED;
}

static void assert_row(const struct ledger_store *store, const struct model *model, size_t i)
{
    uint8_t bytes[4];
    struct slice value;
    enum err err = store->view.get(store->view.context, table_of(i), key_of(i, bytes), &value);
    assert_int_equal(err, model->length[i] == 0 ? ERR_NOT_FOUND : ERR_OK);
    if (err == ERR_OK) {
        assert_int_equal(value.length + 1, model->length[i]);
        assert_true(value.length == 0 || value.at[value.length - 1] == model->fill[i]);
    }
}

static void test_memory_store(void **state)
{
    (void)state;
    struct rng rng = rng_of_run("store");
    struct model model = {0};
    struct memory_store *memory;
    size_t rows = 0;
    assert_int_equal(memory_store_create(&memory), ERR_OK);
    struct ledger_store store = memory_store_port(memory);
    for (size_t step = 0; step < STEPS; step++) {
        size_t i = rng_below(&rng, MODEL_KEYS);
        uint8_t bytes[4];
        uint8_t value[50];
        if (rng_below(&rng, 3) == 0) {
            assert_int_equal(store.del(store.context, table_of(i), key_of(i, bytes)), ERR_OK);
            rows -= model.length[i] != 0 ? 1 : 0;
            model.length[i] = 0;
        } else {
            size_t length = rng_below(&rng, sizeof value);
            model.fill[i] = (uint8_t)rng_next(&rng);
            memset(value, model.fill[i], sizeof value);
            rows += model.length[i] == 0 ? 1 : 0;
            model.length[i] = length + 1;
            assert_int_equal(
                store.put(store.context, table_of(i), key_of(i, bytes), slice_of(value, length)),
                ERR_OK);
        }
        assert_row(&store, &model, i);
        assert_row(&store, &model, rng_below(&rng, MODEL_KEYS));
        assert_int_equal(memory_store_rows(memory), rows);
    }
    assert_int_equal(memory_store_each(memory, count_row, &model), ERR_OK);
    assert_int_equal(model.seen, rows);
    assert_int_equal(memory_store_each(memory, stop, NULL), ERR_CANCELLED);
    memory_store_destroy(memory);
    memory_store_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_keys),
        cmocka_unit_test(test_keys_are_read_back),
        cmocka_unit_test(test_memory_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Journal batches: sealed, opened, and with every byte changed in turn. */
#include "ledger_test.h"

#include "crypto/signing.h"

enum {
    RECORDS = 3,
    FIRST_ROW = 40,
    HEAD_BYTES = 80,
    TABLE_ROW_BYTES = 12,
    TAIL_BYTES = 96
};

struct world {
    struct signing_key key;
    struct key_signer key_signer;
    struct signer signer;
    struct buffer bytes;
    struct hash hash;
};

static const struct hash previous = {{0xab, 0xcd}};

static struct record record_of(uint64_t row)
{
    static const uint8_t body[64] = {3, 1, 4, 1, 5};
    return (struct record){.row = row,
                           .kind = COMMAND_EARN,
                           .origin = {"bakery"},
                           .transaction_id = {{(uint8_t)row}},
                           .body = slice_of(body, row % sizeof body),
                           .answer = {.row = row}};
}

static int setup(void **state)
{
    static const uint8_t seed[SIGNING_SEED_BYTES] = {42};
    struct world *w = calloc(1, sizeof *w);
    struct batch_builder builder = {0};
    assert_non_null(w);
    signing_key_from_seed(seed, &w->key);
    assert_int_equal(key_signer_init(&w->key_signer, &w->key, "testers", &w->signer), ERR_OK);
    batch_begin(&builder, FIRST_ROW);
    for (uint64_t i = 0; i < RECORDS; i++) {
        struct record record = record_of(FIRST_ROW + i);
        batch_add(&builder, &record);
    }
    assert_int_equal(batch_seal(&builder, &w->signer, 6, (struct unix_ms){1700000000123}, &previous,
                                &w->bytes, &w->hash),
                     ERR_OK);
    batch_builder_fini(&builder);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    buffer_fini(&w->bytes);
    signing_key_fini(&w->key);
    free(w);
    return 0;
}

static void test_a_batch_comes_back(void **state)
{
    struct world *w = *state;
    struct batch_view batch;
    struct slice bytes;
    struct record record;
    uint64_t bad_row = 0;
    assert_int_equal(batch_open(buffer_slice(&w->bytes), &batch), ERR_OK);
    assert_int_equal(batch.first_row, FIRST_ROW);
    assert_int_equal(batch.count, RECORDS);
    assert_int_equal(batch.time.ms, 1700000000123);
    assert_int_equal(batch.charter_epoch, 6);
    assert_true(hash_equal(&batch.previous, &previous));
    assert_true(hash_equal(&batch.hash, &w->hash));
    assert_true(key_id_equal(&batch.key_id, &w->signer.key_id));
    assert_int_equal(batch_check(&batch, &bad_row, NULL), ERR_OK);
    for (uint32_t i = 0; i < RECORDS; i++) {
        assert_int_equal(batch_record(&batch, i, &bytes), ERR_OK);
        assert_int_equal(record_decode(bytes, &record), ERR_OK);
        assert_int_equal(record.row, FIRST_ROW + i);
        assert_int_equal(record.answer.row, FIRST_ROW + i);
    }
    assert_int_equal(batch_record(&batch, RECORDS, &bytes), ERR_NOT_FOUND);
    struct signing_scope scope = {"testers", PURPOSE_JOURNAL_HEAD, 6};
    assert_int_equal(signing_verify(&w->signer.public_key, &scope,
                                    slice_of(batch.hash.bytes, sizeof batch.hash.bytes),
                                    &batch.signature),
                     ERR_OK);
}

/* The rows that a change at this place may be named by. */
struct rows {
    uint64_t from;
    uint64_t to;
};

static struct rows rows_at(const struct batch_view *batch, size_t at, size_t length)
{
    size_t table = at - HEAD_BYTES;
    if (at < HEAD_BYTES || at >= length - TAIL_BYTES) {
        return (struct rows){FIRST_ROW, FIRST_ROW};
    }
    if (table < RECORDS * TABLE_ROW_BYTES) {
        uint64_t row = FIRST_ROW + table / TABLE_ROW_BYTES;
        bool is_offset = table % TABLE_ROW_BYTES < 4; /* also the end of the row before */
        return (struct rows){is_offset && row > FIRST_ROW ? row - 1 : row, row};
    }
    size_t offset = table - RECORDS * TABLE_ROW_BYTES;
    for (uint32_t i = 0; i < RECORDS; i++) {
        struct slice record;
        assert_int_equal(batch_record(batch, i, &record), ERR_OK);
        if (offset < (size_t)(record.at - batch->records.at) + record.length) {
            return (struct rows){FIRST_ROW + i, FIRST_ROW + i};
        }
    }
    fail();
    return (struct rows){0, 0};
}

static void test_every_changed_byte_is_found_in_its_row(void **state)
{
    struct world *w = *state;
    struct batch_view sound;
    struct batch_view batch;
    struct signing_scope scope = {"testers", PURPOSE_JOURNAL_HEAD, 6};
    size_t length = w->bytes.length;
    uint8_t *copy = malloc(length);
    assert_non_null(copy);
    assert_int_equal(batch_open(buffer_slice(&w->bytes), &sound), ERR_OK);
    for (size_t at = 0; at < length; at++) {
        struct rows rows = rows_at(&sound, at, length);
        uint64_t bad_row = 0;
        memcpy(copy, w->bytes.at, length);
        copy[at] ^= 1;
        enum err err = batch_open(slice_of(copy, length), &batch);
        if (err != ERR_OK) { /* the frame no longer adds up */
            assert_true(at < 24);
            continue;
        }
        err = batch_check(&batch, &bad_row, NULL);
        if (at >= length - 64) {
            assert_int_equal(err, ERR_OK);
            assert_int_equal(signing_verify(&w->signer.public_key, &scope,
                                            slice_of(batch.hash.bytes, sizeof batch.hash.bytes),
                                            &batch.signature),
                             ERR_SIGNATURE);
            continue;
        }
        assert_int_equal(err, ERR_CORRUPT);
        if (at >= 8 && at < 16) { /* the first row's number itself was changed */
            assert_int_equal(bad_row, batch.first_row);
        } else if (bad_row < rows.from || bad_row > rows.to) {
            fail_msg("byte %zu: row %llu instead of %llu", at, (unsigned long long)bad_row,
                     (unsigned long long)rows.from);
        }
    }
    free(copy);
}

static void test_every_truncation_is_refused(void **state)
{
    struct world *w = *state;
    struct batch_view batch;
    for (size_t length = 0; length < w->bytes.length; length++) {
        assert_int_equal(batch_open(slice_of(w->bytes.at, length), &batch), ERR_CORRUPT);
    }
    write_u8(&w->bytes, 0);
    assert_int_equal(batch_open(buffer_slice(&w->bytes), &batch), ERR_CORRUPT);
    w->bytes.length--;
    w->bytes.at[6] = 1;
    assert_int_equal(batch_open(buffer_slice(&w->bytes), &batch), ERR_UNSUPPORTED);
}

/* The whole of a small batch; another byte anywhere is another format version. */
static void test_golden_head(void **state)
{
    struct world *w = *state;
    char text[2 * (HEAD_BYTES + TABLE_ROW_BYTES) + 1];
    char hash[HASH_TEXT_MAX];
    hex_format(w->bytes.at, HEAD_BYTES + TABLE_ROW_BYTES, text);
    assert_string_equal(
        text, "54414c45414a0200280000000000000003000000ea0000007b68e5cf8b0100000600000000000000"
              "abcd000000000000000000000000000000000000000000000000000000000000"
              "474aeb41c186c4f5000000006c913f036029c9e0");
    assert_string_equal(hash_format(&w->hash, hash),
                        "2c7cdb3942eecd7e41f5d8628937b9c07d23a081d5fe83cd9311dd5f22059bcf");
}

static enum err sign_nothing(void *context, enum purpose purpose, uint64_t epoch,
                             struct slice payload, struct signature *out_signature)
{
    (void)context;
    (void)purpose;
    (void)epoch;
    (void)payload;
    (void)out_signature;
    return ERR_UNAVAILABLE;
}

static void test_errors_leave_nothing_behind(void **state)
{
    struct world *w = *state;
    struct batch_builder builder = {0};
    struct record record = record_of(1);
    struct signer away = {.sign = sign_nothing};
    struct hash hash = {{1}};
    size_t before = w->bytes.length;
    batch_begin(&builder, 1);
    batch_add(&builder, &record);
    assert_int_equal(
        batch_seal(&builder, &away, 1, (struct unix_ms){0}, &previous, &w->bytes, &hash),
        ERR_UNAVAILABLE);
    assert_int_equal(w->bytes.length, before);
    assert_int_equal(hash.bytes[0], 1);
    batch_begin(&builder, 1);
    for (uint64_t i = 0; i <= LIMIT_BATCH_RECORDS; i++) {
        record = record_of(1 + i);
        batch_add(&builder, &record);
        if (i < LIMIT_BATCH_RECORDS) {
            assert_int_equal(builder.count, i + 1);
        }
    }
    assert_int_equal(
        batch_seal(&builder, &w->signer, 1, (struct unix_ms){0}, &previous, &w->bytes, &hash),
        ERR_RESOURCE);
    batch_builder_fini(&builder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_batch_comes_back),          TEST(test_every_changed_byte_is_found_in_its_row),
        TEST(test_every_truncation_is_refused), TEST(test_golden_head),
        TEST(test_errors_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "samples.h"
#include "talea/v1/peer.pb-c.h"
#include "wire/signed.h"

/* protoc --encode=talea.v1.Signed of the message below. */
static const char golden[] =
    "0a09612070726f6d6973651208010203040506070818ac0220072a40808182838485868788898a8b"
    "8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3"
    "b4b5b6b7b8b9babbbcbdbebf";

static struct signed_message message_of(struct slice payload)
{
    struct signed_message message = {
        .payload = payload, .charter_epoch = 300, .purpose = PURPOSE_HOLD_GRANT};
    for (unsigned i = 0; i < 8; i++) {
        message.key_id.bytes[i] = (uint8_t)(1 + i);
    }
    for (unsigned i = 0; i < 64; i++) {
        message.signature.bytes[i] = (uint8_t)(0x80 + i);
    }
    return message;
}

static void test_golden(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer expected = {0};
    CLEANUP(buffer_fini) struct buffer encoded = {0};
    struct signed_message message = message_of(slice_of("a promise", 9));
    sample_bytes(golden, &expected);
    assert_int_equal(signed_encode(&message, &encoded), ERR_OK);
    assert_true(slice_equal(buffer_slice(&encoded), buffer_slice(&expected)));

    struct signed_message back;
    assert_int_equal(signed_decode(buffer_slice(&encoded), &back), ERR_OK);
    assert_ptr_equal(back.payload.at, encoded.at + 2);
    assert_int_equal(back.payload.length, 9);
    assert_memory_equal(&back.key_id, &message.key_id, sizeof back.key_id);
    assert_memory_equal(&back.signature, &message.signature, sizeof back.signature);
    assert_int_equal(back.charter_epoch, 300);
    assert_int_equal(back.purpose, PURPOSE_HOLD_GRANT);
}

/* The generated code reads what is written here by hand. */
static void test_generated_code_agrees(void **state)
{
    (void)state;
    static const uint64_t epochs[] = {0, 1, 127, 128, UINT64_MAX};
    static uint8_t payload[70000];
    for (size_t i = 0; i < sizeof epochs / sizeof epochs[0]; i++) {
        CLEANUP(buffer_fini) struct buffer bytes = {0};
        struct signed_message message = message_of(slice_of(payload, 1 + i * 17000));
        message.charter_epoch = epochs[i];
        assert_int_equal(signed_encode(&message, &bytes), ERR_OK);
        Talea__V1__Signed *m = talea__v1__signed__unpack(NULL, bytes.length, bytes.at);
        assert_non_null(m);
        assert_int_equal(m->payload.len, message.payload.length);
        assert_true(m->charter_epoch == epochs[i]);
        assert_int_equal(m->purpose, TALEA__V1__PURPOSE__PURPOSE_HOLD_GRANT);
        assert_int_equal(talea__v1__signed__get_packed_size(m), bytes.length);
        talea__v1__signed__free_unpacked(m, NULL);
        struct signed_message back;
        assert_int_equal(signed_decode(buffer_slice(&bytes), &back), ERR_OK);
        assert_true(back.charter_epoch == epochs[i]);
    }
}

static enum err decode_copy(struct slice bytes)
{
    uint8_t *copy = malloc(bytes.length + 1);
    assert_non_null(copy);
    memcpy(copy, bytes.at, bytes.length);
    struct signed_message message = {.charter_epoch = 4711};
    copy = realloc(copy, bytes.length == 0 ? 1 : bytes.length);
    enum err err = signed_decode(slice_of(copy, bytes.length), &message);
    assert_true(err == ERR_OK || (err == ERR_INPUT && message.charter_epoch == 4711));
    free(copy);
    return err;
}

static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    sample_bytes(golden, &bytes);
    for (size_t length = 0; length < bytes.length; length++) {
        assert_int_equal(decode_copy(slice_of(bytes.at, length)), ERR_INPUT);
    }
    assert_int_equal(decode_copy(buffer_slice(&bytes)), ERR_OK);
    write_u8(&bytes, 0);
    assert_int_equal(decode_copy(buffer_slice(&bytes)), ERR_INPUT);
}

static void test_other_ways_to_write_it_are_refused(void **state)
{
    (void)state;
    static const char key[] = "12080102030405060708";
    static const char signature[] =
        "2a40808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5"
        "a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf";
    static const struct {
        const char *parts[6];
        enum err err;
    } cases[] = {
        {{"0a0161", key, "1801", "2007", signature}, ERR_OK},
        {{"0a0161", key, "2007", signature}, ERR_OK},              /* epoch 0 */
        {{"0a0161", key, "1800", "2007", signature}, ERR_INPUT},   /* epoch 0, written out */
        {{"0a0161", key, "188100", "2007", signature}, ERR_INPUT}, /* padded */
        {{"0a810061", key, "1801", "2007", signature}, ERR_INPUT}, /* padded */
        {{"0a00", key, "1801", "2007", signature}, ERR_INPUT},     /* no payload */
        {{key, "1801", "2007", signature}, ERR_INPUT},
        {{"0a0161", "0a0161", key, "1801", "2007", signature}, ERR_INPUT}, /* twice */
        {{"0a0161", "120701020304050607", "1801", "2007", signature}, ERR_INPUT},
        {{"0a0161", key, "1801", signature}, ERR_INPUT}, /* no purpose */
        {{"0a0161", key, "1801", "2000", signature}, ERR_INPUT},
        {{"0a0161", key, "1801", "207f", signature}, ERR_INPUT},         /* not in the registry */
        {{"0a0161", key, "1801", "208780808010", signature}, ERR_INPUT}, /* beyond 32 bits */
        {{"0a0161", key, "1801", "2007"}, ERR_INPUT},
        {{key, "0a0161", "1801", "2007", signature}, ERR_INPUT},         /* another order */
        {{"0a0161", key, "1801", "2007", signature, "3001"}, ERR_INPUT}, /* unknown field */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP(buffer_fini) struct buffer bytes = {0};
        for (size_t p = 0; p < 6 && cases[i].parts[p] != NULL; p++) {
            CLEANUP(buffer_fini) struct buffer part = {0};
            sample_bytes(cases[i].parts[p], &part);
            write_bytes(&bytes, part.at, part.length);
        }
        if (decode_copy(buffer_slice(&bytes)) != cases[i].err) {
            fail_msg("case %zu", i);
        }
    }
}

static void test_bounds(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    uint8_t *payload = calloc(1, LIMIT_SIGNED_BYTES + 1);
    assert_non_null(payload);
    struct signed_message message = message_of(slice_of(payload, LIMIT_SIGNED_BYTES));
    assert_int_equal(signed_encode(&message, &bytes), ERR_RANGE);
    message.payload.length = LIMIT_SIGNED_BYTES - 84;
    assert_int_equal(signed_encode(&message, &bytes), ERR_RANGE);
    message.payload.length = LIMIT_SIGNED_BYTES - 85;
    assert_int_equal(signed_encode(&message, &bytes), ERR_OK);
    assert_int_equal(decode_copy(buffer_slice(&bytes)), ERR_OK);
    message.payload.length = 0;
    assert_int_equal(signed_encode(&message, &bytes), ERR_INPUT);
    message.payload.length = 1;
    message.purpose = (enum purpose)0;
    assert_int_equal(signed_encode(&message, &bytes), ERR_INPUT);
    free(payload);
}

static void test_signed_and_verified(void **state)
{
    (void)state;
    struct signing_key key;
    struct signing_key other;
    uint8_t seed[SIGNING_SEED_BYTES] = {1};
    signing_key_from_seed(seed, &key);
    seed[0] = 2;
    signing_key_from_seed(seed, &other);
    struct key_signer adapter;
    struct signer signer;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    assert_int_equal(key_signer_init(&adapter, &key, "demo", &signer), ERR_OK);
    assert_int_equal(signed_make(&signer, 3, PURPOSE_STATEMENT, slice_of("x", 1), &bytes), ERR_OK);
    struct signed_message m;
    assert_int_equal(signed_decode(buffer_slice(&bytes), &m), ERR_OK);
    const struct public_key *public = &key.public_key;
    assert_int_equal(signed_verify(&m, "demo", PURPOSE_STATEMENT, public), ERR_OK);
    assert_int_equal(signed_verify(&m, "demi", PURPOSE_STATEMENT, public), ERR_SIGNATURE);
    assert_int_equal(signed_verify(&m, "demo", PURPOSE_STATEMENT_COUNTERSIGN, public),
                     ERR_SIGNATURE);
    assert_int_equal(signed_verify(&m, "demo", PURPOSE_STATEMENT, &other.public_key),
                     ERR_SIGNATURE);
    struct signed_message changed = m;
    changed.key_id.bytes[0] ^= 1;
    assert_int_equal(signed_verify(&changed, "demo", PURPOSE_STATEMENT, public), ERR_SIGNATURE);
    changed = m;
    changed.charter_epoch++;
    assert_int_equal(signed_verify(&changed, "demo", PURPOSE_STATEMENT, public), ERR_SIGNATURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_generated_code_agrees),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_other_ways_to_write_it_are_refused),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_signed_and_verified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Public test vectors against our adapter. They lie in the folder that the environment names in
 * TALEA_VECTORS, or in the one the build was given; where there is none, the tests are skipped.
 *
 * Ed25519 verifiers differ on edge cases. Our side (libsodium 1.0.18, not built for compatibility):
 *  - R or the public key of small order: refused;
 *  - a public key or an R that is not encoded canonically: refused;
 *  - S not below the group order: refused;
 *  - the equation without the cofactor: what holds only after multiplying by 8 is refused;
 *  - a public key or an R of mixed order (with a part of small order) for which the equation holds
 *    without the cofactor: accepted. Only a key made on purpose is like that, and public_key_parse
 *    refuses it, so it enters no roster.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/ident.h"
#include "crypto/ed25519.h"

#define PATH_BYTES    1024
#define MESSAGE_BYTES 2048

/* Opens a file of the vectors, or skips the test. */
static FILE *vectors_open(const char *name)
{
    const char *folder = getenv("TALEA_VECTORS");
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : TALEA_VECTORS, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        print_message("skipped: no %s\n", path);
        skip();
    }
    return file;
}

static json_t *vectors_load(const char *name)
{
    FILE *file = vectors_open(name);
    json_error_t error;
    json_t *root = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
    fclose(file);
    assert_non_null(root);
    return root;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    assert_non_null(text);
    return text;
}

static size_t bytes_of_hex(const char *hex, uint8_t out_bytes[MESSAGE_BYTES])
{
    size_t length = strlen(hex) / 2;
    assert_true(length <= MESSAGE_BYTES);
    assert_int_equal(hex_parse(hex, out_bytes, length), ERR_OK);
    return length;
}

static bool has_flag(const json_t *flags, const char *name)
{
    for (size_t i = 0; i < json_array_size(flags); i++) {
        if (strcmp(json_string_value(json_array_get(flags, i)), name) == 0) {
            return true;
        }
    }
    return false;
}

/* A signature of another length than 64 bytes never reaches the primitive: its type forbids it. */
static bool wycheproof_verifies(const struct public_key *key, const json_t *test)
{
    uint8_t message[MESSAGE_BYTES];
    size_t length = bytes_of_hex(text_of(test, "msg"), message);
    struct signature signature;
    if (hex_parse(text_of(test, "sig"), signature.bytes, sizeof signature.bytes) != ERR_OK) {
        return false;
    }
    return ed25519_verifies(key, slice_of(message, length), &signature);
}

static void test_wycheproof(void **state)
{
    (void)state;
    json_t *root = vectors_load("wycheproof_ed25519_test.json");
    const json_t *groups = json_object_get(root, "testGroups");
    unsigned valid = 0;
    unsigned invalid = 0;
    for (size_t i = 0; i < json_array_size(groups); i++) {
        const json_t *group = json_array_get(groups, i);
        const json_t *tests = json_object_get(group, "tests");
        struct public_key key;
        assert_int_equal(public_key_parse(text_of(json_object_get(group, "publicKey"), "pk"), &key),
                         ERR_OK);
        for (size_t j = 0; j < json_array_size(tests); j++) {
            const json_t *test = json_array_get(tests, j);
            bool is_valid = strcmp(text_of(test, "result"), "valid") == 0;
            if (wycheproof_verifies(&key, test) != is_valid) {
                fail_msg("case %d: expected %s",
                         (int)json_integer_value(json_object_get(test, "tcId")),
                         text_of(test, "result"));
            }
            valid += is_valid;
            invalid += !is_valid;
        }
    }
    assert_int_equal(valid, 88);
    assert_int_equal(invalid, 63);
    json_decref(root);
}

/* One row: n, seed, public key, message, signature. */
static void check_sign_row(char *row)
{
    char *fields[5] = {0};
    for (unsigned i = 0; i < 5; i++) {
        fields[i] = strsep(&row, ",\r\n");
        assert_non_null(fields[i]);
    }
    uint8_t seed[SIGNING_SEED_BYTES];
    uint8_t message[MESSAGE_BYTES];
    assert_int_equal(hex_parse(fields[1], seed, sizeof seed), ERR_OK);
    size_t length = bytes_of_hex(fields[3], message);
    struct signing_key key;
    signing_key_from_seed(seed, &key);
    char text[2 * sizeof(struct signature) + 1];
    assert_string_equal(public_key_format(&key.public_key, text), fields[2]);

    struct signature signature = ed25519_sign(&key, slice_of(message, length));
    assert_string_equal(hex_format(signature.bytes, sizeof signature.bytes, text), fields[4]);
    assert_true(ed25519_verifies(&key.public_key, slice_of(message, length), &signature));
    signature.bytes[length % 64] ^= 1;
    assert_false(ed25519_verifies(&key.public_key, slice_of(message, length), &signature));
}

static void test_signing_reproduces(void **state)
{
    (void)state;
    FILE *file = vectors_open("sign_input_1024.csv");
    char row[2 * MESSAGE_BYTES + 512];
    assert_non_null(fgets(row, sizeof row, file));
    unsigned rows = 0;
    while (fgets(row, sizeof row, file) != NULL) {
        check_sign_row(row);
        rows++;
    }
    assert_int_equal(rows, 1024);
    fclose(file);
}

/* What a case's flags mean on our side. */
static bool cctv_should_verify(const json_t *flags)
{
    static const char *const refused[] = {"low_order_R",     "low_order_A", "non_canonical_R",
                                          "non_canonical_A", "reencoded_k", "low_order_residue"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (has_flag(flags, refused[i])) {
            return false;
        }
    }
    return true;
}

static void test_cctv_edge_cases(void **state)
{
    (void)state;
    json_t *root = vectors_load("cctv_ed25519vectors.json");
    unsigned accepted = 0;
    for (size_t i = 0; i < json_array_size(root); i++) {
        const json_t *test = json_array_get(root, i);
        struct public_key key;
        struct signature signature;
        const char *message = text_of(test, "msg");
        assert_int_equal(hex_parse(text_of(test, "key"), key.bytes, sizeof key.bytes), ERR_OK);
        assert_int_equal(hex_parse(text_of(test, "sig"), signature.bytes, sizeof signature.bytes),
                         ERR_OK);
        bool does = ed25519_verifies(&key, slice_of(message, strlen(message)), &signature);
        if (does != cctv_should_verify(json_object_get(test, "flags"))) {
            fail_msg("case %zu: verified %d against its flags", i, does);
        }
        accepted += does;
    }
    assert_int_equal(json_array_size(root), 914);
    assert_int_equal(accepted, 43);
    json_decref(root);
}

/* Of the twelve cases only number 3 (key and R of mixed order, good without the cofactor) passes:
 * 0-2 have small order, 4 and 5 need the cofactor, 6 and 7 have S too large, 8-11 encodings. */
static void test_speccheck_cases(void **state)
{
    (void)state;
    json_t *root = vectors_load("speccheck_cases.json");
    assert_int_equal(json_array_size(root), 12);
    for (size_t i = 0; i < json_array_size(root); i++) {
        const json_t *test = json_array_get(root, i);
        struct public_key key;
        struct signature signature;
        uint8_t message[MESSAGE_BYTES];
        size_t length = bytes_of_hex(text_of(test, "message"), message);
        assert_int_equal(hex_parse(text_of(test, "pub_key"), key.bytes, sizeof key.bytes), ERR_OK);
        assert_int_equal(
            hex_parse(text_of(test, "signature"), signature.bytes, sizeof signature.bytes), ERR_OK);
        assert_int_equal(ed25519_verifies(&key, slice_of(message, length), &signature), i == 3);
    }
    /* The key of the accepted case is none that we would take. */
    struct public_key key;
    assert_int_equal(public_key_parse(text_of(json_array_get(root, 3), "pub_key"), &key),
                     ERR_INPUT);
    json_decref(root);
}

/* RFC 9562, appendix A.6: rand_a is 0xCC3, rand_b 0x18C4DC0C0C07398F. */
static void check_uid_row(char *row)
{
    char *fields[5] = {0};
    for (unsigned i = 0; i < 5; i++) {
        fields[i] = strsep(&row, ",\r\n");
        assert_non_null(fields[i]);
    }
    struct uid parsed;
    assert_int_equal(uid_parse(fields[1], &parsed), ERR_OK);
    char text[UID_TEXT_MAX];
    assert_int_equal(strcasecmp(uid_format(&parsed, text), fields[1]), 0);
    if (strcmp(fields[0], "7") != 0) {
        return;
    }
    uint8_t randomness[10];
    uint64_t head = strtoull(fields[3], NULL, 16);
    uint64_t tail = strtoull(fields[4], NULL, 16);
    randomness[0] = (uint8_t)(head >> 8);
    randomness[1] = (uint8_t)head;
    put_u64_be(randomness + 2, tail);
    struct uid made = uid_v7(strtoll(fields[2], NULL, 10), randomness);
    assert_int_equal(strcasecmp(uid_format(&made, text), fields[1]), 0);
}

static void test_rfc9562_identifiers(void **state)
{
    (void)state;
    FILE *file = vectors_open("rfc9562_vectors.csv");
    char row[512];
    assert_non_null(fgets(row, sizeof row, file));
    unsigned rows = 0;
    while (fgets(row, sizeof row, file) != NULL) {
        check_uid_row(row);
        rows++;
    }
    assert_int_equal(rows, 8);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wycheproof),          cmocka_unit_test(test_signing_reproduces),
        cmocka_unit_test(test_cctv_edge_cases),     cmocka_unit_test(test_speccheck_cases),
        cmocka_unit_test(test_rfc9562_identifiers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "crypto/signing.h"

static struct signing_key key_of(uint8_t first)
{
    uint8_t seed[SIGNING_SEED_BYTES];
    for (size_t i = 0; i < sizeof seed; i++) {
        seed[i] = (uint8_t)(first + i);
    }
    struct signing_key key;
    signing_key_from_seed(seed, &key);
    return key;
}

static const struct signing_scope scope = {
    .coalition = "highstreet", .purpose = PURPOSE_HOLD_GRANT, .epoch = 42};

static struct slice payload(void)
{
    return slice_of("a promise", 9);
}

static struct signature signed_payload(const struct signing_key *key)
{
    struct signature signature;
    assert_int_equal(signing_sign(key, &scope, payload(), &signature), ERR_OK);
    return signature;
}

/* Composed and signed by another implementation (Python's struct and cryptography). */
static void test_known_answers(void **state)
{
    (void)state;
    struct signing_key key = key_of(0);
    char text[2 * sizeof(struct signature) + 1];
    assert_string_equal(public_key_format(&key.public_key, text),
                        "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8");
    assert_string_equal(key_id_format(&key.id, text), "59b156b01d6f98be");

    struct signature signature = signed_payload(&key);
    assert_string_equal(hex_format(signature.bytes, sizeof signature.bytes, text),
                        "eaa1885cf00d5fcc74c19fc1c7dfa5af41b6c91e0af3e32c56d64a6ede3724e4"
                        "f442e4e65c2289e178bae9ab3e6a3cf0928a815a635c32a63ac839bc8ac5f80f");
    struct signing_scope charter = {
        .coalition = "highstreet", .purpose = PURPOSE_CHARTER, .epoch = 1};
    assert_int_equal(signing_sign(&key, &charter, slice_of(NULL, 0), &signature), ERR_OK);
    assert_string_equal(hex_format(signature.bytes, sizeof signature.bytes, text),
                        "e1195e9088c6b93e179d7a1a1250dc5c88f357d66344a3d0aab532a6ad71bd8d"
                        "0ca66579867e130f5f638abe9563267d7c45149e384a83c3a2ec6afb7b9d2509");
}

static void test_flipped_payload_bit(void **state)
{
    (void)state;
    struct signing_key key = key_of(0);
    struct signature signature = signed_payload(&key);
    assert_int_equal(signing_verify(&key.public_key, &scope, payload(), &signature), ERR_OK);
    for (unsigned bit = 0; bit < 9 * 8; bit++) {
        uint8_t changed[9];
        memcpy(changed, payload().at, sizeof changed);
        changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(
            signing_verify(&key.public_key, &scope, slice_of(changed, sizeof changed), &signature),
            ERR_SIGNATURE);
    }
    struct slice shorter = slice_of(payload().at, payload().length - 1);
    assert_int_equal(signing_verify(&key.public_key, &scope, shorter, &signature), ERR_SIGNATURE);
}

static void test_flipped_signature_bit(void **state)
{
    (void)state;
    struct signing_key key = key_of(0);
    struct signature signature = signed_payload(&key);
    for (unsigned bit = 0; bit < 8 * sizeof signature.bytes; bit++) {
        struct signature changed = signature;
        changed.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(signing_verify(&key.public_key, &scope, payload(), &changed),
                         ERR_SIGNATURE);
    }
}

static void test_every_other_purpose(void **state)
{
    (void)state;
    struct signing_key key = key_of(0);
    struct signature signature = signed_payload(&key);
    for (uint32_t number = 1; number <= PURPOSE_LAST; number++) {
        struct signing_scope other = scope;
        if (!purpose_is_known(number)) { /* the numbers leave gaps */
            continue;
        }
        assert_int_equal(purpose_of(number, &other.purpose), ERR_OK);
        assert_int_equal(signing_verify(&key.public_key, &other, payload(), &signature),
                         other.purpose == scope.purpose ? ERR_OK : ERR_SIGNATURE);
    }
}

static void test_other_epoch(void **state)
{
    (void)state;
    struct signing_key key = key_of(0);
    struct signature signature = signed_payload(&key);
    static const uint64_t epochs[] = {0, 41, 43, UINT64_C(42) << 32, UINT64_MAX};
    for (size_t i = 0; i < sizeof epochs / sizeof epochs[0]; i++) {
        struct signing_scope other = scope;
        other.epoch = epochs[i];
        assert_int_equal(signing_verify(&key.public_key, &other, payload(), &signature),
                         ERR_SIGNATURE);
    }
}

static void test_other_coalition(void **state)
{
    (void)state;
    struct signing_key key = key_of(0);
    struct signature signature = signed_payload(&key);
    static const char *const names[] = {"highstree", "highstreets", "Highstreet", "mall"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct signing_scope other = scope;
        other.coalition = names[i];
        assert_int_equal(signing_verify(&key.public_key, &other, payload(), &signature),
                         ERR_SIGNATURE);
    }
}

static void test_other_key(void **state)
{
    (void)state;
    struct signing_key key = key_of(0);
    struct signing_key other = key_of(1);
    struct signature signature = signed_payload(&key);
    assert_false(key_id_equal(&key.id, &other.id));
    assert_int_equal(signing_verify(&other.public_key, &scope, payload(), &signature),
                     ERR_SIGNATURE);
}

static void test_bare_signature_is_not_a_signed_one(void **state)
{
    (void)state;
    struct signing_key key = key_of(0);
    struct signature signature = ed25519_sign(&key, payload());
    assert_true(ed25519_verifies(&key.public_key, payload(), &signature));
    assert_int_equal(signing_verify(&key.public_key, &scope, payload(), &signature), ERR_SIGNATURE);
}

static void test_bad_scopes_are_refused(void **state)
{
    (void)state;
    struct signing_key key = key_of(0);
    char long_name[SIGNING_COALITION_MAX + 2];
    memset(long_name, 'a', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    struct signature signature;
    memset(&signature, 0x5a, sizeof signature);
    struct signature untouched = signature;
    struct signing_scope bad[] = {scope, scope, scope, scope};
    bad[0].coalition = "";
    bad[1].coalition = long_name;
    bad[2].purpose = (enum purpose)0;
    bad[3].purpose = (enum purpose)(PURPOSE_LAST + 1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(signing_sign(&key, &bad[i], payload(), &signature), ERR_INPUT);
        assert_int_equal(signing_verify(&key.public_key, &bad[i], payload(), &signature),
                         ERR_INPUT);
    }
    assert_memory_equal(&signature, &untouched, sizeof signature);
}

static void test_payload_bounds(void **state)
{
    (void)state;
    struct signing_key key = key_of(0);
    uint8_t *bytes = calloc(1, LIMIT_CHARTER_BYTES + 1);
    assert_non_null(bytes);
    struct signing_scope charter = scope;
    charter.purpose = PURPOSE_CHARTER;
    struct signature signature;
    struct slice most = slice_of(bytes, LIMIT_SIGNED_BYTES);
    struct slice most_charter = slice_of(bytes, LIMIT_CHARTER_BYTES);
    assert_int_equal(signing_sign(&key, &scope, most, &signature), ERR_OK);
    assert_int_equal(signing_verify(&key.public_key, &scope, most, &signature), ERR_OK);
    most.length++;
    assert_int_equal(signing_sign(&key, &scope, most, &signature), ERR_RANGE);
    assert_int_equal(signing_sign(&key, &charter, most_charter, &signature), ERR_OK);
    most_charter.length++;
    assert_int_equal(signing_sign(&key, &charter, most_charter, &signature), ERR_RANGE);
    free(bytes);
}

static void test_port_over_a_key(void **state)
{
    (void)state;
    struct signing_key key = key_of(0);
    struct key_signer adapter;
    struct signer port;
    assert_int_equal(key_signer_init(&adapter, &key, "", &port), ERR_INPUT);
    assert_int_equal(key_signer_init(&adapter, &key, "highstreet", &port), ERR_OK);
    assert_true(key_id_equal(&port.key_id, &key.id));
    struct signature direct = signed_payload(&key);
    struct signature through;
    assert_int_equal(port.sign(port.context, scope.purpose, scope.epoch, payload(), &through),
                     ERR_OK);
    assert_memory_equal(&direct, &through, sizeof direct);
}

static void test_keys(void **state)
{
    (void)state;
    struct signing_key key = key_of(0);
    uint8_t seed[SIGNING_SEED_BYTES];
    signing_key_seed(&key, seed);
    assert_int_equal(seed[31], 31);
    struct signing_key fresh;
    struct signing_key fresher;
    signing_key_generate(&fresh);
    signing_key_generate(&fresher);
    assert_false(public_key_equal(&fresh.public_key, &fresher.public_key));

    struct signing_key zero = {{0}, {{0}}, {{0}}};
    signing_key_fini(&key);
    assert_memory_equal(&key, &zero, sizeof key);
    signing_key_fini(NULL);
}

static void test_public_keys_that_no_honest_key_has(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531",    /* short */
        "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531bg",  /* not a digit */
        "0000000000000000000000000000000000000000000000000000000000000000",  /* order 4 */
        "0100000000000000000000000000000000000000000000000000000000000000",  /* order 1 */
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  /* y = p + 1 */
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",  /* order 8 */
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d"}; /* mixed order */
    struct public_key key = key_of(0).public_key;
    struct public_key untouched = key;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(public_key_parse(texts[i], &key), ERR_INPUT);
    }
    assert_true(public_key_equal(&key, &untouched));
    char text[PUBLIC_KEY_TEXT_MAX];
    struct public_key back;
    assert_int_equal(public_key_parse(public_key_format(&key, text), &back), ERR_OK);
    assert_true(public_key_equal(&key, &back));
}

/* The registry is part of the signed bytes: a renumbering must fail here. */
static void test_purpose_registry(void **state)
{
    (void)state;
    static const char *const names[PURPOSE_LAST + 1] = {
        NULL,
        "online-key",
        "charter",
        "journal-head",
        "clearing-batch",
        "clearing-receipt",
        "hold-request",
        "hold-grant",
        "hold-refusal",
        "statement",
        "statement-countersign",
        "mandate",
        "card-block",
        "backup",
        "holdings",
        [PURPOSE_MOVE_ACCEPTANCE] = "move-acceptance",
        [PURPOSE_HALF_ROOT] = "half-root",
        [PURPOSE_BLOCK_OFFER] = "block-offer",
        [PURPOSE_PAYMENT] = "payment",
        [PURPOSE_NETTING_SET] = "netting-set",
        [PURPOSE_NETTING] = "netting",
        [PURPOSE_NETTING_VOTE] = "netting-vote",
        [PURPOSE_SET_APART] = "set-apart",
        [PURPOSE_BANK_ACCOUNT] = "bank-account",
        [PURPOSE_DRAW] = "draw",
        [PURPOSE_MEMBER_RECEIPT] = "member-receipt"};
    for (uint32_t number = 1; number <= PURPOSE_LAST; number++) {
        assert_string_equal(purpose_name((enum purpose)number),
                            names[number] == NULL ? "unknown" : names[number]);
    }
    enum purpose purpose = PURPOSE_MANDATE;
    assert_int_equal(purpose_of(0, &purpose), ERR_UNSUPPORTED);
    assert_int_equal(purpose_of(PURPOSE_LAST + 1, &purpose), ERR_UNSUPPORTED);
    assert_int_equal(purpose_of(UINT32_MAX, &purpose), ERR_UNSUPPORTED);
    assert_int_equal(purpose, PURPOSE_MANDATE);
    assert_string_equal(purpose_name((enum purpose)0), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_flipped_payload_bit),
        cmocka_unit_test(test_flipped_signature_bit),
        cmocka_unit_test(test_every_other_purpose),
        cmocka_unit_test(test_other_epoch),
        cmocka_unit_test(test_other_coalition),
        cmocka_unit_test(test_other_key),
        cmocka_unit_test(test_bare_signature_is_not_a_signed_one),
        cmocka_unit_test(test_bad_scopes_are_refused),
        cmocka_unit_test(test_payload_bounds),
        cmocka_unit_test(test_port_over_a_key),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_public_keys_that_no_honest_key_has),
        cmocka_unit_test(test_purpose_registry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

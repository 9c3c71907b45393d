#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/fingerprint.h"
#include "crypto/hash.h"

static struct slice slice_of_text(const char *text)
{
    return slice_of(text, strlen(text));
}

static void assert_hash_text(const struct hash *hash, const char *expected)
{
    char text[HASH_TEXT_MAX];
    assert_string_equal(hash_format(hash, text), expected);
}

/* The constants come from another BLAKE2b (Python's hashlib) over length, domain, bytes. */
static void test_known_answers(void **state)
{
    (void)state;
    struct hash hash = hash_of(HASH_DOMAIN_ENTRY, slice_of_text("abc"));
    assert_hash_text(&hash, "49833ee0006ba574cdcf57fc2f380953475ff7bfad0b89ff92411619b5f55e2a");
    hash = hash_of(HASH_DOMAIN_ENTRY, slice_of(NULL, 0));
    assert_hash_text(&hash, "9230766cb317ee6e1ed1b793b8a0a5f62efebc7ba82d1a10073c4ac93ecc8918");
    hash = hash_of(HASH_DOMAIN_BODY, slice_of_text("abc"));
    assert_hash_text(&hash, "935ef663273ca6d3af5b4b54199e271c01c063d7097cd829818ab1ea3ece00aa");
}

static void test_parts_of_any_length_give_the_same_hash(void **state)
{
    (void)state;
    uint8_t bytes[1000];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i % 251);
    }
    for (size_t part = 1; part <= sizeof bytes; part = part * 2 + 1) {
        struct hasher hasher;
        hasher_init(&hasher, HASH_DOMAIN_JOURNAL);
        for (size_t at = 0; at < sizeof bytes; at += part) {
            size_t left = sizeof bytes - at;
            hasher_add(&hasher, slice_of(bytes + at, left < part ? left : part));
        }
        struct hash hash = hasher_finish(&hasher);
        assert_hash_text(&hash, "541ce4947907a6364df44fae238c4bf1a50721191f1af37d2e84f68fc8818cf1");
    }
}

static void test_domain_and_bytes_do_not_run_together(void **state)
{
    (void)state;
    struct hash one = hash_of("talea.a", slice_of_text("bc"));
    struct hash other = hash_of("talea.ab", slice_of_text("c"));
    assert_false(hash_equal(&one, &other));
}

static void test_domains_differ(void **state)
{
    (void)state;
    static const char *const domains[] = {
        HASH_DOMAIN_ENTRY,  HASH_DOMAIN_JOURNAL,    HASH_DOMAIN_BODY,      HASH_DOMAIN_CHARTER,
        HASH_DOMAIN_KEY,    HASH_DOMAIN_TREE_LEAF,  HASH_DOMAIN_TREE_NODE, HASH_DOMAIN_STATEMENT,
        HASH_DOMAIN_BASKET, HASH_DOMAIN_IDENTIFIER, HASH_DOMAIN_PROGRAMME, SIGNED_DOMAIN};
    for (size_t i = 0; i < sizeof domains / sizeof domains[0]; i++) {
        for (size_t j = 0; j < i; j++) {
            struct hash a = hash_of(domains[i], slice_of_text("same"));
            struct hash b = hash_of(domains[j], slice_of_text("same"));
            assert_false(hash_equal(&a, &b));
        }
    }
}

static void test_text_reads_back(void **state)
{
    (void)state;
    struct hash hash = hash_of(HASH_DOMAIN_BODY, slice_of_text("abc"));
    char text[HASH_TEXT_MAX];
    struct hash back = {{0}};
    assert_true(hash_is_zero(&back));
    assert_int_equal(hash_parse(hash_format(&hash, text), &back), ERR_OK);
    assert_true(hash_equal(&hash, &back));
    assert_false(hash_is_zero(&back));
    text[63] = '\0';
    assert_int_equal(hash_parse(text, &back), ERR_INPUT);
    assert_true(hash_equal(&hash, &back));
}

/* vectors_sip128 of SipHash's reference code: key and bytes count up from 0. */
static void test_fingerprint_is_siphash(void **state)
{
    (void)state;
    static const struct {
        size_t length;
        const char *expected;
    } vectors[] = {{0, "a3817f04ba25a8e66df67214c7550293"},
                   {1, "da87c1d86b99af44347659119b22fc45"},
                   {15, "5493e99933b0a8117e08ec0f97cfc3d9"}};
    struct fingerprint_key key;
    uint8_t bytes[16];
    char text[2 * FINGERPRINT_BYTES + 1];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
        key.bytes[i] = (uint8_t)i;
    }
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct fingerprint fingerprint = fingerprint_of(&key, slice_of(bytes, vectors[i].length));
        assert_string_equal(hex_format(fingerprint.bytes, FINGERPRINT_BYTES, text),
                            vectors[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_parts_of_any_length_give_the_same_hash),
        cmocka_unit_test(test_domain_and_bytes_do_not_run_together),
        cmocka_unit_test(test_domains_differ),
        cmocka_unit_test(test_text_reads_back),
        cmocka_unit_test(test_fingerprint_is_siphash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

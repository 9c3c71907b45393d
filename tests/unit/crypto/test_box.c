/* Locked bytes open with their own key, unchanged, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/box.h"
#include "crypto/random.h"

static struct slice text(const char *t)
{
    return slice_of(t, strlen(t));
}

static void test_opens_again(void **unused)
{
    (void)unused;
    const char *const texts[] = {"", "x", "Ada Lovelace"};
    struct box_key key;
    box_key_make(&key);
    for (size_t i = 0; i < 3; i++) {
        struct buffer locked = {0};
        struct buffer plain = {0};
        box_lock(&key, text("beside"), text(texts[i]), &locked);
        assert_int_equal(locked.length, BOX_NONCE_BYTES + strlen(texts[i]) + BOX_TAG_BYTES);
        assert_int_equal(box_unlock(&key, text("beside"), buffer_slice(&locked), &plain), ERR_OK);
        assert_true(slice_equal(buffer_slice(&plain), text(texts[i])));
        buffer_fini(&locked);
        buffer_fini(&plain);
    }
}

static void test_every_byte_counts(void **unused)
{
    (void)unused;
    struct box_key key;
    struct box_key other;
    struct buffer locked = {0};
    struct buffer plain = {0};
    box_key_make(&key);
    box_key_make(&other);
    box_lock(&key, text("a"), text("a name"), &locked);
    for (size_t i = 0; i < locked.length; i++) {
        locked.at[i] ^= 1;
        assert_int_equal(box_unlock(&key, text("a"), buffer_slice(&locked), &plain), ERR_SIGNATURE);
        locked.at[i] ^= 1;
    }
    struct slice whole = buffer_slice(&locked);
    assert_int_equal(box_unlock(&other, text("a"), whole, &plain), ERR_SIGNATURE);
    assert_int_equal(box_unlock(&key, text("b"), whole, &plain), ERR_SIGNATURE);
    for (size_t length = 0; length < whole.length; length++) {
        assert_int_equal(box_unlock(&key, text("a"), slice_of(whole.at, length), &plain),
                         ERR_SIGNATURE);
    }
    assert_int_equal(plain.length, 0);
    buffer_fini(&locked);
    buffer_fini(&plain);
}

static void test_tags(void **unused)
{
    (void)unused;
    struct box_key key;
    struct box_key other;
    uint8_t tags[4][KEYED_TAG_BYTES];
    box_key_make(&key);
    box_key_make(&other);
    keyed_tag(&key, "one", text("C-1"), tags[0]);
    keyed_tag(&key, "one", text("C-1"), tags[1]);
    assert_memory_equal(tags[0], tags[1], KEYED_TAG_BYTES);
    keyed_tag(&key, "two", text("C-1"), tags[1]);
    keyed_tag(&key, "one", text("C-2"), tags[2]);
    keyed_tag(&other, "one", text("C-1"), tags[3]);
    for (size_t i = 1; i < 4; i++) {
        assert_memory_not_equal(tags[0], tags[i], KEYED_TAG_BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens_again),
        cmocka_unit_test(test_every_byte_counts),
        cmocka_unit_test(test_tags),
    };
    if (crypto_start() != ERR_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a gateway gets: the JSON, its signature, and ids that tell doubles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "crypto/hmac.h"
#include "notify/cursor.h"
#include "notify/payload.h"

/* RFC 4231, section 4: cases 1, 2 and 6. */
static void test_hmac_vectors(void **state)
{
    (void)state;
    uint8_t key_1[20];
    uint8_t key_6[131];
    char text[HMAC_TEXT_MAX];
    memset(key_1, 0x0b, sizeof key_1);
    memset(key_6, 0xaa, sizeof key_6);
    struct slice parts[] = {slice_of("Hi ", 3), slice_of("There", 5)};
    struct hmac hmac = hmac_sha256(slice_of(key_1, sizeof key_1), parts, 2);
    assert_string_equal(hmac_format(&hmac, text),
                        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    parts[0] = slice_of("what do ya want for nothing?", 28);
    struct hmac other = hmac_sha256(slice_of("Jefe", 4), parts, 1);
    assert_string_equal(hmac_format(&other, text),
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    parts[0] = slice_of("Test Using Larger Than Block-Size Key - Hash Key First", 54);
    struct hmac large = hmac_sha256(slice_of(key_6, sizeof key_6), parts, 1);
    assert_string_equal(hmac_format(&large, text),
                        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    assert_true(hmac_equal(&hmac, &hmac));
    assert_false(hmac_equal(&hmac, &other));
}

/* printf '1790000000.{}' | openssl dgst -sha256 -hmac 0123456789abcdef */
static void test_signature(void **state)
{
    (void)state;
    char text[NOTIFY_SIGNATURE_MAX];
    struct slice secret = slice_of("0123456789abcdef", 16);
    assert_string_equal(
        notify_signature(secret, 1790000000, slice_of("{}", 2), text),
        "t=1790000000,v1=3d02334942fff50e279f641c1b104ff5f49380d94ff307bb92b1e03f5aee6ff0");
}

static struct notify_item sample(void)
{
    struct notify_item item = {
        .language = NOTIFY_KAZAKH, .reference = "C-1042", .text = slice_of("a \"b\"", 5)};
    item.message = (struct notify_message){.kind = NOTIFY_POINTS_EARNED,
                                           .row = 42,
                                           .time = {1791047045000},
                                           .points = points_of(1250),
                                           .shop = {"beta"}};
    item.message.member.bytes[15] = 7;
    return item;
}

static void test_payload(void **state)
{
    (void)state;
    struct partner_id brand = {"alfa"};
    struct notify_item item = sample();
    struct notify_envelope envelope = {&brand, "gate", NOTIFY_SMS, 2};
    struct buffer out = {0};
    assert_int_equal(notify_payload(&envelope, &item, 1, &out), ERR_OK);
    write_u8(&out, 0);
    assert_string_equal(
        (const char *)out.at,
        "{\"version\":1,\"brand\":\"alfa\",\"webhook\":\"gate\",\"channel\":\"sms\","
        "\"notifications\":[{\"id\":\"alfa.42.points_earned.1a102b90f88\","
        "\"kind\":\"points_earned\",\"member_id\":\"00000000-0000-0000-0000-000000000007\","
        "\"reference\":\"C-1042\",\"language\":\"kk\",\"text\":\"a \\\"b\\\"\","
        "\"points\":\"12.50\",\"shop\":\"beta\",\"time\":\"2026-10-03T17:04:05.000Z\","
        "\"journal_row\":42}]}");
    buffer_fini(&out);
}

static void test_ids(void **state)
{
    (void)state;
    struct partner_id brand = {"alfa"};
    char first[NOTIFY_ID_MAX];
    char second[NOTIFY_ID_MAX];
    struct notify_message message = sample().message;
    (void)notify_message_id(&message, &brand, first);
    assert_string_equal(notify_message_id(&message, &brand, second), first);
    message.nth = 1; /* a second one of its kind in the row; the first has the id without a place */
    assert_string_equal(notify_message_id(&message, &brand, second),
                        "alfa.42.points_earned.1a102b90f88.1");
    message.nth = 0;
    message.kind = NOTIFY_POINTS_SPENT;
    assert_string_not_equal(notify_message_id(&message, &brand, second), first);
    message.kind = NOTIFY_POINTS_EARNED;
    message.time.ms++; /* the row's number, after a restore */
    assert_string_not_equal(notify_message_id(&message, &brand, second), first);
    message.row = 0;
    assert_string_equal(notify_message_id(&message, &brand, second),
                        "alfa.points_earned.00000000-0000-0000-0000-000000000007.1a102b90f89");
}

static void test_cursor(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct notify_cursor after;
    static const char older[] =
        "{\"version\": 1, \"next_row\": 9, \"told_until_unix_ms\": 1, \"pass_until_unix_ms\": 0, "
        "\"pass_from\": \"00000000-0000-0000-0000-000000000000\", \"passed_at_unix_ms\": 2, "
        "\"sent\": 3, \"aside\": 4, \"stale\": 5}";
    struct notify_cursor cursor = {.next_row = 77,
                                   .next_place = 2,
                                   .told_until = {1},
                                   .pass_until = {2},
                                   .passed_at = {3},
                                   .sent = 4,
                                   .aside = 5,
                                   .stale = 6};
    cursor.pass_from.bytes[3] = 9;
    assert_int_equal(notify_cursor_encode(&cursor, &out), ERR_OK);
    assert_int_equal(notify_cursor_decode(buffer_slice(&out), &after), ERR_OK);
    assert_memory_equal(&after, &cursor, sizeof cursor);
    assert_int_equal(notify_cursor_decode(slice_of(out.at, out.length / 2), &after), ERR_CORRUPT);
    assert_int_equal(notify_cursor_decode(slice_of(older, sizeof older - 1), &after), ERR_OK);
    assert_int_equal(after.next_row, 9);
    assert_int_equal(after.next_place, 0);
    assert_int_equal(notify_cursor_decode(slice_of("{\"version\": 2}", 14), &after),
                     ERR_UNSUPPORTED);
    assert_int_equal(notify_cursor_decode(slice_of("[]", 2), &after), ERR_CORRUPT);
    assert_int_equal(notify_cursor_decode(slice_of(NULL, 0), &after), ERR_CORRUPT);
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hmac_vectors), cmocka_unit_test(test_signature),
        cmocka_unit_test(test_payload),      cmocka_unit_test(test_ids),
        cmocka_unit_test(test_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

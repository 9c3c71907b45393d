/* What is kept of occasions, quotes and issued codes comes back as it was; a code says when it was
 * mistyped. */
#include <string.h>

#include "programme/coupon_code.h"
#include "programme/kept_case.h"
#include "programme/kept_issue.h"
#include "programme/kept_quote.h"
#include "scene.h"

static struct slice text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

static void test_a_case_with_codes_and_things(void **state)
{
    (void)state;
    const struct standing_number used[] = {{8, 0, 1}, {12, 20000, -3}};
    const struct shown_code codes[] = {{text_of("S-1"), {used, 2}}, {text_of("X"), {NULL, 0}}};
    const struct code_verdict verdicts[] = {{3, TRACE_FIRED}, {NO_RULE, TRACE_CODE_UNKNOWN}};
    const struct slice given[] = {text_of("N-1"), text_of("N-2")};
    const struct kept_item items[] = {{.rule = 4,
                                       .name = text_of("next"),
                                       .count = 2,
                                       .worth = money_of(500),
                                       .until_day = 21000,
                                       .codes = given,
                                       .code_count = 2},
                                      {.rule = 5, .name = text_of("mug"), .until_day = INT64_MAX}};
    struct kept_case kept = {.programme = 7,
                             .occasion = {.kind = OCCASION_EVENT,
                                          .event = text_of("review"),
                                          .shopper = {.key = text_of("anna"), .balance = {77}},
                                          .codes = codes,
                                          .code_count = 2},
                             .points = points_of(5),
                             .codes = verdicts,
                             .items = items,
                             .item_count = 2};
    struct buffer bytes = {0};
    struct buffer again = {0};
    struct arena arena;
    struct kept_case back;
    arena_init(&arena, 1u << 20);
    kept_case_encode(&kept, &bytes);
    assert_true(kept_case_is(buffer_slice(&bytes)));
    assert_int_equal(kept_case_decode(buffer_slice(&bytes), &arena, &back), ERR_OK);
    assert_int_equal(back.codes[0].rule, 3);
    assert_int_equal(back.codes[1].rule, NO_RULE);
    assert_int_equal(back.occasion.codes[0].standing.at[1].value, -3);
    assert_int_equal(back.occasion.shopper.balance.minor, 77);
    assert_true(slice_equal(back.items[0].codes[1], given[1]));
    assert_int_equal(back.items[1].until_day, INT64_MAX);
    kept_case_encode(&back, &again);
    assert_true(slice_equal(buffer_slice(&bytes), buffer_slice(&again)));
    for (size_t length = 0; length < bytes.length; length++) { /* only whole ones */
        enum err err = kept_case_decode(slice_of(bytes.at, length), &arena, &back);
        assert_true(err == ERR_CORRUPT || err == ERR_OK); /* without its last parts it is a case */
    }
    buffer_fini(&bytes);
    buffer_fini(&again);
    arena_fini(&arena);
}

static void test_quotes_and_issues(void **state)
{
    (void)state;
    const struct money discounts[] = {{30}, {0}};
    const struct standing_change changes[] = {{8, -1, 2, 3}};
    const struct claim claims[] = {{.of = CAP_OF_ALL, .slot = 9, .delta = 1, .most = 10},
                                   {.of = CAP_OF_CODE, .code = 1, .slot = 12, .delta = 1}};
    const struct raised raised[] = {{.rule = 6}};
    struct kept_quote quote = {.card = {"6100010000000013"},
                               .time = {1790000000000},
                               .is_balance_known = true,
                               .spendable = points_of(150),
                               .payable = money_of(75),
                               .digest = {1, 2, 3},
                               .judged = text_of("judged"),
                               .line_discounts = discounts,
                               .line_count = 2,
                               .changes = changes,
                               .change_count = 1,
                               .claims = claims,
                               .claim_count = 2,
                               .raised = raised,
                               .raised_count = 1};
    struct kept_issue issue = {text_of("sorry"), 100000, INT64_MAX, {9, 8}};
    struct kept_code code = {text_of("sorry"), text_of("S-1"), 21000, {{7}}};
    struct kept_quote quote_back;
    struct kept_issue issue_back;
    struct kept_code code_back;
    struct buffer bytes[3] = {{0}};
    struct arena arena;
    arena_init(&arena, 1u << 20);
    kept_quote_encode(&quote, &bytes[0]);
    kept_issue_encode(&issue, &bytes[1]);
    kept_code_encode(&code, &bytes[2]);
    assert_int_equal(kept_quote_decode(buffer_slice(&bytes[0]), &arena, &quote_back), ERR_OK);
    assert_int_equal(kept_issue_decode(buffer_slice(&bytes[1]), &issue_back), ERR_OK);
    assert_int_equal(kept_code_decode(buffer_slice(&bytes[2]), &code_back), ERR_OK);
    assert_string_equal(quote_back.card.digits, quote.card.digits);
    assert_int_equal(quote_back.payable.minor, 75);
    assert_int_equal(quote_back.line_discounts[0].minor, 30);
    assert_int_equal(quote_back.changes[0].after, 3);
    assert_int_equal(quote_back.claims[0].most, 10);
    assert_int_equal(quote_back.claims[1].code, 1);
    assert_int_equal(quote_back.raised[0].rule, 6);
    assert_true(slice_equal(quote_back.judged, quote.judged));
    assert_int_equal(issue_back.count, 100000);
    assert_int_equal(issue_back.seed[1], 8);
    assert_int_equal(code_back.member.bytes[0], 7);
    for (size_t i = 0; i < 3; i++) { /* none is taken for another */
        struct slice other = buffer_slice(&bytes[(i + 1) % 3]);
        enum err err = i == 0   ? kept_quote_decode(other, &arena, &quote_back)
                       : i == 1 ? kept_issue_decode(other, &issue_back)
                                : kept_code_decode(other, &code_back);
        assert_int_equal(err, ERR_NOT_FOUND);
        assert_false(kept_case_is(buffer_slice(&bytes[i])));
    }
    assert_int_equal(
        kept_quote_decode(slice_of(bytes[0].at, bytes[0].length - 1), &arena, &quote_back),
        ERR_CORRUPT);
    for (size_t i = 0; i < 3; i++) {
        buffer_fini(&bytes[i]);
    }
    arena_fini(&arena);
}

static void test_revocations(void **state)
{
    (void)state;
    struct kept_revocation one = {
        text_of("sorry"), text_of("S-1"), {{0}}, text_of("office"), text_of("sent twice")};
    struct kept_code code = {text_of("sorry"), text_of("S-1"), 21000, {{7}}};
    struct kept_revocation back;
    struct kept_code code_back;
    struct buffer bytes = {0};
    kept_revocation_encode(&one, &bytes);
    assert_int_equal(kept_revocation_decode(buffer_slice(&bytes), &back), ERR_OK);
    assert_true(slice_equal(back.code, one.code));
    assert_true(slice_equal(back.by, one.by));
    assert_true(slice_equal(back.reason, one.reason));
    assert_int_equal(kept_revocation_decode(slice_of(bytes.at, bytes.length - 1), &back),
                     ERR_CORRUPT);
    assert_int_equal(kept_code_decode(buffer_slice(&bytes), &code_back), ERR_NOT_FOUND);
    assert_false(kept_case_is(buffer_slice(&bytes)));
    buffer_clear(&bytes);
    kept_code_encode(&code, &bytes);
    assert_int_equal(kept_revocation_decode(buffer_slice(&bytes), &back), ERR_NOT_FOUND);
    buffer_fini(&bytes);
}

static void test_a_mistyped_code_is_seen(void **state)
{
    (void)state;
    static const uint8_t secrets[][COUPON_SECRET_BYTES] = {
        {0}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {1, 35, 69, 103, 137}};
    struct slice prefix = text_of("S-");
    char code[LIMIT_CODE_BYTES + 1];
    for (size_t s = 0; s < COUNT(secrets); s++) {
        coupon_code_write(prefix, secrets[s], code);
        size_t length = strlen(code);
        assert_int_equal(length, prefix.length + COUPON_TAIL);
        assert_true(coupon_code_is_sound(prefix, text_of(code)));
        for (size_t i = prefix.length; i < length; i++) {
            char right = code[i];
            for (const char *c = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; *c != '\0'; c++) {
                code[i] = *c;
                assert_int_equal(coupon_code_is_sound(prefix, text_of(code)), *c == right);
            }
            code[i] = right;
        }
        code[length - 1] = 'O'; /* not in the alphabet */
        assert_false(coupon_code_is_sound(prefix, text_of(code)));
    }
    coupon_code_write(prefix, secrets[0], code);
    assert_string_equal(code, "S-00000000000000000");
    coupon_code_write(prefix, secrets[1], code);
    assert_memory_equal(code, "S-ZZZZZZZZZZZZZZZZ", 18);
    assert_true(coupon_code_fits(slice_of(code, LIMIT_CODE_BYTES - COUPON_TAIL)));
    assert_false(coupon_code_fits(slice_of(code, LIMIT_CODE_BYTES - COUPON_TAIL + 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_case_with_codes_and_things),
        cmocka_unit_test(test_quotes_and_issues),
        cmocka_unit_test(test_revocations),
        cmocka_unit_test(test_a_mistyped_code_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

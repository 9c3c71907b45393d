/* Words, numbers and dates in the pages' languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cli/page.h"

#define SPACE "\u00a0"
#define MINUS "\u2212"

static void test_every_text_is_there(void **state)
{
    (void)state;
    for (unsigned language = 0; language < PAGE_LANGUAGES; language++) {
        for (unsigned text = 0; text < PAGE_TEXTS; text++) {
            const char *words = page_text((enum page_language)language, (enum page_text)text);
            if (words == NULL || words[0] == '\0') {
                fail_msg("text %u is missing in %s", text,
                         page_language_code((enum page_language)language));
            }
        }
        for (unsigned kind = ENTRY_EARN; kind < ENTRY_KIND_END; kind++) {
            if (!entry_kind_is_known(kind)) {
                continue;
            }
            const char *words =
                page_entry_kind((enum page_language)language, (enum entry_kind)kind);
            assert_string_not_equal(words, entry_kind_name((enum entry_kind)kind));
        }
    }
}

/* Of a statement's lines, what a block paid for is told apart. */
static void test_lines_of_blocks(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PAGE_LANGUAGES; i++) {
        enum page_language language = (enum page_language)i;
        assert_string_equal(page_line_kind(language, ENTRY_EARN, false),
                            page_entry_kind(language, ENTRY_EARN));
        assert_string_equal(page_line_kind(language, ENTRY_BLOCK_BOUGHT, true),
                            page_entry_kind(language, ENTRY_BLOCK_BOUGHT));
        assert_string_not_equal(page_line_kind(language, ENTRY_EARN, true),
                                page_entry_kind(language, ENTRY_EARN));
        assert_string_not_equal(page_line_kind(language, ENTRY_EARN_RETURN, true),
                                page_entry_kind(language, ENTRY_EARN_RETURN));
    }
    assert_string_equal(page_line_kind(PAGE_EN, ENTRY_EARN, true), "Points out of a block");
}

static void test_languages(void **state)
{
    (void)state;
    enum page_language language = PAGE_EN;
    assert_int_equal(page_language_parse("kk", &language), ERR_OK);
    assert_int_equal(language, PAGE_KK);
    assert_int_equal(page_language_parse("kz", &language), ERR_NOT_FOUND);
    assert_int_equal(language, PAGE_KK);
}

static void test_numbers(void **state)
{
    (void)state;
    char text[PAGE_NUMBER_MAX];
    assert_string_equal(page_amount(PAGE_EN, -123456789, 2, text), MINUS "1,234,567.89");
    assert_string_equal(page_amount(PAGE_RU, -123456789, 2, text),
                        MINUS "1" SPACE "234" SPACE "567,89");
    assert_string_equal(page_amount(PAGE_KK, 100000, 0, text), "100" SPACE "000");
    assert_string_equal(page_amount(PAGE_EN, 5, 2, text), "0.05");
    assert_string_equal(page_amount(PAGE_EN, 999, 0, text), "999");
    assert_string_equal(page_amount(PAGE_RU, INT64_MIN, 9, text),
                        MINUS "9" SPACE "223" SPACE "372" SPACE "036,854775808");
    assert_string_equal(page_count(PAGE_EN, UINT64_MAX, text), "18,446,744,073,709,551,615");
    assert_string_equal(page_percent(PAGE_EN, 120000, text), "12%");
    assert_string_equal(page_percent(PAGE_RU, 15000, text), "1,5" SPACE "%");
    assert_string_equal(page_percent(PAGE_KK, 1, text), "0,0001" SPACE "%");
    assert_string_equal(page_percent(PAGE_EN, 1000000, text), "100%");
    assert_string_equal(page_percent(PAGE_EN, 0, text), "0%");
}

static void test_periods(void **state)
{
    (void)state;
    char text[PAGE_NUMBER_MAX];
    assert_string_equal(page_period(PAGE_EN, (struct period){202402}, text), "1–29 February 2024");
    assert_string_equal(page_period(PAGE_RU, (struct period){202608}, text),
                        "1–31 августа 2026" SPACE "г.");
    assert_string_equal(page_period(PAGE_KK, (struct period){202611}, text),
                        "2026 жылғы 1–30 қараша");
}

static void test_templates(void **state)
{
    (void)state;
    char text[12];
    page_fill("{2} for {1}", "a", "b", text, sizeof text);
    assert_string_equal(text, "b for a");
    page_fill("{1}{1}", "12345678", "", text, sizeof text);
    assert_string_equal(text, "12345678123");
}

static void test_everything_is_escaped(void **state)
{
    (void)state;
    struct page page;
    CLEANUP(buffer_fini) struct buffer out = {0};
    assert_int_equal(page_begin(&page, PAGE_RU, "</title><script>"), ERR_OK);
    page_element(&page, "p", NULL, "<i>&\"'");
    page_element(&page, "p", NULL, "");
    assert_int_equal(page_finish(&page, &out), ERR_OK);
    page_end(&page);
    write_u8(&out, 0);
    const char *text = (const char *)out.at;
    assert_int_equal(strncmp(text, "<!DOCTYPE html>", 15), 0);
    assert_non_null(strstr(text, "<title>&lt;/title&gt;&lt;script&gt;</title>"));
    assert_non_null(strstr(text, "<p>&lt;i&gt;&amp;&quot;'</p><p></p></body></html>"));
    assert_non_null(strstr(text, "<style>@page{size:A4"));
    assert_null(strstr(strstr(text, "<style>"), "&amp;quot;"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_text_is_there),
        cmocka_unit_test(test_lines_of_blocks),
        cmocka_unit_test(test_languages),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_periods),
        cmocka_unit_test(test_templates),
        cmocka_unit_test(test_everything_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

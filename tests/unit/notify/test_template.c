/* Texts: what may stand in one, and how it reads when it is filled in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "notify/template.h"

#define NBSP "\xC2\xA0"

static struct notify_message sample(enum notify_kind kind, int64_t points)
{
    struct notify_message message = {.kind = kind,
                                     .row = 42,
                                     .points = points_of(points),
                                     .card = {"6100010000000013"},
                                     .shop = {"alfa"},
                                     .subject = "Gold"};
    message.until.ms = day_of_civil(2027, 2, 28) * DAY_MS;
    return message;
}

static void assert_filled(const char *text, enum notify_language language,
                          const struct notify_message *message, const char *expected)
{
    struct notify_filling filling = {message, "Ann", "Alfa", points_of(1234), 0};
    struct note note = {""};
    struct buffer out = {0};
    if (notify_template_check(message->kind, language, text, &note) != ERR_OK) {
        fail_msg("%s: %s", text, note.text);
    }
    notify_template_fill(text, language, &filling, &out);
    write_u8(&out, 0);
    assert_string_equal((const char *)out.at, expected);
    buffer_fini(&out);
}

static void assert_default(enum notify_language language, int64_t points, const char *expected)
{
    struct notify_message message = sample(NOTIFY_POINTS_EARNED, points);
    assert_filled(notify_default_text(NOTIFY_POINTS_EARNED, language), language, &message,
                  expected);
}

static void test_plurals_of_the_shipped_texts(void **state)
{
    (void)state;
    assert_default(NOTIFY_ENGLISH, 1, "Alfa: you earned 1 point. You have 1,234 now.");
    assert_default(NOTIFY_ENGLISH, 2, "Alfa: you earned 2 points. You have 1,234 now.");
    assert_default(NOTIFY_ENGLISH, 5, "Alfa: you earned 5 points. You have 1,234 now.");
    assert_default(NOTIFY_ENGLISH, 21, "Alfa: you earned 21 points. You have 1,234 now.");
    assert_default(NOTIFY_RUSSIAN, 1, "Alfa: вам начислено 1 балл. Сейчас у вас 1" NBSP "234.");
    assert_default(NOTIFY_RUSSIAN, 2, "Alfa: вам начислено 2 балла. Сейчас у вас 1" NBSP "234.");
    assert_default(NOTIFY_RUSSIAN, 5, "Alfa: вам начислено 5 баллов. Сейчас у вас 1" NBSP "234.");
    assert_default(NOTIFY_RUSSIAN, 21, "Alfa: вам начислено 21 балл. Сейчас у вас 1" NBSP "234.");
    assert_default(NOTIFY_KAZAKH, 1, "Alfa: сізге 1 балл қосылды. Қазір сізде 1" NBSP "234 балл.");
    assert_default(NOTIFY_KAZAKH, 21,
                   "Alfa: сізге 21 балл қосылды. Қазір сізде 1" NBSP "234 балл.");
}

static void test_every_shipped_text_is_sound(void **state)
{
    (void)state;
    for (unsigned kind = NOTIFY_WELCOME; kind < NOTIFY_KIND_END; kind++) {
        for (unsigned language = NOTIFY_ENGLISH; language < NOTIFY_LANGUAGE_END; language++) {
            struct note note = {""};
            const char *text =
                notify_default_text((enum notify_kind)kind, (enum notify_language)language);
            assert_non_null(text);
            if (notify_template_check((enum notify_kind)kind, (enum notify_language)language, text,
                                      &note) != ERR_OK) {
                fail_msg("%s: %s", text, note.text);
            }
        }
    }
}

static void test_all_places(void **state)
{
    (void)state;
    struct notify_message earned = sample(NOTIFY_POINTS_EARNED, 7);
    struct notify_message welcome = sample(NOTIFY_WELCOME, 0);
    struct notify_message expiring = sample(NOTIFY_POINTS_EXPIRING, 7);
    struct notify_message tier = sample(NOTIFY_TIER_REACHED, 0);
    assert_filled("{name}|{brand}|{balance:x|y}|{shop}", NOTIFY_ENGLISH, &earned,
                  "Ann|Alfa|y|alfa");
    assert_filled("{{{card}}}", NOTIFY_ENGLISH, &welcome, "{6100010000000013}");
    assert_filled("{date}", NOTIFY_ENGLISH, &expiring, "28" NBSP "February" NBSP "2027");
    assert_filled("{tier}", NOTIFY_KAZAKH, &tier, "Gold");
    assert_filled("{points:|s}", NOTIFY_ENGLISH, &earned, "s");
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum notify_language language;
        const char *note;
    } rows[] = {
        {"{tier}", NOTIFY_ENGLISH, "{tier} is nothing that points_earned tells"},
        {"{what}", NOTIFY_ENGLISH, "{what} is nothing that points_earned tells"},
        {"{}", NOTIFY_ENGLISH, "{} is nothing that points_earned tells"},
        {"a { b", NOTIFY_ENGLISH, "a brace stands alone: {{ and }} are braces"},
        {"a } b", NOTIFY_ENGLISH, "a brace stands alone: {{ and }} are braces"},
        {"{points", NOTIFY_ENGLISH, "a brace stands alone: {{ and }} are braces"},
        {"{points:a|b|c}", NOTIFY_ENGLISH, "{points:...}: en has 2 forms, with | between them"},
        {"{points:a|b}", NOTIFY_RUSSIAN, "{points:...}: ru has 3 forms, with | between them"},
        {"{points:a|b|c|d}", NOTIFY_RUSSIAN, "{points:...}: ru has 3 forms, with | between them"},
        {"{points:a|b}", NOTIFY_KAZAKH, "{points:...}: kk has 1 form, with | between them"},
        {"{shop:a|b}", NOTIFY_ENGLISH, "{shop:...}: no forms go with it, it is no number"},
        {"", NOTIFY_ENGLISH, "has 1 to 1000 bytes"},
        {"\xFF", NOTIFY_ENGLISH, "is not UTF-8"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct note note = {""};
        assert_int_equal(
            notify_template_check(NOTIFY_POINTS_EARNED, rows[i].language, rows[i].text, &note),
            ERR_INPUT);
        assert_string_equal(note.text, rows[i].note);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plurals_of_the_shipped_texts),
        cmocka_unit_test(test_every_shipped_text_is_sound),
        cmocka_unit_test(test_all_places),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "config/notify_file.h"
#include "config_test.h"

static const char whole[] = "version: 1\n"
                            "brand: Alfa Coffee\n"
                            "language: ru\n"
                            "service: [welcome]\n"
                            "expiring: {days: 14}\n"
                            "webhooks:\n"
                            "  - name: sms\n"
                            "    channel: sms\n"
                            "    url: https://gateway.example/hook\n"
                            "    secret: secrets/sms.key\n"
                            "    kinds: [points_earned, draw_won]\n"
                            "    batch: 7\n"
                            "  - {name: mail-1, channel: email, url: \"http://127.0.0.1:9/\", "
                            "secret: /s/mail.key}\n"
                            "texts:\n"
                            "  - kind: points_earned\n"
                            "    language: kk\n"
                            "    text: \"Сізге {points} балл.\"\n";

static void test_all_of_it(void **state)
{
    (void)state;
    struct notify_file file;
    struct note note = {""};
    if (notify_file_parse(text_slice(whole), "n.yaml", "/etc/talea", &file, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    assert_string_equal(file.brand, "Alfa Coffee");
    assert_int_equal(file.language, NOTIFY_RUSSIAN);
    assert_int_equal(file.service, 1u << NOTIFY_WELCOME);
    assert_int_equal(file.expiring_days, 14);
    assert_int_equal(file.expiring_minutes, 60);
    assert_int_equal(file.webhook_count, 2);
    assert_string_equal(file.webhooks[0].name, "sms");
    assert_int_equal(file.webhooks[0].channel, NOTIFY_SMS);
    assert_string_equal(file.webhooks[0].secret.text, "/etc/talea/secrets/sms.key");
    assert_int_equal(file.webhooks[0].kinds, 1u << NOTIFY_POINTS_EARNED | 1u << NOTIFY_DRAW_WON);
    assert_int_equal(file.webhooks[0].delivery.batch, 7);
    assert_int_equal(file.webhooks[0].delivery.attempts, 5);
    assert_string_equal(file.webhooks[1].secret.text, "/s/mail.key");
    assert_int_equal(file.webhooks[1].kinds, /* all that go to members */
                     ((1u << NOTIFY_KIND_END) - 2) & ~(1u << NOTIFY_ALERT_RAISED));
    assert_int_equal(file.webhooks[1].stale_hours, 72);
    assert_string_equal(notify_text(&file.texts, NOTIFY_POINTS_EARNED, NOTIFY_KAZAKH),
                        "Сізге {points} балл.");
    assert_ptr_equal(notify_text(&file.texts, NOTIFY_POINTS_EARNED, NOTIFY_RUSSIAN),
                     notify_default_text(NOTIFY_POINTS_EARNED, NOTIFY_RUSSIAN));
    notify_file_fini(&file);
}

static void test_errors_name_line_and_key(void **state)
{
    (void)state;
    static const struct edit edits[] = {
        {"version: 1", "version: 2", "n.yaml:1: version: \"2\" is not a whole number from 1 to 1"},
        {"language: ru", "language: fr", "n.yaml:3: language: is none of en, ru, kk"},
        {"[welcome]", "[welcome, hello]",
         "n.yaml:4: service[1]: is no kind of notification: welcome, points_earned, points_spent, "
         "points_expiring, tier_reached, coupon_given, draw_won, alert_raised"},
        {"name: sms", "name: SMS",
         "n.yaml:7: webhooks[0].name: has more than 31 characters, or others than a-z, 0-9 and -"},
        {"name: mail-1", "name: sms", "n.yaml:13: webhooks[1].name: is another webhook's, too"},
        {"channel: sms", "channel: fax",
         "n.yaml:8: webhooks[0].channel: is none of email, sms, push, chat"},
        {"https://gateway.example", "ftp://gateway.example",
         "n.yaml:9: webhooks[0].url: is no URL of a host with http:// or https://, or has a "
         "password"},
        {"https://gateway.example", "https://me:pw@gateway.example",
         "n.yaml:9: webhooks[0].url: is no URL of a host with http:// or https://, or has a "
         "password"},
        {"batch: 7", "retry_ms: 400000",
         "n.yaml:12: webhooks[0].retry_ms: is more than "
         "retry_max_ms"},
        {"{points} балл", "{pints} балл",
         "n.yaml:17: texts[0].text: {pints} is nothing that points_earned tells"},
        {"{points} балл", "{points} {points:балл|балла}",
         "n.yaml:17: texts[0].text: {points:...}: kk has 1 form, with | between them"},
    };
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        char text[2048];
        struct notify_file file;
        struct note note = {""};
        edited(whole, edits[i].from, edits[i].to, text, sizeof text);
        assert_int_equal(notify_file_parse(text_slice(text), "n.yaml", ".", &file, &note),
                         ERR_INPUT);
        assert_string_equal(note.text, edits[i].note);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_of_it),
        cmocka_unit_test(test_errors_name_line_and_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/commands.h"
#include "cli/table.h"
#include "fake_node.h"

static void test_overview_lists_every_command(void **state)
{
    (void)state;
    struct outcome outcome = TALEA(NULL, "--help");
    assert_int_equal(outcome.code, 0);
    assert_string_equal(outcome.err, "");
    size_t width = 0;
    for (const struct cli_command *c = commands; c->name != NULL; c++) {
        width = strlen(c->name) > width ? strlen(c->name) : width;
    }
    for (const struct cli_command *c = commands; c->name != NULL; c++) {
        char row[160];
        snprintf(row, sizeof row, "\n  %-*s %s\n", (int)width, c->name, c->summary);
        assert_non_null(strstr(outcome.out, row));
    }
    outcome_fini(&outcome);
}

static void test_each_help_has_an_example(void **state)
{
    (void)state;
    for (const struct cli_command *c = commands; c->name != NULL; c++) {
        char first[32];
        const char *second = strchr(c->name, ' ');
        snprintf(first, sizeof first, "%.*s", (int)strcspn(c->name, " "), c->name);
        struct outcome outcome = second == NULL ? TALEA(NULL, first, "--help")
                                                : TALEA(NULL, first, second + 1, "--help");
        assert_int_equal(outcome.code, 0);
        char example[512];
        snprintf(example, sizeof example, "Example:\n  %s\n", c->example);
        if (strstr(outcome.out, example) == NULL) {
            fail_msg("%s", outcome.out);
        }
        assert_non_null(strstr(outcome.out, "70 internal error."));
        outcome_fini(&outcome);
    }
}

static void test_one_help(void **state)
{
    (void)state;
    struct outcome outcome = TALEA(NULL, "burn", "capture", "--help");
    assert_string_equal(
        outcome.out,
        "Usage: talea burn capture [OPTION...] HOLD\n"
        "Take all or a part of what is reserved.\n"
        "\n"
        "      --points=POINTS        Take so many (default: all that is left)\n"
        "      --transaction-id=UUID  Of an earlier attempt: the same call again gives\n"
        "                             the same answer\n"
        "\n"
        " Of every command:\n"
        "      --address=HOST:PORT    The node (default: `listen` of its node.yaml)\n"
        "      --as=ROLE              Call as till, back-office, auditor or admin\n"
        "                             (default: by command)\n"
        "      --home=DIR             The node's folder (default: $TALEA_HOME, or this\n"
        "                             folder)\n"
        "      --json                 Print the answer as JSON\n"
        "      --timeout=SECONDS      Give up after so long (default: 10)\n"
        "\n"
        "      --help                 Print this and an example\n"
        "\n"
        "Example:\n"
        "  talea burn capture 0199a000-0000-7000-8000-000000000001 --points 300\n"
        "\n"
        "Exit: 0 done; 1 refused by the ledger, or a mismatch was found; 2 wrong\n"
        "command line or file; 3 the node did not answer (the outcome is unknown:\n"
        "repeat with the same --transaction-id); 4 a signature or stored data does\n"
        "not verify; 70 internal error.\n");
    outcome_fini(&outcome);
}

static void test_wrong_words(void **state)
{
    (void)state;
    struct outcome outcome = TALEA(NULL, "frobnicate");
    assert_int_equal(outcome.code, 2);
    assert_string_equal(outcome.err, "talea: there is no command \"frobnicate\" (USAGE); `talea "
                                     "--help` lists the commands\n");
    outcome_fini(&outcome);
    outcome = TALEA(NULL, "member", "frobnicate");
    assert_int_equal(outcome.code, 2);
    outcome_fini(&outcome);
    outcome = TALEA(NULL, "member", "--help");
    assert_int_equal(outcome.code, 0);
    assert_non_null(strstr(outcome.out, "  member add "));
    assert_null(strstr(outcome.out, "  earn "));
    assert_non_null(strstr(outcome.out, "Usage: talea [OPTION...] member COMMAND "));
    assert_null(strstr(outcome.out, "--version"));
    outcome_fini(&outcome);
    outcome = TALEA(NULL, "--version");
    assert_int_equal(outcome.code, 0);
    assert_memory_equal(outcome.out, "talea ", 6);
    outcome_fini(&outcome);
}

static void test_completion_knows_all(void **state)
{
    (void)state;
    struct outcome outcome = TALEA(NULL, "completion", "bash");
    assert_int_equal(outcome.code, 0);
    assert_non_null(strstr(outcome.out, "\"burn capture\") words+=\" --points --transaction-id\""));
    assert_non_null(strstr(outcome.out, "        burn) words=\" authorise capture void\" ;;\n"));
    assert_non_null(strstr(outcome.out, "complete -o default -F _talea talea\n"));
    outcome_fini(&outcome);
}

static void test_text_width(void **state)
{
    (void)state;
    assert_int_equal(table_text_width("K\xc3\xa4se"), 4);
    assert_int_equal(table_text_width("e\xcc\x81"), 1);
    assert_int_equal(table_text_width("\xe5\xba\x97"), 2);
    assert_int_equal(table_text_width("\xf0\x9f\x8d\x8e"), 2);
    assert_int_equal(table_text_width(""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overview_lists_every_command),
        cmocka_unit_test(test_each_help_has_an_example),
        cmocka_unit_test(test_one_help),
        cmocka_unit_test(test_wrong_words),
        cmocka_unit_test(test_completion_knows_all),
        cmocka_unit_test(test_text_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

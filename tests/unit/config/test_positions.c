#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "config/positions.h"
#include "config_test.h"

static const char sample[] = "# head\n"
                             "name: demo\n"
                             "tls:\n"
                             "  key: k\n"
                             "  deep: {a: 1,\n"
                             "    b: 2}\n"
                             "list:\n"
                             "  - id: 1\n"
                             "    name: x\n"
                             "  - id: 2\n"
                             "plain: [a,\n"
                             "  b]\n"
                             "columns:\n"
                             "  \"Order.Id\": x\n"
                             "  \"\": y\n"
                             "  'a\".b\\': z\n"
                             "  c\\: z\n";

static void test_lines(void **state)
{
    (void)state;
    struct positions *p = NULL;
    assert_int_equal(positions_read(text_slice(sample), "s.yaml", &p, NULL), ERR_OK);
    assert_int_equal(positions_line(p, "name"), 2);
    assert_int_equal(positions_line(p, "tls"), 3);
    assert_int_equal(positions_line(p, "tls.key"), 4);
    assert_int_equal(positions_line(p, "tls.deep.b"), 6);
    assert_int_equal(positions_line(p, "list[0].name"), 9);
    assert_int_equal(positions_line(p, "list[1]"), 10);
    assert_int_equal(positions_line(p, "list[1].id"), 10);
    assert_int_equal(positions_line(p, "plain[1]"), 12);
    assert_int_equal(positions_line(p, "columns.\"Order.Id\""), 14);
    assert_int_equal(positions_line(p, "columns.\"\""), 15);
    assert_int_equal(positions_line(p, "columns.\"a\\\".b\\\\\""), 16);
    assert_int_equal(positions_line(p, "columns.c\\"), 17);
    assert_int_equal(positions_line(p, "tls.none"), 0);
    assert_int_equal(positions_line_near(p, "tls.none"), 3);
    assert_int_equal(positions_line_near(p, "tls.deep.none.more"), 5);
    assert_int_equal(positions_line_near(p, "list[1].none"), 10);
    assert_int_equal(positions_line_near(p, "list[7].none"), 7);
    assert_int_equal(positions_line_near(p, "none"), 1);
    assert_int_equal(positions_line_near(p, ""), 1);
    positions_destroy(p);
}

static void test_write_key(void **state)
{
    (void)state;
    char path[8];
    assert_true(positions_write_key(path, sizeof path, "abcdefg", true));
    assert_string_equal(path, "abcdefg");
    assert_false(positions_write_key(path, sizeof path, "abcdefg", false));
    assert_true(positions_write_key(path, sizeof path, "a\"b", false));
    assert_string_equal(path, ".\"a\\\"b\"");
    assert_false(positions_write_key(path, sizeof path, "a\"bc", false));
    assert_false(positions_write_key(path, 3, "a.", true));
    assert_true(positions_write_key(path, 3, "", true));
}

static void test_refuse(void **state)
{
    (void)state;
    struct positions *p = NULL;
    struct note note;
    assert_int_equal(positions_read(text_slice(sample), "s.yaml", &p, NULL), ERR_OK);
    assert_int_equal(positions_refuse(p, &note, "tls.key", "is %d", 7), ERR_INPUT);
    assert_string_equal(note.text, "s.yaml:4: tls.key: is 7");
    assert_int_equal(positions_refuse(p, &note, "", "is odd"), ERR_INPUT);
    assert_string_equal(note.text, "s.yaml: is odd");
    positions_destroy(p);
    positions_destroy(NULL);
}

static void expect_refused(struct slice yaml, const char *text)
{
    struct positions *p = NULL;
    struct note note = {""};
    assert_int_equal(positions_read(yaml, "s.yaml", &p, &note), ERR_INPUT);
    assert_string_equal(note.text, text);
    assert_null(p);
}

static void test_refused_files(void **state)
{
    (void)state;
    expect_refused(text_slice(""), "s.yaml: the file is empty");
    expect_refused(text_slice("# only a comment\n"), "s.yaml: the file is empty");
    expect_refused(text_slice("a: 1\nb: [\n"), "s.yaml:3: did not find expected node content");
    expect_refused(text_slice("a: 1\n\tb: 2\n"),
                   "s.yaml:2: found a tab character that violates indentation");
    expect_refused(text_slice("a: 1\nb: 2\na: 3\n"), "s.yaml:3: a: repeated, it stands on line 1");
    expect_refused(text_slice("a: &x 1\nb: *x\n"), "s.yaml:2: aliases (*name) are not supported");
    expect_refused(text_slice("a: 1\n---\nb: 1\n"), "s.yaml:2: a second document starts");
    expect_refused(text_slice("a: 1\n? [x]\n: 2\n"), "s.yaml:2: a key must be a single value");
    expect_refused(text_slice("a: \"x\\0y\"\n"), "s.yaml:1: a value holds a NUL byte");
    expect_refused(text_slice("\"a\\n\": y\n"), "s.yaml:1: a key holds control characters");
    expect_refused(slice_of("a: \xff\n", 5), "s.yaml: byte 3: invalid leading UTF-8 octet");
}

static void test_bounds(void **state)
{
    (void)state;
    char deep[2 * LIMIT_CONFIG_DEPTH + 4];
    memset(deep, '[', LIMIT_CONFIG_DEPTH + 1);
    memset(deep + LIMIT_CONFIG_DEPTH + 1, ']', LIMIT_CONFIG_DEPTH + 1);
    expect_refused(slice_of(deep, 2 * LIMIT_CONFIG_DEPTH + 2), "s.yaml:1: nested too deep");
    struct positions *p = NULL;
    assert_int_equal(positions_read(slice_of(deep + 1, 2 * LIMIT_CONFIG_DEPTH), "s", &p, NULL),
                     ERR_OK);
    positions_destroy(p);
    char *large = malloc(LIMIT_CONFIG_FILE_BYTES + 1);
    assert_non_null(large);
    memset(large, '#', LIMIT_CONFIG_FILE_BYTES + 1);
    expect_refused(slice_of(large, LIMIT_CONFIG_FILE_BYTES + 1),
                   "s.yaml: longer than 1048576 bytes");
    size_t length = 0;
    large[length++] = '[';
    for (unsigned i = 0; i <= LIMIT_CONFIG_KEYS; i++) {
        memcpy(large + length, "a,", 2);
        length += 2;
    }
    large[length++] = ']';
    expect_refused(slice_of(large, length), "s.yaml:1: too many keys");
    memset(large, 'k', LIMIT_CONFIG_KEY_PATH_BYTES + 1);
    memcpy(large + LIMIT_CONFIG_KEY_PATH_BYTES + 1, ": 1", 3);
    expect_refused(slice_of(large, LIMIT_CONFIG_KEY_PATH_BYTES + 4),
                   "s.yaml:1: the path of this key is too long");
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),  cmocka_unit_test(test_write_key),
        cmocka_unit_test(test_refuse), cmocka_unit_test(test_refused_files),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SUMS: what is written is read; nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dossier/sums_file.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static enum err read_text(const char *text, struct arena *arena, struct sums_file *out,
                          struct note *note)
{
    return sums_file_read(slice_of(text, strlen(text)), arena, out, note);
}

static void test_written_and_read(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer text = {0};
    CLEANUP(arena_fini) struct arena arena;
    struct hash sum = {{7}};
    struct sums_file sums;
    struct note note = {""};
    arena_init(&arena, 1 << 16);
    sums_line_write(&text, "streams/fuel.grocer.stream", &sum);
    sums_line_write(&text, "charters/0000000001.talea", &(struct hash){{0}});
    assert_memory_equal(text.at + text.length - 92, ZEROS "  charters/0000000001.talea\n", 92);
    assert_int_equal(sums_file_read(buffer_slice(&text), &arena, &sums, &note), ERR_OK);
    assert_int_equal(sums.count, 2);
    assert_string_equal(sums.lines[0].name, "charters/0000000001.talea");
    const struct sums_line *line = sums_file_find(&sums, "streams/fuel.grocer.stream");
    assert_non_null(line);
    assert_true(hash_equal(&line->sum, &sum));
    assert_null(sums_file_find(&sums, "streams/grocer.fuel.stream"));
}

static void test_refused(void **state)
{
    static const char *const texts[] = {
        "x",
        ZEROS "  charters/1.talea", /* no end */
        ZEROS " charters/1.talea\n",
        ZEROS "  charters/\n",
        ZEROS "  charters/..\n",
        ZEROS "  charters/.hidden\n",
        ZEROS "  charters/../../etc/passwd\n",
        ZEROS "  /etc/passwd\n",
        ZEROS "  other/1.talea\n",
        ZEROS "  charters/1 .talea\n",
        ZEROS "  charters/0123456789012345678901234567890123456789012345678901234567890.talea\n",
        "g" ZEROS "  charters/1.talea\n",
        "\n",
        ZEROS "  charters/1.talea\n" ZEROS "  charters/1.talea\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CLEANUP(arena_fini) struct arena arena;
        struct sums_file sums;
        struct note note = {""};
        arena_init(&arena, 1 << 16);
        if (read_text(texts[i], &arena, &sums, &note) != ERR_CORRUPT || note.text[0] == '\0') {
            fail_msg("taken: %s", texts[i]);
        }
    }
}

/* What stands behind a NUL would be seen by nobody. */
static void test_nul(void **state)
{
    static const char text[] = ZEROS "  charters/1\0.talea\n";
    (void)state;
    CLEANUP(arena_fini) struct arena arena;
    struct sums_file sums;
    struct note note = {""};
    arena_init(&arena, 1 << 16);
    assert_int_equal(sums_file_read(slice_of(text, sizeof text - 1), &arena, &sums, &note),
                     ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nul),
                                       cmocka_unit_test(test_written_and_read),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

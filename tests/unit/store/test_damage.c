/* What is said of a page that leads nowhere, and whose memory an address is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "store/damage.h"

static struct slice text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

static void test_whose_memory(void **state)
{
    (void)state;
    static const char file[] =
        "7dfff4800000-7efff4800000 r--s 00000000 08:01 1234                       /a b/state.mdb";
    static const char heap[] = "55555555a000-55555557b000 rw-p 00000000 00:00 0";
    struct slice path;
    assert_true(damage_is_mapped(text_of(file), UINT64_C(0x7dfff4800000), &path));
    assert_true(slice_equal(path, text_of("/a b/state.mdb")));
    assert_true(damage_is_mapped(text_of(file), UINT64_C(0x7efff47fffff), &path));
    assert_false(damage_is_mapped(text_of(file), UINT64_C(0x7efff4800000), &path));
    assert_false(damage_is_mapped(text_of(file), UINT64_C(0x7dfff47fffff), &path));
    assert_true(damage_is_mapped(text_of(heap), UINT64_C(0x55555555a010), &path));
    assert_int_equal(path.length, 0);
    static const char *const wrong[] = {"", "-", "zz-ff", "55555555a000", "55555555a000 "};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(damage_is_mapped(text_of(wrong[i]), UINT64_C(0x55555555a000), &path));
    }
}

static void expect_text(const char *path, const char *expected)
{
    char text[200];
    size_t length = damage_text(text_of("talea"), text_of(path), text, sizeof text);
    assert_true(slice_equal(slice_of(text, length), text_of(expected)));
}

static void test_what_is_said(void **state)
{
    (void)state;
    expect_text("/d/state.mdb", "talea: /d/state.mdb: damaged: a page of it leads nowhere "
                                "(DATA_CORRUPT); talea rebuild derives it anew from the journal\n");
    expect_text("/d/journal.mdb", "talea: /d/journal.mdb: damaged: a page of it leads nowhere "
                                  "(DATA_CORRUPT); keep the data folder as it is\n");
    expect_text("", "talea: the ledger's files: damaged: a page of it leads nowhere "
                    "(DATA_CORRUPT); keep the data folder as it is\n");
    expect_text("/d/state.mdb-lock", "talea: /d/state.mdb-lock: can't be written: no room on its "
                                     "disk (STORAGE_FAILED)\n");
    assert_int_equal(damage_exit(text_of("/d/state.mdb-lock")), 70);
    assert_int_equal(damage_exit(text_of("/d/state.mdb")), 4);
    assert_int_equal(damage_exit(text_of("")), 4);
    char text[12];
    assert_int_equal(damage_text(text_of("talea"), text_of("/d/state.mdb"), text, sizeof text), 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whose_memory),
        cmocka_unit_test(test_what_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

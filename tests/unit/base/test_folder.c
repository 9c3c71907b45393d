#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/folder.h"

static char above[] = "/tmp/talea-folder-XXXXXX";

static const char *in(const char *folder, const char *name)
{
    static char path[2 * LIMIT_PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static bool is_there(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static int make_above(void **state)
{
    (void)state;
    return mkdtemp(above) == NULL ? -1 : 0;
}

/* Nothing is left of it: no test leaves more than it says. */
static int remove_above(void **state)
{
    (void)state;
    return rmdir(above);
}

static struct folder_path filled(const char *target)
{
    struct folder_path beside;
    struct note note = {""};
    assert_int_equal(folder_make_beside(target, &beside, &note), ERR_OK);
    assert_string_equal(note.text, "");
    assert_int_equal(mkdir(in(beside.text, "inner"), 0700), 0);
    assert_int_equal(
        file_create(in(beside.text, "inner/file"), FILE_PUBLIC, slice_of("x", 1), NULL), ERR_OK);
    return beside;
}

static void test_gets_its_name(void **state)
{
    (void)state;
    char target[128];
    struct stat status;
    snprintf(target, sizeof target, "%s/new", above);
    struct folder_path beside = filled(in(above, "new//"));
    assert_false(is_there(target));
    assert_int_equal(strncmp(beside.text, target, strlen(target)), 0);
    assert_int_equal(folder_put_in_place(&beside, target, NULL), ERR_OK);
    assert_false(is_there(beside.text));
    assert_true(is_there(in(target, "inner/file")));
    assert_int_equal(stat(target, &status), 0);
    assert_int_equal(status.st_mode & 07777u, 0755);

    beside = filled(target); /* one with something in it stays */
    assert_int_equal(unlink(in(target, "inner/file")), 0);
    assert_int_equal(folder_put_in_place(&beside, target, NULL), ERR_EXISTS);
    assert_false(is_there(in(target, "inner/file")));
    assert_int_equal(rmdir(in(target, "inner")), 0);
    assert_int_equal(folder_put_in_place(&beside, target, NULL), ERR_OK); /* an empty one goes */
    assert_true(is_there(in(target, "inner/file")));
    folder_remove(target);
    assert_false(is_there(target));
}

static void test_removes_and_follows_no_link(void **state)
{
    (void)state;
    char kept[128];
    snprintf(kept, sizeof kept, "%s/kept", above);
    assert_int_equal(file_create(kept, FILE_PUBLIC, slice_of("x", 1), NULL), ERR_OK);
    struct folder_path beside = filled(in(above, "never"));
    assert_int_equal(symlink(above, in(beside.text, "link")), 0);
    errno = ENOSPC;
    folder_remove(beside.text);
    assert_int_equal(errno, ENOSPC);
    assert_false(is_there(beside.text));
    assert_true(is_there(kept));
    assert_int_equal(unlink(kept), 0);
}

static void test_says_what_is_wrong(void **state)
{
    (void)state;
    struct folder_path beside = {"untouched"};
    struct note note = {""};
    char name[LIMIT_PATH_BYTES + 2];
    assert_int_equal(folder_make_beside(in(above, "no/new"), &beside, &note), ERR_NOT_FOUND);
    assert_non_null(strstr(note.text, "no/new can't be made: No such file or directory"));
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_int_equal(folder_make_beside(name, &beside, &note), ERR_RANGE);
    assert_string_equal(beside.text, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gets_its_name),
                                       cmocka_unit_test(test_removes_and_follows_no_link),
                                       cmocka_unit_test(test_says_what_is_wrong)};
    return cmocka_run_group_tests(tests, make_above, remove_above);
}

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

struct place {
    char folder[64];
    char path[96];
};

static int place_make(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    snprintf(place->folder, sizeof place->folder, "/tmp/talea-file-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof place->path, "%s/file", place->folder);
    *state = place;
    return 0;
}

static int place_remove(void **state)
{
    struct place *place = *state;
    unlink(place->path);
    int result = rmdir(place->folder);
    free(place);
    return result;
}

static unsigned mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777u;
}

static void test_reads_what_was_created(void **state)
{
    const struct place *place = *state;
    uint8_t bytes[70000];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 31);
    }
    static const size_t lengths[] = {0, 1, 4096, 70000};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        CLEANUP(buffer_fini) struct buffer back = {0};
        write_u8(&back, 1);
        struct slice whole = slice_of(bytes, lengths[i]);
        assert_int_equal(file_create(place->path, FILE_PUBLIC, whole, NULL), ERR_OK);
        assert_int_equal(file_read(place->path, FILE_PUBLIC, lengths[i], &back, NULL), ERR_OK);
        assert_true(slice_equal(whole, buffer_slice(&back)));
        unlink(place->path);
    }
}

static void test_modes(void **state)
{
    const struct place *place = *state;
    struct buffer back = {0};
    struct note note = {{0}};
    mode_t old = umask(0);
    assert_int_equal(file_create(place->path, FILE_PUBLIC, slice_of("x", 1), NULL), ERR_OK);
    assert_int_equal(mode_of(place->path), 0644);
    assert_int_equal(file_read(place->path, FILE_SECRET, 1, &back, &note), ERR_DENIED);
    assert_non_null(strstr(note.text, "0644"));
    unlink(place->path);
    assert_int_equal(file_create(place->path, FILE_SECRET, slice_of("x", 1), NULL), ERR_OK);
    assert_int_equal(mode_of(place->path), 0600);
    umask(old);
    assert_null(back.at);
}

static void test_refusals_name_the_path(void **state)
{
    const struct place *place = *state;
    struct buffer back = {0};
    struct note note = {{0}};
    assert_int_equal(file_read(place->path, FILE_PUBLIC, 10, &back, &note), ERR_NOT_FOUND);
    assert_non_null(strstr(note.text, place->path));
    assert_int_equal(file_read(place->folder, FILE_PUBLIC, 10, &back, &note), ERR_INPUT);
    assert_int_equal(file_create(place->path, FILE_PUBLIC, slice_of("eleven char", 11), &note),
                     ERR_OK);
    assert_int_equal(file_create(place->path, FILE_PUBLIC, slice_of("other", 5), &note),
                     ERR_EXISTS);
    note = (struct note){{0}};
    assert_int_equal(file_read(place->path, FILE_PUBLIC, 10, &back, &note), ERR_RANGE);
    assert_non_null(strstr(note.text, place->path));
    assert_null(back.at);

    /* A pipe is not waited for. */
    unlink(place->path);
    assert_int_equal(mkfifo(place->path, 0600), 0);
    assert_int_equal(file_read(place->path, FILE_PUBLIC, 10, &back, &note), ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reads_what_was_created, place_make, place_remove),
        cmocka_unit_test_setup_teardown(test_modes, place_make, place_remove),
        cmocka_unit_test_setup_teardown(test_refusals_name_the_path, place_make, place_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

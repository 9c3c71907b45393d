/* An export is there whole, or nothing of it is. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dossier/writer.h"

static char above[] = "/tmp/talea-writer-XXXXXX";
static char target[64];

static int make_above(void **state)
{
    (void)state;
    if (mkdtemp(above) == NULL) {
        return -1;
    }
    snprintf(target, sizeof target, "%s/export", above);
    return 0;
}

static int remove_above(void **state)
{
    (void)state;
    return rmdir(above);
}

static unsigned names_in(const char *folder)
{
    unsigned count = 0;
    DIR *names = opendir(folder);
    assert_non_null(names);
    for (struct dirent *name = readdir(names); name != NULL; name = readdir(names)) {
        count += name->d_name[0] != '.';
    }
    closedir(names);
    return count;
}

/* So many votes of the net. */
static enum err write_votes(struct dossier_writer *writer, unsigned count, struct note *note)
{
    static uint8_t bytes[4096];
    Talea__V1__ExportPeriodResponse part;
    Talea__V1__DossierNet net;
    talea__v1__export_period_response__init(&part);
    talea__v1__dossier_net__init(&net);
    net.vote = (ProtobufCBinaryData){sizeof bytes, bytes};
    part.part_case = TALEA__V1__EXPORT_PERIOD_RESPONSE__PART_NET;
    part.net = &net;
    TRY(dossier_writer_open(writer, target, note));
    for (unsigned i = 0; i < count; i++) {
        TRY(dossier_writer_put(writer, &part, note));
    }
    return dossier_writer_finish(writer, note);
}

static void test_whole(void **state)
{
    (void)state;
    struct dossier_writer writer;
    struct note note = {""};
    struct stat status;
    char sums[96];
    assert_int_equal(write_votes(&writer, 3, &note), ERR_OK);
    dossier_writer_close(&writer);
    snprintf(sums, sizeof sums, "%s/%s", target, SUMS_NAME);
    assert_int_equal(stat(sums, &status), 0);
    assert_int_equal(names_in(above), 1);

    assert_int_equal(write_votes(&writer, 3, &note), ERR_EXISTS);
    dossier_writer_close(&writer);
    assert_int_equal(names_in(above), 1);
    folder_remove(target);
}

/* As on a full disk: writing fails, wherever that is. */
static void test_half(void **state)
{
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t size = 0; size < 40000; size += 1999) {
        struct dossier_writer writer;
        struct note note = {""};
        struct rlimit little = {size, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
        enum err err = write_votes(&writer, 10, &note);
        dossier_writer_close(&writer);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(err, ERR_STORAGE);
        assert_non_null(strstr(note.text, "/export"));
        assert_int_equal(names_in(above), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole), cmocka_unit_test(test_half)};
    return cmocka_run_group_tests(tests, make_above, remove_above);
}

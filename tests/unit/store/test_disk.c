/* A full disk: appends and checkpoints say so, what was acknowledged stays, and the same open store
 * goes on when there is room. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#define BYTES_MAX   30000
#define APPENDS_MAX 2000

/* Appends until the disk is full; returns the row that did not get through. */
static uint64_t append_until_full(const struct journal *journal)
{
    struct buffer batch = {0};
    uint64_t row = 0;
    enum err err = ERR_OK;
    assert_ok(journal->next_row(journal->context, &row));
    for (unsigned i = 0; i < APPENDS_MAX && err == ERR_OK; i++) {
        batch_fill(row, BYTES_MAX, &batch);
        err = journal->append(journal->context, row, batch_count(row), buffer_slice(&batch), 1);
        if (err == ERR_OK) {
            row += batch_count(row);
        }
    }
    buffer_fini(&batch);
    assert_true(err == ERR_STORAGE || err == ERR_RESOURCE);
    return row;
}

static enum err check_batch(void *context, uint64_t first_row, struct slice batch)
{
    uint64_t *expected = context;
    struct buffer bytes = {0};
    assert_int_equal(first_row, *expected);
    batch_fill(first_row, BYTES_MAX, &bytes);
    assert_true(slice_equal(batch, buffer_slice(&bytes)));
    buffer_fini(&bytes);
    *expected += batch_count(first_row);
    return ERR_OK;
}

static void assert_holds_up_to(const struct journal *journal, uint64_t row)
{
    uint64_t next = 0;
    uint64_t replayed = 1;
    assert_ok(journal->next_row(journal->context, &next));
    assert_int_equal(next, row);
    assert_ok(journal->replay(journal->context, 1, check_batch, &replayed));
    assert_int_equal(replayed, row);
}

/* One batch at the row that failed. */
static uint64_t append_again(const struct journal *journal, uint64_t row)
{
    struct buffer batch = {0};
    batch_fill(row, BYTES_MAX, &batch);
    assert_ok(journal->append(journal->context, row, batch_count(row), buffer_slice(&batch), 1));
    buffer_fini(&batch);
    return row + batch_count(row);
}

/* Publishes rows numbered from 1 and checkpoints until the disk is full; returns the last row. */
static uint64_t checkpoint_until_full(struct state *state, struct state_writer *writer)
{
    static const uint8_t value[4000] = {7};
    struct ledger_store store = state_writer_port(writer);
    enum err err = ERR_OK;
    uint64_t row = state_durable_row(state);
    while (row < APPENDS_MAX && err == ERR_OK) {
        uint8_t key[8];
        put_u64_be(key, ++row);
        assert_ok(store.put(store.context, TABLE_SALE, slice_of(key, sizeof key),
                            slice_of(value, sizeof value)));
        make_visible(state, writer, row);
        err = row % 10 == 0 ? state_checkpoint(state) : ERR_OK;
    }
    assert_true(err == ERR_STORAGE || err == ERR_RESOURCE);
    return row;
}

static void assert_rows(struct state *state, uint64_t last)
{
    struct state_reader *reader = NULL;
    assert_ok(state_reader_create(state, &reader));
    struct ledger_view view = state_reader_view(reader);
    for (uint64_t row = 1; row <= last; row++) {
        uint8_t key[8];
        struct slice value;
        put_u64_be(key, row);
        assert_ok(view.get(view.context, TABLE_SALE, slice_of(key, sizeof key), &value));
        assert_int_equal(value.length, 4000);
    }
    state_reader_destroy(reader);
}

/* `squeeze` takes the room, `release` gives it back. */
static void fill_and_recover(struct folder *folder, void (*squeeze)(const struct folder *),
                             void (*release)(const struct folder *))
{
    struct state_writer *writer = NULL;
    struct journal_file *file = open_journal(folder, JOURNAL_WRITE);
    struct journal journal = journal_file_port(file);
    uint64_t row = append_again(&journal, append_again(&journal, 1));
    squeeze(folder);
    row = append_until_full(&journal);
    assert_holds_up_to(&journal, row);
    release(folder);
    row = append_again(&journal, row);
    assert_holds_up_to(&journal, row);
    journal_file_close(file);
    file = open_journal(folder, JOURNAL_WRITE);
    journal = journal_file_port(file);
    assert_holds_up_to(&journal, row);
    journal_file_close(file);
    char path[128];
    snprintf(path, sizeof path, "%s/journal.mdb", folder->path);
    assert_int_equal(unlink(path), 0);

    struct state *state = open_state(folder, STATE_WRITE);
    assert_ok(state_writer_create(state, &writer));
    squeeze(folder);
    row = checkpoint_until_full(state, writer);
    assert_true(state_checkpointed_row(state) < row);
    assert_rows(state, row);
    release(folder);
    assert_ok(state_checkpoint(state));
    assert_int_equal(state_checkpointed_row(state), row);
    assert_rows(state, row);
    state_writer_destroy(writer);
    state_close(state);
    state = open_state(folder, STATE_WRITE);
    assert_rows(state, row);
    state_close(state);
}

static void set_file_limit(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void squeeze_files(const struct folder *folder)
{
    (void)folder;
    set_file_limit(1u << 20);
}

static void release_files(const struct folder *folder)
{
    (void)folder;
    set_file_limit(RLIM_INFINITY);
}

static void test_file_size_limit(void **unused)
{
    (void)unused;
    struct folder folder;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    assert_int_equal(sigaction(SIGXFSZ, &ignore, &before), 0);
    folder_make(&folder);
    fill_and_recover(&folder, squeeze_files, release_files);
    folder_remove(&folder);
    assert_int_equal(sigaction(SIGXFSZ, &before, NULL), 0);
}

static const char *ballast_path(const struct folder *folder, char out[128])
{
    snprintf(out, 128, "%s/ballast", folder->path);
    return out;
}

static void squeeze_disk(const struct folder *folder)
{
    static const uint8_t block[1u << 20] = {1};
    char path[128];
    int fd = open(ballast_path(folder, path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, block, sizeof block), (ssize_t)sizeof block);
    close(fd);
}

static void release_disk(const struct folder *folder)
{
    char path[128];
    assert_int_equal(unlink(ballast_path(folder, path)), 0);
}

static void test_full_disk(void **unused)
{
    (void)unused;
    struct folder folder;
    folder_make(&folder);
    /* A name space of our own: the mount ends with the process, whatever happens. */
    bool is_mounted = unshare(CLONE_NEWNS) == 0 &&
                      mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                      mount("none", folder.parent, "tmpfs", 0, "size=3m") == 0;
    if (!is_mounted) {
        print_message("no right to mount a small disk: %s\n", strerror(errno));
        folder_remove(&folder);
        skip();
    }
    fill_and_recover(&folder, squeeze_disk, release_disk);
    assert_int_equal(umount2(folder.parent, MNT_DETACH), 0);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_size_limit),
        cmocka_unit_test(test_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

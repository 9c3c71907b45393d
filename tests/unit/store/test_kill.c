/* Processes that are killed at any moment: what was acknowledged is there, and nothing is torn. The
 * child opens the store itself, after the fork; the parent has nothing open while a child lives,
 * except where it is read-only on purpose. */
#include "fixture.h"

#include "store/journal_tail.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS    20
#define BYTES_MAX 60000
#define KEYS      97

static void tell(int fd, uint64_t number)
{
    if (write(fd, &number, sizeof number) != (ssize_t)sizeof number) {
        _exit(3);
    }
}

/* False at the end of the pipe. */
static bool hear(int fd, uint64_t *out_number)
{
    return read(fd, out_number, sizeof *out_number) == (ssize_t)sizeof *out_number;
}

struct child {
    pid_t pid;
    int from; /* what it says */
    int to;   /* what it waits for */
};

static struct child child_start(const struct folder *folder,
                                void (*work)(const struct folder *folder, int out, int in))
{
    int up[2];
    int down[2];
    assert_int_equal(pipe(up), 0);
    assert_int_equal(pipe(down), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(up[0]);
        close(down[1]);
        work(folder, up[1], down[0]);
        _exit(0);
    }
    close(up[1]);
    close(down[0]);
    return (struct child){pid, up[0], down[1]};
}

static void child_kill(struct child *child)
{
    assert_int_equal(kill(child->pid, SIGKILL), 0);
}

/* Waits for its end, and for all that it said. */
static uint64_t child_reap(struct child *child, uint64_t last)
{
    uint64_t number;
    while (hear(child->from, &number)) {
        last = number;
    }
    assert_int_equal(waitpid(child->pid, NULL, 0), child->pid);
    close(child->from);
    close(child->to);
    return last;
}

static enum err stay(void *context, uint64_t first_row, struct slice batch)
{
    (void)batch;
    tell(*(const int *)context, first_row);
    while (pause() == -1) {
    }
    return ERR_OK;
}

/* Stays in the middle of a read. */
static void read_for_ever(const struct folder *folder, int out, int in)
{
    (void)in;
    struct journal_file *file = NULL;
    if (journal_file_open(folder->path, JOURNAL_READ_ONLY, &file, NULL) != ERR_OK) {
        _exit(1);
    }
    struct journal journal = journal_file_port(file);
    _exit(journal.look(journal.context, 20, stay, &out) == ERR_OK ? 0 : 2);
}

/* A batch that is too large for the journal's tail, so that it is read in LMDB. */
static void fill_up(struct buffer *batch)
{
    if (batch->length <= JOURNAL_TAIL_BATCH_BYTES) {
        size_t more = JOURNAL_TAIL_BATCH_BYTES + 1 - batch->length;
        uint8_t *at = write_reserve(batch, more);
        assert_non_null(at);
        memset(at, 0, more);
    }
}

/* Appends so many batches, each of which replaces the one before; gives the file's size then. */
static off_t replace(const struct folder *folder, const struct journal *journal, uint64_t *row,
                     unsigned count)
{
    char path[128];
    struct stat status;
    struct buffer batch = {0};
    for (unsigned i = 0; i < count; i++) {
        batch_fill(*row, BYTES_MAX, &batch);
        fill_up(&batch);
        assert_ok(journal->append(journal->context, *row, 1, buffer_slice(&batch), 1));
        assert_ok(journal->trim(journal->context, (*row)++));
    }
    buffer_fini(&batch);
    (void)snprintf(path, sizeof path, "%s/journal.mdb", folder->path);
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

/* What a reader sees stays in the file; when it was killed, the room is used again. */
static void test_killed_reader(void **unused)
{
    (void)unused;
    struct folder folder;
    folder_make(&folder);
    uint64_t row = 1;
    uint64_t heard = 0;
    struct journal_file *file = open_journal(&folder, JOURNAL_WRITE);
    struct journal journal = journal_file_port(file);
    off_t small = replace(&folder, &journal, &row, 20);
    struct child child = child_start(&folder, read_for_ever);
    assert_true(hear(child.from, &heard));
    off_t pinned = replace(&folder, &journal, &row, 100);
    assert_true(pinned > small + 20 * BYTES_MAX);
    child_kill(&child);
    (void)child_reap(&child, heard);
    off_t after = replace(&folder, &journal, &row, 100);
    assert_true(after < pinned + 10 * BYTES_MAX);
    journal_file_close(file);
    folder_remove(&folder);
}

static void append_for_ever(const struct folder *folder, int out, int in)
{
    (void)in;
    struct journal_file *file = NULL;
    struct buffer batch = {0};
    uint64_t row = 0;
    if (journal_file_open(folder->path, JOURNAL_WRITE, &file, NULL) != ERR_OK) {
        _exit(1);
    }
    struct journal journal = journal_file_port(file);
    if (journal.next_row(journal.context, &row) != ERR_OK) {
        _exit(2);
    }
    for (;;) {
        uint32_t count = batch_count(row);
        batch_fill(row, BYTES_MAX, &batch);
        if (journal.append(journal.context, row, count, buffer_slice(&batch), 1) != ERR_OK) {
            _exit(2);
        }
        row += count;
        tell(out, row);
    }
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

static void test_killed_appender(void **unused)
{
    (void)unused;
    struct folder folder;
    folder_make(&folder);
    uint64_t seed = seed_begin();
    uint64_t acknowledged = 1;
    for (int round = 0; round < ROUNDS; round++) {
        struct child child = child_start(&folder, append_for_ever);
        for (uint64_t n = 1 + random_below(&seed, 20); n > 0; n--) {
            assert_true(hear(child.from, &acknowledged));
        }
        child_kill(&child);
        acknowledged = child_reap(&child, acknowledged);
        struct journal_file *file = open_journal(&folder, JOURNAL_WRITE);
        struct journal journal = journal_file_port(file);
        uint64_t next = 0;
        uint64_t replayed = 1;
        assert_ok(journal.next_row(journal.context, &next));
        assert_true(next >= acknowledged);
        assert_ok(journal.replay(journal.context, 1, check_batch, &replayed));
        assert_int_equal(replayed, next);
        journal_file_close(file);
    }
    folder_remove(&folder);
}

/* Row n sets key n % KEYS to n and deletes the key half-way round, if that is even. */
static void checkpoint_for_ever(const struct folder *folder, int out, int in)
{
    (void)in;
    struct state *state = NULL;
    struct state_writer *writer = NULL;
    if (state_open(&(struct state_options){folder->path, STATE_WRITE, 0}, &state, NULL) != ERR_OK ||
        state_writer_create(state, &writer) != ERR_OK) {
        _exit(1);
    }
    struct ledger_store store = state_writer_port(writer);
    for (uint64_t row = state_checkpointed_row(state) + 1;; row++) {
        uint8_t key[8];
        put_u64_be(key, row % KEYS);
        enum err err = store.put(store.context, TABLE_ACCOUNT, slice_of(key, sizeof key),
                                 slice_of(&row, sizeof row));
        put_u64_be(key, (row + KEYS / 2) % KEYS);
        if (err == ERR_OK && row % 2 == 0) {
            err = store.del(store.context, TABLE_ACCOUNT, slice_of(key, sizeof key));
        }
        err = err == ERR_OK ? state_writer_seal(writer, row) : err;
        state_make_durable(state, row);
        if (err == ERR_OK && row % 7 == 0) {
            err = state_checkpoint(state);
            tell(out, row);
        }
        if (err != ERR_OK) {
            _exit(2);
        }
    }
}

struct expected_rows {
    uint64_t values[KEYS]; /* 0 for none */
};

static void expected_fill(struct expected_rows *expected, uint64_t last_row)
{
    memset(expected, 0, sizeof *expected);
    for (uint64_t row = 1; row <= last_row; row++) {
        expected->values[row % KEYS] = row;
        if (row % 2 == 0) {
            expected->values[(row + KEYS / 2) % KEYS] = 0;
        }
    }
}

static enum err collect_row(void *context, uint64_t slice_row, enum ledger_table table,
                            struct slice key, struct slice value)
{
    struct expected_rows *rows = context;
    uint64_t number;
    (void)slice_row;
    assert_int_equal(table, TABLE_ACCOUNT);
    assert_int_equal(key.length, 8);
    assert_int_equal(value.length, sizeof number);
    memcpy(&number, value.at, sizeof number);
    rows->values[get_u64_be(key.at)] = number;
    return ERR_OK;
}

static void test_killed_checkpointer(void **unused)
{
    (void)unused;
    struct folder folder;
    folder_make(&folder);
    uint64_t seed = seed_begin();
    uint64_t acknowledged = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct child child = child_start(&folder, checkpoint_for_ever);
        for (uint64_t n = 1 + random_below(&seed, 10); n > 0; n--) {
            assert_true(hear(child.from, &acknowledged));
        }
        child_kill(&child);
        acknowledged = child_reap(&child, acknowledged);
        struct state *state = open_state(&folder, STATE_WRITE);
        uint64_t row = 0;
        struct expected_rows expected;
        struct expected_rows found = {{0}};
        struct slice_rows *rows = NULL;
        assert_ok(state_scan_all(state, &rows, collect_row, &found));
        row = slice_rows_lowest(rows);
        assert_int_equal(slice_rows_highest(rows), row);
        slice_rows_destroy(rows);
        assert_int_equal(row, state_checkpointed_row(state));
        assert_int_equal(row, state_durable_row(state));
        assert_true(row >= acknowledged);
        expected_fill(&expected, row);
        assert_memory_equal(&found, &expected, sizeof found);
        state_close(state);
    }
    folder_remove(&folder);
}

/* Steps as it is told to: each number read is a row to append, publish and checkpoint. */
static void step_on_demand(const struct folder *folder, int out, int in)
{
    struct journal_file *file = NULL;
    struct state *state = NULL;
    struct state_writer *writer = NULL;
    if (journal_file_open(folder->path, JOURNAL_WRITE, &file, NULL) != ERR_OK ||
        state_open(&(struct state_options){folder->path, STATE_WRITE, 0}, &state, NULL) != ERR_OK ||
        state_writer_create(state, &writer) != ERR_OK) {
        _exit(1);
    }
    struct journal journal = journal_file_port(file);
    struct ledger_store store = state_writer_port(writer);
    uint64_t row;
    uint8_t id[16];
    tell(out, 0);
    while (hear(in, &row)) {
        struct slice body = slice_of(&row, sizeof row);
        if (journal.append(journal.context, row, 1, body, 1) != ERR_OK ||
            store.put(store.context, TABLE_MEMBER, member_key("m", id), body) != ERR_OK) {
            _exit(2);
        }
        if (state_writer_seal(writer, row) != ERR_OK) {
            _exit(2);
        }
        state_make_durable(state, row);
        if (state_checkpoint(state) != ERR_OK) {
            _exit(3);
        }
        tell(out, row);
    }
    state_writer_destroy(writer);
    state_close(state);
    journal_file_close(file);
}

static void assert_held(const struct folder *folder)
{
    struct note note = {""};
    struct journal_file *file = NULL;
    struct state *state = NULL;
    struct state_options options = {folder->path, STATE_WRITE, 0};
    assert_int_equal(journal_file_open(folder->path, JOURNAL_WRITE, &file, &note), ERR_UNAVAILABLE);
    assert_non_null(strstr(note.text, "another talead holds it"));
    assert_int_equal(state_open(&options, &state, &note), ERR_UNAVAILABLE);
    assert_null(file);
    assert_null(state);
}

static void test_read_only_beside_a_writer(void **unused)
{
    (void)unused;
    struct folder folder;
    folder_make(&folder);
    struct child child = child_start(&folder, step_on_demand);
    uint64_t heard = 1;
    assert_true(hear(child.from, &heard));
    assert_held(&folder);
    struct journal_file *file = open_journal(&folder, JOURNAL_READ_ONLY);
    struct state *state = open_state(&folder, STATE_READ_ONLY);
    struct journal journal = journal_file_port(file);
    struct state_reader *reader = NULL;
    struct state_writer *writer = NULL;
    assert_ok(state_reader_create(state, &reader));
    struct ledger_view view = state_reader_view(reader);
    struct slice value;
    uint8_t id[16];
    assert_int_equal(view.get(view.context, TABLE_MEMBER, member_key("m", id), &value),
                     ERR_NOT_FOUND);
    for (uint64_t row = 1; row <= 20; row++) {
        tell(child.to, row);
        assert_true(hear(child.from, &heard));
        uint64_t next = 0;
        assert_ok(journal.next_row(journal.context, &next));
        assert_int_equal(next, row + 1);
        assert_int_equal(state_checkpointed_row(state), row);
        assert_int_equal(state_durable_row(state), row);
        assert_ok(view.get(view.context, TABLE_MEMBER, member_key("m", id), &value));
        assert_true(slice_equal(value, slice_of(&row, sizeof row)));
    }
    assert_int_equal(state_checkpoint(state), ERR_INPUT);
    assert_int_equal(state_writer_create(state, &writer), ERR_INPUT);
    assert_int_equal(journal.append(journal.context, 21, 1, slice_of("x", 1), 1), ERR_DENIED);
    state_reader_destroy(reader);
    state_close(state);
    journal_file_close(file);
    close(child.to);
    child.to = dup(child.from);
    assert_int_equal(child_reap(&child, heard), 20);
    /* Its end gave the locks back. */
    journal_file_close(open_journal(&folder, JOURNAL_WRITE));
    state_close(open_state(&folder, STATE_WRITE));
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_appender),
        cmocka_unit_test(test_killed_reader),
        cmocka_unit_test(test_killed_checkpointer),
        cmocka_unit_test(test_read_only_beside_a_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

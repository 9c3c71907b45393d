/* Copies made beside a writer open, and belong together. */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/copy.h"

struct place {
    struct folder folder;
    struct folder target;
    struct journal_file *journal;
    struct state *state;
    struct state_writer *writer;
    uint64_t next_row;
};

static void open_place(struct place *p)
{
    *p = (struct place){.next_row = 1};
    folder_make(&p->folder);
    folder_make(&p->target);
    assert_int_equal(mkdir(p->target.path, 0700), 0);
    p->journal = open_journal(&p->folder, JOURNAL_WRITE);
    p->state = open_state(&p->folder, STATE_WRITE);
    assert_ok(state_writer_create(p->state, &p->writer));
}

static void close_place(struct place *p)
{
    state_writer_destroy(p->writer);
    state_close(p->state);
    journal_file_close(p->journal);
    folder_remove(&p->folder);
    folder_remove(&p->target);
}

static struct uid member_of(uint64_t row, unsigned i)
{
    struct uid id = {{0}};
    put_u64_be(id.bytes, row * UINT64_C(0x9e3779b97f4a7c15) + i);
    return id;
}

/* One batch: members whose value is its last row, and in each other table a row that says it. */
static void step(struct place *p, unsigned members)
{
    struct journal journal = journal_file_port(p->journal);
    struct ledger_store store = state_writer_port(p->writer);
    struct buffer batch = {0};
    uint32_t count = batch_count(p->next_row);
    batch_fill(p->next_row, 5000, &batch);
    assert_ok(journal.append(journal.context, p->next_row, count, buffer_slice(&batch), 0));
    buffer_fini(&batch);
    uint64_t last_row = p->next_row + count - 1;
    struct slice value = slice_of(&last_row, sizeof last_row);
    for (unsigned i = 0; i < members; i++) {
        struct uid id = member_of(last_row, i);
        assert_ok(store.put(store.context, TABLE_MEMBER, slice_of(id.bytes, 16), value));
    }
    for (int table = TABLE_MEMBER + 1; table < TABLE_END; table++) {
        static const uint8_t key[32] = {1, 9, 0xff};
        assert_ok(
            store.put(store.context, (enum ledger_table)table, slice_of(key, sizeof key), value));
    }
    assert_ok(state_writer_seal(p->writer, last_row));
    state_make_durable(p->state, last_row);
    p->next_row = last_row + 1;
}

static void copy_all(struct place *p)
{
    struct copy_watch watch = {NULL, NULL};
    struct note note = {""};
    uint32_t format = 0;
    assert_ok(state_copy(p->state, p->target.path, &watch, &format, &note));
    assert_int_equal(format, 6);
    assert_ok(journal_copy(p->journal, p->target.path, &watch, &format, &note));
    assert_int_equal(format, 3);
}

struct seen {
    unsigned members;
    unsigned others; /* rows of other tables */
    uint64_t meta;
};

static enum err see(void *context, uint64_t slice_row, enum ledger_table table, struct slice key,
                    struct slice value)
{
    struct seen *seen = context;
    uint64_t row = 0;
    (void)key;
    assert_int_equal(value.length, sizeof row);
    memcpy(&row, value.at, sizeof row);
    assert_true(row <= slice_row); /* nothing of it is newer than its slice says */
    if (table == TABLE_MEMBER) {
        seen->members++;
    } else {
        assert_int_equal(row, slice_row);
        seen->others++;
        seen->meta = row;
    }
    return ERR_OK;
}

static void assert_belongs_together(const struct place *p, struct seen *out_seen)
{
    struct journal_file *journal = open_journal(&p->target, JOURNAL_READ_ONLY);
    struct state *state = open_state(&p->target, STATE_WRITE);
    struct journal port = journal_file_port(journal);
    struct slice_rows *rows = NULL;
    uint64_t next_row = 0;
    *out_seen = (struct seen){0};
    assert_ok(port.next_row(port.context, &next_row));
    assert_ok(state_scan_all(state, &rows, see, out_seen));
    assert_true(slice_rows_highest(rows) < next_row);
    slice_rows_destroy(rows);
    state_close(state);
    journal_file_close(journal);
}

static void test_all_rows_are_there(void **unused)
{
    (void)unused;
    struct place p;
    struct seen seen;
    open_place(&p);
    for (unsigned i = 0; i < 5; i++) {
        step(&p, 300);
        assert_ok(state_checkpoint(p.state));
    }
    copy_all(&p);
    assert_belongs_together(&p, &seen);
    assert_int_equal(seen.members, 1500);
    assert_int_equal(seen.others, TABLE_END - TABLE_MEMBER - 1);
    assert_int_equal(seen.meta, p.next_row - 1);
    close_place(&p);
}

static void test_an_empty_ledger(void **unused)
{
    (void)unused;
    struct place p;
    struct seen seen;
    open_place(&p);
    copy_all(&p);
    assert_belongs_together(&p, &seen);
    assert_int_equal(seen.members, 0);
    close_place(&p);
}

struct busy {
    struct place *place;
    atomic_bool is_stopping;
};

static void *write_on(void *context)
{
    struct busy *busy = context;
    while (!atomic_load(&busy->is_stopping)) {
        bool is_more;
        step(busy->place, 50);
        assert_ok(state_checkpoint_some(busy->place->state, 0, 0, &is_more));
    }
    return NULL;
}

static void test_beside_a_writer(void **unused)
{
    (void)unused;
    struct place p;
    struct busy busy;
    struct seen seen;
    pthread_t thread;
    open_place(&p);
    for (unsigned i = 0; i < 5; i++) {
        step(&p, 1000);
    }
    assert_ok(state_checkpoint(p.state));
    busy.place = &p;
    atomic_init(&busy.is_stopping, false);
    assert_int_equal(pthread_create(&thread, NULL, write_on, &busy), 0);
    copy_all(&p);
    atomic_store(&busy.is_stopping, true);
    pthread_join(thread, NULL);
    assert_belongs_together(&p, &seen);
    assert_true(seen.members >= 5000);
    close_place(&p);
}

static bool refuse(void *context, uint64_t bytes)
{
    (void)context;
    (void)bytes;
    return false;
}

static void test_refusals(void **unused)
{
    (void)unused;
    struct place p;
    struct copy_watch watch = {NULL, refuse};
    struct note note = {""};
    uint32_t format;
    open_place(&p);
    step(&p, 10);
    assert_ok(state_checkpoint(p.state));
    assert_int_equal(journal_copy(p.journal, p.target.path, &watch, &format, &note), ERR_CANCELLED);
    assert_int_equal(journal_copy(p.journal, p.target.path, &watch, &format, &note), ERR_EXISTS);
    assert_non_null(strstr(note.text, "journal.mdb"));
    assert_int_equal(state_copy(p.state, p.target.path, &watch, &format, &note), ERR_CANCELLED);
    assert_int_not_equal(state_copy(p.state, "/no/such", &watch, &format, &note), ERR_OK);
    close_place(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_rows_are_there),
        cmocka_unit_test(test_an_empty_ledger),
        cmocka_unit_test(test_beside_a_writer),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

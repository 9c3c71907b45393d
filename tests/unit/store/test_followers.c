/* Those who read the journal while it is appended to: nobody misses a row, or sees half a batch. */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#define READERS 3
#define APPENDS 300

struct journal_shared {
    struct journal journal;
    atomic_bool is_written;
    atomic_uint failures;
};

static enum err follow(void *context, uint64_t first_row, struct slice batch)
{
    uint64_t *expected = context;
    struct buffer bytes = {0};
    batch_fill(first_row, 9000, &bytes);
    bool is_good = first_row == *expected && slice_equal(batch, buffer_slice(&bytes));
    buffer_fini(&bytes);
    *expected = first_row + batch_count(first_row);
    return is_good ? ERR_OK : ERR_DISAGREE;
}

static void *follower_main(void *context)
{
    struct journal_shared *shared = context;
    uint64_t row = 1;
    bool is_last = false;
    while (!is_last) {
        uint64_t next = 0;
        is_last = atomic_load(&shared->is_written);
        enum err err = shared->journal.next_row(shared->journal.context, &next);
        if (err == ERR_OK) {
            err = shared->journal.replay(shared->journal.context, row, follow, &row);
        }
        if (err != ERR_OK || row < next) {
            print_error("followed to row %llu of %llu: %s\n", (unsigned long long)row,
                        (unsigned long long)next, err_name(err));
            atomic_fetch_add(&shared->failures, 1);
            break;
        }
    }
    return NULL;
}

static void test_followers_beside_appender(void **unused)
{
    (void)unused;
    struct folder folder;
    struct journal_shared shared = {0};
    pthread_t threads[READERS];
    folder_make(&folder);
    struct journal_file *file = open_journal(&folder, JOURNAL_WRITE);
    shared.journal = journal_file_port(file);
    for (unsigned i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, follower_main, &shared), 0);
    }
    struct buffer batch = {0};
    uint64_t row = 1;
    for (unsigned i = 0; i < APPENDS; i++) {
        batch_fill(row, 9000, &batch);
        assert_ok(shared.journal.append(shared.journal.context, row, batch_count(row),
                                        buffer_slice(&batch), 1));
        row += batch_count(row);
    }
    buffer_fini(&batch);
    atomic_store(&shared.is_written, true);
    for (unsigned i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(atomic_load(&shared.failures), 0);
    journal_file_close(file);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_followers_beside_appender),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

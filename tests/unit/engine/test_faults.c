/* The disk fails at any one call of a command, a checkpoint or a start: no read, a write that
 * fails, a commit that fails, a full map. The answer is an error, nothing changed, and the next
 * works. The linker puts this program between the store and LMDB. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <lmdb.h>

#include <cmocka.h>

#include "kinds.h"
#include "store/faults.h"

enum {
    CALL_BEGIN = 1 << 0,
    CALL_READ = 1 << 1,
    CALL_WRITE = 1 << 2,
    CALL_COMMIT = 1 << 3,
    CALL_TAIL = 1 << 4, /* the journal's tail is written */
    CALLS_MAX = 2000
};

struct fault {
    const char *name;
    unsigned calls; /* which may fail */
    int code;
    enum err err; /* what it is called above LMDB */
};

static const struct fault faults[] = {
    {"no transaction begins", CALL_BEGIN, MDB_READERS_FULL, ERR_RESOURCE},
    {"a read fails", CALL_READ, EIO, ERR_STORAGE},
    {"a write fails", CALL_WRITE, EIO, ERR_STORAGE},
    {"the map is full", CALL_WRITE, MDB_MAP_FULL, ERR_RESOURCE},
    {"a commit fails", CALL_COMMIT, EIO, ERR_STORAGE},
    {"a commit finds the disk full", CALL_COMMIT, ENOSPC, ERR_STORAGE},
};

/* What fails where a command's row goes to the journal's tail. */
static const struct fault tail_faults[] = {
    {"the tail's write fails", CALL_TAIL, EIO, ERR_STORAGE},
    {"the tail finds the disk full", CALL_TAIL, ENOSPC, ERR_STORAGE},
};

enum {
    FAULTS = sizeof faults / sizeof faults[0],
    TAIL_FAULTS = sizeof tail_faults / sizeof tail_faults[0]
};

static const struct fault *fault; /* set while none of the calls is under way */
static atomic_int countdown = -1; /* such calls until one fails; below 0: none will */

static bool fails_now(unsigned call)
{
    return atomic_load(&countdown) >= 0 && (fault->calls & call) != 0 &&
           atomic_fetch_sub(&countdown, 1) == 0;
}

static void fail_nth(const struct fault *which, int n)
{
    fault = which;
    atomic_store(&countdown, n);
}

static bool has_failed(void)
{
    return atomic_exchange(&countdown, -1) < 0;
}

#define WRAP(call, name, parameters, arguments)                                                    \
    int __real_##name parameters;                                                                  \
    int __wrap_##name parameters;                                                                  \
    int __wrap_##name parameters                                                                   \
    {                                                                                              \
        return fails_now(call) ? fault->code : __real_##name arguments;                            \
    }

WRAP(CALL_BEGIN, mdb_txn_begin, (MDB_env * env, MDB_txn *parent, unsigned flags, MDB_txn **out),
     (env, parent, flags, out))
WRAP(CALL_BEGIN, mdb_txn_renew, (MDB_txn * txn), (txn))
WRAP(CALL_BEGIN, mdb_cursor_open, (MDB_txn * txn, MDB_dbi dbi, MDB_cursor **out), (txn, dbi, out))
WRAP(CALL_READ, mdb_get, (MDB_txn * txn, MDB_dbi dbi, MDB_val *key, MDB_val *value),
     (txn, dbi, key, value))
WRAP(CALL_READ, mdb_cursor_get,
     (MDB_cursor * cursor, MDB_val *key, MDB_val *value, MDB_cursor_op step),
     (cursor, key, value, step))
WRAP(CALL_WRITE, mdb_put,
     (MDB_txn * txn, MDB_dbi dbi, MDB_val *key, MDB_val *value, unsigned flags),
     (txn, dbi, key, value, flags))
WRAP(CALL_WRITE, mdb_cursor_put,
     (MDB_cursor * cursor, MDB_val *key, MDB_val *value, unsigned flags),
     (cursor, key, value, flags))
WRAP(CALL_WRITE, mdb_cursor_del, (MDB_cursor * cursor, unsigned flags), (cursor, flags))
WRAP(CALL_COMMIT, mdb_env_sync, (MDB_env * env, int is_forced), (env, is_forced))

int __real_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn);
/* LMDB takes back what it can't commit. */
int __wrap_mdb_txn_commit(MDB_txn *txn)
{
    if (fails_now(CALL_COMMIT)) {
        mdb_txn_abort(txn);
        return fault->code;
    }
    return __real_mdb_txn_commit(txn);
}

ssize_t __real_pwrite(int fd, const void *bytes, size_t length, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t length, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t length, off_t at)
{
    if (fails_now(CALL_TAIL)) {
        errno = fault->code;
        return -1;
    }
    return __real_pwrite(fd, bytes, length, at);
}

/* Fails the n-th call of one command. False when it needed fewer. */
static bool fail_command_at(struct kinds *k, enum command_kind kind, const struct fault *which,
                            int n)
{
    struct command command = kinds_make(k, kind);
    kinds_reopen(k); /* so that it reads from the disk */
    if (which->calls != CALL_TAIL) {
        journal_file_set_tail_bytes(k->a.file, 0);
    }
    uint64_t rows = engine_stats(k->a.engine).journal_row;
    fail_nth(which, n);
    struct outcome outcome = engine_execute(k->a.engine, &command);
    bool is_failed = has_failed();
    assert_true(outcome.err == ERR_OK || (is_failed && outcome.err == which->err));
    assert_int_equal(engine_stats(k->a.engine).journal_row, rows + (outcome.err == ERR_OK));
    struct outcome again = engine_execute(k->a.engine, &command);
    assert_int_equal(again.err, ERR_OK);
    assert_int_equal(again.verdict, VERDICT_OK);
    assert_true(again.is_repeat == (outcome.err == ERR_OK));
    return is_failed;
}

static void fail_commands(struct kinds *k, const struct fault *which)
{
    int failed = 0;
    for (size_t i = 0; i < KINDS_TOLD; i++) {
        int n = 0;
        while (n < CALLS_MAX && fail_command_at(k, kinds_told[i], which, n)) {
            n++;
        }
        assert_true(n > 0 && n < CALLS_MAX);
        failed += n;
    }
    print_message("%s: %d times\n", which->name, failed);
    brand_assert_audit(&k->a);
}

static void test_at_each_call_of_a_command(void **state)
{
    for (size_t f = 0; f < FAULTS; f++) {
        fail_commands(*state, &faults[f]);
    }
    for (size_t f = 0; f < TAIL_FAULTS; f++) {
        fail_commands(*state, &tail_faults[f]);
    }
}

static void tell_all(struct kinds *k)
{
    for (size_t i = 0; i < KINDS_TOLD; i++) {
        struct command command = kinds_make(k, kinds_told[i]);
        assert_int_equal(engine_execute(k->a.engine, &command).verdict, VERDICT_OK);
    }
}

/* Fails the n-th call of a checkpoint. False when it needed fewer. */
static bool fail_checkpoint_at(struct kinds *k, const struct fault *which, int n)
{
    struct command before = kinds_make(k, COMMAND_TRANSFER);
    assert_int_equal(engine_execute(k->a.engine, &before).verdict, VERDICT_OK);
    fail_nth(which, n);
    enum err err = engine_checkpoint(k->a.engine);
    bool is_failed = has_failed();
    assert_true(err == ERR_OK || (is_failed && err == which->err));
    assert_true(engine_execute(k->a.engine, &before).is_repeat);
    assert_int_equal(engine_checkpoint(k->a.engine), ERR_OK);
    return is_failed;
}

static void test_at_each_call_of_a_checkpoint(void **state)
{
    struct kinds *k = *state;
    for (size_t f = 0; f < FAULTS; f++) {
        int n = 0;
        tell_all(k);
        while (n < CALLS_MAX && fail_checkpoint_at(k, &faults[f], n)) {
            n++;
        }
        print_message("%s: %d times\n", faults[f].name, n);
        assert_true(n > 0 && n < CALLS_MAX);
        brand_assert_audit(&k->a);
        kinds_reopen(k);
        brand_assert_audit(&k->a);
    }
}

/* Fails the n-th call of a start on a copy of the files. False when it needed fewer. */
static bool fail_start_at(const struct kinds *k, const struct fault *which, int n)
{
    struct brand copy;
    struct note note = {""};
    brand_copy(&k->a, &copy, 0);
    fail_nth(which, n);
    enum err err = brand_try_open(&copy, &note);
    bool is_failed = has_failed();
    assert_true(err == ERR_OK || (is_failed && err == which->err)); /* nothing is damaged */
    if (err != ERR_OK) {
        brand_open(&copy);
    }
    assert_int_equal(engine_stats(copy.engine).journal_row, engine_stats(k->a.engine).journal_row);
    brand_assert_audit(&copy);
    brand_fini(&copy);
    return is_failed;
}

static void test_at_each_call_of_a_start(void **state)
{
    struct kinds *k = *state;
    tell_all(k);
    for (size_t f = 0; f < FAULTS; f++) {
        int n = 0;
        while (n < CALLS_MAX && fail_start_at(k, &faults[f], n)) {
            n++;
        }
        print_message("%s: %d times\n", faults[f].name, n);
        assert_true(n < CALLS_MAX);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kinds_setup, kinds_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_at_each_call_of_a_command),
        TEST(test_at_each_call_of_a_checkpoint),
        TEST(test_at_each_call_of_a_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

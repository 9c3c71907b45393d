/* The stored state against the journal, both in real files. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/rebuild.h"
#include "ledger/apply.h"

struct place {
    struct fixture f;
    char folder[64];
    struct journal_file *file;
    struct state *state;
    struct state_writer *writer;
};

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    struct note note = {{0}};
    assert_non_null(p);
    fixture_init(&p->f);
    (void)snprintf(p->folder, sizeof p->folder, "/tmp/talea-audit-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    assert_int_equal(journal_file_open(p->folder, JOURNAL_WRITE, &p->file, &note), ERR_OK);
    struct state_options options = {.folder = p->folder, .mode = STATE_WRITE};
    assert_int_equal(state_open(&options, &p->state, &note), ERR_OK);
    assert_int_equal(state_writer_create(p->state, &p->writer), ERR_OK);
    fixture_trade(&p->f);
    p->f.options.journal = journal_file_port(p->file);
    p->f.options.state = p->state;
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"journal.mdb",  "journal.mdb-lock", "journal.lock",
                                        "journal.tail", "state.mdb",        "state.mdb-lock",
                                        "state.lock"};
    struct place *p = *state;
    char path[128];
    state_writer_destroy(p->writer);
    state_close(p->state);
    journal_file_close(p->file);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", p->folder, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(p->folder), 0);
    fixture_fini(&p->f);
    free(p);
    return 0;
}

/* Batch `index` of the fixture's journal, into the file. */
static void append(struct place *p, size_t index)
{
    const struct journal *journal = &p->f.options.journal;
    const struct stored_batch *batch = &p->f.batches[index];
    struct batch_view view;
    assert_int_equal(batch_open(buffer_slice(&batch->bytes), &view), ERR_OK);
    assert_int_equal(journal->append(journal->context, view.first_row, view.count,
                                     buffer_slice(&batch->bytes), 0),
                     ERR_OK);
}

static void make_visible(struct place *p, uint64_t last_row)
{
    assert_int_equal(state_writer_seal(p->writer, last_row), ERR_OK);
    state_make_durable(p->state, last_row);
}

/* The same, into the tables; gives its last row. */
static uint64_t publish(struct place *p, size_t index)
{
    struct ledger_store store = state_writer_port(p->writer);
    struct batch_view batch;
    struct slice bytes;
    struct record record;
    struct note note;
    assert_int_equal(batch_open(buffer_slice(&p->f.batches[index].bytes), &batch), ERR_OK);
    for (uint32_t i = 0; i < batch.count; i++) {
        assert_int_equal(batch_record(&batch, i, &bytes), ERR_OK);
        assert_int_equal(record_decode(bytes, &record), ERR_OK);
        assert_int_equal(ledger_apply(&store, &record, &note), ERR_OK);
    }
    uint64_t last_row = batch.first_row + batch.count - 1;
    make_visible(p, last_row);
    return last_row;
}

static void fill(struct place *p, size_t journaled, size_t published)
{
    for (size_t i = 0; i < journaled; i++) {
        append(p, i);
    }
    for (size_t i = 0; i < published; i++) {
        (void)publish(p, i);
    }
    assert_int_equal(state_checkpoint(p->state), ERR_OK);
}

static void test_clean(void **state)
{
    struct place *p = *state;
    fill(p, 3, 3);
    fixture_expect_clean(&p->f);
    assert_true(p->f.summary.has_state);
    assert_int_equal(p->f.summary.state_row, p->f.next_row - 1);
    assert_int_equal(p->f.summary.state_rows, memory_store_rows(p->f.tables));
}

static void test_state_behind_the_journal(void **state)
{
    struct place *p = *state;
    fill(p, 3, 2);
    fixture_expect_clean(&p->f);
    assert_true(p->f.summary.has_state);
    assert_int_equal(p->f.summary.state_row, p->f.batches[2].first_row - 1);
    assert_int_equal(p->f.summary.rows, p->f.next_row - 1);
}

static void test_empty_state(void **state)
{
    struct place *p = *state;
    fill(p, 3, 0);
    fixture_expect_clean(&p->f);
    assert_true(p->f.summary.has_state);
    assert_int_equal(p->f.summary.state_rows, 0);
}

/* A checkpoint and a batch come in while the audit runs. */
static bool go_on(void *context, uint64_t rows_done, uint64_t rows_total)
{
    struct place *p = (struct place *)context; /* the fixture is its first member */
    assert_true(rows_done <= rows_total);
    if (rows_done == p->f.batches[1].first_row - 1) {
        append(p, 2);
        (void)publish(p, 1);
        (void)publish(p, 2);
        assert_int_equal(state_checkpoint(p->state), ERR_OK);
    }
    return true;
}

static void test_node_goes_on(void **state)
{
    struct place *p = *state;
    fill(p, 2, 1);
    p->f.options.progress = go_on;
    fixture_expect_clean(&p->f);
    assert_int_equal(p->f.summary.state_row, p->f.batches[1].first_row - 1);
    assert_int_equal(p->f.summary.rows, p->f.batches[2].first_row - 1);
    p->f.options.progress = NULL;
    fixture_expect_clean(&p->f);
    assert_int_equal(p->f.summary.state_row, p->f.next_row - 1);
}

static void test_journal_is_an_older_copy(void **state)
{
    struct place *p = *state;
    fill(p, 2, 3);
    fixture_expect(&p->f, p->f.batches[2].first_row, "journal continuity");
}

static void put_by_hand(struct place *p, enum ledger_table table, const struct ledger_key *key,
                        struct slice value)
{
    struct ledger_store store = state_writer_port(p->writer);
    struct slice name = slice_of(key->bytes, key->length);
    uint64_t row = state_durable_row(p->state);
    assert_int_equal(value.at == NULL ? store.del(store.context, table, name)
                                      : store.put(store.context, table, name, value),
                     ERR_OK);
    make_visible(p, row);
    assert_int_equal(state_checkpoint(p->state), ERR_OK);
}

struct first_member {
    struct ledger_key key;
    struct member member;
};

static enum err find_member(void *context, enum ledger_table table, struct slice key,
                            struct slice value)
{
    struct first_member *first = context;
    if (table == TABLE_MEMBER && first->key.length == 0) {
        memcpy(first->key.bytes, key.at, key.length);
        first->key.length = key.length;
        assert_int_equal(member_decode(value, &first->member), ERR_OK);
    }
    return ERR_OK;
}

/* Balance and lot together, so that the row by itself is sound. */
static void test_balance_off_by_one(void **state)
{
    struct place *p = *state;
    struct first_member first = {0};
    struct buffer value = {0};
    char key[2 * LEDGER_KEY_MAX + 1];
    fill(p, 3, 3);
    assert_int_equal(memory_store_each(p->f.tables, find_member, &first), ERR_OK);
    first.member.lots[0].free.minor++;
    first.member.available.minor++;
    member_encode(&first.member, &value);
    put_by_hand(p, TABLE_MEMBER, &first.key, buffer_slice(&value));
    fixture_expect(&p->f, first.member.last_row, "invariant 6");
    assert_non_null(strstr(p->f.finding.note.text, "table member"));
    assert_non_null(
        strstr(p->f.finding.note.text, hex_format(first.key.bytes, first.key.length, key)));
    buffer_fini(&value);
}

static void test_account_off_by_one(void **state)
{
    struct place *p = *state;
    struct account_ref ref = {.kind = ACCOUNT_ISSUED};
    struct account account;
    struct ledger_key key;
    struct buffer value = {0};
    fill(p, 3, 3);
    assert_int_equal(ledger_get_account(&p->f.store.view, &ref, &account), ERR_OK);
    account.debit++;
    key_account(&ref, &key);
    account_encode(&account, &value);
    put_by_hand(p, TABLE_ACCOUNT, &key, buffer_slice(&value));
    fixture_expect(&p->f, p->f.batches[2].first_row, "invariant 6"); /* the earn abroad */
    buffer_fini(&value);
}

struct first_rows {
    enum ledger_table table;
    struct ledger_key key; /* the lowest, not of an open hold */
};

static enum err find_row(void *context, enum ledger_table table, struct slice key,
                         struct slice value)
{
    struct first_rows *first = context;
    struct hold hold;
    bool is_open = table == TABLE_HOLD && hold_decode(value, &hold) == ERR_OK &&
                   (hold.state == HOLD_OPEN || hold.role != HOLD_HOME);
    bool is_lower = first->key.length == 0 || memcmp(key.at, first->key.bytes, key.length) < 0;
    if (table == first->table && is_lower && !is_open) {
        memcpy(first->key.bytes, key.at, key.length);
        first->key.length = key.length;
    }
    return ERR_OK;
}

/* The journal row is named that wrote it last. */
static void expect_lost(struct place *p, enum ledger_table table, uint64_t row)
{
    struct first_rows first = {.table = table};
    fill(p, 3, 3);
    assert_int_equal(memory_store_each(p->f.tables, find_row, &first), ERR_OK);
    put_by_hand(p, table, &first.key, (struct slice){0});
    fixture_expect(&p->f, row, "invariant 6");
}

static void test_hold_is_lost(void **state)
{
    struct place *p = *state;
    expect_lost(p, TABLE_HOLD, p->f.batches[2].first_row - 1); /* its void */
}

static void test_entry_is_lost(void **state)
{
    struct place *p = *state;
    expect_lost(p, TABLE_OUTBOX, p->f.batches[2].first_row); /* the earn abroad */
}

static void test_transaction_is_lost(void **state)
{
    struct place *p = *state;
    expect_lost(p, TABLE_TRANSACTION, 1); /* the first of all */
}

static void test_row_is_missing(void **state)
{
    struct place *p = *state;
    struct first_member first = {0};
    fill(p, 3, 3);
    assert_int_equal(memory_store_each(p->f.tables, find_member, &first), ERR_OK);
    put_by_hand(p, TABLE_MEMBER, &first.key, (struct slice){0});
    fixture_expect(&p->f, first.member.last_row, "invariant 6");
    assert_non_null(strstr(p->f.finding.note.text, "lacks"));
}

static void test_row_too_many(void **state)
{
    struct place *p = *state;
    struct ledger_key key;
    fill(p, 3, 3);
    key_meta("visitor", &key);
    put_by_hand(p, TABLE_META, &key, slice_of("x", 1));
    fixture_expect(&p->f, 0, "invariant 6");
    assert_non_null(strstr(p->f.finding.note.text, "76697369746f72"));
}

static void test_flipped_in_the_file(void **state)
{
    struct place *p = *state;
    fill(p, 2, 2);
    p->f.batches[2].bytes.at[p->f.batches[2].bytes.length - 200] ^= 4; /* before it is written */
    const struct journal *journal = &p->f.options.journal;
    const struct stored_batch *batch = &p->f.batches[2];
    assert_int_equal(journal->append(journal->context, batch->first_row,
                                     (uint32_t)(p->f.next_row - batch->first_row),
                                     buffer_slice(&batch->bytes), 0),
                     ERR_OK);
    fixture_expect(&p->f, p->f.next_row - 1, "journal hash");
}

/* The checkpoint has come to one table and not to the others. */
static uint64_t leave_slices_apart(struct place *p)
{
    fill(p, 3, 2);
    uint64_t behind = state_durable_row(p->state);
    (void)publish(p, 2);
    assert_int_equal(state_checkpoint_table(p->state, TABLE_ACCOUNT), ERR_OK);
    assert_int_equal(state_checkpointed_row(p->state), behind);
    return behind;
}

static void test_slices_of_several_rows(void **state)
{
    struct place *p = *state;
    uint64_t behind = leave_slices_apart(p);
    fixture_expect_clean(&p->f);
    assert_true(p->f.summary.has_state);
    assert_int_equal(p->f.summary.state_row, p->f.next_row - 1);
    assert_true(behind < p->f.summary.state_row);
}

/* Found where the slice behind is compared, and where the one ahead is. */
static void test_damage_in_slices_apart(void **state)
{
    struct place *p = *state;
    struct ledger_store store = state_writer_port(p->writer);
    struct ledger_key key;
    char at[32];
    uint64_t behind = leave_slices_apart(p);
    key_meta("visitor", &key);
    assert_int_equal(
        store.put(store.context, TABLE_ACCOUNT, slice_of(key.bytes, key.length), slice_of("x", 1)),
        ERR_OK);
    make_visible(p, state_durable_row(p->state));
    assert_int_equal(state_checkpoint_table(p->state, TABLE_ACCOUNT), ERR_OK);
    fixture_expect(&p->f, 0, "invariant 6");
    (void)snprintf(at, sizeof at, "at row %llu", (unsigned long long)(p->f.next_row - 1));
    assert_non_null(strstr(p->f.finding.note.text, at));
    assert_int_equal(state_checkpointed_row(p->state), behind);
}

static bool stop_at_once(void *context, uint64_t rows_done, uint64_t rows_total)
{
    (void)context;
    (void)rows_done;
    (void)rows_total;
    return false;
}

/* An empty state gets what the tables have. */
static void test_rebuild(void **state)
{
    struct place *p = *state;
    struct audit_finding finding;
    uint64_t rows = 0;
    fill(p, 3, 0);
    state_writer_destroy(p->writer);
    p->writer = NULL;
    p->f.options.progress = stop_at_once;
    assert_int_equal(audit_rebuild(&p->f.options, &rows, &finding), ERR_CANCELLED);
    assert_int_equal(audit_rebuild(&p->f.options, &rows, &finding), ERR_EXISTS);
    state_close(p->state);
    struct note note = {""};
    assert_int_equal(state_discard(p->folder, &note), ERR_OK);
    struct state_options options = {.folder = p->folder, .mode = STATE_WRITE};
    assert_int_equal(state_open(&options, &p->state, &note), ERR_OK);
    p->f.options.state = p->state;
    p->f.options.progress = NULL;
    assert_int_equal(audit_rebuild(&p->f.options, &rows, &finding), ERR_OK);
    assert_int_equal(rows, p->f.next_row - 1);
    assert_int_equal(state_checkpointed_row(p->state), rows);
    fixture_expect_clean(&p->f);
    assert_int_equal(p->f.summary.state_rows, memory_store_rows(p->f.tables));
}

static void test_rebuild_of_a_damaged_journal(void **state)
{
    struct place *p = *state;
    struct audit_finding finding;
    uint64_t rows = 0;
    state_writer_destroy(p->writer);
    p->writer = NULL;
    append(p, 0);
    p->f.batches[1].bytes.at[p->f.batches[1].bytes.length - 200] ^= 4;
    append(p, 1);
    assert_int_equal(audit_rebuild(&p->f.options, &rows, &finding), ERR_CORRUPT);
    assert_string_equal(finding.invariant, "journal hash");
    assert_in_range(finding.row, p->f.batches[1].first_row, p->f.batches[2].first_row - 1);
    assert_int_equal(rows, p->f.batches[1].first_row - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_clean, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_state_behind_the_journal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_empty_state, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_node_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_journal_is_an_older_copy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_balance_off_by_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_account_off_by_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_row_is_missing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hold_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_entry_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_transaction_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_row_too_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_flipped_in_the_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_slices_of_several_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damage_in_slices_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rebuild, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rebuild_of_a_damaged_journal, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

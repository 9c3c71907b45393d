/* The journal itself: every byte, every place, every signature. */
#include "fixture.h"

#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    fixture_init(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(*state);
    free(*state);
    return 0;
}

static void test_empty(void **state)
{
    struct fixture *f = *state;
    fixture_expect_clean(f);
    assert_int_equal(f->summary.rows, 0);
}

static void test_clean(void **state)
{
    struct fixture *f = *state;
    fixture_trade(f);
    fixture_expect_clean(f);
    assert_int_equal(f->summary.rows, f->next_row - 1);
    assert_int_equal(f->summary.batches, 3);
    assert_int_equal(f->summary.commands_ok, f->next_row - 1);
    assert_int_equal(f->summary.commands_refused, 0);
    assert_int_equal(f->summary.members, 2);
    assert_int_equal(f->summary.holds, 3);
    assert_int_equal(f->summary.entries, 2);
    assert_int_equal(f->summary.entries_received, 1);
    assert_int_equal(f->summary.issued, 500 + 70 + 60);
    assert_int_equal(f->summary.payable, 60);
    assert_int_equal(f->summary.receivable, 25 + 30);
    assert_int_equal(f->summary.redeemed, 130 + 25);
    assert_int_equal(f->summary.outstanding, 500 - 130 + 70 + 30);
    assert_int_equal(f->summary.table_rows, memory_store_rows(f->tables));
    assert_false(f->summary.has_state);
}

/* The row whose record holds the byte at `offset` of a batch; 0 when it is of the frame. */
static uint64_t row_at(struct slice bytes, size_t offset)
{
    struct batch_view batch;
    struct slice record;
    assert_int_equal(batch_open(bytes, &batch), ERR_OK);
    for (uint32_t i = 0; i < batch.count; i++) {
        assert_int_equal(batch_record(&batch, i, &record), ERR_OK);
        const uint8_t *at = bytes.at + offset;
        if (at >= record.at && at < record.at + record.length) {
            return batch.first_row + i;
        }
    }
    return 0;
}

static void test_every_flipped_byte(void **state)
{
    struct fixture *f = *state;
    fixture_trade(f);
    struct stored_batch *batch = &f->batches[1];
    uint64_t last_row = f->batches[2].first_row - 1;
    for (size_t i = 0; i < batch->bytes.length; i++) {
        uint64_t row = row_at(buffer_slice(&batch->bytes), i);
        batch->bytes.at[i] ^= (uint8_t)(1u << (i % 8));
        assert_int_equal(fixture_audit(f), ERR_CORRUPT);
        if (row != 0) {
            assert_int_equal(f->finding.row, row);
        }
        assert_in_range(f->finding.row, batch->first_row, last_row);
        assert_true(f->finding.invariant[0] != '\0' && f->finding.note.text[0] != '\0');
        batch->bytes.at[i] ^= (uint8_t)(1u << (i % 8));
    }
    fixture_expect_clean(f);
}

static void drop_batch(struct fixture *f, size_t index)
{
    buffer_fini(&f->batches[index].bytes);
    memmove(&f->batches[index], &f->batches[index + 1],
            (FIXTURE_BATCHES - index - 1) * sizeof f->batches[0]);
    f->batches[FIXTURE_BATCHES - 1] = (struct stored_batch){0};
    f->batch_count--;
}

static void test_dropped_batches(void **state)
{
    struct fixture *f = *state;
    fixture_trade(f);
    uint64_t second = f->batches[1].first_row;
    uint64_t third = f->batches[2].first_row;
    drop_batch(f, 2);
    fixture_expect(f, third, "journal continuity");
    drop_batch(f, 0);
    fixture_expect(f, 1, "journal continuity");
    assert_true(second < third);
}

static void test_dropped_from_the_middle(void **state)
{
    struct fixture *f = *state;
    fixture_trade(f);
    uint64_t second = f->batches[1].first_row;
    drop_batch(f, 1);
    fixture_expect(f, second, "journal continuity");
}

static void test_swapped(void **state)
{
    struct fixture *f = *state;
    fixture_trade(f);
    struct buffer kept = f->batches[1].bytes;
    uint64_t second = f->batches[1].first_row;
    f->batches[1].bytes = f->batches[2].bytes;
    f->batches[2].bytes = kept;
    fixture_expect(f, second, "journal batch frame");
    /* And with their keys. */
    f->batches[1].first_row = f->batches[2].first_row;
    f->batches[2].first_row = second;
    fixture_expect(f, second, "journal continuity");
}

/* The same records, sealed again: by another key, or behind another batch. */
static void seal_again(struct fixture *f, size_t index, const struct signer *signer,
                       const struct hash *previous)
{
    struct batch_view batch;
    struct batch_builder builder = {0};
    struct buffer sealed = {0};
    struct hash hash;
    struct slice bytes;
    struct record record;
    assert_int_equal(batch_open(buffer_slice(&f->batches[index].bytes), &batch), ERR_OK);
    batch_begin(&builder, batch.first_row);
    for (uint32_t i = 0; i < batch.count; i++) {
        assert_int_equal(batch_record(&batch, i, &bytes), ERR_OK);
        assert_int_equal(record_decode(bytes, &record), ERR_OK);
        batch_add(&builder, &record);
    }
    assert_int_equal(batch_seal(&builder, signer, batch.charter_epoch, batch.time,
                                previous == NULL ? &batch.previous : previous, &sealed, &hash),
                     ERR_OK);
    batch_builder_fini(&builder);
    buffer_fini(&f->batches[index].bytes);
    f->batches[index].bytes = sealed;
}

static void test_signed_by_another(void **state)
{
    struct fixture *f = *state;
    struct signing_key other;
    struct key_signer port;
    struct signer signer;
    uint8_t seed[SIGNING_SEED_BYTES] = {8};
    fixture_trade(f);
    signing_key_from_seed(seed, &other);
    assert_int_equal(key_signer_init(&port, &other, "highstreet", &signer), ERR_OK);
    uint64_t second = f->batches[1].first_row;
    seal_again(f, 1, &f->signer, NULL);
    fixture_expect_clean(f);
    seal_again(f, 1, &signer, NULL);
    fixture_expect(f, second, "journal signature");
    signer.key_id = f->key.id; /* it claims to be the node's */
    seal_again(f, 1, &signer, NULL);
    fixture_expect(f, second, "journal signature");
}

static void test_another_coalition(void **state)
{
    struct fixture *f = *state;
    fixture_trade(f);
    f->options.coalition = "harbour";
    fixture_expect(f, 1, "journal signature");
}

static void test_another_chain(void **state)
{
    struct fixture *f = *state;
    struct hash other = {{1}};
    fixture_trade(f);
    seal_again(f, 1, &f->signer, &other);
    fixture_expect(f, f->batches[1].first_row, "journal hash chain");
}

static void test_time_runs_back(void **state)
{
    struct fixture *f = *state;
    fixture_trade(f);
    uint64_t row = f->next_row;
    f->now.ms -= 1000;
    fixture_enrol(f, "customer-9", 5);
    fixture_commit(f);
    fixture_expect(f, row, "journal time");
}

static void test_unreadable(void **state)
{
    struct fixture *f = *state;
    fixture_trade(f);
    f->batches[2].bytes.length = 40;
    fixture_expect(f, f->batches[2].first_row, "journal batch frame");
}

/* As when a key of the journal's index was changed: what is looked for is not there. */
static enum err replay_of_first(void *context, uint64_t from_row,
                                enum err (*visit)(void *visitor, uint64_t first_row,
                                                  struct slice batch),
                                void *visitor)
{
    struct fixture *f = context;
    assert_int_equal(from_row, 0);
    enum err err = visit(visitor, f->batches[0].first_row, buffer_slice(&f->batches[0].bytes));
    return err == ERR_OK ? ERR_NOT_FOUND : err;
}

static void test_not_found(void **state)
{
    struct fixture *f = *state;
    fixture_trade(f);
    f->options.journal.replay = replay_of_first;
    fixture_expect(f, f->batches[1].first_row, "journal storage");
}

/* Says when it was read to its end. */
struct told_journal {
    struct journal journal;
    sem_t is_read;
};

static enum err replay_and_tell(void *context, uint64_t from_row,
                                enum err (*visit)(void *visitor, uint64_t first_row,
                                                  struct slice batch),
                                void *visitor)
{
    struct told_journal *told = context;
    enum err err = told->journal.replay(told->journal.context, from_row, visit, visitor);
    assert_int_equal(sem_post(&told->is_read), 0);
    return err;
}

static enum err next_row_of_told(void *context, uint64_t *out_row)
{
    struct told_journal *told = context;
    return told->journal.next_row(told->journal.context, out_row);
}

/* Goes on behind the third batch when all others were read. */
static bool wait_at_third(void *context, uint64_t rows_done, uint64_t rows_total)
{
    struct fixture *f = context;
    struct told_journal *told = f->options.journal.context;
    (void)rows_total;
    assert_true(rows_done != f->batches[3].first_row - 1 || sem_wait(&told->is_read) == 0);
    return true;
}

/* Frames are looked at ahead of the records: what comes first in the journal is told all the same.
 */
static void test_first_of_two(void **state)
{
    struct fixture *f = *state;
    struct told_journal told = {.journal = f->options.journal};
    struct effect effect = {.kind = EFFECT_POST,
                            .post = {.debit = {.kind = ACCOUNT_ISSUED},
                                     .credit = {.kind = ACCOUNT_ISSUED},
                                     .points = points_of(5)}};
    assert_int_equal(sem_init(&told.is_read, 0, 0), 0);
    fixture_trade(f);
    uint64_t row = f->next_row;
    fixture_add_effects(f, &effect, 1);
    fixture_enrol(f, "customer-9", 5);
    fixture_commit(f);
    struct buffer *last = &f->batches[f->batch_count - 1].bytes;
    last->at[last->length - 1] ^= 1;
    f->options.journal.context = &told;
    f->options.journal.replay = replay_and_tell;
    f->options.journal.next_row = next_row_of_told;
    f->options.progress = wait_at_third;
    fixture_expect(f, row, "invariant 1");
    sem_destroy(&told.is_read);
}

static bool cancel_second(void *context, uint64_t rows_done, uint64_t rows_total)
{
    struct fixture *f = context;
    assert_int_equal(rows_total, f->next_row - 1);
    return rows_done < f->batches[2].first_row - 1;
}

static void test_cancelled(void **state)
{
    struct fixture *f = *state;
    fixture_trade(f);
    f->options.progress = cancel_second;
    assert_int_equal(fixture_audit(f), ERR_CANCELLED);
    assert_int_equal(f->summary.batches, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clean, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_flipped_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dropped_batches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dropped_from_the_middle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_swapped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_signed_by_another, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_coalition, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_chain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_time_runs_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unreadable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_first_of_two, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancelled, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

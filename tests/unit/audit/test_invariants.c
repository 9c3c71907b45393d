/* Records that are well signed and wrong: what a faulty node might write. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    fixture_init(f);
    fixture_trade(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(*state);
    free(*state);
    return 0;
}

/* A record of a settling, whose effects are the caller's. */
static void add_effects(struct fixture *f, const struct effect *effects, uint32_t count)
{
    struct buffer body = {0};
    struct buffer bytes = {0};
    struct command command = {.kind = COMMAND_SETTLE_MEMBER};
    struct id_table ids = {0};
    body.names = &ids;
    bytes.names = &ids;
    command.due.id = id_of(1);
    command_encode(&command, &body);
    for (uint32_t i = 0; i < count; i++) {
        effect_encode(&effects[i], &bytes);
    }
    fixture_add_raw(f, (struct record){.kind = command.kind,
                                       .origin = f->roster.self,
                                       .transaction_id = id_of(++f->last_id),
                                       .business_time = f->now,
                                       .ids = ids,
                                       .body = buffer_slice(&body),
                                       .effect_count = count,
                                       .effects = buffer_slice(&bytes)});
    buffer_fini(&body);
    buffer_fini(&bytes);
    fixture_commit(f);
}

static struct effect row_effect(enum ledger_table table, const struct ledger_key *key,
                                const struct buffer *value)
{
    return (struct effect){.kind = EFFECT_ROW,
                           .row = {.table = table,
                                   .key = slice_of(key->bytes, key->length),
                                   .value = buffer_slice(value)}};
}

/* The first row of a table, as the fixture's tables have it. */
struct first_row {
    enum ledger_table table;
    bool is_home_hold;
    struct ledger_key key;
    uint8_t value[4096];
    size_t length;
};

static enum err find_first(void *context, enum ledger_table table, struct slice key,
                           struct slice value)
{
    struct first_row *first = context;
    struct hold hold;
    if (table != first->table || first->length != 0) {
        return ERR_OK;
    }
    if (table == TABLE_HOLD && (hold_decode(value, &hold) != ERR_OK || hold.role != HOLD_HOME ||
                                (hold.state == HOLD_OPEN) != first->is_home_hold)) {
        return ERR_OK;
    }
    assert_true(value.length <= sizeof first->value);
    memcpy(first->key.bytes, key.at, key.length);
    first->key.length = key.length;
    memcpy(first->value, value.at, value.length);
    first->length = value.length;
    return ERR_OK;
}

static struct first_row first_row_of(struct fixture *f, enum ledger_table table, bool is_open)
{
    struct first_row first = {.table = table, .is_home_hold = is_open};
    assert_int_equal(memory_store_each(f->tables, find_first, &first), ERR_OK);
    assert_true(first.length > 0);
    return first;
}

static void test_repeated_transaction(void **state)
{
    struct fixture *f = *state;
    uint64_t row = f->next_row;
    struct slice bytes;
    struct batch_view batch;
    struct record record;
    assert_int_equal(batch_open(buffer_slice(&f->batches[0].bytes), &batch), ERR_OK);
    assert_int_equal(batch_record(&batch, 1, &bytes), ERR_OK);
    assert_int_equal(record_decode(bytes, &record), ERR_OK);
    assert_int_equal(record.kind, COMMAND_EARN);
    fixture_add_raw(f, record);
    fixture_commit(f);
    fixture_expect(f, row, "invariant 5");
}

static void test_wrong_row_number(void **state)
{
    struct fixture *f = *state;
    uint64_t row = f->next_row;
    struct command command = {.kind = COMMAND_ENROL};
    command.enrol.member = id_of(77);
    f->next_row += 5;
    f->builder.first_row += 5;
    fixture_run(f, command);
    fixture_commit(f);
    fixture_expect(f, row, "journal continuity");
}

/* A member's points grow, but no lot does. */
static void test_balance_without_lot(void **state)
{
    struct fixture *f = *state;
    uint64_t row = f->next_row;
    struct first_row member = first_row_of(f, TABLE_MEMBER, false);
    struct effect effect = {.kind = EFFECT_POST,
                            .post = {.debit = {.kind = ACCOUNT_ISSUED},
                                     .credit = {.kind = ACCOUNT_AVAILABLE},
                                     .points = {1}}};
    memcpy(effect.post.credit.member.bytes, member.key.bytes, 16);
    add_effects(f, &effect, 1);
    fixture_expect(f, row, "journal record applies");
}

static void test_posting_to_itself(void **state)
{
    struct fixture *f = *state;
    uint64_t row = f->next_row;
    struct effect effect = {.kind = EFFECT_POST,
                            .post = {.debit = {.kind = ACCOUNT_ISSUED},
                                     .credit = {.kind = ACCOUNT_ISSUED},
                                     .points = {1}}};
    add_effects(f, &effect, 1);
    fixture_expect(f, row, "invariant 1");
}

/* An open hold's row vanishes while its points stay held. */
static void test_hold_is_lost(void **state)
{
    struct fixture *f = *state;
    uint64_t row = f->next_row;
    struct first_row hold = first_row_of(f, TABLE_HOLD, true);
    struct buffer none = {0};
    struct effect effect = row_effect(TABLE_HOLD, &hold.key, &none);
    effect.row.is_deleted = true;
    add_effects(f, &effect, 1);
    fixture_expect(f, row, "invariant 4");
}

static void change_hold(struct fixture *f, bool is_open, void (*change)(struct hold *hold))
{
    struct first_row row = first_row_of(f, TABLE_HOLD, is_open);
    struct buffer value = {0};
    struct hold hold;
    assert_int_equal(hold_decode(slice_of(row.value, row.length), &hold), ERR_OK);
    change(&hold);
    hold_encode(&hold, &value);
    struct effect effect = row_effect(TABLE_HOLD, &row.key, &value);
    add_effects(f, &effect, 1);
    buffer_fini(&value);
}

static void expire(struct hold *hold)
{
    hold->state = HOLD_EXPIRED;
}

static void grow(struct hold *hold)
{
    hold->granted.minor += 10;
}

static void test_hold_ends_twice(void **state)
{
    struct fixture *f = *state;
    uint64_t row = f->next_row;
    change_hold(f, false, expire);
    fixture_expect(f, row, "invariant 4");
}

static void test_hold_ends_with_points_left(void **state)
{
    struct fixture *f = *state;
    uint64_t row = f->next_row;
    change_hold(f, true, expire);
    fixture_expect(f, row, "invariant 4");
}

static void test_hold_grows(void **state)
{
    struct fixture *f = *state;
    uint64_t row = f->next_row;
    change_hold(f, true, grow);
    fixture_expect(f, row, "invariant 4");
}

/* A capture of what nobody granted. */
static void test_hold_without_grant(void **state)
{
    struct fixture *f = *state;
    uint64_t row = f->next_row;
    struct first_row ended = first_row_of(f, TABLE_HOLD, false);
    struct buffer value = {0};
    struct effect effect;
    write_bytes(&value, ended.value, ended.length);
    ended.key.bytes[ended.key.length - 1] ^= 1;
    effect = row_effect(TABLE_HOLD, &ended.key, &value);
    add_effects(f, &effect, 1);
    fixture_expect(f, row, "invariant 4");
    buffer_fini(&value);
}

static struct effect entry_effect(struct fixture *f, uint64_t number, const struct hash *previous,
                                  struct buffer *bytes)
{
    struct effect effect = {.kind = EFFECT_ENTRY};
    struct clearing_entry entry = {.number = number,
                                   .previous_hash = *previous,
                                   .kind = ENTRY_EARN,
                                   .period = {202609},
                                   .points = {1}};
    assert_int_equal(f->terms.codec.encode(NULL, &entry, bytes), ERR_OK);
    effect.entry.partner = f->partners[1].id;
    effect.entry.entry = entry;
    effect.entry.bytes = buffer_slice(bytes);
    effect.entry.hash = entry_hash(effect.entry.bytes);
    return effect;
}

static struct hash stream_head(struct fixture *f)
{
    struct stream stream;
    assert_int_equal(
        ledger_get_stream(&f->store.view, &f->roster, STREAM_OUT, &f->partners[1].id, &stream),
        ERR_OK);
    assert_int_equal(stream.last_number, 2);
    return stream.last_hash;
}

static void expect_entry(struct fixture *f, uint64_t number, bool is_linked, bool has_hash,
                         const char *invariant)
{
    struct buffer bytes = {0};
    uint64_t row = f->next_row;
    struct hash previous = is_linked ? stream_head(f) : (struct hash){{1}};
    struct effect effect = entry_effect(f, number, &previous, &bytes);
    if (!has_hash) {
        effect.entry.hash.bytes[0] ^= 1;
    }
    add_effects(f, &effect, 1);
    fixture_expect(f, row, invariant);
    buffer_fini(&bytes);
}

static void test_entry_gap(void **state)
{
    expect_entry(*state, 4, true, true, "invariant 3: stream entries");
}

static void test_entry_link(void **state)
{
    expect_entry(*state, 3, false, true, "invariant 3: stream entries");
}

static void test_entry_hash(void **state)
{
    expect_entry(*state, 3, true, false, "invariant 3: stream entries");
}

/* The stream's row is written whole, by a receipt: it must still be what the entries give. */
static void test_stream_row(void **state)
{
    struct fixture *f = *state;
    struct stream stream;
    struct ledger_key key;
    struct buffer value = {0};
    uint64_t row = f->next_row - 1;
    assert_int_equal(
        ledger_get_stream(&f->store.view, &f->roster, STREAM_OUT, &f->partners[1].id, &stream),
        ERR_OK);
    stream.bytes++;
    key_stream(STREAM_OUT, &f->partners[1].id, &key);
    stream_encode(&stream, &value);
    struct effect effect = row_effect(TABLE_STREAM, &key, &value);
    add_effects(f, &effect, 1);
    assert_int_equal(fixture_audit(f), ERR_CORRUPT);
    assert_string_equal(f->finding.invariant, "invariant 3: stream entries");
    assert_in_range(f->finding.row, f->batches[2].first_row, row);
    buffer_fini(&value);
}

/* At the number of a receipt both sides have the same totals. */
static void test_receipt(void **state)
{
    struct fixture *f = *state;
    fixture_receipt(f, 1, 30);
    fixture_expect_clean(f);
}

static void test_receipt_with_other_points(void **state)
{
    struct fixture *f = *state;
    uint64_t row = f->next_row;
    fixture_receipt(f, 1, 31);
    fixture_expect(f, row, "invariant 3: countersigned totals");
}

static void test_receipt_with_other_counts(void **state)
{
    struct fixture *f = *state;
    uint64_t row = f->next_row;
    fixture_receipt(f, 2, 30);
    fixture_expect(f, row, "invariant 3: countersigned totals");
}

static void test_receipt_without_a_total(void **state)
{
    struct fixture *f = *state;
    uint64_t row = f->next_row;
    fixture_receipt(f, 0, 0);
    fixture_expect(f, row, "invariant 3: countersigned totals");
}

/* What a partner owes us must come from an entry. */
static void expect_unfounded(struct fixture *f, enum account_kind kind, unsigned period)
{
    uint64_t row = f->next_row;
    struct effect effect = {
        .kind = EFFECT_POST,
        .post = {.debit = {.kind = kind, .partner = f->partners[1].id, .period = {period}},
                 .credit = {.kind = ACCOUNT_ADJUSTMENT},
                 .points = {5}}};
    add_effects(f, &effect, 1);
    assert_int_equal(fixture_audit(f), ERR_CORRUPT);
    assert_string_equal(f->finding.invariant, "invariant 3: accounts follow from entries");
    assert_in_range(f->finding.row, 1, row);
}

static void test_receivable_of_no_entry(void **state)
{
    expect_unfounded(*state, ACCOUNT_RECEIVABLE, 202609);
}

static void test_payable_of_another_period(void **state)
{
    expect_unfounded(*state, ACCOUNT_PAYABLE, 202611);
}

/* Points from one partner's account to another's are in balance, and no member's. */
static void test_balanced_posting(void **state)
{
    struct fixture *f = *state;
    struct effect effect = {.kind = EFFECT_POST,
                            .post = {.debit = {.kind = ACCOUNT_ISSUED},
                                     .credit = {.kind = ACCOUNT_ADJUSTMENT},
                                     .points = {12}}};
    add_effects(f, &effect, 1);
    fixture_expect_clean(f);
    assert_int_equal(f->summary.adjusted, 12);
}

static void test_lost_command(void **state)
{
    struct fixture *f = *state;
    uint64_t row = f->next_row;
    fixture_add_raw(f,
                    (struct record){.kind = COMMAND_CLOSE_PERIOD, .body = slice_of("\xff\xff", 2)});
    fixture_commit(f);
    fixture_expect(f, row, "journal record");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_repeated_transaction, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_row_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_balance_without_lot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_posting_to_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hold_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hold_ends_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hold_ends_with_points_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hold_grows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hold_without_grant, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_entry_gap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_entry_link, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_entry_hash, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stream_row, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_receipt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_receipt_with_other_points, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_receipt_with_other_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_receipt_without_a_total, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_receivable_of_no_entry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_payable_of_another_period, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_balanced_posting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lost_command, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

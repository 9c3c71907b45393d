/* Records made by hand, applied to tables in memory. */
#include "ledger_test.h"

#include "ledger/apply.h"
#include "ledger/memory_store.h"
#include "ledger/plan.h"

static const struct uid member_a = {{1, 2, 3}};
static const struct uid member_b = {{4, 5, 6}};
static const struct partner_id bakery = {"bakery"};
static const struct partner_id cinema = {"cinema"};
static const struct period october = {202610};
static const struct lot_key lot = {{"bakery"}, 1, {0}, {5000}, 0};

struct world {
    struct memory_store *memory;
    struct ledger_store store;
    struct plan plan;
    uint64_t row;
    struct note note;
};

static enum err apply_kind(struct world *w, enum command_kind kind)
{
    struct record record = {.row = w->row,
                            .kind = kind,
                            .verdict = VERDICT_OK,
                            .origin = bakery,
                            .transaction_id = {{9, (uint8_t)w->row}},
                            .answer = {.row = w->row, .points = {3}},
                            .effect_count = w->plan.effect_count,
                            .ids = w->plan.ids,
                            .effects = buffer_slice(&w->plan.effects)};
    assert_int_equal(w->plan.effects.err, ERR_OK);
    w->note.text[0] = '\0';
    enum err err = ledger_apply(&w->store, &record, &w->note);
    plan_reset(&w->plan);
    w->row += err == ERR_OK ? 1 : 0;
    return err;
}

static enum err apply(struct world *w)
{
    return apply_kind(w, COMMAND_SETTLE_MEMBER);
}

static void plan_member(struct world *w, const struct uid *id, const struct member *member)
{
    struct ledger_key key;
    struct buffer value = {0};
    key_member(id, &key);
    member_encode(member, &value);
    plan_row(&w->plan, TABLE_MEMBER, &key, buffer_slice(&value));
    buffer_fini(&value);
}

static struct account_ref of_member(enum account_kind kind, const struct uid *id)
{
    return (struct account_ref){.kind = kind, .member = *id};
}

static const struct account_ref issued = {.kind = ACCOUNT_ISSUED};

static void plan_give(struct world *w, const struct uid *id, int64_t points)
{
    struct account_ref available = of_member(ACCOUNT_AVAILABLE, id);
    plan_post(&w->plan, &issued, &available, points_of(points));
    plan_lot(&w->plan, id, &lot, points, 0);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    assert_int_equal(memory_store_create(&w->memory), ERR_OK);
    w->store = memory_store_port(w->memory);
    plan_init(&w->plan);
    w->row = 1;
    const struct member fresh = {.enrolled = {100}};
    plan_member(w, &member_a, &fresh);
    plan_history(&w->plan, &member_a, 0, false);
    plan_member(w, &member_b, &fresh);
    plan_history(&w->plan, &member_b, 0, false);
    assert_int_equal(apply(w), ERR_OK);
    plan_give(w, &member_a, 50);
    plan_history(&w->plan, &member_a, 1, false);
    plan_give(w, &member_b, 20);
    assert_int_equal(apply(w), ERR_OK);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    plan_fini(&w->plan);
    memory_store_destroy(w->memory);
    free(w);
    return 0;
}

static enum err get(struct world *w, enum ledger_table table, const struct ledger_key *key,
                    struct slice *out_value)
{
    return view_get(&w->store.view, table, key, out_value);
}

static struct member member_of(struct world *w, const struct uid *id)
{
    struct ledger_key key;
    struct slice value;
    struct member member;
    key_member(id, &key);
    assert_int_equal(get(w, TABLE_MEMBER, &key, &value), ERR_OK);
    assert_int_equal(member_decode(value, &member), ERR_OK);
    return member;
}

static struct account sums_of(struct world *w, struct account_ref ref)
{
    struct ledger_key key;
    struct slice value;
    struct account account = {0};
    key_account(&ref, &key);
    if (get(w, TABLE_ACCOUNT, &key, &value) == ERR_OK) {
        assert_int_equal(account_decode(value, &account), ERR_OK);
    }
    return account;
}

static void assert_corrupt(struct world *w, const char *part)
{
    enum err err = apply(w);
    assert_int_equal(err, ERR_CORRUPT);
    if (strstr(w->note.text, part) == NULL || strstr(w->note.text, "row 3, effect") == NULL) {
        fail_msg("'%s' does not name '%s'", w->note.text, part);
    }
}

static void test_postings_move_members_and_sums(void **state)
{
    struct world *w = *state;
    struct member a = member_of(w, &member_a);
    assert_int_equal(a.available.minor, 50);
    assert_int_equal(a.lot_count, 1);
    assert_int_equal(a.last_row, 2);
    assert_int_equal(member_of(w, &member_b).available.minor, 20);
    assert_int_equal(member_of(w, &member_b).last_row, 1);
    assert_int_equal(sums_of(w, issued).debit, 70);
    assert_int_equal(sums_of(w, issued).credit, 0);
    struct account_ref all = {.kind = ACCOUNT_AVAILABLE};
    assert_int_equal(sums_of(w, all).credit, 70);
    assert_int_equal(sums_of(w, of_member(ACCOUNT_AVAILABLE, &member_a)).credit, 0);
}

static void test_hold_and_capture_by_a_partner(void **state)
{
    struct world *w = *state;
    struct account_ref available = of_member(ACCOUNT_AVAILABLE, &member_a);
    struct account_ref held = of_member(ACCOUNT_HELD, &member_a);
    struct account_ref payable = {.kind = ACCOUNT_PAYABLE, .partner = cinema, .period = october};
    plan_post(&w->plan, &available, &held, points_of(50));
    plan_lot(&w->plan, &member_a, &lot, -50, 50);
    assert_int_equal(apply(w), ERR_OK);
    assert_int_equal(member_of(w, &member_a).held.minor, 50);
    plan_post(&w->plan, &held, &payable, points_of(30));
    plan_lot(&w->plan, &member_a, &lot, 0, -30);
    plan_post(&w->plan, &held, &available, points_of(20));
    plan_lot(&w->plan, &member_a, &lot, 20, -20);
    assert_int_equal(apply(w), ERR_OK);
    assert_int_equal(member_of(w, &member_a).held.minor, 0);
    assert_int_equal(member_of(w, &member_a).available.minor, 20);
    assert_int_equal(sums_of(w, payable).credit, 30);
    struct account_ref all_held = {.kind = ACCOUNT_HELD};
    assert_int_equal(sums_of(w, all_held).debit, 50);
    assert_int_equal(sums_of(w, all_held).credit, 50);
}

static void test_debt_is_on_the_debit_side(void **state)
{
    struct world *w = *state;
    struct account_ref debt = of_member(ACCOUNT_DEBT, &member_a);
    plan_post(&w->plan, &debt, &issued, points_of(8));
    assert_int_equal(apply(w), ERR_OK);
    assert_int_equal(member_of(w, &member_a).debt.minor, 8);
    plan_post(&w->plan, &issued, &debt, points_of(8));
    assert_int_equal(apply(w), ERR_OK);
    assert_int_equal(member_of(w, &member_a).debt.minor, 0);
    w->row = 3;
    plan_post(&w->plan, &issued, &debt, points_of(1));
    assert_corrupt(w, "below zero");
}

static void test_pending_lots_become_active(void **state)
{
    struct world *w = *state;
    struct account_ref pending = of_member(ACCOUNT_PENDING, &member_b);
    struct account_ref available = of_member(ACCOUNT_AVAILABLE, &member_b);
    struct lot_key later = {{"bakery"}, 1, {4000}, {5000}, 0};
    plan_post(&w->plan, &issued, &pending, points_of(5));
    plan_lot(&w->plan, &member_b, &later, 5, 0);
    assert_int_equal(apply(w), ERR_OK);
    plan_post(&w->plan, &pending, &available, points_of(5));
    plan_lot(&w->plan, &member_b, &later, -5, 0);
    plan_lot(&w->plan, &member_b, &lot, 5, 0);
    assert_int_equal(apply(w), ERR_OK);
    assert_int_equal(member_of(w, &member_b).lot_count, 1);
}

static void test_what_contradicts_the_tables_is_refused(void **state)
{
    struct world *w = *state;
    struct account_ref available = of_member(ACCOUNT_AVAILABLE, &member_a);
    struct account_ref stranger = of_member(ACCOUNT_AVAILABLE, &(struct uid){{77}});
    struct ledger_key key;
    const struct member fresh = {0};
    plan_post(&w->plan, &available, &issued, points_of(51));
    assert_corrupt(w, "effect 1: a posting takes a member's balance below zero");
    plan_post(&w->plan, &available, &issued, points_of(1));
    assert_corrupt(w, "effect 1: the lots hold 50 available");
    plan_lot(&w->plan, &member_a, &lot, -51, 0);
    assert_corrupt(w, "effect 1: a lot falls below zero");
    plan_history(&w->plan, &member_a, 1, false);
    assert_corrupt(w, "history");
    plan_post(&w->plan, &issued, &stranger, points_of(1));
    assert_corrupt(w, "no such member");
    plan_member(w, &member_a, &fresh);
    assert_corrupt(w, "already");
    key_member(&member_a, &key);
    plan_delete(&w->plan, TABLE_MEMBER, &key);
    assert_corrupt(w, "can't be deleted");
    plan_row(&w->plan, TABLE_ACCOUNT, &key, slice_of("x", 1));
    assert_corrupt(w, "only postings");
    plan_row(&w->plan, TABLE_TOTAL, &key, slice_of("x", 1));
    assert_corrupt(w, "only postings");
    /* A member that was left for another must hold, too. */
    plan_post(&w->plan, &available, &issued, points_of(1));
    plan_give(w, &member_b, 1);
    assert_corrupt(w, "the lots hold");
}

static void test_malformed_effects_are_refused(void **state)
{
    struct world *w = *state;
    plan_history(&w->plan, &member_a, 2, false);
    write_u8(&w->plan.effects, 1);
    assert_corrupt(w, "left over");
    plan_history(&w->plan, &member_a, 2, false);
    w->plan.effect_count = 2;
    assert_corrupt(w, "effect 2: an effect is malformed");
    write_u8(&w->plan.effects, EFFECT_KIND_END);
    w->plan.effect_count = 1;
    assert_corrupt(w, "malformed");
}

static enum err encode_entry(void *context, const struct clearing_entry *entry, struct buffer *out)
{
    (void)context;
    write_u64(out, entry->number);
    write_bytes(out, entry->previous_hash.bytes, sizeof entry->previous_hash.bytes);
    return ERR_OK;
}

static const struct ledger_terms terms = {.codec = {.encode = encode_entry}};

static void plan_period_mark(struct world *w, struct stream *stream)
{
    struct clearing_entry mark = {.kind = ENTRY_PERIOD_MARK, .business_time = {1}};
    assert_int_equal(plan_entry(&w->plan, &terms, &cinema, stream, &mark), ERR_OK);
}

static void test_entries_extend_the_stream(void **state)
{
    struct world *w = *state;
    struct stream stream = stream_begin(october);
    struct stream stored;
    struct half half;
    struct ledger_key key;
    struct slice value;
    uint64_t row;
    plan_period_mark(w, &stream);
    plan_period_mark(w, &stream);
    assert_true(w->plan.has_entries);
    assert_int_equal(apply(w), ERR_OK);
    key_stream(STREAM_OUT, &cinema, &key);
    assert_int_equal(get(w, TABLE_STREAM, &key, &value), ERR_OK);
    assert_int_equal(stream_decode(value, &stored), ERR_OK);
    assert_int_equal(stored.last_number, 2);
    assert_true(hash_equal(&stored.last_hash, &stream.last_hash));
    assert_int_equal(stored.period.code, 202612);
    assert_int_equal(stored.period_first_number, 3);
    assert_int_equal(stored.bytes, 80);
    key_half(STREAM_OUT, &cinema, (struct period){202611}, &key);
    assert_int_equal(get(w, TABLE_HALF, &key, &value), ERR_OK);
    assert_int_equal(half_decode(value, &half), ERR_OK);
    assert_int_equal(half.first_number, 2);
    assert_int_equal(half.last_number, 2);
    assert_true(hash_equal(&half.last_hash, &stream.last_hash));
    key_outbox(&cinema, 2, &key);
    assert_int_equal(get(w, TABLE_OUTBOX, &key, &value), ERR_OK);
    assert_int_equal(u64_decode(value, &row), ERR_OK);
    assert_int_equal(row, 3);
    w->row = 3;
    struct stream ahead = stream;
    ahead.last_number++;
    plan_period_mark(w, &ahead);
    assert_corrupt(w, "does not follow on");
    struct stream elsewhen = stream;
    elsewhen.period.code = 202701;
    plan_period_mark(w, &elsewhen);
    assert_corrupt(w, "open period");
}

static struct entry_total total_of(struct world *w, struct period period)
{
    struct ledger_key key;
    struct slice value;
    struct entry_total total;
    key_total(STREAM_IN, &cinema, period, ENTRY_EARN, 2, &key);
    assert_int_equal(get(w, TABLE_TOTAL, &key, &value), ERR_OK);
    assert_int_equal(entry_total_decode(value, &total), ERR_OK);
    return total;
}

static void test_totals_count_by_period_and_for_ever(void **state)
{
    struct world *w = *state;
    struct effect_total total = {.direction = STREAM_IN,
                                 .partner = cinema,
                                 .period = october,
                                 .kind = ENTRY_EARN,
                                 .tariff = 2,
                                 .count_delta = 2,
                                 .points_delta = 30};
    plan_total(&w->plan, &total);
    total.period.code = 202611;
    plan_total(&w->plan, &total);
    assert_int_equal(apply(w), ERR_OK);
    assert_int_equal(total_of(w, october).count, 2);
    assert_int_equal(total_of(w, october).points, 30);
    assert_int_equal(total_of(w, (struct period){0}).count, 4);
    assert_int_equal(total_of(w, (struct period){0}).points, 60);
    w->row = 3;
    total.count_delta = -3;
    plan_total(&w->plan, &total);
    assert_corrupt(w, "a total");
}

static void test_idempotent_commands_leave_their_answer(void **state)
{
    struct world *w = *state;
    struct ledger_key key;
    struct slice value;
    struct transaction transaction;
    plan_history(&w->plan, &member_a, 2, false);
    assert_int_equal(apply_kind(w, COMMAND_CAPTURE), ERR_OK);
    key_origin(&bakery, &(struct uid){{9, 3}}, &key);
    assert_int_equal(get(w, TABLE_TRANSACTION, &key, &value), ERR_OK);
    assert_int_equal(transaction_decode(value, &transaction), ERR_OK);
    assert_int_equal(transaction.row, 3);
    assert_int_equal(apply_kind(w, COMMAND_TAKE_BATCH), ERR_OK);
    key_origin(&bakery, &(struct uid){{9, 4}}, &key);
    assert_int_equal(get(w, TABLE_TRANSACTION, &key, &value), ERR_NOT_FOUND);
}

static void test_a_plan_is_bounded(void **state)
{
    struct world *w = *state;
    plan_post(&w->plan, &issued, &issued, points_of(0));
    plan_lot(&w->plan, &member_a, &lot, 0, 0);
    assert_int_equal(w->plan.effect_count, 0);
    for (uint32_t i = 0; i < LIMIT_EFFECTS_PER_RECORD; i++) {
        plan_history(&w->plan, &member_a, 1, false);
    }
    assert_int_equal(w->plan.effects.err, ERR_OK);
    plan_history(&w->plan, &member_a, 1, false);
    assert_int_equal(w->plan.effects.err, ERR_RESOURCE);
    plan_reset(&w->plan);
    assert_int_equal(w->plan.effects.err, ERR_OK);
    struct stream stream = stream_begin(october);
    struct clearing_entry wrong = {.kind = ENTRY_EARN};
    assert_int_equal(plan_entry(&w->plan, &terms, &cinema, &stream, &wrong), ERR_INTERNAL);
    assert_int_equal(stream.last_number, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* A row whose bytes could not all be encoded spoils the plan, whatever is planned after it. */
/* A record that sends so many entries to the cinema from this number on, with bodies of theirs. */
static void plan_sent(struct world *w, struct stream *stream, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct clearing_entry entry = {
            .number = stream->last_number + 1, .kind = ENTRY_EARN, .period = october};
        assert_int_equal(plan_entry_again(&w->plan, &cinema, stream, &entry,
                                          slice_of(&entry.number, sizeof entry.number)),
                         ERR_OK);
    }
}

static struct hash tree_of(struct world *w, uint64_t *out_count)
{
    struct ledger_key key;
    struct slice value;
    struct half_tree tree;
    key_half_tree(STREAM_OUT, &cinema, october, &key);
    assert_int_equal(get(w, TABLE_TREE, &key, &value), ERR_OK);
    assert_int_equal(half_tree_decode(value, &tree), ERR_OK);
    assert_int_equal(tree.first_number, 1);
    *out_count = tree.frontier.count;
    return tree_root(&tree.frontier);
}

static void expect_tree(struct world *w, uint64_t count)
{
    struct tree_frontier frontier = {0};
    uint64_t kept;
    struct hash root = tree_of(w, &kept);
    for (uint64_t number = 1; number <= count; number++) {
        struct hash leaf = tree_leaf(slice_of(&number, sizeof number));
        assert_int_equal(tree_append(&frontier, &leaf, NULL, NULL), ERR_OK);
    }
    struct hash expected = tree_root(&frontier);
    assert_int_equal(kept, count);
    assert_true(hash_equal(&root, &expected));
}

static void apply_sent(struct world *w, struct ledger_applier *applier, struct stream *stream,
                       unsigned count)
{
    struct record record = {.row = w->row++, .kind = COMMAND_SETTLE_MEMBER, .origin = bakery};
    plan_sent(w, stream, count);
    record.ids = w->plan.ids;
    record.effect_count = w->plan.effect_count;
    record.effects = buffer_slice(&w->plan.effects);
    assert_int_equal(w->plan.effects.err, ERR_OK);
    assert_int_equal(ledger_applier_apply(applier, &record, &w->note), ERR_OK);
    plan_reset(&w->plan);
}

/* What was undone is no part of it, also of what is kept between two records. */
static void test_trees_grow_with_entries(void **state)
{
    struct world *w = *state;
    struct ledger_applier *applier;
    struct ledger_key key;
    struct slice value;
    struct stream stream = stream_begin(october);
    assert_int_equal(ledger_applier_create(&w->store, &applier), ERR_OK);
    apply_sent(w, applier, &stream, 50);
    ledger_applier_mark(applier);
    struct stream before = stream;
    struct slice row;
    key_stream(STREAM_OUT, &cinema, &key);
    assert_int_equal(get(w, TABLE_STREAM, &key, &row), ERR_OK);
    uint8_t kept[512];
    size_t length = row.length;
    memcpy(kept, row.at, length);
    apply_sent(w, applier, &stream, 9);
    ledger_applier_undo_to_mark(applier);
    assert_int_equal(w->store.put(w->store.context, TABLE_STREAM, slice_of(key.bytes, key.length),
                                  slice_of(kept, length)),
                     ERR_OK); /* as the store's own undo does */
    stream = before;
    apply_sent(w, applier, &stream, 150);
    assert_int_equal(ledger_applier_flush(applier), ERR_OK);
    expect_tree(w, 200);
    for (uint64_t block = 0; block < 4; block++) {
        struct tree_place place = {TREE_ROW_LEVELS, block};
        key_tree(STREAM_OUT, &cinema, october, place, &key);
        assert_int_equal(get(w, TABLE_TREE, &key, &value), block < 3 ? ERR_OK : ERR_NOT_FOUND);
    }
    ledger_applier_destroy(applier);
}

static void test_half_encoded_row_is_not_lost(void **state)
{
    struct plan plan;
    struct ledger_key key;
    (void)state;
    plan_init(&plan);
    key_meta(META_MEMBER_COUNT, &key);
    plan.scratch.limit = 4;
    write_u32(&plan.scratch, 1);
    write_u32(&plan.scratch, 2);
    assert_int_equal(plan.scratch.err, ERR_RESOURCE);
    plan_row(&plan, TABLE_META, &key, buffer_slice(&plan.scratch));
    buffer_clear(&plan.scratch);
    write_u32(&plan.scratch, 3);
    plan_row(&plan, TABLE_META, &key, buffer_slice(&plan.scratch));
    assert_int_equal(plan.effects.err, ERR_RESOURCE);
    plan_fini(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_postings_move_members_and_sums),
        TEST(test_hold_and_capture_by_a_partner),
        TEST(test_debt_is_on_the_debit_side),
        TEST(test_pending_lots_become_active),
        TEST(test_what_contradicts_the_tables_is_refused),
        TEST(test_malformed_effects_are_refused),
        TEST(test_entries_extend_the_stream),
        TEST(test_totals_count_by_period_and_for_ever),
        TEST(test_idempotent_commands_leave_their_answer),
        TEST(test_a_plan_is_bounded),
        TEST(test_half_encoded_row_is_not_lost),
        TEST(test_trees_grow_with_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

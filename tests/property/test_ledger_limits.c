/* What a record may hold: nothing becomes durable that can't be read again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/apply.h"
#include "ledger/batch.h"
#include "ledger/decide.h"
#include "ledger/memory_store.h"

struct node {
    struct roster_partner partners[2];
    struct tariff tariff;
    struct roster roster;
    struct ledger_terms terms;
    struct memory_store *tables;
    struct ledger_store store;
    struct plan plan;
    uint64_t row;
};

static void node_init(struct node *n)
{
    *n = (struct node){.tariff = {.id = 1, .issue_price = {2}, .redemption_price = {1}, .per = {1}},
                       .row = 1};
    assert_int_equal(partner_id_parse("alfa", &n->partners[0].id), ERR_OK);
    assert_int_equal(partner_id_parse("beta", &n->partners[1].id), ERR_OK);
    assert_int_equal(card_prefix_parse("100100", &n->partners[0].prefix), ERR_OK);
    assert_int_equal(card_prefix_parse("200200", &n->partners[1].prefix), ERR_OK);
    n->roster = (struct roster){.self = n->partners[0].id,
                                .epoch = 1,
                                .first_period = {202609},
                                .partners = n->partners,
                                .partner_count = 2,
                                .tariffs = &n->tariff,
                                .tariff_count = 1};
    n->terms.roster = &n->roster;
    n->terms.debt_limit = points_of(INT64_MAX);
    assert_int_equal(memory_store_create(&n->tables), ERR_OK);
    n->store = memory_store_port(n->tables);
    plan_init(&n->plan);
}

static void node_fini(struct node *n)
{
    plan_fini(&n->plan);
    memory_store_destroy(n->tables);
}

/* Beta's next batch ends; beta says that it holds our receipts up to `held`. */
static void take_batch(struct node *n, uint64_t held)
{
    struct command command = {.kind = COMMAND_TAKE_BATCH, .origin = n->partners[1].id};
    struct buffer body = {0};
    struct buffer bytes = {0};
    struct record decoded;
    bool is_repeat;
    command.take_batch.sender = n->partners[1].id;
    command.take_batch.held_receipt_number = held;
    command.take_batch.receipt_signed = slice_of("receipt", 7);
    plan_reset(&n->plan);
    assert_int_equal(ledger_decide(&n->store.view, &n->terms, &command, (struct unix_ms){1},
                                   &n->plan, &is_repeat),
                     ERR_OK);
    body.names = &n->plan.ids;
    command_encode(&command, &body);
    struct record record = {.row = n->row++,
                            .kind = command.kind,
                            .origin = command.origin,
                            .body = buffer_slice(&body),
                            .effect_count = n->plan.effect_count,
                            .ids = n->plan.ids,
                            .effects = buffer_slice(&n->plan.effects)};
    record_encode(&record, &bytes);
    assert_int_equal(record_decode(buffer_slice(&bytes), &decoded), ERR_OK);
    assert_int_equal(ledger_apply(&n->store, &decoded, NULL), ERR_OK);
    buffer_fini(&body);
    buffer_fini(&bytes);
}

static enum err count_receipt(void *context, enum ledger_table table, struct slice key,
                              struct slice value)
{
    size_t *count = context;
    (void)key;
    (void)value;
    *count += table == TABLE_RECEIPT;
    return ERR_OK;
}

static size_t receipts_kept(const struct node *n)
{
    size_t count = 0;
    assert_int_equal(memory_store_each(n->tables, count_receipt, &count), ERR_OK);
    return count;
}

/* A partner that never says which receipts it holds, and then says it of all at once. */
static void test_many_receipts_to_forget(void **state)
{
    struct node n;
    const uint64_t many = LIMIT_EFFECTS_PER_RECORD + 500;
    (void)state;
    node_init(&n);
    for (uint64_t i = 0; i < many; i++) {
        take_batch(&n, 0);
    }
    assert_int_equal(receipts_kept(&n), many);
    take_batch(&n, many);
    assert_true(receipts_kept(&n) > 1);
    for (size_t i = 0; i < 3; i++) { /* the rest goes with the next ones */
        take_batch(&n, many + 1 + i);
    }
    assert_int_equal(receipts_kept(&n), 1);
    node_fini(&n);
}

static void test_record_too_long(void **state)
{
    struct batch_builder builder = {0};
    struct buffer effects = {0};
    struct record record = {.row = 1, .kind = COMMAND_SETTLE_MEMBER};
    (void)state;
    record.effect_count = LIMIT_EFFECTS_PER_RECORD + 1;
    batch_begin(&builder, 1);
    batch_add(&builder, &record);
    assert_int_equal(builder.records.err, ERR_RESOURCE);
    assert_int_equal(builder.count, 0);
    batch_builder_fini(&builder);

    builder = (struct batch_builder){0};
    record.effect_count = 1;
    assert_non_null(write_reserve(&effects, LIMIT_RECORD_BYTES));
    for (size_t i = 0; i < effects.length; i++) {
        effects.at[i] = 0;
    }
    record.effects = buffer_slice(&effects);
    batch_begin(&builder, 1);
    batch_add(&builder, &record);
    assert_int_equal(builder.records.err, ERR_RESOURCE);
    batch_builder_fini(&builder);
    buffer_fini(&effects);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_receipts_to_forget),
        cmocka_unit_test(test_record_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

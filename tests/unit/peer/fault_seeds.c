#include "faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "wire/messages.h"

/* ---- Rows ---- */

/* Puts rows beside the journal, into a ledger that is closed meanwhile. */
struct seeding {
    struct ledger_store store;
    enum stream_direction direction;
    const struct partner_id *partner;
    struct period period;
};

static void put(const struct seeding *s, enum ledger_table table, const struct ledger_key *key,
                const struct buffer *value)
{
    assert_int_equal(s->store.put(s->store.context, table, slice_of(key->bytes, key->length),
                                  buffer_slice(value)),
                     ERR_OK);
}

static enum err put_tree_row(void *context, struct tree_place place, const struct hash *hash)
{
    const struct seeding *s = context;
    CLEANUP(buffer_fini) struct buffer value = {0};
    struct ledger_key key;
    if (place.level % TREE_ROW_LEVELS == 0) {
        tree_row_encode(hash, &value);
        key_tree(s->direction, s->partner, s->period, place, &key);
        put(s, TABLE_TREE, &key, &value);
    }
    return ERR_OK;
}

static void put_tree(struct seeding *s, const struct entry_list *list)
{
    struct half_tree tree = {.first_number = list->entries[0].number};
    struct ledger_key key;
    CLEANUP(buffer_fini) struct buffer value = {0};
    for (size_t i = 0; i < list->count; i++) {
        CLEANUP(buffer_fini) struct buffer bytes = {0};
        assert_int_equal(wire_entry_encode(&list->entries[i], &bytes), ERR_OK);
        struct hash leaf = tree_leaf(entry_body(buffer_slice(&bytes)));
        assert_int_equal(tree_append(&tree.frontier, &leaf, put_tree_row, s), ERR_OK);
    }
    half_tree_encode(&tree, &value);
    key_half_tree(s->direction, s->partner, s->period, &key);
    put(s, TABLE_TREE, &key, &value);
}

/* Of the period; the line of earns under each tariff. */
static void put_totals(const struct seeding *s, const struct entry_list *list)
{
    for (uint32_t tariff = 1; tariff <= 2; tariff++) {
        struct entry_total total = {0};
        struct ledger_key key;
        CLEANUP(buffer_fini) struct buffer value = {0};
        for (size_t i = 0; i < list->count; i++) {
            const struct clearing_entry *entry = &list->entries[i];
            bool is_counted = entry->kind == ENTRY_EARN && entry->tariff == tariff &&
                              entry->period.code == s->period.code;
            total.count += is_counted;
            total.points += is_counted ? entry->points.minor : 0;
        }
        entry_total_encode(&total, &value);
        key_total(s->direction, s->partner, s->period, ENTRY_EARN, tariff, &key);
        if (total.count > 0) {
            put(s, TABLE_TOTAL, &key, &value);
        }
    }
}

void faults_seed_rows(struct street *street, unsigned index, struct period period, enum fault fault)
{
    struct brand *brand = &street->shops[index].brand;
    struct state_options options = {.folder = brand->folder, .mode = STATE_WRITE};
    struct seeding s = {.direction = index == 0 ? STREAM_OUT : STREAM_IN,
                        .partner = &street->shops[1 - index].brand.id,
                        .period = period};
    struct entry_list list;
    struct state *state;
    struct state_writer *writer;
    struct note note = {""};
    faults_read(street, index, s.direction, period, &list);
    fault_put(fault, &list);
    brand_close(brand);
    assert_int_equal(state_open(&options, &state, &note), ERR_OK);
    uint64_t row = state_durable_row(state);
    assert_int_equal(state_writer_create(state, &writer), ERR_OK);
    s.store = state_writer_port(writer);
    put_tree(&s, &list);
    put_totals(&s, &list);
    assert_int_equal(state_writer_seal(writer, row), ERR_OK);
    state_make_durable(state, row);
    assert_int_equal(state_checkpoint(state), ERR_OK);
    state_writer_destroy(writer);
    state_close(state);
    brand_open(brand);
}

/* ---- Journals ---- */

/* A list as it travels. */
struct travelling {
    struct buffer bytes;
    struct batch_entry entries[FAULT_ENTRIES + 8];
    struct batch_head head;
    struct buffer head_signed;
};

static void travel(struct street *street, const struct entry_list *list, struct travelling *t)
{
    *t = (struct travelling){.bytes = {0}};
    size_t ends[FAULT_ENTRIES + 8];
    CLEANUP(buffer_fini) struct buffer payload = {0};
    for (size_t i = 0; i < list->count; i++) {
        assert_int_equal(wire_entry_encode(&list->entries[i], &t->bytes), ERR_OK);
        ends[i] = t->bytes.length;
    }
    for (size_t i = 0; i < list->count; i++) {
        size_t start = i == 0 ? 0 : ends[i - 1];
        struct batch_entry *entry = &t->entries[i];
        entry->entry = list->entries[i];
        entry->bytes = slice_of(t->bytes.at + start, ends[i] - start);
        entry->hash = entry_hash(entry->bytes);
    }
    t->head = (struct batch_head){.sender = street->shops[0].brand.id,
                                  .receiver = street->shops[1].brand.id,
                                  .first_number = list->entries[0].number,
                                  .count = (uint32_t)list->count,
                                  .previous_hash = list->entries[0].previous_hash,
                                  .last_hash = t->entries[list->count - 1].hash};
    assert_int_equal(wire_head_encode(&t->head, &payload), ERR_OK);
    assert_int_equal(signed_make(&street->shops[0].brand.signer, 1, PURPOSE_CLEARING_BATCH,
                                 buffer_slice(&payload), &t->head_signed),
                     ERR_OK);
}

static void travel_fini(struct travelling *t)
{
    buffer_fini(&t->bytes);
    buffer_fini(&t->head_signed);
}

static struct entry_list part_of(const struct entry_list *list, size_t first, size_t count)
{
    struct entry_list part = {.count = count};
    memcpy(part.entries, list->entries + first, count * sizeof part.entries[0]);
    return part;
}

/* The receiver takes these entries; the head is signed for `signed_for`. */
static enum batch_judgement take(struct street *street, const struct entry_list *list,
                                 const struct entry_list *signed_for)
{
    static struct travelling sent;
    static struct travelling taken;
    struct batch_outcome outcome = {0};
    travel(street, signed_for, &sent);
    travel(street, list, &taken);
    struct incoming_batch batch = {
        .sender = street->shops[0].brand.id,
        .head = taken.head,
        .head_signed = buffer_slice(&sent.head_signed),
        .entries = taken.entries,
        .count = list->count,
    };
    engine_take_batch(street->shops[1].brand.engine, &batch, &outcome);
    assert_int_equal(outcome.err, ERR_OK);
    buffer_fini(&outcome.receipt);
    travel_fini(&sent);
    travel_fini(&taken);
    return outcome.judgement;
}

/* In the batches that they were sent in: the sales, the mark. */
enum batch_judgement faults_seed_receiver(struct street *street, struct brand *copy,
                                          struct period period, enum fault fault, bool has_mark)
{
    static struct entry_list lists[2]; /* as they were sent, and with the fault */
    faults_read(street, 0, STREAM_OUT, period, &lists[0]);
    lists[1] = lists[0];
    fault_put_in_stream(fault, has_mark, &lists[1]);
    shop_restore(street, 1, copy);
    enum batch_judgement judged = BATCH_TAKE;
    for (unsigned i = 0; i < (has_mark ? 2u : 1u) && judged == BATCH_TAKE; i++) {
        struct entry_list parts[2];
        for (unsigned k = 0; k < 2; k++) {
            size_t sales = lists[k].count - has_mark;
            parts[k] = part_of(&lists[k], i == 0 ? 0 : sales, i == 0 ? sales : 1);
        }
        judged = take(street, &parts[1], &parts[fault == FAULT_FORKED]);
    }
    return judged;
}

static void recovery_step(struct brand *brand, const struct partner_id *partner,
                          enum recovery_step step)
{
    struct command command = brand_command(brand, COMMAND_RECOVERY, 0);
    command.recovery = (struct command_recovery){.partner = *partner, .step = step};
    assert_int_equal(engine_execute(brand->engine, &command).err, ERR_OK);
}

void faults_seed_sender(struct street *street, struct brand *copy, struct period period,
                        enum fault fault)
{
    static struct entry_list list;
    static struct travelling written;
    struct brand *brand = &street->shops[0].brand;
    const struct partner_id *partner = &street->shops[1].brand.id;
    struct stream stream = brand_stream(brand, STREAM_OUT, &street->shops[1].brand);
    faults_read(street, 0, STREAM_OUT, period, &list);
    fault_put_in_stream(fault, stream.period.code != period.code, &list);
    travel(street, &list, &written);
    shop_restore(street, 0, copy);
    recovery_step(brand, partner, RECOVERY_BEGIN);
    for (size_t i = 0; i < list.count; i++) {
        struct command command = brand_command(brand, COMMAND_RECOVER_ENTRY, 0);
        command.transaction_id = list.entries[i].transaction_id;
        command.recover_entry = (struct command_recover_entry){
            .receiver = *partner, .entry = list.entries[i], .bytes = written.entries[i].bytes};
        assert_int_equal(engine_execute(brand->engine, &command).err, ERR_OK);
    }
    recovery_step(brand, partner, RECOVERY_END);
    travel_fini(&written);
}

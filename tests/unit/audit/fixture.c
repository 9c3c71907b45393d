#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "ledger/apply.h"

static struct partner_id partner_of(const char *text)
{
    struct partner_id partner;
    assert_int_equal(partner_id_parse(text, &partner), ERR_OK);
    return partner;
}

static struct card_prefix prefix_of(const char *text)
{
    struct card_prefix prefix;
    assert_int_equal(card_prefix_parse(text, &prefix), ERR_OK);
    return prefix;
}

static enum err encode_entry(void *context, const struct clearing_entry *entry, struct buffer *out)
{
    (void)context;
    write_u64(out, entry->number);
    write_bytes(out, entry->previous_hash.bytes, HASH_BYTES);
    write_u8(out, (uint8_t)entry->kind);
    write_u32(out, entry->period.code);
    write_i64(out, entry->points.minor);
    return out->err;
}

static enum err decode_entry(void *context, struct slice bytes, struct clearing_entry *out_entry)
{
    struct reader in = reader_of(bytes);
    (void)context;
    *out_entry = (struct clearing_entry){0};
    out_entry->number = read_u64(&in);
    read_copy(&in, out_entry->previous_hash.bytes, HASH_BYTES);
    out_entry->kind = (enum entry_kind)read_u8(&in);
    out_entry->period.code = read_u32(&in);
    out_entry->points.minor = read_i64(&in);
    return reader_finish(&in);
}

static enum err open_receipt(void *context, struct slice bytes, struct arena *arena,
                             struct clearing_receipt *out_receipt)
{
    const struct fixture *f = context;
    struct reader in = reader_of(bytes);
    struct receipt_total *total = arena_alloc(arena, sizeof *total);
    assert_non_null(total);
    *out_receipt = (struct clearing_receipt){.sender = f->partners[1].id,
                                             .receiver = f->roster.self,
                                             .receipt_number = read_u64(&in),
                                             .last_number = read_u64(&in),
                                             .totals = total,
                                             .total_count = 1};
    read_copy(&in, out_receipt->last_hash.bytes, HASH_BYTES);
    *total = (struct receipt_total){.kind = ENTRY_EARN, .tariff = 1, .count = read_u64(&in)};
    total->points = read_i64(&in);
    out_receipt->total_count = total->count == 0 ? 0 : 1;
    return reader_finish(&in);
}

static enum err find_key(void *context, const struct key_id *id, struct unix_ms time,
                         struct public_key *out_key)
{
    const struct fixture *f = context;
    (void)time;
    if (!key_id_equal(id, &f->key.id)) {
        return ERR_NOT_FOUND;
    }
    *out_key = f->key.public_key;
    return ERR_OK;
}

static enum err replay(void *context, uint64_t from_row,
                       enum err (*visit)(void *visitor, uint64_t first_row, struct slice batch),
                       void *visitor)
{
    const struct fixture *f = context;
    assert_int_equal(from_row, 0);
    for (size_t i = 0; i < f->batch_count; i++) {
        TRY(visit(visitor, f->batches[i].first_row, buffer_slice(&f->batches[i].bytes)));
    }
    return ERR_OK;
}

static enum err next_row(void *context, uint64_t *out_row)
{
    const struct fixture *f = context;
    *out_row = f->next_row - f->builder.count;
    return ERR_OK;
}

static void init_key(struct fixture *f)
{
    uint8_t seed[SIGNING_SEED_BYTES] = {7};
    signing_key_from_seed(seed, &f->key);
    assert_int_equal(key_signer_init(&f->key_signer, &f->key, "highstreet", &f->signer), ERR_OK);
}

void fixture_init(struct fixture *f)
{
    struct note note;
    *f = (struct fixture){.next_row = 1, .now = {FIXTURE_START}};
    f->partners[0] =
        (struct roster_partner){.id = partner_of("alfa"), .prefix = prefix_of("100100")};
    f->partners[1] =
        (struct roster_partner){.id = partner_of("beta"), .prefix = prefix_of("200200")};
    f->tariff = (struct tariff){.id = 1, .issue_price = {2}, .redemption_price = {1}, .per = {1}};
    f->roster = (struct roster){.self = f->partners[0].id,
                                .epoch = 3,
                                .first_period = {202609},
                                .partners = f->partners,
                                .partner_count = 2,
                                .tariffs = &f->tariff,
                                .tariff_count = 1};
    assert_int_equal(roster_prepare(&f->roster, &note), ERR_OK);
    f->terms = (struct ledger_terms){.roster = &f->roster,
                                     .codec = {NULL, encode_entry, NULL},
                                     .refund_grace_ms = DAY_MS,
                                     .debt_limit = {INT64_MAX}};
    init_key(f);
    assert_int_equal(memory_store_create(&f->tables), ERR_OK);
    f->store = memory_store_port(f->tables);
    plan_init(&f->plan);
    batch_begin(&f->builder, 1);
    f->options =
        (struct audit_options){.journal = {.context = f, .replay = replay, .next_row = next_row},
                               .coalition = "highstreet",
                               .self = f->roster.self,
                               .context = f,
                               .find_key = find_key,
                               .decode_entry = decode_entry,
                               .open_receipt = open_receipt};
}

void fixture_fini(struct fixture *f)
{
    for (size_t i = 0; i < FIXTURE_BATCHES; i++) {
        buffer_fini(&f->batches[i].bytes);
    }
    batch_builder_fini(&f->builder);
    plan_fini(&f->plan);
    memory_store_destroy(f->tables);
    signing_key_fini(&f->key);
}

struct uid id_of(uint8_t number)
{
    uint8_t randomness[10] = {[9] = number};
    return uid_v7(FIXTURE_START, randomness);
}

void fixture_add_raw(struct fixture *f, struct record record)
{
    record.row = f->next_row++;
    record.time = f->now;
    batch_add(&f->builder, &record);
    f->now.ms++;
}

struct answer fixture_run(struct fixture *f, struct command command)
{
    struct buffer body = {0};
    struct note note = {{0}};
    bool is_repeat;
    if (uid_is_nil(&command.transaction_id)) {
        command.transaction_id = id_of(++f->last_id);
    }
    if (command.origin.text[0] == '\0') {
        command.origin = f->roster.self;
    }
    command.business_time = f->now;
    plan_reset(&f->plan);
    assert_int_equal(
        ledger_decide(&f->store.view, &f->terms, &command, f->now, &f->plan, &is_repeat), ERR_OK);
    assert_false(is_repeat);
    assert_string_equal(verdict_describe(f->plan.verdict)->name, "OK");
    struct record record = {.row = f->next_row,
                            .time = f->now,
                            .kind = command.kind,
                            .verdict = f->plan.verdict,
                            .origin = command.origin,
                            .transaction_id = command.transaction_id,
                            .business_time = command.business_time,
                            .answer = f->plan.answer,
                            .effect_count = f->plan.effect_count,
                            .effects = buffer_slice(&f->plan.effects)};
    record.answer.row = f->next_row;
    body.names = &f->plan.ids;
    command_encode(&command, &body);
    record.body = buffer_slice(&body);
    record.ids = f->plan.ids;
    if (ledger_apply(&f->store, &record, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    fixture_add_raw(f, record);
    buffer_fini(&body);
    return record.answer;
}

void fixture_commit(struct fixture *f)
{
    struct stored_batch *batch = &f->batches[f->batch_count++];
    assert_true(f->batch_count <= FIXTURE_BATCHES);
    batch->first_row = f->builder.first_row;
    assert_int_equal(batch_seal(&f->builder, &f->signer, f->roster.epoch, f->now, &f->head,
                                &batch->bytes, &f->head),
                     ERR_OK);
    batch_begin(&f->builder, f->next_row);
}

static struct command earn_of(const struct card_number *card, int64_t points)
{
    struct command command = {.kind = COMMAND_EARN};
    command.earn.card = *card;
    command.earn.amount = money_of(points * 100);
    (void)snprintf(command.earn.currency, sizeof command.earn.currency, "EUR");
    command.earn.rate = (struct earn_rate){1, 100, ROUNDING_DOWN, 0};
    command.earn.expires_at.ms = FIXTURE_START + 400 * DAY_MS;
    return command;
}

struct answer fixture_enrol(struct fixture *f, const char *reference, int64_t points)
{
    struct command command = {.kind = COMMAND_ENROL};
    command.enrol.member = id_of((uint8_t)(100 + ++f->last_id));
    (void)snprintf((char *)command.enrol.reference_tag, sizeof command.enrol.reference_tag, "%s",
                   reference);
    struct answer answer = fixture_run(f, command);
    fixture_run(f, earn_of(&answer.card, points));
    return answer;
}

static struct uid hold_at_home(struct fixture *f, const struct card_number *card, int64_t points)
{
    struct command command = {.kind = COMMAND_HOLD, .transaction_id = id_of(++f->last_id)};
    command.hold.redeemer = f->roster.self;
    command.hold.card = *card;
    command.hold.points = points_of(points);
    command.hold.capture_by.ms = f->now.ms + DAY_MS;
    command.hold.deliver_by.ms = f->now.ms + 2 * DAY_MS;
    fixture_run(f, command);
    return command.transaction_id;
}

static void use_hold(struct fixture *f, enum command_kind kind, struct uid hold, int64_t points)
{
    struct command command = {.kind = kind};
    command.use.hold = hold;
    command.use.points = points_of(points);
    fixture_run(f, command);
}

static struct uid hold_abroad(struct fixture *f, const struct card_number *card)
{
    struct command command = {.kind = COMMAND_FOREIGN_HOLD, .transaction_id = id_of(++f->last_id)};
    command.hold.redeemer = f->roster.self;
    command.hold.card = *card;
    command.hold.asked = *card;
    command.hold.points = points_of(40);
    command.hold.capture_by.ms = f->now.ms + DAY_MS;
    command.hold.deliver_by.ms = f->now.ms + 2 * DAY_MS;
    command.hold.evidence = slice_of("granted", 7);
    fixture_run(f, command);
    return command.transaction_id;
}

/* Beta's first entry: our member earned there. */
static void take_entry(struct fixture *f, const struct card_number *card)
{
    struct buffer bytes = {0};
    struct command command = {.kind = COMMAND_TAKE_ENTRY, .origin = f->partners[1].id};
    struct clearing_entry *entry = &command.take_entry.entry;
    command.transaction_id = id_of(++f->last_id);
    *entry = (struct clearing_entry){.number = 1,
                                     .period = {202609},
                                     .business_time = f->now,
                                     .transaction_id = command.transaction_id,
                                     .kind = ENTRY_EARN,
                                     .card = *card,
                                     .points = points_of(30),
                                     .tariff = 1};
    command.take_entry.sender = f->partners[1].id;
    assert_int_equal(encode_entry(NULL, entry, &bytes), ERR_OK);
    command.take_entry.bytes = buffer_slice(&bytes);
    fixture_run(f, command);
    buffer_fini(&bytes);
}

void fixture_trade(struct fixture *f)
{
    struct card_number foreign;
    assert_int_equal(card_number_make(&f->partners[1].prefix, 5, &foreign), ERR_OK);
    struct answer first = fixture_enrol(f, "customer-1", 500);
    struct answer second = fixture_enrol(f, "customer-2", 70);
    fixture_commit(f);
    struct uid hold = hold_at_home(f, &first.card, 200);
    use_hold(f, COMMAND_CAPTURE, hold, 150);
    use_hold(f, COMMAND_RETURN_BURN, hold, 20);
    use_hold(f, COMMAND_VOID, hold, 0);
    fixture_commit(f);
    fixture_run(f, earn_of(&foreign, 60));
    struct uid abroad = hold_abroad(f, &foreign);
    use_hold(f, COMMAND_CAPTURE, abroad, 25);
    take_entry(f, &second.card);
    (void)hold_at_home(f, &second.card, 90);
    fixture_commit(f);
}

void fixture_add_effects(struct fixture *f, const struct effect *effects, uint32_t count)
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

struct effect fixture_row_effect(enum ledger_table table, const struct ledger_key *key,
                                 const struct buffer *value)
{
    return (struct effect){.kind = EFFECT_ROW,
                           .row = {.table = table,
                                   .key = slice_of(key->bytes, key->length),
                                   .value = buffer_slice(value)}};
}

void fixture_receipt(struct fixture *f, uint64_t earns, int64_t points)
{
    struct buffer bytes = {0};
    struct stream stream;
    struct command command = {.kind = COMMAND_TAKE_BATCH};
    assert_int_equal(
        ledger_get_stream(&f->store.view, &f->roster, STREAM_IN, &f->partners[1].id, &stream),
        ERR_OK);
    write_u64(&bytes, stream.receipt_number + 1);
    write_u64(&bytes, stream.last_number);
    write_bytes(&bytes, stream.last_hash.bytes, HASH_BYTES);
    write_u64(&bytes, earns);
    write_i64(&bytes, points);
    command.take_batch.sender = f->partners[1].id;
    command.take_batch.receipt_signed = buffer_slice(&bytes);
    fixture_run(f, command);
    buffer_fini(&bytes);
    fixture_commit(f);
}

enum err fixture_audit(struct fixture *f)
{
    return audit_run(&f->options, &f->summary, &f->finding);
}

void fixture_expect_clean(struct fixture *f)
{
    enum err err = fixture_audit(f);
    if (err != ERR_OK) {
        fail_msg("%s: row %llu: %s: %s", err_name(err), (unsigned long long)f->finding.row,
                 f->finding.invariant, f->finding.note.text);
    }
    assert_int_equal(f->finding.row, 0);
    assert_string_equal(f->finding.invariant, "");
}

void fixture_expect(struct fixture *f, uint64_t row, const char *invariant)
{
    assert_int_equal(fixture_audit(f), ERR_CORRUPT);
    if (f->finding.row != row || strncmp(f->finding.invariant, invariant, strlen(invariant)) != 0) {
        fail_msg("expected '%s' at row %llu; found row %llu: %s: %s", invariant,
                 (unsigned long long)row, (unsigned long long)f->finding.row, f->finding.invariant,
                 f->finding.note.text);
    }
    assert_true(f->finding.note.text[0] != '\0');
}

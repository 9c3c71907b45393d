#include "coalition.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/audit.h"
#include "crypto/random.h"
#include "wire/messages.h"

static const char *const names[BRANDS] = {"apteka", "bakery"};
static const char *const prefixes[BRANDS] = {"610001", "610002"};

struct uid id_of(unsigned number)
{
    struct uid id = {{0x01, 0x90, 0, 0, 0, 0, 0x70, 0, 0x80}};
    put_u32_be(id.bytes + 12, number);
    return id;
}

/* Until the engine knows of the failure. */
static void fail_now(struct brand *brand)
{
    unsigned before = atomic_load(&brand->troubles);
    brand->journal.failures_before = 1;
    atomic_store(&brand->journal.is_held, false);
    for (unsigned yields = 0; yields < 2000;) {
        sched_yield();
        yields += atomic_load(&brand->troubles) != before;
    }
}

struct unix_ms brand_now(void *context)
{
    struct brand *brand = context;
    if (atomic_exchange(&brand->fails_at_look, false)) {
        fail_now(brand);
    }
    return (struct unix_ms){__atomic_load_n(&brand->now.ms, __ATOMIC_RELAXED)};
}

void brand_wait(struct brand *brand, int64_t ms)
{
    __atomic_fetch_add(&brand->now.ms, ms, __ATOMIC_RELAXED);
}

static void on_trouble(void *context, const char *what, const char *detail)
{
    (void)what;
    (void)detail;
    atomic_fetch_add(&((struct brand *)context)->troubles, 1);
}

static enum err may_write(void *context, bool is_recovery)
{
    (void)is_recovery;
    return atomic_load(&((struct brand *)context)->is_full) ? ERR_RESOURCE : ERR_OK;
}

static enum err faulty_append(void *context, uint64_t first_row, uint32_t count, struct slice batch,
                              uint64_t fence)
{
    struct faulty_journal *journal = context;
    atomic_fetch_add(&journal->waiting, 1);
    while (atomic_load(&journal->is_held)) {
        sched_yield();
    }
    atomic_fetch_sub(&journal->waiting, 1);
    journal->last = pthread_self();
    if (journal->is_dead) {
        return ERR_STORAGE;
    }
    journal->is_dead = journal->is_mortal && journal->lives-- == 0;
    if (journal->is_dead && !journal->dies_late) {
        return ERR_STORAGE;
    }
    bool may_fail = journal->sound_before == 0;
    journal->sound_before -= !may_fail;
    if (may_fail && journal->failures_before > 0) {
        journal->failures_before--;
        return ERR_STORAGE;
    }
    TRY(journal->real.append(journal->real.context, first_row, count, batch, fence));
    if (journal->is_dead) {
        return ERR_STORAGE;
    }
    if (may_fail && journal->failures_after > 0) {
        journal->failures_after--;
        return ERR_STORAGE;
    }
    return ERR_OK;
}

static enum err faulty_replay(void *context, uint64_t from_row,
                              enum err (*visit)(void *, uint64_t, struct slice), void *visitor)
{
    struct faulty_journal *journal = context;
    return journal->real.replay(journal->real.context, from_row, visit, visitor);
}

static enum err faulty_read(void *context, uint64_t row, uint64_t *out_first, struct buffer *out)
{
    struct faulty_journal *journal = context;
    return journal->real.read(journal->real.context, row, out_first, out);
}

static enum err
faulty_look(void *context, uint64_t row,
            enum err (*visit)(void *visitor, uint64_t first_row, struct slice batch), void *visitor)
{
    struct faulty_journal *journal = context;
    return journal->real.look(journal->real.context, row, visit, visitor);
}

static enum err faulty_trim(void *context, uint64_t row)
{
    struct faulty_journal *journal = context;
    return journal->real.trim(journal->real.context, row);
}

static enum err faulty_next_row(void *context, uint64_t *out_row)
{
    struct faulty_journal *journal = context;
    return journal->real.next_row(journal->real.context, out_row);
}

void brand_init(struct brand *brand, unsigned index)
{
    uint8_t seed[32] = {(uint8_t)(index + 1)};
    struct note note;
    memset(brand, 0, sizeof *brand);
    assert_int_equal(crypto_start(), ERR_OK);
    assert_int_equal(partner_id_parse(names[index], &brand->id), ERR_OK);
    brand->now.ms = INT64_C(1790000000000);
    brand->tariffs[0] =
        (struct tariff){.id = 1, .issue_price = {100}, .redemption_price = {90}, .per = {100}};
    for (unsigned i = 0; i < BRANDS; i++) {
        assert_int_equal(partner_id_parse(names[i], &brand->partners[i].id), ERR_OK);
        assert_int_equal(card_prefix_parse(prefixes[i], &brand->partners[i].prefix), ERR_OK);
    }
    brand->roster = (struct roster){.self = brand->id,
                                    .epoch = 1,
                                    .first_period = {202610},
                                    .partners = brand->partners,
                                    .partner_count = BRANDS,
                                    .tariffs = brand->tariffs,
                                    .tariff_count = 1};
    assert_int_equal(roster_prepare(&brand->roster, &note), ERR_OK);
    signing_key_from_seed(seed, &brand->key);
    assert_int_equal(key_signer_init(&brand->key_signer, &brand->key, "demo", &brand->signer),
                     ERR_OK);
    const char *root = getenv("TMPDIR");
    snprintf(brand->folder, sizeof brand->folder, "%.80s/talea-engine-XXXXXX",
             root != NULL ? root : "/tmp");
    assert_non_null(mkdtemp(brand->folder));
}

static enum err open_engine(struct brand *brand, struct note *note)
{
    struct engine_options options = {
        .journal = {&brand->journal, faulty_append, faulty_replay, faulty_read, faulty_look,
                    faulty_trim, faulty_next_row},
        .tables = state_tables(brand->state),
        .signer = brand->signer,
        .coalition = "demo",
        .clock = {brand, brand_now},
        .terms = {.roster = &brand->roster, .refund_grace_ms = DAY_MS, .debt_limit = {INT64_MAX}},
        .checkpoint_every_ms = brand->checkpoint_every_ms,
        .may_write = may_write,
        .may_write_context = brand,
        .on_trouble = on_trouble,
        .hook_context = brand,
        .is_driven = brand->is_driven,
    };
    return engine_open(&options, &brand->engine, note);
}

static enum err open_steps(struct brand *brand, struct note *note)
{
    struct state_options tables = {.folder = brand->folder, .mode = STATE_WRITE};
    TRY(journal_file_open(brand->folder, JOURNAL_WRITE, &brand->file, note));
    brand->journal.real = journal_file_port(brand->file);
    TRY(state_open(&tables, &brand->state, note));
    return open_engine(brand, note);
}

enum err brand_try_open(struct brand *brand, struct note *note)
{
    enum err err = open_steps(brand, note);
    if (err != ERR_OK) {
        brand_close(brand);
    }
    return err;
}

void brand_open(struct brand *brand)
{
    struct note note = {""};
    if (brand_try_open(brand, &note) != ERR_OK) {
        fail_msg("can't open: %s", note.text);
    }
}

void brand_close(struct brand *brand)
{
    engine_close(brand->engine);
    state_close(brand->state);
    journal_file_close(brand->file);
    brand->engine = NULL;
    brand->state = NULL;
    brand->file = NULL;
}

void brand_kill(struct brand *brand)
{
    engine_abandon(brand->engine);
    brand->engine = NULL;
    brand_close(brand);
}

static void copy_file(const char *from_folder, const char *to_folder, const char *name)
{
    static uint8_t bytes[1 << 16];
    char path[192];
    (void)snprintf(path, sizeof path, "%s/%s", from_folder, name);
    FILE *from = fopen(path, "rb");
    if (from == NULL && errno == ENOENT) { /* a journal that needed no tail yet */
        return;
    }
    (void)snprintf(path, sizeof path, "%s/%s", to_folder, name);
    FILE *to = fopen(path, "wb");
    assert_non_null(from);
    assert_non_null(to);
    for (size_t length; (length = fread(bytes, 1, sizeof bytes, from)) > 0;) {
        assert_int_equal(fwrite(bytes, 1, length, to), length);
    }
    assert_int_equal(fclose(to), 0);
    assert_int_equal(fclose(from), 0);
}

void brand_copy(const struct brand *brand, struct brand *out_copy, unsigned index)
{
    brand_init(out_copy, index);
    out_copy->now = brand->now;
    out_copy->checkpoint_every_ms = brand->checkpoint_every_ms;
    copy_file(brand->folder, out_copy->folder, "journal.mdb");
    copy_file(brand->folder, out_copy->folder, "journal.tail");
    copy_file(brand->folder, out_copy->folder, "state.mdb");
}

void brand_fini(struct brand *brand)
{
    static const char *const files[] = {"journal.mdb",  "journal.mdb-lock", "journal.lock",
                                        "journal.tail", "state.mdb",        "state.mdb-lock",
                                        "state.lock"};
    char path[192];
    if (brand->engine != NULL) {
        brand_close(brand);
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", brand->folder, files[i]);
        unlink(path);
    }
    rmdir(brand->folder);
    signing_key_fini(&brand->key);
}

struct command brand_command(struct brand *brand, enum command_kind kind, unsigned number)
{
    return (struct command){.kind = kind,
                            .origin = brand->id,
                            .transaction_id = id_of(number),
                            .business_time = brand->now};
}

struct outcome brand_enrol(struct brand *brand, unsigned number, struct uid *out_member,
                           struct card_number *out_card)
{
    struct command command = brand_command(brand, COMMAND_ENROL, number);
    command.enrol.member = id_of(1000000 + number);
    struct outcome outcome = engine_execute(brand->engine, &command);
    *out_member = outcome.answer.member;
    *out_card = outcome.answer.card;
    return outcome;
}

struct outcome brand_earn(struct brand *brand, unsigned number, const struct card_number *card,
                          int64_t amount)
{
    struct command command = brand_command(brand, COMMAND_EARN, number);
    command.earn.card = *card;
    command.earn.amount = money_of(amount);
    command.earn.rate = (struct earn_rate){1, 100, ROUNDING_DOWN, 0};
    return engine_execute(brand->engine, &command);
}

struct member brand_member(struct brand *brand, const struct uid *member)
{
    struct state_reader *reader;
    struct member row;
    assert_int_equal(state_reader_create(brand->state, &reader), ERR_OK);
    struct ledger_view view = state_reader_view(reader);
    assert_int_equal(ledger_get_member(&view, member, &row), ERR_OK);
    state_reader_destroy(reader);
    return row;
}

struct stream brand_stream(struct brand *brand, enum stream_direction direction,
                           const struct brand *partner)
{
    struct state_reader *reader;
    struct stream stream;
    assert_int_equal(state_reader_create(brand->state, &reader), ERR_OK);
    struct ledger_view view = state_reader_view(reader);
    assert_int_equal(ledger_get_stream(&view, &brand->roster, direction, &partner->id, &stream),
                     ERR_OK);
    state_reader_destroy(reader);
    return stream;
}

static enum err find_key(void *context, const struct key_id *id, struct unix_ms time,
                         struct public_key *out_key)
{
    const struct brand *brand = context;
    (void)time;
    if (memcmp(id, &brand->signer.key_id, sizeof *id) != 0) {
        return ERR_NOT_FOUND;
    }
    *out_key = brand->signer.public_key;
    return ERR_OK;
}

static enum err decode_entry(void *context, struct slice bytes, struct clearing_entry *out_entry)
{
    (void)context;
    return wire_entry_decode(bytes, out_entry, NULL);
}

static enum err open_receipt(void *context, struct slice receipt_signed, struct arena *arena,
                             struct clearing_receipt *out_receipt)
{
    struct signed_message message;
    (void)context;
    TRY(signed_decode(receipt_signed, &message));
    return wire_receipt_decode(message.payload, arena, out_receipt, NULL);
}

void brand_assert_audit(struct brand *brand)
{
    struct audit_summary summary;
    struct audit_finding finding;
    struct audit_options options = {.journal = *engine_journal(brand->engine),
                                    .state = brand->state,
                                    .coalition = "demo",
                                    .self = brand->id,
                                    .context = brand,
                                    .find_key = find_key,
                                    .decode_entry = decode_entry,
                                    .open_receipt = open_receipt};
    assert_int_equal(engine_checkpoint(brand->engine), ERR_OK); /* all slices at one row */
    if (audit_run(&options, &summary, &finding) != ERR_OK) {
        fail_msg("audit of %s: row %llu, %s: %s", brand->id.text, (unsigned long long)finding.row,
                 finding.invariant, finding.note.text);
    }
}

static enum err keep_entry(void *context, const struct outbox_entry *entry)
{
    struct clearing *c = context;
    size_t i = (size_t)(entry->number - c->out.receipted_number - 1);
    struct batch_entry *at = &c->entries[i];
    write_bytes(&c->bytes[i], entry->bytes.at, entry->bytes.length);
    *at = (struct batch_entry){.bytes = buffer_slice(&c->bytes[i]), .hash = entry->hash};
    TRY(wire_entry_decode(at->bytes, &at->entry, NULL));
    c->plain[i] = at->entry;
    return ERR_OK;
}

void clearing_begin(struct clearing *c, struct brand *from, struct brand *to)
{
    struct stream out = brand_stream(from, STREAM_OUT, to);
    struct state_reader *reader;
    *c = (struct clearing){.from = from,
                           .to = to,
                           .out = out,
                           .count = (size_t)(out.last_number - out.receipted_number)};
    c->entries = calloc(c->count, sizeof *c->entries);
    c->plain = calloc(c->count, sizeof *c->plain);
    c->bytes = calloc(c->count, sizeof *c->bytes);
    assert_true(c->entries != NULL && c->plain != NULL && c->bytes != NULL);
    assert_int_equal(state_reader_create(from->state, &reader), ERR_OK);
    struct outbox_reader outbox;
    outbox_reader_init(&outbox, engine_journal(from->engine), state_reader_view(reader));
    assert_int_equal(
        outbox_read_many(&outbox, &to->id, out.receipted_number + 1, c->count, keep_entry, c),
        ERR_OK);
    outbox_reader_fini(&outbox);
    state_reader_destroy(reader);
}

enum err clearing_send(struct clearing *c)
{
    struct incoming_batch batch = {
        .sender = c->from->id,
        .head = {c->from->id, c->to->id, c->out.receipted_number + 1, (uint32_t)c->count,
                 c->entries[0].entry.previous_hash, c->entries[c->count - 1].hash},
        .entries = c->entries,
        .count = c->count,
        .held_receipt_number = c->out.receipt_number,
    };
    buffer_fini(&c->outcome.receipt);
    engine_take_batch(c->to->engine, &batch, &c->outcome);
    assert_true(c->outcome.err != ERR_OK || c->outcome.judgement == BATCH_TAKE);
    return c->outcome.err;
}

/* From the home's bytes, as a node reads them. */
static enum err read_receipt(const struct clearing *c, struct arena *arena,
                             struct incoming_receipt *out_incoming,
                             struct clearing_receipt *out_receipt, struct note *note)
{
    struct signed_message envelope;
    TRY(signed_decode(buffer_slice(&c->outcome.receipt), &envelope));
    TRY(signed_verify(&envelope, "demo", PURPOSE_CLEARING_RECEIPT, &c->to->signer.public_key));
    TRY(wire_receipt_decode(envelope.payload, arena, out_receipt, note));
    *out_incoming = (struct incoming_receipt){
        .receiver = c->to->id,
        .receipt = out_receipt,
        .payload_hash = receipt_payload_hash(envelope.payload),
        .receipt_signed = buffer_slice(&c->outcome.receipt),
        .entries = c->plain,
        .count = c->count,
        .last_hash = c->entries[c->count - 1].hash,
    };
    return ERR_OK;
}

enum err clearing_receive(struct clearing *c, size_t *out_refused, struct note *note)
{
    struct incoming_receipt incoming;
    struct clearing_receipt receipt;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    enum err err = read_receipt(c, &arena, &incoming, &receipt, note);
    if (err == ERR_OK) {
        err = engine_take_receipt(c->from->engine, &incoming, out_refused, note);
    }
    arena_fini(&arena);
    return err;
}

void clearing_end(struct clearing *c)
{
    buffer_fini(&c->outcome.receipt);
    for (size_t i = 0; i < c->count; i++) {
        buffer_fini(&c->bytes[i]);
    }
    free(c->bytes);
    free(c->plain);
    free(c->entries);
}

size_t clear_once(struct brand *from, struct brand *to)
{
    struct clearing clearing;
    struct note note = {""};
    size_t refused = 0;
    clearing_begin(&clearing, from, to);
    assert_int_equal(clearing_send(&clearing), ERR_OK);
    if (clearing_receive(&clearing, &refused, &note) != ERR_OK) {
        fail_msg("receipt: %s", note.text);
    }
    clearing_end(&clearing);
    return refused;
}

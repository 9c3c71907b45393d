#include "pair.h"

#include <stdlib.h>
#include <string.h>

static const struct partner_id *partner_of(const struct desk *desk)
{
    bool is_first = partner_id_equal(&desk->roster.self, &desk->partners[0].id);
    return &desk->partners[is_first ? 1 : 0].id;
}

struct desk *pair_other(struct pair *pair, const struct desk *desk)
{
    return desk == &pair->alfa ? &pair->beta : &pair->alfa;
}

struct pair_stream *pair_stream_of(struct pair *pair, const struct desk *desk)
{
    return desk == &pair->alfa ? &pair->from_alfa : &pair->from_beta;
}

void pair_init(struct pair *pair)
{
    memset(pair, 0, sizeof *pair);
    desk_init(&pair->alfa);
    desk_init(&pair->beta);
    pair->beta.roster.self = pair->beta.partners[1].id;
    pair->beta.serial = 1000000;
    pair->from_alfa.row = pair->from_beta.row = 1;
    pair->member = desk_enrol(&pair->beta, &pair->card);
}

void pair_fini(struct pair *pair)
{
    desk_fini(&pair->alfa);
    desk_fini(&pair->beta);
}

int pair_setup(void **state)
{
    struct pair *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    pair_init(pair);
    *state = pair;
    return 0;
}

int pair_teardown(void **state)
{
    pair_fini(*state);
    free(*state);
    return 0;
}

static void keep_entry(struct desk *desk, struct pair_stream *stream, struct slice bytes)
{
    size_t place = stream->count++;
    assert_true(place < PAIR_ENTRIES && bytes.length <= PAIR_BYTES);
    memcpy(stream->bytes[place], bytes.at, bytes.length);
    stream->lengths[place] = bytes.length;
    assert_int_equal(desk->terms.codec.decode(NULL, slice_of(stream->bytes[place], bytes.length),
                                              &stream->entries[place]),
                     ERR_OK);
    assert_int_equal(stream->entries[place].number, place + 1);
}

static void collect(struct desk *desk, struct pair_stream *stream)
{
    for (; stream->row < desk->row; stream->row++) {
        struct slice bytes;
        struct record record;
        struct effect effect;
        assert_int_equal(
            desk->store.view.record(desk->store.view.record_context, stream->row, &bytes), ERR_OK);
        assert_int_equal(record_decode(bytes, &record), ERR_OK);
        struct reader in = record_effects(&record);
        for (uint32_t i = 0; i < record.effect_count; i++) {
            effect_read(&in, &effect);
            if (effect.kind == EFFECT_ENTRY) {
                keep_entry(desk, stream, effect.entry.bytes);
            }
        }
    }
}

void pair_take(struct pair *pair, struct desk *from)
{
    struct pair_stream *stream = pair_stream_of(pair, from);
    struct desk *to = pair_other(pair, from);
    collect(from, stream);
    if (stream->taken == stream->count) {
        return;
    }
    for (; stream->taken < stream->count; stream->taken++) {
        struct command take = desk_command(to, COMMAND_TAKE_ENTRY);
        const struct clearing_entry *entry = &stream->entries[stream->taken];
        take.origin = from->roster.self;
        take.transaction_id = entry->transaction_id;
        take.business_time = entry->business_time;
        take.take_entry.sender = from->roster.self;
        take.take_entry.entry = *entry;
        take.take_entry.bytes =
            slice_of(stream->bytes[stream->taken], stream->lengths[stream->taken]);
        stream->verdicts[stream->taken] = desk_tell(to, &take);
    }
    struct command end = desk_command(to, COMMAND_TAKE_BATCH);
    end.take_batch = (struct command_take_batch){.sender = from->roster.self,
                                                 .head_signed = slice_of("head", 4),
                                                 .receipt_signed = slice_of("receipt", 7)};
    desk_do(to, &end);
}

static struct receipted_entry receipted(const struct clearing_entry *entry, enum verdict verdict)
{
    return (struct receipted_entry){.number = entry->number,
                                    .kind = entry->kind,
                                    .tariff = entry->tariff,
                                    .points = entry->points,
                                    .period = entry->period,
                                    .transaction_id = entry->transaction_id,
                                    .subject = entry->subject,
                                    .card = entry->card,
                                    .verdict = verdict,
                                    .disputed = entry->dispute.number,
                                    .is_dispute_of_sender = entry->dispute.is_of_sender,
                                    .step = entry->dispute.step};
}

void pair_receipt(struct pair *pair, struct desk *to)
{
    struct pair_stream *stream = pair_stream_of(pair, to);
    while (stream->receipted < stream->taken) { /* one entry a part */
        size_t place = stream->receipted++;
        struct receipted_entry entry = receipted(&stream->entries[place], stream->verdicts[place]);
        struct command receipt = desk_command(to, COMMAND_TAKE_RECEIPT);
        receipt.take_receipt = (struct command_take_receipt){
            .receiver = *partner_of(to),
            .receipt_number = ++stream->receipts,
            .last_number = place + 1,
            .receipt_signed = slice_of("receipt", 7),
            .entries = &entry,
            .entry_count = 1,
        };
        desk_do(to, &receipt);
    }
}

struct due_search {
    const struct desk *desk;
    bool has_one;
    enum due_kind kind;
    struct command_due due;
};

static enum err find_due(void *context, enum ledger_table table, struct slice key,
                         struct slice value)
{
    struct due_search *search = context;
    struct command_due due;
    enum due_kind kind;
    (void)value;
    if (table != TABLE_DUE || search->has_one) {
        return ERR_OK;
    }
    assert_int_equal(key_due_parse(key, &due.due, &kind, &due.redeemer, &due.id), ERR_OK);
    bool is_ours =
        kind == DUE_DISPUTE || kind == DUE_FUNDING || kind == DUE_EARNS || kind == DUE_BLOCK;
    if (is_ours && due.due.ms <= search->desk->now.ms) {
        search->due = due;
        search->kind = kind;
        search->has_one = true;
    }
    return ERR_OK;
}

bool pair_due(struct desk *desk)
{
    struct due_search search = {.desk = desk};
    assert_int_equal(memory_store_each(desk->tables, find_due, &search), ERR_OK);
    if (search.has_one) {
        struct command due = desk_command(desk, search.kind == DUE_FUNDING ? COMMAND_TELL_FUNDING
                                                : search.kind == DUE_EARNS ? COMMAND_SEND_EARNS
                                                : search.kind == DUE_BLOCK ? COMMAND_BLOCK_DUE
                                                                           : COMMAND_DISPUTE_DUE);
        due.due = search.due;
        desk_do(desk, &due);
    }
    return search.has_one;
}

void pair_settle(struct pair *pair)
{
    bool has_more = true;
    for (int round = 0; has_more; round++) {
        size_t before = pair->from_alfa.count + pair->from_beta.count;
        assert_true(round < 1000);
        pair_take(pair, &pair->alfa);
        pair_take(pair, &pair->beta);
        pair_receipt(pair, &pair->alfa);
        pair_receipt(pair, &pair->beta);
        bool alfa_had = pair_due(&pair->alfa);
        bool beta_had = pair_due(&pair->beta);
        has_more = alfa_had || beta_had || pair->from_alfa.count + pair->from_beta.count != before;
    }
}

void pair_wait_days(struct pair *pair, int64_t days)
{
    pair->alfa.now.ms += days * DAY_MS;
    pair->beta.now.ms += days * DAY_MS;
}

void pair_mark(struct desk *desk)
{
    struct command close = desk_command(desk, COMMAND_CLOSE_PERIOD);
    struct stream stream;
    assert_int_equal(
        ledger_get_stream(&desk->store.view, &desk->roster, STREAM_OUT, partner_of(desk), &stream),
        ERR_OK);
    close.close_period.period = stream.period;
    desk_do(desk, &close);
}

int64_t pair_account(const struct desk *desk, enum account_kind kind, struct period period)
{
    struct account account;
    struct account_ref ref = {.kind = kind, .partner = *partner_of(desk), .period = period};
    assert_int_equal(ledger_get_account(&desk->store.view, &ref, &account), ERR_OK);
    return account.credit - account.debit;
}

void pair_assert_mirrored(struct pair *pair)
{
    static const enum account_kind mirrors[][2] = {{ACCOUNT_PAYABLE, ACCOUNT_RECEIVABLE},
                                                   {ACCOUNT_RECEIVABLE, ACCOUNT_PAYABLE},
                                                   {ACCOUNT_SUSPENSE, ACCOUNT_SUSPENSE}};
    for (uint32_t month = 9; month <= 12; month++) {
        struct period period = {202600 + month};
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(pair_account(&pair->alfa, mirrors[i][0], period),
                             -pair_account(&pair->beta, mirrors[i][1], period));
        }
    }
}

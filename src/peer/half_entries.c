/* The entries of a stream as this ledger has them, and what is signed of them. */
#include "peer/half.h"

#include "wire/messages.h"

/* What one receipt answers. */
struct receipted_run {
    uint64_t first;
    uint64_t last;
    uint64_t row; /* of what brought the receipt; the entries taken come just before it */
};

/* What a record brought: a batch's head (none with a receipt that we took), and the receipt that we
 * gave or took. They live until the next record is read. */
struct signed_pair {
    struct slice head;
    struct slice receipt;
};

static enum err signed_of_record(const struct record *record, struct signed_pair *out_signed)
{
    struct command command;
    TRY(record_command(record, &command));
    if (command.kind == COMMAND_TAKE_BATCH) {
        *out_signed =
            (struct signed_pair){command.take_batch.head_signed, command.take_batch.receipt_signed};
        return ERR_OK;
    }
    *out_signed = (struct signed_pair){slice_of(NULL, 0), command.take_receipt.receipt_signed};
    return command.kind == COMMAND_TAKE_RECEIPT ? ERR_OK : ERR_CORRUPT;
}

/* The record that brought a receipt, and what is signed in it. */
static enum err find_signed(struct half_view *half, uint64_t receipt, uint64_t *out_row,
                            struct signed_pair *out_signed)
{
    struct ledger_key key;
    struct slice value;
    struct record record;
    key_receipt(half->direction, &half->partner, receipt, &key);
    TRY(view_get(&half->host->view, TABLE_RECEIPT_ROW, &key, &value));
    TRY(u64_decode(value, out_row));
    TRY(record_reader_get(&half->outbox.records, *out_row, &record));
    return signed_of_record(&record, out_signed);
}

/* The receipt, in the arena, and what it answers. */
static enum err read_receipt(struct half_view *half, uint64_t receipt, struct arena *arena,
                             struct clearing_receipt *out_said, struct receipted_run *out_run)
{
    struct signed_pair found;
    struct signed_message message;
    uint64_t row;
    TRY(find_signed(half, receipt, &row, &found));
    TRY(signed_decode(found.receipt, &message));
    TRY(wire_receipt_decode(message.payload, arena, out_said, NULL));
    uint64_t count = out_said->last_number - out_said->first_number + 1;
    if (out_said->first_number == 0 || count > LIMIT_CLEARING_BATCH || row <= count) {
        return ERR_CORRUPT;
    }
    *out_run = (struct receipted_run){out_said->first_number, out_said->last_number, row};
    return ERR_OK;
}

static enum err run_of_receipt(struct half_view *half, uint64_t receipt,
                               struct receipted_run *out_run)
{
    struct clearing_receipt said;
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    return read_receipt(half, receipt, &arena, &said, out_run);
}

/* Between which receipts the entry's lies; ERR_NOT_FOUND: there is none. Of a half of which
 * something was set apart, and of those before it, under the numbers that they had here. */
static enum err find_bounds(const struct half_view *half, uint64_t number, uint64_t *out_low,
                            uint64_t *out_high)
{
    struct stream stream;
    struct apart_end apart;
    TRY(ledger_get_stream(&half->host->view, half->host->roster, half->direction, &half->partner,
                          &stream));
    TRY(ledger_get_apart_end(&half->host->view, half->direction, &half->partner, &apart));
    bool is_before = half->direction == STREAM_IN && apart.last_number > 0 &&
                     half->period.code != 0 && !period_is_before(apart.period, half->period);
    bool is_behind = half->direction == STREAM_IN && !is_before && number > apart.last_number;
    *out_low = is_behind ? apart.receipt_number + 1 : 1;
    *out_high =
        half->direction == STREAM_OUT || is_behind ? stream.receipt_number : apart.receipt_number;
    return number == 0 || (!is_before && number > stream.receipted_number) ? ERR_NOT_FOUND : ERR_OK;
}

/* Receipts answer one run after the other. */
static enum err find_run(struct half_view *half, uint64_t number, struct receipted_run *out_run,
                         uint64_t *out_receipt)
{
    uint64_t low;
    uint64_t high;
    TRY(find_bounds(half, number, &low, &high));
    while (low <= high) {
        uint64_t middle = low + (high - low) / 2;
        TRY(run_of_receipt(half, middle, out_run));
        if (number < out_run->first) {
            high = middle - 1;
        } else if (number > out_run->last) {
            low = middle + 1;
        } else {
            *out_receipt = middle;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

enum err half_receipt_of(struct half_view *half, uint64_t number, uint64_t *out_receipt)
{
    struct receipted_run run;
    return find_run(half, number, &run, out_receipt);
}

static enum err visit_refused(const struct clearing_receipt *said, uint64_t first, uint64_t count,
                              half_refusal *visit, void *visitor)
{
    for (size_t i = 0; i < said->refused_count; i++) {
        const struct receipt_refusal *refused = &said->refused[i];
        if (refused->number >= first && refused->number - first < count) {
            TRY(visit(visitor, refused->number, refused->reason));
        }
    }
    return ERR_OK;
}

enum err half_refusals(struct half_view *half, uint64_t first, uint64_t count, half_refusal *visit,
                       void *visitor)
{
    struct receipted_run run;
    uint64_t receipt;
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    TRY(find_run(half, first, &run, &receipt));
    for (;;) {
        struct clearing_receipt said;
        arena_reset(&arena);
        TRY(read_receipt(half, receipt, &arena, &said, &run));
        TRY(visit_refused(&said, first, count, visit, visitor));
        if (run.last - first + 1 >= count) {
            return ERR_OK;
        }
        receipt++;
    }
}

static enum err visit_taken(struct half_view *half, const struct receipted_run *run,
                            uint64_t number, half_visit *visit, void *visitor)
{
    struct record record;
    struct command command;
    TRY(record_reader_get(&half->outbox.records, run->row - (run->last - number) - 1, &record));
    TRY(record_command(&record, &command));
    bool is_it = (command.kind == COMMAND_TAKE_ENTRY || command.kind == COMMAND_RECOVER_TAKEN) &&
                 partner_id_equal(&command.take_entry.sender, &half->partner) &&
                 command.take_entry.entry.number == number;
    return is_it ? visit(visitor, number, command.take_entry.bytes) : ERR_CORRUPT;
}

static enum err taken_entries(struct half_view *half, uint64_t first, uint64_t count,
                              half_visit *visit, void *visitor)
{
    struct receipted_run run;
    uint64_t receipt;
    enum err err = find_run(half, first, &run, &receipt);
    for (uint64_t number = first; err == ERR_OK && number - first < count; number++) {
        if (number > run.last) {
            err = run_of_receipt(half, ++receipt, &run);
        }
        if (err == ERR_OK) {
            err = visit_taken(half, &run, number, visit, visitor);
        }
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

struct sent_visit {
    half_visit *visit;
    void *visitor;
};

static enum err visit_sent(void *context, const struct outbox_entry *entry)
{
    const struct sent_visit *sent = context;
    return sent->visit(sent->visitor, entry->number, entry->bytes);
}

enum err half_entries(struct half_view *half, uint64_t first, uint64_t count, half_visit *visit,
                      void *visitor)
{
    struct sent_visit sent = {visit, visitor};
    struct stream out;
    if (half->direction == STREAM_IN) {
        return taken_entries(half, first, count, visit, visitor);
    }
    TRY(ledger_get_stream(&half->host->view, half->host->roster, STREAM_OUT, &half->partner, &out));
    if (first == 0 || first > out.last_number) {
        return ERR_OK;
    }
    uint64_t left = out.last_number - first + 1;
    half->outbox.view = half->host->view;
    return outbox_read_many(&half->outbox, &half->partner, first, count < left ? count : left,
                            visit_sent, &sent);
}

/* ---- Runs, as they are shown to others ---- */

void half_run_fini(struct half_run *run)
{
    buffer_fini(&run->receipt_signed);
    buffer_fini(&run->head_signed);
    buffer_fini(&run->bytes);
}

static enum err add_entry(void *context, uint64_t number, struct slice bytes)
{
    struct half_run *run = context;
    if (number != run->first + run->count || run->count == LIMIT_CLEARING_BATCH) {
        return ERR_CORRUPT;
    }
    write_bytes(&run->bytes, bytes.at, bytes.length);
    run->ends[run->count++] = run->bytes.length;
    return run->bytes.err;
}

static struct slice entry_at(const struct half_run *run, size_t index)
{
    size_t start = index == 0 ? 0 : run->ends[index - 1];
    return slice_of(run->bytes.at + start, run->ends[index] - start);
}

/* Our own heads are not kept: the receipt stands for them. It is signed once more. */
static enum err sign_head(const struct half_view *half, struct half_run *run)
{
    struct clearing_entry first;
    struct buffer payload = {0};
    TRY(wire_entry_decode(entry_at(run, 0), &first, NULL));
    struct batch_head head = {.sender = half->host->roster->self,
                              .receiver = half->partner,
                              .first_number = run->first,
                              .count = (uint32_t)run->count,
                              .previous_hash = first.previous_hash,
                              .last_hash = entry_hash(entry_at(run, run->count - 1))};
    enum err err = wire_head_encode(&head, &payload);
    if (err == ERR_OK) {
        err = peer_sign(half->host, PURPOSE_CLEARING_BATCH, buffer_slice(&payload),
                        &run->head_signed);
    }
    buffer_fini(&payload);
    return err;
}

enum err half_receipt_read(struct half_view *half, uint64_t receipt, struct buffer *out_signed)
{
    struct signed_pair found;
    uint64_t row;
    TRY(find_signed(half, receipt, &row, &found));
    write_bytes(out_signed, found.receipt.at, found.receipt.length);
    return out_signed->err;
}

enum err half_run_read(struct half_view *half, uint64_t receipt, struct half_run *out_run)
{
    struct signed_pair found;
    struct receipted_run range;
    uint64_t row;
    buffer_clear(&out_run->receipt_signed);
    buffer_clear(&out_run->head_signed);
    buffer_clear(&out_run->bytes);
    out_run->count = 0;
    TRY(run_of_receipt(half, receipt, &range));
    TRY(find_signed(half, receipt, &row, &found));
    write_bytes(&out_run->receipt_signed, found.receipt.at, found.receipt.length);
    write_bytes(&out_run->head_signed, found.head.at, found.head.length);
    TRY(out_run->receipt_signed.err);
    TRY(out_run->head_signed.err);
    out_run->first = range.first;
    out_run->last = range.last;
    TRY(half_entries(half, range.first, range.last - range.first + 1, add_entry, out_run));
    if (out_run->count != range.last - range.first + 1) {
        return ERR_CORRUPT;
    }
    return half->direction == STREAM_OUT ? sign_head(half, out_run) : ERR_OK;
}

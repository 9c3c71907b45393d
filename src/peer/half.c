#include "peer/half.h"

#include "wire/messages.h"

static enum err load_tree(const struct ledger_view *view, enum stream_direction direction,
                          const struct partner_id *partner, struct period period,
                          struct half_tree *out_tree)
{
    struct ledger_key key;
    struct slice value;
    key_half_tree(direction, partner, period, &key);
    TRY(view_get(view, TABLE_TREE, &key, &value));
    return half_tree_decode(value, out_tree);
}

enum err half_root(const struct ledger_view *view, enum stream_direction direction,
                   const struct partner_id *partner, struct period period, const struct half *half,
                   struct hash *out_root)
{
    struct half_tree tree;
    enum err err = load_tree(view, direction, partner, period, &tree);
    *out_root = (struct hash){{0}};
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    bool is_whole = tree.first_number == half->first_number &&
                    tree.frontier.count == half->last_number - half->first_number + 1;
    if (is_whole) {
        *out_root = tree_root(&tree.frontier);
    }
    return ERR_OK;
}

/* ---- Entries ---- */

/* What one receipt answers. */
struct receipted_run {
    uint64_t first;
    uint64_t last;
    uint64_t row; /* of what brought the receipt; the entries taken come just before it */
};

/* The receipt that a record brought: one that we gave, or one that we took. */
static enum err receipt_of_record(const struct record *record, struct slice *out_signed)
{
    struct command command;
    TRY(record_command(record, &command));
    if (command.kind == COMMAND_TAKE_BATCH) {
        *out_signed = command.take_batch.receipt_signed;
        return ERR_OK;
    }
    *out_signed = command.take_receipt.receipt_signed;
    return command.kind == COMMAND_TAKE_RECEIPT ? ERR_OK : ERR_CORRUPT;
}

/* The receipt, in the arena, and the row of what brought it. */
static enum err read_receipt(struct half_view *half, uint64_t receipt, struct arena *arena,
                             struct clearing_receipt *out_said, struct receipted_run *out_run)
{
    struct ledger_key key;
    struct slice value;
    struct record record;
    struct signed_message message;
    uint64_t row;
    key_receipt(half->direction, &half->partner, receipt, &key);
    TRY(view_get(&half->host->view, TABLE_RECEIPT_ROW, &key, &value));
    TRY(u64_decode(value, &row));
    TRY(record_reader_get(&half->outbox.records, row, &record));
    TRY(receipt_of_record(&record, &value));
    TRY(signed_decode(value, &message));
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

/* Receipts answer one run after the other. */
static enum err find_run(struct half_view *half, uint64_t number, struct receipted_run *out_run,
                         uint64_t *out_receipt)
{
    struct stream stream;
    TRY(ledger_get_stream(&half->host->view, half->host->roster, half->direction, &half->partner,
                          &stream));
    uint64_t low = 1;
    uint64_t high = stream.receipt_number;
    if (number == 0 || number > stream.receipted_number) {
        return ERR_NOT_FOUND;
    }
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

/* ---- The tree ---- */

static enum err add_leaf(void *context, uint64_t number, struct slice bytes)
{
    struct half_view *half = context;
    (void)number;
    half->leaves[half->leaf_count++] = tree_leaf(entry_body(bytes));
    return ERR_OK;
}

static enum err load_block(struct half_view *half, uint64_t block)
{
    uint64_t first = block * HALF_BLOCK;
    uint64_t left = half->tree.count - first;
    uint64_t count = left < HALF_BLOCK ? left : HALF_BLOCK;
    half->block = UINT64_MAX;
    half->leaf_count = 0;
    TRY(half_entries(half, half->first_number + first, count, add_leaf, half));
    if (half->leaf_count != count) {
        return ERR_CORRUPT;
    }
    half->block = block;
    return ERR_OK;
}

static enum err read_row(const struct half_view *half, struct tree_place place,
                         struct hash *out_hash)
{
    struct ledger_key key;
    struct slice value;
    key_tree(half->direction, &half->partner, half->period, place, &key);
    enum err err = view_get(&half->host->view, TABLE_TREE, &key, &value);
    return err == ERR_OK          ? tree_row_decode(value, out_hash)
           : err == ERR_NOT_FOUND ? ERR_UNAVAILABLE
                                  : err;
}

/* A whole subtree: folded from the next level below that has rows, or from entries. */
static enum err whole(void *context, struct tree_place place, struct hash *out_hash)
{
    struct half_view *half = context;
    struct hash parts[HALF_BLOCK];
    unsigned up = place.level % TREE_ROW_LEVELS;
    struct tree_place base = {place.level - up, place.index << up};
    size_t count = (size_t)1 << up;
    if (base.level > 0) {
        for (size_t i = 0; i < count; i++) {
            TRY(read_row(half, (struct tree_place){base.level, base.index + i}, &parts[i]));
        }
    } else {
        uint64_t block = base.index / HALF_BLOCK;
        if (half->block != block) {
            TRY(load_block(half, block));
        }
        for (size_t i = 0; i < count; i++) {
            parts[i] = half->leaves[base.index % HALF_BLOCK + i];
        }
    }
    *out_hash = tree_fold(parts, count);
    return ERR_OK;
}

/* How much of it is looked at. */
static enum err find_end(const struct half_view *half, uint64_t *last_number, struct note *note)
{
    struct half ended;
    if (*last_number != 0) {
        return ERR_OK;
    }
    enum err err =
        ledger_get_half(&half->host->view, half->direction, &half->partner, half->period, &ended);
    if (err == ERR_NOT_FOUND) {
        return note_set(note, ERR_UNAVAILABLE, "the period is open with %s", half->partner.text);
    }
    TRY(err);
    *last_number = ended.last_number;
    return ERR_OK;
}

static enum err bound(struct half_view *half, const struct half_tree *tree, uint64_t last_number,
                      struct note *note)
{
    struct stream stream;
    struct half ended;
    TRY(ledger_get_stream(&half->host->view, half->host->roster, half->direction, &half->partner,
                          &stream));
    uint64_t count = last_number < tree->first_number ? 0 : last_number - tree->first_number + 1;
    bool is_known = ledger_get_half(&half->host->view, half->direction, &half->partner,
                                    half->period, &ended) == ERR_OK;
    uint64_t first = is_known ? ended.first_number : stream.period_first_number;
    bool is_open = half->period.yyyymm == stream.period.yyyymm;
    if ((is_known || is_open) && first != tree->first_number) {
        return note_set(note, ERR_UNSUPPORTED, "the half began before trees were kept");
    }
    if (is_open && count > tree->frontier.count && last_number <= stream.last_number) {
        return note_set(note, ERR_UNAVAILABLE, "the half changes just now");
    }
    half->first_number = tree->first_number;
    half->tree.count = count < tree->frontier.count ? count : tree->frontier.count;
    return ERR_OK;
}

enum err half_open(struct half_view *half, const struct peer_host *host,
                   const struct partner_id *partner, enum stream_direction direction,
                   struct period period, uint64_t last_number, struct note *note)
{
    struct half_tree tree;
    struct stream stream;
    half->host = host;
    half->partner = *partner;
    half->direction = direction;
    half->period = period;
    half->block = UINT64_MAX;
    half->leaf_count = 0;
    half->tree = (struct tree_reader){.context = half, .whole = whole};
    outbox_reader_init(&half->outbox, engine_journal(host->engine), host->view);
    TRY(find_end(half, &last_number, note));
    enum err err = load_tree(&host->view, direction, partner, period, &tree);
    if (err == ERR_NOT_FOUND) { /* no entry yet */
        TRY(ledger_get_stream(&host->view, host->roster, direction, partner, &stream));
        half->first_number = stream.period_first_number;
        return ERR_OK;
    }
    TRY(err);
    return bound(half, &tree, last_number, note);
}

void half_close(struct half_view *half)
{
    outbox_reader_fini(&half->outbox);
}

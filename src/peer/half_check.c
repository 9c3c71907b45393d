#include "peer/half_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "peer/half.h"
#include "wire/messages.h"

enum {
    ROWS_AT_ONCE = 512 /* in one record, well below LIMIT_EFFECTS_PER_RECORD */
};

/* One half on its way. Large; on the heap. */
struct checking {
    const struct peer_host *host;
    struct half_view half;
    struct half_check *check;
    struct note *note;
    struct stream stream;
    bool is_open;
    struct half ended; /* of a half that its mark ended: the row */
    uint64_t first;
    uint64_t last;
    struct arena arena; /* of the receipt */
    bool is_apart;      /* entries of it are set apart: its totals are without them */
    bool has_receipt;
    struct clearing_receipt receipt; /* the latest: signed by the receiver */

    uint64_t *refused; /* numbers, in order */
    size_t refused_count;
    size_t refused_room;
    size_t refused_seen;

    /* As the entries give it. */
    struct half_tree tree;
    struct hash last_hash;
    enum entry_kind last_kind;
    struct receipt_total lines[RECEIPT_TOTALS_MAX];
    size_t line_count;

    struct buffer rows; /* that were wrong, as effects */
};

/* ---- What is to be put right ---- */

/* An empty value: there is to be no such row. */
static enum err put(struct checking *c, enum ledger_table table, const struct ledger_key *key,
                    struct slice value)
{
    struct effect effect = {
        .kind = EFFECT_ROW,
        .row = {table, slice_of(key->bytes, key->length), value.length == 0, value}};
    effect_encode(&effect, &c->rows);
    return c->rows.err;
}

static enum err mend(struct checking *c, struct slice rows)
{
    struct command command = {
        .kind = COMMAND_MEND_HALF, .origin = c->host->roster->self, .business_time = c->host->now};
    command.mend = (struct command_mend){.partner = c->half.partner,
                                         .direction = c->half.direction,
                                         .period = c->half.period,
                                         .last_number = c->stream.last_number,
                                         .receipted_number = c->stream.receipted_number,
                                         .rows = rows};
    return engine_execute(c->host->engine, &command).err;
}

static enum err mend_all(struct checking *c)
{
    struct reader in = reader_of(buffer_slice(&c->rows));
    while (in.at != in.end) {
        const uint8_t *start = in.at;
        for (unsigned i = 0; i < ROWS_AT_ONCE && in.at != in.end; i++) {
            struct effect effect;
            effect_read(&in, &effect);
            TRY(in.err);
        }
        TRY(mend(c, slice_of(start, (size_t)(in.at - start))));
    }
    return ERR_OK;
}

/* ---- Before the entries are read ---- */

static enum err load_receipt(struct checking *c)
{
    struct ledger_key key;
    struct slice value;
    struct signed_message message;
    key_receipt(c->half.direction, &c->half.partner, c->stream.receipt_number, &key);
    enum err err = view_get(&c->host->view, TABLE_RECEIPT, &key, &value);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    TRY(signed_decode(value, &message));
    TRY(wire_receipt_decode(message.payload, &c->arena, &c->receipt, NULL));
    c->has_receipt = true;
    return ERR_OK;
}

static enum err find_bounds(struct checking *c)
{
    const struct half_view *half = &c->half;
    TRY(ledger_get_stream(&c->host->view, c->host->roster, half->direction, &half->partner,
                          &c->stream));
    c->is_open = half->period.code == c->stream.period.code;
    if (c->is_open) {
        c->first = c->stream.period_first_number;
        c->last = c->stream.last_number;
        return ERR_OK;
    }
    enum err err =
        ledger_get_half(&c->host->view, half->direction, &half->partner, half->period, &c->ended);
    if (err == ERR_NOT_FOUND) {
        return note_set(c->note, ERR_NOT_FOUND, "there is no such half with %s",
                        half->partner.text);
    }
    TRY(err);
    c->first = c->ended.first_number;
    c->last = c->ended.last_number;
    return ERR_OK;
}

/* What is set apart of the stream says what totals and ends are, until a receipt says it again. */
static enum err look_apart(struct checking *c)
{
    const struct half_view *half = &c->half;
    struct apart_row row;
    struct apart_end end;
    enum err err =
        ledger_get_apart(&c->host->view, half->direction, &half->partner, half->period, &row);
    c->is_apart = err == ERR_OK;
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    TRY(ledger_get_apart_end(&c->host->view, half->direction, &half->partner, &end));
    c->has_receipt =
        c->has_receipt && !c->is_apart && c->receipt.receipt_number > end.receipt_number;
    return ERR_OK;
}

static enum err add_refused(void *context, uint64_t number, const char *reason)
{
    struct checking *c = context;
    (void)reason;
    if (c->refused_count == c->refused_room) {
        size_t room = c->refused_room * 2 + 64;
        uint64_t *more = realloc(c->refused, room * sizeof *more);
        if (more == NULL) {
            return ERR_RESOURCE;
        }
        c->refused = more;
        c->refused_room = room;
    }
    c->refused[c->refused_count++] = number;
    return ERR_OK;
}

/* Up to where entries count: what no receipt answers does not. */
static uint64_t counted_to(const struct checking *c)
{
    return c->last < c->stream.receipted_number ? c->last : c->stream.receipted_number;
}

static enum err find_refused(struct checking *c)
{
    uint64_t last = counted_to(c);
    return last < c->first ? ERR_OK
                           : half_refusals(&c->half, c->first, last - c->first + 1, add_refused, c);
}

/* ---- The entries ---- */

/* A row of the tree, now that the last leaf below it came. */
static enum err compare_row(void *context, struct tree_place place, const struct hash *hash)
{
    struct checking *c = context;
    struct ledger_key key;
    struct slice value;
    struct hash kept;
    if (place.level % TREE_ROW_LEVELS != 0) {
        return ERR_OK;
    }
    key_tree(c->half.direction, &c->half.partner, c->half.period, place, &key);
    enum err err = view_get(&c->host->view, TABLE_TREE, &key, &value);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    bool is_right =
        err == ERR_OK && tree_row_decode(value, &kept) == ERR_OK && hash_equal(&kept, hash);
    if (is_right) {
        return ERR_OK;
    }
    CLEANUP(buffer_fini) struct buffer right = {0};
    tree_row_encode(hash, &right);
    c->check->trees++;
    return put(c, TABLE_TREE, &key, buffer_slice(&right));
}

static enum err damaged(const struct checking *c, uint64_t number, const char *what)
{
    return note_set(c->note, ERR_CORRUPT,
                    "entry %" PRIu64 " %s %s %s: talea verify, and restore a backup", number,
                    c->half.direction == STREAM_OUT ? "to" : "from", c->half.partner.text, what);
}

static struct receipt_total *line_of(struct checking *c, enum entry_kind kind, uint32_t tariff)
{
    for (size_t i = 0; i < c->line_count; i++) {
        if (c->lines[i].kind == kind && c->lines[i].tariff == tariff) {
            return &c->lines[i];
        }
    }
    if (c->line_count == RECEIPT_TOTALS_MAX) {
        return NULL;
    }
    c->lines[c->line_count] = (struct receipt_total){kind, tariff, 0, 0};
    return &c->lines[c->line_count++];
}

static enum err count(struct checking *c, const struct clearing_entry *entry)
{
    if (entry->number > counted_to(c)) {
        return ERR_OK;
    }
    if (c->refused_seen < c->refused_count && c->refused[c->refused_seen] == entry->number) {
        c->refused_seen++;
        return ERR_OK;
    }
    struct receipt_total *line = line_of(c, entry->kind, entry->tariff);
    if (line == NULL) {
        return ERR_RESOURCE;
    }
    line->count++;
    return int64_add(line->points, entry->points.minor, &line->points);
}

static enum err see(void *context, uint64_t number, struct slice bytes)
{
    struct checking *c = context;
    struct clearing_entry entry;
    struct hash leaf = tree_leaf(entry_body(bytes));
    struct hash hash = entry_hash(bytes);
    if (wire_entry_decode(bytes, &entry, NULL) != ERR_OK || entry.number != number ||
        number != c->first + c->check->entries || entry.period.code != c->half.period.code) {
        return damaged(c, number, "is none of the half's");
    }
    if (number > c->first && !hash_equal(&entry.previous_hash, &c->last_hash)) {
        return damaged(c, number, "is not linked to the one before");
    }
    if (c->has_receipt && number == c->receipt.last_number &&
        !hash_equal(&hash, &c->receipt.last_hash)) {
        return damaged(c, number, "is another one than the receipt for it says");
    }
    c->last_hash = hash;
    c->last_kind = entry.kind;
    c->check->entries++;
    TRY(tree_append(&c->tree.frontier, &leaf, compare_row, c));
    return count(c, &entry);
}

static enum err read_entries(struct checking *c)
{
    uint64_t wanted = c->last < c->first ? 0 : c->last - c->first + 1;
    c->tree.first_number = c->first;
    if (wanted == 0) {
        return ERR_OK;
    }
    TRY(half_entries(&c->half, c->first, wanted, see, c));
    if (c->check->entries != wanted) {
        return note_set(c->note, ERR_NOT_FOUND, "entry %" PRIu64 " is not kept any more",
                        c->first + c->check->entries);
    }
    if (!c->is_apart && c->last == c->stream.last_number &&
        !hash_equal(&c->last_hash, &c->stream.last_hash)) {
        return damaged(c, c->last, "is another one than its stream ends with");
    }
    return ERR_OK;
}

/* ---- The rows about the whole ---- */

static enum err check_end(struct checking *c)
{
    struct ledger_key key;
    if (c->is_open || hash_equal(&c->ended.last_hash, &c->last_hash)) {
        return ERR_OK;
    }
    if (c->last_kind != ENTRY_PERIOD_MARK) {
        return damaged(c, c->last, "is no period mark");
    }
    struct half right = {c->first, c->last, c->last_hash, c->ended.ended_at};
    CLEANUP(buffer_fini) struct buffer value = {0};
    half_encode(&right, &value);
    key_half(c->half.direction, &c->half.partner, c->half.period, &key);
    c->check->ends++;
    return put(c, TABLE_HALF, &key, buffer_slice(&value));
}

static bool trees_equal(const struct half_tree *a, const struct half_tree *b)
{
    size_t peaks = tree_peak_count(&a->frontier);
    return a->first_number == b->first_number && a->frontier.count == b->frontier.count &&
           memcmp(a->frontier.peaks, b->frontier.peaks, peaks * sizeof a->frontier.peaks[0]) == 0;
}

static enum err check_frontier(struct checking *c)
{
    struct ledger_key key;
    struct half_tree kept;
    const struct half_view *half = &c->half;
    if (c->check->entries == 0) {
        return ERR_OK;
    }
    enum err err =
        ledger_get_half_tree(&c->host->view, half->direction, &half->partner, half->period, &kept);
    if (err != ERR_OK && err != ERR_NOT_FOUND && err != ERR_CORRUPT) {
        return err;
    }
    if (err == ERR_OK && trees_equal(&kept, &c->tree)) {
        return ERR_OK;
    }
    CLEANUP(buffer_fini) struct buffer value = {0};
    half_tree_encode(&c->tree, &value);
    key_half_tree(half->direction, &half->partner, half->period, &key);
    c->check->trees++;
    return put(c, TABLE_TREE, &key, buffer_slice(&value));
}

static enum err check_total(struct checking *c, struct period period,
                            const struct receipt_total *right)
{
    struct ledger_key key;
    struct entry_total kept;
    const struct half_view *half = &c->half;
    TRY(ledger_get_total(&c->host->view, half->direction, &half->partner, period, right->kind,
                         right->tariff, &kept));
    if (kept.count == right->count && kept.points == right->points) {
        return ERR_OK;
    }
    struct entry_total total = {.count = right->count, .points = right->points};
    CLEANUP(buffer_fini) struct buffer value = {0};
    if (right->count > 0) {
        entry_total_encode(&total, &value);
    }
    key_total(half->direction, &half->partner, period, right->kind, right->tariff, &key);
    c->check->totals++;
    return put(c, TABLE_TOTAL, &key, buffer_slice(&value));
}

/* Over all periods: as the receiver signed last. */
static struct receipt_total said_of(const struct checking *c, enum entry_kind kind, uint32_t tariff)
{
    for (size_t i = 0; i < c->receipt.total_count; i++) {
        if (c->receipt.totals[i].kind == kind && c->receipt.totals[i].tariff == tariff) {
            return c->receipt.totals[i];
        }
    }
    return (struct receipt_total){kind, tariff, 0, 0};
}

static enum err check_totals(struct checking *c)
{
    const struct roster *roster = c->host->roster;
    for (int kind = ENTRY_EARN; kind < ENTRY_KIND_END; kind++) {
        for (size_t t = 0; t < roster->tariff_count; t++) {
            const struct receipt_total *line =
                line_of(c, (enum entry_kind)kind, roster->tariffs[t].id);
            if (line == NULL) {
                return ERR_RESOURCE;
            }
            TRY(check_total(c, c->half.period, line));
            if (c->has_receipt) {
                struct receipt_total said = said_of(c, line->kind, line->tariff);
                TRY(check_total(c, (struct period){0}, &said));
            }
        }
    }
    return ERR_OK;
}

static enum err check(struct checking *c)
{
    TRY(find_bounds(c));
    TRY(load_receipt(c));
    TRY(look_apart(c));
    TRY(find_refused(c));
    TRY(read_entries(c));
    TRY(check_end(c));
    TRY(check_frontier(c));
    TRY(c->is_apart ? ERR_OK : check_totals(c));
    return mend_all(c);
}

enum err half_check(const struct peer_host *host, const struct partner_id *partner,
                    enum stream_direction direction, struct period period,
                    struct half_check *out_check, struct note *note)
{
    struct checking *c = calloc(1, sizeof *c);
    struct half_check found = {0};
    if (c == NULL) {
        return ERR_RESOURCE;
    }
    c->host = host;
    c->check = &found;
    c->note = note;
    arena_init(&c->arena, LIMIT_DECODED_BYTES);
    half_begin(&c->half, host, partner, direction);
    c->half.period = period;
    enum err err = check(c);
    half_close(&c->half);
    arena_fini(&c->arena);
    buffer_fini(&c->rows);
    free(c->refused);
    free(c);
    if (err == ERR_OK) {
        *out_check = found;
    }
    return err;
}

#include "receipts/assemble.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "receipts/codes.h"

#define ASSEMBLE_ARENA_BYTES (LIMIT_IMPORT_PART_BYTES + 4u * LIMIT_CSV_ROW_BYTES)

enum err assembler_init(struct assembler *assembler, const struct mapping *mapping,
                        const struct receipts_sink *sink, struct decoder *decoder,
                        struct note *note)
{
    *assembler = (struct assembler){.mapping = mapping, .sink = sink, .decoder = decoder};
    arena_init(&assembler->arena, ASSEMBLE_ARENA_BYTES);
    assembler->held = calloc(LIMIT_RECEIPT_LINES, sizeof *assembler->held);
    assembler->lines = calloc(LIMIT_RECEIPT_LINES, sizeof *assembler->lines);
    assembler->rows = calloc(LIMIT_RECEIPT_LINES, sizeof *assembler->rows);
    if (assembler->held == NULL || assembler->lines == NULL || assembler->rows == NULL) {
        assembler_fini(assembler);
        return note_set(note, ERR_RESOURCE, "out of memory");
    }
    return ERR_OK;
}

void assembler_fini(struct assembler *assembler)
{
    seen_fini(&assembler->before);
    seen_fini(&assembler->repeats);
    buffer_fini(&assembler->key);
    buffer_fini(&assembler->text);
    arena_fini(&assembler->arena);
    free(assembler->held);
    free(assembler->lines);
    free(assembler->rows);
    assembler->held = NULL;
    assembler->lines = NULL;
    assembler->rows = NULL;
}

static enum err write_text(struct assembler *assembler, const struct row *row, struct note *note)
{
    buffer_clear(&assembler->text);
    write_u8(&assembler->text, 0); /* so that an empty text doesn't point nowhere */
    assembler->text.length = 0;
    row_write(&assembler->text, row->fields, row->count, assembler->mapping->delimiter,
              assembler->mapping->quote);
    return assembler->text.err == ERR_OK ? ERR_OK : note_set(note, ERR_RESOURCE, "out of memory");
}

enum err assemble_reject(struct assembler *assembler, const struct row *row, const char *reason,
                         struct note *note)
{
    TRY(write_text(assembler, row, note));
    const struct receipt_row rejected = {row->number, row->number, buffer_slice(&assembler->text)};
    TRY(assembler->sink->on_reject(assembler->sink->context, &rejected, reason, note));
    assembler->tally.rows_rejected++;
    return ERR_OK;
}

static void fill_line(const struct assembler *assembler, const struct held_row *held,
                      struct receipt_line *line)
{
    const struct entry *entry = &held->entry;
    *line = (struct receipt_line){
        .reference = entry->line,
        .product = entry->product,
        .category = entry->category,
        .original = held->side == RECEIPT_SALE ? ""
                    : held->is_own_original    ? assembler->head.reference
                                               : entry->original,
        .quantity = entry->quantity,
        .amount = money_of(entry->amount),
        .points = points_of(entry->points),
        .row = held->number,
    };
}

/* The lines and rows of one side. Sums cannot overflow: `gross` didn't. */
static void fill_side(struct assembler *assembler, struct receipt *receipt)
{
    for (size_t i = 0; i < assembler->held_count; i++) {
        const struct held_row *held = &assembler->held[i];
        if (held->side != receipt->kind) {
            continue;
        }
        assembler->rows[receipt->row_count++] =
            (struct receipt_row){held->number, assembler->held[held->into].number, held->text};
        if (held->into == i) {
            fill_line(assembler, held, &assembler->lines[receipt->line_count++]);
            receipt->total.minor += held->entry.amount;
            receipt->points.minor += held->entry.points;
        }
    }
    receipt->lines = assembler->lines;
    receipt->rows = assembler->rows;
}

static enum err deliver_side(struct assembler *assembler, enum receipt_kind kind, struct note *note)
{
    const struct mapping *mapping = assembler->mapping;
    const struct receipt_head *head = &assembler->head;
    struct receipt receipt = {
        .kind = kind,
        .reference = head->reference,
        .part = assembler->part,
        .time = head->time,
        .local = head->local,
        .store = head->store,
        .till = head->till,
        .cashier = head->cashier,
        .customer = head->customer,
        .card = head->card,
        .has_amount =
            mapping->columns[ROLE_AMOUNT] != NULL || mapping->columns[ROLE_UNIT_PRICE] != NULL,
        .has_points = mapping->columns[ROLE_POINTS] != NULL,
    };
    memcpy(receipt.currency, head->currency, sizeof receipt.currency);
    receipt.promotion = kind == RECEIPT_SALE ? head->promotion : 0;
    receipt.codes = assembler->codes;
    receipt.code_count = kind == RECEIPT_SALE ? assembler->code_count : 0;
    fill_side(assembler, &receipt);
    if (receipt.row_count == 0) {
        return ERR_OK;
    }
    if (kind == RECEIPT_RETURN) {
        receipt.match = mapping->match;
        receipt.match_count = mapping->match_count;
        receipt.is_match_unique = mapping->is_match_unique;
    }
    receipt.first_row = receipt.rows[0].number;
    receipt.last_row = receipt.rows[receipt.row_count - 1].number;
    TRY(assembler->sink->on_receipt(assembler->sink->context, &receipt, note));
    struct receipts_tally *tally = &assembler->tally;
    *(kind == RECEIPT_SALE ? &tally->sales : &tally->returns) += 1;
    *(kind == RECEIPT_SALE ? &tally->rows_sale : &tally->rows_return) += receipt.row_count;
    return ERR_OK;
}

static enum err deliver(struct assembler *assembler, struct note *note)
{
    if (assembler->held_count == 0) {
        return ERR_OK;
    }
    net_rows(assembler->held, assembler->held_count);
    TRY(deliver_side(assembler, RECEIPT_SALE, note));
    TRY(deliver_side(assembler, RECEIPT_RETURN, note));
    assembler->held_count = 0;
    assembler->code_count = 0;
    assembler->gross = 0;
    assembler->is_continued = true;
    arena_reset(&assembler->arena);
    return ERR_OK;
}

enum err assemble_finish(struct assembler *assembler, struct note *note)
{
    TRY(deliver(assembler, note));
    assembler->is_open = false;
    return ERR_OK;
}

static enum err begin(struct assembler *assembler, const struct row *row, struct slice key,
                      struct note *note)
{
    buffer_clear(&assembler->key);
    write_bytes(&assembler->key, key.at, key.length);
    TRY(assembler->key.err);
    seen_clear(&assembler->repeats);
    assembler->is_open = true;
    assembler->has_head = false;
    assembler->is_continued = false;
    assembler->first_row = row->number;
    assembler->before_row = 0;
    assembler->part = row->has_part ? row->part : assembler->is_rejects ? row->number : 0;
    if (!assembler->mapping->is_grouped || assembler->is_rejects) {
        return ERR_OK;
    }
    enum err err = seen_add(&assembler->before, key, row->number, &assembler->before_row);
    return err == ERR_OK
               ? ERR_OK
               : note_set(note, err,
                          "row %llu: no memory for more receipts; a mapping with grouped: "
                          "false needs none",
                          (unsigned long long)row->number);
}

/* A receipt ends where the key changes; where rows are receipts, at each row. */
static enum err turn_to(struct assembler *assembler, const struct row *row, struct slice key,
                        struct note *note)
{
    bool is_same = assembler->is_open && slice_equal(buffer_slice(&assembler->key), key);
    if (is_same && assembler->mapping->is_lines) {
        return ERR_OK;
    }
    uint64_t first_row = assembler->first_row;
    TRY(deliver(assembler, note));
    TRY(begin(assembler, row, key, note));
    if (is_same && !assembler->is_rejects) {
        assembler->first_row = first_row;
        assembler->before_row = first_row;
    }
    return ERR_OK;
}

static const char *check_head(const struct assembler *assembler, const struct entry *entry)
{
    const struct receipt_head *head = &assembler->head;
    struct decoder *decoder = assembler->decoder;
    unsigned long long row = assembler->first_row;
    if (strcmp(entry->customer, head->customer) != 0) {
        return decode_refuse(decoder, "customer %s where the receipt (row %llu) has %s",
                             entry->customer, row, head->customer);
    }
    if (strcmp(entry->card.digits, head->card.digits) != 0) {
        return decode_refuse(decoder, "card %s where the receipt (row %llu) has %s",
                             entry->card.digits, row, head->card.digits);
    }
    if (strcmp(entry->store, head->store) != 0) {
        return decode_refuse(decoder, "store %s where the receipt (row %llu) has %s", entry->store,
                             row, head->store);
    }
    if (strcmp(entry->currency, head->currency) != 0) {
        return decode_refuse(decoder, "currency %s where the receipt (row %llu) has %s",
                             entry->currency, row, head->currency);
    }
    if (entry->promotion != head->promotion) {
        return decode_refuse(decoder, "promotion %u where the receipt (row %llu) has %u",
                             entry->promotion, row, head->promotion);
    }
    return NULL;
}

static enum err take_head(struct assembler *assembler, const struct entry *entry)
{
    struct receipt_head *head = &assembler->head;
    TRY(text_copy(head->reference, sizeof head->reference, entry->receipt));
    TRY(text_copy(head->store, sizeof head->store, entry->store));
    TRY(text_copy(head->customer, sizeof head->customer, entry->customer));
    TRY(text_copy(head->till, sizeof head->till, entry->till));
    TRY(text_copy(head->cashier, sizeof head->cashier, entry->cashier));
    memcpy(head->currency, entry->currency, sizeof head->currency);
    head->promotion = entry->promotion;
    head->card = entry->card;
    head->time = entry->time;
    head->local = entry->local;
    assembler->has_head = true;
    return ERR_OK;
}

/* The same line, or (where the mapping says so) the same row, twice in a receipt. */
static enum err check_repeat(struct assembler *assembler, const struct row *row,
                             const struct entry *entry, const char **out_reason)
{
    const struct mapping *mapping = assembler->mapping;
    struct slice what = buffer_slice(&assembler->text);
    bool has_line = mapping->columns[ROLE_LINE] != NULL;
    uint64_t before = 0;
    *out_reason = NULL;
    if (has_line && entry->line[0] == '\0') {
        *out_reason = "no line number";
        return ERR_OK;
    }
    if (has_line) {
        what = slice_of(entry->line, strlen(entry->line));
    } else if (!mapping->is_repeat_rejected) {
        return ERR_OK;
    }
    TRY(seen_add(&assembler->repeats, what, row->number, &before));
    if (before != 0) {
        *out_reason = has_line ? decode_refuse(assembler->decoder, "line %s repeats row %llu",
                                               entry->line, (unsigned long long)before)
                               : decode_refuse(assembler->decoder, "repeats row %llu",
                                               (unsigned long long)before);
    }
    return ERR_OK;
}

static const char *keep_text(struct assembler *assembler, const char *text, bool *ok)
{
    if (text[0] == '\0') {
        return "";
    }
    const char *copy = arena_text(&assembler->arena, slice_of(text, strlen(text)));
    *ok = *ok && copy != NULL;
    return copy;
}

/* How many of the row's codes the receipt does not have yet. */
static size_t new_codes(const struct assembler *assembler, const struct entry *entry)
{
    size_t count = 0;
    for (size_t i = 0; i < entry->code_count; i++) {
        count += codes_have(assembler->codes, assembler->code_count, entry->codes[i]) ? 0 : 1;
    }
    return count;
}

static void keep_codes(struct assembler *assembler, const struct entry *entry, bool *ok)
{
    for (size_t i = 0; i < entry->code_count; i++) {
        if (!codes_have(assembler->codes, assembler->code_count, entry->codes[i])) {
            const char *copy = keep_text(assembler, entry->codes[i], ok);
            if (copy != NULL) {
                assembler->codes[assembler->code_count++] = copy;
            }
        }
    }
}

static enum err hold(struct assembler *assembler, const struct row *row, const struct entry *entry,
                     int64_t gross, struct note *note)
{
    struct held_row *held = &assembler->held[assembler->held_count];
    struct slice text = buffer_slice(&assembler->text);
    bool ok = true;
    held->entry = *entry;
    held->entry.line = keep_text(assembler, entry->line, &ok);
    held->entry.product = keep_text(assembler, entry->product, &ok);
    held->entry.category = keep_text(assembler, entry->category, &ok);
    held->entry.original = keep_text(assembler, entry->original, &ok);
    keep_codes(assembler, entry, &ok);
    held->entry.codes = NULL;
    held->number = row->number;
    char *copy = arena_text(&assembler->arena, text);
    if (!ok || copy == NULL) {
        return note_set(note, ERR_RESOURCE, "row %llu: out of memory",
                        (unsigned long long)row->number);
    }
    held->text = slice_of(copy, text.length);
    if (assembler->held_count == 0 && assembler->is_continued) {
        assembler->part = row->number;
    }
    assembler->gross = gross;
    assembler->held_count++;
    bool is_full = assembler->held_count == LIMIT_RECEIPT_LINES ||
                   assembler->arena.used > LIMIT_IMPORT_PART_BYTES;
    return is_full ? deliver(assembler, note) : ERR_OK;
}

enum err assemble_row(struct assembler *assembler, const struct row *row, struct slice key,
                      struct entry *entry, struct note *note)
{
    int64_t gross = 0;
    TRY(turn_to(assembler, row, key, note));
    if (assembler->before_row != 0) {
        const char *reason =
            decode_refuse(assembler->decoder, "receipt %s came before, at row %llu", entry->receipt,
                          (unsigned long long)assembler->before_row);
        return assemble_reject(assembler, row, reason, note);
    }
    const char *reason = decode_rest(assembler->decoder, entry);
    if (reason == NULL && assembler->has_head) {
        reason = check_head(assembler, entry);
    }
    if (reason == NULL && int64_add(assembler->gross, entry->amount, &gross) != ERR_OK) {
        reason = "the receipt's total is out of range";
    }
    if (reason == NULL && assembler->code_count + new_codes(assembler, entry) > LIMIT_SHOWN_CODES) {
        reason = decode_refuse(assembler->decoder, "more than %u codes are shown with the receipt",
                               LIMIT_SHOWN_CODES);
    }
    TRY(write_text(assembler, row, note));
    if (reason == NULL) {
        TRY(check_repeat(assembler, row, entry, &reason));
    }
    if (reason != NULL) {
        return assemble_reject(assembler, row, reason, note);
    }
    if (!assembler->has_head) {
        TRY(take_head(assembler, entry));
    }
    return hold(assembler, row, entry, gross, note);
}

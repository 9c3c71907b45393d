#include "store/slice_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/ident.h"

#define TRANSACTION_BYTE 0xffu

static unsigned slot_of(struct slice key)
{
    struct uid id;
    ASSERT(key.length == sizeof id.bytes);
    memcpy(id.bytes, key.at, sizeof id.bytes);
    return member_slot(&id);
}

struct state_key state_key_begin(enum ledger_table table)
{
    uint8_t byte = table == TABLE_TRANSACTION ? TRANSACTION_BYTE : (uint8_t)table;
    return (struct state_key){.bytes = {byte}, .length = 1};
}

struct state_key state_key_of(enum ledger_table table, struct slice key)
{
    ASSERT(key.length <= LEDGER_KEY_MAX);
    struct state_key out = state_key_begin(table);
    if (table == TABLE_MEMBER) {
        unsigned slot = slot_of(key);
        out.bytes[1] = (uint8_t)(slot >> 8);
        out.bytes[2] = (uint8_t)slot;
        out.length = 3;
    }
    if (key.length > 0) {
        memcpy(out.bytes + out.length, key.at, key.length);
    }
    out.length += key.length;
    return out;
}

struct slice state_key_slice(const struct state_key *key)
{
    return slice_of(key->bytes, key->length);
}

static bool is_table_byte(uint8_t byte)
{
    return byte == TRANSACTION_BYTE ||
           (byte > 0 && byte < TABLE_END && byte != (uint8_t)TABLE_TRANSACTION);
}

enum err state_key_parse(struct slice bytes, enum ledger_table *out_table, struct slice *out_key)
{
    if (bytes.length < 1 || bytes.length > STATE_KEY_MAX || !is_table_byte(bytes.at[0])) {
        return ERR_CORRUPT;
    }
    enum ledger_table table =
        bytes.at[0] == TRANSACTION_BYTE ? TABLE_TRANSACTION : (enum ledger_table)bytes.at[0];
    size_t before = table == TABLE_MEMBER ? 3 : 1;
    if (bytes.length - before > LEDGER_KEY_MAX || bytes.length < before ||
        (table == TABLE_MEMBER && bytes.length != before + MEMBER_KEY_BYTES)) {
        return ERR_CORRUPT;
    }
    struct slice key = slice_of(bytes.at + before, bytes.length - before);
    if (table == TABLE_MEMBER && slot_of(key) != (bytes.at[1] * 256u + bytes.at[2])) {
        return ERR_CORRUPT;
    }
    *out_table = table;
    *out_key = key;
    return ERR_OK;
}

int state_key_compare(struct slice a, struct slice b)
{
    size_t common = a.length < b.length ? a.length : b.length;
    int order = common == 0 ? 0 : memcmp(a.at, b.at, common);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

unsigned slice_of_key(enum ledger_table table, struct slice key)
{
    return table == TABLE_MEMBER ? slot_of(key) / (1024u / SLICES_OF_MEMBERS)
                                 : SLICES_OF_MEMBERS + (unsigned)table;
}

struct state_key state_key_of_slice(unsigned slice)
{
    bool is_members = slice < SLICES_OF_MEMBERS;
    struct state_key key =
        state_key_begin(is_members ? TABLE_MEMBER : (enum ledger_table)(slice - SLICES_OF_MEMBERS));
    if (is_members) {
        unsigned slot = slice * (1024u / SLICES_OF_MEMBERS);
        key.bytes[key.length++] = (uint8_t)(slot >> 8);
        key.bytes[key.length++] = (uint8_t)slot;
    }
    return key;
}

bool slice_exists(unsigned slice)
{
    return slice < SLICES_OF_MEMBERS ||
           (slice > SLICES_OF_MEMBERS + (unsigned)TABLE_MEMBER && slice < SLICES);
}

uint64_t slice_row_lowest(const struct slice_row *slice)
{
    uint64_t lowest = slice->row;
    for (unsigned i = 0; i < slice->part_count; i++) {
        lowest = slice->parts[i].row < lowest ? slice->parts[i].row : lowest;
    }
    return lowest;
}

bool slice_row_can_part(const struct slice_row *slice)
{
    return slice->part_count < SLICE_PARTS;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void add_part(struct slice_row *slice, const struct state_key *upto, uint64_t row)
{
    if (slice->part_count > 0 && slice->parts[slice->part_count - 1].row == row) {
        slice->part_count--; /* neighbours of one row are one part */
    }
    ASSERT(slice->part_count < SLICE_PARTS);
    slice->parts[slice->part_count++] = (struct slice_part){*upto, row};
}

void slice_row_raise(struct slice_row *slice, const struct state_key *upto, uint64_t row)
{
    struct slice_row before = *slice;
    bool is_above = upto == NULL;
    slice->part_count = 0;
    for (unsigned i = 0; i < before.part_count; i++) {
        const struct slice_part *part = &before.parts[i];
        int order = upto == NULL
                        ? 1
                        : state_key_compare(state_key_slice(upto), state_key_slice(&part->upto));
        if (order < 0 && !is_above) { /* the bound lies within this part */
            add_part(slice, upto, later(row, part->row));
            is_above = true;
        }
        bool is_raised = upto == NULL || order >= 0;
        add_part(slice, &part->upto, is_raised ? later(row, part->row) : part->row);
        is_above = is_above || order == 0;
    }
    if (!is_above) {
        add_part(slice, upto, later(row, before.row));
    }
    slice->row = upto == NULL ? later(row, before.row) : before.row;
    if (slice->part_count > 0 && slice->parts[slice->part_count - 1].row == slice->row) {
        slice->part_count--;
    }
}

uint64_t slice_rows_at(const struct slice_rows *rows, enum ledger_table table, struct slice key)
{
    const struct slice_row *slice = &rows->slices[slice_of_key(table, key)];
    if (slice->part_count > 0) {
        struct state_key name = state_key_of(table, key);
        for (unsigned i = 0; i < slice->part_count; i++) {
            const struct slice_part *part = &slice->parts[i];
            if (state_key_compare(state_key_slice(&name), state_key_slice(&part->upto)) <= 0) {
                return part->row;
            }
        }
    }
    return slice->row;
}

uint64_t slice_rows_lowest(const struct slice_rows *rows)
{
    uint64_t lowest = UINT64_MAX;
    for (unsigned i = 0; i < SLICES; i++) {
        uint64_t row = slice_exists(i) ? slice_row_lowest(&rows->slices[i]) : UINT64_MAX;
        lowest = row < lowest ? row : lowest;
    }
    return lowest;
}

uint64_t slice_rows_highest(const struct slice_rows *rows)
{
    uint64_t highest = 0;
    for (unsigned i = 0; i < SLICES; i++) {
        const struct slice_row *slice = &rows->slices[i];
        highest = later(highest, slice->row);
        for (unsigned j = 0; j < slice->part_count; j++) {
            highest = later(highest, slice->parts[j].row);
        }
    }
    return highest;
}

void slice_rows_destroy(struct slice_rows *rows)
{
    free(rows);
}

void slice_rows_encode(const struct slice_rows *rows, struct buffer *out)
{
    for (unsigned i = 0; i < SLICES; i++) {
        const struct slice_row *slice = &rows->slices[i];
        if (slice->row == 0 && slice->part_count == 0) {
            continue;
        }
        write_u8(out, (uint8_t)i);
        write_varint(out, slice->row);
        write_u8(out, (uint8_t)slice->part_count);
        for (unsigned j = 0; j < slice->part_count; j++) {
            write_block(out, state_key_slice(&slice->parts[j].upto));
            write_varint(out, slice->parts[j].row);
        }
    }
}

static void read_part(struct reader *in, struct slice_part *out_part)
{
    struct slice key = read_block(in);
    if (key.length > STATE_KEY_MAX) {
        read_fail(in);
        return;
    }
    if (in->err == ERR_OK && key.length > 0) {
        memcpy(out_part->upto.bytes, key.at, key.length);
    }
    out_part->upto.length = key.length;
    out_part->row = read_varint(in);
}

enum err slice_rows_decode(struct slice bytes, struct slice_rows *out_rows)
{
    struct reader in = reader_of(bytes);
    memset(out_rows, 0, sizeof *out_rows);
    while (in.err == ERR_OK && in.at < in.end) {
        unsigned number = read_u8(&in);
        if (!slice_exists(number)) {
            return ERR_CORRUPT;
        }
        struct slice_row *slice = &out_rows->slices[number];
        slice->row = read_varint(&in);
        slice->part_count = read_u8(&in);
        if (slice->part_count > SLICE_PARTS) {
            return ERR_CORRUPT;
        }
        for (unsigned j = 0; j < slice->part_count; j++) {
            read_part(&in, &slice->parts[j]);
        }
    }
    return reader_finish(&in);
}

static int compare_numbers(const void *a, const void *b)
{
    const uint64_t *first = a;
    const uint64_t *second = b;
    return (*first > *second) - (*first < *second);
}

_Static_assert(SLICES *(SLICE_PARTS + 1) <= SLICE_ROWS_MAX, "all of them have room");

size_t slice_rows_list(const struct slice_rows *rows, uint64_t out_rows[SLICE_ROWS_MAX])
{
    size_t count = 0;
    size_t distinct = 0;
    for (unsigned i = 0; i < SLICES; i++) {
        const struct slice_row *slice = &rows->slices[i];
        for (unsigned k = 0; slice_exists(i) && k < slice->part_count; k++) {
            out_rows[count++] = slice->parts[k].row;
        }
        if (slice_exists(i)) {
            out_rows[count++] = slice->row;
        }
    }
    qsort(out_rows, count, sizeof out_rows[0], compare_numbers);
    for (size_t i = 0; i < count; i++) {
        if (distinct == 0 || out_rows[distinct - 1] != out_rows[i]) {
            out_rows[distinct++] = out_rows[i];
        }
    }
    return distinct;
}

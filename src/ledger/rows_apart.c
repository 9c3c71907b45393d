/* Stored bytes of what is set apart of a half. */
#include <string.h>

#include "ledger/codec.h"

enum {
    APART_VERSION = 1
};

static void write_entries(struct buffer *out, const struct slice *entries, size_t count)
{
    write_varint(out, count);
    for (size_t i = 0; i < count; i++) {
        write_block(out, entries[i]);
    }
}

static size_t read_entries(struct reader *in, struct slice out_entries[LIMIT_APART_ENTRIES])
{
    size_t count = read_count(in, LIMIT_APART_ENTRIES);
    for (size_t i = 0; i < count && in->err == ERR_OK; i++) {
        out_entries[i] = read_block(in);
        read_expect(in, out_entries[i].length >= 1 &&
                            out_entries[i].length <= LIMIT_CLEARING_ENTRY_BYTES);
    }
    return count;
}

void apart_half_encode(const struct apart_half *half, struct buffer *out)
{
    write_u8(out, APART_VERSION);
    write_text(out, half->coalition, sizeof half->coalition);
    write_period(out, half->period);
    write_partner(out, &half->sender);
    write_partner(out, &half->receiver);
    write_varint(out, half->first_number);
    write_varint(out, half->last_number);
    write_hash(out, &half->last_hash);
    write_varint(out, half->receipt_number);
    write_hash(out, &half->receipt_hash);
    write_hash(out, &half->root);
    write_varint(out, half->count);
    write_entries(out, half->sent, half->sent_count);
    write_entries(out, half->received, half->received_count);
    write_varint(out, half->sent_refused);
    write_varint(out, half->received_refused);
}

enum err apart_half_decode(struct slice value, struct apart_half *out_half)
{
    struct reader in = reader_of(value);
    struct apart_half half;
    memset(&half, 0, sizeof half);
    read_version(&in, APART_VERSION);
    read_text(&in, half.coalition, sizeof half.coalition);
    half.period = read_some_period(&in);
    read_partner(&in, &half.sender);
    read_partner(&in, &half.receiver);
    half.first_number = read_varint(&in);
    half.last_number = read_varint(&in);
    read_hash(&in, &half.last_hash);
    half.receipt_number = read_varint(&in);
    read_hash(&in, &half.receipt_hash);
    read_hash(&in, &half.root);
    half.count = read_varint(&in);
    half.sent_count = read_entries(&in, half.sent);
    half.received_count = read_entries(&in, half.received);
    half.sent_refused = read_varint32(&in);
    half.received_refused = read_varint32(&in);
    read_expect(&in, half.sent_refused >> half.sent_count == 0 &&
                         half.received_refused >> half.received_count == 0);
    read_expect(&in, half.first_number >= 1 && half.first_number <= half.last_number);
    TRY(reader_finish(&in));
    *out_half = half;
    return ERR_OK;
}

void apart_row_encode(const struct apart_row *row, struct buffer *out)
{
    write_u8(out, APART_VERSION);
    write_block(out, row->terms);
    write_block(out, row->own_signed);
    write_block(out, row->partner_signed);
}

enum err apart_row_decode(struct slice value, struct apart_row *out_row)
{
    struct reader in = reader_of(value);
    struct apart_row row;
    read_version(&in, APART_VERSION);
    row.terms = read_block(&in);
    row.own_signed = read_block(&in);
    row.partner_signed = read_block(&in);
    TRY(reader_finish(&in));
    *out_row = row;
    return ERR_OK;
}

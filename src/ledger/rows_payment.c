/* Stored bytes of what partners pay each other. */
#include "ledger/codec.h"

enum {
    OBLIGATION_VERSION = 1,
    NETTING_VERSION = 1
};

void write_obligation_terms(struct buffer *out, const struct obligation_terms *terms)
{
    write_partner(out, &terms->payment.debtor);
    write_partner(out, &terms->payment.creditor);
    write_money(out, terms->payment.amount);
    write_text(out, terms->currency, sizeof terms->currency);
    write_text(out, terms->reference, sizeof terms->reference);
    write_bool(out, terms->is_multilateral);
}

void read_obligation_terms(struct reader *in, struct obligation_terms *out_terms)
{
    read_partner(in, &out_terms->payment.debtor);
    read_partner(in, &out_terms->payment.creditor);
    out_terms->payment.amount = read_money(in);
    read_text(in, out_terms->currency, sizeof out_terms->currency);
    read_text(in, out_terms->reference, sizeof out_terms->reference);
    out_terms->is_multilateral = read_bool(in);
}

void write_booking(struct buffer *out, const struct booking *booking)
{
    write_text(out, booking->bank_reference, sizeof booking->bank_reference);
    write_money(out, booking->amount);
    write_time(out, booking->booked_at);
}

void read_booking(struct reader *in, struct booking *out_booking)
{
    read_text(in, out_booking->bank_reference, sizeof out_booking->bank_reference);
    out_booking->amount = read_money(in);
    out_booking->booked_at = read_time(in);
}

void write_figures(struct buffer *out, const struct obligation_figures *figures)
{
    write_money(out, figures->instructed);
    write_money(out, figures->received);
    write_money(out, figures->acknowledged);
    write_money(out, figures->echoed);
}

void read_figures(struct reader *in, struct obligation_figures *out_figures)
{
    out_figures->instructed = read_money(in);
    out_figures->received = read_money(in);
    out_figures->acknowledged = read_money(in);
    out_figures->echoed = read_money(in);
}

void obligation_encode(const struct obligation *obligation, struct buffer *out)
{
    write_u8(out, OBLIGATION_VERSION);
    write_obligation_terms(out, &obligation->terms);
    write_figures(out, &obligation->figures);
    write_money(out, obligation->told);
    write_money(out, obligation->sent);
    write_money(out, obligation->in_file);
    write_money(out, obligation->paid_then);
    write_uid(out, &obligation->file);
    write_time(out, obligation->instructed_at);
    write_time(out, obligation->since);
    write_varint(out, obligation->number);
    write_varint(out, obligation->heard);
    write_varint(out, obligation->heard_back);
    write_block(out, obligation->own_signed);
    write_block(out, obligation->partner_signed);
    write_varint(out, obligation->booking_count);
    for (size_t i = 0; i < obligation->booking_count; i++) {
        write_booking(out, &obligation->bookings[i]);
    }
}

enum err obligation_decode(struct slice value, struct obligation *out_obligation)
{
    struct reader in = reader_of(value);
    struct obligation obligation = {.booking_count = 0};
    read_version(&in, OBLIGATION_VERSION);
    read_obligation_terms(&in, &obligation.terms);
    read_figures(&in, &obligation.figures);
    obligation.told = read_money(&in);
    obligation.sent = read_money(&in);
    obligation.in_file = read_money(&in);
    obligation.paid_then = read_money(&in);
    read_uid(&in, &obligation.file);
    obligation.instructed_at = read_time(&in);
    obligation.since = read_time(&in);
    obligation.number = read_varint(&in);
    obligation.heard = read_varint(&in);
    obligation.heard_back = read_varint(&in);
    obligation.own_signed = read_block(&in);
    obligation.partner_signed = read_block(&in);
    obligation.booking_count = read_count(&in, LIMIT_BOOKINGS);
    for (size_t i = 0; i < obligation.booking_count; i++) {
        read_booking(&in, &obligation.bookings[i]);
    }
    TRY(reader_finish(&in));
    *out_obligation = obligation;
    return ERR_OK;
}

void netting_row_encode(const struct netting_row *row, struct buffer *out)
{
    write_dated_version(out, NETTING_VERSION, row->at);
    write_bool(out, row->is_commitment);
    write_varint(out, row->number);
    write_block(out, row->first_signed);
    write_block(out, row->second_signed);
}

enum err netting_row_decode(struct slice value, struct netting_row *out_row)
{
    struct reader in = reader_of(value);
    struct netting_row row;
    row.at = read_dated_version(&in, NETTING_VERSION);
    row.is_commitment = read_bool(&in);
    row.number = read_varint(&in);
    row.first_signed = read_block(&in);
    row.second_signed = read_block(&in);
    TRY(reader_finish(&in));
    *out_row = row;
    return ERR_OK;
}

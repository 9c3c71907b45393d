/* The stored bodies of the steps of payments. */
#include "ledger/codec.h"
#include "ledger/command_codec.h"

static void write_notice(struct buffer *out, const struct command_payment *payment)
{
    write_figures(out, &payment->figures);
    write_varint(out, payment->number);
    write_varint(out, payment->heard);
    write_block(out, payment->notice_signed);
}

static void read_notice(struct reader *in, struct command_payment *out_payment)
{
    read_figures(in, &out_payment->figures);
    out_payment->number = read_varint(in);
    out_payment->heard = read_varint(in);
    out_payment->notice_signed = read_block(in);
}

static void write_netting(struct buffer *out, const struct command_netting *netting)
{
    write_u8(out, (uint8_t)netting->kind);
    write_period(out, netting->period);
    write_partner(out, &netting->first);
    write_partner(out, &netting->second);
    write_bool(out, netting->row.is_commitment);
    write_varint(out, netting->row.number);
    write_block(out, netting->row.first_signed);
    write_block(out, netting->row.second_signed);
}

static void read_netting(struct reader *in, struct command_netting *out_netting)
{
    out_netting->kind =
        (enum netting_row_kind)read_choice(in, NETTING_STATEMENT, NETTING_ROW_KIND_END);
    out_netting->period = read_period(in);
    read_partner(in, &out_netting->first);
    read_partner(in, &out_netting->second);
    out_netting->row.is_commitment = read_bool(in);
    out_netting->row.number = read_varint(in);
    out_netting->row.first_signed = read_block(in);
    out_netting->row.second_signed = read_block(in);
}

void command_write_payment(struct buffer *out, const struct command *command)
{
    if (command->kind == COMMAND_KEEP_NETTING) {
        write_netting(out, &command->netting);
        return;
    }
    const struct command_payment *payment = &command->payment;
    write_partner(out, &payment->partner);
    write_period(out, payment->period);
    switch ((int)command->kind) {
    case COMMAND_NET_PAYMENT:
        write_obligation_terms(out, &payment->terms);
        break;
    case COMMAND_INSTRUCT_PAYMENT:
        write_uid(out, &payment->file);
        write_bool(out, payment->is_residual);
        break;
    case COMMAND_BOOK_PAYMENT:
        write_booking(out, &payment->booking);
        break;
    case COMMAND_SIGN_PAYMENT:
    case COMMAND_HEAR_PAYMENT:
        write_notice(out, payment);
        break;
    default:
        ASSERT(false);
    }
}

void command_read_payment(struct reader *in, struct command *command)
{
    if (command->kind == COMMAND_KEEP_NETTING) {
        read_netting(in, &command->netting);
        return;
    }
    struct command_payment *payment = &command->payment;
    read_partner(in, &payment->partner);
    payment->period = read_period(in);
    switch ((int)command->kind) {
    case COMMAND_NET_PAYMENT:
        read_obligation_terms(in, &payment->terms);
        break;
    case COMMAND_INSTRUCT_PAYMENT:
        read_uid(in, &payment->file);
        payment->is_residual = read_bool(in);
        break;
    case COMMAND_BOOK_PAYMENT:
        read_booking(in, &payment->booking);
        break;
    case COMMAND_SIGN_PAYMENT:
    case COMMAND_HEAR_PAYMENT:
        read_notice(in, payment);
        break;
    default:
        read_fail(in); /* a number that is no command's */
        break;
    }
}

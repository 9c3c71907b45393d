/* The stored bodies of what a restored ledger writes again, and of what is put right. */
#include "ledger/codec.h"
#include "ledger/command_codec.h"

static void write_taken(struct buffer *out, const struct command_take_entry *taken)
{
    write_partner(out, &taken->sender);
    write_entry(out, &taken->entry);
    write_block(out, taken->bytes);
    write_u8(out, (uint8_t)taken->verdict);
}

static void read_taken(struct reader *in, struct command_take_entry *out_taken)
{
    read_partner(in, &out_taken->sender);
    read_entry(in, &out_taken->entry);
    out_taken->bytes = read_block(in);
    out_taken->verdict = read_verdict(in);
}

static void write_hold_again(struct buffer *out, const struct command_recover_hold *hold)
{
    write_partner(out, &hold->home);
    write_partner(out, &hold->redeemer);
    write_card(out, &hold->card);
    write_points(out, hold->points);
    write_time(out, hold->capture_by);
    write_time(out, hold->deliver_by);
    write_block(out, hold->evidence);
}

static void read_hold_again(struct reader *in, struct command_recover_hold *out_hold)
{
    read_partner(in, &out_hold->home);
    read_partner(in, &out_hold->redeemer);
    read_card(in, &out_hold->card);
    out_hold->points = read_points(in);
    out_hold->capture_by = read_time(in);
    out_hold->deliver_by = read_time(in);
    out_hold->evidence = read_block(in);
}

static void write_mend(struct buffer *out, const struct command_mend *mend)
{
    write_partner(out, &mend->partner);
    write_u8(out, (uint8_t)mend->direction);
    write_period(out, mend->period);
    write_varint(out, mend->last_number);
    write_varint(out, mend->receipted_number);
    write_block(out, mend->rows);
}

static void read_mend(struct reader *in, struct command_mend *out_mend)
{
    read_partner(in, &out_mend->partner);
    out_mend->direction = (enum stream_direction)read_choice(in, STREAM_OUT, STREAM_IN + 1);
    out_mend->period = read_period(in);
    out_mend->last_number = read_varint(in);
    out_mend->receipted_number = read_varint(in);
    out_mend->rows = read_block(in);
}

static void write_apart(struct buffer *out, const struct command_apart *apart)
{
    write_partner(out, &apart->partner);
    write_u8(out, (uint8_t)apart->direction);
    write_block(out, apart->apart.terms);
    write_block(out, apart->apart.own_signed);
    write_block(out, apart->apart.partner_signed);
}

static void read_apart(struct reader *in, struct command_apart *out_apart)
{
    read_partner(in, &out_apart->partner);
    out_apart->direction = (enum stream_direction)read_choice(in, STREAM_OUT, STREAM_IN + 1);
    out_apart->apart.terms = read_block(in);
    out_apart->apart.own_signed = read_block(in);
    out_apart->apart.partner_signed = read_block(in);
}

void command_write_recovery(struct buffer *out, const struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_RECOVER_ENTRY:
        write_partner(out, &command->recover_entry.receiver);
        write_entry(out, &command->recover_entry.entry);
        write_block(out, command->recover_entry.bytes);
        break;
    case COMMAND_RECOVER_TAKEN:
        write_taken(out, &command->take_entry);
        break;
    case COMMAND_RECOVER_HOLD:
        write_hold_again(out, &command->recover_hold);
        break;
    case COMMAND_RECOVERY:
        write_partner(out, &command->recovery.partner);
        write_u8(out, (uint8_t)command->recovery.step);
        write_bool(out, command->recovery.skips_cards);
        write_block(out, command->recovery.evidence);
        break;
    case COMMAND_MEND_HALF:
        write_mend(out, &command->mend);
        break;
    case COMMAND_SET_APART:
        write_apart(out, &command->apart);
        break;
    default:
        command_write_payment(out, command);
        break;
    }
}

void command_read_recovery(struct reader *in, struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_RECOVER_ENTRY:
        read_partner(in, &command->recover_entry.receiver);
        read_entry(in, &command->recover_entry.entry);
        command->recover_entry.bytes = read_block(in);
        break;
    case COMMAND_RECOVER_TAKEN:
        read_taken(in, &command->take_entry);
        break;
    case COMMAND_RECOVER_HOLD:
        read_hold_again(in, &command->recover_hold);
        break;
    case COMMAND_RECOVERY:
        read_partner(in, &command->recovery.partner);
        command->recovery.step =
            (enum recovery_step)read_choice(in, RECOVERY_BEGIN, RECOVERY_END + 1);
        command->recovery.skips_cards = read_bool(in);
        command->recovery.evidence = read_block(in);
        break;
    case COMMAND_MEND_HALF:
        read_mend(in, &command->mend);
        break;
    case COMMAND_SET_APART:
        read_apart(in, &command->apart);
        break;
    default:
        command_read_payment(in, command);
        break;
    }
}

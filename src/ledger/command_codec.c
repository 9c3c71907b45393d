/* Commands as the journal keeps them: a version, and the fields of each kind in a fixed order. */
#include <string.h>

#include "ledger/codec.h"
#include "ledger/command_codec.h"

enum {
    COMMAND_VERSION = 1,
    SECOND_VERSION = 2,
    COMMAND_REFERRED =
        SECOND_VERSION, /* of an enrolment: who brought the member is behind the rest */
    COMMAND_BY_LINE = SECOND_VERSION, /* of a sale's return: so is what its lines say */
    COMMAND_SEALED = SECOND_VERSION   /* of what an office says of a member: so is that, sealed */
};

enum {
    EARN_MAX = PUT_CARD_MAX + PUT_UID_MAX + 5 * VARINT_MAX +
               sizeof((struct command_earn *)0)->currency + 2 + PUT_EARN_RATE_MAX +
               sizeof((struct command_earn *)0)->receipt + BASKET_TAG_SIZE +
               2 * sizeof((struct command_earn *)0)->till
};

static void write_earn(struct buffer *out, const struct command_earn *earn)
{
    bool has_desk = earn->till[0] != '\0' || earn->cashier[0] != '\0';
    uint8_t *to = write_reserve(out, EARN_MAX);
    if (to == NULL) {
        return;
    }
    to = put_card(to, &earn->card);
    to = put_uid(to, out->names, &earn->member);
    to = put_svarint(to, earn->amount.minor);
    to = put_text(to, earn->currency, sizeof earn->currency);
    to = put_u8(to, (earn->is_fixed ? EARN_IS_FIXED : 0u) |
                        (earn->promotion != 0 ? EARN_IS_PROMOTED : 0u) |
                        (earn->is_judged ? EARN_IS_JUDGED : 0u) | (has_desk ? EARN_HAS_DESK : 0u));
    to = earn->promotion != 0 ? put_varint(to, earn->promotion) : to;
    if (earn->is_judged) {
        memcpy(to, earn->basket, sizeof earn->basket);
        to += sizeof earn->basket;
    }
    to = put_svarint(to, earn->fixed_points.minor);
    to = put_earn_rate(to, &earn->rate);
    to = put_svarint(to, earn->active_from.ms);
    to = put_svarint(to, earn->expires_at.ms);
    to = put_u8(to, earn->idle_months);
    if (has_desk) {
        to = put_text(to, earn->till, sizeof earn->till);
        to = put_text(to, earn->cashier, sizeof earn->cashier);
    }
    write_end(out, put_text(to, earn->receipt, sizeof earn->receipt));
}

static void read_earn(struct reader *in, struct command_earn *out_earn)
{
    read_card(in, &out_earn->card);
    read_uid(in, &out_earn->member);
    out_earn->amount = read_money(in);
    read_text(in, out_earn->currency, sizeof out_earn->currency);
    unsigned flags = read_choice(in, 0, EARN_FLAGS_END);
    out_earn->is_fixed = (flags & EARN_IS_FIXED) != 0;
    out_earn->promotion = read_promotion(in, flags);
    out_earn->is_judged = (flags & EARN_IS_JUDGED) != 0;
    read_expect(in, !out_earn->is_judged || out_earn->is_fixed);
    if (out_earn->is_judged) {
        read_copy(in, out_earn->basket, sizeof out_earn->basket);
    }
    out_earn->fixed_points = read_points(in);
    read_earn_rate(in, &out_earn->rate);
    out_earn->active_from = read_time(in);
    out_earn->expires_at = read_time(in);
    out_earn->idle_months = read_u8(in);
    if ((flags & EARN_HAS_DESK) != 0) {
        read_text(in, out_earn->till, sizeof out_earn->till);
        read_text(in, out_earn->cashier, sizeof out_earn->cashier);
        read_expect(in, out_earn->till[0] != '\0' || out_earn->cashier[0] != '\0');
    }
    read_text(in, out_earn->receipt, sizeof out_earn->receipt);
}

static void write_enrol(struct buffer *out, const struct command_enrol *enrol)
{
    write_uid(out, &enrol->member);
    write_bytes(out, enrol->reference_tag, sizeof enrol->reference_tag);
    write_bytes(out, enrol->said_tag, sizeof enrol->said_tag);
    write_block(out, enrol->sealed);
    if (!uid_is_nil(&enrol->referrer)) {
        write_uid(out, &enrol->referrer);
    }
}

static void read_enrol(struct reader *in, unsigned version, struct command_enrol *out_enrol)
{
    read_uid(in, &out_enrol->member);
    read_copy(in, out_enrol->reference_tag, sizeof out_enrol->reference_tag);
    read_copy(in, out_enrol->said_tag, sizeof out_enrol->said_tag);
    out_enrol->sealed = read_block(in);
    read_expect(in, out_enrol->sealed.length <= LIMIT_SEALED_PROFILE_BYTES);
    if (version == COMMAND_REFERRED) {
        read_uid(in, &out_enrol->referrer);
        read_expect(in, !uid_is_nil(&out_enrol->referrer));
    }
}

static void write_hold(struct buffer *out, const struct command_hold *hold)
{
    write_partner(out, &hold->redeemer);
    write_card(out, &hold->card);
    write_card(out, &hold->asked);
    write_points(out, hold->points);
    write_time(out, hold->capture_by);
    write_time(out, hold->deliver_by);
    write_text(out, hold->receipt, sizeof hold->receipt);
    write_block(out, hold->evidence);
}

static void read_hold(struct reader *in, struct command_hold *out_hold)
{
    read_partner(in, &out_hold->redeemer);
    read_card(in, &out_hold->card);
    read_card(in, &out_hold->asked);
    out_hold->points = read_points(in);
    out_hold->capture_by = read_time(in);
    out_hold->deliver_by = read_time(in);
    read_text(in, out_hold->receipt, sizeof out_hold->receipt);
    out_hold->evidence = read_block(in);
}

/* A mandate, or a hold under one. */
static void write_stand_in(struct buffer *out, const struct command *command)
{
    if (command->kind == COMMAND_STAND_IN_HOLD) {
        write_hold(out, &command->hold);
        write_uid(out, &command->hold.mandate);
    } else {
        write_mandate(out, &command->mandate.mandate);
        write_block(out, command->mandate.evidence);
    }
}

static void read_stand_in(struct reader *in, struct command *command)
{
    if (command->kind == COMMAND_STAND_IN_HOLD) {
        read_hold(in, &command->hold);
        read_uid(in, &command->hold.mandate);
    } else {
        read_mandate(in, &command->mandate.mandate);
        command->mandate.evidence = read_block(in);
    }
}

/* A row's own encoding within a command, with its length before it. */
static void write_nested_pair(struct buffer *out, const struct pair_period *pair)
{
    struct buffer nested = {0};
    pair_period_encode(pair, &nested);
    write_block(out, buffer_slice(&nested));
    out->err = out->err == ERR_OK ? nested.err : out->err;
    buffer_fini(&nested);
}

static void write_put_pair(struct buffer *out, const struct command_put_pair *put)
{
    write_partner(out, &put->partner);
    write_period(out, put->period);
    write_nested_pair(out, &put->pair);
}

static void write_take_entry(struct buffer *out, const struct command_take_entry *take)
{
    write_partner(out, &take->sender);
    write_entry(out, &take->entry);
    write_block(out, take->bytes);
}

static void read_take_entry(struct reader *in, struct command_take_entry *out_take)
{
    read_partner(in, &out_take->sender);
    read_entry(in, &out_take->entry);
    out_take->bytes = read_block(in);
}

static void write_take_batch(struct buffer *out, const struct command_take_batch *batch)
{
    write_partner(out, &batch->sender);
    write_varint(out, batch->held_receipt_number);
    write_block(out, batch->head_signed);
    write_block(out, batch->receipt_signed);
    write_hash(out, &batch->receipt_hash);
}

static void read_take_batch(struct reader *in, struct command_take_batch *out_batch)
{
    read_partner(in, &out_batch->sender);
    out_batch->held_receipt_number = read_varint(in);
    out_batch->head_signed = read_block(in);
    out_batch->receipt_signed = read_block(in);
    read_hash(in, &out_batch->receipt_hash);
}

static void write_take_receipt(struct buffer *out, const struct command_take_receipt *receipt)
{
    write_partner(out, &receipt->receiver);
    write_varint(out, receipt->receipt_number);
    write_hash(out, &receipt->receipt_hash);
    write_varint(out, receipt->last_number);
    write_block(out, receipt->receipt_signed);
    write_varint(out, receipt->entry_count);
}

static void read_take_receipt(struct reader *in, struct command_take_receipt *out_receipt)
{
    read_partner(in, &out_receipt->receiver);
    out_receipt->receipt_number = read_varint(in);
    read_hash(in, &out_receipt->receipt_hash);
    out_receipt->last_number = read_varint(in);
    out_receipt->receipt_signed = read_block(in);
    out_receipt->entries = NULL;
    out_receipt->entry_count = read_varint32(in);
}

static void read_put_pair(struct reader *in, struct command_put_pair *out_put)
{
    read_partner(in, &out_put->partner);
    out_put->period = read_period(in);
    struct slice pair = read_block(in);
    if (in->err == ERR_OK) {
        read_expect(in, pair_period_decode(pair, &out_put->pair) == ERR_OK);
    }
}

static void write_freeze(struct buffer *out, const struct command_freeze *freeze)
{
    write_partner(out, &freeze->partner);
    write_u8(out, (uint8_t)freeze->direction);
    write_text(out, freeze->reason, sizeof freeze->reason);
    write_block(out, freeze->evidence);
}

static void read_freeze(struct reader *in, struct command_freeze *out_freeze)
{
    read_partner(in, &out_freeze->partner);
    out_freeze->direction = (enum stream_direction)read_choice(in, STREAM_OUT, STREAM_IN + 1);
    read_text(in, out_freeze->reason, sizeof out_freeze->reason);
    out_freeze->evidence = read_block(in);
}

static void write_return_sale(struct buffer *out, const struct command_return_sale *body)
{
    write_uid(out, &body->sale);
    write_money(out, body->amount);
    write_text(out, body->receipt, sizeof body->receipt);
    if (body->is_by_line) {
        write_points(out, body->kept);
        write_bytes(out, body->lines, sizeof body->lines);
    }
}

static void read_return_sale(struct reader *in, unsigned version,
                             struct command_return_sale *out_body)
{
    read_uid(in, &out_body->sale);
    out_body->amount = read_money(in);
    read_text(in, out_body->receipt, sizeof out_body->receipt);
    out_body->is_by_line = version == COMMAND_BY_LINE;
    if (out_body->is_by_line) {
        out_body->kept = read_points(in);
        read_copy(in, out_body->lines, sizeof out_body->lines);
    }
}

/* NULL: commands of its kind have none. */
static struct remark *remark_in(struct command *command)
{
    return command->kind == COMMAND_PROPOSE_ADJUSTMENT ? &command->adjustment.note
           : command->kind == COMMAND_RULE_ALERT       ? &command->alert_ruling.reason
                                                       : NULL;
}

/* NULL: it has none, or a plain one. */
static const struct remark *sealed_remark(const struct command *command)
{
    const struct remark *remark = remark_in((struct command *)(uintptr_t)command);
    return remark != NULL && remark_is_sealed(remark) ? remark : NULL;
}

static unsigned version_of(const struct command *command)
{
    bool is_referred = command->kind == COMMAND_ENROL && !uid_is_nil(&command->enrol.referrer);
    bool is_by_line = command->kind == COMMAND_RETURN_SALE && command->return_sale.is_by_line;
    return is_referred                      ? COMMAND_REFERRED
           : is_by_line                     ? COMMAND_BY_LINE
           : sealed_remark(command) != NULL ? COMMAND_SEALED
                                            : COMMAND_VERSION;
}

void command_encode(const struct command *command, struct buffer *out)
{
    write_u8(out, (uint8_t)version_of(command));
    switch ((int)command->kind) {
    case COMMAND_ENROL:
        write_enrol(out, &command->enrol);
        break;
    case COMMAND_ISSUE_CARD:
    case COMMAND_BLOCK_CARD:
    case COMMAND_UNBLOCK_CARD:
        write_uid(out, &command->card.member);
        write_card(out, &command->card.card);
        break;
    case COMMAND_EARN:
        write_earn(out, &command->earn);
        break;
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
    case COMMAND_GIVE_UP_HOLD:
        write_hold(out, &command->hold);
        break;
    case COMMAND_STAND_IN_HOLD:
    case COMMAND_GRANT_MANDATE:
    case COMMAND_TAKE_MANDATE:
        write_stand_in(out, command);
        break;
    case COMMAND_CAPTURE:
    case COMMAND_VOID:
    case COMMAND_RETURN_BURN:
        write_uid(out, &command->use.hold);
        write_points(out, command->use.points);
        write_text(out, command->use.receipt, sizeof command->use.receipt);
        break;
    case COMMAND_RETURN_SALE:
        write_return_sale(out, &command->return_sale);
        break;
    case COMMAND_SETTLE_MEMBER:
    case COMMAND_EXPIRE_HOLD:
    case COMMAND_TELL_CARDS:
        write_uid(out, &command->due.id);
        write_partner(out, &command->due.redeemer);
        write_time(out, command->due.due);
        break;
    case COMMAND_TAKE_ENTRY:
        write_take_entry(out, &command->take_entry);
        break;
    case COMMAND_TAKE_BATCH:
        write_take_batch(out, &command->take_batch);
        break;
    case COMMAND_TAKE_RECEIPT:
        write_take_receipt(out, &command->take_receipt);
        break;
    case COMMAND_CLOSE_PERIOD:
        write_period(out, command->close_period.period);
        break;
    case COMMAND_PUT_PAIR:
        write_put_pair(out, &command->put_pair);
        break;
    case COMMAND_FREEZE_STREAM:
        write_freeze(out, &command->freeze);
        break;
    default:
        command_write_office(out, command);
        break;
    }
    if (sealed_remark(command) != NULL) {
        remark_write_sealed(out, sealed_remark(command));
    }
}

/* The fields of the kind that `command` has. */
static void read_body(struct reader *in, unsigned version, struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_ENROL:
        read_enrol(in, version, &command->enrol);
        break;
    case COMMAND_ISSUE_CARD:
    case COMMAND_BLOCK_CARD:
    case COMMAND_UNBLOCK_CARD:
        read_uid(in, &command->card.member);
        read_card(in, &command->card.card);
        break;
    case COMMAND_EARN:
        read_earn(in, &command->earn);
        break;
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
    case COMMAND_GIVE_UP_HOLD:
        read_hold(in, &command->hold);
        break;
    case COMMAND_STAND_IN_HOLD:
    case COMMAND_GRANT_MANDATE:
    case COMMAND_TAKE_MANDATE:
        read_stand_in(in, command);
        break;
    case COMMAND_CAPTURE:
    case COMMAND_VOID:
    case COMMAND_RETURN_BURN:
        read_uid(in, &command->use.hold);
        command->use.points = read_points(in);
        read_text(in, command->use.receipt, sizeof command->use.receipt);
        break;
    case COMMAND_RETURN_SALE:
        read_return_sale(in, version, &command->return_sale);
        break;
    case COMMAND_SETTLE_MEMBER:
    case COMMAND_EXPIRE_HOLD:
    case COMMAND_TELL_CARDS:
        read_uid(in, &command->due.id);
        read_partner(in, &command->due.redeemer);
        command->due.due = read_time(in);
        break;
    case COMMAND_TAKE_ENTRY:
        read_take_entry(in, &command->take_entry);
        break;
    case COMMAND_TAKE_BATCH:
        read_take_batch(in, &command->take_batch);
        break;
    case COMMAND_TAKE_RECEIPT:
        read_take_receipt(in, &command->take_receipt);
        break;
    case COMMAND_CLOSE_PERIOD:
        command->close_period.period = read_period(in);
        break;
    case COMMAND_PUT_PAIR:
        read_put_pair(in, &command->put_pair);
        break;
    case COMMAND_FREEZE_STREAM:
        read_freeze(in, &command->freeze);
        break;
    default:
        command_read_office(in, command);
        break;
    }
}

enum err command_read(struct reader *in, enum command_kind kind, struct command *out_command)
{
    ASSERT(kind > 0 && kind < COMMAND_KIND_END);
    struct command command = {.kind = kind};
    struct remark *remark = remark_in(&command);
    bool has_more = kind == COMMAND_ENROL || kind == COMMAND_RETURN_SALE || remark != NULL;
    bool is_second =
        has_more && in->err == ERR_OK && in->at != in->end && *in->at == SECOND_VERSION;
    unsigned version = is_second ? SECOND_VERSION : COMMAND_VERSION;
    read_version(in, (uint8_t)version);
    read_body(in, version, &command);
    if (version == COMMAND_SEALED && remark != NULL) {
        remark_read_sealed(in, remark);
    }
    TRY(reader_finish(in));
    *out_command = command;
    return ERR_OK;
}

enum err command_decode(enum command_kind kind, struct slice bytes, struct command *out_command)
{
    struct reader in = reader_of(bytes);
    return command_read(&in, kind, out_command);
}

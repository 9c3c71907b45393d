/* The stored bodies of commands about members' accounts: transfers, pools, corrections, merges. */
#include "ledger/codec.h"
#include "ledger/command_codec.h"

enum {
    TRANSFER_MAX = 3 * PUT_UID_MAX + VARINT_MAX + 2 + sizeof((struct command_transfer *)0)->receipt
};

static void write_transfer(struct buffer *out, const struct command_transfer *transfer)
{
    bool is_of_pool = !uid_is_nil(&transfer->by);
    uint8_t *to = write_reserve(out, TRANSFER_MAX);
    if (to == NULL) {
        return;
    }
    to = put_uid(to, out->names, &transfer->from);
    to = put_uid(to, out->names, &transfer->to);
    to = put_svarint(to, transfer->points.minor);
    to = put_u8(to, is_of_pool);
    to = is_of_pool ? put_uid(to, out->names, &transfer->by) : to;
    write_end(out, put_text(to, transfer->receipt, sizeof transfer->receipt));
}

static void read_transfer(struct reader *in, struct command_transfer *out_transfer)
{
    read_uid(in, &out_transfer->from);
    read_uid(in, &out_transfer->to);
    out_transfer->points = read_points(in);
    if (read_bool(in)) {
        read_uid(in, &out_transfer->by);
        read_expect(in, !uid_is_nil(&out_transfer->by));
    }
    read_text(in, out_transfer->receipt, sizeof out_transfer->receipt);
}

static void write_adjustment(struct buffer *out, const struct command_adjustment *adjustment)
{
    write_uid(out, &adjustment->member);
    write_points(out, adjustment->points);
    write_text(out, adjustment->reason, sizeof adjustment->reason);
    remark_write_text(out, &adjustment->note);
    write_time(out, adjustment->expires_at);
    write_text(out, adjustment->maker, sizeof adjustment->maker);
}

static void read_adjustment(struct reader *in, struct command_adjustment *out_adjustment)
{
    read_uid(in, &out_adjustment->member);
    out_adjustment->points = read_points(in);
    read_text(in, out_adjustment->reason, sizeof out_adjustment->reason);
    remark_read_text(in, &out_adjustment->note);
    out_adjustment->expires_at = read_time(in);
    read_text(in, out_adjustment->maker, sizeof out_adjustment->maker);
}

static void write_ruling(struct buffer *out, const struct command_ruling *ruling)
{
    write_uid(out, &ruling->adjustment);
    write_bool(out, ruling->is_approved);
    write_text(out, ruling->checker, sizeof ruling->checker);
    write_time(out, ruling->points_expire_at);
    write_u8(out, ruling->idle_months);
}

static void read_ruling(struct reader *in, struct command_ruling *out_ruling)
{
    read_uid(in, &out_ruling->adjustment);
    out_ruling->is_approved = read_bool(in);
    read_text(in, out_ruling->checker, sizeof out_ruling->checker);
    out_ruling->points_expire_at = read_time(in);
    out_ruling->idle_months = read_u8(in);
}

static void read_prune(struct reader *in, struct command_prune *out_prune)
{
    out_prune->keys = read_block(in);
    read_expect(in, out_prune->keys.length % TRANSACTION_KEY_SIZE == 0 &&
                        out_prune->keys.length / TRANSACTION_KEY_SIZE <= LIMIT_PRUNE_KEYS);
}

static void write_move(struct buffer *out, const struct command_move *move)
{
    write_card(out, &move->card);
    write_partner(out, &move->to);
    write_card(out, &move->new_card);
    write_block(out, move->acceptance);
}

static void read_move(struct reader *in, struct command_move *out_move)
{
    read_card(in, &out_move->card);
    read_partner(in, &out_move->to);
    read_card(in, &out_move->new_card);
    out_move->acceptance = read_block(in);
}

void write_dispute(struct buffer *out, const struct command_dispute *dispute)
{
    write_partner(out, &dispute->partner);
    write_u8(out, (uint8_t)dispute->direction);
    write_varint(out, dispute->number);
    write_points(out, dispute->points);
    write_u8(out, (uint8_t)dispute->reason);
    write_u8(out, (uint8_t)dispute->step);
    write_text(out, dispute->note, sizeof dispute->note);
}

static void read_dispute(struct reader *in, struct command_dispute *out_dispute)
{
    read_partner(in, &out_dispute->partner);
    out_dispute->direction = (enum stream_direction)read_choice(in, STREAM_OUT, STREAM_IN + 1);
    out_dispute->number = read_varint(in);
    out_dispute->points = read_points(in);
    out_dispute->reason = (enum dispute_reason)read_choice(in, 0, DISPUTE_REASON_END);
    out_dispute->step = (enum dispute_step)read_choice(in, 0, STEP_END);
    read_text(in, out_dispute->note, sizeof out_dispute->note);
}

static void write_profile(struct buffer *out, const struct command_profile *profile)
{
    write_uid(out, &profile->member);
    write_bytes(out, profile->replaces.bytes, sizeof profile->replaces.bytes);
    write_bytes(out, profile->said_tag, sizeof profile->said_tag);
    write_block(out, profile->sealed);
}

static void read_profile(struct reader *in, struct command_profile *out_profile)
{
    read_uid(in, &out_profile->member);
    read_copy(in, out_profile->replaces.bytes, sizeof out_profile->replaces.bytes);
    read_copy(in, out_profile->said_tag, sizeof out_profile->said_tag);
    out_profile->sealed = read_block(in);
    read_expect(in, out_profile->sealed.length <= LIMIT_SEALED_PROFILE_BYTES);
}

static void write_programme(struct buffer *out, const struct command_programme *programme)
{
    write_varint(out, programme->number);
    write_varint(out, programme->version);
    write_time(out, programme->from);
    write_text(out, programme->by, sizeof programme->by);
    write_block(out, programme->text);
}

static void read_programme(struct reader *in, struct command_programme *out_programme)
{
    uint64_t number = read_varint(in);
    uint64_t version = read_varint(in);
    read_expect(in, number <= UINT32_MAX && version <= UINT32_MAX);
    out_programme->number = (uint32_t)number;
    out_programme->version = (uint32_t)version;
    out_programme->from = read_time(in);
    read_text(in, out_programme->by, sizeof out_programme->by);
    out_programme->text = read_block(in);
    read_expect(in, out_programme->text.length <= LIMIT_PROGRAMME_BYTES);
}

static void write_about_member(struct buffer *out, const struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_BLOCK_MEMBER:
    case COMMAND_UNBLOCK_MEMBER:
        write_uid(out, &command->block.member);
        write_text(out, command->block.reason, sizeof command->block.reason);
        break;
    case COMMAND_MERGE_MEMBERS:
        write_uid(out, &command->merge.from);
        write_uid(out, &command->merge.into);
        break;
    case COMMAND_UNMERGE_MEMBERS:
        write_uid(out, &command->unmerge.merge);
        break;
    case COMMAND_ERASE_MEMBER:
        write_uid(out, &command->erase.member);
        break;
    case COMMAND_SET_PROFILE:
        write_profile(out, &command->profile);
        break;
    case COMMAND_SET_REFERRER:
        write_uid(out, &command->referrer.member);
        write_uid(out, &command->referrer.referrer);
        break;
    default:
        ASSERT(false);
    }
}

static bool is_guard(enum command_kind kind)
{
    return kind >= COMMAND_SET_POOL_RIGHT && kind <= COMMAND_BEAR_CARD;
}

static void write_rest(struct buffer *out, const struct command *command)
{
    if (is_guard(command->kind)) {
        command_write_guard(out, command);
    } else {
        command_write_recovery(out, command);
    }
}

static void read_rest(struct reader *in, struct command *command)
{
    if (is_guard(command->kind)) {
        command_read_guard(in, command);
    } else {
        command_read_recovery(in, command);
    }
}

void command_write_office(struct buffer *out, const struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_TRANSFER:
        write_transfer(out, &command->transfer);
        break;
    case COMMAND_OPEN_POOL:
    case COMMAND_JOIN_POOL:
    case COMMAND_LEAVE_POOL:
        write_uid(out, &command->pool.pool);
        write_uid(out, &command->pool.member);
        write_text(out, command->pool.name, sizeof command->pool.name);
        break;
    case COMMAND_PROPOSE_ADJUSTMENT:
        write_adjustment(out, &command->adjustment);
        break;
    case COMMAND_RULE_ADJUSTMENT:
        write_ruling(out, &command->ruling);
        break;
    case COMMAND_BLOCK_MEMBER:
    case COMMAND_UNBLOCK_MEMBER:
    case COMMAND_MERGE_MEMBERS:
    case COMMAND_UNMERGE_MEMBERS:
    case COMMAND_ERASE_MEMBER:
    case COMMAND_SET_PROFILE:
    case COMMAND_SET_REFERRER:
        write_about_member(out, command);
        break;
    case COMMAND_PRUNE:
        write_block(out, command->prune.keys);
        break;
    case COMMAND_AWAIT_MOVE:
        write_card(out, &command->await.card);
        write_card(out, &command->await.own_card);
        break;
    case COMMAND_MOVE_MEMBER:
        write_move(out, &command->move);
        break;
    case COMMAND_OPEN_DISPUTE:
    case COMMAND_STEP_DISPUTE:
        write_dispute(out, &command->dispute);
        break;
    case COMMAND_SELL_BLOCK:
    case COMMAND_BUY_BLOCK:
        write_block_terms(out, &command->block_of_points.terms);
        write_block(out, command->block_of_points.evidence);
        break;
    case COMMAND_WITHDRAW_BLOCK:
        write_uid(out, &command->withdrawal.block);
        write_partner(out, &command->withdrawal.buyer);
        break;
    case COMMAND_ACTIVATE_PROGRAMME:
        write_programme(out, &command->programme);
        break;
    case COMMAND_DISPUTE_DUE:
    case COMMAND_TELL_FUNDING:
    case COMMAND_SEND_EARNS:
    case COMMAND_BLOCK_DUE:
        write_uid(out, &command->due.id);
        write_partner(out, &command->due.redeemer);
        write_time(out, command->due.due);
        break;
    case COMMAND_CHANGE_STANDING:
    case COMMAND_RESERVE:
        command_write_standing(out, command);
        break;
    default:
        write_rest(out, command);
        break;
    }
}

static void read_about_member(struct reader *in, struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_BLOCK_MEMBER:
    case COMMAND_UNBLOCK_MEMBER:
        read_uid(in, &command->block.member);
        read_text(in, command->block.reason, sizeof command->block.reason);
        break;
    case COMMAND_MERGE_MEMBERS:
        read_uid(in, &command->merge.from);
        read_uid(in, &command->merge.into);
        break;
    case COMMAND_UNMERGE_MEMBERS:
        read_uid(in, &command->unmerge.merge);
        break;
    case COMMAND_ERASE_MEMBER:
        read_uid(in, &command->erase.member);
        break;
    case COMMAND_SET_PROFILE:
        read_profile(in, &command->profile);
        break;
    case COMMAND_SET_REFERRER:
        read_uid(in, &command->referrer.member);
        read_uid(in, &command->referrer.referrer);
        break;
    default:
        ASSERT(false);
    }
}

void command_read_office(struct reader *in, struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_TRANSFER:
        read_transfer(in, &command->transfer);
        break;
    case COMMAND_OPEN_POOL:
    case COMMAND_JOIN_POOL:
    case COMMAND_LEAVE_POOL:
        read_uid(in, &command->pool.pool);
        read_uid(in, &command->pool.member);
        read_text(in, command->pool.name, sizeof command->pool.name);
        break;
    case COMMAND_PROPOSE_ADJUSTMENT:
        read_adjustment(in, &command->adjustment);
        break;
    case COMMAND_RULE_ADJUSTMENT:
        read_ruling(in, &command->ruling);
        break;
    case COMMAND_BLOCK_MEMBER:
    case COMMAND_UNBLOCK_MEMBER:
    case COMMAND_MERGE_MEMBERS:
    case COMMAND_UNMERGE_MEMBERS:
    case COMMAND_ERASE_MEMBER:
    case COMMAND_SET_PROFILE:
    case COMMAND_SET_REFERRER:
        read_about_member(in, command);
        break;
    case COMMAND_PRUNE:
        read_prune(in, &command->prune);
        break;
    case COMMAND_AWAIT_MOVE:
        read_card(in, &command->await.card);
        read_card(in, &command->await.own_card);
        break;
    case COMMAND_MOVE_MEMBER:
        read_move(in, &command->move);
        break;
    case COMMAND_OPEN_DISPUTE:
    case COMMAND_STEP_DISPUTE:
        read_dispute(in, &command->dispute);
        break;
    case COMMAND_SELL_BLOCK:
    case COMMAND_BUY_BLOCK:
        read_block_terms(in, &command->block_of_points.terms);
        command->block_of_points.evidence = read_block(in);
        break;
    case COMMAND_WITHDRAW_BLOCK:
        read_uid(in, &command->withdrawal.block);
        read_partner(in, &command->withdrawal.buyer);
        break;
    case COMMAND_ACTIVATE_PROGRAMME:
        read_programme(in, &command->programme);
        break;
    case COMMAND_DISPUTE_DUE:
    case COMMAND_TELL_FUNDING:
    case COMMAND_SEND_EARNS:
    case COMMAND_BLOCK_DUE:
        read_uid(in, &command->due.id);
        read_partner(in, &command->due.redeemer);
        command->due.due = read_time(in);
        break;
    case COMMAND_CHANGE_STANDING:
    case COMMAND_RESERVE:
        command_read_standing(in, command);
        break;
    default:
        read_rest(in, command);
        break;
    }
}

/* The stored bodies of commands about what programmes remember. */
#include "ledger/codec.h"
#include "ledger/command_codec.h"

/* Changes within a body; well-formed. */
static struct slice read_groups(struct reader *in)
{
    struct slice groups = read_block(in);
    read_expect(in, standing_check_groups(groups) == ERR_OK);
    return groups;
}

static struct slice read_judged(struct reader *in)
{
    struct slice evidence = read_block(in);
    read_expect(in, evidence.length <= LIMIT_JUDGED_BYTES);
    return evidence;
}

static void write_change(struct buffer *out, const struct command_standing *standing)
{
    write_partner(out, &standing->issuer);
    write_uid(out, &standing->occasion);
    write_uid(out, &standing->returned);
    write_uid(out, &standing->quote);
    write_hash(out, &standing->said);
    write_block(out, standing->groups);
    write_block(out, standing->evidence);
}

static void read_change(struct reader *in, struct command_standing *out_standing)
{
    read_partner(in, &out_standing->issuer);
    read_uid(in, &out_standing->occasion);
    read_uid(in, &out_standing->returned);
    read_uid(in, &out_standing->quote);
    read_hash(in, &out_standing->said);
    out_standing->groups = read_groups(in);
    out_standing->evidence = read_judged(in);
}

static void write_promise(struct buffer *out, const struct command_reserve *reserve)
{
    write_u8(out, (uint8_t)reserve->step);
    write_uid(out, &reserve->quote);
    write_hash(out, &reserve->said);
    write_time(out, reserve->until);
    write_block(out, reserve->groups);
    write_block(out, reserve->evidence);
}

static void read_promise(struct reader *in, struct command_reserve *out_reserve)
{
    out_reserve->step = (enum reserve_step)read_choice(in, RESERVE_BEGIN, RESERVE_STEP_END);
    read_uid(in, &out_reserve->quote);
    read_hash(in, &out_reserve->said);
    out_reserve->until = read_time(in);
    out_reserve->groups = read_groups(in);
    out_reserve->evidence = read_judged(in);
}

void command_write_standing(struct buffer *out, const struct command *command)
{
    if (command->kind == COMMAND_CHANGE_STANDING) {
        write_change(out, &command->standing);
    } else {
        write_promise(out, &command->reserve);
    }
}

void command_read_standing(struct reader *in, struct command *command)
{
    if (command->kind == COMMAND_CHANGE_STANDING) {
        read_change(in, &command->standing);
    } else {
        read_promise(in, &command->reserve);
    }
}

void said_standing(struct buffer *out, const struct command *command)
{
    if (command->kind == COMMAND_CHANGE_STANDING) {
        write_partner(out, &command->standing.issuer);
        write_uid(out, &command->standing.occasion);
        write_uid(out, &command->standing.returned);
        write_uid(out, &command->standing.quote);
        write_hash(out, &command->standing.said);
    } else {
        write_u8(out, (uint8_t)command->reserve.step);
        write_uid(out, &command->reserve.quote);
        write_hash(out, &command->reserve.said);
    }
}

/* The stored bodies of commands that guard: rights in pools, alerts. */
#include "ledger/codec.h"
#include "ledger/command_codec.h"

static void write_pool_right(struct buffer *out, const struct command_pool_right *right)
{
    write_uid(out, &right->pool);
    write_uid(out, &right->member);
    write_u8(out, (uint8_t)right->kind);
    write_points(out, right->limit);
    write_uid(out, &right->by);
}

static void read_pool_right(struct reader *in, struct command_pool_right *out_right)
{
    read_uid(in, &out_right->pool);
    read_uid(in, &out_right->member);
    out_right->kind = (enum pool_right_kind)read_choice(in, POOL_RIGHT_ALL, POOL_RIGHT_KIND_END);
    out_right->limit = read_points(in);
    read_uid(in, &out_right->by);
}

void command_write_guard(struct buffer *out, const struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_SET_POOL_RIGHT:
        write_pool_right(out, &command->pool_right);
        break;
    case COMMAND_BEAR_CARD:
        write_card(out, &command->bearer.card);
        write_uid(out, &command->bearer.member);
        break;
    case COMMAND_RAISE_ALERT:
        write_finding(out, &command->finding);
        break;
    case COMMAND_RULE_ALERT:
        write_uid(out, &command->alert_ruling.alert);
        write_bool(out, command->alert_ruling.is_fraud);
        write_text(out, command->alert_ruling.by, sizeof command->alert_ruling.by);
        remark_write_text(out, &command->alert_ruling.reason);
        break;
    default:
        ASSERT(false);
    }
}

void command_read_guard(struct reader *in, struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_SET_POOL_RIGHT:
        read_pool_right(in, &command->pool_right);
        break;
    case COMMAND_BEAR_CARD:
        read_card(in, &command->bearer.card);
        read_uid(in, &command->bearer.member);
        break;
    case COMMAND_RAISE_ALERT:
        read_finding(in, &command->finding);
        break;
    case COMMAND_RULE_ALERT:
        read_uid(in, &command->alert_ruling.alert);
        command->alert_ruling.is_fraud = read_bool(in);
        read_text(in, command->alert_ruling.by, sizeof command->alert_ruling.by);
        remark_read_text(in, &command->alert_ruling.reason);
        break;
    default:
        ASSERT(false);
    }
}

/* Of a finding without its numbers: there may be other ones by now. */
void said_guard(struct buffer *out, const struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_RAISE_ALERT:
        write_text(out, command->finding.rule, sizeof command->finding.rule);
        write_text(out, command->finding.subject, sizeof command->finding.subject);
        write_uid(out, &command->finding.sale);
        break;
    default:
        command_write_guard(out, command);
        break;
    }
    if (command->kind == COMMAND_RULE_ALERT && remark_is_sealed(&command->alert_ruling.reason)) {
        write_bytes(out, command->alert_ruling.reason.tag, PERSONAL_TAG_SIZE);
    }
}

#include "ledger/command.h"

#include "ledger/codec.h"

const char *command_kind_name(enum command_kind kind)
{
    static const char *const names[COMMAND_KIND_END] = {
        [COMMAND_ENROL] = "enrol",
        [COMMAND_ISSUE_CARD] = "issue-card",
        [COMMAND_BLOCK_CARD] = "block-card",
        [COMMAND_EARN] = "earn",
        [COMMAND_HOLD] = "hold",
        [COMMAND_FOREIGN_HOLD] = "foreign-hold",
        [COMMAND_CAPTURE] = "capture",
        [COMMAND_VOID] = "void",
        [COMMAND_RETURN_SALE] = "return-sale",
        [COMMAND_RETURN_BURN] = "return-burn",
        [COMMAND_SETTLE_MEMBER] = "settle-member",
        [COMMAND_EXPIRE_HOLD] = "expire-hold",
        [COMMAND_TAKE_ENTRY] = "take-entry",
        [COMMAND_TAKE_BATCH] = "take-batch",
        [COMMAND_TAKE_RECEIPT] = "take-receipt",
        [COMMAND_CLOSE_PERIOD] = "close-period",
        [COMMAND_PUT_PAIR] = "put-pair",
        [COMMAND_FREEZE_STREAM] = "freeze-stream",
    };
    return kind > 0 && kind < COMMAND_KIND_END ? names[kind] : "unknown";
}

bool command_is_idempotent(enum command_kind kind)
{
    return (kind >= COMMAND_ENROL && kind <= COMMAND_RETURN_BURN) || kind == COMMAND_CLOSE_PERIOD;
}

/* The times that only some callers name. */
static void said_time(struct buffer *out, const struct command *command)
{
    write_bool(out, command->is_dated);
    if (command->is_dated) {
        write_time(out, command->business_time);
    }
}

static void said_earn(struct buffer *out, const struct command *command)
{
    const struct command_earn *earn = &command->earn;
    write_card(out, &earn->card);
    if (earn->card.digits[0] == '\0') {
        write_uid(out, &earn->member);
    }
    write_money(out, earn->amount);
    write_text(out, earn->currency, sizeof earn->currency);
    write_bool(out, earn->is_fixed);
    write_points(out, earn->fixed_points);
    write_text(out, earn->receipt, sizeof earn->receipt);
    said_time(out, command);
}

static void said_hold(struct buffer *out, const struct command_hold *hold)
{
    write_partner(out, &hold->redeemer);
    write_card(out, &hold->card);
    write_points(out, hold->points);
    write_text(out, hold->receipt, sizeof hold->receipt);
}

static void said_use(struct buffer *out, const struct command_hold_use *use)
{
    write_uid(out, &use->hold);
    write_points(out, use->points);
    write_text(out, use->receipt, sizeof use->receipt);
}

static void said_return_sale(struct buffer *out, const struct command *command)
{
    write_uid(out, &command->return_sale.sale);
    write_money(out, command->return_sale.amount);
    write_text(out, command->return_sale.receipt, sizeof command->return_sale.receipt);
    said_time(out, command);
}

void command_said(const struct command *command, struct buffer *out)
{
    if (!command_is_idempotent(command->kind)) {
        return;
    }
    write_u8(out, (uint8_t)command->kind);
    switch (command->kind) {
    case COMMAND_ENROL:
        write_text(out, command->enrol.reference, sizeof command->enrol.reference);
        write_text(out, command->enrol.name, sizeof command->enrol.name);
        break;
    case COMMAND_ISSUE_CARD:
        write_uid(out, &command->card.member);
        break;
    case COMMAND_BLOCK_CARD:
        write_card(out, &command->card.card);
        break;
    case COMMAND_EARN:
        said_earn(out, command);
        break;
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
        said_hold(out, &command->hold);
        break;
    case COMMAND_CAPTURE:
    case COMMAND_VOID:
    case COMMAND_RETURN_BURN:
        said_use(out, &command->use);
        break;
    case COMMAND_RETURN_SALE:
        said_return_sale(out, command);
        break;
    case COMMAND_CLOSE_PERIOD:
        write_period(out, command->close_period.period);
        break;
    case COMMAND_SETTLE_MEMBER:
    case COMMAND_EXPIRE_HOLD:
    case COMMAND_TAKE_ENTRY:
    case COMMAND_TAKE_BATCH:
    case COMMAND_TAKE_RECEIPT:
    case COMMAND_PUT_PAIR:
    case COMMAND_FREEZE_STREAM:
    case COMMAND_KIND_END:
        break;
    }
}

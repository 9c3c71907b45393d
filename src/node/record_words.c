#include "node/record_words.h"

static bool is_partners_entry(const struct command *command)
{
    return command->kind == COMMAND_TAKE_ENTRY || command->kind == COMMAND_RECOVER_TAKEN;
}

const struct uid *record_transaction(const struct record *record, const struct command *command)
{
    return is_partners_entry(command) ? &command->take_entry.entry.transaction_id
                                      : &record->transaction_id;
}

struct unix_ms record_business_time(const struct record *record, const struct command *command)
{
    return is_partners_entry(command) ? command->take_entry.entry.business_time
                                      : record->business_time;
}

const struct partner_id *record_shop(const struct command *command, const struct partner_id *self)
{
    if (is_partners_entry(command)) {
        return &command->take_entry.sender;
    }
    if (command->kind == COMMAND_RECOVER_HOLD) {
        return &command->recover_hold.redeemer;
    }
    if (command->kind == COMMAND_HOLD) {
        return &command->hold.redeemer;
    }
    return command->kind == COMMAND_EXPIRE_HOLD ? &command->due.redeemer : self;
}

const char *record_receipt(const struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_EARN:
        return command->earn.receipt;
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
        return command->hold.receipt;
    case COMMAND_RETURN_SALE:
        return command->return_sale.receipt;
    case COMMAND_CAPTURE:
    case COMMAND_VOID:
    case COMMAND_RETURN_BURN:
        return command->use.receipt;
    case COMMAND_TRANSFER:
        return command->transfer.receipt;
    case COMMAND_PROPOSE_ADJUSTMENT:
        return command->adjustment.reason;
    case COMMAND_RAISE_ALERT:
        return command->finding.rule;
    case COMMAND_BLOCK_MEMBER:
    case COMMAND_UNBLOCK_MEMBER:
        return command->block.reason;
    default:
        return "";
    }
}

const struct card_number *record_card(const struct record *record, const struct command *command)
{
    if (record->answer.card.digits[0] != '\0' && record->verdict != VERDICT_CARD_MOVED) {
        return &record->answer.card;
    }
    switch ((int)command->kind) {
    case COMMAND_EARN:
        return &command->earn.card;
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
        return &command->hold.card;
    case COMMAND_BLOCK_CARD:
    case COMMAND_UNBLOCK_CARD:
        return &command->card.card;
    case COMMAND_TAKE_ENTRY:
    case COMMAND_RECOVER_TAKEN:
        return &command->take_entry.entry.card;
    case COMMAND_RECOVER_ENTRY:
        return &command->recover_entry.entry.card;
    default:
        return &record->answer.card;
    }
}

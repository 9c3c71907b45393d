#include "ledger/command.h"

#include <string.h>

#include "crypto/hash.h"
#include "ledger/codec.h"
#include "ledger/command_codec.h"

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
    [COMMAND_TRANSFER] = "transfer",
    [COMMAND_OPEN_POOL] = "open-pool",
    [COMMAND_JOIN_POOL] = "join-pool",
    [COMMAND_LEAVE_POOL] = "leave-pool",
    [COMMAND_PROPOSE_ADJUSTMENT] = "propose-adjustment",
    [COMMAND_RULE_ADJUSTMENT] = "rule-adjustment",
    [COMMAND_UNBLOCK_CARD] = "unblock-card",
    [COMMAND_BLOCK_MEMBER] = "block-member",
    [COMMAND_UNBLOCK_MEMBER] = "unblock-member",
    [COMMAND_MERGE_MEMBERS] = "merge-members",
    [COMMAND_UNMERGE_MEMBERS] = "unmerge-members",
    [COMMAND_ERASE_MEMBER] = "erase-member",
    [COMMAND_PRUNE] = "prune",
    [COMMAND_GRANT_MANDATE] = "grant-mandate",
    [COMMAND_TAKE_MANDATE] = "take-mandate",
    [COMMAND_STAND_IN_HOLD] = "stand-in-hold",
    [COMMAND_GIVE_UP_HOLD] = "give-up-hold",
    [COMMAND_TELL_CARDS] = "tell-cards",
    [COMMAND_AWAIT_MOVE] = "await-move",
    [COMMAND_MOVE_MEMBER] = "move-member",
    [COMMAND_RECOVER_ENTRY] = "recover-entry",
    [COMMAND_RECOVER_TAKEN] = "recover-taken",
    [COMMAND_RECOVER_HOLD] = "recover-hold",
    [COMMAND_RECOVERY] = "recovery",
    [COMMAND_MEND_HALF] = "mend-half",
    [COMMAND_SET_APART] = "set-apart",
    [COMMAND_OPEN_DISPUTE] = "open-dispute",
    [COMMAND_STEP_DISPUTE] = "step-dispute",
    [COMMAND_DISPUTE_DUE] = "dispute-due",
    [COMMAND_TELL_FUNDING] = "tell-funding",
    [COMMAND_SEND_EARNS] = "send-earns",
    [COMMAND_SELL_BLOCK] = "sell-block",
    [COMMAND_BUY_BLOCK] = "buy-block",
    [COMMAND_WITHDRAW_BLOCK] = "withdraw-block",
    [COMMAND_BLOCK_DUE] = "block-due",
    [COMMAND_NET_PAYMENT] = "net-payment",
    [COMMAND_INSTRUCT_PAYMENT] = "instruct-payment",
    [COMMAND_BOOK_PAYMENT] = "book-payment",
    [COMMAND_SIGN_PAYMENT] = "sign-payment",
    [COMMAND_HEAR_PAYMENT] = "hear-payment",
    [COMMAND_KEEP_NETTING] = "keep-netting",
    [COMMAND_ACTIVATE_PROGRAMME] = "activate-programme",
    [COMMAND_CHANGE_STANDING] = "change-standing",
    [COMMAND_RESERVE] = "reserve",
    [COMMAND_SET_PROFILE] = "set-profile",
    [COMMAND_SET_REFERRER] = "set-referrer",
    [COMMAND_SET_POOL_RIGHT] = "set-pool-right",
    [COMMAND_RAISE_ALERT] = "raise-alert",
    [COMMAND_RULE_ALERT] = "rule-alert",
    [COMMAND_BEAR_CARD] = "bear-card",
};

const char *command_kind_name(enum command_kind kind)
{
    return command_kind_is_known(kind) ? names[kind] : "unknown";
}

bool command_kind_is_known(unsigned kind)
{
    return kind < COMMAND_KIND_END && names[kind] != NULL;
}

bool command_asks_abroad(enum command_kind kind)
{
    return kind == COMMAND_FOREIGN_HOLD || kind == COMMAND_STAND_IN_HOLD ||
           kind == COMMAND_GIVE_UP_HOLD;
}

bool command_is_idempotent(enum command_kind kind)
{
    return (kind >= COMMAND_ENROL && kind <= COMMAND_RETURN_BURN) || kind == COMMAND_CLOSE_PERIOD ||
           (kind >= COMMAND_TRANSFER && kind <= COMMAND_ERASE_MEMBER) ||
           command_asks_abroad(kind) || kind == COMMAND_AWAIT_MOVE || kind == COMMAND_MOVE_MEMBER ||
           kind == COMMAND_OPEN_DISPUTE || kind == COMMAND_STEP_DISPUTE ||
           kind == COMMAND_SELL_BLOCK || kind == COMMAND_BUY_BLOCK ||
           kind == COMMAND_WITHDRAW_BLOCK || kind == COMMAND_ACTIVATE_PROGRAMME ||
           kind == COMMAND_SET_PROFILE || kind == COMMAND_CHANGE_STANDING ||
           kind == COMMAND_RESERVE || kind == COMMAND_SET_REFERRER ||
           (kind >= COMMAND_SET_POOL_RIGHT && kind <= COMMAND_BEAR_CARD);
}

bool command_has_id(enum command_kind kind)
{
    return command_is_idempotent(kind) || kind == COMMAND_RECOVER_ENTRY ||
           kind == COMMAND_RECOVER_HOLD || kind == COMMAND_TAKE_MANDATE;
}

bool command_is_recovery(const struct command *command)
{
    return (command->kind >= COMMAND_RECOVER_ENTRY && command->kind <= COMMAND_RECOVERY) ||
           (command->kind == COMMAND_GRANT_MANDATE && command->mandate.evidence.length > 0);
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
    if (earn->is_judged) {
        write_bytes(out, earn->basket, sizeof earn->basket);
    } else {
        write_money(out, earn->amount);
    }
    write_text(out, earn->currency, sizeof earn->currency);
    write_bool(out, earn->is_fixed);
    write_points(out, earn->is_judged ? points_of(0) : earn->fixed_points);
    if (earn->promotion != 0) {
        write_varint(out, earn->promotion);
    }
    write_text(out, earn->receipt, sizeof earn->receipt);
    if (earn->till[0] != '\0' || earn->cashier[0] != '\0') {
        write_text(out, earn->till, sizeof earn->till);
        write_text(out, earn->cashier, sizeof earn->cashier);
    }
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
    const struct command_return_sale *body = &command->return_sale;
    write_uid(out, &body->sale);
    if (body->is_by_line) {
        write_bytes(out, body->lines, sizeof body->lines);
    } else {
        write_money(out, body->amount);
    }
    write_text(out, body->receipt, sizeof body->receipt);
    said_time(out, command);
}

static void said_transfer(struct buffer *out, const struct command_transfer *transfer)
{
    write_uid(out, &transfer->from);
    write_uid(out, &transfer->to);
    write_points(out, transfer->points);
    write_uid(out, &transfer->by);
    write_text(out, transfer->receipt, sizeof transfer->receipt);
}

/* The id of a new pool is the node's. */
static void said_pool(struct buffer *out, const struct command *command)
{
    if (command->kind == COMMAND_OPEN_POOL) {
        write_text(out, command->pool.name, sizeof command->pool.name);
    } else {
        write_uid(out, &command->pool.pool);
    }
    write_uid(out, &command->pool.member);
}

static void said_adjustment(struct buffer *out, const struct command_adjustment *adjustment)
{
    write_uid(out, &adjustment->member);
    write_points(out, adjustment->points);
    write_text(out, adjustment->reason, sizeof adjustment->reason);
    remark_write_said(out, &adjustment->note);
    write_text(out, adjustment->maker, sizeof adjustment->maker);
}

static void said_ruling(struct buffer *out, const struct command_ruling *ruling)
{
    write_uid(out, &ruling->adjustment);
    write_bool(out, ruling->is_approved);
    write_text(out, ruling->checker, sizeof ruling->checker);
}

/* Its text as a hash: what is said has a bound. One from now on says no time. */
static void said_programme(struct buffer *out, const struct command_programme *programme,
                           bool is_dated)
{
    struct hash hash = hash_of(HASH_DOMAIN_BODY, programme->text);
    write_varint(out, programme->version);
    write_time(out, is_dated ? programme->from : (struct unix_ms){0});
    write_hash(out, &hash);
}

/* What is done to a member's account, by a desk. */
static bool said_account(struct buffer *out, const struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_BLOCK_MEMBER:
    case COMMAND_UNBLOCK_MEMBER:
        write_uid(out, &command->block.member);
        write_text(out, command->block.reason, sizeof command->block.reason);
        return true;
    case COMMAND_MERGE_MEMBERS:
        write_uid(out, &command->merge.from);
        write_uid(out, &command->merge.into);
        return true;
    case COMMAND_UNMERGE_MEMBERS:
        write_uid(out, &command->unmerge.merge);
        return true;
    case COMMAND_ERASE_MEMBER:
        write_uid(out, &command->erase.member);
        return true;
    case COMMAND_SET_PROFILE:
        write_uid(out, &command->profile.member);
        write_bytes(out, command->profile.said_tag, sizeof command->profile.said_tag);
        return true;
    case COMMAND_SET_REFERRER:
        write_uid(out, &command->referrer.member);
        write_uid(out, &command->referrer.referrer);
        return true;
    default:
        return false;
    }
}

static void said_office(struct buffer *out, const struct command *command)
{
    if (said_account(out, command)) {
        return;
    }
    switch ((int)command->kind) {
    case COMMAND_TRANSFER:
        said_transfer(out, &command->transfer);
        break;
    case COMMAND_OPEN_POOL:
    case COMMAND_JOIN_POOL:
    case COMMAND_LEAVE_POOL:
        said_pool(out, command);
        break;
    case COMMAND_PROPOSE_ADJUSTMENT:
        said_adjustment(out, &command->adjustment);
        break;
    case COMMAND_RULE_ADJUSTMENT:
        said_ruling(out, &command->ruling);
        break;
    case COMMAND_AWAIT_MOVE:
        write_card(out, &command->await.card);
        write_card(out, &command->await.own_card);
        break;
    case COMMAND_MOVE_MEMBER:
        write_card(out, &command->move.card);
        write_partner(out, &command->move.to);
        write_card(out, &command->move.new_card);
        break;
    case COMMAND_OPEN_DISPUTE:
    case COMMAND_STEP_DISPUTE:
        write_dispute(out, &command->dispute);
        break;
    case COMMAND_SELL_BLOCK:
    case COMMAND_BUY_BLOCK:
        write_block_terms(out, &command->block_of_points.terms);
        break;
    case COMMAND_WITHDRAW_BLOCK:
        write_uid(out, &command->withdrawal.block);
        write_partner(out, &command->withdrawal.buyer);
        break;
    case COMMAND_ACTIVATE_PROGRAMME:
        said_programme(out, &command->programme, command->is_dated);
        break;
    default:
        said_guard(out, command);
        break;
    }
}

void command_said(const struct command *command, struct buffer *out)
{
    if (!command_is_idempotent(command->kind)) {
        return;
    }
    write_u8(out,
             (uint8_t)(command_asks_abroad(command->kind) ? COMMAND_FOREIGN_HOLD : command->kind));
    switch ((int)command->kind) {
    case COMMAND_ENROL:
        write_bytes(out, command->enrol.said_tag, sizeof command->enrol.said_tag);
        break;
    case COMMAND_ISSUE_CARD:
        write_uid(out, &command->card.member);
        break;
    case COMMAND_BLOCK_CARD:
    case COMMAND_UNBLOCK_CARD:
        write_card(out, &command->card.card);
        break;
    case COMMAND_EARN:
        said_earn(out, command);
        break;
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
    case COMMAND_STAND_IN_HOLD:
    case COMMAND_GIVE_UP_HOLD:
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
    case COMMAND_CHANGE_STANDING:
    case COMMAND_RESERVE:
        said_standing(out, command);
        break;
    default:
        said_office(out, command);
        break;
    }
}

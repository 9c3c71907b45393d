/* Commands as lines for a person who looks at a disagreement. */
#include <inttypes.h>
#include <stdio.h>

#include "commands.h"

/* As picks make them: what it is, and the step that made it. */
static void print_ids(const char *name, const struct uid *id)
{
    static const char *const uses[] = {"?", "t", "member-", "pool-", "due-"};
    uint8_t use = id->bytes[11];
    if (uid_is_nil(id)) {
        (void)printf(" %s=nil", name);
    } else {
        (void)printf(" %s=%s%" PRIu32, name, use < 5 ? uses[use] : "nobody-",
                     get_u32_be(id->bytes + 12));
    }
}

/* From the start of all runs. */
static void print_time(const char *name, int64_t ms)
{
    int64_t hours = (ms - STEPS_START_MS) / HOUR_MS;
    if (ms == 0) {
        (void)printf(" %s=none", name);
    } else {
        (void)printf(" %s=%" PRId64 "d%02" PRId64 "h", name, hours / 24, hours % 24);
    }
}

static void print_points(struct points points)
{
    (void)printf(" points=%" PRId64, points.minor);
}

static void print_entry(const struct clearing_entry *entry)
{
    (void)printf(" %s number=%" PRIu64 " card=%s tariff=%u period=%u", entry_kind_name(entry->kind),
                 entry->number, entry->card.digits, entry->tariff, entry->period.code);
    print_points(entry->points);
    print_ids("of", &entry->subject);
    print_time("from", entry->active_from.ms);
    print_time("until", entry->expires_at.ms);
}

static void print_earn(const struct command_earn *earn)
{
    if (earn->card.digits[0] == '\0') {
        print_ids("member", &earn->member);
    } else {
        (void)printf(" card=%s", earn->card.digits);
    }
    (void)printf(" amount=%" PRId64, earn->amount.minor);
    if (earn->is_fixed) {
        print_points(earn->fixed_points);
    } else {
        (void)printf(" rate=%" PRId64 "/%" PRId64, earn->rate.points_minor, earn->rate.per_minor);
    }
    print_time("from", earn->active_from.ms);
    print_time("until", earn->expires_at.ms);
    (void)printf(" idle=%u", earn->idle_months);
}

static void print_hold(const struct command_hold *hold)
{
    (void)printf(" card=%s", hold->card.digits);
    print_points(hold->points);
    print_time("T1", hold->capture_by.ms);
    print_time("T2", hold->deliver_by.ms);
    print_ids("mandate", &hold->mandate);
}

static void print_mandate(const struct mandate *mandate)
{
    (void)printf(" from %s to %s floor=%" PRId64 " cap=%" PRId64, mandate->home.text,
                 mandate->redeemer.text, mandate->floor.minor, mandate->daily_cap.minor);
    print_ids("mandate", &mandate->id);
    print_time("from", mandate->valid_from.ms);
    print_time("until", mandate->valid_until.ms);
}

static void print_receipt(const struct command_take_receipt *receipt)
{
    (void)printf(" up to %" PRIu64 ", refused:", receipt->last_number);
    for (size_t i = 0; i < receipt->entry_count; i++) {
        if (receipt->entries[i].verdict != VERDICT_OK) {
            (void)printf(" %" PRIu64 "(%s)", receipt->entries[i].number,
                         entry_kind_name(receipt->entries[i].kind));
        }
    }
}

static void print_transfer(const struct command_transfer *transfer)
{
    print_ids("from", &transfer->from);
    print_ids("to", &transfer->to);
    print_ids("by", &transfer->by);
    print_points(transfer->points);
}

static void print_adjustment(const struct command_adjustment *adjustment)
{
    print_ids("member", &adjustment->member);
    print_points(adjustment->points);
    print_time("until", adjustment->expires_at.ms);
    (void)printf(" reason=\"%s\" maker=%s", adjustment->reason, adjustment->maker);
}

static void print_ruling(const struct command_ruling *ruling)
{
    print_ids("adjustment", &ruling->adjustment);
    (void)printf(" approved=%d checker=%s idle=%u", ruling->is_approved, ruling->checker,
                 ruling->idle_months);
    print_time("until", ruling->points_expire_at.ms);
}

/* What tills say. */
static bool print_trade(const struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_EARN:
        print_earn(&command->earn);
        return true;
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
    case COMMAND_STAND_IN_HOLD:
    case COMMAND_GIVE_UP_HOLD:
        print_hold(&command->hold);
        return true;
    case COMMAND_CAPTURE:
    case COMMAND_VOID:
    case COMMAND_RETURN_BURN:
        print_ids("hold", &command->use.hold);
        print_points(command->use.points);
        print_time("dated", command->business_time.ms);
        return true;
    case COMMAND_RETURN_SALE:
        print_ids("sale", &command->return_sale.sale);
        (void)printf(" amount=%" PRId64, command->return_sale.amount.minor);
        return true;
    case COMMAND_TRANSFER:
        print_transfer(&command->transfer);
        return true;
    default:
        return false;
    }
}

static bool print_guard(const struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_SET_POOL_RIGHT:
        print_ids("pool", &command->pool_right.pool);
        print_ids("member", &command->pool_right.member);
        (void)printf(" kind=%d limit=%" PRId64, command->pool_right.kind,
                     command->pool_right.limit.minor);
        print_ids("by", &command->pool_right.by);
        return true;
    case COMMAND_BEAR_CARD:
        (void)printf(" card=%s", command->bearer.card.digits);
        print_ids("member", &command->bearer.member);
        return true;
    case COMMAND_RAISE_ALERT:
        print_ids("sale", &command->finding.sale);
        (void)printf(" action=%d", command->finding.action);
        return true;
    case COMMAND_RULE_ALERT:
        print_ids("alert", &command->alert_ruling.alert);
        (void)printf(" fraud=%d", command->alert_ruling.is_fraud);
        return true;
    default:
        return false;
    }
}

/* What the back office says. */
static bool print_office(const struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_ENROL:
        print_ids("member", &command->enrol.member);
        (void)printf(" reference=%" PRIu32, get_u32_be(command->enrol.reference_tag));
        return true;
    case COMMAND_ISSUE_CARD:
        print_ids("member", &command->card.member);
        return true;
    case COMMAND_BLOCK_CARD:
    case COMMAND_UNBLOCK_CARD:
        (void)printf(" card=%s", command->card.card.digits);
        return true;
    case COMMAND_OPEN_POOL:
    case COMMAND_JOIN_POOL:
    case COMMAND_LEAVE_POOL:
        print_ids("pool", &command->pool.pool);
        print_ids("member", &command->pool.member);
        return true;
    case COMMAND_PROPOSE_ADJUSTMENT:
        print_adjustment(&command->adjustment);
        return true;
    case COMMAND_RULE_ADJUSTMENT:
        print_ruling(&command->ruling);
        return true;
    case COMMAND_BLOCK_MEMBER:
    case COMMAND_UNBLOCK_MEMBER:
        print_ids("member", &command->block.member);
        (void)printf(" reason=\"%s\"", command->block.reason);
        return true;
    case COMMAND_MERGE_MEMBERS:
        print_ids("from", &command->merge.from);
        print_ids("into", &command->merge.into);
        return true;
    case COMMAND_UNMERGE_MEMBERS:
        print_ids("merge", &command->unmerge.merge);
        return true;
    case COMMAND_ERASE_MEMBER:
        print_ids("member", &command->erase.member);
        return true;
    case COMMAND_SET_REFERRER:
        print_ids("member", &command->referrer.member);
        print_ids("referrer", &command->referrer.referrer);
        return true;
    case COMMAND_SET_PROFILE:
        print_ids("member", &command->profile.member);
        return true;
    case COMMAND_AWAIT_MOVE:
        (void)printf(" card=%s for=%s", command->await.card.digits, command->await.own_card.digits);
        return true;
    case COMMAND_MOVE_MEMBER:
        (void)printf(" card=%s to=%s new=%s", command->move.card.digits, command->move.to.text,
                     command->move.new_card.digits);
        return true;
    default:
        return false;
    }
}

/* What the node tells itself, and what partners say. */
static void print_node(const struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_SETTLE_MEMBER:
    case COMMAND_EXPIRE_HOLD:
        print_ids("of", &command->due.id);
        break;
    case COMMAND_TAKE_ENTRY:
        print_entry(&command->take_entry.entry);
        break;
    case COMMAND_GRANT_MANDATE:
    case COMMAND_TAKE_MANDATE:
        print_mandate(&command->mandate.mandate);
        break;
    case COMMAND_TAKE_RECEIPT:
        print_receipt(&command->take_receipt);
        break;
    case COMMAND_SELL_BLOCK:
    case COMMAND_BUY_BLOCK:
        print_ids("of", &command->block_of_points.terms.id);
        print_points(command->block_of_points.terms.points);
        print_time("until", command->block_of_points.terms.valid_until.ms);
        break;
    case COMMAND_ACTIVATE_PROGRAMME:
        (void)printf(" number=%" PRIu32 " version=%" PRIu32, command->programme.number,
                     command->programme.version);
        print_time("from", command->programme.from.ms);
        break;
    case COMMAND_WITHDRAW_BLOCK:
        print_ids("of", &command->withdrawal.block);
        break;
    case COMMAND_CHANGE_STANDING:
        print_ids("of", &command->standing.occasion);
        print_ids("returned", &command->standing.returned);
        print_ids("quote", &command->standing.quote);
        break;
    case COMMAND_RESERVE:
        (void)printf(" step=%d", command->reserve.step);
        print_ids("of", &command->reserve.quote);
        print_time("until", command->reserve.until.ms);
        break;
    case COMMAND_BLOCK_DUE:
        print_ids("of", &command->due.id);
        break;
    case COMMAND_CLOSE_PERIOD:
        (void)printf(" %u", command->close_period.period.code);
        break;
    case COMMAND_FREEZE_STREAM:
        (void)printf(" %s", command->freeze.partner.text);
        break;
    case COMMAND_PRUNE:
        for (size_t at = 0; at < command->prune.keys.length; at += TRANSACTION_KEY_SIZE) {
            (void)printf(" t%" PRIu32,
                         get_u32_be(command->prune.keys.at + at + TRANSACTION_KEY_SIZE - 4));
        }
        break;
    default:
        break;
    }
}

void command_print(const struct command *command, struct unix_ms now)
{
    print_time("  at", now.ms);
    (void)printf(" %s by %s", command_kind_name(command->kind), command->origin.text);
    print_ids("id", &command->transaction_id);
    if (!print_trade(command) && !print_office(command) && !print_guard(command)) {
        print_node(command);
    }
    (void)printf("\n");
}

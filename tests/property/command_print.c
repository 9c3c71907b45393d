/* Commands as lines for a person who looks at a disagreement. */
#include <inttypes.h>
#include <stdio.h>

#include "commands.h"

static void print_ids(const char *name, const struct uid *id)
{
    char text[UID_TEXT_MAX];
    (void)printf(" %s=..%s", name, uid_format(id, text) + 20);
}

static void print_entry(const struct clearing_entry *entry)
{
    (void)printf(" %s number=%" PRIu64 " card=%s points=%" PRId64 " tariff=%u from=%" PRId64
                 " until=%" PRId64 " period=%u at=%" PRId64,
                 entry_kind_name(entry->kind), entry->number, entry->card.digits,
                 entry->points.minor, entry->tariff, entry->active_from.ms, entry->expires_at.ms,
                 entry->period.yyyymm, entry->business_time.ms);
    print_ids("subject", &entry->subject);
}

static void print_earn(const struct command_earn *earn)
{
    (void)printf(" card=%s amount=%" PRId64 " fixed=%d points=%" PRId64 " rate=%" PRId64 "/%" PRId64
                 " from=%" PRId64 " until=%" PRId64,
                 earn->card.digits, earn->amount.minor, earn->is_fixed, earn->fixed_points.minor,
                 earn->rate.points_minor, earn->rate.per_minor, earn->active_from.ms,
                 earn->expires_at.ms);
    print_ids("member", &earn->member);
}

static void print_receipt(const struct command_take_receipt *receipt)
{
    (void)printf(" up to %" PRIu64 ", refused:", receipt->last_number);
    for (size_t i = 0; i < receipt->entry_count; i++) {
        if (receipt->entries[i].verdict != VERDICT_OK) {
            (void)printf(" %" PRIu64 "(%s, %" PRId64 ")", receipt->entries[i].number,
                         entry_kind_name(receipt->entries[i].kind),
                         receipt->entries[i].points.minor);
        }
    }
}

void command_print(const struct command *command, struct unix_ms now)
{
    (void)printf("  at %" PRId64 " %s by %s", now.ms, command_kind_name(command->kind),
                 command->origin.text);
    print_ids("id", &command->transaction_id);
    switch (command->kind) {
    case COMMAND_ENROL:
        print_ids("member", &command->enrol.member);
        (void)printf(" reference=%.16s", (const char *)command->enrol.reference_tag);
        break;
    case COMMAND_ISSUE_CARD:
    case COMMAND_BLOCK_CARD:
        print_ids("member", &command->card.member);
        (void)printf(" card=%s", command->card.card.digits);
        break;
    case COMMAND_EARN:
        print_earn(&command->earn);
        break;
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
        (void)printf(" card=%s points=%" PRId64 " T1=%" PRId64 " T2=%" PRId64,
                     command->hold.card.digits, command->hold.points.minor,
                     command->hold.capture_by.ms, command->hold.deliver_by.ms);
        break;
    case COMMAND_CAPTURE:
    case COMMAND_VOID:
    case COMMAND_RETURN_BURN:
        print_ids("hold", &command->use.hold);
        (void)printf(" points=%" PRId64 " dated=%" PRId64, command->use.points.minor,
                     command->business_time.ms);
        break;
    case COMMAND_RETURN_SALE:
        print_ids("sale", &command->return_sale.sale);
        (void)printf(" amount=%" PRId64, command->return_sale.amount.minor);
        break;
    case COMMAND_SETTLE_MEMBER:
    case COMMAND_EXPIRE_HOLD:
        print_ids("of", &command->due.id);
        break;
    case COMMAND_TAKE_ENTRY:
        print_entry(&command->take_entry.entry);
        break;
    case COMMAND_TAKE_RECEIPT:
        print_receipt(&command->take_receipt);
        break;
    case COMMAND_CLOSE_PERIOD:
        (void)printf(" %u", command->close_period.period.yyyymm);
        break;
    case COMMAND_TAKE_BATCH:
    case COMMAND_PUT_PAIR:
    case COMMAND_FREEZE_STREAM:
    case COMMAND_TRANSFER:
    case COMMAND_OPEN_POOL:
    case COMMAND_JOIN_POOL:
    case COMMAND_LEAVE_POOL:
    case COMMAND_PROPOSE_ADJUSTMENT:
    case COMMAND_RULE_ADJUSTMENT:
    case COMMAND_UNBLOCK_CARD:
    case COMMAND_BLOCK_MEMBER:
    case COMMAND_UNBLOCK_MEMBER:
    case COMMAND_MERGE_MEMBERS:
    case COMMAND_UNMERGE_MEMBERS:
    case COMMAND_ERASE_MEMBER:
    case COMMAND_PRUNE:
    case COMMAND_KIND_END:
        break;
    }
    (void)printf("\n");
}

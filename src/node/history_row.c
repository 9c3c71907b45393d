#include "node/history_row.h"

#include "node/messages.h"
#include "node/record_words.h"

static void trace_side(struct history_trace *trace, const struct uid *member,
                       const struct account_ref *account, int64_t credited)
{
    bool is_members = uid_equal(&account->member, member);
    if (account->kind == ACCOUNT_BREAKAGE) {
        trace->has_breakage = true;
    } else if (account->kind == ACCOUNT_AVAILABLE && is_members) {
        trace->available += credited;
    } else if (account->kind == ACCOUNT_PENDING && is_members) {
        trace->pending += credited;
    } else if (account->kind == ACCOUNT_HELD && is_members) {
        trace->held += credited;
    } else if (account->kind == ACCOUNT_DEBT && is_members) {
        trace->debt -= credited;
    }
}

enum err history_trace(const struct record *record, const struct uid *member,
                       struct history_trace *out_trace)
{
    struct history_trace trace = {0};
    struct reader in = record_effects(record);
    for (uint32_t i = 0; i < record->effect_count; i++) {
        struct effect effect;
        effect_read(&in, &effect);
        if (in.err != ERR_OK) {
            return in.err;
        }
        if (effect.kind == EFFECT_POST) {
            trace_side(&trace, member, &effect.post.debit, -effect.post.points.minor);
            trace_side(&trace, member, &effect.post.credit, effect.post.points.minor);
        } else if (effect.kind == EFFECT_HISTORY && uid_equal(&effect.history.member, member)) {
            trace.is_of_member = true;
            trace.previous_row = effect.history.previous_row;
        }
    }
    *out_trace = trace;
    return ERR_OK;
}

static Talea__V1__HistoryKind kind_of_entry(enum entry_kind kind)
{
    switch (kind) {
    case ENTRY_EARN:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_EARN;
    case ENTRY_CAPTURE:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_CAPTURE;
    case ENTRY_VOID:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_VOID;
    case ENTRY_EARN_RETURN:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_EARN_RETURN;
    case ENTRY_BURN_RETURN:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_BURN_RETURN;
    case ENTRY_MOVED_LOT:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_MOVE;
    case ENTRY_ADJUSTMENT:
    case ENTRY_PERIOD_MARK:
    case ENTRY_CARD_BLOCK:
    case ENTRY_CARD_UNBLOCK:
    case ENTRY_CARD_MOVED:
    case ENTRY_DISPUTE_OPENED:
    case ENTRY_DISPUTE_ANSWERED:
    case ENTRY_DISPUTE_ESCALATED:
    case ENTRY_DISPUTE_RULED:
    case ENTRY_BURN_ADJUSTMENT:
    case ENTRY_FUNDING:
    case ENTRY_FUNDING_RETURN:
    case ENTRY_PROMOTION:
    case ENTRY_PROMOTION_RETURN:
    case ENTRY_BLOCK_BOUGHT:
    case ENTRY_BLOCK_ENDED:
    case ENTRY_KIND_END:
        break;
    }
    return TALEA__V1__HISTORY_KIND__HISTORY_KIND_ADJUSTMENT;
}

static Talea__V1__HistoryKind kind_of(const struct command *command,
                                      const struct history_trace *trace)
{
    switch ((int)command->kind) {
    case COMMAND_ENROL:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_ENROL;
    case COMMAND_ISSUE_CARD:
    case COMMAND_BLOCK_CARD:
    case COMMAND_UNBLOCK_CARD:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_CARD;
    case COMMAND_EARN:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_EARN;
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
    case COMMAND_RECOVER_HOLD:
    case COMMAND_STAND_IN_HOLD:
    case COMMAND_GIVE_UP_HOLD:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_HOLD;
    case COMMAND_CAPTURE:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_CAPTURE;
    case COMMAND_VOID:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_VOID;
    case COMMAND_EXPIRE_HOLD:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_HOLD_EXPIRED;
    case COMMAND_RETURN_SALE:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_EARN_RETURN;
    case COMMAND_RETURN_BURN:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_BURN_RETURN;
    case COMMAND_SETTLE_MEMBER:
        return trace->has_breakage ? TALEA__V1__HISTORY_KIND__HISTORY_KIND_EXPIRY
                                   : TALEA__V1__HISTORY_KIND__HISTORY_KIND_ACTIVATION;
    case COMMAND_TRANSFER:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_TRANSFER;
    case COMMAND_OPEN_POOL:
    case COMMAND_JOIN_POOL:
    case COMMAND_LEAVE_POOL:
    case COMMAND_SET_POOL_RIGHT:
    case COMMAND_BEAR_CARD:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_POOL;
    case COMMAND_BLOCK_MEMBER:
    case COMMAND_UNBLOCK_MEMBER:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_BLOCK;
    case COMMAND_MERGE_MEMBERS:
    case COMMAND_UNMERGE_MEMBERS:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_MERGE;
    case COMMAND_ERASE_MEMBER:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_ERASURE;
    case COMMAND_SET_PROFILE:
    case COMMAND_SET_REFERRER:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_CONSENT;
    case COMMAND_AWAIT_MOVE:
    case COMMAND_MOVE_MEMBER:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_MOVE;
    case COMMAND_TAKE_ENTRY:
    case COMMAND_RECOVER_TAKEN:
        return kind_of_entry(command->take_entry.entry.kind);
    default: /* of no member, or a correction */
        break;
    }
    return TALEA__V1__HISTORY_KIND__HISTORY_KIND_ADJUSTMENT;
}

enum err history_row(struct arena *arena, const struct record *record,
                     const struct history_trace *trace, const struct partner_id *self,
                     Talea__V1__HistoryRow **out_row)
{
    struct command command;
    Talea__V1__HistoryRow *row = arena_alloc(arena, sizeof *row);
    TRY(record_command(record, &command));
    if (row == NULL) {
        return ERR_RESOURCE;
    }
    const struct uid *id = record_transaction(record, &command);
    talea__v1__history_row__init(row);
    row->journal_row = record->row;
    row->kind = kind_of(&command, trace);
    row->recorded_unix_ms = record->time.ms;
    row->business_unix_ms = record_business_time(record, &command).ms;
    row->available_delta_points = trace->available;
    row->pending_delta_points = trace->pending;
    row->held_delta_points = trace->held;
    row->debt_delta_points = trace->debt;
    row->transaction_id = uid_is_nil(id) ? message_copy(arena, "", 1) : message_uid(arena, id);
    row->partner = message_copy(arena, record_shop(&command, self)->text, PARTNER_ID_MAX);
    row->reference = message_copy(arena, record_receipt(&command), LIMIT_REFERENCE_BYTES);
    if (row->transaction_id == NULL || row->partner == NULL || row->reference == NULL) {
        return ERR_RESOURCE;
    }
    *out_row = row;
    return ERR_OK;
}

#include "model_parts.h"

#include <string.h>

void model_reset(struct model *m, const struct roster *roster, int64_t grace_ms, int64_t debt_limit,
                 uint64_t outbox_entries)
{
    m->roster = roster;
    m->grace_ms = grace_ms;
    m->debt_limit = debt_limit;
    m->outbox_entries = outbox_entries;
    m->now = 0;
    m->kind = COMMAND_KIND_END;
    memset(m->untold, 0, sizeof m->untold);
    memset(m->promotion_told, 0, sizeof m->promotion_told);
    memset(m->promotion_refused, 0, sizeof m->promotion_refused);
    memset(m->queue_kept, 0, sizeof m->queue_kept);
    memset(m->queue_gone, 0, sizeof m->queue_gone);
    m->abroad = m->promoted = m->promotion_paid = 0;
    memset(m->given, 0, sizeof m->given);
    memset(m->brought, 0, sizeof m->brought);
    memset(m->payments, 0, sizeof m->payments);
    memset(m->words, 0, sizeof m->words);
    m->programme_count = 0;
    m->programme_version = 0;
    m->status_count = 0;
    m->card_serial = 0;
    m->out_period = roster->first_period;
    m->member_count = 0;
    m->card_count = 0;
    m->hold_count = 0;
    m->sale_count = 0;
    m->command_count = 0;
    m->account_count = 0;
    m->adjustment_count = 0;
    m->merge_count = 0;
    m->mandate_count = 0;
    m->block_count = 0;
    m->number_count = 0;
    m->given_count = 0;
    m->quote_count = 0;
    m->right_count = 0;
    m->alert_count = 0;
    m->debt_count = 0;
    m->matched_count = 0;
    m->touched = 0;
    for (int i = 0; i < MODEL_PARTNERS; i++) {
        m->in_period[i] = roster->first_period;
        m->is_frozen_out[i] = false;
        m->sent_count[i] = 0;
        m->receipted[i] = 0;
    }
}

#define COPY(array, count) memcpy(to->array, from->array, (count) * sizeof from->array[0])

void model_copy(struct model *to, const struct model *from)
{
    /* All that is no long array lies around the arrays. */
    to->roster = from->roster;
    to->flaw = from->flaw;
    to->grace_ms = from->grace_ms;
    to->debt_limit = from->debt_limit;
    to->outbox_entries = from->outbox_entries;
    to->now = from->now;
    to->kind = from->kind;
    to->card_serial = from->card_serial;
    to->out_period = from->out_period;
    to->member_count = from->member_count;
    to->card_count = from->card_count;
    to->status_count = from->status_count;
    to->hold_count = from->hold_count;
    to->sale_count = from->sale_count;
    to->command_count = from->command_count;
    to->account_count = from->account_count;
    to->adjustment_count = from->adjustment_count;
    to->merge_count = from->merge_count;
    to->mandate_count = from->mandate_count;
    to->debt_count = from->debt_count;
    to->matched_count = from->matched_count;
    to->block_count = from->block_count;
    to->right_count = from->right_count;
    to->alert_count = from->alert_count;
    to->touched = from->touched;
    to->abroad = from->abroad;
    to->promoted = from->promoted;
    to->promotion_paid = from->promotion_paid;
    COPY(given, MODEL_PARTNERS);
    COPY(untold, MODEL_PARTNERS);
    COPY(promotion_told, MODEL_PARTNERS);
    COPY(promotion_refused, MODEL_PARTNERS);
    COPY(queue_kept, MODEL_PARTNERS);
    COPY(queue_gone, MODEL_PARTNERS);
    for (int i = 0; i < MODEL_PARTNERS; i++) {
        COPY(queue[i], from->queue_kept[i]);
    }
    COPY(brought, MODEL_PARTNERS);
    to->programme_count = from->programme_count;
    to->programme_version = from->programme_version;
    COPY(payments, MODEL_PARTNERS);
    COPY(words, MODEL_PARTNERS);
    COPY(statuses, from->status_count);
    COPY(in_period, MODEL_PARTNERS);
    COPY(is_frozen_out, MODEL_PARTNERS);
    COPY(sent_count, MODEL_PARTNERS);
    COPY(receipted, MODEL_PARTNERS);
    COPY(blocks, from->block_count);
    COPY(members, from->member_count);
    COPY(cards, from->card_count);
    COPY(holds, from->hold_count);
    COPY(sales, from->sale_count);
    COPY(commands, from->command_count);
    COPY(accounts, from->account_count);
    COPY(adjustments, from->adjustment_count);
    COPY(merges, from->merge_count);
    COPY(mandates, from->mandate_count);
    COPY(debts, from->debt_count);
    COPY(matched, from->matched_count);
    COPY(rights, from->right_count);
    COPY(alerts, from->alert_count);
    for (int i = 0; i < MODEL_PARTNERS; i++) {
        COPY(sent[i], from->sent_count[i]);
    }
}

static enum verdict step_due(struct model *m, const struct command *command,
                             struct model_answer *answer)
{
    (void)answer;
    if (command->kind == COMMAND_SETTLE_MEMBER) {
        int member = model_account_of(m, &command->due.id);
        if (member < 0) {
            return VERDICT_MEMBER_UNKNOWN;
        }
        model_settle(m, &m->members[member]);
        model_touch(m, member);
        return VERDICT_OK;
    }
    struct model_hold *hold =
        model_hold(m, model_partner(m, &command->due.redeemer), &command->due.id);
    if (hold != NULL && !hold->is_foreign && !hold->has_ended && m->now > hold->deliver_by) {
        model_release(m, hold);
        hold->is_expired = true;
        model_touch(m, model_follow(m, hold->member));
    }
    return VERDICT_OK;
}

static enum verdict step_close(struct model *m, const struct command *command,
                               struct model_answer *answer)
{
    (void)answer;
    if (command->close_period.period.code != m->out_period.code) {
        return VERDICT_PERIOD_NOT_OPEN;
    }
    for (int i = 1; i < MODEL_PARTNERS; i++) {
        if (!m->is_frozen_out[i]) {
            model_send(m, i, (struct model_entry){.kind = ENTRY_PERIOD_MARK});
        }
    }
    m->out_period = period_next(m->out_period);
    return VERDICT_OK;
}

static enum verdict step_freeze(struct model *m, const struct command *command,
                                struct model_answer *answer)
{
    (void)answer;
    if (command->freeze.direction == STREAM_OUT) {
        m->is_frozen_out[model_partner(m, &command->freeze.partner)] = true;
    }
    return VERDICT_OK;
}

/* Its points are not moved by it. */
static enum verdict step_nothing(struct model *m, const struct command *command,
                                 struct model_answer *answer)
{
    (void)m;
    (void)command;
    (void)answer;
    return VERDICT_OK;
}

static model_fn *const model_fns[COMMAND_KIND_END] = {
    [COMMAND_ENROL] = model_step_enrol,
    [COMMAND_ISSUE_CARD] = model_step_issue_card,
    [COMMAND_BLOCK_CARD] = model_step_block_card,
    [COMMAND_EARN] = model_step_earn,
    [COMMAND_HOLD] = model_step_hold,
    [COMMAND_FOREIGN_HOLD] = model_step_hold,
    [COMMAND_CAPTURE] = model_step_capture,
    [COMMAND_VOID] = model_step_void,
    [COMMAND_RETURN_SALE] = model_step_return_sale,
    [COMMAND_RETURN_BURN] = model_step_return_burn,
    [COMMAND_SETTLE_MEMBER] = step_due,
    [COMMAND_EXPIRE_HOLD] = step_due,
    [COMMAND_TAKE_ENTRY] = model_step_take_entry,
    [COMMAND_TAKE_BATCH] = step_nothing,
    [COMMAND_TAKE_RECEIPT] = model_step_take_receipt,
    [COMMAND_CLOSE_PERIOD] = step_close,
    [COMMAND_PUT_PAIR] = model_step_put_pair,
    [COMMAND_FREEZE_STREAM] = step_freeze,
    [COMMAND_TRANSFER] = model_step_transfer,
    [COMMAND_OPEN_POOL] = model_step_open_pool,
    [COMMAND_JOIN_POOL] = model_step_join_pool,
    [COMMAND_LEAVE_POOL] = model_step_leave_pool,
    [COMMAND_PROPOSE_ADJUSTMENT] = model_step_propose,
    [COMMAND_RULE_ADJUSTMENT] = model_step_rule,
    [COMMAND_UNBLOCK_CARD] = model_step_block_card,
    [COMMAND_BLOCK_MEMBER] = model_step_block_member,
    [COMMAND_UNBLOCK_MEMBER] = model_step_block_member,
    [COMMAND_MERGE_MEMBERS] = model_step_merge,
    [COMMAND_UNMERGE_MEMBERS] = model_step_unmerge,
    [COMMAND_ERASE_MEMBER] = model_step_erase,
    [COMMAND_SET_PROFILE] = model_step_set_profile,
    [COMMAND_SET_REFERRER] = model_step_set_referrer,
    [COMMAND_PRUNE] = model_step_prune,
    [COMMAND_GRANT_MANDATE] = model_step_mandate,
    [COMMAND_TAKE_MANDATE] = model_step_mandate,
    [COMMAND_STAND_IN_HOLD] = model_step_stand_in,
    [COMMAND_GIVE_UP_HOLD] = model_step_give_up,
    [COMMAND_TELL_FUNDING] = model_step_tell_funding,
    [COMMAND_SEND_EARNS] = model_step_send_earns,
    [COMMAND_SELL_BLOCK] = model_step_block,
    [COMMAND_BUY_BLOCK] = model_step_block,
    [COMMAND_WITHDRAW_BLOCK] = model_step_withdraw,
    [COMMAND_BLOCK_DUE] = model_step_block_due,
    [COMMAND_TELL_CARDS] = step_nothing, /* everybody was told at once */
    [COMMAND_NET_PAYMENT] = model_step_payment,
    [COMMAND_INSTRUCT_PAYMENT] = model_step_payment,
    [COMMAND_BOOK_PAYMENT] = model_step_payment,
    [COMMAND_SIGN_PAYMENT] = model_step_payment,
    [COMMAND_HEAR_PAYMENT] = model_step_payment,
    [COMMAND_KEEP_NETTING] = model_step_netting,
    [COMMAND_ACTIVATE_PROGRAMME] = model_step_programme,
    [COMMAND_CHANGE_STANDING] = model_step_standing,
    [COMMAND_RESERVE] = model_step_reserve,
    [COMMAND_SET_POOL_RIGHT] = model_step_pool_right,
    [COMMAND_BEAR_CARD] = model_step_bear_card,
    [COMMAND_RAISE_ALERT] = model_step_raise_alert,
    [COMMAND_RULE_ALERT] = model_step_rule_alert,
    [COMMAND_AWAIT_MOVE] = model_step_await,
    [COMMAND_MOVE_MEMBER] = model_step_move,
};

static bool transfers_equal(const struct command_transfer *a, const struct command_transfer *b)
{
    return uid_equal(&a->from, &b->from) && uid_equal(&a->to, &b->to) &&
           uid_equal(&a->by, &b->by) && a->points.minor == b->points.minor;
}

static bool earns_equal(const struct command_earn *a, const struct command_earn *b)
{
    return strcmp(a->card.digits, b->card.digits) == 0 && uid_equal(&a->member, &b->member) &&
           a->is_fixed == b->is_fixed && a->promotion == b->promotion &&
           (a->is_judged || b->is_judged ? a->is_judged == b->is_judged &&
                                               memcmp(a->basket, b->basket, sizeof a->basket) == 0
                                         : a->amount.minor == b->amount.minor &&
                                               a->fixed_points.minor == b->fixed_points.minor);
}

static bool guards_say_the_same(const struct command *a, const struct command *b)
{
    switch ((int)a->kind) {
    case COMMAND_SET_POOL_RIGHT:
        return uid_equal(&a->pool_right.pool, &b->pool_right.pool) &&
               uid_equal(&a->pool_right.member, &b->pool_right.member) &&
               uid_equal(&a->pool_right.by, &b->pool_right.by) &&
               a->pool_right.kind == b->pool_right.kind &&
               a->pool_right.limit.minor == b->pool_right.limit.minor;
    case COMMAND_BEAR_CARD:
        return strcmp(a->bearer.card.digits, b->bearer.card.digits) == 0 &&
               uid_equal(&a->bearer.member, &b->bearer.member);
    case COMMAND_RAISE_ALERT:
        return strcmp(a->finding.rule, b->finding.rule) == 0 &&
               strcmp(a->finding.subject, b->finding.subject) == 0 &&
               uid_equal(&a->finding.sale, &b->finding.sale);
    case COMMAND_RULE_ALERT:
        return uid_equal(&a->alert_ruling.alert, &b->alert_ruling.alert) &&
               a->alert_ruling.is_fraud == b->alert_ruling.is_fraud &&
               strcmp(a->alert_ruling.by, b->alert_ruling.by) == 0;
    default:
        return false;
    }
}

static bool office_says_the_same(const struct command *a, const struct command *b)
{
    switch ((int)a->kind) {
    case COMMAND_OPEN_POOL:
        return uid_equal(&a->pool.member, &b->pool.member) &&
               strcmp(a->pool.name, b->pool.name) == 0;
    case COMMAND_JOIN_POOL:
    case COMMAND_LEAVE_POOL:
        return uid_equal(&a->pool.pool, &b->pool.pool) &&
               uid_equal(&a->pool.member, &b->pool.member);
    case COMMAND_PROPOSE_ADJUSTMENT:
        return uid_equal(&a->adjustment.member, &b->adjustment.member) &&
               a->adjustment.points.minor == b->adjustment.points.minor &&
               strcmp(a->adjustment.reason, b->adjustment.reason) == 0;
    case COMMAND_RULE_ADJUSTMENT:
        return uid_equal(&a->ruling.adjustment, &b->ruling.adjustment) &&
               a->ruling.is_approved == b->ruling.is_approved;
    case COMMAND_BLOCK_MEMBER:
    case COMMAND_UNBLOCK_MEMBER:
        return uid_equal(&a->block.member, &b->block.member) &&
               strcmp(a->block.reason, b->block.reason) == 0;
    case COMMAND_MERGE_MEMBERS:
        return uid_equal(&a->merge.from, &b->merge.from) &&
               uid_equal(&a->merge.into, &b->merge.into);
    case COMMAND_UNMERGE_MEMBERS:
        return uid_equal(&a->unmerge.merge, &b->unmerge.merge);
    case COMMAND_ERASE_MEMBER:
        return uid_equal(&a->erase.member, &b->erase.member);
    case COMMAND_ACTIVATE_PROGRAMME:
        return a->programme.version == b->programme.version &&
               (!a->is_dated || a->programme.from.ms == b->programme.from.ms);
    case COMMAND_CHANGE_STANDING:
        return uid_equal(&a->standing.occasion, &b->standing.occasion) &&
               uid_equal(&a->standing.returned, &b->standing.returned) &&
               uid_equal(&a->standing.quote, &b->standing.quote) &&
               hash_equal(&a->standing.said, &b->standing.said);
    case COMMAND_RESERVE:
        return uid_equal(&a->reserve.quote, &b->reserve.quote) &&
               a->reserve.step == b->reserve.step && hash_equal(&a->reserve.said, &b->reserve.said);
    case COMMAND_SET_REFERRER:
        return uid_equal(&a->referrer.member, &b->referrer.member) &&
               uid_equal(&a->referrer.referrer, &b->referrer.referrer);
    case COMMAND_SET_PROFILE:
        return uid_equal(&a->profile.member, &b->profile.member) &&
               memcmp(a->profile.said_tag, b->profile.said_tag, PERSONAL_TAG_SIZE) == 0;
    case COMMAND_SELL_BLOCK:
    case COMMAND_BUY_BLOCK:
        return block_terms_equal(&a->block_of_points.terms, &b->block_of_points.terms);
    case COMMAND_WITHDRAW_BLOCK:
        return uid_equal(&a->withdrawal.block, &b->withdrawal.block) &&
               partner_id_equal(&a->withdrawal.buyer, &b->withdrawal.buyer);
    case COMMAND_AWAIT_MOVE:
        return strcmp(a->await.card.digits, b->await.card.digits) == 0 &&
               strcmp(a->await.own_card.digits, b->await.own_card.digits) == 0;
    case COMMAND_MOVE_MEMBER:
        return strcmp(a->move.card.digits, b->move.card.digits) == 0 &&
               strcmp(a->move.new_card.digits, b->move.new_card.digits) == 0 &&
               partner_id_equal(&a->move.to, &b->move.to);
    default:
        return guards_say_the_same(a, b);
    }
}

/* What the caller of a repeat must say again. */
static bool says_the_same(const struct command *a, const struct command *b)
{
    bool both_ask_abroad = command_asks_abroad(a->kind) && command_asks_abroad(b->kind);
    if ((a->kind != b->kind && !both_ask_abroad) || a->is_dated != b->is_dated ||
        (a->is_dated && a->business_time.ms != b->business_time.ms)) {
        return false;
    }
    switch ((int)a->kind) {
    case COMMAND_ENROL:
        return memcmp(a->enrol.said_tag, b->enrol.said_tag, PERSONAL_TAG_SIZE) == 0;
    case COMMAND_ISSUE_CARD:
        return uid_equal(&a->card.member, &b->card.member);
    case COMMAND_BLOCK_CARD:
    case COMMAND_UNBLOCK_CARD:
        return strcmp(a->card.card.digits, b->card.card.digits) == 0;
    case COMMAND_EARN:
        return earns_equal(&a->earn, &b->earn);
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
    case COMMAND_STAND_IN_HOLD:
    case COMMAND_GIVE_UP_HOLD:
        return strcmp(a->hold.card.digits, b->hold.card.digits) == 0 &&
               a->hold.points.minor == b->hold.points.minor;
    case COMMAND_CAPTURE:
    case COMMAND_VOID:
    case COMMAND_RETURN_BURN:
        return uid_equal(&a->use.hold, &b->use.hold) && a->use.points.minor == b->use.points.minor;
    case COMMAND_RETURN_SALE:
        return uid_equal(&a->return_sale.sale, &b->return_sale.sale) &&
               a->return_sale.amount.minor == b->return_sale.amount.minor;
    case COMMAND_CLOSE_PERIOD:
        return a->close_period.period.code == b->close_period.period.code;
    case COMMAND_TRANSFER:
        return transfers_equal(&a->transfer, &b->transfer);
    default:
        return office_says_the_same(a, b);
    }
}

/* The command with this id that is not forgotten; NULL: none. */
static const struct model_command *known_command(const struct model *m,
                                                 const struct command *command)
{
    for (size_t i = 0; i < m->command_count; i++) {
        const struct model_command *known = &m->commands[i];
        if (!known->is_forgotten && !uid_is_nil(&command->transaction_id) &&
            uid_equal(&known->command.transaction_id, &command->transaction_id) &&
            partner_id_equal(&known->command.origin, &command->origin)) {
            return known;
        }
    }
    return NULL;
}

bool model_knows(const struct model *m, const struct command *command)
{
    return command_is_idempotent(command->kind) && known_command(m, command) != NULL;
}

static void repeat(const struct model_command *known, const struct command *command,
                   struct model_answer *out_answer)
{
    if (says_the_same(&known->command, command)) {
        *out_answer = known->answer;
    } else {
        out_answer->verdict = VERDICT_TRANSACTION_ID_REUSED;
    }
    out_answer->is_repeat = true;
}

static uint64_t count_sent(const struct model *m)
{
    uint64_t count = 0;
    for (int i = 1; i < MODEL_PARTNERS; i++) {
        count += m->sent_count[i];
    }
    return count;
}

/* A command that is told for the first time, and what it makes known to issuers. */
static enum verdict step_anew(struct model *m, const struct command *command,
                              struct model_answer *answer)
{
    uint64_t sent = count_sent(m);
    memset(m->spent, 0, sizeof m->spent);
    enum verdict verdict = model_fns[command->kind](m, command, answer);
    if (verdict == VERDICT_OK) {
        model_tell_spent(m, command->kind == COMMAND_TAKE_RECEIPT || count_sent(m) != sent);
    }
    return verdict;
}

void model_step(struct model *m, const struct command *command, struct unix_ms now,
                struct model_answer *out_answer)
{
    *out_answer = (struct model_answer){0};
    m->now = now.ms;
    m->kind = command->kind;
    m->touched = 0;
    if (!command_is_idempotent(command->kind)) {
        out_answer->verdict = step_anew(m, command, out_answer);
        return;
    }
    const struct model_command *known = known_command(m, command);
    if (known != NULL) {
        repeat(known, command, out_answer);
        return;
    }
    out_answer->verdict = step_anew(m, command, out_answer);
    if (out_answer->verdict != VERDICT_OK) {
        *out_answer = (struct model_answer){.verdict = out_answer->verdict};
    }
    ASSERT(m->command_count < MODEL_COMMANDS);
    m->commands[m->command_count++] = (struct model_command){*command, *out_answer, false};
}

#include "model.h"

#include <string.h>

void model_reset(struct model *m, const struct roster *roster, int64_t grace_ms)
{
    m->roster = roster;
    m->grace_ms = grace_ms;
    m->now = 0;
    m->card_serial = 0;
    m->out_period = roster->first_period;
    m->member_count = 0;
    m->card_count = 0;
    m->hold_count = 0;
    m->sale_count = 0;
    m->command_count = 0;
    m->account_count = 0;
    m->touched = -1;
    for (int i = 0; i < MODEL_PARTNERS; i++) {
        m->in_period[i] = roster->first_period;
        m->sent_count[i] = 0;
        m->receipted[i] = 0;
    }
}

int model_partner(const struct model *m, const struct partner_id *partner)
{
    for (int i = 0; i < MODEL_PARTNERS; i++) {
        if (partner_id_equal(&m->roster->partners[i].id, partner)) {
            return i;
        }
    }
    return -1;
}

int model_home(const struct model *m, const struct card_number *card)
{
    for (int i = 0; i < MODEL_PARTNERS; i++) {
        if (card_has_prefix(card, &m->roster->partners[i].prefix)) {
            return i;
        }
    }
    return -1;
}

struct model_card *model_card(struct model *m, const struct card_number *card)
{
    for (size_t i = 0; i < m->card_count; i++) {
        if (strcmp(m->cards[i].number.digits, card->digits) == 0) {
            return &m->cards[i];
        }
    }
    return NULL;
}

int model_member(const struct model *m, const struct uid *id)
{
    for (size_t i = 0; i < m->member_count; i++) {
        if (uid_equal(&m->members[i].id, id)) {
            return (int)i;
        }
    }
    return -1;
}

struct model_hold *model_hold(struct model *m, int redeemer, const struct uid *id)
{
    for (size_t i = 0; i < m->hold_count; i++) {
        struct model_hold *hold = &m->holds[i];
        int by = hold->is_foreign ? 0 : hold->partner;
        if (by == redeemer && uid_equal(&hold->id, id)) {
            return hold;
        }
    }
    return NULL;
}

struct model_sale *model_sale(struct model *m, int issuer, const struct uid *id)
{
    for (size_t i = 0; i < m->sale_count; i++) {
        if (m->sales[i].issuer == issuer && uid_equal(&m->sales[i].id, id)) {
            return &m->sales[i];
        }
    }
    return NULL;
}

void model_send(struct model *m, int partner, struct model_entry entry)
{
    ASSERT(m->sent_count[partner] < MODEL_ENTRIES);
    entry.number = m->sent_count[partner] + 1;
    entry.period = m->out_period;
    m->sent[partner][m->sent_count[partner]++] = entry;
}

enum verdict model_judge_points(int64_t points)
{
    return points <= 0                         ? VERDICT_POINTS_NOT_POSITIVE
           : points > LIMIT_POINTS_PER_COMMAND ? VERDICT_POINTS_TOO_LARGE
                                               : VERDICT_OK;
}

static void add_card(struct model *m, int member, struct model_answer *answer)
{
    ASSERT(m->card_count < MODEL_CARDS);
    struct model_card *card = &m->cards[m->card_count++];
    *card = (struct model_card){.member = member};
    ASSERT(card_number_make(&m->roster->partners[0].prefix, ++m->card_serial, &card->number) ==
           ERR_OK);
    m->members[member].card_count++;
    answer->card = card->number;
    m->touched = member;
}

static enum verdict step_enrol(struct model *m, const struct command_enrol *enrol,
                               struct model_answer *answer)
{
    for (size_t i = 0; i < m->member_count && enrol->reference_tag[0] != 0; i++) {
        if (memcmp(m->members[i].reference, enrol->reference_tag, PERSONAL_TAG_SIZE) == 0) {
            return VERDICT_REFERENCE_EXISTS;
        }
    }
    ASSERT(m->member_count < MODEL_MEMBERS);
    struct model_member *member = &m->members[m->member_count++];
    member->id = enrol->member;
    member->card_count = 0;
    member->debt = 0;
    member->lot_count = 0;
    memcpy(member->reference, enrol->reference_tag, sizeof member->reference);
    add_card(m, (int)m->member_count - 1, answer);
    return VERDICT_OK;
}

static enum verdict step_issue_card(struct model *m, const struct command_card *issue,
                                    struct model_answer *answer)
{
    int member = model_member(m, &issue->member);
    if (member < 0) {
        return VERDICT_MEMBER_UNKNOWN;
    }
    if (m->members[member].card_count == LIMIT_CARDS_PER_MEMBER) {
        return VERDICT_TOO_MANY_CARDS;
    }
    add_card(m, member, answer);
    return VERDICT_OK;
}

static enum verdict step_block_card(struct model *m, const struct command_card *block)
{
    struct model_card *card = model_card(m, &block->card);
    if (card == NULL) {
        return VERDICT_CARD_UNKNOWN;
    }
    if (card->is_blocked) {
        return VERDICT_CARD_BLOCKED;
    }
    card->is_blocked = true;
    return VERDICT_OK;
}

static void step_due(struct model *m, const struct command *command)
{
    if (command->kind == COMMAND_SETTLE_MEMBER) {
        m->touched = model_member(m, &command->due.id);
        model_settle(m, &m->members[m->touched]);
        return;
    }
    struct model_hold *hold =
        model_hold(m, model_partner(m, &command->due.redeemer), &command->due.id);
    if (hold != NULL && !hold->is_foreign && !hold->has_ended && m->now > hold->deliver_by) {
        model_release(m, hold);
        m->touched = hold->member;
    }
}

static enum verdict step_close(struct model *m, const struct command *command)
{
    if (command->close_period.period.yyyymm != m->out_period.yyyymm) {
        return VERDICT_PERIOD_NOT_OPEN;
    }
    for (int i = 1; i < MODEL_PARTNERS; i++) {
        model_send(m, i, (struct model_entry){.kind = ENTRY_PERIOD_MARK});
    }
    m->out_period = period_next(m->out_period);
    return VERDICT_OK;
}

static void step_once(struct model *m, const struct command *command, struct model_answer *answer)
{
    switch (command->kind) {
    case COMMAND_ENROL:
        answer->verdict = step_enrol(m, &command->enrol, answer);
        break;
    case COMMAND_ISSUE_CARD:
        answer->verdict = step_issue_card(m, &command->card, answer);
        break;
    case COMMAND_BLOCK_CARD:
        answer->verdict = step_block_card(m, &command->card);
        break;
    case COMMAND_EARN:
        answer->verdict = model_step_earn(m, command, answer);
        break;
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
        answer->verdict = model_step_hold(m, command, answer);
        break;
    case COMMAND_CAPTURE:
        answer->verdict = model_step_capture(m, command, answer);
        break;
    case COMMAND_VOID:
        answer->verdict = model_step_void(m, command, answer);
        break;
    case COMMAND_RETURN_SALE:
        answer->verdict = model_step_return_sale(m, command, answer);
        break;
    case COMMAND_RETURN_BURN:
        answer->verdict = model_step_return_burn(m, command, answer);
        break;
    case COMMAND_SETTLE_MEMBER:
    case COMMAND_EXPIRE_HOLD:
        step_due(m, command);
        break;
    case COMMAND_TAKE_ENTRY:
        model_take_entry(m, command, answer);
        break;
    case COMMAND_TAKE_RECEIPT:
        model_take_receipt(m, &command->take_receipt);
        break;
    case COMMAND_CLOSE_PERIOD:
        answer->verdict = step_close(m, command);
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
        ASSERT(false);
    }
}

/* What the caller of a repeat must say again. */
static bool says_the_same(const struct command *a, const struct command *b)
{
    if (a->kind != b->kind || a->is_dated != b->is_dated ||
        (a->is_dated && a->business_time.ms != b->business_time.ms)) {
        return false;
    }
    switch (a->kind) {
    case COMMAND_ENROL:
        return memcmp(a->enrol.said_tag, b->enrol.said_tag, PERSONAL_TAG_SIZE) == 0;
    case COMMAND_ISSUE_CARD:
        return uid_equal(&a->card.member, &b->card.member);
    case COMMAND_BLOCK_CARD:
        return strcmp(a->card.card.digits, b->card.card.digits) == 0;
    case COMMAND_EARN:
        return strcmp(a->earn.card.digits, b->earn.card.digits) == 0 &&
               uid_equal(&a->earn.member, &b->earn.member) &&
               a->earn.amount.minor == b->earn.amount.minor &&
               a->earn.is_fixed == b->earn.is_fixed &&
               a->earn.fixed_points.minor == b->earn.fixed_points.minor;
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
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
        return a->close_period.period.yyyymm == b->close_period.period.yyyymm;
    case COMMAND_SETTLE_MEMBER:
    case COMMAND_EXPIRE_HOLD:
    case COMMAND_TAKE_ENTRY:
    case COMMAND_TAKE_BATCH:
    case COMMAND_TAKE_RECEIPT:
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
    return false;
}

void model_step(struct model *m, const struct command *command, struct unix_ms now,
                struct model_answer *out_answer)
{
    *out_answer = (struct model_answer){0};
    m->now = now.ms;
    m->touched = -1;
    if (!command_is_idempotent(command->kind)) {
        step_once(m, command, out_answer);
        return;
    }
    for (size_t i = 0; i < m->command_count; i++) {
        const struct model_command *known = &m->commands[i];
        if (uid_equal(&known->command.transaction_id, &command->transaction_id) &&
            partner_id_equal(&known->command.origin, &command->origin)) {
            if (says_the_same(&known->command, command)) {
                *out_answer = known->answer;
            } else {
                out_answer->verdict = VERDICT_TRANSACTION_ID_REUSED;
            }
            out_answer->is_repeat = true;
            return;
        }
    }
    step_once(m, command, out_answer);
    if (out_answer->verdict != VERDICT_OK) {
        *out_answer = (struct model_answer){.verdict = out_answer->verdict};
    }
    ASSERT(m->command_count < MODEL_COMMANDS);
    m->commands[m->command_count++] = (struct model_command){*command, *out_answer};
}

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

static enum verdict judge_points(int64_t points)
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
    for (size_t i = 0; i < m->member_count && enrol->reference[0] != '\0'; i++) {
        if (strcmp(m->members[i].reference, enrol->reference) == 0) {
            return VERDICT_REFERENCE_EXISTS;
        }
    }
    ASSERT(m->member_count < MODEL_MEMBERS);
    struct model_member *member = &m->members[m->member_count++];
    member->id = enrol->member;
    member->card_count = 0;
    member->debt = 0;
    member->lot_count = 0;
    memcpy(member->reference, enrol->reference, sizeof member->reference);
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

/* What a sale gives, or why not. */
static enum verdict judge_earn(const struct command_earn *earn, int64_t *out_points)
{
    struct points points = earn->fixed_points;
    bool has_points = true;
    if (earn->is_fixed) {
        enum verdict verdict = judge_points(points.minor);
        if (verdict != VERDICT_OK && points.minor != 0) { /* a gift of nothing is one */
            return verdict;
        }
    } else {
        has_points = earn_rate_points(&earn->rate, earn->amount, &points) == ERR_OK &&
                     points.minor <= LIMIT_POINTS_PER_COMMAND;
    }
    if (!has_points) {
        return VERDICT_POINTS_TOO_LARGE;
    }
    *out_points = points.minor;
    return earn->amount.minor < 0 ? VERDICT_AMOUNT_NEGATIVE : VERDICT_OK;
}

/* Whose card: an own member, or another home. */
static enum verdict judge_holder(struct model *m, const struct command_earn *earn, int *out_home,
                                 int *out_member)
{
    *out_home = 0;
    if (earn->card.digits[0] == '\0') {
        *out_member = model_member(m, &earn->member);
        return *out_member < 0 ? VERDICT_MEMBER_UNKNOWN : VERDICT_OK;
    }
    *out_home = model_home(m, &earn->card);
    *out_member = -1;
    if (*out_home < 0) {
        return VERDICT_PARTNER_UNKNOWN;
    }
    if (*out_home > 0) {
        return VERDICT_OK;
    }
    const struct model_card *card = model_card(m, &earn->card);
    if (card == NULL) {
        return VERDICT_CARD_UNKNOWN;
    }
    *out_member = card->member;
    return card->is_blocked ? VERDICT_CARD_BLOCKED : VERDICT_OK;
}

static enum verdict step_earn(struct model *m, const struct command *command,
                              struct model_answer *answer)
{
    const struct command_earn *earn = &command->earn;
    int64_t points = 0;
    int home;
    int member;
    enum verdict verdict = judge_earn(earn, &points);
    verdict = verdict == VERDICT_OK ? judge_holder(m, earn, &home, &member) : verdict;
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    struct model_sale sale = {.home = home,
                              .id = command->transaction_id,
                              .card = earn->card,
                              .member = member,
                              .is_fixed = earn->is_fixed,
                              .amount = earn->amount.minor,
                              .points = points,
                              .rate = earn->rate,
                              .lot = {0, 1, earn->active_from.ms, earn->expires_at.ms}};
    if (home > 0) {
        model_post(m, ACCOUNT_ISSUED, ACCOUNT_PAYABLE, home, m->out_period, points);
        if (points > 0) {
            model_send(m, home,
                       (struct model_entry){.kind = ENTRY_EARN,
                                            .points = points,
                                            .transaction_id = command->transaction_id,
                                            .card = earn->card});
        }
    } else {
        struct model_member *to = &m->members[member];
        struct model_member settled = *to;
        (void)model_settle_at(&settled, m->now);
        if (!model_has_room(m, &settled, sale.lot, points)) {
            return VERDICT_TOO_MANY_LOTS;
        }
        model_settle(m, to);
        model_give(m, to, sale.lot, points);
        model_post(m, ACCOUNT_ISSUED, ACCOUNT_AVAILABLE, 0, (struct period){0}, points);
        m->touched = member;
    }
    ASSERT(m->sale_count < MODEL_SALES);
    m->sales[m->sale_count++] = sale;
    answer->points = points;
    return VERDICT_OK;
}

static int64_t points_kept(const struct model_sale *sale, int64_t kept)
{
    struct points points = {0};
    if (!sale->is_fixed) {
        ASSERT(earn_rate_points(&sale->rate, money_of(kept), &points) == ERR_OK);
    } else if (sale->amount > 0) {
        ASSERT(int64_mul_div(sale->points, kept, sale->amount, ROUNDING_DOWN, &points.minor) ==
               ERR_OK);
    }
    return points.minor;
}

static enum verdict step_return_sale(struct model *m, const struct command *command,
                                     struct model_answer *answer)
{
    int64_t amount = command->return_sale.amount.minor;
    struct model_sale *sale = model_sale(m, 0, &command->return_sale.sale);
    if (amount < 0) {
        return VERDICT_AMOUNT_NEGATIVE;
    }
    if (sale == NULL || sale->is_reversed) {
        return VERDICT_SALE_UNKNOWN;
    }
    int64_t left = sale->amount - sale->returned;
    if (amount > left || (left == 0 && (sale->amount > 0 || sale->taken == sale->points))) {
        return VERDICT_RETURN_EXCEEDS_SALE;
    }
    sale->returned += amount == 0 ? left : amount;
    int64_t points = sale->points - sale->taken - points_kept(sale, sale->amount - sale->returned);
    sale->taken += points;
    answer->points = points;
    if (sale->home == 0) {
        struct model_member *member = &m->members[sale->member];
        model_settle(m, member);
        answer->debt = model_take(member, sale->lot, points);
        model_post(m, ACCOUNT_AVAILABLE, ACCOUNT_ISSUED, 0, (struct period){0}, points);
        m->touched = sale->member;
    } else if (points > 0) {
        model_post(m, ACCOUNT_PAYABLE, ACCOUNT_ISSUED, sale->home, m->out_period, points);
        model_send(m, sale->home,
                   (struct model_entry){.kind = ENTRY_EARN_RETURN,
                                        .points = points,
                                        .transaction_id = command->transaction_id,
                                        .subject = sale->id,
                                        .card = sale->card});
    }
    return VERDICT_OK;
}

static struct model_hold *add_hold(struct model *m, const struct command *command)
{
    const struct command_hold *from = &command->hold;
    ASSERT(m->hold_count < MODEL_HOLDS);
    struct model_hold *hold = &m->holds[m->hold_count]; /* counted once it is granted */
    hold->id = command->transaction_id;
    hold->card = from->card;
    hold->is_foreign = command->kind == COMMAND_FOREIGN_HOLD;
    hold->partner =
        hold->is_foreign ? model_home(m, &from->card) : model_partner(m, &from->redeemer);
    hold->member = -1;
    hold->has_ended = false;
    hold->captured = 0;
    hold->returned = 0;
    hold->granted = from->points.minor;
    hold->left = from->points.minor;
    hold->capture_by = from->capture_by.ms;
    hold->deliver_by = from->deliver_by.ms;
    hold->lot_count = 0;
    return hold;
}

static enum verdict step_hold(struct model *m, const struct command *command,
                              struct model_answer *answer)
{
    int64_t points = command->hold.points.minor;
    enum verdict verdict = judge_points(points);
    int home = model_home(m, &command->hold.card);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (home < 0) { /* at home, a card that isn't ours is just unknown */
        return command->kind == COMMAND_HOLD ? VERDICT_CARD_UNKNOWN : VERDICT_PARTNER_UNKNOWN;
    }
    struct model_hold *hold = add_hold(m, command);
    if (!hold->is_foreign) {
        const struct model_card *card = model_card(m, &command->hold.card);
        if (card == NULL) {
            return VERDICT_CARD_UNKNOWN;
        }
        if (card->is_blocked) {
            return VERDICT_CARD_BLOCKED;
        }
        hold->member = card->member;
        verdict = model_reserve(m, hold, points);
        if (verdict != VERDICT_OK) {
            return verdict;
        }
        m->touched = card->member;
    }
    m->hold_count++;
    answer->points = points;
    return VERDICT_OK;
}

static enum verdict step_capture(struct model *m, const struct command *command,
                                 struct model_answer *answer)
{
    int64_t points = command->use.points.minor;
    struct model_hold *hold = model_hold(m, 0, &command->use.hold);
    enum verdict verdict = points == 0 ? VERDICT_OK : judge_points(points);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (hold == NULL) {
        return VERDICT_HOLD_UNKNOWN;
    }
    if (hold->has_ended) {
        return VERDICT_HOLD_ENDED;
    }
    points = points == 0 ? hold->left : points;
    if (points > hold->left) {
        return VERDICT_HOLD_EXCEEDED;
    }
    if (command->business_time.ms > hold->capture_by || m->now > hold->deliver_by) {
        return VERDICT_CAPTURE_TOO_LATE;
    }
    if (hold->is_foreign) {
        hold->captured += points;
        hold->left -= points;
        hold->has_ended = hold->left == 0;
        model_post(m, ACCOUNT_RECEIVABLE, ACCOUNT_REDEEMED, hold->partner, m->out_period, points);
        model_send(m, hold->partner,
                   (struct model_entry){.kind = ENTRY_CAPTURE,
                                        .points = points,
                                        .transaction_id = command->transaction_id,
                                        .subject = hold->id,
                                        .card = hold->card});
    } else {
        model_capture(m, hold, points);
        model_post(m, ACCOUNT_HELD, ACCOUNT_REDEEMED, 0, (struct period){0}, points);
        m->touched = hold->member;
    }
    answer->points = points;
    answer->left = hold->left;
    return VERDICT_OK;
}

static enum verdict step_void(struct model *m, const struct command *command,
                              struct model_answer *answer)
{
    struct model_hold *hold = model_hold(m, 0, &command->use.hold);
    if (hold == NULL) {
        return VERDICT_HOLD_UNKNOWN;
    }
    if (hold->has_ended) {
        return VERDICT_HOLD_ENDED;
    }
    answer->points = hold->left;
    if (hold->is_foreign) {
        hold->left = 0;
        hold->has_ended = true;
        model_send(m, hold->partner,
                   (struct model_entry){.kind = ENTRY_VOID,
                                        .transaction_id = command->transaction_id,
                                        .subject = hold->id,
                                        .card = hold->card});
    } else {
        model_release(m, hold);
        m->touched = hold->member;
    }
    return VERDICT_OK;
}

static enum verdict step_return_burn(struct model *m, const struct command *command,
                                     struct model_answer *answer)
{
    int64_t points = command->use.points.minor;
    struct model_hold *hold = model_hold(m, 0, &command->use.hold);
    enum verdict verdict = points == 0 ? VERDICT_OK : judge_points(points);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (hold == NULL) {
        return VERDICT_HOLD_UNKNOWN;
    }
    int64_t left = hold->captured - hold->returned;
    points = points == 0 ? left : points;
    if (points > left || points <= 0) {
        return VERDICT_RETURN_EXCEEDS_SALE;
    }
    answer->points = points;
    if (hold->is_foreign) {
        hold->returned += points;
        model_post(m, ACCOUNT_REDEEMED, ACCOUNT_RECEIVABLE, hold->partner, m->out_period, points);
        model_send(m, hold->partner,
                   (struct model_entry){.kind = ENTRY_BURN_RETURN,
                                        .points = points,
                                        .transaction_id = command->transaction_id,
                                        .subject = hold->id,
                                        .card = hold->card});
        return VERDICT_OK;
    }
    verdict = model_refund(m, hold, points);
    if (verdict == VERDICT_OK) {
        model_post(m, ACCOUNT_REDEEMED, ACCOUNT_AVAILABLE, 0, (struct period){0}, points);
        m->touched = hold->member;
    }
    return verdict;
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
        answer->verdict = step_earn(m, command, answer);
        break;
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
        answer->verdict = step_hold(m, command, answer);
        break;
    case COMMAND_CAPTURE:
        answer->verdict = step_capture(m, command, answer);
        break;
    case COMMAND_VOID:
        answer->verdict = step_void(m, command, answer);
        break;
    case COMMAND_RETURN_SALE:
        answer->verdict = step_return_sale(m, command, answer);
        break;
    case COMMAND_RETURN_BURN:
        answer->verdict = step_return_burn(m, command, answer);
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
        return strcmp(a->enrol.reference, b->enrol.reference) == 0 &&
               strcmp(a->enrol.name, b->enrol.name) == 0;
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
    case COMMAND_SETTLE_MEMBER:
    case COMMAND_EXPIRE_HOLD:
    case COMMAND_TAKE_ENTRY:
    case COMMAND_TAKE_BATCH:
    case COMMAND_TAKE_RECEIPT:
    case COMMAND_CLOSE_PERIOD:
    case COMMAND_PUT_PAIR:
    case COMMAND_FREEZE_STREAM:
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

#include "commands.h"

struct share {
    make_fn *make;
    unsigned weight; /* in 1,000 */
};

static const struct share shares[] = {
    {make_enrol, 40},         {make_issue_card, 12},
    {make_block_card, 3},     {make_unblock_card, 6},
    {make_block_member, 4},   {make_unblock_member, 8},
    {make_erase, 3},          {make_transfer, 90},
    {make_open_pool, 5},      {make_join_pool, 14},
    {make_leave_pool, 6},     {make_propose, 20},
    {make_rule, 24},          {make_merge, 10},
    {make_unmerge, 10},       {make_prune, 4},
    {make_earn, 200},         {make_hold, 70},
    {make_partner_hold, 50},  {make_foreign_hold, 35},
    {make_capture, 70},       {make_void, 30},
    {make_return_sale, 70},   {make_return_burn, 50},
    {make_settle, 12},        {make_expire_hold, 24},
    {make_entry, 110},        {make_receipt, 15},
    {make_batch_end, 4},      {make_close, 8},
    {make_pair, 2},           {make_freeze, 1},
    {make_repeat, 45},        {make_grant_mandate, 8},
    {make_take_mandate, 8},   {make_stand_in, 10},
    {make_give_up, 8},        {make_stand_in_entry, 10},
    {make_await, 8},          {make_move, 8},
    {make_tell, 1},           {make_payment, 40},
    {make_netting, 6},        {make_tell_funding, 20},
    {make_send_earns, 20},    {make_sell_block, 8},
    {make_buy_block, 8},      {make_block_due, 12},
    {make_withdraw_block, 4}, {make_programme, 6},
    {make_set_profile, 12},   {make_standing, 60},
    {make_reserve, 30},       {make_set_referrer, 20},
    {make_pool_right, 20},    {make_bear_card, 10},
    {make_raise_alert, 12},   {make_rule_alert, 12},
};

static bool is_mandated(const struct making *making)
{
    const struct model *m = making->m;
    return m->mandate_count > 0 && m->mandates[m->mandate_count - 1].until >= making->step->at.ms;
}

static make_fn *what_to_make(const struct making *making)
{
    unsigned all = 0;
    if (making->m->member_count == 0) {
        return make_enrol;
    }
    if (making->mood->is_hoarding && !one_in(making->step->numbers[1], 7)) {
        static make_fn *const burns[] = {make_hold, make_capture, make_return_burn,
                                         make_return_burn};
        uint32_t other = making->step->numbers[1] % 40;
        return other % 20 == 1   ? make_rule
               : other % 10 == 2 ? make_merge
               : other % 20 == 3 ? make_propose
               : other % 10 == 4 ? burns[making->step->numbers[2] % 4]
                                 : make_earn;
    }
    if (making->mood->is_crowding && !one_in(making->step->numbers[1], 4)) {
        return make_entry;
    }
    if (making->mood->is_flooding && !one_in(making->step->numbers[1], 8)) {
        return one_in(making->step->numbers[1] >> 8, 60) ? make_move : make_entry;
    }
    if (making->mood->is_merging && one_in(making->step->numbers[1], 5)) {
        return one_in(making->step->numbers[1], 2) ? make_enrol : make_merge;
    }
    if (making->mood->is_moving && one_in(making->step->numbers[1], 3)) {
        static make_fn *const moves[] = {make_await, make_move, make_entry, make_entry};
        return moves[making->step->numbers[2] % 4];
    }
    if (!making->mood->is_hoarding && is_mandated(making) &&
        one_in(making->step->numbers[1], 4)) { /* not for long */
        return one_in(making->step->numbers[2], 2) ? make_stand_in : make_stand_in_entry;
    }
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        all += shares[i].weight;
    }
    unsigned what = making->step->numbers[2] % all;
    size_t i = 0;
    while (what >= shares[i].weight) {
        what -= shares[i++].weight;
    }
    return shares[i].make;
}

/* Of what guards against misuse. */
static bool alter_guard(struct command *command, struct uid somebody)
{
    switch ((int)command->kind) {
    case COMMAND_SET_POOL_RIGHT:
        command->pool_right.limit.minor++;
        return true;
    case COMMAND_BEAR_CARD:
        command->bearer.member = somebody;
        return true;
    case COMMAND_RAISE_ALERT:
        command->finding.rule[0] ^= 1;
        return true;
    case COMMAND_RULE_ALERT:
        command->alert_ruling.is_fraud = !command->alert_ruling.is_fraud;
        return true;
    default:
        return false;
    }
}

static bool alter_office(struct command *command, struct uid somebody)
{
    switch ((int)command->kind) {
    case COMMAND_TRANSFER:
        command->transfer.points.minor += 1;
        return true;
    case COMMAND_OPEN_POOL:
    case COMMAND_JOIN_POOL:
    case COMMAND_LEAVE_POOL:
        command->pool.member = somebody;
        return true;
    case COMMAND_PROPOSE_ADJUSTMENT:
        command->adjustment.points.minor += 1;
        return true;
    case COMMAND_RULE_ADJUSTMENT:
        command->ruling.is_approved = !command->ruling.is_approved;
        return true;
    case COMMAND_BLOCK_MEMBER:
    case COMMAND_UNBLOCK_MEMBER:
        command->block.member = somebody;
        return true;
    case COMMAND_MERGE_MEMBERS:
        command->merge.from = somebody;
        return true;
    case COMMAND_UNMERGE_MEMBERS:
        command->unmerge.merge = somebody;
        return true;
    case COMMAND_ERASE_MEMBER:
        command->erase.member = somebody;
        return true;
    case COMMAND_SET_REFERRER:
        command->referrer.referrer = somebody;
        return true;
    case COMMAND_SET_PROFILE:
        command->profile.said_tag[15] ^= 1;
        return true;
    case COMMAND_SELL_BLOCK:
    case COMMAND_BUY_BLOCK:
        command->block_of_points.terms.points.minor++;
        return true;
    case COMMAND_WITHDRAW_BLOCK:
        command->withdrawal.block.bytes[15] ^= 1;
        return true;
    case COMMAND_ACTIVATE_PROGRAMME:
        command->programme.version++;
        return true;
    case COMMAND_CHANGE_STANDING:
        command->standing.said.bytes[0] ^= 1;
        return true;
    case COMMAND_RESERVE:
        command->reserve.said.bytes[0] ^= 1;
        return true;
    case COMMAND_AWAIT_MOVE:
        command->await.own_card.digits[0] ^= 1;
        return true;
    case COMMAND_MOVE_MEMBER:
        command->move.card.digits[0] ^= 1;
        return true;
    default:
        return alter_guard(command, somebody);
    }
}

/* Says something else than it said. False: it can't. */
static bool alter(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    struct command *command = making->command;
    struct uid somebody = pick_id(n[6], ID_NOBODY);
    switch ((int)command->kind) {
    case COMMAND_ENROL:
        command->enrol.said_tag[15] ^= 1;
        return true;
    case COMMAND_ISSUE_CARD:
        command->card.member = somebody;
        return true;
    case COMMAND_BLOCK_CARD:
    case COMMAND_UNBLOCK_CARD:
        command->card.card = pick_foreign_card(making->m, n[6]);
        return true;
    case COMMAND_EARN:
        /* What rules gave meanwhile is no other purchase. */
        command->earn.amount.minor += 1;
        command->earn.basket[0] ^= command->earn.is_judged && one_in(n[7], 2);
        return true;
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
    case COMMAND_STAND_IN_HOLD:
    case COMMAND_GIVE_UP_HOLD:
        command->hold.points.minor += 1;
        return true;
    case COMMAND_CAPTURE:
    case COMMAND_RETURN_BURN:
        command->use.points.minor += 1;
        return true;
    case COMMAND_VOID:
        command->use.hold = somebody;
        return true;
    case COMMAND_RETURN_SALE:
        command->return_sale.amount.minor += 1;
        return true;
    case COMMAND_CLOSE_PERIOD:
        command->close_period.period = period_next(command->close_period.period);
        return true;
    default:
        return alter_office(command, somebody);
    }
}

/* What leaves a row under its own id, which is there when the id is forgotten. */
static bool leaves_a_row(enum command_kind kind)
{
    return kind == COMMAND_EARN || kind == COMMAND_HOLD || command_asks_abroad(kind) ||
           kind == COMMAND_PROPOSE_ADJUSTMENT || kind == COMMAND_MERGE_MEMBERS ||
           kind == COMMAND_RAISE_ALERT;
}

/* The newest of a kind that is rare, if its id was forgotten. */
static const struct model_command *rare_forgotten(const struct model *m, enum command_kind kind)
{
    for (size_t i = m->command_count; i > 0; i--) {
        const struct model_command *known = &m->commands[i - 1];
        if (known->is_forgotten && known->command.kind == kind) {
            return known;
        }
    }
    return NULL;
}

/* An old command again, sometimes with another body, sometimes one whose id was forgotten. */
void make_repeat(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    struct command *command = making->command;
    bool wants_forgotten = one_in(n[5], 6);
    const struct model_command *known = pick_command(making->m, n[3], wants_forgotten);
    if (wants_forgotten && one_in(n[8], 3)) {
        static const enum command_kind rare[] = {COMMAND_PROPOSE_ADJUSTMENT, COMMAND_MERGE_MEMBERS,
                                                 COMMAND_MERGE_MEMBERS,      COMMAND_STAND_IN_HOLD,
                                                 COMMAND_GIVE_UP_HOLD,       COMMAND_RAISE_ALERT};
        known = rare_forgotten(making->m, rare[n[9] % (sizeof rare / sizeof rare[0])]);
    }
    if (known == NULL || (wants_forgotten && !leaves_a_row(known->command.kind))) {
        make_earn(making);
        return;
    }
    *command = known->command;
    if (!command->is_dated) {
        command->business_time = making->step->at; /* the node's own clock went on */
    }
    if (wants_forgotten && (command->kind == COMMAND_HOLD || command_asks_abroad(command->kind))) {
        make_hold_times(making, &command->hold); /* and so did its holds */
    }
    if (!one_in(n[4], 3)) {
        return;
    }
    if (!alter(making)) { /* its id for something else */
        make_earn(making);
    }
}

void step_command(const struct step *step, const struct mood *mood, const struct model *m,
                  struct command_room *room, struct command *out_command)
{
    struct making making = {step, mood, m, room, out_command};
    *out_command = (struct command){.kind = COMMAND_ENROL,
                                    .origin = m->roster->partners[0].id,
                                    .transaction_id = pick_id(step->serial, ID_TRANSACTION),
                                    .business_time = step->at};
    what_to_make (&making)(&making);
}

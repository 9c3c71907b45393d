/* Members who move to another home, and come from there. */
#include "model_parts.h"

#include <string.h>

static bool is_card(const struct card_number *a, const struct card_number *b)
{
    return strcmp(a->digits, b->digits) == 0;
}

/* As the new home gets it: with an end, whatever the member does here, and not before it begins. */
static struct model_key lasting(const struct model_member *member, struct model_key key)
{
    int64_t end = model_end(member, &key);
    key.expires_at = end == INT64_MAX ? 0 : end;
    if (key.expires_at != 0 && key.expires_at <= key.active_from) {
        key.expires_at = key.active_from + 1;
    }
    key.idle_months = 0;
    return key;
}

/* Every lot that fits into an entry, to the home of `to`. */
static void lots_out(struct model *m, struct model_member *member, const struct card_number *card,
                     const struct card_number *to)
{
    int home = model_home(m, to);
    for (size_t i = 0; i < member->lot_count; i++) {
        struct model_lot *lot = &member->lots[i];
        if (lot->free == 0 || lot->free > LIMIT_POINTS_PER_COMMAND) {
            continue;
        }
        model_post(m, ACCOUNT_AVAILABLE, ACCOUNT_PAYABLE, home, m->out_period, lot->free);
        model_go_abroad(m, &lot->key, lot->free);
        model_send(m, home,
                   (struct model_entry){.kind = ENTRY_MOVED_LOT,
                                        .points = lot->free,
                                        .card = *card,
                                        .lot = lasting(member, lot->key)});
        lot->free = 0;
    }
    model_drop_empty(member);
}

void model_forward(struct model *m, int index, const struct card_number *card)
{
    if (!model_goes_round(m, card)) {
        model_go_on(m, index, card);
    }
}

void model_go_on(struct model *m, int index, const struct card_number *card)
{
    struct model_member *member = &m->members[index];
    const struct model_status *status = model_status(m, card);
    int home = model_home(m, &status->moved_to);
    if (member->is_blocked && !member->is_erased && model_has_moved(m, card) && home > 0 &&
        !m->is_frozen_out[home]) {
        lots_out(m, member, card, &status->moved_to);
    }
}

/* The one card that the member's cards lead to; NULL: it did not move. */
static const struct card_number *moved_to(const struct model *m, int member)
{
    for (size_t i = 0; i < m->card_count; i++) {
        if (m->cards[i].member == member && model_has_moved(m, &m->cards[i].number)) {
            return &model_status(m, &m->cards[i].number)->moved_to;
        }
    }
    return NULL;
}

static bool any_card_loops(const struct model *m, int member, const struct card_number *to)
{
    for (size_t i = 0; i < m->card_count; i++) {
        const struct card_number *number = &m->cards[i].number;
        if (m->cards[i].member == member &&
            (model_loops(m, number, to) || is_card(&model_status(m, to)->awaited_by, number))) {
            return true;
        }
    }
    return false;
}

static enum verdict judge_mover(const struct model *m, int index,
                                const struct card_number *new_card)
{
    const struct model_member *member = &m->members[index];
    const struct card_number *gone_to = moved_to(m, index);
    if (member->is_pool) {
        return VERDICT_MEMBER_UNKNOWN;
    }
    if (gone_to != NULL && !is_card(gone_to, new_card)) {
        return VERDICT_MEMBER_MOVED;
    }
    if (member->is_blocked && gone_to == NULL) {
        return VERDICT_MEMBER_BLOCKED;
    }
    if (model_has_holds(m, index)) {
        return VERDICT_MEMBER_HAS_HOLDS;
    }
    if (member->debt > 0) {
        return VERDICT_MEMBER_HAS_DEBT;
    }
    if (model_pools_of(m, index) > 0) {
        return VERDICT_ALREADY_IN_POOL;
    }
    return any_card_loops(m, index, new_card) ? VERDICT_MOVE_LOOPS : VERDICT_OK;
}

static enum verdict judge_move(struct model *m, const struct command_move *move, int *out_index)
{
    int home = model_home(m, &move->new_card);
    const struct model_card *card = model_card(m, &move->card);
    if (home < 0 || model_partner(m, &move->to) != home) {
        return VERDICT_PARTNER_UNKNOWN;
    }
    if (home == 0) {
        return VERDICT_MOVE_TO_SELF;
    }
    if (card == NULL) {
        return VERDICT_CARD_UNKNOWN;
    }
    if (card->is_blocked) {
        return VERDICT_CARD_BLOCKED;
    }
    *out_index = model_follow(m, card->member);
    return judge_mover(m, *out_index, &move->new_card);
}

/* All of them lead there; those that are not blocked by themselves are told. */
static void cards_out(struct model *m, int member, const struct card_number *to)
{
    for (size_t i = 0; i < m->card_count; i++) {
        const struct model_card *card = &m->cards[i];
        if (card->member != member || model_has_moved(m, &card->number)) {
            continue;
        }
        model_know(m, &card->number)->moved_to = *to;
        if (!card->is_blocked) {
            model_tell(m, ENTRY_CARD_MOVED, &card->number);
        }
    }
}

enum verdict model_step_move(struct model *m, const struct command *command,
                             struct model_answer *answer)
{
    const struct command_move *move = &command->move;
    struct model_member settled;
    int64_t points = 0;
    int64_t owed = 0;
    int index;
    enum verdict verdict = judge_move(m, move, &index);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    struct model_member *member = &m->members[index];
    model_view(m, index, m->now, &settled);
    for (size_t i = 0; i < settled.lot_count; i++) {
        if (settled.lots[i].free > LIMIT_POINTS_PER_COMMAND) {
            return VERDICT_POINTS_TOO_LARGE;
        }
        points += settled.lots[i].free;
        owed += settled.lots[i].free * model_issue_price(m, settled.lots[i].key.tariff);
    }
    if (m->is_frozen_out[model_home(m, &move->new_card)]) {
        return VERDICT_STREAM_FROZEN;
    }
    if (!model_may_owe(m, model_home(m, &move->new_card), owed)) {
        return VERDICT_NET_DEBIT_CAP;
    }
    model_settle(m, member);
    lots_out(m, member, &move->card, &move->new_card);
    struct standing_owner owner = standing_of_member(&member->id);
    model_carry_standing(m, &owner, &move->new_card);
    cards_out(m, index, &move->new_card);
    member->is_blocked = true;
    answer->points = points;
    answer->card = move->new_card;
    model_touch(m, index);
    return VERDICT_OK;
}

enum verdict model_take_moved_lot(struct model *m, int sender, const struct clearing_entry *entry)
{
    struct model_key lot = {model_partner(m, &entry->issuer), entry->tariff, entry->active_from.ms,
                            entry->expires_at.ms, 0};
    int64_t points = entry->points.minor;
    int64_t *brought = &m->brought[sender][entry->tariff];
    if (model_home(m, &entry->card) != sender) {
        return VERDICT_CARD_NOT_THEIRS;
    }
    if (!is_card(&model_status(m, &entry->card)->awaited_by, &entry->moved_to)) {
        return VERDICT_MOVE_NOT_AWAITED;
    }
    if (points > LIMIT_POINTS_PER_PARTNER - *brought) {
        return VERDICT_POINTS_TOO_LARGE;
    }
    int index = model_follow(m, model_card(m, &entry->moved_to)->member);
    if (index < 0) { /* erased since */
        model_go_abroad(m, &lot, -points);
        *brought += points;
        model_post(m, ACCOUNT_RECEIVABLE, ACCOUNT_BREAKAGE, sender, entry->period, points);
        return VERDICT_OK;
    }
    struct model_member *member = &m->members[index];
    model_settle(m, member);
    if (!model_has_room(m, member, lot, points)) {
        return VERDICT_TOO_MANY_LOTS;
    }
    *brought += points;
    model_go_abroad(m, &lot, -points);
    model_give(m, member, lot, points);
    model_post(m, ACCOUNT_RECEIVABLE, ACCOUNT_AVAILABLE, sender, entry->period, points);
    model_settle(m, member); /* it may be past its end when it comes */
    model_forward(m, index, &entry->moved_to);
    model_touch(m, index);
    return VERDICT_OK;
}

void model_give_back(struct model *m, int partner, const struct model_entry *entry)
{
    int index = model_follow(m, model_card(m, &entry->card)->member);
    model_go_abroad(m, &entry->lot, -entry->points);
    if (index < 0) {
        model_post(m, ACCOUNT_PAYABLE, ACCOUNT_BREAKAGE, partner, entry->period, entry->points);
        return;
    }
    struct model_member *member = &m->members[index];
    model_settle(m, member);
    if (!model_has_room(m, member, entry->lot, entry->points)) {
        model_post(m, ACCOUNT_PAYABLE, ACCOUNT_BREAKAGE, partner, entry->period, entry->points);
        return;
    }
    model_give(m, member, entry->lot, entry->points);
    model_post(m, ACCOUNT_PAYABLE, ACCOUNT_AVAILABLE, partner, entry->period, entry->points);
    model_touch(m, index);
}

/* Where the partner's word and our own knowledge lead from the sale's card; -1: nowhere. */
static struct model_route new_route(struct model *m, int partner, const struct card_number *card,
                                    const struct card_number *said)
{
    if (said->digits[0] == '\0') {
        return model_route(m, card);
    }
    if (model_home(m, card) != partner || model_loops(m, card, said)) {
        return (struct model_route){.home = -1};
    }
    struct standing_owner owner = standing_of_card(card);
    model_carry_standing(m, &owner, said);
    struct model_status *status = model_know(m, card);
    status->moved_to = *said;
    status->is_blocked = false;
    return model_route(m, said);
}

static bool give_at_home(struct model *m, struct model_sale *sale, const struct card_number *card,
                         int64_t points)
{
    const struct model_card *own = model_card(m, card);
    int index = own == NULL || own->is_blocked ? -1 : model_follow(m, own->member);
    if (index < 0 || model_judge_member(m, index) != VERDICT_OK) {
        return false;
    }
    struct model_member *member = &m->members[index];
    sale->lot.active_from = sale->lot.active_from <= m->now ? 0 : sale->lot.active_from;
    if (member->lot_count == LIMIT_LOTS_PER_MEMBER && model_find_lot(member, &sale->lot) == NULL) {
        return false;
    }
    model_settle(m, member);
    model_give(m, member, sale->lot, points);
    model_post(m, ACCOUNT_ISSUED, ACCOUNT_AVAILABLE, 0, (struct period){0}, points);
    model_settle(m, member);
    model_touch(m, index);
    sale->member = index;
    return true;
}

bool model_resend_earn(struct model *m, int partner, struct model_sale *sale,
                       const struct model_entry *entry, const struct card_number *said)
{
    struct model_route route = new_route(m, partner, &sale->card, said);
    if (route.home < 0 || route.is_blocked || route.home == partner) {
        return false;
    }
    sale->lot.tariff = sale->lot.tariff == MODEL_PREPAID ? 1 : sale->lot.tariff;
    if (route.home == 0) {
        if (!give_at_home(m, sale, &route.card, entry->points)) {
            return false;
        }
    } else {
        if (m->is_frozen_out[route.home]) {
            return false;
        }
        model_post(m, ACCOUNT_ISSUED, ACCOUNT_PAYABLE, route.home, m->out_period, entry->points);
        model_send(m, route.home,
                   (struct model_entry){.kind = ENTRY_EARN,
                                        .points = entry->points,
                                        .transaction_id = sale->id,
                                        .card = route.card});
    }
    sale->home = route.home;
    sale->card = route.card;
    return true;
}

bool model_resend_undrawn(struct model *m, struct model_sale *sale, const struct model_entry *entry)
{
    bool is_earn = entry->kind == ENTRY_EARN;
    sale->lot.tariff = sale->lot.tariff == MODEL_PREPAID ? 1 : sale->lot.tariff;
    if (m->is_frozen_out[sale->home]) {
        return false;
    }
    model_post(m, is_earn ? ACCOUNT_ISSUED : ACCOUNT_PAYABLE,
               is_earn ? ACCOUNT_PAYABLE : ACCOUNT_ISSUED, sale->home, m->out_period,
               entry->points);
    model_send(m, sale->home,
               (struct model_entry){.kind = entry->kind,
                                    .points = entry->points,
                                    .transaction_id = entry->transaction_id,
                                    .subject = is_earn ? (struct uid){{0}} : entry->subject,
                                    .card = sale->card});
    return true;
}

bool model_resend_return(struct model *m, struct model_sale *sale, const struct model_entry *entry,
                         struct model_answer *answer)
{
    if (sale->home == 0) {
        int index = model_follow(m, sale->member);
        model_settle(m, &m->members[index]);
        model_take(m, &m->members[index], &sale->lot, entry->points,
                   (struct model_sink){ACCOUNT_ISSUED, 0, {0}}, answer);
        model_touch(m, index);
        return true;
    }
    if (m->is_frozen_out[sale->home]) {
        return false;
    }
    model_post(m, ACCOUNT_PAYABLE, ACCOUNT_ISSUED, sale->home, m->out_period, entry->points);
    model_send(m, sale->home,
               (struct model_entry){.kind = ENTRY_EARN_RETURN,
                                    .points = entry->points,
                                    .transaction_id = entry->transaction_id,
                                    .subject = entry->subject,
                                    .card = sale->card});
    return true;
}

/* Random rights in pools, and alerts. */
#include <stdio.h>

#include "commands.h"
#include "model_parts.h"

/* A card of a pool, mostly; one that somebody carries, if wanted. */
struct card_number pick_pool_card(const struct model *m, uint32_t number, bool wants_carried)
{
    size_t start = (number >> 4) % (m->card_count + 1);
    for (size_t i = 0; i < m->card_count; i++) {
        const struct model_card *card = &m->cards[(start + i) % m->card_count];
        if (card->member >= 0 && m->members[card->member].is_pool &&
            (card->bearer >= 0 || !wants_carried)) {
            return card->number;
        }
    }
    return pick_card(m, number);
}

static struct uid member_of(const struct making *making, int pool, uint32_t number)
{
    const struct model *m = making->m;
    size_t start = number % (m->member_count + 1);
    for (size_t i = 0; i < m->member_count && pool >= 0 && !one_in(number >> 5, 12); i++) {
        size_t member = (start + i) % m->member_count;
        if ((m->members[pool].pool_members >> member & 1) != 0) {
            return m->members[member].id;
        }
    }
    return pick_member_id(m, number, MEMBER_ANY);
}

void make_pool_right(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    struct command_pool_right *right = &making->command->pool_right;
    int pool = pick_member(making->m, n[4], MEMBER_POOL);
    making->command->kind = COMMAND_SET_POOL_RIGHT;
    *right = (struct command_pool_right){.kind = (enum pool_right_kind)(1 + n[5] % 5)};
    right->pool = pick_member_id(making->m, n[4], MEMBER_POOL);
    right->member = one_in(n[6], 8) ? right->pool : member_of(making, pool, n[7]);
    bool is_bounded = right->kind == POOL_RIGHT_DAY || right->kind == POOL_RIGHT_MONTH;
    if (is_bounded || one_in(n[8], 20)) {
        right->limit = points_of(pick_points(n[8], 150));
    }
    if (one_in(n[9], 3)) {
        right->by = one_in(n[9] >> 4, 9) ? pick_id(7, ID_NOBODY) : member_of(making, pool, n[9]);
    }
}

void make_bear_card(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    const struct model *m = making->m;
    struct command_bearer *bearer = &making->command->bearer;
    making->command->kind = COMMAND_BEAR_CARD;
    bearer->card = one_in(n[4], 6) ? pick_card(m, n[5]) : pick_pool_card(m, n[5], false);
    int card = model_card_index(m, &bearer->card);
    bearer->member = member_of(making, card < 0 ? -1 : m->cards[card].member, n[6]);
    if (one_in(n[7], 8)) {
        bearer->member = one_in(n[8], 3) ? pick_id(n[8] % 5, ID_NOBODY) : (struct uid){{0}};
    }
}

void make_raise_alert(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    const struct model *m = making->m;
    struct alert_finding *finding = &making->command->finding;
    if (m->alert_count == MODEL_ALERTS) {
        make_transfer(making);
        return;
    }
    making->command->kind = COMMAND_RAISE_ALERT;
    *finding = (struct alert_finding){.action = ALERT_ONLY, .rule = "fast card"};
    (void)snprintf(finding->subject, sizeof finding->subject, "card %u", n[4] % 100);
    const struct model_sale *sale = pick_sale(m, n[5], 0);
    if (sale != NULL) {
        finding->action = (enum alert_action)(ALERT_ONLY + (n[6] % 3));
        finding->sale = sale->id;
        finding->begins_at.ms =
            one_in(n[7], 2) ? 0 : making->step->at.ms + (n[7] >> 4) % 50 * HOUR_MS;
    }
}

void make_rule_alert(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    const struct model *m = making->m;
    struct command_alert_ruling *ruling = &making->command->alert_ruling;
    making->command->kind = COMMAND_RULE_ALERT;
    *ruling = (struct command_alert_ruling){.alert = pick_id(3, ID_NOBODY)};
    size_t window = m->alert_count < 8 ? m->alert_count : 8;
    if (window > 0 && !one_in(n[4], 12)) {
        ruling->alert = m->alerts[m->alert_count - 1 - (n[4] >> 8) % window].id;
    }
    ruling->is_fraud = one_in(n[5], 3);
    (void)snprintf(ruling->by, sizeof ruling->by, "alfa/office/%u", n[6] % 3);
}

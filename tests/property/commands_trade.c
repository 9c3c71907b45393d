/* Random commands of the tills: purchases, burns, and their returns. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "model_parts.h"

void make_terms(const struct making *making, struct unix_ms *out_from, struct unix_ms *out_until)
{
    uint32_t number = making->step->numbers[7];
    int64_t now = making->step->at.ms;
    int64_t grain = making->mood->expiry_grain * HOUR_MS;
    *out_from = (struct unix_ms){0};
    *out_until = (struct unix_ms){0};
    if (one_in(number, 2)) {
        out_from->ms = now + ((number >> 4) % 100) * HOUR_MS;
    }
    if (!one_in(number, 9)) {
        int64_t until = now + ((number >> 12) % making->mood->expiry_hours) * HOUR_MS;
        until = until > out_from->ms ? until : out_from->ms;
        out_until->ms = (until / grain + 1) * grain;
    }
}

void make_earn(const struct making *making)
{
    static const struct earn_rate rates[] = {{1, 100, ROUNDING_DOWN, 0},
                                             {7, 300, ROUNDING_HALF_UP, 0},
                                             {3, 200, ROUNDING_UP, 500},
                                             {5, 100, ROUNDING_HALF_EVEN, 1000}};
    const uint32_t *n = making->step->numbers;
    struct command_earn *earn = &making->command->earn;
    making->command->kind = COMMAND_EARN;
    *earn = (struct command_earn){0};
    if (one_in(n[3], 4)) {
        earn->card = pick_foreign_card(making->m, n[4]);
    } else if (one_in(n[3], 5)) {
        earn->member = pick_member_id(making->m, n[4], MEMBER_LIVING);
    } else {
        earn->card = pick_card(making->m, n[4]);
    }
    earn->amount = money_of(one_in(n[5], 30) ? -1 : (int64_t)(n[5] >> 8) % 30000);
    (void)snprintf(earn->currency, sizeof earn->currency, "EUR");
    earn->rate = rates[n[6] % 4];
    if (one_in(n[6] >> 4, 4)) {
        earn->is_fixed = true;
        earn->fixed_points = points_of(pick_points(n[8], 300));
        earn->amount.minor = one_in(n[8] >> 3, 3) ? 0 : earn->amount.minor;
        earn->is_judged = one_in(n[8] >> 8, 3);
        earn->basket[0] = earn->is_judged ? (uint8_t)(n[8] >> 16) : 0;
        if (one_in(n[7], 3)) {
            earn->promotion = one_in(n[7] >> 8, 12) ? 1 + (n[7] >> 16) % 3 : MODEL_OUR_PROMOTION;
        }
    }
    make_terms(making, &earn->active_from, &earn->expires_at);
    if (one_in(n[9], 4)) {
        earn->idle_months = (uint8_t)(1 + (n[9] >> 8) % 12);
        earn->expires_at.ms = one_in(n[9] >> 2, 4) ? earn->expires_at.ms : 0;
    }
}

/* What the card's member could spend; 0 for others' cards. */
static int64_t spendable_by(const struct making *making, const struct card_number *card)
{
    for (size_t i = 0; i < making->m->card_count; i++) {
        const struct model_card *known = &making->m->cards[i];
        if (known->member >= 0 && strcmp(known->number.digits, card->digits) == 0) {
            return model_balances(making->m, known->member, making->step->at).available;
        }
    }
    return 0;
}

void make_hold_times(const struct making *making, struct command_hold *hold)
{
    const uint32_t *n = making->step->numbers;
    hold->capture_by.ms =
        making->step->at.ms + n[7] % (48 + 8 * making->mood->pause_hours) * HOUR_MS;
    hold->deliver_by.ms = hold->capture_by.ms + (1 + (n[7] >> 8) % 24) * HOUR_MS;
    if (one_in(n[9], 60)) { /* over before it began */
        hold->deliver_by.ms = making->step->at.ms - (n[9] >> 8) % 2 * HOUR_MS;
        hold->capture_by.ms = hold->deliver_by.ms - HOUR_MS;
    }
}

static void make_hold_by(const struct making *making, int redeemer, bool is_foreign)
{
    const uint32_t *n = making->step->numbers;
    struct command *command = making->command;
    struct command_hold *hold = &command->hold;
    uint32_t limit = !one_in(n[6], 4) ? 120 : making->mood->is_hoarding ? 60000 : 2000;
    command->kind = is_foreign ? COMMAND_FOREIGN_HOLD : COMMAND_HOLD;
    command->origin = making->m->roster->partners[redeemer].id;
    *hold = (struct command_hold){0};
    hold->redeemer = command->origin;
    hold->card = is_foreign ? pick_foreign_card(making->m, n[4]) : pick_card(making->m, n[4]);
    if (!is_foreign && one_in(n[3] >> 8, 5)) {
        hold->card = pick_pool_card(making->m, n[4], one_in(n[3] >> 12, 2));
    }
    if (is_foreign && one_in(n[4], 30)) {
        hold->card = pick_card(making->m, 0); /* of nobody */
    }
    if (is_foreign) {
        hold->asked = model_route(making->m, &hold->card).card;
    }
    hold->points = points_of(pick_points_of(n[5], limit, spendable_by(making, &hold->card)));
    make_hold_times(making, hold);
}

void make_hold(const struct making *making)
{
    make_hold_by(making, 0, false);
}

void make_partner_hold(const struct making *making)
{
    int partner = 1 + (int)(making->step->numbers[3] % 2);
    make_hold_by(making, partner, false);
    const struct model_command *known = pick_command(making->m, making->step->numbers[8], false);
    if (known != NULL && one_in(making->step->numbers[9], 20)) {
        making->command->transaction_id = known->command.transaction_id; /* ours, made by another */
    }
}

void make_foreign_hold(const struct making *making)
{
    make_hold_by(making, 0, true);
}

static void make_use(const struct making *making, enum command_kind kind)
{
    const uint32_t *n = making->step->numbers;
    struct command *command = making->command;
    bool is_return = kind == COMMAND_RETURN_BURN;
    const struct model_hold *hold = pick_hold(making->m, n[4], 0, is_return);
    command->kind = kind;
    command->use = (struct command_hold_use){0};
    command->use.hold = hold == NULL ? pick_id(n[4] % 7, ID_NOBODY) : hold->id;
    if (kind != COMMAND_VOID && !one_in(n[5], 3)) {
        int64_t there = hold == NULL ? 0 : is_return ? hold->captured - hold->returned : hold->left;
        command->use.points = points_of(pick_points_of(n[6], 100, there));
    }
    if (one_in(n[7], 3)) {
        command->is_dated = true;
        command->business_time.ms = making->step->at.ms - (n[7] >> 8) % 60 * HOUR_MS;
    }
}

void make_capture(const struct making *making)
{
    make_use(making, COMMAND_CAPTURE);
}

void make_void(const struct making *making)
{
    make_use(making, COMMAND_VOID);
}

void make_return_burn(const struct making *making)
{
    make_use(making, COMMAND_RETURN_BURN);
}

void make_return_sale(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    struct command_return_sale *request = &making->command->return_sale;
    const struct model_sale *sale = pick_sale(making->m, n[4], 0);
    making->command->kind = COMMAND_RETURN_SALE;
    *request = (struct command_return_sale){0};
    request->sale = sale == NULL ? pick_id(n[4] % 7, ID_NOBODY) : sale->id;
    if (!one_in(n[5], 3)) {
        int64_t there = sale == NULL ? 0 : sale->amount - sale->returned;
        request->amount = money_of(one_in(n[5], 40)   ? -5
                                   : one_in(n[5], 11) ? there
                                   : one_in(n[5], 13) ? there + 1
                                                      : (int64_t)(n[6] >> 4) % 12000);
    }
}

void make_settle(const struct making *making)
{
    making->command->kind = COMMAND_SETTLE_MEMBER;
    making->command->transaction_id = pick_id(making->step->serial, ID_DUE);
    making->command->due = (struct command_due){0};
    making->command->due.id = pick_member_id(making->m, making->step->numbers[4], MEMBER_ANY);
}

void make_expire_hold(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    const struct model_hold *hold = pick_hold(making->m, n[4], (int)(n[3] % 3), false);
    if (hold == NULL || hold->is_foreign) {
        make_settle(making);
        return;
    }
    making->command->kind = COMMAND_EXPIRE_HOLD;
    making->command->transaction_id = pick_id(making->step->serial, ID_DUE);
    making->command->due =
        (struct command_due){.id = hold->id,
                             .redeemer = making->m->roster->partners[hold->partner].id,
                             .due = {hold->deliver_by}};
}

/* How a till's commands, and what the node does by itself, come to be refused. */
#include <string.h>

#include "scene.h"

void scene_promote(struct scene *s, const struct partner_id *shop)
{
    s->promotion = (struct promotion){
        .id = 1,
        .shop = *shop,
        .valid_until = {INT64_MAX},
        .budget = {1},
        .per_purchase = {1},
        .part_count = 2,
        .parts = {{s->desk.partners[0].id, 5000}, {s->desk.partners[1].id, 5000}}};
    s->desk.roster.promotions = &s->promotion;
    s->desk.roster.promotion_count = 1;
}

#define TOO_MANY_POINTS points_of(LIMIT_POINTS_PER_COMMAND + 1)

static bool provoke_cards(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_REFERENCE_EXISTS:
        memcpy(c->enrol.reference_tag, s->rich.bytes, PERSONAL_TAG_SIZE);
        return c->kind == COMMAND_ENROL;
    case VERDICT_REFERRER_UNKNOWN:
        if (c->kind == COMMAND_ENROL) {
            c->enrol.referrer = s->pool;
        }
        return c->kind == COMMAND_ENROL;
    case VERDICT_MEMBER_UNKNOWN:
        c->card.member = s->nobody;
        return c->kind == COMMAND_ISSUE_CARD;
    case VERDICT_MEMBER_ERASED:
        c->card.member = s->erased;
        return c->kind == COMMAND_ISSUE_CARD;
    case VERDICT_MEMBER_BLOCKED:
        c->card.member = s->blocked;
        return c->kind == COMMAND_ISSUE_CARD;
    case VERDICT_TOO_MANY_CARDS:
        if (c->kind != COMMAND_ISSUE_CARD) {
            return false;
        }
        scene_fill_cards(s, &c->card.member);
        return true;
    case VERDICT_CARD_UNKNOWN:
        c->card.card = s->no_card;
        return c->kind == COMMAND_BLOCK_CARD;
    case VERDICT_CARD_BLOCKED:
        c->card.card = s->blocked_card;
        return c->kind == COMMAND_BLOCK_CARD;
    default:
        return false;
    }
}

/* The buyer by id. */
static void by_id(struct command *c, const struct uid *member)
{
    c->earn.card = (struct card_number){""};
    c->earn.member = *member;
}

static bool provoke_earn(struct scene *s, struct command *c, enum verdict verdict)
{
    struct command_earn *earn = &c->earn;
    switch ((int)verdict) {
    case VERDICT_SALE_EXISTS:
        c->origin = s->desk.partners[1].id; /* under which the id is not known */
        c->transaction_id = s->sale;
        return true;
    case VERDICT_POINTS_NOT_POSITIVE:
        earn->is_fixed = true;
        earn->fixed_points = points_of(-1);
        return true;
    case VERDICT_POINTS_TOO_LARGE:
        earn->is_fixed = true;
        earn->fixed_points = TOO_MANY_POINTS;
        return true;
    case VERDICT_AMOUNT_NEGATIVE:
        earn->amount = money_of(-1);
        return true;
    case VERDICT_PARTNER_UNKNOWN:
        earn->card = (struct card_number){"4539148803436467"};
        return true;
    case VERDICT_PARTNER_LEFT:
        scene_leave(s);
        earn->card = s->beta_card;
        return true;
    case VERDICT_STREAM_FROZEN:
        scene_freeze(s);
        earn->card = s->beta_card;
        return true;
    case VERDICT_OUTBOX_FULL:
        s->desk.terms.outbox_entries = 1;
        earn->card = s->beta_card;
        return true;
    case VERDICT_NET_DEBIT_CAP:
        s->desk.roster.net_debit_cap = money_of(1);
        earn->card = s->beta_card;
        return true;
    case VERDICT_CARD_UNKNOWN:
        earn->card = s->no_card;
        return true;
    case VERDICT_CARD_BLOCKED:
        earn->card = s->beta_blocked;
        return true;
    case VERDICT_MEMBER_UNKNOWN:
        by_id(c, &s->nobody);
        return true;
    case VERDICT_MEMBER_ERASED:
        by_id(c, &s->erased);
        return true;
    case VERDICT_MEMBER_BLOCKED:
        by_id(c, &s->blocked);
        return true;
    case VERDICT_TOO_MANY_LOTS:
        scene_fill_lots(s, &s->rich);
        earn->expires_at.ms = s->desk.now.ms + 5;
        return true;
    case VERDICT_PROMOTION_NOT_IN_FORCE:
        earn->promotion = 2;
        return true;
    case VERDICT_PROMOTION_EXHAUSTED:
        scene_promote(s, &s->desk.roster.self);
        earn->promotion = 1;
        return true;
    default:
        earn->card = s->beta_card;
        s->desk.roster.tariff_count = 2; /* a block was bought of beta */
        return verdict == VERDICT_BLOCK_EMPTY;
    }
}

/* An id that the redeemer used, under an origin for which it is new. */
static void provoke_known_hold(struct scene *s, struct command *c)
{
    bool is_of_partner = !roster_is_self(&s->desk.roster, &c->hold.redeemer);
    c->origin = s->desk.partners[is_of_partner ? 0 : 1].id;
    c->transaction_id = is_of_partner             ? s->partner_hold
                        : c->kind == COMMAND_HOLD ? s->hold
                                                  : s->foreign;
}

static bool provoke_hold(struct scene *s, struct command *c, enum verdict verdict)
{
    bool is_home = c->kind == COMMAND_HOLD;
    switch ((int)verdict) {
    case VERDICT_POINTS_NOT_POSITIVE:
        c->hold.points = points_of(0);
        return true;
    case VERDICT_POINTS_TOO_LARGE:
        c->hold.points = TOO_MANY_POINTS;
        return true;
    case VERDICT_HOLD_TOO_LATE:
        c->hold.deliver_by = s->desk.now;
        return is_home;
    case VERDICT_NET_DEBIT_CAP:
        s->desk.roster.net_debit_cap = money_of(1);
        c->hold.redeemer = s->desk.partners[1].id;
        return is_home;
    case VERDICT_PARTNER_UNKNOWN:
        c->hold.asked = (struct card_number){"4539148803436467"};
        return !is_home;
    case VERDICT_PARTNER_LEFT:
        scene_leave(s);
        if (is_home) {
            c->origin = s->desk.partners[1].id;
            c->hold.redeemer = s->desk.partners[1].id;
        }
        return true;
    case VERDICT_CARD_UNKNOWN:
        c->hold.card = s->no_card;
        return is_home;
    case VERDICT_CARD_BLOCKED:
        c->hold.card = s->blocked_card;
        return is_home;
    case VERDICT_CARD_MOVED:
        c->hold.card = s->gone_card;
        return is_home;
    case VERDICT_MEMBER_BLOCKED:
        c->hold.card = s->card_of_blocked;
        return is_home;
    case VERDICT_HOLD_EXISTS:
        provoke_known_hold(s, c);
        return true;
    case VERDICT_INSUFFICIENT_POINTS:
        c->hold.points = points_of(100000);
        return is_home;
    case VERDICT_TOO_MANY_LOTS:
        if (is_home) {
            scene_fill_lots(s, &s->rich);
            c->hold.points = points_of(LIMIT_LOTS_PER_HOLD + 1);
        }
        return is_home;
    default:
        return is_home && provoke_pool_hold(s, c, verdict);
    }
}

static bool provoke_use(struct scene *s, struct command *c, enum verdict verdict)
{
    bool is_capture = c->kind == COMMAND_CAPTURE;
    bool is_return = c->kind == COMMAND_RETURN_BURN;
    switch ((int)verdict) {
    case VERDICT_POINTS_NOT_POSITIVE:
        c->use.points = points_of(-1);
        return is_capture || is_return;
    case VERDICT_POINTS_TOO_LARGE:
        c->use.points = TOO_MANY_POINTS;
        return is_capture || is_return;
    case VERDICT_HOLD_UNKNOWN:
        c->use.hold = s->nobody;
        return true;
    case VERDICT_HOLD_ENDED:
        c->use.hold = s->hold_ended;
        return !is_return;
    case VERDICT_HOLD_EXCEEDED:
        c->use.points = points_of(100000);
        return is_capture;
    case VERDICT_CAPTURE_TOO_LATE:
        c->business_time.ms = s->desk.now.ms + 3 * DAY_MS;
        return is_capture;
    case VERDICT_RETURN_EXCEEDS_SALE:
        c->use.points = points_of(100000);
        return is_return;
    case VERDICT_MANDATE_EXPIRED:
        c->use.hold = s->stand_in;
        c->business_time.ms = s->held_mandate.valid_from.ms - 1;
        return is_capture;
    case VERDICT_STREAM_FROZEN:
        scene_freeze(s);
        c->use.hold = is_return ? s->foreign_ended : s->foreign;
        return true;
    case VERDICT_OUTBOX_FULL:
        s->desk.terms.outbox_entries = 1;
        c->use.hold = is_return ? s->foreign_ended : s->foreign;
        return true;
    case VERDICT_PARTNER_LEFT:
        scene_leave(s);
        c->use.hold = is_return ? s->foreign_ended : s->foreign;
        return true;
    case VERDICT_TOO_MANY_LOTS:
        if (is_return) {
            c->use.hold = s->hold_spent;
            scene_fill_lots(s, &s->spent);
        }
        return is_return;
    default:
        return false;
    }
}

static bool provoke_return_sale(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_AMOUNT_NEGATIVE:
        c->return_sale.amount = money_of(-1);
        return true;
    case VERDICT_SALE_UNKNOWN:
        c->return_sale.sale = s->nobody;
        return true;
    case VERDICT_RETURN_EXCEEDS_SALE:
        c->return_sale.amount = money_of(10001);
        return true;
    case VERDICT_STREAM_FROZEN:
        scene_freeze(s);
        c->return_sale.sale = s->given;
        return true;
    case VERDICT_OUTBOX_FULL:
        s->desk.terms.outbox_entries = 1;
        c->return_sale.sale = s->given;
        return true;
    case VERDICT_PARTNER_LEFT:
        scene_leave(s);
        c->return_sale.sale = s->given;
        return true;
    default:
        return false;
    }
}

bool provoke_till(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)c->kind) {
    case COMMAND_ENROL:
    case COMMAND_ISSUE_CARD:
    case COMMAND_BLOCK_CARD:
        return provoke_cards(s, c, verdict);
    case COMMAND_EARN:
        return provoke_earn(s, c, verdict);
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
        return provoke_hold(s, c, verdict);
    case COMMAND_CAPTURE:
    case COMMAND_VOID:
    case COMMAND_RETURN_BURN:
        return provoke_use(s, c, verdict);
    case COMMAND_RETURN_SALE:
        return provoke_return_sale(s, c, verdict);
    case COMMAND_SETTLE_MEMBER:
        c->due.id = s->nobody;
        return verdict == VERDICT_MEMBER_UNKNOWN;
    case COMMAND_CLOSE_PERIOD:
        c->close_period.period = (struct period){209912};
        return verdict == VERDICT_PERIOD_NOT_OPEN;
    default:
        return false;
    }
}

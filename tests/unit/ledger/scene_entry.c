/* How a partner's entries come to be refused. */
#include "scene.h"

static void be(struct command *c, enum entry_kind kind, const struct uid *subject, int64_t points)
{
    c->take_entry.entry.kind = kind;
    c->take_entry.entry.subject = *subject;
    c->take_entry.entry.points = points_of(points);
    c->take_entry.entry.mandate = (struct uid){{0}};
    c->take_entry.entry.tariff = 1;
}

/* A capture under the mandate that was given. */
static void be_stand_in(struct scene *s, struct command *c, int64_t points)
{
    struct uid hold = desk_id(&s->desk);
    be(c, ENTRY_CAPTURE, &hold, points);
    c->take_entry.entry.card = s->rich_card;
    c->take_entry.entry.mandate = s->given_mandate.id;
}

static bool provoke_stand_in(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_MANDATE_UNKNOWN:
        be_stand_in(s, c, 5);
        c->take_entry.entry.mandate = s->nobody;
        return true;
    case VERDICT_MANDATE_EXPIRED:
        be_stand_in(s, c, 5);
        c->take_entry.entry.business_time.ms = s->given_mandate.valid_until.ms + 1;
        return true;
    case VERDICT_MANDATE_FLOOR_EXCEEDED:
        be_stand_in(s, c, 31);
        return true;
    case VERDICT_MANDATE_CAP_EXCEEDED:
        be_stand_in(s, c, 11);
        return true;
    default:
        return false;
    }
}

static void be_earn(struct command *c, const struct card_number *card, int64_t points)
{
    c->take_entry.entry.kind = ENTRY_EARN;
    c->take_entry.entry.subject = (struct uid){{0}};
    c->take_entry.entry.tariff = 1;
    c->take_entry.entry.card = *card;
    c->take_entry.entry.points = points_of(points);
}

static bool provoke_earn_entry(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_CARD_UNKNOWN:
        be_earn(c, &s->no_card, 5);
        return true;
    case VERDICT_CARD_BLOCKED:
        be_earn(c, &s->blocked_card, 5);
        return true;
    case VERDICT_CARD_MOVED:
        be_earn(c, &s->gone_card, 5);
        return true;
    case VERDICT_MEMBER_BLOCKED:
        be_earn(c, &s->card_of_blocked, 5);
        return true;
    case VERDICT_SALE_EXISTS:
        be_earn(c, &s->rich_card, 5);
        c->take_entry.entry.transaction_id = s->advised;
        return true;
    case VERDICT_POINTS_TOO_LARGE:
        be_earn(c, &s->rich_card, LIMIT_POINTS_PER_PARTNER);
        return true;
    case VERDICT_NET_DEBIT_CAP:
        s->desk.roster.net_debit_cap = money_of(1);
        be_earn(c, &s->rich_card, 500);
        return true;
    case VERDICT_TOO_MANY_LOTS:
        be_earn(c, &s->rich_card, 5);
        scene_fill_lots(s, &s->rich);
        c->take_entry.entry.expires_at.ms = s->desk.now.ms + 5;
        return true;
    default:
        return provoke_card_entry(s, c, verdict);
    }
}

bool provoke_entry(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_TARIFF_UNKNOWN:
        c->take_entry.entry.tariff = 99;
        return true;
    case VERDICT_TARIFF_NOT_IN_FORCE:
        be_earn(c, &s->rich_card, 5);
        s->desk.tariff.valid_from.ms = c->take_entry.entry.business_time.ms + 1;
        return true;
    case VERDICT_PARTNER_LEFT:
        scene_leave(s);
        return true;
    case VERDICT_PROMOTION_NOT_IN_FORCE:
    case VERDICT_PROMOTION_EXHAUSTED:
        be(c, ENTRY_PROMOTION, &s->nobody, 5);
        c->take_entry.entry.card = (struct card_number){{0}};
        c->take_entry.entry.promotion = verdict == VERDICT_PROMOTION_EXHAUSTED ? 1 : 2;
        scene_promote(s, &s->desk.partners[1].id);
        return true;
    case VERDICT_FUNDING_EXCEEDED:
    case VERDICT_FUNDING_NOT_AGREED:
        be(c, ENTRY_FUNDING, &s->nobody, 5);
        c->take_entry.entry.promotion = 0;
        c->take_entry.entry.card = (struct card_number){{0}};
        s->desk.tariff.funding =
            verdict == VERDICT_FUNDING_EXCEEDED ? FUNDED_AT_BURN : FUNDED_AT_ISSUE;
        return true;
    case VERDICT_SALE_UNKNOWN:
        be(c, ENTRY_EARN_RETURN, &s->nobody, 5);
        return true;
    case VERDICT_NOT_AGREED:
        be(c, ENTRY_ADJUSTMENT, &s->nobody, 5);
        return true;
    case VERDICT_HOLD_UNKNOWN:
        be(c, ENTRY_BURN_RETURN, &s->nobody, 5);
        return true;
    case VERDICT_HOLD_ENDED:
        be(c, ENTRY_VOID, &s->partner_ended, 0);
        return true;
    case VERDICT_HOLD_EXCEEDED:
        be(c, ENTRY_CAPTURE, &s->partner_hold, 21);
        return true;
    case VERDICT_CAPTURE_TOO_LATE:
        be(c, ENTRY_CAPTURE, &s->partner_hold, 5);
        c->take_entry.entry.business_time.ms = s->desk.now.ms + 3 * DAY_MS;
        return true;
    case VERDICT_RETURN_EXCEEDS_SALE:
        be(c, ENTRY_BURN_RETURN, &s->partner_ended, 11);
        return true;
    default:
        return provoke_dispute_entry(s, c, verdict) || provoke_stand_in(s, c, verdict) ||
               provoke_block_entry(s, c, verdict) || provoke_earn_entry(s, c, verdict);
    }
}

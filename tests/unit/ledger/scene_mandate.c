/* How mandates, and what is asked of another home, come to be refused. */
#include "scene.h"

static bool provoke_giving(struct scene *s, struct command *c, enum verdict verdict)
{
    struct mandate *mandate = &c->mandate.mandate;
    struct partner_id *other =
        c->kind == COMMAND_GRANT_MANDATE ? &mandate->redeemer : &mandate->home;
    switch ((int)verdict) {
    case VERDICT_PARTNER_UNKNOWN:
        *other = (struct partner_id){"gamma"};
        return true;
    case VERDICT_PARTNER_LEFT:
        scene_leave(s);
        return true;
    case VERDICT_MANDATE_INVALID:
        mandate->floor.minor = mandate->daily_cap.minor + 1;
        return true;
    case VERDICT_MANDATE_EXISTS: /* for a part of the time */
        mandate->valid_from.ms = s->desk.now.ms + 1;
        mandate->valid_until.ms = s->desk.now.ms + 2;
        return true;
    default:
        return false;
    }
}

static bool provoke_asking(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_HOLD_EXISTS: /* the id was made by another, who may use it for something else */
        c->origin = s->desk.partners[1].id;
        c->transaction_id = s->foreign;
        return true;
    case VERDICT_POINTS_NOT_POSITIVE:
        c->hold.points = points_of(0);
        return true;
    case VERDICT_POINTS_TOO_LARGE:
        c->hold.points = points_of(LIMIT_POINTS_PER_COMMAND + 1);
        return true;
    case VERDICT_PARTNER_UNKNOWN:
        c->hold.asked = (struct card_number){"4539148803436467"};
        return true;
    case VERDICT_PARTNER_LEFT:
        scene_leave(s);
        return true;
    case VERDICT_STREAM_FROZEN:
        scene_freeze(s);
        return true;
    default:
        return false;
    }
}

static bool provoke_stand_in(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_CARD_BLOCKED:
        c->hold.asked = s->beta_blocked;
        return true;
    case VERDICT_CARD_MOVED:
        scene_hear_of_move(s, &c->hold.asked, &s->poor_card);
        return true;
    case VERDICT_MANDATE_UNKNOWN:
        c->hold.mandate = s->nobody;
        return true;
    case VERDICT_MANDATE_EXPIRED:
        s->desk.now.ms = s->held_mandate.valid_until.ms + 1;
        return true;
    case VERDICT_MANDATE_FLOOR_EXCEEDED:
        c->hold.points = points_of(31);
        return true;
    case VERDICT_MANDATE_CAP_EXCEEDED:
        c->hold.points = points_of(11);
        return true;
    default:
        return false;
    }
}

bool provoke_mandate(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)c->kind) {
    case COMMAND_GRANT_MANDATE:
    case COMMAND_TAKE_MANDATE:
        return provoke_giving(s, c, verdict);
    case COMMAND_STAND_IN_HOLD:
        return provoke_asking(s, c, verdict) || provoke_stand_in(s, c, verdict);
    case COMMAND_GIVE_UP_HOLD:
        if (verdict == VERDICT_OUTBOX_FULL) {
            s->desk.terms.outbox_entries = 1;
            return true;
        }
        return provoke_asking(s, c, verdict);
    default:
        return false;
    }
}

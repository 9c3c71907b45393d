/* Rights in pools and alerts: commands that are OK, and how they come to be refused. */
#include "scene.h"

static void set_right(struct scene *s, const struct uid *member, enum pool_right_kind kind,
                      int64_t limit)
{
    struct command command = desk_command(&s->desk, COMMAND_SET_POOL_RIGHT);
    command.pool_right = (struct command_pool_right){
        .pool = s->pool, .member = *member, .kind = kind, .limit = points_of(limit)};
    desk_do(&s->desk, &command);
}

/* A new card of the pool in the second one's hands. */
static struct card_number carried_card(struct scene *s)
{
    struct command issue = desk_command(&s->desk, COMMAND_ISSUE_CARD);
    issue.card.member = s->pool;
    desk_do(&s->desk, &issue);
    struct command bear = desk_command(&s->desk, COMMAND_BEAR_CARD);
    bear.bearer = (struct command_bearer){s->desk.answer.card, s->second};
    desk_do(&s->desk, &bear);
    return bear.bearer.card;
}

bool provoke_pool_hold(struct scene *s, struct command *c, enum verdict verdict)
{
    struct command leave = desk_command(&s->desk, COMMAND_LEAVE_POOL);
    switch ((int)verdict) {
    case VERDICT_NOT_IN_POOL:
        c->hold.card = carried_card(s);
        leave.pool = (struct command_pool){.pool = s->pool, .member = s->second};
        desk_do(&s->desk, &leave);
        return true;
    case VERDICT_POOL_MAY_NOT_SPEND:
        c->hold.card = carried_card(s);
        set_right(s, &s->second, POOL_RIGHT_NONE, 0);
        return true;
    case VERDICT_POOL_LIMIT:
        c->hold.card = carried_card(s);
        set_right(s, &s->second, POOL_RIGHT_MONTH, 4);
        return true;
    default:
        return false;
    }
}

bool provoke_pool_transfer(struct scene *s, struct command *c, enum verdict verdict)
{
    bool is_none = verdict == VERDICT_POOL_MAY_NOT_SPEND;
    if (!is_none && verdict != VERDICT_POOL_LIMIT) {
        return false;
    }
    set_right(s, &s->second, is_none ? POOL_RIGHT_NONE : POOL_RIGHT_DAY, is_none ? 0 : 4);
    c->transfer.from = s->pool;
    c->transfer.by = s->second;
    return true;
}

static struct uid raised(struct scene *s, enum alert_action action, const struct uid *sale)
{
    struct command raise = desk_command(&s->desk, COMMAND_RAISE_ALERT);
    raise.finding = (struct alert_finding){
        .action = action, .rule = "fast card", .subject = "card 7", .found = "9 earns in a day"};
    raise.finding.sale = *sale;
    desk_do(&s->desk, &raise);
    return raise.transaction_id;
}

/* A purchase of the rich one, whose points wait in the lot of another one. */
static struct uid held_sale(struct scene *s)
{
    struct command earn = desk_command(&s->desk, COMMAND_EARN);
    earn.earn = (struct command_earn){.card = s->rich_card,
                                      .amount = money_of(1000),
                                      .currency = "EUR",
                                      .rate = {1, 100, ROUNDING_DOWN, 0},
                                      .active_from = {s->desk.now.ms + 14 * DAY_MS},
                                      .expires_at = {s->desk.now.ms + 90 * DAY_MS + 7}};
    desk_do(&s->desk, &earn);
    struct uid sale = earn.transaction_id;
    earn.transaction_id = desk_id(&s->desk);
    desk_do(&s->desk, &earn);
    return sale;
}

struct command scene_guard(struct scene *s, enum command_kind kind)
{
    struct command command = desk_command(&s->desk, kind);
    if (kind == COMMAND_SET_POOL_RIGHT) {
        command.pool_right = (struct command_pool_right){.pool = s->pool,
                                                         .member = s->second,
                                                         .kind = POOL_RIGHT_DAY,
                                                         .limit = points_of(20),
                                                         .by = s->rich};
    } else if (kind == COMMAND_BEAR_CARD) {
        struct command issue = desk_command(&s->desk, COMMAND_ISSUE_CARD);
        issue.card.member = s->pool;
        desk_do(&s->desk, &issue);
        command.bearer = (struct command_bearer){s->desk.answer.card, s->second};
    } else if (kind == COMMAND_RAISE_ALERT) {
        command.finding = (struct alert_finding){.action = ALERT_ONLY, .rule = "fast card"};
    } else {
        struct uid sale = held_sale(s);
        command.alert_ruling =
            (struct command_alert_ruling){.alert = raised(s, ALERT_HELD, &sale), .by = "bob"};
    }
    return command;
}

static bool provoke_right(struct scene *s, struct command *c, enum verdict verdict)
{
    struct command_pool_right *right = &c->pool_right;
    switch ((int)verdict) {
    case VERDICT_POINTS_NOT_POSITIVE:
        right->limit = points_of(0);
        return true;
    case VERDICT_POINTS_TOO_LARGE:
        right->limit = points_of(LIMIT_POINTS_PER_COMMAND + 1);
        return true;
    case VERDICT_NOT_A_POOL:
        right->pool = s->rich;
        return true;
    case VERDICT_MEMBER_UNKNOWN:
        right->by = s->nobody;
        return true;
    case VERDICT_POOL_NOT_OWNER:
        right->by = s->second;
        return true;
    case VERDICT_NOT_IN_POOL:
        right->member = s->poor;
        return true;
    default:
        return false;
    }
}

static bool provoke_bearer(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_CARD_UNKNOWN:
        c->bearer.card = s->no_card;
        return true;
    case VERDICT_NOT_A_POOL:
        c->bearer.card = s->rich_card;
        return true;
    case VERDICT_MEMBER_UNKNOWN:
        c->bearer.member = s->nobody;
        return true;
    case VERDICT_NOT_IN_POOL:
        c->bearer.member = s->poor;
        return true;
    default:
        return false;
    }
}

static bool provoke_ruling_of_alert(struct scene *s, struct command *c, enum verdict verdict)
{
    struct command first = desk_command(&s->desk, COMMAND_RULE_ALERT);
    switch ((int)verdict) {
    case VERDICT_ALERT_UNKNOWN:
        c->alert_ruling.alert = s->nobody;
        return true;
    case VERDICT_ALERT_ENDED:
        first.alert_ruling = (struct command_alert_ruling){
            .alert = raised(s, ALERT_ONLY, &s->sale), .is_fraud = true, .by = "ann"};
        desk_do(&s->desk, &first);
        c->alert_ruling.alert = first.alert_ruling.alert;
        return true;
    case VERDICT_TOO_MANY_LOTS:
        scene_fill_lots(s, &s->rich);
        return true;
    default:
        return false;
    }
}

bool provoke_guard(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)c->kind) {
    case COMMAND_SET_POOL_RIGHT:
        return provoke_right(s, c, verdict);
    case COMMAND_BEAR_CARD:
        return provoke_bearer(s, c, verdict);
    case COMMAND_RULE_ALERT:
        return provoke_ruling_of_alert(s, c, verdict);
    default:
        if (verdict != VERDICT_ALERT_EXISTS) {
            return false;
        }
        c->origin = s->desk.partners[1].id; /* under which the id is not known */
        c->transaction_id = raised(s, ALERT_ONLY, &s->sale);
        return true;
    }
}

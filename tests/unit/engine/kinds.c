#include "kinds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

const enum command_kind kinds_told[KINDS_TOLD] = {
    COMMAND_ENROL,           COMMAND_ISSUE_CARD,     COMMAND_BLOCK_CARD,
    COMMAND_UNBLOCK_CARD,    COMMAND_EARN,           COMMAND_HOLD,
    COMMAND_FOREIGN_HOLD,    COMMAND_CAPTURE,        COMMAND_VOID,
    COMMAND_RETURN_SALE,     COMMAND_RETURN_BURN,    COMMAND_TRANSFER,
    COMMAND_OPEN_POOL,       COMMAND_JOIN_POOL,      COMMAND_LEAVE_POOL,
    COMMAND_BLOCK_MEMBER,    COMMAND_UNBLOCK_MEMBER, COMMAND_PROPOSE_ADJUSTMENT,
    COMMAND_RULE_ADJUSTMENT, COMMAND_MERGE_MEMBERS,  COMMAND_UNMERGE_MEMBERS,
    COMMAND_ERASE_MEMBER,    COMMAND_STAND_IN_HOLD,  COMMAND_GIVE_UP_HOLD,
    COMMAND_SET_PROFILE,     COMMAND_SET_REFERRER,   COMMAND_CHANGE_STANDING,
    COMMAND_RESERVE,         COMMAND_SET_POOL_RIGHT, COMMAND_BEAR_CARD,
    COMMAND_RAISE_ALERT,     COMMAND_RULE_ALERT,
};

static struct command begin(struct kinds *k, enum command_kind kind)
{
    return brand_command(&k->a, kind, ++k->last_id);
}

static struct uid done(struct kinds *k, struct command command)
{
    struct outcome outcome = engine_execute(k->a.engine, &command);
    assert_int_equal(outcome.err, ERR_OK);
    assert_int_equal(outcome.verdict, VERDICT_OK);
    return command.transaction_id;
}

static struct uid enrolled(struct kinds *k, struct card_number *out_card)
{
    struct uid member;
    assert_int_equal(brand_enrol(&k->a, ++k->last_id, &member, out_card).verdict, VERDICT_OK);
    return member;
}

static struct command earn_of(struct kinds *k, const struct uid *member, int64_t points)
{
    struct command command = begin(k, COMMAND_EARN);
    command.earn.member = *member;
    command.earn.is_fixed = true;
    command.earn.fixed_points = points_of(points);
    command.earn.rate.per_minor = 1;
    command.earn.expires_at.ms = k->a.now.ms + DAY_MS * 30;
    return command;
}

/* What a hold abroad stands in under: made once. */
static struct uid mandate_of_beta(struct kinds *k)
{
    struct command command = begin(k, COMMAND_TAKE_MANDATE);
    if (uid_is_nil(&k->mandate)) {
        command.mandate.mandate = (struct mandate){.id = command.transaction_id,
                                                   .home = k->a.partners[1].id,
                                                   .redeemer = k->a.id,
                                                   .floor = points_of(100),
                                                   .daily_cap = points_of(100000),
                                                   .valid_from = k->a.now,
                                                   .valid_until = {k->a.now.ms + DAY_MS}};
        k->mandate = done(k, command);
    }
    return k->mandate;
}

static struct command hold_of(struct kinds *k, enum command_kind kind)
{
    struct command command = begin(k, kind);
    command.hold.redeemer = k->a.id;
    command.hold.card = k->card;
    command.hold.points = points_of(5);
    command.hold.capture_by.ms = k->a.now.ms + DAY_MS;
    command.hold.deliver_by.ms = k->a.now.ms + 2 * DAY_MS;
    if (kind == COMMAND_STAND_IN_HOLD) {
        command.hold.mandate = mandate_of_beta(k);
    }
    if (kind != COMMAND_HOLD) {
        assert_int_equal(card_number_make(&k->a.partners[1].prefix, 7, &command.hold.card), ERR_OK);
        command.hold.asked = command.hold.card;
    }
    return command;
}

static struct command use_of(struct kinds *k, enum command_kind kind)
{
    struct uid hold = done(k, hold_of(k, COMMAND_HOLD));
    if (kind == COMMAND_RETURN_BURN) {
        struct command capture = begin(k, COMMAND_CAPTURE);
        capture.use.hold = hold;
        (void)done(k, capture);
    }
    struct command command = begin(k, kind);
    command.use.hold = hold;
    return command;
}

static struct command card_of(struct kinds *k, enum command_kind kind)
{
    struct card_number card;
    struct uid member = enrolled(k, &card);
    if (kind == COMMAND_UNBLOCK_CARD) {
        struct command block = begin(k, COMMAND_BLOCK_CARD);
        block.card.card = card;
        (void)done(k, block);
    }
    struct command command = begin(k, kind);
    command.card.member = kind == COMMAND_ISSUE_CARD ? member : (struct uid){{0}};
    command.card.card = kind == COMMAND_ISSUE_CARD ? (struct card_number){{0}} : card;
    return command;
}

static struct command block_of(struct kinds *k, enum command_kind kind)
{
    struct card_number card;
    struct uid member = enrolled(k, &card);
    if (kind == COMMAND_UNBLOCK_MEMBER) {
        struct command block = begin(k, COMMAND_BLOCK_MEMBER);
        block.block = (struct command_block){member, "LOST"};
        (void)done(k, block);
    }
    struct command command = begin(k, kind);
    command.block = (struct command_block){member, "LOST"};
    return command;
}

static struct command transfer_of(struct kinds *k)
{
    struct card_number card;
    struct uid other = enrolled(k, &card);
    struct command command = begin(k, COMMAND_TRANSFER);
    command.transfer =
        (struct command_transfer){.from = k->member, .to = other, .points = points_of(2)};
    return command;
}

static struct command pool_of(struct kinds *k, enum command_kind kind)
{
    struct card_number card;
    struct uid founder = enrolled(k, &card);
    struct command open = begin(k, COMMAND_OPEN_POOL);
    open.pool =
        (struct command_pool){.pool = id_of(3000000 + k->last_id), .member = founder, .name = "x"};
    if (kind == COMMAND_OPEN_POOL) {
        return open;
    }
    (void)done(k, open);
    struct command join = begin(k, COMMAND_JOIN_POOL);
    join.pool = (struct command_pool){.pool = open.pool.pool, .member = enrolled(k, &card)};
    if (kind == COMMAND_JOIN_POOL) {
        return join;
    }
    (void)done(k, join);
    struct command leave = begin(k, COMMAND_LEAVE_POOL);
    leave.pool = join.pool;
    return leave;
}

static struct command adjustment_of(struct kinds *k, enum command_kind kind)
{
    struct command propose = begin(k, COMMAND_PROPOSE_ADJUSTMENT);
    propose.adjustment = (struct command_adjustment){
        .member = k->member, .points = points_of(7), .reason = "GOODWILL", .maker = "ann"};
    if (kind == COMMAND_PROPOSE_ADJUSTMENT) {
        return propose;
    }
    struct uid proposal = done(k, propose);
    struct command rule = begin(k, COMMAND_RULE_ADJUSTMENT);
    rule.ruling =
        (struct command_ruling){.adjustment = proposal, .is_approved = true, .checker = "bob"};
    return rule;
}

static struct command merge_of(struct kinds *k, enum command_kind kind)
{
    struct card_number card;
    struct uid from = enrolled(k, &card);
    struct uid into = enrolled(k, &card);
    (void)done(k, earn_of(k, &from, 5));
    struct command merge = begin(k, COMMAND_MERGE_MEMBERS);
    merge.merge = (struct command_merge){from, into};
    if (kind == COMMAND_MERGE_MEMBERS) {
        return merge;
    }
    struct uid id = done(k, merge);
    struct command undo = begin(k, COMMAND_UNMERGE_MEMBERS);
    undo.unmerge.merge = id;
    return undo;
}

static struct command erase_of(struct kinds *k)
{
    struct card_number card;
    struct uid member = enrolled(k, &card);
    (void)done(k, earn_of(k, &member, 5));
    struct command command = begin(k, COMMAND_ERASE_MEMBER);
    command.erase.member = member;
    return command;
}

static struct command profile_of(struct kinds *k)
{
    struct card_number card;
    struct command command = begin(k, COMMAND_SET_PROFILE);
    command.profile.member = enrolled(k, &card);
    command.profile.replaces = hash_of(HASH_DOMAIN_PROFILE, slice_of("", 0));
    command.profile.sealed = slice_of("anew", 4);
    return command;
}

static struct command referrer_of(struct kinds *k)
{
    struct card_number card;
    struct command command = begin(k, COMMAND_SET_REFERRER);
    command.referrer.member = enrolled(k, &card);
    command.referrer.referrer = k->member;
    return command;
}

static struct command sale_of(struct kinds *k, enum command_kind kind)
{
    struct command earn = earn_of(k, &k->member, 10);
    if (kind == COMMAND_EARN) {
        return earn;
    }
    struct uid sale = done(k, earn);
    struct command command = begin(k, COMMAND_RETURN_SALE);
    command.return_sale.sale = sale;
    return command;
}

/* One more for the member, and for everybody. */
static struct slice groups_of(struct kinds *k)
{
    struct buffer groups = {
        .at = k->groups, .capacity = sizeof k->groups, .limit = sizeof k->groups};
    struct standing_owner owners[] = {standing_of_member(&k->member), standing_of_programme()};
    for (size_t i = 0; i < sizeof owners / sizeof owners[0]; i++) {
        struct standing_step step = {
            .how = STANDING_ADD, .slot = 4, .delta = 1, .least = INT64_MIN, .most = INT64_MAX};
        standing_write_group(&groups, &owners[i], &step, 1);
    }
    assert_int_equal(groups.err, ERR_OK);
    return buffer_slice(&groups);
}

static struct command standing_of(struct kinds *k)
{
    struct command command = begin(k, COMMAND_CHANGE_STANDING);
    command.standing = (struct command_standing){.issuer = k->a.id,
                                                 .occasion = command.transaction_id,
                                                 .groups = groups_of(k),
                                                 .evidence = slice_of("judged", 6)};
    command.transaction_id =
        standing_transaction(STANDING_ID_CHANGE, &k->a.id, &command.standing.occasion);
    return command;
}

static struct command reserve_of(struct kinds *k)
{
    struct command command = begin(k, COMMAND_RESERVE);
    command.reserve = (struct command_reserve){.step = RESERVE_BEGIN,
                                               .quote = command.transaction_id,
                                               .until = {k->a.now.ms + DAY_MS},
                                               .groups = groups_of(k)};
    command.transaction_id =
        standing_transaction(STANDING_ID_RESERVE, &k->a.id, &command.reserve.quote);
    return command;
}

static struct command right_of(struct kinds *k, enum command_kind kind)
{
    struct command open = begin(k, COMMAND_OPEN_POOL);
    open.pool = (struct command_pool){.pool = id_of(3000000 + k->last_id), .member = k->member};
    (void)done(k, open);
    if (kind == COMMAND_SET_POOL_RIGHT) {
        struct command right = begin(k, kind);
        right.pool_right = (struct command_pool_right){.pool = open.pool.pool,
                                                       .member = k->member,
                                                       .kind = POOL_RIGHT_DAY,
                                                       .limit = points_of(5)};
        return right;
    }
    struct command issue = begin(k, COMMAND_ISSUE_CARD);
    issue.card.member = open.pool.pool;
    struct outcome outcome = engine_execute(k->a.engine, &issue);
    assert_int_equal(outcome.verdict, VERDICT_OK);
    struct command bear = begin(k, kind);
    bear.bearer = (struct command_bearer){outcome.answer.card, k->member};
    return bear;
}

static struct command alert_of(struct kinds *k, enum command_kind kind)
{
    struct command raise = begin(k, COMMAND_RAISE_ALERT);
    raise.finding = (struct alert_finding){.action = ALERT_ONLY, .rule = "fast card"};
    if (kind == COMMAND_RAISE_ALERT) {
        return raise;
    }
    struct command ruling = begin(k, kind);
    ruling.alert_ruling = (struct command_alert_ruling){.alert = done(k, raise), .by = "ann"};
    return ruling;
}

struct command kinds_make(struct kinds *k, enum command_kind kind)
{
    struct command command;
    switch ((int)kind) {
    case COMMAND_EARN:
    case COMMAND_RETURN_SALE:
        return sale_of(k, kind);
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
    case COMMAND_STAND_IN_HOLD:
    case COMMAND_GIVE_UP_HOLD:
        return hold_of(k, kind);
    case COMMAND_CAPTURE:
    case COMMAND_VOID:
    case COMMAND_RETURN_BURN:
        return use_of(k, kind);
    case COMMAND_ISSUE_CARD:
    case COMMAND_BLOCK_CARD:
    case COMMAND_UNBLOCK_CARD:
        return card_of(k, kind);
    case COMMAND_BLOCK_MEMBER:
    case COMMAND_UNBLOCK_MEMBER:
        return block_of(k, kind);
    case COMMAND_TRANSFER:
        return transfer_of(k);
    case COMMAND_OPEN_POOL:
    case COMMAND_JOIN_POOL:
    case COMMAND_LEAVE_POOL:
        return pool_of(k, kind);
    case COMMAND_PROPOSE_ADJUSTMENT:
    case COMMAND_RULE_ADJUSTMENT:
        return adjustment_of(k, kind);
    case COMMAND_MERGE_MEMBERS:
    case COMMAND_UNMERGE_MEMBERS:
        return merge_of(k, kind);
    case COMMAND_ERASE_MEMBER:
        return erase_of(k);
    case COMMAND_SET_PROFILE:
        return profile_of(k);
    case COMMAND_SET_REFERRER:
        return referrer_of(k);
    case COMMAND_CHANGE_STANDING:
        return standing_of(k);
    case COMMAND_RESERVE:
        return reserve_of(k);
    case COMMAND_SET_POOL_RIGHT:
    case COMMAND_BEAR_CARD:
        return right_of(k, kind);
    case COMMAND_RAISE_ALERT:
    case COMMAND_RULE_ALERT:
        return alert_of(k, kind);
    default:
        assert_int_equal(kind, COMMAND_ENROL);
        command = begin(k, kind);
        command.enrol.member = id_of(2000000 + k->last_id);
        return command;
    }
}

void kinds_init(struct kinds *k)
{
    *k = (struct kinds){.last_id = 10};
    brand_init(&k->a, 0);
    k->a.checkpoint_every_ms = INT64_C(1000000000);
    brand_open(&k->a);
    k->member = enrolled(k, &k->card);
    (void)done(k, earn_of(k, &k->member, 100000));
}

void kinds_fini(struct kinds *k)
{
    brand_fini(&k->a);
}

void kinds_reopen(struct kinds *k)
{
    brand_close(&k->a);
    brand_open(&k->a);
}

int kinds_setup(void **state)
{
    struct kinds *k = malloc(sizeof *k);
    assert_non_null(k);
    kinds_init(k);
    *state = k;
    return 0;
}

int kinds_teardown(void **state)
{
    brand_assert_audit(&((struct kinds *)*state)->a);
    kinds_fini(*state);
    free(*state);
    return 0;
}

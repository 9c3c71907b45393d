#include "scene.h"

static struct card_number card_under(const char *prefix_text, uint64_t serial)
{
    struct card_prefix prefix;
    struct card_number card;
    assert_int_equal(card_prefix_parse(prefix_text, &prefix), ERR_OK);
    assert_int_equal(card_number_make(&prefix, serial, &card), ERR_OK);
    return card;
}

static struct uid sell(struct scene *s, const struct card_number *card)
{
    struct command command = desk_command(&s->desk, COMMAND_EARN);
    command.earn = (struct command_earn){.card = *card,
                                         .amount = money_of(10000),
                                         .currency = "EUR",
                                         .rate = {1, 100, ROUNDING_DOWN, 0}};
    desk_do(&s->desk, &command);
    return command.transaction_id;
}

static struct uid hold_of_beta(struct scene *s, const struct card_number *card, int64_t points)
{
    struct command command = desk_command(&s->desk, COMMAND_HOLD);
    command.origin = s->desk.partners[1].id;
    command.hold = (struct command_hold){.redeemer = s->desk.partners[1].id,
                                         .card = *card,
                                         .points = points_of(points),
                                         .capture_by = {s->desk.now.ms + DAY_MS},
                                         .deliver_by = {s->desk.now.ms + 2 * DAY_MS}};
    desk_do(&s->desk, &command);
    return command.transaction_id;
}

static struct uid foreign_hold(struct scene *s)
{
    struct command command = desk_command(&s->desk, COMMAND_FOREIGN_HOLD);
    command.hold = (struct command_hold){.redeemer = s->desk.roster.self,
                                         .card = s->beta_card,
                                         .asked = s->beta_card,
                                         .points = points_of(20),
                                         .capture_by = {s->desk.now.ms + DAY_MS},
                                         .deliver_by = {s->desk.now.ms + 2 * DAY_MS}};
    desk_do(&s->desk, &command);
    return command.transaction_id;
}

static struct uid propose(struct scene *s, const struct uid *member, struct unix_ms expires_at)
{
    struct command command = desk_command(&s->desk, COMMAND_PROPOSE_ADJUSTMENT);
    command.adjustment = (struct command_adjustment){.member = *member,
                                                     .points = points_of(5),
                                                     .reason = "GOODWILL",
                                                     .expires_at = expires_at,
                                                     .maker = "ann"};
    desk_do(&s->desk, &command);
    return command.transaction_id;
}

static void make_members(struct scene *s)
{
    struct desk *desk = &s->desk;
    struct card_number unused;
    const struct unix_ms never = {0};
    s->rich = desk_enrol(desk, &s->rich_card);
    s->poor = desk_enrol(desk, &s->poor_card);
    s->blocked = desk_enrol(desk, &s->card_of_blocked);
    s->erased = desk_enrol(desk, &unused);
    s->merged = desk_enrol(desk, &unused);
    s->second = desk_enrol(desk, &s->second_card);
    s->gone = desk_enrol(desk, &s->gone_card);
    desk_give(desk, &s->gone, 30, never);
    s->spent = desk_enrol(desk, &s->spent_card);
    desk_give(desk, &s->rich, 1000, never);
    desk_give(desk, &s->poor, 5, never);
    desk_give(desk, &s->blocked, 100, never);
    desk_give(desk, &s->merged, 7, never);
    desk_give(desk, &s->spent, 20, never);
    struct card_number holder_card;
    s->holder = desk_enrol(desk, &holder_card);
    desk_give(desk, &s->holder, 100, never);
    desk_hold(desk, &holder_card, 10);
    struct command issue = desk_command(desk, COMMAND_ISSUE_CARD);
    issue.card.member = s->rich;
    desk_do(desk, &issue);
    s->blocked_card = desk->answer.card;
    struct command block = desk_command(desk, COMMAND_BLOCK_CARD);
    block.card.card = s->blocked_card;
    desk_do(desk, &block);
}

static void make_trade(struct scene *s)
{
    struct desk *desk = &s->desk;
    s->sale = sell(s, &s->rich_card);
    s->given = sell(s, &s->beta_card);
    s->hold = desk_hold(desk, &s->rich_card, 20);
    s->hold_ended = desk_hold(desk, &s->rich_card, 10);
    desk_capture(desk, &s->hold_ended, 10);
    s->hold_spent = desk_hold(desk, &s->spent_card, 10);
    desk_capture(desk, &s->hold_spent, 10);
    s->foreign = foreign_hold(s);
    s->foreign_ended = foreign_hold(s);
    desk_capture(desk, &s->foreign_ended, 20);
    s->partner_hold = hold_of_beta(s, &s->rich_card, 20);
    s->partner_ended = hold_of_beta(s, &s->rich_card, 10);
    s->partner_spent = hold_of_beta(s, &s->spent_card, 10);
    struct command entry = scene_entry(s, ENTRY_EARN, 40);
    entry.take_entry.entry.card = s->rich_card;
    desk_do(desk, &entry);
    s->advised = entry.take_entry.entry.transaction_id;
    entry = scene_entry(s, ENTRY_CAPTURE, 10);
    entry.take_entry.entry.subject = s->partner_ended;
    desk_do(desk, &entry);
    entry = scene_entry(s, ENTRY_CAPTURE, 10);
    entry.take_entry.entry.subject = s->partner_spent;
    desk_do(desk, &entry);
}

static void make_office(struct scene *s)
{
    struct desk *desk = &s->desk;
    s->proposal = propose(s, &s->spent, (struct unix_ms){0});
    s->proposal_ruled = propose(s, &s->rich, (struct unix_ms){0});
    s->proposal_late = propose(s, &s->rich, desk->now);
    s->proposal_of_erased = propose(s, &s->erased, (struct unix_ms){0});
    struct command rule = desk_command(desk, COMMAND_RULE_ADJUSTMENT);
    rule.ruling = (struct command_ruling){.adjustment = s->proposal_ruled, .checker = "bob"};
    desk_do(desk, &rule);
    struct command open = desk_command(desk, COMMAND_OPEN_POOL);
    s->pool = desk_id(desk);
    open.pool = (struct command_pool){.pool = s->pool, .member = s->rich, .name = "House 7"};
    desk_do(desk, &open);
    struct command join = desk_command(desk, COMMAND_JOIN_POOL);
    join.pool = (struct command_pool){.pool = s->pool, .member = s->second};
    desk_do(desk, &join);
    assert_int_equal(desk_transfer(desk, &s->rich, &s->pool, 50), VERDICT_OK);
    s->merge_ended = desk_merge(desk, &s->merged, &s->poor);
    struct command undo = desk_command(desk, COMMAND_UNMERGE_MEMBERS);
    undo.unmerge.merge = s->merge_ended;
    desk_do(desk, &undo);
    s->merge = desk_merge(desk, &s->merged, &s->poor);
    desk_block(desk, &s->blocked);
    desk_erase(desk, &s->erased);
}

static struct mandate mandate_of(struct scene *s, bool is_given)
{
    struct desk *desk = &s->desk;
    return (struct mandate){.id = desk_id(desk),
                            .home = desk->partners[is_given ? 0 : 1].id,
                            .redeemer = desk->partners[is_given ? 1 : 0].id,
                            .floor = points_of(30),
                            .daily_cap = points_of(100),
                            .valid_from = desk->now,
                            .valid_until = {desk->now.ms + DAY_MS}};
}

static struct uid stand_in(struct scene *s, int64_t points)
{
    struct command command = scene_command(s, COMMAND_STAND_IN_HOLD);
    command.hold.points = points_of(points);
    desk_do(&s->desk, &command);
    return command.transaction_id;
}

static void make_mandates(struct scene *s)
{
    struct desk *desk = &s->desk;
    struct command command = desk_command(desk, COMMAND_GRANT_MANDATE);
    s->given_mandate = mandate_of(s, true);
    command.mandate.mandate = s->given_mandate;
    desk_do(desk, &command);
    command = desk_command(desk, COMMAND_TAKE_MANDATE);
    s->held_mandate = mandate_of(s, false);
    command.mandate.mandate = s->held_mandate;
    desk_do(desk, &command);
    for (int i = 0; i < 3; i++) {
        struct command entry = scene_entry(s, ENTRY_CAPTURE, 30);
        entry.take_entry.entry.card = s->rich_card;
        entry.take_entry.entry.subject = desk_id(desk);
        entry.take_entry.entry.mandate = s->given_mandate.id;
        desk_do(desk, &entry);
        (void)stand_in(s, i == 0 ? 10 : 30);
    }
    s->stand_in = stand_in(s, 20);
}

void scene_init(struct scene *scene)
{
    *scene = (struct scene){.nobody = {{9, 9}}};
    desk_init(&scene->desk);
    scene->no_card = card_under("100100", 99999);
    scene->beta_card = card_under("200200", 7);
    scene->moved_card = card_under("200200", 8);
    scene->beta_blocked = card_under("200200", 9);
    scene->awaited = card_under("200200", 10);
    make_members(scene);
    make_trade(scene);
    make_mandates(scene);
    make_office(scene);
    scene_make_moves(scene);
    scene_make_blocks(scene);
}

void scene_fini(struct scene *scene)
{
    buffer_fini(&scene->apart_terms);
    buffer_fini(&scene->standing_groups);
    desk_fini(&scene->desk);
}

void scene_fill_lots(struct scene *scene, const struct uid *member)
{
    struct desk *desk = &scene->desk;
    struct member row;
    struct uid id = *member;
    if (ledger_follow_member(&desk->store.view, &id, &row) != ERR_OK || row.is_blocked ||
        row.is_erased) {
        return;
    }
    for (size_t i = row.lot_count; i < LIMIT_LOTS_PER_MEMBER; i++) {
        desk_give(desk, &id, 1, (struct unix_ms){desk->now.ms + (int64_t)(i + 1) * DAY_MS});
    }
}

void scene_fill_cards(struct scene *scene, const struct uid *member)
{
    struct command issue = desk_command(&scene->desk, COMMAND_ISSUE_CARD);
    issue.card.member = *member;
    while (desk_tell(&scene->desk, &issue) == VERDICT_OK) {
        issue.transaction_id = desk_id(&scene->desk);
    }
}

void scene_leave(struct scene *scene)
{
    scene->desk.partners[1].last_period = (struct period){202608};
}

void scene_freeze(struct scene *scene)
{
    struct command freeze = desk_command(&scene->desk, COMMAND_FREEZE_STREAM);
    freeze.freeze = (struct command_freeze){
        .partner = scene->desk.partners[1].id, .direction = STREAM_OUT, .reason = "test"};
    desk_do(&scene->desk, &freeze);
}

struct command scene_entry(struct scene *scene, enum entry_kind kind, int64_t points)
{
    struct desk *desk = &scene->desk;
    struct command command = desk_command(desk, COMMAND_TAKE_ENTRY);
    struct command_take_entry *take = &command.take_entry;
    take->sender = desk->partners[1].id;
    take->bytes = slice_of("entry", 5);
    take->entry = (struct clearing_entry){.number = ++desk->entry_number,
                                          .period = {202609},
                                          .business_time = desk->now,
                                          .transaction_id = desk_id(desk),
                                          .kind = kind,
                                          .points = points_of(points),
                                          .tariff = 1};
    return command;
}

bool scene_provoke(struct scene *scene, struct command *command, enum verdict verdict)
{
    if (command->kind == COMMAND_TAKE_ENTRY) {
        return provoke_entry(scene, command, verdict);
    }
    if (command->kind >= COMMAND_GRANT_MANDATE && command->kind <= COMMAND_GIVE_UP_HOLD) {
        return provoke_mandate(scene, command, verdict);
    }
    if (command->kind >= COMMAND_NET_PAYMENT && command->kind <= COMMAND_KEEP_NETTING) {
        return provoke_payment(scene, command, verdict);
    }
    if (command->kind == COMMAND_CHANGE_STANDING || command->kind == COMMAND_RESERVE) {
        return provoke_standing(scene, command, verdict);
    }
    if (command->kind == COMMAND_ACTIVATE_PROGRAMME) {
        return provoke_programme(scene, command, verdict);
    }
    if (command->kind >= COMMAND_SET_POOL_RIGHT && command->kind <= COMMAND_BEAR_CARD) {
        return provoke_guard(scene, command, verdict);
    }
    if (command->kind >= COMMAND_SELL_BLOCK && command->kind <= COMMAND_WITHDRAW_BLOCK) {
        return provoke_block_of_points(scene, command, verdict);
    }
    if (command->kind == COMMAND_OPEN_DISPUTE || command->kind == COMMAND_STEP_DISPUTE) {
        return provoke_dispute(scene, command, verdict);
    }
    return command->kind <= COMMAND_FREEZE_STREAM ? provoke_till(scene, command, verdict)
                                                  : provoke_office(scene, command, verdict);
}

/* How moves, and what partners say of cards, come to be refused. */
#include "scene.h"

static const struct card_number nobodys_card = {"4539148803436467"};

static void put(struct scene *s, enum ledger_table table, const struct ledger_key *key,
                const struct buffer *value)
{
    assert_int_equal(s->desk.store.put(s->desk.store.context, table,
                                       slice_of(key->bytes, key->length), buffer_slice(value)),
                     ERR_OK);
}

void scene_hear_of_move(struct scene *s, const struct card_number *card,
                        const struct card_number *moved_to)
{
    struct card_status status = {.moved_to = *moved_to};
    struct ledger_key key;
    struct buffer value = {0};
    key_card(card, &key);
    card_status_encode(&status, &value);
    put(s, TABLE_CARD_STATUS, &key, &value);
    buffer_fini(&value);
}

void scene_move_out(struct scene *s, const struct card_number *card,
                    const struct card_number *new_card)
{
    struct command move = desk_command(&s->desk, COMMAND_MOVE_MEMBER);
    move.move =
        (struct command_move){.card = *card, .to = s->desk.partners[1].id, .new_card = *new_card};
    desk_do(&s->desk, &move);
}

void scene_make_moves(struct scene *s)
{
    scene_move_out(s, &s->gone_card, &s->moved_card);
    struct command block = scene_entry(s, ENTRY_CARD_BLOCK, 0);
    block.take_entry.entry.card = s->beta_blocked;
    desk_do(&s->desk, &block);
    struct command await = desk_command(&s->desk, COMMAND_AWAIT_MOVE);
    await.await = (struct command_await){s->awaited, s->poor_card};
    desk_do(&s->desk, &await);
}

/* As many of beta's cards as may be known. */
static void know_all_cards(struct scene *s)
{
    struct ledger_key key;
    struct buffer value = {0};
    key_meta(META_CARDS_KNOWN "beta", &key);
    u64_encode(LIMIT_CARDS_KNOWN, &value);
    put(s, TABLE_META, &key, &value);
    buffer_fini(&value);
}

static void be(struct command *c, enum entry_kind kind, const struct card_number *card,
               const struct card_number *moved_to)
{
    struct clearing_entry *entry = &c->take_entry.entry;
    entry->kind = kind;
    entry->card = *card;
    entry->points = points_of(kind == ENTRY_MOVED_LOT ? 5 : 0);
    if (moved_to != NULL) {
        entry->moved_to = *moved_to;
    }
}

/* Moves from here on, as many as are followed. */
static void lead_far(struct scene *s, struct card_number at)
{
    for (unsigned i = 0; i < LIMIT_CARD_HOPS; i++) {
        struct card_number next;
        assert_int_equal(card_number_make(&s->desk.partners[1].prefix, 900 + i, &next), ERR_OK);
        scene_hear_of_move(s, &at, &next);
        at = next;
    }
}

bool provoke_card_entry(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_CARD_NOT_THEIRS:
        be(c, ENTRY_CARD_BLOCK, &s->no_card, NULL);
        return true;
    case VERDICT_MOVE_LOOPS:
        lead_far(s, s->beta_card);
        be(c, ENTRY_CARD_MOVED, &s->moved_card, &s->beta_card);
        return true;
    case VERDICT_TOO_MANY_CARDS:
        know_all_cards(s);
        be(c, ENTRY_CARD_BLOCK, &s->beta_card, NULL);
        return true;
    case VERDICT_MOVE_NOT_AWAITED:
        be(c, ENTRY_MOVED_LOT, &s->beta_card, &s->poor_card);
        return true;
    default:
        return false;
    }
}

bool provoke_await(struct scene *s, struct command *c, enum verdict verdict)
{
    struct command_await *await = &c->await;
    switch ((int)verdict) {
    case VERDICT_PARTNER_UNKNOWN:
        await->card = nobodys_card;
        return true;
    case VERDICT_MOVE_TO_SELF:
        await->card = s->rich_card;
        return true;
    case VERDICT_CARD_UNKNOWN:
        await->own_card = s->no_card;
        return true;
    case VERDICT_CARD_BLOCKED:
        await->own_card = s->blocked_card;
        return true;
    case VERDICT_CARD_MOVED:
        await->own_card = s->gone_card;
        return true;
    case VERDICT_MEMBER_BLOCKED:
        await->own_card = s->card_of_blocked;
        return true;
    case VERDICT_MEMBER_MOVED:
        scene_hear_of_move(s, &s->beta_card, &s->poor_card);
        return true;
    default:
        return false;
    }
}

static bool provoke_move_target(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_PARTNER_UNKNOWN:
        c->move.new_card = nobodys_card;
        return true;
    case VERDICT_MOVE_TO_SELF:
        c->move.to = s->desk.roster.self;
        c->move.new_card = s->poor_card;
        return true;
    case VERDICT_MOVE_LOOPS:
        scene_hear_of_move(s, &c->move.new_card, &c->move.card);
        return true;
    case VERDICT_PARTNER_LEFT:
        scene_leave(s);
        return true;
    case VERDICT_NET_DEBIT_CAP:
        s->desk.roster.net_debit_cap = money_of(1);
        return true;
    case VERDICT_STREAM_FROZEN:
        scene_freeze(s);
        return true;
    case VERDICT_POINTS_TOO_LARGE:
        for (int i = 0; i < 2; i++) {
            desk_give(&s->desk, &s->spent, LIMIT_POINTS_PER_COMMAND, (struct unix_ms){0});
        }
        return true;
    default:
        return false;
    }
}

bool provoke_move(struct scene *s, struct command *c, enum verdict verdict)
{
    struct command issue;
    switch ((int)verdict) {
    case VERDICT_CARD_UNKNOWN:
        c->move.card = s->no_card;
        return true;
    case VERDICT_CARD_BLOCKED:
        c->move.card = s->blocked_card;
        return true;
    case VERDICT_MEMBER_UNKNOWN:
        issue = desk_command(&s->desk, COMMAND_ISSUE_CARD);
        issue.card.member = s->pool;
        desk_do(&s->desk, &issue);
        c->move.card = s->desk.answer.card;
        return true;
    case VERDICT_MEMBER_MOVED:
        c->move.card = s->gone_card;
        return true;
    case VERDICT_MEMBER_BLOCKED:
        c->move.card = s->card_of_blocked;
        return true;
    case VERDICT_MEMBER_HAS_HOLDS:
        c->move.card = s->rich_card;
        return true;
    case VERDICT_MEMBER_HAS_DEBT:
        (void)desk_debtor(&s->desk, &c->move.card, 5);
        return true;
    case VERDICT_ALREADY_IN_POOL:
        c->move.card = s->second_card;
        return true;
    default:
        return provoke_move_target(s, c, verdict);
    }
}

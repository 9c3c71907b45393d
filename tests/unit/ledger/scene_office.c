/* How the commands about members' accounts come to be refused. */
#include "base/text.h"
#include "ledger/referral.h"
#include "scene.h"

static void say(char out[LIMIT_REASON_BYTES + 1], const char *text)
{
    assert_int_equal(text_copy(out, LIMIT_REASON_BYTES + 1, text), ERR_OK);
}

static bool provoke_transfer(struct scene *s, struct command *c, enum verdict verdict)
{
    struct command_transfer *transfer = &c->transfer;
    switch ((int)verdict) {
    case VERDICT_POINTS_NOT_POSITIVE:
        transfer->points = points_of(0);
        return true;
    case VERDICT_POINTS_TOO_LARGE:
        transfer->points = points_of(LIMIT_POINTS_PER_COMMAND + 1);
        return true;
    case VERDICT_MEMBER_UNKNOWN:
        transfer->to = s->nobody;
        return true;
    case VERDICT_TRANSFER_TO_SELF:
        transfer->from = s->merged; /* who is the poor one by now */
        transfer->to = s->poor;
        return true;
    case VERDICT_MEMBER_ERASED:
        transfer->to = s->erased;
        return true;
    case VERDICT_MEMBER_BLOCKED:
        transfer->to = s->blocked;
        return true;
    case VERDICT_NOT_A_POOL:
        transfer->from = s->rich;
        transfer->by = s->rich;
        return true;
    case VERDICT_NOT_IN_POOL:
        transfer->from = s->pool;
        transfer->by = s->poor;
        return true;
    case VERDICT_INSUFFICIENT_POINTS:
        transfer->points = points_of(100000);
        return true;
    case VERDICT_TOO_MANY_LOTS:
        transfer->to = s->holder;
        scene_fill_lots(s, &s->holder);
        desk_give(&s->desk, &s->rich, 1, (struct unix_ms){s->desk.now.ms + 5});
        return true;
    default:
        return provoke_pool_transfer(s, c, verdict);
    }
}

static bool provoke_pool(struct scene *s, struct command *c, enum verdict verdict)
{
    bool is_open = c->kind == COMMAND_OPEN_POOL;
    bool is_leave = c->kind == COMMAND_LEAVE_POOL;
    switch ((int)verdict) {
    case VERDICT_NOT_A_POOL:
        c->pool.pool = s->rich;
        return !is_open;
    case VERDICT_MEMBER_UNKNOWN:
        c->pool.member = s->pool;
        return true;
    case VERDICT_MEMBER_ERASED:
        c->pool.member = s->erased;
        return !is_leave;
    case VERDICT_MEMBER_BLOCKED:
        c->pool.member = s->blocked;
        return !is_leave;
    case VERDICT_ALREADY_IN_POOL:
        c->pool.member = s->second;
        return !is_open && !is_leave;
    case VERDICT_NOT_IN_POOL:
        c->pool.member = s->poor;
        return is_leave;
    case VERDICT_POOL_NOT_EMPTY:
        if (is_leave) {
            struct command first = desk_command(&s->desk, COMMAND_LEAVE_POOL);
            first.pool = (struct command_pool){.pool = s->pool, .member = s->second};
            desk_do(&s->desk, &first);
            c->pool.member = s->rich;
        }
        return is_leave;
    default:
        return false;
    }
}

static bool provoke_proposal(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_ADJUSTMENT_EXISTS:
        c->origin = s->desk.partners[1].id; /* under which the id is not known */
        c->transaction_id = s->proposal;
        return true;
    case VERDICT_POINTS_ZERO:
        c->adjustment.points = points_of(0);
        return true;
    case VERDICT_POINTS_TOO_LARGE:
        c->adjustment.points = points_of(-LIMIT_POINTS_PER_COMMAND - 1);
        return true;
    case VERDICT_REASON_UNKNOWN:
        say(c->adjustment.reason, "no code");
        return true;
    case VERDICT_MEMBER_UNKNOWN:
        c->adjustment.member = s->nobody;
        return true;
    case VERDICT_MEMBER_ERASED:
        c->adjustment.member = s->erased;
        return true;
    default:
        return false;
    }
}

static bool provoke_ruling(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_ADJUSTMENT_UNKNOWN:
        c->ruling.adjustment = s->nobody;
        return true;
    case VERDICT_ADJUSTMENT_ENDED:
        c->ruling.adjustment = s->proposal_ruled;
        return true;
    case VERDICT_CHECKER_IS_MAKER:
        say(c->ruling.checker, "ann");
        return true;
    case VERDICT_ADJUSTMENT_EXPIRED:
        c->ruling.adjustment = s->proposal_late;
        return true;
    case VERDICT_MEMBER_ERASED:
        c->ruling.adjustment = s->proposal_of_erased;
        return true;
    case VERDICT_TOO_MANY_LOTS:
        scene_fill_lots(s, &s->spent);
        c->ruling.points_expire_at.ms = s->desk.now.ms + 5;
        return true;
    default:
        return false;
    }
}

static bool provoke_block(struct scene *s, struct command *c, enum verdict verdict)
{
    bool is_block = c->kind == COMMAND_BLOCK_MEMBER;
    switch ((int)verdict) {
    case VERDICT_REASON_UNKNOWN:
        say(c->block.reason, "Stolen");
        return true;
    case VERDICT_MEMBER_UNKNOWN:
        c->block.member = s->nobody;
        return true;
    case VERDICT_MEMBER_ERASED:
        c->block.member = s->erased;
        return true;
    case VERDICT_MEMBER_BLOCKED:
        c->block.member = s->blocked;
        return is_block;
    case VERDICT_MEMBER_NOT_BLOCKED:
        c->block.member = s->rich;
        return !is_block;
    case VERDICT_MEMBER_MOVED:
        c->block.member = s->gone;
        return !is_block;
    default:
        return false;
    }
}

static bool provoke_unblock_card(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_CARD_UNKNOWN:
        c->card.card = s->no_card;
        return true;
    case VERDICT_MEMBER_ERASED:
        c->card.card = s->poor_card;
        desk_erase(&s->desk, &s->poor);
        return true;
    case VERDICT_CARD_NOT_BLOCKED:
        c->card.card = s->rich_card;
        return true;
    default:
        return false;
    }
}

/* Both have more than half of what one may. */
static void remember_much(struct scene *s)
{
    struct standing_owner rich = standing_of_member(&s->rich);
    struct standing_owner spent = standing_of_member(&s->spent);
    scene_put_standing(s, &rich, 4, LIMIT_STANDING_NUMBERS / 2 + 1);
    scene_put_standing(s, &spent, 1000000, LIMIT_STANDING_NUMBERS / 2);
}

static bool provoke_merge(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_MERGE_EXISTS:
        c->origin = s->desk.partners[1].id; /* under which the id is not known */
        c->transaction_id = s->merge;
        return true;
    case VERDICT_MEMBER_UNKNOWN:
        c->merge.from = s->pool;
        return true;
    case VERDICT_MERGE_TO_SELF:
        c->merge.from = s->poor;
        c->merge.into = s->merged; /* who is the poor one by now */
        return true;
    case VERDICT_MEMBER_ERASED:
        c->merge.from = s->erased;
        return true;
    case VERDICT_MEMBER_MERGED:
        c->merge.from = s->merged;
        return true;
    case VERDICT_MEMBER_BLOCKED:
        c->merge.into = s->blocked;
        return true;
    case VERDICT_MEMBER_HAS_HOLDS:
        c->merge.from = s->holder;
        return true;
    case VERDICT_ALREADY_IN_POOL:
        c->merge.from = s->second;
        return true;
    case VERDICT_TOO_MANY_CARDS:
        scene_fill_cards(s, &s->rich);
        return true;
    case VERDICT_TOO_MANY_LOTS:
        scene_fill_lots(s, &s->rich);
        desk_give(&s->desk, &s->spent, 1, (struct unix_ms){s->desk.now.ms + 5});
        return true;
    case VERDICT_STANDING_FULL:
        remember_much(s);
        return true;
    default:
        return false;
    }
}

static bool provoke_unmerge(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_MERGE_UNKNOWN:
        c->unmerge.merge = s->nobody;
        return true;
    case VERDICT_MERGE_ENDED:
        c->unmerge.merge = s->merge_ended;
        return true;
    case VERDICT_MEMBER_MERGED:
        desk_merge(&s->desk, &s->poor, &s->spent);
        return true;
    case VERDICT_MEMBER_ERASED:
        desk_erase(&s->desk, &s->poor);
        return true;
    case VERDICT_MEMBER_MOVED:
        scene_move_out(s, &s->poor_card, &s->beta_card);
        return true;
    default:
        return false;
    }
}

static bool provoke_erase(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_MEMBER_UNKNOWN:
        c->erase.member = s->nobody;
        return true;
    case VERDICT_MEMBER_ERASED:
        c->erase.member = s->erased;
        return true;
    case VERDICT_MEMBER_HAS_HOLDS:
        c->erase.member = s->holder;
        return true;
    case VERDICT_ALREADY_IN_POOL:
        c->erase.member = s->second;
        return true;
    default:
        return false;
    }
}

static bool provoke_profile(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_MEMBER_UNKNOWN:
        c->profile.member = s->pool;
        return true;
    case VERDICT_MEMBER_ERASED:
        c->profile.member = s->erased;
        return true;
    case VERDICT_PROFILE_CHANGED:
        c->profile.replaces.bytes[HASH_BYTES - 1] ^= 1;
        return true;
    default:
        return false;
    }
}

static void remember_all(struct scene *s, const struct uid *member)
{
    struct standing_owner owner = standing_of_member(member);
    scene_put_standing(s, &owner, 4, LIMIT_STANDING_NUMBERS);
}

/* In place of what was there, for which there may be no room. */
static void remember_referrer(struct scene *s, const struct uid *member, const struct uid *referrer)
{
    struct standing_owner owner = standing_of_member(member);
    struct standing_step steps[REFERRAL_STEPS];
    struct standing_row row = {.count = 0};
    struct buffer value = {0};
    struct buffer group = {0};
    struct ledger_key key;
    size_t count = referral_steps(referrer, steps);
    standing_write_group(&group, &owner, steps, count); /* sorts them */
    for (; row.count < count; row.count++) {
        const struct standing_step *step = &steps[row.count];
        row.numbers[row.count] = (struct standing_number){step->slot, step->bucket, step->after};
    }
    key_standing(&owner, &key);
    standing_row_encode(&row, &value);
    assert_int_equal(s->desk.store.put(s->desk.store.context, TABLE_STANDING,
                                       slice_of(key.bytes, key.length), buffer_slice(&value)),
                     ERR_OK);
    buffer_fini(&value);
    buffer_fini(&group);
}

static void bring(struct scene *s, const struct uid *member, const struct uid *referrer)
{
    struct command command = desk_command(&s->desk, COMMAND_SET_REFERRER);
    command.referrer = (struct command_referrer){*member, *referrer};
    desk_do(&s->desk, &command);
}

static bool provoke_referrer(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_MEMBER_UNKNOWN:
        c->referrer.member = s->pool;
        return true;
    case VERDICT_MEMBER_ERASED:
        c->referrer.member = s->erased;
        return true;
    case VERDICT_REFERRER_UNKNOWN:
        c->referrer.referrer = s->erased;
        return true;
    case VERDICT_REFERRER_IS_SELF:
        c->referrer.referrer = s->merged;
        return true;
    case VERDICT_REFERRER_EXISTS:
        remember_referrer(s, &s->poor, &s->spent);
        return true;
    case VERDICT_REFERRER_LOOPS:
        bring(s, &s->second, &s->merged);
        bring(s, &s->rich, &s->second);
        return true;
    case VERDICT_STANDING_FULL:
        remember_all(s, &s->poor);
        return true;
    default:
        return false;
    }
}

bool provoke_office(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)c->kind) {
    case COMMAND_TRANSFER:
        return provoke_transfer(s, c, verdict);
    case COMMAND_OPEN_POOL:
    case COMMAND_JOIN_POOL:
    case COMMAND_LEAVE_POOL:
        return provoke_pool(s, c, verdict);
    case COMMAND_PROPOSE_ADJUSTMENT:
        return provoke_proposal(s, c, verdict);
    case COMMAND_RULE_ADJUSTMENT:
        return provoke_ruling(s, c, verdict);
    case COMMAND_UNBLOCK_CARD:
        return provoke_unblock_card(s, c, verdict);
    case COMMAND_BLOCK_MEMBER:
    case COMMAND_UNBLOCK_MEMBER:
        return provoke_block(s, c, verdict);
    case COMMAND_MERGE_MEMBERS:
        return provoke_merge(s, c, verdict);
    case COMMAND_UNMERGE_MEMBERS:
        return provoke_unmerge(s, c, verdict);
    case COMMAND_ERASE_MEMBER:
        return provoke_erase(s, c, verdict);
    case COMMAND_SET_PROFILE:
        return provoke_profile(s, c, verdict);
    case COMMAND_SET_REFERRER:
        return provoke_referrer(s, c, verdict);
    case COMMAND_AWAIT_MOVE:
        return provoke_await(s, c, verdict);
    case COMMAND_MOVE_MEMBER:
        return provoke_move(s, c, verdict);
    default:
        return false;
    }
}

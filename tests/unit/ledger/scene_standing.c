/* What an occasion or a quote changes of what programmes remember, and how it comes to be refused.
 * Each reason has an owner of its own among the changes, so that several can be there at once. */
#include "scene.h"

enum {
    SLOT = 4,
    FULL_SLOT = 1000000
};

static struct standing_step set_step(uint64_t slot, int64_t before, int64_t after)
{
    return (struct standing_step){
        .how = STANDING_SET, .slot = slot, .before = before, .after = after};
}

static struct standing_step add_step(uint64_t slot, int64_t delta, int64_t most)
{
    return (struct standing_step){
        .how = STANDING_ADD, .slot = slot, .delta = delta, .least = INT64_MIN, .most = most};
}

static void add_group(struct scene *s, const struct standing_owner *owner,
                      struct standing_step step)
{
    standing_write_group(&s->standing_groups, owner, &step, 1);
}

void scene_put_standing(struct scene *s, const struct standing_owner *owner, uint64_t first_slot,
                        size_t count)
{
    struct standing_row row = {.count = count};
    struct buffer value = {0};
    struct ledger_key key;
    for (size_t i = 0; i < count; i++) {
        row.numbers[i] = (struct standing_number){first_slot + 4 * i, 0, 1};
    }
    key_standing(owner, &key);
    standing_row_encode(&row, &value);
    assert_int_equal(s->desk.store.put(s->desk.store.context, TABLE_STANDING,
                                       slice_of(key.bytes, key.length), buffer_slice(&value)),
                     ERR_OK);
    buffer_fini(&value);
}

/* The changes with all that is wrong with them so far. */
static struct slice groups_of(struct scene *s, const struct command *c)
{
    struct standing_owner rich = standing_of_member(&s->rich);
    struct standing_owner nobody = standing_of_member(&s->nobody);
    struct standing_owner erased = standing_of_member(&s->erased);
    struct standing_owner merged = standing_of_member(&s->merged);
    struct standing_owner card = standing_of_card(&s->beta_card);
    struct standing_owner code = standing_of_code(&(struct hash){{7}});
    struct standing_owner all = standing_of_programme();
    buffer_clear(&s->standing_groups);
    add_group(s, &rich, c->kind == COMMAND_RESERVE ? add_step(SLOT, 1, 3) : set_step(SLOT, 0, 1));
    if (s->standing_flaws.is_unknown) {
        add_group(s, &nobody, add_step(SLOT, 1, 3));
    }
    if (s->standing_flaws.is_erased) {
        add_group(s, &erased, add_step(SLOT, 1, 3));
    }
    if (s->standing_flaws.is_full) {
        add_group(s, &card, add_step(SLOT, 1, 3));
    }
    if (s->standing_flaws.is_limited) {
        add_group(s, &code, add_step(SLOT, 4, 3));
    }
    if (s->standing_flaws.is_moved && c->kind == COMMAND_RESERVE) {
        add_group(s, &merged, add_step(SLOT, 1, 3));
    } else if (s->standing_flaws.is_moved) {
        add_group(s, &all, set_step(SLOT, 5, 6));
    }
    return buffer_slice(&s->standing_groups);
}

static void name_change(struct scene *s, struct command *c)
{
    c->standing.groups = groups_of(s, c);
    c->transaction_id = standing_transaction(
        STANDING_ID_CHANGE, &c->standing.issuer,
        uid_is_nil(&c->standing.returned) ? &c->standing.occasion : &c->standing.returned);
}

static void name_reserve(struct scene *s, struct command *c)
{
    c->reserve.groups = groups_of(s, c);
    c->transaction_id = standing_transaction(c->reserve.step == RESERVE_BEGIN ? STANDING_ID_RESERVE
                                                                              : STANDING_ID_RELEASE,
                                             &s->desk.roster.self, &c->reserve.quote);
}

struct command scene_standing(struct scene *s, enum command_kind kind)
{
    struct command command = desk_command(&s->desk, kind);
    if (kind == COMMAND_CHANGE_STANDING) {
        command.standing = (struct command_standing){.issuer = s->desk.roster.self,
                                                     .occasion = desk_id(&s->desk),
                                                     .evidence = slice_of("judged", 6)};
        name_change(s, &command);
    } else {
        command.reserve = (struct command_reserve){.step = RESERVE_BEGIN,
                                                   .quote = desk_id(&s->desk),
                                                   .until = desk_in_days(&s->desk, 1),
                                                   .evidence = slice_of("judged", 6)};
        name_reserve(s, &command);
    }
    return command;
}

/* A quote that was made and released. */
static struct uid ended_quote(struct scene *s)
{
    struct command quote = desk_command(&s->desk, COMMAND_RESERVE);
    quote.reserve = (struct command_reserve){
        .step = RESERVE_BEGIN, .quote = desk_id(&s->desk), .until = desk_in_days(&s->desk, 1)};
    quote.transaction_id =
        standing_transaction(STANDING_ID_RESERVE, &s->desk.roster.self, &quote.reserve.quote);
    desk_do(&s->desk, &quote);
    quote.reserve.step = RESERVE_RELEASE;
    quote.transaction_id =
        standing_transaction(STANDING_ID_RELEASE, &s->desk.roster.self, &quote.reserve.quote);
    desk_do(&s->desk, &quote);
    return quote.reserve.quote;
}

/* Of an occasion that gave one, two return. */
static void return_too_much(struct scene *s, struct command *c)
{
    struct standing_owner code = standing_of_code(&(struct hash){{8}});
    struct command gave = desk_command(&s->desk, COMMAND_CHANGE_STANDING);
    gave.standing =
        (struct command_standing){.issuer = s->desk.roster.self, .occasion = desk_id(&s->desk)};
    buffer_clear(&s->standing_groups);
    add_group(s, &code, add_step(SLOT, 1, INT64_MAX));
    gave.standing.groups = buffer_slice(&s->standing_groups);
    gave.transaction_id =
        standing_transaction(STANDING_ID_CHANGE, &gave.standing.issuer, &gave.standing.occasion);
    desk_do(&s->desk, &gave);
    c->standing.occasion = gave.standing.occasion;
    c->standing.returned = desk_id(&s->desk);
    c->standing.quote = (struct uid){{0}};
    name_change(s, c);
    buffer_clear(&s->standing_groups);
    add_group(s, &code, (struct standing_step){.how = STANDING_TAKE, .slot = SLOT, .delta = -2});
    c->standing.groups = buffer_slice(&s->standing_groups);
}

static bool provoke_change(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_RETURN_EXCEEDS_SALE:
        return_too_much(s, c);
        return true;
    case VERDICT_OCCASION_UNKNOWN:
        c->standing.quote = s->nobody;
        break;
    case VERDICT_OCCASION_ENDED:
        c->standing.quote = ended_quote(s);
        break;
    case VERDICT_STANDING_MOVED:
        s->standing_flaws.is_moved = true;
        break;
    default:
        break;
    }
    if (!uid_is_nil(&c->standing.returned)) { /* what it returns from is told already */
        c->standing.returned = (struct uid){{0}};
        c->standing.occasion = desk_id(&s->desk);
    }
    name_change(s, c);
    return verdict == VERDICT_OCCASION_UNKNOWN || verdict == VERDICT_OCCASION_ENDED ||
           verdict == VERDICT_STANDING_MOVED;
}

static bool provoke_reserve(struct scene *s, struct command *c, enum verdict verdict)
{
    if (verdict == VERDICT_OCCASION_UNKNOWN) {
        c->reserve.step = RESERVE_RELEASE;
    } else if (verdict == VERDICT_OCCASION_ENDED) {
        c->reserve.until = s->desk.now;
    } else if (verdict == VERDICT_STANDING_MOVED) {
        s->standing_flaws.is_moved = true;
    }
    name_reserve(s, c);
    return verdict == VERDICT_OCCASION_UNKNOWN || verdict == VERDICT_OCCASION_ENDED ||
           verdict == VERDICT_STANDING_MOVED;
}

bool provoke_standing(struct scene *s, struct command *c, enum verdict verdict)
{
    struct standing_owner card = standing_of_card(&s->beta_card);
    struct standing_flaws *flaws = &s->standing_flaws;
    bool is_owners = verdict == VERDICT_MEMBER_UNKNOWN || verdict == VERDICT_MEMBER_ERASED ||
                     verdict == VERDICT_STANDING_LIMIT || verdict == VERDICT_STANDING_FULL;
    flaws->is_unknown = flaws->is_unknown || verdict == VERDICT_MEMBER_UNKNOWN;
    flaws->is_erased = flaws->is_erased || verdict == VERDICT_MEMBER_ERASED;
    flaws->is_limited = flaws->is_limited || verdict == VERDICT_STANDING_LIMIT;
    flaws->is_full = flaws->is_full || verdict == VERDICT_STANDING_FULL;
    if (verdict == VERDICT_STANDING_FULL) {
        scene_put_standing(s, &card, FULL_SLOT, LIMIT_STANDING_NUMBERS);
    }
    bool is_other =
        c->kind == COMMAND_RESERVE ? provoke_reserve(s, c, verdict) : provoke_change(s, c, verdict);
    return is_owners || is_other;
}

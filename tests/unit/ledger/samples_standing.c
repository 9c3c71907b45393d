/* Random changes of what programmes remember, and the commands that carry them. */
#include "ledger_test.h"

enum {
    OWNERS_MAX = 4,
    STEPS_MAX = 6,
    ROOMS = 64, /* samples that are looked at together, at most */
    ROOM_BYTES = 4096
};

int64_t sample_signed(struct rng *rng)
{
    int64_t value = 1 + sample_whole(rng) / 2;
    return rng_below(rng, 2) == 0 ? value : -value;
}

static struct standing_owner sample_owner(struct rng *rng, enum standing_owner_kind kind)
{
    struct uid member = sample_uid(rng);
    struct card_number card = sample_card(rng);
    struct hash code = sample_hash(rng);
    return kind == OWNER_MEMBER ? standing_of_member(&member)
           : kind == OWNER_CARD ? standing_of_card(&card)
           : kind == OWNER_CODE ? standing_of_code(&code)
                                : standing_of_programme();
}

static struct standing_step sample_step(struct rng *rng, enum standing_how how)
{
    struct standing_step step = {.how = how,
                                 .slot = sample_number(rng),
                                 .bucket = sample_signed(rng),
                                 .least = INT64_MIN,
                                 .most = INT64_MAX};
    if (how == STANDING_SET) {
        step.before = rng_below(rng, 2) == 0 ? 0 : sample_signed(rng);
        step.after = step.before + 1;
    } else {
        step.delta = sample_signed(rng);
    }
    if (how == STANDING_ADD && rng_below(rng, 2) == 0) {
        step.least = sample_signed(rng);
    }
    if (how == STANDING_ADD && rng_below(rng, 2) == 0) {
        step.most = sample_signed(rng);
    }
    return step;
}

struct slice sample_groups(struct rng *rng, enum standing_how how)
{
    static uint8_t rooms[ROOMS][ROOM_BYTES];
    static unsigned next; /* round and round */
    uint8_t *room = rooms[next++ % ROOMS];
    struct buffer out = {.at = room, .capacity = ROOM_BYTES, .limit = ROOM_BYTES};
    uint64_t owners = rng_below(rng, OWNERS_MAX);
    for (uint64_t i = 0; i <= owners; i++) {
        struct standing_step steps[STEPS_MAX];
        struct standing_owner owner = sample_owner(rng, (enum standing_owner_kind)(1 + i));
        size_t count = 1 + rng_below(rng, STEPS_MAX);
        for (size_t j = 0; j < count; j++) {
            enum standing_how any = (enum standing_how)(1 + rng_below(rng, STANDING_HOW_END - 1));
            steps[j] = sample_step(rng, how != STANDING_HOW_END ? how : any);
            steps[j].bucket = (int64_t)j; /* each number once */
        }
        standing_write_group(&out, &owner, steps, count);
    }
    ASSERT(out.err == ERR_OK);
    return buffer_slice(&out);
}

void sample_standing_command(struct rng *rng, struct command *command)
{
    if (command->kind == COMMAND_CHANGE_STANDING) {
        struct command_standing *standing = &command->standing;
        standing->issuer = sample_partner(rng);
        standing->occasion = sample_uid(rng);
        standing->returned = rng_below(rng, 2) == 0 ? sample_uid(rng) : (struct uid){{0}};
        standing->quote = rng_below(rng, 2) == 0 ? sample_uid(rng) : (struct uid){{0}};
        standing->said = sample_hash(rng);
        standing->groups = sample_groups(rng, STANDING_HOW_END);
        standing->evidence = sample_bytes(rng);
        return;
    }
    struct command_reserve *reserve = &command->reserve;
    reserve->step =
        (enum reserve_step)(RESERVE_BEGIN + rng_below(rng, RESERVE_STEP_END - RESERVE_BEGIN));
    reserve->quote = sample_uid(rng);
    reserve->said = sample_hash(rng);
    reserve->until = sample_time(rng);
    reserve->groups = sample_groups(rng, STANDING_ADD);
    reserve->evidence = sample_bytes(rng);
}

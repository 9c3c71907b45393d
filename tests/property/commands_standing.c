/* Random changes of what programmes remember, and quotes. Few slots, and small numbers, so that
 * bounds are met. */
#include "commands.h"
#include "model_parts.h"

enum {
    SLOTS = 8, /* two of them marks of what quotes hold of the first */
    BUCKETS = 2,
    CODES = 3
};

static struct standing_owner pick_owner(const struct making *making, uint32_t number)
{
    const struct model *m = making->m;
    struct uid member = pick_member_id(m, number >> 4, MEMBER_LIVING);
    struct card_number card =
        one_in(number >> 4, 4) ? pick_card(m, number >> 6) : pick_foreign_card(m, number >> 6);
    struct hash code = {{(uint8_t)(1 + (number >> 4) % CODES)}};
    switch (number % 8) {
    case 0:
        return standing_of_programme();
    case 1:
    case 2:
        return standing_of_code(&code);
    case 3:
        return card.digits[0] == '\0' ? standing_of_programme() : standing_of_card(&card);
    default:
        return standing_of_member(&member);
    }
}

static uint64_t pick_slot(uint32_t number)
{
    return number % SLOTS == SLOTS - 1   ? slot_promised(4)
           : number % SLOTS == SLOTS - 2 ? slot_withheld(4)
                                         : 4 + number % SLOTS;
}

static struct standing_step pick_step(const struct making *making,
                                      const struct standing_owner *owner, uint32_t number,
                                      bool may_set)
{
    struct standing_step step = {.how = STANDING_ADD,
                                 .slot = pick_slot(number),
                                 .bucket = (int64_t)(number >> 4) % BUCKETS,
                                 .delta = 1 + (int64_t)(number >> 6) % 5,
                                 .least = INT64_MIN,
                                 .most = INT64_MAX};
    if (may_set && !one_in(number >> 9, 3)) {
        step.how = STANDING_SET;
        step.before =
            model_standing((struct model *)(uintptr_t)making->m, owner, step.slot, step.bucket) +
            (one_in(number >> 12, 9) ? 1 : 0);
        step.after = one_in(number >> 15, 4) ? 0 : step.before + (int64_t)(number >> 18) % 9 - 3;
        step.after += step.after == step.before;
        step.delta = 0;
        return step;
    }
    step.delta = one_in(number >> 12, 4) ? -step.delta : step.delta;
    step.most = one_in(number >> 15, 3) ? (int64_t)(number >> 18) % 9 : INT64_MAX;
    step.least = one_in(number >> 18, 3) ? -(int64_t)(number >> 21) % 5 : INT64_MIN;
    return step;
}

/* Into the room's bytes. */
static struct slice groups_of(const struct making *making, bool may_set)
{
    const uint32_t *n = making->step->numbers;
    struct buffer out = {.at = making->room->groups,
                         .capacity = sizeof making->room->groups,
                         .limit = sizeof making->room->groups};
    struct standing_owner owners[2] = {pick_owner(making, n[4]), pick_owner(making, n[5])};
    size_t owner_count =
        one_in(n[3] >> 8, 3) && !standing_owner_equal(&owners[0], &owners[1]) ? 2 : 1;
    for (size_t i = 0; i < owner_count; i++) {
        struct standing_step steps[2] = {pick_step(making, &owners[i], n[6 + i], may_set),
                                         pick_step(making, &owners[i], n[8 + i], may_set)};
        bool is_one = steps[0].slot == steps[1].slot && steps[0].bucket == steps[1].bucket;
        standing_write_group(&out, &owners[i], steps, is_one ? 1 : 2);
    }
    ASSERT(out.err == ERR_OK);
    return buffer_slice(&out);
}

static const struct model_quote *pick_quote(const struct model *m, uint32_t number)
{
    size_t first = m->quote_count > 4 ? m->quote_count - 4 : 0;
    return m->quote_count == 0 ? NULL : &m->quotes[first + number % (m->quote_count - first)];
}

/* A part of what one of the latest occasions gave, or a little more. */
static bool make_return(const struct making *making)
{
    const struct model *m = making->m;
    const uint32_t *n = making->step->numbers;
    struct command_standing *told = &making->command->standing;
    if (m->given_count == 0) {
        return false;
    }
    size_t first = m->given_count > 8 ? m->given_count - 8 : 0;
    const struct model_given *given = &m->givens[first + n[4] % (m->given_count - first)];
    struct buffer out = {.at = making->room->groups,
                         .capacity = sizeof making->room->groups,
                         .limit = sizeof making->room->groups};
    int64_t left = given->number.value + given->taken;
    struct standing_step step = {.how = STANDING_TAKE,
                                 .slot = given->number.slot,
                                 .bucket = given->number.bucket,
                                 .delta = -left};
    step.delta += one_in(n[5], 3) ? (left > 0 ? 1 : -1) : 0;
    step.delta -= one_in(n[6], 12) ? (left > 0 ? 1 : -1) : 0;
    if (step.delta == 0) {
        step.delta = 1;
    }
    standing_write_group(&out, &given->number.owner, &step, 1);
    told->occasion = given->occasion;
    told->returned = pick_id(making->step->serial, ID_RETURN);
    told->groups = buffer_slice(&out);
    if (one_in(n[7], 12)) {
        told->occasion = pick_id(n[7], ID_NOBODY);
    }
    return true;
}

void make_standing(const struct making *making)
{
    const struct model *m = making->m;
    const uint32_t *n = making->step->numbers;
    struct command *command = making->command;
    const struct model_quote *quote = pick_quote(m, n[9]);
    command->kind = COMMAND_CHANGE_STANDING;
    command->standing =
        (struct command_standing){.issuer = m->roster->partners[0].id,
                                  .occasion = pick_id(making->step->serial, ID_OCCASION)};
    if (!one_in(n[3], 4) || !make_return(making)) {
        command->standing.groups = groups_of(making, true);
        if (quote != NULL && one_in(n[3] >> 4, 4)) {
            command->standing.quote = one_in(n[3] >> 12, 8) ? pick_id(n[8], ID_NOBODY) : quote->id;
        }
    }
    command->transaction_id =
        standing_transaction(STANDING_ID_CHANGE, &command->standing.issuer,
                             uid_is_nil(&command->standing.returned) ? &command->standing.occasion
                                                                     : &command->standing.returned);
}

/* Over by the clock; NULL: none is. */
static const struct model_quote *late_quote(const struct model *m, int64_t now)
{
    for (size_t i = 0; i < m->quote_count; i++) {
        if (m->quotes[i].is_open && m->quotes[i].until <= now) {
            return &m->quotes[i];
        }
    }
    return NULL;
}

void make_reserve(const struct making *making)
{
    const struct model *m = making->m;
    const uint32_t *n = making->step->numbers;
    struct command *command = making->command;
    const struct model_quote *late = late_quote(m, making->step->at.ms);
    const struct model_quote *quote = pick_quote(m, n[9]);
    bool is_release = quote != NULL && one_in(n[3], 4);
    command->kind = COMMAND_RESERVE;
    if (late != NULL) {
        command->reserve = (struct command_reserve){
            .step = RESERVE_EXPIRE, .quote = late->id, .until = {late->until}};
        command->transaction_id = (struct uid){{0}};
        return;
    }
    command->reserve = (struct command_reserve){
        .step = is_release ? RESERVE_RELEASE : RESERVE_BEGIN,
        .quote = is_release && !one_in(n[3] >> 4, 8) ? quote->id
                                                     : pick_id(making->step->serial, ID_QUOTE),
        .until = {making->step->at.ms + (one_in(n[4] >> 4, 15) ? 0 : 1 + n[5] % 30 * HOUR_MS)},
    };
    if (!is_release) {
        command->reserve.groups = groups_of(making, false);
    }
    command->transaction_id =
        standing_transaction(is_release ? STANDING_ID_RELEASE : STANDING_ID_RESERVE,
                             &m->roster->partners[0].id, &command->reserve.quote);
}

#include "picks.h"

#include "steps.h"

#define ID_EPOCH INT64_C(1790000000000)

struct uid pick_id(uint32_t serial, enum id_use use)
{
    uint8_t randomness[10] = {0};
    randomness[5] = (uint8_t)use;
    put_u32_be(randomness + 6, serial);
    return uid_v7(ID_EPOCH, randomness);
}

/* The serial number of the step that made the id. */
static uint32_t name_of(const struct uid *id)
{
    return get_u32_be(id->bytes + 12);
}

bool one_in(uint32_t number, uint32_t chances)
{
    return number % chances == 0;
}

/* The best of those that are offered. */
struct pick {
    uint32_t number;
    uint32_t best;
    int index; /* -1: nothing was offered */
};

static struct pick pick_begin(uint32_t number)
{
    return (struct pick){number, 0, -1};
}

static void offer(struct pick *pick, int index, uint32_t name)
{
    uint32_t rank = random_mix(pick->number, name);
    if (pick->index < 0 || rank > pick->best) {
        pick->best = rank;
        pick->index = index;
    }
}

struct card_number card_under(const struct card_prefix *prefix, uint32_t serial)
{
    struct card_number card;
    ASSERT(card_number_make(prefix, serial, &card) == ERR_OK);
    return card;
}

static bool is_to_taste(const struct model_member *member, enum member_taste taste)
{
    switch (taste) {
    case MEMBER_LIVING:
        return !member->is_pool && !member->is_erased && member->merged_into < 0;
    case MEMBER_POOL:
        return member->is_pool;
    case MEMBER_ANY:
        break;
    }
    return true;
}

int pick_member(const struct model *m, uint32_t number, enum member_taste taste)
{
    struct pick pick = pick_begin(number);
    bool is_strict = !one_in(number >> 3, 12);
    for (size_t i = 0; i < m->member_count; i++) {
        if (!is_strict || is_to_taste(&m->members[i], taste)) {
            offer(&pick, (int)i, name_of(&m->members[i].id));
        }
    }
    return pick.index;
}

struct uid pick_member_id(const struct model *m, uint32_t number, enum member_taste taste)
{
    int member = one_in(number, 40) ? -1 : pick_member(m, number, taste);
    return member < 0 ? pick_id(number % 5, ID_NOBODY) : m->members[member].id;
}

struct card_number pick_card(const struct model *m, uint32_t number)
{
    static const struct card_prefix nobody = {"999999"};
    uint32_t rest = number >> 8;
    struct pick pick = pick_begin(number);
    if (one_in(number, 40)) {
        return card_under(&nobody, rest % 10);
    }
    for (size_t i = 0; i < m->card_count; i++) {
        offer(&pick, (int)i, m->cards[i].name);
    }
    if (pick.index < 0 || one_in(number, 30)) {
        return card_under(&m->roster->partners[0].prefix, 900000 + rest % 10);
    }
    return m->cards[pick.index].number;
}

struct card_number pick_foreign_card(const struct model *m, uint32_t number)
{
    return card_under(&m->roster->partners[1 + number % 2].prefix, (number >> 4) % 20);
}

int64_t pick_points(uint32_t number, uint32_t limit)
{
    if (one_in(number, 40)) {
        return 0;
    }
    if (one_in(number, 41)) {
        return -(int64_t)(number % 100);
    }
    if (one_in(number, 97)) {
        return LIMIT_POINTS_PER_COMMAND + 1 - (number >> 8) % 2;
    }
    return 1 + (number >> 8) % limit;
}

int64_t pick_points_of(uint32_t number, uint32_t limit, int64_t there)
{
    if (one_in(number, 7)) {
        return there;
    }
    return one_in(number, 11) ? there + 1 : pick_points(number, limit);
}

/* From where on a list is looked at: mostly the newest ones. */
static size_t newest(size_t count, size_t window, uint32_t number)
{
    return count > window && !one_in(number >> 6, 4) ? count - window : 0;
}

const struct model_hold *pick_hold(const struct model *m, uint32_t number, int redeemer,
                                   bool wants_captured)
{
    struct pick pick = pick_begin(number);
    bool is_strict = !one_in(number >> 4, 4);
    for (size_t i = newest(m->hold_count, 24, number); i < m->hold_count; i++) {
        const struct model_hold *hold = &m->holds[i];
        int by = hold->is_foreign ? 0 : hold->partner;
        bool fits = wants_captured ? hold->captured > hold->returned : !hold->has_ended;
        if (by == redeemer && (fits || !is_strict)) {
            offer(&pick, (int)i, name_of(&hold->id));
        }
    }
    return pick.index < 0 || one_in(number, 25) ? NULL : &m->holds[pick.index];
}

const struct model_sale *pick_sale(const struct model *m, uint32_t number, int issuer)
{
    struct pick pick = pick_begin(number);
    for (size_t i = newest(m->sale_count, 64, number); i < m->sale_count; i++) {
        if (m->sales[i].issuer == issuer) {
            offer(&pick, (int)i, name_of(&m->sales[i].id));
        }
    }
    return pick.index < 0 || one_in(number, 25) ? NULL : &m->sales[pick.index];
}

const struct model_command *pick_command(const struct model *m, uint32_t number, bool is_forgotten)
{
    struct pick pick = pick_begin(number);
    for (size_t i = newest(m->command_count, 64, number); i < m->command_count; i++) {
        const struct uid *id = &m->commands[i].command.transaction_id;
        if (m->commands[i].is_forgotten == is_forgotten && !uid_is_nil(id)) {
            offer(&pick, (int)i, name_of(id));
        }
    }
    return pick.index < 0 ? NULL : &m->commands[pick.index];
}

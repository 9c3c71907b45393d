/* Random commands of stand-in: mandates, burns under them at our tills and at the partners'. */
#include "commands.h"
#include "model_parts.h"

/* The newest mandate that is valid at the step's time. NULL: none is. */
static const struct model_mandate *live(const struct making *making, bool is_given, int partner)
{
    int64_t now = making->step->at.ms;
    for (size_t i = making->m->mandate_count; i > 0; i--) {
        const struct model_mandate *mandate = &making->m->mandates[i - 1];
        if (mandate->is_given == is_given && mandate->partner == partner && mandate->from <= now &&
            mandate->until >= now) {
            return mandate;
        }
    }
    return NULL;
}

static void make_mandate(const struct making *making, bool is_given, int partner)
{
    const uint32_t *n = making->step->numbers;
    struct command *command = making->command;
    const struct model_mandate *last = model_last_mandate(making->m, is_given, partner);
    struct mandate *mandate = &command->mandate.mandate;
    int64_t now = making->step->at.ms;
    int64_t from = last != NULL && last->until > now ? last->until : now;
    command->kind = is_given ? COMMAND_GRANT_MANDATE : COMMAND_TAKE_MANDATE;
    command->mandate.evidence = slice_of("mandate", is_given ? 0 : 7);
    *mandate = (struct mandate){.id = pick_id(making->step->serial, ID_MANDATE),
                                .home = making->m->roster->partners[is_given ? 0 : partner].id,
                                .redeemer = making->m->roster->partners[is_given ? partner : 0].id,
                                .floor = points_of(1 + n[5] % 200)};
    mandate->daily_cap.minor = mandate->floor.minor + n[6] % 600;
    mandate->valid_from.ms = one_in(n[7], 9) ? now : from;
    mandate->valid_until.ms =
        mandate->valid_from.ms + (one_in(n[8], 3) ? 1 + (n[8] >> 4) % 24 : 24) * HOUR_MS;
    if (one_in(n[9], 12)) { /* of a day and an hour, or of nothing, or with ourselves */
        mandate->valid_until.ms += DAY_MS;
    } else if (one_in(n[9], 13)) {
        mandate->floor.minor = 0;
    } else if (one_in(n[9], 14)) {
        *(is_given ? &mandate->redeemer : &mandate->home) = making->m->roster->partners[0].id;
    }
}

void make_grant_mandate(const struct making *making)
{
    make_mandate(making, true, 1 + (int)(making->step->numbers[3] % 2));
}

void make_take_mandate(const struct making *making)
{
    make_mandate(making, false, 1 + (int)(making->step->numbers[3] % 2));
}

static void make_asked(const struct making *making, enum command_kind kind, int partner)
{
    const uint32_t *n = making->step->numbers;
    make_foreign_hold(making);
    making->command->kind = kind;
    if (!one_in(n[4], 30)) {
        struct command_hold *hold = &making->command->hold;
        hold->card = card_under(&making->m->roster->partners[partner].prefix, (n[4] >> 4) % 20);
        hold->asked = hold->card;
    }
}

void make_stand_in(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    int partner = 1 + (int)(n[3] % 2);
    const struct model_mandate *mandate = live(making, false, partner);
    if (mandate == NULL && !one_in(n[8], 3)) {
        make_mandate(making, false, partner);
        return;
    }
    make_asked(making, COMMAND_STAND_IN_HOLD, partner);
    const struct model_mandate *last = model_last_mandate(making->m, false, partner);
    struct command_hold *hold = &making->command->hold;
    mandate = mandate == NULL || one_in(n[8], 15) ? last : mandate;
    hold->mandate = mandate == NULL ? pick_id(n[8] % 5, ID_NOBODY) : mandate->id;
    if (!one_in(n[9], 8) && mandate != NULL) {
        hold->points = points_of(1 + (n[9] >> 8) % (uint32_t)(mandate->floor + 2));
    }
}

void make_give_up(const struct making *making)
{
    make_asked(making, COMMAND_GIVE_UP_HOLD, 1 + (int)(making->step->numbers[3] % 2));
}

/* Any of those that were given, also when it has ended. */
static const struct model_mandate *given(const struct making *making, int partner)
{
    const uint32_t number = making->step->numbers[8];
    const struct model_mandate *mandate = live(making, true, partner);
    for (size_t i = 0; i < making->m->mandate_count && one_in(number, 5); i++) {
        const struct model_mandate *other =
            &making->m->mandates[(i + (number >> 4)) % making->m->mandate_count];
        if (other->is_given && other->partner == partner) {
            return other;
        }
    }
    return mandate;
}

static void fill_stand_in(const struct making *making, const struct model_mandate *mandate,
                          struct clearing_entry *entry)
{
    const uint32_t *n = making->step->numbers;
    const struct model_hold *hold = pick_hold(making->m, n[6], mandate->partner, one_in(n[6], 2));
    int64_t life = mandate->until - mandate->from;
    entry->kind = one_in(n[4], 6) ? ENTRY_VOID : ENTRY_CAPTURE;
    entry->mandate = one_in(n[4], 40) ? pick_id(n[4] % 5, ID_NOBODY) : mandate->id;
    entry->subject = pick_id(making->step->serial, ID_STAND_IN);
    entry->card = pick_card(making->m, n[5]);
    entry->points =
        points_of(entry->kind == ENTRY_VOID ? 0 : 1 + (n[5] >> 8) % (uint32_t)(mandate->floor + 2));
    entry->business_time.ms =
        one_in(n[9], 15) ? mandate->from - 1 : mandate->from + (int64_t)(n[9] >> 8) % life;
    if (hold != NULL && one_in(n[7], 3)) {
        entry->subject = hold->id;
        entry->card = hold->card;
    }
}

void make_stand_in_entry(const struct making *making)
{
    int sender = 1 + (int)(making->step->numbers[3] % 2);
    const struct model_mandate *mandate = given(making, sender);
    struct command *command = making->command;
    struct clearing_entry *entry = &command->take_entry.entry;
    if (mandate == NULL) {
        make_mandate(making, true, sender);
        return;
    }
    command->kind = COMMAND_TAKE_ENTRY;
    command->origin = making->m->roster->partners[sender].id;
    command->take_entry = (struct command_take_entry){.sender = command->origin};
    entry->period = making->m->in_period[sender];
    entry->transaction_id = command->transaction_id;
    entry->tariff = 1;
    fill_stand_in(making, mandate, entry);
    command->business_time = entry->business_time;
    command->is_dated = true;
}

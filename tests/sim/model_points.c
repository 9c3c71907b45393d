/* The model's members: lots, debts, holds. Slow and plain. */
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* 0 never comes. */
static int64_t end_of(const struct model_lot *lot)
{
    return lot->expires_at == 0 ? INT64_MAX : lot->expires_at;
}

bool model_same_terms(const struct model_lot *a, const struct model_lot *b)
{
    return a->issuer == b->issuer && a->active_from == b->active_from &&
           a->expires_at == b->expires_at;
}

/* Which is spent first? */
static bool is_sooner(const struct model_lot *a, const struct model_lot *b)
{
    if (end_of(a) != end_of(b)) {
        return end_of(a) < end_of(b);
    }
    return a->active_from != b->active_from ? a->active_from < b->active_from
                                            : a->issuer < b->issuer;
}

void model_post_lot(struct model_member *member, const struct model_lot *terms, int64_t free,
                    int64_t held)
{
    size_t i = 0;
    while (i < member->count && !model_same_terms(&member->lots[i], terms)) {
        i++;
    }
    if (i == member->count) {
        if (member->count == member->room) {
            member->room = member->room == 0 ? 8 : member->room * 2;
            member->lots = realloc(member->lots, member->room * sizeof *member->lots);
            ASSERT(member->lots != NULL);
        }
        member->lots[member->count++] =
            (struct model_lot){terms->issuer, terms->active_from, terms->expires_at, 0, 0};
    }
    member->lots[i].free += free;
    member->lots[i].held += held;
    if (member->lots[i].free == 0 && member->lots[i].held == 0) {
        member->lots[i] = member->lots[--member->count];
    }
}

/* Nothing changes: what is refused leaves no trace, and lots move with what is not. */
int64_t model_available_at(const struct model_member *member, int64_t now)
{
    int64_t sum = 0;
    for (size_t i = 0; i < member->count; i++) {
        const struct model_lot *lot = &member->lots[i];
        sum += lot->active_from <= now && end_of(lot) > now ? lot->free : 0;
    }
    return sum;
}

struct model_sums model_sums_at(const struct model_member *member, int64_t now)
{
    struct model_sums sums = {model_available_at(member, now), 0, 0, member->debt};
    for (size_t i = 0; i < member->count; i++) {
        const struct model_lot *lot = &member->lots[i];
        sums.pending += lot->active_from > now && end_of(lot) > now ? lot->free : 0;
        sums.held += lot->held;
    }
    return sums;
}

void model_settle(struct model *model, struct model_member *member, int64_t now)
{
    for (size_t i = 0; i < member->count;) {
        struct model_lot lot = member->lots[i];
        if (lot.free > 0 && end_of(&lot) <= now) {
            model->books[member->home].breakage += lot.free;
            model_post_lot(member, &lot, -lot.free, 0);
            i = 0;
        } else if (lot.active_from != 0 && lot.active_from <= now) {
            struct model_lot active = lot;
            active.active_from = 0;
            model_post_lot(member, &lot, -lot.free, -lot.held);
            model_post_lot(member, &active, lot.free, lot.held);
            i = 0;
        } else {
            i++;
        }
    }
}

static struct model_lot *soonest(struct model_member *member, bool is_pending)
{
    struct model_lot *found = NULL;
    for (size_t i = 0; i < member->count; i++) {
        struct model_lot *lot = &member->lots[i];
        if (lot->free > 0 && (lot->active_from != 0) == is_pending &&
            (found == NULL || is_sooner(lot, found))) {
            found = lot;
        }
    }
    return found;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t model_take_next(struct model_member *member, int64_t points, struct model_lot *out_terms)
{
    const struct model_lot *active = soonest(member, false);
    const struct model_lot *lot = active != NULL ? active : soonest(member, true);
    if (lot == NULL || points == 0) {
        return 0;
    }
    *out_terms = *lot;
    int64_t part = least(lot->free, points);
    model_post_lot(member, out_terms, -part, 0);
    return part;
}

/* What could not be taken. */
static int64_t take_any(struct model_member *member, int64_t points)
{
    struct model_lot terms;
    for (int64_t part; (part = model_take_next(member, points, &terms)) > 0;) {
        points -= part;
    }
    return points;
}

void model_give(struct model *model, struct model_member *member, const struct model_lot *terms,
                int64_t points, int64_t now)
{
    int64_t repaid = least(member->debt, points);
    member->debt -= repaid;
    if (points > repaid) {
        model_post_lot(member, terms, points - repaid, 0);
        model_settle(model, member, now);
    }
}

int64_t model_take_back(struct model *model, struct model_member *member,
                        const struct model_lot *terms, int64_t points)
{
    struct model_lot origin = *terms;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < member->count; i++) {
            if (model_same_terms(&member->lots[i], &origin)) {
                int64_t part = least(member->lots[i].free, points);
                points -= part;
                model_post_lot(member, &origin, -part, 0);
                break;
            }
        }
        origin.active_from = 0;
    }
    points = take_any(member, points);
    int64_t room = model->debt_limit > member->debt ? model->debt_limit - member->debt : 0;
    int64_t owed = least(points, room);
    member->debt += owed;
    return points - owed;
}

int64_t model_left(const struct model_hold *hold)
{
    return hold->granted - hold->captured - hold->voided;
}

void model_reserve(struct model_member *member, struct model_hold *hold)
{
    int64_t left = hold->granted;
    while (left > 0) {
        struct model_lot terms = *soonest(member, false);
        int64_t part = least(terms.free, left);
        hold->parts = realloc(hold->parts, (hold->part_count + 1) * sizeof *hold->parts);
        ASSERT(hold->parts != NULL);
        hold->parts[hold->part_count++] = (struct model_part){terms, part, 0};
        model_post_lot(member, &terms, -part, part);
        left -= part;
    }
}

void model_capture(struct model_member *member, struct model_hold *hold, int64_t points)
{
    int64_t left = points;
    for (size_t i = 0; i < hold->part_count; i++) {
        struct model_part *part = &hold->parts[i];
        int64_t taken = least(part->held, left);
        model_post_lot(member, &part->lot, 0, -taken);
        part->held -= taken;
        part->captured += taken;
        left -= taken;
    }
    hold->captured += points;
    hold->state = model_left(hold) == 0 ? MODEL_CAPTURED : MODEL_OPEN;
}

void model_release(struct model *model, struct model_member *member, struct model_hold *hold,
                   enum model_state state, int64_t now)
{
    for (size_t i = 0; i < hold->part_count; i++) {
        struct model_part *part = &hold->parts[i];
        model_post_lot(member, &part->lot, part->held, -part->held);
        part->held = 0;
    }
    hold->voided += model_left(hold);
    hold->state = state;
    model_settle(model, member, now);
    member->debt = take_any(member, member->debt);
}

void model_refund(struct model *model, struct model_member *member, struct model_hold *hold,
                  int64_t points, int64_t now)
{
    const struct model_lot no_lot = {.issuer = member->home};
    int64_t owed = least(hold->unbacked, points);
    int64_t left = points - owed;
    hold->unbacked -= owed;
    if (owed > 0) {
        model_give(model, member, &no_lot, owed, now);
    }
    for (size_t i = hold->part_count; i > 0 && left > 0; i--) {
        struct model_part *part = &hold->parts[i - 1];
        int64_t back = least(part->captured, left);
        struct model_lot terms = part->lot;
        if (end_of(&terms) <= now && model->refund_grace_ms > 0) {
            terms.expires_at = now + model->refund_grace_ms;
        }
        if (back > 0) {
            model_give(model, member, &terms, back, now);
        }
        part->captured -= back;
        left -= back;
    }
    hold->lost -= left;
    model->books[member->home].adjustment -= left;
    hold->returned += points;
}

void model_transfer(struct model *model, struct model_member *from, struct model_member *to,
                    int64_t points, int64_t now)
{
    int64_t repaid = least(to->debt, points);
    to->debt -= repaid;
    while (points > 0) {
        struct model_lot terms = *soonest(from, false);
        int64_t part = least(terms.free, points);
        int64_t gone = least(part, repaid);
        model_post_lot(from, &terms, -part, 0);
        if (part > gone) {
            model_post_lot(to, &terms, part - gone, 0);
        }
        repaid -= gone;
        points -= part;
    }
    model_settle(model, to, now);
}

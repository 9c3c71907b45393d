/* What is known of cards, and where they lead; what partners are told of ours. */
#include "model_parts.h"

#include <string.h>

static const struct card_number none = {""};

static bool is_card(const struct card_number *a, const struct card_number *b)
{
    return strcmp(a->digits, b->digits) == 0;
}

const struct model_status *model_status(const struct model *m, const struct card_number *card)
{
    static const struct model_status nothing;
    for (size_t i = 0; i < m->status_count; i++) {
        if (is_card(&m->statuses[i].card, card)) {
            return &m->statuses[i];
        }
    }
    return &nothing;
}

struct model_status *model_know(struct model *m, const struct card_number *card)
{
    for (size_t i = 0; i < m->status_count; i++) {
        if (is_card(&m->statuses[i].card, card)) {
            return &m->statuses[i];
        }
    }
    ASSERT(m->status_count < MODEL_STATUSES);
    struct model_status *status = &m->statuses[m->status_count++];
    *status = (struct model_status){.card = *card};
    return status;
}

bool model_has_moved(const struct model *m, const struct card_number *card)
{
    return !is_card(&model_status(m, card)->moved_to, &none);
}

struct model_route model_route(const struct model *m, const struct card_number *card)
{
    struct model_route route = {.card = *card};
    for (unsigned moves = 0; moves <= LIMIT_CARD_HOPS; moves++) {
        const struct model_status *status = model_status(m, &route.card);
        int own = model_card_index(m, &route.card);
        bool has_moved = model_has_moved(m, &route.card);
        route.home = model_home(m, &route.card);
        route.is_blocked =
            status->is_blocked || (own >= 0 && has_moved && m->cards[own].is_blocked);
        if (route.is_blocked || !has_moved) {
            return route;
        }
        route.card = status->moved_to;
    }
    struct model_circle circle =
        model_circle(m, &route.card, &model_status(m, &route.card)->moved_to);
    route.card = model_opener(&circle);
    route.home = model_home(m, &route.card);
    return route;
}

bool model_loops(const struct model *m, const struct card_number *card,
                 const struct card_number *moved_to)
{
    struct card_number at = *moved_to;
    for (unsigned moves = 1; moves < LIMIT_CARD_HOPS; moves++) {
        if (is_card(&at, card)) {
            return true;
        }
        if (!model_has_moved(m, &at)) {
            return false;
        }
        at = model_status(m, &at)->moved_to;
    }
    return true;
}

void model_tell(struct model *m, enum entry_kind kind, const struct card_number *card)
{
    for (int i = 1; i < MODEL_PARTNERS; i++) {
        if (!m->is_frozen_out[i]) {
            model_send(m, i, (struct model_entry){.kind = kind, .card = *card});
        }
    }
}

void model_tell_member(struct model *m, int member, enum entry_kind kind)
{
    for (size_t i = 0; i < m->card_count; i++) {
        if (m->cards[i].member == member && !m->cards[i].is_blocked) {
            model_tell(m, kind, &m->cards[i].number);
        }
    }
}

bool model_member_moved(const struct model *m, int member)
{
    for (size_t i = 0; i < m->card_count; i++) {
        if (m->cards[i].member == member && model_has_moved(m, &m->cards[i].number)) {
            return true;
        }
    }
    return false;
}

enum verdict model_take_news(struct model *m, int sender, const struct clearing_entry *entry)
{
    if (model_home(m, &entry->card) != sender) {
        return VERDICT_CARD_NOT_THEIRS;
    }
    if (entry->kind == ENTRY_CARD_MOVED) {
        struct model_circle circle = model_circle(m, &entry->card, &entry->moved_to);
        if (circle.count == 0 && model_loops(m, &entry->card, &entry->moved_to)) {
            return VERDICT_MOVE_LOOPS;
        }
        struct standing_owner owner = standing_of_card(&entry->card);
        if (!model_circle_has(&circle, &entry->card)) {
            model_carry_standing(m, &owner, &entry->moved_to);
        }
        model_know(m, &entry->card)->moved_to = entry->moved_to;
        model_open_circle(m, &circle);
    } else if (entry->kind == ENTRY_CARD_UNBLOCK) {
        model_take_back(m, &entry->card);
    }
    model_know(m, &entry->card)->is_blocked = entry->kind == ENTRY_CARD_BLOCK;
    return VERDICT_OK;
}

enum verdict model_step_await(struct model *m, const struct command *command,
                              struct model_answer *answer)
{
    const struct command_await *await = &command->await;
    int home = model_home(m, &await->card);
    int member;
    (void)answer;
    if (home <= 0) {
        return home < 0 ? VERDICT_PARTNER_UNKNOWN : VERDICT_MOVE_TO_SELF;
    }
    enum verdict verdict = model_judge_card(m, &await->own_card, &member);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (model_has_moved(m, &await->card)) {
        return VERDICT_MEMBER_MOVED;
    }
    model_know(m, &await->card)->awaited_by = await->own_card;
    model_settle(m, &m->members[model_follow(m, member)]);
    model_touch(m, model_follow(m, member));
    return VERDICT_OK;
}

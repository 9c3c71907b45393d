/* Moves that lead in a circle: the home of its smallest card takes its member back, and says so.
 * Points that would go round wait until then. */
#include "model_parts.h"

#include <string.h>

static const struct card_number none = {""};

static bool is_card(const struct card_number *a, const struct card_number *b)
{
    return strcmp(a->digits, b->digits) == 0;
}

struct model_circle model_circle(const struct model *m, const struct card_number *card,
                                 const struct card_number *moved_to)
{
    struct model_circle circle = {.count = 0};
    struct card_number way[2 * LIMIT_CARD_HOPS + 1] = {*card, *moved_to};
    for (size_t i = 1; i < 2 * LIMIT_CARD_HOPS; i++) {
        way[i + 1] = is_card(&way[i], card) ? *moved_to : model_status(m, &way[i])->moved_to;
    }
    const struct card_number *first = &way[LIMIT_CARD_HOPS];
    for (size_t i = 1; i <= LIMIT_CARD_HOPS && !is_card(first, &none); i++) {
        if (is_card(&first[i], first)) {
            circle.count = i;
            memcpy(circle.cards, first, i * sizeof *first);
            break;
        }
    }
    return circle;
}

bool model_circle_has(const struct model_circle *circle, const struct card_number *card)
{
    for (size_t i = 0; i < circle->count; i++) {
        if (is_card(&circle->cards[i], card)) {
            return true;
        }
    }
    return false;
}

struct card_number model_opener(const struct model_circle *circle)
{
    struct card_number opener = circle->count > 0 ? circle->cards[0] : none;
    for (size_t i = 1; i < circle->count; i++) {
        if (strcmp(circle->cards[i].digits, opener.digits) < 0) {
            opener = circle->cards[i];
        }
    }
    return opener;
}

bool model_goes_round(const struct model *m, const struct card_number *card)
{
    struct model_circle circle = model_circle(m, card, &model_status(m, card)->moved_to);
    return model_circle_has(&circle, card);
}

static void carry_all(struct model *m, const struct model_circle *circle,
                      const struct standing_owner *to)
{
    for (size_t i = 0; i < circle->count; i++) {
        struct standing_owner from = standing_of_card(&circle->cards[i]);
        model_carry_standing_to(m, &from, to);
    }
}

void model_open_circle(struct model *m, const struct model_circle *circle)
{
    struct card_number opener = model_opener(circle);
    int first = model_card_index(m, &opener);
    int index = first < 0 ? -1 : m->cards[first].member;
    if (index < 0) {
        return; /* another brand's, or erased since */
    }
    for (size_t i = 0; i < m->card_count; i++) {
        if (m->cards[i].member == index) {
            model_know(m, &m->cards[i].number)->moved_to = none;
        }
    }
    model_tell_member(m, index, ENTRY_CARD_UNBLOCK);
    struct standing_owner owner = standing_of_member(&m->members[index].id);
    carry_all(m, circle, &owner);
    model_settle(m, &m->members[index]);
    m->members[index].is_blocked = false;
    model_touch(m, index);
}

/* The points of one of our members go on at once. */
static void let_go(struct model *m, const struct card_number *opener)
{
    struct card_number at = model_status(m, opener)->moved_to;
    for (; !is_card(&at, opener); at = model_status(m, &at)->moved_to) {
        int own = model_card_index(m, &at);
        if (own >= 0 && m->cards[own].member >= 0) {
            model_settle(m, &m->members[m->cards[own].member]);
            model_touch(m, m->cards[own].member);
            model_go_on(m, m->cards[own].member, &at);
            return;
        }
    }
}

void model_take_back(struct model *m, const struct card_number *card)
{
    struct model_status *status = model_know(m, card);
    struct model_circle circle = model_circle(m, card, &status->moved_to);
    if (model_circle_has(&circle, card)) {
        struct standing_owner owner = standing_of_card(card);
        carry_all(m, &circle, &owner);
        let_go(m, card);
    }
    status->moved_to = none;
}

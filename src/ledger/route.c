#include "ledger/route.h"

#include <string.h>

#include "ledger/decide.h"

enum err ledger_get_card_status(const struct ledger_view *view, const struct card_number *card,
                                struct card_status *out_status)
{
    struct ledger_key key;
    struct slice value;
    key_card(card, &key);
    enum err err = view_get(view, TABLE_CARD_STATUS, &key, &value);
    if (err == ERR_NOT_FOUND) {
        *out_status = (struct card_status){0};
        return ERR_OK;
    }
    TRY(err);
    return card_status_decode(value, out_status);
}

/* One of ours that moved: was it blocked by itself? */
static enum err own_is_blocked(const struct ledger_view *view, const struct card_number *number,
                               bool *out_is_blocked)
{
    struct card card;
    enum err err = ledger_get_card(view, number, &card);
    *out_is_blocked = err == ERR_OK && card.is_blocked;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Where a card leads by its status, but for one of which this is said. */
static enum err next_of(const struct ledger_view *view, const struct card_number *at,
                        const struct card_number *card, const struct card_number *moved_to,
                        struct card_number *out_next)
{
    struct card_status status = {.moved_to = *moved_to};
    if (!card_number_equal(at, card)) {
        TRY(ledger_get_card_status(view, at, &status));
    }
    *out_next = status.moved_to;
    return ERR_OK;
}

enum err ledger_get_circle(const struct ledger_view *view, const struct card_number *card,
                           const struct card_number *moved_to, struct card_circle *out_circle)
{
    struct card_circle circle = {.count = 0};
    struct card_number at = *card;
    struct card_number next;
    out_circle->count = 0;
    for (unsigned hops = 0; hops < LIMIT_CARD_HOPS; hops++) {
        TRY(next_of(view, &at, card, moved_to, &next));
        if (next.digits[0] == '\0') {
            return ERR_OK;
        }
        at = next;
    }
    /* Who went so far is in a circle by now, if there is one. */
    for (next = at; circle.count < LIMIT_CARD_HOPS;) {
        circle.cards[circle.count++] = next;
        TRY(next_of(view, &next, card, moved_to, &next));
        if (next.digits[0] == '\0') {
            return ERR_OK;
        }
        if (card_number_equal(&next, &at)) {
            *out_circle = circle;
            return ERR_OK;
        }
    }
    return ERR_OK;
}

bool circle_has(const struct card_circle *circle, const struct card_number *card)
{
    size_t i = 0;
    while (i < circle->count && !card_number_equal(&circle->cards[i], card)) {
        i++;
    }
    return i < circle->count;
}

const struct card_number *circle_opens_at(const struct card_circle *circle)
{
    const struct card_number *first = &circle->cards[0];
    for (size_t i = 1; i < circle->count; i++) {
        if (strcmp(circle->cards[i].digits, first->digits) < 0) {
            first = &circle->cards[i];
        }
    }
    return first;
}

/* The card that opens the circle of this one; empty: there is none, it leads further than is
 * followed. */
static enum err leave_circle(const struct ledger_view *view, struct card_number *card)
{
    struct card_circle circle;
    struct card_status status;
    TRY(ledger_get_card_status(view, card, &status));
    TRY(ledger_get_circle(view, card, &status.moved_to, &circle));
    *card = circle.count > 0 ? *circle_opens_at(&circle) : (struct card_number){{0}};
    return ERR_OK;
}

enum err ledger_route_card(const struct ledger_view *view, const struct roster *roster,
                           const struct card_number *card, struct card_route *out_route)
{
    struct card_route route = {.card = *card};
    for (unsigned hops = 0; hops <= LIMIT_CARD_HOPS; hops++) {
        struct card_status status;
        route.home = roster_home_of(roster, &route.card);
        TRY(ledger_get_card_status(view, &route.card, &status));
        bool has_moved = status.moved_to.digits[0] != '\0';
        if (has_moved && route.home != NULL && roster_is_self(roster, &route.home->id)) {
            TRY(own_is_blocked(view, &route.card, &status.is_blocked));
        }
        route.is_blocked = status.is_blocked;
        if (route.is_blocked || !has_moved) {
            *out_route = route;
            return ERR_OK;
        }
        route.card = status.moved_to;
    }
    TRY(leave_circle(view, &route.card));
    route.home = route.card.digits[0] != '\0' ? roster_home_of(roster, &route.card) : NULL;
    *out_route = route;
    return ERR_OK;
}

enum err ledger_route_loops(const struct ledger_view *view, const struct card_number *card,
                            const struct card_number *moved_to, bool *out_loops)
{
    struct card_number at = *moved_to;
    for (unsigned hops = 1; hops < LIMIT_CARD_HOPS; hops++) {
        struct card_status status;
        if (strcmp(at.digits, card->digits) == 0) {
            break;
        }
        TRY(ledger_get_card_status(view, &at, &status));
        if (status.moved_to.digits[0] == '\0') {
            *out_loops = false;
            return ERR_OK;
        }
        at = status.moved_to;
    }
    *out_loops = true;
    return ERR_OK;
}
